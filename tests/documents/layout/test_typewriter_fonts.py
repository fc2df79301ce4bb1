"""Fonts with letters of one width."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from groundwork.documents.layout.symbol_and_typewriter_fonts import typewriter_fonts

CODE = [r"\usepackage{harbour}", r"\newcommand\pilot[1]{%", "for boat in boats:", "    boat.moor(pier)", "print(boats)"]


def page(texts: list[str], widths: list[float]) -> SimpleNamespace:
    items = [
        SimpleNamespace(text=text, font_name="ABCDEF+Plain-Regu", font_size=10.0, width=width)
        for text, width in zip(texts, widths, strict=True)
    ]
    return SimpleNamespace(text_items=items)


@pytest.mark.parametrize(
    ("texts", "widths", "found"),
    [
        (CODE, [6.0 * len(text.strip()) for text in CODE], {"Plain-Regu"}),
        (CODE, [6.0 * len(text.strip()) + 9 * (k % 2) for k, text in enumerate(CODE)], set()),
        (["2019 2020", "1,204", "77"] * 3, [5.0 * n for n in (9, 5, 2)] * 3, set()),  # figures are of one width anyway
        (CODE[:2], [6.0 * len(text) for text in CODE[:2]], set()),
        ([f"{'spread to a line' * 5}{'s' * (k % 2)}" for k in range(8)], [400.0] * 8, set()),
    ],
)
def test_a_typewriter_s_font_is_told_by_its_widths(texts: list[str], widths: list[float], found: set[str]) -> None:
    """Whatever its name says: texts of different lengths are all as wide as their letters are many."""
    assert typewriter_fonts([page(texts, widths), None]) == found
