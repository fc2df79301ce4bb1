"""The numbers that an answer may give although they stand nowhere: counted, computed or converted from what does.

A count is one of things that are listed, in words or in answer to "how many". A sum, difference, product or quotient is
one that the answer writes out ("1000 + 40 + 15"); in a pair that reasons a sum or difference of two numbers of evidence
and question need not be. A conversion is to another unit of the same quantity. Nothing else is worked out: an invented
number stays one.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import floor, isclose
from typing import Protocol

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
from groundwork.language.units import in_smallest_units
from groundwork.markdown.figures import is_figure
from groundwork.markdown.grounding import SourceText

_MAX_SIGN_GAP = 40  # characters between two numbers of a calculation: a unit, a sign, a currency
_MAX_CALCULATION_NUMBERS = 40  # of one calculation
_MAX_CALCULATIONS = 100  # of one answer
_PERCENT_FACTOR = 100.0  # by which a share is multiplied
_MAX_NUMBER_PAIRS = 300  # of numbers that an answer states
# what stands for a sign; "at" and "each" multiply, for nothing counts but what really comes of it
_ARITHMETIC_SIGNS = {
    "*": r"[×·∙*x]|\b(?:times|multiplied by|at|mal|zu je|zu|à|je|fois|por|a)\b",
    "/": r"[/÷]|(?<=\s):(?=\s)|\b(?:divided by|geteilt durch|durch|divisé par|dividido (?:por|entre)|entre)\b",
    "+": r"\+|\b(?:plus|más)\b",
    "-": r"[−–-]|\b(?:minus|less|moins|menos)\b",
}
_PLAIN_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,15})?")  # no time, no number of a version
_DOTTED_NUMBER = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_CURRENCY_SIGN = r"(?:[\\$€£¥]|\b(?:EUR|USD|GBP|CHF)\b)"
_UNIT_AFTER_NUMBER = r"(?:\s*+(?:\\?[%°$€£¥]|[^\W\d_][\w./²³]*+))*?"
_SIGN_BETWEEN_NUMBERS = re.compile(
    rf"{_UNIT_AFTER_NUMBER}\s*+(?P<closing>\)*+)\s*+"
    rf"(?:{'|'.join(f'({sign})' for sign in _ARITHMETIC_SIGNS.values())})\s*+"
    rf"(?P<opening>\(*+)\s*+{_CURRENCY_SIGN}?\s*+",
    re.IGNORECASE,
)
_SHARE_OF = re.compile(
    rf"\s*+\\?(?:%|[^\W\d_]++)\s(?:of|von|vom|der|des?|du|del|di)(?:\s[^\W\d_]++)?\s*+{_CURRENCY_SIGN}?\s*+",
    re.IGNORECASE,
)
_CLOSING_BRACKETS = re.compile(rf"{_UNIT_AFTER_NUMBER}\s*+(\)++)")
_ARITHMETIC_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
}


@dataclass(frozen=True)
class Calculation:
    """The numbers that it starts from, and what comes of it: with percentages as they stand, and as hundredths."""

    operands: frozenset[float]
    results: tuple[float, ...]
    divides: bool
    count: float | None = None  # of what is added up, where the sum is divided by it: a mean

    def gives(self, number: Number) -> bool:
        """Is it the result, or a quotient or fraction rounded to the decimal places of the number?"""
        hundredfold_results = [100 * result for result in self.results] if number.unit == "percent" else []
        return any(
            self._is_rounded_result(abs(result), written_value)
            for written_value in _written_values(number)
            for result in (*self.results, *hundredfold_results)
        )

    def _is_rounded_result(self, result: float, value: str) -> bool:
        decimal_places = len(value.partition(".")[2])
        rounding_tolerance = 0.5001 * 10**-decimal_places if decimal_places or self.divides else 0.0
        return isclose(float(value), result) or abs(float(value) - result) <= rounding_tolerance


def numbers_by_calculation(answer: str, given: set[float], shares: set[float], language: str) -> list[Number]:
    """The numbers of an answer that come of a calculation in it, where this starts from what is given or computed.

    `given`: numbers of question and evidence; `shares`: percentages among them, as parts of 1;
    `language`: whose number words count.
    """
    answer = f"= {answer}"  # behind a sign stands no label
    written_calculations = list(islice(calculations(answer, language), _MAX_CALCULATIONS))
    stated_numbers = [number for number in numbers(answer, spelled=language) if is_plain_number(number.value)]
    numbers_not_given = [number for number in stated_numbers if float(number.value) not in given][:_MAX_CALCULATIONS]
    stated_values = {value for number in stated_numbers for value in readings(number)}
    computed_so_far: list[Number] = []
    while numbers_not_given:
        given_or_computed = given | {value for number in computed_so_far for value in readings(number)}
        factors = shares | {_PERCENT_FACTOR}  # that a calculation may hold without their being given
        calculations_from_given = [
            calculation for calculation in written_calculations if calculation.operands <= given_or_computed | factors
        ]
        calculation_results = _CalculationResults(
            calculations_from_given,
            _factors_and_counts(calculations_from_given, factors),
            _unwritten_results(stated_values & given_or_computed, shares),
            {_PERCENT_FACTOR * share for share in shares},
        )
        newly_computed_numbers = [number for number in numbers_not_given if calculation_results.give(number)]
        if not newly_computed_numbers:
            break
        computed_so_far += newly_computed_numbers
        numbers_not_given = [number for number in numbers_not_given if number not in newly_computed_numbers]
    return computed_so_far


@dataclass(frozen=True)
class _CalculationResults:
    """What comes of the calculations that an answer writes out, and of its numbers without a sign."""

    calculations: Sequence[Calculation]
    used: set[float]  # in them without being given: parts of 1 for percentages, 100, the count of a mean
    unwritten: set[float]
    percentages: set[float]

    def give(self, number: Number) -> bool:
        if any(calculation.gives(number) for calculation in self.calculations):
            return True
        unwritten_results = self.unwritten | (self.percentages if number.unit == "percent" else set())
        return any(
            value in self.used or any(isclose(value, result) for result in unwritten_results)
            for value in readings(number)
        )


def _factors_and_counts(used_calculations: Sequence[Calculation], factors: set[float]) -> set[float]:
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


def calculations(answer: str, language: str) -> Iterator[Calculation]:
    """The calculations of `answer` in order, each as long as numbers and signs follow each other."""
    terms: list[Number] = []
    signs: list[list[str]] = []
    for answer_number in numbers(answer, spelled=language):
        signs_between_terms = (
            _signs_between(answer, terms[-1], answer_number) if terms and is_plain_number(answer_number.value) else None
        )
        if signs_between_terms is None or len(terms) == _MAX_CALCULATION_NUMBERS:
            yield from _calculations_of_terms(answer, terms, signs)
            terms, signs = [answer_number] if is_plain_number(answer_number.value) else [], []
        else:
            terms.append(answer_number)
            signs.append(signs_between_terms)
    yield from _calculations_of_terms(answer, terms, signs)


def _calculations_of_terms(answer: str, terms: Sequence[Number], signs: Sequence[list[str]]) -> Iterator[Calculation]:
    """That of all terms; and without the first, which may be the result: "20 %: (360 - 300) / 300"."""
    yield from _calculate_terms(answer, terms, signs)
    yield from _calculate_terms(answer, terms[1:], signs[1:])


def _signs_between(text: str, first: Number, second: Number) -> list[str] | None:
    """The brackets and the sign between two numbers of a calculation; None where there is no sign."""
    text_between_numbers = text[first.end : second.start]
    if len(text_between_numbers) > _MAX_SIGN_GAP:
        return None
    if first.unit == "percent" and _SHARE_OF.fullmatch(text_between_numbers):
        return ["*"]
    if not (sign_match := _SIGN_BETWEEN_NUMBERS.fullmatch(text_between_numbers)):
        return None
    arithmetic_sign = next(
        arithmetic_sign
        for arithmetic_sign, written in zip(_ARITHMETIC_SIGNS, sign_match.groups()[1:-1], strict=True)
        if written
    )
    return [*sign_match["closing"], arithmetic_sign, *sign_match["opening"]]


def _calculate_terms(answer: str, terms: Sequence[Number], signs: Sequence[list[str]]) -> Iterator[Calculation]:
    if len(terms) < 2:
        return
    text_before_calculation = answer[max(0, terms[0].start - _MAX_SIGN_GAP) : terms[0].start].rstrip(" \\$€£¥")
    brackets_before = ["("] * (len(text_before_calculation) - len(text_before_calculation.rstrip("(")))
    closing_brackets = _CLOSING_BRACKETS.match(answer[terms[-1].end :][:_MAX_SIGN_GAP])
    brackets_after = list(closing_brackets[1]) if closing_brackets else []
    for reading_index in (0, -1):
        if reading_index and all(len(readings(term)) == 1 for term in terms):
            return
        term_values = [readings(term)[reading_index] for term in terms]
        hundredth_values = [
            value / 100 if term.unit == "percent" else value for term, value in zip(terms, term_values, strict=True)
        ]
        calculated_results = [
            _evaluate_expression(_calculation_expression(brackets_before, operand_values, signs, brackets_after))
            for operand_values in (term_values, hundredth_values)
        ]
        if any(result is not None for result in calculated_results):
            is_division = any("/" in sign for sign in signs) or term_values != hundredth_values
            addend_count = term_values.pop() if _is_mean_calculation(term_values, signs) else None
            yield Calculation(
                frozenset(term_values),
                tuple(result for result in calculated_results if result is not None),
                is_division,
                addend_count,
            )


def is_plain_number(value: str) -> bool:
    """Is it a number that can be computed with, and no time or number of a version?"""
    return _PLAIN_NUMBER.fullmatch(value) is not None


def readings(number: Number) -> list[float]:
    """The value; and a second one where a point may part the thousands, as in German: 1.560. None of a time."""
    return [float(value) for value in _written_values(number) if is_plain_number(value)]


def _written_values(number: Number) -> list[str]:
    return [number.value, *([number.value.replace(".", "")] if _DOTTED_NUMBER.fullmatch(number.value) else [])]


def _is_mean_calculation(term_values: Sequence[float], signs: Sequence[list[str]]) -> bool:
    """Is it a sum that is divided by the number of what is added up?"""
    *signs_of_sum, last_sign = signs
    return (
        len(term_values) > 2
        and term_values[-1] == len(signs)
        and "/" in last_sign
        and all("+" in sign for sign in signs_of_sum)
    )


def _calculation_expression(
    brackets_before: Sequence[str],
    term_values: Sequence[float],
    signs: Sequence[list[str]],
    brackets_after: Sequence[str],
) -> str:
    expression_tokens = [*brackets_before, repr(term_values[0])]
    for arithmetic_sign, term_value in zip(signs, term_values[1:], strict=True):
        expression_tokens += [*arithmetic_sign, repr(term_value)]
    return _without_unpaired_brackets([*expression_tokens, *brackets_after])


def _without_unpaired_brackets(expression_tokens: Sequence[str]) -> str:
    """The tokens as a text without the brackets that have no partner."""
    open_brackets: list[int] = []
    unpaired_brackets: set[int] = set()
    for token_place, expression_sign in enumerate(expression_tokens):
        if expression_sign == "(":
            open_brackets.append(token_place)
        elif expression_sign == ")":
            if open_brackets:
                open_brackets.pop()
            else:
                unpaired_brackets.add(token_place)
    unpaired_brackets.update(open_brackets)
    return "".join(
        expression_token
        for token_place, expression_token in enumerate(expression_tokens)
        if token_place not in unpaired_brackets
    )


def _evaluate_expression(expression: str) -> float | None:
    """What comes of numbers, four operations and brackets; None where they make no expression."""
    try:
        return _evaluate_node(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ZeroDivisionError, OverflowError, MemoryError, RecursionError):
        return None


def _evaluate_node(node: ast.expr) -> float:
    match node:
        case ast.BinOp(left=left, op=sign, right=right):
            return _ARITHMETIC_OPERATIONS[type(sign)](_evaluate_node(left), _evaluate_node(right))
        case ast.Constant(value=float(value)):
            return value
    raise SyntaxError


Quantity = tuple[float, str]  # a value and its unit, "" for none

_LIST_CONJUNCTIONS = {
    "da": "og|eller", "de": "und|oder|sowie", "en": "and|or|nor|plus", "es": "y|e|o|u", "fr": "et|ou", "it": "ed?|od?",
    "nl": "en|of", "pt": "e|ou",
}  # fmt: skip
_LIST_SEPARATORS = {
    language: re.compile(rf"[,;]|\b(?:{words})\b", re.IGNORECASE) for language, words in _LIST_CONJUNCTIONS.items()
}
_BREAK_BETWEEN_COUNTS = re.compile(r"[.:?!](?:\s|$)|\n")
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
    given_values = source_values | {value for number in given_numbers for value in readings(number)}
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


def list_lengths(list_text: str, language: str = "en") -> Iterator[float]:
    """How many things each sentence of `list_text` lists, with and without those that hold a number."""
    list_separator = _LIST_SEPARATORS.get(language, _LIST_SEPARATORS["en"])
    for listing_sentence in _BREAK_BETWEEN_COUNTS.split(list_text):
        list_items = [list_item for list_item in list_separator.split(listing_sentence) if list_item.strip()]
        yield float(len(list_items))
        yield float(sum(not numbers(list_item, spelled=language) for list_item in list_items))


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
