"""Rows and columns of drawn tables that no line parts: their texts show them."""

from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.documents.layout.drawing import Row, table


def _draw_lines(canvas: Canvas, xs: tuple[float, ...], ys: tuple[float, ...]) -> None:
    for x in xs:
        canvas.line(x, ys[0], x, ys[-1])
    for y in ys:
        canvas.line(xs[0], y, xs[-1], y)


def test_figures_beside_their_labels_are_columns_where_a_line_parts_but_the_last(drawn):
    """Labels and figures between two drawn lines stand in columns of their own."""
    rows = [("Boat", "P1", "P2", "P3", "Sum"), ("Skiff", "77", "48", "17", "142"), ("Gig", "62", "96", "55", "213"),
            ("Yawl", "13%", "15%", "17%", "45%"), ("Ketch", "42%", "40%", "9%", "91%")]  # fmt: skip

    def draw(canvas: Canvas) -> None:
        _draw_lines(canvas, (68, 240, 300), (712, 696, 640))
        table(canvas, (74, 130, 165, 200, 250), rows)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_texts_in_every_row_are_columns_where_a_line_parts_but_some(drawn):
    """Words that stand apart in all rows between two drawn lines are columns, though they are no figures."""
    rows = [("No.", "Crew", "Fit", "Port", "Sum"), ("1", "M", "yes", "Ellary", "43"), ("2", "M", "no", "Tarn", "88"),
            ("3", "F", "yes", "Ellary", "34"), ("4", "M", "no", "Olm", "65")]  # fmt: skip

    def draw(canvas: Canvas) -> None:
        _draw_lines(canvas, (68, 110, 300, 350), (712, 696, 640))
        table(canvas, (74, 116, 160, 210, 310), rows)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_dots_that_fill_a_cell_are_no_column(drawn):
    """Leading dots from a text to the edge of its drawn cell are no value of a column of their own."""
    rows = [
        ("Action", "Parts", "Sum"),
        ("Caulk the hull", "$10", "$85"),
        ("Mend sails", "$20", "$95"),
        ("Tar", "$5", "$75"),
    ]

    def draw(canvas: Canvas) -> None:
        _draw_lines(canvas, (68, 220, 320, 400), (712, 696, 652))
        table(canvas, (74, 226, 330), rows)
        table(canvas, (160, 270), [("..........", "........")] * 3, y=686)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_texts_side_by_side_are_rows_where_lines_part_but_their_groups(drawn):
    """Between two lines each text of the first column begins a row, if the cells' lines end before they are full."""
    rows = [("Mark", "Kind", "Meaning"), ("R1", "number", "Sail at dawn"), ("R2", "object", "Stay in port"),
            ("R3", "string", "Open the barrier for the next ferry"), ("R4", "flag", "Close it")]  # fmt: skip

    def draw(canvas: Canvas) -> None:
        _draw_lines(canvas, (68, 140, 220, 420), (712, 696, 640))
        table(canvas, (74, 146, 226), rows)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_a_heads_rows_are_rows_where_lines_part_but_their_groups(drawn):
    """A head of several lines over groups of columns keeps its lines."""
    rows: list[Row] = [("Model", "Poisson", "Binomial"), ("Method", "direct", "adjusted"), ("Object", "fit_p", "fit_b"),
                       ("Mean", "1.02", "1.98"), ("Error", "0.24", "0.57"), ("Count", "8", "9")]  # fmt: skip

    def draw(canvas: Canvas) -> None:
        _draw_lines(canvas, (68, 140, 220, 420), (712, 668, 626))
        table(canvas, (74, 146, 250), rows)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_a_cell_whose_lines_are_full_is_no_rows(drawn):
    """A drawn row whose cells run on from line to line stays one row."""
    lines = [("North", "The ferry leaves the basin at"), ("Pier", "dawn and comes back with the"),
             ("Office", "tide, as soon as the barrier is")]  # fmt: skip

    def draw(canvas: Canvas) -> None:
        _draw_lines(canvas, (68, 140, 290), (712, 668, 624))
        table(canvas, (74, 146), [*lines, *lines])

    row = ["North Pier Office", " ".join(text for _, text in lines)]
    assert drawn(draw).rows == [row, row]


def test_lines_spaced_out_from_edge_to_edge_are_no_table(drawn):
    """Words of running text that wide spaces spread over the whole line are no cells."""
    lines = [("In those years", "the harbour was"), ("watched", "by"), ("one", "old"), ("master", "who"),
             ("lived above the", "barrier and slept")]  # fmt: skip

    def draw(canvas: Canvas) -> None:
        for k, (left, right) in enumerate(lines):
            canvas.drawString(72, 700 - 12 * k, left)
            canvas.drawRightString(230, 700 - 12 * k, right)

    assert "|" not in drawn(draw).markdown


