"""Many pages joined into one Markdown: what runs over a page end is mended, and pages are kept by offset."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import dropwhile, takewhile
from operator import eq
from typing import NamedTuple

from groundwork.documents.pipe_tables import PIPE_DELIMITER_ROW, titles_above_tables
from groundwork.documents.repair.broken_lines import BLOCK_START, HYPHEN_END, ITEM_START
from groundwork.language.sentences import SENTENCE_LINE_ENDS
from groundwork.language.words import WRITTEN_OUT_WORD

_TABLE_CAPTION_NUMBER = re.compile(r"[#*_ ]*([^\W\d_]+\.? [A-Z]?[\d.-]*\d)\b")  # a caption: Table 3
_STEM_AT_PAGE_END = re.compile(r"(?<![^\W\d_])(?<![^\W\d_]-)(?:[^\W\d_]+-)*[^\W\d_]+[-‐]$")
# the mark of a note at the foot of a page or a table
_NOTE_AT_PAGE_FOOT = re.compile(r"(\d{1,2}|[¹²³⁴-⁹]{1,2}|[*∗†‡§¶‖]{1,3}|\(\d{1,2}\)) ?(?=[^\W\d])")
_LISTING_FENCE = "```"
_LEAST_SENTENCE_WORDS = 3  # of what is no formula, nor a label
_LONG_PARAGRAPH = 60  # letters of what is running text and no label
_MOST_HEAD_ROWS = 6  # lines at the head of a table among which the rows of its head are, with the delimiter row
_MOST_FLOATS_AT_PAGE_HEAD = 2  # tables and captions at the head of a page that a sentence may pass over


class JoinedPages(NamedTuple):
    """The whole Markdown and, page by page, (start, end) into it."""

    markdown: str
    spans: list[tuple[int, int]]


def join_pages(pages: Sequence[str], *, flowing: bool = True, titles_apart: bool = True) -> JoinedPages:
    """The pages as one text. A page's span ends where its own text ends; an empty page has an empty span.

    `flowing`: sentences and tables go on overleaf, as those of slides do not. `titles_apart`: titles of tables become
    paragraphs; not in the parts of one page, whose tables may go on overleaf, nor in texts that stay as they are.
    """
    joined_pages: list[str] = []
    page_joints: list[str] = []
    last_filled_page = -1  # the page before that holds text
    table_head = ""  # of the table at its end, with the caption, which may stand on an earlier page
    for i, page in enumerate(pages):
        joined_pages.append(unicodedata.normalize("NFC", page))  # as models write, who could else quote no accent
        page_joints.append("")
        if page.strip():
            if last_filled_page >= 0:
                page_above, page_below = joined_pages[last_filled_page], joined_pages[i]
                page_above, page_below = (
                    _with_notes_overleaf(page_above, page_below, table_head) if flowing else (page_above, page_below)
                )
                table_head = _table_head_at_page_end(table_head, page_above)
                joined_pages[last_filled_page], page_joints[i], joined_pages[i] = (
                    _join_at_page_end(page_above, page_below, pages, table_head)
                    if flowing
                    else (page_above, "\n\n", page_below)
                )
                table_head = table_head if page_joints[i] == "\n" else ""
            last_filled_page = i
    joined_pages = list(map(titles_above_tables, joined_pages)) if titles_apart else joined_pages
    joined_markdown, page_spans = "", []
    for page_joint, joined_page in zip(page_joints, joined_pages, strict=True):
        joined_markdown += page_joint
        page_spans.append((len(joined_markdown), len(joined_markdown) + len(joined_page)))
        joined_markdown += joined_page
    return JoinedPages(joined_markdown, page_spans)


def _table_head_at_page_end(table_head: str, page: str) -> str:
    """The first rows of the table at a page's end and the paragraph above it; `table_head`: those of the table that
    goes on at the head of the page."""
    page_blocks = page.split("\n\n")
    if table_head and len(page_blocks) == 1:
        return table_head
    return "\n\n".join([*page_blocks[-2:-1], "\n".join(page_blocks[-1].split("\n")[:_MOST_HEAD_ROWS])])


def _with_notes_overleaf(page_above: str, page_below: str, table_head: str) -> tuple[str, str]:
    """Two pages' texts, the notes at the foot of the first behind the table that they cut in two, where its second part
    repeats its head, or has figures where the head has none and the notes' marks stand in the first part."""
    blocks_above = page_above.split("\n\n")
    foot_notes = list(takewhile(_NOTE_AT_PAGE_FOOT.match, reversed(blocks_above)))[::-1]
    page_without_notes = "\n\n".join(blocks_above[: len(blocks_above) - len(foot_notes)])
    table_above = page_without_notes.rpartition("\n\n")[2]
    table_overleaf, _, text_overleaf = page_below.partition("\n\n")
    row_overleaf = table_overleaf.split("\n", 1)[0]
    if (
        not foot_notes
        or not table_above.startswith("|")
        or not PIPE_DELIMITER_ROW.match(f"{table_overleaf}\n".split("\n")[1])
    ):
        return page_above, page_below
    table_head_row = _table_head_at_page_end(table_head, page_without_notes).rpartition("\n\n")[2].split("\n", 1)[0]
    note_marks = [match[1] for foot_note in foot_notes if (match := _NOTE_AT_PAGE_FOOT.match(foot_note))]
    has_note_marks = all(re.search(rf"[^\d\s|]{re.escape(mark)} *\|", table_above) for mark in note_marks)
    goes_on_overleaf = row_overleaf.split() == table_head_row.split() or (
        has_note_marks and bool(re.search(r"\d", row_overleaf)) and not re.search(r"\d", table_head_row)
    )
    if row_overleaf.count("|") != table_above.rpartition("\n")[2].count("|") or not goes_on_overleaf:
        return page_above, page_below
    return page_without_notes, "\n\n".join(filter(None, [table_overleaf, *foot_notes, text_overleaf]))


