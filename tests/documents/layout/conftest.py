"""A small PDF drawn for a rule, read as ingest reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import convert_pages
from groundwork.documents.pdf_files.text_layer import TextLayer, read_text_layer
from groundwork.records import PageAudit
from groundwork.settings.config_files import load


class Drawn:
    """A page drawn by reportlab: its Markdown, its audit and its text layer."""

    def __init__(self, path: Path, draw: Callable[[Canvas], None], sheet: tuple[float, float] = A4) -> None:
        canvas = Canvas(str(path), pagesize=sheet)
        canvas.setFont("Helvetica", 10)
        draw(canvas)
        canvas.save()
        self.layer: TextLayer = read_text_layer(str(path))
        request = ConversionRequest(
            source=str(path), ending=".pdf", settings=load().ingest, page_count=self.layer.page_count
        )
        done = convert_pages("layout", request, self.layer.pages)
        self.pages: list[str] = done.pages
        self.markdown: str = done.pages[0]
        self.audit: PageAudit = done.audits[0]
        self.makers = done.makers

    @property
    def rows(self) -> list[list[str]]:
        """The cells of all table rows, without the delimiters."""
        lines = [line for line in self.markdown.split("\n") if line.startswith("|") and "---" not in line]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture
def drawn(tmp_path: Path) -> Callable[[Callable[[Canvas], None]], Drawn]:
    return lambda draw: Drawn(tmp_path / "page.pdf", draw)
