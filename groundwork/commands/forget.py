"""`dataprep forget NAME`: a document removed from everything that was made of it; on request, from the journal too."""

from __future__ import annotations

import argparse

from groundwork.console.job_setup import load_config, open_job
from groundwork.console.terminal import terminal_text
from groundwork.data_folder.document_changes.departed_documents import document_remains, forget_document
from groundwork.data_folder.document_files import document_files
from groundwork.data_folder.file_names import slug
from groundwork.errors import EXIT_OK, UsageError


def forget_documents(flags: argparse.Namespace) -> int:
    """Say what there is of each document, and remove it unless --dry-run. Raises UsageError for an unknown name."""
    from groundwork.llm.journal.journal import Journal

    with open_job(load_config(flags), flags, folders=()) as (job, manifest):
        names = [name if document_files(job.data, name) else slug(name) for name in flags.documents]
        unknown_names = [name for name in names if not document_files(job.data, name)]
        if unknown_names:
            raise UsageError(
                f"{', '.join(unknown_names)}: no document of that name in {job.data.root}; see: uv run dataprep"
            )
        for name in names:
            if flags.dry_run:
                remains = document_remains(job.data, name)
                print(f"{name}: {remains}; {len(remains.files)} files")
                continue
            remains = forget_document(job.data, manifest, name)
            print(f"{name}: removed {remains}; {len(remains.files):,} files")
            for dataset, count in remains.rows.items():
                print(f"  dataset {dataset} still holds {count:,} rows of it; build it again, and push it again")
            for folder, count in remains.graded.items():
                path = terminal_text(str(job.data.path("grades", folder)))
                print(f"  {path} still holds answers about it (questions: {count:,}); grade again, or remove it")
        if flags.replies and not flags.dry_run:
            job.data.fetch_databases("journal")
            journal = Journal(job.data.joined_journal)
            print(f"  {journal.forget(names):,} replies removed from the journal")
            journal.close()
    return EXIT_OK
