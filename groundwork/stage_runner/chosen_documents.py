"""The documents that a run works on: those of a folder, of --document, without what is set aside or gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.file_names import slug
from groundwork.data_folder.spread_folders import unsorted_file_names
from groundwork.errors import UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import name_order, suggested_names

if TYPE_CHECKING:
    from groundwork.data_folder.file_names import Paths
    from groundwork.stage_runner.job import Job

NO_DOCUMENTS = "{}: no documents; put PDF, DOCX, HTML, Markdown or other files there, or pass --data DIR"


def list_documents(job: Job, folder: str, suffix: str) -> list[str]:
    """The documents that have a file in `folder`, in order, those of --document only where it is given."""
    files = unsorted_file_names(job.data.path(folder), suffix)
    return select_documents(job, sorted((file.removesuffix(suffix) for file in files), key=name_order))


def select_documents(job: Job, names: list[str], *, with_gone: bool = False, with_copies: bool = False) -> list[str]:
    """`names` that --document asks for, without those set aside. A file name with its ending is understood as well.

    Those whose source is gone stay only `with_gone`, those whose text another document has only `with_copies`. Raises
    UsageError for a --document that fits none of them, is set aside, is gone or is such a copy.
    """
    if not with_gone:
        names = _with_source(job, names)
    if not with_copies:
        names = _without_copies(job, names)
    for text in job.flags.document or []:
        if (set_aside := job.set_aside.get(slug(text)) or job.set_aside.get(slug(Path(text).stem))) is not None:
            take_back = f"take it back: {as_typed('uv run dataprep set-aside')} --undo {slug(text)}"
            reason = set_aside.reason or "no reason given"
            raise UsageError(f"--document {text}: is set aside ({reason}); {take_back}")
    names = [name for name in names if name not in job.set_aside]
    asked_names = {text: {text, slug(text), slug(Path(text).stem)} for text in job.flags.document or []}
    for text, forms in asked_names.items():
        if names and not forms & set(names):
            raise UsageError(f"--document {text}: no such document; did you mean {suggested_names(slug(text), names)}?")
    return [name for name in names if not asked_names or any(name in forms for forms in asked_names.values())]


def _with_source(job: Job, names: list[str]) -> list[str]:
    departed = job.departed_sources
    for text in job.flags.document or []:
        for name in {slug(text), slug(Path(text).stem)} & departed.keys() & set(names):
            remedy = f"put it back, or remove what is left of it: {as_typed('uv run dataprep forget')} {name}"
            raise UsageError(f"--document {text}: documents/{departed[name]} is gone; {remedy}")
    job.left_out_documents |= departed.keys() & set(names)
    return [name for name in names if name not in departed]


def _without_copies(job: Job, names: list[str]) -> list[str]:
    copies = {name: job.copies[name] for name in job.copies.keys() & set(names)}
    for text in job.flags.document or []:
        for name in {slug(text), slug(Path(text).stem)} & copies.keys():
            raise UsageError(f"--document {text}: has the text of {copies[name]}, which stands for both; name that one")
    job.left_out_copies |= copies
    return [name for name in names if name not in copies]


def texts_with_records(job: Job, documents: Iterable[str]) -> Iterator[tuple[str, Paths]]:
    """(document, its text and record): no record where somebody put a Markdown file there by hand."""
    recorded = unsorted_file_names(job.data.path("text"), ".json")
    for document in documents:
        text, record = ("text", f"{document}.md"), ("text", f"{document}.json")
        yield document, job.data.paths(text, record) if record[1] in recorded else job.data.paths(text)
