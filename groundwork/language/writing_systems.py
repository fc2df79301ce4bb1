"""What writing systems do differently: no spaces between words, letters out of order in PDFs.

Character classes are ranges to be put between [ and ], for `re` as for `regex`.
"""

from __future__ import annotations

import re

import regex

IDEOGRAPHS = "\u2e80-\u303f\u3040-\u30ff\u31f0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
"""Chinese and Japanese characters and their punctuation, between which a line's end is no space."""

UNSPACED = (
    "\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
"""Chinese characters, kana, Thai, Lao, Burmese and Khmer: letters in whose text no space parts the words."""

WORD_OR_CHARACTER = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
"""A word of letters and digits; where no space parts words, each character counts as one."""

_ASCII_WORD = re.compile(r"[^\W_]+", re.ASCII)  # the same, twice as fast

_UNSPACED = re.compile(f"[{UNSPACED}]")

_SHAPED_LETTER = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}\u0900-\u0fff\u1000-\u109f\u1780-\u17ff]")
_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]")
_LETTER = regex.compile(r"\p{L}")


def words_or_characters(text: str) -> list[str]:
    """What WORD_OR_CHARACTER matches in `text`."""
    return (_ASCII_WORD if text.isascii() else WORD_OR_CHARACTER).findall(text)


def has_unspaced(text: str) -> bool:
    """Does `text` hold a letter of a script without spaces between words?"""
    return not text.isascii() and _UNSPACED.search(text) is not None


def is_right_to_left(text: str) -> bool:
    """Is most of `text` in a script that runs from right to left, such as Arabic or Hebrew?"""
    return _is_mostly(_RIGHT_TO_LEFT, text)


def runs_right_to_left(text: str) -> bool:
    """Does `text` hold a letter of a script that runs from right to left?"""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def is_shaped(text: str) -> bool:
    """Is most of `text` in a script whose letters stand in a PDF in the order, or the forms, in which they are drawn?

    Those that run from right to left, those of India, and Thai, Lao, Tibetan, Burmese and Khmer.
    """
    return _is_mostly(_SHAPED_LETTER, text)


def _is_mostly(script: regex.Pattern[str], text: str) -> bool:
    if text.isascii() or not script.search(text):  # as on nearly all pages
        return False
    return 2 * len(script.findall(text)) > len(_LETTER.findall(text))
