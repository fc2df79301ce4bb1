"""The records that stages hand to each other: what each file below data/ holds, one JSON object a line."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


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


ChunkKind = Literal["text", "table", "code"]


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


class Contradiction(Record, frozen=True):
    """What a model says a chunk tells in two ways, or in another way than the summary or another chunk."""

    chunk: str
    text: str


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
    contradictions: list[Contradiction] = []
    figures: FigureCount | msgspec.UnsetType = msgspec.UNSET  # absent where the document has none


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


Verdict = Literal["met", "unmet", "cannot tell", "ungraded"]  # ungraded: no readable verdict came
Basis = Literal["criteria", "reference answer"]


class Draw(Record, frozen=True):
    """One verdict of one judge on one criterion, and its reason (or why there is none)."""

    judge: str
    verdict: Verdict
    reason: str = ""


class CriterionGrade(Record, frozen=True):
    """One criterion of one answer: settled by a rule, or by the majority of the first judge's draws."""

    criterion: str
    verdict: Verdict
    by: Literal["rule", "judge"]
    reason: str = ""
    draws: list[Draw] = msgspec.field(default_factory=list)


class Grade(Record, frozen=True):
    """One answer, graded. `score`: share of its criteria met, 0..1, null where none has a verdict."""

    id: str
    split: str
    model: str
    question: str
    answer: str
    criteria: list[CriterionGrade]
    score: float | None
    passed: bool | None  # all criteria met; null where an open one could decide
    against: Basis
    judges: list[str]
    open_book: bool
    document: str = ""
    chunk: str = ""
    category: str = ""
    difficulty: str = ""
    cluster: int = -1
    tags: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    unanswerable: bool = False  # the documents do not answer the question
    refuses: Verdict | None = None  # whether an answer to any other question refuses; null: not asked
    judge_prompts: str = ""  # hash of the wordings that the judge was asked in; "": not recorded yet


class CheckedAnswer(Record, frozen=True):
    """An answer made to check a judge: the reference answer, which is to pass, or a spoiled one, which is not."""

    id: str
    kind: Literal["reference", "numbers changed", "negated", "half right", "of another question"]
    question: str
    answer: str
    criteria: list[CriterionGrade]
    passed: bool | None
    judges: list[str]
    open_book: bool
    met: list[str] = msgspec.field(default_factory=list)  # criteria that a spoiled answer meets all the same
    judge_prompts: str = ""  # as of a Grade


def criteria_score(criteria: list[CriterionGrade]) -> float | None:
    """The share of criteria met among those with a verdict; None where there is none."""
    settled = [grade.verdict == "met" for grade in criteria if grade.verdict in ("met", "unmet")]
    return sum(settled) / len(settled) if settled else None


def all_criteria_met(criteria: list[CriterionGrade]) -> bool | None:
    """Whether every criterion is met; None where that hangs on one without a verdict."""
    verdicts = {grade.verdict for grade in criteria}
    return False if "unmet" in verdicts else True if verdicts == {"met"} else None


class MeasuredRow(Record, frozen=True):
    """`measured_rows.jsonl`: what grading found out about one row of the dataset. Shares lie between 0 and 1."""

    id: str
    question: str
    difficulty: float | None  # 1 - share of the models whose answer meets all criteria; null: none has a verdict
    guessed: str
    models: int
    flipping: list[str] = msgspec.field(default_factory=list)  # criteria whose verdict differs between draws
    set_aside: str = ""  # why the row says nothing of a model


MEASURED = "measured_rows.jsonl"  # no model's file: those have no underscore
