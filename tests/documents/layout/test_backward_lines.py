"""Lines that a PDF draws from their end on, and text layers whose words run from end to end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.pdf_files.text_layer import TextLayer, read_text_layer

HEAD = "Certificate of the boat Page 8"
BODY = [
    "The surveyor confirms with his name that the changes were made in the harbour,",
    "and the certificate stays valid until the boat is sold or built into another one.",
]


def draw_backward(canvas: Canvas, x: float, y: float, line: str) -> None:
    """A line in Courier, whose letters are 600 thousandths wide, from its last letter to its first."""
    letters = " 1200 ".join(f"({letter})" for letter in reversed(line))
    canvas.setFont("Courier", 10)
    canvas._code.append(f"BT {canvas._fontname} 10 Tf 1 0 0 1 {x + 6 * len(line)} {y} Tm [{letters}] TJ ET")


def test_a_line_drawn_from_its_end_is_read_from_its_start(drawn):
    """The letters of such a line stand in their places on the page; the lines below it stay."""

    def draw(canvas: Canvas) -> None:
        draw_backward(canvas, 60, 740, HEAD)
        canvas.setFont("Courier", 10)
        for k, line in enumerate(BODY):
            canvas.drawString(60, 700 - 12 * k, line)

    page = drawn(draw)
    assert page.layer.pages[0].split("\n")[0] == HEAD
    assert HEAD in page.markdown
    assert " ".join(BODY) in page.markdown


def test_hebrew_beside_such_a_line_stays_as_it_is(tmp_path):
    """Letters of a script that runs from right to left are in their order already."""
    pdfmetrics.registerFont(TTFont("DejaVu", Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"))
    canvas = Canvas(str(tmp_path / "mixed.pdf"))
    draw_backward(canvas, 60, 740, HEAD)
    canvas.setFont("DejaVu", 10)
    canvas.drawString(60, 700, "רב החובל של הנמל"[::-1])
    canvas.save()
    assert read_text_layer(str(tmp_path / "mixed.pdf")).pages == [f"{HEAD}\nרב החובל של הנמל"]


@pytest.fixture
def scan_layer(tmp_path) -> Callable[[list[str]], TextLayer]:
    """The text layer of a scan with lines that an OCR has written beneath it, which nobody sees."""

    def build(lines: list[str]) -> TextLayer:
        canvas = Canvas(str(tmp_path / "scan.pdf"))
        canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, 595, 842)
        text = canvas.beginText(60, 700)
        text.setTextRenderMode(3)
        text.textLines(lines)
        canvas.drawText(text)
        canvas.save()
        return read_text_layer(str(tmp_path / "scan.pdf"))

    return build


def test_a_mirrored_layer_of_a_scan_cannot_be_read(scan_layer):
    """Words that are words only when they are turned around are not what the page shows."""
    layer = scan_layer([line[::-1] for line in BODY])
    assert layer.unreadable == [True]
    assert layer.pages == [""]
    assert scan_layer(BODY).unreadable == [False]
