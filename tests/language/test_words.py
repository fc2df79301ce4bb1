"""What counts as a word, by what it is looked at for."""

from __future__ import annotations

import pytest

from groundwork.language.words import (
    HYPHENATED_WORD,
    LONG_WORD,
    TERM,
    WORD,
    WRITTEN_OUT_WORD,
    normalised_words,
    whole_word_pattern,
)


@pytest.mark.parametrize(
    ("text", "word", "term", "hyphenated", "long_word", "written_out"),
    [
        ("low-e glass", ["low", "e", "glass"], ["low-e", "glass"], ["low-e", "glass"], ["low", "glass"],
         ["low", "glass"]),
        ("H2O, 3 m²", ["H2O", "3", "m²"], ["H2O", "m"], ["H", "O", "m²"], [], ["m²"]),
        ("don’t go", ["don", "t", "go"], ["don’t", "go"], ["don", "t", "go"], ["don"], ["don", "go"]),
        ("non‑stop", ["non", "stop"], ["non", "stop"], ["non‑stop"], ["non", "stop"], ["non", "stop"]),
        ("max_rows = x", ["max_rows", "x"], ["max_rows", "x"], ["max", "rows", "x"], ["max", "rows"], ["max", "rows"]),
        ("नियम 7", ["नियम", "7"], ["नियम"], ["न", "यम"], [], ["यम"]),  # with its vowel sign, or parted at it
        ("cafe\u0301 au lait", ["cafe\u0301", "au", "lait"], ["cafe\u0301", "au", "lait"], ["cafe", "au", "lait"],
         ["cafe", "lait"], ["cafe", "au", "lait"]),
    ],
)  # fmt: skip
def test_the_patterns_differ_in_signs_hyphens_and_digits(
    text: str, word: list[str], term: list[str], hyphenated: list[str], long_word: list[str], written_out: list[str]
) -> None:
    """A word keeps its vowel signs; a term its hyphens, apostrophes and digits; the others are letters only."""
    patterns = (WORD, TERM, HYPHENATED_WORD, LONG_WORD, WRITTEN_OUT_WORD)
    assert [pattern.findall(text) for pattern in patterns] == [word, term, hyphenated, long_word, written_out]


def test_normalised_words_are_without_case_and_marks() -> None:
    """Two texts that differ in case, punctuation and the width of their letters have the same words."""
    assert normalised_words("How long is Ｒule 7?") == normalised_words("how long: IS rule (7)") == "how long is rule 7"


def test_a_term_stands_alone_where_it_is_no_part_of_a_word() -> None:
    """Signs of a pattern in it are plain characters, and hyphens part words."""
    assert whole_word_pattern("C++").sub("-", "C++ and AC++ and C+++") == "- and AC++ and -+"
    assert whole_word_pattern("mast").findall("mast, masts, foremast, mast-head") == ["mast", "mast"]
