"""Evaluation criteria: what keeps a grader from marking them one by one, and which of them are padding.

A criterion is one fact of the answer. Padding is what an irrelevant answer meets as well, what another criterion says
already, and what the question gives away; it is dropped, since asking for more would bring more of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from groundwork.language.numbers import numbers
from groundwork.language.opposites import is_negated
from groundwork.language.words import ENGLISH_STOP_WORDS, content_words, words
from groundwork.language.yes_no_questions import AUXILIARY, YES_OR_NO
from groundwork.questions.trivial_questions import ASKS_HOW

MIN_CRITERIA, MAX_CRITERIA = 1, 6
LEAST_LISTED, THING_WORDS = 3, 4  # things of a list, and words of each

_EMPTY = frozenset(words("accuracy accurate clarity complete completeness correct correctness exact match relevance"))
_TELLING = frozenset(words("""answer answers give gives given indicate indicates mention mentions name names
    note notes place places point points refer refers say says specify specifies state states question fact
    explain explains list lists identify identifies include includes describe describes"""))  # fmt: skip
_IDLE = frozenset(words("""a an and as at be been by for from had has have in into is are was were it its of on so that
    the their them then there they this to with"""))  # fmt: skip
_CODE = re.compile(r"(?<!\S)\S*\w[/_<>.:=\-]\w\S*|(?<!\w)\w++=|/\S{0,100}\w\S*|<\S{1,100}>")
_SYMBOL = re.compile(r"(?<!\S)(?:[^\w\s]{2,8}|…)(?!\S)")  # "--" and "---" of a manual
_OPEN = re.compile(
    r"\b(?:such as|for example|for instance|e\.g|including|the like|so on|etc)\b|, (?:which|who|whose|where|when)\b",
    re.IGNORECASE,
)  # a list of examples, and a clause that only looks like the next thing of one
_EDGES = "\"'.,;:!?()"
_YES_OR_NO = re.compile(rf"\b{YES_OR_NO}\b", re.IGNORECASE)
_POLAR = re.compile(rf"{AUXILIARY}\b", re.IGNORECASE)
_ASKS_AGAIN = re.compile(
    r",\s*(?:and|or|but)\s+(?:is|are|was|were|do|does|did|can|could|may|might|must|should|will|has|have|what|when|where"
    r"|which|who|why|how)\b",
    re.IGNORECASE,
)  # its second part
_NEGATIVE = re.compile(
    r"(?:does|do|should|must) not (?:\w+ )?(?:name|mention|state|say|add|claim|give|include|list|confuse|contain"
    r"|suggest|contradict|assert|imply)|doesn['’]t |avoids? |(?:contains|makes|adds|names|mentions|states) no other\b",
    re.IGNORECASE,
)


_RELATES = re.compile(
    r"\b(?:or|than|between|both|either|which of|compared?|whether|differ\w*|distinguish\w*|correspond\w*)\b",
    re.IGNORECASE,
)  # a question that names what the answer has to tell apart


def criteria_fault(criteria: Sequence[str], answer: str = "") -> str:
    """What keeps a grader from marking the criteria one by one, or "". "Names more" is one where the answer is more."""
    different = {" ".join(criterion.casefold().split()) for criterion in criteria}
    if not MIN_CRITERIA <= len(different) <= MAX_CRITERIA or "" in different:
        return (
            f"there must be {MIN_CRITERIA} to {MAX_CRITERIA} different evaluation criteria, not {len(different - {''})}"
        )
    vague = [criterion for criterion in criteria if not _checkable(criterion, answer)]
    return f'the criterion "{vague[0]}" names no fact' if vague else ""


def padding(question: str, criteria: Sequence[str], language: str, answer: str = "") -> dict[str, str]:
    """The criteria that no fact is lost with, each with the reason. One criterion at least is none of them.

    What `answer` says apart from another criterion is a fact of its own: "a captain and a spirit captain".
    `language` is theirs and the question's, an ISO 639-1 code; "", where it is not known, is read as English.
    """
    facts = {criterion: set(_fact(criterion, language)) for criterion in criteria}
    said = _fact(answer, language)
    found = {criterion: why for criterion in criteria if (why := _padding(criterion, facts, question, said, language))}
    if found and len(found) == len(facts):
        found.pop(next(iter(found)))
    return found


def without_padding(question: str, criteria: Sequence[str], language: str, answer: str = "") -> list[str]:
    """The criteria that are no padding, and of padding what alone says a part of the answer."""
    dropped = padding(question, criteria, language, answer)
    kept = [criterion for criterion in criteria if criterion not in dropped]
    left = _fact(answer, language) - _fact(question, language)
    for criterion in kept:
        left -= _fact(criterion, language)
    said = left.keys()
    return [one for one in criteria if one in kept or said & _fact(one, language).keys()]


def uncovered(question: str, answer: str, criteria: Sequence[str], language: str) -> str:
    """The first thing of a list in the answer that no criterion has a word of while one has others of it, or ""."""
    things = _things(answer)
    known = [set(_fact(text, language)) for text in [question, *criteria]]
    asked, marked = known[0], set().union(*known[1:])
    facts = {thing: set(_fact(thing, language)) - asked for thing in things}
    counted = [thing for thing, fact in facts.items() if fact]
    covered = [thing for thing in counted if facts[thing] & marked]
    missing = [thing for thing in counted if not facts[thing] & marked]
    return missing[0] if len(covered) > 1 and missing else ""


def _things(answer: str) -> list[str]:
    """The things of a list of three and more short ones, "A, B, and C", without what stands before a colon."""
    said = max(re.split(r"[.:;](?:\s|$)", answer), key=lambda part: part.count(","))
    parts = [part for part in re.split(r", (?:and |or )?| (?:and|or) ", " ".join(said.split())) if part]
    short = all(len(part.split()) <= THING_WORDS and not part.endswith("-") for part in parts)
    return parts if len(parts) >= LEAST_LISTED and short and not _OPEN.search(said) else []


def _padding(criterion: str, facts: Mapping[str, set[str]], question: str, said: Counter[str], language: str) -> str:
    if _NEGATIVE.match(criterion.strip()):
        return "an irrelevant answer meets it as well"
    fact = facts[criterion]
    if numbers(criterion, spelled=True) or not fact:
        return ""
    wider = [other for other in facts.values() if fact < other]
    if wider and not _denies(criterion) and not all(_is_said_beside(fact, other, said) for other in wider):
        return "another criterion says it"
    return "the question says it" if _is_given(criterion, question, language) and not _is_answered(fact, said) else ""


def _is_answered(fact: set[str], said: Counter[str]) -> bool:
    """Does the answer say all of it, whatever the question says?"""
    return bool(said) and fact <= said.keys()


def _is_said_beside(fact: set[str], other: set[str], said: Counter[str]) -> bool:
    """Does the answer say all of `fact` once more beside `other`, whose words include it?"""
    return other <= said.keys() and fact <= (said - Counter(other)).keys()


def _is_given(criterion: str, question: str, language: str) -> bool:
    """Does the question say all of it, each word as often? Not where it asks yes or no, or relates things."""
    if (
        _POLAR.match(question)
        or ASKS_HOW.match(question)
        or _RELATES.search(question)
        or _ASKS_AGAIN.search(question)
        or _denies(criterion)
    ):
        return False
    small = set(words(criterion)) & ENGLISH_STOP_WORDS - _IDLE - _TELLING - set(words(question))
    return not small and _fact(criterion, language) <= _fact(question, language)


def _denies(criterion: str) -> bool:
    """ "States that the cox is not a rower" is a fact of its own, although each of its words is said elsewhere."""
    return is_negated(criterion)


def _fact(text: str, language: str) -> Counter[str]:
    """The words of meaning, each as often as it stands there; a path or a code (/usr/sbin, keep_all) as one word."""
    codes = [code.strip(_EDGES).lower() for code in _CODE.findall(text)]
    meant = [word for word in words(_CODE.sub(" ", text)) if word not in _TELLING]
    stems = (stem for word in meant for stem in content_words(word, language))
    return Counter(stems) + Counter(codes + _SYMBOL.findall(text))


def _checkable(criterion: str, answer: str) -> bool:
    facts = set(words(criterion)) - _EMPTY - _TELLING
    if facts - ENGLISH_STOP_WORDS or numbers(criterion, spelled=True) or _YES_OR_NO.search(criterion):
        return True
    return bool((facts - _IDLE) & set(words(answer)))
