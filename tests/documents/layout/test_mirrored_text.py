"""Text whose letters are drawn mirrored, and entries with leading dots beside a column of text."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import convert_pages
from groundwork.documents.layout.text_runs_and_lines import Run, to_lines
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.settings.config_files import load

SENTENCE = (
    "The harbour office keeps a list of every mooring that was let",
    "in the season before, and the list is read out when the crews",
    "meet on the first Sunday of April to draw lots for the places",
    "that nobody has asked for in writing before the winter began.",
)


def _read(path: Path) -> str:
    layer = read_text_layer(str(path))
    request = ConversionRequest(source=str(path), ending=".pdf", settings=load().ingest, page_count=layer.page_count)
    return "\n\n".join(convert_pages("layout", request, layer.pages).pages)


@pytest.mark.parametrize(("turned", "way", "x"), [(270, -1, 500), (90, 1, 100)])
def test_mirrored_letters_are_read_in_their_order(tmp_path: Path, turned: int, way: int, x: int) -> None:
    """The order of a text's words tells its turn, not the matrix of its letters, which may be mirrored."""
    canvas = Canvas(str(tmp_path / "mirrored.pdf"), pagesize=A4)
    canvas.setPageRotation(turned)
    for number, line in enumerate(SENTENCE):
        text = canvas.beginText()
        text.setFont("Helvetica", 10)
        text.setTextTransform(0, way, way, 0, x + way * 12 * number, 400 - way * 200)
        text.textOut(line)
        canvas.drawText(text)
    canvas.save()
    assert _read(tmp_path / "mirrored.pdf") == " ".join(SENTENCE)


def test_entry_with_leading_dots_leaves_the_text_beside_it() -> None:
    """Leading dots and their number belong to their title, and to no running text in a column at its left."""
    texts = [(60, 230, SENTENCE[0]), (250, 400, "(15) Eastern quay ............"), (420, 440, "2756")]
    (line,) = to_lines([Run(x1, 100, x2, 110, text, 10.0) for x1, x2, text in texts])
    assert [run.text for run in line.runs] == [SENTENCE[0], "(15) Eastern quay ..... 2756"]
    (line,) = to_lines([Run(x1, 100, x2, 110, text, 10.0) for x1, x2, text in [(200, 225, "1.2"), *texts[1:]]])
    assert len(line.runs) == 1
