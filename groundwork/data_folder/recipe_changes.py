"""What changed between two recipes, named as the user knows it: a setting by its name in config.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Recipe = Mapping[str, Any]
ConfigNames = Callable[[Any], Mapping[str, Any]]  # (settings as a recipe holds them) -> the same by config.json's names
VERSION = "the program's version of this stage"


def names_in_order(*names: str) -> ConfigNames:
    """For settings recorded as a list: the name of each place; one name for settings that are no list."""
    if len(names) == 1:
        return lambda settings: {names[0]: settings}
    return lambda settings: dict(zip(names, settings, strict=False))


AS_RECORDED = names_in_order("settings")


def recipe_changes(recorded_recipe: Recipe, recipe: Recipe, config_names: ConfigNames) -> list[str]:
    """The names of what differs: settings, prompts, the stage's version."""
    return differing_keys(_named_settings(recorded_recipe, config_names), _named_settings(recipe, config_names))


def differing_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The keys, in order, whose values differ or that only one of the two has."""
    return sorted(
        setting_name
        for setting_name in before.keys() | after.keys()
        if before.get(setting_name) != after.get(setting_name)
    )


def file_changes(before: Mapping[str, str], after: Mapping[str, str], most: int = 2) -> str:
    """What became of the files of two sets of hashes by path: `a.jsonl changed; b.jsonl and 3 more are gone`."""
    kinds = {
        "changed": sorted(path for path in before.keys() & after.keys() if before[path] != after[path]),
        "gone": sorted(before.keys() - after.keys()),
        "new": sorted(after.keys() - before.keys()),
    }
    return "; ".join(_kind_of_change(kind, paths, most) for kind, paths in kinds.items() if paths)


def _kind_of_change(change_kind: str, changed_paths: list[str], most: int) -> str:
    changed_names = ", ".join(changed_paths[:most])
    if len(changed_paths) > most:
        changed_names += f" and {len(changed_paths) - most:,} more"
    return (
        f"{changed_names} changed"
        if change_kind == "changed"
        else f"{changed_names} {'is' if len(changed_paths) == 1 else 'are'} {change_kind}"
    )


def _named_settings(recipe: Recipe, config_names: ConfigNames) -> dict[str, Any]:
    other_parts = {
        recipe_key: value
        for recipe_key, value in recipe.items()
        if recipe_key not in ("settings", "prompts", "own", "version")
    }
    settings = recipe.get("settings")
    prompts = {f"prompt {prompt_name}": digest for prompt_name, digest in (recipe.get("prompts") or {}).items()}
    return {
        **_flatten(other_parts),
        **(_flatten(config_names(settings)) if settings is not None else {}),
        **prompts,
        **_flatten(recipe.get("own") or {}),
        VERSION: recipe.get("version"),
    }


def _flatten(settings: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(settings, Mapping) or not settings:
        return {prefix.rstrip("."): settings} if prefix else {}
    flattened: dict[str, Any] = {}
    for setting_name, setting_value in settings.items():
        flattened.update(_flatten(setting_value, f"{prefix}{setting_name}."))
    return flattened
