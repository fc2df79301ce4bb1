"""What of a rewording is a copy."""

import pytest

from groundwork.dataset.reword.copied_words import is_copy, longest_copy
from tests.dataset.reword.rewordings import COPIED

FOG = "What must the crew do if the fog comes in?"
FIELD = "How many players of each team may be on the field at the same time?"
HATCHES = "Why are the hatches closed before the ferry leaves the harbour?"
FARE = "What is the fare for a bicycle on the upper deck?"
LIGHTNING = "Who decides whether the match is called off because of lightning?"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (FIELD, "How many players of each team can be on the field at the same time?"),  # one function word
        (FIELD, "What number of players of each team may be on the field at the same time?"),  # only the opening
        (FOG, "If the fog comes in, what must the crew do?"),  # the halves changed places
        (HATCHES, "For what reason are the hatches closed before the ferry leaves the harbour?"),
        (LIGHTNING, "Who decides if the match is called off because of lightning?"),
        ("How long does a loaf stay in the oven?", "How long must a loaf stay in the oven?"),
    ],
)
def test_a_near_copy_is_no_rewording(old, new):
    """Function words exchanged, an opening or an order changed: the model learnt that sentence."""
    assert is_copy(old, new, COPIED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (FIELD, "What is the largest number of players that a side can have in play at once?"),
        (FOG, "Which duties fall to the crew once fog sets in?"),
        (HATCHES, "What reason is there to shut all hatches ahead of departure?"),
        (FARE, "How much does it cost to take a bicycle to the upper deck?"),
        (LIGHTNING, "When lightning threatens a match, whose decision is it to cancel?"),
        ("How long does a loaf stay in the oven?", "What baking time is needed for a loaf?"),
        (
            "When does the ferry leave the north ramp on Sundays?",
            "On Sundays, what is the departure time from the north ramp?",
        ),
    ],
)
def test_another_sentence_is_a_rewording(old, new):
    """Words and terms may come back; the sentence around them is another."""
    assert not is_copy(old, new, COPIED)


def test_what_must_stay_makes_no_copy():
    """Names, numbers, codes and quoted terms end a stretch, and a list of things can stay a list."""
    old = "The tools cat, chgrp, chmod, chown, cp, date and dd are required in /bin by IBM in 1998."
    assert (
        longest_copy(old, "In 1998 IBM required seven tools in /bin: cat, chgrp, chmod, chown, cp, date and dd.") == ""
    )
    assert (
        longest_copy('It holds the "local state of the system" data.', 'The "local state of the system" is there.')
        == ""
    )
