"""`dataprep gc`: what no artifact needs any more is taken out of the state folder.

    uv run dataprep gc [--days 30] [--dry-run]

A reply of a model is needed by what was made last with it: it is dropped once every artifact of its stage and document
was made anew without it, and `--days` have passed since it was last used. Replies about documents that were not
finished, or whose source is gone, stay (`dataprep forget --replies`). Older draws of one request and calls that brought
no reply go as well. All of this holds for the journals of shards too, from which `gather` would bring it back.
Temporary files of processes that have ended go, hashes of files that are gone, and pictures beside a text that does
not show them.
"""

from __future__ import annotations

import argparse
import os
import stat
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain
from operator import itemgetter
from pathlib import Path

from groundwork.commands.state_journals import open_journals
from groundwork.console.flags import add_data_flags, flag_parser, load_config
from groundwork.data_folder.join_shards import shard_folders
from groundwork.data_folder.manifest import FinishedUnit, Manifest
from groundwork.data_folder.read_write import remove_leftovers
from groundwork.data_folder.shards import Shard
from groundwork.data_folder.spread_folders import folders_in
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import EXIT_OK
from groundwork.llm.reply_journal import USE_NOTE_INTERVAL, Journal
from groundwork.llm.reply_segments import RowPosition
from groundwork.markdown.figures import remove_unused_pictures
from groundwork.message_wording import counted
from groundwork.stage_runner.job import open_job
from groundwork.stage_runner.stage_command import stage_command
from groundwork.stage_table import BY_NAME

UNSWEPT_SECONDS = 3600.0  # seconds: a folder that changed later may be of a document whose text is not written yet

# by stage and by name of a unit or document: when the oldest artifact was begun
GarbageBounds = dict[str, dict[str, float]]


def collect_garbage_parser() -> argparse.ArgumentParser:
    parser = flag_parser("dataprep gc", "Take out of the state folder what no artifact needs any more.")
    add_data_flags(parser, by_document=False)
    parser.add_argument("--days", type=float, default=30.0, help="keep what was used in the last so many days (30)")
    parser.add_argument("--dry-run", action="store_true", help="only say how much there is")
    return parser


def collect_garbage(flags: argparse.Namespace) -> int:
    with open_job(load_config(flags), flags, shards=True, folders=()) as (job, manifest):
        job.data.fetch_databases("journal")
        swept_data, size_before_sweep = job.data, _swept_folder_size(job.data.joined_state)
        with open_journals(swept_data, to_change=not flags.dry_run) as swept_journals:
            garbage_bounds = find_garbage_bounds(_finished_units(swept_data, manifest))
            last_uses, garbage_cutoff = (
                _last_uses_of_replies(list(swept_journals.values())),
                time.time() - flags.days * 86_400,
            )
            for swept_path, swept_journal in swept_journals.items():
                garbage_replies = list(garbage_replies_of(swept_journal, garbage_bounds, last_uses, garbage_cutoff))
                replies_before = sum(1 for _ in swept_journal.rows())
                if not flags.dry_run:
                    swept_journal.drop(garbage_replies)
                journal_name = (
                    "journal"
                    if swept_path == swept_data.joined_journal
                    else f"journal of shard {Shard.parse(swept_path.parent.name)}"
                )
                replies = counted(replies_before, "reply", "replies")
                print(f"{journal_name}: {len(garbage_replies):,} of {replies} that no artifact needs")
        if not flags.dry_run:
            hashes_dropped = manifest.forget_missing_files()
            leftovers_removed = remove_leftovers(_folders_to_sweep(swept_data.root))
            if garbage_pictures := _drop_garbage_pictures(swept_data):
                print(f"{counted(garbage_pictures, 'picture')} that no text shows")
            hash_count = counted(hashes_dropped, "hash", "hashes")
            print(f"{hash_count} of files that are gone, {counted(leftovers_removed, 'temporary file')}")
            bytes_freed = size_before_sweep - _swept_folder_size(swept_data.joined_state)
            print(f"{max(0, bytes_freed) / 1e6:,.1f} MB given back")
    return EXIT_OK


def _drop_garbage_pictures(swept_data: Workspace) -> int:
    """Remove the pictures of documents that are gone, or whose text shows them no more; returns how many there were.

    A folder that has just changed is left for a later time: ingest writes the pictures first and the text last.
    """
    garbage_pictures, picture_folders = 0, folders_in(swept_data.path("text"))
    swept_data.fetch(
        picture_folder.with_name(f"{picture_folder.name}.md") for picture_folder in picture_folders
    )  # beside it, where they are spread too
    for picture_folder in picture_folders:
        if picture_folder.is_dir() and time.time() - picture_folder.stat().st_mtime < UNSWEPT_SECONDS:
            continue
        text_showing_pictures = picture_folder.with_name(f"{picture_folder.name}.md")
        garbage_pictures += remove_unused_pictures(
            picture_folder, text_showing_pictures.read_text(errors="replace") if text_showing_pictures.is_file() else ""
        )[1]
    return garbage_pictures


