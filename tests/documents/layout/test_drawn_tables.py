"""Tables drawn for one rule each: heads, groups, captions, rows and cells."""

from __future__ import annotations

from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.repair.page_joining import join_pages
from tests.documents.layout.drawing import PROSE, table


def test_group_rows_belong_to_their_table(drawn):
    """A row with its first cell alone names a group and ends no table."""
    rows = [("Berth", "Boats", "%"), ("North",), ("Pier 1", "61", "4.7"), ("Pier 2", "49", "5.9"), ("South",),
            ("Pier 3", "23", "5.4")]  # fmt: skip
    page = drawn(lambda canvas: table(canvas, (72, 220, 320), rows))
    assert page.rows == [[*row, "", ""][:3] for row in rows]


def test_figures_close_to_each_other_are_cells(drawn):
    """Numbers stand in columns of their own though less than a letter's width parts them."""
    rows = [("Port", "2003", "2004", "2005"), ("Ellary", "13,278", "13,077", "12,950"),
            ("Tarn", "34,339", "33,547", "33,693"), ("Olm", "30,252", "28,916", "29,050")]  # fmt: skip
    assert drawn(lambda canvas: table(canvas, (72, 120, 158, 196), rows)).rows == [list(row) for row in rows]


def test_a_dash_is_a_value(drawn):
    """An em dash in a table stands for a value that is not there; it is no bullet of the next cell."""
    rows = [("Class", "No.", "Best", "No.", "Best"), ("Skiff", "45", "—", "44", "—"), ("Gig", "70", "2.1", "71", "2.2"),
            ("Yawl", "55", "—", "51", "—")]  # fmt: skip
    assert drawn(lambda canvas: table(canvas, (72, 180, 240, 300, 360), rows)).rows == [list(row) for row in rows]


def test_heads_over_several_columns_are_in_each_of_them(drawn):
    """A head in the middle of two columns is the head of both."""

    def draw(canvas: Canvas) -> None:
        canvas.drawCentredString(285, 714, "Boats that entered")
        table(canvas, (72, 240, 310), [("Port", "2003", "2004"), ("Ellary", "13", "14"), ("Tarn", "34", "33")])

    assert drawn(draw).rows[0] == ["", "Boats that entered", "Boats that entered"]


