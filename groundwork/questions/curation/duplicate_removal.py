"""Repeated questions among the pairs of a run: the same words within a document first, the same sense last.

What is asked about a document must not depend on other documents, since shards ask about theirs alone: before models
are asked, only pairs of one document in the same words are taken out. All else is looked for among the pairs that
stay once every other check is done, so that a pair that is turned down stands for no other.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import msgspec

from groundwork.data_folder.disk_backed_lists import LazySequence
from groundwork.data_folder.runs.obeyed_decisions import Review
from groundwork.language.words import normalised_words
from groundwork.questions.curation.kept_and_rejected import CheckedPair, first_failed_check
from groundwork.questions.curation.rule_checks import shared_column
from groundwork.questions.duplicates.duplicate_rule import question_of
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.records.pair_record import Pair


def split_same_words(pairs: Sequence[Pair], review: Review) -> tuple[list[Pair], list[Pair]]:
    """(the pairs whose words no other pair of their document has, in order; those that repeat one)."""
    first_pairs: dict[tuple[str, str], Pair] = {}
    repeated_by_index: dict[int, str] = {}
    for index in _review_order(pairs, review):
        pair = pairs[index]
        first_pair = first_pairs.setdefault((pair.document, normalised_words(pair.question)), pair)
        if first_pair is not pair:
            repeated_by_index[index] = first_pair.question
    checked_pairs = [_add_duplicates_column(pair, repeated_by_index.get(index, "")) for index, pair in enumerate(pairs)]
    unique = [pair for index, pair in enumerate(checked_pairs) if index not in repeated_by_index]
    return unique, [pair for index, pair in enumerate(checked_pairs) if index in repeated_by_index]


async def repeated_questions(
    checked_pairs: Sequence[CheckedPair], review: Review, earlier_questions: EarlierQuestions
) -> dict[int, str]:
    """By its place, of each pair that would stay and asks what an earlier one asks that stays: the earlier question."""
    indexes_by_turn: dict[int, array[int]] = {0: array("q"), 1: array("q"), 2: array("q")}
    for index, checked_pair in enumerate(checked_pairs):
        if _would_stay(checked_pair, review):
            indexes_by_turn[_review_turn(checked_pair.checked, review)].append(index)
    order = indexes_by_turn[0] + indexes_by_turn[1] + indexes_by_turn[2]
    repeated = await earlier_questions.find_repeats(
        LazySequence(order, lambda index: question_of(checked_pairs[index].checked))
    )
    return {
        index: earlier_question for index, earlier_question in zip(order, repeated, strict=True) if earlier_question
    }


def mark_repeat(checked_pair: CheckedPair, index: int, repeats: Mapping[int, str]) -> CheckedPair:
    """The pair with what `repeated_questions` found of it."""
    if earlier_question := repeats.get(index):
        return CheckedPair.of(checked_pair.pair, _add_duplicates_column(checked_pair.checked, earlier_question))
    return checked_pair


def _would_stay(checked_pair: CheckedPair, review: Review) -> bool:
    """Would the pair be kept: by its checks, by a person, or unchecked?"""
    decision = review.decision_about(checked_pair.pair)
    if decision is not None:
        return decision.accepts
    return bool(checked_pair.status) or not first_failed_check(checked_pair.checked)


def _review_order(pairs: Sequence[Pair], review: Review) -> list[int]:
    """The places of what people accepted first and of what they rejected last: no pair repeats one that goes."""
    return sorted(range(len(pairs)), key=lambda index: _review_turn(pairs[index], review))


def _review_turn(pair: Pair, review: Review) -> int:
    decision = review.decision_about(pair)
    return 1 if decision is None else 0 if decision.accepts else 2


def _add_duplicates_column(pair: Pair, earlier_question: str) -> Pair:
    reason = f"repeats: {earlier_question}" if earlier_question else ""
    column = shared_column(float(not earlier_question), not earlier_question, reason, "rule")
    return msgspec.structs.replace(pair, checks={**pair.checks, "duplicates": column})