def _join_at_page_end(page_above: str, page_below: str, pages: Sequence[str], table_head: str) -> tuple[str, str, str]:
    """Two pages' texts, mended where they meet, and what stands between them."""
    last_line_above, first_line_overleaf = page_above.rsplit("\n", 1)[-1], page_below.split("\n", 1)[0]
    if (
        last_line_above.startswith("|")
        and first_line_overleaf.startswith("|")
        and last_line_above.count("|") == first_line_overleaf.count("|")
    ):
        return page_above, "\n", _strip_repeated_head(table_head, page_below)
    if last_line_above.startswith("|") and (rows_overleaf := _table_rows_overleaf(table_head, page_below)):
        return page_above, "\n", rows_overleaf
    if last_line_above == _LISTING_FENCE == first_line_overleaf:  # a listing that goes on overleaf
        return page_above.removesuffix(f"\n{_LISTING_FENCE}"), "\n", page_below.removeprefix(f"{_LISTING_FENCE}\n")
    if (
        ends_mid_sentence(last_line_above)
        and not begins_mid_sentence(first_line_overleaf)
        and (reordered_page := _with_sentence_overleaf_first(page_below))
    ):
        page_below, first_line_overleaf = reordered_page, reordered_page.split("\n", 1)[0]
    if (
        BLOCK_START.match(last_line_above)
        or not begins_mid_sentence(first_line_overleaf)
        or len(WRITTEN_OUT_WORD.findall(last_line_above)) < _LEAST_SENTENCE_WORDS
    ):
        return page_above, "\n\n", page_below
    if HYPHEN_END.search(last_line_above):
        page_above, page_joint = _join_word_over_page_end(page_above, first_line_overleaf, pages)
        return page_above, page_joint, page_below
    return page_above, "\n\n" if last_line_above.endswith(SENTENCE_LINE_ENDS) else " ", page_below


def ends_mid_sentence(paragraph: str) -> bool:
    """Whether a paragraph is running text that ends in the middle of a sentence."""
    is_running_text = len(paragraph) > _LONG_PARAGRAPH and not BLOCK_START.match(paragraph)
    return is_running_text and not paragraph.endswith(SENTENCE_LINE_ENDS)


