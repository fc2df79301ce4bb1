"""`dataprep gather`: the states of shards joined into one, and what is missing named.

    uv run dataprep gather [--remove]

Each shard's finished units, model replies and caches are added to the joined ones; where both have a unit, the later
one stands. It may be run again at any time, while shards are still at work too.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console.job_setup import load_config, open_job
from groundwork.errors import EXIT_FAILED, EXIT_OK, UsageError
from groundwork.llm.journal_segments import Segments, list_segments
from groundwork.pipeline import STAGES
from groundwork.records.join_databases import join_shards, shard_folders
from groundwork.records.shards import Shard

if TYPE_CHECKING:
    from groundwork.console.command import Command

MOST_NAMES = 20


def gather_shards(flags: argparse.Namespace, command: Callable[[str], Command]) -> int:
    """Join, and say what is there and what is not. The exit code is 1 where anything is missing."""
    config = load_config(flags)
    with open_job(config, flags, writes=True, shards=True, folders=("tags",)) as (job, _):
        flags.within_run = True  # what is new elsewhere is here
        folders = shard_folders(job.data)
        if not folders:
            raise UsageError(f"{job.data.state / 'shards'}: no shards; run a stage with --shard I/N first")
        joined = join_shards(job.data)
        journal, replies = job.data.joined_journal, ("journal.db", "replies")
        if replies in joined and journal.is_file() and list_segments(journal):
            joined[replies] -= _settle(journal)
        print("\n".join(f"{name}: {count:,} {what}" for (name, what), count in joined.items()))
        missing = [*_absent(folders), *_unfinished(flags, command, folders)]
        for line in missing:
            print(f"  missing  {line}")
        if flags.remove and not missing:
            shutil.rmtree(job.data.joined_state / "shards")
            print(f"{len(folders)} shards joined and removed")
    return EXIT_FAILED if missing else EXIT_OK


def _settle(journal: Path) -> int:
    """Take out of the journal what came in though a segment has it; returns how many replies."""
    database = sqlite3.connect(journal, timeout=60, isolation_level=None)
    with closing(database), closing(Segments(journal)) as segments:
        return segments.settle(database)


def _absent(folders: dict[Shard, Path]) -> list[str]:
    """Shards that never began, of each number of shards that was used."""
    return [
        f"shard {shard}: never began; run the stage with --shard {shard}"
        for count in sorted({shard.count for shard in folders})
        for shard in Shard.all(count)
        if shard not in folders
    ]


def _unfinished(flags: argparse.Namespace, command: Callable[[str], Command], folders: dict[Shard, Path]) -> list[str]:
    """The units that are not done of the stages that shards worked on."""
    begun = set().union(*(_stages(folder / "manifest.db") for folder in folders.values()))
    lines = []
    for stage in STAGES:
        main = command(stage.name)
        if stage.name not in begun or main.shards != "documents":
            continue
        for name, why in main.unfinished(flags):
            lines.append(f"{stage.name} of {name}{f': {why}' if why else ''}")
    more = len(lines) - MOST_NAMES
    return [*lines[:MOST_NAMES], *([f"and {more:,} more that are not done"] if more > 0 else [])]


def _stages(manifest: Path) -> set[str]:
    if not manifest.is_file():
        return set()
    with closing(sqlite3.connect(manifest)) as database:
        return {stage for (stage,) in database.execute("SELECT DISTINCT stage FROM units")}
