"""Passages that questions leave out by default: contents pages, legal boilerplate, and letters that no one can read."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import msgspec

from groundwork.chunking.legal_passages import find_legal_passages
from groundwork.language.unreadable_text import MIN_ENCODED_RUN_LENGTH, encoded_line_starts, encoded_runs, is_encoded
from groundwork.markdown.blocks import Block
from groundwork.records import Document, Page


def skip_marks(markdown: str, blocks: list[Block], document: Document, unreadable_blocks: Sequence[bool]) -> list[str]:
    """For each block "contents", "boilerplate", "unreadable" or ""; a heading is what the block below it is."""
    skipped_contents_pages = [page for page in document.pages if page.contents]
    contents_page_starts = [page.start for page in skipped_contents_pages]
    unreadable_pages = [page for page in document.pages if page.unreadable]
    legal_flags = find_legal_passages(markdown, blocks)
    passage_marks = []
    for block, is_legal_passage, is_unreadable in zip(blocks, legal_flags, unreadable_blocks, strict=True):
        is_contents_passage = block.kind == "contents" or (
            block.kind != "heading"
            and bool(contents_page_starts)
            and _is_on_contents_page(markdown, block, skipped_contents_pages, contents_page_starts)
        )
        skip_mark = "boilerplate" if is_legal_passage else "contents" if is_contents_passage else ""
        passage_marks.append("unreadable" if is_unreadable or _is_on_page(block, unreadable_pages) else skip_mark)
    for k in range(len(blocks) - 2, -1, -1):
        if blocks[k].kind == "heading" and not passage_marks[k]:
            passage_marks[k] = passage_marks[k + 1]
    return passage_marks


def _is_on_page(block: Block, pages: Sequence[Page]) -> bool:
    """Whether most of a block lies on one of the pages."""
    k = bisect_right(pages, block.start + block.end, key=lambda page: 2 * page.start) - 1
    return k >= 0 and block.start + block.end < 2 * pages[k].end


def _is_on_contents_page(markdown: str, block: Block, pages: list[Page], starts: list[int]) -> bool:
    """On a page that ingest took for a contents page, and no prose that shares the page with it."""
    k = bisect_right(starts, block.start) - 1
    if k < 0 or block.start >= pages[k].end:
        return False
    return not markdown[block.start : block.end].rstrip("*_ \t\r\n").endswith((".", "!", "?", ":", "。", "؟"))


def split_unreadable_runs(markdown: str, parsed_blocks: Sequence[Block]) -> tuple[list[Block], list[bool]]:
    """The blocks with every unreadable run a block of its own, and which of them are such runs; linear in the text.

    A fence is one as a whole or not at all; tables and headings are never looked at.
    """
    unreadable_line_starts = list(encoded_line_starts(markdown))
    passages: list[Block] = []
    unreadable_flags: list[bool] = []
    for block in parsed_blocks:
        k = bisect_left(unreadable_line_starts, block.start) if unreadable_line_starts else 0
        holds_unreadable = k < len(unreadable_line_starts) and unreadable_line_starts[k] < block.end
        for start, end, is_unreadable in (
            _split_unreadable_block(markdown, block) if holds_unreadable else [(block.start, block.end, False)]
        ):
            is_whole_passage = (start, end) == (block.start, block.end)
            passages.append(block if is_whole_passage else msgspec.structs.replace(block, start=start, end=end))
            unreadable_flags.append(is_unreadable)
    return passages, unreadable_flags


def _split_unreadable_block(markdown: str, block: Block) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether no one can read it); together the block."""
    if block.kind in ("table", "heading", "contents"):
        yield block.start, block.end, False
        return
    if block.kind == "code":
        is_long_code = block.end - block.start >= MIN_ENCODED_RUN_LENGTH
        yield block.start, block.end, is_long_code and is_encoded(markdown, block.start, block.end)
        return
    unreadable_start = block.start
    for start, end in encoded_runs(markdown, block.start, block.end):
        if unreadable_start < start:
            yield unreadable_start, start, False
        yield start, end, True
        unreadable_start = end
    if unreadable_start < block.end:
        yield unreadable_start, block.end, False
