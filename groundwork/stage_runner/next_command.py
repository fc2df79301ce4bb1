"""How a command ends: where its results are, as a path that can be opened from here, and what to run next."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console.flags import FlagSetting
from groundwork.console.terminal import openable_path
from groundwork.data_folder.file_names import path_strings_of
from groundwork.installation import as_typed
from groundwork.message_wording import counted
from groundwork.stage_runner.job import Job, Unit
from groundwork.stage_runner.ledger import Ledger
from groundwork.stage_table import BY_NAME, STAGES

if TYPE_CHECKING:
    from groundwork.data_folder.manifest import Manifest

MAX_UNITS_JUDGED = 1_000  # of which a later stage is asked whether it is current, for the next command
MAX_DOCUMENTS_NAMED = 5  # documents in a command
MAX_COMMAND_SETTINGS_LENGTH = 500  # letters of the settings that a command repeats
STAGE_LIKE = {"merge": "generate_qa"}  # what it makes is a run, which goes on as any other does
COMMAND_SETTINGS = ("dataset.name=", "engine.")  # settings by flags of a stage that other stages read too


def results_and_next_command(
    stage: str, job: Job, finished_units: Sequence[Unit], ledger: Ledger, is_current: Callable[[str], bool]
) -> str:
    """`-> data/text` and `next: uv run dataprep/summarize.py`; after failures, how to try them again.

    `is_current`: whether a later stage, by its name, has made all that can be made of the finished units.
    """
    command_results = {next(iter(path_strings_of(unit.writes))) for unit in finished_units if unit.writes}
    next_lines = []
    if command_results:
        common_command_folder = os.path.commonpath({os.path.dirname(result_path) for result_path in command_results})  # noqa: PTH120  for 100,000s of them
        result_path = Path(min(command_results) if len(command_results) == 1 else common_command_folder)
        next_lines.append(f"-> {openable_path(result_path)}")
    if stage in BY_NAME:
        next_lines.append(_next_line(stage, job, ledger, is_current))
    if stage == "ingest" and ledger.failed_units:
        next_lines.append(f"or leave out what cannot be read: {set_aside_command(ledger.failed_units, job.flags)}")
    return as_typed("\n".join(next_lines))


def set_aside_command(documents: Sequence[str], flags: argparse.Namespace) -> str:
    """The command that leaves out the documents at which ingest failed: by their names where they are few."""
    failed_documents = shlex.join(documents) if len(documents) <= MAX_DOCUMENTS_NAMED else "--failed"
    return f"uv run dataprep set-aside {failed_documents}{repeat_flags(flags)}"


def repeat_flags(flags: argparse.Namespace) -> str:
    """What was said of settings and data, to say again in the next command; of many settings, how many they are."""
    command_settings = _settings_of_command(flags)
    command_set_flags = "".join(f" --set {shlex.quote(assignment)}" for assignment in command_settings)
    if len(command_set_flags) > MAX_COMMAND_SETTINGS_LENGTH:
        settings_hint = f"and the same {len(command_settings)} --set, or --config with a file that holds them"
        return f"{_data_flags_of_command(flags)}  # {settings_hint}"
    return _data_flags_of_command(flags, command_set_flags)


def _settings_of_command(flags: argparse.Namespace) -> list[str]:
    """The assignments that mean something to other commands, of each setting the last."""
    command_assignments = [
        assignment
        for assignment in flags.assignments
        if not isinstance(assignment, FlagSetting) or assignment.startswith(COMMAND_SETTINGS)
    ]
    return list({str(assignment).partition("=")[0]: str(assignment) for assignment in command_assignments}.values())


def _data_flags_of_command(flags: argparse.Namespace, command_set_flags: str = "") -> str:
    command_config_flags = "".join(f" --config {shlex.quote(str(path))}" for path in flags.config)
    command_data_flag = f" --data {shlex.quote(str(flags.data))}" if flags.data else ""
    return f"{command_config_flags}{command_set_flags}{command_data_flag}{' --test' if flags.test else ''}"


def _next_line(stage: str, job: Job, ledger: Ledger, is_current: Callable[[str], bool]) -> str:
    if ledger.failed_units:
        return f"next: {_same_command(stage, job.flags)} --retry-failed"
    if ledger.to_do:
        return f"next: {_same_command(stage, job.flags)}"
    if (shard_flag := getattr(job.flags, "shard", None)) is not None and shard_flag.count > 1:
        other_shards = counted(shard_flag.count - 1, "other shard is", "other shards are")
        return f"next, once the {other_shards} done: uv run dataprep gather{repeat_flags(job.flags)}"
    return f"next: {_next_command(stage, job, is_current)}"


def _same_command(stage: str, flags: argparse.Namespace) -> str:
    """The command as it was typed, but for what asks for some of the units."""
    command_words = [word for word in getattr(flags, "typed_words", ()) if word not in ("--force", "--retry-failed")]
    command_arguments = f" {shlex.join(command_words)}" if command_words else ""
    return f"uv run {BY_NAME[stage].script}{command_arguments}"


def _next_command(stage: str, job: Job, is_current: Callable[[str], bool]) -> str:
    stages_in_order = [stage_row.name for stage_row in STAGES]
    stage_position = stages_in_order.index(STAGE_LIKE.get(stage, stage))
    next_stages = [stage_row for stage_row in STAGES[stage_position + 1 :] if stage_row.run]
    for next_stage in next_stages:
        if BY_NAME[stage].writes in next_stage.reads or not is_current(next_stage.name):
            return f"uv run {next_stage.script}{repeat_flags(job.flags)}"
    return f"uv run dataprep open{_data_flags_of_command(job.flags)}"


def has_made_all(job: Job, manifest: Manifest, unit_names: Sequence[str], stage: str) -> bool:
    """Has `stage` current results of all these units? Of very many that is not looked up, and the answer is no."""
    from groundwork.data_folder.manifest import CURRENT_STATES
    from groundwork.data_folder.unit_states import recorded_state

    if len(unit_names) > MAX_UNITS_JUDGED:
        return False
    unit_entries = [manifest.entry(stage, name) for name in unit_names]
    return all(entry and recorded_state(job.data, manifest, entry)[0] in CURRENT_STATES for entry in unit_entries)
