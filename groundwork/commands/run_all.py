"""`dataprep run`: every stage in order, and at the end where its results are."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from groundwork.console import preflight
from groundwork.console.next_steps import openable_path
from groundwork.console.open_job import load_config, open_job, workspace
from groundwork.console.remembered_flags import command_arguments, remembered_calls
from groundwork.errors import EXIT_OK, GroundworkError, UnitError, UsageError
from groundwork.installation import as_typed
from groundwork.stage_table import STAGES, writing_stage

if TYPE_CHECKING:
    from groundwork.console.stage_command import Command
    from groundwork.data_folder.workspace import Workspace


FAILURES_SHOWN, DATASETS_LINKED = 20, 4


def run_all(flags: argparse.Namespace, command: Callable[[str], Command]) -> int:
    """The highest exit code of the stages. A stage with failures does not keep the others from what they can do."""
    start = time.monotonic()
    exit_code = EXIT_OK
    if not flags.dry_run:
        config = load_config(flags)
        preflight.check_run(config, workspace(config, flags, folders=()))
    flags.within_run = True
    for stage in STAGES:
        if not stage.run:
            continue
        main = command(stage.name)
        shared = vars(flags) | {"assignments": list(flags.assignments)}
        stage_flags = main.parse([])
        for name, value in shared.items():
            setattr(stage_flags, name, value)
        try:
            for call in _calls(main, stage_flags):
                exit_code = max(exit_code, main.run(call))
        except UsageError as error:
            if flags.dry_run and stage.reads[0] != "documents":
                writer = writing_stage(stage.reads[0])
                print(f"{stage.name}: not known before {writer.name if writer else 'the stage before'} has run")
                continue
            if stage.reads[0] == "documents" or exit_code == EXIT_OK:
                raise
            print(f"{stage.name}: skipped, because a stage before it failed ({error})")
        except UnitError as error:
            print(f"{stage.name}: {error}", file=sys.stderr)
            exit_code = max(exit_code, error.exit_code)
    if not flags.dry_run:
        with open_job(load_config(flags), flags, folders=()) as (job, _):
            _print_results(job.data, time.monotonic() - start, _failures(job.data))
    return exit_code


def _calls(main: Command, flags: argparse.Namespace) -> list[argparse.Namespace]:
    """The flags of the stage; of results that were made by a choice of runs or flags, those as well."""
    from groundwork.data_folder.manifest.manifest import EntryChoice

    with open_job(load_config(flags), flags, folders=main.folders_read) as (job, manifest):
        choices = {unit: entry.choice for unit, entry in manifest.entries(main.name, EntryChoice).items()}
        if not any(choices.values()):
            return [flags]
        try:
            names = {unit.name for unit in main.units(job)}
        except GroundworkError:  # which the stage itself will meet and tell of
            return [flags]
    calls = remembered_calls(flags, {unit: choice for unit, choice in choices.items() if unit in names})
    for call in calls:
        if call.choice:
            print(f"{main.name}: with the flags of its last run:{command_arguments(call.choice)}", file=sys.stderr)
        call.flags.call = replace(call, flags=flags)
    return [call.flags for call in calls]


def _failures(data: Workspace) -> list[str]:
    """A line for everything that failed and still counts as failed, by stage."""
    from contextlib import closing

    from groundwork.data_folder.document_changes.set_aside_file import read_set_aside
    from groundwork.data_folder.manifest.manifest import Manifest

    set_aside_names = read_set_aside(data)
    with closing(Manifest(data.state / "manifest.db", read_only=True)) as manifest:
        return [
            f"{stage}: {unit}: {entry.failures[0]['reason']}"
            for stage, unit, entry in manifest.all_entries()
            if entry.status == "failed" and entry.failures and unit.rpartition("/")[2] not in set_aside_names
        ]


def _print_results(data: Workspace, seconds: float, failures: list[str]) -> None:
    """What failed, above the few links that lead to everything else."""
    from groundwork.console.index_page import write_index

    print(f"\nfinished in {seconds:,.0f} s" + (f", {len(failures):,} failed" if failures else ""))
    for line in failures[:FAILURES_SHOWN]:
        print(f"  {line}")
    if len(failures) > FAILURES_SHOWN:
        print(f"  … and {len(failures) - FAILURES_SHOWN:,} more; see: {as_typed('uv run dataprep')}")
    page = write_index(data)
    index_command = as_typed(f"uv run dataprep open --data {data.mirror.url}") if data.mirror else openable_path(page)
    print(f"  everything  {index_command}")
    datasets = sorted(path for path in data.path("datasets").glob("*") if path.is_dir())
    for folder in datasets[-DATASETS_LINKED:]:
        print(f"  dataset     {openable_path(folder)}")
