"""What stands in columns as a table does and is none: contents without leaders, lists, formulas, running text."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.tables.gutters import GutterRow, GutterText, column_at, is_gutter_row
from groundwork.documents.layout.tables.table_heads import is_dashes_below_heads
from groundwork.documents.layout.text_runs_and_lines import Stretches, is_number
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords

_FORMULA_ROW_NUMBER = re.compile(r"[(\[](?:[A-Z]\.?)?\d{1,3}(?:\.\d{1,3})?[a-z]?[)\]]")
_FORMULA_RELATION = re.compile(
    r"[=≤≥≡≈≃≅∼∝∈⊂⊆→←⇒⇔≪≫<>]|:=|\\(?:leq|geq|equiv|approx|sim|propto|in|subset|to|neq|(?:left|right|Right)arrow)\b"
)
_LEAST_FORMULA_SHARE = 0.5  # of the rows, which are formulas
_MOST_FIGURES_IN_FORMULAS = 0.3  # of the texts of formulas, which are plain figures at the most


def are_formulas(formula_rows: Sequence[GutterRow]) -> bool:
    """Whether rows are formulas: one ends with its number, or half of them have a sign of relation alone in a cell."""
    rows_of_texts = [[text.text for text in formula.texts] for formula in formula_rows]
    rows_with_relation = [formula for formula in rows_of_texts if _FORMULA_RELATION.search(" ".join(formula))]
    if len(rows_with_relation) < _LEAST_FORMULA_SHARE * len(rows_of_texts):
        return False
    has_formula_number = any(_FORMULA_ROW_NUMBER.fullmatch(formula[-1]) for formula in rows_with_relation)
    lone_relation_signs = sum(any(_FORMULA_RELATION.fullmatch(text) for text in formula) for formula in rows_of_texts)
    plain_figures = sum(
        is_number(text) and not _FORMULA_ROW_NUMBER.fullmatch(text) for formula in rows_of_texts for text in formula
    )
    has_plain_figures = plain_figures > _MOST_FIGURES_IN_FORMULAS * sum(map(len, rows_of_texts))
    return (has_formula_number or 2 * lone_relation_signs >= len(rows_of_texts)) and not has_plain_figures


_JUSTIFIED_EDGE_SPREAD = 0.3  # sizes by which the edges of justified lines differ at the most


def is_prose(prose_rows: list[GutterRow], columns: Stretches) -> bool:
    """Whether sentences cross the rows in more than one column: columns of running text."""
    prose_by_column: list[list[str]] = [[] for _ in columns]
    for prose_row in prose_rows:
        for text in prose_row.texts:
            prose_by_column[column_at(text, columns)].append(text.text)
    prose_columns = [
        prose_of_column
        for prose_of_column in prose_by_column
        if prose_of_column
        and statistics.median(len(text.split()) for text in prose_of_column) >= 4
        and _prose_lower_case_share(prose_of_column) > 0.3
    ]
    return len(prose_columns) > 1


def is_justified(justified_lines: list[GutterRow]) -> bool:
    """Whether the rows are words of running text that are spaced out to fill its lines from edge to edge."""
    line_edges = [(row.texts[0].x1, row.texts[-1].x2) for row in justified_lines]
    justified_spreads = [max(xs) - min(xs) for xs in zip(*line_edges, strict=True)]
    return (
        max(justified_spreads) < _JUSTIFIED_EDGE_SPREAD * justified_lines[0].size
        and _prose_lower_case_share([t.text for r in justified_lines for t in r.texts]) > 0.5
    )


def _prose_lower_case_share(prose_texts: list[str]) -> float:
    return sum(text[0].islower() for text in prose_texts) / len(prose_texts)


_CONTENTS_PAGE_DIGITS = 3  # digits of a page number
_LEAST_TITLE_WORDS = 3  # of most titles in a table of contents whose sections have no numbers
_MANY_CONTENTS_ENTRIES = 12  # from which on a list of single words is a table of contents, if some stand on one page
_CONTENTS_SECTION = re.compile(r"(?:\d{1,2}|[A-Z])(?:\.\d{1,2})*+\.?(?!\S)")
_ITEM_NUMBER = re.compile(r"\d{1,4}\.?|\[\d{1,4}\]|\(\d{1,4}\)")  # 7, 7., [7] or (7)
_LONG_ITEM_WORDS = 5  # words of most items of a numbered list


def _is_contents_page_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _CONTENTS_PAGE_DIGITS and text[0] in "123456789"


def _is_roman_contents_page(contents_page: str) -> bool:
    return contents_page != "" and not contents_page.strip("ivxl")


def contents_entries(rows: Sequence[GutterRow]) -> list[list[str]]:
    """The titles and page numbers of a table of contents without leaders, in one column or two; [] of other rows."""
    return _contents_of_column(rows) or _contents_of_column(_contents_columns_below_each_other(rows))


def _contents_columns_below_each_other(contents_rows: Sequence[GutterRow]) -> list[GutterRow]:
    """Rows of two titles, each with its page, as the rows of the left column and then those of the right one; [] of
    rows of which less than half have both."""
    title_starts = [
        contents_row.texts[2].x1
        for contents_row in contents_rows
        if len(contents_row.texts) == 4 and all(_is_contents_page_number(contents_row.texts[k].text) for k in (1, 3))
    ]
    if 2 * len(title_starts) < len(contents_rows) or not title_starts:
        return []
    second_contents_column = min(title_starts)
    column_entries = [
        contents_row._replace(texts=[t for t in contents_row.texts if (t.x2 >= second_contents_column) == is_right])
        for is_right in (False, True)
        for contents_row in contents_rows
    ]
    return [contents_row for contents_row in column_entries if contents_row.texts]


def _contents_of_column(contents_rows: Sequence[GutterRow]) -> list[list[str]]:
    """The entries of one column: numbers that never fall; [] of other rows."""
    if not any(map(is_gutter_row, contents_rows)):
        return []
    entry_texts = [contents_row.texts for contents_row in contents_rows if is_gutter_row(contents_row)]
    page_numbers = [int(entry[-1].text) for entry in entry_texts if _is_contents_page_number(entry[-1].text)]
    section_numbers = sum(
        "." in section_number[0] for entry in entry_texts if (section_number := _CONTENTS_SECTION.match(entry[0].text))
    )
    contents_words = statistics.median(sum(len(text.text.split()) for text in entry[:-1]) for entry in entry_texts)
    has_section_numbers = 2 * section_numbers > len(entry_texts)
    is_long_contents = len(entry_texts) >= _MANY_CONTENTS_ENTRIES and len(set(page_numbers)) < len(page_numbers)
    least_words, least_pages = (2, 2) if has_section_numbers else (1 if is_long_contents else _LEAST_TITLE_WORDS, 4)
    if len(page_numbers) < 5 or not all(map(_is_contents_entry, entry_texts)) or page_numbers != sorted(page_numbers):
        return []
    if contents_words < least_words or len(set(page_numbers)) < least_pages:
        return []
    return _join_contents_rows(contents_rows)


def _join_contents_rows(contents_rows: Sequence[GutterRow]) -> list[list[str]]:
    """The title and the page of each entry; a row without a page goes on in the one below it."""
    contents_entries, entry_title = [], ""
    for contents_row in contents_rows:
        if is_dashes_below_heads(contents_row):
            continue
        title_texts = contents_row.texts[:-1] if is_gutter_row(contents_row) else contents_row.texts
        entry_title = " ".join([entry_title, *(title_text.text for title_text in title_texts)]).strip()
        if is_gutter_row(contents_row):
            contents_entries.append([entry_title, contents_row.texts[-1].text])
            entry_title = ""
    return contents_entries


def _is_contents_entry(entry_texts: Sequence[GutterText]) -> bool:
    """Whether a row is a title and a page, or a section's number, its title and a page."""
    has_section_number = len(entry_texts) == 3 and _CONTENTS_SECTION.fullmatch(entry_texts[0].text) is not None
    return (len(entry_texts) == 2 or has_section_number) and (
        _is_contents_page_number(entry_texts[-1].text) or _is_roman_contents_page(entry_texts[-1].text)
    )


