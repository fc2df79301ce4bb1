"""Text outside of what a page shows."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.pdf_files.text_layer import read_text_layer
from tests.documents.layout.conftest import Drawn
from tests.documents.layout.drawing import PROSE, prose

SHOWN = (60, 60, 535, 800)
OFF_PAGE = [(100, 815), (100, 30), (560, 400), (10, 400)]  # above, below, right and left of what is shown


def cropped(canvas: Canvas) -> None:
    canvas.setCropBox(SHOWN)
    prose(canvas, 700)
    canvas.setFont("Helvetica", 6)
    for k, (x, y) in enumerate(OFF_PAGE):
        canvas.drawString(x, y, f"Plate {k}")


def test_text_outside_of_the_crop_box_is_left_out(tmp_path: Path) -> None:
    read = Drawn(tmp_path / "cropped.pdf", cropped)
    assert read.pages == [" ".join(PROSE)]
    assert read.audit.text_kept == 1


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_is_cropped_as_it_is_drawn(tmp_path: Path, turn: int) -> None:
    Drawn(tmp_path / "upright.pdf", cropped)
    with pypdfium2.PdfDocument(str(tmp_path / "upright.pdf")) as document:
        document[0].set_rotation(turn)
        document.save(str(tmp_path / "turned.pdf"))
    words = read_text_layer(str(tmp_path / "turned.pdf")).pages[0].split()
    assert sorted(words) == sorted(" ".join(PROSE).split())


def test_each_half_of_a_sheet_is_read_once(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for shown in ((0, 0, 421, 595), (421, 0, 842, 595)):
            canvas.setCropBox(shown)
            canvas.setFont("Helvetica", 10)
            for k in range(20):
                canvas.drawString(40, 540 - 14 * k, f"Left row {k} tells of the harbour and of the ferry")
                canvas.drawString(461, 540 - 14 * k, f"Right row {k} tells of the barrier and of the swell")
            canvas.showPage()

    left, right = Drawn(tmp_path / "sheet.pdf", draw, (842, 595)).pages
    assert (left.count("Left row"), left.count("Right row")) == (20, 0)
    assert (right.count("Left row"), right.count("Right row")) == (0, 20)


def test_a_line_that_runs_off_the_page_stays_whole(tmp_path: Path) -> None:
    line = "A note so long that it runs off the page before it comes to its end"

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.drawString(450, 500, line)
        canvas.drawString(640, 460, "Left on the pasteboard by the designer")

    read = Drawn(tmp_path / "long.pdf", draw)
    assert line in read.pages[0]
    assert line in read.layer.pages[0]
    assert "pasteboard" not in read.pages[0]


def test_the_title_is_one_that_the_page_shows(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setCropBox(SHOWN)
        canvas.setFont("Helvetica-Bold", 24)
        canvas.drawString(100, 810, "PROOF COPY FOR PRINTERS")
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(100, 760, "The Harbour Rules")
        canvas.setFont("Helvetica", 10)
        prose(canvas, 700)

    assert Drawn(tmp_path / "proof.pdf", draw).layer.title == "The Harbour Rules"


def test_a_picture_of_a_whole_page_has_no_text_beside_it(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setCropBox(SHOWN)
        canvas.drawInlineImage(Image.new("L", (40, 60), 120), 60, 60, 475, 740)
        canvas.drawString(100, 815, "Plate of the cover, black")

    read = Drawn(tmp_path / "cover.pdf", draw)
    assert read.layer.scans == [True]
    assert read.pages == [""]
