"""Read config/config.json, lay the overlays and --set over it, and report everything that is wrong at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

from groundwork.errors import ConfigError
from groundwork.installation import CONFIG_DIR, DEFAULTS, PROJECT
from groundwork.message_wording import nearest_name, suggested_names
from groundwork.settings.config_checks import choices, find_contradictions, find_unknown_values
from groundwork.settings.config_schema import (
    Config,
    ModelCall,
    Settings,
    complete_overrides,
    complete_providers,
    field_types,
    fill_inherited,
    inherits,
    settings_class,
    strip_annotations,
)

__all__ = ["CONFIG_DIR", "PROJECT", "json_schema", "load", "prompt_file", "setting_paths"]

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
    complete_providers(merged)
    complete_overrides(merged)
    problems = [f"{origin.get(path, 'config')}: {path}: {text}" for path, text in _find_problems(merged, Config)]
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


def json_schema() -> Json:
    """The JSON Schema of config.json; in an overlay every key may be absent, so nothing is required."""
    schema = msgspec.json.schema(Config)
    for name, definition in schema["$defs"].items():
        definition.pop("required", None)
        definition.setdefault("additionalProperties", False)
        definition["description"] = cleandoc(definition["description"])  # Python 3.13 does so by itself
        if name in {kind.__name__ for kind in ModelCall.__subclasses__()}:
            _allow_null(definition["properties"])
    schema["$defs"]["Config"]["properties"]["$schema"] = {"type": "string"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _allow_null(properties: Json) -> None:
    for field in ModelCall.__struct_fields__:
        field_schema = properties[field]
        limits = {key: value for key, value in field_schema.items() if key != "description"}
        description = field_schema.get("description", "").replace("null: not sent", "").strip()
        text = f"{description}{'; ' if description else ''}null: as llm.defaults"
        alternatives = limits.get("anyOf", [limits])
        nullable = alternatives if {"type": "null"} in alternatives else [*alternatives, {"type": "null"}]
        properties[field] = {"anyOf": nullable, "description": text}


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


def _find_problems(content: Any, kind: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, what is wrong) for everything in `content` that the type `kind` does not allow."""
    bare_type, prefix = strip_annotations(kind), f"{path}." if path else ""
    if block := settings_class(kind):
        if not isinstance(content, dict):
            yield path, f"expected an object, got {content!r}"
            return
        fields = field_types(block)
        for key in sorted(content.keys() - fields.keys()):
            yield f"{prefix}{key}", f"no such setting{_suggest_path(f'{prefix}{key}')}"
        for field_name, field_type in fields.items():
            if field_name in content and content[field_name] is None and inherits(block, field_name):
                continue
            if field_name in content:
                yield from _find_problems(content[field_name], field_type, f"{prefix}{field_name}")
            else:
                yield f"{prefix}{field_name}", "missing"
    elif get_origin(bare_type) is dict and isinstance(content, dict):
        for key, content_value in content.items():
            yield from _find_problems(content_value, get_args(bare_type)[1], f"{prefix}{key}")
    else:
        try:
            msgspec.convert(content, kind)
        except msgspec.ValidationError as error:
            yield path, f"{_strip_root_path(str(error))} (it is {content!r}){_allowed_values(str(error), kind)}"


def _strip_root_path(message: str) -> str:
    """msgspec's message, without its note on the place inside the value when that is the value itself."""
    return message.removesuffix(" - at `$`")


def _allowed_values(message: str, kind: Any) -> str:
    """What may stand there instead, where the value is none of a few."""
    allowed = choices(kind) if "enum value" in message else []
    return f"; there are {', '.join(allowed)}" if allowed else ""


def _suggest_path(path: str) -> str:
    paths = list(setting_paths())
    same_name = [candidate for candidate in paths if candidate.rpartition(".")[2] == path.rpartition(".")[2]]
    nearest = nearest_name(path, paths) or next(iter(same_name), "")
    return f"; did you mean {nearest}?" if nearest else ""


def setting_paths(kind: type[Settings] = Config, prefix: str = "") -> Iterator[str]:
    for name, field_type in field_types(kind).items():
        yield f"{prefix}{name}"
        if block := settings_class(field_type):
            yield from setting_paths(block, f"{prefix}{name}.")
