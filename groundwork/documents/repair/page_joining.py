"""Many pages joined into one Markdown: what runs over a page end is mended, and pages are kept by offset."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import dropwhile, takewhile
from operator import eq
from typing import NamedTuple

from groundwork.documents.pipe_tables import DELIMITER_ROW
from groundwork.documents.repair.broken_lines import BLOCK_START, HYPHEN_END, ITEM_START
from groundwork.documents.repair.table_titles import titles_above_tables
from groundwork.language.sentences import LINE_ENDS
from groundwork.language.words import WRITTEN_OUT

_CAPTION_NUMBER = re.compile(r"[#*_ ]*([^\W\d_]+\.? [A-Z]?[\d.-]*\d)\b")  # a caption: Table 3
_STEM_WITH_HYPHEN = re.compile(r"(?<![^\W\d_])(?<![^\W\d_]-)(?:[^\W\d_]+-)*[^\W\d_]+[-‐]$")
_NOTE = re.compile(
    r"(\d{1,2}|[¹²³⁴-⁹]{1,2}|[*∗†‡§¶‖]{1,3}|\(\d{1,2}\)) ?(?=[^\W\d])"
)  # at the foot of a page or a table
_FENCE = "```"
_LEAST_SENTENCE_WORDS = 3  # of what is no formula, nor a label
_LONG_TEXT = 60  # letters of what is running text and no label
_MOST_HEAD_ROWS = 6  # lines at the head of a table among which the rows of its head are, with the delimiter row
_MOST_FLOATS = 2  # tables and captions at the head of a page that a sentence may pass over


class Stitched(NamedTuple):
    """The whole Markdown and, page by page, (start, end) into it."""

    markdown: str
    spans: list[tuple[int, int]]


def stitch(pages: Sequence[str], *, flowing: bool = True, titles_apart: bool = True) -> Stitched:
    """The pages as one text. A page's span ends where its own text ends; an empty page has an empty span.

    `flowing`: sentences and tables go on overleaf, as those of slides do not. `titles_apart`: titles of tables become
    paragraphs; not in the parts of one page, whose tables may go on overleaf, nor in texts that stay as they are.
    """
    page_texts: list[str] = []
    joints: list[str] = []
    last_filled = -1  # the page before that holds text
    table_head = ""  # of the table at its end, with the caption, which may stand on an earlier page
    for i, page in enumerate(pages):
        page_texts.append(unicodedata.normalize("NFC", page))  # as models write, who could else quote no accent
        joints.append("")
        if page.strip():
            if last_filled >= 0:
                above, below = page_texts[last_filled], page_texts[i]
                above, below = _with_notes_overleaf(above, below, table_head) if flowing else (above, below)
                table_head = _table_head(table_head, above)
                page_texts[last_filled], joints[i], page_texts[i] = (
                    _join_pages(above, below, pages, table_head) if flowing else (above, "\n\n", below)
                )
                table_head = table_head if joints[i] == "\n" else ""
            last_filled = i
    page_texts = list(map(titles_above_tables, page_texts)) if titles_apart else page_texts
    spans = []
    position = 0
    for joint, page_text in zip(joints, page_texts, strict=True):
        position += len(joint)
        spans.append((position, position + len(page_text)))
        position += len(page_text)
    return Stitched("".join(joint + page_text for joint, page_text in zip(joints, page_texts, strict=True)), spans)


def _table_head(table_head: str, page: str) -> str:
    """The first rows of the table at a page's end and the paragraph above it; `table_head`: those of the table that
    goes on at the head of the page."""
    blocks = page.split("\n\n")
    if table_head and len(blocks) == 1:
        return table_head
    return "\n\n".join([*blocks[-2:-1], "\n".join(blocks[-1].split("\n")[:_MOST_HEAD_ROWS])])


def _with_notes_overleaf(above: str, below: str, table_head: str) -> tuple[str, str]:
    """Two pages' texts, the notes at the foot of the first behind the table that they cut in two, where its second part
    repeats its head, or has figures where the head has none and the notes' marks stand in the first part."""
    blocks = above.split("\n\n")
    notes = list(takewhile(_NOTE.match, reversed(blocks)))[::-1]
    page = "\n\n".join(blocks[: len(blocks) - len(notes)])
    table = page.rpartition("\n\n")[2]
    second_part, _, text_below = below.partition("\n\n")
    row = second_part.split("\n", 1)[0]
    if not notes or not table.startswith("|") or not DELIMITER_ROW.match(f"{second_part}\n".split("\n")[1]):
        return above, below
    head = _table_head(table_head, page).rpartition("\n\n")[2].split("\n", 1)[0]
    marks = [match[1] for note in notes if (match := _NOTE.match(note))]
    has_marks = all(re.search(rf"[^\d\s|]{re.escape(mark)} *\|", table) for mark in marks)
    goes_on = row.split() == head.split() or (has_marks and bool(re.search(r"\d", row)) and not re.search(r"\d", head))
    if row.count("|") != table.rpartition("\n")[2].count("|") or not goes_on:
        return above, below
    return page, "\n\n".join(filter(None, [second_part, *notes, text_below]))


