"""Verdicts without a judge: on criteria that ask for one number, one date or one name, where a rule is sure.

A rule that is not sure says nothing, and the judge decides. It is not sure of an answer that negates or hedges, that
names other values beside the right one, or that is not in English (other languages' negations are not known here).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from groundwork.language.dates_and_times import dates, without_dates
from groundwork.language.language_and_script import is_english
from groundwork.language.names_and_codes import names
from groundwork.language.negations_and_duties import is_negated
from groundwork.language.numbers import Number, alternative_readings, numbers
from groundwork.language.units_and_currencies import canonical_unit
from groundwork.language.words import normalised_words, whole_word_pattern, words
from groundwork.records import Verdict

VERBS_ALLOWED = 1  # words that may stand beside the number, date or name: "States 75 seconds"
LONGEST_NAME = 5  # words
NO_PARAPHRASE = 100  # from here on a number is given in digits or number words: none says "a dozen" for it
_HEDGE_WORDS = frozenset(
    words(
        "or either maybe perhaps possibly probably unsure between instead rather false wrong incorrect untrue opposite"
    )
)


class RuleVerdict(NamedTuple):
    """A verdict that is sure, and its reason."""

    verdict: Verdict
    reason: str


def grade_by_rule(criterion: str, question: str, answer: str) -> RuleVerdict | None:
    """The verdict on `answer` where a rule is sure of it, else None."""
    if not answer.strip():
        return RuleVerdict("unmet", "the answer is empty")
    if not is_english(f"{question} {answer}"):
        return None
    is_plain_answer = not (is_negated(answer) or _HEDGE_WORDS & set(normalised_words(answer).split()))
    return (
        _verdict_by_date(criterion, answer, is_plain_answer)
        or _verdict_by_number(criterion, question, answer, is_plain_answer)
        or (_verdict_by_name(criterion, question, answer) if is_plain_answer else None)
    )


def _verdict_by_date(criterion: str, answer: str, is_plain_answer: bool) -> RuleVerdict | None:
    rule_dates, rule_without_dates = dates(criterion), without_dates(criterion)
    if len(rule_dates) != 1 or numbers(rule_without_dates) or len(words(rule_without_dates)) > VERBS_ALLOWED:
        return None
    return (
        RuleVerdict("met", "the answer gives this date and no other")
        if is_plain_answer and dates(answer) == rule_dates
        else None
    )


def _verdict_by_number(criterion: str, question: str, answer: str, is_plain_answer: bool) -> RuleVerdict | None:
    rule_numbers = numbers(criterion)
    rule_units = [word for word in words(criterion) if canonical_unit(word)]
    if len(rule_numbers) != 1 or len(words(criterion)) - len(rule_units) > VERBS_ALLOWED or dates(criterion):
        return None
    (rule_number,) = rule_numbers
    ruled_out_values = {number.amount for number in numbers(question, spelled="en")}
    if rule_number.amount in ruled_out_values or dates(answer):
        return None
    ruled_numbers = [number for number in numbers(answer, spelled="en") if number.amount not in ruled_out_values]
    if (
        is_plain_answer
        and ruled_numbers
        and {(number.amount, number.unit) for number in ruled_numbers} == {(rule_number.amount, rule_number.unit)}
    ):
        return RuleVerdict("met", "the answer gives this number and no other")
    return _verdict_by_missing_number(rule_number, ruled_numbers, answer)


def _verdict_by_missing_number(rule_number: Number, ruled_numbers: list[Number], answer: str) -> RuleVerdict | None:
    """Unmet, where the answer gives other numbers of this unit alone, or no quantity at all."""
    ruled_units = {unit for word in words(answer) if (unit := canonical_unit(word))}
    if (
        rule_number.unit
        and ruled_numbers
        and {number.unit for number in ruled_numbers} == {rule_number.unit} == ruled_units | {rule_number.unit}
    ):
        if all(number.amount != rule_number.amount for number in ruled_numbers):
            return RuleVerdict("unmet", f"the answer gives {ruled_numbers[0].value} {rule_number.unit} instead")
    elif not ruled_numbers and not ruled_units and not numbers(answer, spelled="en"):
        is_large_number = "." not in rule_number.value and int(rule_number.value) >= NO_PARAPHRASE
        if is_large_number and not alternative_readings(answer, "en"):
            return RuleVerdict("unmet", "the answer gives no number")
    return None


def _verdict_by_name(criterion: str, question: str, answer: str) -> RuleVerdict | None:
    """Met, where the answer gives the name and no other; that it lacks a name may only mean another form of it."""
    rule_words = criterion.strip().rstrip(".").split()[1:]
    if not 0 < len(rule_words) <= LONGEST_NAME or not all(word[0].isupper() for word in rule_words):
        return None
    rule_name = " ".join(rule_words)
    if rule_name in question or not whole_word_pattern(rule_name).search(answer):
        return None
    other_names = names(answer) - names(question) - {word.lower() for word in words(rule_name)}
    other_names -= {word.lower() for word in re.findall(r"\w+", rule_name)}
    return None if other_names else RuleVerdict("met", "the answer gives this name and no other")
