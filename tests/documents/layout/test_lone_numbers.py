"""Numbers of one or two digits that stand alone are read, but for those in a page's first and last line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.layout.lone_numbers import has_lone_numbers, lone_numbers
from tests.documents.layout.drawing import prose


def test_a_number_that_stands_alone_is_read(drawn: Callable[[Any], Any]) -> None:
    """Between two paragraphs, far from both, it is text of the page; no number is lost."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.drawString(290, 600, "42")
        prose(canvas, 400)

    page = drawn(draw)
    assert "\n\n42\n\n" in page.markdown
    assert page.audit.text_kept == 1 and not page.audit.lost_numbers


def test_the_first_and_the_last_line_of_a_page_have_none() -> None:
    """There a number that stands alone is the page's label; longer numbers and those beside words are not alone."""
    text = "3\r\nThe basin\r\n 7 \r\n2024\r\n8 boats\r\n12"
    assert [text[start:end] for start, end in lone_numbers(text)] == ["7"]
    assert not has_lone_numbers(text.replace("\r", ""), ["The basin", "7", "8 boats"])
    assert has_lone_numbers(text.replace("\r", ""), ["The basin", "8 boats"])
    assert not lone_numbers("7") and not lone_numbers("")
