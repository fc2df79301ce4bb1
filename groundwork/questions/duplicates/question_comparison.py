"""The comparison of two questions: do they ask the same? By what answers them: words alone tell no chmod from chgrp.

With evidence, two questions are one when the same statement answers both in the same way: their quotes share most of
their words, neither pair tells of something that only its own quotes hold, and the answers give the same facts and
numbers. Without evidence only the wording of the questions is left, and that of the answers where there are any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from groundwork.language.language_and_script import detect_language
from groundwork.language.names_and_codes import names, names_as_written, quoted_terms
from groundwork.language.negations_and_duties import is_negated
from groundwork.language.numbers import number_values, numbers
from groundwork.language.opposites import contrast_words, find_opposite
from groundwork.language.words import ENGLISH_STOP_WORDS, content_words, normalised_words, words
from groundwork.language.yes_and_no import are_opposite_answers
from groundwork.questions.duplicates.likeness_calibration import Likeness

SAME_EVIDENCE_SHARE = 0.8  # of the words of the shorter of two quotes
FEW_QUOTE_WORDS = 5  # of a quote
SAME_SUBJECT_SHARE = 0.7  # of what two pairs tell of their statement, where each also tells something else
SAME_ANSWER_SHARE = 0.5  # of the shorter of two answers, beside what its question says
LEAST_OF_LONGER_ANSWER = 1 / 3  # that the other gives as well
WORDS_ASKED_APART = 2  # of the statement, in each of two questions

_CODE_IN_QUESTION = re.compile(r"(?<!\w)\w*\d\w*")
_NUMBER_WORD_PREFIX = "#"  # before a number's value among the words of a text

_WORDS_THAT_ASK_MEASURES = frozenset(words("""wide long high tall deep thick heavy old fast far many much length width
    height depth weight age who where why"""))  # fmt: skip

WordSet = frozenset[str]


@dataclass(frozen=True)
class AskedQuestion:
    """A question with what is known of its answer; both may be missing in other people's datasets."""

    question: str
    answer: str = ""
    evidence: tuple[str, ...] = ()

    def without_cached_words(self) -> AskedQuestion:
        """The same without the words that were read of it, which take some kB: what is read of this is soon gone."""
        return replace(self)

    @cached_property
    def language(self) -> str:
        """Told by all that is there, since a question alone is short."""
        return detect_language(" ".join((self.question, self.answer, *self.evidence)))

    @cached_property
    def evidence_word_sets(self) -> list[WordSet]:
        """The words and numbers of each quote."""
        return [words for quote in self.evidence if (words := _meaning_words(quote, self.language))]

    @cached_property
    def evidence_words(self) -> WordSet:
        """The words and numbers of all quotes."""
        return frozenset(chain.from_iterable(self.evidence_word_sets))

    @cached_property
    def question_words(self) -> WordSet:
        """The words and numbers of the question."""
        return _meaning_words(self.question, self.language)

    @cached_property
    def pair_words(self) -> WordSet:
        """What question and answer say together."""
        return self.question_words | _meaning_words(self.answer, self.language)

    @cached_property
    def added_words(self) -> WordSet:
        """What the answer adds to its question."""
        return _meaning_words(self.answer, self.language) - self.question_words


def asked_question(pair: object) -> AskedQuestion:
    """Any record with a question, an answer and evidence: a draft, a pair, a dataset's row."""
    question, answer, evidence = (getattr(pair, name, "") for name in ("question", "answer", "evidence"))
    return AskedQuestion(question, answer, tuple(evidence))


def ask_the_same(
    first_question: AskedQuestion, second_question: AskedQuestion, cosine: float, likeness: Likeness
) -> bool:
    """Do the two ask the same, their questions being as alike as `cosine`?"""
    if (
        first_question.evidence_words
        and second_question.evidence_words
        and cosine >= likeness.alike_cosine
        and not not_duplicate_reason(first_question, second_question)
    ):
        return True
    return likeness.are_close(first_question.question, second_question.question, cosine) and not pairs_differ_in_words(
        first_question, second_question
    )


