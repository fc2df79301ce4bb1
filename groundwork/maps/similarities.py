"""What is read off the cosines of all questions with each other: neighbours, and the nearest of each dataset.

Exact up to EXACT questions. Above, where all cosines would take too long, each question is held against those of the
groups (spherical k-means) nearest to its own, and a sample held against all tells how many were found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.embedding.grouped_search import row_blocks, searches
from groundwork.embedding.nearest_neighbours import nearest

Vectors = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]

NEIGHBOURS = 5
EXACT = 50_000  # questions up to which every one is held against all others
SEARCHED = 32  # groups that a question is held against, of about the square root of all questions
CHECKED = 500  # questions that are held against all others to see how many nearest ones were found


@dataclass(frozen=True)
class Similarities:
    """Everything that is read off the cosines of all n questions with each other, in one pass."""

    neighbours: Indices  # (n, up to 5), nearest first
    nearest_in: Floats  # (n, datasets): cosine with the nearest question of each dataset, itself left out; -1: none
    nearest_earlier: Floats  # (n,): with the nearest earlier question of its own dataset; -1: none
    found: float = 1.0  # share of the nearest questions that were found; below 1 where not all were compared


def similarities(
    vectors: Vectors, dataset_of: Indices, datasets: int, seed: int = 0, advance: Callable[[float], None] | None = None
) -> Similarities:
    """Nearest questions, over all and in each dataset. `dataset_of` (n,) numbers the datasets from 0.

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
    for own, others, share in _searches(inside, seed):
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
    found = 1.0 if rows <= EXACT else _found(inside, best[:, 0], seed)
    back = np.empty(rows, dtype=np.int64)
    back[order] = np.arange(rows)
    return Similarities(order[best][back], np.clip(nearest_in, -1, 1)[back], np.clip(earlier, -1, 1)[back], found)


def _keep_best(best: Indices, cosine_of: Vectors, own: Indices, others: Indices, cosines: Vectors) -> None:
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


def _searches(vectors: Vectors, seed: int) -> Iterator[tuple[Indices, Indices, float]]:
    """(rows, the rows that they are held against, ascending, the share of all the work), a block at a time."""
    rows = len(vectors)
    if rows > EXACT:
        yield from searches(vectors, SEARCHED, seed)
        return
    everything = np.arange(rows)
    for own in row_blocks(everything, rows):
        yield own, everything, len(own) / rows


def _found(vectors: Vectors, nearest_of: Indices, seed: int) -> float:
    """The share of sampled rows whose nearest, or one as near, is `nearest_of` them."""
    sample = np.sort(np.random.default_rng(seed).choice(len(vectors), CHECKED, replace=False))
    _, cosines = nearest(vectors[sample], vectors, own=sample)
    ours = np.einsum("ij,ij->i", vectors[sample], vectors[nearest_of[sample]])
    return float((ours >= cosines - 1e-5).mean())
