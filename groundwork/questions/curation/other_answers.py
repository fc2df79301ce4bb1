"""Answers of other pairs that may stand for a wrong answer to a pair: to a question most alike, yet not right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from groundwork.language.words import content_words, words
from groundwork.language.yes_and_no import YES_OR_NO
from groundwork.records import Pair

NEIGHBOUR_PAIRS = 50  # pairs among which another answer is looked for
ALIKE_QUESTIONS = 0.4  # of the words of both: "What did 1.2 add?", "What did 1.1 add?"
_YES_OR_NO_ANSWER = re.compile(rf"{YES_OR_NO}\b", re.IGNORECASE)


class _PairWords(NamedTuple):
    """A pair with its words: those of meaning of answer and evidence, all of the question in order."""

    pair: Pair
    answer_words: set[str]
    evidence_words: set[str]
    question_words: list[str]


def other_answers(pairs: Sequence[Pair]) -> list[str]:
    """For each pair the answer to the most alike question of a near one of its document that shares few words with it.

    What shares words may be right as well, and so may what the evidence says. "" where there is no other.
    """
    places_by_document: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs):
        places_by_document.setdefault(pair.document, []).append(place)
    answers_of_others = [""] * len(pairs)
    for places in places_by_document.values():
        pairs_of_document = [_pair_words(pairs[place]) for place in places]
        for position, place in enumerate(places):
            steps_to_others = range(1, min(len(places), NEIGHBOUR_PAIRS))
            other_pairs = [pairs_of_document[(position + step) % len(places)] for step in steps_to_others]
            answers_of_others[place] = _other_answer(pairs_of_document[position], other_pairs)
    return answers_of_others


def _pair_words(pair: Pair) -> _PairWords:
    answer_words, evidence_words = content_words(pair.answer, ""), content_words(" ".join(pair.evidence), "")
    return _PairWords(pair, answer_words, evidence_words, words(pair.question))


def _other_answer(own: _PairWords, other_pairs: Sequence[_PairWords]) -> str:
    other_pairs = [other for other in other_pairs if _may_answer_wrongly(own, other)]
    other_pairs = [other for other in other_pairs if not _is_in_evidence(own, other)] or other_pairs
    other_pairs = [other for other in other_pairs if other.pair.category == own.pair.category] or other_pairs
    return min(other_pairs, key=lambda other: _answer_overlap(own, other)).pair.answer if other_pairs else ""


def _may_answer_wrongly(own: _PairWords, other: _PairWords) -> bool:
    return (
        bool(other.answer_words)
        and other.answer_words != own.answer_words
        and not _YES_OR_NO_ANSWER.match(other.pair.answer)
        and _do_questions_ask_alike(own.question_words, other.question_words)
    )


def _is_in_evidence(own: _PairWords, other: _PairWords) -> bool:
    return 2 * len(other.answer_words & own.evidence_words) >= len(other.answer_words)


def _answer_overlap(own: _PairWords, other: _PairWords) -> float:
    """The share of the other answer's words that the own answer holds."""
    return len(other.answer_words & own.answer_words) / len(other.answer_words)


def _do_questions_ask_alike(own_question: Sequence[str], other_question: Sequence[str]) -> bool:
    """Do two questions, as their words, ask the same of two things, so that the one's answer could be the other's?"""
    words_asked_by_both = set(own_question) & set(other_question)
    same_form = own_question[:2] == other_question[:2] or own_question[-2:] == other_question[-2:]
    return same_form and len(words_asked_by_both) >= ALIKE_QUESTIONS * len({*own_question, *other_question})
