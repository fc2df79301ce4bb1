"""The stage table with the state of every document, and what to run next."""

from __future__ import annotations

import argparse
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from groundwork.commands.forget import DocumentRemains, document_remains, forgotten_rows
from groundwork.console.flags import add_data_flags, flag_parser, load_config
from groundwork.console.progress_line import ProgressLine
from groundwork.console.terminal import openable_path, table_lines, terminal_text
from groundwork.data_folder.copied_documents import copy_lines
from groundwork.data_folder.departed_and_set_aside import DepartedDocument, find_departed
from groundwork.data_folder.unit_states import mark_behind, recorded_state
from groundwork.errors import EXIT_OK, GroundworkError
from groundwork.installation import as_typed
from groundwork.message_wording import counted, name_order
from groundwork.stage_runner.job import open_job
from groundwork.stage_runner.next_command import MAX_DOCUMENTS_NAMED, repeat_flags, set_aside_command
from groundwork.stage_runner.remembered_flags import RememberedCall, remembered_arguments, remembered_calls
from groundwork.stage_runner.similar_warnings import group_similar, group_warnings
from groundwork.stage_runner.stage_command import StageCommand, stage_command
from groundwork.stage_table import BY_NAME, STAGES, Stage

if TYPE_CHECKING:
    from groundwork.data_folder.departed_and_set_aside import SetAside
    from groundwork.data_folder.manifest import Manifest, State
    from groundwork.data_folder.workspace import Workspace
    from groundwork.stage_runner.job import Job

    States = dict[str, tuple[State, str]]

STATUS_ROWS_SHOWN = 30
STATUS_FOLDERS_READ = {folder for stage in STAGES if stage.run for folder in stage.reads}  # by what `dataprep run` does

STATUS_MARKS = {
    "done": "done", "empty": "empty", "stale": "STALE", "behind": "behind", "missing": "-", "failed": "FAILED"
}  # fmt: skip
STATUS_WORDS = {
    "done": "done", "empty": "empty", "stale": "stale", "behind": "behind", "missing": "to do", "failed": "failed"
}  # fmt: skip


def status_parser() -> argparse.ArgumentParser:
    parser = flag_parser("dataprep status", "The state of every document in every stage, and what to run next.")
    add_data_flags(parser)
    return parser


def print_status(flags: argparse.Namespace) -> int:
    config = load_config(flags)
    status_table: dict[str, States] = {}
    with open_job(config, flags, folders=()) as (job, manifest):
        print(f"{job.data.address}\n")
        departed_documents = find_departed(job.data, manifest, config.ingest.ignore)
        for stage in STAGES:
            if stage.run:
                status_table[stage.name] = _stage_status(stage_command(stage.name), job, manifest)
            elif stage.writes in STATUS_FOLDERS_READ:
                status_table[stage.name] = _status_of_made(stage.name, job, manifest)
        status_table = mark_behind(status_table, manifest)
        status_warnings = _status_warnings(status_table, job, manifest)
        remembered_choices = {
            (stage, unit): remembered_arguments(entry.choice)
            for stage, unit, entry in manifest.all_entries()
            if entry.choice
        }
        departed_shown = [lost for lost in departed_documents if lost.document not in job.set_aside][:STATUS_ROWS_SHOWN]
        departed_remains = [(lost, document_remains(job.data, lost.document)) for lost in departed_shown]
        status_lost_rows = forgotten_rows(job.data)
        copy_status_lines = copy_lines(job.copies)
        set_aside_lines = [_set_aside_line(job, manifest, name, record) for name, record in job.set_aside.items()]
    _print_status_table(status_table)
    _print_dataset_status(status_table["create_dataset"])
    _print_status_reasons(status_table)
    if status_warnings:
        print(terminal_text("\n" + "\n".join(status_warnings)))
    _print_departed_documents(departed_remains)
    for lines in (copy_status_lines, set_aside_lines):
        if lines:
            print(terminal_text("\n" + "\n".join(lines[:STATUS_ROWS_SHOWN])))
    _print_forgotten(status_lost_rows)
    print(f"\nnext: {_next_after_status(status_table, flags, remembered_choices, job.data)}")
    return EXIT_OK


def _stage_status(command: StageCommand, job: Job, manifest: Manifest) -> States:
    """State by unit; no units at all (the stage before has not run) is an empty answer, not an error.

    What was made is judged by the choice of runs and flags that it was made with; a dataset of another name than the
    settings' by all that it was made with.
    """
    from groundwork.data_folder.manifest import EntryChoice

    flags = argparse.Namespace(**(vars(command.parse([])) | vars(job.flags)))
    status_calls = remembered_calls(
        flags, {unit: entry.choice for unit, entry in manifest.entries(command.name, EntryChoice).items()}
    )
    unit_status: States = {}
    for status_call in status_calls:
        if _names_other_dataset(status_call, job):
            continue
        status_job = (
            job
            if not status_call.choice
            else replace(job, config=load_config(status_call.flags), progress=ProgressLine("", quiet=True))
        )
        status_job.flags = status_call.flags
        try:
            units = [unit for unit in command.units(status_job) if status_call.makes(unit.name)]
            states_of_units = command.unit_loop(status_job, manifest).states(units)
        except GroundworkError:
            continue
        unit_status |= {unit.name: state for unit, state in zip(units, states_of_units, strict=True)}
    dataset_status = _dataset_status(command.name, job, manifest)
    made_status = {name: state for name, state in dataset_status.items() if name not in unit_status}
    if made_status:  # then what the settings name by default is no gap
        unit_status = {name: state for name, state in unit_status.items() if state[0] != "missing"}
    return unit_status | made_status


