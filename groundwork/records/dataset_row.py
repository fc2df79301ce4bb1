"""The rows of a finished dataset, a line each of its splits, and those that cannot go into one."""

from __future__ import annotations

from typing import Literal

import msgspec

from groundwork.records.pair_record import Difficulty
from groundwork.records.record_base import Record

MIXED_ID_PREFIX = "mix/"  # of the ids of rows that were mixed in from another dataset


class Row(Record, frozen=True):
    """One row of every split. `original_question` and `original_answer`: what a reworded or edited row said before."""

    id: str
    question: str
    answer: str
    evaluation_criteria: list[str]
    difficulty: Difficulty | Literal[""]  # "": unknown, as of a mixed row
    category: str
    document: str
    chunk: str
    evidence: list[str]
    tags: list[str]
    headings: list[str]
    pages: list[int]
    model: str
    run: str
    iteration: int
    cluster: int = 0
    original_question: str = ""
    original_answer: str = ""
    measured_difficulty: float | None = None  # 1 - share of the graded models that answer it right
    flipping_criteria: list[str] = msgspec.field(default_factory=list)
    mixed: str = ""  # the dataset that a row of train was mixed in from
    unanswerable: bool = False  # asks what the documents do not say
    context: str = ""

    def question_text(self, *, context: bool) -> str:
        """The question; with `context` behind the chunk that answers it, where the row has one."""
        return f"{self.context}\n\n{self.question}" if context and self.context else self.question


class InvalidRow(Record, frozen=True):
    """A row that cannot go into a dataset: its id (or file and line), and why."""

    id: str
    reason: str
