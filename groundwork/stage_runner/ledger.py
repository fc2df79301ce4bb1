"""The account of a stage: every unit ends as ok, up to date, empty or failed, and failures say why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from groundwork.errors import EXIT_FAILED, EXIT_OK
from groundwork.message_wording import counted
from groundwork.stage_runner.unit_and_outcome import Failure, Outcome

MAX_LINES = 40  # of failures, warnings and notes together, where notes have to give way
MAX_DOCUMENTS_OF_A_KIND = 3  # documents that a kind of warning is told of one by one
MAX_PARTS_OF_A_REASON = 3  # parts of a unit that failed for one reason, told one by one
MAX_NUMBERS = 12
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)*")


def _count_phrase(count: int, name: str) -> str:
    """`21 chunks`, `1 chunk`, `1 table whole`: of a name whose first word may be a plural."""
    noun, space, addition = name.partition(" ")
    return f"{count:,} {noun.removesuffix('s') if count == 1 else noun}{space}{addition}"


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
        successful = [outcome for outcome in self.outcomes.values() if not outcome.failures]
        status_counts = {
            "ok": sum(outcome.status == "ok" for outcome in successful),
            "up to date": self.up_to_date,
            "empty": sum(outcome.status == "empty" for outcome in successful),
            "failed": len(self.failed_units),
            "not finished": self.not_started,
            "to do": self.to_do,
        }
        counts = [f"{count:,} {name}" for name, count in status_counts.items() if count] or ["nothing to do"]
        totals: Counter[str] = Counter()
        for outcome in self.outcomes.values():
            totals.update(outcome.counts)
        counts += [_count_phrase(count, name) for name, count in totals.items()]
        return f"{self.stage}: {' · '.join(counts)} · {self.seconds:.1f} s"

    def has_failed_entirely(self, name: str) -> bool:
        """Did this unit fail as a whole, so that what lies in its files is of an earlier run?"""
        outcome = self.outcomes.get(name)
        return outcome is not None and any(not failure.part for failure in outcome.failures)

    def report_lines(self, *, verbose: bool = False) -> list[str]:
        """The summary; below it every failure, the warnings grouped by kind, and notes while there is room."""
        failures = [
            line
            for name, outcome in self.outcomes.items()
            for line in _failure_lines(name, outcome.failures, verbose=verbose)
        ]
        texts = [(name, text) for name, outcome in self.outcomes.items() for text in outcome.warnings]
        warnings = [f"  warning  {name}: {text}" for name, text in texts] if verbose else group_warnings(texts)
        notes = [f"  {name}: {outcome.note}" for name, outcome in self.outcomes.items() if outcome.note]
        room = len(notes) if verbose else max(0, MAX_LINES - 1 - len(failures) - len(warnings))
        more = [f"  … {counted(len(notes) - room, 'more line')}; --verbose shows them"] if len(notes) > room else []
        return [self.summary(), *failures, *warnings, *notes[:room], *more]


def group_warnings(warnings: Sequence[tuple[str, str]]) -> list[str]:
    """A line for each kind of warning of a document, and one for a kind that many documents share.

    `warnings`: (document, text).
    """
    return [f"  warning  {documents}: {text}" for documents, text in group_by_kind(warnings)]


def group_by_kind(texts_of_documents: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(document, text) for each kind of text of a document; of a kind that many share one, with their number.

    Texts are of one kind when they differ in numbers and the document's name alone; the digits of a name such as cp1252
    are no number.
    """
    by_kind: dict[str, dict[str, list[str]]] = {}
    for document, full_text in texts_of_documents:
        text = full_text.removeprefix(f"{document}: ")
        kind = _NUMBER.sub("#", text.replace(document, "#"))
        by_kind.setdefault(kind, {}).setdefault(document, []).append(text)
    groups: list[tuple[str, str]] = []
    for documents in by_kind.values():
        if len(documents) > MAX_DOCUMENTS_OF_A_KIND:
            example, texts = next(iter(documents.items()))
            groups.append((f"{len(documents):,} of one kind, such as {example}", _merge_similar(texts)))
        else:
            groups += [(document, _merge_similar(texts)) for document, texts in documents.items()]
    return groups


def _merge_similar(texts: list[str]) -> str:
    """The first of warnings that differ in numbers alone, and the first number of the others."""
    if len(texts) == 1:
        return texts[0]
    numbers = [match[0] for text in texts[1:] if (match := _NUMBER.search(text))]
    listed = ", ".join(numbers[:MAX_NUMBERS]) + (" …" if len(numbers) > MAX_NUMBERS else "")
    return f"{texts[0]} (and {len(texts) - 1:,} more{f': {listed}' if listed else ''})"


def _failure_lines(unit: str, failures: Sequence[Failure], *, verbose: bool) -> Iterator[str]:
    """A line for each reason why parts of `unit` failed, which many share where an endpoint is down.

    A reason is the same but for the names of the parts in it.
    """
    failures_by_kind: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        name = failure.part.partition(" ")[0]  # of a pair, before what is told of it
        kind = failure.status, failure.reason.replace(name, "#") if name else failure.reason
        failures_by_kind.setdefault(kind, []).append(failure)
    for alike in failures_by_kind.values():
        listed = alike if verbose or len(alike) <= MAX_PARTS_OF_A_REASON else alike[:1]
        more = f" (and {len(alike) - 1:,} more)" if len(listed) < len(alike) else ""
        for failure in listed:
            place = f"{unit}, {failure.part}" if failure.part else unit
            reason = failure.reason.removeprefix(f"{unit.rpartition('/')[2]}: ")
            yield f"  {failure.status}  {place}{more}: {reason}"