def _names_other_dataset(call_of_status: RememberedCall, job: Job) -> bool:
    status_settings = [assignment.partition("=") for assignment in call_of_status.choice.get("settings", [])]
    dataset_names = [value for name, _, value in status_settings if name == "dataset.name"]
    return bool(dataset_names) and dataset_names[-1] != job.config.dataset.name


def _dataset_status(stage: str, job: Job, manifest: Manifest) -> States:
    """Datasets and their pictures by name, each as its own flags made it: stale once something that it read changed."""
    if not {"datasets"} & {BY_NAME[stage].writes, *BY_NAME[stage].reads}:
        return {}
    return _status_of_made(stage, job, manifest)


def _status_of_made(stage: str, job: Job, manifest: Manifest) -> States:
    """What a stage made and is still there, each by what it was made from."""
    status_entries = manifest.entries(stage)
    made_status = {
        name: recorded_state(job.data, manifest, status_entries[name])
        for name in sorted(status_entries, key=name_order)
    }
    return {name: state for name, state in made_status.items() if state != ("missing", "its files are gone")}


def _print_status_table(status_table: dict[str, States]) -> None:
    """Stages down, states across as counts; then a row a document where there are few."""
    status_width = shutil.get_terminal_size((120, 24)).columns
    stages = [stage for stage in STAGES if stage.run]
    status_rows = [[stage.display_name, _status_counts(status_table[stage.name]), stage.purpose] for stage in stages]
    narrow_lines = table_lines([stage_row[:2] for stage_row in status_rows], to_left=(0, 1))
    for wide_line, narrow_line in zip(table_lines(status_rows, to_left=(0, 1, 2)), narrow_lines, strict=True):
        print(wide_line if cell_len(wide_line) <= status_width else narrow_line)
    status_documents = list(status_table["ingest"])
    status_stages = [stage for stage in STAGES if stage.run and set(status_table[stage.name]) & set(status_documents)]
    if not status_documents or not status_stages:
        return

    def is_done(document: str) -> bool:
        return all(_status_mark(status_table, stage, document) == "done" for stage in status_stages)

    documents_listed = sorted(status_documents, key=is_done)[:STATUS_ROWS_SHOWN]
    status_by_document = [["document", *(stage.name for stage in status_stages)]]
    status_by_document += [
        [document, *(_status_mark(status_table, stage, document) for stage in status_stages)]
        for document in documents_listed
    ]
    print("\n" + "\n".join(table_lines(status_by_document, to_left=range(len(status_by_document[0])))))
    if len(status_documents) > len(documents_listed):
        print(f"  … and {len(status_documents) - len(documents_listed):,} more")


def _status_counts(states: States) -> str:
    status_kinds = [status_kind for status_kind, _ in states.values()]
    return (
        ", ".join(
            f"{status_kinds.count(status_kind)} {status_word}"
            for status_kind, status_word in STATUS_WORDS.items()
            if status_kind in status_kinds
        )
        or "not yet"
    )


def _status_mark(status_table: dict[str, States], stage: Stage, document: str) -> str:
    state = status_table[stage.name].get(document)
    return STATUS_MARKS[state[0]] if state else "-"


def _print_dataset_status(states: States) -> None:
    if states:
        dataset_status_rows = [["dataset", ""]]
        dataset_status_rows += [
            [name, f"{STATUS_MARKS[kind]}{f', {note}' if kind == 'done' and note else ''}"]
            for name, (kind, note) in states.items()
        ]
        print("\n" + "\n".join(table_lines(dataset_status_rows, to_left=(0, 1))))


def _print_status_reasons(status_table: dict[str, States]) -> None:
    """Why units are stale or failed; of those that are stale in one way, one."""
    status_reasons: list[str] = []
    for stage, states in status_table.items():
        failed_in_status = [(name, reason) for name, (kind, reason) in states.items() if kind == "failed" and reason]
        stale_in_status = [(name, reason) for name, (kind, reason) in states.items() if kind == "stale" and reason]
        status_reasons += [f"  failed  {name} in {stage}: {reason}" for name, reason in failed_in_status]
        status_reasons += [f"  stale  {names} in {stage}: {reason}" for names, reason in group_similar(stale_in_status)]
    if status_reasons:
        more = [f"  … and {len(status_reasons) - STATUS_ROWS_SHOWN:,} more"] * (len(status_reasons) > STATUS_ROWS_SHOWN)
        print(terminal_text("\n" + "\n".join([*status_reasons[:STATUS_ROWS_SHOWN], *more])))


