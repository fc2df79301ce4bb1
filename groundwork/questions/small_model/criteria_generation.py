"""Evaluation criteria, difficulty and category by rule, from a question and its answer.

For models that are too small to write them: each criterion names one fact of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import regex

from groundwork.language.numbers import NUMBER_WORDS, numbers
from groundwork.language.sentences import sentences
from groundwork.language.words import words
from groundwork.questions.criteria import MAX_CRITERIA
from groundwork.questions.draft_faults import Category
from groundwork.questions.small_model.english_words import content_words
from groundwork.records.pair_record import Difficulty

_BREAK = re.compile(r"(?:(?<!\s)\s++)?;\s*(?:(?:and|or|but)\s+)?|(?:,|(?<!\s))\s++(?:and|but)\s+")
_VERB = re.compile(
    r"(?i)\b(?:must|may|can|cannot|shall|should|will|would|is|are|was|were|has|have|had|does|do|counts?|takes?|gets?"
    r"|loses?|wins?|needs?|becomes?|remains?|applies|apply)\b"
)
_HANGS_ON = re.compile(
    r"(?:even|if|unless|when|as|which|who|that|so|although|because|whether|with\w*|where|until)\b", re.I
)
_NUMBER = rf"(?:\d+(?:[.,:]\d+)*|{'|'.join(NUMBER_WORDS)})"
_GIVEN_FIRST = re.compile(
    r"(?:If|When|After|Before|Once|Until|Unless|While|During|For|In|On|To|From|Prior to|As|At|Where|With)\b[^,;]*,\s+"
)
_PHRASE = regex.compile(
    r"""(?ix)(?:,|(?<!\s))\s++ (?<!\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|\w+day|even|only|and|or)\s)
    (?<!\b(?:after|before|during|until|if|unless|when),?\s)(?<!,\s(?:and|or)\s)
    (?=(?:after|before|during|until|unless|if|when|once|while|because|so\ that|in\ order\ to|provided|except)\b)"""
)
_SMALL = frozenset(
    words(
        """a an the no not only any every at least most more less fewer longer later earlier than up to by in on within
        between for from with of maximum minimum must may can cannot shall should will be it they"""
    )
)
GIVEN = 0.6  # of the content words of a clause at the front, from which the question has told it already
_OPENERS = frozenset(words("a an the it they if when unless there each every no all any at in on for by"))
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


def criteria_for(question: str, answer: str, items: Sequence[str] = ()) -> list[str]:
    """1 to 6 criteria, each a fact of the answer that the question does not give away.

    One for each of the `items` of a list, else one for each clause. A single clause is cut to what it adds to the
    question, one criterion for each phrase of it.
    """
    clauses = [item for item in items if content_words(item) <= content_words(answer)]
    if not clauses or len(clauses) < len(items):
        clauses = [_without_given(clause, question) for clause in _clauses(answer) if _tells_more(clause, question)]
    if _MEASURE.search(question):  # what it asks for is a figure; the rest of the answer is beside it
        clauses = _nearest([clause for clause in clauses if numbers(clause, spelled=True)] or clauses, question)
    clauses = clauses or [answer.strip(" .")]
    if len(clauses) == 1:
        clauses = _phrases(clauses[0], question)
    told = list(dict.fromkeys(f"States: {_lowered(clause.strip(' .,;'))}" for clause in clauses))
    if len(told) > MAX_CRITERIA:
        rest = "; ".join(one.removeprefix("States: ") for one in told[MAX_CRITERIA - 1 :])
        told = [*told[: MAX_CRITERIA - 1], f"States: {rest}"]
    return told


def _nearest(clauses: Sequence[str], question: str) -> list[str]:
    """The clauses that share most words with the question: of two limits the one that it asks for."""
    asked = content_words(question)
    shared = [len(content_words(clause) & asked) for clause in clauses]
    return [clause for clause, common in zip(clauses, shared, strict=True) if common == max(shared)]


def _phrases(clause: str, question: str) -> list[str]:
    """What a clause adds to the question, cut where a phrase begins that says when, why or on which condition."""
    first, *others = _PHRASE.split(clause)
    told = [_without_beginning(first, question)] if _tells_more(first, question) else []
    told += [phrase for phrase in others if len(content_words(phrase)) < 2 or _tells_more(phrase, question)]
    return told or [clause]


def _without_beginning(phrase: str, question: str) -> str:
    """`phrase` from what the question asks for on: a figure, else the first word that it does not hold.

    The small words and numbers right before it are kept.
    """
    tokens = list(re.finditer(r"\S+", phrase))
    starts = [i for i, word in enumerate(tokens) if _tells_more(word.group(), question)]
    if _MEASURE.search(question):
        starts = [i for i in starts if numbers(f"of {tokens[i].group()}", spelled=True)] or starts
    new = starts[0] if starts else 0
    while new > 0 and (
        tokens[new - 1].group().lower() in _SMALL or re.match(rf"\(?{_NUMBER}", tokens[new - 1].group(), re.I)
    ):
        new -= 1
    told = phrase[tokens[new].start() :]
    return told if _balanced(told) else phrase


def _without_given(clause: str, question: str) -> str:
    """The clause without the condition at its front that the question has told already."""
    front = _GIVEN_FIRST.match(clause)
    told = content_words(front.group()) if front else set()
    hangs_on = front and re.match(r"(?i)(?:or|and|but)\b", clause[front.end() :])
    if front and told and not hangs_on and len(told & content_words(question)) >= GIVEN * len(told):
        return clause[front.end() :]
    return clause


def difficulty_of(answer: str) -> Difficulty:
    """easy: one plain fact; medium: a condition or several facts; hard: four facts, or two with two conditions."""
    several = max(len(_clauses(answer)), len(numbers(answer)))
    conditions = len(_CONDITION.findall(answer))
    if several >= 4 or (several >= 2 and conditions >= 2):
        return "hard"
    return "medium" if several >= 2 or conditions else "easy"


def category_of(question: str, answer: str) -> Category:
    """By the wording of the question, then by the numbers and conditions of the answer."""
    if _MEASURE.search(question) and numbers(answer, spelled=True):
        return "numeric"
    if _CONDITION.search(question):
        return "condition"
    if _PROCEDURE.search(question):
        return "procedure"
    if _DEFINITION.match(question):
        return "definition"
    return "condition" if _CONDITION.search(answer) else "factual"


def _clauses(answer: str) -> list[str]:
    """The parts of an answer that can be marked one by one: sentences, and main clauses with a verb of their own."""
    return [clause for start, end in sentences(answer, "en") for clause in _of_sentence(answer[start:end].strip(" ."))]


def _of_sentence(text: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for match in _BREAK.finditer(text):
        before, after = text[start : match.start()], text[match.end() :]
        if _balanced(before) and words(before) and (";" in match.group() or _own_clauses(before, after)):
            parts.append(before.strip(" ,;"))
            start = match.end()
    return [*parts, text[start:].strip(" ,;")]


def _own_clauses(before: str, after: str) -> bool:
    """Do both sides of an "and" say something by themselves?"""
    if re.search(r"(?i)\b(?:between|both|if|when|whether|unless)\b[^,;]*$", before) or _HANGS_ON.match(after):
        return False
    first = re.split(r"[,;.]", after)[0]
    return bool(_VERB.search(before)) and bool(_VERB.search(first)) and len(words(first)) >= 3


def _balanced(part: str) -> bool:
    """Is no bracket and no quotation left open in `part`?"""
    return part.count("(") == part.count(")") and part.count('"') % 2 == 0


def _tells_more(part: str, question: str) -> bool:
    """Does a part of an answer hold a word or a number that the question does not?"""
    values = {number.value for number in numbers(question, spelled=True)}
    new_words = content_words(part) - content_words(question)
    return bool(new_words) or any(number.value not in values for number in numbers(f"of {part}", spelled=True))


def _lowered(clause: str) -> str:
    return clause[:1].lower() + clause[1:] if clause.split(" ")[0].lower() in _OPENERS else clause
