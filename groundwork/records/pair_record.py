"""The records of pairs, a line each of `data/qa/<run>/`: those that were kept, and those that were turned down."""

from __future__ import annotations

from typing import Any, Literal

from groundwork.records.record_base import Record

Difficulty = Literal["easy", "medium", "hard"]


Category = Literal["factual", "definition", "procedure", "condition", "numeric", "comparison", "reasoning"]


class Pair(Record, frozen=True):
    """One question with its answer, rubric and evidence, as `data/qa/<run>/<document>.jsonl` holds it."""

    id: str
    document: str
    chunk: str
    iteration: int
    question: str
    evaluation_criteria: list[str]
    answer: str
    difficulty: Difficulty
    category: str
    evidence: list[str]
    model: str
    pages: list[int] = []
    headings: list[str] = []
    original_question: str = ""  # these three: what it said before curation or a person changed it
    original_answer: str = ""
    original_criteria: list[str] = []
    checks: dict[str, Any] = {}  # one entry a check of curate.py
    also: list[str] = []  # further chunks that the answer needs

    @property
    def chunks(self) -> list[str]:
        """The ids of all chunks that its evidence is from."""
        return [self.chunk, *self.also]


class Rejected(Record, frozen=True):
    """A pair that was not kept, as the model gave it, and why. Rejected rows are data too."""

    document: str
    chunk: str
    iteration: int
    reason: str
    detail: str
    pair: dict[str, Any]
