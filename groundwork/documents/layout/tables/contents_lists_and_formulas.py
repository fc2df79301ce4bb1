"""What stands in columns as a table does and is none: contents without leaders, lists, formulas, running text."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.tables.column_gutters import (
    SpacedLine,
    Text,
    column_at,
    is_row,
)
from groundwork.documents.layout.tables.column_heads import is_rule_row
from groundwork.documents.layout.text_lines import is_number
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords

_EQUATION_NUMBER = re.compile(r"[(\[](?:[A-Z]\.?)?\d{1,3}(?:\.\d{1,3})?[a-z]?[)\]]")
_RELATION = re.compile(
    r"[=≤≥≡≈≃≅∼∝∈⊂⊆→←⇒⇔≪≫<>]|:=|\\(?:leq|geq|equiv|approx|sim|propto|in|subset|to|neq|(?:left|right|Right)arrow)\b"
)
_FORMULA_SHARE = 0.5  # of the rows, which are formulas
_NUMBER_SHARE = 0.3  # of the texts of formulas, which are plain figures at the most


def are_formulas(body: Sequence[SpacedLine]) -> bool:
    """Whether rows are formulas: one ends with its number, or half of them have a sign of relation alone in a cell."""
    texts = [[text.text for text in row.texts] for row in body]
    formulas = [row for row in texts if _RELATION.search(" ".join(row))]
    if len(formulas) < _FORMULA_SHARE * len(texts):
        return False
    has_number = any(_EQUATION_NUMBER.fullmatch(row[-1]) for row in formulas)
    lone_signs = sum(any(_RELATION.fullmatch(text) for text in row) for row in texts)
    figures = sum(is_number(text) and not _EQUATION_NUMBER.fullmatch(text) for row in texts for text in row)
    has_figures = figures > _NUMBER_SHARE * sum(map(len, texts))
    return (has_number or 2 * lone_signs >= len(texts)) and not has_figures


_EDGE_SPREAD = 0.3  # sizes by which the edges of justified lines differ at the most


def is_prose(body: list[SpacedLine], columns: list[tuple[float, float]]) -> bool:
    """Whether sentences cross the rows in more than one column: columns of running text."""
    texts_by_column: list[list[str]] = [[] for _ in columns]
    for row in body:
        for text in row.texts:
            texts_by_column[column_at(text, columns)].append(text.text)
    running_columns = [
        texts
        for texts in texts_by_column
        if texts and statistics.median(len(text.split()) for text in texts) >= 4 and _share_of_lower(texts) > 0.3
    ]
    return len(running_columns) > 1


def is_justified(body: list[SpacedLine]) -> bool:
    """Whether the rows are words of running text that are spaced out to fill its lines from edge to edge."""
    edges = [(row.texts[0].x1, row.texts[-1].x2) for row in body]
    spreads = [max(xs) - min(xs) for xs in zip(*edges, strict=True)]
    return max(spreads) < _EDGE_SPREAD * body[0].size and _share_of_lower([t.text for r in body for t in r.texts]) > 0.5


def _share_of_lower(texts: list[str]) -> float:
    return sum(text[0].islower() for text in texts) / len(texts)


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
