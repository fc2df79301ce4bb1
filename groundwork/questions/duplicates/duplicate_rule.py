"""Whether two questions ask the same: by what answers them, since wording alone cannot tell chmod from chgrp.

With evidence, two questions are one when the same statement answers both in the same way: their quotes share most of
their words, neither pair tells of something that only its own quotes hold, and the answers give the same facts and
numbers. Without evidence only the wording of the questions is left, and that of the answers where there are any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from groundwork.language.contradictions import contrast_words, find_opposite, is_negated
from groundwork.language.language_and_script import detect_language
from groundwork.language.names import names, names_as_written, quoted_terms
from groundwork.language.numbers import number_values, numbers
from groundwork.language.question_forms import are_opposite_verdicts
from groundwork.language.words import ENGLISH_STOP_WORDS, content_words, normalised_words, words

SAME_STATEMENT = 0.8  # of the words of the shorter of two quotes
FEW_WORDS = 5  # of a quote
SAME_SUBJECT = 0.7  # of what two pairs tell of their statement, where each also tells something else
SAME_ANSWER = 0.5  # of the shorter of two answers, beside what its question says

_CODE = re.compile(r"(?<!\w)\w*\d\w*")
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
class AskedQuestion:
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
        return [words for quote in self.evidence if (words := _meaning_words(quote, self.language))]

    @cached_property
    def statement(self) -> Words:
        """The words and numbers of all quotes."""
        return frozenset(chain.from_iterable(self.quotes))

    @cached_property
    def question_words(self) -> Words:
        """The words and numbers of the question."""
        return _meaning_words(self.question, self.language)

    @cached_property
    def pair_words(self) -> Words:
        """What question and answer say together."""
        return self.question_words | _meaning_words(self.answer, self.language)

    @cached_property
    def added_words(self) -> Words:
        """What the answer adds to its question."""
        return _meaning_words(self.answer, self.language) - self.question_words


def question_of(pair: object) -> AskedQuestion:
    """Any record with a question, an answer and evidence: a draft, a pair, a dataset's row."""
    question, answer, evidence = (getattr(pair, name, "") for name in ("question", "answer", "evidence"))
    return AskedQuestion(question, answer, tuple(evidence))


def difference(first: AskedQuestion, second: AskedQuestion) -> str:
    """Why two pairs with evidence do not ask the same, or "" where they do. Their likeness is not looked at."""
    if not _share_statement(first, second):
        return "another statement answers it"
    return _opposite_meaning(first, second) or _different_subject(first, second) or _different_answer(first, second)


def differ_in_fact(first: str, second: str) -> bool:
    """Do two questions ask about different numbers, named things or opposites, however alike they sound?"""
    if number_values(first, spelled="en") != number_values(second, spelled="en"):
        return True
    if contrast_words(first) != contrast_words(second):
        return True
    first_words, second_words = set(words(first)), set(words(second))
    measure_words = first_words & _MEASURES, second_words & _MEASURES
    if all(measure_words) and measure_words[0].isdisjoint(measure_words[1]):
        return True
    return bool(names(first) - second_words - _codes(second)) or bool(names(second) - first_words - _codes(first))


def differ_in_words(first: AskedQuestion, second: AskedQuestion) -> bool:
    """As `difference`, by the questions, and by the answers where both have one: where evidence is missing, or the text
    states a fact twice. Two statements then have to be answered in the same words.
    """
    if differ_in_fact(first.question, second.question):
        return True
    if first.statement and second.statement:
        first_words = _meaning_words(first.answer, first.language)
        second_words = _meaning_words(second.answer, second.language)
        return len(first_words & second_words) < SAME_STATEMENT * len(first_words | second_words)
    return bool(
        first.answer and second.answer and (_opposite_meaning(first, second) or _different_answer(first, second))
    )


def share(first: Words, second: Words) -> float:
    """The share of the smaller set that the other holds as well; 0 where one is empty."""
    return len(first & second) / min(len(first), len(second)) if first and second else 0.0


def _share_statement(first: AskedQuestion, second: AskedQuestion) -> bool:
    """Do the quotes share their words? A few must stand in the other as they are, since any quote may hold most."""
    if share(first.statement, second.statement) < SAME_STATEMENT:
        return False
    if min(len(first.statement), len(second.statement)) >= FEW_WORDS:
        return True
    first_text, second_text = (f" {normalised_words(' '.join(pair.evidence))} " for pair in (first, second))
    return first_text in second_text or second_text in first_text


def _opposite_meaning(first: AskedQuestion, second: AskedQuestion) -> str:
    """The opposite in the question, or the other of yes and no as the answer."""
    if opposites := find_opposite(first.question, second.question):
        quoted_words = set(words(" ".join((*first.evidence, *second.evidence))))
        if quoted_words.issuperset(opposites) or ENGLISH_STOP_WORDS.isdisjoint(
            opposites
        ):  # "in" and "out" come with the wording
            return f"asks for {opposites[0]} where the other asks for {opposites[1]}"
    if are_opposite_verdicts(first.answer, second.answer, first.language) and (
        is_negated(first.question) == is_negated(second.question)
    ):
        return "one is answered yes, the other no"
    return ""


