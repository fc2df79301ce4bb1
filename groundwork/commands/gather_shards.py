"""`dataprep gather`: the states of shards joined into one, and what is missing named.

    uv run dataprep gather [--remove]

Each shard's finished units, model replies and caches are added to the joined ones; where both have a unit, the later
one stands. It may be run again at any time, while shards are still at work too.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from groundwork.console.flags import add_data_flags, flag_parser, load_config
from groundwork.console.terminal import terminal_text
from groundwork.data_folder.join_shards import join_shards, shard_folders
from groundwork.data_folder.shards import Shard
from groundwork.errors import EXIT_FAILED, EXIT_OK, UsageError
from groundwork.installation import as_typed
from groundwork.llm.reply_segments import list_segments
from groundwork.message_wording import counted
from groundwork.stage_runner.job import open_job
from groundwork.stage_runner.next_command import repeat_flags
from groundwork.stage_runner.similar_warnings import group_similar
from groundwork.stage_runner.stage_command import stage_command
from groundwork.stage_table import STAGES

UNFINISHED_NAMED = 20
ROW_NOUNS = {"replies": "reply"}  # of kinds of rows whose plural has more than an s


def gather_shards_parser() -> argparse.ArgumentParser:
    parser = flag_parser("dataprep gather", "Join the states of shards, and name what is missing.")
    add_data_flags(parser, by_document=False)
    parser.add_argument("--remove", action="store_true", help="delete the shards' states once nothing is missing")
    return parser


def gather_shards(flags: argparse.Namespace) -> int:
    """Join, and say what is there and what is not. The exit code is 1 where anything is missing."""
    config = load_config(flags)
    with open_job(config, flags, writes=True, shards=True, folders=("tags",)) as (job, _):
        flags.within_run = True  # what is new elsewhere is here
        shards_gathered = shard_folders(job.data)
        if not shards_gathered:
            raise UsageError(f"{job.data.state / 'shards'}: no shards; run a stage with --shard I/N first")
        rows_added = join_shards(job.data)
        gathered_journal, replies_of_shards = job.data.joined_journal, ("journal.db", "replies")
        if replies_of_shards in rows_added and gathered_journal.is_file() and list_segments(gathered_journal):
            rows_added[replies_of_shards] -= _drop_settled_replies(gathered_journal)
        gathered_rows = [
            f"{counted(row_count, ROW_NOUNS.get(row_kind, row_kind.removesuffix('s')), row_kind)} of {shard_file}"
            for (shard_file, row_kind), row_count in rows_added.items()
            if row_count
        ]
        print(f"joined {counted(len(shards_gathered), 'shard')}: {', '.join(gathered_rows) or 'nothing new'}")
        lines_missing = [*_shards_not_begun(shards_gathered), *_unfinished_of_shards(flags, shards_gathered)]
        for missing_from_shards in lines_missing:
            print(terminal_text(f"  missing  {missing_from_shards}"))
        if not lines_missing:
            print(as_typed(f"nothing is missing\nnext: uv run dataprep{repeat_flags(flags)}"))
        if flags.remove and not lines_missing:
            shutil.rmtree(job.data.joined_state / "shards")
            print(f"{counted(len(shards_gathered), 'shard')} joined and removed")
    return EXIT_FAILED if lines_missing else EXIT_OK


def _drop_settled_replies(gathered_journal: Path) -> int:
    """Take out of the journal what came in though a segment has it; returns how many replies."""
    from groundwork.llm.reply_journal import Journal

    with closing(Journal(gathered_journal)) as joined_journal, joined_journal.maintenance():
        return joined_journal.settle()


def _shards_not_begun(begun_shards: dict[Shard, Path]) -> list[str]:
    """Shards that never began, of each number of shards that was used."""
    return [
        f"shard {shard}: never began; run the stage with --shard {shard}"
        for shard_count in sorted({shard.count for shard in begun_shards})
        for shard in Shard.all(shard_count)
        if shard not in begun_shards
    ]


def _unfinished_of_shards(flags: argparse.Namespace, begun_shards: dict[Shard, Path]) -> list[str]:
    """The units that are not done of the stages that shards worked on."""
    stages_begun = set().union(*(_stages_in(shard_folder / "manifest.db") for shard_folder in begun_shards.values()))
    unfinished_lines = []
    for stage in STAGES:
        stage_of_shards = stage_command(stage.name)
        if stage.name not in stages_begun or stage_of_shards.shards != "documents":
            continue
        unfinished_by_shards = stage_of_shards.unfinished(flags)
        never_done_by_shards = [(unit, reason) for unit, reason in unfinished_by_shards if reason == "missing"]
        others_by_shards = group_similar(
            [unit_reason for unit_reason in unfinished_by_shards if unit_reason not in never_done_by_shards]
        )
        unfinished_lines += [
            f"{stage.name} of {units}: {reason}" for units, reason in [*never_done_by_shards, *others_by_shards]
        ]
    unnamed_of_shards = len(unfinished_lines) - UNFINISHED_NAMED
    return [
        *unfinished_lines[:UNFINISHED_NAMED],
        *([f"and {unnamed_of_shards:,} more that are not done"] if unnamed_of_shards > 0 else []),
    ]


def _stages_in(shard_manifest: Path) -> set[str]:
    if not shard_manifest.is_file():
        return set()
    with closing(sqlite3.connect(shard_manifest)) as shard_database:
        return {stage for (stage,) in shard_database.execute("SELECT DISTINCT stage FROM units")}
