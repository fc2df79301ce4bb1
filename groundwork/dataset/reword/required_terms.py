"""What a reworded question has to say still: the words of its subject, and names, codes and years."""

from __future__ import annotations

import re
from itertools import groupby

from groundwork.dataset.reword.copied_words import terms, words_of
from groundwork.language.names_and_codes import names_as_written
from groundwork.language.words import ENGLISH_STOP_WORDS, whole_word_pattern
from groundwork.records import Row

_YEAR = re.compile(r"(?<![\w.,])(?:1[5-9]|20)\d\d(?![\w]|[.,]\d)")


def subject_words(row: Row, about: str) -> list[str]:
    """Words, in lower case, that say what a question is about: those it shares with `about` (the context phrase).

    A name may stand alone; of other words two have to stand side by side in the question, or `about` has no more than
    one: "sound" of "the rules of sound rowing" is no subject in "a sound skiff".
    """
    question_names = {name.lower() for name in names_as_written(row.question)}
    about_words = {
        word.text
        for word in words_of(about)
        if word.text in question_names or (len(word.text) > 2 and word.text not in ENGLISH_STOP_WORDS)
    }
    question_words = [word.text for word in words_of(row.question)]
    least_run = min(2, len(about_words))
    words_of_subject = []
    for is_about_subject, word_run in groupby(question_words, about_words.__contains__):
        run_words = list(word_run)
        if is_about_subject and (len(run_words) >= least_run or not question_names.isdisjoint(run_words)):
            words_of_subject += run_words
    return list(dict.fromkeys(words_of_subject))


def required_terms(row: Row, about: str) -> list[str]:
    """What has to stand in a reworded question, as it is written there and each once: what it is about, names, codes,
    years.

    Neighbours come as one, a single letter with the word before it: "Ellary league", "Course A", "allowance B".
    """
    original_question, term_spans = row.question, []
    whole_subject = (
        [about] if about and about.lower() in original_question.lower() else []
    )  # whole, with the small words in it
    for term in [*whole_subject, *subject_words(row, about), *terms(row.question)]:
        term_spans += [
            term_match.span() for term_match in whole_word_pattern(term, re.IGNORECASE).finditer(original_question)
        ]
    for term_match in re.finditer(
        r"(?<=[^\W\d_] )[B-HJ-Z](?![\w'’]|\.\w)|(?<=[^\W\d_] )A(?= |[?.,;:)]|$)", original_question
    ):
        word_before = re.search(r"(?<![\w-])[\w-]+ $", original_question[: term_match.start()])
        term_spans.append((word_before.start() if word_before else term_match.start(), term_match.end()))
    term_spans += [term_match.span() for term_match in _YEAR.finditer(original_question)]
    joined_term_spans: list[tuple[int, int]] = []
    for term_start, term_end in sorted(term_spans):
        if joined_term_spans and _is_one_name(original_question, joined_term_spans[-1][1], term_start):
            joined_term_spans[-1] = (joined_term_spans[-1][0], max(term_end, joined_term_spans[-1][1]))
        else:
            joined_term_spans.append((term_start, term_end))
    required: dict[str, str] = {}
    for term_start, term_end in joined_term_spans:
        required.setdefault(original_question[term_start:term_end].lower(), original_question[term_start:term_end])
    return list(required.values())


def _is_one_name(text: str, end: int, start: int) -> bool:
    """Do two names that end and start there belong together: side by side, or by the stops of "D.C. Delegate"?"""
    return not text[end:start].strip(" ") or re.search(r"(?<!\w)(?:[A-Z]\.)+ ?\Z", text[:start]) is not None
