"""The letters of a page's formulas, by which what the text layer has of a formula is known again in LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

_FORMULA = re.compile(r"\$([^$\n]+)\$")
_LEAST_WORD_LETTERS = 4
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_ACCENTS = "ˆˇ"  # which Unicode calls letters, and a formula has as \hat
_FUNCTIONS = frozenset(
    ["arg", "cos", "det", "dim", "exp", "inf", "lim", "ln", "log", "max", "min", "sin", "sup", "tan"]
)


class FormulaLetters:
    """The letters and digits of the formulas of a page's Markdown, each to be taken once."""

    def __init__(self, markdown: str) -> None:
        formulas = " ".join(_FORMULA.findall(markdown)) if "$" in markdown else ""
        bare = _COMMAND.sub(lambda match: _character(match[1]), formulas)
        self._text = _formula_letters(bare)
        self._counts = Counter(self._text)

    def take(self, missing: Counter[str]) -> Counter[str]:
        """Of words or numbers that the Markdown lacks those whose letters its formulas hold, which are taken."""
        taken: Counter[str] = Counter()
        longest_first = sorted(missing.elements(), key=lambda word: (-len(word), word)) if self._text else []
        for word in longest_first:
            letters = _formula_letters(word)
            if letters and Counter(letters) <= self._counts and (not _is_prose(letters) or letters in self._text):
                self._counts -= Counter(letters)
                taken[word] += 1
        return taken


def _formula_letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if c.isalnum() and c not in _ACCENTS)


def _is_prose(letters: str) -> bool:
    """Whether letters are a word of the text, which no formula has in another order."""
    return len(letters) >= _LEAST_WORD_LETTERS and letters.isascii() and letters.isalpha()


@cache
def _character(command: str) -> str:
    """The letters that a command of LaTeX prints: a Greek one, or a function's name."""
    if command in _FUNCTIONS:
        return command
    size = "CAPITAL" if command[0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {command.removeprefix('var').upper()}")
    except KeyError:
        return " "
