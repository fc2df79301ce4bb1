"""What the pages of a document tell of each other: running headers and footers, and where columns begin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import PageRenditions, convert_pages
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.documents.repair.page_joining import join_pages
from groundwork.settings.config_files import load

LEFT = [
    "The harbour master opens the barrier",
    "only when the tide on both sides of it",
    "has turned, and he lowers it again as",
    "soon as the last ferry has left the",
    "basin, because the swell would break",
    "against it and lift the boats that lie",
]
RIGHT = [
    "in the first row. Nobody may pass the",
    "light at night, whatever their draught,",
    "unless the pilot is on board and has",
    "called the office, which answers until",
    "ten and sends a launch with a second",
    "pilot for every ship above forty tons.",
]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[int, Callable[[Canvas, int], None]], PageRenditions]:
    """Reads as many pages as asked for; the function draws each, given its number from 1."""

    def audited(count: int, draw: Callable[[Canvas, int], None]) -> PageRenditions:
        path = str(tmp_path / "pages.pdf")
        canvas = Canvas(path, pagesize=A4)
        for number in range(1, count + 1):
            canvas.setFont("Helvetica", 10)
            draw(canvas, number)
            canvas.showPage()
        canvas.save()
        layer = read_text_layer(path)
        return convert_pages(
            "layout",
            ConversionRequest(source=path, ending=".pdf", settings=load().ingest, page_count=count),
            layer.pages,
        )

    return audited


def columns(canvas: Canvas, top: float = 760) -> None:
    for x, lines in ((60, LEFT), (310, RIGHT)):
        for k, line in enumerate(lines):
            canvas.drawString(x, top - 12 * k, line)


def test_a_head_without_a_number_beside_columns_is_left_out(read):
    """A head drawn after the text, and so last in the text layer, goes; the columns are whole, no number is lost."""

    def draw(canvas: Canvas, _number: int) -> None:
        columns(canvas)
        canvas.drawString(60, 800, "Ellary Harbour Letters 601 (2023)")
        canvas.drawString(430, 800, "Rules of the basin")

    done = read(3, draw)
    text = " ".join([*LEFT, *RIGHT])
    assert done.pages == [f"Ellary Harbour Letters 601 (2023) Rules of the basin\n\n{text}", text, text]
    assert all(audit.text_kept > 0.98 and not audit.lost_numbers for audit in done.audits)


def test_what_runs_from_the_first_page_stays_there_once(read):
    """A letterhead at the head, and the line at the foot behind the text; not the page numbers and "Confidential"
    beside them."""

    def draw(canvas: Canvas, number: int) -> None:
        for k, line in enumerate(["Skerrow Boatyard Ltd", "12 Quay Lane, Orrin OR4 7TN"]):
            canvas.drawString(60, 810 - 12 * k, line)
        canvas.drawString(500, 810, f"Page {number}")
        for k, line in enumerate([*LEFT, *RIGHT]):
            canvas.drawString(60, 700 - 12 * k, line)
        canvas.drawString(60, 40, "Registered in Orrin no. 448812, VAT 917")
        canvas.drawString(430, 40, "Confidential")

    done = read(4, draw)
    head = "Skerrow Boatyard Ltd\n\n12 Quay Lane, Orrin OR4 7TN"
    foot = "Registered in Orrin no. 448812, VAT 917"
    body = " ".join([*LEFT, *RIGHT])
    assert done.pages == [f"{head}\n\n{body}\n\n{foot}", *[body] * 3]
    assert all(audit.text_kept == 1 and not audit.lost_numbers for audit in done.audits)


def test_a_title_of_the_page_s_own_goes_with_its_number(read):
    """A running head whose words change goes where its page number stands at one place and counts with the pages."""

    def draw(canvas: Canvas, number: int) -> None:
        columns(canvas)
        canvas.drawString(60, 800, ("Barriers", "Ferries at night", "Pilots", "Tides and swell")[number - 1])
        canvas.drawString(520, 800, str(number + 40))

    assert all(page == " ".join([*LEFT, *RIGHT]) for page in read(4, draw).pages)


def test_the_same_words_elsewhere_on_a_page_stay(read):
    """What runs at the head of the pages is the title of the first, further down and in larger letters."""

    def draw(canvas: Canvas, number: int) -> None:
        columns(canvas, 640)
        canvas.drawString(60, 800, "Rules of the basin")
        if number == 1:
            canvas.setFont("Helvetica-Bold", 20)
            canvas.drawString(60, 700, "Rules of the basin")

    pages = read(4, draw).pages
    assert pages[0].startswith("# Rules of the basin")
    assert not any("Rules" in page for page in pages[1:])


def test_a_table_s_head_on_every_page_stays(read):
    """Rows stand as near below the heads as below each other: they run through no document."""

    def draw(canvas: Canvas, number: int) -> None:
        for k, row in enumerate([("Port", "Boats"), *((f"Berth {number}{i}", f"{7 * i + number}") for i in range(12))]):
            canvas.drawString(60, 800 - 24 * k, row[0])
            canvas.drawString(300, 800 - 24 * k, row[1])

    assert all("Port" in page for page in read(4, draw).pages)


def test_large_titles_of_a_few_pages_stay_once(read):
    """The title of a chapter that stands at the head of its pages alone is kept on the first of them."""

    def draw(canvas: Canvas, number: int) -> None:
        columns(canvas)
        canvas.drawString(300, 40, f"{number} of 10")
        canvas.setFont("Helvetica", 16)
        canvas.drawString(60, 800, ["Barriers", "Ferries", "Pilots"][min(2, (number - 1) // 4)])

    pages = read(10, draw).pages
    assert [page.split("\n")[0].lstrip("# ") if page.startswith("#") else "" for page in pages[:8]] == [
        "Barriers", "", "", "", "Ferries", "", "", ""]  # fmt: skip


def test_columns_of_other_pages_hold_beside_a_figure(read):
    """Where three pages have columns, a fourth has them too, though its right one holds labels of a figure alone."""

    def draw(canvas: Canvas, number: int) -> None:
        if number < 4:
            columns(canvas)
            return
        for k, line in enumerate([*LEFT, *RIGHT]):
            canvas.drawString(60, 760 - 12 * k, line)
        canvas.setFont("Times-Roman", 8)
        for k, text in enumerate(("Barrier", "Basin", "Ferry", "Office")):
            canvas.drawString(320 + 20 * k, 752 - 20 * k, text)

    assert read(4, draw).pages[3].startswith(" ".join([*LEFT, *RIGHT]))


def test_the_last_line_of_a_caption_over_both_columns_is_no_column_s(read):
    """A caption that runs over the columns is whole, also where its last line is shorter than a column."""
    places = ("the first ferry", "the winter swell", "a spring tide")

    def draw(canvas: Canvas, number: int) -> None:
        canvas.drawString(60, 690, "Figure 1. The harbour with its barriers, as it is seen from the office at the time")
        canvas.drawString(60, 679, f"of {places[number - 1]}")
        columns(canvas)
        columns(canvas, 655)

    for page, place in zip(read(3, draw).pages, places, strict=True):
        assert f"at the time of {place}\n" in page
        assert page.count(" ".join([*LEFT, *RIGHT])) == 2


@pytest.mark.parametrize("swapped", [False, True])
def test_a_head_of_one_text_beside_another_is_left_out(read, swapped: bool):
    """The book's title beside the chapters', at either side, runs; a sentence goes on overleaf, and figures stay."""

    def draw(canvas: Canvas, number: int) -> None:
        chapter = ["Oars and rigging", "Oars and rigging", "The tides", "Ropes in use"][number - 1]
        at_left, at_right = (chapter, "Ellary Letters") if swapped and number % 2 else ("Ellary Letters", chapter)
        canvas.drawString(60, 800, at_left)
        canvas.drawString(430, 800, at_right)
        for k, line in enumerate([*LEFT, *RIGHT]):
            canvas.drawString(60, 760 - 12 * k, line)
        canvas.drawString(60, 40, "Boats on this page")
        canvas.drawString(430, 40, f"{17 * number} boats")

    done = read(4, draw)
    assert not any("Ellary" in page or "Ropes" in page for page in done.pages[1:])
    assert all(f"{17 * number} boats" in page for number, page in enumerate(done.pages, start=1))


def test_a_document_of_two_pages_has_its_title_over_the_second(read):
    """The page's number beside what heads the first page is no text; beside other words it stays."""

    def draw(canvas: Canvas, number: int) -> None:
        if number == 1:
            canvas.setFont("Helvetica", 10)
            canvas.drawString(240, 800, "Rules of the basin")
        else:
            canvas.drawString(60, 800, str(number))
            canvas.drawString(240, 800, "Rules of the basin")
        canvas.drawString(60, 770, f"Pier {number}")
        for k, line in enumerate([*LEFT, *RIGHT]):
            canvas.drawString(60, 740 - 12 * k, line)

    first, second = read(2, draw).pages
    assert "Rules of the basin" in first and "basin\n" not in second and "2" not in second.replace("Pier 2", "")


