"""The record of a document, `data/text/<document>.json`, how the stages behind ingest read it, and that of its summary.

Offsets are characters into the document's Markdown (`data/text/<document>.md`), end exclusive; pages count from 1.
"""

from __future__ import annotations

from groundwork.records.record_base import Record


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
