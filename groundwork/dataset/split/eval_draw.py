"""The draw of eval from a pool of rows: who is drawn, and what stays in train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from groundwork.dataset.creation.build_inputs import BuildTools
from groundwork.dataset.creation.conflicting_settings import is_held_out
from groundwork.dataset.measured_rows import row_strata
from groundwork.dataset.split.eval_selection import select_eval
from groundwork.dataset.split.eval_split import CannotSplit, EvalPool, EvalSplit, Vectors, eval_size
from groundwork.records import Row
from groundwork.settings.config_schema import DatasetSettings


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


STRATA = ("category", "difficulty")


async def draw_eval_split(
    pool_rows: list[Row], runs: Sequence[str], settings: DatasetSettings, tools: BuildTools
) -> EvalDraw:
    """Draw eval as the settings ask. Raises CannotSplit."""
    is_eval_held_out = is_held_out(settings)
    drawn_pool, train_run = pool_rows, None
    if settings.strategy == "second-run":
        if len(runs) < 2:
            raise CannotSplit("strategy second-run needs two runs: train on the first, eval from the last")
        drawn_pool, train_run = [r for r in pool_rows if r.run == runs[-1]], [r for r in pool_rows if r.run != runs[-1]]
        if not drawn_pool or not train_run:
            raise CannotSplit(f"{runs[-1] if not drawn_pool else ', '.join(runs[:-1])}: holds no pairs")
    pool_vectors = await tools.encode([row.question for row in drawn_pool], "query")
    train_run_vectors = None if train_run is None else await tools.encode([row.question for row in train_run], "query")
    eval_split = select_eval(
        EvalPool(
            pool_vectors,
            tags=[row.tags for row in drawn_pool],
            strata=row_strata(drawn_pool, settings.strategy) if settings.strategy in STRATA else (),
            train=train_run_vectors,
            questions=[row.question for row in drawn_pool],
        ),
        eval_size(len(drawn_pool), settings.eval_fraction, settings.eval_max),
        strategy=settings.strategy,
        k=settings.clusters,
        seed=settings.seed,
        held_out=is_eval_held_out,
    )
    return EvalDraw(drawn_pool, pool_vectors, train_run, train_run_vectors, eval_split, is_eval_held_out)
