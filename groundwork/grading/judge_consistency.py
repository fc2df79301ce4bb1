"""How alike the verdicts of a judge are: its draws by flip rate and Fleiss' kappa, two judges by Cohen's kappa."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from groundwork.grading.answer_judge import majority_verdict
from groundwork.records import CriterionGrade, Draw

FLIP_RATE_GOAL = 0.05  # of verdicts may differ between two draws


class Consistency(msgspec.Struct, frozen=True, kw_only=True):
    """Of the criteria that a judge decided. Shares lie between 0 and 1; null where there is too little to say."""

    criteria: int  # decided by draws, not by a rule
    by_rule: int
    draws: int
    unreadable: int  # draws
    flip_rate: float | None  # share of two draws on one criterion that differ
    unsteady: float | None  # share of criteria whose draws are not all the same
    kappa: float | None  # of Fleiss; null where all verdicts are the same
    judges: list[str] = []
    agreement: float | None = None  # of the two judges' majorities
    judges_kappa: float | None = None  # of Cohen


def judge_consistency(grades: Sequence[CriterionGrade], judges: Sequence[str]) -> Consistency:
    """The figures of the first of `judges`, and its agreement with the second where there is one."""
    judge_draws = [_draws_of_judge(grade, judges[0]) for grade in grades if grade.by == "judge"] if judges else []
    readable_verdicts: list[list[str]] = [
        [draw.verdict for draw in draws if draw.verdict != "ungraded"] for draws in judge_draws
    ]
    verdict_counts = [Counter(verdicts) for verdicts in readable_verdicts if len(verdicts) > 1]
    judge_pairs = _pairs_of_judges(grades, judges) if len(judges) > 1 else []
    return Consistency(
        criteria=len(judge_draws),
        by_rule=len(grades) - len(judge_draws),
        draws=sum(map(len, judge_draws)),
        unreadable=sum(draw.verdict == "ungraded" for draws in judge_draws for draw in draws),
        flip_rate=flip_rate(verdict_counts),
        unsteady=sum(len(count) > 1 for count in verdict_counts) / len(verdict_counts) if verdict_counts else None,
        kappa=fleiss_kappa(verdict_counts),
        judges=list(judges),
        agreement=sum(first == second for first, second in judge_pairs) / len(judge_pairs) if judge_pairs else None,
        judges_kappa=cohen_kappa(judge_pairs),
    )


def is_flipping(grade: CriterionGrade) -> bool:
    """Whether the first judge's readable draws are not all the same."""
    first_judge = grade.draws[0].judge if grade.draws else ""
    return len({draw.verdict for draw in _draws_of_judge(grade, first_judge) if draw.verdict != "ungraded"}) > 1


def flip_rate(verdict_counts: Sequence[Counter[str]]) -> float | None:
    """The chance that two draws on one criterion differ, in the mean over criteria of two or more draws."""
    return 1 - sum(map(_draw_agreement, verdict_counts)) / len(verdict_counts) if verdict_counts else None


def fleiss_kappa(verdict_counts: Sequence[Counter[str]]) -> float | None:
    """Fleiss' kappa (Psychological Bulletin 1971), each item weighted by its draws where their numbers differ.

    None without two draws on an item, and where all verdicts are the same, so that chance alone would agree.
    """
    if not verdict_counts:
        return None
    observed_agreement = sum(map(_draw_agreement, verdict_counts)) / len(verdict_counts)
    verdict_total = sum(verdict_counts, Counter[str]())
    chance_agreement = sum((count / verdict_total.total()) ** 2 for count in verdict_total.values())
    return (observed_agreement - chance_agreement) / (1 - chance_agreement) if chance_agreement < 1 else None


def cohen_kappa(judge_pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa (Educational and Psychological Measurement 1960); None for no pairs and for one verdict alone."""
    if not judge_pairs:
        return None
    first_counts, second_counts = (Counter(pair[side] for pair in judge_pairs) for side in (0, 1))
    observed_agreement = sum(first == second for first, second in judge_pairs) / len(judge_pairs)
    chance_agreement = (
        sum(first_counts[verdict] * second_counts[verdict] for verdict in first_counts) / len(judge_pairs) ** 2
    )
    return (observed_agreement - chance_agreement) / (1 - chance_agreement) if chance_agreement < 1 else None


def _draw_agreement(verdict_count: Counter[str]) -> float:
    draw_count = verdict_count.total()
    return sum(n * (n - 1) for n in verdict_count.values()) / (draw_count * (draw_count - 1))


def _draws_of_judge(grade: CriterionGrade, judge: str) -> list[Draw]:
    return [draw for draw in grade.draws if draw.judge == judge]


def _pairs_of_judges(grades: Iterable[CriterionGrade], judges: Sequence[str]) -> list[tuple[str, str]]:
    draws_of_both = [[_draws_of_judge(grade, judge) for judge in judges[:2]] for grade in grades if grade.by == "judge"]
    majority_pairs = [
        (majority_verdict(first), majority_verdict(second)) for first, second in draws_of_both if first and second
    ]
    return [pair for pair in majority_pairs if "ungraded" not in pair]
