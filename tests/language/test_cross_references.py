"""References to another part of a document, told from values and versions."""

import pytest

from groundwork.language.dangling_references import (
    cross_reference_spans,
    drop_bracketed_references,
    find_cross_reference,
)

ASKED = "May a skiff of the Sarn league start again?"


@pytest.mark.parametrize(
    ("answer", "pointed"),
    [
        ("Yes, unless 16.3 applies.", "16.3"),
        ("Only in the cases specified in 15.9, 16.2 and 16.3.", "15.9, 16.2 and 16.3"),
        ("It carries the penalty of Table 6.", "Table 6"),
        ("Yes, unless rule 14.3 is in effect.", "rule 14.3"),
        ("It must ask for it as for a protest (4.4.3).", "4.4.3"),
        ("It needs 3.5 m of water.", ""),
        ("It runs under 3.11, not under 3.8.", ""),
        ("Unless 2.5 metres are left.", ""),
        ("The mean is 43.5, which counts as 43.", ""),
        ("Python 3.11.2 is needed.", ""),
        ("The two tables are turned.", ""),
    ],
)
def test_a_reference_is_told_from_a_value(answer: str, pointed: str) -> None:
    """A number alone is none; with "rule" or "Table" before it, or where something is said to hold, it is."""
    assert find_cross_reference(answer, ASKED) == pointed


@pytest.mark.parametrize(
    "question",
    [
        "Which rule prevails if two of them disagree?",
        "What does rule 5.1.2 of the Sarn league allow?",
        "When does a rule of the Sarn league change?",
    ],
)
def test_a_question_about_rules_may_be_answered_by_their_numbers(question: str) -> None:
    """Then the number is what was asked for."""
    assert find_cross_reference("Rule 5.1.2.", question) == ""


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("It must be within the limits (Table 2), and whole.", "It must be within the limits, and whole."),
        ("In the same way as for a protest (see 4.4.3).", "In the same way as for a protest."),
        ("Back to the thrower (unless 16.3 applies).", "Back to the thrower (unless 16.3 applies)."),
        ("A hull of oak (2 planks).", "A hull of oak (2 planks)."),
    ],
)
def test_brackets_with_a_reference_alone_are_taken_out(text: str, bare: str) -> None:
    """They say nothing; a condition in brackets does."""
    assert drop_bracketed_references(text) == bare


def test_spans_hold_the_whole_reference() -> None:
    """Start and end in the text, without the words that point."""
    text = "As described in 4.2, and in Table 3."
    assert [text[start:end] for start, end in cross_reference_spans(text)] == ["4.2", "Table 3"]
