"""Figures that a PDF draws with lines and shapes: which are kept, and what is none."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.pdf_files.open_pdf import LOCK, open_pdf
from groundwork.documents.pictures.drawn_figures import drawn_figures
from groundwork.documents.pictures.page_areas import (
    AreaOfTextLine,
    PageArea,
    area_of_page,
    areas_of_prose_lines,
    text_lines,
)
from groundwork.markdown.figures import figures
from tests.documents.conftest import Folder
from tests.documents.pictures.test_kept_pictures import PARAGRAPHS, pdf
from tests.sample.pictures import chart

Draw = Callable[[Canvas], None]


def curve(canvas: Canvas, left: float = 100, bottom: float = 500) -> None:
    """A curve of 60 strokes over two axes with figures beside them."""
    canvas.line(left, bottom, left + 240, bottom)
    canvas.line(left, bottom, left, bottom + 140)
    canvas.setFont("Helvetica", 9)
    for tick in range(5):
        canvas.drawString(left + 60 * tick, bottom - 12, str(10 * tick))
        canvas.drawRightString(left - 4, bottom + 30 * tick, str(tick))
    path = canvas.beginPath()
    path.moveTo(left, bottom + 70)
    for step in range(1, 60):
        path.lineTo(left + 4 * step, bottom + 70 + 60 * math.sin(step / 9))
    canvas.drawPath(path)


def bars(canvas: Canvas) -> None:
    for number, height in enumerate((40, 90, 120, 60, 150)):
        canvas.setFillColorRGB(0.2, 0.4, 0.6)
        canvas.rect(120 + 40 * number, 480, 24, height, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)
    canvas.line(110, 480, 330, 480)


def boxes(canvas: Canvas) -> None:
    """A diagram of boxes with a word in each, and lines from one to the next."""
    canvas.setFont("Helvetica", 9)
    for number, word in enumerate(("sluice", "wheel", "stones", "granary")):
        canvas.rect(90 + 100 * number, 520, 70, 40)
        canvas.drawString(100 + 100 * number, 537, word)
        canvas.line(160 + 100 * number, 540, 190 + 100 * number, 540)


def table(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 9)
    for row in range(6):
        canvas.line(90, 480 + 20 * row, 450, 480 + 20 * row)
        for column in range(4):
            canvas.drawString(95 + 90 * column, 485 + 20 * row, f"sack {row * column}")
    for column in range(5):
        canvas.line(90 + 90 * column, 480, 90 + 90 * column, 580)


def note(canvas: Canvas) -> None:
    """Text in a box with round corners, and a star beside it."""
    canvas.roundRect(80, 440, 420, 120, 12)
    canvas.setFont("Helvetica", 11)
    for number in range(5):
        canvas.drawString(90, 540 - 20 * number, PARAGRAPHS[number % 4])


def background(canvas: Canvas) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(60, 420, 400, 250, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)


def caption(canvas: Canvas, height: float = 465, words: str = "Figure 2. Meal by month") -> None:
    canvas.setFont("Helvetica", 11)
    canvas.drawString(100, height, words)


def found(path: Path) -> list[PageArea]:
    with LOCK:
        document = open_pdf(str(path))
        try:
            page = document[0]
            whole = area_of_page(page)
            return [one.area for one in drawn_figures(page, whole, text_lines(page.get_textpage(), whole))]
        finally:
            document.close()


@pytest.mark.parametrize(
    ("drawn", "count"),
    [
        ((curve,), 1),
        ((curve, caption), 1),
        ((bars,), 1),
        ((boxes, lambda canvas: caption(canvas, 500)), 1),
        ((lambda canvas: curve(canvas, 80, 600), lambda canvas: curve(canvas, 80, 300), caption), 2),
        ((lambda canvas: curve(canvas, 80), lambda canvas: curve(canvas, 345)), 1),  # two panels
        ((background, curve), 1),
        ((boxes,), 0),
        ((table,), 0),
        ((table, lambda canvas: caption(canvas, 600, "Table 2. Sacks")), 0),
        ((note,), 0),
        ((note, lambda canvas: caption(canvas, 420, "Figure 3 shows the upper mill")), 0),
        ((background,), 0),
    ],
)
def test_what_is_a_figure(tmp_path: Path, drawn: tuple[Draw, ...], count: int) -> None:
    """Curves and bars are figures, boxes over a figure's caption too; tables, boxed text and backgrounds are none."""

    def draw(canvas: Canvas) -> None:
        for one in drawn:
            one(canvas)
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 760, PARAGRAPHS[0])

    assert len(found(pdf(tmp_path / "a.pdf", draw))) == count


def test_labels_are_part_of_a_figure_and_text_is_not(tmp_path: Path) -> None:
    """The figures at the axes lie within; a line of text above and the caption below do not."""

    def draw(canvas: Canvas) -> None:
        curve(canvas)
        caption(canvas)
        canvas.drawString(100, 655, PARAGRAPHS[1])

    (area,) = found(pdf(tmp_path / "a.pdf", draw))
    assert area.left < 96 and area.bottom < 490, "the figures at the axes"
    assert area.bottom > 474 and area.top < 655


def test_lines_below_each_other_are_text_however_short() -> None:
    """Three lines of four words below each other are prose; labels far apart are none."""
    column = [AreaOfTextLine(PageArea(72, 700 - 14 * n, 150, 710 - 14 * n), "the sluice of the") for n in range(3)]
    labels = [AreaOfTextLine(PageArea(72, 400 - 60 * n, 150, 410 - 60 * n), "four words are here") for n in range(3)]
    assert areas_of_prose_lines([*column, *labels]) == column


def test_a_drawn_figure_is_kept_with_its_caption(folder: Folder, tmp_path: Path) -> None:
    """A chart stands in front of its caption, another with the image in it; a logo on each page is left out."""

    def framed(canvas: Canvas) -> None:
        curve(canvas, 100, 200)
        canvas.drawImage(ImageReader(io.BytesIO(chart(1))), 120, 220, 100, 80)

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 760, PARAGRAPHS[0])
        bars(canvas)
        caption(canvas)
        canvas.drawString(72, 430, PARAGRAPHS[1])
        framed(canvas)

    def logo(canvas: Canvas) -> None:
        curve(canvas, 100, 300)
        canvas.drawString(72, 760, PARAGRAPHS[2])

    folder.add("mill.pdf", pdf(tmp_path / "mill.pdf", draw, logo, logo, logo))
    assert folder.ingest("--pictures") == 0
    text = folder.text("mill")
    first, second = figures(text, "mill")
    assert first.caption == "Figure 2. Meal by month" and second.caption == ""
    sizes = [Image.open(folder.root / "text" / one.file).size for one in (first, second)]
    assert all(600 < width < 900 for width, _ in sizes), sizes
