"""Rewording by a given beginning: which beginning, and what a small model may not do behind it."""

import re

import pytest

from groundwork.questions.small_model.question_frames import (
    QUESTION_FRAMES,
    changed_question_terms,
    put_title_before,
    question_frame,
)


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("What must the outer skiff do when two skiffs overlap?", "What is required of the outer skiff"),
        ("What can support staff do during the game?", "Which options are open to support staff"),
        ("What must every safety boat have?", "What is it that"),
        ("What is the penalty for refusing room at a mark?", "Which penalty applies to"),
        ("What is the meaning of the term 'boat length'?", "How is"),
        ("What happens to a regatta that is abandoned?", "What becomes of a regatta"),
        ("When do entries reach the recorder?", "At what point in time"),
        ("How many rowers does a skiff have?", "What number of"),
    ],
)
def test_each_kind_of_question_has_another_beginning(question, opening):
    """The beginning takes over what the old question named, so that the model has only to go on."""
    assert question_frame(question).openings[0] == opening


def test_a_title_is_set_aside_and_put_back():
    """The model sees the question alone; what it is about stands before the new one."""
    frame = question_frame("According to the Ferry Handbook, what must the crew do in fog?")
    assert (frame.core_question, frame.title_before) == ("What must the crew do in fog?", "the Ferry Handbook")
    reworded = put_title_before("What is required of the crew in fog?", frame.title_before)
    assert reworded == "In the Ferry Handbook, what is required of the crew in fog?"


def test_an_unknown_kind_of_question_has_none():
    """Rather no rewording than one by a beginning that does not fit."""
    assert question_frame("Compare the two tides.").openings == ()


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        ("What is required of the host with each mark on the course?", None),
        ("What is required of the host with each mark?", "lost course"),
        ("What is required of the host with each mark on the race course?", "not there: race"),
        ("What is required of the host after each mark on the course?", "not there: after"),
    ],
)
def test_terms_neither_come_nor_go(new, complaint):
    """Behind the beginning everything the question is about must be there, and nothing else."""
    found = changed_question_terms("What must the host do with each mark on the course?", new)
    assert found is None if complaint is None else complaint in found


def test_beginnings_take_no_other_group_than_their_kind_has():
    """Every brace of a beginning is a group of its own pattern."""
    for pattern, openings in QUESTION_FRAMES:
        for opening in openings:
            assert set(re.findall(r"{(\w+)}", opening)) <= set(pattern.groupindex)
