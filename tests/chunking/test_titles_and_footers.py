"""What belongs to what stands below it, and what page furniture must not take away."""

from __future__ import annotations

import pytest

from groundwork.chunking.chunk_report import left_out_lines
from groundwork.markdown.blocks import blocks
from tests.chunking.cutting import cut, small

TABLE = "| Boat | Length in m |\n|---|---|\n" + "| Gig | 12 |\n" * 12
FOOTER = "Lake School ©2000-2009 Harbour Press"


@pytest.mark.parametrize(
    "titles", ["3. Boats\n\nOther information", "3. Boats\n\n3.1 Of the lake, with those of guests,\n\nand others"]
)
def test_titles_below_a_heading_go_with_the_table_below_them(titles: str) -> None:
    """Each sheet of a workbook begins with a heading and titles: none ends the chunk of the sheet before."""
    sheets = [f"## Sheet {k}\n\n{titles}\n\n{TABLE}\n(a) Without oars.\n\n" for k in range(3)]
    chunks = cut("".join(sheets), small(max_length=400))
    assert [chunk.text for chunk in chunks] == sheets


def test_titles_below_a_heading_go_with_the_text_below_them() -> None:
    """A chunk of text ends in front of the heading, never between the titles below it and their paragraph."""
    text = f"{'A crew rows. ' * 10}\n\n## Sheet\n\nBoats\n\nOther information\n\n{'A gig is long. ' * 12}"
    assert [chunk.text[:8] for chunk in cut(text, small())] == ["A crew r", "## Sheet"]


def test_notes_of_a_table_are_those_whose_marks_it_has() -> None:
    """Notes "(a)" stay with their table; items "(a)" of the text behind a table without such marks do not."""
    notes = "".join(f"({mark}) {'A note about oars. ' * 4}\n\n" for mark in "ab")
    table = TABLE.replace("Gig", "Gig (a)", 1).replace("Gig |", "Gig (b) |", 1)
    assert [chunk.kind for chunk in cut(f"{table}\n{notes}", small(max_length=600))] == ["table"]
    assert [chunk.kind for chunk in cut(f"{TABLE}\n{notes}", small(max_length=600))] == ["table", "text"]


@pytest.mark.parametrize(
    "title",
    [
        "II) **Considerations of length**",
        "II) **Considerations of length**\n\n**On gigs**",
        "E. Boats of guests\n\n1. The gig has oars.",
    ],
)
def test_a_numbered_title_ends_no_chunk(title: str) -> None:
    """One in bold goes with the text below it, one of a list with its first item."""
    text = f"{'A crew rows. ' * 14}\n\n{title}\n\n{'The gig is long. ' * 9}"
    ends = [chunk.text.rstrip() for chunk in cut(text, small())]
    assert len(ends) > 1 and not any(end.endswith(("length**", "of guests")) for end in ends)


def test_no_cut_within_an_open_bracket() -> None:
    """A page border within brackets interrupts a sentence, whatever letter follows."""
    text = f"{'A crew rows. ' * 9}\n\nSet the rig (such as new\n\nGig().rig) and load it. {'The gig is long. ' * 8}"
    assert not any(chunk.text.rstrip().endswith("new") for chunk in cut(text, small()))


def test_a_footer_of_copyright_takes_no_slide_away() -> None:
    """Neither the slides between two such lines are left out, nor is the text cut at each."""
    slides = [f"The method of crew {k} is used for short races.\n\n{FOOTER}\n\n" for k in range(4)]
    for count in (2, 4):
        left_out = [chunk.text for chunk in cut("".join(slides[:count]), small()) if chunk.skip]
        assert not any("method" in text for text in left_out)
    assert len(cut("".join(slides), small(max_length=1000))) == 1


def test_a_stray_entry_of_contents_takes_no_heading_away() -> None:
    """One line that leads to a page number, in the midst of text, is no contents page."""
    text = f"A crew rows.\n\n# Overview\n\nReading of charts ........ 3\n\n{'A crew rows. ' * 20}\n"
    chunks = cut(text, small())
    assert "# Overview" in chunks[0].text and not any(chunk.skip for chunk in chunks)
    assert blocks(text)[-1].headings == ("Overview",)


def test_a_title_page_in_front_of_contents_is_no_chunk() -> None:
    """It has nothing to ask about; one with a sentence is a chunk."""
    contents = "## Contents\n\n" + "".join(f"{k}. Part {k} ........ {k}\n" for k in range(5))
    body = f"\n# Start\n\n{'Real text here. ' * 9}\n"
    assert [chunk.skip for chunk in cut(f"# Boats\n\nA. Rower\n\n{contents}{body}", small())] == ["contents", ""]
    skips = [chunk.skip for chunk in cut(f"# Boats\n\nGigs are six-oared.\n\n{contents}{body}", small())]
    assert skips == ["", "contents", ""]


def test_what_is_left_out_is_named() -> None:
    """With the reason, the document, the number and the first words."""
    text = (
        f"# Contents\n\n1. Rowing of the boats ........ 1\n2. Rules ........ 2\n\n# Rowing\n\n{'Real text here. ' * 9}"
    )
    [line] = left_out_lines({"guide": cut(text, small())})
    assert line == '  left out of questions, contents: guide 1 "# Contents 1. Rowing of the boats ........ 1 2. Ru…"'


@pytest.mark.parametrize(("source", "second"), [("deck.pptx", []), ("paper.pdf", ["Moorings"])])
def test_the_title_of_a_slide_holds_for_no_other(source: str, second: list[str]) -> None:
    """A section of a text goes on overleaf; a slide without a title has none."""
    pages = [
        "## Moorings\n\n" + "Boats lie in pairs. " * 12,
        "The ebb runs for six hours. " * 10,
        "## Piers\n\n**North**\n\n" + TABLE,
    ]
    text = "\n\n".join(pages)
    places = [
        {"number": i, "start": text.index(page), "end": text.index(page) + len(page), "converter": "office"}
        for i, page in enumerate(pages, 1)
    ]
    chunks = cut(text, small(max_length=400), source=source, pages=places)
    headings = {chunk.pages[0]: chunk.headings for chunk in reversed(chunks)}
    assert headings == {1: ["Moorings"], 2: second, 3: ["Piers", "North"]}
