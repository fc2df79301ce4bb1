"""Evaluation criteria, difficulty and category by rule, from a question and its answer.

For models that are too small to write them: each criterion names one fact of the answer.
"""

from __future__ import annotations

import re

from dataprep.qa import facts
from dataprep.qa.drafts import MAX_CRITERIA, Category
from dataprep.schema.records import Difficulty

_BREAK = re.compile(r"\s*;\s*(?:(?:and|or|but)\s+)?|,\s+(?:and|or|but)\s+|,\s+|\s+(?:and|but)\s+")
_HANGS_ON = re.compile(
    r"(?:even|if|unless|when|as|which|who|that|so|although|because|whether|with\w*|where|until)\b", re.I
)
_OPENERS = frozenset(facts.words("a an the it they if when unless there each every no all any at in on for by"))
_CONDITION = re.compile(r"\b(?:if|unless|except|when|while|until|provided|only|otherwise|however)\b", re.IGNORECASE)
_MEASURE = re.compile(
    r"\bhow (?:many|much|long|far|often|old|wide|high|deep|heavy|fast|big|large|late|early|soon|thick|tall)\b"
    r"|\b(?:what|which) (?:\w+ ){0,3}(?:number|amount|distance|length|width|weight|height|depth|time|age|date|fee|price"
    r"|limit|speed|share|percentage|points|duration|period|size)\b|^when\b",
    re.IGNORECASE,
)
_DEFINITION = re.compile(
    r"^(?:define\b|what does .* mean\b|what is meant\b"
    r"|what (?:is|are) (?:an? )?[\"“'‘]?[\w-]+(?: [\w-]+)?[\"”'’]?(?: in .*)?\?)",
    re.IGNORECASE,
)
_PROCEDURE = re.compile(r"^how (?:is|are|do|does|must|should|can|may)\b|\b(?:must|should) \w+ do\b", re.IGNORECASE)


def criteria_for(question: str, answer: str) -> list[str]:
    """2 to 6 criteria: a fact of the answer each, and where it has but one, that nothing contradicts it."""
    clauses = [clause for clause in _clauses(answer) if _tells_more(clause, question)]
    if len(clauses) > MAX_CRITERIA:
        clauses = [*clauses[: MAX_CRITERIA - 1], ", ".join(clauses[MAX_CRITERIA - 1 :])]
    told = list(dict.fromkeys(f"States: {_lowered(clause)}" for clause in clauses or [answer.strip(" .")]))
    if len(told) == 1:
        values = list(dict.fromkeys(number.value for number in facts.numbers(answer)))
        told.append(
            f"Gives no number other than {values[0]}" if len(values) == 1 else "Says nothing that contradicts this"
        )
    return told


def difficulty_of(answer: str) -> Difficulty:
    """easy: one plain fact; medium: a condition or several facts; hard: four facts, or two with two conditions."""
    several = max(len(_clauses(answer)), len(facts.numbers(answer)))
    conditions = len(_CONDITION.findall(answer))
    if several >= 4 or (several >= 2 and conditions >= 2):
        return "hard"
    return "medium" if several >= 2 or conditions else "easy"


def category_of(question: str, answer: str) -> Category:
    """By the wording of the question, then by the numbers and conditions of the answer."""
    if _MEASURE.search(question) and facts.numbers(answer, spelled=True):
        return "numeric"
    if _CONDITION.search(question):
        return "condition"
    if _PROCEDURE.search(question):
        return "procedure"
    if _DEFINITION.match(question):
        return "definition"
    return "condition" if _CONDITION.search(answer) else "factual"


def _clauses(answer: str) -> list[str]:
    """The parts of an answer that can be marked one by one; parts too short to stand alone stay together."""
    parts: list[str] = []
    start = 0
    text = answer.strip(" .")
    for match in _BREAK.finditer(text):
        before, after = text[start : match.start()], text[match.end() :]
        if (
            _stands(before, match.group())
            and _stands(_BREAK.split(after)[0], match.group())
            and not _HANGS_ON.match(after)
        ):
            parts.append(before.strip(" ,;"))
            start = match.end()
    return [*parts, text[start:].strip(" ,;")]


def _stands(part: str, separator: str) -> bool:
    if re.search(r"\bbetween [^,;]*$", part):
        return False
    if part.count("(") != part.count(")") or part.count('"') % 2:
        return False
    if ";" in separator:
        return bool(part.strip())
    words = facts.words(part)
    return len(words) >= 3 or bool(words and facts.numbers(part))


def _tells_more(clause: str, question: str) -> bool:
    values = {number.value for number in facts.numbers(question, spelled=True)}
    new_words = facts.content_words(clause) - facts.content_words(question)
    return bool(new_words) or any(number.value not in values for number in facts.numbers(clause))


def _lowered(clause: str) -> str:
    return clause[:1].lower() + clause[1:] if clause.split(" ")[0].lower() in _OPENERS else clause
