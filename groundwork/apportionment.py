"""Whole places shared out in proportion to weights."""

from __future__ import annotations

from collections.abc import Iterable


def apportion_by_largest_remainder(place_weights: Iterable[int], places: int) -> list[int]:
    """Share `places` out in proportion to `place_weights` (Hamilton's method); ties go to the earlier one."""
    place_weights = [int(weight) for weight in place_weights]
    total_weight = sum(place_weights)
    if total_weight == 0:
        return [0] * len(place_weights)
    apportioned = [weight * places // total_weight for weight in place_weights]
    by_remainder = sorted(range(len(apportioned)), key=lambda i: (-(place_weights[i] * places % total_weight), i))
    for index in by_remainder[: places - sum(apportioned)]:
        apportioned[index] += 1
    return apportioned
