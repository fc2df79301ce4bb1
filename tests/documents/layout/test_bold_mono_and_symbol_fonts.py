"""Letters of symbol fonts, which PDFs give as codes for private use, and fonts with letters of one width."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from groundwork.documents.layout import text_runs_and_lines
from groundwork.documents.layout.bold_mono_and_symbol_fonts import typewriter_fonts, with_symbol_font_letters
from groundwork.documents.layout.text_layer_spelling import Speller

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


def test_the_typewriter_of_latex_is_known_by_its_name() -> None:
    """Nimbus Mono, in which LaTeX sets Courier, shortens the word in its names."""
    box = {"x": 72.0, "y": 100.0, "width": 60.0, "height": 10.0}
    item = SimpleNamespace(text="boat.moor(", words=[], font_name="ABCDEF+NimbusMonL-ReguObli", font_weight=400, **box)
    run = text_runs_and_lines.to_run(item, 10.0, Speller("boat.moor("))
    assert run is not None and run.mono


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
    assert with_symbol_font_letters(text, font) == right


def test_a_sign_within_a_text_is_no_bullet() -> None:
    assert with_symbol_font_letters("\uf02b", "Times-Roman", begins=False) == "+"
