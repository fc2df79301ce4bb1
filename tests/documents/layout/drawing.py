"""What the tests of drawn pages draw: tables of words and a page of prose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.pdfgen.canvas import Canvas

PROSE = [
    "The harbour master opens the barrier only when the tide on both sides",
    "of it has turned, and he lowers it again as soon as the last ferry has",
    "left the basin, because the swell would otherwise break against it.",
]
Row = Sequence[str]


def table(canvas: Canvas, xs: Sequence[float], rows: Sequence[Row], y: float = 700, step: float = 14) -> float:
    for row in rows:
        for x, text in zip(xs, row, strict=False):
            canvas.drawString(x, y, text)
        y -= step
    return y


def prose(canvas: Any, y: float = 780, x: float = 72) -> None:
    for k, line in enumerate(PROSE):
        canvas.drawString(x, y - 12 * k, line)