PORTS = [("Harbour", "Depth", "Ships"), ("Ellary", "12.4", "318"), ("Storvik", "9.8", "204"), ("Hamnes", "15.1", "411"),
         ("Brekka", "7.7", "190"), ("Tarskog", "11.0", "266")]  # fmt: skip


@pytest.mark.parametrize(("count", "ruled"), [(1, False), (2, False), (1, True), (2, True)])
def test_rows_that_are_alone_overleaf_belong_to_their_table(read, count: int, ruled: bool):
    """One or two rows at the head of a page, in the columns of the table before it, go on with that table."""
    parts = {1: PORTS[:-count], 2: PORTS[-count:]}

    def draw(canvas: Canvas, number: int) -> None:
        rows, top = parts[number], 780
        for k, row in enumerate(rows):
            for x, text in zip((60, 200, 300), row, strict=True):
                canvas.drawString(x, top - 16 * k, text)
        if ruled:
            frame(canvas, top + 11, 16, len(rows))
        for k, line in enumerate(LEFT if number == 2 else ()):
            canvas.drawString(60, 700 - 12 * k, line)

    markdown = join_pages(read(2, draw).pages).markdown
    assert markdown.startswith("\n".join(f"| {' | '.join(row)} |" for row in (PORTS[0], ["---"] * 3, *PORTS[1:])))
    assert markdown.endswith(f"\n\n{' '.join(LEFT)}")


