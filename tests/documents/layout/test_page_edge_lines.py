"""Running headers that change from chapter to chapter, and a title that looks like one."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.documents.layout.heading_styles_and_footnotes import heading_names
from groundwork.documents.layout.page_edge_lines import EdgeLine, edge_lines, running_edge_lines
from groundwork.documents.layout.tables.ruled_tables import RuledTable
from groundwork.documents.layout.text_runs_and_lines import Run

BODY = 10.0


def run(text: str, y: float = 40.0, size: float = BODY, x: float = 72.0) -> Run:
    return Run(x, y - size, x + size * len(text) / 2, y, text, size)


def edge_line(*cells: str, y: float = 40.0, size: float = BODY) -> EdgeLine:
    return EdgeLine(list(cells), [run(cell, y, size) for cell in cells], y, is_foot=False)


def running(pages: Sequence[EdgeLine], headings: Sequence[Run] = (), title_size: float = 99.0) -> list[bool]:
    """Whether the line at the head of each page runs through a document of those headings."""
    names = heading_names([headings], BODY)
    lines = running_edge_lines([[line] for line in pages], range(1, len(pages) + 1), BODY, title_size, names)
    return [bool(line) for line in lines]


HEADINGS = [
    run("Chapter 3", 150, 20),
    run("Rowing at night", 180, 20),
    run("on open water", 200, 20),
    run("3.1 Lamps", 260, 14),
    run("3.2 Signals to other boats", 400, 14),
]


def test_headers_that_name_the_chapter_and_the_section_of_each_page_run() -> None:
    """Their words change, and long names are cut short; all stand at one place."""
    headers = [
        edge_line("CHAPTER 3. ROWING AT NIGHT…", "3.1. LAMPS"),
        edge_line("CHAPTER 3. ROWING AT NIGHT…", "3.2. SIGNALS TO…"),
        edge_line("3.2. Signals to other boats 14"),
    ]
    assert running(headers, HEADINGS) == [True] * 3
    assert running(headers) == [False] * 3


def test_text_at_the_place_of_a_header_stays() -> None:
    """A line that names no heading is text, and so are headings in their own type, at whatever place they stand."""
    lamps = edge_line("3.1. LAMPS")
    assert running([lamps, lamps, edge_line("Lamps are lit at dusk."), lamps], HEADINGS)[2] is False
    titles = [edge_line(text, size=14) for text in ("3.1 Lamps", "Rowing at night", "3.2 Signals to other boats")]
    assert running(titles, HEADINGS) == [False] * 3


def test_headings_of_a_few_pages_are_no_headers() -> None:
    """Names at the head of fewer than a third of the pages stay."""
    names = [edge_line(text) for text in ("3.1. LAMPS", "3.2. SIGNALS TO…", "ROWING AT NIGHT…")]
    others = [
        edge_line(f"The {word} crew signs the book.") for word in ("first", "next", "third", "last", "big", "a", "b")
    ]
    assert running([*names, *others], HEADINGS) == [False] * 10


def test_the_title_of_the_first_page_stays_once() -> None:
    """The largest type at the head of the first page is its title, on however many pages it comes back."""
    titles = [edge_line("REGATTA OF THE LAKE, AUGUST 7", size=16)] * 4
    assert running(titles, title_size=16) == [False, True, True, True]
    assert running(titles, title_size=24) == [True] * 4
    assert running([edge_line("Regatta of the lake")] * 4, title_size=BODY) == [True] * 4


def test_titles_that_only_a_number_parts_stay() -> None:
    """ "Lesson 3" in large type heads its page, whatever the page's number; a page's own name does not, nor does what
    small type says.
    """
    for first, title in ((1, "Lesson"), (2019, "Results")):
        assert not any(running([edge_line(f"{title} {first + k}", size=2 * BODY) for k in range(5)]))
    assert all(running([edge_line(f"Seite {k}", size=2 * BODY) for k in range(1, 6)]))
    assert all(running([edge_line(f"Tides of Orrin {k}") for k in range(1, 6)]))


def test_a_line_right_above_a_frame_around_the_text_stands_apart() -> None:
    """As slides are framed, whose text is a table then; below it and above the foot there is little space."""
    frame = RuledTable([60.0, 730.0], [70.0, 540.0], [["All of the slide"]])
    lines = edge_lines([run("Skerrow rowing club", 64.0, 14.0), run("2026", 556.0)], [frame], 612.0)
    assert [(line.texts, line.is_foot) for line in lines] == [(["Skerrow rowing club"], False), (["2026"], True)]
    heads = edge_lines([run("Skerrow rowing club", 69.0, 14.0), run("2026", 556.0)], [frame], 612.0)
    assert [line.is_foot for line in heads] == [True]