def not_duplicate_reason(first_question: AskedQuestion, second_question: AskedQuestion) -> str:
    """Why two pairs with evidence do not ask the same, or "" where they do. Their likeness is not looked at."""
    if not _share_their_evidence(first_question, second_question) or (
        all(_asked_apart(first_question, second_question)) and not _quote_one_place(first_question, second_question)
    ):
        return "another statement answers it"
    return (
        _opposite_meaning(first_question, second_question)
        or _subject_difference(first_question, second_question)
        or _answer_difference(first_question, second_question)
    )


def questions_differ_in_fact(first_question: str, second_question: str) -> bool:
    """Do two questions ask about different numbers, named things or opposites, however alike they sound?"""
    if number_values(first_question, spelled="en") != number_values(second_question, spelled="en"):
        return True
    if contrast_words(first_question) != contrast_words(second_question):
        return True
    first_question_words, second_question_words = set(words(first_question)), set(words(second_question))
    measures_asked = first_question_words & _WORDS_THAT_ASK_MEASURES, second_question_words & _WORDS_THAT_ASK_MEASURES
    if all(measures_asked) and measures_asked[0].isdisjoint(measures_asked[1]):
        return True
    return bool(names(first_question) - second_question_words - _codes_with_digits(second_question)) or bool(
        names(second_question) - first_question_words - _codes_with_digits(first_question)
    )


def pairs_differ_in_words(first_question: AskedQuestion, second_question: AskedQuestion) -> bool:
    """As `not_duplicate_reason`, by the questions, and by the answers where both have one: without evidence, or where
    the text states a fact twice. Two statements then have to be answered in the same words.
    """
    if questions_differ_in_fact(first_question.question, second_question.question):
        return True
    if first_question.evidence_words and second_question.evidence_words:
        first_answer_words = _meaning_words(first_question.answer, first_question.language)
        second_answer_words = _meaning_words(second_question.answer, second_question.language)
        words_of_both = first_answer_words | second_answer_words
        return len(first_answer_words & second_answer_words) < SAME_EVIDENCE_SHARE * len(words_of_both)
    return bool(
        first_question.answer
        and second_question.answer
        and (_opposite_meaning(first_question, second_question) or _answer_difference(first_question, second_question))
    )


def shared_word_share(first_question: WordSet, second_question: WordSet) -> float:
    """The share of the smaller set that the other holds as well; 0 where one is empty."""
    return (
        len(first_question & second_question) / min(len(first_question), len(second_question))
        if first_question and second_question
        else 0.0
    )


def _share_their_evidence(first_question: AskedQuestion, second_question: AskedQuestion) -> bool:
    """Do the quotes share their words? A few must stand in the other as they are, since any quote may hold most."""
    if shared_word_share(first_question.evidence_words, second_question.evidence_words) < SAME_EVIDENCE_SHARE:
        return False
    if min(len(first_question.evidence_words), len(second_question.evidence_words)) >= FEW_QUOTE_WORDS:
        return True
    both_evidence = first_question.evidence, second_question.evidence
    first_quotes, second_quotes = (f" {normalised_words(' '.join(evidence))} " for evidence in both_evidence)
    return first_quotes in second_quotes or second_quotes in first_quotes


def _quote_one_place(first_question: AskedQuestion, second_question: AskedQuestion) -> bool:
    """Does a quote of one stand in a quote of the other? A text may say nearly the same of two things."""
    first_quotes, second_quotes = (
        [f" {normalised_words(quote)} " for quote in question.evidence]
        for question in (first_question, second_question)
    )
    return any(first in second or second in first for first in first_quotes for second in second_quotes)


def _asked_apart(first_question: AskedQuestion, second_question: AskedQuestion) -> tuple[WordSet, WordSet]:
    """What each question says that the other pair does not."""
    return (
        first_question.question_words - second_question.pair_words,
        second_question.question_words - first_question.pair_words,
    )


