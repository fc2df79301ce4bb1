from __future__ import annotations

from collections.abc import Callable

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from tests.documents.layout.conftest import Drawn


def test_capitals_behind_a_roman_numeral_are_a_title(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """Titles of sections in the letters of the text are headings, on one line or two, where several are numbered so."""
    text = ["The harbour has two basins, of which the northern one is open to", "boats of all lengths in summer."]
    titles = [["I. INTRODUCTION"], ["II. RULES OF THE HARBOUR AND OF ITS", "NORTHERN BASIN"]]

    def draw(canvas: Canvas) -> None:
        y = 740
        for title in titles:
            for line in [*title, *text]:
                canvas.drawString(220 if line in title else 72, y, line)
                y -= 12
            y -= 10

    headings = [line.lstrip("# ") for line in drawn(draw).markdown.split("\n") if line.startswith("#")]
    assert headings == [" ".join(title) for title in titles]


def test_one_name_with_a_numeral_is_no_title(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """A single line in capitals behind a letter that may be a numeral is no heading."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 740, "V. MARSH AND SONS")
        canvas.drawString(72, 700, "The harbour has two basins, of which the northern one is open to boats.")

    assert "#" not in drawn(draw).markdown


TEXT = [
    "The harbour has two basins, of which",
    "the northern one is open to boats of",
    "all lengths in summer, and of less",
]


def spread(canvas: Canvas, words: list[str], y: float, gaps: list[float]) -> None:
    x = 72.0
    for word, gap in zip(words, [*gaps, 0.0], strict=True):
        canvas.drawString(x, y, word)
        x += stringWidth(word, "Helvetica-Bold", 12) + gap


def test_a_heading_spread_over_its_column_is_whole(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """Words equally far apart, on the line above the end of their heading, belong to it; others are cells."""

    def draw(canvas: Canvas, gaps: list[float]) -> None:
        for y in (740, 640):
            canvas.setFont("Helvetica-Bold", 12)
            spread(canvas, ["Rules", "for", "opening"], y, gaps)
            canvas.drawString(72, y - 14, "the barrier")
            canvas.setFont("Helvetica", 10)
            for k, line in enumerate(TEXT):
                canvas.drawString(72, y - 40 - 12 * k, line)

    assert drawn(lambda canvas: draw(canvas, [22, 22])).markdown.startswith("# Rules for opening the barrier\n")
    assert not drawn(lambda canvas: draw(canvas, [22, 60])).markdown.startswith("# Rules for opening the")


def test_a_numbered_heading_spread_over_its_column_is_whole(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """Its second line begins below the title, not below the number."""

    def draw(canvas: Canvas) -> None:
        for number, y in ((4, 740), (5, 640)):
            canvas.setFont("Helvetica-Bold", 12)
            spread(canvas, [f"§ {number}", "Rules", "for", "opening"], y, [7, 22, 22])
            canvas.drawString(72 + stringWidth("§ 4", "Helvetica-Bold", 12) + 7, y - 14, "the barrier")
            canvas.setFont("Helvetica", 10)
            for k, line in enumerate(TEXT):
                canvas.drawString(72, y - 40 - 12 * k, line)

    assert drawn(draw).markdown.startswith("# § 4 Rules for opening the barrier\n")


def test_bold_words_with_a_stop_begin_a_paragraph(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """A head that runs into its text begins a paragraph behind a full line too; bold words in a sentence do not."""

    def draw(canvas: Canvas, head: str, end: str) -> None:
        for k, line in enumerate([*TEXT[:2], f"all lengths, and of less draught{end}"]):
            canvas.drawString(72, 740 - 12 * k, line)
        canvas.setFont("Helvetica-Bold", 10)
        canvas.drawString(72, 704, head)
        canvas.setFont("Helvetica", 10)
        canvas.drawString(76 + stringWidth(head, "Helvetica-Bold", 10), 704, "pilots.")

    full = " and some length."
    assert "\n\nBerths. pilots." in drawn(lambda canvas: draw(canvas, "Berths.", full)).markdown
    assert "length. Berths pilots." in drawn(lambda canvas: draw(canvas, "Berths", full)).markdown
