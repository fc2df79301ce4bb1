"""How a command ends: where its results are, as a path that can be opened from here, and what to run next."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from groundwork.console.job import Job
from groundwork.console.ledger import Ledger
from groundwork.console.unit_of_work import Unit
from groundwork.data_folder.lazy_paths import path_texts
from groundwork.installation import as_typed
from groundwork.stage_table import BY_NAME, STAGES

MAX_DOCUMENTS_NAMED = 5  # documents in a command
MAX_SETTINGS_REPEATED = 2  # that a command repeats


def closing_lines(stage: str, job: Job, finished_units: Sequence[Unit], ledger: Ledger) -> str:
    """`-> data/text` and `next: uv run dataprep/summarize.py`; after failures, how to try them again."""
    paths = {next(iter(path_texts(unit.writes))) for unit in finished_units if unit.writes}
    lines = []
    if paths:
        common_folder = os.path.commonpath({os.path.dirname(path) for path in paths})  # noqa: PTH120  for 100,000s of them
        path = Path(min(paths) if len(paths) == 1 else common_folder)
        lines.append(f"-> {openable_path(path)}")
    if stage in BY_NAME:
        lines.append(f"next: {_next_command(stage, job.flags, failed=bool(ledger.failed_units))}")
    if stage == "ingest" and ledger.failed_units:
        documents = shlex.join(ledger.failed_units[:MAX_DOCUMENTS_NAMED])
        command = f"uv run dataprep set-aside {documents}{repeat_flags(job.flags)}"
        lines.append(f"or leave out what cannot be read: {command}")
    return as_typed("\n".join(lines))


def openable_path(path: Path) -> str:
    """`path` as one can open it from the current folder."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith(os.pardir) else relative


def repeat_flags(flags: argparse.Namespace) -> str:
    """What was said of settings and data, to say again in the next command; of many settings, how many they are."""
    settings = flags.assignments if len(flags.assignments) <= MAX_SETTINGS_REPEATED else []
    arguments = [f"--config {shlex.quote(str(path))}" for path in flags.config]
    arguments += [f"--set {shlex.quote(assignment)}" for assignment in settings]
    arguments += [f"--data {shlex.quote(str(flags.data))}"] if flags.data else []
    arguments += ["--test"] if flags.test else []
    comment = "" if settings == flags.assignments else f"  # and the same {len(flags.assignments)} --set"
    return "".join(f" {word}" for word in arguments) + comment


def _next_command(stage: str, flags: argparse.Namespace, *, failed: bool) -> str:
    if failed:
        return f"uv run {BY_NAME[stage].script} --retry-failed{repeat_flags(flags)}"
    stage_names = [stage_row.name for stage_row in STAGES]
    next_stage = next((stage_row for stage_row in STAGES[stage_names.index(stage) + 1 :] if stage_row.run), None)
    return f"uv run {next_stage.script}{repeat_flags(flags)}" if next_stage else "uv run dataprep open"
