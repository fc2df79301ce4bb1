"""Repeated questions among the pairs of a run: the same words within a document first, the same sense last.

What is asked about a document must not depend on other documents, since shards ask about theirs alone: before models
are asked, only pairs of one document in the same words are taken out. All else is looked for among the pairs that
stay once every other check is done, so that a pair that is turned down stands for no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundwork.errors import UnitError
from groundwork.questions.curation_checks import column_of
from groundwork.questions.duplicate_questions import AskedSoFar
from groundwork.questions.question_differences import asked_by, normalised
from groundwork.records.run_pairs import Review
from groundwork.records.types import Pair

Judged = tuple[Pair, Pair | UnitError]  # a pair, and what the checks made of it


def same_words(pairs: Sequence[Pair], review: Review) -> tuple[list[Pair], list[Pair]]:
    """(the pairs whose words no other pair of their document has, in order; those that repeat one)."""
    first: dict[tuple[str, str], Pair] = {}
    repeats: dict[int, str] = {}
    for place in _in_turn(pairs, review):
        pair = pairs[place]
        earlier = first.setdefault((pair.document, normalised(pair.question)), pair)
        if earlier is not pair:
            repeats[place] = earlier.question
    columned = [_with_column(pair, repeats.get(place, "")) for place, pair in enumerate(pairs)]
    unique = [pair for place, pair in enumerate(columned) if place not in repeats]
    return unique, [pair for place, pair in enumerate(columned) if place in repeats]


async def without_repeats(judged: Sequence[Judged], review: Review, asked: AskedSoFar) -> list[Judged]:
    """`judged`, with those turned down that would stay and ask what an earlier one asks that stays."""
    staying = {place: pair for place, one in enumerate(judged) if (pair := _staying(*one, review))}
    pairs = list(staying.values())
    order = _in_turn(pairs, review)
    found = await asked.sift([asked_by(pairs[number]) for number in order])
    repeats = dict(zip(order, found, strict=True))
    result = list(judged)
    for number, (place, pair) in enumerate(staying.items()):
        if earlier := repeats[number]:
            result[place] = judged[place][0], _with_column(pair, earlier)
    return result


def _staying(pair: Pair, checked: Pair | UnitError, review: Review) -> Pair | None:
    """The pair as it would be kept: by its checks, by a person, or unchecked; None where it is turned down."""
    decision, result = review.of(pair), pair if isinstance(checked, UnitError) else checked
    if decision is not None:
        return result if decision.accepts else None
    return result if all(column["passed"] for column in result.checks.values()) else None


def _in_turn(pairs: Sequence[Pair], review: Review) -> list[int]:
    """The places of what people accepted first and of what they rejected last: no pair repeats one that goes."""

    def turn(place: int) -> int:
        decision = review.of(pairs[place])
        return 1 if decision is None else 0 if decision.accepts else 2

    return sorted(range(len(pairs)), key=turn)


def _with_column(pair: Pair, earlier: str) -> Pair:
    why = f"repeats: {earlier}" if earlier else ""
    column = column_of(float(not earlier), not earlier, why, "rule")
    return msgspec.structs.replace(pair, checks={**pair.checks, "duplicates": column})
