"""Criteria that a rule settles, and those that it leaves to the judge because it is not sure."""

from __future__ import annotations

import pytest

from groundwork.grading.verdicts_by_rule import grade_by_rule


@pytest.mark.parametrize(
    ("criterion", "answer", "verdict"),
    [
        ("States 75 seconds", "It lasts 75 seconds.", "met"),
        ("States 75 seconds", "It lasts seventy-five seconds.", "met"),
        ("States 75 seconds", "It lasts 60 seconds.", "unmet"),
        ("States 1,500", "There were 1500 of them.", "met"),
        ("States 1931", "This is false: 1931. The opposite is the case.", None),
        ("States 1931", "Nobody told the year.", None),  # negates
        ("States 1931", "It was long ago.", "unmet"),
        ("States 12", "A dozen of them.", None),
        ("States 75 seconds", "It lasts one minute and 15 seconds.", None),
        ("States 75 seconds", "A minute and a quarter.", None),
        ("States 75 seconds", "It lasts 75 seconds, not 60.", None),
        ("States 75 seconds", "Either 75 or 80 seconds.", None),
        ("States 75 seconds", "Between 70 and 80 seconds.", None),
        ("States 75 seconds as the limit of a pass", "75 seconds.", None),
        ("States 5.2 metres", "5.2 metres.", "met"),
        ("States 5.2 metres", "5.3 metres.", "unmet"),
        ("States 6.40 euros", "It costs €6.4.", "met"),
        ("States 5 euros", "It costs 5.00 euros.", "met"),
        ("States 12 March 2024", "On March 12, 2024.", "met"),
        ("States 12 March 2024", "On 13 March 2024.", None),
        ("Names Ellary Sound", "The race is held on Ellary Sound.", "met"),
        ("Names Ellary Sound", "It is held on the Sound.", None),
        ("Names Ellary Sound", "It is held on Ellary Sound or Orrin Bay.", None),
        ("Names WFDF", "The WFDF decides.", "met"),
        ("Names barley", "They ground barley.", None),
        ("States 75 seconds", "Es dauert 75 Sekunden und nicht weniger als das.", None),
        ("Says that it is free", "  ", "unmet"),
        ("...", "It was long ago.", None),
    ],
)
def test_what_is_settled(criterion: str, answer: str, verdict: str | None) -> None:
    """A rule gives a verdict only where it is sure."""
    found = grade_by_rule(criterion, "How long does it last, and where?", answer)
    assert (found and found.verdict) == verdict


def test_what_the_question_gives_is_no_answer() -> None:
    """A number that the question itself holds settles nothing."""
    assert grade_by_rule("States 75 seconds", "Is it 75 seconds?", "It is 75 seconds.") is None
    assert grade_by_rule("States 6", "How many of the 14 players rest?", "Of the 14 players 6 rest.") is not None
