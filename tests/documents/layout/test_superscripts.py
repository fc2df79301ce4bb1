"""Exponents and the marks of footnotes are superscripts, and never a further figure of the number before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.layout.superscripts import with_superscripts
from groundwork.documents.layout.text_runs_and_lines import is_number
from groundwork.language.numbers import numbers


def _write(canvas: Canvas, y: float, *pieces: tuple[str, float, float]) -> None:
    """Texts side by side, each with its size and how far it is raised."""
    text = canvas.beginText(72, y)
    for letters, size, rise in pieces:
        text.setFont("Helvetica", size)
        text.setRise(rise)
        text.textOut(letters)
    canvas.drawText(text)


@pytest.mark.parametrize(
    ("pieces", "markdown"),
    [
        ([("24.91", 9, 0), ("2", 5.2, 3)], "24.91²"),
        ([("about 10%", 10, 0), ("3", 6.5, 4), (" of them", 10, 0)], "about 10%³ of them"),
        ([("the crews.", 10, 0), ("12,13", 6.5, 4)], "the crews.¹²,¹³"),
        ([("5 · 10", 10, 0), ("3", 7, 4), (" m", 10, 0), ("2", 7, 4)], "5 · 10³ m²"),
        ([("H", 10, 0), ("2", 7, -2), ("O on the 1", 10, 0), ("st", 7, 4)], "H2O on the 1st"),
        ([("on 24", 10, 0), ("91", 10, 4), (" and 24", 10, 0), ("91", 6, 0)], "on 2491 and 2491"),
    ],
)
def test_raised_digits(drawn: Callable[[Any], Any], pieces: list[tuple[str, float, float]], markdown: str) -> None:
    """Digits are superscripts where they are smaller and raised: neither lowered, nor in full size, nor on the line."""
    page = drawn(lambda canvas: _write(canvas, 700, *pieces))
    assert page.markdown.removeprefix("# ") == markdown
    assert page.audit.text_kept == 1
    assert page.audit.numbers_kept == 1


def test_a_figure_with_a_mark() -> None:
    """It is a figure of a table, and its value is the one that stands before the mark."""
    assert [number.value for number in numbers("24.91²")] == ["24.91"]
    assert is_number("24.91²")


def test_superscripts_in_another_spelling() -> None:
    """What the text layer parts otherwise keeps its superscripts; a letter that differs is the layer's."""
    assert with_superscripts("the “10 %3” of 2", 'the "10%³" of 2') == "the “10 %³” of 2"
    assert with_superscripts("ab3", "abc³") == "ab3"


def test_a_mark_drawn_behind_its_line_stands_where_it_is_drawn(drawn: Callable[[Any], Any]) -> None:
    """What is drawn last of a line, small and raised over a word in it, follows that word; figures of a row stay."""

    def draw(canvas: Canvas) -> None:
        lines = ("The basin is closed", "in winter, and boats stay outside."), ("Pilots", "wait at sea.")
        for y, (before, after) in zip((740, 720), lines, strict=True):
            canvas.setFont("Helvetica", 10)
            canvas.drawString(72, y, before)
            canvas.drawString(80 + stringWidth(before, "Helvetica", 10), y, after)
            canvas.setFont("Helvetica", 6)
            canvas.drawString(72 + stringWidth(before, "Helvetica", 10), y + 4, "3")

    page = drawn(draw)
    assert "is closed³ in winter, and boats stay outside." in page.markdown and "Pilots³ wait at sea." in page.markdown
    assert page.layer.pages[0].startswith("The basin is closed3 in winter") and page.audit.text_kept == 1
