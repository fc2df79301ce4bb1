"""The record of a chunk, a line of `data/chunks/<document>.jsonl`.

Offsets are characters into the document's Markdown (`data/text/<document>.md`), end exclusive; pages count from 1.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from groundwork.records.record_base import Record

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
