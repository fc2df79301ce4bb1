"""Repeated questions among the pairs of a run: the same words within a document first, the same sense last.

What is asked about a document must not depend on other documents, since shards ask about theirs alone: before models
are asked, only pairs of one document in the same words are taken out. All else is looked for among the pairs that
stay once every other check is done, so that a pair that is turned down stands for no other.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import msgspec

from groundwork.language.words import normalised_words
from groundwork.questions.curation.outcome import CheckedPair, first_failed
from groundwork.questions.curation.rule_checks import column_of
from groundwork.questions.duplicates.duplicate_rule import asked_by
from groundwork.questions.duplicates.duplicate_search import AskedSoFar
from groundwork.records.disk_backed_lists import LazySequence
from groundwork.records.pair_record import Pair
from groundwork.records.run_pairs import Review


def same_words(pairs: Sequence[Pair], review: Review) -> tuple[list[Pair], list[Pair]]:
    """(the pairs whose words no other pair of their document has, in order; those that repeat one)."""
    first: dict[tuple[str, str], Pair] = {}
    repeats: dict[int, str] = {}
    for place in _in_turn(pairs, review):
        pair = pairs[place]
        earlier = first.setdefault((pair.document, normalised_words(pair.question)), pair)
        if earlier is not pair:
            repeats[place] = earlier.question
    columned = [_with_column(pair, repeats.get(place, "")) for place, pair in enumerate(pairs)]
    unique = [pair for place, pair in enumerate(columned) if place not in repeats]
    return unique, [pair for place, pair in enumerate(columned) if place in repeats]


async def repeated_questions(judged: Sequence[CheckedPair], review: Review, asked: AskedSoFar) -> dict[int, str]:
    """By its place, of each pair that would stay and asks what an earlier one asks that stays: the earlier question."""
    turns: dict[int, array[int]] = {0: array("q"), 1: array("q"), 2: array("q")}
    for place, one in enumerate(judged):
        if _stays(one, review):
            turns[_turn(one.checked, review)].append(place)
    order = turns[0] + turns[1] + turns[2]
    found = await asked.sift(LazySequence(order, lambda place: asked_by(judged[place].checked)))
    return {place: earlier for place, earlier in zip(order, found, strict=True) if earlier}


def with_repeats(one: CheckedPair, place: int, repeats: Mapping[int, str]) -> CheckedPair:
    """The pair with what `repeated_questions` found of it."""
    if earlier := repeats.get(place):
        return CheckedPair.of(one.pair, _with_column(one.checked, earlier))
    return one


def _stays(one: CheckedPair, review: Review) -> bool:
    """Would the pair be kept: by its checks, by a person, or unchecked?"""
    decision = review.decision_about(one.pair)
    if decision is not None:
        return decision.accepts
    return bool(one.status) or not first_failed(one.checked)


def _in_turn(pairs: Sequence[Pair], review: Review) -> list[int]:
    """The places of what people accepted first and of what they rejected last: no pair repeats one that goes."""
    return sorted(range(len(pairs)), key=lambda place: _turn(pairs[place], review))


def _turn(pair: Pair, review: Review) -> int:
    decision = review.decision_about(pair)
    return 1 if decision is None else 0 if decision.accepts else 2


def _with_column(pair: Pair, earlier: str) -> Pair:
    why = f"repeats: {earlier}" if earlier else ""
    column = column_of(float(not earlier), not earlier, why, "rule")
    return msgspec.structs.replace(pair, checks={**pair.checks, "duplicates": column})
