"""Opposites: yes and no in many languages, and English words that turn a meaning round, deny it or make it a duty.

YES_NO_AUXILIARY and YES_OR_NO are pieces for other modules' patterns. "si" is no yes: in Spanish and Italian it mostly
means "if".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, KeysView, Set
from functools import cache
from itertools import pairwise

import regex

from groundwork.language.words import ENGLISH_STOP_WORDS, stem, words

YES_NO_AUXILIARY = (  # what a yes/no question of English begins with
    "(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had)"
)
_YES_NO_OPPOSITES = {  # in turn, those of most use first: in some languages the verb of the question answers it
    "ar": "نعم لا", "bg": "да не", "ca": "sí no", "cs": "ano ne", "da": "ja nej", "de": "ja nein", "el": "ναι όχι",
    "en": "yes no", "es": "sí no", "et": "jah ei", "fa": "بله خیر", "fi": "kyllä ei", "fr": "oui non", "he": "כן לא",
    "hi": "हाँ नहीं हां नहीं", "hr": "da ne", "hu": "igen nem", "id": "ya tidak", "it": "sì no", "lt": "taip ne",
    "ja": "はい いいえ できます できません 可能です 不可能です 必要です 不要です",
    "ko": "예 아니요 네 아니요 네 아니오",
    "lv": "jā nē", "nb": "ja nei", "nl": "ja nee", "no": "ja nei", "pl": "tak nie", "pt": "sim não", "ro": "da nu",
    "ru": "да нет", "sk": "áno nie", "sl": "da ne", "sv": "ja nej", "tr": "evet hayır", "uk": "так ні",
    "th": "ใช่ ไม่ใช่ ได้ ไม่ได้ ต้อง ไม่ต้อง มี ไม่มี จำเป็น ไม่จำเป็น", "ur": "ہاں نہیں جی نہیں", "vi": "có không",
    "zh": """是 不是 可以 不可以 能 不能 会 不会 有 没有 需要 不需要 必须 不必 应当 不应当 应该 不应该 允许 不允许
        对 不对 是的 不是 是 否""",
}  # fmt: skip
# "no-one" is another word; vowel signs belong to theirs
_FIRST_WORD_OF_ANSWER = regex.compile(r"\W*([\p{L}\p{M}]+)(?![\w-])")
YES_OR_NO = "(?:yes|no|ja|nein|oui|non|sí|não|nee)"


def _opposite_words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


OPPOSITES = tuple(
    (_opposite_words(first_side), _opposite_words(second_side))
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
_OPPOSITE_WORDS_OF_QUESTIONS = _opposite_words(
    """not never no without minimum maximum least most min max before after first second third last start begin end
    finish more less fewer above below over under inside outside in out north south east west left right highest
    lowest longest shortest largest smallest earliest latest win lose open close allowed forbidden offence defence
    offense defense offensive defensive home away men women indoor outdoor"""
)
_NEGATIONS = _opposite_words("not no never without cannot none neither nor unable except unless")
_NEGATING_WORD = re.compile(r"\b(?:not|no|never|cannot|unable to|\w+n['’]t)\b", re.I)
# Words that say "not" in another way, so that "is not allowed" may become "is forbidden".
_DENYING_WORDS = _opposite_words(
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
_PLAIN_NEGATIONS = _opposite_words("not never cannot")
# "not until inspected": "inspected before"
_TIME_CONDITION_WORDS = _opposite_words("until before after once first unless")


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
        words_behind_nots, denied_word = [], ""
        # each part of the sentence is read once
        for start, end in reversed(list(pairwise([*negation_ends, len(sentence)]))):
            denied_word = next(
                (word for word in words(sentence[start:end]) if word not in ENGLISH_STOP_WORDS), denied_word
            )
            words_behind_nots.append(denied_word)
        negated_words += reversed(words_behind_nots)
    return negated_words


def duties(text: str) -> set[str]:
    """Of "must", "should" and "may", what `text` says in any words."""
    return {duty_word for duty_word, duty_pattern in _DUTY_PATTERNS.items() if duty_pattern.search(text)}


@cache
def _opposites_of_yes_and_no(language: str) -> dict[str, str]:
    """Each word for yes of a language with its no, and each no with its yes, the more usual one where there are two."""
    yes_no_opposites = _YES_NO_OPPOSITES.get(language, _YES_NO_OPPOSITES["en"]).split()
    opposite_terms: dict[str, str] = {}
    for yes, no in zip(yes_no_opposites[::2], yes_no_opposites[1::2], strict=True):
        opposite_terms.setdefault(yes, no)
        opposite_terms.setdefault(no, yes)
    return opposite_terms


def yes_and_no_words(language: str) -> KeysView[str]:
    """The words for yes and no of a language by its ISO 639-1 code; those of English where they are not known."""
    return _opposites_of_yes_and_no(language).keys()


def yes_or_no(answer: str, language: str) -> str:
    """The word for yes or no that an answer begins with, in small letters, or ""."""
    opposable_match = _FIRST_WORD_OF_ANSWER.match(answer)
    opposable_word = opposable_match[1].lower() if opposable_match else ""
    return opposable_word if opposable_word in yes_and_no_words(language) else ""


def opposite_yes_or_no(answer: str, language: str) -> str:
    """No for an answer that begins with yes, yes for one that begins with no, in the answer's language; else ""."""
    return _opposites_of_yes_and_no(language).get(yes_or_no(answer, language), "")


def are_opposite_answers(first_answer: str, second_answer: str, language: str) -> bool:
    """Is one of two answers yes, and the other no?"""
    opposite_terms = _YES_NO_OPPOSITES.get(language, _YES_NO_OPPOSITES["en"]).split()
    opposite_answers = [yes_or_no(answer, language) for answer in (first_answer, second_answer)]
    yes_terms = opposite_terms[::2]
    return all(opposite_answers) and (opposite_answers[0] in yes_terms) != (opposite_answers[1] in yes_terms)
