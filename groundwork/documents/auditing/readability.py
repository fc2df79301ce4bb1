"""How well a rendition reads, which the text layer alone cannot say: broken sentences, false headings and tables."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from groundwork.documents.auditing.page_audit import UNAUDITED_ESCAPE, AuditReference
from groundwork.documents.dot_leaders import CONTENTS_LINE
from groundwork.language.list_labels import LIST_LABEL

_READABLE_ITEM = re.compile(rf"^[^\S\n]*({LIST_LABEL})\s+\S", re.MULTILINE)
_READABLE_ITEM_START = re.compile(rf"^(?:[^\S\n]|[>#*_|-])*+({LIST_LABEL})", re.MULTILINE)
_READABLE_BREAK = re.compile(r"\n\s*\n")
HEADING_LINE = re.compile(r"^(#{1,6}) +(.*)$", re.MULTILINE)
_READABLE_ENDS = (".", ":", ";", "!", "?", "”", '"', "'", "…")


def readability(reference: AuditReference, markdown: str) -> float:
    """1 for a rendition with nothing to stumble over; less for items run together, broken sentences, false tables
    and false headings."""
    return (
        (0.5 + 0.5 * _readability_of_items(reference.text, markdown))
        * (1 - 0.5 * _unreadable_paragraph_share(markdown))
        * (1 - 0.5 * _unreadable_heading_share(markdown))
        * (1 - 0.5 * unreadable_cell_share(markdown))
    )


def readable_contents_lines(markdown: str) -> int:
    return len(CONTENTS_LINE.findall(markdown))


def _readability_of_items(layer_text: str, markdown: str) -> float:
    """Of the numbered lines of the text layer, the share that still begin a line."""
    readable_items = Counter(_READABLE_ITEM.findall(layer_text))
    if not readable_items:
        return 1.0
    items_of_markdown = Counter(_READABLE_ITEM_START.findall(UNAUDITED_ESCAPE.sub("", markdown)))
    items_that_begin_lines: int = (readable_items & items_of_markdown).total()
    return items_that_begin_lines / readable_items.total()


def _unreadable_paragraph_share(markdown: str) -> float:
    """The share of paragraphs that begin in the middle of a sentence."""
    paragraphs = [block.strip("*_ ") for block in _READABLE_BREAK.split(markdown) if block.strip()]
    prose_pairs = [(a, b) for a, b in pairwise(paragraphs) if not b.startswith(("|", "#", "`", "-", "<", "!"))]
    if not prose_pairs:
        return 0.0
    unreadable_paragraphs = [
        a for a, b in prose_pairs if b[:1].islower() and not a.startswith(("#", "|")) and not a.endswith(_READABLE_ENDS)
    ]
    return len(unreadable_paragraphs) / len(prose_pairs)


def _unreadable_heading_share(markdown: str) -> float:
    """The share of headings that are sentences: they end like one, or are longer than two lines of print."""
    headings = [title.strip("*_ ") for _, title in HEADING_LINE.findall(markdown)]
    bad_headings = sum(len(heading) > 160 or heading.endswith((";", ",", ".", "; and", "; or")) for heading in headings)
    return bad_headings / len(headings) if headings else 0.0


_READABLE_TABLE_ROW = re.compile(r"^[^\S\n]*\|.*\|[^\S\n]*$", re.MULTILINE)


def count_readable_rows(markdown: str) -> int:
    """Rows of tables that are tables indeed: their borders cut no sentence."""
    return len(_READABLE_TABLE_ROW.findall(markdown)) if unreadable_cell_share(markdown) < 0.05 else 0


def unreadable_cell_share(markdown: str) -> float:
    """The share of cell borders that cut a sentence: the next cell, or the next row, goes on in lower case."""
    readable_rows = [
        [cell.strip("* ") for cell in row.strip(" |").split("|")] for row in _READABLE_TABLE_ROW.findall(markdown)
    ]
    readable_rows = [row for row in readable_rows if not all(set(cell) <= set(":- ") for cell in row)]
    cuts_within_rows = [
        _is_cut_sentence(before, behind) and " " in before + behind and len(before + behind) > 30
        for row in readable_rows
        for before, behind in pairwise(cell for cell in row if cell)
    ]
    cuts_between_rows = [
        _is_cut_sentence(row_above[-1], row_below[0])
        for row_above, row_below in pairwise(readable_rows)
        if row_above[-1] and row_below[0]
    ]
    unreadable_cuts = [*cuts_within_rows, *cuts_between_rows]
    return sum(unreadable_cuts) / len(unreadable_cuts) if unreadable_cuts else 0.0


def _is_cut_sentence(cell_before: str, cell_behind: str) -> bool:
    return cell_behind[0].islower() and cell_before[-1].isalpha()
