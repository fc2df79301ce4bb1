"""Text in bitmap fonts that count in pixels, as old TeX files have it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import FloatObject, NameObject
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import convert_pages
from groundwork.documents.layout.drawn_letters import DrawnLetter, DrawnLetters
from groundwork.documents.layout.letter_sizes import LetterSizes
from groundwork.documents.layout.liteparse_pages import read_liteparse_pages
from groundwork.documents.layout.rebuilt_text_items import rebuild_text_items
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.settings.config_files import load
from tests.sample.formats import write_pdf_objects

TEXT = (
    "the harbour office keeps a list of every mooring that was let in the",
    "season before and the list is read out when the crews meet on the first",
    "sunday of april to draw lots for the places that nobody has asked for in",
    "writing before the winter began and that lie to the west of the old mole.",
)
WIDTH, LOW, HIGH, DEEP = 20, 18, 29, -9  # pixels of a letter: 300 to an inch


def _glyph(letter: str) -> bytes:
    bottom = DEEP if letter in "gpqy" else 0
    top = HIGH if letter in "bdfhklt" else LOW
    return f"{WIDTH} 0 0 {bottom} 18 {top} d1 0 {bottom} 18 {top - bottom} re f".encode()


def _pdf(path: Path, content: bytes) -> Path:
    """A page whose font is of Type 3, with a pixel for the unit of its letters and a box of 1000 pixels."""
    letters = "abcdefghijklmnopqrstuvwxyz."
    places = " ".join(f"/{ord(letter)}a {5 + k} 0 R" for k, letter in enumerate(letters))
    coded = " ".join(f"{ord(letter)} /{ord(letter)}a" for letter in letters)
    mapped = "".join(f"<{ord(letter):02x}> <{ord(letter):04x}>\n" for letter in letters)
    cmap = f"begincmap 1 begincodespacerange <00> <ff> endcodespacerange {len(letters)} beginbfchar\n{mapped}endbfchar"
    widths = " ".join([str(WIDTH)] * 91)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 33 0 R "
        b"/Resources << /Font << /F 4 0 R >> >> >>",
        f"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [1 0 0 -1 0 0] /FirstChar 32 "
        f"/LastChar 122 /Widths [{widths}] /CharProcs << {places} >> /Encoding << /Type /Encoding /Differences "
        f"[{coded}] >> /ToUnicode 32 0 R /Resources << >> >>".encode(),
        *(_stream(_glyph(letter)) for letter in letters),
        _stream(cmap.encode()),
        _stream(content),
    ]
    return write_pdf_objects(path, objects)


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content)


def test_text_in_pixels_is_read_whole(tmp_path: Path) -> None:
    """Letters whose font counts in pixels have the size that is seen, and no line hides another."""
    lines = [f"1 0 0 -1 60 {700 - 12 * k} Tm ({text}) Tj" for k, text in enumerate(TEXT)]
    pdf = _pdf(tmp_path / "pixels.pdf", f"BT /F 0.24 Tf {' '.join(lines)} ET".encode())
    layer = read_text_layer(str(pdf))
    request = ConversionRequest(source=str(pdf), ending=".pdf", settings=load().ingest, page_count=layer.page_count)
    assert convert_pages("layout", request, layer.pages).pages == [" ".join(TEXT)]


def test_letters_become_items() -> None:
    """Words part at spaces, items at line ends, at wide gaps and below a hyphen, which the text layer tells apart."""
    signs = [(10 + 6 * k, 100, sign) for k, sign in enumerate("a lot func")]
    signs += [(70, 100, "\x02"), *((10 + 6 * k, 112, sign) for k, sign in enumerate("tion")), (300, 112, "x")]
    items = rebuild_text_items(DrawnLetter(x, y, x + 5, y + 7, sign, "", 0.24) for x, y, sign in signs)
    assert [item.text for item in items] == ["a lot func-", "tion", "x"]
    assert [word.text for word in items[0].words] == ["a", "lot", "func-"]
    assert (items[0].x, items[0].y, items[0].width, items[0].height) == (10, 100, 65, 7)


def test_a_mark_in_the_middle_of_a_word_hides_no_size(tmp_path: Path) -> None:
    """A stop, like a wide comma, is small and low: with one in the middle, a letter beside it tells the size."""
    pdf = tmp_path / "scaled.pdf"
    canvas = Canvas(str(pdf))
    canvas.scale(0.75, 0.75)
    canvas.setFont("Helvetica", 40)
    canvas.drawString(60, 800, "mmmm.mmmm")
    canvas.save()
    (page,) = read_liteparse_pages(
        ConversionRequest(source=str(pdf), ending=".pdf", settings=load().ingest, page_count=1)
    )
    with DrawnLetters(str(pdf)) as drawn:
        sizes = LetterSizes(drawn)
        assert sizes.of(page.text_items[0], page) == 30


@pytest.mark.parametrize("unit", [1, 2, 1.5])
def test_sizes_are_in_points_whatever_the_unit_of_the_page(tmp_path: Path, unit: float) -> None:
    """A page whose unit is longer than a point holds as small numbers in its sizes and places."""
    drawn = Canvas(str(tmp_path / "drawn.pdf"), pagesize=(595 / unit, 842 / unit))
    drawn.setFont("Helvetica", 12 / unit)
    for k, line in enumerate(TEXT):
        drawn.drawString(60 / unit, (700 - 15 * k) / unit, line)
    drawn.save()
    writer = PdfWriter(clone_from=tmp_path / "drawn.pdf")
    writer.pages[0][NameObject("/UserUnit")] = FloatObject(unit)
    writer.write(path := str(tmp_path / "scaled.pdf"))
    request = ConversionRequest(source=path, ending=".pdf", settings=load().ingest, page_count=1)
    page = read_liteparse_pages(request)[0]
    with DrawnLetters(path) as drawn:
        sizes = LetterSizes(drawn)
        assert [round(sizes.of(item, page), 2) for item in page.text_items] == [12] * len(TEXT)
    assert convert_pages("layout", request, read_text_layer(path).pages).pages == [" ".join(TEXT)]
