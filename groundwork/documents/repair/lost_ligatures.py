"""Ligatures that a PDF's font does not map to letters: its text has a control character in place of `ff` or `fi`.

Which ligature a character stands for is told by the words of the whole document: with the right one they are made of
fewer subwords than with any other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from groundwork.language.subwords import latin_words, letters_a_piece

_CONTROL = "\\x01\\x03-\\x08\\x0b\\x0c\\x0e-\\x1f"  # pdfium writes 2 where a line's end parts a word
_WORD = re.compile(rf"(?<![^\W\d_])([^\W\d_]*)([{_CONTROL}])([^\W\d_]*)(?![^\W\d_{_CONTROL}])")
_ANY = re.compile(rf"[{_CONTROL}]")
_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl")
_LETTERS, _WORDS, _MOST = 3, 3, 60  # of a word beside the character; different words to judge by; those looked at
_BETTER = 1.15  # times the letters that a subword has with the second best ligature
_PLAIN = 2.4  # letters of a subword of words that are words


def ligatures_of(pages: Iterable[str]) -> dict[str, str]:
    """Control character: the ligature that it stands for in these pages, where that is certain."""
    words: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for page in filter(_ANY.search, pages):
        for before, code, after in _WORD.findall(page):
            if len(before) + len(after) >= _LETTERS:
                words[code][before.lower(), after.lower()] = None
    found = {code: _ligature(list(parts)[:_MOST]) for code, parts in words.items() if len(parts) >= _WORDS}
    return {code: ligature for code, ligature in found.items() if ligature}


def with_ligatures(text: str, ligatures: Mapping[str, str]) -> str:
    """The text with the ligatures of its words as letters."""
    if not any(code in text for code in ligatures):
        return text
    return _WORD.sub(lambda match: _mended(match, ligatures), text)


def _mended(match: re.Match[str], ligatures: Mapping[str, str]) -> str:
    before, code, after = match.groups()
    return f"{before}{ligatures[code]}{after}" if code in ligatures and before + after else match[0]


def _ligature(parts: list[tuple[str, str]]) -> str:
    """The ligature with which words are made of the fewest subwords; "" where none is plainly the best."""
    rated = sorted(
        (letters_a_piece(latin_words(" ".join(f"{before}{ligature}{after}" for before, after in parts))), ligature)
        for ligature in _LIGATURES
    )
    (second, _), (best, ligature) = rated[-2:]
    return ligature if best >= _PLAIN and best >= _BETTER * second else ""
