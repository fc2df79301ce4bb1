"""The objects of a page, and how often a page is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.pdf_files.page_objects import object_size, page_objects
from groundwork.documents.pdf_files.text_layer import read_text_layer


def write_nested_pdf(path: Path) -> Path:
    """Two pages; the first holds a picture of 120 by 60 points in a form, beside a picture of 50 by 50."""
    canvas = Canvas(str(path))
    picture = ImageReader(Image.new("RGB", (4, 4), "teal"))
    canvas.beginForm("crest")
    canvas.drawImage(picture, 10, 20, 120, 60)
    canvas.endForm()
    canvas.doForm("crest")
    canvas.drawImage(picture, 200, 300, 50, 50)
    canvas.showPage()
    canvas.drawString(72, 700, "The harbour master rings the bell at noon.")
    canvas.save()
    return path


def test_the_pictures_of_a_form_are_those_of_its_page(tmp_path: Path) -> None:
    """An object of a form is given in its place among those of the page."""
    document = pypdfium2.PdfDocument(write_nested_pdf(tmp_path / "crest.pdf"))
    page = document[0]
    sizes = [object_size(handle) for handle in page_objects(page, pdfium.FPDF_PAGEOBJ_IMAGE)]
    assert sizes == pytest.approx([7200, 2500])


def test_a_page_is_opened_once_for_its_text_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pdfium parses a page whenever it opens it: text, pictures and title are read from one opening."""
    opened: list[int] = []
    get_page = pypdfium2.PdfDocument.get_page

    def counted(document: Any, index: int) -> Any:
        opened.append(index)
        return get_page(document, index)

    monkeypatch.setattr(pypdfium2.PdfDocument, "get_page", counted)
    monkeypatch.setattr(pypdfium2.PdfDocument, "__getitem__", counted)
    layer = read_text_layer(str(write_nested_pdf(tmp_path / "crest.pdf")))
    assert (layer.scans, layer.title) == ([True, False], "")
    assert [index for index in opened if index == 1] == [1]
