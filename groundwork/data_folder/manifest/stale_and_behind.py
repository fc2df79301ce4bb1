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


def recorded_state(data: Workspace, manifest: Manifest, manifest_entry: ManifestEntry) -> tuple[State, str]:
    """The state of one unit by what it read and wrote, whatever the settings are by now."""
    inputs = manifest.hashes((_input_path(data, name) for name in manifest_entry.inputs), data.relative)
    outputs = manifest.hashes((data.root / name for name in manifest_entry.outputs), data.relative)
    return judge_state(manifest_entry, inputs, manifest_entry.recipe, outputs, len(manifest_entry.outputs))


def _input_path(data: Workspace, name: str) -> Path:
    return (data.base if name.startswith("documents/") else data.root) / name


def mark_behind(table: dict[str, States], manifest: Manifest) -> dict[str, States]:
    """`table` (states of the units by stage) with `behind` for each unit made of what a stale or behind one wrote."""
    waiting_for: dict[str, str] = {}  # files that will change, and the unit that they wait for
    while True:
        states_by_stage, by_request = {}, 0  # of the files, those of stages outside of the order of `dataprep run`
        for stage in STAGES:
            if stage.name in table:
                before = len(waiting_for)
                states_by_stage[stage.name] = _mark_stage(stage.name, table[stage.name], manifest, waiting_for)
                by_request += 0 if stage.run else len(waiting_for) - before
        if not by_request:  # else stages before it may read them: a merged run is curated too
            return states_by_stage


def _mark_stage(stage: str, stage_states: States, manifest: Manifest, waiting_for: dict[str, str]) -> States:
    """The states of one stage; `waiting_for` gets what its units will change."""
    states, manifest_entries = dict(stage_states), manifest.entries(stage)
    for unit, (state_kind, _) in stage_states.items():
        manifest_entry = manifest_entries.get(unit)
        if manifest_entry is None or state_kind == "failed":
            continue
        cause = next((waiting_for[input_name] for input_name in manifest_entry.inputs if input_name in waiting_for), "")
        if state_kind in ("done", "empty") and cause:
            states[unit] = "behind", f"waits for {cause}"
        if state_kind == "stale" or states[unit][0] == "behind":
            waiting_for.update(dict.fromkeys(manifest_entry.outputs, cause or f"{stage} of {unit}"))
    return states
