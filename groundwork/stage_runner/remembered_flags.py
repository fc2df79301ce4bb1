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
MAX_REMEMBERED_CALLS = 50  # of one stage that are told apart

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


def flags_to_remember(stage: str, flags: argparse.Namespace) -> RememberedFlags:
    """What of `flags` chooses what the stage makes, as JSON holds it."""
    remembered_names = REMEMBERED_FLAGS.get(stage, ())
    remembered: RememberedFlags = {name: value for name in remembered_names if (value := getattr(flags, name, None))}
    assigned_settings = [str(flag) for flag in flags.assignments if isinstance(flag, FlagSetting)]
    remembered_settings = [setting for setting in assigned_settings if not setting.startswith(PASSING_SETTINGS)]
    return remembered | ({"settings": remembered_settings} if remembered_settings else {})


def apply_remembered_flags(flags: argparse.Namespace, remembered_choice: RememberedFlags) -> argparse.Namespace:
    """`flags` with a remembered choice; what they say themselves goes before it."""
    flags_with_remembered = dict(vars(flags))
    flags_with_remembered |= {
        flag: remembered_value
        for flag, remembered_value in remembered_choice.items()
        if flag != "settings" and not flags_with_remembered.get(flag)
    }
    flags_with_remembered["assignments"] = [
        *map(FlagSetting, remembered_choice.get("settings", [])),
        *flags.assignments,
    ]
    return argparse.Namespace(**flags_with_remembered)


def remembered_arguments(remembered_choice: RememberedFlags) -> str:
    """The choice as it is typed, such as ` run-a run-b --set dataset.name=x`, with a space before."""
    remembered_words = [*remembered_choice.get("runs", []), *remembered_choice.get("datasets", [])]
    remembered_words += [
        word
        for flag in ("out", "threshold")
        if flag in remembered_choice
        for word in (f"--{flag}", str(remembered_choice[flag]))
    ]
    remembered_words += [word for name in remembered_choice.get("document", []) for word in ("--document", name)]
    remembered_words += ["--keep-gone"] if remembered_choice.get("keep_gone") else []
    remembered_words += [word for assignment in remembered_choice.get("settings", []) for word in ("--set", assignment)]
    return f" {shlex.join(remembered_words)}" if remembered_words else ""


def remembered_calls(flags: argparse.Namespace, choices: Mapping[str, RememberedFlags]) -> list[RememberedCall]:
    """The calls that made the units `choices` (by name), each with its flags; the first has what is new as well."""
    units_by_choice: dict[str, set[str]] = {}
    for unit, choice in choices.items():
        units_by_choice.setdefault(json.dumps(choice, sort_keys=True), set()).add(unit)
    remembered_choices = sorted(units_by_choice, key=lambda remembered_choice: remembered_choice != "{}")[
        :MAX_REMEMBERED_CALLS
    ] or ["{}"]
    bare_call, *other_remembered_calls = [
        (json.loads(remembered_choice), frozenset(units_by_choice.get(remembered_choice, ())))
        for remembered_choice in remembered_choices
    ]
    units_of_other_calls = frozenset().union(*(units for _, units in other_remembered_calls))
    return [
        RememberedCall(apply_remembered_flags(flags, bare_call[0]), bare_call[0], excluded=units_of_other_calls),
        *(
            RememberedCall(apply_remembered_flags(flags, choice), choice, only=units)
            for choice, units in other_remembered_calls
        ),
    ]
