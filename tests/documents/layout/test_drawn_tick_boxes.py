"""Boxes to tick that are drawn on a page, without a field of a form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.documents.layout.conftest import Drawn
from tests.documents.layout.drawing import prose

Draw = Callable[[Callable[[Canvas], None]], Drawn]


def tick_box(canvas: Canvas, x: float, y: float, *, ticked: bool, side: float = 9) -> None:
    canvas.rect(x, y - 1, side, side, stroke=1, fill=0)
    if ticked:
        canvas.line(x + 1, y, x + side - 1, y + side - 2)
        canvas.line(x + 1, y + side - 2, x + side - 1, y)


def test_ticks_stand_before_their_words(drawn: Draw) -> None:
    """Within a line, and in a list, of which each box begins a line of its own."""
    items = [("The ferry has been inspected", True), ("The barrier is closed", False), ("The basin is free", True)]

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        for x, word, ticked in ((72, "Yes", True), (110, "No", False)):
            tick_box(canvas, x, 700, ticked=ticked)
            canvas.drawString(x + 12, 700, word)
        canvas.drawString(150, 700, "Has the harbour master been told of it?")
        for k, (text, ticked) in enumerate(items):
            tick_box(canvas, 72, 660 - 13 * k, ticked=ticked)
            canvas.drawString(86, 660 - 13 * k, text)

    markdown = drawn(draw).markdown
    assert "☒ Yes ☐ No Has the harbour master been told of it?" in markdown
    assert [line for line in markdown.split("\n") if line[:1] in ("☐", "☒") and "Yes" not in line] == [
        f"{'☒' if ticked else '☐'} {text}" for text, ticked in items
    ]


def letters(canvas: Canvas) -> None:
    for k in range(6):
        canvas.rect(72 + 10 * k, 699, 10, 10)
    canvas.drawString(136, 700, "Number of the boat")
    for k in range(6):
        canvas.rect(72 + 10 * k, 669, 10, 10)
    canvas.drawString(136, 670, "Number of the berth")


def legend(canvas: Canvas) -> None:
    for k, text in enumerate(["Ferries", "Skiffs", "Barges"]):
        canvas.setFillColorRGB(0.2, 0.3 * k, 0.9)
        canvas.rect(72, 699 - 14 * k, 9, 9, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        canvas.drawString(86, 700 - 14 * k, text)


def ornament(canvas: Canvas) -> None:
    tick_box(canvas, 72, 700, ticked=False)
    canvas.drawString(86, 700, "The harbour and its two basins")


def marks(canvas: Canvas) -> None:
    for k in range(12):
        tick_box(canvas, 100 + 20 * k, 500 + 9 * k, ticked=False, side=6)
    for k, text in enumerate(["Ferries", "Skiffs"]):
        tick_box(canvas, 400, 480 - 14 * k, ticked=False, side=6)
        canvas.drawString(410, 480 - 14 * k, text)


@pytest.mark.parametrize("draw", [letters, legend, ornament, marks])
def test_other_squares_are_no_boxes_to_tick(drawn: Draw, draw: Callable[[Canvas], None]) -> None:
    """Those for the letters of a word, samples of a colour, a lone one, and the marks of a plot."""

    def page(canvas: Canvas) -> None:
        prose(canvas)
        draw(canvas)

    markdown = drawn(page).markdown
    assert "☐" not in markdown
    assert "☒" not in markdown
