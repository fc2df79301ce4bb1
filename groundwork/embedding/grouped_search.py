"""Which rows may be near each other, where comparing all with all would take too long.

The rows are put into groups (spherical k-means) of about the square root of their number, and each is held against
those of the groups nearest to its own. What is near another row is mostly found so, and not always: who uses it says
what is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.embedding.nearest_neighbours import nearest, neighbours

Vectors = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

BLOCK_CELLS = 4_000_000  # cosines held at once: 16 MB
ROUNDS = 3  # of k-means; more hardly find more
EXACT = 20_000  # rows up to which `near_rows` holds every one against all others
SEARCHED = 8  # groups that it holds a row against above; what is nearly the same lies in the same group or next to it


def searches(vectors: Vectors, searched: int, seed: int = 0) -> Iterator[tuple[Indices, Indices, float]]:
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


def near_rows(vectors: Vectors, rows: Indices, threshold: float, seed: int = 0) -> list[Indices]:
    """For each of `rows`: the other rows of `vectors` with a cosine of at least `threshold`, ascending.

    Exact for up to EXACT rows against as many; above, some may be missing (benchmarks/whole_runs.py measures how many).
    """
    if len(rows) * len(vectors) <= EXACT**2:
        return neighbours(vectors, rows, threshold)
    ones, others = [], []
    for own, candidates, _ in searches(vectors, SEARCHED, seed):
        here, there = np.nonzero(vectors[own] @ vectors[candidates].T >= threshold)
        ones += [own[here], candidates[there]]  # found from either side, it is near from both
        others += [candidates[there], own[here]]
    found = np.unique(np.stack([np.concatenate(ones), np.concatenate(others)], axis=1), axis=0)
    found = found[found[:, 0] != found[:, 1]]
    starts = np.searchsorted(found[:, 0], rows)
    ends = np.searchsorted(found[:, 0], rows, side="right")
    return [found[start:end, 1] for start, end in zip(starts, ends, strict=True)]


def row_blocks(rows: Indices, others: int) -> Iterator[Indices]:
    """`rows` in parts that have BLOCK_CELLS cosines with `others` rows."""
    step = max(1, BLOCK_CELLS // max(1, others))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _rows_by(group_of: npt.NDArray[np.integer[Any]], groups: int) -> list[Indices]:
    """The rows of each group 0..groups-1, ascending."""
    return np.split(np.argsort(group_of, kind="stable"), np.cumsum(np.bincount(group_of, minlength=groups))[:-1])


def _groups(vectors: Vectors, seed: int) -> tuple[Vectors, Indices]:
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


def _nearest_groups(vectors: Vectors, centres: Vectors, searched: int) -> npt.NDArray[np.int32]:
    return np.argpartition(-(vectors @ centres.T), searched - 1, axis=1)[:, :searched].astype(np.int32)
