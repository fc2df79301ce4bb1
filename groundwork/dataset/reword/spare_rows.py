"""The spare rows of each cluster, which take the place of rows of eval that could not be reworded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundwork.dataset.split.eval_selection import EvalSplit
from groundwork.embedding.nearest_neighbours import Vectors


@dataclass
class SpareRows:
    """The spare rows of each cluster, which take the place of rows that resist."""

    split: EvalSplit
    questions: Sequence[str]
    vectors: Vectors
    spares: dict[int, list[int]]
    remaining: int  # replacements that are allowed still

    @classmethod
    def of(cls, eval_split: EvalSplit, questions: Sequence[str], pool_vectors: Vectors) -> SpareRows:
        spare_rows = {cluster: list(indices) for cluster, indices in eval_split.spares.items()}
        return cls(eval_split, questions, pool_vectors, spare_rows, max(8, len(eval_split.eval)))

    def take(self, pool_index: int) -> int | None:
        """The spare row most like that at `pool_index`; None where there is none, or too many were replaced."""
        spare_rows = self.spares.get(self.split.group(pool_index)) or max(self.spares.values(), key=len, default=[])
        if not spare_rows or not self.remaining:
            return None
        self.remaining -= 1
        spare_cosines = self.vectors[spare_rows] @ self.vectors[pool_index]
        return spare_rows.pop(_most_similar_spare(spare_cosines, self.split.threshold_of(self.questions[pool_index])))


def _most_similar_spare(spare_cosines: Vectors, duplicate_threshold: float) -> int:
    """The highest of `spare_cosines` (n,) below that of a near-duplicate, whose twin would go back to train."""
    return int(np.where(spare_cosines < duplicate_threshold, spare_cosines, -2 - spare_cosines).argmax())
