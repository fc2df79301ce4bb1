"""The account of a stage: how each unit ended, as ok, up to date, empty or failed, and why failures did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from groundwork.errors import EXIT_FAILED, EXIT_OK
from groundwork.message_wording import counted
from groundwork.stage_runner.similar_warnings import group_warnings

MAX_LEDGER_LINES = 40  # of failures, warnings and notes together, where notes have to give way
MAX_PARTS_OF_A_REASON = 3  # parts of a unit that failed for one reason, told one by one


@dataclass(frozen=True)
class Failure:
    """A part of a unit (a page, a chunk, a question) that failed while the rest of the unit went on.

    document: that of the part, where the unit is of many documents and may be done for some of them.
    """

    part: str
    status: str
    reason: str
    document: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a unit ended. With `failures` it counts as failed, keeps what it wrote and is redone by the next run.

    writes: files that it wrote beside those of the unit, where only the work itself shows which they are.
    Of a unit that did some of its documents: `unheeded` files that it read and the results of the others do not follow
    yet; `due_again` of the others those that are to be done again, since what was done changes them.
    """

    status: Literal["ok", "empty"] = "ok"
    note: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    writes: Sequence[Path] = ()
    unheeded: Sequence[Path] = ()
    due_again: Sequence[str] = ()


def _ledger_count(count: int, ledger_count_name: str) -> str:
    """`21 chunks`, `1 chunk`, `1 table whole`: of a name whose first word may be a plural."""
    noun, space, name_addition = ledger_count_name.partition(" ")
    return f"{count:,} {noun.removesuffix('s') if count == 1 else noun}{space}{name_addition}"


@dataclass
class Ledger:
    """What became of the units of one stage."""

    stage: str
    up_to_date: int = 0
    to_do: int = 0  # neither current nor failed, and so not asked for by --retry-failed
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    not_started: int = 0
    seconds: float = 0.0

    @property
    def failed_units(self) -> list[str]:
        return [name for name, outcome in self.outcomes.items() if outcome.failures]

    def failure_reasons(self) -> dict[str, str]:
        """The first reason of every unit that failed, in whole or in part."""
        return {name: self.outcomes[name].failures[0].reason for name in self.failed_units}

    @property
    def exit_code(self) -> int:
        return EXIT_FAILED if self.failed_units else EXIT_OK

    def summary(self) -> str:
        """`chunk: 3 ok · 2 up to date · 1 failed · 21 chunks · 0.4 s`."""
        ledger_successes = [outcome for outcome in self.outcomes.values() if not outcome.failures]
        status_counts = {
            "ok": sum(outcome.status == "ok" for outcome in ledger_successes),
            "up to date": self.up_to_date,
            "empty": sum(outcome.status == "empty" for outcome in ledger_successes),
            "failed": len(self.failed_units),
            "not finished": self.not_started,
            "to do": self.to_do,
        }
        ledger_counts = [f"{count:,} {name}" for name, count in status_counts.items() if count] or ["nothing to do"]
        ledger_totals: Counter[str] = Counter()
        for outcome in self.outcomes.values():
            ledger_totals.update(outcome.counts)
        ledger_counts += [_ledger_count(count, name) for name, count in ledger_totals.items()]
        return f"{self.stage}: {' · '.join(ledger_counts)} · {self.seconds:.1f} s"

    def has_failed_entirely(self, name: str) -> bool:
        """Did this unit fail as a whole, so that what lies in its files is of an earlier run?"""
        outcome = self.outcomes.get(name)
        return outcome is not None and any(not failure.part for failure in outcome.failures)

    def report_lines(self, *, verbose: bool = False) -> list[str]:
        """The summary; below it every failure, the warnings grouped by kind, and notes while there is room."""
        ledger_failures = [
            line
            for name, outcome in self.outcomes.items()
            for line in _ledger_failure_lines(name, outcome.failures, verbose=verbose)
        ]
        ledger_warnings = [(name, text) for name, outcome in self.outcomes.items() for text in outcome.warnings]
        ledger_warning_lines = (
            [f"  warning  {name}: {text}" for name, text in ledger_warnings]
            if verbose
            else group_warnings(ledger_warnings)
        )
        ledger_notes = [f"  {name}: {outcome.note}" for name, outcome in self.outcomes.items() if outcome.note]
        ledger_notes_shown = (
            len(ledger_notes)
            if verbose
            else max(0, MAX_LEDGER_LINES - 1 - len(ledger_failures) - len(ledger_warning_lines))
        )
        more_ledger_notes = (
            [f"  … {counted(len(ledger_notes) - ledger_notes_shown, 'more line')}; --verbose shows them"]
            if len(ledger_notes) > ledger_notes_shown
            else []
        )
        return [
            self.summary(),
            *ledger_failures,
            *ledger_warning_lines,
            *ledger_notes[:ledger_notes_shown],
            *more_ledger_notes,
        ]


def _ledger_failure_lines(unit: str, failures: Sequence[Failure], *, verbose: bool) -> Iterator[str]:
    """A line for each reason why parts of `unit` failed, which many share where an endpoint is down.

    A reason is the same but for the names of the parts in it.
    """
    ledger_failures: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        part_name = failure.part.partition(" ")[0]  # of a pair, before what is told of it
        failure_kind = failure.status, failure.reason.replace(part_name, "#") if part_name else failure.reason
        ledger_failures.setdefault(failure_kind, []).append(failure)
    for similar in ledger_failures.values():
        listed_in_ledger = similar if verbose or len(similar) <= MAX_PARTS_OF_A_REASON else similar[:1]
        more_failures = f" (and {len(similar) - 1:,} more)" if len(listed_in_ledger) < len(similar) else ""
        for failure in listed_in_ledger:
            failure_place = f"{unit}, {failure.part}" if failure.part else unit
            failure_reason = failure.reason.removeprefix(f"{unit.rpartition('/')[2]}: ")
            yield f"  {failure.status}  {failure_place}{more_failures}: {failure_reason}"