def _join_pages(above: str, below: str, pages: Sequence[str], table_head: str) -> tuple[str, str, str]:
    """Two pages' texts, mended where they meet, and what stands between them."""
    last_line, first_line = above.rsplit("\n", 1)[-1], below.split("\n", 1)[0]
    if last_line.startswith("|") and first_line.startswith("|") and last_line.count("|") == first_line.count("|"):
        return above, "\n", _strip_repeated_head(table_head, below)
    if last_line.startswith("|") and (rows_overleaf := _table_rows_overleaf(table_head, below)):
        return above, "\n", rows_overleaf
    if last_line == _FENCE == first_line:  # a listing that goes on overleaf
        return above.removesuffix(f"\n{_FENCE}"), "\n", below.removeprefix(f"{_FENCE}\n")
    if (
        ends_mid_sentence(last_line)
        and not begins_mid_sentence(first_line)
        and (reordered := _with_sentence_first(below))
    ):
        below, first_line = reordered, reordered.split("\n", 1)[0]
    if (
        BLOCK_START.match(last_line)
        or not begins_mid_sentence(first_line)
        or len(WRITTEN_OUT.findall(last_line)) < _LEAST_SENTENCE_WORDS
    ):
        return above, "\n\n", below
    if HYPHEN_END.search(last_line):
        above, joint = _join_parted_word(above, first_line, pages)
        return above, joint, below
    return above, "\n\n" if last_line.endswith(LINE_ENDS) else " ", below


def ends_mid_sentence(paragraph: str) -> bool:
    """Whether a paragraph is running text that ends in the middle of a sentence."""
    return len(paragraph) > _LONG_TEXT and not BLOCK_START.match(paragraph) and not paragraph.endswith(LINE_ENDS)


def begins_mid_sentence(paragraph: str) -> bool:
    """Whether a paragraph begins in the middle of a sentence."""
    return paragraph[:1].islower() and not BLOCK_START.match(paragraph) and not ITEM_START.match(paragraph)


def _with_sentence_first(below: str) -> str:
    """A page whose sentence from overleaf goes on below a table or a figure's caption, with that sentence first; ""
    where none does."""
    blocks = below.split("\n\n", _MOST_FLOATS + 1)
    for i, block in enumerate(blocks[1 : _MOST_FLOATS + 1], start=1):
        before = blocks[i - 1]
        if not (before.startswith("|") or before.endswith(LINE_ENDS)):
            return ""
        if begins_mid_sentence(block) and len(block) > _LONG_TEXT:
            return "\n\n".join([block, *blocks[:i], *blocks[i + 1 :]])
    return ""


def _table_rows_overleaf(table_head: str, below: str) -> str:
    """The text below from its first rows on, where their caption has the number of that of the table above, and they
    its header, as when a table goes on overleaf; "" where they do not."""
    blocks, rest_blocks = table_head.split("\n\n"), below.split("\n\n", 1)
    if len(blocks) < 2 or len(rest_blocks) < 2 or not rest_blocks[1].startswith("|"):
        return ""
    caption_number, caption_below = _CAPTION_NUMBER.match(blocks[-2]), _CAPTION_NUMBER.match(rest_blocks[0])
    header, repeated = blocks[-1].split("\n", 1)[0], rest_blocks[1].split("\n", 1)[0]
    if (
        not caption_number
        or not caption_below
        or caption_number[1] != caption_below[1]
        or header.count("|") != repeated.count("|")
    ):
        return ""
    return _strip_repeated_head(table_head, rest_blocks[1])


def _strip_repeated_head(table_head: str, below: str) -> str:
    """A table's second part without its delimiter row, and without the rows of heads that repeat the first part's, from
    its first row on or the first below its titles."""
    rows_overleaf = below.split("\n")
    if len(rows_overleaf) < 2 or not DELIMITER_ROW.match(rows_overleaf[1]):
        return below
    rows_overleaf = [rows_overleaf[0], *rows_overleaf[2:]]
    rows = [" ".join(row.split()) for row in rows_overleaf]
    heads = [" ".join(row.split()) for row in table_head.split("\n\n")[-1].split("\n") if not DELIMITER_ROW.match(row)]
    untitled = dropwhile(_is_title, heads)
    repeated_heads = max(sum(takewhile(bool, map(eq, rows, head_rows))) for head_rows in (heads, untitled))
    return "\n".join(rows_overleaf[max(repeated_heads, not rows[0].replace("|", "").strip()) :])


def _is_title(row: str) -> bool:
    """Whether all cells of a table's row that hold a text hold the same."""
    return len({cell.strip() for cell in row.split("|")} - {""}) < 2


def _join_parted_word(above: str, below: str, pages: Sequence[str]) -> tuple[str, str]:
    """`above` that ends in a hyphen, without it, unless the document writes that word with a hyphen elsewhere."""
    stem = _STEM_WITH_HYPHEN.search(above)
    tail = re.match(r"[^\W\d_]+", below)
    if not stem or not tail:
        return above[:-1], ""
    compound = re.compile(rf"\b{re.escape(stem[0])}{re.escape(tail[0])}\b", re.IGNORECASE)
    return (above, "") if any(compound.search(page) for page in pages) else (above[:-1], "")
