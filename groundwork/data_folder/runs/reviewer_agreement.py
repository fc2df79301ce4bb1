"""How far reviewers agree about the pairs that two of them judged: their shares, and Cohen's kappa."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from groundwork.data_folder.runs.review_decisions import StandingDecisions
from groundwork.message_wording import counted


class Agreement(NamedTuple):
    """How far two reviewers agree over the `pairs` that both judged. `kappa`: None where chance alone decides."""

    reviewers: tuple[str, str]
    pairs: int
    share: float
    kappa: float | None

    def __str__(self) -> str:
        kappa_text = "" if self.kappa is None else f" (Cohen's kappa {self.kappa:.2f})"
        judged_pairs = counted(self.pairs, "pair")
        return f"{' and '.join(self.reviewers)} agree on {self.share:.0%} of {judged_pairs} both judged{kappa_text}"


def reviewer_agreements(decisions: StandingDecisions) -> list[Agreement]:
    """Every two reviewers who judged a pair both, those with most such pairs first.

    Cohen's kappa (1960): (observed - expected) / (1 - expected), expected from each reviewer's own share of verdicts.
    """
    verdict_tables: dict[tuple[str, str], dict[tuple[bool, bool], int]] = {}
    for decisions_by_reviewer in decisions.values():
        for reviewer, second_reviewer in combinations(sorted(decisions_by_reviewer), 2):
            reviewer_verdict_table = verdict_tables.setdefault((reviewer, second_reviewer), {})
            verdict_cell = (decisions_by_reviewer[reviewer].accepts, decisions_by_reviewer[second_reviewer].accepts)
            reviewer_verdict_table[verdict_cell] = reviewer_verdict_table.get(verdict_cell, 0) + 1
    agreements = [
        _reviewer_agreement(reviewers, reviewer_verdict_table)
        for reviewers, reviewer_verdict_table in verdict_tables.items()
    ]
    return sorted(agreements, key=lambda agreement: (-agreement.pairs, agreement.reviewers))


def _reviewer_agreement(reviewers: tuple[str, str], reviewer_verdict_table: dict[tuple[bool, bool], int]) -> Agreement:
    pairs_judged_by_both = sum(reviewer_verdict_table.values())
    observed_agreement = (
        sum(verdict_count for (a, b), verdict_count in reviewer_verdict_table.items() if a == b) / pairs_judged_by_both
    )
    expected_agreement = sum(
        (
            sum(verdict_count for (a, _), verdict_count in reviewer_verdict_table.items() if a == verdict_accepts)
            / pairs_judged_by_both
        )
        * (
            sum(verdict_count for (_, b), verdict_count in reviewer_verdict_table.items() if b == verdict_accepts)
            / pairs_judged_by_both
        )
        for verdict_accepts in (True, False)
    )
    return Agreement(
        reviewers,
        pairs_judged_by_both,
        observed_agreement,
        (observed_agreement - expected_agreement) / (1 - expected_agreement) if expected_agreement < 1 else None,
    )
