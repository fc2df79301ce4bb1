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
from groundwork.embedding.vector_types import Rows, Vectors

Scores = NDArray[np.float64]

GREEDY_ONLY_FROM = 5_000  # candidates from which the greedy choice stands: large samples are close to the whole anyway
MEAN_KERNEL_ROWS = 20_000  # rows that stand for all
MAX_PASSES = 30  # over all places, for one local search
MOST_LOCAL_SEARCHES = 625  # local searches at most
MOST_SEARCH_STEPS = 20_000  # places of all local searches together, which is less for more than 32 places
PLACES_CHANGED = 2  # places that start the next local search with a random row
LEAST_MMD_GAIN = 1e-9  # a smaller gain is rounding


def bandwidth(vectors: Vectors, seed: int) -> float:
    """The median distance of random pairs of rows; 1 where most are equal."""
    first_rows, second_rows = np.random.default_rng(seed).integers(len(vectors), size=(2, 2_000))
    return float(np.median(np.linalg.norm(vectors[first_rows] - vectors[second_rows], axis=1))) or 1.0


def gaussian_kernel(vectors: Vectors, kernel_centres: Vectors, kernel_width: float) -> Vectors:
    """The Gaussian kernel of unit vectors (m, d) with one (d,) or many (n, d): (m,) or (m, n)."""
    kernel_values: Vectors = np.exp((vectors @ kernel_centres.T - 1) / np.float32(kernel_width**2))
    return kernel_values


def herd_rows(tiers_by_place: Sequence[Sequence[Rows]], candidates: Vectors, vectors: Vectors, seed: int) -> list[int]:
    """One of the `candidates` (their numbers) for each of the places, no candidate twice.

    A place lists its candidates in tiers, and takes one from the first tier with any left; places of one cluster list
    the same arrays.
    """
    kernel_width = bandwidth(vectors, seed)
    with single_thread():  # the sums of a matrix product depend on the number of threads
        mean_kernel = _mean_kernel(candidates, vectors[:: max(1, len(vectors) // MEAN_KERNEL_ROWS)], kernel_width)
        if len(candidates) > GREEDY_ONLY_FROM:
            return _herd_greedily(
                tiers_by_place, mean_kernel, lambda i: gaussian_kernel(candidates, candidates[i], kernel_width)
            )[0]
        kernel = gaussian_kernel(candidates, candidates, kernel_width).astype(np.float64)
    herded, herded_tiers = _herd_greedily(tiers_by_place, mean_kernel, lambda i: kernel[i])
    return _local_searches(herded, herded_tiers, mean_kernel, kernel, np.random.default_rng(seed))


def _herd_greedily(
    tiers_by_place: Sequence[Sequence[Rows]], mean_kernel: Scores, kernel_column: Callable[[int], NDArray[np.floating]]
) -> tuple[list[int], list[Rows]]:
    """For each place the candidate that brings the set so far closest to the whole, and the tier that it came from."""
    is_free = np.ones(len(mean_kernel), dtype=bool)
    kernel_sums = np.zeros(len(mean_kernel))  # of every candidate to those chosen: the sum of the kernel
    herded: list[int] = []
    herded_tiers: list[Rows] = []
    for herd_size, place_tiers in enumerate(tiers_by_place, start=1):
        place_tier = next(place_tier for place_tier in place_tiers if is_free[place_tier].any())
        herded.append(_best_candidate(place_tier, is_free, mean_kernel * herd_size - kernel_sums))
        herded_tiers.append(place_tier)
        is_free[herded[-1]] = False
        kernel_sums += kernel_column(herded[-1])
    return herded, herded_tiers


def _local_searches(
    herded: list[int], herded_tiers: Sequence[Rows], mean_kernel: Scores, kernel: Scores, rng: np.random.Generator
) -> list[int]:
    """The best of many local searches, each from the best so far with a few places changed at random."""
    best_choice = _improve_by_exchange(herded, herded_tiers, mean_kernel, kernel)
    least_distance = _mmd_to_all_rows(best_choice, mean_kernel, kernel)
    for _ in range(min(MOST_LOCAL_SEARCHES, MOST_SEARCH_STEPS // len(herded))):
        changed_choice = list(best_choice)
        is_free = _free_mask(changed_choice, len(mean_kernel))
        for place in rng.choice(len(changed_choice), min(PLACES_CHANGED, len(changed_choice)), replace=False).tolist():
            free_candidates = herded_tiers[place][is_free[herded_tiers[place]]]
            if len(free_candidates):
                is_free[changed_choice[place]] = True
                changed_choice[place] = int(rng.choice(free_candidates))
                is_free[changed_choice[place]] = False
        settled_choice = _improve_by_exchange(changed_choice, herded_tiers, mean_kernel, kernel)
        if (mmd_distance := _mmd_to_all_rows(settled_choice, mean_kernel, kernel)) < least_distance - LEAST_MMD_GAIN:
            best_choice, least_distance = settled_choice, mmd_distance
    return best_choice


def _improve_by_exchange(
    herded: Sequence[int], herded_tiers: Sequence[Rows], mean_kernel: Scores, kernel: Scores
) -> list[int]:
    """`herded` after each place, in turn, has taken the row of its tier that brings the set closest, until none
    changes any more."""
    herded = list(herded)
    is_free = _free_mask(herded, len(mean_kernel))
    kernel_sums = kernel[herded].sum(axis=0)
    kernel_goal = mean_kernel * len(herded)
    for _ in range(MAX_PASSES):
        previous_choice = list(herded)
        for place, place_tier in enumerate(herded_tiers):
            is_free[herded[place]] = True
            kernel_sums -= kernel[herded[place]]
            herded[place] = _best_candidate(place_tier, is_free, kernel_goal - kernel_sums)
            is_free[herded[place]] = False
            kernel_sums += kernel[herded[place]]
        if herded == previous_choice:
            break
    return herded


def _best_candidate(place_tier: Rows, is_free: NDArray[np.bool_], kernel_gain: Scores) -> int:
    return int(place_tier[np.where(is_free[place_tier], kernel_gain[place_tier], -np.inf).argmax()])


def _free_mask(herded: Sequence[int], count: int) -> NDArray[np.bool_]:
    is_free = np.ones(count, dtype=bool)
    is_free[herded] = False
    return is_free


def _mmd_to_all_rows(herded: Sequence[int], mean_kernel: Scores, kernel: Scores) -> float:
    """The squared MMD to all rows, less a constant."""
    return float(kernel[np.ix_(herded, herded)].mean() - 2 * mean_kernel[herded].mean())


def _mean_kernel(candidates: Vectors, vectors: Vectors, kernel_width: float) -> Scores:
    """The mean kernel of each of the `candidates` with all `vectors`."""
    kernel_block = max(1, BLOCK_CELLS // len(vectors))
    kernel_means = [
        gaussian_kernel(candidates[i : i + kernel_block], vectors, kernel_width).mean(axis=1, dtype=np.float64)
        for i in range(0, len(candidates), kernel_block)
    ]
    return np.concatenate(kernel_means)
