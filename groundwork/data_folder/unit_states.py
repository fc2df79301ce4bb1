"""The state of a unit: done, failed, missing, stale by what it reads or its recipe, or behind what will change.

A unit is judged by its manifest entry: by the hashes of what it read and wrote, and by the recipe that shaped it.
Its fingerprint is equal as long as its recipe and the files that decide about its state are as they were: a start over
100,000 documents asks the disk for no more than the size, the time of the last change and the inode of each.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.data_folder.file_names import path_strings_of
from groundwork.data_folder.unit_changes import (
    AS_RECORDED,
    DUE_DOCUMENT_MARKS,
    ConfigNames,
    file_changes,
    recipe_changes,
)
from groundwork.stage_table import STAGES

if TYPE_CHECKING:
    from groundwork.data_folder.manifest import Hashes, Manifest, ManifestEntry, State, UnitStates
    from groundwork.data_folder.workspace import Workspace


def judge_state(
    unit_entry: ManifestEntry | None,
    unit_inputs: Hashes,
    recipe: Mapping[str, Any],
    unit_outputs: Hashes,
    writes: int,
    config_names: ConfigNames = AS_RECORDED,
) -> tuple[State, str]:
    """The state of a unit and the reason for it, in which settings have the names that `config_names` gives them.

    A file that was edited by hand after its stage wrote it stays current: the edit is the user's decision, and what
    is made from the file is stale by its changed hash.
    """
    if unit_entry is None:
        return "missing", ""
    if unit_entry.status == "failed":
        return "failed", "; ".join(failure["reason"] for failure in unit_entry.failures[:1])
    if len(unit_outputs) < min(writes, len(unit_entry.outputs)) and not (unit_outputs and unit_entry.recipe != recipe):
        return "missing", "its files are gone"  # where settings changed, there may be fewer to write
    if unit_entry.inputs != unit_inputs:
        recorded_inputs, current_inputs = unit_entry.inputs, unit_inputs
        if unit_entry.recipe != recipe:  # other settings may read other files
            common_unit_inputs = {
                name for name in current_inputs if recorded_inputs.get(name) not in (None, *DUE_DOCUMENT_MARKS)
            }
            recorded_inputs, current_inputs = (
                {name: recorded_inputs[name] for name in common_unit_inputs},
                {name: current_inputs[name] for name in common_unit_inputs},
            )
        if input_changes := file_changes(recorded_inputs, current_inputs):
            return "stale", input_changes
    if unit_entry.recipe != recipe:
        return "stale", f"{', '.join(recipe_changes(unit_entry.recipe, recipe, config_names)[:3])} changed"
    return ("empty" if unit_entry.status == "empty" else "done"), unit_entry.note


def edited_outputs(unit_entry: ManifestEntry | None, outputs: Hashes) -> list[str]:
    """The files that differ from what the stage wrote."""
    return (
        []
        if unit_entry is None
        else [
            output_name
            for output_name, output_digest in outputs.items()
            if unit_entry.outputs.get(output_name) not in ("", None, output_digest)
        ]
    )


def recorded_states(data: Workspace, manifest: Manifest) -> dict[str, UnitStates]:
    """By stage the state of all that was made, by the settings that it was made with."""
    states_by_stage: dict[str, UnitStates] = {}
    for stage, unit, unit_entry in manifest.all_entries():
        states_by_stage.setdefault(stage, {})[unit] = recorded_state(data, manifest, unit_entry)
    return states_by_stage


def recorded_state(data: Workspace, manifest: Manifest, unit_entry: ManifestEntry) -> tuple[State, str]:
    """The state of one unit by what it read and wrote, whatever the settings are by now."""
    unit_inputs = manifest.hashes((_unit_input_path(data, name) for name in unit_entry.inputs), data.relative)
    unit_outputs = manifest.hashes((data.root / name for name in unit_entry.outputs), data.relative)
    return judge_state(unit_entry, unit_inputs, unit_entry.recipe, unit_outputs, len(unit_entry.outputs))


def _unit_input_path(data: Workspace, name: str) -> Path:
    return (data.base if name.startswith("documents/") else data.root) / name


def mark_behind(states_of_stages: dict[str, UnitStates], manifest: Manifest) -> dict[str, UnitStates]:
    """`states_of_stages` (states of the units by stage) with `behind` for each unit made of what a stale or behind one
    wrote."""
    units_waited_for: dict[str, str] = {}  # files that will change, and the unit that they wait for
    while True:
        marked_states, waiting_for_requested = {}, 0  # of files of stages outside of the order of `dataprep run`
        for stage in STAGES:
            if stage.name in states_of_stages:
                files_waiting_before = len(units_waited_for)
                marked_states[stage.name] = _mark_stage_behind(
                    stage.name, states_of_stages[stage.name], manifest, units_waited_for
                )
                waiting_for_requested += 0 if stage.run else len(units_waited_for) - files_waiting_before
        if not waiting_for_requested:  # else stages before it may read them: a merged run is curated too
            return marked_states


def _mark_stage_behind(
    stage: str, stage_states: UnitStates, manifest: Manifest, units_waited_for: dict[str, str]
) -> UnitStates:
    """The states of one stage; `units_waited_for` gets what its units will change."""
    marked_states, unit_entries = dict(stage_states), manifest.entries(stage)
    for unit, (state_kind, _) in stage_states.items():
        unit_entry = unit_entries.get(unit)
        if unit_entry is None or state_kind == "failed":
            continue
        awaited_unit = next(
            (units_waited_for[input_name] for input_name in unit_entry.inputs if input_name in units_waited_for), ""
        )
        if state_kind in ("done", "empty") and awaited_unit:
            marked_states[unit] = "behind", f"waits for {awaited_unit}"
        if state_kind == "stale" or marked_states[unit][0] == "behind":
            units_waited_for.update(dict.fromkeys(unit_entry.outputs, awaited_unit or f"{stage} of {unit}"))
    return marked_states


_FINGERPRINT_BYTES = 16  # bytes
_MISSING_FINGERPRINT = b"-"
_pack_status = struct.Struct("<qqQ").pack


def unit_fingerprint(
    recipe: bytes, reads: Sequence[Iterable[str | Path]], writes: Iterable[str | Path]
) -> bytes | None:
    """Of a unit that `recipe` shapes and that reads these files; None where it reads a folder, whose files may change.

    The order of the files counts. Files that are missing count as missing.
    """
    unit_fingerprint_hash = hashlib.blake2b(recipe, digest_size=_FINGERPRINT_BYTES)
    for read_paths in reads:
        unit_paths = tuple(path_strings_of(read_paths))
        try:
            file_fingerprints = b"".join(map(_file_fingerprint, unit_paths))
        except IsADirectoryError:
            return None
        unit_fingerprint_hash.update(_encode_unit_paths(unit_paths))
        unit_fingerprint_hash.update(file_fingerprints)
    unit_paths = tuple(path_strings_of(writes))
    unit_fingerprint_hash.update(_encode_unit_paths(unit_paths))
    unit_fingerprint_hash.update(bytes(map(_written_file_exists, unit_paths)))
    return unit_fingerprint_hash.digest()


def _encode_unit_paths(paths: Sequence[str]) -> bytes:
    """The paths and how many they are."""
    return "\0".join((str(len(paths)), *paths, "")).encode("utf-8", "surrogatepass")


def _file_fingerprint(path: str) -> bytes:
    """Raises IsADirectoryError for a folder."""
    try:
        fingerprinted_status = os.stat(path)  # noqa: PTH116  half of Path.stat's time, and the bulk of a start with nothing to do
    except OSError:
        return _MISSING_FINGERPRINT
    if stat.S_ISDIR(fingerprinted_status.st_mode):
        raise IsADirectoryError(path)
    return _pack_status(fingerprinted_status.st_size, fingerprinted_status.st_mtime_ns, fingerprinted_status.st_ino)


def _written_file_exists(path: str) -> bool:
    return os.access(path, os.F_OK)  # half the time of os.path.exists
