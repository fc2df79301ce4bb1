"""Evaluation criteria that hold facts: kept where the model wrote such, built from the answer where it did not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dataprep.qa import facts
from dataprep.qa.drafts import MAX_CRITERIA, MIN_CRITERIA

_CLAUSE = re.compile(r";\s+|,\s+(?:and|or|but)\s+|,\s+|\s+(?:and|but)\s+")
_NUMBER_PHRASE = re.compile(
    r"(?:[$€£]\s?)?\d+(?:[.,]\d+)*(?:\s?[%°$€£])?(?:[\s-]+(?!and\b|or\b|but\b|if\b|when\b)[^\W\d_]+){0,2}"
)
_LAST_SMALL_WORDS = re.compile(r"(?:\s+(?:%s))+$" % "|".join(sorted(facts.STOP_WORDS)), re.IGNORECASE)  # noqa: UP031 - a % in braces reads worse


def with_facts(criteria: Sequence[str], question: str, answer: str) -> list[str]:
    """2 to 6 criteria, each with a fact of the answer: those of `criteria` that have one, filled up from the answer."""
    kept = [criterion.strip() for criterion in criteria if holds_fact(criterion, question, answer)]
    for built in [*_from_numbers(answer), *_from_clauses(question, answer)]:
        if len(kept) >= MIN_CRITERIA:
            break
        if not any(_same_fact(built, criterion) for criterion in kept):
            kept.append(built)
    if len(kept) < MIN_CRITERIA:
        kept.append(f"Says nothing that contradicts this: {answer.strip()}")
    return list(dict.fromkeys(kept))[:MAX_CRITERIA]


def holds_fact(criterion: str, question: str, answer: str) -> bool:
    """Does the criterion name a number of the answer, or a word of the answer that the question does not give away?"""
    values = {number.value for number in facts.numbers(answer, spelled=True)}
    own = {number.value for number in facts.numbers(criterion, spelled=True)}
    if own - values:
        return False
    if own:
        return True
    return bool(facts.content_words(criterion) & (facts.content_words(answer) - facts.content_words(question)))


def _from_numbers(answer: str) -> list[str]:
    """`States 75 seconds` for each number of the answer."""
    phrases = [_LAST_SMALL_WORDS.sub("", match.group()).strip() for match in _NUMBER_PHRASE.finditer(answer)]
    return [f"States {phrase}" for phrase in dict.fromkeys(phrases)]


def _from_clauses(question: str, answer: str) -> list[str]:
    """`States that ...` for each clause of the answer that says more than the question."""
    given = facts.content_words(question)
    clauses = [clause.strip(" .") for clause in _CLAUSE.split(answer.strip())]
    telling = [clause for clause in clauses if len(facts.content_words(clause) - given) >= 1]
    if len(telling) < MIN_CRITERIA:
        telling = [answer.strip(" .")]
    return [f"States: {clause}" for clause in telling]


def _same_fact(one: str, other: str) -> bool:
    mine, theirs = facts.content_words(one), facts.content_words(other)
    values = {n.value for n in facts.numbers(one)}, {n.value for n in facts.numbers(other)}
    return bool(values[0] and values[0] <= values[1]) or bool(mine and mine <= theirs)