def test_a_caption_stays_out_of_the_heads(drawn):
    """A line that begins where the table does and runs over most of it stands above the table."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 716, "Table 3. Boats that entered the two harbours in both years")
        table(canvas, (72, 240, 310), [("Port", "2003", "2004"), ("Ellary", "13", "14"), ("Tarn", "34", "33")])

    page = drawn(draw)
    assert page.markdown.startswith("Table 3. Boats that entered the two harbours in both years\n\n|")
    assert page.rows[0] == ["Port", "2003", "2004"]


def test_a_frame_without_lines_between_its_rows_holds_rows(drawn):
    """Figures below each other are rows, whether or not a line parts them."""
    rows = [("Age", "Total"), ("1 year", "3,269"), ("2 years", "3,223"), ("3 years", "3,179")]

    def draw(canvas: Canvas) -> None:
        for x in (68, 200, 300):
            canvas.line(x, 712, x, 654)
        for y in (712, 696, 654):
            canvas.line(68, y, 300, y)
        table(canvas, (74, 210), rows)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_lines_between_rows_alone_keep_heads_and_last_row(drawn):
    """Where lines part the rows and none surrounds them, the first and the last row belong to the table."""
    rows = [("Command", "What it does"), ("cat", "Join files and print them"), ("cp", "Copy files"), ("mv", "Move")]

    def draw(canvas: Canvas) -> None:
        table(canvas, (74, 220), rows, step=16)
        for k in range(3):
            canvas.line(72, 696 - 16 * k, 520, 696 - 16 * k)
        canvas.line(216, 712, 216, 648)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_a_merged_cell_is_cut_only_where_a_line_is_drawn(drawn):
    """Words of one cell stay together where the columns of other rows would cut them."""

    def draw(canvas: Canvas) -> None:
        for y in (712, 694, 676, 658):
            canvas.line(68, y, 370, y)
        for x in (68, 370):
            canvas.line(x, 712, x, 658)
        for x in (170, 270):
            canvas.line(x, 694, x, 658)
        canvas.drawString(80, 700, "Which of the three harbours do you wish to enter first?")
        table(canvas, (74, 180, 280), [("North", "South", "West"), ("12", "13", "14")], y=682, step=18)

    rows = drawn(draw).rows
    assert set(rows[0]) == {"Which of the three harbours do you wish to enter first?"}
    assert rows[1:] == [["North", "South", "West"], ["12", "13", "14"]]


def test_a_chart_is_no_table(drawn):
    """The numbers at the axis of a curve are labels; the table below the chart stays one."""

    def draw(canvas: Canvas) -> None:
        for k in range(5):
            canvas.drawString(60, 560 + 40 * k, str(100 * k))
            canvas.line(90, 563 + 40 * k, 400, 563 + 40 * k)
        for k in range(100):
            canvas.line(90 + 3 * k, 570 + (k * 7) % 140, 93 + 3 * k, 570 + ((k + 1) * 7) % 140)
        table(canvas, (72, 220), [("Year", "Tide"), ("2003", "4.1"), ("2004", "4.4")], y=500)

    assert drawn(draw).rows == [["Year", "Tide"], ["2003", "4.1"], ["2004", "4.4"]]


def test_leaders_before_several_numbers_lead_along_a_row(drawn):
    """Dots between a label and more than one number are no table of contents, and lines of dashes are no text."""
    rows = [("0.99", "800", "880", "960"), ("0.95", "160", "176", "192"), ("0.90", "80", "88", "96")]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Courier", 10)
        canvas.drawString(72, 728, "Share            1.0   1.1   1.2")
        canvas.drawString(72, 714, "-" * 40)
        for k, (label, *numbers) in enumerate(rows):
            line = f"{label} ........... " + "   ".join(f"{number:>3}" for number in numbers)
            canvas.drawString(72, 700 - 12 * k, line)

    page = drawn(draw)
    assert page.rows == [["Share", "1.0", "1.1", "1.2"], *map(list, rows)]
    assert "---" not in page.markdown.replace("| ---", "")


def test_a_line_below_a_head_shows_its_columns(drawn):
    """A head reaches as far as the line drawn below it, however short its text; heads of one column reach up to it."""

    def draw(canvas: Canvas) -> None:
        for x1, x2 in ((200, 345), (360, 505)):
            canvas.line(x1, 711, x2, 711)
        canvas.drawCentredString(272, 714, "2007")
        canvas.drawCentredString(432, 714, "2009")
        table(canvas, (72, 210, 310, 370, 470), [("Class", "No.", "Best", "No.", "Best"),
                                                 ("Skiff", "45", "2.1", "44", "2.0"),
                                                 ("Gig", "70", "2.4", "71", "2.2")])  # fmt: skip

    assert drawn(draw).rows[:2] == [["", "2007", "2007", "2009", "2009"], ["Class", "No.", "Best", "No.", "Best"]]


def test_heads_of_two_lines_are_one_head(drawn):
    """Lines of heads below each other and over the same column are one text; the figures below them stay rows."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(220, 711, "Boats that")
        table(canvas, (72, 220, 330), [("Port", "entered", "Share")], y=700)
        table(canvas, (72, 220, 330), [("Ellary", "13", "4.1"), ("Tarn", "34", "4.4")], y=682)

    assert drawn(draw).rows[-3:] == [["Port", "Boats that entered", "Share"], ["Ellary", "13", "4.1"],
                                     ["Tarn", "34", "4.4"]]  # fmt: skip


def test_a_label_goes_on_where_its_second_line_is_nearer_than_rows_are(drawn):
    """A label of two lines is one cell, also where it begins in capitals; a name further below it is a group's."""

    def draw(canvas: Canvas) -> None:
        table(canvas, (72, 240, 320), [("Class", "Boats", "%"), ("Skiff", "61", "4.7"), ("Gig", "49", "5.9"),
                                       ("Dinghy for Harbour", "23", "5.4")], step=18)  # fmt: skip
        canvas.drawString(76, 634, "Masters")
        table(canvas, (72, 240, 320), [("Visitors",), ("Skiff", "11", "1.7"), ("Gig", "19", "1.9")], y=616, step=18)

    rows = drawn(draw).rows
    assert rows[3:5] == [["Dinghy for Harbour Masters", "23", "5.4"], ["Visitors", "", ""]]


