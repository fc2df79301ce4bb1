"""The nearest rows by cosine: those above a threshold, neighbours, and the nearest of each dataset.

Vectors are (n, d) float32 with unit rows. `exact_similar_rows` and `find_nearest` are exact, in blocks. Where comparing
all with all would take too long, the rows are put into groups (spherical k-means) of about the square root of their
number, and each is held against those of the groups nearest to its own. What is near another row is mostly found so,
and not always: who uses it says what is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundwork.embedding.vector_types import Floats, Rows, Vectors

BLOCK_CELLS = 32_000_000  # cosines held at once: 128 MB
ROW_BLOCK_CELLS = 4_000_000  # cosines held at once: 16 MB
KMEANS_ROUNDS = 3  # of k-means; more hardly find more
EXACT_ROWS = 20_000  # rows up to which `similar_rows` holds every one against all others
# groups that it holds a row against above; what is nearly the same lies in the same group or next to it
GROUPS_SEARCHED = 8
NEIGHBOURS = 5
EXACT_QUESTIONS = 50_000  # questions up to which every one is held against all others
GROUPS_PER_QUESTION = 32  # groups that a question is held against, of about the square root of all questions
RECALL_SAMPLE = 500  # questions that are held against all others to see how many nearest ones were found


def exact_similar_rows(vectors: Vectors, rows: Rows, threshold: float) -> list[Rows]:
    """For each of `rows`: the other rows of `vectors` with a cosine of at least `threshold`."""
    neighbours_of: list[Rows] = []
    for block_start, cosines in _cosine_blocks(vectors[rows], vectors):
        row_numbers = np.arange(len(cosines))
        cosines[row_numbers, rows[block_start : block_start + len(cosines)]] = -1
        near_rows, neighbour_columns = np.nonzero(cosines >= threshold)
        neighbours_of.extend(np.split(neighbour_columns, np.searchsorted(near_rows, row_numbers[1:])))
    return neighbours_of


def find_nearest(a: Vectors, b: Vectors, skipped: Rows | None = None) -> tuple[Rows, NDArray[np.float32]]:
    """For each row of `a` its nearest row of `b` and their cosine: two arrays (len(a),). Where there is none: -1, -1.

    `skipped`: for each row of `a` a row of `b` to pass over, or -1.
    """
    nearest_rows, nearest_cosines = np.full(len(a), -1, dtype=np.int64), np.full(len(a), -1, dtype=np.float32)
    if not len(b):
        return nearest_rows, nearest_cosines
    for block_start, cosines in _cosine_blocks(a, b):
        near_block = slice(block_start, block_start + len(cosines))
        if skipped is not None:
            with_skipped = np.flatnonzero(skipped[near_block] >= 0)
            cosines[with_skipped, skipped[near_block][with_skipped]] = -2
        nearest_rows[near_block] = cosines.argmax(axis=1)
        nearest_cosines[near_block] = np.take_along_axis(cosines, nearest_rows[near_block, None], axis=1)[:, 0]
    nearest_rows[nearest_cosines < -1.5] = -1
    return nearest_rows, np.clip(nearest_cosines, -1, 1)


def _cosine_blocks(a: Vectors, b: Vectors) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(first row, cosines) of `a` against all of `b`, some rows of `a` at a time."""
    rows_per_block = max(1, BLOCK_CELLS // max(1, len(b)))
    for block_start in range(0, len(a), rows_per_block):
        yield block_start, a[block_start : block_start + rows_per_block] @ b.T


def grouped_search_blocks(vectors: Vectors, searched: int, seed: int = 0) -> Iterator[tuple[Rows, Rows, float]]:
    """(rows, the rows that they are held against, ascending, the share of all the work), a block at a time.

    `vectors` (n, d) have rows of length 1; each row meets the rows of its `searched` nearest groups, once each.
    """
    row_count = len(vectors)
    group_centres, group_of = _group_rows(vectors, seed)
    groups_per_row = min(searched, len(group_centres))
    nearest_groups = [
        _nearest_groups(vectors[row_block], group_centres, groups_per_row)
        for row_block in searched_row_blocks(np.arange(row_count), len(group_centres))
    ]
    visits_by_group = _rows_by_group(np.concatenate(nearest_groups).ravel(), len(group_centres))
    for group_members, visiting_rows in zip(_rows_by_group(group_of, len(group_centres)), visits_by_group, strict=True):
        for row_block in searched_row_blocks(visiting_rows // groups_per_row, len(group_members)):
            yield row_block, group_members, len(row_block) / (row_count * groups_per_row)


def similar_rows(vectors: Vectors, rows: Rows, threshold: float, seed: int = 0) -> list[Rows]:
    """For each of `rows`: the other rows of `vectors` with a cosine of at least `threshold`, ascending.

    Exact for up to EXACT_ROWS rows against as many; above, some may be missing: benchmarks/whole_runs.py measures
    how many.
    """
    if len(rows) * len(vectors) <= EXACT_ROWS**2:
        return exact_similar_rows(vectors, rows, threshold)
    first_rows, second_rows = [], []
    for row_block, candidates, _ in grouped_search_blocks(vectors, GROUPS_SEARCHED, seed):
        near_index, candidate_index = np.nonzero(vectors[row_block] @ vectors[candidates].T >= threshold)
        first_rows += [row_block[near_index], candidates[candidate_index]]  # near from one side is near from both
        second_rows += [candidates[candidate_index], row_block[near_index]]
    near_pairs = np.unique(np.stack([np.concatenate(first_rows), np.concatenate(second_rows)], axis=1), axis=0)
    near_pairs = near_pairs[near_pairs[:, 0] != near_pairs[:, 1]]
    near_starts = np.searchsorted(near_pairs[:, 0], rows)
    near_ends = np.searchsorted(near_pairs[:, 0], rows, side="right")
    return [near_pairs[start:end, 1] for start, end in zip(near_starts, near_ends, strict=True)]


def searched_row_blocks(searched_rows: Rows, candidate_count: int) -> Iterator[Rows]:
    """The rows in parts that have ROW_BLOCK_CELLS cosines with so many candidates."""
    rows_per_block = max(1, ROW_BLOCK_CELLS // max(1, candidate_count))
    for block_start in range(0, len(searched_rows), rows_per_block):
        yield searched_rows[block_start : block_start + rows_per_block]


def _rows_by_group(group_of: NDArray[np.integer[Any]], search_groups: int) -> list[Rows]:
    """The rows of each group 0..groups-1, ascending."""
    return np.split(np.argsort(group_of, kind="stable"), np.cumsum(np.bincount(group_of, minlength=search_groups))[:-1])


def _group_rows(vectors: Vectors, seed: int) -> tuple[Vectors, Rows]:
    """Unit centres of about sqrt(n) groups, and the group of each row, by spherical k-means."""
    from scipy.sparse import csr_array

    row_count = len(vectors)
    first_centres = np.random.default_rng(seed).choice(row_count, round(row_count**0.5), replace=False)
    group_centres = vectors[np.sort(first_centres)]
    group_of, _ = find_nearest(vectors, group_centres)
    for _ in range(KMEANS_ROUNDS):
        membership = csr_array(
            (np.ones(row_count, np.float32), (group_of, np.arange(row_count))), shape=(len(group_centres), row_count)
        )
        group_sums = membership @ vectors
        centre_lengths = np.linalg.norm(group_sums, axis=1, keepdims=True)
        group_centres = np.divide(group_sums, centre_lengths, out=np.zeros_like(group_sums), where=centre_lengths > 0)
        group_of, _ = find_nearest(vectors, group_centres)
    nonempty, group_of = np.unique(group_of, return_inverse=True)
    return group_centres[nonempty], group_of.reshape(-1)


def _nearest_groups(vectors: Vectors, group_centres: Vectors, searched: int) -> NDArray[np.int32]:
    return np.argpartition(-(vectors @ group_centres.T), searched - 1, axis=1)[:, :searched].astype(np.int32)


@dataclass(frozen=True)
class Similarities:
    """Everything that is read off the cosines of all n questions with each other, in one pass."""

    neighbours: Rows  # (n, up to 5), nearest first
    nearest_in: Floats  # (n, datasets): cosine with the nearest question of each dataset, itself left out; -1: none
    nearest_earlier: Floats  # (n,): with the nearest earlier question of its own dataset; -1: none
    recall: float = 1.0  # share of the nearest questions that were found; below 1 where not all were compared


def similarities(
    vectors: Vectors, dataset_of: Rows, datasets: int, seed: int = 0, advance: Callable[[float], None] | None = None
) -> Similarities:
    """Nearest questions, over all and in each dataset. `dataset_of` (n,) numbers the datasets from 0.

    Exact up to EXACT_QUESTIONS; above, a sample held against all tells how many of the nearest were found.

    `advance` is called with the number of questions just compared: whole ones, or shares of them.
    """
    row_count = len(vectors)
    neighbour_count = min(NEIGHBOURS, max(0, row_count - 1))
    neighbour_order = np.argsort(dataset_of, kind="stable")  # each dataset's columns side by side
    sorted_vectors, sorted_datasets = vectors[neighbour_order], dataset_of[neighbour_order]
    dataset_starts = np.searchsorted(sorted_datasets, np.arange(datasets + 1))
    nearest_rows = np.zeros((row_count, neighbour_count), dtype=np.int64)
    nearest_cosines = np.full((row_count, neighbour_count), -2, dtype=np.float32)
    nearest_cosine_by_dataset = np.full((row_count, datasets), -1, dtype=np.float32)
    nearest_earlier = np.full(row_count, -1, dtype=np.float32)
    for row_block, candidates, searched_share in _search_blocks(sorted_vectors, seed):
        cosines = sorted_vectors[row_block] @ sorted_vectors[candidates].T
        own_columns = _mask_own_columns(cosines, row_block, candidates)
        dataset_edges = np.searchsorted(candidates, dataset_starts)
        _raise_nearest_cosines(nearest_cosine_by_dataset, row_block, cosines, dataset_edges)
        earlier_columns = zip(dataset_edges[sorted_datasets[row_block]].tolist(), own_columns.tolist(), strict=True)
        for row, (start, end) in enumerate(earlier_columns):
            if end > start:
                nearest_earlier[row_block[row]] = max(nearest_earlier[row_block[row]], cosines[row, start:end].max())
        _keep_nearest(nearest_rows, nearest_cosines, row_block, candidates, cosines)
        if advance:
            advance(searched_share * row_count)
    recall = 1.0 if row_count <= EXACT_QUESTIONS else _measure_recall(sorted_vectors, nearest_rows[:, 0], seed)
    neighbour_places = np.empty(row_count, dtype=np.int64)
    neighbour_places[neighbour_order] = np.arange(row_count)
    return Similarities(
        neighbour_order[nearest_rows][neighbour_places],
        np.clip(nearest_cosine_by_dataset, -1, 1)[neighbour_places],
        np.clip(nearest_earlier, -1, 1)[neighbour_places],
        recall,
    )


def _mask_own_columns(cosines: Vectors, row_block: Rows, candidates: Rows) -> Rows:
    """Where each row of `row_block` stands, or would stand, among `candidates`; its cosine with itself becomes -2."""
    own_columns: Rows = np.searchsorted(candidates, row_block)
    with_own_column = np.flatnonzero(candidates[np.minimum(own_columns, len(candidates) - 1)] == row_block)
    cosines[with_own_column, own_columns[with_own_column]] = -2
    return own_columns


def _raise_nearest_cosines(
    nearest_cosine_by_dataset: Floats, row_block: Rows, cosines: Vectors, dataset_edges: Rows
) -> None:
    """Raise the rows `row_block` of `nearest_cosine_by_dataset` to the largest of `cosines` within the columns of each
    dataset."""
    for dataset, (start, end) in enumerate(pairwise(dataset_edges.tolist())):
        if end > start:
            nearest_cosine_by_dataset[row_block, dataset] = np.maximum(
                nearest_cosine_by_dataset[row_block, dataset], cosines[:, start:end].max(axis=1)
            )


def _keep_nearest(
    nearest_rows: Rows, nearest_cosines: Vectors, row_block: Rows, candidates: Rows, cosines: Vectors
) -> None:
    """Merge the largest `cosines` (block, candidates) into `row_block` of `nearest_rows`, the largest first."""
    row_numbers, neighbour_count = np.arange(len(row_block)), nearest_rows.shape[1]
    candidate_columns, cosine_columns = [nearest_rows[row_block]], [nearest_cosines[row_block]]
    for _ in range(min(neighbour_count, len(candidates))):
        nearest_columns = cosines.argmax(axis=1)  # of equal ones the first
        candidate_columns.append(candidates[nearest_columns][:, None])
        cosine_columns.append(cosines[row_numbers, nearest_columns][:, None])
        cosines[row_numbers, nearest_columns] = -2
    all_cosines, candidate_rows = np.concatenate(cosine_columns, axis=1), np.concatenate(candidate_columns, axis=1)
    ranked_by_cosine = np.argsort(-all_cosines, axis=1, kind="stable")[:, :neighbour_count]
    nearest_rows[row_block] = np.take_along_axis(candidate_rows, ranked_by_cosine, axis=1)
    nearest_cosines[row_block] = np.take_along_axis(all_cosines, ranked_by_cosine, axis=1)


def _search_blocks(vectors: Vectors, seed: int) -> Iterator[tuple[Rows, Rows, float]]:
    """(rows, the rows that they are held against, ascending, the share of all the work), a block at a time."""
    row_count = len(vectors)
    if row_count > EXACT_QUESTIONS:
        yield from grouped_search_blocks(vectors, GROUPS_PER_QUESTION, seed)
        return
    all_rows = np.arange(row_count)
    for row_block in searched_row_blocks(all_rows, row_count):
        yield row_block, all_rows, len(row_block) / row_count


def _measure_recall(vectors: Vectors, found_nearest: Rows, seed: int) -> float:
    """The share of sampled rows whose nearest, or one as near, is the one of `found_nearest`."""
    sampled_rows = np.sort(np.random.default_rng(seed).choice(len(vectors), RECALL_SAMPLE, replace=False))
    _, nearest_cosines = find_nearest(vectors[sampled_rows], vectors, skipped=sampled_rows)
    found_cosines = np.einsum("ij,ij->i", vectors[sampled_rows], vectors[found_nearest[sampled_rows]])
    return float((found_cosines >= nearest_cosines - 1e-5).mean())


GROWTH = 1.5  # of the room, where it runs out: each row is copied three times at the most, on average


class VectorBuffer:
    """Rows (n, d) in the order in which they came; adding all of n rows takes time in proportion to n."""

    def __init__(self, vectors: Vectors) -> None:
        """`vectors` are used as they are until more come, and never written to."""
        self._room, self._count = vectors, len(vectors)

    @property
    def rows(self) -> Vectors:
        """All rows so far, (n, d), not copied."""
        return self._room[: self._count]

    def extend(self, vectors: Vectors) -> None:
        """Add `vectors` (m, d); arrays from `rows` stay as they are."""
        vector_count = self._count + len(vectors)
        if vector_count > len(self._room):
            vector_room = np.empty((int(vector_count * GROWTH), *vectors.shape[1:]), dtype=self._room.dtype)
            vector_room[: self._count] = self.rows
            self._room = vector_room
        self._room[self._count : vector_count] = vectors
        self._count = vector_count
