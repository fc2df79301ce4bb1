"""Tables without lines, whose rows are told by the stripes behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

XS = (72, 131, 174)
BERTHS = (
    (("Berth",), ("Keeper",), ("What is to be done",)),
    (("North Quay", "Outer Basin"), ("Ilse",), ("The rings are painted.",)),
    (("Slip",), ("Oda",), ("The winch is oiled.",)),
    (("Fuel Pier", "New Arm"), ("Per", "Ilse"), ("Nothing is left to do.",)),
    (("Boathouse",), ("Oda",), ("The roof is tarred.",)),
)
READ = [[" ".join(cell) for cell in row] for row in BERTHS]


def _rects(canvas: Canvas, stripes: list[tuple[float, float]]) -> None:
    for top, bottom in stripes:
        canvas.rect(68, bottom, 400, top - bottom, fill=1, stroke=0)


def _cells(canvas: Canvas, stripes: list[tuple[float, float]]) -> None:
    for top, bottom in stripes:
        for x, right in ((68, 128), (128, 171), (171, 468)):
            canvas.rect(x, bottom, right - x, top - bottom, fill=1, stroke=0)


def _one_path(canvas: Canvas, stripes: list[tuple[float, float]]) -> None:
    path = canvas.beginPath()
    for top, bottom in stripes:
        path.rect(68, bottom, 400, top - bottom)
    canvas.drawPath(path, fill=1, stroke=0)


def _draw_striped(canvas: Canvas, rows, fill: Callable[[Canvas, list[tuple[float, float]]], None], xs=XS) -> None:
    """Rows of cells of one line or more, each second one with a stripe, between two sentences."""
    y, stripes, texts = 700.0, [], []
    for number, row in enumerate(rows):
        top = y + 11
        texts += [(x, y - 12 * k, line) for x, cell in zip(xs, row, strict=True) for k, line in enumerate(cell)]
        y -= 12 * max(map(len, row))
        if number % 2 == 0:
            stripes.append((top, y + 11))
    canvas.setFillGray(0.85)
    fill(canvas, stripes)
    canvas.setFillGray(0)
    canvas.setFont("Helvetica", 10)
    for text in texts:
        canvas.drawString(*text)
    canvas.drawString(72, 740, "The harbour master goes round once in spring, before the first ferry runs.")
    canvas.drawString(72, y - 30, "Whoever finds a loose ring tells him so, and he writes it into the book.")


@pytest.mark.parametrize("fill", [_rects, _cells, _one_path])
def test_stripes_tell_rows_whose_cells_have_several_lines(drawn, fill) -> None:
    """They are drawn as one rectangle, as one for each cell, or all as one shape."""
    page = drawn(lambda canvas: _draw_striped(canvas, BERTHS, fill))
    assert page.rows == READ


def test_the_last_row_without_a_stripe_belongs_to_the_table(drawn) -> None:
    page = drawn(lambda canvas: _draw_striped(canvas, BERTHS[:4], _rects))
    assert page.rows == READ[:4]
    assert page.markdown.endswith("writes it into the book.")


def test_a_numbered_list_on_stripes_is_a_list(drawn) -> None:
    items = [((f"{k}.",), (f"The keeper of berth {k} oils the winch there.",)) for k in range(1, 6)]
    page = drawn(lambda canvas: _draw_striped(canvas, items, _rects, (72, 92)))
    assert page.rows == []
    assert "1. The keeper of berth 1 oils the winch there." in page.markdown


def test_a_listing_on_stripes_is_code(drawn) -> None:
    """Its spaces lie below each other, as those between columns do."""
    code = ["$ moor --berth 14 --keeper oda", "$ free --berth 12 --keeper ilse", "$ moor --berth 12 --keeper per"]

    def draw(canvas: Canvas) -> None:
        _draw_striped(canvas, [], _rects)
        for k, line in enumerate(code):
            canvas.setFillGray(0.9 if k % 2 else 0.8)
            canvas.rect(68, 660 - 12 * k, 400, 12, fill=1, stroke=0)
            canvas.setFillGray(0)
            canvas.setFont("Courier", 10)
            canvas.drawString(72, 663 - 12 * k, line)

    page = drawn(draw)
    assert page.rows == []
    assert "\n".join(["```", *code, "```"]) in page.markdown


def test_two_striped_tables_below_each_other_are_two(drawn) -> None:
    """What stands between them runs over their columns."""

    def draw(canvas: Canvas) -> None:
        for y in (700, 600):
            canvas.setFillGray(0.85)
            _rects(canvas, [(y + 11, y - 4), (y - 17, y - 32)])
            canvas.setFillGray(0)
            for k, row in enumerate(("Skiff 12", "Gig 15", "Yawl 9")):
                for x, text in zip((72, 250), row.split(), strict=True):
                    canvas.drawString(x, y - 14 * k, text)
        canvas.drawString(72, 640, "The fees above are those of the summer, the ones below of the winter.")

    page = drawn(draw)
    assert page.markdown.count("| --- |") == 2
    assert "The fees above are those of the summer, the ones below of the winter." in page.markdown.split("\n\n")


def test_a_text_on_a_shade_of_its_own_for_each_line_is_no_table(drawn) -> None:
    """Nothing shows between the shades, and spaces that happen to stand below each other part no columns."""
    lines = [f"the harbour master {word} opens the barrier {word} in the morning" for word in ("or", "so", "if")] * 3

    def draw(canvas: Canvas) -> None:
        canvas.setFillGray(0.85)
        _rects(canvas, [(711 - 12 * k, 699 - 12 * k) for k in range(len(lines))])
        canvas.setFillGray(0)
        canvas.setFont("Courier", 10)
        for k, line in enumerate(lines):
            canvas.drawString(72, 702 - 12 * k, line)

    assert drawn(draw).rows == []
