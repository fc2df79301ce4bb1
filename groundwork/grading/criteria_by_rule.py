"""Criteria that need no judge: those that ask for one number, one date or one name, where a rule is sure.

A rule that is not sure says nothing, and the judge decides. It is not sure of an answer that negates or hedges, that
names other values beside the right one, or that is not in English (other languages' negations are not known here).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from groundwork.language.dates import dates, without_dates
from groundwork.language.detection import is_english
from groundwork.language.names import names
from groundwork.language.numbers import Number, alternative_readings, canonical_unit, numbers
from groundwork.language.opposites import is_negated
from groundwork.language.words import whole_word_pattern, words
from groundwork.records.grades import Verdict

VERBS = 1  # words that may stand beside the number, date or name: "States 75 seconds"
LONGEST_NAME = 5  # words
NO_PARAPHRASE = 100  # from here on a number is given in digits or number words: none says "a dozen" for it
_HEDGE = re.compile(r"\b(?:or|either|maybe|perhaps|possibly|probably|unsure|between|instead|rather)\b", re.IGNORECASE)


class Settled(NamedTuple):
    """A verdict that is sure, and its reason."""

    verdict: Verdict
    reason: str


def settle(criterion: str, question: str, answer: str) -> Settled | None:
    """The verdict on `answer` where a rule is sure of it, else None."""
    if not answer.strip():
        return Settled("unmet", "the answer is empty")
    if not is_english(f"{question} {answer}"):
        return None
    plain = not (is_negated(answer) or _HEDGE.search(answer))
    return _by_date(criterion, answer, plain) or _by_number(criterion, question, answer, plain) or (
        _by_name(criterion, question, answer) if plain else None
    )  # fmt: skip


def _by_date(criterion: str, answer: str, plain: bool) -> Settled | None:
    wanted, rest = dates(criterion), without_dates(criterion)
    if len(wanted) != 1 or numbers(rest) or len(words(rest)) > VERBS:
        return None
    return Settled("met", "the answer gives this date and no other") if plain and dates(answer) == wanted else None


def _by_number(criterion: str, question: str, answer: str, plain: bool) -> Settled | None:
    wanted = numbers(criterion)
    units = [word for word in words(criterion) if canonical_unit(word)]
    if len(wanted) != 1 or len(words(criterion)) - len(units) > VERBS or dates(criterion):
        return None
    (number,) = wanted
    asked = {other.value for other in numbers(question, spelled=True)}
    if number.value in asked or dates(answer):
        return None
    given = [other for other in numbers(answer, spelled=True) if other.value not in asked]
    if plain and given and {(other.value, other.unit) for other in given} == {(number.value, number.unit)}:
        return Settled("met", "the answer gives this number and no other")
    return _lacking(number, given, answer)


def _lacking(number: Number, given: list[Number], answer: str) -> Settled | None:
    """Unmet, where the answer gives other numbers of this unit alone, or no quantity at all."""
    named = {unit for word in words(answer) if (unit := canonical_unit(word))}
    if number.unit and given and {other.unit for other in given} == {number.unit} == named | {number.unit}:
        if all(other.value != number.value for other in given):
            return Settled("unmet", f"the answer gives {given[0].value} {number.unit} instead")
    elif not given and not named and not numbers(answer, spelled=True):
        large = "." not in number.value and int(number.value) >= NO_PARAPHRASE
        if large and not alternative_readings(answer, english=True):
            return Settled("unmet", "the answer gives no number")
    return None


def _by_name(criterion: str, question: str, answer: str) -> Settled | None:
    """Met, where the answer gives the name and no other; that it lacks a name may only mean another form of it."""
    _, *name = criterion.strip().rstrip(".").split()
    if not 0 < len(name) <= LONGEST_NAME or not all(word[0].isupper() for word in name):
        return None
    phrase = " ".join(name)
    if phrase in question or not whole_word_pattern(phrase).search(answer):
        return None
    others = names(answer) - names(question) - {word.lower() for word in words(phrase)}
    others -= {word.lower() for word in re.findall(r"\w+", phrase)}
    return None if others else Settled("met", "the answer gives this name and no other")
