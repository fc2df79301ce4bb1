"""Negations of English, what one text denies and another says, and words that make something a duty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from itertools import pairwise

from groundwork.language.words import ENGLISH_STOP_WORDS, stem, word_set, words

_NEGATIONS = word_set("not no never without cannot none neither nor unable except unless")
_NEGATING_WORD = re.compile(r"\b(?:not|no|never|cannot|unable to|\w+n['’]t)\b", re.I)
# Words that say "not" in another way, so that "is not allowed" may become "is forbidden".
_DENYING_WORDS = word_set(
    """forbidden prohibited banned illegal forbid forbids prohibit prohibits avoid avoids prevent prevents refuse
    refuses fail fails lack lacks nothing nobody none neither nor without except unless only other apart instead
    rather out off unnecessary optional free"""
)
_COMPARATIVES = (
    "more|fewer|less|later|earlier|sooner|longer|shorter|higher|lower|further|farther|larger"
    "|smaller|greater|heavier|wider"
)
_NUMBER_SIGN = re.compile(r"\bnos?\.(?= ?\d)", re.IGNORECASE)  # "Measure No. 3" negates nothing
# negates nothing
_NEGATED_LIMIT = re.compile(
    rf"\b(?:no|not|never|nor)(?: \w+){{0,3}}? (?:{_COMPARATIVES})\b[^.;:,]{{0,40}}?\bthan\b"
    r"|\b(?:no|not|never|nor|cannot)(?: \w+){0,3}? (?:above|over|below|under|beyond|exceed\w*)(?= [^.;:,]{0,20}?\d)"
    r"|\b(?:and|but|and for|but for|,) ?(?:no|not|never) (?:more|longer|later|further|fewer|less)\b"
    rf"|\b(?:{_COMPARATIVES}) than \w+(?: \w+)? (?:may|must|can|shall) ?not\b"
    r"|\b(?:no|never) (?:fewer|less|later|sooner|smaller|shorter|higher|lower|larger|greater)\b",
    re.I,
)
_DUTY_PATTERNS = {  # what must be done, ought to be done, and may be done
    "must": re.compile(
        r"\b(?:must|shall|requires?d?|obliged|obligatory|mandatory|ha[sd] to|have to|need(?:s|ed)? to)\b"
    ),
    "should": re.compile(r"\b(?:should|ought|recommended|advised)\b"),
    "may": re.compile(r"\b(?:may|might|can|could|able|allowed|permitted|optional(?:ly)?|options?|free to)\b"),
}


def is_negated(text: str) -> bool:
    """Does `text` negate something? "No more than six" is a limit and negates nothing."""
    text = _NUMBER_SIGN.sub(" ", _NEGATED_LIMIT.sub("", text))
    return any(word in _NEGATIONS or _is_contracted_not(word) for word in _lower_tokens(text))


def _lower_tokens(text: str) -> list[str]:
    """The words of `text` in lower case, those that a hyphen joins apart, identifiers such as no_color whole."""
    return [token.strip("'’") for token in re.findall(r"[\w'’]+", text.lower())]


def _is_contracted_not(word: str) -> bool:
    return word.endswith(("n't", "n’t"))


_SENTENCE_END_MARK = re.compile(r"[.;:!?]")
_PLAIN_NEGATIONS = word_set("not never cannot")
# "not until inspected": "inspected before"
_TIME_CONDITION_WORDS = word_set("until before after once first unless")


def find_contradicted_word(original: str, rewording: str, source: str = "", question: str = "") -> str:
    """What one of two texts denies and the other says, in no other way denied: "open" of "does not open", or "".

    What `source`, on which both rest, denies may be denied in `rewording`; what the `question` that
    `rewording` answers denies need not be: "Spectators" is enough of an answer to "What may it not carry?".
    """
    for negated_text, opposite_text, excusing_text in ((original, rewording, question), (rewording, original, source)):
        opposite_words = words(opposite_text)
        # the answer need not deny
        if excusing_text is question and _has_word_behind_not(question.split("?"), {"do", "doing"}):
            continue
        if _NEGATING_WORD.search(_NEGATED_LIMIT.sub("", opposite_text)) or not _DENYING_WORDS.isdisjoint(
            opposite_words
        ):
            continue
        negated_clauses = negated_text.replace(";", ".").split(".")
        if _has_word_behind_not(negated_clauses, {"until"}) and not _TIME_CONDITION_WORDS.isdisjoint(
            _lower_tokens(opposite_text)
        ):
            continue
        opposite_stems = {stem(word, "en") for word in opposite_words}
        contradicting_stems = opposite_stems - _negated_stems(excusing_text)
        if contradicted_words := [
            word for word in _words_behind_nots(negated_text) if word and stem(word, "en") in contradicting_stems
        ]:
            return contradicted_words[0]
    return ""


def _has_word_behind_not(negated_clauses: Iterable[str], sought_words: Set[str]) -> bool:
    """Does one of the words stand behind a "not" of the same part?"""
    for negated_clause in negated_clauses:
        clause_tokens = _lower_tokens(negated_clause)
        first_negation = next(
            (i for i, word in enumerate(clause_tokens) if word in _PLAIN_NEGATIONS or _is_contracted_not(word)), None
        )
        if first_negation is not None and not sought_words.isdisjoint(clause_tokens[first_negation + 1 :]):
            return True
    return False


def _negated_stems(text: str) -> set[str]:
    """The stems of all words behind a "not" in its clause, and of all in a clause that denies in another way."""
    negated_stems: set[str] = set()
    for clause in re.split(r"[.;:!?\n]", _NEGATED_LIMIT.sub("", text)):
        negation = _NEGATING_WORD.search(clause)
        clause_words = words(clause if negation is None else clause[negation.end() :])
        if negation or not _DENYING_WORDS.isdisjoint(clause_words):
            negated_stems |= {stem(word, "en") for word in clause_words if word not in ENGLISH_STOP_WORDS}
    return negated_stems


def _words_behind_nots(text: str) -> list[str]:
    """For each "not" the first word behind it, in its sentence, that carries meaning; "" for a bare "No."."""
    negated_words: list[str] = []
    for sentence in _SENTENCE_END_MARK.split(_NEGATED_LIMIT.sub("", text)):
        negation_ends = [match.end() for match in _NEGATING_WORD.finditer(sentence)]
        words_behind_nots, denied = [], ""
        # each part of the sentence is read once
        for start, end in reversed(list(pairwise([*negation_ends, len(sentence)]))):
            denied = next((word for word in words(sentence[start:end]) if word not in ENGLISH_STOP_WORDS), denied)
            words_behind_nots.append(denied)
        negated_words += reversed(words_behind_nots)
    return negated_words


def duties(text: str) -> set[str]:
    """Of "must", "should" and "may", what `text` says in any words."""
    return {duty_word for duty_word, duty_pattern in _DUTY_PATTERNS.items() if duty_pattern.search(text)}
