"""Repeated pairs: those in the words of another of their document, and those that ask what an earlier pair asks.

What is asked about a document must not depend on other documents, since shards ask about theirs alone: before models
are asked, only pairs of one document in the same words are taken out. All else is looked for among the pairs that stay
once every other check is done, so that a pair that is turned down stands for no other.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence, Set

import msgspec

from groundwork.data_folder.disk_backed_lists import LazySequence
from groundwork.data_folder.runs.kept_and_rejected_pairs import rejected_pair
from groundwork.data_folder.runs.review_decisions import StandingReview
from groundwork.installation import as_typed
from groundwork.language.words import normalised_words
from groundwork.message_wording import counted, list_names, name_order
from groundwork.questions.curation.checked_pairs import CheckedPair, first_failed_check, shared_check_column
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.duplicates.question_comparison import asked_question
from groundwork.records import Pair, Rejected

DOCUMENTS_NAMED = 5
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


def mark_repeated_pair(checked_pair: CheckedPair, index: int, questions_by_index: Mapping[int, str]) -> CheckedPair:
    """The pair with what `repeated_questions_by_index` found of it."""
    if repeated_question := questions_by_index.get(index):
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


async def count_lost_repeats(
    kept_pairs: Sequence[Pair], rejected_pairs: Sequence[Rejected], search: EarlierQuestions, checked_columns: Set[str]
) -> Counter[str]:
    """By document, how many pairs were rejected as repeats alone and repeat no question any more that `search` knows.

    `checked_columns`: those that a pair has which went through all other checks.
    """
    repeat_indexes = [i for i, rejected in enumerate(rejected_pairs) if _is_repeat_alone(rejected, checked_columns)]
    repeats = LazySequence(repeat_indexes, lambda index: asked_question(rejected_pair(rejected_pairs[index])))
    kept_wordings = {wording for pair in kept_pairs for wording in (pair.question, pair.original_question)}
    lost_repeats: Counter[str] = Counter()
    for index, repeated_question in zip(repeat_indexes, await search.find_duplicates(repeats), strict=True):
        lost_repeat = rejected_pairs[index]
        if not repeated_question and lost_repeat.detail.removeprefix(REPEATS) not in kept_wordings:
            lost_repeats[lost_repeat.document] += 1
    return lost_repeats


def _is_repeat_alone(rejection: Rejected, checked_columns: Set[str]) -> bool:
    """Did the pair pass all other checks? In the words of another one of its document it went through none."""
    pair = rejected_pair(rejection)
    return pair.checks.keys() >= checked_columns and rejection.reason == "duplicates" == first_failed_check(pair)


def lost_repeat_warnings(lost_repeats: Counter[str]) -> list[str]:
    """What was found to be lost, and how it comes back."""
    if not lost_repeats:
        return []
    documents = list_names(sorted(lost_repeats, key=name_order), DOCUMENTS_NAMED)
    one_lost_repeat = f"pair of {documents} stands rejected as a repeat of a question that is gone"
    more_lost_repeats = f"pairs of {documents} stand rejected as repeats of questions that are gone"
    lost_count = counted(lost_repeats.total(), one_lost_repeat, more_lost_repeats)
    return [as_typed(f"{lost_count}; to look at them again: uv run dataprep/curate.py")]
