"""What a rewording turned, lost or added of a meaning: numbers, names, negations and opposites."""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundwork.dataset.reword.copied_words import terms
from groundwork.language.list_conjunctions import list_lengths
from groundwork.language.names_and_codes import abbreviations
from groundwork.language.negations_and_duties import find_contradicted_word
from groundwork.language.numbers import numbers
from groundwork.language.opposites import find_opposite
from groundwork.language.words import normalised_words

_NONE_WORDS = frozenset(["0", "no", "none", "nothing", "nil", "zero", "without", "never", "minus", "negative", "free"])
_ORDINAL_DIGITS = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def numbers_and_terms(wording: str) -> set[str]:
    """The values of the numbers, and the names, codes and quoted terms in lower case."""
    return _all_numbers_of_wording(wording) | {term.lower() for term in terms(wording)}


def meaning_faults(
    faulty_field: str, original: str, reworded: str, source_text: str = "", question_above: str = ""
) -> Iterator[str]:
    """Numbers, names, negations and comparisons that came or went.

    What `source_text` holds may come into an answer, and what `question_above` says need not be repeated.
    """
    reworded_text, known_text = f"{reworded}\n{question_above}", f"{original}\n{source_text}"
    both_say_none = _says_none(original) and _says_none(reworded_text)
    kept_values = _all_numbers_of_wording(reworded_text) | ({"0"} if both_say_none else set())
    if lost_numbers := sorted(_numbers_of_wording(original) - kept_values):
        yield f"The {faulty_field} lost the number {', '.join(lost_numbers)}."
    known_values = _all_numbers_of_wording(known_text) | ({"0"} if both_say_none else set())
    list_counts = _list_counts(reworded, f"{original}\n{question_above}")
    if added_numbers := sorted(_numbers_of_wording(reworded) - known_values - list_counts):
        yield f"The {faulty_field} has a number that was not there: {', '.join(added_numbers)}."
    if lost_names := _lost_terms(original, f"{reworded} {question_above}"):
        yield f"The {faulty_field} lost {', '.join(lost_names)}; names and codes stay as they are."
    known_words = f"{original} {source_text}".lower()
    reworded_terms = [name for name in terms(reworded) if not _ORDINAL_DIGITS.fullmatch(name)]
    if unknown_names := sorted(name for name in reworded_terms if name.lower().removesuffix("s") not in known_words):
        yield f"The {faulty_field} has a name that was not there: {', '.join(unknown_names)}."


def _says_none(wording: str) -> bool:
    return not _NONE_WORDS.isdisjoint(normalised_words(wording).split())


def _list_counts(reworded: str, list_text: str) -> set[str]:
    """The numbers in words of `reworded` that count what it or `list_text` names in a sentence: "three places: ..."."""
    counted_lengths = {str(int(length)) for length in list_lengths(f"{reworded}\n{list_text}") if length > 1}
    spelled = [number for number in numbers(reworded, spelled="en") if reworded[number.start : number.end].isalpha()]
    return {number.value for number in spelled} & counted_lengths


def turned_meaning_faults(
    faulty_field: str, original: str, reworded: str, source_text: str = "", question_above: str = ""
) -> Iterator[str]:
    """A meaning that was turned round by a negation or an opposite that came, went or changed.

    `source_text` may deny what the new text denies, and `question_above` what the old text denied.
    """
    if denied_word := find_contradicted_word(original, reworded, source_text, question_above):
        yield f"The {faulty_field} turned the meaning round: a negation of {denied_word!r} came or went."
    if opposite_words := find_opposite(original, reworded):
        yield f"The {faulty_field} says {opposite_words[1]!r} where it said {opposite_words[0]!r}."


def _lost_terms(original: str, reworded: str) -> list[str]:
    """The names and codes of `original` that `reworded` lacks; of a name and its abbreviation one is enough."""
    lowered_rewording = reworded.lower()
    original_terms = [term for term in terms(original) if not _ORDINAL_DIGITS.fullmatch(term)]
    lost_terms = [
        term
        for term in original_terms
        if term.lower() not in lowered_rewording and term.lower().removesuffix("s") not in lowered_rewording
    ]
    for abbreviation, name in abbreviations(original).items():
        if abbreviation.lower() in lowered_rewording or name.lower() in lowered_rewording:
            lost_terms = [term for term in lost_terms if term != abbreviation and term not in name.split()]
    return sorted(lost_terms)


def _all_numbers_of_wording(wording: str) -> set[str]:
    """The values of all numbers of a text, ordinals in words too."""
    ordinal_values = {
        str(n) for n, ordinal in enumerate(_ORDINALS, 1) if re.search(rf"\b{ordinal}\b", wording, re.IGNORECASE)
    }
    # behind "=", a number at the beginning is no label
    return ordinal_values | {number.value for number in numbers(f"= {wording}", spelled="en")}


def _numbers_of_wording(wording: str) -> set[str]:
    """The values of the numbers of a text but for small ones in words that other words say as well.

    "One" is a pronoun more often, "two" is "both" or "each", "twice" is "again", and "the three" points back.
    """
    wording = f"= {wording}"
    return {
        number.value
        for number in numbers(wording, spelled="en")
        if not _is_pronoun_in_wording(wording, number.start, number.end)
    }


def _is_pronoun_in_wording(wording: str, start: int, end: int) -> bool:
    number_text = wording[start:end].lower()
    article_before = re.search(r"\b(?:the|these|those|both|its)\s+$", wording[:start])
    return number_text in ("one", "two", "once", "twice") or (number_text.isalpha() and article_before is not None)
