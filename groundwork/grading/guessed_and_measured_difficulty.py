"""How difficult questions turned out for the graded models, beside the difficulty that was guessed for them.

A question's measured difficulty is 1 - the share of the graded models that answer it right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from groundwork.dataset.load_dataset import MIRROR_SPLITS
from groundwork.grading.judge_reliability import is_flipping
from groundwork.records import Grade, MeasuredRow

LEVELS = {"easy": 0, "medium": 1, "hard": 2}
LEAST_ROWS = 3  # rows for a rank correlation


class GuessCorrelation(NamedTuple):
    """How far the guessed difficulty follows the measured one: Spearman's rho over `rows` rows, and its p-value."""

    rho: float | None  # null: too few rows, or all are alike on one side
    p: float | None
    rows: int


def measure_difficulty(grades: Sequence[Grade], set_aside: Mapping[str, str]) -> list[MeasuredRow]:
    """Each question once, in the order of `grades`; mirrors count only where nothing else of an id was graded."""
    by_id: dict[str, list[Grade]] = defaultdict(list)
    for grade in grades:
        by_id[grade.id].append(grade)
    return [_measured_row(row_id, row_grades, set_aside.get(row_id, "")) for row_id, row_grades in by_id.items()]


def _measured_row(row_id: str, grades: list[Grade], set_aside: str) -> MeasuredRow:
    counted_grades = [grade for grade in grades if grade.split not in MIRROR_SPLITS] or grades
    verdicts = [grade.passed for grade in counted_grades if grade.passed is not None]
    flipping = dict.fromkeys(
        criterion.criterion for grade in grades for criterion in grade.criteria if is_flipping(criterion)
    )
    return MeasuredRow(
        id=row_id,
        question=counted_grades[0].question,
        difficulty=round(1 - sum(verdicts) / len(verdicts), 4) if verdicts else None,
        guessed=counted_grades[0].difficulty,
        models=len({grade.model for grade in counted_grades}),
        flipping=list(flipping),
        set_aside=set_aside,
    )


def correlate_guesses(rows: Sequence[MeasuredRow]) -> GuessCorrelation:
    """Spearman's rank correlation of guessed and measured difficulty, without the rows that were set aside."""
    from scipy.stats import spearmanr

    compared = [
        (LEVELS[row.guessed], row.difficulty)
        for row in rows
        if row.guessed in LEVELS and row.difficulty is not None and not row.set_aside
    ]
    if len(compared) < LEAST_ROWS or any(len({levels[side] for levels in compared}) < 2 for side in (0, 1)):
        return GuessCorrelation(None, None, len(compared))
    correlation = spearmanr([levels[0] for levels in compared], [levels[1] for levels in compared])
    return GuessCorrelation(float(correlation.statistic), float(correlation.pvalue), len(compared))
