"""Passages that questions leave out by default: contents pages, legal boilerplate, and letters that no one can read."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import msgspec

from groundwork.chunking.legal_passages import find_legal_passages
from groundwork.language.unreadable_text import MIN_ENCODED_RUN_LENGTH, encoded_line_starts, encoded_runs, is_encoded
from groundwork.markdown.blocks import Block
from groundwork.records import Document, Page


def skip_marks(
    markdown: str, passages: list[Block], document: Document, unreadable_passages: Sequence[bool]
) -> list[str]:
    """For each passage "contents", "boilerplate", "unreadable" or ""; a heading is what the passage below it is."""
    skipped_contents_pages = [page for page in document.pages if page.contents]
    contents_page_starts = [page.start for page in skipped_contents_pages]
    unreadable_pages = [page for page in document.pages if page.unreadable]
    legal_flags = find_legal_passages(markdown, passages)
    passage_marks = []
    for passage, is_legal_passage, is_unreadable in zip(passages, legal_flags, unreadable_passages, strict=True):
        is_contents_passage = passage.kind == "contents" or (
            passage.kind != "heading"
            and bool(contents_page_starts)
            and _is_on_contents_page(markdown, passage, skipped_contents_pages, contents_page_starts)
        )
        skip_mark = "boilerplate" if is_legal_passage else "contents" if is_contents_passage else ""
        passage_marks.append("unreadable" if is_unreadable or _is_on_page(passage, unreadable_pages) else skip_mark)
    for k in range(len(passages) - 2, -1, -1):
        if passages[k].kind == "heading" and not passage_marks[k]:
            passage_marks[k] = passage_marks[k + 1]
    return passage_marks


def _is_on_page(passage: Block, pages: Sequence[Page]) -> bool:
    """Whether most of a passage lies on one of the pages."""
    k = bisect_right(pages, passage.start + passage.end, key=lambda page: 2 * page.start) - 1
    return k >= 0 and passage.start + passage.end < 2 * pages[k].end


def _is_on_contents_page(markdown: str, passage: Block, pages: list[Page], starts: list[int]) -> bool:
    """On a page that ingest took for a contents page, and no prose that shares the page with it."""
    k = bisect_right(starts, passage.start) - 1
    if k < 0 or passage.start >= pages[k].end:
        return False
    return not markdown[passage.start : passage.end].rstrip("*_ \t\r\n").endswith((".", "!", "?", ":", "。", "؟"))


def split_unreadable_runs(markdown: str, parsed_passages: Sequence[Block]) -> tuple[list[Block], list[bool]]:
    """The passages with every unreadable run a passage of its own, and which of them are such runs; linear in the text.

    A fence is one as a whole or not at all; tables and headings are never looked at.
    """
    unreadable_line_starts = list(encoded_line_starts(markdown))
    split_passages: list[Block] = []
    unreadable_flags: list[bool] = []
    for passage in parsed_passages:
        k = bisect_left(unreadable_line_starts, passage.start) if unreadable_line_starts else 0
        holds_unreadable = k < len(unreadable_line_starts) and unreadable_line_starts[k] < passage.end
        for start, end, is_unreadable in (
            _split_unreadable_passage(markdown, passage) if holds_unreadable else [(passage.start, passage.end, False)]
        ):
            is_whole = (start, end) == (passage.start, passage.end)
            split_passages.append(passage if is_whole else msgspec.structs.replace(passage, start=start, end=end))
            unreadable_flags.append(is_unreadable)
    return split_passages, unreadable_flags


def _split_unreadable_passage(markdown: str, passage: Block) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether no one can read it); together the passage."""
    if passage.kind in ("table", "heading", "contents"):
        yield passage.start, passage.end, False
        return
    if passage.kind == "code":
        is_long_code = passage.end - passage.start >= MIN_ENCODED_RUN_LENGTH
        yield passage.start, passage.end, is_long_code and is_encoded(markdown, passage.start, passage.end)
        return
    unreadable_start = passage.start
    for start, end in encoded_runs(markdown, passage.start, passage.end):
        if unreadable_start < start:
            yield unreadable_start, start, False
        yield start, end, True
        unreadable_start = end
    if unreadable_start < passage.end:
        yield unreadable_start, passage.end, False
