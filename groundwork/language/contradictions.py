"""Opposites, negations and words of duty of English: what turns the meaning of a text round."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from itertools import pairwise

from groundwork.language.words import ENGLISH_STOP_WORDS, stem, words


def _word_set(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


OPPOSITES = tuple(
    (_word_set(first_side), _word_set(second_side))
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
_CONTRAST_WORDS = _word_set(
    """not never no without minimum maximum least most min max before after first second third last start begin end
    finish more less fewer above below over under inside outside in out north south east west left right highest
    lowest longest shortest largest smallest earliest latest win lose open close allowed forbidden offence defence
    offense defense offensive defensive home away men women indoor outdoor"""
)
_NEGATIONS = _word_set("not no never without cannot none neither nor unable except unless")
_NOT = re.compile(r"\b(?:not|no|never|cannot|unable to|\w+n['’]t)\b", re.I)
# Words that say "not" in another way, so that "is not allowed" may become "is forbidden".
_DENIAL_WORDS = _word_set(
    """forbidden prohibited banned illegal forbid forbids prohibit prohibits avoid avoids prevent prevents refuse
    refuses fail fails lack lacks nothing nobody none neither nor without except unless only other apart instead
    rather out off unnecessary optional free"""
)
_COMPARATIVES = "|".join(
    [
        "more",
        "fewer",
        "less",
        "later",
        "earlier",
        "sooner",
        "longer",
        "shorter",
        "higher",
        "lower",
        "further",
        "farther",
        "larger",
        "smaller",
        "greater",
        "heavier",
        "wider",
    ]
)
_NUMBER_SIGN = re.compile(r"\bnos?\.(?= ?\d)", re.IGNORECASE)  # "Measure No. 3" negates nothing
_LIMIT = re.compile(
    rf"\b(?:no|not|never|nor)(?: \w+){{0,3}}? (?:{_COMPARATIVES})\b[^.;:,]{{0,40}}?\bthan\b"
    r"|\b(?:no|not|never|nor|cannot)(?: \w+){0,3}? (?:above|over|below|under|beyond|exceed\w*)(?= [^.;:,]{0,20}?\d)"
    r"|\b(?:and|but|and for|but for|,) ?(?:no|not|never) (?:more|longer|later|further|fewer|less)\b"
    rf"|\b(?:{_COMPARATIVES}) than \w+(?: \w+)? (?:may|must|can|shall) ?not\b"
    r"|\b(?:no|never) (?:fewer|less|later|sooner|smaller|shorter|higher|lower|larger|greater)\b",
    re.I,
)  # negates nothing
_DUTY_PATTERNS = {  # what must be done, ought to be done, and may be done
    "must": re.compile(
        r"\b(?:must|shall|requires?d?|obliged|obligatory|mandatory|ha[sd] to|have to|need(?:s|ed)? to)\b"
    ),
    "should": re.compile(r"\b(?:should|ought|recommended|advised)\b"),
    "may": re.compile(r"\b(?:may|might|can|could|able|allowed|permitted|optional(?:ly)?|options?|free to)\b"),
}


def contrast_words(text: str) -> set[str]:
    """The words of `text` by which two questions that sound alike ask for different things."""
    return set(words(text)) & _CONTRAST_WORDS


_PARTICLES = frozenset(["in", "out", "over", "up", "inside", "outside"])  # "leaves out" is not the opposite of "in"


def find_opposite(original: str, rewording: str) -> tuple[str, str] | None:
    """(word, its opposite) where `rewording` says the opposite of a word of `original`, and neither says both."""
    if _bounds_complement(original, rewording):
        return None
    old_words, new_words = set(words(original)) - _PARTICLES, set(words(rewording)) - _PARTICLES
    return next(_opposite_pairs(old_words, new_words), None)


_AT_LEAST = re.compile(
    r"\b(?:at least (?P<a>[\w.]+)|(?P<b>[\w.]+) or more|(?:no|not) (?:fewer|less) than (?P<c>[\w.]+))", re.I
)
_BELOW = re.compile(r"\b(?:fewer|less) than (?P<a>[\w.]+)", re.I)
_AT_MOST = re.compile(r"\b(?:at most (?P<a>[\w.]+)|(?P<b>[\w.]+) or (?:fewer|less)|no more than (?P<c>[\w.]+))", re.I)
_ABOVE = re.compile(r"\bmore than (?P<a>[\w.]+)", re.I)


def _bounds_complement(original: str, rewording: str) -> bool:
    """Does one text say what holds from a number on, and the other what holds below it: "three or more bar it from the
    start", "with fewer than three it may start"?
    """
    return any(
        _bounds(first_pattern, first) & _bounds(second_pattern, second)
        for first_pattern, second_pattern in ((_AT_LEAST, _BELOW), (_AT_MOST, _ABOVE))
        for first, second in ((original, rewording), (rewording, original))
    )


def _bounds(pattern: re.Pattern[str], text: str) -> set[str]:
    return {bound.lower() for match in pattern.finditer(text) for bound in match.groups() if bound}


def _opposite_pairs(old_words: Set[str], new_words: Set[str]) -> Iterator[tuple[str, str]]:
    for first_side, second_side in OPPOSITES:
        for old_side, new_side in ((first_side, second_side), (second_side, first_side)):
            if old_words & old_side and not old_words & new_side and new_words & new_side and not new_words & old_side:
                yield min(old_words & old_side), min(new_words & new_side)


def is_negated(text: str) -> bool:
    """Does `text` negate something? "No more than six" is a limit and negates nothing."""
    text = _NUMBER_SIGN.sub(" ", _LIMIT.sub("", text))
    return any(word in _NEGATIONS or _is_short_not(word) for word in _tokens(text))


def _tokens(text: str) -> list[str]:
    """The words of `text` in lower case, those that a hyphen joins apart, identifiers such as no_color whole."""
    return [token.strip("'’") for token in re.findall(r"[\w'’]+", text.lower())]


def _is_short_not(word: str) -> bool:
    return word.endswith(("n't", "n’t"))


_SENTENCE_MARK = re.compile(r"[.;:!?]")
_PLAIN_NOTS = _word_set("not never cannot")
_TIME_CONDITIONS = _word_set("until before after once first unless")  # "not until inspected": "inspected before"


def find_contradicted_word(original: str, rewording: str, source: str = "", question: str = "") -> str:
    """What one of two texts denies and the other says, in no other way denied: "open" of "does not open", or "".

    What `source`, on which both rest, denies may be denied in `rewording`; what the `question` that
    `rewording` answers denies need not be: "Spectators" is enough of an answer to "What may it not carry?".
    """
    for denying, affirming, excuse in ((original, rewording, question), (rewording, original, source)):
        affirming_words = words(affirming)
        if excuse is question and _has_behind_not(question.split("?"), {"do", "doing"}):  # the answer need not deny
            continue
        if _NOT.search(_LIMIT.sub("", affirming)) or not _DENIAL_WORDS.isdisjoint(affirming_words):
            continue
        clauses = denying.replace(";", ".").split(".")
        if _has_behind_not(clauses, {"until"}) and not _TIME_CONDITIONS.isdisjoint(_tokens(affirming)):
            continue
        stems = {stem(word, "en") for word in affirming_words}
        contradicting = stems - _denied_stems(excuse)
        if contradicted := [word for word in _denied_words(denying) if word and stem(word, "en") in contradicting]:
            return contradicted[0]
    return ""


def _has_behind_not(parts: Iterable[str], sought_words: Set[str]) -> bool:
    """Does one of the words stand behind a "not" of the same part?"""
    for part in parts:
        part_words = _tokens(part)
        first_not = next((i for i, word in enumerate(part_words) if word in _PLAIN_NOTS or _is_short_not(word)), None)
        if first_not is not None and not sought_words.isdisjoint(part_words[first_not + 1 :]):
            return True
    return False


def _denied_stems(text: str) -> set[str]:
    """The stems of all words behind a "not" in its clause, and of all in a clause that denies in another way."""
    stems: set[str] = set()
    for clause in re.split(r"[.;:!?\n]", _LIMIT.sub("", text)):
        negation = _NOT.search(clause)
        clause_words = words(clause if negation is None else clause[negation.end() :])
        if negation or not _DENIAL_WORDS.isdisjoint(clause_words):
            stems |= {stem(word, "en") for word in clause_words if word not in ENGLISH_STOP_WORDS}
    return stems


def _denied_words(text: str) -> list[str]:
    """For each "not" the first word behind it, in its sentence, that carries meaning; "" for a bare "No."."""
    denied_words: list[str] = []
    for sentence in _SENTENCE_MARK.split(_LIMIT.sub("", text)):
        ends = [match.end() for match in _NOT.finditer(sentence)]
        words_behind, content_word = [], ""
        for start, end in reversed(list(pairwise([*ends, len(sentence)]))):  # each part of the sentence is read once
            content_word = next(
                (word for word in words(sentence[start:end]) if word not in ENGLISH_STOP_WORDS), content_word
            )
            words_behind.append(content_word)
        denied_words += reversed(words_behind)
    return denied_words


def duties(text: str) -> set[str]:
    """Of "must", "should" and "may", what `text` says in any words."""
    return {duty for duty, pattern in _DUTY_PATTERNS.items() if pattern.search(text)}
