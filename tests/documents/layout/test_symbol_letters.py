"""Letters of symbol fonts, which PDFs give as codes for private use."""

from __future__ import annotations

import pytest

from groundwork.documents.layout.fonts import with_letters


@pytest.mark.parametrize(
    ("text", "font", "right"),
    [
        ("\uf06e\uf03d1", "Symbol", "ν=1"),
        ("4 \uf0b4 10 \uf0a3 \uf061", "Times-Roman", "4 × 10 ≤ α"),
        ("\uf0b7 an item", "Times-Roman", "\uf0b7 an item"),  # a bullet, whichever font it is of
        ("\uf0b7", "SymbolMT", "•"),
        ("\uf0a3 Yes", "Wingdings2", "\uf0a3 Yes"),  # a box to tick
        ("\uf8ee1 0\uf8f9", "CMEX10", "⎡1 0⎤"),
        ("\uf8ebx\uf8f8", "Wingdings", "⎛x⎠"),
        ("plain, and é", "Symbol", "plain, and é"),
    ],
)
def test_signs_of_symbol_fonts_are_letters(text: str, font: str, right: str) -> None:
    """Greek letters, signs and parts of brackets are what they show; bullets and pictures stay."""
    assert with_letters(text, font) == right


def test_a_sign_within_a_text_is_no_bullet() -> None:
    assert with_letters("\uf02b", "Times-Roman", begins=False) == "+"
