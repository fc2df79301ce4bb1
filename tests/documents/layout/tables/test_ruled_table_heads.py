"""Heads over several columns of a drawn table, and cells over several rows, where few of its lines are drawn."""

from __future__ import annotations

from reportlab.pdfgen.canvas import Canvas

FIGURES = [
    ("11,062.6", "1,540.0", "9,522.6"),
    ("467.9", "69.1", "398.8"),
    ("10.0", "0.9", "9.1"),
    ("17.5", "2.6", "14.9"),
]
XS, RIGHTS = (60, 200), (250, 300, 360)


def _report(canvas: Canvas, labels: list[str], figures: list[tuple[str, ...]]) -> None:
    """A table with lines around its heads and one behind its labels: three columns of figures that no line parts."""
    for y in (720, 696, 620):
        canvas.line(XS[0], y, 365, y)
    canvas.line(XS[1], 708, 365, 708)
    canvas.line(XS[1], 720, XS[1], 620)
    canvas.setFontSize(8)
    for k, (label, row) in enumerate(zip(labels, figures, strict=True)):
        canvas.drawString(XS[0] + 2, 686 - 10 * k, label)
        for x, figure in zip(RIGHTS, row, strict=True):
            canvas.drawRightString(x, 686 - 10 * k, figure)


def _heads(canvas: Canvas) -> None:
    canvas.drawString(XS[0] + 40, 705, "Offense")
    canvas.drawCentredString(282, 711, "Arrests")
    for x, head in zip(RIGHTS, ("Total", "Under 18", "Over 18"), strict=True):
        canvas.drawRightString(x, 699, head)


def test_a_head_in_the_middle_of_columns_that_no_line_parts_is_over_all_of_them(drawn):
    """A head alone over several columns is in all of them, and a label beside two heads in both of their rows."""

    def draw(canvas: Canvas) -> None:
        _report(canvas, ["Total", "Robbery", "Fraud", "Arson"], FIGURES)
        _heads(canvas)

    assert drawn(draw).rows[:3] == [
        ["Offense", *["Arrests"] * 3], ["Offense", "Total", "Under 18", "Over 18"], ["Total", *FIGURES[0]]]  # fmt: skip


def test_dots_one_by_one_from_a_label_to_its_figures_are_no_columns(drawn):
    """Leading dots that are drawn apart are words, which stand below each other in all rows."""
    labels = ["Total", "Robbery", "Fraud", "Arson"]

    def draw(canvas: Canvas) -> None:
        _report(canvas, labels, FIGURES)
        for k in range(len(labels)):
            for x in range(100, 196, 6):
                canvas.drawString(x, 686 - 10 * k, ".")

    assert drawn(draw).rows == [[label, *figures] for label, figures in zip(labels, FIGURES, strict=True)]


def test_a_label_of_two_lines_above_its_figures_is_one_row(drawn):
    """The first line of a label is full; it stands as near to the row above it as to its own figures."""
    labels = ["Total", "Arrests", "Murder and other manslaughter by", "negligence"]
    rows = drawn(lambda canvas: _report(canvas, labels, [*FIGURES[:2], ("", "", ""), FIGURES[2]])).rows
    assert [row[0] for row in rows] == ["Total", "Arrests", "Murder and other manslaughter by negligence"]


def test_a_missing_figure_is_not_the_one_before_it(drawn):
    """An empty cell in a column that no line parts is empty."""
    figures = [FIGURES[0], ("467.9", "69.1", ""), *FIGURES[2:]]
    rows = drawn(lambda canvas: _report(canvas, ["Total", "Robbery", "Fraud", "Arson"], figures)).rows
    assert rows[1] == ["Robbery", "467.9", "69.1", ""]


def test_a_wall_that_begins_below_a_head_parts_the_row_of_the_heads_below_it(drawn):
    """Two rows of heads have no line between them: the wall between two columns shows where the second begins."""

    def draw(canvas: Canvas) -> None:
        for y in (720, 690, 660):
            canvas.line(60, y, 300, y)
        for x, top in ((60, 720), (140, 720), (220, 704), (300, 720)):
            canvas.line(x, top, x, 660)
        canvas.drawString(64, 700, "Boat")
        canvas.drawCentredString(220, 708, "Crew of")
        for x, head, figure in ((160, "2003", "43"), (240, "2004", "61")):
            canvas.drawString(x, 693, head)
            canvas.drawString(x, 670, figure)
        canvas.drawString(64, 670, "Skiff")

    assert drawn(draw).rows == [
        ["Boat", "Crew of", "Crew of"], ["Boat", "2003", "2004"], ["Skiff", "43", "61"]]  # fmt: skip


def test_the_edge_of_a_shade_parts_two_rows(drawn):
    """Heads on a shade are a row, though no line is drawn below them; an edge of one shade on the same is none."""

    def draw(canvas: Canvas) -> None:
        canvas.setFillGray(0.8)
        canvas.rect(60, 690, 240, 30, stroke=0, fill=1)
        canvas.rect(60, 704, 240, 6, stroke=0, fill=1)
        canvas.setFillGray(0)
        for y in (720, 674, 658):
            canvas.line(60, y, 300, y)
        for x in (60, 140, 220, 300):
            canvas.line(x, 720, x, 658)
        for y, row in ((708, ("Place of", "Jul", "Jun")), (696, ("residence", "2013", "2012")),
                       (679, ("Bronx", "12.1%", "12.8%")), (663, ("Queens", "7.8%", "8.4%"))):  # fmt: skip
            for x, text in zip((64, 150, 230), row, strict=True):
                canvas.drawString(x, y, text)

    assert drawn(draw).rows == [
        ["Place of residence", "Jul 2013", "Jun 2012"],
        ["Bronx", "12.1%", "12.8%"],
        ["Queens", "7.8%", "8.4%"],
    ]


def test_words_far_apart_are_one_text_at_the_edge_of_columns_that_a_line_parts(drawn):
    """A sentence over several columns may have a wide space at an edge that is drawn in the rows below."""

    def draw(canvas: Canvas) -> None:
        for y in (720, 700, 680, 660):
            canvas.line(60, y, 300, y)
        for x, top in ((60, 720), (140, 700), (220, 700), (300, 720)):
            canvas.line(x, top, x, 660)
        canvas.drawString(64, 706, "The harbour lets")
        canvas.drawString(146, 706, "skiffs to its guests")
        for y, row in ((686, ("Skiff", "43", "61")), (666, ("Gig", "34", "17"))):
            for x, text in zip((64, 160, 240), row, strict=True):
                canvas.drawString(x, y, text)

    sentence = "The harbour lets skiffs to its guests"
    assert drawn(draw).rows[0] == [sentence] * 3
