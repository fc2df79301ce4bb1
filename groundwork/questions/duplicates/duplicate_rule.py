"""Do two questions ask the same? Told by what answers them, since wording alone cannot tell chmod from chgrp.

With evidence, two questions are one when the same statement answers both in the same way: their quotes share most of
their words, neither pair tells of something that only its own quotes hold, and the answers give the same facts and
numbers. Without evidence only the wording of the questions is left, and that of the answers where there are any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from groundwork.language.detection import detect_language
from groundwork.language.names import names, names_as_written, quoted_terms
from groundwork.language.numbers import number_values, numbers
from groundwork.language.opposites import contrast_words, find_opposite, is_negated
from groundwork.language.words import ENGLISH_STOP_WORDS, content_words, normalised_words, words

SAME_STATEMENT = 0.8  # of the words of the shorter of two quotes
FEW_WORDS = 5  # of a quote
SAME_SUBJECT = 0.7  # of what two pairs tell of their statement, where each also tells something else
SAME_ANSWER = 0.5  # of the shorter of two answers, beside what its question says

_CODE = re.compile(r"(?<!\w)\w*\d\w*")
_YES_OR_NO = re.compile(r"(yes|no|ja|nein|oui|non|sí|si|não|nee)\b", re.IGNORECASE)
_NUMBER = "#"  # before a number's value among the words of a text

_MEASURES = frozenset(
    re.findall(
        r"\w+",
        "wide long high tall deep thick heavy old fast far many much length width height depth weight age who where "
        "why",
    )
)

Words = frozenset[str]


@dataclass(frozen=True)
class Asked:
    """A question with what is known of its answer; both may be missing in other people's datasets."""

    question: str
    answer: str = ""
    evidence: tuple[str, ...] = ()

    @cached_property
    def language(self) -> str:
        """Told by all that is there, since a question alone is short."""
        return detect_language(" ".join((self.question, self.answer, *self.evidence)))

    @cached_property
    def quotes(self) -> list[Words]:
        """The words and numbers of each quote."""
        return [found for quote in self.evidence if (found := _words(quote, self.language))]

    @cached_property
    def statement(self) -> Words:
        """The words and numbers of all quotes."""
        return frozenset(chain.from_iterable(self.quotes))

    @cached_property
    def asked(self) -> Words:
        """The words and numbers of the question."""
        return _words(self.question, self.language)

    @cached_property
    def told(self) -> Words:
        """What question and answer say together."""
        return self.asked | _words(self.answer, self.language)

    @cached_property
    def information(self) -> Words:
        """What the answer adds to its question."""
        return _words(self.answer, self.language) - self.asked


def asked_by(pair: object) -> Asked:
    """Any record with a question, an answer and evidence: a draft, a pair, a dataset's row."""
    question, answer, evidence = (getattr(pair, name, "") for name in ("question", "answer", "evidence"))
    return Asked(question, answer, tuple(evidence))


def difference(one: Asked, other: Asked) -> str:
    """Why two pairs with evidence do not ask the same, or "" where they do. Their likeness is not looked at."""
    if not _same_statement(one, other):
        return "another statement answers it"
    return _other_meaning(one, other) or _other_subject(one, other) or _other_answer(one, other)


def differ_in_fact(one: str, other: str) -> bool:
    """Do two questions ask about different numbers, named things or opposites, however alike they sound?"""
    if number_values(one, spelled=True) != number_values(other, spelled=True) or contrast_words(one) != contrast_words(
        other
    ):
        return True
    mine, theirs = set(words(one)), set(words(other))
    measures = mine & _MEASURES, theirs & _MEASURES
    if all(measures) and measures[0].isdisjoint(measures[1]):
        return True
    return bool(names(one) - theirs - _codes(other)) or bool(names(other) - mine - _codes(one))


def differ_in_words(one: Asked, other: Asked) -> bool:
    """As `difference`, by the questions, and by the answers where both have one: where evidence is missing, or the text
    states a fact twice. Two statements then have to be answered in the same words.
    """
    if differ_in_fact(one.question, other.question):
        return True
    if one.statement and other.statement:
        mine, theirs = _words(one.answer, one.language), _words(other.answer, other.language)
        return len(mine & theirs) < SAME_STATEMENT * len(mine | theirs)
    return bool(one.answer and other.answer and (_other_meaning(one, other) or _other_answer(one, other)))