def _status_warnings(status_table: dict[str, States], job: Job, manifest: Manifest) -> list[str]:
    """The warnings of all that stands in the table, grouped by kind and document; below them the pages to look at."""
    status_warnings = []
    for stage, states in status_table.items():
        status_entries = manifest.entries(stage)
        warnings_in_status = [
            (unit, warning) for unit in states if unit in status_entries for warning in status_entries[unit].warnings
        ]
        status_warnings += [f"{warning_line}  ({stage})" for warning_line in group_warnings(warnings_in_status)]
    more_status_warnings = [
        f"  … and {counted(len(status_warnings) - STATUS_ROWS_SHOWN, 'more warning')}; each stage prints its own"
    ] * (len(status_warnings) > STATUS_ROWS_SHOWN)
    audit_pages = [job.data.path("plots", f"audit-{name}.html") for name in status_table["ingest"]]
    status_pages = [f"  look at    {openable_path(audit_page)}" for audit_page in audit_pages if audit_page.exists()]
    if (more_status_pages := len(status_pages) - MAX_DOCUMENTS_NAMED) > 0:
        status_pages[MAX_DOCUMENTS_NAMED:] = [f"  … and {more_status_pages:,} more: {as_typed('uv run dataprep open')}"]
    return [*status_warnings[:STATUS_ROWS_SHOWN], *more_status_warnings, *status_pages]


def _print_departed_documents(departed_documents: list[tuple[DepartedDocument, DocumentRemains]]) -> None:
    """The documents whose source is gone, with what of them remains."""
    if departed_documents:
        print()
    for departed, remains in departed_documents:
        status_cause = "ignored" if departed.ignored else "gone"
        print(terminal_text(f"  {status_cause}  {departed.document} (documents/{departed.source}): {remains} remain"))
    if departed_documents:
        names_departed = shlex.join(departed.document for departed, _ in departed_documents)
        print(f"  remove: {as_typed('uv run dataprep forget')} {names_departed}")


def _set_aside_line(job: Job, manifest: Manifest, name_aside: str, record_aside: SetAside) -> str:
    """`  set aside  broken (documents/broken.pdf): reason`, and whether the file is another one by now."""
    source_path = job.data.base / "documents" / record_aside.source
    sha256 = manifest.sha256(source_path) if record_aside.source and source_path.is_file() else ""
    status_change = "; its file has changed since, try it: " if sha256 and sha256 != record_aside.sha256 else ""
    status_retry = as_typed(f"uv run dataprep set-aside --undo {shlex.quote(name_aside)}") if status_change else ""
    status_source = f" (documents/{record_aside.source})" if record_aside.source else ""
    status_reason = record_aside.reason or "no reason given"
    return f"  set aside  {name_aside}{status_source}: {status_reason}{status_change}{status_retry}"


def _print_forgotten(forgotten_in_status: dict[str, dict[str, int]]) -> None:
    for dataset, status_documents in forgotten_in_status.items():
        forgotten_counts = ", ".join(f"{counted(count, 'row')} of {name}" for name, count in status_documents.items())
        print(f"  {dataset} still holds {forgotten_counts}, which was forgotten since; build it again")


def _next_after_status(
    status_table: dict[str, States],
    flags: argparse.Namespace,
    remembered_choices: Mapping[tuple[str, str], str],
    data: Workspace,
) -> str:
    """The command to run. `remembered_choices`: by stage and unit, what its command was told, as words to say again."""
    status_repeated_flags = repeat_flags(flags)
    if not status_table["ingest"]:
        next_run_command = f"{as_typed('uv run dataprep run')}{status_repeated_flags}"
        return f"put documents into {openable_path(data.documents)}, then: {next_run_command}"
    for stage in STAGES:
        if stage.name not in status_table or not (stage.run or status_table[stage.name]):
            continue
        status_units = [unit for unit, (kind, _) in status_table[stage.name].items() if kind in ("stale", "missing")]
        if status_units or not status_table[stage.name]:
            status_flags = next(
                (
                    remembered_choices[stage.name, unit]
                    for unit in status_units
                    if (stage.name, unit) in remembered_choices
                ),
                "",
            )
            status_command = f"{as_typed(f'uv run {stage.script}')}{status_flags}{status_repeated_flags}"
            status_run_hint = "all: " if stage.run else "then:"  # what `dataprep run` does not do is done first
            return f"{status_command}\n{status_run_hint} {as_typed('uv run dataprep run')}{status_repeated_flags}"
    if any(kind == "failed" for states in status_table.values() for kind, _ in states.values()):
        unreadable_documents = [name for name, (kind, _) in status_table["ingest"].items() if kind == "failed"]
        status_set_aside = as_typed(set_aside_command(unreadable_documents, flags))
        status_retry = f"{as_typed('uv run dataprep run')} --retry-failed{status_repeated_flags}"
        return (
            f"{status_retry}\nor, for files that cannot be read: {status_set_aside}"
            if unreadable_documents
            else status_retry
        )
    return "nothing; everything is current"
