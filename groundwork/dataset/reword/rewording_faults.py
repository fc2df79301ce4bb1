"""What is wrong with a rewording, by rules: another meaning, lost names, copied words, a question that leans on a text.

All faults of question and answer are told at once, so that one correction can mend them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from groundwork.dataset.reword.copied_words import free_words, is_copy, kept_in_order, longest_copy, terms, words_of
from groundwork.dataset.rows import Row
from groundwork.language.dangling_references import find_dangling_opening, find_source_name
from groundwork.language.detection import is_english
from groundwork.language.names import abbreviations, names_as_written
from groundwork.language.numbers import numbers
from groundwork.language.opposites import duties, find_contradicted_word, find_opposite, is_negated
from groundwork.language.words import whole_word_pattern
from groundwork.language.writing_systems import is_question
from groundwork.language.yes_no_questions import AUXILIARY
from groundwork.questions.derived_numbers import list_lengths

# Told once: who is made to say a plain sentence in other words says it worse.
_OR_KEEP = (
    "If it can be said as well another way, say it so; terms stay as they are. If not, reply with the old answer."
)
_OR_DECLINE = (
    "Ask in another build: another question word, active for passive, the situation first; terms and fixed expressions "
    'stay as they are. If nobody would ask it otherwise, give "" for the question.'
)
UNCHANGED = f"The answer is the old one, word for word. {_OR_KEEP}"
SHORT_ANSWER = 10  # words that may change; an answer with fewer has few ways of being said and may stay as it is
# Of the words of two texts in the same order: from here on they are built so alike that one changed word tells.
QUESTIONS_ALIKE, ANSWERS_ALIKE = 0.7, 0.5
SAME_QUESTION_WORDS = 0.95  # a question that begins with the situation is another one if its verb changed as well
LEAST_LISTED = 3  # marks between the things of a list
_BETWEEN_THINGS = re.compile(r"[,;](?=\s)")
_SAYS = re.compile(
    r"\b(?:is|are|was|were|be|must|may|might|should|shall|has|have|had|can|could|will|would|does|do|did)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(rf"(?:^|[,;:.]\s+|\band\s+){AUXILIARY}\s", re.IGNORECASE)
_EITHER_OR = re.compile(rf",? or (?:{AUXILIARY} (?:it|they|he|she|there|i|you|one)\b|not\b)", re.IGNORECASE)
_REPLIES = re.compile(rf"(?:yes|no(?!ne)|not|only)\b|(?!none|nothing)\w+ {AUXILIARY}\b", re.IGNORECASE)
_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)
_NOTHING = re.compile(r"\b(?:no|none|nothing|nil|zero|without|never|minus|negative|free)\b|\b0\b", re.IGNORECASE)
_IN_DIGITS = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
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
        *_answer_faults(row, question, answer, most_copied, keep),
    ]


def answer_kept(row: Row, answer: str, most_copied: float, keep: Sequence[str] = ()) -> bool:
    """Does a reworded answer still say it in the old words: all of them, or too many in copied stretches?"""
    same = [word.text for word in words_of(row.answer)] == [word.text for word in words_of(answer)]
    return same or is_copy(row.answer, answer, most_copied, keep)


def subject_words(row: Row, about: str) -> list[str]:
    """Words, in lower case, that say what a question is about: those it shares with `about` (the context phrase).

    A name may stand alone; of other words two have to stand side by side in the question, or `about` has no more than
    one: "sound" of "the rules of sound rowing" is no subject in "a sound skiff".
    """
    named = {name.lower() for name in names_as_written(row.question)}
    known = {word.text for word in words_of(about) if len(word.text) > 3 or word.text in named}
    said = [word.text for word in words_of(row.question)]
    enough = min(2, len(known))
    found = []
    for is_known, run in groupby(said, known.__contains__):
        words = list(run)
        if is_known and (len(words) >= enough or not named.isdisjoint(words)):
            found += words
    return list(dict.fromkeys(found))


def required(row: Row, about: str) -> list[str]:
    """What has to stand in a reworded question, as it is written there and each once: what it is about, names, codes.

    Neighbours come as one, a single letter with the word before it: "Ellary league", "Course A", "allowance B".
    """
    text, spans = row.question, []
    for term in [*subject_words(row, about), *terms(row.question)]:
        spans += [match.span() for match in whole_word_pattern(term, re.IGNORECASE).finditer(text)]
    for match in re.finditer(r"(?<=[^\W\d_] )[B-HJ-Z](?![\w'’])|(?<=[^\W\d_] )A(?= |[?.,;:)]|$)", text):
        before = re.search(r"(?<![\w-])[\w-]+ $", text[: match.start()])
        spans.append((before.start() if before else match.start(), match.end()))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and text[joined[-1][1] : start].strip(" ") == "":
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    found: dict[str, str] = {}
    for start, end in joined:
        found.setdefault(text[start:end].lower(), text[start:end])
    return list(found.values())


def _question_faults(row: Row, new: str, answer: str, most_copied: float, keep: Sequence[str]) -> Iterator[str]:
    old = row.question
    if not new:
        yield "The question is empty."
        return
    said = [word.text for word in words_of(new)]
    if missing := [word for word in keep if word not in said]:
        yield f"The question must still say what it is about; put back: {', '.join(missing)}."
    if named := _source_named_anew(new, old):
        yield f"The question must stand alone; do not write {named!r}."
    if (opening := find_dangling_opening(new)) and not find_dangling_opening(old):
        yield f"The question must stand alone; it cannot begin with {opening!r}."
    if len(said) < LEAST_LENGTH * len(words_of(old)):
        yield "The question lost a part of what it asks; say all of it in other words."
    if is_question(old) and not is_question(new):
        yield "The question must end with a question mark."
    if fault := _kind_fault(row, new, answer):
        yield fault
    yield from _meaning_faults("question", old, new, _may_be_told(row, new))
    if kept_in_order(old, new) >= QUESTIONS_ALIKE:  # built otherwise, "why not?" may well become "what if?"
        yield from _turn_faults("question", old, new)
    if is_copy(old, new, most_copied, keep, SAME_QUESTION_WORDS):
        yield _copy_fault("question", old, new, keep)


def _source_named_anew(new: str, old: str) -> str:
    """The words by which `new` names what it was taken from, where `old` neither does nor says them itself."""
    named = find_source_name(new)
    return "" if find_source_name(old) or named.lower().removeprefix("the ") in old.lower() else named


def _kind_fault(row: Row, new: str, answer: str) -> str:
    """What is wrong where `new` wants a yes or no and `answer` gives none, or offers two things where it gives one.

    English alone: "Was ist ...?" asks for no yes.
    """
    if not is_english("\n".join([row.question, row.answer, *row.evidence])):
        return ""
    if not _verdict(row.answer):
        wants = _YES_OR_NO.match(new) and not _YES_OR_NO.search(row.question) and not _CHOICE.search(new)
        fault = "The question asks for a yes or no, which the answer does not begin with; keep the kind of question."
        return fault if wants and not _REPLIES.match(answer) else ""
    if _EITHER_OR.search(new) and not _EITHER_OR.search(row.question):
        return "The question offers two things to choose from; ask it so that the yes or no of the answer fits."
    return ""


def _may_be_told(row: Row, new: str) -> str:
    """The answer and its evidence, of which a question may say a part: nothing where it says all numbers and names that
    are asked for.
    """
    asked = _facts(row.answer) - _facts(row.question)
    return "" if asked and asked <= _facts(new) else "\n".join([row.answer, *row.evidence])


def _facts(text: str) -> set[str]:
    return _all_values(text) | {term.lower() for term in terms(text)}


def _answer_faults(row: Row, question: str, new: str, most_copied: float, keep: Sequence[str]) -> Iterator[str]:
    if not new:
        yield "The answer is empty."
        return
    if named := _source_named_anew(new, f"{row.question}\n{row.answer}"):
        yield f"The answer must stand alone; do not write {named!r}."
    if (verdict := _verdict(row.answer)) and _verdict(new) != verdict:
        yield f"The answer must begin with {verdict!r}, as the original does."
    source = "\n".join([row.question, *row.evidence, *row.evaluation_criteria])
    yield from _meaning_faults("answer", row.answer, new, source, question)
    yield from _turn_faults("answer", row.answer, new, source, question)
    must, may = duties(row.answer), duties(new)
    denied = is_negated(f"{row.answer}\n{new}".replace("No.", ""))  # "no one may leave" says what "all must stay" says
    if must and may and not must & may and not denied and kept_in_order(row.answer, new) >= ANSWERS_ALIKE:
        yield f"The answer says what {min(may)} be where it said what {min(must)} be."
    if _may_stay(row.answer, keep) or not answer_kept(row, new, most_copied, keep):
        return
    if [word.text for word in words_of(row.answer)] == [word.text for word in words_of(new)]:
        yield UNCHANGED
    else:
        yield _copy_fault("answer", row.answer, new, keep)


def _may_stay(answer: str, keep: Sequence[str]) -> bool:
    """Has the answer few ways of being said: a few words, or a list of things without a verb of its own?"""
    things = len(_BETWEEN_THINGS.findall(answer)) >= LEAST_LISTED and not _SAYS.search(answer)
    return things or free_words(answer, keep) < SHORT_ANSWER


def _copy_fault(part: str, old: str, new: str, keep: Sequence[str]) -> str:
    stretch = longest_copy(old, new, keep)
    how = f'copies "{stretch}"' if stretch else "is the old sentence but for single words or their order"
    return f"The {part} {how}. {_OR_KEEP if part == 'answer' else _OR_DECLINE}"


def only_answer_kept(problem: str) -> bool:
    """Is all that is wrong with a rewording that its answer is the old one, or near to it?"""
    return (
        re.fullmatch(rf"The answer (?:copies \"[^\"]*\"|is the old [^.]*)\. {re.escape(_OR_KEEP)}", problem) is not None
    )


def _meaning_faults(part: str, old: str, new: str, source: str = "", beside: str = "") -> Iterator[str]:
    """Numbers, names, negations and comparisons that came or went.

    What `source` holds may come into an answer, and what `beside`, the question above it, says need not be repeated.
    """
    nothing = {"0"} if _NOTHING.search(old) and _NOTHING.search(f"{new}\n{beside}") else set[str]()
    if lost := sorted(_values(old) - _all_values(f"{new}\n{beside}") - nothing):
        yield f"The {part} lost the number {', '.join(lost)}."
    if added := sorted(_values(new) - _all_values(f"{old}\n{source}") - nothing - _counted(new, f"{old}\n{beside}")):
        yield f"The {part} has a number that was not there: {', '.join(added)}."
    if missing := _lost_terms(old, f"{new} {beside}"):
        yield f"The {part} lost {', '.join(missing)}; names and codes stay as they are."
    known = f"{old} {source}".lower()
    named = [name for name in terms(new) if not _IN_DIGITS.fullmatch(name)]
    if strange := sorted(name for name in named if name.lower().removesuffix("s") not in known):
        yield f"The {part} has a name that was not there: {', '.join(strange)}."


def _counted(new: str, listed: str) -> set[str]:
    """The numbers in words of `new` that count what a sentence of it or of `listed` names: "three places: ..."."""
    lengths = {str(int(length)) for length in list_lengths(f"{new}\n{listed}") if length > 1}
    spelled = {number.value for number in numbers(new, spelled=True) if new[number.start : number.end].isalpha()}
    return spelled & lengths


def _turn_faults(part: str, old: str, new: str, source: str = "", beside: str = "") -> Iterator[str]:
    """A meaning that was turned round by a negation or an opposite that came, went or changed.

    `source` may deny what the new text denies, and `beside`, the question above it, what the old text denied.
    """
    if denied := find_contradicted_word(old, new, source, beside):
        yield f"The {part} turned the meaning round: a negation of {denied!r} came or went."
    if opposite := find_opposite(old, new):
        yield f"The {part} says {opposite[1]!r} where it said {opposite[0]!r}."


def _lost_terms(old: str, new: str) -> list[str]:
    """The names and codes of `old` that `new` lacks; of a name and its abbreviation one is enough."""
    have = new.lower()
    named = [term for term in terms(old) if not _IN_DIGITS.fullmatch(term)]
    lost = [term for term in named if term.lower() not in have and term.lower().removesuffix("s") not in have]
    for short, name in abbreviations(old).items():
        if short.lower() in have or name.lower() in have:
            lost = [term for term in lost if term != short and term not in name.split()]
    return sorted(lost)


def _verdict(answer: str) -> str:
    """The "yes" or "no" that an answer begins with; "no more than 4" is none."""
    match = re.match(r"(yes|no)\s*(?:[,.;:!]|$)", answer.strip(), re.IGNORECASE)
    return match[1].lower() if match else ""


def _all_values(text: str) -> set[str]:
    """The values of all numbers of a text, ordinals in words too."""
    ordinals = {str(n) for n, word in enumerate(_ORDINALS, 1) if re.search(rf"\b{word}\b", text, re.IGNORECASE)}
    return ordinals | {
        number.value for number in numbers(f"= {text}", spelled=True)
    }  # one at its beginning is no label


def _values(text: str) -> set[str]:
    """The values of the numbers of a text but for small ones in words that other words say as well.

    "One" is a pronoun more often, "two" is "both" or "each", "twice" is "again", and "the three" points back.
    """
    text = f"= {text}"
    return {number.value for number in numbers(text, spelled=True) if not _points_back(text, number.start, number.end)}


def _points_back(text: str, start: int, end: int) -> bool:
    said = text[start:end].lower()
    after = re.search(r"\b(?:the|these|those|both|its)\s+$", text[:start])
    return said in ("one", "two", "once", "twice") or (said.isalpha() and after is not None)
