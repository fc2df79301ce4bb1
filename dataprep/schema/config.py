"""Read config/config.json, lay the overlays and --set over it, and report everything that is wrong at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

from dataprep.schema.errors import ConfigError
from dataprep.schema.settings import Config, Settings, impossible

PROJECT = Path(__file__).resolve().parents[2]
CONFIG_DIR = PROJECT / "config"
PROMPT_DIR = CONFIG_DIR / "prompts"

Json = dict[str, Any]


def load(overlays: Sequence[Path] = (), assignments: Sequence[str] = ()) -> Config:
    """Config from config/config.json, then each overlay, then each `key.path=value`; the later wins.

    Raises ConfigError with every problem: unreadable files, unknown keys, wrong types, impossible values.
    """
    merged: Json = {}
    origin: dict[str, str] = {}
    for path in (CONFIG_DIR / "config.json", *overlays):
        content = _read(path)
        content.pop("$schema", None)
        _lay_over(merged, content, origin, str(path))
    for assignment in assignments:
        _lay_over(merged, _parse_assignment(assignment), origin, "--set")
    problems = [f"{origin.get(path, 'config')}: {path}: {text}" for path, text in _problems(merged, Config)]
    if problems:
        raise ConfigError(problems)
    config = msgspec.convert(merged, Config)
    if contradictions := impossible(config):
        raise ConfigError(contradictions)
    return config


def json_schema() -> Json:
    """The JSON Schema of config.json; in an overlay every key may be absent, so nothing is required."""
    schema = msgspec.json.schema(Config)
    for definition in schema["$defs"].values():
        definition.pop("required", None)
        definition.setdefault("additionalProperties", False)
    schema["$defs"]["Config"]["properties"]["$schema"] = {"type": "string"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _read(path: Path) -> Json:
    try:
        content = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        raise ConfigError([f"{path}: no such file"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    except msgspec.DecodeError as error:
        raise ConfigError([f"{path}: not valid JSON: {error}"]) from error
    if not isinstance(content, dict):
        raise ConfigError([f"{path}: must hold a JSON object"])
    return content


def _parse_assignment(assignment: str) -> Json:
    """`qa.model=x` as {"qa": {"model": "x"}}; a value that is no JSON is a string."""
    path, equals, text = assignment.partition("=")
    if not equals or not path:
        raise ConfigError([f"--set {assignment}: write it as key.path=value"])
    try:
        value = msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        value = text
    for key in reversed(path.split(".")):
        value = {key: value}
    return value  # type: ignore[no-any-return]  # the loop above ran at least once, so it is a dict


def _lay_over(base: Json, overlay: Json, origin: dict[str, str], source: str, prefix: str = "") -> None:
    """Put `overlay` over `base` in place: objects merge, everything else replaces."""
    for key, value in overlay.items():
        path = f"{prefix}{key}"
        origin[path] = source
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _lay_over(base[key], value, origin, source, f"{path}.")
        else:
            base[key] = value
            origin.update(dict.fromkeys(_paths(value, f"{path}."), source))


def _paths(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{prefix}{key}"
            yield from _paths(inner, f"{prefix}{key}.")


def _problems(content: Any, kind: type[Settings], prefix: str = "") -> Iterator[tuple[str, str]]:
    """(path, what is wrong) for everything in `content` that `kind` does not allow."""
    if not isinstance(content, dict):
        yield prefix.rstrip("."), f"expected an object, got {content!r}"
        return
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for key in content.keys() - fields.keys():
        yield f"{prefix}{key}", f"no such setting{_nearest(f'{prefix}{key}')}"
    for name, annotated in fields.items():
        path = f"{prefix}{name}"
        if name not in content:
            yield path, "missing"
        elif block := _settings_class(annotated):
            yield from _problems(content[name], block, f"{path}.")
        elif get_origin(annotated) is dict and (block := _settings_class(get_args(annotated)[1])):
            for key, value in content[name].items():
                yield from _problems(value, block, f"{path}.{key}.")
        else:
            try:
                msgspec.convert(content[name], annotated)
            except msgspec.ValidationError as error:
                yield path, f"{_plain(str(error))} (it is {content[name]!r})"


def _settings_class(annotated: Any) -> type[Settings] | None:
    kind = get_args(annotated)[0] if hasattr(annotated, "__metadata__") else annotated
    return kind if isinstance(kind, type) and issubclass(kind, Settings) else None


def _plain(message: str) -> str:
    """msgspec's message, without its note on the place inside the value when that is the value itself."""
    return message.removesuffix(" - at `$`")


def _nearest(path: str) -> str:
    known = list(known_paths())
    same_name = [k for k in known if k.rpartition(".")[2] == path.rpartition(".")[2]]
    close = difflib.get_close_matches(path, known, n=1, cutoff=0.6) or same_name[:1]
    return f"; did you mean {close[0]}?" if close else ""


def known_paths(kind: type[Settings] = Config, prefix: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        yield f"{prefix}{field.name}"
        if block := _settings_class(field.type):
            yield from known_paths(block, f"{prefix}{field.name}.")
