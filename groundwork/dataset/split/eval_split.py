"""An eval split as records: the pool that it is drawn from, the rows drawn, and how many there are to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from groundwork.embedding.clusters import Elbow
from groundwork.embedding.nearest_neighbours import (
    threshold_of,
)
from groundwork.records import Row

Strategy = Literal["clusters", "tags", "category", "difficulty", "random", "clone", "second-run"]
Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


class CannotSplit(Exception):
    """The rows do not allow the split that was asked for; the message says why and what would."""


@dataclass(frozen=True)
class EvalSplit:
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


@dataclass(frozen=True)
class EvalDraw:
    """The rows that eval is drawn from, those of another run that are trained on, their vectors, and the choice."""

    pool: list[Row]
    vectors: Vectors
    train_run: list[Row] | None
    train_run_vectors: Vectors | None
    split: EvalSplit
    held_out: bool

    @cached_property
    def train(self) -> list[Row]:
        """The rows of train, each with its cluster where it has one."""
        if self.train_run is not None:
            return self.train_run
        clustered_rows = [
            msgspec.structs.replace(row, cluster=int(cluster))
            for row, cluster in zip(self.pool, self.split.labels, strict=True)
        ]
        return [clustered_rows[i] for i in self._train_indices]

    @cached_property
    def train_vectors(self) -> Vectors:
        if self.train_run_vectors is not None:
            return self.train_run_vectors
        return self.vectors[self._train_indices] if self.held_out else self.vectors

    @property
    def eval_rows(self) -> list[Row]:
        """The rows of eval as they were."""
        cluster_labels = self.split.labels
        return [msgspec.structs.replace(self.pool[i], cluster=int(cluster_labels[i])) for i in self.split.eval]

    @property
    def _train_indices(self) -> list[int]:
        removed_rows = set(self.split.eval) if self.held_out else set()
        return [i for i in range(len(self.pool)) if i not in removed_rows]
