"""Grid tables of reStructuredText: cells drawn with `+`, `-`, `=` and `|`, which may span columns and rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_GRID_BORDER = re.compile(r"\s*\+(?:[-=]+\+)+\s*$")
_GRID_LINE = re.compile(r"\s*[+|].*[+|]\s*$")
_GRID_CORNER = re.compile(r"(?<=[-=])\+|\+(?=[-=])")
_WIDE_LETTER_END = "\0"  # the second column of a Chinese or Japanese letter


def grid_table_end(lines: Sequence[str], start: int) -> int:
    """Behind the last border of the grid table which begins at a line; 0 where none does."""
    if not _GRID_BORDER.match(lines[start]):
        return 0
    table_end = start
    for place in range(start + 1, len(lines)):
        if not _GRID_LINE.match(lines[place]):
            break
        if _GRID_BORDER.match(lines[place]):
            table_end = place + 1
    return table_end if table_end - start > 2 else 0


def grid_table_rows(grid_lines: Sequence[str]) -> list[list[str]]:
    """The rows of a grid table; a cell that spans several columns or rows stands in each of them."""
    grid_lines = [_in_columns(line.strip()) for line in grid_lines]
    corners = sorted({match.start() for line in grid_lines for match in _GRID_CORNER.finditer(line)})
    columns = list(pairwise(corners))
    rows: list[list[list[str]]] = []
    cells: list[list[str]] = [[] for _ in columns]
    for line in grid_lines[1:]:
        is_closed = [set(line[left + 1 : right]) in ({"-"}, {"="}) for left, right in columns]
        if any(is_closed):
            rows.append(cells)
            cells = [[] if closed else cell for cell, closed in zip(cells, is_closed, strict=True)]
        cells = _with_line(cells, line, columns, is_closed)
    return [[_cell_text(cell) for cell in row] for row in rows]


def _with_line(
    cells: list[list[str]], line: str, columns: Sequence[tuple[int, int]], is_closed: Sequence[bool]
) -> list[list[str]]:
    """The cells with their texts of a line; where no border parts two columns, both have the cell of the first."""
    cells = list(cells)
    first = 0
    for column, (_, right) in enumerate(columns):
        cells[column] = cells[first]
        if line[right : right + 1] in ("|", "+") or column == len(columns) - 1:
            if not is_closed[column]:
                cells[first].append(line[columns[first][0] + 1 : right])
            first = column + 1
    return cells


def _in_columns(line: str) -> str:
    """A line in which each character stands for a column of a typewriter."""
    return "".join(letter + _WIDE_LETTER_END * (unicodedata.east_asian_width(letter) in ("W", "F")) for letter in line)


def _cell_text(cell: Sequence[str]) -> str:
    return " ".join(" ".join(cell).replace(_WIDE_LETTER_END, "").split())
