"""The documents that a run works on: those of a folder, of --document, without what is set aside or gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.file_names import slug
from groundwork.data_folder.spread_folders import unsorted_names_in_folder
from groundwork.errors import UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import list_names, name_order, suggested_names

if TYPE_CHECKING:
    from groundwork.data_folder.file_names import Paths
    from groundwork.stage_runner.job import Job

COPIES_NAMED = 5
NO_DOCUMENTS = "{}: no documents; put PDF, DOCX, HTML, Markdown or other files there, or pass --data DIR"


def list_documents(job: Job, folder: str, suffix: str) -> list[str]:
    """The documents that have a file in `folder`, in order, those of --document only where it is given."""
    folder_files = unsorted_names_in_folder(job.data.path(folder), suffix)
    return select_documents(
        job, sorted((folder_file.removesuffix(suffix) for folder_file in folder_files), key=name_order)
    )


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
        documents = _with_source(job, documents)
    if not with_copies:
        documents = _without_copies(job, documents)
    for typed_name in job.flags.document or []:
        if (
            set_aside := job.set_aside.get(slug(typed_name)) or job.set_aside.get(slug(Path(typed_name).stem))
        ) is not None:
            take_back_command = f"take it back: {as_typed('uv run dataprep set-aside')} --undo {slug(typed_name)}"
            set_aside_reason = set_aside.reason or "no reason given"
            raise UsageError(f"--document {typed_name}: is set aside ({set_aside_reason}); {take_back_command}")
    return [document for document in documents if document not in job.set_aside]


def _with_source(job: Job, documents: list[str]) -> list[str]:
    departed_sources = job.departed_sources
    for typed_name in job.flags.document or []:
        for document in {slug(typed_name), slug(Path(typed_name).stem)} & departed_sources.keys() & set(documents):
            choice_remedy = (
                f"put it back, or remove what is left of it: {as_typed('uv run dataprep forget')} {document}"
            )
            raise UsageError(
                f"--document {typed_name}: documents/{departed_sources[document]} is gone; {choice_remedy}"
            )
    job.left_out_documents |= departed_sources.keys() & set(documents)
    return [document for document in documents if document not in departed_sources]


def _without_copies(job: Job, documents: list[str]) -> list[str]:
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
    lines_left_out = []
    if gone_documents:
        lines_left_out.append(
            f"left out, because their documents are gone: {', '.join(gone_documents)}{keep_gone_hint}"
        )
    if copied_documents and not getattr(job.flags, "within_run", False):
        copies_listed = list_names(copied_documents, COPIES_NAMED)
        lines_left_out.append(f"left out, because other documents have the same text: {copies_listed}")
    return lines_left_out
