"""Markdown as segments: what the chunker puts together, and what a question can be about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, cast

import msgspec

from groundwork.language.sentences import sentence_starts
from groundwork.markdown.blocks import LIST_ITEM_START, Block, blocks

SegmentKind = Literal["heading", "sentence", "table", "code", "formula", "contents"]


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A heading, a sentence of prose (a list item is one at least), or a whole table, fence, formula or contents."""

    kind: SegmentKind
    start: int
    end: int


def segments(
    markdown: str, language: str, engine: str = "sentencex", found: list[Block] | None = None
) -> list[Segment]:
    """The segments of a text in order, without the white space around them.

    `engine` is "sentencex" or "regex"; `found` spares reading the blocks again.
    """
    return [
        Segment(kind, start, end)
        for block in (blocks(markdown) if found is None else found)
        for kind, first, behind in _of_block(markdown, block, language, engine)
        for start, end in _trimmed(markdown, first, behind)
    ]


def _of_block(text: str, block: Block, language: str, engine: str) -> Iterator[tuple[SegmentKind, int, int]]:
    if block.kind not in ("paragraph", "list", "quote"):
        yield cast(SegmentKind, block.kind), block.start, block.end
        return
    starts = {block.start + offset for offset in sentence_starts(text[block.start : block.end], language, engine)}
    starts.update(match.start() + 1 for match in LIST_ITEM_START.finditer(text, block.start, block.end))
    borders = [*sorted(starts), block.end]
    for start, end in pairwise(borders):
        yield "sentence", start, end


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if body := piece.strip():
        start += piece.index(body[0])
        yield start, start + len(body)
