"""Choose the rows of the eval split. Vectors come in as (n, d) float32 with unit rows, so everything here is pure.

    clusters     as many rows from every cluster as its share of all rows, and within it those that stand for the rest
    tags         so that each tag has the share in eval that it has in all rows
    category     so that each category has, and within it those that stand for the rest
    difficulty   the same for levels of difficulty
    random       any rows, each as likely as the other
    clone        like clusters; the rows stay in train as well
    second-run   like clusters, drawn from another run; no row of that run goes into train

Three steps make a clustered split: quotas by largest remainder; candidates, seeded at random, those without a
near-duplicate in train first; and of the candidates the ones that bring the mean of eval closest to the mean of all
rows (kernel_herding.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from groundwork.apportionment import apportion_by_largest_remainder
from groundwork.dataset.split.kernel_herding import herd_rows
from groundwork.embedding.clusters import Elbow, elbow, kmeans, principal_components
from groundwork.embedding.nearest_neighbours import (
    Floats,
    calibrate_by_script,
    calibrate_threshold,
    exact_similar_rows,
    find_nearest,
    near_duplicate_thresholds,
    threshold_of,
)
from groundwork.message_wording import counted
from groundwork.records import Row

Strategy = Literal["clusters", "tags", "category", "difficulty", "random", "clone", "second-run"]
Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
FindTwins = Callable[[Rows], list[Rows]]

MOST_CLUSTERS = 30
EXTRA_CANDIDATES = 3_000  # candidates beyond the rows that eval holds, shared out like its places
NO_TWINS: Rows = np.empty(0, dtype=np.int64)
OUTSIDE_ROWS: Rows = np.array([-1])
_TAGS_REMEDY = "run first: uv run visualization/generate_tags.py"


class CannotSplit(Exception):
    """The rows do not allow the split that was asked for; the message says why and what would."""


@dataclass(frozen=True)
class Split:
    """Rows of the pool, by index: those of `eval` in order, and for each group those that may replace one.

    `labels` holds the cluster of every row of the pool, `groups` what eval is balanced by (None: the
    clusters), `threshold` the cosine of a near-duplicate, `by_script` that of texts in other scripts than Latin.
    """

    eval: list[int]
    labels: Rows
    elbow: Elbow
    threshold: float
    spares: dict[int, list[int]] = field(default_factory=dict)
    groups: Rows | None = None
    by_script: Mapping[str, float] = field(default_factory=dict)

    def threshold_of(self, question: str) -> float:
        """The cosine from which another question is a near-duplicate of this one."""
        return threshold_of(question, self.by_script, self.threshold)

    def group(self, row: int) -> int:
        """The key in `spares` of those that may replace the row."""
        return int((self.labels if self.groups is None else self.groups)[row])


@dataclass(frozen=True)
class EvalPool:
    """The rows that eval is drawn from, by what the choice looks at: `vectors` (n, d), float32 with unit rows.

    `tags`: for strategy tags, those of each row; `strata`: for category and difficulty, what each row counts as;
    `train`: for second-run, the vectors of the rows trained on; `questions`: the texts of the rows; scripts differ
    in what is a near-duplicate.
    """

    vectors: Vectors
    tags: Sequence[Sequence[str]] = ()
    strata: Sequence[str] = ()
    train: Vectors | None = None
    questions: Sequence[str] = ()


def eval_size(rows: int, fraction: float, limit: int) -> int:
    """The share `fraction` of `rows`, rounded down, or `limit`, whichever is lower; at least 1."""
    return max(1, min(int(rows * fraction + 1e-9), limit))


def select_eval(
    pool: EvalPool,
    size: int,
    *,
    strategy: Strategy = "clusters",
    k: int = 0,
    seed: int = 42,
    held_out: bool = True,
) -> Split:
    """Choose `size` rows of the pool for eval.

    `held_out`: the chosen rows leave train, so those without a near-duplicate among the other rows are preferred; where
    the pool knows rows trained on, those without one there. `k`: clusters; 0 lets the elbow pick.
    Raises CannotSplit.
    """
    vectors, train = pool.vectors, pool.train
    _check_sizes(len(vectors), size, strategy, held_out, pool.tags)
    curve, labels = cluster_pool(vectors, size, k, seed)
    strata = np.asarray(pool.strata, dtype=object).astype(str)
    groups = np.unique(strata, return_inverse=True)[1] if pool.strata else labels
    threshold = calibrate_threshold(vectors if train is None else np.concatenate([vectors, train]), seed)
    order = np.random.default_rng(seed).permutation(len(vectors))
    by_script = calibrate_by_script(vectors, pool.questions, threshold, seed)
    cosines = near_duplicate_thresholds(pool.questions or [""] * len(vectors), by_script, threshold)
    twins = _twin_finder(pool, cosines, held_out)
    if strategy == "random":
        eval_rows = order[:size].tolist()
    elif strategy == "tags":
        eval_rows = _choose_by_tags(pool.tags, size, order, twins)
    else:
        eval_rows = _choose_by_clusters(groups, size, order, twins, vectors, seed)
    chosen_rows = set(eval_rows)
    spares: dict[int, list[int]] = {}
    for row in order.tolist():
        if row not in chosen_rows:
            spares.setdefault(int(groups[row]), []).append(row)
    return Split(sorted(eval_rows), labels, curve, threshold, spares, groups, by_script)


def cluster_pool(vectors: Vectors, size: int, k: int, seed: int) -> tuple[Elbow, Rows]:
    """Clusters of the pool for an eval split of `size` rows: the curve, and the label of every row.

    The elbow looks among 2..min(30, size, n // 5): more clusters than eval rows cannot each have one.
    """
    reduced = principal_components(vectors, seed=seed)
    curve = Elbow(k, "given") if k else elbow(reduced, min(MOST_CLUSTERS, size, len(vectors) // 5), seed)
    labels = kmeans(reduced, curve.k, seed)
    distinct = int(labels.max()) + 1
    if distinct < curve.k:
        curve = Elbow(distinct, f"{curve.k} asked for, {distinct} different", curve.ks, curve.inertias)
    return curve, labels


def _check_sizes(rows: int, size: int, strategy: Strategy, held_out: bool, tags: Sequence[Sequence[str]]) -> None:
    if rows == 0:
        raise CannotSplit("there are no pairs to split")
    if held_out and size >= rows:
        raise CannotSplit(
            f"{counted(rows, 'pair is', 'pairs are')} too few to give {size} to eval and keep any for train; "
            "generate more"
        )
    if held_out and 2 * size > rows:
        raise CannotSplit(
            f"eval would hold {size} of {counted(rows, 'pair')}, more than train; lower --eval-fraction or --eval-max"
        )
    if size > rows:
        raise CannotSplit(f"{counted(size, 'eval row')} asked of {counted(rows, 'pair')}; lower --eval-max")
    if strategy == "tags" and len(tags) != rows:
        raise CannotSplit(f"strategy tags needs the tags of every pair; {_TAGS_REMEDY}")


def _twin_finder(pool: EvalPool, thresholds: Floats, held_out: bool) -> FindTwins:
    """For some rows of the pool, the rows that train would repeat them with; OUTSIDE stands for one of another run.

    `thresholds` (n,): the cosine from which each row of the pool has a near-duplicate.
    """
    vectors, train = pool.vectors, pool.train
    if train is not None:
        return lambda rows: [
            OUTSIDE_ROWS if is_near else NO_TWINS
            for is_near in find_nearest(vectors[rows], train)[1] >= thresholds[rows]
        ]
    if held_out:
        return lambda rows: [
            others[vectors[others] @ vectors[row] >= np.maximum(thresholds[others], thresholds[row])]
            for row, others in zip(rows, exact_similar_rows(vectors, rows, float(thresholds.min())), strict=True)
        ]
    return lambda rows: [NO_TWINS] * len(rows)


def _choose_by_clusters(
    labels: Rows, size: int, order: Rows, twins: FindTwins, vectors: Vectors, seed: int
) -> list[int]:
    """Fill each cluster's quota: with the best candidate for one place after the other, then with better ones."""
    quotas = apportion_by_largest_remainder(np.bincount(labels), size)
    limits = [quota + EXTRA_CANDIDATES * quota // size for quota in quotas]
    tiers = [_candidate_tiers(order[labels[order] == c], quotas[c], limits[c], twins) for c in range(len(quotas))]
    candidates = np.array(sorted({row for cluster in tiers for tier in cluster for row in tier}), dtype=np.int64)
    positions = [[np.searchsorted(candidates, np.array(tier, dtype=np.int64)) for tier in cluster] for cluster in tiers]
    return [
        int(candidates[i])
        for i in herd_rows([positions[c] for c in _cluster_turns(quotas)], vectors[candidates], vectors, seed)
    ]


def _candidate_tiers(rows: Rows, quota: int, limit: int, twins: FindTwins) -> list[list[int]]:
    """Up to `limit` rows of a cluster for its quota, from `rows` in their random order, in tiers to be used up in turn.

    Those without a near-duplicate in train; whole groups of near-duplicates, which leave none of theirs in train;
    and the others.
    """
    alone: list[int] = []
    repeated: dict[int, Rows] = {}
    for start in range(0, len(rows), max(1, limit)):
        if len(alone) >= limit:
            break
        window = rows[start : start + limit]
        for row, twin_rows in zip(window.tolist(), twins(window), strict=True):
            if len(twin_rows):
                repeated[row] = twin_rows
            else:
                alone.append(row)
    if len(alone) >= quota:
        return [alone[:limit]]
    groups = dict.fromkeys(_whole_groups(repeated, quota - len(alone)))
    return [alone, list(groups), [row for row in repeated if row not in groups]]


def _whole_groups(repeated: dict[int, Rows], room: int) -> list[int]:
    """Groups of near-duplicates that lie wholly among `repeated`, the smallest first, as many as fit."""
    groups: list[list[int]] = []
    visited: set[int] = set()
    for start in repeated:
        group, reach = [], [start]
        while reach:
            row = reach.pop()
            if row not in visited:
                visited.add(row)
                group.append(row)
                reach.extend(repeated.get(row, NO_TWINS).tolist())
        if group and all(row in repeated for row in group):
            groups.append(group)
    fitting: list[int] = []
    for group in sorted(groups, key=len):
        if len(fitting) + len(group) <= room:
            fitting += group
    return fitting


def _cluster_turns(quotas: Sequence[int]) -> Iterator[int]:
    """Cluster numbers, each as often as its quota, spread evenly."""
    positions = [((turn + 0.5) / quota, c) for c, quota in enumerate(quotas) for turn in range(quota)]
    return iter([c for _, c in sorted(positions)])


def _choose_by_tags(tags: Sequence[Sequence[str]], size: int, order: Rows, twins: FindTwins) -> list[int]:
    """Take, again and again, the row that brings eval's tag counts closest to their share, in least squares."""
    tag_numbers = {tag: i for i, tag in enumerate(sorted({row_tag for row in tags for row_tag in row}))}
    if not tag_numbers:
        raise CannotSplit(f"strategy tags needs tags, and no pair has one; {_TAGS_REMEDY}")
    row_tags = [np.array(sorted({tag_numbers[row_tag] for row_tag in tags[row]}), dtype=np.int64) for row in order]
    row_indices = np.repeat(np.arange(len(row_tags)), [len(tag_list) for tag_list in row_tags])
    tag_indices = np.concatenate(row_tags)
    missing = np.bincount(tag_indices, minlength=len(tag_numbers)) * (size / len(order))
    has_twin = np.array([len(twin_rows) > 0 for twin_rows in twins(order)])
    penalty = np.where(has_twin, len(tag_numbers) * 1e6, 0.0) + np.bincount(row_indices, minlength=len(row_tags))
    eval_rows: list[int] = []
    for _ in range(size):
        gain = 2 * np.bincount(row_indices, weights=missing[tag_indices], minlength=len(row_tags)) - penalty
        best_row = int(gain.argmax())
        eval_rows.append(int(order[best_row]))
        penalty[best_row] = np.inf
        missing[row_tags[best_row]] -= 1
    return eval_rows


@dataclass(frozen=True)
class EvalDraw:
    """The rows that eval is drawn from, those of another run that are trained on, their vectors, and the choice."""

    pool: list[Row]
    vectors: Vectors
    train_run: list[Row] | None
    train_run_vectors: Vectors | None
    split: Split
    held_out: bool

    @cached_property
    def train(self) -> list[Row]:
        """The rows of train, each with its cluster where it has one."""
        if self.train_run is not None:
            return self.train_run
        rows = [
            msgspec.structs.replace(row, cluster=int(cluster))
            for row, cluster in zip(self.pool, self.split.labels, strict=True)
        ]
        return [rows[i] for i in self._kept_indices]

    @cached_property
    def train_vectors(self) -> Vectors:
        if self.train_run_vectors is not None:
            return self.train_run_vectors
        return self.vectors[self._kept_indices] if self.held_out else self.vectors

    @property
    def eval_rows(self) -> list[Row]:
        """The rows of eval as they were."""
        labels = self.split.labels
        return [msgspec.structs.replace(self.pool[i], cluster=int(labels[i])) for i in self.split.eval]

    @property
    def _kept_indices(self) -> list[int]:
        removed_rows = set(self.split.eval) if self.held_out else set()
        return [i for i in range(len(self.pool)) if i not in removed_rows]