def _different_subject(first: AskedQuestion, second: AskedQuestion) -> str:
    """What each tells of the statements that the other does not: chmod and chgrp, the second of two quotes."""
    statement = first.statement | second.statement
    first_words, second_words = first.pair_words & statement, second.pair_words & statement
    only_first, only_second = first_words - second_words, second_words - first_words
    first_asked, second_asked = first.question_words - second.pair_words, second.question_words - first.pair_words
    if _number_words(first_asked) and _number_words(second_asked):
        return "is about other numbers"
    if _number_words(first_asked - second.statement) or _number_words(second_asked - first.statement):
        return "is about a number that the other does not know"
    if _names_missing_in(first, second) and _names_missing_in(second, first):
        return "is about another name"
    if _names_of_case(first, second) or _names_of_case(second, first):
        return "tells a case of its own"
    if _is_only_mentioned(first, second) or _is_only_mentioned(second, first):
        return "asks about what the other only mentions"
    if only_first - second.statement and only_second - first.statement:
        return "each is about something that only its own evidence holds"
    common_count = len(first_words & second_words)
    if common_count < SAME_SUBJECT * (common_count + min(len(only_first), len(only_second))):
        return "is about something else in the statement"
    return _extra_information(first, second) or _extra_information(second, first)


def _names_missing_in(first: AskedQuestion, second: AskedQuestion) -> set[str]:
    """The names in a question that the other pair does not hold, neither in full nor as first letters (FHS)."""
    second_text = f"{second.question} {second.answer}"
    own_names = names(first.question) - set(words(second_text)) - _codes(second_text)
    initialisms = {name for name in names(second_text) if len(name) > 1 and name in _initials(first.question)}
    own_names = {name for name in own_names if not any(name[0] in letters for letters in initialisms)}
    return {name for name in own_names if len(name) < 2 or name not in _initials(second_text)}


def _names_of_case(first: AskedQuestion, second: AskedQuestion) -> set[str]:
    """The names by which a question tells a case that its answer decides: neither pair's quotes hold them."""
    known_words = set(words(" ".join([*first.evidence, *second.evidence, second.question, second.answer])))
    return names(first.question) & set(words(first.answer)) - known_words


def _is_only_mentioned(first: AskedQuestion, second: AskedQuestion) -> bool:
    """Is a term in a question ("newcomer") that only stands among other things in the other's answer?"""
    terms = [term for term in quoted_terms(first.question) if term not in second.question]
    return any(
        term in second.answer
        and second.added_words - _meaning_words(term, second.language) - first.added_words - first.question_words
        for term in terms
    )


def _initials(text: str) -> str:
    return "".join(name[0] for name in names_as_written(text)).lower()


def _extra_information(first: AskedQuestion, second: AskedQuestion) -> str:
    """Does the answer tell what only a quote holds that the other pair lacks?"""
    added_words = first.added_words - second.pair_words
    other_quotes = (quote for quote in first.quotes if share(quote, second.statement) < SAME_STATEMENT)
    return "one answer tells more" if any(added_words & (quote - second.statement) for quote in other_quotes) else ""


def _different_answer(first: AskedQuestion, second: AskedQuestion) -> str:
    first_numbers, second_numbers = _number_words(first.added_words), _number_words(second.added_words)
    common_numbers = first_numbers & second_numbers
    if first_numbers and second_numbers and common_numbers not in (first_numbers, second_numbers):
        return "the answers give other numbers"
    if first_numbers & second.question_words or second_numbers & first.question_words:
        return "one question says the number that the other asks for"
    if first_numbers != second_numbers and not _has_common_first_number(first, second, common_numbers):
        return "one answer gives the number first that the other does not"
    statement = (first.statement | second.statement) or (first.pair_words | second.pair_words)
    first_words, second_words = first.added_words & statement, second.added_words & statement
    if not first_words and not second_words:  # each answer only says yes or repeats its question
        names_differ = first.question_words - second.pair_words and second.question_words - first.pair_words
        return "each question names something else" if names_differ else ""
    if not first_words or not second_words:
        answer_words, pair_words = (first_words, second.pair_words) if first_words else (second_words, first.pair_words)
        agreement = len(answer_words & pair_words) / len(answer_words)
    else:
        agreement = share(first_words, second_words)
    return "" if agreement >= SAME_ANSWER else "the answers tell other things"


def _has_common_first_number(first: AskedQuestion, second: AskedQuestion, common: Words) -> bool:
    """Where one answer gives more numbers: is its first, which is what was asked for, among those that both give?"""
    longer_pair = max(first, second, key=lambda pair: len(_number_words(pair.added_words)))
    first_number = min(numbers(longer_pair.answer, spelled="en"), key=lambda number: number.start)
    return _NUMBER + first_number.value in common


def _meaning_words(text: str, language: str) -> Words:
    """The stems of the words of meaning, the codes with digits, and the numbers with a # before their value.

    "One" is no number: one does, the one.
    """
    values = number_values(text) | number_values(text, spelled="en") - {"1"}
    return frozenset(content_words(text, language) | _codes(text) | {_NUMBER + n for n in values})


def _codes(text: str) -> set[str]:
    return set(_CODE.findall(text.lower()))


def _number_words(words: Words) -> Words:
    return frozenset(word for word in words if word.startswith(_NUMBER))
