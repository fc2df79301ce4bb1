"""How difficult questions turned out for the graded models, beside the difficulty that was guessed for them.

A question's measured difficulty is 1 - the share of the graded models that answer it right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from groundwork.dataset.load_dataset import MIRROR_SPLITS
from groundwork.grading.judge_check import is_flipping
from groundwork.message_wording import counted
from groundwork.records import Grade, MeasuredRow

GUESSED_LEVELS = {"easy": 0, "medium": 1, "hard": 2}
LEAST_CORRELATED_ROWS = 3  # rows for a rank correlation


class GuessCorrelation(NamedTuple):
    """How far the guessed difficulty follows the measured one: Spearman's rho over `rows` rows, and its p-value."""

    rho: float | None  # null: too few rows, or all are alike on one side
    p: float | None
    rows: int


def measure_difficulty(grades: Sequence[Grade], set_aside: Mapping[str, str]) -> list[MeasuredRow]:
    """Each question once, in the order of `grades`; mirrors count only where nothing else of an id was graded."""
    grades_by_measured_id: dict[str, list[Grade]] = defaultdict(list)
    for grade in grades:
        grades_by_measured_id[grade.id].append(grade)
    return [
        _measured_difficulty_row(row_id, measured_grades, set_aside.get(row_id, ""))
        for row_id, measured_grades in grades_by_measured_id.items()
    ]


def _measured_difficulty_row(row_id: str, grades: list[Grade], set_aside: str) -> MeasuredRow:
    measured_grades = [grade for grade in grades if grade.split not in MIRROR_SPLITS] or grades
    measured_passes = [grade.passed for grade in measured_grades if grade.passed is not None]
    flipping_criteria = dict.fromkeys(
        criterion.criterion for grade in grades for criterion in grade.criteria if is_flipping(criterion)
    )
    return MeasuredRow(
        id=row_id,
        question=measured_grades[0].question,
        difficulty=round(1 - sum(measured_passes) / len(measured_passes), 4) if measured_passes else None,
        guessed=measured_grades[0].difficulty,
        models=len({grade.model for grade in measured_grades}),
        flipping=list(flipping_criteria),
        set_aside=set_aside,
    )


def correlate_guesses(measured_rows: Sequence[MeasuredRow]) -> GuessCorrelation:
    """Spearman's rank correlation of guessed and measured difficulty, without the rows that were set aside."""
    from scipy.stats import spearmanr

    measured_pairs = [
        (GUESSED_LEVELS[measured_row.guessed], measured_row.difficulty)
        for measured_row in measured_rows
        if measured_row.guessed in GUESSED_LEVELS and measured_row.difficulty is not None and not measured_row.set_aside
    ]
    if len(measured_pairs) < LEAST_CORRELATED_ROWS or any(
        len({level_pair[side] for level_pair in measured_pairs}) < 2 for side in (0, 1)
    ):
        return GuessCorrelation(None, None, len(measured_pairs))
    rank_correlation = spearmanr(*([pair[side] for pair in measured_pairs] for side in (0, 1)))
    return GuessCorrelation(float(rank_correlation.statistic), float(rank_correlation.pvalue), len(measured_pairs))


def difficulty_lines(difficulty_guess: GuessCorrelation) -> Iterator[str]:
    """What the guessed difficulty is worth."""
    if difficulty_guess.rho is None:
        rows_with_both = counted(difficulty_guess.rows, "row")
        yield f"guessed difficulty: nothing to compare ({rows_with_both} with both, or all alike)"
    else:
        correlation_figures = (
            f"Spearman's rho {difficulty_guess.rho:+.2f} (p {difficulty_guess.p:.2f}, "
            f"{counted(difficulty_guess.rows, 'row')})"
        )
        yield f"guessed difficulty beside the measured one: {correlation_figures}"
