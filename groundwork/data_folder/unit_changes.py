"""What changed since a unit was done: the files that it read, and the settings, prompts and version of its recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Recipe = Mapping[str, Any]
ConfigNames = Callable[[Any], Mapping[str, Any]]  # (settings as a recipe holds them) -> the same by config.json's names
DUE_AGAIN, OTHER_SETTINGS = "to be done again", "done under other settings"
DUE_DOCUMENT_MARKS = DUE_AGAIN, OTHER_SETTINGS  # in an entry's inputs, for the digests of a document that is due
UNIT_STAGE_VERSION = "the program's version of this stage"


def names_in_order(*names: str) -> ConfigNames:
    """For settings recorded as a list: the name of each place; one name for settings that are no list."""
    if len(names) == 1:
        return lambda settings: {names[0]: settings}
    return lambda settings: dict(zip(names, settings, strict=False))


AS_RECORDED = names_in_order("settings")


def recipe_changes(recorded_recipe: Recipe, recipe: Recipe, config_names: ConfigNames) -> list[str]:
    """The names of what differs: settings, prompts, the stage's version."""
    return _changed_unit_settings(
        _named_unit_settings(recorded_recipe, config_names), _named_unit_settings(recipe, config_names)
    )


def _changed_unit_settings(recorded_settings: Mapping[str, Any], current_settings: Mapping[str, Any]) -> list[str]:
    """The keys, in order, whose values differ or that only one of the two has."""
    return sorted(
        setting_name
        for setting_name in recorded_settings.keys() | current_settings.keys()
        if recorded_settings.get(setting_name) != current_settings.get(setting_name)
    )


def file_changes(recorded_hashes: Mapping[str, str], current_hashes: Mapping[str, str], most_named: int = 2) -> str:
    """What became of the files of two sets of hashes by path: `a.jsonl changed; b.jsonl and 3 more are gone`.

    Of files whose recorded hash is one of `DUE_DOCUMENT_MARKS` the documents: `a is to be done again`.
    """
    common_paths = recorded_hashes.keys() & current_hashes.keys()
    unit_file_changes = {
        "changed": sorted(
            path for path in common_paths if recorded_hashes[path] not in (current_hashes[path], *DUE_DOCUMENT_MARKS)
        ),
        **{
            mark: sorted({Path(path).stem for path in common_paths if recorded_hashes[path] == mark})
            for mark in DUE_DOCUMENT_MARKS
        },
        "gone": sorted(recorded_hashes.keys() - current_hashes.keys()),
        "new": sorted(current_hashes.keys() - recorded_hashes.keys()),
    }
    return "; ".join(
        _describe_file_change(change_kind, changed_paths, most_named)
        for change_kind, changed_paths in unit_file_changes.items()
        if changed_paths
    )


def _describe_file_change(unit_change: str, unit_paths: list[str], most_named: int) -> str:
    unit_file_names = ", ".join(unit_paths[:most_named])
    if len(unit_paths) > most_named:
        unit_file_names += f" and {len(unit_paths) - most_named:,} more"
    if unit_change == "changed":
        return f"{unit_file_names} changed"
    one, several = ("was", "were") if unit_change == OTHER_SETTINGS else ("is", "are")
    return f"{unit_file_names} {one if len(unit_paths) == 1 else several} {unit_change}"


def _named_unit_settings(recipe: Recipe, config_names: ConfigNames) -> dict[str, Any]:
    other_unit_parts = {
        part_name: part_value
        for part_name, part_value in recipe.items()
        if part_name not in ("settings", "prompts", "own", "version")
    }
    unit_settings = recipe.get("settings")
    unit_prompts = {
        f"prompt {prompt_name}": prompt_digest for prompt_name, prompt_digest in (recipe.get("prompts") or {}).items()
    }
    return {
        **_flatten_unit_settings(other_unit_parts),
        **(_flatten_unit_settings(config_names(unit_settings)) if unit_settings is not None else {}),
        **unit_prompts,
        **_flatten_unit_settings(recipe.get("own") or {}),
        UNIT_STAGE_VERSION: recipe.get("version"),
    }


def _flatten_unit_settings(settings: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(settings, Mapping) or not settings:
        return {prefix.rstrip("."): settings} if prefix else {}
    flat_unit_settings: dict[str, Any] = {}
    for setting_name, setting_value in settings.items():
        flat_unit_settings.update(_flatten_unit_settings(setting_value, f"{prefix}{setting_name}."))
    return flat_unit_settings
