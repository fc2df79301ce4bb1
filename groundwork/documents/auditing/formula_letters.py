"""The letters of a page's formulas, by which what the text layer has of a formula is known again in LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

_FORMULA = re.compile(r"\$([^$\n]+)\$")
_LEAST_PROSE_LETTERS = 4
_FORMULA_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_FORMULA_ACCENTS = "ˆˇ"  # which Unicode calls letters, and a formula has as \hat
_FORMULA_FUNCTIONS = frozenset(
    ["arg", "cos", "det", "dim", "exp", "inf", "lim", "ln", "log", "max", "min", "sin", "sup", "tan"]
)


class FormulaLetters:
    """The letters and digits of the formulas of a page's Markdown, each to be taken once."""

    def __init__(self, markdown: str) -> None:
        formulas = " ".join(_FORMULA.findall(markdown)) if "$" in markdown else ""
        formula_text = _FORMULA_COMMAND.sub(lambda match: _letters_of_formula_command(match[1]), formulas)
        self._text = _formula_letters(formula_text)
        self._counts = Counter(self._text)

    def take(self, missing_words: Counter[str]) -> Counter[str]:
        """Of words or numbers that the Markdown lacks those whose letters its formulas hold, which are taken."""
        words_in_formulas: Counter[str] = Counter()
        words_by_length = sorted(missing_words.elements(), key=lambda word: (-len(word), word)) if self._text else []
        for word in words_by_length:
            letters_of_word = _formula_letters(word)
            if (
                letters_of_word
                and Counter(letters_of_word) <= self._counts
                and (not _is_word_of_prose(letters_of_word) or letters_of_word in self._text)
            ):
                self._counts -= Counter(letters_of_word)
                words_in_formulas[word] += 1
        return words_in_formulas


def _formula_letters(formula: str) -> str:
    plain_formula = unicodedata.normalize("NFKC", formula).casefold()
    return "".join(c for c in plain_formula if c.isalnum() and c not in _FORMULA_ACCENTS)


def _is_word_of_prose(letters: str) -> bool:
    """Whether letters are a word of the text, which no formula has in another order."""
    return len(letters) >= _LEAST_PROSE_LETTERS and letters.isascii() and letters.isalpha()


@cache
def _letters_of_formula_command(command: str) -> str:
    """The letters that a command of LaTeX prints: a Greek one, or a function's name."""
    if command in _FORMULA_FUNCTIONS:
        return command
    size = "CAPITAL" if command[0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {command.removeprefix('var').upper()}")
    except KeyError:
        return " "
