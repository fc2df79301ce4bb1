"""Merged cells, and the boxes of forms and figures, in small PDFs drawn for each rule."""

from __future__ import annotations

from types import SimpleNamespace

from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.layout.text_runs_and_lines import Run
from groundwork.documents.layout.typed_fields_and_annotations import with_typed_field_runs
from tests.documents.layout.drawing import prose


def frame(canvas: Canvas, flat, steep) -> None:
    """Lines as (y, x1, x2) and (x, y1, y2)."""
    for y, x1, x2 in flat:
        canvas.line(x1, y, x2, y)
    for x, y1, y2 in steep:
        canvas.line(x, y1, x, y2)


def test_a_cell_over_two_rows_has_its_lines_in_both(drawn):
    """Two lines of a label beside two rows are one cell where no line is drawn between them."""

    def draw(canvas: Canvas) -> None:
        frame(canvas, [(y, 60, 330) for y in (720, 700, 660, 620)], [(x, 620, 720) for x in (60, 170, 250, 330)])
        frame(canvas, [(680, 170, 330), (640, 170, 330)], [])
        for y, texts in ((706, ("Fuel", "By", "Price")), (686, ("", "tank", "2.24")), (666, ("", "pump", "2.20"))):
            for x, text in zip((66, 176, 256), texts, strict=True):
                canvas.drawString(x, y, text)
        canvas.drawString(66, 683, "Lamp oil")
        canvas.drawString(66, 672, "and kerosene")
        for y, texts in ((646, ("Diesel", "tank", "2.03")), (626, ("", "pump", "1.97"))):
            for x, text in zip((66, 176, 256), texts, strict=True):
                canvas.drawString(x, y, text)

    assert drawn(draw).rows == [
        ["Fuel", "By", "Price"],
        ["Lamp oil and kerosene", "tank", "2.24"],
        ["Lamp oil and kerosene", "pump", "2.20"],
        ["Diesel", "tank", "2.03"],
        ["Diesel", "pump", "1.97"],
    ]


def test_a_value_in_the_middle_of_merged_columns_is_in_all_of_them(drawn):
    """A column stays where merged rows run over its place, and a value between two drawn lines fills the space."""

    def draw(canvas: Canvas) -> None:
        rows = [700 - 18 * k for k in range(8)]
        frame(canvas, [(y, 60, 360) for y in rows], [(x, rows[-1], rows[0]) for x in (60, 120, 360)])
        for k in (0, 2, 6):
            frame(canvas, [], [(x, rows[k + 1], rows[k]) for x in (180, 240, 300)])
        cells = {0: ("Sign", "first", "second", "third", "fourth"), 2: ("P", "8", "12", "16", "2-16"),
                 6: ("Tq", "0-1", "0-2", "0-3", "0")}  # fmt: skip
        for k in range(7):
            if k in cells:
                for x, text in zip((66, 126, 186, 246, 306), cells[k], strict=True):
                    canvas.drawString(x, rows[k] - 13, text)
            else:
                canvas.drawString(66, rows[k] - 13, f"Y{k}")
                canvas.drawCentredString(240, rows[k] - 13, "0-65,535 at most")

    merged = ["0-65,535 at most"] * 4
    assert drawn(draw).rows == [
        ["Sign", "first", "second", "third", "fourth"],
        ["Y1", *merged],
        ["P", "8", "12", "16", "2-16"],
        *[[f"Y{k}", *merged] for k in (3, 4, 5)],
        ["Tq", "0-1", "0-2", "0-3", "0"],
    ]


def test_the_boxes_of_a_form_are_read_box_by_box(drawn):
    """Boxes of many sizes are no table: labels, figures and what was written stand line by line."""

    def draw(canvas: Canvas) -> None:
        bottom, top = 300, 720
        frame(canvas, [(bottom, 60, 500), (top, 60, 500)], [(60, bottom, top), (500, bottom, top)])
        for k in range(14):
            y = top - 30 * (k + 1)
            frame(canvas, [(y, 60, 500)] if k % 4 == 3 else [(y, 440, 500)], [])
            for x in {0: (200, 360), 1: (150, 310), 2: (130, 280), 3: (240, 400)}[k % 4]:
                frame(canvas, [], [(x + 7 * k, y, y + 30)] if x + 7 * k < 420 else [])
            frame(canvas, [], [(420, y, y + 30), (440, y, y + 30)])
            canvas.drawString(66, y + 12, f"Boat {k + 1}")
            canvas.drawString(425, y + 12, str(k + 1))
            canvas.drawString(450, y + 12, f"{3 * k + 2}.50")

    page = drawn(draw)
    assert page.rows == []
    for k in range(14):
        assert f"Boat {k + 1} {k + 1} {3 * k + 2}.50" in page.markdown.replace(";", "")
    assert page.audit.text_kept > 0.99


def test_a_border_around_the_page_belongs_to_no_table(drawn):
    """Two tables within one border are two tables, and boxes to tick in a cell part nothing."""

    def draw(canvas: Canvas) -> None:
        canvas.rect(30, 30, 535, 780)
        for top, rows in ((700, ("Depth", "Fee")), (560, ("Length", "Beam"))):
            frame(canvas, [(top - 20 * k, 60, 300) for k in range(3)], [(x, top - 40, top) for x in (60, 180, 300)])
            for k, text in enumerate(rows):
                canvas.drawString(66, top - 14 - 20 * k, text)
                canvas.drawString(200, top - 14 - 20 * k, "yes      no")
                canvas.rect(188, top - 15 - 20 * k, 9, 9)
                canvas.rect(226, top - 15 - 20 * k, 9, 9)
        canvas.drawString(66, 620, "Boats that are longer pay by the metre.")

    page = drawn(draw)
    assert page.rows == [[name, "yes no"] for name in ("Depth", "Fee", "Length", "Beam")]
    assert "\n\nBoats that are longer pay by the metre.\n\n" in page.markdown


