"""The record of what pairs touch of a document, `data/qa/<run>/coverage/<document>.json`."""

from __future__ import annotations

from typing import Literal

import msgspec

from groundwork.records.record_base import Record


class Span(Record, frozen=True):
    """A statement or number of a chunk at [start, end) of the chunk's `text`, and the pairs that touch it.

    `declined`: why the model found nothing worth asking in it; only where no pair covers it.
    """

    start: int
    end: int
    kind: Literal["sentence", "number", "row"]
    touched_by: list[str] = []
    declined: str = ""


class FigureAsked(Record, frozen=True):
    """A figure at [start, end) of a chunk's `text`, and the pairs whose evidence it is. It is never counted as text."""

    start: int
    end: int
    file: str  # below data/text
    asked_by: list[str] = []


class Coverage(Record, frozen=True):
    """What the pairs of one chunk touch. Shares lie between 0 and 1; null where the chunk has none of the kind.

    What is neither touched nor declined is open.
    """

    document: str
    chunk: str
    spans: list[Span] = []
    sentences: float | None = None
    numbers: float | None = None
    rows: float | None = None
    touched: float | None = None  # of all spans
    declined: float | None = None  # of all spans
    figures: list[FigureAsked] | msgspec.UnsetType = msgspec.UNSET  # absent where the chunk has none


class ChunkRun(Record, frozen=True):
    """How the questions of one chunk came about: new pairs an iteration (the saturation curve) and why it ended."""

    chunk: str
    new: list[int]
    ended: str
    coverage: list[float] = []  # share touched after each iteration
    calls: int = 0


class FigureCount(Record, frozen=True):
    """How many figures there are, and of how many a pair asks."""

    of: int
    asked: int


class DocumentCoverage(Record, frozen=True):
    """`data/qa/<run>/coverage/<document>.json`."""

    document: str
    sentences: float | None = None
    numbers: float | None = None
    rows: float | None = None
    touched: float | None = None
    declined: float | None = None
    pairs: int = 0
    rejected: dict[str, int] = {}  # by reason
    calls: int = 0
    chunks: list[Coverage] = []
    runs: list[ChunkRun] = []
    figures: FigureCount | msgspec.UnsetType = msgspec.UNSET  # absent where the document has none
