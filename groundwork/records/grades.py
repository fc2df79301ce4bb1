"""What data/grades/<dataset>/ holds: one Grade an answer and one CheckedAnswer an answer of the judge's own check."""

from __future__ import annotations

from typing import Literal

import msgspec

from groundwork.records.record_base import Record

Verdict = Literal["met", "unmet", "cannot tell", "ungraded"]  # ungraded: no readable verdict came
Basis = Literal["criteria", "reference answer"]


class Draw(Record, frozen=True):
    """One verdict of one judge on one criterion, and its reason (or why there is none)."""

    judge: str
    verdict: Verdict
    reason: str = ""


class CriterionGrade(Record, frozen=True):
    """One criterion of one answer: settled by a rule, or by the majority of the first judge's draws."""

    criterion: str
    verdict: Verdict
    by: Literal["rule", "judge"]
    reason: str = ""
    draws: list[Draw] = msgspec.field(default_factory=list)


class Grade(Record, frozen=True):
    """One answer, graded. `score`: share of its criteria met, 0..1, null where none has a verdict."""

    id: str
    split: str
    model: str
    question: str
    answer: str
    criteria: list[CriterionGrade]
    score: float | None
    passed: bool | None  # all criteria met; null where an open one could decide
    against: Basis
    judges: list[str]
    open_book: bool
    document: str = ""
    chunk: str = ""
    category: str = ""
    difficulty: str = ""
    cluster: int = -1
    tags: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    unanswerable: bool = False  # the documents do not answer the question
    refuses: Verdict | None = None  # whether an answer to any other question refuses; null: not asked


class CheckedAnswer(Record, frozen=True):
    """An answer made to check a judge: the reference answer, which is to pass, or a spoiled one, which is not."""

    id: str
    kind: Literal["reference", "numbers changed", "negated", "cut in half", "of another question"]
    question: str
    answer: str
    criteria: list[CriterionGrade]
    passed: bool | None
    judges: list[str]
    open_book: bool


def criteria_score(criteria: list[CriterionGrade]) -> float | None:
    """The share of criteria met among those with a verdict; None where there is none."""
    settled = [grade.verdict == "met" for grade in criteria if grade.verdict in ("met", "unmet")]
    return sum(settled) / len(settled) if settled else None


def all_criteria_met(criteria: list[CriterionGrade]) -> bool | None:
    """Whether every criterion is met; None where that hangs on one without a verdict."""
    verdicts = {grade.verdict for grade in criteria}
    return False if "unmet" in verdicts else True if verdicts == {"met"} else None


class MeasuredRow(Record, frozen=True):
    """`measured_rows.jsonl`: what grading found out about one row of the dataset. Shares lie between 0 and 1."""

    id: str
    question: str
    difficulty: float | None  # 1 - share of the models whose answer meets all criteria; null: none has a verdict
    guessed: str
    models: int
    flipping: list[str] = msgspec.field(default_factory=list)  # criteria whose verdict differs between draws
    set_aside: str = ""  # why the row says nothing of a model


MEASURED = "measured_rows.jsonl"  # no model's file: those have no underscore
