"""What is wrong with a rewording: another meaning, lost names, copied words, a question that leans on a text.

Rules tell the faults of question and answer all at once, so that one correction can mend them. By embeddings, nothing
else in the pool may be nearer to the new question than its original is, and the evidence must stay about as near to the
new answer as it was to the old one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from groundwork.dataset.reword.copied_words import (
    are_other_words,
    free_words,
    is_built_anew,
    is_copy,
    longest_copy,
    share_in_order,
    shared_terms,
    word_texts,
)
from groundwork.dataset.reword.lost_or_added_terms import meaning_faults, numbers_and_terms, turned_meaning_faults
from groundwork.embedding.vector_types import Vectors
from groundwork.language.dangling_references import find_dangling_opening, find_source_name
from groundwork.language.language_and_script import detect_language, has_unspaced, is_english
from groundwork.language.negations_and_duties import duties, is_negated
from groundwork.language.sentences import is_question
from groundwork.language.words import normalised_words, stem, stop_words, word_count, words
from groundwork.language.yes_and_no import YES_NO_AUXILIARY
from groundwork.records import Row

# Told once: who is made to say a plain sentence in other words says it worse.
OR_KEEP = "If it can be said as well another way, say it so; terms stay as they are. If not, reply with the old answer."
OR_DECLINE = (
    "Ask in another build: another question word, active for passive, the situation first; terms and fixed expressions "
    'stay as they are. If nobody would ask it otherwise, give "" for the question.'
)
UNCHANGED_ANSWER = f"The answer is the old one, word for word. {OR_KEEP}"
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
_YES_NO_REWORDINGS = re.compile(rf"(?:yes|no(?!ne)|not|only)\b|(?!none|nothing)\w+ {YES_NO_AUXILIARY}\b", re.IGNORECASE)
LEAST_QUESTION_LENGTH = 0.4  # of the old question, in words: less has lost what it is about
CLOSER_QUESTIONS_ALLOWED = 5  # questions that may lie closer to the rewording than its original does
KEPT_SUPPORT_SHARE = 0.5  # of the cosine between answer and evidence


def faults_of_rewording(
    original_row: Row, question: str, answer: str, most_copied: float, keep: Sequence[str] = ()
) -> list[str]:
    """Everything that is wrong with a rewording of `original_row`, each as a sentence for the model to correct it by.

    `most_copied`: the share of the words that may stand in copied stretches. `keep`: words that say what it is about.
    """
    question, answer = question.strip(), answer.strip()
    answer_terms = shared_terms(original_row.answer, original_row.evaluation_criteria)
    return [
        *_question_faults(original_row, question, answer, most_copied, keep),
        *_answer_faults(original_row, question, answer, most_copied, [*keep, *answer_terms]),
    ]


def keeps_answer(original_row: Row, reworded_answer: str, most_copied: float, keep: Sequence[str] = ()) -> bool:
    """Does a reworded answer still say it in the old words: all of them, or too many in copied stretches?"""
    same_words = word_texts(original_row.answer) == word_texts(reworded_answer)
    return same_words or is_copy(original_row.answer, reworded_answer, most_copied, keep)


def _question_faults(
    original_row: Row, reworded_question: str, reworded_answer: str, most_copied: float, keep: Sequence[str]
) -> Iterator[str]:
    original_question = original_row.question
    if not reworded_question:
        yield "The question is empty."
        return
    yield from _standing_alone_faults(original_question, reworded_question, keep)
    if is_question(original_question) and not is_question(reworded_question):
        yield "The question must end with a question mark."
    if kind_fault := _question_kind_fault(original_row, reworded_question, reworded_answer):
        yield kind_fault
    tellable_text = _tellable_text(original_row, reworded_question)
    yield from meaning_faults("question", original_question, reworded_question, tellable_text)
    # built otherwise, "why not?" may well become "what if?"
    if share_in_order(original_question, reworded_question) >= QUESTIONS_ALIKE:
        yield from turned_meaning_faults("question", original_question, reworded_question)
    is_old_build = is_copy(original_question, reworded_question, most_copied, keep, SAME_QUESTION_WORDS)
    is_old_build = is_old_build and not is_built_anew(original_question, reworded_question)
    if is_old_build and not are_other_words(original_question, reworded_question, keep):
        yield _copy_fault("question", original_question, reworded_question, keep)


def _standing_alone_faults(original_question: str, reworded_question: str, keep: Sequence[str]) -> Iterator[str]:
    reworded_words = word_texts(reworded_question)
    if lost_words := [word for word in keep if word not in reworded_words]:
        yield f"The question must still say what it is about; put back: {', '.join(lost_words)}."
    if source_name := _new_source_name(reworded_question, original_question):
        yield f"The question must stand alone; do not write {source_name!r}."
    if (dangling_opening := find_dangling_opening(reworded_question)) and not find_dangling_opening(original_question):
        yield f"The question must stand alone; it cannot begin with {dangling_opening!r}."
    if len(reworded_words) < LEAST_QUESTION_LENGTH * len(word_texts(original_question)):
        yield "The question lost a part of what it asks; say all of it in other words."


def _new_source_name(reworded: str, original: str) -> str:
    """The words by which `reworded` names its source, where `original` neither does nor says them itself."""
    source_name = find_source_name(reworded)
    is_old_name = find_source_name(original) or source_name.lower().removeprefix("the ") in original.lower()
    return "" if is_old_name else source_name


def _question_kind_fault(original_row: Row, reworded_question: str, reworded_answer: str) -> str:
    """What is wrong where `reworded_question` wants a yes or no and `reworded_answer` gives none, or offers two where
    it gives one.

    English alone: "Was ist ...?" asks for no yes.
    """
    if not is_english("\n".join([original_row.question, original_row.answer, *original_row.evidence])):
        return ""
    if not _yes_or_no_verdict(original_row.answer):
        is_now_yes_or_no = _YES_OR_NO.match(reworded_question) and not _YES_OR_NO.search(original_row.question)
        wants_verdict = is_now_yes_or_no and "or" not in normalised_words(reworded_question).split()
        if not wants_verdict or _YES_NO_REWORDINGS.match(reworded_answer):
            return ""
        return "The question asks for a yes or no, which the answer does not begin with; keep the kind of question."
    if _EITHER_OR.search(reworded_question) and not _EITHER_OR.search(original_row.question):
        return "The question offers two things to choose from; ask it so that the yes or no of the answer fits."
    return ""


def _tellable_text(original_row: Row, reworded: str) -> str:
    """The answer and its evidence, of which a question may say a part: nothing where it says all numbers and names that
    are asked for.
    """
    asked_facts = numbers_and_terms(original_row.answer) - numbers_and_terms(original_row.question)
    if asked_facts and asked_facts <= numbers_and_terms(reworded):
        return ""
    return "\n".join([original_row.answer, *original_row.evidence])


def _answer_faults(
    original_row: Row, reworded_question: str, reworded_answer: str, most_copied: float, keep: Sequence[str]
) -> Iterator[str]:
    if not reworded_answer:
        yield "The answer is empty."
        return
    if source_name := _new_source_name(reworded_answer, f"{original_row.question}\n{original_row.answer}"):
        yield f"The answer must stand alone; do not write {source_name!r}."
    if (yes_or_no := _yes_or_no_verdict(original_row.answer)) and _yes_or_no_verdict(reworded_answer) != yes_or_no:
        yield f"The answer must begin with {yes_or_no!r}, as the original does."
    answer_source = "\n".join([original_row.question, *original_row.evidence, *original_row.evaluation_criteria])
    yield from meaning_faults("answer", original_row.answer, reworded_answer, answer_source, reworded_question)
    yield from turned_meaning_faults("answer", original_row.answer, reworded_answer, answer_source, reworded_question)
    yield from _duty_faults(original_row.answer, reworded_answer)
    if _may_keep_wording(original_row.answer, keep) or not keeps_answer(
        original_row, reworded_answer, most_copied, keep
    ):
        return
    if word_texts(original_row.answer) == word_texts(reworded_answer):
        yield UNCHANGED_ANSWER
    else:
        yield _copy_fault("answer", original_row.answer, reworded_answer, keep)


def _duty_faults(original_answer: str, reworded_answer: str) -> Iterator[str]:
    """Where one says what may be and the other what must; "no one may leave" says what "all must stay" says."""
    old_duties, new_duties = duties(original_answer), duties(reworded_answer)
    are_other_duties = old_duties and new_duties and not old_duties & new_duties
    has_negation = is_negated(f"{original_answer}\n{reworded_answer}")
    if are_other_duties and not has_negation and share_in_order(original_answer, reworded_answer) >= ANSWERS_ALIKE:
        yield f"The answer says what {min(new_duties)} be where it said what {min(old_duties)} be."


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
    return f"The {faulty_field} {copy_complaint}. {OR_KEEP if faulty_field == 'answer' else OR_DECLINE}"


def is_only_answer_kept(problem: str) -> bool:
    """Is all that is wrong with a rewording that its answer is the old one, or near to it?"""
    return bool(re.fullmatch(rf"The answer (?:copies \"[^\"]*\"|is the old [^.]*)\. {re.escape(OR_KEEP)}", problem))


def _yes_or_no_verdict(answer: str) -> str:
    """The "yes" or "no" that an answer begins with; "no more than 4" is none."""
    verdict_match = re.match(r"(yes|no)\s*(?:[,.;:!]|$)", answer.strip(), re.IGNORECASE)
    return verdict_match[1].lower() if verdict_match else ""


def moved_question_fault(
    pool_vectors: Vectors, pool_index: int, reworded_vector: Vectors, duplicate_threshold: float
) -> str | None:
    """Complains when a reworded question (d,) lies closer to several others of the pool than to its original.

    Near-duplicates of the original, from the cosine `duplicate_threshold` on, ask the same and do not count.
    """
    own_cosine = float(pool_vectors[pool_index] @ reworded_vector)
    closer_questions = (pool_vectors @ reworded_vector > own_cosine + 1e-6) & (
        pool_vectors @ pool_vectors[pool_index] < duplicate_threshold
    )
    if closer_questions.sum() > CLOSER_QUESTIONS_ALLOWED:
        return "The question asks something else now; ask for exactly the same fact."
    return None


def answer_sources(original_row: Row) -> list[str]:
    """The two texts that may support an answer in other words: the evidence; question, old answer and criteria."""
    return [
        " ".join(original_row.evidence),
        " ".join([original_row.question, original_row.answer, *original_row.evaluation_criteria]),
    ]


def unsupported_answer_fault(
    original_row: Row, reworded_answer: str, old_vector: Vectors, new_vector: Vectors, source_vectors: Vectors
) -> str | None:
    """Complains when a new answer has words of its own and lies far from each of the `answer_sources` of its row.

    `old_vector` and `new_vector`: (d,), of the two answers; `source_vectors`: (2, d), of the supports.
    The measure is how near the old answer is to the evidence.
    """
    least_support = KEPT_SUPPORT_SHARE * float(old_vector @ source_vectors[0])
    if float((source_vectors @ new_vector).max()) >= least_support:
        return None
    if not (foreign_words := _foreign_words(reworded_answer, " ".join(answer_sources(original_row)))):
        return None
    unsupported = f"it has nothing on {', '.join(foreign_words)}. Say exactly what the evidence says."
    return f"The answer says what the evidence does not: {unsupported}"


def _foreign_words(reworded_answer: str, source_text: str) -> list[str]:
    """The words of the answer, each once, whose stems the source lacks."""
    language = detect_language(source_text)
    source_stems, ignored_words = {stem(word, language) for word in words(source_text)}, stop_words(language)
    own_words = [word for word in words(reworded_answer) if word not in ignored_words]
    return list(dict.fromkeys(word for word in own_words if stem(word, language) not in source_stems))