def _opposite_meaning(first_question: AskedQuestion, second_question: AskedQuestion) -> str:
    """The opposite in the question, or the other of yes and no as the answer."""
    if opposites := find_opposite(first_question.question, second_question.question):
        quoted_words = set(words(" ".join((*first_question.evidence, *second_question.evidence))))
        if quoted_words.issuperset(opposites) or ENGLISH_STOP_WORDS.isdisjoint(
            opposites
        ):  # "in" and "out" come with the wording
            return f"asks for {opposites[0]} where the other asks for {opposites[1]}"
    if are_opposite_answers(first_question.answer, second_question.answer, first_question.language) and (
        is_negated(first_question.question) == is_negated(second_question.question)
    ):
        return "one is answered yes, the other no"
    return ""


def _subject_difference(first_question: AskedQuestion, second_question: AskedQuestion) -> str:
    """What each tells of the statements that the other does not: chmod and chgrp, the second of two quotes."""
    evidence_words = first_question.evidence_words | second_question.evidence_words
    first_subject_words = first_question.pair_words & evidence_words
    second_subject_words = second_question.pair_words & evidence_words
    only_first_tells = first_subject_words - second_subject_words
    only_second_tells = second_subject_words - first_subject_words
    only_first_asks, only_second_asks = _asked_apart(first_question, second_question)
    if _number_words(only_first_asks) and _number_words(only_second_asks):
        return "is about other numbers"
    if _number_words(only_first_asks - second_question.evidence_words) or _number_words(
        only_second_asks - first_question.evidence_words
    ):
        return "is about a number that the other does not know"
    if _names_missing_in(first_question, second_question) and _names_missing_in(second_question, first_question):
        return "is about another name"
    if _names_of_told_case(first_question, second_question) or _names_of_told_case(second_question, first_question):
        return "tells a case of its own"
    if _is_term_mentioned(first_question, second_question) or _is_term_mentioned(second_question, first_question):
        return "asks about what the other only mentions"
    if only_first_tells - second_question.evidence_words and only_second_tells - first_question.evidence_words:
        return "each is about something that only its own evidence holds"
    if min(len(only_first_asks & evidence_words), len(only_second_asks & evidence_words)) >= WORDS_ASKED_APART:
        return "each asks about another part of the statement"
    common_words = len(first_subject_words & second_subject_words)
    if common_words < SAME_SUBJECT_SHARE * (common_words + min(len(only_first_tells), len(only_second_tells))):
        return "is about something else in the statement"
    return _extra_information_of_answer(first_question, second_question) or _extra_information_of_answer(
        second_question, first_question
    )


def _names_missing_in(first_question: AskedQuestion, second_question: AskedQuestion) -> set[str]:
    """The names in a question that the other pair does not hold, neither in full nor as first letters (FHS)."""
    second_text = f"{second_question.question} {second_question.answer}"
    names_in_first_question = names(first_question.question) - set(words(second_text)) - _codes_with_digits(second_text)
    initialisms_in_second = {
        name for name in names(second_text) if len(name) > 1 and name in _initials_of_names(first_question.question)
    }
    names_in_first_question = {
        name for name in names_in_first_question if not any(name[0] in letters for letters in initialisms_in_second)
    }
    return {name for name in names_in_first_question if len(name) < 2 or name not in _initials_of_names(second_text)}


def _names_of_told_case(first_question: AskedQuestion, second_question: AskedQuestion) -> set[str]:
    """The names by which a question tells a case that its answer decides: neither pair's quotes hold them."""
    evidence_and_second_words = set(
        words(
            " ".join(
                [*first_question.evidence, *second_question.evidence, second_question.question, second_question.answer]
            )
        )
    )
    return names(first_question.question) & set(words(first_question.answer)) - evidence_and_second_words


def _is_term_mentioned(first_question: AskedQuestion, second_question: AskedQuestion) -> bool:
    """Is a term in a question ("newcomer") that only stands among other things in the other's answer?"""
    quoted_question_terms = [
        quoted_term
        for quoted_term in quoted_terms(first_question.question)
        if quoted_term not in second_question.question
    ]
    return any(
        quoted_term in second_question.answer
        and second_question.added_words
        - _meaning_words(quoted_term, second_question.language)
        - first_question.added_words
        - first_question.question_words
        for quoted_term in quoted_question_terms
    )


