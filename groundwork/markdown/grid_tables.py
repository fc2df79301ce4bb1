"""Grid tables, as reStructuredText, Pandoc and the consoles of databases draw them: their rows and cells.

A row goes from one line of + and - to the next, and its cells may go over several lines. Databases draw lines around
the head and below the last row alone; then each line is a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from itertools import zip_longest

import regex

from groundwork.language.text_spans import Span, line_spans

_GRID_LINE = regex.compile(r"[ \t>]*+[|+]")
GRID_TABLE_START = r"[ \t>]*+\+[-=:]{2,}+(?:\+[-=:]++)*+\+[ \t\r]*+\n[ \t>]*+\|"
"""The first line, and the beginning of the second."""

_GRID_BORDER = regex.compile(r"[ \t>]*+\+[-=:]{2,}+(?:\+[-=:]++)*+\+[ \t\r]*+\n?+")
_GRID_BORDER_PIECE = regex.compile(r"\+[-=:]{2,}+(?=\+)")
_GRID_TABLE_START = regex.compile(rf"(?m)^{GRID_TABLE_START}")
GridCellReader = Callable[[str], Iterator[tuple[Span, str]]]


def is_grid_table(grid_table: str) -> bool:
    """Does a grid table begin at one of the lines?"""
    return "+-" in grid_table and _GRID_TABLE_START.search(grid_table) is not None


def is_grid_border(grid_line: str, grid_columns: Set[int] = frozenset()) -> bool:
    """Is it a line between rows, and no row?

    Where the first cell goes on below ("| A   +---+---+"), the line is known by its end, or by a piece of border that
    goes from one of `grid_columns` to another: the offsets of the grid's vertical lines. Any other "+--+" is text of a
    cell.
    """
    if _GRID_BORDER.fullmatch(grid_line):
        return True
    grid_border = grid_line.strip("> \t\r\n")
    return grid_border.startswith("|") and any(
        border_piece.end() + 1 == len(grid_border)
        or (border_piece.start() in grid_columns and border_piece.end() in grid_columns)
        for border_piece in _GRID_BORDER_PIECE.finditer(grid_border)
    )


def grid_columns_of(grid_table: str) -> set[int]:
    """The offsets of the vertical lines, by the + of all lines that go from edge to edge."""
    border_lines = (grid_table[slice(*grid_line)].strip("> \t\r\n") for grid_line in line_spans(grid_table))
    return {
        i
        for grid_border in border_lines
        if _GRID_BORDER.fullmatch(grid_border)
        for i, grid_mark in enumerate(grid_border)
        if grid_mark == "+"
    }


def grid_rows(grid_table: str, read_cells: GridCellReader) -> tuple[list[Span], list[Span]]:
    """(start, end) of the header rows and of the data rows; the line below a row belongs to it.

    The header is what stands above a line of `=`; without one, what databases draw a line below.
    """
    grid_columns = grid_columns_of(grid_table)
    row_groups: list[list[Span]] = [[]]
    row_ends: list[int] = []
    header_count = 0
    grid_lines = [grid_line for grid_line in line_spans(grid_table) if _GRID_LINE.match(grid_table, *grid_line)]
    for start, end in grid_lines:
        if not is_grid_border(grid_table[start:end], grid_columns):
            row_groups[-1].append((start, end))
        elif row_groups[-1]:
            row_ends.append(end)
            row_groups.append([])
            header_count = len(row_ends) if "=" in grid_table[start:end] and not header_count else header_count
    if row_groups[-1]:  # no line below the last row
        row_ends.append(row_groups[-1][-1][1])
    row_groups = [row_group for row_group in row_groups if row_group]
    is_one_line_head = not header_count and len(row_groups) == 2 and len(row_groups[0]) == 1 < len(row_groups[1])
    if is_one_line_head and _have_first_grid_cells(grid_table, row_groups[1], read_cells):
        last_start = row_groups[1][-1][0]
        grid_row_spans = [*row_groups[1][:-1], (last_start, row_ends[1])]
        return [(row_groups[0][0][0], row_ends[0])], grid_row_spans
    grid_row_spans = [(row_group[0][0], end) for row_group, end in zip(row_groups, row_ends, strict=True)]
    return (
        (grid_row_spans[:header_count], grid_row_spans[header_count:])
        if header_count < len(grid_row_spans)
        else ([], grid_row_spans)
    )


def _have_first_grid_cells(grid_table: str, grid_lines: Sequence[Span], read_cells: GridCellReader) -> bool:
    """Has every line something in its first cell?"""
    first_grid_cells = (
        next(read_cells(grid_table[slice(*grid_line)].strip("> \t\r\n")), ((0, 0), "")) for grid_line in grid_lines
    )
    return all(grid_cell_text for _, grid_cell_text in first_grid_cells)


def grid_row_cells(grid_row: str, read_cells: GridCellReader) -> list[tuple[list[Span], str]]:
    """The cells of a row of one or more lines, none of them a border: their places in `grid_row`, and their text."""
    grid_line_cells: list[list[tuple[Span, str]]] = []
    line_start = 0
    for grid_line in grid_row.splitlines(keepends=True):
        grid_line_text = grid_line.strip("> \t\r\n")
        grid_line_shift = line_start + grid_line.index(grid_line_text)
        line_start += len(grid_line)
        if grid_line_text:
            grid_line_cells.append(
                [
                    ((a + grid_line_shift, b + grid_line_shift), grid_cell_text)
                    for (a, b), grid_cell_text in read_cells(grid_line_text)
                ]
            )
    grid_cell_columns = zip_longest(*grid_line_cells, fillvalue=((0, 0), ""))
    return [
        _join_grid_cell([part for part in grid_cell_column if part[1]] or list(grid_cell_column[:1]))
        for grid_cell_column in grid_cell_columns
    ]


def _join_grid_cell(cell_parts: list[tuple[Span, str]]) -> tuple[list[Span], str]:
    return [span for span, _ in cell_parts], " ".join(part_text for _, part_text in cell_parts)
