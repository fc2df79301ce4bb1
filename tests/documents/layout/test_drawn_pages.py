"""Small PDFs drawn for each rule, read as ingest reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents import Request
from groundwork.documents.page_conversion import convert_pages
from groundwork.documents.pdf import TextLayer, read_text_layer
from groundwork.records.types import PageAudit
from groundwork.settings.config_files import load

PROSE = [
    "The harbour master opens the barrier only when the tide on both sides",
    "of it has turned, and he lowers it again as soon as the last ferry has",
    "left the basin, because the swell would otherwise break against it.",
]
Row = Sequence[str]


class Drawn:
    """A page drawn by reportlab: its Markdown, its audit and its text layer."""

    def __init__(self, path: Path, draw: Callable[[Canvas], None]) -> None:
        canvas = Canvas(str(path), pagesize=A4)
        canvas.setFont("Helvetica", 10)
        draw(canvas)
        canvas.save()
        self.layer: TextLayer = read_text_layer(str(path))
        request = Request(source=str(path), ending=".pdf", settings=load().ingest, page_count=self.layer.page_count)
        done = convert_pages("layout", request, self.layer.pages)
        self.markdown: str = done.pages[0]
        self.audit: PageAudit = done.audits[0]
        self.makers = done.makers

    @property
    def rows(self) -> list[list[str]]:
        """The cells of all table rows, without the delimiters."""
        lines = [line for line in self.markdown.split("\n") if line.startswith("|") and "---" not in line]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture
def drawn(tmp_path: Path) -> Callable[[Callable[[Canvas], None]], Drawn]:
    return lambda draw: Drawn(tmp_path / "page.pdf", draw)


def table(canvas: Canvas, xs: Sequence[float], rows: Sequence[Row], y: float = 700, step: float = 14) -> float:
    for row in rows:
        for x, text in zip(xs, row, strict=False):
            canvas.drawString(x, y, text)
        y -= step
    return y


def prose(canvas: Any, y: float = 780, x: float = 72) -> None:
    for k, line in enumerate(PROSE):
        canvas.drawString(x, y - 12 * k, line)


def test_a_size_in_the_text_matrix_is_a_size(drawn):
    """Letters of Tf 1 in a matrix of 10 are as large as letters of Tf 10: three lines are one paragraph."""

    def draw(canvas: Canvas) -> None:
        for k, line in enumerate(PROSE):
            text = canvas.beginText()
            text.setFont("Helvetica", 1)
            text.setTextTransform(10, 0, 0, 10, 72, 780 - 12 * k)
            text.textOut(line)
            canvas.drawText(text)

    assert drawn(draw).markdown == " ".join(PROSE)


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


def test_turned_text_beside_upright_text_stays_out_of_its_lines(drawn):
    """A stamp in the margin is a paragraph of its own, below the text."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.saveState()
        canvas.translate(40, 640)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Received 21 June")
        canvas.restoreState()

    assert drawn(draw).markdown == f"{' '.join(PROSE)}\n\nReceived 21 June"


def test_a_stamp_that_reaches_over_the_page_is_whole(drawn):
    """liteparse cuts turned text that reaches over the edge of the page; the text layer has all of it."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.saveState()
        canvas.setFont("Helvetica", 20)
        canvas.translate(40, 640)
        canvas.rotate(90)
        canvas.drawString(0, 0, "arXiv:2103.15348v2 [cs.CV] 21 Jun 2021")
        canvas.restoreState()

    assert drawn(draw).markdown.endswith("\n\narXiv:2103.15348v2 [cs.CV] 21 Jun 2021")


@pytest.mark.parametrize("angle", [90, 180, -90])
def test_a_turned_page_is_read_upright(drawn, angle):
    """A table drawn sideways has its rows as rows."""
    rows = [("Port", "2003", "2004"), ("Ellary", "13", "14"), ("Tarn", "34", "33")]

    def draw(canvas: Canvas) -> None:
        canvas.translate(300, 400)
        canvas.rotate(angle)
        table(canvas, (0, 120, 200), rows, y=0)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_columns_whose_lines_do_not_meet_are_read_one_after_the_other(drawn):
    """Two columns of text at different heights of their lines, under a line over both of them."""
    words = PROSE[0].lower().split() + PROSE[1].split()
    left = ["The keeper waits for the tide", *(" ".join(words[k : k + 5]) for k in range(0, 15, 3))]
    right = ["The pilot waits for the keeper", *(" ".join(words[k : k + 5]) for k in range(1, 16, 3))]

    def draw(canvas: Canvas) -> None:
        canvas.drawString(
            72, 780, "The rules of the harbour, which all who enter it are to read before they do so at all"
        )
        for k, (a, b) in enumerate(zip(left, right, strict=True)):
            canvas.drawString(72, 740 - 12 * k, a)
            canvas.drawString(300, 734 - 12 * k, b)

    markdown = drawn(draw).markdown
    assert markdown.index(left[-1]) < markdown.index(right[0])


def test_a_page_s_label_is_no_lost_number(drawn):
    """A number alone at the foot of a single page is its label: nothing is lost without it."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.drawString(290, 30, "61")

    page = drawn(draw)
    assert page.audit.lost_numbers == []
    assert page.makers == ["layout:lines"]


def test_what_was_typed_into_a_form_is_read(drawn):
    """The value of a field stands beside its label, and in the text layer that pages are held against."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.drawString(72, 600, "Boat")
        canvas.acroForm.textfield(name="boat", value="Grey Heron", x=110, y=594, width=150, height=18)

    page = drawn(draw)
    assert "Grey Heron" in page.layer.pages[0]
    assert "Boat Grey Heron" in page.markdown


def test_a_title_is_the_property_that_the_pages_bear_out(drawn):
    """A property that the pages do not hold gives way to the largest text; one that they hold is the title."""

    def draw(canvas: Canvas, title: str) -> None:
        canvas.setTitle(title)
        prose(canvas, y=600)
        canvas.setFont("Helvetica", 22)
        canvas.drawString(72, 780, "Rules of Ellary Harbour")

    assert drawn(lambda canvas: draw(canvas, "Rules of Ellary Harbour")).layer.title == "Rules of Ellary Harbour"
    assert drawn(lambda canvas: draw(canvas, "Layout 1 untitled template")).layer.title == "Rules of Ellary Harbour"


def test_a_page_of_ten_thousand_lines_is_a_drawing(drawn):
    """A drawing costs no more than its lines, and the words below it are read."""

    def draw(canvas: Canvas) -> None:
        for k in range(10_000):
            x, y = 40 + (k * 37) % 500, 100 + (k * 91) % 650
            canvas.line(x, y, x + (k % 3) * 11, y + (k % 2) * 13)
        canvas.drawString(72, 40, "The chart of the basin.")

    assert drawn(draw).markdown.endswith("The chart of the basin.")
