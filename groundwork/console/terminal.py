"""What is written to a terminal: lines without control characters, and tables by the width seen on the screen."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Sequence
from pathlib import Path

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # not tab and line end

COLUMN_GAP = "  "


def table_lines(rows: Sequence[Sequence[str]], *, to_left: Container[int] = (0,), indent: int = 2) -> list[str]:
    """The rows as lines. The columns whose index is in `to_left` are set to the left, the others to the right.

    A row may be shorter than the others; its last cell then runs on without widening its column.
    """
    columns = max(map(len, rows), default=0)
    full_rows = [row for row in rows if len(row) == columns]
    widths = [max(_width_on_screen(row[column]) for row in full_rows) for column in range(columns)]
    for row in rows:
        widths[: len(row) - 1] = [max(w, _width_on_screen(cell)) for w, cell in zip(widths, row[:-1], strict=False)]
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


def _width_on_screen(text: str) -> int:
    from rich.cells import cell_len  # where a table is printed: --help does without

    return cell_len(text)


def _pad_cell(cell: str, width: int, *, to_left: bool) -> str:
    space = " " * (width - _width_on_screen(cell))
    return cell + space if to_left else space + cell


def terminal_text(text: str) -> str:
    r"""`text` for a terminal: control characters, which could move its cursor or change its title, spelt as `\x1b`."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def openable_path(path: Path) -> str:
    """`path` as one can open it from the current folder."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith(os.pardir) else relative