def test_letters_in_boxes_of_their_own_are_one_value():
    """A number drawn into a comb of boxes is read as it was typed, not letter by letter."""
    place = SimpleNamespace(x=180, y=90, width=140, height=16)
    field = SimpleNamespace(type="text", value="GH40217", rect=place, checked=False)
    label = Run(72, 92, 170, 104, "Number of the boat", 10)
    letters = [Run(186 + 20 * k, 92, 192 + 20 * k, 104, letter, 10) for k, letter in enumerate("GH40217")]
    page = SimpleNamespace(form_fields=[field], annotations=())
    assert [run.text for run in with_typed_field_runs(page, [label, *letters])] == ["Number of the boat", "GH40217"]


def test_fields_part_the_lines_of_a_form(drawn):
    """A field between two labels ends the first, and white fields of different lengths are no bars of a chart."""
    labels = ["Name of the boat", "Name of the owner", "Harbour she comes from", "Remarks of the harbour master"]

    def draw(canvas: Canvas) -> None:
        for k, label in enumerate(labels):
            y = 700 - 34 * k
            canvas.drawString(72, y, label)
            canvas.setFillColorRGB(1, 1, 1)
            canvas.rect(72, y - 18, 220 + 40 * k, 13, fill=1)
            canvas.setFillColorRGB(0, 0, 0)
            canvas.acroForm.textfield(name=f"f{k}", value="", x=72, y=y - 18, width=220 + 40 * k, height=13)

    assert drawn(draw).markdown.split("\n\n") == labels


def test_a_sign_in_a_box_of_text_makes_no_table(drawn):
    """The lines of a small drawing within a box, such as a pointing hand beside a tip, part no columns."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.rect(72, 600, 420, 80)
        for at in (630, 638):
            canvas.line(80, at, 98, at)
        canvas.line(85, 630, 85, 638)
        canvas.line(85, 638, 85, 644)
        canvas.drawString(76, 664, "Tip")
        for k, line in enumerate(("Row close to the pier when the tide turns early, for", "the current is weak.")):
            canvas.drawString(120, 632 - 12 * k, line)

    page = drawn(draw)
    assert page.rows == [] and "for the current is weak." in page.markdown


def test_running_text_in_a_frame_with_a_table_above_it_is_no_row(drawn):
    """A sheet whose head is a table and whose body is one large cell: the body is read once, as paragraphs."""

    def draw(canvas: Canvas) -> None:
        frame(canvas, [(y, 60, 500) for y in (760, 740, 720, 600, 580)], [(x, 580, 760) for x in (60, 500)])
        frame(canvas, [], [(x, 720, 760) for x in (200, 350)])
        for y, texts in ((746, ("Sheet", "Harbour", "Pages")), (726, ("A", "Ellary", "28"))):
            for x, text in zip((66, 206, 356), texts, strict=True):
                canvas.drawString(x, y, text)
        prose(canvas, 705)
        prose(canvas, 660)
        canvas.drawString(66, 586, "Continued on the next page")

    page = drawn(draw)
    assert page.rows == [["Sheet", "Harbour", "Pages"], ["A", "Ellary", "28"]]
    assert page.markdown.count("The harbour master opens") == 2 and page.markdown.count("Continued on") == 1


def test_remarks_over_the_whole_width_of_a_table_are_a_row(drawn):
    """A few lines in one cell from side to side belong to the rows above and below them."""

    def draw(canvas: Canvas) -> None:
        frame(canvas, [(y, 60, 500) for y in (760, 740, 690, 670)], [(x, 670, 760) for x in (60, 500)])
        frame(canvas, [], [(280, y1, y2) for y1, y2 in ((740, 760), (670, 690))])
        for y, texts in ((746, ("Boat", "Berth")), (676, ("Heron", "12"))):
            for x, text in zip((66, 286), texts, strict=True):
                canvas.drawString(x, y, text)
        for k, line in enumerate(("All berths are let by the year,", "and boats over 12 m by the month.")):
            canvas.drawString(66, 722 - 12 * k, line)

    remark = "All berths are let by the year, and boats over 12 m by the month."
    assert [row[0] for row in drawn(draw).rows] == ["Boat", remark, "Heron"]


def test_a_number_of_a_form_stays_with_its_words(drawn):
    """A number before the words of a box is part of them, also where the edge of other boxes lies between."""

    def draw(canvas: Canvas) -> None:
        xs = [72 + 48 * k for k in range(10)]
        steep = [(x, 712 - 16 * (k % 4), 696 - 16 * (k % 4)) for k, x in enumerate(xs[1:-1])]
        flat = [(712, 72, xs[-1]), (648, 72, xs[-1]), *((y, 72, xs[5]) for y in (696, 680, 664))]
        frame(canvas, flat, [(72, 648, 712), (xs[-1], 648, 712), *steep])
        canvas.drawRightString(117, 668, "7")
        canvas.drawString(123, 668, "Rollover")
        canvas.drawRightString(117, 684, "7")

    assert drawn(draw).markdown == "7\n\n7 Rollover"
