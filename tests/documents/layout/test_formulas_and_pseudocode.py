from __future__ import annotations

from collections.abc import Callable

from reportlab.pdfgen.canvas import Canvas

from tests.documents.layout.conftest import Drawn

ALGORITHM = [
    (0, "x := 0", "// no boat is counted yet"),
    (0, "for each boat b in the harbour do", ""),
    (12, "if b is moored then", ""),
    (24, "x := x + 1", "// a boat more"),
    (12, "end if", ""),
    (0, "end for", ""),
    (0, "return x", "// all that are moored"),
]
PROSE = "For each boat the harbour master notes the berth, the name and the day on which it came; if it leaves"


def test_a_program_in_the_letters_of_the_text_is_code(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """Steps of a program keep their lines and indents, though comments stand at their right as a column does."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 760, PROSE)
        for k, (indent, step, comment) in enumerate(ALGORITHM):
            canvas.drawString(72 + indent, 730 - 13 * k, step)
            canvas.drawString(330, 730 - 13 * k, comment)

    page = drawn(draw)
    assert page.markdown.count("```") == 2
    assert page.rows == []
    code = page.markdown.split("```")[1].strip("\n").split("\n")
    assert [line.split("//")[0].strip() for line in code] == [step for _, step, _ in ALGORITHM]
    assert [line.startswith(" ") for line in code] == [indent > 0 for indent, _, _ in ALGORITHM]


def test_numbered_steps_are_code(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """Lines that are numbered with a colon, one after the other, are those of a program."""
    steps = ["Take the list of boats", "Sort it by length", "Cut it in the middle", "Give the longer half to the pier"]

    def draw(canvas: Canvas) -> None:
        for k, step in enumerate(steps, 1):
            canvas.drawString(72, 730 - 13 * k, f"{k}:")
            canvas.drawString(96, 730 - 13 * k, step)

    fence, *code, end = drawn(draw).markdown.split("\n")
    assert fence == end == "```"
    assert [line.split() for line in code] == [[f"{k}:", *step.split()] for k, step in enumerate(steps, 1)]


def test_sentences_that_begin_like_a_program_are_text(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """A paragraph whose lines begin with for, if and return is no program."""
    lines = [
        PROSE,
        "if it stays for the winter, the fee is due at once; members of the club",
        "return their keys then.",
    ]

    def draw(canvas: Canvas) -> None:
        for k, line in enumerate(lines * 2):
            canvas.drawString(72, 730 - 12 * k, line)

    assert "```" not in drawn(draw).markdown


def test_formulas_with_their_numbers_are_no_table(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """Formulas below each other, each with its number at the right edge, are paragraphs."""
    formulas = ["a + b = c", "d = e + f + g", "h + i = k"]

    def draw(canvas: Canvas) -> None:
        for k, formula in enumerate(formulas, 1):
            canvas.drawString(200, 730 - 16 * k, formula)
            canvas.drawString(480, 730 - 16 * k, f"({k})")

    page = drawn(draw)
    assert page.rows == []
    assert all(f"{formula} ({k})" in page.markdown for k, formula in enumerate(formulas, 1))


def test_rows_of_figures_with_a_sign_stay_a_table(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """A table whose cells hold signs of relation and figures in brackets is a table."""
    rows = [("Boat", "Length", "Crew"), ("Single", "8.2", "= 1"), ("Double", "10.4", "= 2"), ("Quad", "13.4", "= 4")]

    def draw(canvas: Canvas) -> None:
        for k, row in enumerate(rows):
            for x, text in zip((72, 200, 300), row, strict=True):
                canvas.drawString(x, 700 - 16 * k, text)

    assert drawn(draw).rows == [list(row) for row in rows]
