"""What splits are built with: the tools that a build asks, and the rows that eval is drawn from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import msgspec

from groundwork.dataset.creation.input_files import Subjects
from groundwork.dataset.reword.eval_rewording import (
    AskRewording,
    JudgeRewordings,
)
from groundwork.dataset.rows import Row
from groundwork.dataset.split.eval_selection import Split, Vectors

Encode = Callable[[list[str], Literal["query", "document"]], Awaitable[Vectors]]


@dataclass(frozen=True)
class BuildTools:
    """What a build asks others for: vectors, rewordings (`ask` None: eval stays verbatim; `phrase` None: so do the rows
    of train), a judge of eval's, and what the documents are about. `start_step` is given the name of each step."""

    encode: Encode
    embedder: str
    ask: AskRewording | None = None
    about: Subjects = field(default_factory=Subjects)
    phrase: AskRewording | None = None
    judge: JudgeRewordings | None = None
    start_step: Callable[[str], object] = str


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
