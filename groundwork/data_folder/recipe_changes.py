"""What changed between two recipes, named as the user knows it: a setting by its name in config.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Recipe = Mapping[str, Any]
ConfigNames = Callable[[Any], Mapping[str, Any]]  # (settings as a recipe holds them) -> the same by config.json's names
STAGE_VERSION = "the program's version of this stage"


def names_in_order(*names: str) -> ConfigNames:
    """For settings recorded as a list: the name of each place; one name for settings that are no list."""
    if len(names) == 1:
        return lambda settings: {names[0]: settings}
    return lambda settings: dict(zip(names, settings, strict=False))


AS_RECORDED = names_in_order("settings")


def recipe_changes(recorded_recipe: Recipe, recipe: Recipe, config_names: ConfigNames) -> list[str]:
    """The names of what differs: settings, prompts, the stage's version."""
    return _differing_settings(_named_settings(recorded_recipe, config_names), _named_settings(recipe, config_names))


def _differing_settings(recorded_settings: Mapping[str, Any], current_settings: Mapping[str, Any]) -> list[str]:
    """The keys, in order, whose values differ or that only one of the two has."""
    return sorted(
        setting_name
        for setting_name in recorded_settings.keys() | current_settings.keys()
        if recorded_settings.get(setting_name) != current_settings.get(setting_name)
    )


def file_changes(recorded_hashes: Mapping[str, str], current_hashes: Mapping[str, str], most_named: int = 2) -> str:
    """What became of the files of two sets of hashes by path: `a.jsonl changed; b.jsonl and 3 more are gone`."""
    paths_by_change = {
        "changed": sorted(
            path
            for path in recorded_hashes.keys() & current_hashes.keys()
            if recorded_hashes[path] != current_hashes[path]
        ),
        "gone": sorted(recorded_hashes.keys() - current_hashes.keys()),
        "new": sorted(current_hashes.keys() - recorded_hashes.keys()),
    }
    return "; ".join(
        _describe_file_change(change_kind, changed_paths, most_named)
        for change_kind, changed_paths in paths_by_change.items()
        if changed_paths
    )


def _describe_file_change(change_kind: str, changed_paths: list[str], most_named: int) -> str:
    changed_names = ", ".join(changed_paths[:most_named])
    if len(changed_paths) > most_named:
        changed_names += f" and {len(changed_paths) - most_named:,} more"
    return (
        f"{changed_names} changed"
        if change_kind == "changed"
        else f"{changed_names} {'is' if len(changed_paths) == 1 else 'are'} {change_kind}"
    )


def _named_settings(recipe: Recipe, config_names: ConfigNames) -> dict[str, Any]:
    other_recipe_parts = {
        recipe_key: recipe_value
        for recipe_key, recipe_value in recipe.items()
        if recipe_key not in ("settings", "prompts", "own", "version")
    }
    recipe_settings = recipe.get("settings")
    recipe_prompts = {
        f"prompt {prompt_name}": prompt_digest for prompt_name, prompt_digest in (recipe.get("prompts") or {}).items()
    }
    return {
        **_flatten_settings(other_recipe_parts),
        **(_flatten_settings(config_names(recipe_settings)) if recipe_settings is not None else {}),
        **recipe_prompts,
        **_flatten_settings(recipe.get("own") or {}),
        STAGE_VERSION: recipe.get("version"),
    }


def _flatten_settings(settings: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(settings, Mapping) or not settings:
        return {prefix.rstrip("."): settings} if prefix else {}
    flattened: dict[str, Any] = {}
    for setting_name, setting_value in settings.items():
        flattened.update(_flatten_settings(setting_value, f"{prefix}{setting_name}."))
    return flattened
