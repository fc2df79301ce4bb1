"""`dataprep forget NAME`: a document removed from everything that was made of it; on request, from the journal too."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from groundwork.commands.state_journals import open_journals
from groundwork.console.job import load_config, open_job
from groundwork.console.terminal import terminal_text
from groundwork.counted_nouns import counted
from groundwork.data_folder.document_changes.departed_documents import (
    DocumentRemains,
    document_remains,
    forget_document,
)
from groundwork.data_folder.document_files import document_files
from groundwork.data_folder.file_names import slug
from groundwork.errors import EXIT_OK, StopRun, UsageError

if TYPE_CHECKING:
    from groundwork.console.job import Job
    from groundwork.data_folder.workspace import Workspace
    from groundwork.llm.journal.journal import Journal


def forget_documents(flags: argparse.Namespace) -> int:
    """Say what there is of each document, and remove it unless --dry-run. Raises UsageError for an unknown name.

    Raises StopRun where another process is at work on the journal.
    """
    with open_job(load_config(flags), flags, shards=True, folders=()) as (job, manifest):
        names = _document_names(job.data, flags.documents)
        if flags.dry_run:
            for name in names:
                remains = document_remains(job.data, name)
                print(f"{name}: {remains}; {counted(len(remains.files), 'file')}")
            return EXIT_OK
        with _journals(job) as journals:
            for name in names:
                _print_removed(job.data, name, forget_document(job.data, manifest, name))
            if flags.replies:
                print(
                    f"  {counted(sum(journal.forget(names) for journal in journals), 'reply', 'replies')} "
                    "removed from the journal"
                )
    return EXIT_OK


def _document_names(data: Workspace, typed_names: list[str]) -> list[str]:
    names = [name if document_files(data, name) else slug(name) for name in typed_names]
    if unknown_names := [name for name in names if not document_files(data, name)]:
        raise UsageError(f"{', '.join(unknown_names)}: no document of that name in {data.root}; see: uv run dataprep")
    return names


@contextmanager
def _journals(job: Job) -> Iterator[list[Journal]]:
    """The journal and those of shards, for this process alone.

    Raises StopRun where a stage is at work, for what it makes would come back, as at `gather` what a shard keeps.
    """
    if job.flags.replies:
        job.data.fetch_databases("journal")
    with open_journals(job.data, to_change=True) as journals:
        if callers := [caller for journal in journals.values() for caller in journal.other_callers()]:
            raise StopRun(f"{', '.join(callers)}: at work on this folder, calling a model; forget once it has ended")
        yield list(journals.values())


def _print_removed(data: Workspace, name: str, remains: DocumentRemains) -> None:
    print(f"{name}: removed {remains.removable}; {counted(len(remains.files), 'file')}")
    for dataset, count in remains.rows.items():
        print(f"  dataset {dataset} still holds {counted(count, 'row')} of it; build it again, and push it again")
    for folder, count in remains.graded.items():
        path = terminal_text(str(data.path("grades", folder)))
        print(f"  {path} still holds answers about it (questions: {count:,}); grade again, or remove it")
