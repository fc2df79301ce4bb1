"""Which parts of a page are columns."""

from __future__ import annotations

import pytest

from groundwork.documents.layout.columns_and_reading_order import page_parts
from groundwork.documents.layout.ruling_lines import Stroke
from groundwork.documents.layout.text_lines import Run

LINES = ("when the tide on both sides has", "turned, and he lowers it as soon", "as the last ferry has left it.")


def _column(x: float, y: float, pieces: str) -> list[Run]:
    """Six lines of text, and below each third one so many pieces of a formula or of a row."""
    runs = []
    for k in range(6):
        runs.append(Run(x, y + 24 * k, x + 200, y + 24 * k + 10, LINES[k % 3], 10.0))
    for at, piece in enumerate(pieces.split()):
        left, top = x + 40 * (at % 5), y + 150 + 12 * (at // 5)
        runs.append(Run(left, top, left + 5 * len(piece), top + 10, piece, 10.0))
    return runs


@pytest.mark.parametrize(
    ("pieces", "columns"),
    [("= x 2 y " * 4, 2), ("1,022 241.1 4,158 " * 4, 0)],
    ids=["signs of formulas", "figures of a table"],
)
def test_columns_hold_formulas_in_many_pieces_and_no_tables(pieces: str, columns: int) -> None:
    """Running text is what most of a column's letters are; figures of a table are more than a few of them."""
    runs = _column(60, 100, pieces) + _column(320, 105, pieces)
    assert sum(part.column is not None for part in page_parts(runs, [])) == columns


def test_columns_end_where_a_line_is_drawn_over_both() -> None:
    """What stands below a level line over two columns, such as a table over both, is no part of them."""
    columns = _column(60, 100, "") + _column(320, 105, "")
    table = [Run(x, y, x + 40, y + 10, "Skiff", 10.0) for y in (300, 314) for x in (60, 140, 220, 320, 400, 480)]
    parts = page_parts([*columns, *table], [], (), [Stroke(60, 290, 520, 290)])
    assert [(len(part.runs), part.column is not None) for part in parts] == [(6, True), (6, True), (12, False)]
    parts = page_parts([*columns, *table], [], (), [Stroke(60, 290, 260, 290)])
    assert [len(part.runs) for part in parts] == [12, 12]


@pytest.mark.parametrize(("y", "parts"), [(60, [1, 6, 6]), (88, [6, 7])], ids=["running header", "head of a column"])
def test_a_running_header_above_columns_is_read_before_them(y: float, parts: list[int]) -> None:
    """It has no page number, and stands over the right column alone, well apart from what both columns begin with."""
    columns = _column(60, 100, "") + _column(320, 100, "")
    header = Run(420, y, 520, y + 10, "Adopted: 04.06.2014", 10.0)
    assert [len(part.runs) for part in page_parts([*columns, header], [])] == parts
