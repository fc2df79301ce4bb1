"""How a command ends: where its results are, as a path that can be opened from here, and what to run next."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from groundwork.console.job import Job, Unit
from groundwork.console.ledger import Ledger
from groundwork.installation import spelt
from groundwork.pipeline import BY_NAME, STAGES

MOST_NAMED = 5  # documents in a command
MOST_SETTINGS = 2  # that a command repeats


def closing_lines(stage: str, job: Job, done: Sequence[Unit], ledger: Ledger) -> str:
    """`-> data/text` and `next: uv run dataprep/summarize.py`; after failures, how to try them again."""
    places = {str(path) for unit in done for path in unit.writes[:1]}
    lines = []
    if places:
        shared = os.path.commonpath({os.path.dirname(place) for place in places})  # noqa: PTH120  for 100,000s of them
        place = Path(min(places) if len(places) == 1 else shared)
        lines.append(f"-> {from_here(place)}")
    if stage in BY_NAME:
        lines.append(f"next: {_next(stage, job.flags, failed=bool(ledger.failed))}")
    if stage == "ingest" and ledger.failed:
        named = shlex.join(ledger.failed[:MOST_NAMED])
        lines.append(f"or leave out what cannot be read: uv run dataprep set-aside {named}{same_flags(job.flags)}")
    return spelt("\n".join(lines))


def from_here(path: Path) -> str:
    """`path` as one can open it from the current folder."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith(os.pardir) else relative


def same_flags(flags: argparse.Namespace) -> str:
    """What was said of settings and data, to say again in the next command; of many settings, how many they are."""
    settings = flags.assignments if len(flags.assignments) <= MOST_SETTINGS else []
    words = [f"--config {shlex.quote(str(path))}" for path in flags.config]
    words += [f"--set {shlex.quote(assignment)}" for assignment in settings]
    words += [f"--data {shlex.quote(str(flags.data))}"] if flags.data else []
    words += ["--test"] if flags.test else []
    more = "" if settings == flags.assignments else f"  # and the same {len(flags.assignments)} --set"
    return "".join(f" {word}" for word in words) + more


def _next(stage: str, flags: argparse.Namespace, *, failed: bool) -> str:
    if failed:
        return f"uv run {BY_NAME[stage].script} --retry-failed{same_flags(flags)}"
    names = [one.name for one in STAGES]
    following = next((one for one in STAGES[names.index(stage) + 1 :] if one.run), None)
    return f"uv run {following.script}{same_flags(flags)}" if following else "uv run dataprep open"