def test_numbered_rows_without_values_end_no_table(drawn):
    """Many rows with a number alone in their first cell belong to the table that goes on below them."""
    rows = [
        ("Year", "Boats"),
        *((str(year), "1.43" if year < 1903 or year > 1908 else "") for year in range(1900, 1911)),
    ]
    page = drawn(lambda canvas: table(canvas, (72, 160), rows))
    assert page.rows == [list(row) for row in rows]


def test_group_names_between_rows_that_no_line_parts_are_rows(drawn):
    """A line without figures between two rows of a frame names a group, above the rows or in the middle of them."""
    rows = [("Boat", "2003", "2004"), ("Skiffs",), ("Ellary", "43", "61"), ("Tarn", "88", "12"), ("", "All yawls"),
            ("Olm", "34", "17"), ("Sund", "65", "29")]  # fmt: skip

    def draw(canvas: Canvas) -> None:
        for x in (68, 160, 230, 290):
            canvas.line(x, 712, x, 696)
            canvas.line(x, 696 if x in (68, 290) else 665, x, 596)
        for y in (712, 696, 596):
            canvas.line(68, y, 290, y)
        table(canvas, (74, 200, 250), rows, step=16)

    assert drawn(draw).rows == [
        ["Boat", "2003", "2004"], ["Skiffs", "", ""], *map(list, rows[2:4]), ["", "All yawls", ""],
        *map(list, rows[5:])]  # fmt: skip


def test_a_row_begins_above_its_label_of_two_lines(drawn):
    """Figures beside the last line of a label belong to all of its lines."""
    labels = [("North of the", "river"), ("South of the", "river"), ("Beyond the", "weir")]

    def draw(canvas: Canvas) -> None:
        _draw_lines(canvas, (68, 160, 230, 290), (716, 696, 596))
        table(canvas, (74, 170, 240), [("Reach", "2003", "2004")], y=702)
        for k, (first, second) in enumerate(labels):
            canvas.drawString(74, 682 - 32 * k, first)
            canvas.drawString(74, 671 - 32 * k, second)
            table(canvas, (170, 240), [(f"{k}3", f"{k}7")], y=671 - 32 * k)

    assert drawn(draw).rows[1:] == [[" ".join(text), f"{k}3", f"{k}7"] for k, text in enumerate(labels)]


def test_a_figure_and_a_word_at_the_edge_of_their_columns_are_two_cells(drawn):
    """Where a column's line is drawn in the heads alone, figures close before it are no part of what follows."""
    rows = [("Tonnes", "Boat"), ("12,885", "Second skiff"), ("81,296", "Gig"), ("7,412", "Yawl of Olm")]

    def draw(canvas: Canvas) -> None:
        for y in (712, 698, 684, 670, 656):
            canvas.line(68, y, 290, y)
        for x, bottom in ((68, 656), (120, 698), (290, 656)):
            canvas.line(x, 712, x, bottom)
        for k, (figure, boat) in enumerate(rows):
            canvas.drawRightString(117, 701 - 14 * k, figure)
            canvas.drawString(123, 701 - 14 * k, boat)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_two_figures_in_one_cell_beside_a_label_of_several_lines_are_one_row(drawn):
    """Figures side by side on one line of a cell are no rows below each other, and no reason to fail."""

    def draw(canvas: Canvas) -> None:
        _draw_lines(canvas, (68, 178, 400), (712, 690, 640))
        table(canvas, (74, 184), [("Harbour", "Change")])
        table(canvas, (74, 184, 240), [("Total change", "-108.011", "-46.066")], y=680)
        table(canvas, (74,), [("from prior",), ("year",)], y=668)

    assert drawn(draw).rows == [["Harbour", "Change"], ["Total change from prior year", "-108.011 -46.066"]]


@pytest.mark.parametrize("turned", [False, True])
def test_heads_above_figures_in_one_drawn_row_are_a_row(drawn, turned: bool):
    """A table whose frame ends at that of the page has its rows from its figures, also where the page is turned."""
    rows = [("Port", "Depth", "Boats"), ("Ellary", "12.4", "318"), ("Brekka", "7.7", "190"), ("Odda", "8.8", "222")]

    def draw(canvas: Canvas) -> None:
        if turned:
            canvas.translate(590, 0)
            canvas.rotate(90)
        canvas.rect(10, 10, 520, 560)
        canvas.rect(20, 300, 510, 140)
        canvas.line(20, 416, 530, 416)
        canvas.drawString(30, 424, "Ports of the northern coast and their boats in spring")
        table(canvas, (40, 220, 400), rows, y=390)

    assert drawn(draw).rows[1:] == [list(row) for row in rows]
