"""Sentences behind figures and tables, on the blocks of a page, and fractions, each in the line of its equals sign."""

from __future__ import annotations

import pytest

from groundwork.documents.layout.floats_and_formulas import (
    PageBlock,
    is_float,
    join_sentences_around_floats,
    with_float_labels,
    with_fractions,
)
from groundwork.documents.layout.text_runs_and_lines import Run, to_lines
from tests.documents.layout.test_markdown_paragraphs import run

OPEN = "The harbour master opens the barrier only when the tide on both sides of it"
REST = "has turned, and he lowers it again as soon as the last ferry is in."
TABLE = "| Port | Boats |\n| --- | --- |\n| Tarn | 3 |"
CAPTION = "Table 3. Boats that lay in the harbours at night."


def order(*blocks: str | tuple[str]) -> list[str]:
    """The texts of join_sentences_around_floats; what is given as a tuple is a float."""
    given = [PageBlock(block[0], True) if isinstance(block, tuple) else PageBlock(block) for block in blocks]
    return [block.text for block in join_sentences_around_floats(given, lambda above, below: f"{above} {below}")]


@pytest.mark.parametrize(
    ("blocks", "texts"),
    [
        ((OPEN, (CAPTION,), (TABLE,), REST), [f"{OPEN} {REST}", CAPTION, TABLE]),
        (((CAPTION,), (TABLE,), REST, "Next."), [REST, CAPTION, TABLE, "Next."]),
        (("First.", OPEN, (CAPTION,), (TABLE,)), ["First.", CAPTION, TABLE, OPEN]),
        (("A whole sentence.", (TABLE,), REST), ["A whole sentence.", TABLE, REST]),
        ((OPEN, "x = 2 y", REST), [f"{OPEN} x = 2 y {REST}"]),
        ((OPEN, "x = ∑ y", "i∈N", REST), [f"{OPEN} x = ∑ y i∈N {REST}"]),
        ((OPEN, "x = 2 y", "A new one."), [OPEN, "x = 2 y", "A new one."]),
        ((OPEN, REST), [f"{OPEN} {REST}"]),
        ((OPEN, "b) has turned for all of the boats that lie behind it"), None),
        (("3R 2L", "v0 v1 v2", "1R", "I", "A"), ["3R 2L v0 v1 v2 1R", "I", "A"]),
        ((("3R 2L",), ("v0 v1 v2",), ("| 1 | 2 |",)), ["3R 2L v0 v1 v2", "| 1 | 2 |"]),
        (("$a(x) \\leq b(x) + c(x) + d(x)$", "$e(x) \\leq f(x) + g(x) + h(x)$", "+ A = 1"), None),
        ((OPEN, (TABLE,), "a"), [OPEN, TABLE, "a"]),
    ],
)
def test_a_sentence_goes_on_behind_floats(blocks, texts):
    """The rest of a sentence joins it, over floats and with a formula between; at the page's edges it comes first or
    last. Pieces of one formula, and labels of one figure, are one."""
    assert order(*blocks) == (list(blocks) if texts is None else texts)


def test_a_short_last_line_ends_a_paragraph_without_a_stop():
    """Entries of a list of terms begin with small letters and end without a stop; a formula may follow a short line."""
    term, formula = PageBlock(OPEN, is_full=False), PageBlock("x = 2 y")
    assert join_sentences_around_floats([term, PageBlock(REST)], lambda a, b: f"{a} {b}") == [term, PageBlock(REST)]
    assert len(join_sentences_around_floats([term, formula, PageBlock(REST)], lambda a, b: f"{a} {b}")) == 1
    assert len(join_sentences_around_floats([term, PageBlock(f"x = 2 {REST}")], lambda a, b: f"{a} {b}")) == 1


def test_captions_and_notes_are_floats_and_formulas_are_not():
    """Captions by their number, notes by their size; small letters with an equals sign are a formula."""
    assert is_float(CAPTION, 10, 10)
    assert is_float("a Boats without a cox were not counted", 8, 10)
    assert not is_float("x = 2 y + 3 of the first row", 8, 10)
    assert not is_float(REST, 10, 10)


def test_short_lines_above_the_caption_of_a_figure_are_its_labels():
    """They are one text, where they differ from the body in size; above the caption of a table they are rows."""
    labels = [run(50, 0, "Barrier", 8), run(90, 12, "Basin", 8), run(60, 24, "Ferry", 8)]
    for word, found in (("Figure", "Barrier Basin Ferry"), ("Table", "")):
        lines = to_lines([*labels, run(50, 40, f"{word} 2. What stands in the harbour of Ellary.")])
        assert with_float_labels(lines, 10, "Serif")[0].labels == found


def test_a_caption_without_a_full_stop_stays_above_its_table():
    """A long caption that ends in no stop is no sentence that goes on overleaf; a sentence about a table may be one."""
    caption = "Table A4-13. Projected use of the piers by boats of the mid-range and above, all years, 2007 to 2011"
    sentence = "Table A4-13 gives the use of the piers by boats of the mid-range in all three years, and it says that"
    assert is_float(caption, 10, 10) and not is_float(sentence, 10, 10)
    blocks = [PageBlock("They go out."), PageBlock(caption, is_float=True), PageBlock("| a | b |", is_float=True)]
    assert join_sentences_around_floats(blocks, lambda a, b: f"{a} {b}") == blocks
    rest = PageBlock("all of which were counted on the first day of June of each year.")
    assert (
        join_sentences_around_floats([*blocks[:2], rest], lambda a, b: f"{a} {b}")[1].text == f"{caption} {rest.text}"
    )


def test_a_title_above_a_table_stays_there_though_it_ends_no_sentence():
    """Only text that fills its last line goes on overleaf, behind the tables of its page."""
    title = PageBlock("Suggestion of remand and transfer order, schedule A: cases to be remanded", is_full=False)
    table = PageBlock("| Case | Number |\n| --- | --- |\n| Parker | 1739 |", is_float=True)
    assert join_sentences_around_floats([title, table], "{} {}".format) == [title, table]
    sentence = title._replace(is_full=True)
    assert join_sentences_around_floats([sentence, table], "{} {}".format) == [table, sentence]


def piece(text: str, x1: float, x2: float, y: float) -> Run:
    return Run(x1, y - 10, x2, y, text, 10)


def line_texts(runs: list[Run]) -> list[str]:
    return [line.text for line in to_lines(with_fractions(runs))]


def test_each_fraction_below_another_is_in_its_line() -> None:
    """Of equations that are aligned at their signs; what stands nearer to the next line is that line's."""
    rows = [
        [
            piece("$d_{k}$", 335, 345, 93 + 30 * k),
            piece("H1 : w =", 240, 308, 100 + 30 * k),
            piece("$1-h$", 322, 358, 108 + 30 * k),
        ]
        for k in range(3)
    ]
    assert line_texts([part for row in rows for part in row]) == ["H1 : w = $\\frac{d_{k}}{1-h}$"] * 3


@pytest.mark.parametrize(
    "parts",
    [
        [
            piece("boats", 320, 350, 100),
            piece("many", 320, 350, 92),
            piece("small", 320, 350, 108),
        ],  # a text in the line
        [piece("the sum of all", 312, 380, 108)],  # one that goes on below
        [piece("n", 380, 385, 93), piece("k", 380, 385, 108)],  # far from the sign
        [piece("n", 320, 325, 93), piece("k", 340, 345, 108)],  # not above each other
    ],
)
def test_what_is_no_fraction_stays(parts: list[Run]) -> None:
    runs = [piece("w =", 240, 308, 100), *parts]
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
