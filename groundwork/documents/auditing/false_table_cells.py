"""Cells of tables that are none: their borders cut a sentence."""

from __future__ import annotations

import re
from itertools import pairwise

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
