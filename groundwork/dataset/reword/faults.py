"""What is wrong with a rewording, by rules: another meaning, lost names, copied words, a question that leans on a text.

All faults of question and answer are told at once, so that one correction can mend them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from groundwork.dataset.reword.copying import free_words, is_copy, kept_in_order, longest_copy, terms, words_of
from groundwork.dataset.rows import Row
from groundwork.language.dangling_references import dangling_opening, source_named
from groundwork.language.names import abbreviations
from groundwork.language.numbers import numbers
from groundwork.language.opposites import duties, negation_turned, turned
from groundwork.language.writing_systems import is_question

UNCHANGED = "The answer is the old one, word for word. Say it differently."
SHORT_ANSWER = 6  # words that may change; an answer with fewer has few ways of being said and may stay as it is
# Of the words of two texts in the same order: from here on they are built so alike that one changed word tells.
QUESTIONS_ALIKE, ANSWERS_ALIKE = 0.7, 0.5
LEAST_LENGTH = 0.4  # of the old question, in words: less has lost what it is about


def faults(row: Row, question: str, answer: str, most_copied: float, keep: Sequence[str] = ()) -> list[str]:
    """Everything that is wrong with a rewording of `row`, each as a sentence for the model to correct it by.

    `most_copied`: the share of the words that may stand in copied stretches. `keep`: words that say what it is about.
    """
    question, answer = question.strip(), answer.strip()
    return [
        *_question_faults(row, question, most_copied, keep),
        *_answer_faults(row, question, answer, most_copied, keep),
    ]


def answer_kept(row: Row, answer: str, most_copied: float, keep: Sequence[str] = ()) -> bool:
    """Does a reworded answer still say it in the old words: all of them, or too many in copied stretches?"""
    same = [word.text for word in words_of(row.answer)] == [word.text for word in words_of(answer)]
    return same or is_copy(row.answer, answer, most_copied, keep)


def subject_words(row: Row, about: str) -> list[str]:
    """Words that say what a question is about: those it shares with `about` (the context phrase, the title)."""
    known = {word.text for word in words_of(about) if len(word.text) > 3}
    return list(dict.fromkeys(word.text for word in words_of(row.question) if word.text in known))


def _question_faults(row: Row, new: str, most_copied: float, keep: Sequence[str]) -> Iterator[str]:
    old = row.question
    if not new:
        yield "The question is empty."
        return
    said = [word.text for word in words_of(new)]
    if missing := [word for word in keep if word not in said]:
        yield f"The question must still say what it is about; put back: {', '.join(missing)}."
    if (named := source_named(new)) and not source_named(old):
        yield f"The question must stand alone; do not write {named!r}."
    if (opening := dangling_opening(new)) and not dangling_opening(old):
        yield f"The question must stand alone; it cannot begin with {opening!r}."
    if len(said) < LEAST_LENGTH * len(words_of(old)):
        yield "The question lost a part of what it asks; say all of it in other words."
    if is_question(old) and not is_question(new):
        yield "The question must end with a question mark."
    yield from _meaning_faults("question", old, new)
    if kept_in_order(old, new) >= QUESTIONS_ALIKE:  # built otherwise, "why not?" may well become "what if?"
        yield from _turn_faults("question", old, new)
    if is_copy(old, new, most_copied, keep):
        yield _copy_fault("question", old, new, keep)


def _answer_faults(row: Row, question: str, new: str, most_copied: float, keep: Sequence[str]) -> Iterator[str]:
    if not new:
        yield "The answer is empty."
        return
    if (named := source_named(new)) and not source_named(row.answer):
        yield f"The answer must stand alone; do not write {named!r}."
    if (verdict := _verdict(row.answer)) and _verdict(new) != verdict:
        yield f"The answer must begin with {verdict!r}, as the original does."
    yield from _meaning_faults("answer", row.answer, new, " ".join([row.question, *row.evidence]), question)
    yield from _turn_faults("answer", row.answer, new)
    must, may = duties(row.answer), duties(new)
    if must and may and not must & may and kept_in_order(row.answer, new) >= ANSWERS_ALIKE:
        yield f"The answer says what {min(may)} be where it said what {min(must)} be."
    if free_words(row.answer, keep) < SHORT_ANSWER or not answer_kept(row, new, most_copied, keep):
        return
    if [word.text for word in words_of(row.answer)] == [word.text for word in words_of(new)]:
        yield UNCHANGED
    else:
        yield _copy_fault("answer", row.answer, new, keep)


def _copy_fault(part: str, old: str, new: str, keep: Sequence[str]) -> str:
    stretch = longest_copy(old, new, keep)
    how = f'copies "{stretch}"' if stretch else "is the old sentence but for single words or their order"
    return f"The {part} {how}; build another sentence. Names, numbers and codes stay as they are."


def _meaning_faults(part: str, old: str, new: str, source: str = "", beside: str = "") -> Iterator[str]:
    """Numbers, names, negations and comparisons that came or went.

    What `source` holds may come into an answer, and what `beside`, the question above it, says need not be repeated.
    """
    before, after = _values(old), _values(new)
    if lost := sorted(before - after - _values(beside)):
        yield f"The {part} lost the number {', '.join(lost)}."
    if added := sorted(after - before - _values(source)):
        yield f"The {part} has a number that was not there: {', '.join(added)}."
    if missing := _lost_terms(old, f"{new} {beside}"):
        yield f"The {part} lost {', '.join(missing)}; names and codes stay as they are."
    known = f"{old} {source}".lower()
    if strange := sorted(name for name in terms(new) if name.lower() not in known):
        yield f"The {part} has a name that was not there: {', '.join(strange)}."


def _turn_faults(part: str, old: str, new: str) -> Iterator[str]:
    """A meaning that was turned round by a negation or an opposite that came, went or changed."""
    if denied := negation_turned(old, new):
        yield f"The {part} turned the meaning round: a negation of {denied!r} came or went."
    if opposite := turned(old, new):
        yield f"The {part} says {opposite[1]!r} where it said {opposite[0]!r}."


def _lost_terms(old: str, new: str) -> list[str]:
    """The names and codes of `old` that `new` lacks; of a name and its abbreviation one is enough."""
    have = new.lower()
    lost = [term for term in terms(old) if term.lower() not in have]
    for short, name in abbreviations(old).items():
        if short.lower() in have or name.lower() in have:
            lost = [term for term in lost if term != short and term not in name.split()]
    return sorted(lost)


def _verdict(answer: str) -> str:
    """The "yes" or "no" that an answer begins with; "no more than 4" is none."""
    match = re.match(r"(yes|no)\s*(?:[,.;:!]|$)", answer.strip(), re.IGNORECASE)
    return match[1].lower() if match else ""


def _values(text: str) -> set[str]:
    """The values of the numbers of a text but for small ones in words that say the same as a pronoun would.

    "One" is a pronoun more often, "two" is "both" or "each", and "the three" points back.
    """
    text = f"= {text}"  # a number at its beginning is no label
    return {number.value for number in numbers(text, spelled=True) if not _points_back(text, number.start, number.end)}


def _points_back(text: str, start: int, end: int) -> bool:
    said = text[start:end].lower()
    after = re.search(r"\b(?:the|these|those|both|its)\s+$", text[:start])
    return said in ("one", "two") or (said.isalpha() and after is not None)
