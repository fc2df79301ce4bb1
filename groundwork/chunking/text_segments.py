"""Markdown as segments: what the chunker puts together, and what a question can be about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, cast

import msgspec

from groundwork.language.sentences import sentence_starts
from groundwork.language.spans import trim_span
from groundwork.markdown.blocks import LIST_ITEM_START, Block, blocks

SegmentKind = Literal["heading", "sentence", "table", "code", "formula", "contents"]


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A heading, a sentence of prose (a list item is one at least), or a whole table, fence, formula or contents."""

    kind: SegmentKind
    start: int
    end: int


def segments(
    markdown: str, language: str, engine: str = "sentencex", parsed_blocks: list[Block] | None = None
) -> list[Segment]:
    """The segments of a text in order, without the white space around them.

    `engine` is "sentencex" or "regex"; `parsed_blocks` spares reading the blocks again.
    """
    return [
        Segment(kind, start, end)
        for block in (blocks(markdown) if parsed_blocks is None else parsed_blocks)
        for kind, raw_start, raw_end in _block_segments(markdown, block, language, engine)
        for start, end in filter(None, [trim_span(markdown, raw_start, raw_end)])
    ]


def _block_segments(text: str, block: Block, language: str, engine: str) -> Iterator[tuple[SegmentKind, int, int]]:
    if block.kind not in ("paragraph", "list", "quote"):
        yield cast(SegmentKind, block.kind), block.start, block.end
        return
    starts = {block.start + offset for offset in sentence_starts(text[block.start : block.end], language, engine)}
    starts.update(match.start() + 1 for match in LIST_ITEM_START.finditer(text, block.start, block.end))
    borders = [*sorted(starts), block.end]
    for start, end in pairwise(borders):
        yield "sentence", start, end
