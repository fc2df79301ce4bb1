"""Read config/config.json, and lay the overlays and --set over it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from groundwork.errors import ConfigError
from groundwork.installation import CONFIG_DIR, DEFAULTS, PROJECT
from groundwork.settings import config_problems
from groundwork.settings.config_schema import (
    Config,
    DocumentOverride,
    ModelCall,
    Provider,
    Settings,
    field_types,
    inherits,
    setting_at,
    settings_class,
    strip_annotations,
)

__all__ = ["CONFIG_DIR", "PROJECT", "load"]

Json = dict[str, Any]
_NO_OVERLAYS = {"config", "config.schema"}
BASE_FILE = "config.json"  # the defaults: whatever lies over them is meant to
SETTINGS_NAMED = 5  # in one message


def load(overlays: Sequence[Path] = (), assignments: Sequence[str] = ()) -> Config:
    """Config from config/config.json, then each overlay, then each `key.path=value`; the later wins.

    Outside the repository the defaults are those of the wheel, and the project's config/config.json lies over them.

    Raises ConfigError with every problem: unreadable files, unknown keys, wrong types, impossible values.
    """
    merged_config, setting_origins = _merge_configs(overlays, assignments)
    if overlay_problems := [
        f"{setting_origins.get(setting_path, 'config')}: {setting_path}: {setting_problem}"
        for setting_path, setting_problem in config_problems.find_setting_problems(merged_config, Config)
    ]:
        raise ConfigError(overlay_problems)
    fill_inherited(merged_config)
    config = msgspec.convert(merged_config, Config)
    if value_problems := config_problems.find_value_problems(config):
        raise ConfigError(value_problems)
    return config


def _merge_configs(overlays: Sequence[Path], assignments: Sequence[str]) -> tuple[Json, dict[str, str]]:
    """The JSON of the whole, and by setting the file that it is from."""
    merged_config: Json = {}
    setting_origins: dict[str, str] = {}
    project_file = CONFIG_DIR / "config.json"
    project_configs = [project_file] if CONFIG_DIR != DEFAULTS and project_file.is_file() else []
    base_configs = [DEFAULTS / project_file.name, *project_configs]
    for config_path in (*base_configs, *map(overlay_file, overlays)):
        overlay_content = _read_config_json(config_path)
        overlay_content.pop("$schema", None)
        _merge_overlay(merged_config, overlay_content, setting_origins, str(config_path))
    for assignment in assignments:
        _merge_overlay(merged_config, _parse_assignment(assignment), setting_origins, "--set")
    _complete_providers(merged_config)
    _complete_overrides(merged_config)
    return merged_config, setting_origins


def overridden_settings(overlays: Sequence[Path]) -> list[str]:
    """Where an overlay gives a setting another value than an overlay before it, a line for each two of them."""
    values_by_setting: dict[str, tuple[Path, Any]] = {}
    paths_by_files: dict[tuple[Path, Path], list[str]] = {}
    for overlay in map(overlay_file, overlays):
        for overlay_setting, overlay_value in (
            _overlay_settings(_read_config_json(overlay)) if overlay.name != BASE_FILE else ()
        ):
            earlier, earlier_value = values_by_setting.get(overlay_setting, (overlay, overlay_value))
            if earlier_value != overlay_value:
                paths_by_files.setdefault((overlay, earlier), []).append(overlay_setting)
            values_by_setting[overlay_setting] = overlay, overlay_value
    return [
        f"{later}, which comes after {earlier}, gives another value to {_list_settings(paths)}"
        for (later, earlier), paths in paths_by_files.items()
    ]


def _overlay_settings(overlay_content: Json, path_prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every setting in `overlay_content` that is no object."""
    for overlay_key, overlay_value in overlay_content.items():
        if isinstance(overlay_value, dict):
            yield from _overlay_settings(overlay_value, f"{path_prefix}{overlay_key}.")
        elif overlay_key != "$schema":
            yield f"{path_prefix}{overlay_key}", overlay_value


def _list_settings(overridden_paths: list[str]) -> str:
    unnamed = len(overridden_paths) - SETTINGS_NAMED
    return ", ".join(overridden_paths[:SETTINGS_NAMED]) + (f" and {unnamed:,} more" if unnamed > 0 else "")


def overlay_file(overlay: Path) -> Path:
    """The file that --config names: a path, or the name of one in config/ or packed in (`local`)."""
    with_suffix = overlay if overlay.suffix or not overlay.name else overlay.with_name(f"{overlay.name}.json")
    overlay_candidates = [overlay, with_suffix]
    if overlay.parent in (Path(), Path("config")):
        overlay_candidates += [CONFIG_DIR / with_suffix.name, DEFAULTS / with_suffix.name]
    return next((overlay_candidate for overlay_candidate in overlay_candidates if overlay_candidate.is_file()), overlay)


