"""Evaluation criteria: what keeps a grader from marking them one by one, which are padding, and criteria by rule.

A criterion is one fact of the answer. Padding is what an irrelevant answer meets as well, what another criterion says
already, and what the question gives away; it is dropped, since asking for more would bring more of it.

A small model that cannot write them has criteria, difficulty and category by rule, from a question and its answer: each
criterion names one fact of the answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import regex

from groundwork.language.contradictions import is_negated
from groundwork.language.numbers import number_values, numbers
from groundwork.language.question_forms import AUXILIARY, YES_OR_NO
from groundwork.language.sentences import sentences
from groundwork.language.words import ENGLISH_STOP_WORDS, content_words, words
from groundwork.questions.trivial_questions import ASKS_HOW
from groundwork.records import Category, Difficulty

MIN_CRITERIA, MAX_CRITERIA = 1, 6
MIN_LISTED_ITEMS, MAX_ITEM_WORDS = 3, 4  # things of a list, and words of each

_EMPTY_WORDS = frozenset(
    words("accuracy accurate clarity complete completeness correct correctness exact match relevance")
)
_TELLING_WORDS = frozenset(words("""answer answers give gives given indicate indicates mention mentions name names
    note notes place places point points refer refers say says specify specifies state states question fact
    explain explains list lists identify identifies include includes describe describes"""))  # fmt: skip
_IDLE_WORDS = frozenset(words("""a an and as at be been by for from had has have in into is are was were it its of on so
    that the their them then there they this to with"""))  # fmt: skip
_CODE = re.compile(r"(?<!\S)\S*\w[/_<>.:=\-]\w\S*|(?<!\w)\w++=|/\S{0,100}\w\S*|<\S{1,100}>")
_SYMBOL = re.compile(r"(?<!\S)(?:[^\w\s]{2,8}|…)(?!\S)")  # "--" and "---" of a manual
_OPEN_LIST = re.compile(
    r"\b(?:such as|for example|for instance|e\.g|including|the like|so on|etc|among others?|other things)\b"
    r"|, (?:which|who|whose|where|when)\b",
    re.IGNORECASE,
)  # a list of examples, and a clause that only looks like the next thing of one
_EDGE_MARKS = "\"'.,;:!?()"
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

_CLAUSE_BREAK = re.compile(r"(?:(?<!\s)\s++)?;\s*(?:(?:and|or|but)\s+)?|(?:,|(?<!\s))\s++(?:and|but)\s+")
_VERB = re.compile(
    r"(?i)\b(?:must|may|can|cannot|shall|should|will|would|is|are|was|were|has|have|had|does|do|counts?|takes?|gets?"
    r"|loses?|wins?|needs?|becomes?|remains?|applies|apply)\b"
)
_SUBORDINATE = re.compile(
    r"(?:even|if|unless|when|as|which|who|that|so|although|because|whether|with\w*|where|until)\b", re.I
)
_LEADING_CONDITION = re.compile(
    r"(?:If|When|After|Before|Once|Until|Unless|While|During|For|In|On|To|From|Prior to|As|At|Where|With)\b[^,;]*,\s+"
)
_PHRASE_START = regex.compile(
    r"""(?ix)(?:,|(?<!\s))\s++ (?<!\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|\w+day|even|only|and|or)\s)
    (?<!\b(?:after|before|during|until|if|unless|when),?\s)(?<!,\s(?:and|or)\s)
    (?=(?:(?<!\b(?:the|a)\s(?:night|morning|evening|moment|while)\s)(?:after|before)
      |during|until|unless|(?<!\b(?:as|what)\s)if|when
      |(?<!\b(?:at|for|than)\s)once(?!\s+(?:again|more|per|every|before|after|an?\s(?:day|night|week|month|year|season))\b)
      |(?<!\b(?:an?|the|this|long|little|short|worth)\s)while
      |(?<!\b(?:is|are|was|were|be|been|being|as|not)\s)provided|because|so\ that|in\ order\ to|except)\b(?!\s*$))"""
)
_SMALL_WORDS = frozenset(
    words(
        """a an the no not only any every at least most more less fewer longer later earlier than up to by in on within
        between for from with of maximum minimum must may can cannot shall should will be it they"""
    )
)
KNOWN_SHARE = 0.6  # of the content words of a clause at the front, from which the question has told it already
_OPENING_WORDS = frozenset(words("a an the it they if when unless there each every no all any at in on for by"))
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


def criteria_fault(criteria: Sequence[str], answer: str = "") -> str:
    """What keeps a grader from marking the criteria one by one, or "". "Names more" is one where the answer is more."""
    distinct = {" ".join(criterion.casefold().split()) for criterion in criteria}
    if not MIN_CRITERIA <= len(distinct) <= MAX_CRITERIA or "" in distinct:
        return (
            f"there must be {MIN_CRITERIA} to {MAX_CRITERIA} different evaluation criteria, not {len(distinct - {''})}"
        )
    vague = [criterion for criterion in criteria if not _is_checkable(criterion, answer)]
    return f'the criterion "{vague[0]}" names no fact' if vague else ""


def padding_reasons(question: str, criteria: Sequence[str], language: str, answer: str = "") -> dict[str, str]:
    """The criteria that no fact is lost with, each with the reason. One criterion at least is none of them.

    What `answer` says apart from another criterion is a fact of its own: "a captain and a spirit captain".
    `language` is theirs and the question's, an ISO 639-1 code; "", where it is not known, is read as English.
    """
    facts = {criterion: set(_fact_words(criterion, language)) for criterion in criteria}
    answer_words = _fact_words(answer, language)
    padding_by_criterion = {
        criterion: reason
        for criterion in criteria
        if not _answer_words_alone(criterion, facts, question, answer)
        and (reason := _padding_reason(criterion, facts, question, answer_words, language))
    }
    if padding_by_criterion and len(padding_by_criterion) == len(facts):
        padding_by_criterion.pop(next(iter(padding_by_criterion)))
    return padding_by_criterion


def drop_padding(question: str, criteria: Sequence[str], language: str, answer: str = "") -> list[str]:
    """The criteria that are no padding, and of padding what alone says a part of the answer."""
    padding_by_criterion = padding_reasons(question, criteria, language, answer)
    kept_criteria = [criterion for criterion in criteria if criterion not in padding_by_criterion]
    unmarked_words = _fact_words(answer, language) - _fact_words(question, language)
    for criterion in kept_criteria:
        unmarked_words -= _fact_words(criterion, language)
    missing_words = unmarked_words.keys()
    return [
        criterion
        for criterion in criteria
        if criterion in kept_criteria or missing_words & _fact_words(criterion, language).keys()
    ]


def uncovered_item(question: str, answer: str, criteria: Sequence[str], language: str) -> str:
    """The first thing of a list in the answer that no criterion has a word of while one has others of it, or ""."""
    listed_items = _listed_items(answer)
    word_sets = [set(_fact_words(text, language)) for text in [question, *criteria]]
    question_words, criterion_words = word_sets[0], set().union(*word_sets[1:])
    facts = {listed_item: set(_fact_words(listed_item, language)) - question_words for listed_item in listed_items}
    items_with_words = [listed_item for listed_item, fact in facts.items() if fact]
    covered_items = [listed_item for listed_item in items_with_words if facts[listed_item] & criterion_words]
    missing_items = [listed_item for listed_item in items_with_words if not facts[listed_item] & criterion_words]
    return missing_items[0] if len(covered_items) > 1 and missing_items else ""


def _listed_items(answer: str) -> list[str]:
    """The things of a list of three and more short ones, "A, B, and C", without what stands before a colon."""
    list_text = max(re.split(r"[.:;](?:\s|$)", answer), key=lambda clause: clause.count(","))
    listed_items = [
        listed_item
        for listed_item in re.split(r", (?:and |or )?| (?:and|or) ", " ".join(list_text.split()))
        if listed_item
    ]
    are_short = all(
        len(listed_item.split()) <= MAX_ITEM_WORDS and not listed_item.endswith("-") for listed_item in listed_items
    )
    return (
        listed_items if len(listed_items) >= MIN_LISTED_ITEMS and are_short and not _OPEN_LIST.search(list_text) else []
    )


def _padding_reason(
    criterion: str, facts: Mapping[str, set[str]], question: str, answer_words: Counter[str], language: str
) -> str:
    if _NEGATIVE.match(criterion.strip()):
        return "an irrelevant answer meets it as well"
    fact = facts[criterion]
    if numbers(criterion, spelled="en") or not fact:
        return ""
    wider = [larger for larger in facts.values() if fact < larger]
    if wider and not _is_denial(criterion) and not all(_is_said_beside(fact, larger, answer_words) for larger in wider):
        return "another criterion says it"
    is_given = _is_in_question(criterion, question, language) and not _is_answered(fact, answer_words)
    return "the question says it" if is_given else ""


def _answer_words_alone(criterion: str, facts: Mapping[str, set[str]], question: str, answer: str) -> set[str]:
    """The words of the answer, small ones too, that neither the question nor a wider criterion says: "once a year"."""
    other_texts = [question, *(fuller_criterion for fuller_criterion, fact in facts.items() if facts[criterion] < fact)]
    said_elsewhere = {word for other_text in other_texts for word in words(other_text)}
    return set(words(criterion)) & set(words(answer)) - said_elsewhere - _IDLE_WORDS


def _is_answered(fact: set[str], answer_words: Counter[str]) -> bool:
    """Does the answer say all of it, whatever the question says?"""
    return bool(answer_words) and fact <= answer_words.keys()


def _is_said_beside(fact: set[str], wider_fact: set[str], answer_words: Counter[str]) -> bool:
    """Does the answer say all of `fact` once more beside `wider_fact`, whose words include it?"""
    return wider_fact <= answer_words.keys() and fact <= (answer_words - Counter(wider_fact)).keys()


def _is_in_question(criterion: str, question: str, language: str) -> bool:
    """Does the question say all of it, each word as often? Not where it asks yes or no, or relates things."""
    if (
        _POLAR.match(question)
        or ASKS_HOW.match(question)
        or _RELATES.search(question)
        or _ASKS_AGAIN.search(question)
        or _is_denial(criterion)
    ):
        return False
    extra_words = set(words(criterion)) & ENGLISH_STOP_WORDS - _IDLE_WORDS - _TELLING_WORDS - set(words(question))
    return not extra_words and _fact_words(criterion, language) <= _fact_words(question, language)


def _is_denial(criterion: str) -> bool:
    """ "States that the cox is not a rower" is a fact of its own, although each of its words is said elsewhere."""
    return is_negated(criterion)


@lru_cache(maxsize=1024)  # the criteria of a pair are held against each other, its question and its answer
def _fact_words(fact: str, language: str) -> Counter[str]:
    """The words of meaning, each as often as it stands there; a path or a code (/usr/sbin, keep_all) as one word.

    Not to be changed by who gets it.
    """
    codes = [code.strip(_EDGE_MARKS).lower() for code in _CODE.findall(fact)]
    meaningful_words = [word for word in words(_CODE.sub(" ", fact)) if word not in _TELLING_WORDS]
    stems = (stem for word in meaningful_words for stem in content_words(word, language))
    return Counter(stems) + Counter(codes + _SYMBOL.findall(fact))


def _is_checkable(criterion: str, answer: str) -> bool:
    facts = set(words(criterion)) - _EMPTY_WORDS - _TELLING_WORDS
    if facts - ENGLISH_STOP_WORDS or numbers(criterion, spelled="en") or _YES_OR_NO.search(criterion):
        return True
    return bool((facts - _IDLE_WORDS) & set(words(answer)))


def criteria_for(question: str, answer: str, items: Sequence[str] = ()) -> list[str]:
    """1 to 6 criteria, each a fact of the answer that the question does not give away.

    One for each of the `items` of a list, else one for each clause. A single clause is cut to what it adds to the
    question, one criterion for each phrase of it.
    """
    clauses = [item for item in items if content_words(item, "en") <= content_words(answer, "en")]
    if not clauses or len(clauses) < len(items):
        clauses = [
            _drop_known_condition(clause, question)
            for clause in _answer_clauses(answer)
            if _tells_more(clause, question)
        ]
    if _MEASURE.search(question):  # what it asks for is a figure; the rest of the answer is beside it
        clauses = _closest_clauses([clause for clause in clauses if numbers(clause, spelled="en")] or clauses, question)
    clauses = clauses or [answer.strip(" .")]
    if len(clauses) == 1:
        clauses = _split_phrases(clauses[0], question)
    criteria = list(dict.fromkeys(f"States: {_lower_first_letter(clause.strip(' .,;'))}" for clause in clauses))
    if len(criteria) > MAX_CRITERIA:
        last_criterion = "; ".join(criterion.removeprefix("States: ") for criterion in criteria[MAX_CRITERIA - 1 :])
        criteria = [*criteria[: MAX_CRITERIA - 1], f"States: {last_criterion}"]
    return criteria


def _closest_clauses(clauses: Sequence[str], question: str) -> list[str]:
    """The clauses that share most words with the question: of two limits the one that it asks for."""
    question_words = content_words(question, "en")
    shared_counts = [len(content_words(clause, "en") & question_words) for clause in clauses]
    return [
        clause
        for clause, shared_count in zip(clauses, shared_counts, strict=True)
        if shared_count == max(shared_counts)
    ]


def _split_phrases(clause: str, question: str) -> list[str]:
    """What a clause adds to the question, cut where a phrase begins that says when, why or on which condition."""
    first_phrase, *other_phrases = _PHRASE_START.split(clause)
    phrases = [_trim_known_start(first_phrase, question)] if _tells_more(first_phrase, question) else []
    phrases += [
        phrase for phrase in other_phrases if len(content_words(phrase, "en")) < 2 or _tells_more(phrase, question)
    ]
    return phrases or [clause]


def _trim_known_start(phrase: str, question: str) -> str:
    """`phrase` from what the question asks for on: a figure, else the first word that it does not hold.

    The small words and numbers right before it are kept.
    """
    tokens = list(re.finditer(r"\S+", phrase))
    phrase_starts = [i for i, word in enumerate(tokens) if _tells_more(word.group(), question)]
    if _MEASURE.search(question):
        phrase_starts = [i for i in phrase_starts if numbers(f"of {tokens[i].group()}", spelled="en")] or phrase_starts
    phrase_start = phrase_starts[0] if phrase_starts else 0
    while phrase_start > 0 and (
        tokens[phrase_start - 1].group().lower() in _SMALL_WORDS
        or numbers(f"of {tokens[phrase_start - 1].group()}", spelled="en")
    ):
        phrase_start -= 1
    trimmed = phrase[tokens[phrase_start].start() :]
    return trimmed if _is_balanced(trimmed) else phrase


def _drop_known_condition(clause: str, question: str) -> str:
    """The clause without the condition at its front that the question has told already."""
    condition = _LEADING_CONDITION.match(clause)
    condition_words = content_words(condition.group(), "en") if condition else set()
    continues = condition and re.match(r"(?i)(?:or|and|but)\b", clause[condition.end() :])
    shared_words = condition_words & content_words(question, "en")
    if condition and condition_words and not continues and len(shared_words) >= KNOWN_SHARE * len(condition_words):
        return clause[condition.end() :]
    return clause


def difficulty_of(answer: str) -> Difficulty:
    """easy: one plain fact; medium: a condition or several facts; hard: four facts, or two with two conditions."""
    fact_count = max(len(_answer_clauses(answer)), len(numbers(answer)))
    condition_count = len(_CONDITION.findall(answer))
    if fact_count >= 4 or (fact_count >= 2 and condition_count >= 2):
        return "hard"
    return "medium" if fact_count >= 2 or condition_count else "easy"


def category_of(question: str, answer: str) -> Category:
    """By the wording of the question, then by the numbers and conditions of the answer."""
    if _MEASURE.search(question) and numbers(answer, spelled="en"):
        return "numeric"
    if _CONDITION.search(question):
        return "condition"
    if _PROCEDURE.search(question):
        return "procedure"
    if _DEFINITION.match(question):
        return "definition"
    return "condition" if _CONDITION.search(answer) else "factual"


def _answer_clauses(answer: str) -> list[str]:
    """The parts of an answer that can be marked one by one: sentences, and main clauses with a verb of their own."""
    return [
        clause for start, end in sentences(answer, "en") for clause in _sentence_clauses(answer[start:end].strip(" ."))
    ]


def _sentence_clauses(sentence: str) -> list[str]:
    clauses: list[str] = []
    clause_start = 0
    for clause_break in _CLAUSE_BREAK.finditer(sentence):
        before, after = sentence[clause_start : clause_break.start()], sentence[clause_break.end() :]
        if (
            _is_balanced(before)
            and words(before)
            and (";" in clause_break.group() or _are_separate_clauses(before, after))
        ):
            clauses.append(before.strip(" ,;"))
            clause_start = clause_break.end()
    return [*clauses, sentence[clause_start:].strip(" ,;")]


def _are_separate_clauses(before: str, after: str) -> bool:
    """Do both sides of an "and" say something by themselves?"""
    if re.search(r"(?i)\b(?:between|both|if|when|whether|unless)\b[^,;]*$", before) or _SUBORDINATE.match(after):
        return False
    first_clause = re.split(r"[,;.]", after)[0]
    return bool(_VERB.search(before)) and bool(_VERB.search(first_clause)) and len(words(first_clause)) >= 3


def _is_balanced(clause: str) -> bool:
    """Is no bracket and no quotation left open in `clause`?"""
    return clause.count("(") == clause.count(")") and clause.count('"') % 2 == 0


def _tells_more(clause: str, question: str) -> bool:
    """Does a part of an answer hold a word or a number that the question does not?"""
    question_values = number_values(question, spelled="en")
    new_words = content_words(clause, "en") - content_words(question, "en")
    return bool(new_words) or any(
        number.value not in question_values for number in numbers(f"of {clause}", spelled="en")
    )


def _lower_first_letter(clause: str) -> str:
    return clause[:1].lower() + clause[1:] if clause.split(" ")[0].lower() in _OPENING_WORDS else clause