def _initials_of_names(question_text: str) -> str:
    return "".join(name[0] for name in names_as_written(question_text)).lower()


def _extra_information_of_answer(first_question: AskedQuestion, second_question: AskedQuestion) -> str:
    """Does the answer tell what only a quote holds that the other pair lacks?"""
    answer_words_second_lacks = first_question.added_words - second_question.pair_words
    quotes_second_lacks = (
        quote
        for quote in first_question.evidence_word_sets
        if shared_word_share(quote, second_question.evidence_words) < SAME_EVIDENCE_SHARE
    )
    return (
        "one answer tells more"
        if any(answer_words_second_lacks & (quote - second_question.evidence_words) for quote in quotes_second_lacks)
        else ""
    )


def _answer_difference(first_question: AskedQuestion, second_question: AskedQuestion) -> str:
    first_numbers = _number_words(first_question.added_words)
    second_numbers = _number_words(second_question.added_words)
    common_numbers = first_numbers & second_numbers
    if first_numbers and second_numbers and common_numbers not in (first_numbers, second_numbers):
        return "the answers give other numbers"
    if first_numbers & second_question.question_words or second_numbers & first_question.question_words:
        return "one question says the number that the other asks for"
    both_questions = first_question, second_question
    if first_numbers != second_numbers and not _has_common_first_number(*both_questions, common_numbers):
        return "one answer gives the number first that the other does not"
    return _answer_words_difference(first_question, second_question)


def _answer_words_difference(first_question: AskedQuestion, second_question: AskedQuestion) -> str:
    evidence_words = (first_question.evidence_words | second_question.evidence_words) or (
        first_question.pair_words | second_question.pair_words
    )
    first_answer_words = first_question.added_words & evidence_words
    second_answer_words = second_question.added_words & evidence_words
    if not first_answer_words and not second_answer_words:  # each answer only says yes or repeats its question
        return "each question names something else" if all(_asked_apart(first_question, second_question)) else ""
    if not second_answer_words:
        same_answer_share = len(first_answer_words & second_question.pair_words) / len(first_answer_words)
    elif not first_answer_words:
        same_answer_share = len(second_answer_words & first_question.pair_words) / len(second_answer_words)
    else:
        same_answer_share = shared_word_share(first_answer_words, second_answer_words)
        longer_answer_length = max(len(first_answer_words), len(second_answer_words))
        if len(first_answer_words & second_answer_words) < LEAST_OF_LONGER_ANSWER * longer_answer_length:
            return "one answer tells much more"
    return "" if same_answer_share >= SAME_ANSWER_SHARE else "the answers tell other things"


def _has_common_first_number(first_question: AskedQuestion, second_question: AskedQuestion, common: WordSet) -> bool:
    """Where one answer gives more numbers: is its first, which is what was asked for, among those that both give?"""
    longer_answer_question = max(first_question, second_question, key=lambda pair: len(_number_words(pair.added_words)))
    first_answer_number = min(numbers(longer_answer_question.answer, spelled="en"), key=lambda number: number.start)
    return _NUMBER_WORD_PREFIX + first_answer_number.value in common


def _meaning_words(question_text: str, language: str) -> WordSet:
    """The stems of the words of meaning, the codes with digits, and the numbers with a # before their value.

    "One" is no number: one does, the one.
    """
    numbers_in_text = number_values(question_text) | number_values(question_text, spelled="en") - {"1"}
    return frozenset(
        content_words(question_text, language)
        | _codes_with_digits(question_text)
        | {_NUMBER_WORD_PREFIX + n for n in numbers_in_text}
    )


def _codes_with_digits(question_text: str) -> set[str]:
    return set(_CODE_IN_QUESTION.findall(question_text.lower()))


def _number_words(words: WordSet) -> WordSet:
    return frozenset(word for word in words if word.startswith(_NUMBER_WORD_PREFIX))
