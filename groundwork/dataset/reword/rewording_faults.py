"""What is wrong with a rewording, by rules: another meaning, lost names, copied words, a question that leans on a text.

All faults of question and answer are told at once, so that one correction can mend them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from groundwork.dataset.reword.copied_words import (
    are_other_words,
    free_words,
    is_built_anew,
    is_copy,
    longest_copy,
    share_in_order,
    shared_terms,
    terms,
    words_of,
)
from groundwork.language.contradictions import duties, find_contradicted_word, find_opposite, is_negated
from groundwork.language.dangling_references import find_dangling_opening, find_source_name
from groundwork.language.language_and_script import has_unspaced, is_english
from groundwork.language.names_and_codes import abbreviations, names_as_written
from groundwork.language.numbers import numbers
from groundwork.language.words import ENGLISH_STOP_WORDS, normalised_words, whole_word_pattern, word_count, words
from groundwork.language.yes_no_questions import AUXILIARY, is_question
from groundwork.questions.derived_numbers import list_lengths
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
_PHRASE = re.compile(
    r"(?:to|by|with|in|on|at|for|from|under|mit|durch|auf|bei|aus|von|zu|für|nach|avec|par|dans|pour|sur|con|por|para|per"
    r"|tra|voor|door|op|bij)\b[^.;]*\.?$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\w.,])(?:1[5-9]|20)\d\d(?![\w]|[.,]\d)")
LEAST_LISTED = 3  # marks between the things of a list
_LIST_SEPARATOR = re.compile(r"[,;](?=\s)")
_VERBS = frozenset(
    words("is are was were be must may might should shall has have had can could will would does do did")
)
_YES_OR_NO = re.compile(rf"(?:^|[,;:.]\s+|\band\s+){AUXILIARY}\s", re.IGNORECASE)
_EITHER_OR = re.compile(rf",? or (?:{AUXILIARY} (?:it|they|he|she|there|i|you|one)\b|not\b)", re.IGNORECASE)
_REPLIES = re.compile(rf"(?:yes|no(?!ne)|not|only)\b|(?!none|nothing)\w+ {AUXILIARY}\b", re.IGNORECASE)
_NONE = frozenset(["0", "no", "none", "nothing", "nil", "zero", "without", "never", "minus", "negative", "free"])
_ORDINAL_DIGITS = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
LEAST_LENGTH = 0.4  # of the old question, in words: less has lost what it is about


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


def subject_words(row: Row, about: str) -> list[str]:
    """Words, in lower case, that say what a question is about: those it shares with `about` (the context phrase).

    A name may stand alone; of other words two have to stand side by side in the question, or `about` has no more than
    one: "sound" of "the rules of sound rowing" is no subject in "a sound skiff".
    """
    names = {name.lower() for name in names_as_written(row.question)}
    about_words = {
        word.text
        for word in words_of(about)
        if word.text in names or (len(word.text) > 2 and word.text not in ENGLISH_STOP_WORDS)
    }
    question_words = [word.text for word in words_of(row.question)]
    least_run = min(2, len(about_words))
    subject = []
    for is_about, run in groupby(question_words, about_words.__contains__):
        run_words = list(run)
        if is_about and (len(run_words) >= least_run or not names.isdisjoint(run_words)):
            subject += run_words
    return list(dict.fromkeys(subject))


def required_terms(row: Row, about: str) -> list[str]:
    """What has to stand in a reworded question, as it is written there and each once: what it is about, names, codes,
    years.

    Neighbours come as one, a single letter with the word before it: "Ellary league", "Course A", "allowance B".
    """
    text, spans = row.question, []
    subject = [about] if about and about.lower() in text.lower() else []  # whole, with the small words in it
    for term in [*subject, *subject_words(row, about), *terms(row.question)]:
        spans += [match.span() for match in whole_word_pattern(term, re.IGNORECASE).finditer(text)]
    for match in re.finditer(r"(?<=[^\W\d_] )[B-HJ-Z](?![\w'’]|\.\w)|(?<=[^\W\d_] )A(?= |[?.,;:)]|$)", text):
        word_before = re.search(r"(?<![\w-])[\w-]+ $", text[: match.start()])
        spans.append((word_before.start() if word_before else match.start(), match.end()))
    spans += [match.span() for match in _YEAR.finditer(text)]
    joined_spans: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined_spans and _is_one_name(text, joined_spans[-1][1], start):
            joined_spans[-1] = (joined_spans[-1][0], max(end, joined_spans[-1][1]))
        else:
            joined_spans.append((start, end))
    required_terms: dict[str, str] = {}
    for start, end in joined_spans:
        required_terms.setdefault(text[start:end].lower(), text[start:end])
    return list(required_terms.values())


def _is_one_name(text: str, end: int, start: int) -> bool:
    """Do two names that end and start there belong together: side by side, or by the stops of "D.C. Delegate"?"""
    return not text[end:start].strip(" ") or re.search(r"(?<!\w)(?:[A-Z]\.)+ ?\Z", text[:start]) is not None


def _question_faults(row: Row, reworded: str, answer: str, most_copied: float, keep: Sequence[str]) -> Iterator[str]:
    original = row.question
    if not reworded:
        yield "The question is empty."
        return
    reworded_words = [word.text for word in words_of(reworded)]
    if lost_words := [word for word in keep if word not in reworded_words]:
        yield f"The question must still say what it is about; put back: {', '.join(lost_words)}."
    if source_name := _new_source_name(reworded, original):
        yield f"The question must stand alone; do not write {source_name!r}."
    if (opening := find_dangling_opening(reworded)) and not find_dangling_opening(original):
        yield f"The question must stand alone; it cannot begin with {opening!r}."
    if len(reworded_words) < LEAST_LENGTH * len(words_of(original)):
        yield "The question lost a part of what it asks; say all of it in other words."
    if is_question(original) and not is_question(reworded):
        yield "The question must end with a question mark."
    if fault := _kind_fault(row, reworded, answer):
        yield fault
    yield from _meaning_faults("question", original, reworded, _tellable_text(row, reworded))
    if share_in_order(original, reworded) >= QUESTIONS_ALIKE:  # built otherwise, "why not?" may well become "what if?"
        yield from _turn_faults("question", original, reworded)
    is_old_build = is_copy(original, reworded, most_copied, keep, SAME_QUESTION_WORDS)
    if is_old_build and not (is_built_anew(original, reworded) or are_other_words(original, reworded, keep)):
        yield _copy_fault("question", original, reworded, keep)


def _new_source_name(reworded: str, original: str) -> str:
    """The words by which `reworded` names its source, where `original` neither does nor says them itself."""
    source_name = find_source_name(reworded)
    return (
        ""
        if find_source_name(original) or source_name.lower().removeprefix("the ") in original.lower()
        else source_name
    )


def _kind_fault(row: Row, reworded: str, answer: str) -> str:
    """What is wrong where `reworded` wants a yes or no and `answer` gives none, or offers two where it gives one.

    English alone: "Was ist ...?" asks for no yes.
    """
    if not is_english("\n".join([row.question, row.answer, *row.evidence])):
        return ""
    if not _verdict(row.answer):
        wants_verdict = (
            _YES_OR_NO.match(reworded)
            and not _YES_OR_NO.search(row.question)
            and "or" not in normalised_words(reworded).split()
        )
        fault = "The question asks for a yes or no, which the answer does not begin with; keep the kind of question."
        return fault if wants_verdict and not _REPLIES.match(answer) else ""
    if _EITHER_OR.search(reworded) and not _EITHER_OR.search(row.question):
        return "The question offers two things to choose from; ask it so that the yes or no of the answer fits."
    return ""


def _tellable_text(row: Row, reworded: str) -> str:
    """The answer and its evidence, of which a question may say a part: nothing where it says all numbers and names that
    are asked for.
    """
    asked_facts = _facts_in(row.answer) - _facts_in(row.question)
    return "" if asked_facts and asked_facts <= _facts_in(reworded) else "\n".join([row.answer, *row.evidence])


def _facts_in(text: str) -> set[str]:
    return _all_values(text) | {term.lower() for term in terms(text)}


def _answer_faults(row: Row, question: str, reworded: str, most_copied: float, keep: Sequence[str]) -> Iterator[str]:
    if not reworded:
        yield "The answer is empty."
        return
    if source_name := _new_source_name(reworded, f"{row.question}\n{row.answer}"):
        yield f"The answer must stand alone; do not write {source_name!r}."
    if (verdict := _verdict(row.answer)) and _verdict(reworded) != verdict:
        yield f"The answer must begin with {verdict!r}, as the original does."
    source = "\n".join([row.question, *row.evidence, *row.evaluation_criteria])
    yield from _meaning_faults("answer", row.answer, reworded, source, question)
    yield from _turn_faults("answer", row.answer, reworded, source, question)
    must, may = duties(row.answer), duties(reworded)
    # "no one may leave" says what "all must stay" says
    negated = is_negated(f"{row.answer}\n{reworded}")
    if must and may and not must & may and not negated and share_in_order(row.answer, reworded) >= ANSWERS_ALIKE:
        yield f"The answer says what {min(may)} be where it said what {min(must)} be."
    if _may_keep_wording(row.answer, keep) or not keeps_answer(row, reworded, most_copied, keep):
        return
    if [word.text for word in words_of(row.answer)] == [word.text for word in words_of(reworded)]:
        yield UNCHANGED
    else:
        yield _copy_fault("answer", row.answer, reworded, keep)


def _may_keep_wording(answer: str, keep: Sequence[str]) -> bool:
    """Has the answer few ways of being said: a few words, or a list of things without a verb of its own?"""
    has_verb = not _VERBS.isdisjoint(normalised_words(answer).split())
    is_list = len(_LIST_SEPARATOR.findall(answer)) >= LEAST_LISTED and not has_verb
    changeable_words = word_count(answer) if has_unspaced(answer) else free_words(answer, keep)  # not pairs of letters
    is_phrase = not has_verb and _PHRASE.match(answer) is not None
    return is_list or changeable_words <= (SHORT_PHRASE if is_phrase else SHORT_ANSWER)


def _copy_fault(field: str, original: str, reworded: str, keep: Sequence[str]) -> str:
    stretch = longest_copy(original, reworded, keep)
    complaint = f'copies "{stretch}"' if stretch else "is the old sentence but for single words or their order"
    return f"The {field} {complaint}. {_OR_KEEP if field == 'answer' else _OR_DECLINE}"


def is_only_answer_kept(problem: str) -> bool:
    """Is all that is wrong with a rewording that its answer is the old one, or near to it?"""
    return (
        re.fullmatch(rf"The answer (?:copies \"[^\"]*\"|is the old [^.]*)\. {re.escape(_OR_KEEP)}", problem) is not None
    )


def _meaning_faults(field: str, original: str, reworded: str, source: str = "", context: str = "") -> Iterator[str]:
    """Numbers, names, negations and comparisons that came or went.

    What `source` holds may come into an answer, and what `context`, the question above it, says need not be repeated.
    """
    says_none = all(
        not _NONE.isdisjoint(normalised_words(text).split()) for text in (original, f"{reworded}\n{context}")
    )
    zero = {"0"} if says_none else set[str]()
    if lost := sorted(_values(original) - _all_values(f"{reworded}\n{context}") - zero):
        yield f"The {field} lost the number {', '.join(lost)}."
    if added := sorted(
        _values(reworded)
        - _all_values(f"{original}\n{source}")
        - zero
        - _list_counts(reworded, f"{original}\n{context}")
    ):
        yield f"The {field} has a number that was not there: {', '.join(added)}."
    if missing := _lost_terms(original, f"{reworded} {context}"):
        yield f"The {field} lost {', '.join(missing)}; names and codes stay as they are."
    known_text = f"{original} {source}".lower()
    new_terms = [name for name in terms(reworded) if not _ORDINAL_DIGITS.fullmatch(name)]
    if unknown_names := sorted(name for name in new_terms if name.lower().removesuffix("s") not in known_text):
        yield f"The {field} has a name that was not there: {', '.join(unknown_names)}."


def _list_counts(reworded: str, list_text: str) -> set[str]:
    """The numbers in words of `reworded` that count what it or `list_text` names in a sentence: "three places: ..."."""
    lengths = {str(int(length)) for length in list_lengths(f"{reworded}\n{list_text}") if length > 1}
    spelled_values = {
        number.value for number in numbers(reworded, spelled="en") if reworded[number.start : number.end].isalpha()
    }
    return spelled_values & lengths


def _turn_faults(field: str, original: str, reworded: str, source: str = "", context: str = "") -> Iterator[str]:
    """A meaning that was turned round by a negation or an opposite that came, went or changed.

    `source` may deny what the new text denies, and `context`, the question above it, what the old text denied.
    """
    if denied := find_contradicted_word(original, reworded, source, context):
        yield f"The {field} turned the meaning round: a negation of {denied!r} came or went."
    if opposite := find_opposite(original, reworded):
        yield f"The {field} says {opposite[1]!r} where it said {opposite[0]!r}."


def _lost_terms(original: str, reworded: str) -> list[str]:
    """The names and codes of `original` that `reworded` lacks; of a name and its abbreviation one is enough."""
    lowered = reworded.lower()
    names = [term for term in terms(original) if not _ORDINAL_DIGITS.fullmatch(term)]
    lost_terms = [
        term for term in names if term.lower() not in lowered and term.lower().removesuffix("s") not in lowered
    ]
    for abbreviation, name in abbreviations(original).items():
        if abbreviation.lower() in lowered or name.lower() in lowered:
            lost_terms = [term for term in lost_terms if term != abbreviation and term not in name.split()]
    return sorted(lost_terms)


def _verdict(answer: str) -> str:
    """The "yes" or "no" that an answer begins with; "no more than 4" is none."""
    match = re.match(r"(yes|no)\s*(?:[,.;:!]|$)", answer.strip(), re.IGNORECASE)
    return match[1].lower() if match else ""


def _all_values(text: str) -> set[str]:
    """The values of all numbers of a text, ordinals in words too."""
    ordinals = {str(n) for n, word in enumerate(_ORDINALS, 1) if re.search(rf"\b{word}\b", text, re.IGNORECASE)}
    return ordinals | {
        number.value for number in numbers(f"= {text}", spelled="en")
    }  # one at its beginning is no label


def _values(text: str) -> set[str]:
    """The values of the numbers of a text but for small ones in words that other words say as well.

    "One" is a pronoun more often, "two" is "both" or "each", "twice" is "again", and "the three" points back.
    """
    text = f"= {text}"
    return {
        number.value for number in numbers(text, spelled="en") if not _is_pronoun_number(text, number.start, number.end)
    }


def _is_pronoun_number(text: str, start: int, end: int) -> bool:
    number_text = text[start:end].lower()
    pointer = re.search(r"\b(?:the|these|those|both|its)\s+$", text[:start])
    return number_text in ("one", "two", "once", "twice") or (number_text.isalpha() and pointer is not None)
