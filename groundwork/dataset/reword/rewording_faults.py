"""What is wrong with a rewording, by rules: another meaning, lost names, copied words, a question that leans on a text.

All faults of question and answer are told at once, so that one correction can mend them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from groundwork.dataset.reword.changed_meaning import meaning_faults, numbers_and_terms, turned_meaning_faults
from groundwork.dataset.reword.copied_words import (
    are_other_words,
    free_words,
    is_built_anew,
    is_copy,
    longest_copy,
    share_in_order,
    shared_terms,
    words_of,
)
from groundwork.language.dangling_references import find_dangling_opening, find_source_name
from groundwork.language.language_and_script import has_unspaced, is_english
from groundwork.language.negations import YES_NO_AUXILIARY, duties, is_negated
from groundwork.language.sentences import is_question
from groundwork.language.words import normalised_words, word_count, words
from groundwork.records import Row

# Told once: who is made to say a plain sentence in other words says it worse.
_OR_KEEP = (
    "If it can be said as well another way, say it so; terms stay as they are. If not, reply with the old answer."
)
_OR_DECLINE = (
    "Ask in another build: another question word, active for passive, the situation first; terms and fixed expressions "
    'stay as they are. If nobody would ask it otherwise, give "" for the question.'
)
UNCHANGED = f"The answer is the old one, word for word. {_OR_KEEP}"
SHORT_ANSWER = 10  # words that may change; an answer with no more has few ways of being said and may stay as it is
# Of the words of two texts in the same order: from here on they are built so alike that one changed word tells.
QUESTIONS_ALIKE, ANSWERS_ALIKE = 0.7, 0.5
SAME_QUESTION_WORDS = 0.95  # a question that begins with the situation is another one if its verb changed as well
SHORT_PHRASE = 16  # the same of a phrase that begins with a preposition
_PREPOSITION_PHRASE = re.compile(
    r"(?:to|by|with|in|on|at|for|from|under|mit|durch|auf|bei|aus|von|zu|für|nach|avec|par|dans|pour|sur|con|por|para|per"
    r"|tra|voor|door|op|bij)\b[^.;]*\.?$",
    re.IGNORECASE,
)
LEAST_LISTED = 3  # marks between the things of a list
_LIST_SEPARATOR = re.compile(r"[,;](?=\s)")
_FINITE_VERBS = frozenset(
    words("is are was were be must may might should shall has have had can could will would does do did")
)
_YES_OR_NO = re.compile(rf"(?:^|[,;:.]\s+|\band\s+){YES_NO_AUXILIARY}\s", re.IGNORECASE)
_EITHER_OR = re.compile(rf",? or (?:{YES_NO_AUXILIARY} (?:it|they|he|she|there|i|you|one)\b|not\b)", re.IGNORECASE)
_YES_NO_REPLIES = re.compile(rf"(?:yes|no(?!ne)|not|only)\b|(?!none|nothing)\w+ {YES_NO_AUXILIARY}\b", re.IGNORECASE)
LEAST_QUESTION_LENGTH = 0.4  # of the old question, in words: less has lost what it is about


def faults_of_rewording(
    row: Row, question: str, answer: str, most_copied: float, keep: Sequence[str] = ()
) -> list[str]:
    """Everything that is wrong with a rewording of `row`, each as a sentence for the model to correct it by.

    `most_copied`: the share of the words that may stand in copied stretches. `keep`: words that say what it is about.
    """
    question, answer = question.strip(), answer.strip()
    return [
        *_question_faults(row, question, answer, most_copied, keep),
        *_answer_faults(
            row, question, answer, most_copied, [*keep, *shared_terms(row.answer, row.evaluation_criteria)]
        ),
    ]


def keeps_answer(row: Row, answer: str, most_copied: float, keep: Sequence[str] = ()) -> bool:
    """Does a reworded answer still say it in the old words: all of them, or too many in copied stretches?"""
    same_words = [word.text for word in words_of(row.answer)] == [word.text for word in words_of(answer)]
    return same_words or is_copy(row.answer, answer, most_copied, keep)


def _question_faults(
    row: Row, reworded_question: str, reworded_answer: str, most_copied: float, keep: Sequence[str]
) -> Iterator[str]:
    original_question = row.question
    if not reworded_question:
        yield "The question is empty."
        return
    reworded_words = [word.text for word in words_of(reworded_question)]
    if lost_words := [word for word in keep if word not in reworded_words]:
        yield f"The question must still say what it is about; put back: {', '.join(lost_words)}."
    if source_name := _new_source_name(reworded_question, original_question):
        yield f"The question must stand alone; do not write {source_name!r}."
    if (dangling_opening := find_dangling_opening(reworded_question)) and not find_dangling_opening(original_question):
        yield f"The question must stand alone; it cannot begin with {dangling_opening!r}."
    if len(reworded_words) < LEAST_QUESTION_LENGTH * len(words_of(original_question)):
        yield "The question lost a part of what it asks; say all of it in other words."
    if is_question(original_question) and not is_question(reworded_question):
        yield "The question must end with a question mark."
    if kind_fault := _question_kind_fault(row, reworded_question, reworded_answer):
        yield kind_fault
    yield from meaning_faults("question", original_question, reworded_question, _tellable_text(row, reworded_question))
    if (
        share_in_order(original_question, reworded_question) >= QUESTIONS_ALIKE
    ):  # built otherwise, "why not?" may well become "what if?"
        yield from turned_meaning_faults("question", original_question, reworded_question)
    is_old_build = is_copy(original_question, reworded_question, most_copied, keep, SAME_QUESTION_WORDS)
    if is_old_build and not (
        is_built_anew(original_question, reworded_question)
        or are_other_words(original_question, reworded_question, keep)
    ):
        yield _copy_fault("question", original_question, reworded_question, keep)


def _new_source_name(reworded: str, original: str) -> str:
    """The words by which `reworded` names its source, where `original` neither does nor says them itself."""
    source_name = find_source_name(reworded)
    return (
        ""
        if find_source_name(original) or source_name.lower().removeprefix("the ") in original.lower()
        else source_name
    )


def _question_kind_fault(row: Row, reworded_question: str, reworded_answer: str) -> str:
    """What is wrong where `reworded_question` wants a yes or no and `reworded_answer` gives none, or offers two where
    it gives one.

    English alone: "Was ist ...?" asks for no yes.
    """
    if not is_english("\n".join([row.question, row.answer, *row.evidence])):
        return ""
    if not _yes_or_no_verdict(row.answer):
        wants_verdict = (
            _YES_OR_NO.match(reworded_question)
            and not _YES_OR_NO.search(row.question)
            and "or" not in normalised_words(reworded_question).split()
        )
        kind_fault = (
            "The question asks for a yes or no, which the answer does not begin with; keep the kind of question."
        )
        return kind_fault if wants_verdict and not _YES_NO_REPLIES.match(reworded_answer) else ""
    if _EITHER_OR.search(reworded_question) and not _EITHER_OR.search(row.question):
        return "The question offers two things to choose from; ask it so that the yes or no of the answer fits."
    return ""


def _tellable_text(row: Row, reworded: str) -> str:
    """The answer and its evidence, of which a question may say a part: nothing where it says all numbers and names that
    are asked for.
    """
    asked_facts = numbers_and_terms(row.answer) - numbers_and_terms(row.question)
    return "" if asked_facts and asked_facts <= numbers_and_terms(reworded) else "\n".join([row.answer, *row.evidence])


def _answer_faults(
    row: Row, reworded_question: str, reworded_answer: str, most_copied: float, keep: Sequence[str]
) -> Iterator[str]:
    if not reworded_answer:
        yield "The answer is empty."
        return
    if source_name := _new_source_name(reworded_answer, f"{row.question}\n{row.answer}"):
        yield f"The answer must stand alone; do not write {source_name!r}."
    if (yes_or_no := _yes_or_no_verdict(row.answer)) and _yes_or_no_verdict(reworded_answer) != yes_or_no:
        yield f"The answer must begin with {yes_or_no!r}, as the original does."
    answer_source = "\n".join([row.question, *row.evidence, *row.evaluation_criteria])
    yield from meaning_faults("answer", row.answer, reworded_answer, answer_source, reworded_question)
    yield from turned_meaning_faults("answer", row.answer, reworded_answer, answer_source, reworded_question)
    old_duties, new_duties = duties(row.answer), duties(reworded_answer)
    # "no one may leave" says what "all must stay" says
    has_negation = is_negated(f"{row.answer}\n{reworded_answer}")
    if (
        old_duties
        and new_duties
        and not old_duties & new_duties
        and not has_negation
        and share_in_order(row.answer, reworded_answer) >= ANSWERS_ALIKE
    ):
        yield f"The answer says what {min(new_duties)} be where it said what {min(old_duties)} be."
    if _may_keep_wording(row.answer, keep) or not keeps_answer(row, reworded_answer, most_copied, keep):
        return
    if [word.text for word in words_of(row.answer)] == [word.text for word in words_of(reworded_answer)]:
        yield UNCHANGED
    else:
        yield _copy_fault("answer", row.answer, reworded_answer, keep)


def _may_keep_wording(answer: str, keep: Sequence[str]) -> bool:
    """Has the answer few ways of being said: a few words, or a list of things without a verb of its own?"""
    has_verb = not _FINITE_VERBS.isdisjoint(normalised_words(answer).split())
    is_list = len(_LIST_SEPARATOR.findall(answer)) >= LEAST_LISTED and not has_verb
    changeable_words = word_count(answer) if has_unspaced(answer) else free_words(answer, keep)  # not pairs of letters
    is_phrase = not has_verb and _PREPOSITION_PHRASE.match(answer) is not None
    return is_list or changeable_words <= (SHORT_PHRASE if is_phrase else SHORT_ANSWER)


def _copy_fault(faulty_field: str, original: str, reworded: str, keep: Sequence[str]) -> str:
    copied_stretch = longest_copy(original, reworded, keep)
    copy_complaint = (
        f'copies "{copied_stretch}"' if copied_stretch else "is the old sentence but for single words or their order"
    )
    return f"The {faulty_field} {copy_complaint}. {_OR_KEEP if faulty_field == 'answer' else _OR_DECLINE}"


def is_only_answer_kept(problem: str) -> bool:
    """Is all that is wrong with a rewording that its answer is the old one, or near to it?"""
    return (
        re.fullmatch(rf"The answer (?:copies \"[^\"]*\"|is the old [^.]*)\. {re.escape(_OR_KEEP)}", problem) is not None
    )


def _yes_or_no_verdict(answer: str) -> str:
    """The "yes" or "no" that an answer begins with; "no more than 4" is none."""
    verdict_match = re.match(r"(yes|no)\s*(?:[,.;:!]|$)", answer.strip(), re.IGNORECASE)
    return verdict_match[1].lower() if verdict_match else ""
