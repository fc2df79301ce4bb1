"""Repeated pairs: those in the words of another of their document, and those that ask what an earlier pair asks.

What is asked about a document must not depend on other documents, since shards ask about theirs alone: before models
are asked, only pairs of one document in the same words are taken out. All else is looked for among the pairs that stay
once every other check is done, so that a pair that is turned down stands for no other.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import msgspec

from groundwork.data_folder.disk_backed_lists import LazySequence
from groundwork.data_folder.runs.review_decisions import StandingReview
from groundwork.language.words import normalised_words
from groundwork.questions.curation.checked_pairs import CheckedPair, first_failed_check, shared_check_column
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.duplicates.question_comparison import asked_question
from groundwork.records import Pair

REPEATS = "repeats: "  # before the earlier question, in what the check for repeats says


def split_same_worded_pairs(pairs: Sequence[Pair], review: StandingReview) -> tuple[list[Pair], list[Pair]]:
    """(the pairs whose words no other pair of their document has, in order; those that repeat one)."""
    first_pair_by_words: dict[tuple[str, str], Pair] = {}
    repeated_by_index: dict[int, str] = {}
    for index in _repeat_order(pairs, review):
        pair = pairs[index]
        first_worded_pair = first_pair_by_words.setdefault((pair.document, normalised_words(pair.question)), pair)
        if first_worded_pair is not pair:
            repeated_by_index[index] = first_worded_pair.question
    checked_pairs = [_add_repeats_column(pair, repeated_by_index.get(k, "")) for k, pair in enumerate(pairs)]
    first_worded_pairs = [pair for index, pair in enumerate(checked_pairs) if index not in repeated_by_index]
    return first_worded_pairs, [pair for index, pair in enumerate(checked_pairs) if index in repeated_by_index]


async def repeated_questions_by_index(
    checked_pairs: Sequence[CheckedPair], review: StandingReview, earlier_questions: EarlierQuestions
) -> dict[int, str]:
    """By its place, of each pair that would stay and asks what an earlier one asks that stays: the earlier question."""
    indexes_by_turn: dict[int, array[int]] = {0: array("q"), 1: array("q"), 2: array("q")}
    for pair_index, checked_pair in enumerate(checked_pairs):
        if _may_be_repeated(checked_pair, review):
            indexes_by_turn[_repeat_turn(checked_pair.checked, review)].append(pair_index)
    repeat_order = indexes_by_turn[0] + indexes_by_turn[1] + indexes_by_turn[2]
    repeated_questions = await earlier_questions.find_duplicates(
        LazySequence(repeat_order, lambda pair_index: asked_question(checked_pairs[pair_index].checked))
    )
    return {
        pair_index: repeated_question
        for pair_index, repeated_question in zip(repeat_order, repeated_questions, strict=True)
        if repeated_question
    }


def mark_repeated_pair(
    checked_pair: CheckedPair, pair_index: int, questions_by_index: Mapping[int, str]
) -> CheckedPair:
    """The pair with what `repeated_questions_by_index` found of it."""
    if repeated_question := questions_by_index.get(pair_index):
        return CheckedPair.of(checked_pair.pair, _add_repeats_column(checked_pair.checked, repeated_question))
    return checked_pair


def _may_be_repeated(checked_pair: CheckedPair, review: StandingReview) -> bool:
    """Would the pair be kept: by its checks, by a person, or unchecked?"""
    decision_on_checked = review.decision_about(checked_pair.pair)
    if decision_on_checked is not None:
        return decision_on_checked.accepts
    return not first_failed_check(checked_pair.checked)


def _repeat_order(pairs: Sequence[Pair], review: StandingReview) -> list[int]:
    """The places of what people accepted first and of what they rejected last: no pair repeats one that goes."""
    return sorted(range(len(pairs)), key=lambda pair_index: _repeat_turn(pairs[pair_index], review))


def _repeat_turn(pair: Pair, review: StandingReview) -> int:
    decision_on_checked = review.decision_about(pair)
    return 1 if decision_on_checked is None else 0 if decision_on_checked.accepts else 2


def _add_repeats_column(pair: Pair, repeated_question: str) -> Pair:
    repeat_reason = f"{REPEATS}{repeated_question}" if repeated_question else ""
    repeats_column = shared_check_column(float(not repeated_question), not repeated_question, repeat_reason, "rule")
    return msgspec.structs.replace(pair, checks={**pair.checks, "duplicates": repeats_column})
