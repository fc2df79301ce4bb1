"""How well a rendition reads, which the text layer alone cannot say: broken sentences, false headings and tables."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from groundwork.documents.auditing.page_audit import MARKDOWN_ESCAPE, Reference
from groundwork.documents.dot_leaders import CONTENTS_LINE
from groundwork.language.list_and_rule_labels import LIST_LABEL

_ITEM_LINE = re.compile(rf"^[^\S\n]*({LIST_LABEL})\s+\S", re.MULTILINE)
_ITEM_START = re.compile(rf"^(?:[^\S\n]|[>#*_|-])*+({LIST_LABEL})", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n\s*\n")
HEADING_LINE = re.compile(r"^(#{1,6}) +(.*)$", re.MULTILINE)
_SENTENCE_ENDS = (".", ":", ";", "!", "?", "”", '"', "'", "…")
_TABLE_ROW = re.compile(r"^[^\S\n]*\|.*\|[^\S\n]*$", re.MULTILINE)


def readability(reference: Reference, markdown: str) -> float:
    """1 for a rendition with nothing to stumble over; less for items run together, broken sentences, false tables
    and false headings."""
    return (
        (0.5 + 0.5 * _items_kept(reference.text, markdown))
        * (1 - 0.5 * _broken_paragraphs(markdown))
        * (1 - 0.5 * _false_headings(markdown))
        * (1 - 0.5 * _false_cells(markdown))
    )


def count_true_rows(markdown: str) -> int:
    """Rows of tables that are tables indeed: their borders cut no sentence."""
    return len(_TABLE_ROW.findall(markdown)) if _false_cells(markdown) < 0.05 else 0


def contents_lines(markdown: str) -> int:
    return len(CONTENTS_LINE.findall(markdown))


def _items_kept(layer_text: str, markdown: str) -> float:
    """Of the numbered lines of the text layer, the share that still begin a line."""
    numbered_items = Counter(_ITEM_LINE.findall(layer_text))
    if not numbered_items:
        return 1.0
    line_starts = Counter(_ITEM_START.findall(MARKDOWN_ESCAPE.sub("", markdown)))
    items_kept: int = (numbered_items & line_starts).total()
    return items_kept / numbered_items.total()


def _broken_paragraphs(markdown: str) -> float:
    """The share of paragraphs that begin in the middle of a sentence."""
    blocks = [block.strip("*_ ") for block in _BLANK_LINES.split(markdown) if block.strip()]
    prose = [(a, b) for a, b in pairwise(blocks) if not b.startswith(("|", "#", "`", "-", "<", "!"))]
    if not prose:
        return 0.0
    broken = [
        a for a, b in prose if b[:1].islower() and not a.startswith(("#", "|")) and not a.endswith(_SENTENCE_ENDS)
    ]
    return len(broken) / len(prose)


def _false_headings(markdown: str) -> float:
    """The share of headings that are sentences: they end like one, or are longer than two lines of print."""
    headings = [title.strip("*_ ") for _, title in HEADING_LINE.findall(markdown)]
    sentences = sum(len(heading) > 160 or heading.endswith((";", ",", ".", "; and", "; or")) for heading in headings)
    return sentences / len(headings) if headings else 0.0


def _false_cells(markdown: str) -> float:
    """The share of cell borders that cut a sentence: the next cell, or the next row, goes on in lower case."""
    table_rows = [[cell.strip("* ") for cell in row.strip(" |").split("|")] for row in _TABLE_ROW.findall(markdown)]
    table_rows = [row for row in table_rows if not all(set(cell) <= set(":- ") for cell in row)]
    borders = cuts = 0
    for row in table_rows:
        for left, right in pairwise(cell for cell in row if cell):
            borders += 1
            cuts += right[0].islower() and left[-1].isalpha() and " " in left + right and len(left + right) > 30
    for above, below in pairwise(table_rows):
        if above[-1] and below[0]:
            borders += 1
            cuts += below[0][0].islower() and above[-1][-1].isalpha()
    return cuts / borders if borders else 0.0
