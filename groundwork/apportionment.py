"""Whole places shared out in proportion to weights."""

from __future__ import annotations

from collections.abc import Iterable


def largest_remainder(weights: Iterable[int], total: int) -> list[int]:
    """Share `total` places out in proportion to `weights` (Hamilton's method); ties go to the earlier one."""
    weights = [int(weight) for weight in weights]
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    quotas = [weight * total // whole for weight in weights]
    by_remainder = sorted(range(len(quotas)), key=lambda i: (-(weights[i] * total % whole), i))
    for i in by_remainder[: total - sum(quotas)]:
        quotas[i] += 1
    return quotas
