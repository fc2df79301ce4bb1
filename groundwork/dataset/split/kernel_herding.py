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

GREEDY_ONLY_FROM = 5_000  # candidates from which the greedy choice stands: large samples are close to the whole anyway
MEAN_ROWS = 20_000  # rows that stand for all
MAX_PASSES = 30  # over all places, for one local search
SEARCHES = 625  # local searches at most
STEPS = 20_000  # places of all local searches together, which is less for more than 32 places
PLACES_CHANGED = 2  # places that start the next local search with a random row
LEAST_GAIN = 1e-9  # a smaller gain is rounding


def bandwidth(vectors: Vectors, seed: int) -> float:
    """The median distance of random pairs of rows; 1 where most are equal."""
    a, b = np.random.default_rng(seed).integers(len(vectors), size=(2, 2_000))
    return float(np.median(np.linalg.norm(vectors[a] - vectors[b], axis=1))) or 1.0


def gaussian_kernel(vectors: Vectors, centres: Vectors, width: float) -> Vectors:
    """The Gaussian kernel of unit vectors (m, d) with one (d,) or many (n, d): (m,) or (m, n)."""
    kernel: Vectors = np.exp((vectors @ centres.T - 1) / np.float32(width**2))
    return kernel


def herd_rows(tiers_by_place: Sequence[Sequence[Rows]], candidates: Vectors, vectors: Vectors, seed: int) -> list[int]:
    """One of the `candidates` (their numbers) for each of the places, no candidate twice.

    A place lists its candidates in tiers, and takes one from the first tier with any left; places of one cluster list
    the same arrays.
    """
    width = bandwidth(vectors, seed)
    with single_thread():  # the sums of a matrix product depend on the number of threads
        mean_kernel = _mean_kernel(candidates, vectors[:: max(1, len(vectors) // MEAN_ROWS)], width)
        if len(candidates) > GREEDY_ONLY_FROM:
            return _greedy(tiers_by_place, mean_kernel, lambda i: gaussian_kernel(candidates, candidates[i], width))[0]
        kernel = gaussian_kernel(candidates, candidates, width).astype(np.float64)
    chosen, tiers = _greedy(tiers_by_place, mean_kernel, lambda i: kernel[i])
    return _local_searches(chosen, tiers, mean_kernel, kernel, np.random.default_rng(seed))


def _greedy(
    tiers_by_place: Sequence[Sequence[Rows]], mean_kernel: Scores, kernel_column: Callable[[int], NDArray[np.floating]]
) -> tuple[list[int], list[Rows]]:
    """For each place the candidate that brings the set so far closest to the whole, and the tier that it came from."""
    is_free = np.ones(len(mean_kernel), dtype=bool)
    kernel_sums = np.zeros(len(mean_kernel))  # of every candidate to those chosen: the sum of the kernel
    chosen: list[int] = []
    tiers: list[Rows] = []
    for count, place_tiers in enumerate(tiers_by_place, start=1):
        tier = next(tier for tier in place_tiers if is_free[tier].any())
        chosen.append(_best_candidate(tier, is_free, mean_kernel * count - kernel_sums))
        tiers.append(tier)
        is_free[chosen[-1]] = False
        kernel_sums += kernel_column(chosen[-1])
    return chosen, tiers


def _local_searches(
    chosen: list[int], tiers: Sequence[Rows], mean_kernel: Scores, kernel: Scores, rng: np.random.Generator
) -> list[int]:
    """The best of many local searches, each from the best so far with a few places changed at random."""
    best_choice = _improve(chosen, tiers, mean_kernel, kernel)
    least_distance = _distance(best_choice, mean_kernel, kernel)
    for _ in range(min(SEARCHES, STEPS // len(chosen))):
        changed = list(best_choice)
        is_free = _free_mask(changed, len(mean_kernel))
        for place in rng.choice(len(changed), min(PLACES_CHANGED, len(changed)), replace=False).tolist():
            free_candidates = tiers[place][is_free[tiers[place]]]
            if len(free_candidates):
                is_free[changed[place]] = True
                changed[place] = int(rng.choice(free_candidates))
                is_free[changed[place]] = False
        settled = _improve(changed, tiers, mean_kernel, kernel)
        if (distance := _distance(settled, mean_kernel, kernel)) < least_distance - LEAST_GAIN:
            best_choice, least_distance = settled, distance
    return best_choice


def _improve(chosen: Sequence[int], tiers: Sequence[Rows], mean_kernel: Scores, kernel: Scores) -> list[int]:
    """`chosen` after each place, in turn, has taken the row of its tier that brings the set closest, until none
    changes any more."""
    chosen = list(chosen)
    is_free = _free_mask(chosen, len(mean_kernel))
    kernel_sums = kernel[chosen].sum(axis=0)
    goal = mean_kernel * len(chosen)
    for _ in range(MAX_PASSES):
        previous = list(chosen)
        for place, tier in enumerate(tiers):
            is_free[chosen[place]] = True
            kernel_sums -= kernel[chosen[place]]
            chosen[place] = _best_candidate(tier, is_free, goal - kernel_sums)
            is_free[chosen[place]] = False
            kernel_sums += kernel[chosen[place]]
        if chosen == previous:
            break
    return chosen


def _best_candidate(tier: Rows, is_free: NDArray[np.bool_], gain: Scores) -> int:
    return int(tier[np.where(is_free[tier], gain[tier], -np.inf).argmax()])


def _free_mask(chosen: Sequence[int], count: int) -> NDArray[np.bool_]:
    is_free = np.ones(count, dtype=bool)
    is_free[chosen] = False
    return is_free


def _distance(chosen: Sequence[int], mean_kernel: Scores, kernel: Scores) -> float:
    """The squared MMD to all rows, less a constant."""
    return float(kernel[np.ix_(chosen, chosen)].mean() - 2 * mean_kernel[chosen].mean())


def _mean_kernel(candidates: Vectors, vectors: Vectors, width: float) -> Scores:
    """The mean kernel of each of the `candidates` with all `vectors`."""
    step = max(1, BLOCK_CELLS // len(vectors))
    means = [
        gaussian_kernel(candidates[i : i + step], vectors, width).mean(axis=1, dtype=np.float64)
        for i in range(0, len(candidates), step)
    ]
    return np.concatenate(means)


class Kernel:
    """A Gaussian kernel, its bandwidth the median distance of random pairs of `vectors`, by random features.

    Inner products of (m, size) features approach the kernel (Rahimi and Recht, "Random Features for Large-Scale
    Kernel Machines", 2007); the distance of the means of two sets' features is their MMD.
    """

    def __init__(self, vectors: Vectors, seed: int, size: int) -> None:
        shape = (vectors.shape[1], size // 2)
        self._frequencies = np.random.default_rng(seed).normal(size=shape) / bandwidth(vectors, seed)
        self._scale = np.float32((2 / size) ** 0.5)

    def features(self, vectors: Vectors) -> Vectors:
        """(m, size) of (m, d) vectors."""
        angles = vectors @ self._frequencies.astype(np.float32)
        return np.concatenate([np.cos(angles), np.sin(angles)], axis=1) * self._scale
