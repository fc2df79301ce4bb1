"""Near-duplicates by cosine, exactly, in blocks. Vectors are (n, d) float32 with unit rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

BLOCK_CELLS = 32_000_000  # cosines held at once: 128 MB
# Where a near-duplicate begins, on a scale from 0 (two random questions) to 1 (the same question): cosine 0.9 for
# MiniLM, whose random pairs lie at 0.22, and 0.98 for e5, whose random pairs lie at 0.84.
ALIKE = 0.87
RANDOM_PAIRS = 20_000


def calibrate_threshold(vectors: Vectors, seed: int = 0) -> float:
    """The cosine from which two rows count as near-duplicates under this embedder: between 0 and 0.999.

    Set from the median cosine of random pairs of different rows, since every model spreads its vectors differently.
    """
    if len(vectors) < 2:
        return 0.999
    random = float(np.median(random_cosines(vectors, seed)))
    return min(0.999, max(0.0, random + ALIKE * (1 - random)))


def random_cosines(vectors: Vectors, seed: int = 0, pairs: int = RANDOM_PAIRS) -> NDArray[np.float32]:
    """Cosines of `pairs` random pairs of different rows, (pairs,); needs two rows at least."""
    rng = np.random.default_rng(seed)
    a = rng.integers(len(vectors), size=pairs)
    b = (a + rng.integers(1, len(vectors), size=pairs)) % len(vectors)
    return np.asarray(np.einsum("ij,ij->i", vectors[a], vectors[b]))


def neighbours(vectors: Vectors, rows: Rows, threshold: float) -> list[Rows]:
    """For each of `rows`: the other rows of `vectors` with a cosine of at least `threshold`."""
    found: list[Rows] = []
    for start, cosines in _blocks(vectors[rows], vectors):
        here = np.arange(len(cosines))
        cosines[here, rows[start : start + len(cosines)]] = -1
        hits_row, hits = np.nonzero(cosines >= threshold)
        found.extend(np.split(hits, np.searchsorted(hits_row, here[1:])))
    return found


def nearest(a: Vectors, b: Vectors, own: Rows | None = None) -> tuple[Rows, NDArray[np.float32]]:
    """For each row of `a` its nearest row of `b` and their cosine: two arrays (len(a),). Where there is none: -1, -1.

    `own`: for each row of `a` a row of `b` to pass over, or -1.
    """
    best, cosine = np.full(len(a), -1, dtype=np.int64), np.full(len(a), -1, dtype=np.float32)
    if not len(b):
        return best, cosine
    for start, cosines in _blocks(a, b):
        rows = slice(start, start + len(cosines))
        if own is not None:
            has = np.flatnonzero(own[rows] >= 0)
            cosines[has, own[rows][has]] = -2
        best[rows] = cosines.argmax(axis=1)
        cosine[rows] = np.take_along_axis(cosines, best[rows, None], axis=1)[:, 0]
    best[cosine < -1.5] = -1
    return best, np.clip(cosine, -1, 1)


def _blocks(a: Vectors, b: Vectors) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(first row, cosines) of `a` against all of `b`, some rows of `a` at a time."""
    step = max(1, BLOCK_CELLS // max(1, len(b)))
    for start in range(0, len(a), step):
        yield start, a[start : start + step] @ b.T
