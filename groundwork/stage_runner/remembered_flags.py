"""Flags that are remembered with what was made by them, so that it is judged and made again as it was."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwork.console.flags import FlagSetting

REMEMBERED_FLAGS = {  # flags that are no settings and shape what a stage makes, not only which of its units are due
    "coverage": ("runs",),
    "create_dataset": ("runs", "document", "keep_gone"),
    "merge": ("datasets", "out", "threshold"),
}
PASSING_SETTINGS = ("engine.", "dataset.organization=", "dataset.private=")  # settings that shape nothing of a result
MAX_CALLS = 50  # of one stage that are told apart

RememberedFlags = dict[str, Any]


@dataclass(frozen=True)
class RememberedCall:
    """Flags, and which units are made with them: `only` these, or all but `excluded`."""

    flags: argparse.Namespace
    choice: RememberedFlags
    only: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()

    def makes(self, unit: str) -> bool:
        return unit in self.only if self.only is not None else unit not in self.excluded


def choice_from_flags(stage: str, flags: argparse.Namespace) -> RememberedFlags:
    """What of `flags` chooses what the stage makes, as JSON holds it."""
    names = REMEMBERED_FLAGS.get(stage, ())
    choice: RememberedFlags = {name: value for name in names if (value := getattr(flags, name, None))}
    assigned = [str(flag) for flag in flags.assignments if isinstance(flag, FlagSetting)]
    settings = [assignment for assignment in assigned if not assignment.startswith(PASSING_SETTINGS)]
    return choice | ({"settings": settings} if settings else {})


def apply_choice(flags: argparse.Namespace, choice: RememberedFlags) -> argparse.Namespace:
    """`flags` with a remembered choice; what they say themselves goes before it."""
    merged = dict(vars(flags))
    merged |= {flag: content for flag, content in choice.items() if flag != "settings" and not merged.get(flag)}
    merged["assignments"] = [*map(FlagSetting, choice.get("settings", [])), *flags.assignments]
    return argparse.Namespace(**merged)


def command_arguments(choice: RememberedFlags) -> str:
    """The choice as it is typed, such as ` run-a run-b --set dataset.name=x`, with a space before."""
    words = [*choice.get("runs", []), *choice.get("datasets", [])]
    words += [word for flag in ("out", "threshold") if flag in choice for word in (f"--{flag}", str(choice[flag]))]
    words += [word for document in choice.get("document", []) for word in ("--document", document)]
    words += ["--keep-gone"] if choice.get("keep_gone") else []
    words += [word for assignment in choice.get("settings", []) for word in ("--set", assignment)]
    return f" {shlex.join(words)}" if words else ""


def remembered_calls(flags: argparse.Namespace, choices: Mapping[str, RememberedFlags]) -> list[RememberedCall]:
    """The calls that made the units `choices` (by name), each with its flags; the first has what is new as well."""
    groups: dict[str, set[str]] = {}
    for unit, choice in choices.items():
        groups.setdefault(json.dumps(choice, sort_keys=True), set()).add(unit)
    keys = sorted(groups, key=lambda key: key != "{}")[:MAX_CALLS] or ["{}"]
    bare_call, *other_calls = [(json.loads(key), frozenset(groups.get(key, ()))) for key in keys]
    other_units = frozenset().union(*(units for _, units in other_calls))
    return [
        RememberedCall(apply_choice(flags, bare_call[0]), bare_call[0], excluded=other_units),
        *(RememberedCall(apply_choice(flags, choice), choice, only=units) for choice, units in other_calls),
    ]
