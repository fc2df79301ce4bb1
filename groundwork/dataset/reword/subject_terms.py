"""What a question is about, and what of it has to stand in its rewording: its subject, names, codes and years."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from groundwork.dataset.reword.copied_words import terms, word_texts
from groundwork.language.names_and_codes import names_as_written
from groundwork.language.words import ENGLISH_STOP_WORDS, whole_word_pattern
from groundwork.records import Row

_LETTER_TERM = re.compile(r"(?<=[^\W\d_] )[B-HJ-Z](?![\w'’]|\.\w)|(?<=[^\W\d_] )A(?= |[?.,;:)]|$)")
_YEAR_TERM = re.compile(r"(?<![\w.,])(?:1[5-9]|20)\d\d(?![\w]|[.,]\d)")


def subject_words(original_row: Row, subject: str) -> list[str]:
    """Words, in lower case, that say what a question is about: those it shares with `subject` (the context phrase).

    A name may stand alone; of other words two have to stand side by side in the question, or `subject` has no more than
    one: "sound" of "the rules of sound rowing" is no subject in "a sound skiff".
    """
    question_names = {name.lower() for name in names_as_written(original_row.question)}
    subject_texts = word_texts(subject)
    words_in_subject = {text for text in subject_texts if len(text) > 2 and text not in ENGLISH_STOP_WORDS}
    words_in_subject |= question_names.intersection(subject_texts)
    question_words, least_run = word_texts(original_row.question), min(2, len(words_in_subject))
    words_of_subject = []
    for is_about_subject, word_run in groupby(question_words, words_in_subject.__contains__):
        run_words = list(word_run)
        if is_about_subject and (len(run_words) >= least_run or not question_names.isdisjoint(run_words)):
            words_of_subject += run_words
    return list(dict.fromkeys(words_of_subject))


def required_terms(original_row: Row, subject: str) -> list[str]:
    """What has to stand in a reworded question, as it is written there and each once: what it is about, names, codes,
    years.

    Neighbours come as one, a single letter with the word before it: "Ellary league", "Course A", "allowance B".
    """
    original_question = original_row.question
    joined_term_spans: list[tuple[int, int]] = []
    for term_start, term_end in sorted(_term_spans(original_row, subject)):
        if joined_term_spans and _is_one_term(original_question, joined_term_spans[-1][1], term_start):
            joined_term_spans[-1] = (joined_term_spans[-1][0], max(term_end, joined_term_spans[-1][1]))
        else:
            joined_term_spans.append((term_start, term_end))
    required_texts: dict[str, str] = {}
    for term_start, term_end in joined_term_spans:
        required_texts.setdefault(
            original_question[term_start:term_end].lower(), original_question[term_start:term_end]
        )
    return list(required_texts.values())


def _term_spans(original_row: Row, subject: str) -> Iterator[tuple[int, int]]:
    """Where the subject (whole, with the small words in it), names, codes, single letters and years stand."""
    original_question = original_row.question
    whole_subject = [subject] if subject and subject.lower() in original_question.lower() else []
    for term in [*whole_subject, *subject_words(original_row, subject), *terms(original_question)]:
        yield from (
            term_match.span() for term_match in whole_word_pattern(term, re.IGNORECASE).finditer(original_question)
        )
    for letter_match in _LETTER_TERM.finditer(original_question):
        word_before = re.search(r"(?<![\w-])[\w-]+ $", original_question[: letter_match.start()])
        yield word_before.start() if word_before else letter_match.start(), letter_match.end()
    yield from (year_match.span() for year_match in _YEAR_TERM.finditer(original_question))


def _is_one_term(text: str, term_end: int, term_start: int) -> bool:
    """Do two names that end and start there belong together: side by side, or by the stops of "D.C. Delegate"?"""
    return (
        not text[term_end:term_start].strip(" ") or re.search(r"(?<!\w)(?:[A-Z]\.)+ ?\Z", text[:term_start]) is not None
    )
