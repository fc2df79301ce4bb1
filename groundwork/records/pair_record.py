"""The records of pairs, a line each of `data/qa/<run>/`: those that were kept, and those that were turned down.

Beside them what is known of a question wherever it goes, and its tags, a line of `data/tags/<dataset>.jsonl`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

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

    @classmethod
    def of(cls, pair: Pair, reason: str, detail: str, **additions: str) -> Rejected:
        """The record of `pair`; `additions` stand among its fields."""
        fields = {**msgspec.to_builtins(pair), **additions}
        return cls(
            document=pair.document,
            chunk=pair.chunk,
            iteration=pair.iteration,
            reason=reason,
            detail=detail,
            pair=fields,
        )


class QuestionFields(msgspec.Struct, frozen=True, kw_only=True):
    """A pair as any dataset may hold it; what it does not know stays empty."""

    id: str
    question: str
    answer: str = ""
    split: str = ""
    evaluation_criteria: list[str] = []
    evidence: list[str] = []
    document: str = ""
    chunk: str = ""
    headings: list[str] = []
    pages: list[int] = []
    category: str = ""
    difficulty: str = ""
    score: float | None = None  # 0..1: of the weakest check of curation, or the share of graded models that are right


class Tags(Record, frozen=True, omit_defaults=True):
    """`data/tags/<dataset>.jsonl`: the tags of one question, and the model that gave them.

    `prompt`: the first eight hex digits of the sha256 of the prompt that asked for them; empty where it is not known.
    """

    id: str
    question: str
    tags: list[str]
    model: str = ""
    prompt: str = ""
