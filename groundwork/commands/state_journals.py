"""The journals of a data folder, that of the whole and those of shards, held for one process that takes replies out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.join_shards import shard_folders
from groundwork.llm.reply_segments import list_segments

if TYPE_CHECKING:
    from groundwork.data_folder.workspace import Workspace
    from groundwork.llm.reply_journal import Journal


@contextmanager
def open_journals(data: Workspace, *, to_change: bool) -> Iterator[dict[Path, Journal]]:
    """Every journal there is, by its path, that of the whole first.

    `to_change`: no other process moves replies or takes them out meanwhile. Raises StopRun where one goes on with that.
    """
    from groundwork.llm.reply_journal import Journal

    journal_paths = [data.joined_journal, *(folder / "journal.db" for folder in shard_folders(data).values())]
    existing_journals = [
        journal_path for journal_path in journal_paths if journal_path.exists() or list_segments(journal_path)
    ]
    with ExitStack() as open_resources:
        journals = {
            journal_path: open_resources.enter_context(closing(Journal(journal_path)))
            for journal_path in existing_journals
        }
        for journal in journals.values() if to_change else ():
            open_resources.enter_context(journal.maintenance())
        yield journals
