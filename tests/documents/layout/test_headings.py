from __future__ import annotations

from collections.abc import Callable

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
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


TEXT = [
    "The harbour has two basins, of which",
    "the northern one is open to boats of",
    "all lengths in summer, and of less",
]


def spread(canvas: Canvas, words: list[str], y: float, gaps: list[float]) -> None:
    x = 72.0
    for word, gap in zip(words, [*gaps, 0.0], strict=True):
        canvas.drawString(x, y, word)
        x += stringWidth(word, "Helvetica-Bold", 12) + gap


def test_a_heading_spread_over_its_column_is_whole(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """Words equally far apart, on the line above the end of their heading, belong to it; others are cells."""

    def draw(canvas: Canvas, gaps: list[float]) -> None:
        for y in (740, 640):
            canvas.setFont("Helvetica-Bold", 12)
            spread(canvas, ["Rules", "for", "opening"], y, gaps)
            canvas.drawString(72, y - 14, "the barrier")
            canvas.setFont("Helvetica", 10)
            for k, line in enumerate(TEXT):
                canvas.drawString(72, y - 40 - 12 * k, line)

    assert drawn(lambda canvas: draw(canvas, [22, 22])).markdown.startswith("# Rules for opening the barrier\n")
    assert not drawn(lambda canvas: draw(canvas, [22, 60])).markdown.startswith("# Rules for opening the")


def test_a_numbered_heading_spread_over_its_column_is_whole(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """Its second line begins below the title, not below the number."""

    def draw(canvas: Canvas) -> None:
        for number, y in ((4, 740), (5, 640)):
            canvas.setFont("Helvetica-Bold", 12)
            spread(canvas, [f"§ {number}", "Rules", "for", "opening"], y, [7, 22, 22])
            canvas.drawString(72 + stringWidth("§ 4", "Helvetica-Bold", 12) + 7, y - 14, "the barrier")
            canvas.setFont("Helvetica", 10)
            for k, line in enumerate(TEXT):
                canvas.drawString(72, y - 40 - 12 * k, line)

    assert drawn(draw).markdown.startswith("# § 4 Rules for opening the barrier\n")


def test_bold_words_with_a_stop_begin_a_paragraph(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """A head that runs into its text begins a paragraph behind a full line too; bold words in a sentence do not."""

    def draw(canvas: Canvas, head: str, end: str) -> None:
        for k, line in enumerate([*TEXT[:2], f"all lengths, and of less draught{end}"]):
            canvas.drawString(72, 740 - 12 * k, line)
        canvas.setFont("Helvetica-Bold", 10)
        canvas.drawString(72, 704, head)
        canvas.setFont("Helvetica", 10)
        canvas.drawString(76 + stringWidth(head, "Helvetica-Bold", 10), 704, "pilots.")

    full = " and some length."
    assert "\n\nBerths. pilots." in drawn(lambda canvas: draw(canvas, "Berths.", full)).markdown
    assert "length. Berths pilots." in drawn(lambda canvas: draw(canvas, "Berths", full)).markdown


BOLD, ITALIC, MONO = "Helvetica-Bold", "Helvetica-BoldOblique", "Courier-Bold"
Parts = list[tuple[str, float, str]]  # font, size and text of each part of a line
BODY = [
    "The harbour master opens the barrier only when the tide on both sides of it has turned, and he",
    "lowers it again as soon as the last ferry has left the basin, because the swell would otherwise",
    "break against it.",
]


def titled(canvas: Canvas, lines: list[Parts], step: float) -> None:
    """A title of lines in several types above a paragraph."""
    y = 740.0
    for parts in lines:
        x = 72.0
        for font, size, text in parts:
            canvas.setFont(font, size)
            canvas.drawString(x, y, text)
            x += stringWidth(text, font, size)
        y -= step
    canvas.setFont("Helvetica", 10)
    for k, line in enumerate(BODY):
        canvas.drawString(72, y - 20 - 12 * k, line)


@pytest.mark.parametrize(
    ("lines", "step"),
    [
        ([[(BOLD, 18, "The Harbour of Ellary Sound and")], [(BOLD, 18, "Its Ferries in Winter")]], 36),
        ([[(BOLD, 18, "The Harbour of Ellary Sound and All of Its Islands")], [(BOLD, 18, "Ferries")]], 34),
        (
            [
                [(MONO, 18, "Ferry"), (BOLD, 18, ": A Timetable of the Northern Coast for All")],
                [(BOLD, 18, "Seasons of the Year")],
            ],
            22,
        ),
        ([[(BOLD, 18, "The Harbour of the Coast")], [(BOLD, 14, "and all of its ferries "), (BOLD, 18, "now")]], 22),
    ],
)
def test_a_title_of_two_lines_is_one_heading(
    drawn: Callable[[Callable[[Canvas], None]], Drawn], lines: list[Parts], step: float
) -> None:
    """Double-spaced, or in several types and sizes: where the first line breaks off or has no place for more."""
    markdown = drawn(lambda canvas: titled(canvas, lines, step)).markdown
    title = " ".join("".join(text for _, _, text in parts) for parts in lines)
    assert [line.lstrip("# ") for line in markdown.split("\n") if line.startswith("#")] == [title]


@pytest.mark.parametrize(
    ("lines", "step"),
    [
        ([[(BOLD, 18, "The Harbour Rules")], [(BOLD, 18, "Opening Hours")]], 36),
        ([[(BOLD, 18, "The Harbour Rules")], [(ITALIC, 18, "Opening Hours")]], 22),
        ([[(BOLD, 24, "The Harbour of Ellary Sound and its Ferries")], [(BOLD, 16, "by the Harbour Master")]], 30),
        ([[(BOLD, 18, "The Harbour of Ellary Sound and")], [(BOLD, 18, "Its Ferries in Winter")]], 60),
    ],
)
def test_two_titles_below_each_other_stay_two(
    drawn: Callable[[Callable[[Canvas], None]], Drawn], lines: list[Parts], step: float
) -> None:
    markdown = drawn(lambda canvas: titled(canvas, lines, step)).markdown
    assert sum(line.startswith("#") for line in markdown.split("\n")) == 2


@pytest.mark.parametrize(
    ("lines", "is_heading"),
    [
        (["The harbour master was told of it on Monday. He saw to", "it on that day, and the case is closed."], False),
        (["The harbour, its two basins and the barrier between them are", "kept by the master of the harbour and",
          "his men, who live in the house beside it."], False),
        (["What the Master of the Harbour Does", "about the Barrier in Winter"], True),
        (["1. Of the Harbour and its Basins."], True),
        (["Once. And never again."], True),
    ],
)  # fmt: skip
def test_sentences_in_larger_letters_are_a_paragraph(
    drawn: Callable[[Callable[[Canvas], None]], Drawn], lines: list[str], is_heading: bool
) -> None:
    """Answers that are typed into a form stand in other letters than its questions, and are no headings."""
    markdown = drawn(lambda canvas: titled(canvas, [[("Times-Roman", 13, line)] for line in lines], 15)).markdown
    assert markdown.startswith("#") == is_heading
    assert " ".join(lines) in markdown
