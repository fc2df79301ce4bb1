"""The documents that a run works on: those of a folder, of --document, without what is set aside or gone.

Of a unit of many documents --document may choose some: what its entry in the manifest says of these alone, and what
becomes of it once they are done. Which document a file is of, its name says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.data_folder.file_names import slug
from groundwork.data_folder.spread_folders import unsorted_names_in_folder
from groundwork.data_folder.unit_changes import DUE_AGAIN, DUE_DOCUMENT_MARKS, OTHER_SETTINGS
from groundwork.errors import UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import list_names, name_order, suggested_names

if TYPE_CHECKING:
    from groundwork.data_folder.file_names import Paths
    from groundwork.data_folder.manifest import Hashes, ManifestEntry
    from groundwork.stage_runner.job import Job, Unit
    from groundwork.stage_runner.ledger import Failure

COPIES_NAMED = 5
NO_DOCUMENTS = "{}: no documents; put PDF, DOCX, HTML, Markdown or other files there, or pass --data DIR"

ChosenFailureRow = dict[str, str]


def list_documents(job: Job, folder: str, suffix: str) -> list[str]:
    """The documents that have a file in `folder`, in order, those of --document only where it is given."""
    folder_files = unsorted_names_in_folder(job.data.path(folder), suffix)
    return select_documents(job, sorted((listed.removesuffix(suffix) for listed in folder_files), key=name_order))


def select_documents(
    job: Job, documents: list[str], *, with_gone: bool = False, with_copies: bool = False
) -> list[str]:
    """`documents` that --document asks for, of the `workable_documents`. A file name with its ending is understood too.

    Raises UsageError for a --document that fits none of them, is set aside, is gone or is such a copy.
    """
    documents = workable_documents(job, documents, with_gone=with_gone, with_copies=with_copies)
    chosen_spellings = {
        typed_name: {typed_name, slug(typed_name), slug(Path(typed_name).stem)}
        for typed_name in job.flags.document or []
    }
    for typed_name, spellings in chosen_spellings.items():
        if documents and not spellings & set(documents):
            suggested_documents = suggested_names(slug(typed_name), documents)
            raise UsageError(f"--document {typed_name}: no such document; did you mean {suggested_documents}?")
    return [
        document
        for document in documents
        if not chosen_spellings or any(document in spellings for spellings in chosen_spellings.values())
    ]


def workable_documents(
    job: Job, documents: list[str], *, with_gone: bool = False, with_copies: bool = False
) -> list[str]:
    """`documents` without those set aside, whichever of them --document asks for.

    Those whose source is gone stay only `with_gone`, those whose text another document has only `with_copies`. Raises
    UsageError for a --document that is set aside, is gone or is such a copy.
    """
    if not with_gone:
        documents = _chosen_with_source(job, documents)
    if not with_copies:
        documents = _chosen_without_copies(job, documents)
    for typed_name in job.flags.document or []:
        if (
            set_aside := job.set_aside.get(slug(typed_name)) or job.set_aside.get(slug(Path(typed_name).stem))
        ) is not None:
            take_back_command = f"take it back: {as_typed('uv run dataprep set-aside')} --undo {slug(typed_name)}"
            set_aside_reason = set_aside.reason or "no reason given"
            raise UsageError(f"--document {typed_name}: is set aside ({set_aside_reason}); {take_back_command}")
    return [document for document in documents if document not in job.set_aside]


def _chosen_with_source(job: Job, documents: list[str]) -> list[str]:
    departed_sources = job.departed_sources
    for typed_name in job.flags.document or []:
        for document in {slug(typed_name), slug(Path(typed_name).stem)} & departed_sources.keys() & set(documents):
            remedy = f"put it back, or remove what is left of it: {as_typed('uv run dataprep forget')} {document}"
            raise UsageError(f"--document {typed_name}: documents/{departed_sources[document]} is gone; {remedy}")
    job.left_out_documents |= departed_sources.keys() & set(documents)
    return [document for document in documents if document not in departed_sources]


def _chosen_without_copies(job: Job, documents: list[str]) -> list[str]:
    copies = {document: job.copies[document] for document in job.copies.keys() & set(documents)}
    for typed_name in job.flags.document or []:
        for document in {slug(typed_name), slug(Path(typed_name).stem)} & copies.keys():
            raise UsageError(
                f"--document {typed_name}: has the text of {copies[document]}, which stands for both; name that one"
            )
    job.left_out_copies |= copies
    return [document for document in documents if document not in copies]


def texts_with_records(job: Job, documents: Iterable[str]) -> Iterator[tuple[str, Paths]]:
    """(document, its text and record): no record where somebody put a Markdown file there by hand."""
    recorded_documents = unsorted_names_in_folder(job.data.path("text"), ".json")
    for document in documents:
        chosen_text, chosen_record = ("text", f"{document}.md"), ("text", f"{document}.json")
        yield (
            document,
            job.data.paths(chosen_text, chosen_record)
            if chosen_record[1] in recorded_documents
            else job.data.paths(chosen_text),
        )


def left_out_lines(job: Job) -> list[str]:
    """Which documents this stage passes over; in `dataprep run` its first stage says which are the same."""
    keep_gone_hint = " (or --keep-gone)" if hasattr(job.flags, "keep_gone") else ""
    gone_documents, copied_documents = (
        sorted(names, key=name_order) for names in (job.left_out_documents, job.left_out_copies)
    )
    omissions = []
    if gone_documents:
        omissions.append(f"left out, because their documents are gone: {', '.join(gone_documents)}{keep_gone_hint}")
    if copied_documents and not getattr(job.flags, "within_run", False):
        copies_listed = list_names(copied_documents, COPIES_NAMED)
        omissions.append(f"left out, because other documents have the same text: {copies_listed}")
    return omissions


def failure_rows(unit: Unit, failures: Iterable[Failure]) -> list[ChosenFailureRow]:
    """The failures as the manifest holds them; one of a unit of some documents as a whole is a failure of each."""
    return [
        {"part": f.part, "status": f.status, "reason": f.reason, **({"document": document} if document else {})}
        for f in failures
        for document in ([f.document] if f.document or not unit.chosen else sorted(unit.chosen))
    ]


def entry_of_chosen(
    entry: ManifestEntry, chosen: Collection[str], reads: Collection[str], writes: Collection[str]
) -> ManifestEntry | None:
    """What `entry` says of the chosen documents and of the files `reads` and `writes`; None where they were not done.

    A failure of which no document is known counts as one of theirs.
    """
    chosen_failures = [row for row in entry.failures if _document_of_failure(row, entry) in (None, *chosen)]
    if not chosen_failures and all(
        digest in DUE_DOCUMENT_MARKS for name, digest in entry.inputs.items() if _is_of_chosen(name, chosen)
    ):
        return None
    chosen_status = "failed" if chosen_failures else "ok" if entry.status == "failed" else entry.status
    return _changed_entry(
        entry,
        inputs={name: digest for name, digest in entry.inputs.items() if name in reads or _is_of_chosen(name, chosen)},
        outputs={name: digest for name, digest in entry.outputs.items() if name in writes},
        status=chosen_status,
        failures=chosen_failures,
    )


def entry_without_chosen(entry: ManifestEntry, chosen: Collection[str], mark: str = DUE_AGAIN) -> ManifestEntry:
    """`entry` as if the chosen documents had not been done yet, so that they and the whole are due.

    `mark`, one of `DUE_DOCUMENT_MARKS`, says why, in place of the digests of their files.
    """
    return _changed_entry(
        entry,
        inputs={name: mark if _is_of_chosen(name, chosen) else digest for name, digest in entry.inputs.items()},
    )


def entry_due_again(entry: ManifestEntry, chosen: Collection[str] | None) -> ManifestEntry | None:
    """`entry` as if the chosen documents, or all (None), had not been done yet; None where no input can say so."""
    if chosen is not None:
        return entry_without_chosen(entry, chosen)
    return _changed_entry(entry, inputs=dict.fromkeys(entry.inputs, DUE_AGAIN)) if entry.inputs else None


def entry_with_chosen(
    before: ManifestEntry, now: ManifestEntry, chosen: Collection[str], unheeded: Collection[str]
) -> ManifestEntry:
    """The entry of the whole unit: `now` of the chosen documents, `before` of the others.

    What shapes all of it counts as it was where the others do not follow it yet: the inputs `unheeded`, and the recipe.
    Where the recipe is another one, the chosen documents are due in the whole: no recipe is that of all of them. It is
    the whole's where all the others are due.
    """
    if not _of_documents_not_chosen(before.inputs, chosen).keys() - now.inputs.keys():
        return now
    if has_failed_entirely := any(not row["part"] for row in now.failures):
        unheeded = _of_documents_not_chosen(now.inputs, chosen)
    heeded_inputs = {name: digest for name, digest in now.inputs.items() if name not in unheeded}
    chosen_failures = now.failures + [row for row in before.failures if _document_of_failure(row, before) not in chosen]
    told_of = before if has_failed_entirely else now
    chosen_entry = _changed_entry(
        now,
        inputs=_of_documents_not_chosen(before.inputs, chosen) | heeded_inputs,
        outputs=before.outputs | now.outputs,
        status="failed" if chosen_failures else now.status,
        note=told_of.note,
        counts=told_of.counts,
        warnings=told_of.warnings,
        failures=chosen_failures,
    )
    if before.recipe == now.recipe:
        return chosen_entry
    marked_inputs = {name: DUE_AGAIN for name, digest in chosen_entry.inputs.items() if digest in DUE_DOCUMENT_MARKS}
    if not _of_documents_not_chosen(before.inputs, chosen).keys() - now.inputs.keys() - marked_inputs.keys():
        return _changed_entry(chosen_entry, inputs=chosen_entry.inputs | marked_inputs)
    entry_of_before = _changed_entry(chosen_entry, recipe=before.recipe, choice=before.choice)
    return entry_without_chosen(entry_of_before, chosen, OTHER_SETTINGS)


def _document_of_failure(row: ChosenFailureRow, entry: ManifestEntry) -> str | None:
    """The document of a failed part; of a row of an earlier version the one that the part, a pair's id, begins with."""
    if "document" in row:
        return row["document"]
    documents = {_name_of_document(name) for name in entry.inputs}
    return max((name for name in documents if row["part"].startswith(f"{name}-")), key=len, default=None)


def _changed_entry(entry: ManifestEntry, **entry_changes: Any) -> ManifestEntry:
    from msgspec.structs import replace  # which --help does without

    return replace(entry, **entry_changes)


def _of_documents_not_chosen(hashes: Hashes, chosen: Collection[str]) -> Hashes:
    return {name: digest for name, digest in hashes.items() if not _is_of_chosen(name, chosen)}


def _is_of_chosen(name: str, chosen: Collection[str]) -> bool:
    """Is `name` the file of one of the documents?"""
    return _name_of_document(name) in chosen


def _name_of_document(name: str) -> str:
    """The document that an input or output of this name would be of."""
    return name.rpartition("/")[2].rpartition(".")[0]
