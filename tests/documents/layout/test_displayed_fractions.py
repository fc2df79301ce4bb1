"""Fractions of displayed formulas, each in the line of its equals sign."""

from __future__ import annotations

import pytest

from groundwork.documents.layout.displayed_fractions import with_fractions
from groundwork.documents.layout.floats_and_formulas import PageBlock, join_sentences_around_floats
from groundwork.documents.layout.text_runs_and_lines import Run, to_lines


def run(text: str, x1: float, x2: float, y: float) -> Run:
    return Run(x1, y - 10, x2, y, text, 10)


def texts(runs: list[Run]) -> list[str]:
    return [line.text for line in to_lines(with_fractions(runs))]


def test_each_fraction_below_another_is_in_its_line() -> None:
    """Of equations that are aligned at their signs; what stands nearer to the next line is that line's."""
    rows = [
        [
            run("$d_{k}$", 335, 345, 93 + 30 * k),
            run("H1 : w =", 240, 308, 100 + 30 * k),
            run("$1-h$", 322, 358, 108 + 30 * k),
        ]
        for k in range(3)
    ]
    assert texts([part for row in rows for part in row]) == ["H1 : w = $\\frac{d_{k}}{1-h}$"] * 3


@pytest.mark.parametrize(
    "parts",
    [
        [run("boats", 320, 350, 100), run("many", 320, 350, 92), run("small", 320, 350, 108)],  # a text in the line
        [run("the sum of all", 312, 380, 108)],  # one that goes on below
        [run("n", 380, 385, 93), run("k", 380, 385, 108)],  # far from the sign
        [run("n", 320, 325, 93), run("k", 340, 345, 108)],  # not above each other
    ],
)
def test_what_is_no_fraction_stays(parts: list[Run]) -> None:
    runs = [run("w =", 240, 308, 100), *parts]
    assert sorted(with_fractions(runs)) == sorted(runs)


def test_text_below_a_formula_does_not_go_on_with_the_formula_above_it() -> None:
    """A formula is no sentence, however many letters it has."""
    formulas = [
        f"H{k} : $\\omega _{{i}}$ = $\\frac{{\\hat{{u}}_{{i}}^{{2}}}}{{(1-h_{{i}})^{{\\delta _{{{k}}}}}}}$"
        for k in (3, 4)
    ]
    blocks = [
        PageBlock(text) for text in (*formulas, "where all of the signs are those of the boats in the list above.")
    ]
    assert join_sentences_around_floats(blocks, lambda above, below: f"{above} {below}") == blocks
