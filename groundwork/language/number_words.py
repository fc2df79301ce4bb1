"""Numbers in words: twenty-five, vingt-trois, fünfunddreißig, treinta y cinco; read by text2num in eight languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from text_to_num import find_numbers

LANGUAGES = frozenset({"da", "de", "en", "es", "fr", "it", "nl", "pt"})
"""The ISO 639-1 codes of those whose number words are read."""

_TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
_SENTENCE_END = "."  # as which a token parts numbers
_TWICE = re.compile(r"\btwice\b", re.IGNORECASE)
_SCALES = (100, 1_000, 10**6, 10**9, 10**12)
_DIGIT_BEFORE = re.compile(r"\d\s?\Z")
_PER_BEFORE = re.compile(r"\b(?:pour|per|por)\s\Z", re.IGNORECASE)
_NO_NUMBERS = frozenset({"o", "os", "oss", "ones", "hundreds", "thousands"})  # "os" is an article
_OTHER_MEANINGS = {"fr": frozenset({"neuf"}), "it": frozenset({"sei"})}  # "new", "you are"


@dataclass(frozen=True, slots=True)
class NumberWords:
    """A number in words at [start, end) of its text, a cardinal or an ordinal."""

    start: int
    end: int
    value: str
    is_ordinal: bool = False


def number_words(text: str, language: str) -> Iterator[NumberWords]:
    """The numbers in words of `text`, several words of one number together: 125 for "a hundred and twenty-five".

    None in a language that is not read. A scale behind digits, "5 million", is no number of its own.
    """
    if language not in LANGUAGES:
        return
    matches = list(_TOKEN.finditer(text))
    for number in find_numbers([_token(match.group()) for match in matches], language, 0):
        start, end = matches[number.start].start(), matches[number.end - 1].end()
        value = str(int(number.value)) if number.value == int(number.value) else str(number.value)
        if not _is_part_of_more(text, start, int(number.value)) and text[start:end].lower() not in _NO_NUMBERS:
            yield NumberWords(start, end, value, number.is_ordinal)
    if language == "en":
        yield from (NumberWords(match.start(), match.end(), "2") for match in _TWICE.finditer(text))


def is_article(word: NumberWords, language: str) -> bool:
    """ "Ein", "une": an article more often than the number 1. English tells "a" from "one"."""
    return language != "en" and word.value == "1"


def has_other_meaning(word: str, language: str) -> bool:
    """Is it a word that means a number in some sentences only?"""
    return word.lower() in _OTHER_MEANINGS.get(language, ())


class _Word:
    """A token as text2num asks for it."""

    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = _SENTENCE_END if word.count("\n") > 1 or word == "|" else word

    def text(self) -> str:
        return self.word

    def nt_separated(self, _previous: object) -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return False


_token = lru_cache(maxsize=4096)(_Word)  # a text has few different words: fewer objects than tokens


def _is_part_of_more(text: str, start: int, value: int) -> bool:
    """Is it the scale of digits, or the hundred of a percentage: "5 million", "dix pour cent"?"""
    if value in _SCALES and _DIGIT_BEFORE.search(text, max(0, start - 2), start):
        return True
    return value == 100 and _PER_BEFORE.search(text, max(0, start - 12), start) is not None
