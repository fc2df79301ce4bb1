"""The numbers that an answer may give although they stand nowhere: counted, computed or converted from what does.

A count is one of things that are listed, in words or in answer to "how many". A sum, difference, product or quotient is
one that the answer writes out ("1000 + 40 + 15"); in a pair that reasons a sum or difference of two numbers of evidence
and question need not be. A conversion is to another unit of the same quantity. Nothing else is worked out: an invented
number stays one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import floor, isclose
from typing import Protocol

from groundwork.language.list_conjunctions import list_lengths
from groundwork.language.names_and_codes import codes
from groundwork.language.numbers import (
    Number,
    alternative_readings,
    join_thousands,
    numbers,
    scales,
    without_latex,
    without_scales,
)
from groundwork.language.units_and_currencies import in_smallest_units
from groundwork.markdown.figures import is_figure
from groundwork.markdown.grounding import SourceText
from groundwork.questions.arithmetic_expressions import (
    ArithmeticExpression,
    is_plain_number,
    numeric_readings,
    written_expressions,
)

_MAX_CALCULATIONS = 100  # of one answer
_PERCENT_FACTOR = 100.0  # by which a share is multiplied
_MAX_NUMBER_PAIRS = 300  # of numbers that an answer states


def numbers_by_calculation(answer: str, given: set[float], shares: set[float], language: str) -> list[Number]:
    """The numbers of an answer that come of a calculation in it, where this starts from what is given or computed.

    `given`: numbers of question and evidence; `shares`: percentages among them, as parts of 1;
    `language`: whose number words count.
    """
    answer = f"= {answer}"  # behind a sign stands no label
    written_calculations = list(islice(written_expressions(answer, language), _MAX_CALCULATIONS))
    stated_numbers = [number for number in numbers(answer, spelled=language) if is_plain_number(number.value)]
    numbers_not_given = [number for number in stated_numbers if float(number.value) not in given][:_MAX_CALCULATIONS]
    stated_values = {value for number in stated_numbers for value in numeric_readings(number)}
    calculated_so_far: list[Number] = []
    while numbers_not_given:
        given_or_calculated = given | {value for number in calculated_so_far for value in numeric_readings(number)}
        factors = shares | {_PERCENT_FACTOR}  # that a calculation may hold without their being given
        calculations_from_given = [
            calculation for calculation in written_calculations if calculation.operands <= given_or_calculated | factors
        ]
        calculation_results = _CalculationResults(
            calculations_from_given,
            _factors_and_counts(calculations_from_given, factors),
            _unwritten_results(stated_values & given_or_calculated, shares),
            {_PERCENT_FACTOR * share for share in shares},
        )
        newly_calculated = [number for number in numbers_not_given if calculation_results.give(number)]
        if not newly_calculated:
            break
        calculated_so_far += newly_calculated
        numbers_not_given = [number for number in numbers_not_given if number not in newly_calculated]
    return calculated_so_far


@dataclass(frozen=True)
class _CalculationResults:
    """What comes of the calculations that an answer writes out, and of its numbers without a sign."""

    calculations: Sequence[ArithmeticExpression]
    used: set[float]  # in them without being given: parts of 1 for percentages, 100, the count of a mean
    unwritten: set[float]
    percentages: set[float]

    def give(self, number: Number) -> bool:
        if any(calculation.gives(number) for calculation in self.calculations):
            return True
        unwritten_results = self.unwritten | (self.percentages if number.unit == "percent" else set())
        return any(
            value in self.used or any(isclose(value, result) for result in unwritten_results)
            for value in numeric_readings(number)
        )


def _factors_and_counts(used_calculations: Sequence[ArithmeticExpression], factors: set[float]) -> set[float]:
    """Those of `factors` that the calculations hold, and the counts of their means."""
    used_factors = {value for calculation in used_calculations for value in calculation.operands} & factors
    return used_factors | {calculation.count for calculation in used_calculations if calculation.count is not None}


def _unwritten_results(number_values: set[float], shares: set[float]) -> set[float]:
    """What an answer that states its grounds may say without a sign: what comes of two numbers, of all, and shares."""
    stated_number_pairs = islice(combinations(sorted(number_values), 2), _MAX_NUMBER_PAIRS)
    results_of_pairs = {
        result for first, second in stated_number_pairs for result in (first + second, second - first, first * second)
    }
    total_of_numbers = {sum(number_values)} if len(number_values) > 1 else set()
    return results_of_pairs | total_of_numbers | {value * share for value in number_values for share in shares}


Quantity = tuple[float, str]  # a value and its unit, "" for none

_ONE_AS_PRONOUN = re.compile(
    r"\b(?:an?|the|each|every|this|that|which|another|any|no|some|whichever)\s+(?:[\w-]+\s+){0,2}one\b"
    r"|\bone(?=\s*(?:[.,;:)?!]|$)|\s+(?:of|with|that|which|who|for|in|on|at|by|to|from|is|was|has|can|may|must|another)\b)",
    re.IGNORECASE,
)
_ASKS_HOW_MANY = re.compile(r"\bhow (?:many|much|long|often)\b", re.IGNORECASE)
_WORDS_BEFORE_COUNT = re.compile(r"\s|\b(?:it|they|there|is|are|has|have|in|all|exactly)\b", re.IGNORECASE)
_CALCULATED_TOTAL = re.compile(r"^\s*[:(]|\b(?:together|in all|altogether|in total|sum)\b", re.IGNORECASE)
_NUMBER_BEFORE_OR_AFTER = re.compile(r"\b(?:next|following|previous|day (?:before|after))\b", re.IGNORECASE)


class AnsweredQuestion(Protocol):
    """A draft or a pair."""

    @property
    def question(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def evidence(self) -> Sequence[str]: ...
    @property
    def difficulty(self) -> str: ...
    @property
    def category(self) -> str: ...


def unsupported_numbers(grounds: SourceText, pair: AnsweredQuestion) -> list[str]:
    """Why the pair does not rest on the text, as SourceText.faults; numbers that are worked out count as said.

    What an answer says of a figure cannot be held against the text: then only its evidence is looked up.
    """
    if any(is_figure(quote) for quote in pair.evidence):
        return grounds.faults("", "", pair.evidence)
    answer = without_latex(pair.answer)
    readings_of_answer = [answer, join_thousands(answer), without_scales(answer, scales(grounds.text))]
    number_faults: list[str] = []
    for answer_reading in dict.fromkeys(readings_of_answer):  # 2 000; "784 million", of a table in millions
        calculated_text = _calculated_number_text(pair, answer_reading, grounds.word_language)
        if not (number_faults := grounds.faults(f"{pair.question} {calculated_text}", answer_reading, pair.evidence)):
            return []
    return number_faults


def _calculated_number_text(pair: AnsweredQuestion, answer: str, language: str) -> str:
    """The numbers of the answer that follow from others, with their units, in order and apart by commas."""
    source_quantities = list(_read_quantities(" ".join([pair.question, *pair.evidence]), language))
    if _NUMBER_BEFORE_OR_AFTER.search(" ".join(pair.evidence)):
        source_quantities.append((1.0, ""))
    source_values = {source_value for source_value, _ in source_quantities}
    numbers_not_in_sources = [
        (answer_number, source_value)
        for answer_number in numbers(answer, spelled=language)
        if (source_value := _numeric_value(answer_number)) is not None and source_value not in source_values
    ]
    calculated_numbers = [
        answer_number
        for answer_number, source_value in numbers_not_in_sources
        if _is_calculated_number(answer_number, source_value, pair, answer, source_quantities, language)
    ]
    source_text = join_thousands(f"{pair.question}\n{' '.join(pair.evidence)}")
    given_numbers = [*calculated_numbers, *numbers(source_text)]
    given_values = source_values | {value for number in given_numbers for value in numeric_readings(number)}
    given_values |= set(map(float, filter(is_plain_number, alternative_readings(source_text, language))))
    calculated_quantities = [f"{number.value} {number.unit}".strip() for number in calculated_numbers]
    for number in numbers_by_calculation(answer, given_values, _percentage_shares(source_quantities), language):
        calculated_quantities.append(f"{number.value} percent" if number.unit == "percent" else number.value)
    return ", ".join(dict.fromkeys(calculated_quantities))


def _percentage_shares(source_quantities: Iterable[Quantity]) -> set[float]:
    """The percentages of the sources as parts of 1, and what is left without them or comes with them."""
    given_shares = {value / 100 for value, unit in source_quantities if unit == "percent"}
    return given_shares and {1.0, *given_shares, *(1 + sign * share for share in given_shares for sign in (-1, 1))}


def _is_calculated_number(
    answer_number: Number,
    answer_value: float,
    pair: AnsweredQuestion,
    answer: str,
    source_quantities: Sequence[Quantity],
    language: str,
) -> bool:
    """Is it a pronoun, a count, a total, a conversion, or in a pair that reasons what comes of two numbers?"""
    number_span = answer_number.start, answer_number.end
    if answer_value == 1 and _is_pronoun(answer, *number_span):
        return True
    text_before_number, text_after_number = answer[: answer_number.start], answer[answer_number.end :]
    asks_how_many = _ASKS_HOW_MANY.search(pair.question) is not None
    answers_how_many = asks_how_many and not _WORDS_BEFORE_COUNT.sub("", text_before_number)
    may_be_count = not answer_number.unit and (answer[slice(*number_span)].isalpha() or answers_how_many)
    if may_be_count and answer_value in set(_list_counts(pair, answer, language)):
        return True
    if answers_how_many and _CALCULATED_TOTAL.search(text_after_number):
        addends = [addend for addend, _ in _read_quantities(text_after_number, language)]
        if isclose(answer_value, sum(addends)):
            return True
    is_reasoning_pair = pair.difficulty == "hard" or pair.category in ("reasoning", "comparison")
    return _is_converted(answer_value, answer_number.unit, source_quantities) or (
        is_reasoning_pair and _is_sum_or_difference(answer_value, answer_number.unit, source_quantities)
    )


def _is_pronoun(answer: str, number_start: int, number_end: int) -> bool:
    pronoun_matches = _ONE_AS_PRONOUN.finditer(answer)
    return any(match.end() == number_end or match.start() == number_start for match in pronoun_matches)


def _read_quantities(source_text: str, language: str) -> Iterator[Quantity]:
    for source_number in numbers(source_text, spelled=language):
        if (source_value := _numeric_value(source_number)) is not None:
            yield source_value, source_number.unit


def _numeric_value(number: Number) -> float | None:
    number_digits = number.value.replace(".", "", 1)
    is_numeric = len(number.value) < 12 and number_digits.isdigit() and number_digits.isascii()
    return float(number.value) if is_numeric else None


def _list_counts(pair: AnsweredQuestion, answer: str, language: str) -> Iterator[float]:
    """How many things stand in each list of question and answer, how many rows or items are quoted."""
    for counted_text in (pair.question, answer):
        yield from list_lengths(counted_text, language)
    yield float(len(set(codes(f"{pair.question} {answer}"))))
    yield float(len([quoted_row for quote in pair.evidence for quoted_row in quote.splitlines() if quoted_row.strip()]))


def _is_converted(converted_value: float, unit: str, source_quantities: Iterable[Quantity]) -> bool:
    """Is it one of the numbers that are given with a unit, in another unit of the same quantity?"""
    smallest_unit_value = in_smallest_units(converted_value, unit)
    return smallest_unit_value is not None and any(
        source_unit != unit
        and (source_in_smallest := in_smallest_units(source_value, source_unit)) is not None
        and source_in_smallest[0] == smallest_unit_value[0]
        and isclose(smallest_unit_value[1], source_in_smallest[1])
        for source_value, source_unit in source_quantities
    )


def _is_sum_or_difference(summed_value: float, unit: str, source_quantities: Iterable[Quantity]) -> bool:
    """Is it the sum or difference of two quantities of one unit, or one without its fraction?"""
    rounded_quantities = {(float(floor(source_value)), source_unit) for source_value, source_unit in source_quantities}
    return any(
        summed_value == source_value and unit in ("", source_unit) for source_value, source_unit in rounded_quantities
    ) or any(
        first != second
        and (first_unit == second_unit or not (first_unit and second_unit))
        and unit in ("", first_unit, second_unit)
        and (isclose(summed_value, first + second) or isclose(summed_value, abs(first - second)))
        for (first, first_unit), (second, second_unit) in combinations({*source_quantities, *rounded_quantities}, 2)
    )
