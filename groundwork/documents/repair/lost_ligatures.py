"""Ligatures that a PDF's font does not map to letters: its text has a control character in place of `ff` or `fi`.

Which ligature a character stands for is told by the words of the whole document: with the right one they are made of
fewer subwords than with any other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from groundwork.language.subwords import latin_words, letters_per_subword

_CONTROL_RANGES = "\\x01\\x03-\\x08\\x0b\\x0c\\x0e-\\x1f"  # pdfium writes 2 where a line's end parts a word
_WORD = re.compile(rf"(?<![^\W\d_])([^\W\d_]*)([{_CONTROL_RANGES}])([^\W\d_]*)(?![^\W\d_{_CONTROL_RANGES}])")
_CONTROL_CHARACTER = re.compile(rf"[{_CONTROL_RANGES}]")
_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl")
_LEAST_LETTERS, _LEAST_WORDS, _MOST_WORDS = 3, 3, 60  # beside the character; different words to judge by; looked at
_BEST_RATIO = 1.15  # times the letters that a subword has with the second best ligature
_LEAST_SUBWORD = 2.4  # letters of a subword of words that are words


def find_ligatures(pages: Iterable[str]) -> dict[str, str]:
    """Control character: the ligature that it stands for in these pages, where that is certain."""
    words_by_code: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for page in filter(_CONTROL_CHARACTER.search, pages):
        for before, code, after in _WORD.findall(page):
            if len(before) + len(after) >= _LEAST_LETTERS:
                words_by_code[code][before.lower(), after.lower()] = None
    ligatures = {
        code: _likeliest_ligature(list(word_parts)[:_MOST_WORDS])
        for code, word_parts in words_by_code.items()
        if len(word_parts) >= _LEAST_WORDS
    }
    return {code: ligature for code, ligature in ligatures.items() if ligature}


def with_ligatures(text: str, ligatures: Mapping[str, str]) -> str:
    """The text with the ligatures of its words as letters."""
    if not any(code in text for code in ligatures):
        return text
    return _WORD.sub(lambda match: _replace_ligature(match, ligatures), text)


def _replace_ligature(match: re.Match[str], ligatures: Mapping[str, str]) -> str:
    before, code, after = match.groups()
    return f"{before}{ligatures[code]}{after}" if code in ligatures and before + after else match[0]


def _likeliest_ligature(word_parts: list[tuple[str, str]]) -> str:
    """The ligature with which words are made of the fewest subwords; "" where none is plainly the best."""
    rated = sorted(
        (
            letters_per_subword(latin_words(" ".join(f"{before}{ligature}{after}" for before, after in word_parts))),
            ligature,
        )
        for ligature in _LIGATURES
    )
    (second_score, _), (best_score, ligature) = rated[-2:]
    return ligature if best_score >= _LEAST_SUBWORD and best_score >= _BEST_RATIO * second_score else ""
