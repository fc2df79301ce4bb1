"""Headers and footers of pages that are left in a text."""

import msgspec
import pytest

from groundwork.markdown.captions import is_caption
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.running_page_lines import (
    PageLines,
    running_keys,
    strip_running,
    unrepeated_keys,
    unrepeated_lines,
    without_line,
    without_running,
)
from tests.chunks import reading_of

FILLER = "The miller of Orrin writes down the height of the tide on every day of the year. " * 20


@pytest.mark.parametrize(
    ("line", "left_out"),
    [
        ("Roles and duties 11", True),
        ("**12 Roles and duties**", True),
        ("Chapter 2. Roles and duties 11", True),
        ("Closing the gates 47", True),
        ("Page 3 of 15", True),
        ("Seite 3", True),
        ("Roles and duties", False),
        ("Roles and duties of all 11", False),
        ("Roles and duties 11.", False),
        ("The mill has 11 gates and 4", False),
    ],
)
def test_a_heading_beside_a_number_is_a_page_line(line, left_out):
    """A heading of the text or an entry of its contents, with a number at an edge; and a page by its name."""
    contents = "# Contents\n\nChapter 1 Roles and duties … 7\n\nClosing the gates ..... 47\n\n"
    text = f"{contents}# Chapter 2 Roles and duties\n\nThe miller keeps the gates.\n"
    assert (line in PageLines([reading_of(text).chunk])) == left_out


def test_a_line_that_comes_back_on_pages_is_no_statement():
    """Three times with a growing number, far apart, over the chunks of a document; close together it is a list."""
    pages = [f"{number} Keeping the Tides of Orrin\n\n{FILLER}" for number in (2, 4, 10)]
    chunks = [reading_of(text, start=place * 5_000).chunk for place, text in enumerate(pages)]
    said = [Reading(chunk, page_lines=PageLines(chunks)).plain_statements() for chunk in chunks]
    assert not any("Keeping" in one for plain in said for one in plain) and all(said)
    near = "\n\n".join(f"go to mill gate {number}" for number in (1, 2, 3))
    assert len(reading_of(near).statements) == 3
    falling = [msgspec.structs.replace(chunk, start=-chunk.start) for chunk in chunks]
    assert "2 Keeping the Tides of Orrin" not in PageLines(falling)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Example 2-1 Query to determine who may close the gates", []),
        ("Example 2: A crew starts early. It is second.", ["Example 2: A crew starts early.", "It is second."]),
        (f"Figure 4: {'The gates of the mill at low water, ' * 4}seen from the sea. They open inwards.",
         ["They open inwards."]),
        (f"Table 3 shows how long {'each of the gates of the mill, ' * 4}stays open.", ["Table 3 shows how long"]),
    ],
)  # fmt: skip
def test_captions_are_no_statements(text, said):
    """Neither the title of a listing nor that of a long caption; what a caption says behind it stays."""
    found = [reading_of(text).chunk.text[one.start : one.end] for one in reading_of(text).statements]
    assert len(found) == len(said) and all(one.startswith(start) for one, start in zip(found, said, strict=True))
    assert is_caption("Table 3: Gates") and not is_caption("Example 3: the gates are open.")


def test_a_title_below_a_header_of_its_words_stays() -> None:
    """A header goes from every page; the title that it repeats is text."""
    pages = [f"Harbour rules\n\n{text}" for text in ("# Harbour rules\n\nBoats moor.", "Boats row.", "Boats rest.")]
    assert without_running(pages) == ["# Harbour rules\n\nBoats moor.", "Boats row.", "Boats rest."]


@pytest.mark.parametrize(
    ("lines", "text", "kept"),
    [
        (["Statutes of the Orrin Pilots' Guild"], FILLER, [0]),
        (["Skerrow Boatyard", "12 Quay Lane, Orrin", "Tel. 01632 960417"], FILLER, [0, 1, 2]),
        (["スケロー造船所 会社案内"], FILLER, [0]),
        (["The miller of Orrin"], FILLER, []),  # the text says it
        (["Confidential", "12 March 2031"], FILLER, []),
        (["Strictly private and confidential: internal use"], FILLER, []),
        (["Orrin Tides"], FILLER, []),  # a name alone
    ],
)
def test_running_lines_that_say_something_are_kept_once(lines, text, kept):
    """An address or a title that the text does not have stays; marks of use, dates and names alone do not."""
    assert unrepeated_lines(lines, text) == [lines[i] for i in kept]


def test_what_runs_from_the_first_page_stays_there():
    """With the page's number below it left out all the same."""
    title = "Statutes of the Orrin Pilots' Guild"
    pages = [f"{title}\n\n{number}\n\n{number * 7} boats came in. {FILLER.strip()}" for number in range(1, 6)]
    running = running_keys(pages)
    assert (
        unrepeated_keys(pages, running) == unrepeated_keys(pages, running, first_page=f"# {title}") == {title.lower()}
    )
    assert not unrepeated_keys(pages, running, first_page="Statutes")
    stripped = without_running(pages)
    assert stripped[0].split() == f"{title} 7 boats came in. {FILLER}".split()
    assert [page.split(" ")[0] for page in stripped[1:]] == ["14", "21", "28", "35"]


def test_headings_that_only_a_number_parts_stay():
    """A text layer has no headings, so that "Lesson 3" looks like a header there; the heading of the Markdown stays."""
    pages = [f"# Lesson {number}\n\n{FILLER.strip()}" for number in range(1, 6)]
    assert without_running(pages) == pages
    keys = running_keys([page.removeprefix("# ") for page in pages])
    assert keys and strip_running(pages, keys, range(1, 6)) == pages
    named = [page.replace("Lesson", "Page") for page in pages]
    assert not any("#" in page for page in without_running(named))


def test_a_footer_whose_texts_share_lines_is_taken_out_of_the_text_layer() -> None:
    """A text layer has the texts of a line in the order in which they were drawn."""
    page = "Rules of Rowing\n2\nEllary ©2026 The club\nRow with care."
    cells = ["Ellary", "Rules of Rowing", "©2026 The club"]
    assert without_line(page, cells) == "2\nRow with care."
    assert without_line(page, [*cells, "Printed in Ellary"]) is None
    assert without_line("Boats moor.\nRules of Rowing Page 2", ["", "Page 2"]) == "Boats moor.\nRules of Rowing"
    assert without_line("Boats moor.\nPage 2 of it", ["", "Page 2"]) is None
