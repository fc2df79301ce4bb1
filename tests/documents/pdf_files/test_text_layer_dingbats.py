"""Bullets and ticks that fonts of pictures draw: the text layer and the Markdown tell no letters of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import PageRenditions, convert_pages
from groundwork.documents.layout.bold_mono_and_symbol_fonts import dingbat_sign
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.settings.config_files import load

ITEMS = ["The barrier opens at high water", "Ferries leave every hour", "Pilots call the office"]
PLAIN, PICTURES = b"/BaseFont /Courier-Oblique", b"/BaseFont /Wingdings-Plain"  # of one length


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Sequence[tuple[float, str, str]]], tuple[str, PageRenditions]]:
    """The text layer and the Markdown of lines: the height of each, its letter in Wingdings and its text."""

    def audited(lines: Sequence[tuple[float, str, str]]) -> tuple[str, PageRenditions]:
        path = tmp_path / "page.pdf"
        canvas = Canvas(str(path), pagesize=A4)
        for y, letter, text in lines:
            canvas.setFont("Courier-Oblique", 10)
            canvas.drawString(60, y, letter)
            canvas.setFont("Helvetica", 10)
            canvas.drawString(80, y, text)
        canvas.save()
        path.write_bytes(path.read_bytes().replace(PLAIN, PICTURES))
        layer = read_text_layer(str(path))
        request = ConversionRequest(source=str(path), ending=".pdf", settings=load().ingest, page_count=1)
        return layer.pages[0], convert_pages("layout", request, layer.pages)

    return audited


@pytest.mark.parametrize("letter", ["n", "q", "v", "l", "w", "s", "u", "F"])
def test_letters_of_a_font_of_pictures_are_bullets(read, letter: str):
    """Each line that begins with one is an item of a list; its letter is no word of the page."""
    layer, done = read([(760 - 16 * k, letter, item) for k, item in enumerate(ITEMS)])
    assert [line.split(" ", 1)[0] for line in layer.split("\n")] == ["•"] * 3
    assert done.pages == ["\n".join(f"- {item}" for item in ITEMS)]
    assert done.audits[0].text_kept == 1


def test_ticks_are_told_from_bullets(read):
    """A box to tick stays one, as Windows and the Macintosh write it."""
    layer, done = read([(760, "o", ITEMS[0])])
    assert layer.startswith("☐ ") and done.pages[0].startswith("☐ ")
    assert dingbat_sign("¨", "Wingdings3") == "•"
    assert [dingbat_sign(sign, "Wingdings") for sign in "¨þüû®˛\uf0fc\uf0a7➢✗"] == [
        "☐",
        "☒",
        "✓",
        "✗",
        "☐",
        "☒",
        "✓",
        "•",
        "•",
        "✗",
    ]


def test_single_letters_of_other_fonts_stay(tmp_path: Path):
    """A letter that stands alone in the text's own font is a letter."""
    canvas = Canvas(str(tmp_path / "plain.pdf"), pagesize=A4)
    canvas.drawString(60, 760, "n The number of boats in the basin")
    canvas.save()
    assert read_text_layer(str(tmp_path / "plain.pdf")).pages[0].startswith("n The")
