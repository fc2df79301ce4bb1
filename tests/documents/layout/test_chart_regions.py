"""Plots whose curve is one stroke, or that show a frame with points, in small PDFs drawn for each rule."""

from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas


def figures(canvas: Canvas, left: float, bottom: float) -> None:
    """The figures of both axes of a plot 200 points wide and 120 high."""
    for k in range(5):
        canvas.drawRightString(left - 4, bottom + 28 * k - 3, str(10 * k))
        canvas.drawCentredString(left + 48 * k, bottom - 12, str(2020 + k))


@pytest.mark.parametrize("is_framed", [True, False])
def test_a_plot_is_no_table(drawn, is_framed):
    """The figures at the axes of a plot are the labels of one chart, whether a curve or a frame shows it."""

    def draw(canvas: Canvas) -> None:
        figures(canvas, 120, 500)
        if is_framed:
            canvas.rect(115, 495, 210, 125)
            for k in range(4):
                canvas.drawString(150 + 40 * k, 520 + 20 * k, "NSEW"[k])
        else:
            path = canvas.beginPath()
            path.moveTo(120, 500)
            for k in range(1, 20):
                path.lineTo(120 + 10 * k, 500 + (112 if k == 9 else 37 * k % 110))
            canvas.drawPath(path)
        canvas.drawString(72, 440, "The harbour master counted the boats that came in each of these years.")

    page = drawn(draw)
    assert page.rows == []
    *labels, prose = page.markdown.split("\n\n")
    assert len(labels) == 1, labels
    assert set(labels[0].split()) >= {"0", "10", "20", "30", "40", *map(str, range(2020, 2025))}
    assert prose == "The harbour master counted the boats that came in each of these years."


def test_a_frame_with_figures_on_one_side_is_a_table(drawn):
    """Numbers of rows beside a frame are no axis."""

    def draw(canvas: Canvas) -> None:
        for k, row in enumerate((("Boat", "Fee"), ("Gig", "12"), ("Yawl", "15"), ("Skiff", "9"))):
            canvas.drawString(100, 700 - 20 * k, str(k))
            canvas.drawString(125, 700 - 20 * k, row[0])
            canvas.drawString(225, 700 - 20 * k, row[1])
        canvas.rect(120, 634, 200, 80)
        canvas.line(220, 634, 220, 714)
        for k in range(3):
            canvas.line(120, 694 - 20 * k, 320, 694 - 20 * k)

    assert ["Gig", "12"] in [row[-2:] for row in drawn(draw).rows]


def test_the_edges_of_cells_that_are_filled_shapes_are_no_bars(drawn):
    """Strips at the left of a table's cells share a base with the shading of its heads, and are lines all the same."""
    fees = (("Boat", "Fee"), ("Gig", "12"), ("Yawl", "15"), ("Skiff", "9"), ("Punt", "6"))

    def draw(canvas: Canvas) -> None:
        for top, shaded in ((700, 108), (560, 190)):
            canvas.setFillGray(0.8)
            canvas.rect(87.4, top - 18, shaded, 18, stroke=0, fill=1)
            canvas.setFillGray(0)
            for k, row in enumerate(fees):
                for x in (87, 180, 280):
                    canvas.rect(x, top - 18 * k - 18, 0.4, 18, stroke=0, fill=1)
                canvas.rect(87, top - 18 * k, 193.4, 0.4, stroke=0, fill=1)
                canvas.drawString(95, top - 18 * k - 13, row[0])
                canvas.drawString(190, top - 18 * k - 13, row[1])
            canvas.rect(87, top - 18 * len(fees), 193.4, 0.4, stroke=0, fill=1)

    assert [row for row in drawn(draw).rows if row == ["Gig", "12"]] == [["Gig", "12"]] * 2


def test_a_chart_reaches_as_high_as_its_axis(drawn):
    """Bars that end far below the top of their grid leave no figure of the axis outside the chart."""

    def draw(canvas: Canvas) -> None:
        canvas.setFillGray(0.5)
        for k, height in enumerate((40, 26, 12, 33, 44)):
            canvas.rect(130 + 36 * k, 500, 18, height, stroke=0, fill=1)
            canvas.setFillGray(0)
            canvas.drawCentredString(139 + 36 * k, 488, "NSEWC"[k])
            canvas.setFillGray(0.5)
        canvas.setFillGray(0)
        canvas.line(120, 500, 120, 600)
        for k in range(6):
            canvas.line(120, 500 + 20 * k, 320, 500 + 20 * k)
            canvas.drawRightString(114, 497 + 20 * k, str(20 * k))
        canvas.drawString(72, 440, "The harbour master counted the boats that came in at each of the gates.")

    labels, prose = drawn(draw).markdown.split("\n\n")
    assert set(labels.split()) >= {"0", "20", "40", "60", "80", "100"}
    assert prose == "The harbour master counted the boats that came in at each of the gates."


def test_labels_between_two_plots_belong_to_the_nearer_one(drawn) -> None:
    """Two plots side by side, each with figures at its left: none of them is read with the other's."""

    def draw(canvas: Canvas) -> None:
        for left, word in ((120, "a"), (345, "b")):
            figures(canvas, left, 500)
            canvas.rect(left - 5, 495, 205, 125)
            for k in range(4):
                canvas.drawString(left + 30 + 40 * k, 520 + 20 * k, word)

    years = " ".join(map(str, range(2020, 2025)))
    assert drawn(draw).markdown == " ".join(f"40 30 {word} {word} 20 {word} 10 {word} 0 {years}" for word in "ab")


def test_a_heading_or_a_bullet_beside_a_plot_is_no_label(drawn) -> None:
    """They stand in the next column, as near as labels do."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 8)
        figures(canvas, 120, 500)
        canvas.rect(115, 495, 210, 125)
        for k in range(4):
            canvas.drawString(150 + 40 * k, 520 + 20 * k, "NSEW"[k])
        canvas.setFont("Helvetica-Bold", 12)
        canvas.drawString(340, 600, "Demand")
        canvas.setFont("Helvetica", 10)
        canvas.drawString(340, 570, "\u2022")
        canvas.drawString(350, 570, "Boats are counted.")

    texts = drawn(draw).markdown.split("\n\n")
    assert len(texts) == 3, texts
    assert "- Boats are counted." in texts
    assert any(text.strip("#* ") == "Demand" for text in texts)
