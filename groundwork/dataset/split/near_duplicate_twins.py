"""The twins of a row: those that train would repeat it with. Vectors are (n, d) float32 with unit rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from groundwork.embedding.nearest_neighbours import exact_similar_rows, find_nearest
from groundwork.embedding.vector_types import Floats, Rows, Vectors

FindTwins = Callable[[Rows], list[Rows]]
NO_TWINS: Rows = np.empty(0, dtype=np.int64)
OUTSIDE_ROWS: Rows = np.array([-1])


def twin_finder(
    pool_vectors: Vectors, train_vectors: Vectors | None, twin_thresholds: Floats, held_out: bool
) -> FindTwins:
    """For some rows of the pool, the rows that train would repeat them with; OUTSIDE_ROWS stands for one of another
    run, whose rows are `train_vectors`.

    `twin_thresholds` (n,): the cosine from which each row of the pool has a near-duplicate.
    """
    if train_vectors is not None:
        return lambda rows: [
            OUTSIDE_ROWS if has_twin else NO_TWINS
            for has_twin in find_nearest(pool_vectors[rows], train_vectors)[1] >= twin_thresholds[rows]
        ]
    if held_out:
        least = float(twin_thresholds.min())
        return lambda rows: [
            twins[pool_vectors[twins] @ pool_vectors[row] >= np.maximum(twin_thresholds[twins], twin_thresholds[row])]
            for row, twins in zip(rows, exact_similar_rows(pool_vectors, rows, least), strict=True)
        ]
    return lambda rows: [NO_TWINS] * len(rows)


def candidate_tiers(
    cluster_rows: Rows, cluster_quota: int, candidate_limit: int, find_twins: FindTwins
) -> list[list[int]]:
    """Up to `candidate_limit` rows of a cluster for its quota, from `cluster_rows` in their random order, in tiers to
    be used up in turn.

    Those without a near-duplicate in train; whole groups of near-duplicates, which leave none of theirs in train; and
    the others.
    """
    rows_without_twins, twins_by_row = list[int](), dict[int, Rows]()
    for candidate_start in range(0, len(cluster_rows), max(1, candidate_limit)):
        if len(rows_without_twins) >= candidate_limit:
            break
        candidate_window = cluster_rows[candidate_start : candidate_start + candidate_limit]
        for row, twin_rows in zip(candidate_window.tolist(), find_twins(candidate_window), strict=True):
            if len(twin_rows):
                twins_by_row[row] = twin_rows
            else:
                rows_without_twins.append(row)
    if len(rows_without_twins) >= cluster_quota:
        return [rows_without_twins[:candidate_limit]]
    twin_group_rows = dict.fromkeys(_whole_twin_groups(twins_by_row, cluster_quota - len(rows_without_twins)))
    return [rows_without_twins, list(twin_group_rows), [row for row in twins_by_row if row not in twin_group_rows]]


def _whole_twin_groups(twins_by_row: dict[int, Rows], room: int) -> list[int]:
    """Groups of near-duplicates that lie wholly among `twins_by_row`, the smallest first, as many as fit."""
    twin_groups: list[list[int]] = []
    visited_rows: set[int] = set()
    for first_twin in twins_by_row:
        twin_group, twins_to_visit = [], [first_twin]
        while twins_to_visit:
            row = twins_to_visit.pop()
            if row not in visited_rows:
                visited_rows.add(row)
                twin_group.append(row)
                twins_to_visit.extend(twins_by_row.get(row, NO_TWINS).tolist())
        if twin_group and all(row in twins_by_row for row in twin_group):
            twin_groups.append(twin_group)
    fitting_rows: list[int] = []
    for twin_group in sorted(twin_groups, key=len):
        if len(fitting_rows) + len(twin_group) <= room:
            fitting_rows += twin_group
    return fitting_rows