def are_list_bullets(list_rows: list[GutterRow]) -> bool:
    """Whether every row begins with one of two signs before a long text: the items of a list."""
    list_bullets = {row.texts[0].text for row in list_rows}
    are_long_items = statistics.median(len(row.texts[1].text.split()) for row in list_rows) >= 5
    return (
        are_long_items
        and len(list_bullets) < 3
        and all(len(list_bullet) == 1 and not list_bullet.isdigit() for list_bullet in list_bullets)
    )


def _is_list_row(list_row: Sequence[str]) -> bool:
    return len(list_row) == 2 and bool(list_row[1]) and (not list_row[0] or bool(_ITEM_NUMBER.fullmatch(list_row[0])))


def numbered_list_items(list_rows: Sequence[Sequence[str]], vocabulary: DocumentWords) -> list[list[str]]:
    """The numbers and texts of a numbered list, such as of references: long texts beside numbers that go up by one;
    [] of other rows."""
    if not list_rows or not all(map(_is_list_row, list_rows)):
        return []
    item_numbers = [int(list_row[0].strip("[]().")) for list_row in list_rows if list_row[0]]
    texts_of_items = [list_row[1] for list_row in list_rows if list_row[0]]
    is_climbing = len(item_numbers) > 1 and all(b - a == 1 for a, b in pairwise(item_numbers))
    if not list_rows[0][0] or not is_climbing or any(item_text[0].islower() for item_text in texts_of_items):
        return []
    list_items: list[list[str]] = []
    for item_number, item_text in list_rows:
        if item_number:
            list_items.append([item_number, item_text])
        else:
            list_items[-1][1] = vocabulary.join(list_items[-1][1], item_text)
    are_long_items = statistics.median(len(item_text.split()) for item_text in texts_of_items) >= _LONG_ITEM_WORDS
    return list_items if are_long_items else []
