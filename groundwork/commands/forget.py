"""`dataprep forget NAME`: a document removed from everything that was made of it; on request, from the journal too."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from groundwork.console.job_setup import load_config, open_job
from groundwork.console.terminal import terminal_text
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
    with open_job(load_config(flags), flags, folders=()) as (job, manifest):
        names = _document_names(job.data, flags.documents)
        if flags.dry_run:
            for name in names:
                remains = document_remains(job.data, name)
                print(f"{name}: {remains}; {len(remains.files)} files")
            return EXIT_OK
        with _journal(job) as journal:
            for name in names:
                _print_removed(job.data, name, forget_document(job.data, manifest, name))
            if flags.replies:
                print(f"  {journal.forget(names) if journal else 0:,} replies removed from the journal")
    return EXIT_OK


def _document_names(data: Workspace, typed_names: list[str]) -> list[str]:
    names = [name if document_files(data, name) else slug(name) for name in typed_names]
    if unknown_names := [name for name in names if not document_files(data, name)]:
        raise UsageError(f"{', '.join(unknown_names)}: no document of that name in {data.root}; see: uv run dataprep")
    return names


@contextmanager
def _journal(job: Job) -> Iterator[Journal | None]:
    """The journal for this process alone; None where there is none. What a stage at work makes would come back."""
    from groundwork.llm.journal.journal import Journal

    if job.flags.replies:
        job.data.fetch_databases("journal")
    if not job.data.joined_journal.exists():
        yield None
        return
    with closing(Journal(job.data.joined_journal)) as journal, journal.maintenance():
        if callers := journal.other_callers():
            raise StopRun(f"{', '.join(callers)}: at work on this folder, calling a model; forget once it has ended")
        yield journal


def _print_removed(data: Workspace, name: str, remains: DocumentRemains) -> None:
    print(f"{name}: removed {remains}; {len(remains.files):,} files")
    for dataset, count in remains.rows.items():
        print(f"  dataset {dataset} still holds {count:,} rows of it; build it again, and push it again")
    for folder, count in remains.graded.items():
        path = terminal_text(str(data.path("grades", folder)))
        print(f"  {path} still holds answers about it (questions: {count:,}); grade again, or remove it")