def test_a_row_beside_the_middle_of_its_label_has_it_whole(drawn):
    """Figures that stand between the two lines of their label are in one row with it."""

    def draw(canvas: Canvas) -> None:
        table(canvas, (72, 240, 320), [("Class", "Boats", "%")])
        for k, (first, second, *numbers) in enumerate([("Boats that", "came late", "61", "4.7"),
                                                       ("Boats that", "stayed away", "49", "5.9"),
                                                       ("Boats that", "were sunk", "3", "0.3")]):  # fmt: skip
            y = 672 - 30 * k
            canvas.drawString(72, y + 6, first)
            canvas.drawString(72, y - 6, second)
            canvas.drawString(240, y, numbers[0])
            canvas.drawString(320, y, numbers[1])

    assert drawn(draw).rows[1:] == [["Boats that came late", "61", "4.7"], ["Boats that stayed away", "49", "5.9"],
                                    ["Boats that were sunk", "3", "0.3"]]  # fmt: skip


def test_cells_of_a_row_that_all_go_on_in_small_letters_are_one_row(drawn):
    """Where every cell of a line goes on with a sentence of the line above, the two lines are one row."""
    rows = [("Variable", "Assumption"), ("Boats that enter the basin in", "The number grows by two and then falls"),
            ("one week of summer", "and grows again in spring"), ("Boats that leave", "As many as enter"),
            ("Boats that sink", "None at all"), ("Pilots", "Two by day"), ("Lamps", "Seven at night")]  # fmt: skip
    page = drawn(lambda canvas: table(canvas, (72, 260), rows, step=13))
    assert page.rows[1] == [" ".join(cells) for cells in zip(rows[1], rows[2], strict=True)]


def test_a_name_in_the_middle_of_a_table_is_a_group_s(drawn):
    """A text alone over several columns goes on with no row: it stands above those of its group."""

    def draw(canvas: Canvas) -> None:
        table(canvas, (72, 240, 320, 400), [("Class", "1", "2", "3")])
        for y, name in ((686, "Boats, in numbers"), (644, "Boats, in per cent")):
            canvas.drawCentredString(330, y, name)
            table(canvas, (72, 240, 320, 400), [("Skiff", "6", "4", "9"), ("Gig", "4", "5", "7")], y=y - 14)

    rows = drawn(draw).rows
    assert [row[0] for row in rows] == ["Class", "", "Skiff", "Gig", "", "Skiff", "Gig"]
    assert "Boats, in per cent" in rows[4]


def test_signs_before_long_texts_are_a_list(drawn):
    """A column of one sign beside sentences is no column: they are the items of a list."""
    page = drawn(lambda canvas: table(canvas, (72, 100), [("!", line) for line in PROSE], step=26))
    assert page.rows == []


def test_long_labels_beside_numbers_are_a_table(drawn):
    """Labels as long as sentences are cells where numbers alone stand beside them."""
    rows = [("Source", "2007", "2008"), ("Projections of the boats that will enter to 2017", "0.7", "1.1"),
            ("Projections of the boats that will enter to 2018", "0.4", "0.7"),
            ("Projections of the boats that will enter to 2019", "0.1", "0.8")]  # fmt: skip
    assert drawn(lambda canvas: table(canvas, (72, 330, 400), rows)).rows == [list(row) for row in rows]


def test_rows_far_apart_with_the_same_columns_are_one_table(drawn):
    """Numbers in the columns of the rows above belong to their table, though a wider space parts the rows."""
    rows = [("Port", "2003", "2004", "2005"), ("Ellary", "13", "14", "17"), ("Tarn", "34", "33", "31"),
            ("Olm", "30", "28", "29")]  # fmt: skip
    assert drawn(lambda canvas: table(canvas, (72, 200, 280, 360), rows, step=30)).rows == [list(row) for row in rows]


def test_a_table_over_a_page_end_is_read_as_one(drawn):
    """Rows overleaf under the same caption and heads belong to the table before; both stand once."""
    heads = [("Port", "2003", "2004")]

    def draw(canvas: Canvas) -> None:
        for number, rows in enumerate(([("Ellary", "13", "14"), ("Tarn", "34", "33")], [("Olm", "30", "28")] * 2)):
            canvas.setFont("Helvetica", 10)
            canvas.drawString(72, 716, f"Table 3. Boats that entered the harbours{' (continued)' * number}")
            table(canvas, (72, 240, 310), [*heads, *rows])
            canvas.showPage()

    joined = join_pages(drawn(draw).pages).markdown
    assert joined.count("Table 3.") == joined.count("| Port |") == 1
    assert joined.count("\n|") == 6
