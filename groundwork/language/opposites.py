"""Opposites: English words of which one turns the meaning round where it takes the place of the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from groundwork.language.words import word_set, words

OPPOSITES = tuple(
    (word_set(first_side), word_set(second_side))
    for first_side, second_side in (
        (
            "maximum max most largest highest longest latest",
            "minimum min least fewest smallest lowest shortest earliest",
        ),
        ("before prior preceding", "after afterwards following"),
        ("more greater larger higher above over exceeding", "less fewer smaller lower below under"),
        ("first", "last"),
        ("start begin open", "end finish close"),
        ("inside in indoor", "outside out outdoor"),
        ("north", "south"),
        ("east", "west"),
        ("left", "right"),
        ("win", "lose"),
        ("allowed permitted legal may", "forbidden prohibited banned illegal"),
        ("increase increases rise rises", "decrease decreases reduce fall falls"),
        ("all every always", "some sometimes"),
        ("offence offense offensive", "defence defense defensive"),
        ("home", "away"),
        ("men", "women"),
    )
)
"""Each side of a pair turns the meaning round where it takes the place of the other."""

# Two questions that differ by one of these ask for two things; "all", "may" or "over" can come and go with the wording.
_OPPOSITE_WORDS_OF_QUESTIONS = word_set(
    """not never no without minimum maximum least most min max before after first second third last start begin end
    finish more less fewer above below over under inside outside in out north south east west left right highest
    lowest longest shortest largest smallest earliest latest win lose open close allowed forbidden offence defence
    offense defense offensive defensive home away men women indoor outdoor"""
)


def contrast_words(question: str) -> set[str]:
    """The words of a question by which two questions that sound alike ask for different things."""
    return set(words(question)) & _OPPOSITE_WORDS_OF_QUESTIONS


# "leaves out" is not the opposite of "in"
_PARTICLES_WITHOUT_OPPOSITE = frozenset(["in", "out", "over", "up", "inside", "outside"])


def find_opposite(original: str, rewording: str) -> tuple[str, str] | None:
    """(word, its opposite) where `rewording` says the opposite of a word of `original`, and neither says both."""
    if _are_opposite_bounds(original, rewording):
        return None
    original_words = set(words(original)) - _PARTICLES_WITHOUT_OPPOSITE
    rewording_words = set(words(rewording)) - _PARTICLES_WITHOUT_OPPOSITE
    return next(_opposite_pairs(original_words, rewording_words), None)


_AT_LEAST_BOUND = re.compile(
    r"\b(?:at least (?P<a>[\w.]+)|(?P<b>[\w.]+) or more|(?:no|not) (?:fewer|less) than (?P<c>[\w.]+))", re.I
)
_BELOW_BOUND = re.compile(r"\b(?:fewer|less) than (?P<a>[\w.]+)", re.I)
_AT_MOST_BOUND = re.compile(
    r"\b(?:at most (?P<a>[\w.]+)|(?P<b>[\w.]+) or (?:fewer|less)|no more than (?P<c>[\w.]+))", re.I
)
_ABOVE_BOUND = re.compile(r"\bmore than (?P<a>[\w.]+)", re.I)


def _are_opposite_bounds(original: str, rewording: str) -> bool:
    """Does one text say what holds from a number on, and the other what holds below it: "three or more bar it from the
    start", "with fewer than three it may start"?
    """
    return any(
        _opposite_bounds_in(from_bound, opposed_wording) & _opposite_bounds_in(below_bound, other_wording)
        for from_bound, below_bound in ((_AT_LEAST_BOUND, _BELOW_BOUND), (_AT_MOST_BOUND, _ABOVE_BOUND))
        for opposed_wording, other_wording in ((original, rewording), (rewording, original))
    )


def _opposite_bounds_in(pattern: re.Pattern[str], text: str) -> set[str]:
    return {bound.lower() for match in pattern.finditer(text) for bound in match.groups() if bound}


def _opposite_pairs(original_words: Set[str], rewording_words: Set[str]) -> Iterator[tuple[str, str]]:
    for first_side, second_side in OPPOSITES:
        for original_side, opposite_side in ((first_side, second_side), (second_side, first_side)):
            if (
                original_words & original_side
                and not original_words & opposite_side
                and rewording_words & opposite_side
                and not rewording_words & original_side
            ):
                yield min(original_words & original_side), min(rewording_words & opposite_side)
