"""The account of a stage: every unit ends as ok, up to date, empty or failed, and failures say why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from groundwork.console.job import Failure, Outcome
from groundwork.errors import EXIT_FAILED, EXIT_OK

MOST_LINES = 40


@dataclass
class Ledger:
    """What became of the units of one stage."""

    stage: str
    up_to_date: int = 0
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    not_started: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> list[str]:
        return [name for name, outcome in self.outcomes.items() if outcome.failures]

    @property
    def exit_code(self) -> int:
        return EXIT_FAILED if self.failed else EXIT_OK

    def summary(self) -> str:
        """`chunk: 3 ok · 2 up to date · 1 failed · 21 chunks · 0.4 s`."""
        fine = [outcome for outcome in self.outcomes.values() if not outcome.failures]
        numbers = {
            "ok": sum(outcome.status == "ok" for outcome in fine),
            "up to date": self.up_to_date,
            "empty": sum(outcome.status == "empty" for outcome in fine),
            "failed": len(self.failed),
            "not finished": self.not_started,
        }
        parts = [f"{count:,} {name}" for name, count in numbers.items() if count] or ["nothing to do"]
        totals: Counter[str] = Counter()
        for outcome in self.outcomes.values():
            totals.update(outcome.counts)
        parts += [f"{count:,} {name}" for name, count in totals.items()]
        return f"{self.stage}: {' · '.join(parts)} · {self.seconds:.1f} s"

    def failed_whole(self, name: str) -> bool:
        """Did this unit fail as a whole, so that what lies in its files is of an earlier run?"""
        outcome = self.outcomes.get(name)
        return outcome is not None and any(not failure.part for failure in outcome.failures)

    def lines(self, *, verbose: bool = False) -> list[str]:
        """The summary and, below it, a line for every note, warning and failure."""
        shown = [self.summary()]
        for name, outcome in self.outcomes.items():
            if outcome.note:
                shown.append(f"  {name}: {outcome.note}")
            shown += [f"  warning  {name}: {text.removeprefix(f'{name}: ')}" for text in outcome.warnings]
            shown += [f"  {failure.status}  {_place(name, failure)}: {failure.reason}" for failure in outcome.failures]
        if len(shown) > MOST_LINES and not verbose:
            failures = [
                line for line in shown[1:] if not line.startswith("  warning") and line.split("  ")[1] in STATUSES
            ]
            rest = [line for line in shown[1:] if line not in failures]
            keep = (failures + rest)[: MOST_LINES - 1]
            hidden = len(shown) - 1 - len(keep)
            shown = [shown[0], *keep, f"  … {hidden:,} more lines; --verbose shows them"]
        return shown


STATUSES = ("failed", "invalid reply", "filtered", "failed transport")


def _place(name: str, failure: Failure) -> str:
    return f"{name}, {failure.part}" if failure.part else name
