"""Evaluation criteria, difficulty and category by rule, for a small model that cannot write them.

Each criterion is one fact of the answer, worked out from the question and the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import regex

from groundwork.language.numbers import number_values, numbers
from groundwork.language.sentences import sentences
from groundwork.language.words import content_words, words
from groundwork.questions.criteria_faults import MAX_CRITERIA
from groundwork.records import Category, Difficulty

_CLAUSE_BREAK = re.compile(r"(?:(?<!\s)\s++)?;\s*(?:(?:and|or|but)\s+)?|(?:,|(?<!\s))\s++(?:and|but)\s+")
_CLAUSE_VERB = re.compile(
    r"(?i)\b(?:must|may|can|cannot|shall|should|will|would|is|are|was|were|has|have|had|does|do|counts?|takes?|gets?"
    r"|loses?|wins?|needs?|becomes?|remains?|applies|apply)\b"
)
_SUBORDINATE_CLAUSE = re.compile(
    r"(?:even|if|unless|when|as|which|who|that|so|although|because|whether|with\w*|where|until)\b", re.I
)
_LEADING_CLAUSE_CONDITION = re.compile(
    r"(?:If|When|After|Before|Once|Until|Unless|While|During|For|In|On|To|From|Prior to|As|At|Where|With)\b[^,;]*,\s+"
)
_CLAUSE_PHRASE_START = regex.compile(
    r"""(?ix)(?:,|(?<!\s))\s++ (?<!\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|\w+day|even|only|and|or)\s)
    (?<!\b(?:after|before|during|until|if|unless|when),?\s)(?<!,\s(?:and|or)\s)
    (?=(?:(?<!\b(?:the|a)\s(?:night|morning|evening|moment|while)\s)(?:after|before)
      |during|until|unless|(?<!\b(?:as|what)\s)if|when
      |(?<!\b(?:at|for|than)\s)once(?!\s+(?:again|more|per|every|before|after|an?\s(?:day|night|week|month|year|season))\b)
      |(?<!\b(?:an?|the|this|long|little|short|worth)\s)while
      |(?<!\b(?:is|are|was|were|be|been|being|as|not)\s)provided|because|so\ that|in\ order\ to|except)\b(?!\s*$))"""
)
_CLAUSE_WORDS_BEFORE_FIGURE = frozenset(
    words(
        """a an the no not only any every at least most more less fewer longer later earlier than up to by in on within
        between for from with of maximum minimum must may can cannot shall should will be it they"""
    )
)
# Of the content words of a clause at the front, from which the question has told it already.
GIVEN_CONDITION_SHARE = 0.6
_CLAUSE_OPENING_WORDS = frozenset(words("a an the it they if when unless there each every no all any at in on for by"))
_CLAUSE_CONDITION = re.compile(r"\b(?:if|unless|except|when|while|until|provided|only|otherwise|however)\b", re.I)
_ASKS_MEASURE_IN_CLAUSE = re.compile(
    r"\bhow (?:many|much|long|far|often|old|wide|high|deep|heavy|fast|big|large|late|early|soon|thick|tall)\b"
    r"|\b(?:what|which) (?:\w+ ){0,3}(?:number|amount|distance|length|width|weight|height|depth|time|age|date|fee|price"
    r"|limit|speed|share|percentage|points|duration|period|size)\b|^when\b",
    re.IGNORECASE,
)
_ASKS_DEFINITION = re.compile(
    r"^(?:define\b|what does .* mean\b|what is meant\b"
    r"|what (?:is|are) (?:an? )?[\"“'‘]?[\w-]+(?: [\w-]+)?[\"”'’]?(?: in .*)?\?)",
    re.IGNORECASE,
)
_ASKS_CLAUSES = re.compile(r"^how (?:is|are|do|does|must|should|can|may)\b|\b(?:must|should) \w+ do\b", re.IGNORECASE)


def criteria_from_answer(question: str, answer: str, answer_items: Sequence[str] = ()) -> list[str]:
    """1 to 6 criteria, each a fact of the answer that the question does not give away.

    One for each of the `answer_items` of a list, else one for each clause. A single clause is cut to what it adds to
    the question, one criterion for each phrase of it.
    """
    answer_words = content_words(answer, "en")
    answer_clauses = [item for item in answer_items if content_words(item, "en") <= answer_words]
    if not answer_clauses or len(answer_clauses) < len(answer_items):
        answer_clauses = [
            _drop_given_condition(clause, question)
            for clause in _answer_clauses(answer)
            if _clause_tells_more(clause, question)
        ]
    if _ASKS_MEASURE_IN_CLAUSE.search(question):  # what it asks for is a figure; the rest of the answer is beside it
        answer_clauses = _closest_clauses(
            [clause for clause in answer_clauses if numbers(clause, spelled="en")] or answer_clauses, question
        )
    answer_clauses = answer_clauses or [answer.strip(" .")]
    if len(answer_clauses) == 1:
        answer_clauses = _clause_phrases(answer_clauses[0], question)
    facts = dict.fromkeys(_lower_first_letter(clause.strip(" .,;")) for clause in answer_clauses)
    clause_criteria = [f"States: {fact}" for fact in facts]
    if len(clause_criteria) > MAX_CRITERIA:
        last_criterion = "; ".join(fact.removeprefix("States: ") for fact in clause_criteria[MAX_CRITERIA - 1 :])
        clause_criteria = [*clause_criteria[: MAX_CRITERIA - 1], f"States: {last_criterion}"]
    return clause_criteria


def _closest_clauses(answer_clauses: Sequence[str], question: str) -> list[str]:
    """The clauses that share most words with the question: of two limits the one that it asks for."""
    asked_words = content_words(question, "en")
    asked_words_in_clauses = [len(content_words(answer_clause, "en") & asked_words) for answer_clause in answer_clauses]
    return [
        answer_clause
        for answer_clause, asked_words_in_clause in zip(answer_clauses, asked_words_in_clauses, strict=True)
        if asked_words_in_clause == max(asked_words_in_clauses)
    ]


def _clause_phrases(clause: str, question: str) -> list[str]:
    """What a clause adds to the question, cut where a phrase begins that says when, why or on which condition."""
    opening, *later_phrases = _CLAUSE_PHRASE_START.split(clause)
    clause_phrases = [_trim_given_start(opening, question)] if _clause_tells_more(opening, question) else []
    clause_phrases += [
        clause_phrase
        for clause_phrase in later_phrases
        if len(content_words(clause_phrase, "en")) < 2 or _clause_tells_more(clause_phrase, question)
    ]
    return clause_phrases or [clause]


def _trim_given_start(clause_phrase: str, question: str) -> str:
    """`clause_phrase` from what the question asks for on: a figure, else the first word that it does not hold.

    The small words and numbers right before it are kept.
    """
    clause_phrase_words = list(re.finditer(r"\S+", clause_phrase))
    phrase_starts = [i for i, word in enumerate(clause_phrase_words) if _clause_tells_more(word.group(), question)]
    if _ASKS_MEASURE_IN_CLAUSE.search(question):
        phrase_starts = [
            i for i in phrase_starts if numbers(f"of {clause_phrase_words[i].group()}", spelled="en")
        ] or phrase_starts
    phrase_start = phrase_starts[0] if phrase_starts else 0
    while phrase_start > 0 and (
        clause_phrase_words[phrase_start - 1].group().lower() in _CLAUSE_WORDS_BEFORE_FIGURE
        or numbers(f"of {clause_phrase_words[phrase_start - 1].group()}", spelled="en")
    ):
        phrase_start -= 1
    trimmed_phrase = clause_phrase[clause_phrase_words[phrase_start].start() :]
    return trimmed_phrase if _are_brackets_balanced(trimmed_phrase) else clause_phrase


def _drop_given_condition(clause: str, question: str) -> str:
    """The clause without the condition at its front that the question has told already."""
    clause_condition = _LEADING_CLAUSE_CONDITION.match(clause)
    clause_condition_words = content_words(clause_condition.group(), "en") if clause_condition else set()
    continues_condition = clause_condition and re.match(r"(?i)(?:or|and|but)\b", clause[clause_condition.end() :])
    condition_words_asked = clause_condition_words & content_words(question, "en")
    if (
        clause_condition
        and clause_condition_words
        and not continues_condition
        and len(condition_words_asked) >= GIVEN_CONDITION_SHARE * len(clause_condition_words)
    ):
        return clause[clause_condition.end() :]
    return clause


def difficulty_from_answer(answer: str) -> Difficulty:
    """easy: one plain fact; medium: a condition or several facts; hard: four facts, or two with two conditions."""
    clause_fact_count = max(len(_answer_clauses(answer)), len(numbers(answer)))
    clause_condition_count = len(_CLAUSE_CONDITION.findall(answer))
    if clause_fact_count >= 4 or (clause_fact_count >= 2 and clause_condition_count >= 2):
        return "hard"
    return "medium" if clause_fact_count >= 2 or clause_condition_count else "easy"


def category_from_wording(question: str, answer: str) -> Category:
    """By the wording of the question, then by the numbers and conditions of the answer."""
    if _ASKS_MEASURE_IN_CLAUSE.search(question) and numbers(answer, spelled="en"):
        return "numeric"
    if _CLAUSE_CONDITION.search(question):
        return "condition"
    if _ASKS_CLAUSES.search(question):
        return "procedure"
    if _ASKS_DEFINITION.match(question):
        return "definition"
    return "condition" if _CLAUSE_CONDITION.search(answer) else "factual"


def _answer_clauses(answer: str) -> list[str]:
    """The parts of an answer that can be marked one by one: sentences, and main clauses with a verb of their own."""
    answer_sentences = (answer[start:end].strip(" .") for start, end in sentences(answer, "en"))
    return [clause for sentence in answer_sentences for clause in _sentence_clauses(sentence)]


def _sentence_clauses(sentence: str) -> list[str]:
    clauses: list[str] = []
    clause_start = 0
    for clause_break in _CLAUSE_BREAK.finditer(sentence):
        clause_before_break = sentence[clause_start : clause_break.start()]
        text_after_break = sentence[clause_break.end() :]
        if (
            _are_brackets_balanced(clause_before_break)
            and words(clause_before_break)
            and (";" in clause_break.group() or _are_separate_clauses(clause_before_break, text_after_break))
        ):
            clauses.append(clause_before_break.strip(" ,;"))
            clause_start = clause_break.end()
    return [*clauses, sentence[clause_start:].strip(" ,;")]


def _are_separate_clauses(clause_before_break: str, text_after_break: str) -> bool:
    """Do both sides of an "and" say something by themselves?"""
    if re.search(
        r"(?i)\b(?:between|both|if|when|whether|unless)\b[^,;]*$", clause_before_break
    ) or _SUBORDINATE_CLAUSE.match(text_after_break):
        return False
    second_clause = re.split(r"[,;.]", text_after_break)[0]
    return (
        bool(_CLAUSE_VERB.search(clause_before_break))
        and bool(_CLAUSE_VERB.search(second_clause))
        and len(words(second_clause)) >= 3
    )


def _are_brackets_balanced(clause: str) -> bool:
    """Is no bracket and no quotation left open in `clause`?"""
    return clause.count("(") == clause.count(")") and clause.count('"') % 2 == 0


def _clause_tells_more(clause: str, question: str) -> bool:
    """Does a part of an answer hold a word or a number that the question does not?"""
    asked_values = number_values(question, spelled="en")
    clause_words_not_asked = content_words(clause, "en") - content_words(question, "en")
    return bool(clause_words_not_asked) or any(
        clause_number.value not in asked_values for clause_number in numbers(f"of {clause}", spelled="en")
    )


def _lower_first_letter(clause: str) -> str:
    return clause[:1].lower() + clause[1:] if clause.split(" ")[0].lower() in _CLAUSE_OPENING_WORDS else clause
