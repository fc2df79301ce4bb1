"""The records that stages hand to each other, one JSON object a line.

Offsets are characters into the document's Markdown (`data/text/<document>.md`), end exclusive; pages count from 1.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

ChunkKind = Literal["text", "table", "code"]
Difficulty = Literal["easy", "medium", "hard"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every record: immutable, and an unknown field is an error that names it."""


class PageAudit(Record, frozen=True):
    """How a page's Markdown compares with the PDF's own text layer; shares lie between 0 and 1.

    `pairs_kept`: of the layer's neighbouring words, those that are still neighbours, or stand in one table.
    `text_kept`: words, pairs and numbers that are kept, less what is glued or repeated, in one figure.
    """

    words_kept: float
    pairs_kept: float
    numbers_kept: float
    glued: float
    text_kept: float
    repeated: float = 0.0
    tables: int = 0
    lost_numbers: list[str] = []


class Page(Record, frozen=True):
    """One page of a document: where its Markdown lies and how it came to be."""

    number: int
    start: int
    end: int
    converter: str
    audit: PageAudit | None = None
    fell_back: str = ""  # why an earlier converter's rendition was not taken
    scan: bool = False
    contents: bool = False
    unreadable: bool = False  # its fonts, or an OCR, give other letters than it shows


class Document(Record, frozen=True):
    """`data/text/<id>.json`: the origin of a Markdown text. `source` is relative to data/documents."""

    id: str
    source: str
    sha256: str
    converter: str
    converter_version: str
    characters: int
    pages: list[Page] = []
    warnings: list[str] = []
    title: str = ""
    language: str = ""  # ISO 639-1, where the settings say it of this document


class Summary(Record, frozen=True):
    """`data/summaries/<document>.json`. `name`: what questions call the document's subject; "" where it has none."""

    document: str
    summary: str
    model: str
    name: str = ""
    warnings: list[str] = []


class Chunk(Record, frozen=True):
    """A slice of a document. `text` is `added` (repeated header, overlap), the slice [start, end), `closing`."""

    id: str
    document: str
    index: int
    kind: ChunkKind
    text: str
    start: int
    end: int
    length: int  # in chunk.unit, of `text`
    headings: list[str] = []
    pages: list[int] = []
    added: str = ""
    closing: str = ""  # ends a part of a cut fence or HTML table
    tokens: int | None = None
    language: str = ""  # ISO 639-1; "" where it cannot be told
    skip: str = ""  # why questions leave it out by default: "contents", "boilerplate", "unreadable", "blank"
    figures: list[str] | msgspec.UnsetType = msgspec.UNSET  # files below data/text, in order; absent where it has none


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


class Tags(Record, frozen=True):
    """`data/tags/<dataset>.jsonl`: the tags of one question, and the model that gave them.

    `prompt`: the first eight hex digits of the sha256 of the prompt that asked for them; empty where it is not known.
    """

    id: str
    question: str
    tags: list[str]
    model: str = ""
    prompt: str = ""


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
