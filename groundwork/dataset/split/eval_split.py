"""An eval split as records: the pool that it is drawn from, the rows drawn, and how many there are to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundwork.embedding.clusters import Elbow
from groundwork.embedding.nearest_neighbours import threshold_of

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


ThresholdOf = Callable[[str], float]  # the cosine from which another question is a near-duplicate of this one
