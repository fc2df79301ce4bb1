"""Wrong answers to pairs: the right answer with what it tells turned into something else, by rule, or another pair's.

The judge holds a pair's criteria against one: criteria that a wrong answer meets are worth nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from groundwork.language.contradictions import is_negated
from groundwork.language.dangling_references import cross_reference_spans
from groundwork.language.names import codes
from groundwork.language.numbers import change_digits, number_values, numbers
from groundwork.language.question_forms import YES_OR_NO, opposite_verdict, verdict_words, yes_or_no
from groundwork.language.spans import Span
from groundwork.language.words import content_words, whole_word_pattern, words
from groundwork.records import Pair

ALIKE_NAMES = 0.65  # of 1, how far the letters of two names agree: URL and URI are no wrong answers to each other
NEIGHBOUR_PAIRS = 50  # pairs among which another answer is looked for
_YES_OR_NO = re.compile(rf"{YES_OR_NO}\b", re.IGNORECASE)
_CAPITALS = re.compile(r"(?<![\w.])[A-Z][A-Z\d]+(?!\w|\.\w)")
_OPTION_VALUE = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*[= ]('[^']*'|\"[^\"]*\"|\S+)")

_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|\]\([^()\s]*\)|\{[^{}\n]*\}|[\[`]")  # tags, targets of links, attributes


def undecided_wrong_answer(pair: Pair, wrong: str, language: str) -> str:
    """`wrong`, unless its words tell that it misses a criterion.

    It does where a criterion names a number, or words of the right answer that are not in the question, and the wrong
    answer holds none of them. A criterion that negates something is met by what is not said.
    """
    wrong_words, wrong_values = content_words(wrong, language), number_values(wrong, spelled="en")
    for criterion in pair.evaluation_criteria:
        telling_words = _telling_words(pair, criterion, language)
        if not {"yes", "no", *verdict_words(language)}.isdisjoint(words(criterion)) and yes_or_no(wrong, language):
            return ""
        if not is_negated(criterion) and (
            number_values(criterion) - wrong_values or (telling_words and not telling_words & wrong_words)
        ):
            return ""
    return wrong


def wrong_answer(pair: Pair, other_answer: str, language: str) -> str:
    """The answer with what it tells turned into something else of its kind.

    Yes becomes no; a number another one beside the same unit; a name, path or code another one of its kind that the
    evidence or the answer to another question holds. An answer without any gives way to that other answer. What no
    criterion asks for stays: a number beside those that criteria name, or beside the words they name, and the value
    that an example gives an option.
    """
    if verdict := opposite_verdict(pair.answer, language):
        return verdict.capitalize() + _end_mark(pair.answer)
    changed, position = "", 0
    for changed_start, changed_end in _spans_to_change(pair, language):
        changed += pair.answer[position:changed_start] + change_digits(pair.answer[changed_start:changed_end])
        position = changed_end
    if changed:
        return changed + pair.answer[position:]
    return _with_other_names(pair, other_answer, language) or other_answer or "That is not told."


def _end_mark(answer: str) -> str:
    """The mark that ends the answer in its script ("。"); "" where it has none."""
    return answer[-1] if unicodedata.category(answer[-1]).startswith("P") else ""


def _spans_to_change(pair: Pair, language: str) -> list[Span]:
    """The numbers of the answer that criteria ask for; all of them where the criteria name neither number nor words.

    "unless 16.3 applies" is as true with another number, so that references stay.
    """
    kept_spans = [*cross_reference_spans(pair.answer), *_option_value_spans(pair)]
    changeable = [
        answer_number
        for answer_number in numbers(pair.answer)
        if not any(start <= answer_number.start < end for start, end in kept_spans)
    ]
    criterion_values = set[str]().union(*(number_values(text, spelled="en") for text in pair.evaluation_criteria))
    asked_for = [answer_number for answer_number in changeable if answer_number.value in criterion_values]
    if not asked_for and all(_telling_words(pair, criterion, language) for criterion in pair.evaluation_criteria):
        return []
    return [(answer_number.start, answer_number.end) for answer_number in asked_for or changeable]


def _telling_words(pair: Pair, criterion: str, language: str) -> set[str]:
    """The words of the answer that a criterion names and the question does not."""
    answer_words, question_words = (content_words(text, language) for text in (pair.answer, pair.question))
    return content_words(criterion, language) & answer_words - question_words


def _option_value_spans(pair: Pair) -> list[Span]:
    """Where the answer gives an option a value ("--image-dpi 300") of which no criterion says a number."""
    criterion_values = number_values(" ".join(pair.evaluation_criteria))
    value_spans = [match.span(1) for match in _OPTION_VALUE.finditer(pair.answer)]
    return [(start, end) for start, end in value_spans if not number_values(pair.answer[start:end]) & criterion_values]


def _with_other_names(pair: Pair, other_answer: str, language: str) -> str:
    """The answer with each name that criteria ask for exchanged for another of its kind; "" where none is.

    Where the criteria name none, but other words of the answer, its names are beside the point.
    """
    answer_names = _names_asked_for(pair, language)
    other_names = _names_and_codes(_MARKUP.sub(" ", "\n".join([*pair.evidence, other_answer])))
    question_names = _names_and_codes(pair.question)
    changed, used_names = pair.answer, {answer_name.lower() for answer_name in [*answer_names, *question_names]}
    for answer_name in answer_names:
        replacements = [
            candidate
            for candidate in other_names
            if candidate.lower() not in used_names
            and _name_kind(candidate) == _name_kind(answer_name)
            and not _is_alike(candidate, answer_name)
        ]
        if replacements and answer_name.lower() not in pair.question.lower():
            pieces = whole_word_pattern(answer_name).split(changed)
            changed = replacements[0].join(pieces)
            used_names.add(replacements[0].lower())
    return "" if changed == pair.answer else changed


def _names_asked_for(pair: Pair, language: str) -> list[str]:
    answer_names = _names_and_codes(pair.answer)
    criteria = "\n".join(pair.evaluation_criteria).casefold()
    asked_for = [answer_name for answer_name in answer_names if answer_name.casefold() in criteria]
    if not asked_for and all(_telling_words(pair, criterion, language) for criterion in pair.evaluation_criteria):
        return []
    return asked_for or answer_names


def _is_alike(first: str, second: str) -> bool:
    """Whether two names differ by a mark or a letter or two alone, or one holds the other: who grades takes the one for
    the other.
    """
    first_letters, second_letters = ("".join(filter(str.isalnum, name.casefold())) for name in (first, second))
    return (
        first_letters in second_letters
        or second_letters in first_letters
        or SequenceMatcher(None, first_letters, second_letters, autojunk=False).ratio() > ALIKE_NAMES
    )


def _names_and_codes(text: str) -> list[str]:
    """Paths, codes and names in capitals, in order. What else has a capital may be of any kind: "the Exhibit"."""
    return list(dict.fromkeys([*codes(text), *_CAPITALS.findall(text)]))


def _name_kind(name: str) -> str:
    """What may take a name's place: a path another path, an option another, a code or capitals others."""
    if "/" in name or name.startswith("-"):
        return name[0]
    return "code" if "." in name or "_" in name else "capitals"


