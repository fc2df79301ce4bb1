"""Converters that read each page by itself: a page that makes one raise costs that page alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import Conversion, ConversionRequest
from groundwork.documents.conversion.page_renditions import PageRenditions, convert_pages
from groundwork.documents.engines import ocr
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.settings.config_files import load

LINES = {
    1: "The harbour master opens the western barrier at dawn.",
    2: "Nobody may pass the light at night without a pilot.",
    3: "Sails are mended in the long shed behind the office.",
}


def read_three_pages(folder: Path) -> PageRenditions:
    canvas = Canvas(str(folder / "pages.pdf"), pagesize=A4)
    for line in LINES.values():
        canvas.drawString(60, 760, line)
        canvas.showPage()
    canvas.save()
    request = ConversionRequest(source=str(folder / "pages.pdf"), ending=".pdf", settings=load().ingest, page_count=3)
    return convert_pages("ocr", request, read_text_layer(request.source).pages)


def read_page(request: ConversionRequest) -> Conversion:
    """As an engine that fails on the second page."""
    assert request.pages and len(request.layer) == 1
    if request.pages == [2]:
        raise ValueError("no such colour space")
    return Conversion(pages=[LINES[request.pages[0]]])


def test_the_other_pages_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is empty, with the reason, and so is left to the next converter."""
    monkeypatch.setattr(ocr, "convert", read_page)
    audited = read_three_pages(tmp_path)
    assert audited.pages == [LINES[1], "", LINES[3]]
    assert audited.troubles == ["", "ValueError: no such colour space", ""]
    assert audited.warnings == ["page 2: ocr: ValueError: no such colour space"]
    assert [audit.words_kept for audit in audited.audits] == [1, 0, 1]


def test_an_error_of_every_page_is_that_of_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: ConversionRequest) -> Conversion:
        raise OSError(f"no model for page {request.pages}")

    monkeypatch.setattr(ocr, "convert", fail)
    with pytest.raises(OSError, match=r"no model for page \[1\]"):
        read_three_pages(tmp_path)
