"""Spaces that are drawn on a ligature."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import convert_pages
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.settings.config_files import load


def drawn_line(path: Path, parts: list[str], overlap: float) -> tuple[str, str]:
    """Text layer and Markdown of a line whose parts begin `overlap` widths of a space left of the last one's end."""
    registerFont(TTFont("Vera", "Vera.ttf"))
    canvas, x = Canvas(str(path)), 72.0
    canvas.setFont("Vera", 10)
    for part in parts:
        canvas.drawString(x, 700, part)
        x += stringWidth(part, "Vera", 10) - overlap * stringWidth(" ", "Vera", 10)
    canvas.save()
    layer = read_text_layer(str(path)).pages
    request = ConversionRequest(source=str(path), ending=".pdf", settings=load().ingest, page_count=1)
    return layer[0].strip(), convert_pages("layout", request, layer).pages[0]


@pytest.mark.parametrize(
    ("parts", "overlap", "text"),
    [
        (["Die Verzwei\ufb02", " ung der Er\ufb01", " nder"], 1, "Die Verzweiflung der Erfinder"),
        (["Die Wi\ufb01", " und der Ta\ufb02", " in der Nacht"], 0, "Die Wifi und der Tafl in der Nacht"),
    ],
)
def test_a_space_on_a_ligature_is_none(tmp_path: Path, parts: list[str], overlap: float, text: str) -> None:
    """One that has a place of its own behind a ligature stays."""
    assert drawn_line(tmp_path / "line.pdf", parts, overlap) == (text, text)
