"""Memorization: scores on the reworded questions of eval beside those on the same questions as they were trained on.

A model that knows its training text by heart answers the mirror and not its rewording. One that learnt the facts
answers both alike. With few rows neither can be shown, and then it is said how many would do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from groundwork.dataset.load_dataset import MIRROR_SPLITS
from groundwork.grading.confidence_intervals import PairedDifference, format_points, paired_difference, rows_needed
from groundwork.message_wording import counted
from groundwork.records import Grade


@dataclass(frozen=True)
class GapBounds:
    """The settings of the conclusion: the gap (0..1) from which on something is learnt by heart, and the score on the
    mirror below which nothing was learnt."""

    margin: float
    floor: float


Conclusion = Literal["learnt", "learnt by heart", "not learnt", "cannot tell"]
ADVISED_ROWS = 128  # rows of eval with which a gap of 20 points is seen in 99 % of runs (benchmarks/grading.py)
UNCHANGED_SHARE = 0.5  # share of eval's questions that read as in the mirror, from which on the two are one split


class MirrorPair(msgspec.Struct, frozen=True):
    """The scores (0..1) of one question in eval and in the mirror."""

    eval: float
    mirror: float
    cluster: str
    same_words: bool


class MirrorGap(msgspec.Struct, frozen=True, kw_only=True):
    """Mirror minus eval over the pairs, and what follows from it."""

    difference: PairedDifference | None
    conclusion: Conclusion
    reason: str
    rows_needed: int = 0  # pairs that would tell; 0: these did, or no number of them would


def mirror_rows_advice(mirror_pairs: int, split_sizes: Mapping[str, int]) -> str:
    """How to have the `mirror_pairs` pairs that would tell. `split_sizes`: questions of the dataset by split, where
    known.

    ADVISED_ROWS are advised instead where they are more and leave half of train outside of eval.
    """
    train_size, eval_size = split_sizes.get("train", 0), split_sizes.get("eval", 0)
    mirror_rows = max(mirror_pairs, min(ADVISED_ROWS, train_size // 2) if train_size else ADVISED_ROWS)
    gap_advice = f"about {counted(mirror_pairs, 'row')} would tell"
    if eval_size >= mirror_pairs:
        return f"{gap_advice}, and eval has {eval_size:,}: grade those that are open"
    if mirror_rows == ADVISED_ROWS > mirror_pairs:
        gap_advice += f" ({ADVISED_ROWS} see a true gap of 20 points in 99 % of runs, 32 in 44 %)"
    if not train_size:
        return f"{gap_advice}: build with --eval-max {mirror_rows} and an --eval-fraction that gives so many"
    eval_fraction = math.ceil(100 * mirror_rows / train_size) / 100
    if eval_fraction >= 1:
        return f"{gap_advice}, more than the {counted(train_size, 'row')} of train: generate more pairs"
    return f"{gap_advice}: build with --eval-max {mirror_rows} --eval-fraction {eval_fraction:g}"


def measure_mirror_gap(
    mirror_pairs: Sequence[MirrorPair], gap_bounds: GapBounds, mirror_gain: PairedDifference | None = None
) -> MirrorGap:
    """The conclusion at 5 %: by heart where the gap is above 0 for sure and at least the margin; learnt where it is
    below the margin for sure; not learnt where the mirror's mean score is below the floor for sure, or its
    `mirror_gain` over the base model below the margin.
    """
    if not mirror_pairs:
        gap_reason = "no question has a score in eval and in the mirror"
        return MirrorGap(difference=None, conclusion="cannot tell", reason=gap_reason)
    mirror_difference = paired_difference(
        [pair.mirror - pair.eval for pair in mirror_pairs], [pair.cluster for pair in mirror_pairs]
    )
    if sum(pair.same_words for pair in mirror_pairs) > UNCHANGED_SHARE * len(mirror_pairs):
        gap_reason = "eval asks in the words of the mirror; build the dataset with --rephrase-qa"
        return MirrorGap(difference=mirror_difference, conclusion="cannot tell", reason=gap_reason)
    conclusion, gap_reason = _gap_conclusion(mirror_pairs, mirror_difference, gap_bounds, mirror_gain)
    missing_rows = _mirror_pairs_needed(mirror_difference, gap_bounds.margin) if conclusion == "cannot tell" else 0
    return MirrorGap(difference=mirror_difference, conclusion=conclusion, reason=gap_reason, rows_needed=missing_rows)


def _gap_conclusion(
    mirror_pairs: Sequence[MirrorPair],
    mirror_difference: PairedDifference,
    gap_bounds: GapBounds,
    mirror_gain: PairedDifference | None,
) -> tuple[Conclusion, str]:
    mirror_score = paired_difference([pair.mirror for pair in mirror_pairs], [pair.cluster for pair in mirror_pairs])
    gap_points = round(mirror_difference.mean * 100)
    mirror_position = (
        f"{counted(abs(gap_points), 'point')} {'above' if gap_points > 0 else 'below'}" if gap_points else "level with"
    )
    gap_words = f"the mirror's score is {mirror_position} eval's"
    if mirror_score.most < gap_bounds.floor:
        met_share = f"{mirror_score.mean:.0%} of the criteria"
        return "not learnt", f"even asked in the words of training it meets only {met_share}"
    if mirror_gain and mirror_gain.most < gap_bounds.margin:
        gained_points = f"{mirror_gain.mean * 100:+.0f} points"
        return "not learnt", f"asked in the words of training it gains {gained_points} over its base"
    if mirror_difference.low > 0 and mirror_difference.mean >= gap_bounds.margin:
        return "learnt by heart", f"{gap_words}: it answers what it was trained on, less so in other words"
    if mirror_difference.most < gap_bounds.margin:
        return "learnt", f"{gap_words}: it also knows in other words what it learnt"
    gap_range = f"{mirror_difference.low * 100:+.0f} to {mirror_difference.high * 100:+.0f}"
    return "cannot tell", f"{gap_words}, anything from {gap_range}"


def _mirror_pairs_needed(mirror_difference: PairedDifference, margin: float) -> int:
    """Rows that would tell: whether there is a gap where it looks like one, else whether it is below the margin."""
    gap_effect = (
        mirror_difference.mean if mirror_difference.mean >= margin / 2 else margin - max(mirror_difference.mean, 0.0)
    )
    return max(mirror_difference.n + 1, rows_needed(mirror_difference.spread, gap_effect))


def gap_lines(graded_model: str, gap: MirrorGap | None, split_sizes: Mapping[str, int]) -> Iterator[str]:
    """The conclusion, its figures, and what would tell where they do not."""
    if gap is None:
        return
    yield f"{graded_model}: {gap.conclusion} ({gap.reason})"
    if gap.difference:
        yield f"  mirror - eval: {format_points(gap.difference)} points, {counted(gap.difference.n, 'pair')}"
    if gap.rows_needed:
        yield f"  {mirror_rows_advice(gap.rows_needed, split_sizes)}"


def split_mirror_gap(
    gap_grades: Mapping[str, Sequence[Grade]],
    gap_cluster: Callable[[Grade], str],
    gap_bounds: GapBounds,
    gap_gains: Mapping[str, PairedDifference],
) -> MirrorGap | None:
    """The gap between a model's mirror and its eval; None where one of the two was not graded.

    `gap_cluster`: what an answer's row hangs together with, for the intervals. `gap_gains`: by split, over the base.
    """
    mirror_split = next((split for split in gap_grades if split in MIRROR_SPLITS), "")
    eval_split = next((split for split in gap_grades if split not in (*MIRROR_SPLITS, "train")), "")
    if not mirror_split or eval_split not in gap_grades or eval_split == mirror_split:
        return None
    mirror_pairs = list(_mirror_pairs(gap_grades[eval_split], gap_grades[mirror_split], gap_cluster))
    return measure_mirror_gap(mirror_pairs, gap_bounds, gap_gains.get(mirror_split))


def _mirror_pairs(
    mirrored_grades: Sequence[Grade], mirror_grades: Sequence[Grade], gap_cluster: Callable[[Grade], str]
) -> Iterator[MirrorPair]:
    mirror_by_id = {mirror_grade.id: mirror_grade for mirror_grade in mirror_grades}
    for mirrored_grade in mirrored_grades:
        mirror_grade = mirror_by_id.get(mirrored_grade.id)
        if mirror_grade and mirrored_grade.score is not None and mirror_grade.score is not None:
            same_words = mirrored_grade.question.strip() == mirror_grade.question.strip()
            yield MirrorPair(mirrored_grade.score, mirror_grade.score, gap_cluster(mirrored_grade), same_words)
