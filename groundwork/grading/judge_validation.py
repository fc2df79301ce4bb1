"""The judge checked before it is believed, without any labels: answers whose verdict is known beforehand.

The reference answer of a question is to pass. Spoiled answers are to fail: its numbers changed, negated, cut in half,
or the answer to another question. One is made only where it loses what a criterion asks for, so that a judge that
passes it is wrong.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from groundwork.dataset.dataset_sources import QuestionRow
from groundwork.grading.confidence_intervals import Interval, share_interval
from groundwork.grading.judge import GradingCase, criteria_of
from groundwork.grading.judge_agreement import flips
from groundwork.language.detection import detect_language
from groundwork.language.numbers import number_values, numbers
from groundwork.language.words import content_words
from groundwork.records.grades import CheckedAnswer

SPOILED = ("numbers changed", "negated", "cut in half", "of another question")
CANDIDATES = 60  # other answers looked at


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """What the check found. Shares are of answers with a verdict; null where there were none."""

    sensitivity: Interval | None  # share of reference answers that pass
    specificity: Interval | None  # share of spoiled answers that fail
    by_kind: dict[str, tuple[int, int]]  # of each kind: how many were judged rightly, of how many
    ungraded: int
    set_aside: dict[str, str]  # row id: why it says nothing of a model

    @property
    def balanced(self) -> float | None:
        """The mean of sensitivity and specificity: 0.5 for a judge that always says the same."""
        if not (self.sensitivity and self.specificity):
            return None
        return (self.sensitivity.mean + self.specificity.mean) / 2


def reference_cases(rows: Sequence[QuestionRow], *, open_book: bool) -> list[GradingCase]:
    """The reference answer of each row that has one, once an id."""
    first = {row.id: row for row in reversed(rows) if row.answer.strip()}
    return [_case(row, row.answer, "reference", open_book) for row in first.values()]


def spoiled_cases(
    rows: Sequence[QuestionRow], most: int, seed: int, *, open_book: bool
) -> list[tuple[str, GradingCase]]:
    """(kind, case) of the spoiled answers to at most `most` rows, drawn by `seed`."""
    fit = list({row.id: row for row in reversed(rows) if row.answer.strip()}.values())
    drawn = random.Random(seed).sample(fit, min(most, len(fit)))
    made = ((kind, row, spoil(kind, row, fit)) for row in drawn for kind in SPOILED)
    return [(kind, _case(row, answer, kind, open_book)) for kind, row, answer in made if answer]


def spoil(kind: str, row: QuestionRow, rows: Sequence[QuestionRow]) -> str:
    """An answer to `row` that cannot meet all criteria; "" where none of this kind can be made for sure."""
    return _SPOILERS[kind](row, rows)


def trust(checked: Sequence[CheckedAnswer], documents: dict[str, str]) -> Trust:
    """Sensitivity, specificity and the rows to set aside. `documents`: by row id, for the intervals."""
    right: dict[str, list[tuple[bool, str]]] = {}
    for answer in checked:
        if answer.passed is not None:
            verdict = answer.passed == (answer.kind == "reference")
            right.setdefault(answer.kind, []).append((verdict, documents.get(answer.id, answer.id)))
    spoiled = [found for kind in SPOILED for found in right.get(kind, [])]
    return Trust(
        sensitivity=_share(right.get("reference", [])),
        specificity=_share(spoiled),
        by_kind={kind: (sum(ok for ok, _ in found), len(found)) for kind, found in right.items()},
        ungraded=sum(answer.passed is None for answer in checked),
        set_aside=dict(filter(None, map(_set_aside, checked))),
    )


def _set_aside(answer: CheckedAnswer) -> tuple[str, str] | None:
    if answer.kind != "reference":
        return None
    for grade in answer.criteria:
        if flips(grade):
            told = ", ".join(f"{n} {verdict}" for verdict, n in Counter(d.verdict for d in grade.draws).items())
            return answer.id, f"on the reference answer a criterion flips ({told}): {grade.criterion}"
    for grade in answer.criteria:
        if grade.verdict in ("unmet", "cannot tell"):
            said = "does not meet" if grade.verdict == "unmet" else "leaves the judge unable to tell of"
            return answer.id, f"the reference answer {said}: {grade.criterion}"
    return None


def _share(found: Sequence[tuple[bool, str]]) -> Interval | None:
    return share_interval([float(ok) for ok, _ in found], [document for _, document in found]) if found else None


def _case(row: QuestionRow, answer: str, kind: str, open_book: bool) -> GradingCase:
    evidence = "\n".join(row.evidence) if open_book else ""
    return GradingCase(f"{row.id} ({kind})", row.question, _criteria(row), answer, evidence)


def _criteria(row: QuestionRow) -> list[str]:
    return criteria_of(row.evaluation_criteria, row.answer)[0]


def _numbers_changed(row: QuestionRow, _: Sequence[QuestionRow]) -> str:
    """Every number another one."""
    changed, last = "", 0
    for number in numbers(row.answer):
        changed += row.answer[last : number.start] + _another(row.answer[number.start : number.end])
        last = number.end
    changed += row.answer[last:]
    return changed if _lacking(row, changed) else ""


def _another(digits: str) -> str:
    """A number of the same form and another value: 75 becomes 86."""
    return "".join(str((int(c) + 1) % 10) if c.isdigit() else c for c in digits)


def _negated(row: QuestionRow, _: Sequence[QuestionRow]) -> str:
    return f"This is false: “{row.answer.strip()}” The opposite is the case."


def _cut_in_half(row: QuestionRow, _: Sequence[QuestionRow]) -> str:
    """The half of the words that lacks something, the first where both do."""
    words = row.answer.split()
    halves = (" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :]))
    return next((half for half in halves if half and _lacking(row, half)), "")


def _of_another_question(row: QuestionRow, rows: Sequence[QuestionRow]) -> str:
    """The answer that shares least with the criteria."""
    asked, language = set().union(*_asked_for(row)), _language(row)
    others = [other.answer for other in rows[:CANDIDATES] if other.id != row.id]
    nearest = min(others, key=lambda answer: len(asked & _held(answer, language)), default="")
    return nearest if nearest and _lacking(row, nearest) else ""


def _lacking(row: QuestionRow, answer: str) -> bool:
    """Whether some criterion surely finds nothing in `answer`: a number that it asks for, or every word."""
    held = _held(answer, _language(row))
    for asked in _asked_for(row):
        figures = {item for item in asked if item[0].isdigit()}
        if (figures - held) if figures else (asked and not asked & held):
            return True
    return False


def _asked_for(row: QuestionRow) -> list[set[str]]:
    """For each criterion the words and numbers that the reference answer gives it beyond the question."""
    language = _language(row)
    given = _held(row.answer, language) - _held(row.question, language)
    return [_held(criterion, language) & given for criterion in _criteria(row)]


def _held(text: str, language: str) -> set[str]:
    return content_words(text, language) | number_values(text, spelled=True)


def _language(row: QuestionRow) -> str:
    return _language_of(f"{row.question} {row.answer}")


@lru_cache(maxsize=4096)
def _language_of(text: str) -> str:
    return detect_language(text)


_SPOILERS: dict[str, Callable[[QuestionRow, Sequence[QuestionRow]], str]] = {
    "numbers changed": _numbers_changed,
    "negated": _negated,
    "cut in half": _cut_in_half,
    "of another question": _of_another_question,
}
