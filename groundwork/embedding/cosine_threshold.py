"""From which cosine two texts count as near-duplicates: set from the cosines of random pairs, for each script anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from groundwork.embedding.vector_types import Floats, Vectors
from groundwork.language.language_and_script import main_script

# Where a near-duplicate begins, on a scale from 0 (two random questions) to 1 (the same question): cosine 0.9 for
# MiniLM, whose random pairs lie at 0.22, and 0.98 for e5, whose random pairs lie at 0.84.
NEAR_DUPLICATE_SCALE = 0.87
RANDOM_PAIRS = 20_000
LATIN = "latin"


def calibrate_threshold(vectors: Vectors, seed: int = 0) -> float:
    """The cosine from which two rows count as near-duplicates under this embedder: between 0 and 0.999.

    Set from the median cosine of random pairs of different rows, since every model spreads its vectors differently.
    """
    if len(vectors) < 2:
        return 0.999
    median_cosine = float(np.median(random_cosines(vectors, seed)))
    return min(0.999, max(0.0, median_cosine + NEAR_DUPLICATE_SCALE * (1 - median_cosine)))


def random_cosines(vectors: Vectors, seed: int = 0, pairs: int = RANDOM_PAIRS) -> NDArray[np.float32]:
    """Cosines of `pairs` random pairs of different rows, (pairs,); needs two rows at least."""
    rng = np.random.default_rng(seed)
    first_rows = rng.integers(len(vectors), size=pairs)
    second_rows = (first_rows + rng.integers(1, len(vectors), size=pairs)) % len(vectors)
    return np.asarray(np.einsum("ij,ij->i", vectors[first_rows], vectors[second_rows]))


def random_cosines_within(
    vectors: Vectors, groups: Sequence[str], seed: int = 0, pairs: int = RANDOM_PAIRS
) -> NDArray[np.float32]:
    """Cosines of `pairs` random pairs of different rows of one group, (pairs,); none where no group has two rows."""
    _, group_of, group_sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    rows_by_group = np.argsort(group_of, kind="stable")
    group_starts = np.cumsum(group_sizes) - group_sizes
    group_of_place = group_of[rows_by_group]
    paired_places = np.flatnonzero(group_sizes[group_of_place] > 1)
    if not len(paired_places):
        return np.empty(0, dtype=np.float32)
    rng = np.random.default_rng(seed)
    first_rows = rng.choice(paired_places, size=pairs)
    start, size = group_starts[group_of_place[first_rows]], group_sizes[group_of_place[first_rows]]
    second_rows = start + (first_rows - start + rng.integers(1, size)) % size
    return np.asarray(np.einsum("ij,ij->i", vectors[rows_by_group[first_rows]], vectors[rows_by_group[second_rows]]))


def calibrate_by_script(
    vectors: Vectors, texts: Sequence[str], overall_threshold: float, seed: int = 0
) -> dict[str, float]:
    """By script, Latin aside, the cosine from which two of its texts count as near-duplicates: `overall_threshold` at
    least.

    `vectors` (n, d) are those of `texts`, rows of length 1. A script with a single text has no entry.
    """
    rows_by_script: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        if (script := _main_script_or_latin(text)) != LATIN:
            rows_by_script.setdefault(script, []).append(row)
    return {
        script: max(overall_threshold, calibrate_threshold(vectors[rows], seed))
        for script, rows in rows_by_script.items()
        if len(rows) > 1
    }


def calibrated_thresholds(vectors: Vectors, texts: Sequence[str], seed: int) -> Callable[[str], float]:
    """What gives each text the cosine from which another is its near-duplicate, calibrated on `texts` (n, d)."""
    threshold = calibrate_threshold(vectors, seed)
    return partial(threshold_of, by_script=calibrate_by_script(vectors, texts, threshold, seed), overall=threshold)


def threshold_of(text: str, by_script: Mapping[str, float], overall: float) -> float:
    """That of the script of `text`."""
    return by_script.get(_main_script_or_latin(text), overall) if by_script else overall


def near_duplicate_thresholds(
    texts: Iterable[str], threshold_by_script: Mapping[str, float], overall_threshold: float
) -> Floats:
    """(n,): that of each text."""
    return np.array([threshold_of(text, threshold_by_script, overall_threshold) for text in texts], dtype=np.float64)


def _main_script_or_latin(text: str) -> str:
    return LATIN if text.isascii() else main_script(text)
