"""Evaluation criteria: what keeps a grader from marking them one by one, and which of them are padding.

A criterion is one fact of the answer. Padding is what an irrelevant answer meets as well, what another criterion says
already, and what the question gives away; it is dropped, since asking for more would bring more of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from groundwork.language.numbers import numbers
from groundwork.language.stop_words import ENGLISH
from groundwork.language.words import content_words, words

MIN_CRITERIA, MAX_CRITERIA = 1, 6

_EMPTY = frozenset(words("accuracy accurate clarity complete completeness correct correctness exact match relevance"))
_TELLING = frozenset(words("""answer answers give gives given indicate indicates mention mentions name names
    note notes place places point points refer refers say says specify specifies state states question fact
    explain explains list lists identify identifies include includes describe describes"""))  # fmt: skip
_TELLING_STEMS = content_words(" ".join(_TELLING), "en")
_CODE = re.compile(r"(?<!\S)\S*\w[/_<>.:=\-]\w\S*|/\S{0,100}\w\S*|<\S{1,100}>")
_EDGES = "\"'.,;:!?()"
_YES_OR_NO = re.compile(r"\b(?:yes|no|ja|nein|oui|non|sí|não|nee)\b", re.IGNORECASE)
_POLAR = re.compile(
    r"(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had)\b", re.IGNORECASE
)
_NEGATIVE = re.compile(
    r"(?:does|do|should|must) not (?:\w+ )?(?:name|mention|state|say|add|claim|give|include|list|confuse|contain"
    r"|suggest|contradict|assert|imply)|doesn['’]t |avoids? |(?:contains|makes|adds|names|mentions|states) no other\b",
    re.IGNORECASE,
)


def criteria_fault(criteria: Sequence[str]) -> str:
    """What keeps a grader from marking the criteria one by one, or ""."""
    different = {" ".join(criterion.casefold().split()) for criterion in criteria}
    if not MIN_CRITERIA <= len(different) <= MAX_CRITERIA or "" in different:
        return (
            f"there must be {MIN_CRITERIA} to {MAX_CRITERIA} different evaluation criteria, not {len(different - {''})}"
        )
    vague = [criterion for criterion in criteria if not _checkable(criterion)]
    return f'the criterion "{vague[0]}" names no fact' if vague else ""


def padding(question: str, criteria: Sequence[str]) -> dict[str, str]:
    """The criteria that no fact is lost with, each with the reason. One criterion at least is none of them."""
    facts = {criterion: _fact(criterion) for criterion in criteria}
    found = {criterion: why for criterion in criteria if (why := _padding(criterion, facts, question))}
    if found and len(found) == len(facts):
        found.pop(next(iter(found)))
    return found


def without_padding(question: str, criteria: Sequence[str]) -> list[str]:
    """The criteria that are no padding."""
    dropped = padding(question, criteria)
    return [criterion for criterion in criteria if criterion not in dropped]


def _padding(criterion: str, facts: Mapping[str, set[str]], question: str) -> str:
    if _NEGATIVE.match(criterion.strip()):
        return "an irrelevant answer meets it as well"
    fact = facts[criterion]
    if numbers(criterion, spelled=True) or not fact:
        return ""
    if any(fact < other for other in facts.values()):
        return "another criterion says it"
    if not _POLAR.match(question) and fact <= _fact(question):
        return "the question says it"
    return ""


def _fact(text: str) -> set[str]:
    """The words of meaning, a path or a code (/usr/sbin, keep_all) as one word."""
    codes = {code.strip(_EDGES).lower() for code in _CODE.findall(text)}
    return content_words(_CODE.sub(" ", text), "en") - _TELLING_STEMS | codes


def _checkable(criterion: str) -> bool:
    facts = set(words(criterion)) - ENGLISH - _EMPTY - _TELLING
    return bool(facts) or bool(numbers(criterion, spelled=True)) or bool(_YES_OR_NO.search(criterion))
