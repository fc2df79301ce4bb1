"""`dataprep run`: every stage in order, and at the end where its results are."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.commands.doctor import check_run
from groundwork.console.flags import add_data_flags, add_work_flags, flag_parser, load_config
from groundwork.console.terminal import openable_path, terminal_text
from groundwork.data_folder.workspace import Workspace, open_workspace
from groundwork.errors import EXIT_OK, GroundworkError, UnitError, UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import name_order
from groundwork.stage_runner.job import open_job
from groundwork.stage_runner.remembered_flags import (
    RememberedCall,
    RememberedFlags,
    apply_remembered_flags,
    remembered_arguments,
    remembered_calls,
)
from groundwork.stage_runner.stage_command import StageCommand, stage_command
from groundwork.stage_table import STAGES, writing_stage

if TYPE_CHECKING:
    from groundwork.stage_runner.job import Job

FailedUnits = dict[tuple[str, str], str]  # (stage, unit) -> why it failed

RUN_FAILURES_SHOWN, DATASETS_LINKED = 20, 4
DEFAULT_DATASET = "groundwork-dataset"  # as config.json names it; nobody asked for it where there are others


def run_all_parser() -> argparse.ArgumentParser:
    parser = flag_parser("dataprep run", "Every stage of the pipeline, in order.")
    add_data_flags(parser)
    add_work_flags(parser)
    return parser


def run_all(flags: argparse.Namespace) -> int:
    """The highest exit code of the stages. A stage with failures does not keep the others from what they can do."""
    from groundwork.llm.calls.costs_and_budget import Budget  # which loads the client of models

    run_started_at = time.monotonic()
    run_exit_code = EXIT_OK
    if not flags.dry_run:
        config = load_config(flags)
        check_run(config, open_workspace(config, flags, folders=()))
    flags.within_run, flags.budget, flags.failures = True, Budget(flags.max_cost), {}
    for stage in STAGES:
        if not stage.run:
            continue
        stage_of_run = stage_command(stage.name)
        run_flags = vars(flags) | {"assignments": list(flags.assignments)}
        stage_flags = stage_of_run.parse([])
        for flag_name, flag_value in run_flags.items():
            setattr(stage_flags, flag_name, flag_value)
        try:
            for flags_in_run in _calls_of_stage(stage_of_run, stage_flags):
                run_exit_code = max(run_exit_code, stage_of_run.run(flags_in_run))
        except UsageError as run_error:
            if flags.dry_run and stage.reads[0] != "documents":
                writer_of_stage = writing_stage(stage.reads[0])
                stage_run_before = writer_of_stage.name if writer_of_stage else "the stage before"
                print(f"{stage.name}: not known before {stage_run_before} has run")
                continue
            if stage.reads[0] == "documents" or run_exit_code == EXIT_OK:
                raise
            print(f"{stage.name}: skipped, because a stage before it failed ({run_error})")
        except UnitError as run_error:
            print(f"{stage.name}: {run_error}", file=sys.stderr)
            run_exit_code = max(run_exit_code, run_error.exit_code)
    if not flags.dry_run:
        with open_job(load_config(flags), flags, folders=()) as (job, _):
            _print_run_results(job.data, time.monotonic() - run_started_at, flags.failures)
    return run_exit_code


def _calls_of_stage(stage_of_run: StageCommand, flags: argparse.Namespace) -> list[argparse.Namespace]:
    """The flags of the stage; of results that were made by a choice of runs or flags, those as well."""
    from groundwork.data_folder.manifest import EntryChoice

    with open_job(load_config(flags), flags, folders=stage_of_run.folders_read) as (job, manifest):
        run_choices = {unit: entry.choice for unit, entry in manifest.entries(stage_of_run.name, EntryChoice).items()}
        datasets_left_by_run = _datasets_of_other_documents(stage_of_run.name, job, run_choices)
        for name in datasets_left_by_run:
            print(
                f"{stage_of_run.name}: {name} stays as it is, since it is of other documents; "
                "without --document it is renewed"
            )
        run_choices = {unit: choice for unit, choice in run_choices.items() if unit not in datasets_left_by_run}
        other_datasets = _other_datasets(stage_of_run.name, job, run_choices)
        is_named_in_run = job.config.dataset.name != DEFAULT_DATASET or not (other_datasets or datasets_left_by_run)
        is_default_in_run = is_named_in_run and job.config.dataset.name not in datasets_left_by_run
        if not any(run_choices.values()) and not other_datasets:
            return [flags] if is_default_in_run else []
        try:
            unit_names = {unit.name for unit in stage_of_run.units(job)}
        except GroundworkError:  # which the stage itself will meet and tell of
            return [flags] if is_default_in_run else [call_in_run.flags for call_in_run in other_datasets]
    calls_in_run = remembered_calls(flags, {unit: choice for unit, choice in run_choices.items() if unit in unit_names})
    calls_in_run = [*(calls_in_run if is_default_in_run or DEFAULT_DATASET in run_choices else []), *other_datasets]
    for call_in_run in calls_in_run:
        if call_in_run.choice:
            print(
                f"{stage_of_run.name}: with the flags of its last run:{remembered_arguments(call_in_run.choice)}",
                file=sys.stderr,
            )
        call_in_run.flags.call = replace(call_in_run, flags=flags)
    return [call_in_run.flags for call_in_run in calls_in_run]


def _datasets_of_other_documents(stage: str, job: Job, choices_of_run: Mapping[str, RememberedFlags]) -> list[str]:
    """The datasets that --document would cut down to some of their documents, or change for others."""
    if stage != "create_dataset" or not job.flags.document:
        return []
    return [
        name
        for name, choice_of_run in choices_of_run.items()
        if sorted(choice_of_run.get("document", [])) != sorted(job.flags.document)
        and job.data.path("datasets", name).is_dir()
    ]


def _other_datasets(stage: str, job: Job, choices_of_run: Mapping[str, RememberedFlags]) -> list[RememberedCall]:
    """The calls that made datasets of other names than that of the settings, and their pictures, where they are there.

    None where the command itself says which dataset is meant.
    """
    if stage not in ("create_dataset", "visualize_splits"):
        return []
    if any(str(text).startswith("dataset.name=") for text in job.flags.assignments):
        return []
    dataset_calls_of_run = []
    for unit, choice_of_run in choices_of_run.items():
        if unit != job.config.dataset.name and job.data.path("datasets", unit).is_dir():
            dataset_flags_of_run = apply_remembered_flags(job.flags, choice_of_run)
            if stage == "visualize_splits":
                dataset_flags_of_run.datasets = [unit]
            dataset_calls_of_run.append(RememberedCall(dataset_flags_of_run, choice_of_run, only=frozenset({unit})))
    return dataset_calls_of_run


def _failures_of_earlier_runs(data: Workspace, tried: FailedUnits) -> FailedUnits:
    """What failed in an earlier run, was not tried again in this one, and still counts as failed."""
    from contextlib import closing

    from groundwork.data_folder.departed_and_set_aside import read_set_aside
    from groundwork.data_folder.manifest import Manifest

    set_aside_in_run = read_set_aside(data)
    with closing(Manifest(data.state / "manifest.db", read_only=True)) as manifest:
        return {
            (stage, unit): entry.failures[0]["reason"]
            for stage, unit, entry in manifest.all_entries()
            if entry.status == "failed" and entry.failures and unit.rpartition("/")[2] not in set_aside_in_run
            if (stage, unit) not in tried and all((data.root / path).exists() for path in entry.inputs)
        }


def _print_run_results(data: Workspace, seconds: float, failures: FailedUnits) -> None:
    """What failed, above the few links that lead to everything else."""
    from groundwork.commands.index_page import write_index

    failures_of_earlier_run = _failures_of_earlier_runs(data, failures)
    print(f"\nfinished in {seconds:,.0f} s" + (f", {len(failures):,} failed" if failures else ""))
    _print_run_failures(failures)
    if failures_of_earlier_run:
        print(f"{len(failures_of_earlier_run):,} failed in an earlier run, not tried again in this one")
        _print_run_failures(failures_of_earlier_run)
    run_index_page = write_index(data)
    run_results_link = (
        as_typed(f"uv run dataprep open --data {data.mirror.url}") if data.mirror else openable_path(run_index_page)
    )
    print(f"  everything  {run_results_link}")
    run_datasets = sorted(filter(Path.is_dir, data.path("datasets").glob("*")), key=lambda path: name_order(path.name))
    for dataset_of_run in run_datasets[-DATASETS_LINKED:]:
        print(f"  dataset     {openable_path(dataset_of_run)}")


def _print_run_failures(failures: FailedUnits) -> None:
    run_failure_lines = [f"  {stage}: {unit}: {reason}" for (stage, unit), reason in failures.items()]
    print("".join(f"{terminal_text(line)}\n" for line in run_failure_lines[:RUN_FAILURES_SHOWN]), end="")
    if len(run_failure_lines) > RUN_FAILURES_SHOWN:
        print(f"  … and {len(run_failure_lines) - RUN_FAILURES_SHOWN:,} more; see: {as_typed('uv run dataprep')}")
