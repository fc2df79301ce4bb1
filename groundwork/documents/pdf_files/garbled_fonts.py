"""Text layers that no one can read: fonts that tell the wrong letters, or none.

Such a font shows `for` and says `enq`. Its text is whole by every measure that holds a page against its own text
layer, so the letters themselves are looked at: in every language written in Latin letters nearly all words hold a
vowel, and private or unassigned characters are no letters at all.
"""

from __future__ import annotations

import unicodedata

import regex

_WORD = regex.compile(r"\p{L}{4,}")
_LATIN = regex.compile(r"\p{Latin}")
_VOWEL = regex.compile(r"[aeiouyæœøıɑɛɔ]")
_JUNK = regex.compile(r"[\p{Co}\p{Cn}\ufffd]|(?![\s])\p{Cc}")
_CONTROL = regex.compile(r"[\p{Cc}--[\x02\s]]", regex.V1)  # pdfium writes 2 where a line's end parts a word
_BROKEN = regex.compile(r"\p{L}[~^|{}\[\]\\;:<>]\p{L}|[~^|{}\[\]\\]\p{Ll}|\p{Ll}[~^|{}\[\]\\]")
_CONTROLS = 0.05  # of the characters; formulas in fonts without a mapping have less than .02
_MISREAD = 0.2  # of the words
_LEAST = 30  # different words, or characters, to judge by
_NO_VOWEL = 0.25  # of the words; English, German, Czech or Finnish text has less than .03, lists of codes .1
_UNASSIGNED = 0.3  # of the characters


def is_unreadable(text: str) -> bool:
    """Whether a page's text is in letters other than those that the page shows."""
    solid = "".join(text.split())
    if len(solid) >= _LEAST and len(_JUNK.findall(solid)) > _UNASSIGNED * len(solid):
        return True
    if len(solid) >= _LEAST and len(_CONTROL.findall(solid)) > _CONTROLS * len(solid):
        return True
    words = {word for word in _WORD.findall(text) if not word.isupper() and _LATIN.match(word)}
    if len(words) < _LEAST:
        return False
    return sum(not _VOWEL.search(_bare(word)) for word in words) > _NO_VOWEL * len(words)


def is_misread(text: str) -> bool:
    """Whether signs stand where letters of words would, as a bad OCR puts them there; of programs it is true too."""
    found = text.split()
    return len(found) >= _LEAST and sum(_BROKEN.search(word) is not None for word in found) > _MISREAD * len(found)


def _bare(word: str) -> str:
    """A word in small letters without its accents."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))
