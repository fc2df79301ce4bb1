"""The stage table with the state of every document, and what to run next."""

from __future__ import annotations

import argparse
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from groundwork.console.downstream_state import mark_behind, recorded_state
from groundwork.console.job_setup import load_config, open_job
from groundwork.console.ledger import group_warnings
from groundwork.console.next_steps import MAX_DOCUMENTS_NAMED, openable_path, repeat_flags
from groundwork.console.progress import Progress
from groundwork.console.remembered_flags import RememberedCall, command_arguments, remembered_calls
from groundwork.console.terminal_table import table_lines
from groundwork.errors import EXIT_OK, GroundworkError
from groundwork.installation import as_typed
from groundwork.pipeline import BY_NAME, STAGES, Stage
from groundwork.records.departed_documents import Departed, Remains, departed, forgotten_rows, remains_of

if TYPE_CHECKING:
    from groundwork.console.command import Command
    from groundwork.console.job import Job
    from groundwork.records.manifest import Manifest, State
    from groundwork.records.set_aside_documents import SetAside

    States = dict[str, tuple[State, str]]

MOST_ROWS = 30

MARKS = {"done": "done", "empty": "empty", "stale": "STALE", "behind": "behind", "missing": "-", "failed": "FAILED"}
WORDS = {
    "done": "done", "empty": "empty", "stale": "stale", "behind": "behind", "missing": "to do", "failed": "failed"
}  # fmt: skip


def print_status(flags: argparse.Namespace, command: Callable[[str], Command]) -> int:
    config = load_config(flags)
    table: dict[str, States] = {}
    with open_job(config, flags, folders=()) as (job, manifest):
        print(f"{job.data.place}\n")
        gone = departed(job.data, manifest, config.ingest.ignore)
        for stage in STAGES:
            if stage.run:
                table[stage.name] = _states(command(stage.name), job, manifest)
        table = mark_behind(table, manifest)
        warnings = _warnings(table, job, manifest)
        entries = manifest.all_entries()
        choices = {(stage, unit): command_arguments(entry.choice) for stage, unit, entry in entries if entry.choice}
        shown = [one for one in gone if one.document not in job.set_aside][:MOST_ROWS]
        lost = [(one, remains_of(job.data, one.document)) for one in shown]
        lost_rows = forgotten_rows(job.data)
        aside = [_aside_line(job, manifest, name, one) for name, one in job.set_aside.items()]
    _print_table(table)
    _print_datasets(table["create_dataset"])
    _print_reasons(table)
    if warnings:
        print("\n" + "\n".join(warnings))
    _print_departed(lost)
    if aside:
        print("\n" + "\n".join(aside[:MOST_ROWS]))
    _print_forgotten(lost_rows)
    print(f"\nnext: {_next(table, repeat_flags(flags), choices)}")
    return EXIT_OK


def _states(command: Command, job: Job, manifest: Manifest) -> States:
    """State by unit; no units at all (the stage before has not run) is an empty answer, not an error.

    What was made is judged by the choice of runs and flags that it was made with; a dataset of another name than the
    settings' by all that it was made with.
    """
    from groundwork.records.manifest import EntryChoice

    flags = argparse.Namespace(**(vars(command.parse([])) | vars(job.flags)))
    calls = remembered_calls(
        flags, {unit: entry.choice for unit, entry in manifest.entries(command.name, EntryChoice).items()}
    )
    states: States = {}
    for call in calls:
        if _names_another(call, job):
            continue
        own = (
            job if not call.choice else replace(job, config=load_config(call.flags), progress=Progress("", quiet=True))
        )
        own.flags = call.flags
        try:
            units = [unit for unit in command.units(own) if call.makes(unit.name)]
            found = command.runner(own, manifest).states(units)
        except GroundworkError:
            continue
        states |= {unit.name: state for unit, state in zip(units, found, strict=True)}
    made = {name: state for name, state in _made(command.name, job, manifest).items() if name not in states}
    if made:  # then what the settings name by default is no gap
        states = {name: state for name, state in states.items() if state[0] != "missing"}
    return states | made


def _names_another(call: RememberedCall, job: Job) -> bool:
    named = [one.partition("=")[2] for one in call.choice.get("settings", []) if one.startswith("dataset.name=")]
    return bool(named) and named[-1] != job.config.dataset.name


def _made(stage: str, job: Job, manifest: Manifest) -> States:
    """Datasets and their pictures by name, each as its own flags made it: stale once something that it read changed."""
    if not {"datasets"} & {BY_NAME[stage].writes, *BY_NAME[stage].reads}:
        return {}
    made = {name: recorded_state(job.data, manifest, entry) for name, entry in sorted(manifest.entries(stage).items())}
    return {name: state for name, state in made.items() if state != ("missing", "its files are gone")}


def _print_table(table: dict[str, States]) -> None:
    """Stages down, states across as counts; then a row a document where there are few."""
    columns = shutil.get_terminal_size((120, 24)).columns
    stages = [stage for stage in STAGES if stage.run]
    cells = [[stage.display_name, _counts(table[stage.name]), stage.purpose] for stage in stages]
    plain = table_lines([row[:2] for row in cells], to_left=(0, 1))
    full = table_lines(cells, to_left=(0, 1, 2))
    for short, row in zip(plain, full, strict=True):
        print(row if cell_len(row) <= columns else short)
    documents = list(table["ingest"])
    per_document = [stage for stage in STAGES if stage.run and set(table[stage.name]) & set(documents)]
    if not documents or not per_document:
        return
    shown = sorted(documents, key=lambda d: all(_mark(table, s, d) == "done" for s in per_document))[:MOST_ROWS]
    rows = [["document", *(stage.name for stage in per_document)]]
    rows += [[document, *(_mark(table, stage, document) for stage in per_document)] for document in shown]
    print("\n" + "\n".join(table_lines(rows, to_left=range(len(rows[0])))))
    if len(documents) > len(shown):
        print(f"  … and {len(documents) - len(shown):,} more")