def _read_config_json(config_path: Path) -> Json:
    try:
        config_text = config_path.read_bytes().decode("utf-8-sig")
        config_json = json.loads(config_text, object_pairs_hook=_parse_object, parse_constant=_reject_json_constant)
    except FileNotFoundError:
        raise _no_such_config(config_path) from None
    except OSError as error:
        raise ConfigError([f"{config_path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{config_path}: not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    except (ValueError, RecursionError) as error:
        remedy = "JSON has no comments, and no comma after the last item"
        raise ConfigError([f"{config_path}: not valid JSON: {error} ({remedy})"]) from error
    if not isinstance(config_json, dict):
        raise ConfigError([f"{config_path}: must hold a JSON object"])
    return config_json


def _no_such_config(config_path: Path) -> ConfigError:
    config_files = (config_file for folder in (CONFIG_DIR, DEFAULTS) for config_file in folder.glob("*.json"))
    overlay_names = sorted({config_file.stem for config_file in config_files} - _NO_OVERLAYS)
    return ConfigError([f"{config_path}: no such file; by name there are: {', '.join(overlay_names) or 'none'}"])


def _parse_object(key_value_pairs: list[tuple[str, Any]]) -> Json:
    """An object of the file. Raises ValueError for a key that stands there twice: one of the two would be lost."""
    json_object = dict(key_value_pairs)
    if len(json_object) < len(key_value_pairs):
        duplicate_key = next(key for i, (key, _) in enumerate(key_value_pairs) if key in dict(key_value_pairs[:i]))
        raise ValueError(f"the key {duplicate_key!r} stands twice in one object")
    return json_object


def _reject_json_constant(text: str) -> None:
    raise ValueError(f"{text} is not a number")


def _parse_assignment(assignment: str) -> Json:
    """`qa.model=x` as {"qa": {"model": "x"}}; a value that is no JSON, or whose setting is a string, is a string."""
    assigned_path, equals, value_text = assignment.partition("=")
    if not equals or not assigned_path:
        raise ConfigError([f"--set {assignment}: write it as key.path=value"])
    assigned_value: Any
    try:
        assigned_value = msgspec.json.decode(value_text.encode(errors="surrogateescape"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        assigned_value = value_text
    assigned_block, assigned_type = setting_at(assigned_path)
    may_inherit = assigned_block is not None and inherits(assigned_block, assigned_path.rpartition(".")[2])
    is_inherited = assigned_value is None and may_inherit
    if strip_annotations(assigned_type) is str and not isinstance(assigned_value, str) and not is_inherited:
        assigned_value = value_text
    for assigned_key in reversed(assigned_path.split(".")):
        assigned_value = {assigned_key: assigned_value}
    return assigned_value  # type: ignore[no-any-return]  # the loop above ran at least once, so it is a dict


def _merge_overlay(
    merged_config: Json, overlay: Json, setting_origins: dict[str, str], overlay_name: str, path_prefix: str = ""
) -> None:
    """Put `overlay` over `merged_config` in place: objects merge, everything else replaces."""
    for overlay_key, overlay_value in overlay.items():
        setting_path = f"{path_prefix}{overlay_key}"
        setting_origins[setting_path] = overlay_name
        if isinstance(overlay_value, dict) and isinstance(merged_config.get(overlay_key), dict):
            _merge_overlay(merged_config[overlay_key], overlay_value, setting_origins, overlay_name, f"{setting_path}.")
        else:
            merged_config[overlay_key] = overlay_value
            inner_paths = _overlay_setting_paths(overlay_value, f"{setting_path}.")
            setting_origins.update(dict.fromkeys(inner_paths, overlay_name))


def _overlay_setting_paths(overlay_value: Any, path_prefix: str) -> Iterator[str]:
    if isinstance(overlay_value, dict):
        for overlay_key, inner_value in overlay_value.items():
            yield f"{path_prefix}{overlay_key}"
            yield from _overlay_setting_paths(inner_value, f"{path_prefix}{overlay_key}.")


_PROVIDER_OWN_SETTINGS = {  # what an entry of llm.providers may leave out, and does not take over from llm itself
    "api_key_env": "",
    "key_header": "auto",
    "allow_http": False,
    "extra_body": {},
    "extra_headers": {},
    "extra_query": {},
}


def _complete_providers(config_json: dict[str, Any]) -> None:
    """Put the value of llm wherever an entry of llm.providers, in the JSON of a whole config, leaves a key out.

    Keys and what goes with them stay with the endpoint that they are for.
    """
    llm_config = config_json["llm"] if isinstance(config_json.get("llm"), dict) else {}
    provider_configs = llm_config["providers"] if isinstance(llm_config.get("providers"), dict) else {}
    for provider_config in provider_configs.values():
        if isinstance(provider_config, dict):
            for provider_setting in Provider.__struct_fields__:
                if provider_setting != "base_url" and provider_setting in llm_config:
                    provider_config.setdefault(
                        provider_setting, _PROVIDER_OWN_SETTINGS.get(provider_setting, llm_config[provider_setting])
                    )


def _complete_overrides(config_json: dict[str, Any]) -> None:
    """Put null wherever an entry of ingest.overrides, in the JSON of a whole config, leaves a key out."""
    ingest_config = config_json["ingest"] if isinstance(config_json.get("ingest"), dict) else {}
    override_configs = ingest_config["overrides"] if isinstance(ingest_config.get("overrides"), dict) else {}
    for override_config in override_configs.values():
        if isinstance(override_config, dict):
            for override_setting in DocumentOverride.__struct_fields__:
                override_config.setdefault(override_setting, None)


def fill_inherited(config_json: dict[str, Any], kind: type[Settings] = Config) -> None:
    """Put the value of llm.defaults wherever a stage's block, in the JSON of a whole config, says null."""
    llm_defaults = config_json["llm"]["defaults"]

    def fill(stage_config: dict[str, Any], kind: type[Settings]) -> None:
        for name, field_type in field_types(kind).items():
            if (inner_class := settings_class(field_type)) and inner_class is not ModelCall:
                fill(stage_config[name], inner_class)
            elif stage_config[name] is None and inherits(kind, name):
                stage_config[name] = llm_defaults[name]

    fill(config_json, kind)
