"""liteparse's pages, as they are taken from its extension."""

from __future__ import annotations

from pathlib import Path

from liteparse import LiteParse
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.layout.liteparse_pages import LiteparseLine, parse_with_liteparse, read_liteparse_page


def _pdf(path: Path) -> str:
    canvas = Canvas(str(path), pagesize=(400, 300))
    canvas.drawString(40, 250, "Berth 12 of the north mole")
    canvas.line(200, 40, 60, 40)
    canvas.setFillColorRGB(0.5, 0.6, 0.7)
    canvas.rect(60, 60, 80, 30, fill=1, stroke=0)
    canvas.circle(300, 80, 20)
    canvas.acroForm.textfield(name="boat", value="Grey Heron", x=60, y=150, width=120, height=15)
    canvas.acroForm.checkbox(name="paid", checked=True, x=60, y=180, size=10)
    canvas.textAnnotation("seen by the warden", Rect=[200, 200, 220, 220])
    canvas.save()
    return str(path)


def test_pages_are_those_of_liteparse(tmp_path: Path) -> None:
    """What is taken from liteparse's extension is what it gives in Python."""
    source = _pdf(tmp_path / "berths.pdf")
    parser = LiteParse(
        ocr_enabled=False,
        output_format="markdown",
        emit_word_boxes=True,
        extract_vector_graphics=True,
        extract_form_fields=True,
        extract_annotations=True,
        quiet=True,
    )
    (page,) = parse_with_liteparse(parser, source)
    assert page == read_liteparse_page(parser.parse(source).pages[0])
    assert [word.text for word in page.text_items[0].words] == ["Berth", "12", "of", "the", "north", "mole"]
    assert page.vector_graphics is not None
    assert LiteparseLine(60, 260, 200, 260, True) in page.vector_graphics.lines
    assert {(shape.fill, shape.has_curve) for shape in page.vector_graphics.shapes} >= {(True, False), (False, True)}
    assert ("text", "Grey Heron") in [(field.type, field.value) for field in page.form_fields]
    assert "seen by the warden" in [note.contents for note in page.annotations]