def _finished_units(swept_data: Workspace, manifest: Manifest) -> list[FinishedUnit]:
    """What was done, in shards too; of a unit that several have, what `gather` lets stand: the later."""
    swept_units = manifest.finished()
    for shard_folder in shard_folders(swept_data).values():
        if (shard_manifest := shard_folder / "manifest.db").exists():
            with closing(Manifest(shard_manifest, read_only=True)) as of_shard:
                swept_units += of_shard.finished()
    latest = {
        (stage, unit): swept_unit
        for swept_unit in sorted(swept_units, key=itemgetter(2))
        for stage, unit in [swept_unit[:2]]
    }
    return list(latest.values())


def find_garbage_bounds(finished_units: Iterable[FinishedUnit]) -> GarbageBounds:
    """When the oldest artifact of each stage that is of a unit, or of its document, was begun; 0: one has failed.

    Under "" stands the oldest of all, for stages whose replies are not of one document.
    """
    garbage_bounds: GarbageBounds = defaultdict(dict)
    for stage, unit, finished, manifest_entry in finished_units:
        garbage_bound = 0.0 if manifest_entry.status == "failed" else finished - manifest_entry.seconds
        names_of_all = [] if stage not in BY_NAME or stage_command(stage).shards == "documents" else [""]
        for artifact in {unit, unit.rpartition("/")[2], *names_of_all}:
            garbage_bounds[stage][artifact] = min(garbage_bound, garbage_bounds[stage].get(artifact, garbage_bound))
    return garbage_bounds


def _last_uses_of_replies(swept_journals: Sequence[Journal]) -> dict[str, float]:
    """By key, when a reply that stands in several journals was last used in any; {} where there is one journal."""
    last_swept_uses: dict[str, float] = {}
    for swept_journal in swept_journals if len(swept_journals) > 1 else ():
        uses_of_rows = ((reply_key, used) for _, reply_key, _, _, used, _ in swept_journal.rows())
        for reply_key, used in chain(uses_of_rows, swept_journal.uses_elsewhere().items()):
            last_swept_uses[reply_key] = max(used, last_swept_uses.get(reply_key, 0.0))
    return last_swept_uses


def garbage_replies_of(
    swept_journal: Journal, garbage_bounds: GarbageBounds, last_uses: Mapping[str, float], garbage_cutoff: float
) -> Iterator[RowPosition]:
    """The places of the replies that no artifact needs and that were last used before `garbage_cutoff` (seconds since
    1970)."""
    swept_reply_keys: set[str] = set()
    for journal_position, reply_key, stage, unit, used_here, usable in swept_journal.rows():
        is_repeated = usable and reply_key in swept_reply_keys
        if usable:
            swept_reply_keys.add(reply_key)
        used_at = used_here if is_repeated else last_uses.get(reply_key, used_here)
        garbage_bound = _garbage_bound(garbage_bounds.get(stage, {}), unit)
        if used_at < garbage_cutoff and (not usable or is_repeated or used_at < garbage_bound - USE_NOTE_INTERVAL):
            yield journal_position


def _garbage_bound(starts_of_stage: dict[str, float], unit: str) -> float:
    """When the oldest artifact that a reply about `unit` may be part of was begun; 0 where there is none.

    A reply's unit is a document, a dataset or a run; or that with a chunk behind a space; or the id of a pair, which
    begins with its document's name. What belongs to none of them may be part of any artifact of a stage of whole runs.
    """
    swept_artifact_name = unit.partition(" ")[0]
    while swept_artifact_name:
        if swept_artifact_name in starts_of_stage:
            return starts_of_stage[swept_artifact_name]
        swept_artifact_name = swept_artifact_name.rpartition("-")[0]
    return starts_of_stage.get("", 0.0)


def _folders_to_sweep(swept_root: Path) -> Iterable[Path]:
    return [Path(folder) for folder, _, _ in os.walk(swept_root)]


def _swept_folder_size(swept_folder: Path) -> int:
    """Bytes of the files below it; a file that another process removes meanwhile counts nothing."""
    return sum(map(_swept_file_size, swept_folder.rglob("*")))


def _swept_file_size(path: Path) -> int:
    """Bytes; 0 for what is no file, or is gone."""
    try:
        file_status = path.stat()
    except OSError:
        return 0
    return file_status.st_size if stat.S_ISREG(file_status.st_mode) else 0
