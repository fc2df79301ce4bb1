"""What is known about one question wherever it goes: as a dataset's row, and as a point of a map."""

from __future__ import annotations

import msgspec


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
