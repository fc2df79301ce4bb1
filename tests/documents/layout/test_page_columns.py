"""Which parts of a page are columns."""

from __future__ import annotations

import pytest

from groundwork.documents.layout.page_columns import PagePart, page_parts
from groundwork.documents.layout.ruling_strokes_and_shades import Stroke
from groundwork.documents.layout.text_runs_and_lines import Run

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


def _paragraph(x: float, y: float, *lines: str) -> list[Run]:
    return [Run(x, y + 12 * k, x + 200, y + 12 * k + 10, line, 10.0) for k, line in enumerate(lines)]


def _texts(parts: list[PagePart]) -> list[list[str]]:
    return [[run.text for run in part.runs] for part in parts]


def test_a_short_paragraph_runs_over_the_columns_of_other_pages() -> None:
    """Two lines a side are few, but they are where this document has columns."""
    left = _paragraph(60, 100, "The harbour master lowers the bar", "as soon as the last ferry has left")
    right = _paragraph(320, 100, "the basin, because the swell would", "otherwise break against it there.")
    assert len(page_parts([*left, *right], [])) == 1
    assert len(page_parts([*left, *right], [], (280,))) == 1
    assert _texts(page_parts([*left, *right], [], (320,))) == [[run.text for run in side] for side in (left, right)]


def test_columns_of_a_table_are_none_of_the_text_of_other_pages() -> None:
    """The sentences in its last column begin elsewhere than the columns of the other pages."""
    table = [Run(60, 100 + 12 * k, 90, 110 + 12 * k, "Skiff", 10.0) for k in range(6)]
    runs = [*table, *_paragraph(320, 100, *LINES, *LINES)]
    assert len(page_parts(runs, [], (305,))) == 1
    assert len(page_parts(runs, [], (320,))) == 2


def test_a_heading_above_a_line_over_both_columns_belongs_below_them() -> None:
    """It stands in the left column's place, and is read after the right column."""
    columns = _paragraph(60, 100, *LINES, *LINES) + _paragraph(320, 100, *LINES, *LINES)
    heading = Run(60, 190, 160, 204, "Outlook", 14.0)
    below = _paragraph(60, 220, *LINES, *LINES) + _paragraph(320, 220, *LINES, *LINES)
    parts = _texts(page_parts([*columns, heading, *below], [], (), [Stroke(60, 208, 520, 208)]))
    assert [len(part) for part in parts] == [6, 6, 1, 6, 6]


def test_a_notes_number_in_front_of_a_line_over_both_columns_is_part_of_it() -> None:
    columns = _paragraph(60, 100, *LINES, *LINES) + _paragraph(320, 100, *LINES, *LINES)
    note = [Run(60, 186, 64, 192, "1", 6.0), Run(72, 188, 500, 196, "The tide tables are those of the pilots.", 8.0)]
    parts = _texts(page_parts([*columns, *note], []))
    assert parts[-1] == ["1", "The tide tables are those of the pilots."]


def test_contents_in_two_columns_are_read_before_the_columns_below() -> None:
    """A table of contents set in columns of its own ends above the text."""

    def entries(x: float, *titles: str) -> list[Run]:
        return [
            Run(x, 60 + 12 * k, x + 200, 70 + 12 * k, f"{title} . . . . . . {k + 1}", 10.0)
            for k, title in enumerate(titles)
        ]

    contents = entries(60, "The harbour", "The barrier", "The basin"), entries(320, "The ferry", "The swell")
    text = _paragraph(60, 120, *LINES, *LINES), _paragraph(320, 120, *LINES, *LINES)
    runs = [*contents[0], *contents[1], *text[0], *text[1]]
    assert _texts(page_parts(runs, [])) == [[run.text for run in part] for part in (*contents, *text)]
