"""Why something is stale: the names are those of config.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from groundwork.data_folder.manifest import ManifestEntry
from groundwork.data_folder.unit_changes import recipe_changes
from groundwork.data_folder.unit_states import judge_state
from groundwork.settings.config_files import load
from groundwork.settings.config_schema import Config
from groundwork.stage_runner.stage_command import StageCommand, stage_command
from groundwork.stage_table import STAGES

PLAIN = msgspec.to_builtins(load())


def leaves(block: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in block.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def with_value(path: str, value: Any) -> Config | None:
    """The settings with another value; None where that is not allowed."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(PLAIN))
    *blocks, name = path.split(".")
    block = plain
    for one in blocks:
        block = block[one]
    block[name] = value
    try:
        return msgspec.convert(plain, Config)
    except msgspec.ValidationError:
        return None


def other_values(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value / 2, value - 1]
    return [f"{value}x", 3, True, [*value, "x"] if isinstance(value, list) else {"x": "y"}]


def recipe(command: StageCommand, config: Config) -> dict[str, Any]:
    settings = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(command.settings(config))))
    return {"settings": settings, "prompts": {}, "version": command.version}


@pytest.mark.parametrize("stage", [stage.name for stage in STAGES if stage.name != "review"])
def test_a_changed_setting_has_its_own_name(stage: str) -> None:
    """Whatever setting is changed, a stage that it makes stale names that one, as it stands in config.json."""
    command = stage_command(stage)
    before, told = recipe(command, load()), 0
    for path, value in leaves(PLAIN):
        changed = next(filter(None, (with_value(path, other) for other in other_values(value))), None)
        after = recipe(command, changed) if changed and not path.startswith("llm.") else before
        if after == before:
            continue
        told += 1
        names = recipe_changes(before, after, command.config_names)
        assert any(path == name or path.startswith(f"{name}.") or name.startswith(f"{path}.") for name in names), (
            path,
            names,
        )
    assert told


def test_a_prompt_a_version_and_an_override_are_named() -> None:
    """What is no setting is named too: a prompt's file, the stage's version, what a document's override sets."""
    old = {"settings": {}, "prompts": {"a.md": "1"}, "version": "1", "own": {"ingest.overrides": {"converter": "ocr"}}}
    new = {"settings": {}, "prompts": {"a.md": "2"}, "version": "2", "own": {"ingest.overrides": {"converter": "x"}}}
    entry = ManifestEntry(inputs={}, recipe=old, outputs={}, status="done")
    assert judge_state(entry, {}, new, {}, 0) == (
        "stale",
        "ingest.overrides.converter, prompt a.md, the program's version of this stage changed",
    )


def test_fewer_files_by_a_changed_setting_are_not_gone() -> None:
    """Where a setting changed by which less is written, that is the reason; files that are all gone are gone."""
    old, new = ({"settings": {"ingest": {"pictures": shown}}} for shown in (True, False))
    entry = ManifestEntry(inputs={}, recipe=old, outputs={"a.md": "1", "a": "2"}, status="done")
    assert judge_state(entry, {}, new, {"a.md": "1"}, 2) == ("stale", "settings.ingest.pictures changed")
    assert judge_state(entry, {}, old, {"a.md": "1"}, 2) == ("missing", "its files are gone")
    assert judge_state(entry, {}, new, {}, 2) == ("missing", "its files are gone")


def test_a_setting_that_has_more_files_read_is_the_reason() -> None:
    """`--rephrase-qa` reads the summaries: they did not change. A file that did goes before the setting."""
    entry = ManifestEntry(inputs={"qa/a.jsonl": "1"}, recipe={"settings": {"rephrase": False}}, outputs={}, status="ok")
    recipe = {"settings": {"rephrase": True}}
    more = {"qa/a.jsonl": "1", "summaries/a.json": "1"}
    assert judge_state(entry, more, recipe, {}, 0) == ("stale", "settings.rephrase changed")
    assert judge_state(entry, {**more, "qa/a.jsonl": "2"}, recipe, {}, 0) == ("stale", "qa/a.jsonl changed")
    assert judge_state(entry, more, entry.recipe, {}, 0) == ("stale", "summaries/a.json is new")


def test_files_that_came_or_went_did_not_change() -> None:
    """A removed document's chunks are gone, and those of a new one are new: neither changed; of many two are named."""
    before = {"chunks/a.jsonl": "1", "chunks/b.jsonl": "1", **{f"chunks/gone-{n}.jsonl": "1" for n in range(4)}}
    after = {"chunks/a.jsonl": "1", "chunks/b.jsonl": "2", "chunks/c.jsonl": "1"}
    entry = ManifestEntry(inputs=before, recipe={}, outputs={}, status="done")
    assert judge_state(entry, after, {}, {}, 0) == (
        "stale",
        "chunks/b.jsonl changed; chunks/gone-0.jsonl, chunks/gone-1.jsonl and 2 more are gone; chunks/c.jsonl is new",
    )
