"""The segments of a text, which are counted: headings, sentences, and whole tables, fences, formulas and contents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Literal, cast

import msgspec

from groundwork.language.sentences import sentence_starts
from groundwork.language.text_spans import trim_span
from groundwork.markdown.blocks import LIST_ITEM_START, Block, blocks


def count_segments(blocks: list[Block]) -> int:
    """Stretches of text between tables, and tables."""
    return sum(1 if not is_table else len(list(run)) for is_table, run in groupby(blocks, lambda b: b.kind == "table"))


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


def _block_segments(markdown: str, block: Block, language: str, engine: str) -> Iterator[tuple[SegmentKind, int, int]]:
    if block.kind not in ("paragraph", "list", "quote"):
        yield cast("SegmentKind", block.kind), block.start, block.end
        return
    starts = {block.start + offset for offset in sentence_starts(markdown[block.start : block.end], language, engine)}
    starts.update(match.start() + 1 for match in LIST_ITEM_START.finditer(markdown, block.start, block.end))
    segment_borders = [*sorted(starts), block.end]
    for start, end in pairwise(segment_borders):
        yield "sentence", start, end
