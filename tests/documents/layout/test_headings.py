from __future__ import annotations

from collections.abc import Callable

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