def share(one: Words, other: Words) -> float:
    """The share of the smaller set that the other holds as well; 0 where one is empty."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _same_statement(one: Asked, other: Asked) -> bool:
    """Do the quotes share their words? A few must stand in the other as they are, since any quote may hold most."""
    if share(one.statement, other.statement) < SAME_STATEMENT:
        return False
    if min(len(one.statement), len(other.statement)) >= FEW_WORDS:
        return True
    mine, theirs = (f" {normalised_words(' '.join(pair.evidence))} " for pair in (one, other))
    return mine in theirs or theirs in mine


def _other_meaning(one: Asked, other: Asked) -> str:
    """The opposite in the question, or the other of yes and no as the answer."""
    if opposites := find_opposite(one.question, other.question):
        quoted = set(words(" ".join((*one.evidence, *other.evidence))))
        if quoted.issuperset(opposites) or ENGLISH_STOP_WORDS.isdisjoint(
            opposites
        ):  # "in" and "out" come with the wording
            return f"asks for {opposites[0]} where the other asks for {opposites[1]}"
    said = [_YES_OR_NO.match(pair.answer.strip()) for pair in (one, other)]
    if all(said) and said[0][1].lower() != said[1][1].lower() and (  # type: ignore[index]  # both are there
        is_negated(one.question) == is_negated(other.question)
    ):  # fmt: skip
        return "one is answered yes, the other no"
    return ""


def _other_subject(one: Asked, other: Asked) -> str:
    """What each tells of the statements that the other does not: chmod and chgrp, the second of two quotes."""
    statement = one.statement | other.statement
    mine, theirs = one.told & statement, other.told & statement
    only_mine, only_theirs = mine - theirs, theirs - mine
    if _numbers(one.asked - other.told) and _numbers(other.asked - one.told):
        return "is about other numbers"
    if _numbers(one.asked - other.told - other.statement) or _numbers(other.asked - one.told - one.statement):
        return "is about a number that the other does not know"
    if _own_names(one, other) and _own_names(other, one):
        return "is about another name"
    if _only_mentioned(one, other) or _only_mentioned(other, one):
        return "asks about what the other only mentions"
    if only_mine - other.statement and only_theirs - one.statement:
        return "each is about something that only its own evidence holds"
    common = len(mine & theirs)
    if common < SAME_SUBJECT * (common + min(len(only_mine), len(only_theirs))):
        return "is about something else in the statement"
    return _more(one, other) or _more(other, one)


def _own_names(one: Asked, other: Asked) -> set[str]:
    """The names in a question that the other pair does not hold, neither in full nor as first letters (FHS)."""
    said = f"{other.question} {other.answer}"
    own = names(one.question) - set(words(said)) - _codes(said)
    short = {name for name in names(said) if len(name) > 1 and name in _initials(one.question)}
    own = {name for name in own if not any(name[0] in letters for letters in short)}
    return {name for name in own if len(name) < 2 or name not in _initials(said)}


def _only_mentioned(one: Asked, other: Asked) -> bool:
    """Is a term in a question ("newcomer") that only stands among other things in the other's answer?"""
    terms = [term for term in quoted_terms(one.question) if term not in other.question]
    return any(
        term in other.answer and other.information - _words(term, other.language) - one.information - one.asked
        for term in terms
    )


def _initials(text: str) -> str:
    return "".join(name[0] for name in names_as_written(text)).lower()


def _more(one: Asked, other: Asked) -> str:
    """Does the answer tell what only a quote holds that the other pair lacks?"""
    news = one.information - other.told
    further = (quote for quote in one.quotes if share(quote, other.statement) < SAME_STATEMENT)
    return "one answer tells more" if any(news & (quote - other.statement) for quote in further) else ""


def _other_answer(one: Asked, other: Asked) -> str:
    figures = _numbers(one.information), _numbers(other.information)
    if all(figures) and not (figures[0] <= figures[1] or figures[1] <= figures[0]):
        return "the answers give other numbers"
    if figures[0] & other.asked or figures[1] & one.asked:
        return "one question says the number that the other asks for"
    if figures[0] != figures[1] and not _same_first(one, other, figures[0] & figures[1]):
        return "one answer gives the number first that the other does not"
    statement = (one.statement | other.statement) or (one.told | other.told)
    mine, theirs = one.information & statement, other.information & statement
    if not mine and not theirs:  # each answer only says yes or repeats its question
        apart = one.asked - other.told and other.asked - one.told
        return "each question names something else" if apart else ""
    if not mine or not theirs:
        told, known = (mine, other.told) if mine else (theirs, one.told)
        same = len(told & known) / len(told)
    else:
        same = share(mine, theirs)
    return "" if same >= SAME_ANSWER else "the answers tell other things"


def _same_first(one: Asked, other: Asked, common: Words) -> bool:
    """Where one answer gives more numbers: is its first, which is what was asked for, among those that both give?"""
    longer = max(one, other, key=lambda pair: len(_numbers(pair.information)))
    first = min(numbers(longer.answer, spelled=True), key=lambda number: number.start)
    return _NUMBER + first.value in common


def _words(text: str, language: str) -> Words:
    """The stems of the words of meaning, the codes with digits, and the numbers with a # before their value.

    "One" is no number: one does, the one.
    """
    found = number_values(text) | number_values(text, spelled=True) - {"1"}
    return frozenset(content_words(text, language) | _codes(text) | {_NUMBER + n for n in found})


def _codes(text: str) -> set[str]:
    return set(_CODE.findall(text.lower()))


def _numbers(found: Words) -> Words:
    return frozenset(word for word in found if word.startswith(_NUMBER))
