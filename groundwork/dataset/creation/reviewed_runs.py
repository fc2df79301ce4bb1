"""What people decided about the pairs of runs, obeyed before the pairs become rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from groundwork.data_folder.runs.kept_and_rejected_pairs import Candidate
from groundwork.data_folder.runs.review_decisions import StandingReview
from groundwork.records import Pair


class ReviewedRun(NamedTuple):
    """What people decided about a run, and the pairs that rules or models had turned down."""

    review: StandingReview
    turned_down: Sequence[Candidate]


def apply_reviews(
    pool_pairs: list[tuple[str, Pair]],
    pool_locations: list[str],
    pool_reviews: Mapping[str, ReviewedRun],
    pool_files_by_run: Mapping[str, Sequence[Path]],
) -> tuple[list[tuple[str, Pair]], list[str], list[str], list[str]]:
    """(pairs by run, their places, what people decided, warnings) once each run's decisions are obeyed."""
    decided_pairs, decided_locations = [], []
    for (run, pool_pair), pool_location in zip(pool_pairs, pool_locations, strict=True):
        decided_pair = pool_reviews[run].review.apply_decision(pool_pair) if run in pool_reviews else pool_pair
        if decided_pair is not None:
            decided_pairs.append((run, decided_pair))
            decided_locations.append(pool_location)
    present_pairs = {(run, pool_pair.id) for run, pool_pair in pool_pairs}
    decision_lines, review_warnings = [], []
    for run, (pool_review, turned_down) in pool_reviews.items():
        restored = pool_review.restored_pairs(turned_down, lambda pair_id, run=run: (run, pair_id) in present_pairs)  # type: ignore[misc]
        decided_pairs += [(run, pool_pair) for pool_pair in restored]
        decided_locations += [f"{run}, accepted in review"] * len(restored)
        run_label = f"{run}: " if len(pool_reviews) > 1 else ""
        decision_lines += [f"{run_label}{summary_line}" for summary_line in pool_review.summary_lines()]
        review_warnings += pool_review.unmet_warnings(pool_file.stem for pool_file in pool_files_by_run[run])
        review_warnings += pool_review.outdated_warnings()
    return decided_pairs, decided_locations, decision_lines, review_warnings
