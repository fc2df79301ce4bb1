"""Lists in a sentence, 'A, B and C': the conjunctions of a language, and how many things are listed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundwork.language.numbers import numbers

_LIST_CONJUNCTIONS = {
    "da": "og|eller", "de": "und|oder|sowie", "en": "and|or|nor|plus", "es": "y|e|o|u", "fr": "et|ou", "it": "ed?|od?",
    "nl": "en|of", "pt": "e|ou",
}  # fmt: skip
_LIST_SEPARATORS = {
    language: re.compile(rf"[,;]|\b(?:{words})\b", re.IGNORECASE) for language, words in _LIST_CONJUNCTIONS.items()
}
_BREAK_BETWEEN_LISTS = re.compile(r"[.:?!](?:\s|$)|\n")


def list_lengths(list_text: str, language: str = "en") -> Iterator[float]:
    """How many things each sentence of `list_text` lists, with and without those that hold a number."""
    list_separator = _LIST_SEPARATORS.get(language, _LIST_SEPARATORS["en"])
    for listing_sentence in _BREAK_BETWEEN_LISTS.split(list_text):
        list_items = [list_item for list_item in list_separator.split(listing_sentence) if list_item.strip()]
        yield float(len(list_items))
        yield float(sum(not numbers(list_item, spelled=language) for list_item in list_items))