def _counts(states: States) -> str:
    kinds = [kind for kind, _ in states.values()]
    return ", ".join(f"{kinds.count(kind)} {word}" for kind, word in WORDS.items() if kind in kinds) or "not yet"


def _mark(table: dict[str, States], stage: Stage, document: str) -> str:
    state = table[stage.name].get(document)
    return MARKS[state[0]] if state else "-"


def _print_datasets(states: States) -> None:
    if states:
        rows = [["dataset", ""]]
        rows += [
            [n, f"{MARKS[kind]}{f', {note}' if kind == 'done' and note else ''}"] for n, (kind, note) in states.items()
        ]
        print("\n" + "\n".join(table_lines(rows, to_left=(0, 1))))


def _print_reasons(table: dict[str, States]) -> None:
    reasons = [
        f"  {kind}  {name} in {stage}: {why}"
        for stage, states in table.items()
        for name, (kind, why) in states.items()
        if kind in ("stale", "failed") and why
    ]
    if reasons:
        print("\n" + "\n".join(reasons[:MOST_ROWS]))


def _warnings(table: dict[str, States], job: Job, manifest: Manifest) -> list[str]:
    """The warnings of all that stands in the table, grouped by kind and document; below them the pages to look at."""
    found = []
    for stage, states in table.items():
        entries = manifest.entries(stage)
        told = [(unit, text) for unit in states if unit in entries for text in entries[unit].warnings]
        found += [f"{line}  ({stage})" for line in group_warnings(told)]
    more = [f"  … and {len(found) - MOST_ROWS:,} more warnings; each stage prints its own"] * (len(found) > MOST_ROWS)
    pages = [job.data.path("plots", f"audit-{name}.html") for name in table["ingest"]]
    look = [f"  look at    {openable_path(page)}" for page in pages if page.exists()]
    all_pages = [f"  … and {len(look) - MAX_DOCUMENTS_NAMED:,} more: {as_typed('uv run dataprep open')}"] * (
        len(look) > MAX_DOCUMENTS_NAMED
    )
    return [*found[:MOST_ROWS], *more, *look[:MAX_DOCUMENTS_NAMED], *all_pages]


def _print_departed(lost: list[tuple[Departed, Remains]]) -> None:
    """The documents whose source is gone, with what of them remains."""
    if lost:
        print()
    for one, remains in lost:
        how = "ignored" if one.ignored else "gone"
        print(f"  {how}  {one.document} (documents/{one.source}): {remains} remain")
    if lost:
        print(f"  remove: uv run dataprep forget {' '.join(shlex.quote(one.document) for one, _ in lost)}")


def _aside_line(job: Job, manifest: Manifest, name: str, aside: SetAside) -> str:
    """`  set aside  broken (documents/broken.pdf): reason`, and whether the file is another one by now."""
    path = job.data.base / "documents" / aside.source
    now = manifest.sha256(path) if aside.source and path.is_file() else ""
    changed = "; its file has changed since, try it: " if now and now != aside.sha256 else ""
    try_it = as_typed(f"uv run dataprep set-aside --undo {shlex.quote(name)}") if changed else ""
    source = f" (documents/{aside.source})" if aside.source else ""
    return f"  set aside  {name}{source}: {aside.reason or 'no reason given'}{changed}{try_it}"


def _print_forgotten(rows: dict[str, dict[str, int]]) -> None:
    for dataset, documents in rows.items():
        held = ", ".join(f"{count:,} rows of {name}" for name, count in documents.items())
        print(f"  {dataset} still holds {held}, which was forgotten since; build it again")


def _next(table: dict[str, States], same: str, choices: Mapping[tuple[str, str], str]) -> str:
    """The command to run. `choices`: by stage and unit, what its command was told, as words to say again."""
    if not table["ingest"]:
        return f"put documents into the folder documents/, then: {as_typed('uv run dataprep run')}{same}"
    for stage in STAGES:
        if not stage.run:
            continue
        due = [unit for unit, (kind, _) in table[stage.name].items() if kind in ("stale", "missing")]
        if due or not table[stage.name]:
            told = next((choices[stage.name, unit] for unit in due if (stage.name, unit) in choices), "")
            return as_typed(f"uv run {stage.script}") + f"{told}{same}\nall:  {as_typed('uv run dataprep run')}{same}"
    if any(kind == "failed" for states in table.values() for kind, _ in states.values()):
        unread = [name for name, (kind, _) in table["ingest"].items() if kind == "failed"]
        more = f" (and {len(unread) - MAX_DOCUMENTS_NAMED:,} more)" if len(unread) > MAX_DOCUMENTS_NAMED else ""
        aside = as_typed(f"uv run dataprep set-aside {shlex.join(unread[:MAX_DOCUMENTS_NAMED])}{same}{more}")
        retry = f"{as_typed('uv run dataprep run')} --retry-failed{same}"
        return f"{retry}\nor, for files that cannot be read: {aside}" if unread else retry
    return "nothing; everything is current"
