"""What stands around a text that was asked for, and what belongs to it."""

import pytest

from groundwork.llm.replies.thoughts_and_wrappings import unwrap_text, wrapping_problem

TEXT = "The charter of Vell names three wardens. They keep the bridge until 1840."


@pytest.mark.parametrize(
    "reply",
    [
        f"Summary: {TEXT}",
        f"**Summary**\n\n{TEXT}",
        f"## Zusammenfassung\n{TEXT}",
        f"Hier ist die Zusammenfassung: {TEXT}",
        f"Voici un résumé du document :\n\n{TEXT}",
        f"Certainly! Here is a concise overview in 50 words:\n\n{TEXT}\n\n---\n\nI hope this helps.",
        f"```\n{TEXT}\n```",
        f"~~~text\nSummary:\n{TEXT}\n~~~\n\nFeel free to ask for more.",
        f"Here you go:\n```json\n{TEXT}\n```",
        f"总结如下：\n\n```text\n{TEXT}\n```\n",
        f"{TEXT}\n\nIf you need more detail, I can write a longer one.",
    ],
)
def test_what_surely_is_around_a_text_is_taken_off(reply: str) -> None:
    """In any order, and in the languages that documents come in."""
    assert unwrap_text(reply) == TEXT and not wrapping_problem(TEXT)


@pytest.mark.parametrize(
    "text",
    [
        "Here is a town that lives on its bridge: the wardens keep it. Nobody else may.",
        "The summary of accounts lists every toll: two for a cart, one for a rider.",
        "The charter names wardens.\n\nLetters of the wardens are kept in the tower.",
        "The steps are:\n\n- keep the bridge\n- light the lamps",
        "Sure footing is asked of every warden. It is tested once a year.",
        "Who keeps the bridge? The wardens do, until 1840.",
    ],
)
def test_a_text_of_its_own_stays_as_it_is(text: str) -> None:
    """A colon, a question or a word like summary makes no frame."""
    assert unwrap_text(text) == text and not wrapping_problem(text)


def test_a_fence_within_a_text_stays() -> None:
    """Only a line that introduces the whole goes with the fence below it."""
    text = "The wardens keep it.\nTheir oath reads:\n```\nI keep the bridge.\n```"
    assert unwrap_text(text) == text


def test_nothing_is_left_of_a_frame_alone() -> None:
    """A reply that is a preface alone is left for its reader to refuse."""
    assert unwrap_text("Here is the summary:\n") == "Here is the summary:"
    assert unwrap_text("") == ""
