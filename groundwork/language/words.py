"""The words of a text, those that carry its meaning, and their stems.

Where no space parts the words (Chinese, Japanese, Thai), and in Korean, pairs of neighbouring characters stand for
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import regex

from groundwork.language.detection import function_words
from groundwork.language.scripts import UNSPACED

_LATIN_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LETTERS = r"[\p{L}\p{Nl}\p{No}][\p{L}\p{M}\p{Nl}\p{No}]*+"  # vowel signs and accents belong to their letters
_WORD = regex.compile(rf"{_LETTERS}(?:['’-]{_LETTERS})*+")
_PAIRED = regex.compile(rf"[{UNSPACED}\uac00-\ud7af]++")
_CHARACTER = regex.compile(r"\p{L}\p{M}*+")
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about above after again all also an and any are as at be because been before being below between both
        but by can could did do does doing down during each few for from further had has have having he her here
        hers him his how i if in into is it its itself just let may me might more most must my no nor not now of
        off on once one only or other our out over own same shall she should so some such than that the their
        them then there these they this those through to too under until up upon us very was we were what when
        where which while who whom whose why will with would you your""",
    )
)


def words(text: str) -> list[str]:
    """The words of `text` in lower case, in order."""
    if text.isascii():
        return [match.group().lower() for match in _LATIN_WORD.finditer(text)]
    return [word for match in _WORD.finditer(text) for word in _split(match.group().lower())]


def _split(word: str) -> Iterator[str]:
    """The word; a run of letters of a script without spaces, or of Korean, as overlapping pairs of characters."""
    last = 0
    for run in _PAIRED.finditer(word):
        if run.start() > last:
            yield word[last : run.start()]
        characters = _CHARACTER.findall(run.group())
        yield from map("".join, pairwise(characters)) if characters[1:] else characters
        last = run.end()
    if last < len(word):
        yield word[last:]


def content_words(text: str, language: str = "en") -> set[str]:
    """The words that carry meaning, each cut to its stem."""
    idle = STOP_WORDS if language == "en" else STOP_WORDS | function_words(language)
    return {stem(word) for word in words(text) if word not in idle and len(word) > 1}


_ENDINGS = re.findall(
    r"\w+", "ibility ability ible able ations ation ments ment ings ing ers ies ied ed er es ly s e y"
)
_SHORT_ENDINGS = ("ing", "ed", "e")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A crude stem, so that "throws" and "throwing" meet, and "moves" and "moving": known endings off."""
    word = word.lower().removesuffix("'s").removesuffix("’s")
    return _without(_without(word, _ENDINGS, 4), _SHORT_ENDINGS, 3)


def _without(word: str, endings: Sequence[str], kept: int) -> str:
    """`word` without the first of the endings that leaves `kept` letters."""
    return next((word[: -len(end)] for end in endings if word.endswith(end) and len(word) - len(end) >= kept), word)