def other_answers(pairs: Sequence[Pair]) -> list[str]:
    """For each pair the answer of a near one of its document, of its category if any, that shares the fewest words.

    What shares words may be right as well, and so may what the evidence says. "" where there is no other.
    """
    indexes_by_document: dict[str, list[int]] = {}
    for i, pair in enumerate(pairs):
        indexes_by_document.setdefault(pair.document, []).append(i)
    word_sets = [content_words(pair.answer, "") for pair in pairs]
    evidence_words = [content_words(" ".join(pair.evidence), "") for pair in pairs]
    answers = [""] * len(pairs)
    for indexes in indexes_by_document.values():
        for position, i in enumerate(indexes):
            neighbours = [indexes[(position + k) % len(indexes)] for k in range(1, min(len(indexes), NEIGHBOUR_PAIRS))]
            candidate_answers = [
                k
                for k in neighbours
                if word_sets[k] and word_sets[k] != word_sets[i] and not _YES_OR_NO.match(pairs[k].answer)
            ]
            candidate_answers = [
                k for k in candidate_answers if 2 * len(word_sets[k] & evidence_words[i]) < len(word_sets[k])
            ] or candidate_answers
            preferred = [k for k in candidate_answers if pairs[k].category == pairs[i].category] or candidate_answers
            best = min(preferred, key=lambda k: len(word_sets[k] & word_sets[i]) / len(word_sets[k]), default=None)
            answers[i] = "" if best is None else pairs[best].answer
    return answers
