"""The numbers that an answer may give although they stand nowhere: counted, computed or converted from what does.

A count is one of things that are listed, in words or in answer to "how many". A sum, difference, product or quotient is
one that the answer writes out ("1000 + 40 + 15"); in a pair that reasons a sum or difference of two numbers of evidence
and question need not be. A conversion is to another unit of the same quantity. Nothing else is worked out: an invented
number stays one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import floor, isclose
from typing import Protocol

from groundwork.language.names import codes
from groundwork.language.numbers import (
    Number,
    alternative_readings,
    join_thousands,
    numbers,
    without_latex,
)
from groundwork.language.scales import scales, without_scales
from groundwork.language.units import in_smallest_units
from groundwork.markdown.grounding import SourceText
from groundwork.picture_links import is_figure
from groundwork.questions.calculations import computed_numbers, is_plain, readings

Quantity = tuple[float, str]  # a value and its unit, "" for none

_CONJUNCTIONS = {
    "da": "og|eller", "de": "und|oder|sowie", "en": "and|or|nor|plus", "es": "y|e|o|u", "fr": "et|ou", "it": "ed?|od?",
    "nl": "en|of", "pt": "e|ou",
}  # fmt: skip
_LIST_SEPARATORS = {
    language: re.compile(rf"[,;]|\b(?:{words})\b", re.IGNORECASE) for language, words in _CONJUNCTIONS.items()
}
_SENTENCE = re.compile(r"[.:?!](?:\s|$)|\n")
_PRONOUN = re.compile(
    r"\b(?:an?|the|each|every|this|that|which|another|any|no|some|whichever)\s+(?:[\w-]+\s+){0,2}one\b"
    r"|\bone(?=\s*(?:[.,;:)?!]|$)|\s+(?:of|with|that|which|who|for|in|on|at|by|to|from|is|was|has|can|may|must|another)\b)",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\bhow (?:many|much|long|often)\b", re.IGNORECASE)
_LEAD_WORDS = re.compile(r"\s|\b(?:it|they|there|is|are|has|have|in|all|exactly)\b", re.IGNORECASE)
_IN_ALL = re.compile(r"^\s*[:(]|\b(?:together|in all|altogether|in total|sum)\b", re.IGNORECASE)
_NEXT_OR_PREVIOUS = re.compile(r"\b(?:next|following|previous|day (?:before|after))\b", re.IGNORECASE)


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
    faults: list[str] = []
    for reading in dict.fromkeys(readings_of_answer):  # 2 000; "784 million", of a table in millions
        derived = _derived_number_text(pair, reading, grounds.word_language)
        if not (faults := grounds.faults(f"{pair.question} {derived}", reading, pair.evidence)):
            return []
    return faults


def _derived_number_text(pair: AnsweredQuestion, answer: str, language: str) -> str:
    """The numbers of the answer that follow from others, with their units, in order and apart by commas."""
    sources = list(_read_quantities(" ".join([pair.question, *pair.evidence]), language))
    if _NEXT_OR_PREVIOUS.search(" ".join(pair.evidence)):
        sources.append((1.0, ""))
    source_values = {source_value for source_value, _ in sources}
    new_numbers = [
        (answer_number, source_value)
        for answer_number in numbers(answer, spelled=language)
        if (source_value := _numeric_value(answer_number)) is not None and source_value not in source_values
    ]
    derived = [
        answer_number
        for answer_number, source_value in new_numbers
        if _is_derived(answer_number, source_value, pair, answer, sources, language)
    ]
    given = source_values | {source_value for answer_number in derived for source_value in readings(answer_number)}
    source_text = join_thousands(f"{pair.question}\n{' '.join(pair.evidence)}")
    given |= {source_value for answer_number in numbers(source_text) for source_value in readings(answer_number)}
    given |= {
        float(source_value) for source_value in alternative_readings(source_text, language) if is_plain(source_value)
    }
    quantities = [f"{answer_number.value} {answer_number.unit}".strip() for answer_number in derived]
    for answer_number in computed_numbers(answer, given, _shares(sources), language):
        quantities.append(f"{answer_number.value} percent" if answer_number.unit == "percent" else answer_number.value)
    return ", ".join(dict.fromkeys(quantities))


def _shares(sources: Iterable[Quantity]) -> set[float]:
    """The percentages of the sources as parts of 1, and what is left without them or comes with them."""
    shares = {value / 100 for value, unit in sources if unit == "percent"}
    return shares and {1.0, *shares, *(1 - share for share in shares), *(1 + share for share in shares)}


def _is_derived(
    answer_number: Number,
    answer_value: float,
    pair: AnsweredQuestion,
    answer: str,
    sources: Sequence[Quantity],
    language: str,
) -> bool:
    """Is it a pronoun, a count, a total, a conversion, or in a pair that reasons what comes of two numbers?"""
    number_text = answer[answer_number.start : answer_number.end]
    if answer_value == 1 and any(
        match.end() == answer_number.end or match.start() == answer_number.start for match in _PRONOUN.finditer(answer)
    ):
        return True
    is_count = _HOW_MANY.search(pair.question) is not None and not _LEAD_WORDS.sub("", answer[: answer_number.start])
    if (
        not answer_number.unit
        and (number_text.isalpha() or is_count)
        and answer_value in set(_list_counts(pair, answer, language))
    ):
        return True
    text_after = answer[answer_number.end :]
    if (
        is_count
        and _IN_ALL.search(text_after)
        and isclose(answer_value, sum(addend for addend, _ in _read_quantities(text_after, language)))
    ):
        return True
    reasons = pair.difficulty == "hard" or pair.category in ("reasoning", "comparison")
    return _is_converted(answer_value, answer_number.unit, sources) or (
        reasons and _is_sum_or_difference(answer_value, answer_number.unit, sources)
    )


def _read_quantities(source_text: str, language: str) -> Iterator[Quantity]:
    for number in numbers(source_text, spelled=language):
        if (value := _numeric_value(number)) is not None:
            yield value, number.unit


def _numeric_value(number: Number) -> float | None:
    digits = number.value.replace(".", "", 1)
    return float(number.value) if len(number.value) < 12 and digits.isdigit() and digits.isascii() else None


def _list_counts(pair: AnsweredQuestion, answer: str, language: str) -> Iterator[float]:
    """How many things stand in each list of question and answer, how many rows or items are quoted."""
    for pair_text in (pair.question, answer):
        yield from list_lengths(pair_text, language)
    yield float(len(set(codes(f"{pair.question} {answer}"))))
    yield float(len([line for quote in pair.evidence for line in quote.splitlines() if line.strip()]))


def list_lengths(list_text: str, language: str = "en") -> Iterator[float]:
    """How many things each sentence of `list_text` lists, with and without those that hold a number."""
    separator = _LIST_SEPARATORS.get(language, _LIST_SEPARATORS["en"])
    for sentence in _SENTENCE.split(list_text):
        list_items = [list_item for list_item in separator.split(sentence) if list_item.strip()]
        yield float(len(list_items))
        yield float(sum(not numbers(list_item, spelled=language) for list_item in list_items))


def _is_converted(value: float, unit: str, source_quantities: Iterable[Quantity]) -> bool:
    """Is it one of the numbers that are given with a unit, in another unit of the same quantity?"""
    measured = in_smallest_units(value, unit)
    return measured is not None and any(
        source_unit != unit
        and (source := in_smallest_units(source_value, source_unit)) is not None
        and source[0] == measured[0]
        and isclose(measured[1], source[1])
        for source_value, source_unit in source_quantities
    )


def _is_sum_or_difference(value: float, unit: str, source_quantities: Iterable[Quantity]) -> bool:
    """Is it the sum or difference of two quantities of one unit, or one without its fraction?"""
    rounded = {(float(floor(amount)), source_unit) for amount, source_unit in source_quantities}
    return any(value == amount and unit in ("", source_unit) for amount, source_unit in rounded) or any(
        first != second
        and (first_unit == second_unit or not (first_unit and second_unit))
        and unit in ("", first_unit, second_unit)
        and (isclose(value, first + second) or isclose(value, abs(first - second)))
        for (first, first_unit), (second, second_unit) in combinations({*source_quantities, *rounded}, 2)
    )
