"""What a small model is asked about: sentences that can be understood, lists, cells; and under which headings."""

from __future__ import annotations

import pytest

from groundwork.markdown.statements import statements
from groundwork.questions.small_model.question_targets import (
    QuestionTarget,
    group_targets,
    simplify_target_text,
    target_importance,
    target_list_items,
)
from tests.chunks import reading_of

PILOTS = """## 4 Pilots

The harbour master names the pilots. They must be sober. Otherwise they are sent home.

### 4.2 Signals

It is loud. The horn sounds twice.

#### In every boat

- a horn of brass
- two oars of ash wood
"""


def targets_of(text: str, turn: int = 0) -> list[QuestionTarget]:
    reading = reading_of(text)
    return group_targets(reading.statements, reading, turn)


def plain(text: str) -> list[str]:
    return [target.plain for target in targets_of(text)]


def test_a_sentence_goes_with_those_that_it_points_back_to() -> None:
    """ "They must ..." is asked about with the sentence before it, but never across a heading."""
    assert plain(PILOTS) == [
        "The harbour master names the pilots. They must be sober. Otherwise they are sent home.",
        "It is loud.",
        "The horn sounds twice.",
        "In every boat: a horn of brass; two oars of ash wood",
    ]


def test_a_sentence_that_ends_in_one_goes_with_what_it_means() -> None:
    """Who reads "... must wear one" alone cannot know what is worn."""
    assert plain("Life-jackets hang on the quay. In fog everybody must wear one.") == [
        "Life-jackets hang on the quay. In fog everybody must wear one."
    ]


def test_a_heading_right_above_a_list_is_its_lead() -> None:
    """Bullets below a heading hang on it; numbered rules and what follows a paragraph do not."""
    assert [one.lead for one in statements("# 2 Aboard\n- a horn of brass\n- two oars\n", "en")] == [
        "Aboard:",
        "Aboard:",
    ]
    assert [one.lead for one in statements("# 2 Aboard\n2.1. Wear a vest.\n", "en")] == [""]
    assert [one.lead for one in statements("# 2 Aboard\nBe kind to all.\n\n- a horn of brass\n", "en")] == ["", ""]


def test_long_lists_come_in_parts_each_under_its_lead() -> None:
    """A list that is too long for one call is cut between items, every item stays, and it is asked about last."""
    text = "Boats must carry:\n" + "".join(f"- item number {i} of {'oak ' * 10}\n" for i in range(20))
    found = targets_of(text)
    assert len(found) > 2
    assert all(target.plain.startswith("Boats must carry:") for target in found)
    assert all(sum(f"number {i} of" in target.plain for target in found) == 1 for i in range(20))
    whole = "Boats must carry:\n- a horn of brass\n- two oars\n"
    assert all(target_importance(target, text) < target_importance(*targets_of(whole), whole) for target in found)


def test_items_that_say_what_a_term_means_are_asked_about_one_by_one() -> None:
    """A term in quotes with a dash stands for itself: no lead before it, the items and sentences below it with it."""
    text = """Signals at Sarn are the following:

1.1. “Long blast” – the ferry:
1.1.1. leaves the pier, or
1.1.2. enters the narrows.
1.2. “Two blasts” – the ferry turns to port. However, at night a lamp is swung instead.
"""
    lead, blast, two = targets_of(text)
    assert target_importance(lead, text) == 0
    assert blast.plain == "'Long blast' – the ferry: leaves the pier, or enters the narrows."
    assert two.plain == "'Two blasts' – the ferry turns to port. However, at night a lamp is swung instead."


def test_alternatives_are_no_items() -> None:
    """Of "a or b" neither is a fact of its own that a grader could ask for."""
    text = "A boat is sunk if:\n- it lies on the ground, or\n- its mast is under water.\n"
    (target,) = targets_of(text)
    assert target_list_items(target, text) == []


def test_a_table_without_a_head_has_rows_only() -> None:
    """Where a converter took a row for the head, its sentences are no names of columns, and the row is asked about."""
    text = "| Pull | The throw that starts the play. |\n|---|---|\n| Pivot | The part of the body that stays put. |\n"
    assert plain(text) == ["Pull: The throw that starts the play.", "Pivot: The part of the body that stays put."]


@pytest.mark.parametrize(
    ("place", "headings"),
    [
        ("rule one", ["Rules", "3 Boats", "3.2 Crews"]),
        ("rule two", ["Rules", "3 Boats", "3.3 Oars"]),
        ("rule three", ["Rules", "4 Races", "4.1 Course"]),
    ],
)
def test_headings_within_a_chunk_take_over(place: str, headings: list[str]) -> None:
    """A statement stands under the headings right above it, not under those at the chunk's beginning."""
    text = "A rule one.\n\n### 3.3 Oars\n\nA rule two.\n\n## 4 Races\n\n### 4.1 Course\n\nA rule three.\n"
    above = ["Rules", "3 Boats", "3.2 Crews"]
    reading = reading_of(text, headings=above)
    assert reading.headings_at(text.index(place)) == headings


def test_a_number_does_not_stand_under_one_of_its_rank() -> None:
    """Where a converter took the heading "2." for one above "7.", it goes; "7.1" under "7." stays."""
    above = ["Rules", "2. Field", "7. Pull", "7.1 Throw"]
    assert reading_of("So.", headings=above).headings_at(0) == ["Rules", "7. Pull", "7.1 Throw"]


def test_words_broken_at_a_lines_end_are_joined() -> None:
    """A space behind a hyphen goes, unless the hyphen waits for a second word."""
    assert simplify_target_text("any- body of the pre- and post-war non- disputed kind") == (
        "any-body of the pre- and post-war non-disputed kind"
    )


def test_broken_references_are_not_asked_about() -> None:
    """What Word leaves of a cross-reference that it lost makes a statement worth nothing."""
    text = "Boats leave in accordance with rule Error! Reference source not found. Others stay.\n"
    assert [target_importance(target, text) for target in targets_of(text)][:2] == [0, 0]
