"""Evaluation criteria: what keeps a grader from marking them one by one, what no answer meets, and which are padding.

A criterion is one fact of the answer. Padding is what an irrelevant answer meets as well, what another criterion says
already, and what the question gives away; it is dropped, since asking for more would bring more of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from groundwork.language.negations_and_duties import is_negated
from groundwork.language.numbers import Number, mantissa_and_scale, number_values, numbers
from groundwork.language.words import ENGLISH_STOP_WORDS, content_words, words
from groundwork.language.yes_and_no import YES_NO_AUXILIARY, YES_OR_NO
from groundwork.questions.trivial_questions import HOW_QUESTION
from groundwork.records import Pair

MIN_CRITERIA, MAX_CRITERIA = 1, 6
MIN_LISTED_ITEMS, MAX_ITEM_WORDS = 3, 4  # things of a list, and words of each

_VAGUE_CRITERION_WORDS = frozenset(
    words("accuracy accurate clarity complete completeness correct correctness exact match relevance")
)
_CRITERION_REPORTING_WORDS = frozenset(words("""answer answers give gives given indicate indicates mention mentions
    name names note notes place places point points refer refers say says specify specifies state states question fact
    explain explains list lists identify identifies include includes describe describes"""))  # fmt: skip
_CRITERION_STOP_WORDS = frozenset(words("""a an and as at be been by for from had has have in into is are was were it
    its of on so that the their them then there they this to with"""))  # fmt: skip
_CODE_IN_CRITERION = re.compile(r"(?<!\S)\S*\w[/_<>.:=\-]\w\S*|(?<!\w)\w++=|/\S{0,100}\w\S*|<\S{1,100}>")
_SYMBOL_IN_CRITERION = re.compile(r"(?<!\S)(?:[^\w\s]{2,8}|…)(?!\S)")  # "--" and "---" of a manual
_OPEN_LIST_OF_ITEMS = re.compile(
    r"\b(?:such as|for example|for instance|e\.g|including|the like|so on|etc|among others?|other things)\b"
    r"|, (?:which|who|whose|where|when)\b"
    r"|\b(?:that is|i\.e|namely|das heißt|d\. ?h|nämlich|c['’]est-à-dire|à savoir|es decir|cioè)\b",
    re.IGNORECASE,
)  # a list of examples, a name with its meaning, and a clause that only looks like the next thing of one
_MARKS_AROUND_CODE = "\"'.,;:!?()"
_YES_OR_NO_CRITERION = re.compile(rf"\b{YES_OR_NO}\b", re.IGNORECASE)
_POLAR_QUESTION_OF_CRITERIA = re.compile(rf"{YES_NO_AUXILIARY}\b", re.IGNORECASE)
_SECOND_QUESTION_OF_CRITERIA = re.compile(
    r",\s*(?:and|or|but)\s+(?:is|are|was|were|do|does|did|can|could|may|might|must|should|will|has|have|what|when|where"
    r"|which|who|why|how)\b",
    re.IGNORECASE,
)  # its second part
_NEGATIVE_CRITERION = re.compile(
    r"(?:does|do|should|must) not (?:\w+ )?(?:name|mention|state|say|add|claim|give|include|list|confuse|contain"
    r"|suggest|contradict|assert|imply)|doesn['’]t |avoids? |(?:contains|makes|adds|names|mentions|states) no other\b",
    re.IGNORECASE,
)

_RELATION_OF_CRITERION = re.compile(
    r"\b(?:or|than|between|both|either|which of|compared?|whether|differ\w*|distinguish\w*|correspond\w*)\b",
    re.IGNORECASE,
)  # a question that names what the answer has to tell apart

_CHOICE_OF_CRITERION = re.compile(
    r"(?<!whether )\b(?:or|oder|ou|eller|lub|nebo|или|або|which (?:one )?of|(?:welche[rs]?|wer) (?:der|von)|lequel"
    r"|laquelle|quale? (?:di|dei|degli|delle|tra)|cuál de)\b|还是|還是|または|それとも|또는",
    re.IGNORECASE,
)  # "Who got more votes, A or B?"


def criteria_fault(criteria: Sequence[str], answer: str = "") -> str:
    """What keeps a grader from marking the criteria one by one, or "". "Names more" is one where the answer is more."""
    distinct_criteria = {" ".join(criterion.casefold().split()) for criterion in criteria}
    if not MIN_CRITERIA <= len(distinct_criteria) <= MAX_CRITERIA or "" in distinct_criteria:
        criterion_count = len(distinct_criteria - {""})
        return f"there must be {MIN_CRITERIA} to {MAX_CRITERIA} different evaluation criteria, not {criterion_count}"
    vague_criteria = [criterion for criterion in criteria if not _is_checkable_criterion(criterion, answer)]
    return f'the criterion "{vague_criteria[0]}" names no fact' if vague_criteria else ""


def criteria_padding_reasons(question: str, criteria: Sequence[str], language: str, answer: str = "") -> dict[str, str]:
    """The criteria that no fact is lost with, each with the reason. One criterion at least is none of them.

    What `answer` says apart from another criterion is a fact of its own: "a captain and a spirit captain".
    `language` is theirs and the question's, an ISO 639-1 code; "", where it is not known, is read as English.
    """
    criterion_facts = {criterion: set(_criterion_fact_words(criterion, language)) for criterion in criteria}
    answer_words = _criterion_fact_words(answer, language)
    padding_by_criterion = {
        criterion: reason
        for criterion in criteria
        if not _lone_answer_words(criterion, criterion_facts, question, answer)
        and not _names_choice_of_question(criterion, criterion_facts, question, answer, language)
        and (reason := _padding_reason(criterion, criterion_facts, question, answer_words, language))
    }
    if padding_by_criterion and len(padding_by_criterion) == len(criterion_facts):
        padding_by_criterion.pop(next(iter(padding_by_criterion)))
    return padding_by_criterion


def drop_padding_criteria(question: str, criteria: Sequence[str], language: str, answer: str = "") -> list[str]:
    """The criteria that are no padding, and of padding what alone says a part of the answer."""
    padding_by_criterion = criteria_padding_reasons(question, criteria, language, answer)
    kept_criteria = [criterion for criterion in criteria if criterion not in padding_by_criterion]
    words_without_criterion = _criterion_fact_words(answer, language) - _criterion_fact_words(question, language)
    for criterion in kept_criteria:
        words_without_criterion -= _criterion_fact_words(criterion, language)
    stems_without_criterion = words_without_criterion.keys()
    return [
        criterion
        for criterion in criteria
        if criterion in kept_criteria or stems_without_criterion & _criterion_fact_words(criterion, language).keys()
    ]


def item_without_criterion(question: str, answer: str, criteria: Sequence[str], language: str) -> str:
    """The first thing of a list in the answer that no criterion has a word of while one has others of it, or ""."""
    answer_items = _answer_items_for_criteria(answer)
    criterion_word_sets = [set(_criterion_fact_words(text, language)) for text in [question, *criteria]]
    question_words, criterion_words = criterion_word_sets[0], set().union(*criterion_word_sets[1:])
    words_by_item = {item: set(_criterion_fact_words(item, language)) - question_words for item in answer_items}
    telling_items = [item for item, criterion_item_words in words_by_item.items() if criterion_item_words]
    covered_items = [item for item in telling_items if words_by_item[item] & criterion_words]
    uncovered_items = [item for item in telling_items if not words_by_item[item] & criterion_words]
    return uncovered_items[0] if len(covered_items) > 1 and uncovered_items else ""


def _answer_items_for_criteria(answer: str) -> list[str]:
    """The things of a list of three and more short ones, "A, B, and C", without what stands before a colon."""
    listed_answer = max(re.split(r"[.:;](?:\s|$)", answer), key=lambda clause: clause.count(","))
    answer_items = [
        answer_item
        for answer_item in re.split(r", (?:and |or )?| (?:and|or) ", " ".join(listed_answer.split()))
        if answer_item
    ]
    are_items_short = all(
        len(answer_item.split()) <= MAX_ITEM_WORDS and not answer_item.endswith("-") for answer_item in answer_items
    )
    return (
        answer_items
        if len(answer_items) >= MIN_LISTED_ITEMS and are_items_short and not _OPEN_LIST_OF_ITEMS.search(listed_answer)
        else []
    )


def _padding_reason(
    criterion: str, criterion_facts: Mapping[str, set[str]], question: str, answer_words: Counter[str], language: str
) -> str:
    if _NEGATIVE_CRITERION.match(criterion.strip()):
        return "an irrelevant answer meets it as well"
    criterion_fact = criterion_facts[criterion]
    if numbers(criterion, spelled="en") or not criterion_fact:
        return ""
    wider_facts = [wider_fact for wider_fact in criterion_facts.values() if criterion_fact < wider_fact]
    if (
        wider_facts
        and not _is_denying_criterion(criterion)
        and not all(_is_fact_said_beside(criterion_fact, wider_fact, answer_words) for wider_fact in wider_facts)
    ):
        return "another criterion says it"
    is_criterion_given_away = _is_criterion_in_question(criterion, question, language) and not _is_fact_in_answer(
        criterion_fact, answer_words
    )
    return "the question says it" if is_criterion_given_away else ""


def _lone_answer_words(criterion: str, criterion_facts: Mapping[str, set[str]], question: str, answer: str) -> set[str]:
    """The words of the answer, small ones too, that neither the question nor a wider criterion says: "once a year"."""
    texts_beside_criterion = [
        question,
        *(
            fuller_criterion
            for fuller_criterion, criterion_fact in criterion_facts.items()
            if criterion_facts[criterion] < criterion_fact
        ),
    ]
    words_beside_criterion = {word for other_text in texts_beside_criterion for word in words(other_text)}
    return set(words(criterion)) & set(words(answer)) - words_beside_criterion - _CRITERION_STOP_WORDS


def _names_choice_of_question(
    criterion: str, criterion_facts: Mapping[str, set[str]], question: str, answer: str, language: str
) -> bool:
    """Does it name, of what the question lets choose from, what the answer says, and no wider criterion as plainly?

    "States 512 votes for Ada Roe" says less plainly than "Names Ada Roe" who got more; "States that Ada Roe got more"
    does not.
    """
    if not _CHOICE_OF_CRITERION.search(question):
        return False
    criterion_choice = (
        set(words(criterion))
        & set(words(question))
        & set(words(answer)) - _CRITERION_STOP_WORDS - _CRITERION_REPORTING_WORDS
    )
    question_words, question_values = _criterion_fact_words(question, language).keys(), number_values(question)
    plainer_criteria = [
        wider
        for wider, criterion_fact in criterion_facts.items()
        if criterion_facts[criterion] < criterion_fact <= question_words and number_values(wider) <= question_values
    ]
    return bool(criterion_choice) and not any(criterion_choice <= set(words(wider)) for wider in plainer_criteria)


def _is_fact_in_answer(criterion_fact: set[str], answer_words: Counter[str]) -> bool:
    """Does the answer say all of it, whatever the question says?"""
    return bool(answer_words) and criterion_fact <= answer_words.keys()


def _is_fact_said_beside(criterion_fact: set[str], wider_fact: set[str], answer_words: Counter[str]) -> bool:
    """Does the answer say all of `criterion_fact` once more beside `wider_fact`, whose words include it?"""
    return wider_fact <= answer_words.keys() and criterion_fact <= (answer_words - Counter(wider_fact)).keys()


def _is_criterion_in_question(criterion: str, question: str, language: str) -> bool:
    """Does the question say all of it, each word as often? Not where it asks yes or no, or relates things."""
    if (
        _POLAR_QUESTION_OF_CRITERIA.match(question)
        or HOW_QUESTION.match(question)
        or _RELATION_OF_CRITERION.search(question)
        or _SECOND_QUESTION_OF_CRITERIA.search(question)
        or _is_denying_criterion(criterion)
    ):
        return False
    extra_words = set(words(criterion)) & ENGLISH_STOP_WORDS - _CRITERION_STOP_WORDS - _CRITERION_REPORTING_WORDS - set(
        words(question)
    )
    return not extra_words and _criterion_fact_words(criterion, language) <= _criterion_fact_words(question, language)


def _is_denying_criterion(criterion: str) -> bool:
    """ "States that the cox is not a rower" is a fact of its own, although each of its words is said elsewhere."""
    return is_negated(criterion)


@lru_cache(maxsize=1024)  # the criteria of a pair are held against each other, its question and its answer
def _criterion_fact_words(criterion_fact: str, language: str) -> Counter[str]:
    """The words of meaning, each as often as it stands there; a path or a code (/usr/sbin, keep_all) as one word.

    Not to be changed by who gets it.
    """
    criterion_codes = [code.strip(_MARKS_AROUND_CODE).lower() for code in _CODE_IN_CRITERION.findall(criterion_fact)]
    meaningful_criterion_words = [
        word for word in words(_CODE_IN_CRITERION.sub(" ", criterion_fact)) if word not in _CRITERION_REPORTING_WORDS
    ]
    criterion_stems = (stem for word in meaningful_criterion_words for stem in content_words(word, language))
    return Counter(criterion_stems) + Counter(criterion_codes + _SYMBOL_IN_CRITERION.findall(criterion_fact))


def _is_checkable_criterion(criterion: str, answer: str) -> bool:
    fact_words = set(words(criterion)) - _VAGUE_CRITERION_WORDS - _CRITERION_REPORTING_WORDS
    if fact_words - ENGLISH_STOP_WORDS or numbers(criterion, spelled="en") or _YES_OR_NO_CRITERION.search(criterion):
        return True
    return bool((fact_words - _CRITERION_STOP_WORDS) & set(words(answer)))


def unsupported_criterion_numbers(pair: Pair) -> list[str]:
    """The numbers of the criteria that neither answer nor question holds, so that no right answer can meet them."""
    question_and_answer = f"{pair.question} {pair.answer}"
    supported_values = number_values(question_and_answer, spelled="en")
    supported_values |= {_number_without_scale(question_and_answer, number) for number in numbers(question_and_answer)}
    unsupported_values = {
        number.value
        for criterion in pair.evaluation_criteria
        for number in numbers(criterion)
        if supported_values.isdisjoint({number.value, _number_without_scale(criterion, number)})
    }
    return sorted(unsupported_values)


def _number_without_scale(text: str, number: Number) -> str:
    """ "784" of "784 million": criterion and answer may differ in giving the scale."""
    scaled_number_parts = mantissa_and_scale(text[number.start : number.end])
    return scaled_number_parts[0] if scaled_number_parts else number.value
