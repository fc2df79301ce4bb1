"""Statements that share their words, found in arrays: the same as by holding each against each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.questions.duplicates import duplicate_search, overlapping_word_sets
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.duplicates.overlapping_word_sets import SetSimilarityJoin
from groundwork.questions.duplicates.question_comparison import SAME_EVIDENCE_SHARE, AskedQuestion, shared_word_share

WORDS = st.integers(0, 30).map("w{}".format)
STATEMENTS = st.lists(st.frozensets(WORDS, max_size=12), max_size=20)


@given(STATEMENTS, st.sampled_from([1, 50, 2_000_000]))
def test_none_is_missed_and_none_is_too_many(statements: list[frozenset[str]], at_once: int) -> None:
    """For every statement those that share enough of its words or of their own, whatever is held at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlapping_word_sets, "MAX_KEY_LOOKUPS", at_once)
        found = SetSimilarityJoin(statements)
    for row, one in enumerate(statements):
        others = [other for other in range(len(statements)) if other != row]
        assert found.rows_overlapping(row).tolist() == [
            row for row in others if shared_word_share(one, statements[row]) >= SAME_EVIDENCE_SHARE
        ]


async def test_many_at_once_repeat_what_they_repeat_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The repeats among many pairs are those of the pairs in turn, also where more come later."""
    words = [f"{'abcdefghijklmnopqrstuvwxyzäöü'[number % 29]}arrow" for number in range(58)]
    asked = ["Which boats does the {} gate let in?", "For which boats does the keeper open the gate called {}?"]
    pairs = [
        AskedQuestion(
            asked[n // 29].format(word), "Skiffs.", (f"The {word} gate of the {word} harbour lets skiffs in.",)
        )
        for n, word in enumerate(words)
    ]
    one_by_one = EarlierQuestions()
    expected = [(await one_by_one.find_duplicates([pair]))[0] for pair in pairs]
    monkeypatch.setattr(duplicate_search, "MANY_QUESTIONS", 10)
    many = EarlierQuestions()
    assert [*await many.find_duplicates(pairs[:40]), *await many.find_duplicates(pairs[40:])] == expected
    assert sum(map(bool, expected)) > 10
