"""Memorization: scores on the reworded questions of eval beside those on the same questions as they were trained on.

A model that knows its training text by heart answers the mirror and not its rewording. One that learnt the facts
answers both alike. With few rows neither can be shown, and then it is said how many would do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from groundwork.grading.confidence_intervals import Difference, paired_difference, rows_needed
from groundwork.message_wording import counted


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


class MemorizationGap(msgspec.Struct, frozen=True, kw_only=True):
    """Mirror minus eval over the pairs, and what follows from it."""

    difference: Difference | None
    conclusion: Conclusion
    reason: str
    rows_needed: int = 0  # pairs that would tell; 0: these did, or no number of them would


def rows_advice(missing: int, split_sizes: Mapping[str, int]) -> str:
    """How to have the `missing` pairs that would tell. `split_sizes`: questions of the dataset by split, where known.

    ADVISED_ROWS are advised instead where they are more and leave half of train outside of eval.
    """
    train, in_eval = split_sizes.get("train", 0), split_sizes.get("eval", 0)
    target = max(missing, min(ADVISED_ROWS, train // 2) if train else ADVISED_ROWS)
    would_tell = f"about {counted(missing, 'row')} would tell"
    if in_eval >= missing:
        return f"{would_tell}, and eval has {in_eval:,}: grade those that are open"
    if target == ADVISED_ROWS > missing:
        would_tell += f" ({ADVISED_ROWS} see a true gap of 20 points in 99 % of runs, 32 in 44 %)"
    if not train:
        return f"{would_tell}: build with --eval-max {target} and an --eval-fraction that gives so many"
    fraction = math.ceil(100 * target / train) / 100
    if fraction >= 1:
        return f"{would_tell}, more than the {counted(train, 'row')} of train: generate more pairs"
    return f"{would_tell}: build with --eval-max {target} --eval-fraction {fraction:g}"


def memorization_gap(pairs: Sequence[MirrorPair], bounds: GapBounds, gain: Difference | None = None) -> MemorizationGap:
    """The conclusion at 5 %: by heart where the gap is above 0 for sure and at least the margin; learnt where it is
    below the margin for sure; not learnt where the mirror's mean score is below the floor for sure, or its `gain` over
    the base model below the margin.
    """
    if not pairs:
        return MemorizationGap(
            difference=None, conclusion="cannot tell", reason="no question has a score in eval and in the mirror"
        )
    difference = paired_difference([pair.mirror - pair.eval for pair in pairs], [pair.cluster for pair in pairs])
    if sum(pair.same_words for pair in pairs) > UNCHANGED_SHARE * len(pairs):
        reason = "eval asks in the words of the mirror; build the dataset with --rephrase-qa"
        return MemorizationGap(difference=difference, conclusion="cannot tell", reason=reason)
    conclusion, reason = _conclude(pairs, difference, bounds, gain)
    missing_rows = _rows_needed(difference, bounds.margin) if conclusion == "cannot tell" else 0
    return MemorizationGap(difference=difference, conclusion=conclusion, reason=reason, rows_needed=missing_rows)


def _conclude(
    pairs: Sequence[MirrorPair], difference: Difference, bounds: GapBounds, gain: Difference | None
) -> tuple[Conclusion, str]:
    mirror = paired_difference([pair.mirror for pair in pairs], [pair.cluster for pair in pairs])
    points = round(difference.mean * 100)
    position = f"{counted(abs(points), 'point')} {'above' if points > 0 else 'below'}" if points else "level with"
    gap_words = f"the mirror's score is {position} eval's"
    if mirror.most < bounds.floor:
        return "not learnt", f"even asked in the words of training it meets only {mirror.mean:.0%} of the criteria"
    if gain and gain.most < bounds.margin:
        return "not learnt", f"asked in the words of training it gains {gain.mean * 100:+.0f} points over its base"
    if difference.low > 0 and difference.mean >= bounds.margin:
        return "learnt by heart", f"{gap_words}: it answers what it was trained on, less so in other words"
    if difference.most < bounds.margin:
        return "learnt", f"{gap_words}: it also knows in other words what it learnt"
    return "cannot tell", f"{gap_words}, anything from {difference.low * 100:+.0f} to {difference.high * 100:+.0f}"


def _rows_needed(difference: Difference, margin: float) -> int:
    """Rows that would tell: whether there is a gap where it looks like one, else whether it is below the margin."""
    effect = difference.mean if difference.mean >= margin / 2 else margin - max(difference.mean, 0.0)
    return max(difference.n + 1, rows_needed(difference.spread, effect))
