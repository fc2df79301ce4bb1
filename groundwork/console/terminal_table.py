"""Tables of the terminal: columns as wide as their widest cell, by the width that is seen on the screen."""

from __future__ import annotations

from collections.abc import Container, Sequence

from rich.cells import cell_len

COLUMN_GAP = "  "


def table_lines(rows: Sequence[Sequence[str]], *, to_left: Container[int] = (0,), indent: int = 2) -> list[str]:
    """The rows as lines. The columns whose index is in `to_left` are set to the left, the others to the right.

    A row may be shorter than the others; its last cell then runs on without widening its column.
    """
    columns = max(map(len, rows), default=0)
    full_rows = [row for row in rows if len(row) == columns]
    widths = [max(cell_len(row[column]) for row in full_rows) for column in range(columns)]
    for row in rows:
        widths[: len(row) - 1] = [max(w, cell_len(cell)) for w, cell in zip(widths, row[:-1], strict=False)]
    return [table_line(row, widths, to_left=to_left, indent=indent) for row in rows]


def table_line(cells: Sequence[str], widths: Sequence[int], *, to_left: Container[int] = (0,), indent: int = 2) -> str:
    """One row in columns of known widths, for tables that are printed while they grow. Cells beyond them run on."""
    padded = [
        _pad_cell(cell, width, to_left=column in to_left)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=False))
    ]
    if len(cells) < len(widths):
        padded[-1:] = cells[-1:]
    return (" " * indent + COLUMN_GAP.join([*padded, *cells[len(widths) :]])).rstrip()


def _pad_cell(cell: str, width: int, *, to_left: bool) -> str:
    space = " " * (width - cell_len(cell))
    return cell + space if to_left else space + cell
