"""What hangs below a stale result: current by its own inputs, and to be made anew once that result is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.manifest.manifest import judge_state
from groundwork.stage_table import STAGES

if TYPE_CHECKING:
    from groundwork.data_folder.manifest.manifest import Manifest, ManifestEntry, State
    from groundwork.data_folder.workspace import Workspace

    States = dict[str, tuple[State, str]]


def recorded_states(data: Workspace, manifest: Manifest) -> dict[str, States]:
    """By stage the state of all that was made, by the settings that it was made with."""
    table: dict[str, States] = {}
    for stage, unit, entry in manifest.all_entries():
        table.setdefault(stage, {})[unit] = recorded_state(data, manifest, entry)
    return table


def recorded_state(data: Workspace, manifest: Manifest, entry: ManifestEntry) -> tuple[State, str]:
    """The state of one unit by what it read and wrote, whatever the settings are by now."""
    inputs = manifest.hashes((_input_path(data, name) for name in entry.inputs), data.relative)
    outputs = manifest.hashes((data.root / name for name in entry.outputs), data.relative)
    return judge_state(entry, inputs, entry.recipe, outputs, len(entry.outputs))


def _input_path(data: Workspace, name: str) -> Path:
    return (data.base if name.startswith("documents/") else data.root) / name


def mark_behind(table: dict[str, States], manifest: Manifest) -> dict[str, States]:
    """`table` (states of the units by stage) with `behind` for each unit made of what a stale or behind one wrote."""
    waiting_for: dict[str, str] = {}  # files that will change, folders of runs too, and the unit that they wait for
    states_by_stage = {}
    for stage in STAGES:
        if stage.name not in table:
            continue
        states, entries = dict(table[stage.name]), manifest.entries(stage.name)
        for unit, (kind, _) in table[stage.name].items():
            entry = entries.get(unit)
            if entry is None or kind == "failed":
                continue
            cause = next(
                (waiting_for[path] for name in entry.inputs for path in _with_run(name) if path in waiting_for), ""
            )
            if kind in ("done", "empty") and cause:
                states[unit] = "behind", f"waits for {cause}"
            if kind == "stale" or states[unit][0] == "behind":
                waiting_for |= dict.fromkeys(_changed_paths(stage.name, entry), cause or f"{stage.name} of {unit}")
        states_by_stage[stage.name] = states
    return states_by_stage


def _with_run(name: str) -> tuple[str, ...]:
    """A file of data/, and the folder of its run where it is of one."""
    return (name, "/".join(name.split("/")[:2])) if name.startswith("qa/") else (name,)


def _changed_paths(stage: str, entry: ManifestEntry) -> list[str]:
    """What will change once the unit is made anew. A merge names its summary alone, and writes the whole run."""
    return [*entry.outputs, *(name.rpartition("/")[0] for name in entry.outputs if stage == "merge")]
