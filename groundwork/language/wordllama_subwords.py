"""The subwords of WordLlama's tokenizer, which comes with its package: 32,000 pieces of words of many languages.

The more letters a piece of a text has, the more its words are words: "because" is one piece, "dgdbztrd" is five.
"""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from groundwork.errors import UnitError

_WORD_TO_SPLIT = re.compile(r"[^\W\d_]+")


@cache
def wordllama_folder() -> Path:
    """Where the package's files are. Raises UnitError where it is not installed."""
    wordllama_spec = importlib.util.find_spec("wordllama")
    if wordllama_spec is None or wordllama_spec.origin is None:
        raise UnitError("the package wordllama is not installed; run: uv sync")
    return Path(wordllama_spec.origin).parent


@cache
def wordllama_tokenizer() -> Any:
    """Its `tokenizers.Tokenizer`. Raises as wordllama_folder."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(wordllama_folder() / "tokenizers" / "l2_supercat_tokenizer_config.json"))


def latin_words(text: str) -> list[str]:
    """The words of Latin letters, in small letters without their accents; those of other letters are left out."""
    return [latin_word for word in _WORD_TO_SPLIT.findall(text) if (latin_word := _strip_latin_accents(word)).isascii()]


def letters_per_subword(words: list[str]) -> float:
    """How many letters a subword of some words has: of languages that are written in Latin letters 2 to 4, of letters
    by chance 1.3 to 1.8."""
    subword_ids = wordllama_tokenizer().encode(" ".join(words), add_special_tokens=False).ids
    return sum(map(len, words)) / max(1, len(subword_ids))


def _strip_latin_accents(word: str) -> str:
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))
