"""The nearest rows by cosine: near-duplicates, neighbours, and the nearest of each dataset.

Vectors are (n, d) float32 with unit rows. `neighbours` and `nearest` are exact, in blocks. Where comparing all with all
would take too long, the rows are put into groups (spherical k-means) of about the square root of their number, and each
is held against those of the groups nearest to its own. What is near another row is mostly found so, and not always: who
uses it says what is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]

BLOCK_CELLS = 32_000_000  # cosines held at once: 128 MB
# Where a near-duplicate begins, on a scale from 0 (two random questions) to 1 (the same question): cosine 0.9 for
# MiniLM, whose random pairs lie at 0.22, and 0.98 for e5, whose random pairs lie at 0.84.
ALIKE = 0.87
RANDOM_PAIRS = 20_000
ROW_BLOCK_CELLS = 4_000_000  # cosines held at once: 16 MB
ROUNDS = 3  # of k-means; more hardly find more
EXACT_ROWS = 20_000  # rows up to which `near_rows` holds every one against all others
# groups that it holds a row against above; what is nearly the same lies in the same group or next to it
GROUPS_SEARCHED = 8
NEIGHBOURS = 5
EXACT_QUESTIONS = 50_000  # questions up to which every one is held against all others
GROUPS_A_QUESTION = 32  # groups that a question is held against, of about the square root of all questions
CHECKED = 500  # questions that are held against all others to see how many nearest ones were found


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


def searches(vectors: Vectors, searched: int, seed: int = 0) -> Iterator[tuple[Rows, Rows, float]]:
    """(rows, the rows that they are held against, ascending, the share of all the work), a block at a time.

    `vectors` (n, d) have rows of length 1; each row meets the rows of its `searched` nearest groups, once each.
    """
    rows = len(vectors)
    centres, group_of = _groups(vectors, seed)
    each = min(searched, len(centres))
    near = [_nearest_groups(vectors[own], centres, each) for own in row_blocks(np.arange(rows), len(centres))]
    searching = _rows_by(np.concatenate(near).ravel(), len(centres))
    for others, seekers in zip(_rows_by(group_of, len(centres)), searching, strict=True):
        for own in row_blocks(seekers // each, len(others)):
            yield own, others, len(own) / (rows * each)


def near_rows(vectors: Vectors, rows: Rows, threshold: float, seed: int = 0) -> list[Rows]:
    """For each of `rows`: the other rows of `vectors` with a cosine of at least `threshold`, ascending.

    Exact for up to EXACT_ROWS rows against as many; above, some may be missing: benchmarks/whole_runs.py measures
    how many.
    """
    if len(rows) * len(vectors) <= EXACT_ROWS**2:
        return neighbours(vectors, rows, threshold)
    ones, others = [], []
    for own, candidates, _ in searches(vectors, GROUPS_SEARCHED, seed):
        here, there = np.nonzero(vectors[own] @ vectors[candidates].T >= threshold)
        ones += [own[here], candidates[there]]  # found from either side, it is near from both
        others += [candidates[there], own[here]]
    found = np.unique(np.stack([np.concatenate(ones), np.concatenate(others)], axis=1), axis=0)
    found = found[found[:, 0] != found[:, 1]]
    starts = np.searchsorted(found[:, 0], rows)
    ends = np.searchsorted(found[:, 0], rows, side="right")
    return [found[start:end, 1] for start, end in zip(starts, ends, strict=True)]


def row_blocks(rows: Rows, others: int) -> Iterator[Rows]:
    """`rows` in parts that have ROW_BLOCK_CELLS cosines with `others` rows."""
    step = max(1, ROW_BLOCK_CELLS // max(1, others))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _rows_by(group_of: NDArray[np.integer[Any]], groups: int) -> list[Rows]:
    """The rows of each group 0..groups-1, ascending."""
    return np.split(np.argsort(group_of, kind="stable"), np.cumsum(np.bincount(group_of, minlength=groups))[:-1])


def _groups(vectors: Vectors, seed: int) -> tuple[Vectors, Rows]:
    """Unit centres of about sqrt(n) groups, and the group of each row, by spherical k-means."""
    from scipy.sparse import csr_array

    rows = len(vectors)
    centres = vectors[np.sort(np.random.default_rng(seed).choice(rows, round(rows**0.5), replace=False))]
    group_of, _ = nearest(vectors, centres)
    for _ in range(ROUNDS):
        belongs = csr_array((np.ones(rows, np.float32), (group_of, np.arange(rows))), shape=(len(centres), rows))
        sums = belongs @ vectors
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
        group_of, _ = nearest(vectors, centres)
    filled, group_of = np.unique(group_of, return_inverse=True)
    return centres[filled], group_of.reshape(-1)


def _nearest_groups(vectors: Vectors, centres: Vectors, searched: int) -> NDArray[np.int32]:
    return np.argpartition(-(vectors @ centres.T), searched - 1, axis=1)[:, :searched].astype(np.int32)


@dataclass(frozen=True)
class Similarities:
    """Everything that is read off the cosines of all n questions with each other, in one pass."""

    neighbours: Rows  # (n, up to 5), nearest first
    nearest_in: Floats  # (n, datasets): cosine with the nearest question of each dataset, itself left out; -1: none
    nearest_earlier: Floats  # (n,): with the nearest earlier question of its own dataset; -1: none
    found: float = 1.0  # share of the nearest questions that were found; below 1 where not all were compared


def similarities(
    vectors: Vectors, dataset_of: Rows, datasets: int, seed: int = 0, advance: Callable[[float], None] | None = None
) -> Similarities:
    """Nearest questions, over all and in each dataset. `dataset_of` (n,) numbers the datasets from 0.

    Exact up to EXACT_QUESTIONS; above, a sample held against all tells how many of the nearest were found.

    `advance` is called with the number of questions just compared: whole ones, or shares of them.
    """
    rows = len(vectors)
    kept = min(NEIGHBOURS, max(0, rows - 1))
    order = np.argsort(dataset_of, kind="stable")  # each dataset's columns side by side
    inside = vectors[order]
    starts = np.searchsorted(dataset_of[order], np.arange(datasets + 1))
    best = np.zeros((rows, kept), dtype=np.int64)
    cosine_of = np.full((rows, kept), -2, dtype=np.float32)
    nearest_in = np.full((rows, datasets), -1, dtype=np.float32)
    earlier = np.full(rows, -1, dtype=np.float32)
    for own, others, share in _every_search(inside, seed):
        cosines = inside[own] @ inside[others].T
        itself = np.searchsorted(others, own)
        among = np.flatnonzero(others[np.minimum(itself, len(others) - 1)] == own)
        cosines[among, itself[among]] = -2
        edges = np.searchsorted(others, starts)
        for number, (first, last) in enumerate(pairwise(edges.tolist())):
            if last > first:
                nearest_in[own, number] = np.maximum(nearest_in[own, number], cosines[:, first:last].max(axis=1))
        before = zip(edges[dataset_of[order[own]]].tolist(), itself.tolist(), strict=True)
        for row, (first, last) in enumerate(before):
            if last > first:
                earlier[own[row]] = max(earlier[own[row]], cosines[row, first:last].max())
        _keep_best(best, cosine_of, own, others, cosines)
        if advance:
            advance(share * rows)
    found = 1.0 if rows <= EXACT_QUESTIONS else _share_found(inside, best[:, 0], seed)
    back = np.empty(rows, dtype=np.int64)
    back[order] = np.arange(rows)
    return Similarities(order[best][back], np.clip(nearest_in, -1, 1)[back], np.clip(earlier, -1, 1)[back], found)


def _keep_best(best: Rows, cosine_of: Vectors, own: Rows, others: Rows, cosines: Vectors) -> None:
    """Let the largest `cosines` (own, others) take their places in the rows `own` of `best`, the largest first."""
    here, kept = np.arange(len(own)), best.shape[1]
    columns, values = [best[own]], [cosine_of[own]]
    for _ in range(min(kept, len(others))):
        largest = cosines.argmax(axis=1)  # of equal ones the first
        columns.append(others[largest][:, None])
        values.append(cosines[here, largest][:, None])
        cosines[here, largest] = -2
    joined, candidates = np.concatenate(values, axis=1), np.concatenate(columns, axis=1)
    ranked = np.argsort(-joined, axis=1, kind="stable")[:, :kept]
    best[own] = np.take_along_axis(candidates, ranked, axis=1)
    cosine_of[own] = np.take_along_axis(joined, ranked, axis=1)


def _every_search(vectors: Vectors, seed: int) -> Iterator[tuple[Rows, Rows, float]]:
    """(rows, the rows that they are held against, ascending, the share of all the work), a block at a time."""
    rows = len(vectors)
    if rows > EXACT_QUESTIONS:
        yield from searches(vectors, GROUPS_A_QUESTION, seed)
        return
    everything = np.arange(rows)
    for own in row_blocks(everything, rows):
        yield own, everything, len(own) / rows


def _share_found(vectors: Vectors, nearest_of: Rows, seed: int) -> float:
    """The share of sampled rows whose nearest, or one as near, is `nearest_of` them."""
    sample = np.sort(np.random.default_rng(seed).choice(len(vectors), CHECKED, replace=False))
    _, cosines = nearest(vectors[sample], vectors, own=sample)
    ours = np.einsum("ij,ij->i", vectors[sample], vectors[nearest_of[sample]])
    return float((ours >= cosines - 1e-5).mean())
