"""How well a rendition reads, which the text layer alone cannot say: broken sentences, false headings and tables."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from groundwork.documents.auditing.page_audit import UNAUDITED_ESCAPE, AuditReference
from groundwork.documents.dot_leaders import CONTENTS_LINE
from groundwork.language.list_labels import LIST_LABEL

_ITEM_LINE = re.compile(rf"^[^\S\n]*({LIST_LABEL})\s+\S", re.MULTILINE)
_ITEM_START = re.compile(rf"^(?:[^\S\n]|[>#*_|-])*+({LIST_LABEL})", re.MULTILINE)
_PARAGRAPH_BREAK = re.compile(r"\n\s*\n")
HEADING_LINE = re.compile(r"^(#{1,6}) +(.*)$", re.MULTILINE)
_PARAGRAPH_ENDS = (".", ":", ";", "!", "?", "”", '"', "'", "…")


def readability(reference: AuditReference, markdown: str) -> float:
    """1 for a rendition with nothing to stumble over; less for items run together, broken sentences, false tables
    and false headings."""
    return (
        (0.5 + 0.5 * _share_of_items_kept(reference.text, markdown))
        * (1 - 0.5 * _share_of_broken_paragraphs(markdown))
        * (1 - 0.5 * _share_of_false_headings(markdown))
        * (1 - 0.5 * share_of_false_cells(markdown))
    )


def contents_lines(markdown: str) -> int:
    return len(CONTENTS_LINE.findall(markdown))


def _share_of_items_kept(layer_text: str, markdown: str) -> float:
    """Of the numbered lines of the text layer, the share that still begin a line."""
    items_of_layer = Counter(_ITEM_LINE.findall(layer_text))
    if not items_of_layer:
        return 1.0
    items_of_markdown = Counter(_ITEM_START.findall(UNAUDITED_ESCAPE.sub("", markdown)))
    items_that_begin_lines: int = (items_of_layer & items_of_markdown).total()
    return items_that_begin_lines / items_of_layer.total()


def _share_of_broken_paragraphs(markdown: str) -> float:
    """The share of paragraphs that begin in the middle of a sentence."""
    paragraphs = [block.strip("*_ ") for block in _PARAGRAPH_BREAK.split(markdown) if block.strip()]
    prose_pairs = [(a, b) for a, b in pairwise(paragraphs) if not b.startswith(("|", "#", "`", "-", "<", "!"))]
    if not prose_pairs:
        return 0.0
    broken_paragraphs = [
        a
        for a, b in prose_pairs
        if b[:1].islower() and not a.startswith(("#", "|")) and not a.endswith(_PARAGRAPH_ENDS)
    ]
    return len(broken_paragraphs) / len(prose_pairs)


def _share_of_false_headings(markdown: str) -> float:
    """The share of headings that are sentences: they end like one, or are longer than two lines of print."""
    headings = [title.strip("*_ ") for _, title in HEADING_LINE.findall(markdown)]
    false_headings = sum(
        len(heading) > 160 or heading.endswith((";", ",", ".", "; and", "; or")) for heading in headings
    )
    return false_headings / len(headings) if headings else 0.0


_MARKDOWN_TABLE_ROW = re.compile(r"^[^\S\n]*\|.*\|[^\S\n]*$", re.MULTILINE)


def count_true_rows(markdown: str) -> int:
    """Rows of tables that are tables indeed: their borders cut no sentence."""
    return len(_MARKDOWN_TABLE_ROW.findall(markdown)) if share_of_false_cells(markdown) < 0.05 else 0


def share_of_false_cells(markdown: str) -> float:
    """The share of cell borders that cut a sentence: the next cell, or the next row, goes on in lower case."""
    table_rows = [
        [cell.strip("* ") for cell in row.strip(" |").split("|")] for row in _MARKDOWN_TABLE_ROW.findall(markdown)
    ]
    table_rows = [row for row in table_rows if not all(set(cell) <= set(":- ") for cell in row)]
    cell_borders = sentence_cuts = 0
    for row in table_rows:
        for cell_before, cell_behind in pairwise(cell for cell in row if cell):
            cell_borders += 1
            sentence_cuts += (
                cell_behind[0].islower()
                and cell_before[-1].isalpha()
                and " " in cell_before + cell_behind
                and len(cell_before + cell_behind) > 30
            )
    for row_above, row_below in pairwise(table_rows):
        if row_above[-1] and row_below[0]:
            cell_borders += 1
            sentence_cuts += row_below[0][0].islower() and row_above[-1][-1].isalpha()
    return sentence_cuts / cell_borders if cell_borders else 0.0
