"""`dataprep gc`: what no artifact needs any more is taken out of the state folder.

    uv run dataprep gc [--days 30] [--dry-run]

A reply of a model is needed by what was made last with it: it is dropped once every artifact of its stage and document
was made anew without it, and `--days` have passed since it was last used. Replies about documents that were not
finished, or whose source is gone, stay (`dataprep forget --replies`). Older draws of one request and calls that brought
no reply go as well, and so do temporary files of processes that have ended, hashes of files that are gone, and pictures
beside a text that does not show them.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console.job_setup import load_config, open_job
from groundwork.errors import EXIT_OK
from groundwork.llm.journal import USE_NOTE_INTERVAL, Journal, RowPosition
from groundwork.llm.journal_segments import list_segments
from groundwork.pipeline import BY_NAME
from groundwork.records.artifacts import Workspace, remove_leftovers
from groundwork.records.figures import drop_unused
from groundwork.records.manifest import Manifest
from groundwork.records.spread_folders import folders_in

if TYPE_CHECKING:
    from groundwork.console.command import Command

Began = dict[str, dict[str, float]]  # by stage and by name of a unit or document: when the oldest artifact was begun


def collect_garbage(flags: argparse.Namespace, command: Callable[[str], Command]) -> int:
    with open_job(load_config(flags), flags, folders=()) as (job, manifest):
        job.data.fetch_databases("journal")
        data, before = job.data, _size(job.data.joined_state)
        if data.joined_journal.exists() or list_segments(data.joined_journal):
            journal = Journal(data.joined_journal)
            dropped = list(unneeded(journal, began(manifest, command), time.time() - flags.days * 86_400))
            count = sum(1 for _ in journal.rows())
            if not flags.dry_run:
                journal.drop(dropped)
            journal.close()
            print(f"journal: {len(dropped):,} of {count:,} replies that no artifact needs")
        if not flags.dry_run:
            hashes = manifest.forget_missing_files()
            left = remove_leftovers(_folders(data.root))
            if pictures := _drop_pictures(data):
                print(f"{pictures:,} pictures that no text shows")
            print(f"{hashes:,} hashes of files that are gone, {left:,} temporary files")
            saved = before - _size(data.joined_state)
            print(f"{max(0, saved) / 1e6:,.1f} MB given back")
    return EXIT_OK


def _drop_pictures(data: Workspace) -> int:
    """Remove the pictures of documents that are gone, or whose text shows them no more; returns how many there were."""
    count, folders = 0, folders_in(data.path("text"))
    data.fetch(folder.with_name(f"{folder.name}.md") for folder in folders)  # beside it, where they are spread too
    for folder in folders:
        text = folder.with_name(f"{folder.name}.md")
        count += drop_unused(folder, text.read_text(errors="replace") if text.is_file() else "")[1]
    return count


def began(manifest: Manifest, command: Callable[[str], Command]) -> Began:
    """When the oldest artifact of each stage that is of a unit, or of its document, was begun; 0: one has failed.

    Under "" stands the oldest of all, for stages whose replies are not of one document.
    """
    found: Began = defaultdict(dict)
    for stage, unit, finished, entry in manifest.finished():
        start = 0.0 if entry.status == "failed" else finished - entry.seconds
        whole = [] if stage not in BY_NAME or command(stage).shards == "documents" else [""]
        for name in {unit, unit.rpartition("/")[2], *whole}:
            found[stage][name] = min(start, found[stage].get(name, start))
    return found


def unneeded(journal: Journal, of: Began, before: float) -> Iterator[RowPosition]:
    """The places of the replies that no artifact needs and that were last used `before` that time."""
    seen: set[str] = set()
    for place, key, stage, unit, used, usable in journal.rows():
        again = usable and key in seen
        if usable:
            seen.add(key)
        start = _start(of.get(stage, {}), unit)
        if used < before and (not usable or again or used < start - USE_NOTE_INTERVAL):
            yield place


def _start(names: dict[str, float], unit: str) -> float:
    """When the oldest artifact that a reply about `unit` may be part of was begun; 0 where there is none.

    A reply's unit is a document, a dataset or a run; or that with a chunk behind a space; or the id of a pair, which
    begins with its document's name. What belongs to none of them may be part of any artifact of a stage of whole runs.
    """
    name = unit.partition(" ")[0]
    while name:
        if name in names:
            return names[name]
        name = name.rpartition("-")[0]
    return names.get("", 0.0)


def _folders(root: Path) -> Iterable[Path]:
    return [Path(place) for place, _, _ in os.walk(root)]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
