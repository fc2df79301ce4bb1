"""Tables without drawn cells: their columns, their heads and where they end."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.layout.turned_text import main_turn
from tests.documents.layout.drawing import table


@pytest.mark.parametrize(
    ("crossing_row", "expected_row"),
    [
        (("Item", "Tax Price including tax", ""), ["Item", "Tax Price including tax", "Tax Price including tax"]),
        (("Both", "  free of charge", ""), ["Both", "free of charge", ""]),
    ],
)
def test_a_text_over_two_columns_joins_no_cells(drawn, crossing_row, expected_row):
    """Two columns are two where most rows leave the space between them free, though a head or a value crosses it."""
    rows = [crossing_row, ("Rope", "21%", "399.00"), ("Chain", "21%", "204.24"), ("Paint", "21%", "169.99")]
    page_rows = drawn(lambda canvas: table(canvas, (72, 240, 310), rows)).rows
    assert page_rows == [expected_row, *map(list, rows[1:])]


def test_heads_above_a_line_belong_to_the_rows_below_the_name_of_a_group(drawn):
    """A line across the table ends its heads, some way above the rows; a head may be the only text of its column."""

    def draw(canvas: Canvas) -> None:
        table(canvas, (66, 150, 250, 330, 420), [("No.", "Boats", "Rebate", "Price", "Sum")], y=720)
        canvas.line(66, 716, 460, 716)
        table(canvas, (150,), [("Contract 28",)], y=698)
        rows = [("1", "Skiff", "", "3.89", "3.89"), ("2", "Gig", "", "5.39", "5.39"), ("3", "Yawl", "", "5.39", "5.39")]
        table(canvas, (72, 150, 250, 330, 420), rows, y=674)

    page_rows = drawn(draw).rows
    assert page_rows[:3] == [
        ["No.", "Boats", "Rebate", "Price", "Sum"],
        ["", "Contract 28", "", "", ""],
        ["1", "Skiff", "", "3.89", "3.89"],
    ]


def test_the_name_of_a_group_is_a_label_though_it_runs_over_the_next_column(drawn):
    """A text that begins in the first column stands there, however far it reaches."""
    rows = [("1 g", "877", "479"), ("2 g", "893", "487"), ("In plasma, by weight",), ("3 g", "922", "501"),
            ("4 g", "1060", "573")]  # fmt: skip
    page_rows = drawn(lambda canvas: table(canvas, (72, 110, 300), rows)).rows
    assert page_rows[2] == ["In plasma, by weight", "", ""]


def test_figures_that_stand_close_below_each_other_are_columns(drawn):
    """Where all rows leave the same space free before a figure it parts two cells, however little more than a word's
    space it is; a number that belongs to its label has no more than that."""
    figures = [("0.99829", "0.99908", "0.02217"), ("0.99658", "0.99817", "0.02209"), ("0.99488", "0.99727", "0.02201"),
               ("0.99318", "0.99638", "0.02193"), ("0.99148", "0.99549", "0.02185")]  # fmt: skip
    rows = [(f"Pier {k}", *row) for k, row in enumerate(figures, start=1)]

    def draw(canvas: Canvas) -> None:
        width = canvas.stringWidth(figures[0][0], "Helvetica", 10)
        label_width = canvas.stringWidth("Pier 1", "Helvetica", 10)
        table(canvas, (72, 72 + label_width + 8, 80 + label_width + width + 4, 200), rows)

    assert drawn(draw).rows == [list(row) for row in rows]
    shares = [(f"Pier {k}", f"45{k}", "(8.4%)", "7") for k in range(5)]
    share_rows = drawn(lambda canvas: table(canvas, (72, 150, 170.5, 300), shares)).rows
    assert share_rows == [[row[0], f"{row[1]} (8.4%)", "7"] for row in shares]


def test_heads_with_one_row_of_values_are_a_table(drawn):
    """Two lines are a table where each value with a figure stands below its own head."""
    rows = [("Customer", "Order", "Invoice date", "Due"), ("SC-0303", "4711", "8-9-2022", "22-9-2022")]
    assert drawn(lambda canvas: table(canvas, (72, 180, 280, 400), rows)).rows == [list(row) for row in rows]
    foot = [
        ("Made by hand, 2.0", "in Ellary", "Source:"),
        ("Created on 3 May, 22:05", "page 1 of 1", "boats.json 7"),
    ]
    assert not drawn(lambda canvas: table(canvas, (72, 180, 230), foot)).rows
    words = [("These words", "stand in", "two lines", "apart"), ("but hold", "nothing", "that is", "counted")]
    assert not drawn(lambda canvas: table(canvas, (72, 180, 280, 400), words)).rows


def test_heads_of_which_one_stands_lower_are_one_row(drawn):
    """A line of heads that the next one repeats whole, with one head more, is left out."""

    def draw(canvas: Canvas) -> None:
        table(canvas, (240, 310), [("first", "second"), ("(%)", "(%)")], y=728)
        rows = [("Port", "", ""), ("Ellary", "47.2", "39.7"), ("Tarn", "38.2", "35.5"), ("Olm", "28.3", "30.7")]
        table(canvas, (72, 240, 310), rows, y=714)

    assert drawn(draw).rows[:2] == [["Port", "first (%)", "second (%)"], ["Ellary", "47.2", "39.7"]]


def test_a_page_on_its_head_is_told_by_every_step_from_word_to_word():
    """Lines of a page on its head run to the left, also where the end of a line comes before its start."""
    lines = [[557, 663, 630], [557, 685, 657], [281, 242, 192, 567, 506], [680, 661, 647]]
    items = [
        SimpleNamespace(
            text="some words", rotation=180.0, words=[SimpleNamespace(x=x, y=9, width=9, height=9) for x in xs]
        )
        for xs in lines
    ]
    assert main_turn(SimpleNamespace(text_items=items)) == 180


def test_a_line_between_two_words_parts_columns(drawn):
    """Where column lines alone are drawn, a figure and the word behind the line are two cells, however close."""
    rows = [("Port", "No", "Master"), ("Ellary", "15", "Anders"), ("Tarn", "22", "Birk"), ("Olm", "37", "Cai")]

    def draw(canvas: Canvas) -> None:
        canvas.line(142, 712, 142, 655)
        canvas.line(164, 712, 164, 655)
        table(canvas, (72, 150, 167), rows)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_words_in_line_behind_figures_are_a_column(drawn):
    """Words that begin at one place close behind figures are a column; a unit behind each figure is none."""
    rows = [("Port", "61", "Anders"), ("Ellary", "15", "Birk"), ("Tarn", "22", "Dag"), ("Olm", "37", "Cai")]
    assert drawn(lambda canvas: table(canvas, (72, 150, 167), rows)).rows == [list(row) for row in rows]
    units = [(*row[:2], "kilograms") for row in rows]
    page = drawn(lambda canvas: table(canvas, (72, 150, 167), units))
    assert page.rows == [[port, f"{number} {unit}"] for port, number, unit in units]


def test_the_longest_text_of_a_column_may_reach_close_to_the_next_column(drawn):
    """Where the other rows show two columns, a word's space parts them in the row with the longest text too."""
    rows = [("Ellary harbour light", "Birk Anders", "a"), ("Tarn pier", "Olm", "b"), ("Sund", "Cai Olm", "c"),
            ("Weir", "Dag", "d"), ("Ford", "Egil", "e")]  # fmt: skip
    page = drawn(lambda canvas: table(canvas, (72, 163, 240), rows))
    assert page.rows == [list(row) for row in rows]


def test_a_label_of_two_lines_above_its_figures_is_one_row(drawn):
    """The first line of a label is full, and the second begins in small letters beside the row's figures."""
    rows = [("Skiff", "43", "61", "12"), ("Boats for hire in summer",), ("and autumn of the year", "88", "12", "40"),
            ("Gig", "34", "17", "93"), ("Yawl", "65", "29", "71")]  # fmt: skip
    page_rows = drawn(lambda canvas: table(canvas, (72, 220, 280, 340), rows, step=12)).rows
    assert page_rows == [list(rows[0]), ["Boats for hire in summer and autumn of the year", *rows[2][1:]],
                         *map(list, rows[3:])]  # fmt: skip
