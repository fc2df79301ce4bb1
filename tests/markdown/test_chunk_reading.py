"""A chunk read once."""

import msgspec
import pytest

from groundwork.markdown.chunk_reading import Reading
from groundwork.records import Chunk


def reading(text: str, headings: tuple[str, ...] = ()) -> Reading:
    chunk = Chunk(id="a-0", document="a", index=0, kind="text", text=text, start=0, end=len(text), length=1)
    return Reading(msgspec.structs.replace(chunk, headings=list(headings)))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("```\n1 moor --berth 12\n2 ring 3 times\n3 sleep 40\n```", [["12", "3", "40"]]),
        ("```\n10: a = 5\n11: b = 6\n12: c = 7\n```", [["5", "6", "7"]]),
        ("```\n5 boats\n9 crews\n2 buoys\n```", [["5", "9", "2"]]),
        ("15 A boat with two masts needs 4 lamps.", [["4"]]),
        ("15 boats may moor at once.", [["15"]]),
        ("20 Knots is the limit.", [["20"]]),
    ],
)
def test_numbers_that_count_lines_are_none(text: str, values: list[list[str]]) -> None:
    """Line numbers of a listing and the mark of a footnote are left out; any other number counts."""
    assert [[number.value for number in numbers] for numbers in reading(text).numbers] == values


def test_numbers_in_names_and_addresses_are_none() -> None:
    text = (
        'At 37signals (BC4, 1password) 5 of 75kg moor on the 21st, 4WD: [3 rules](https://a.org/7/x(8).html "9") or '
        "https://b.org/1234.\n\n第3天以内。"
    )
    assert [[number.value for number in numbers] for numbers in reading(text).numbers] == [
        ["5", "75", "21", "4", "3"],
        ["3"],
    ]
    assert not any({"org", "html"} & words for words in reading(text).words)


def test_a_heading_below_one_of_the_same_title_keeps_its_level() -> None:
    """The level of the outermost heading decides how many of the chunk's hold, whatever the titles below it are."""
    text = "## Fees\n\n### Fees\n\nNobody pays.\n"
    above = reading(text, ("Rules", "Boats"))
    assert above.headings_at(text.index("Nobody")) == ["Rules", "Fees", "Fees"]