def begins_mid_sentence(paragraph: str) -> bool:
    """Whether a paragraph begins in the middle of a sentence."""
    return paragraph[:1].islower() and not BLOCK_START.match(paragraph) and not ITEM_START.match(paragraph)


def _with_sentence_overleaf_first(page_below: str) -> str:
    """A page whose sentence from overleaf goes on below a table or a figure's caption, with that sentence first; ""
    where none does."""
    blocks_overleaf = page_below.split("\n\n", _MOST_FLOATS_AT_PAGE_HEAD + 1)
    for i, block_overleaf in enumerate(blocks_overleaf[1 : _MOST_FLOATS_AT_PAGE_HEAD + 1], start=1):
        block_before = blocks_overleaf[i - 1]
        if not (block_before.startswith("|") or block_before.endswith(SENTENCE_LINE_ENDS)):
            return ""
        if begins_mid_sentence(block_overleaf) and len(block_overleaf) > _LONG_PARAGRAPH:
            return "\n\n".join([block_overleaf, *blocks_overleaf[:i], *blocks_overleaf[i + 1 :]])
    return ""


def _table_rows_overleaf(table_head: str, page_below: str) -> str:
    """The text below from its first rows on, where their caption has the number of that of the table above, and they
    its header, as when a table goes on overleaf; "" where they do not."""
    head_blocks, overleaf = table_head.split("\n\n"), page_below.split("\n\n", 1)
    if len(head_blocks) < 2 or len(overleaf) < 2 or not overleaf[1].startswith("|"):
        return ""
    caption_number = _TABLE_CAPTION_NUMBER.match(head_blocks[-2])
    caption_below = _TABLE_CAPTION_NUMBER.match(overleaf[0])
    header_above, repeated_header = head_blocks[-1].split("\n", 1)[0], overleaf[1].split("\n", 1)[0]
    if (
        not caption_number
        or not caption_below
        or caption_number[1] != caption_below[1]
        or header_above.count("|") != repeated_header.count("|")
    ):
        return ""
    return _strip_repeated_head(table_head, overleaf[1])


def _strip_repeated_head(table_head: str, table_overleaf: str) -> str:
    """A table's second part without its delimiter row, and without the rows of heads that repeat the first part's, from
    its first row on or the first below its titles."""
    rows_overleaf = table_overleaf.split("\n")
    if len(rows_overleaf) < 2 or not PIPE_DELIMITER_ROW.match(rows_overleaf[1]):
        return table_overleaf
    rows_overleaf = [rows_overleaf[0], *rows_overleaf[2:]]
    plain_rows = [" ".join(row.split()) for row in rows_overleaf]
    rows_of_head = [
        " ".join(row.split()) for row in table_head.split("\n\n")[-1].split("\n") if not PIPE_DELIMITER_ROW.match(row)
    ]
    heads_without_title = dropwhile(_is_merged_title, rows_of_head)
    repeated_heads = max(
        sum(takewhile(bool, map(eq, plain_rows, head_rows))) for head_rows in (rows_of_head, heads_without_title)
    )
    return "\n".join(rows_overleaf[max(repeated_heads, not plain_rows[0].replace("|", "").strip()) :])


def _is_merged_title(row: str) -> bool:
    """Whether all cells of a table's row that hold a text hold the same."""
    return len({cell.strip() for cell in row.split("|")} - {""}) < 2


def _join_word_over_page_end(page_above: str, page_below: str, pages: Sequence[str]) -> tuple[str, str]:
    """`page_above` that ends in a hyphen, without it, unless the document writes that word with a hyphen elsewhere."""
    stem_above = _STEM_AT_PAGE_END.search(page_above)
    tail_overleaf = re.match(r"[^\W\d_]+", page_below)
    if not stem_above or not tail_overleaf:
        return page_above[:-1], ""
    compound_word = re.compile(rf"\b{re.escape(stem_above[0])}{re.escape(tail_overleaf[0])}\b", re.IGNORECASE)
    return (page_above, "") if any(compound_word.search(page) for page in pages) else (page_above[:-1], "")
