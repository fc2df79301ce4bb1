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

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.grading.confidence_intervals import Interval, share_interval
from groundwork.grading.judge import GradingCase, usable_criteria
from groundwork.grading.judge_agreement import is_flipping
from groundwork.language.language_and_script import detect_language
from groundwork.language.numbers import change_digits, number_values, numbers
from groundwork.language.words import content_words
from groundwork.records.grades import CheckedAnswer

SPOILED_KINDS = ("numbers changed", "negated", "cut in half", "of another question")
ANSWERS_COMPARED = 60  # other answers looked at


class JudgeTrust(msgspec.Struct, frozen=True, kw_only=True):
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
    rows_by_id = {row.id: row for row in reversed(rows) if row.answer.strip()}
    return [_case(row, row.answer, "reference", open_book) for row in rows_by_id.values()]


def spoiled_cases(
    rows: Sequence[QuestionRow], row_limit: int, seed: int, *, open_book: bool
) -> list[tuple[str, GradingCase]]:
    """(kind, case) of the spoiled answers to at most `most` rows, drawn by `seed`."""
    answerable_rows = list({row.id: row for row in reversed(rows) if row.answer.strip()}.values())
    sampled_rows = random.Random(seed).sample(answerable_rows, min(row_limit, len(answerable_rows)))
    spoiled_answers = (
        (kind, row, spoil_answer(kind, row, answerable_rows)) for row in sampled_rows for kind in SPOILED_KINDS
    )
    return [(kind, _case(row, answer, kind, open_book)) for kind, row, answer in spoiled_answers if answer]


def spoil_answer(kind: str, row: QuestionRow, rows: Sequence[QuestionRow]) -> str:
    """An answer to `row` that cannot meet all criteria; "" where none of this kind can be made for sure."""
    return _SPOILERS[kind](row, rows)


def measure_trust(checked: Sequence[CheckedAnswer], documents: dict[str, str]) -> JudgeTrust:
    """Sensitivity, specificity and the rows to set aside. `documents`: by row id, for the intervals."""
    outcomes_by_kind: dict[str, list[tuple[bool, str]]] = {}
    for answer in checked:
        if answer.passed is not None:
            is_right = answer.passed == (answer.kind == "reference")
            outcomes_by_kind.setdefault(answer.kind, []).append((is_right, documents.get(answer.id, answer.id)))
    spoiled = [outcomes for kind in SPOILED_KINDS for outcomes in outcomes_by_kind.get(kind, [])]
    return JudgeTrust(
        sensitivity=_right_share(outcomes_by_kind.get("reference", [])),
        specificity=_right_share(spoiled),
        by_kind={
            kind: (sum(right for right, _ in outcomes), len(outcomes)) for kind, outcomes in outcomes_by_kind.items()
        },
        ungraded=sum(answer.passed is None for answer in checked),
        set_aside=dict(filter(None, map(_unreliable_row, checked))),
    )


def _unreliable_row(answer: CheckedAnswer) -> tuple[str, str] | None:
    if answer.kind != "reference":
        return None
    for grade in answer.criteria:
        if is_flipping(grade):
            verdict_counts = ", ".join(
                f"{count} {verdict}" for verdict, count in Counter(draw.verdict for draw in grade.draws).items()
            )
            return answer.id, f"on the reference answer a criterion flips ({verdict_counts}): {grade.criterion}"
    for grade in answer.criteria:
        if grade.verdict in ("unmet", "cannot tell"):
            failure = "does not meet" if grade.verdict == "unmet" else "leaves the judge unable to tell of"
            return answer.id, f"the reference answer {failure}: {grade.criterion}"
    return None


def _right_share(outcomes: Sequence[tuple[bool, str]]) -> Interval | None:
    return (
        share_interval([float(right) for right, _ in outcomes], [document for _, document in outcomes])
        if outcomes
        else None
    )


def _case(row: QuestionRow, answer: str, kind: str, open_book: bool) -> GradingCase:
    evidence = "\n".join(row.evidence) if open_book else ""
    return GradingCase(f"{row.id} ({kind})", row.question, _criteria(row), answer, evidence)


def _criteria(row: QuestionRow) -> list[str]:
    return usable_criteria(row.evaluation_criteria, row.answer)[0]


def _change_numbers(row: QuestionRow, _: Sequence[QuestionRow]) -> str:
    """Every number another one."""
    changed, position = "", 0
    for number in numbers(row.answer):
        changed += row.answer[position : number.start] + change_digits(row.answer[number.start : number.end])
        position = number.end
    changed += row.answer[position:]
    return changed if _lacks_criterion(row, changed) else ""


def _negate(row: QuestionRow, _: Sequence[QuestionRow]) -> str:
    return f"This is false: “{row.answer.strip()}” The opposite is the case."


def _cut_answer(row: QuestionRow, _: Sequence[QuestionRow]) -> str:
    """The half of the words that lacks something, the first where both do."""
    words = row.answer.split()
    halves = (" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :]))
    return next((half for half in halves if half and _lacks_criterion(row, half)), "")


def _other_answer(row: QuestionRow, rows: Sequence[QuestionRow]) -> str:
    """The answer that shares least with the criteria."""
    terms, language = set().union(*_criterion_terms(row)), _language(row)
    other_answers = [other_row.answer for other_row in rows[:ANSWERS_COMPARED] if other_row.id != row.id]
    nearest = min(other_answers, key=lambda answer: len(terms & _terms(answer, language)), default="")
    return nearest if nearest and _lacks_criterion(row, nearest) else ""


def _lacks_criterion(row: QuestionRow, answer: str) -> bool:
    """Whether some criterion surely finds nothing in `answer`: a number that it asks for, or every word."""
    answer_terms = _terms(answer, _language(row))
    for terms in _criterion_terms(row):
        figures = {term for term in terms if term[0].isdigit()}
        if (figures - answer_terms) if figures else (terms and not terms & answer_terms):
            return True
    return False


def _criterion_terms(row: QuestionRow) -> list[set[str]]:
    """For each criterion the words and numbers that the reference answer gives it beyond the question."""
    language = _language(row)
    reference_terms = _terms(row.answer, language) - _terms(row.question, language)
    return [_terms(criterion, language) & reference_terms for criterion in _criteria(row)]


def _terms(text: str, language: str) -> set[str]:
    return content_words(text, language) | number_values(text, spelled=True)


def _language(row: QuestionRow) -> str:
    return _language_of(f"{row.question} {row.answer}")


@lru_cache(maxsize=4096)
def _language_of(text: str) -> str:
    return detect_language(text)


_SPOILERS: dict[str, Callable[[QuestionRow, Sequence[QuestionRow]], str]] = {
    "numbers changed": _change_numbers,
    "negated": _negate,
    "cut in half": _cut_answer,
    "of another question": _other_answer,
}
