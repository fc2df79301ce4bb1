"""Tables of contents without leaders and numbered lists, whose parts stand as far apart as the cells of a table."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.tables.borderless_heads import is_rule_row
from groundwork.documents.layout.tables.borderless_rows_and_columns import SpacedLine, Text, is_row
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords

_PAGE_DIGITS = 3  # digits of a page number
_LEAST_TITLE_WORDS = 3  # of most titles in a table of contents whose sections have no numbers
_MANY_ENTRIES = 12  # entries from which on a list of single words is a table of contents, if several stand on one page
_SECTION_NUMBER = re.compile(r"(?:\d{1,2}|[A-Z])(?:\.\d{1,2})*+\.?(?!\S)")
_ITEM_NUMBER = re.compile(r"\d{1,4}\.?|\[\d{1,4}\]|\(\d{1,4}\)")  # 7, 7., [7] or (7)
_LONG_ITEM_WORDS = 5  # words of most items of a numbered list


def _is_page(text: str) -> bool:
    return text.isdecimal() and len(text) <= _PAGE_DIGITS and text[0] in "123456789"


def _is_roman(text: str) -> bool:
    return text != "" and not text.strip("ivxl")


def contents_entries(rows: Sequence[SpacedLine]) -> list[list[str]]:
    """The titles and page numbers of a table of contents without leaders, in one column or two; [] of other rows."""
    return _column_entries(rows) or _column_entries(_below_each_other(rows))


def _below_each_other(rows: Sequence[SpacedLine]) -> list[SpacedLine]:
    """Rows of two titles, each with its page, as the rows of the left column and then those of the right one; [] of
    rows of which less than half have both."""
    starts = [
        row.texts[2].x1 for row in rows if len(row.texts) == 4 and all(_is_page(row.texts[k].text) for k in (1, 3))
    ]
    if 2 * len(starts) < len(rows) or not starts:
        return []
    edge = min(starts)
    left = [row._replace(texts=[text for text in row.texts if text.x2 < edge]) for row in rows]
    right = [row._replace(texts=[text for text in row.texts if text.x2 >= edge]) for row in rows]
    return [row for row in (*left, *right) if row.texts]


def _column_entries(rows: Sequence[SpacedLine]) -> list[list[str]]:
    """The entries of one column: numbers that never fall; [] of other rows."""
    if not any(map(is_row, rows)):
        return []
    row_texts = [row.texts for row in rows if is_row(row)]
    numbers = [int(texts[-1].text) for texts in row_texts if _is_page(texts[-1].text)]
    sections = sum("." in number[0] for texts in row_texts if (number := _SECTION_NUMBER.match(texts[0].text)))
    words = statistics.median(sum(len(text.text.split()) for text in texts[:-1]) for texts in row_texts)
    is_numbered = 2 * sections > len(row_texts)
    is_long = len(row_texts) >= _MANY_ENTRIES and len(set(numbers)) < len(numbers)
    least_words, least_pages = (2, 2) if is_numbered else (1 if is_long else _LEAST_TITLE_WORDS, 4)
    if len(numbers) < 5 or not all(map(_is_entry, row_texts)) or numbers != sorted(numbers):
        return []
    if words < least_words or len(set(numbers)) < least_pages:
        return []
    entries, title = [], ""
    for row in rows:
        if is_rule_row(row):
            continue
        title = " ".join([title, *(text.text for text in (row.texts[:-1] if is_row(row) else row.texts))]).strip()
        if is_row(row):
            entries.append([title, row.texts[-1].text])
            title = ""
    return entries


def _is_entry(texts: Sequence[Text]) -> bool:
    """Whether a row is a title and a page, or a section's number, its title and a page."""
    has_section = len(texts) == 3 and _SECTION_NUMBER.fullmatch(texts[0].text) is not None
    return (len(texts) == 2 or has_section) and (_is_page(texts[-1].text) or _is_roman(texts[-1].text))


def are_marks(body: list[SpacedLine]) -> bool:
    """Whether every row begins with one of two signs before a long text: the items of a list."""
    marks = {row.texts[0].text for row in body}
    are_long = statistics.median(len(row.texts[1].text.split()) for row in body) >= 5
    return are_long and len(marks) < 3 and all(len(mark) == 1 and not mark.isdigit() for mark in marks)


def list_items(rows: Sequence[Sequence[str]], vocabulary: DocumentWords) -> list[list[str]]:
    """The numbers and texts of a numbered list, such as of references: long texts beside numbers that go up by one;
    [] of other rows."""
    if (
        not rows
        or any(len(row) != 2 or not row[1] for row in rows)
        or any(row[0] and not _ITEM_NUMBER.fullmatch(row[0]) for row in rows)
    ):
        return []
    numbers = [int(row[0].strip("[]().")) for row in rows if row[0]]
    item_texts = [row[1] for row in rows if row[0]]
    is_climbing = len(numbers) > 1 and all(b - a == 1 for a, b in pairwise(numbers))
    if not rows[0][0] or not is_climbing or any(text[0].islower() for text in item_texts):
        return []
    items: list[list[str]] = []
    for number, text in rows:
        if number:
            items.append([number, text])
        else:
            items[-1][1] = vocabulary.join(items[-1][1], text)
    return items if statistics.median(len(text.split()) for text in item_texts) >= _LONG_ITEM_WORDS else []
