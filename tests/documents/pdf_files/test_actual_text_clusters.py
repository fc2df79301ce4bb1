"""Pages that give the text of clusters of glyphs, as browsers print Hindi and Thai."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import PageRenditions, convert_pages
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.settings.config_files import load

Clusters = Sequence[str]  # of a line; " " for a space
GLYPH = 5.0  # points from one glyph to the next
HINDI = [
    ["नौ", "का", " ", "का", " ", "शु", "ल्क", " ", "1", "2", " ", "रु", "प", "ये", " ", "है", ",", " ", "औ", "र"],
    ["घा", "ट", " ", "दो", " ", "हैं", "।"],
]
THAI = [["ค่", "า", "จ", "อ", "ด", "เ", "รื", "อ", " ", "1", "2", " ", "บ", "า", "ท"]]


def draw_clusters(canvas: Canvas, x: float, y: float, clusters: Clusters, *, late_marks: bool = False) -> None:
    """A line whose clusters are spans of glyphs with one `ActualText`.

    `late_marks`: the last glyph of a cluster is drawn over it from a place right of the next one's.
    """
    for cluster in clusters:
        glyphs = cluster if cluster.isascii() else "n" * len(cluster)
        if not cluster.isascii():
            canvas._code.append(f"/Span << /ActualText <FEFF{cluster.encode('utf-16-be').hex()}> >> BDC")
        for k, glyph in enumerate(glyphs):
            is_late = late_marks and 0 < k == len(glyphs) - 1
            canvas.drawString(x + GLYPH * (k + 0.5 * is_late), y, glyph)
        if not cluster.isascii():
            canvas._code.append("EMC")
        x += GLYPH * (len(glyphs) - (late_marks and len(glyphs) > 1))


def convert(path: Path) -> PageRenditions:
    layer = read_text_layer(str(path))
    request = ConversionRequest(source=str(path), ending=".pdf", settings=load().ingest, page_count=layer.page_count)
    return convert_pages("layout", request, layer.pages)


def test_clusters_have_their_text_once_and_the_spaces_that_are_drawn(tmp_path):
    """Vowel signs part no words, and a glyph that comes late says its cluster's text no second time."""
    for lines, late_marks in ((HINDI, False), (THAI, True)):
        canvas = Canvas(str(tmp_path / "clusters.pdf"))
        canvas.setFont("Helvetica", 9)
        for k, clusters in enumerate(lines):
            draw_clusters(canvas, 60, 700 - 14 * k, clusters, late_marks=late_marks)
        canvas.save()
        layer = read_text_layer(str(tmp_path / "clusters.pdf"))
        assert layer.pages == ["\n".join("".join(clusters) for clusters in lines)]


def test_tables_of_such_pages_are_read_from_their_clusters(tmp_path):
    """Cells, lines and the letters within them are those of the page."""
    rows = (
        [["ना", "व"], ["शु", "ल्क"], ["घा", "ट"]],
        [["डों", "गी"], ["4", "5"], ["पू", "र्वी"]],
        [["नौ", "का"], ["1", "3", "0"], ["द", "क्षि", "णी"]],
    )
    canvas = Canvas(str(tmp_path / "table.pdf"))
    canvas.setFont("Helvetica", 9)
    for k, row in enumerate(rows):
        for x, clusters in zip((60, 160, 260), row, strict=True):
            draw_clusters(canvas, x + 5, 700 - 20 * k, clusters)
    for k in range(4):
        canvas.line(60, 714 - 20 * k, 360, 714 - 20 * k)
        canvas.line(60 + 100 * k, 714, 60 + 100 * k, 654)
    canvas.save()
    page = convert(tmp_path / "table.pdf")
    assert page.makers == ["layout:lines"]
    lines = [line for line in page.pages[0].split("\n") if "---" not in line]
    assert lines == ["| " + " | ".join("".join(clusters) for clusters in row) + " |" for row in rows]
