"""Read config/config.json, lay the overlays and --set over it, and report everything that is wrong at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from groundwork.errors import ConfigError
from groundwork.installation import CONFIG_DIR, DEFAULTS, PROJECT
from groundwork.message_wording import suggested_names
from groundwork.settings.config_checks import find_contradictions, find_problems, find_unknown_values
from groundwork.settings.config_schema import (
    Config,
    DocumentOverride,
    ModelCall,
    Provider,
    Settings,
    field_types,
    inherits,
    settings_class,
    strip_annotations,
)

__all__ = ["CONFIG_DIR", "PROJECT", "load", "prompt_file"]

Json = dict[str, Any]
_NO_OVERLAYS = {"config", "config.schema"}


BASE_FILE = "config.json"  # the defaults: whatever lies over them is meant to
SETTINGS_NAMED = 5  # in one message


def load(overlays: Sequence[Path] = (), assignments: Sequence[str] = ()) -> Config:
    """Config from config/config.json, then each overlay, then each `key.path=value`; the later wins.

    Outside the repository the defaults are those of the wheel, and the project's config/config.json lies over them.

    Raises ConfigError with every problem: unreadable files, unknown keys, wrong types, impossible values.
    """
    merged: Json = {}
    origin: dict[str, str] = {}
    project_file = CONFIG_DIR / "config.json"
    overrides = [project_file] if CONFIG_DIR != DEFAULTS and project_file.is_file() else []
    base_files = [DEFAULTS / project_file.name, *overrides]
    for path in (*base_files, *map(overlay_file, overlays)):
        content = _read_json(path)
        content.pop("$schema", None)
        _merge(merged, content, origin, str(path))
    for assignment in assignments:
        _merge(merged, _parse_assignment(assignment), origin, "--set")
    _complete_providers(merged)
    _complete_overrides(merged)
    problems = [f"{origin.get(path, 'config')}: {path}: {text}" for path, text in find_problems(merged, Config)]
    if problems:
        raise ConfigError(problems)
    fill_inherited(merged)
    config = msgspec.convert(merged, Config)
    if contradictions := [*find_contradictions(config), *find_unknown_values(config)]:
        raise ConfigError(contradictions)
    return config


def overridden_settings(overlays: Sequence[Path]) -> list[str]:
    """Where an overlay gives a setting another value than an overlay before it, a line for each two of them."""
    given: dict[str, tuple[Path, Any]] = {}
    paths_by_files: dict[tuple[Path, Path], list[str]] = {}
    for file in map(overlay_file, overlays):
        for path, value in _leaves(_read_json(file)) if file.name != BASE_FILE else ():
            earlier, earlier_value = given.get(path, (file, value))
            if earlier_value != value:
                paths_by_files.setdefault((file, earlier), []).append(path)
            given[path] = file, value
    return [
        f"{later}, which comes after {earlier}, gives another value to {_listing(paths)}"
        for (later, earlier), paths in paths_by_files.items()
    ]


def _leaves(content: Json, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every setting in `content` that is no object."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        elif key != "$schema":
            yield f"{prefix}{key}", value


def _listing(paths: list[str]) -> str:
    more = f" and {len(paths) - SETTINGS_NAMED:,} more" if len(paths) > SETTINGS_NAMED else ""
    return f"{', '.join(paths[:SETTINGS_NAMED])}{more}"


def overlay_file(path: Path) -> Path:
    """The file that --config names: a path, or the name of one in config/ or packed in (`local`)."""
    with_suffix = path if path.suffix or not path.name else path.with_name(f"{path.name}.json")
    candidates = [path, with_suffix]
    if path.parent in (Path(), Path("config")):
        candidates += [CONFIG_DIR / with_suffix.name, DEFAULTS / with_suffix.name]
    return next((candidate for candidate in candidates if candidate.is_file()), path)


def prompt_file(name: str) -> Path:
    """The prompt `name`: the project's own, else the one that is packed in; or a path from the project's folder.

    Raises ConfigError with the nearest name that exists.
    """
    folders = (CONFIG_DIR / "prompts", DEFAULTS / "prompts")
    for folder in (*folders, *([PROJECT] if len(Path(name).parts) > 1 else [])):
        if (folder / name).is_file():
            return folder / name
    prompt_names = sorted({file.relative_to(folder).as_posix() for folder in folders for file in folder.rglob("*.md")})
    suggestion = suggested_names(name, prompt_names)
    raise ConfigError([f"{folders[0] / name}: no such prompt; did you mean {suggestion}?"])


def _read_json(path: Path) -> Json:
    try:
        content = json.loads(
            path.read_bytes().decode("utf-8-sig"), object_pairs_hook=_parse_object, parse_constant=_reject_constant
        )
    except FileNotFoundError:
        overlay_names = sorted(
            {file.stem for folder in (CONFIG_DIR, DEFAULTS) for file in folder.glob("*.json")} - _NO_OVERLAYS
        )
        raise ConfigError([f"{path}: no such file; by name there are: {', '.join(overlay_names) or 'none'}"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    except (ValueError, RecursionError) as error:
        remedy = "JSON has no comments, and no comma after the last item"
        raise ConfigError([f"{path}: not valid JSON: {error} ({remedy})"]) from error
    if not isinstance(content, dict):
        raise ConfigError([f"{path}: must hold a JSON object"])
    return content


def _parse_object(pairs: list[tuple[str, Any]]) -> Json:
    """An object of the file. Raises ValueError for a key that stands there twice: one of the two would be lost."""
    content = dict(pairs)
    if len(content) < len(pairs):
        duplicate = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ValueError(f"the key {duplicate!r} stands twice in one object")
    return content


def _reject_constant(text: str) -> None:
    raise ValueError(f"{text} is not a number")


def _parse_assignment(assignment: str) -> Json:
    """`qa.model=x` as {"qa": {"model": "x"}}; a value that is no JSON, or whose setting is a string, is a string."""
    path, equals, text = assignment.partition("=")
    if not equals or not path:
        raise ConfigError([f"--set {assignment}: write it as key.path=value"])
    value: Any
    try:
        value = msgspec.json.decode(text.encode(errors="surrogateescape"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = text
    block, kind = _setting_at(path)
    inherited = value is None and block is not None and inherits(block, path.rpartition(".")[2])
    if strip_annotations(kind) is str and not isinstance(value, str) and not inherited:
        value = text
    for key in reversed(path.split(".")):
        value = {key: value}
    return value  # type: ignore[no-any-return]  # the loop above ran at least once, so it is a dict


def _setting_at(path: str) -> tuple[type[Settings] | None, Any]:
    """The block that holds the setting at `path` and its annotated type; None where there is none."""
    block, kind = None, Config  # type: type[Settings] | None, Any
    for key in path.split("."):
        block = settings_class(kind)
        kind = field_types(block).get(key) if block else None
    return block, kind


def _merge(merged: Json, overlay: Json, origin: dict[str, str], source: str, prefix: str = "") -> None:
    """Put `overlay` over `merged` in place: objects merge, everything else replaces."""
    for key, value in overlay.items():
        path = f"{prefix}{key}"
        origin[path] = source
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            _merge(merged[key], value, origin, source, f"{path}.")
        else:
            merged[key] = value
            origin.update(dict.fromkeys(_key_paths(value, f"{path}."), source))


def _key_paths(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, content in value.items():
            yield f"{prefix}{key}"
            yield from _key_paths(content, f"{prefix}{key}.")


PROVIDER_OWN = {  # what an entry of llm.providers may leave out, and does not take over from llm itself
    "api_key_env": "",
    "key_header": "auto",
    "allow_http": False,
    "extra_body": {},
    "extra_headers": {},
    "extra_query": {},
}


def _complete_providers(block: dict[str, Any]) -> None:
    """Put the value of llm wherever an entry of llm.providers, in the JSON of a whole config, leaves a key out.

    Keys and what goes with them stay with the endpoint that they are for.
    """
    llm = block["llm"] if isinstance(block.get("llm"), dict) else {}
    providers = llm["providers"] if isinstance(llm.get("providers"), dict) else {}
    for provider in providers.values():
        if isinstance(provider, dict):
            for field in Provider.__struct_fields__:
                if field != "base_url" and field in llm:
                    provider.setdefault(field, PROVIDER_OWN.get(field, llm[field]))


def _complete_overrides(block: dict[str, Any]) -> None:
    """Put null wherever an entry of ingest.overrides, in the JSON of a whole config, leaves a key out."""
    ingest = block["ingest"] if isinstance(block.get("ingest"), dict) else {}
    overrides = ingest["overrides"] if isinstance(ingest.get("overrides"), dict) else {}
    for override in overrides.values():
        if isinstance(override, dict):
            for field in DocumentOverride.__struct_fields__:
                override.setdefault(field, None)


def fill_inherited(block: dict[str, Any], kind: type[Settings] = Config) -> None:
    """Put the value of llm.defaults wherever a stage's block, in the JSON of a whole config, says null."""
    defaults = block["llm"]["defaults"]

    def fill(values: dict[str, Any], kind: type[Settings]) -> None:
        for name, field_type in field_types(kind).items():
            if (inner_class := settings_class(field_type)) and inner_class is not ModelCall:
                fill(values[name], inner_class)
            elif values[name] is None and inherits(kind, name):
                values[name] = defaults[name]

    fill(block, kind)