@pytest.mark.parametrize(("ruled", "empty_page"), [(False, 2), (False, 3), (True, 1), (True, 2), (True, 3)])
def test_a_column_that_a_page_leaves_empty_stays_in_its_table(read, ruled: bool, empty_page: int):
    """A table over three pages has the columns of all of them, with drawn lines also those of a later page."""

    def draw(canvas: Canvas, number: int) -> None:
        for k, (name, depth, ships) in enumerate(PORTS):
            row = (f"{name} {number}", "" if number == empty_page else depth, ships)
            for x, text in zip((60, 200, 300), row, strict=True):
                canvas.drawString(x, 780 - 16 * k, text)
        if ruled:
            frame(canvas, 791, 16, len(PORTS))

    markdown = join_pages(read(3, draw).pages).markdown
    assert markdown.count("---") == 3 and f"| Hamnes {empty_page} |  | 411 |" in markdown


def frame(canvas: Canvas, top: float, step: float, count: int) -> None:
    for k in range(count + 1):
        canvas.line(54, top - step * k, 380, top - step * k)
    for x in (54, 194, 294, 380):
        canvas.line(x, top, x, top - step * count)


def test_other_texts_at_the_head_of_a_page_are_no_rows(read):
    """What stands in other places than the columns of the table before it, and prose, are as they were."""

    def draw(canvas: Canvas, number: int) -> None:
        for k, row in enumerate(PORTS if number == 1 else ()):
            for x, text in zip((60, 200, 300), row, strict=True):
                canvas.drawString(x, 780 - 16 * k, text)
        if number == 2:
            canvas.drawString(60, 780, "Rules of the basin")
            canvas.drawString(180, 780, "and what the pilots ask for 9")
            for k, line in enumerate(LEFT):
                canvas.drawString(60, 750 - 12 * k, line)

    assert "|" not in read(2, draw).pages[1]


@pytest.mark.parametrize(
    ("count", "labels"),
    [
        (1, ["Page 1 of 1"]), (1, ["1"]), (1, ["- 61 -"]), (2, ["", "2"]), (2, ["61", "62"]), (2, ["1 / 2", "2 / 2"]),
        (3, ["Seite 4 von 9", "Seite 5 von 9", "Seite 6 von 9"]), (3, ["", "", "3"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("y", [40, 810])
def test_the_page_labels_of_a_short_document_are_left_out(read, count: int, labels: list[str], y: int):
    """At the head or the foot of one page to three, too few for anything to come back."""

    def draw(canvas: Canvas, number: int) -> None:
        for k, line in enumerate(LEFT):
            canvas.drawString(60, 760 - 12 * k, line)
        canvas.drawString(290, y, labels[number - 1])

    done = read(count, draw)
    assert all(page == " ".join(LEFT) for page in done.pages)
    assert all(audit.text_kept == 1 for audit in done.audits)


@pytest.mark.parametrize("numbers", [["2024"], ["2023", "2024"], ["12.50", "13.50"], ["3 / 4", "5 / 4"], ["2.", "2."]])
def test_numbers_at_the_edges_of_a_short_document_stay(read, numbers: list[str]):
    """A year, a price, a count or a share at the foot of a page is no label of it; nor is a large figure."""

    def draw(canvas: Canvas, number: int) -> None:
        for k, line in enumerate(LEFT):
            canvas.drawString(60, 760 - 12 * k, line)
        canvas.drawString(290, 40, numbers[number - 1])
        canvas.setFont("Helvetica", 40)
        canvas.drawString(290, 780, str(number))

    for number, page in zip(numbers, read(len(numbers), draw).pages, strict=True):
        assert page.rstrip().endswith(number)
