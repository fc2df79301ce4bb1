"""Whole places shared out in proportion to weights."""

from __future__ import annotations

from collections.abc import Iterable


def largest_remainder(weights: Iterable[int], total: int) -> list[int]:
    """Share `total` places out in proportion to `weights` (Hamilton's method); ties go to the earlier one."""
    weights = [int(weight) for weight in weights]
    total_weight = sum(weights)
    if total_weight == 0:
        return [0] * len(weights)
    quotas = [weight * total // total_weight for weight in weights]
    by_remainder = sorted(range(len(quotas)), key=lambda index: (-(weights[index] * total % total_weight), index))
    for index in by_remainder[: total - sum(quotas)]:
        quotas[index] += 1
    return quotas
