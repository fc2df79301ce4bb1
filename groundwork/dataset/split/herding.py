"""Of some candidates, those whose mean lies closest to the mean of all rows under a Gaussian kernel (the least MMD).

First greedily, place by place (kernel herding: Chen, Welling and Smola, "Super-Samples from Kernel Herding", 2010);
then each place gives up its row for a better one until none is left, and from the best choice so far a few random
changes lead on to the next such end (iterated local search: Lourenço, Martin and Stützle, 2003).

Vectors are (n, d) float32 with unit rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from groundwork.embedding.clusters import single_thread
from groundwork.embedding.nearest_neighbours import BLOCK_CELLS

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Scores = NDArray[np.float64]

MANY = 5_000  # candidates from which the greedy choice stands: large samples are close to the whole anyway
MEAN_ROWS = 20_000  # rows that stand for all
PASSES = 30  # over all places, for one local search
SEARCHES = 625  # local searches at most
STEPS = 20_000  # places of all local searches together, which is less for more than 32 places
CHANGED = 2  # places that start the next local search with a random row
BETTER = 1e-9  # a smaller gain is rounding


def bandwidth(vectors: Vectors, seed: int) -> float:
    """The median distance of random pairs of rows; 1 where most are equal."""
    a, b = np.random.default_rng(seed).integers(len(vectors), size=(2, 2_000))
    return float(np.median(np.linalg.norm(vectors[a] - vectors[b], axis=1))) or 1.0


def gaussian(vectors: Vectors, other: Vectors, width: float) -> Vectors:
    """The Gaussian kernel of unit vectors (m, d) with one (d,) or many (n, d): (m,) or (m, n)."""
    kernel: Vectors = np.exp((vectors @ other.T - 1) / np.float32(width**2))
    return kernel


def herd(places: Sequence[Sequence[Rows]], shown: Vectors, vectors: Vectors, seed: int) -> list[int]:
    """One of the candidates `shown` (their numbers) for each of `places`, no candidate twice.

    A place lists its candidates in tiers, and takes one from the first tier with any left; places of one cluster list
    the same arrays.
    """
    width = bandwidth(vectors, seed)
    with single_thread():  # the sums of a matrix product depend on the number of threads
        wanted = _mean_kernel(shown, vectors[:: max(1, len(vectors) // MEAN_ROWS)], width)
        if len(shown) > MANY:
            return _greedy(places, wanted, lambda i: gaussian(shown, shown[i], width))[0]
        kernel = gaussian(shown, shown, width).astype(np.float64)
    chosen, tiers = _greedy(places, wanted, lambda i: kernel[i])
    return _search(chosen, tiers, wanted, kernel, np.random.default_rng(seed))


def _greedy(
    places: Sequence[Sequence[Rows]], wanted: Scores, column: Callable[[int], NDArray[np.floating]]
) -> tuple[list[int], list[Rows]]:
    """For each place the candidate that brings the set so far closest to the whole, and the tier that it came from."""
    free = np.ones(len(wanted), dtype=bool)
    near = np.zeros(len(wanted))  # of every candidate to those chosen: the sum of the kernel
    chosen: list[int] = []
    tiers: list[Rows] = []
    for count, place in enumerate(places, start=1):
        tier = next(tier for tier in place if free[tier].any())
        chosen.append(_best(tier, free, wanted * count - near))
        tiers.append(tier)
        free[chosen[-1]] = False
        near += column(chosen[-1])
    return chosen, tiers


def _search(
    chosen: list[int], tiers: Sequence[Rows], wanted: Scores, kernel: Scores, rng: np.random.Generator
) -> list[int]:
    """The best of many local searches, each from the best so far with a few places changed at random."""
    best = _settled(chosen, tiers, wanted, kernel)
    least = _distance(best, wanted, kernel)
    for _ in range(min(SEARCHES, STEPS // len(chosen))):
        changed = list(best)
        free = _free(changed, len(wanted))
        for place in rng.choice(len(changed), min(CHANGED, len(changed)), replace=False).tolist():
            others = tiers[place][free[tiers[place]]]
            if len(others):
                free[changed[place]] = True
                changed[place] = int(rng.choice(others))
                free[changed[place]] = False
        found = _settled(changed, tiers, wanted, kernel)
        if (distance := _distance(found, wanted, kernel)) < least - BETTER:
            best, least = found, distance
    return best


def _settled(chosen: Sequence[int], tiers: Sequence[Rows], wanted: Scores, kernel: Scores) -> list[int]:
    """`chosen` after each place, in turn, has taken the row of its tier that brings the set closest, until none
    changes any more."""
    chosen = list(chosen)
    free = _free(chosen, len(wanted))
    near = kernel[chosen].sum(axis=0)
    goal = wanted * len(chosen)
    for _ in range(PASSES):
        before = list(chosen)
        for place, tier in enumerate(tiers):
            free[chosen[place]] = True
            near -= kernel[chosen[place]]
            chosen[place] = _best(tier, free, goal - near)
            free[chosen[place]] = False
            near += kernel[chosen[place]]
        if chosen == before:
            break
    return chosen


def _best(tier: Rows, free: NDArray[np.bool_], gain: Scores) -> int:
    return int(tier[np.where(free[tier], gain[tier], -np.inf).argmax()])


def _free(chosen: Sequence[int], count: int) -> NDArray[np.bool_]:
    free = np.ones(count, dtype=bool)
    free[chosen] = False
    return free


def _distance(chosen: Sequence[int], wanted: Scores, kernel: Scores) -> float:
    """The squared MMD to all rows, less a constant."""
    return float(kernel[np.ix_(chosen, chosen)].mean() - 2 * wanted[chosen].mean())


def _mean_kernel(shown: Vectors, vectors: Vectors, width: float) -> Scores:
    """The mean kernel of each of `shown` with all `vectors`."""
    step = max(1, BLOCK_CELLS // len(vectors))
    parts = [
        gaussian(shown[i : i + step], vectors, width).mean(axis=1, dtype=np.float64) for i in range(0, len(shown), step)
    ]
    return np.concatenate(parts)
