"""Answers that are spoiled on purpose, to check a judge: each surely misses a criterion, and could have been given.

Numbers that criteria ask for are changed, the answer is called false, it ends before all is said so that it is
half right, or the answer to a question like it takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.grading.answer_judge import criteria_to_judge
from groundwork.language.language_and_script import detect_language
from groundwork.language.numbers import change_digits, content_terms, numbers
from groundwork.language.yes_and_no import yes_or_no

SPOILED_KINDS = ("numbers changed", "negated", "half right", "of another question")
ANSWERS_COMPARED = 60  # other answers looked at
_ANSWER_PART_END = re.compile(r"(?<=[,;!،])\s|(?<=[.?:])\s(?=\D)|(?<=[、，；。])|\s(?=(?:and|und|et|y|och|og|и)\s)")


class SpoiledAnswer(NamedTuple):
    """An answer that misses a criterion; `met`: the criteria that it meets all the same."""

    answer: str
    met: list[str]


def spoil_answer(kind: str, spoiled_row: QuestionRow, all_rows: Sequence[QuestionRow]) -> SpoiledAnswer | None:
    """An answer to `spoiled_row` that cannot meet all criteria; None where none of this kind can be made for sure.

    `all_rows`: what else is asked.
    """
    return _SPOILERS[kind](spoiled_row, all_rows)


def row_criteria(spoiled_row: QuestionRow) -> list[str]:
    """What an answer to `spoiled_row` is graded by."""
    return criteria_to_judge(spoiled_row.evaluation_criteria, spoiled_row.answer)[0]


def _spoil_numbers(spoiled_row: QuestionRow, _: Sequence[QuestionRow]) -> SpoiledAnswer | None:
    """Every number that a criterion asks for another one."""
    numbers_to_spoil = set().union(*_criterion_terms(spoiled_row))
    changed_answer, spoiled_until = "", 0
    for answer_number in numbers(spoiled_row.answer):
        if answer_number.value in numbers_to_spoil:
            changed_answer += spoiled_row.answer[spoiled_until : answer_number.start] + change_digits(
                spoiled_row.answer[answer_number.start : answer_number.end]
            )
            spoiled_until = answer_number.end
    changed_answer += spoiled_row.answer[spoiled_until:]
    return SpoiledAnswer(changed_answer, []) if _lacks_criterion(spoiled_row, changed_answer) else None


_DENIALS_BY_LANGUAGE = {  # of the answer in quotation marks, by ISO 639-1 codes
    "ar": "هذا غير صحيح: «{}» والعكس هو الصحيح.",
    "cs": "To není pravda: „{}“ Platí opak.",
    "da": "Det er forkert: »{}« Det modsatte er tilfældet.",
    "de": "Das ist falsch: „{}“ Das Gegenteil ist der Fall.",
    "en": "This is false: “{}” The opposite is the case.",
    "es": "Esto es falso: «{}» Es cierto lo contrario.",
    "fr": "C'est faux : « {} » C'est le contraire qui est vrai.",
    "hi": "यह गलत है: “{}” इसका उल्टा सही है।",
    "it": "Questo è falso: «{}» È vero il contrario.",
    "ja": "これは誤りです。「{}」その反対が正しいです。",
    "ko": "이것은 틀렸습니다: “{}” 그 반대가 맞습니다.",
    "nl": "Dit is onjuist: “{}” Het tegendeel is waar.",
    "pl": "To nieprawda: „{}” Jest odwrotnie.",
    "pt": "Isto é falso: «{}» O contrário é que é verdade.",
    "ru": "Это неверно: «{}» Верно обратное.",
    "sv": "Det är fel: ”{}” Motsatsen är sann.",
    "tr": "Bu yanlış: “{}” Doğrusu bunun tersidir.",
    "uk": "Це неправда: «{}» Правильним є протилежне.",
    "zh": "这是错误的：“{}”事实正好相反。",
}


def _spoil_by_negation(spoiled_row: QuestionRow, _: Sequence[QuestionRow]) -> SpoiledAnswer:
    """The answer called false, in its own language where the words for it are known."""
    return SpoiledAnswer(
        _DENIALS_BY_LANGUAGE.get(_row_language(spoiled_row), _DENIALS_BY_LANGUAGE["en"]).format(
            spoiled_row.answer.strip()
        ),
        [],
    )


def _spoil_by_leaving_out(spoiled_row: QuestionRow, _: Sequence[QuestionRow]) -> SpoiledAnswer | None:
    """The first parts of the answer, as many as leave out what a criterion asks for and hold what another does."""
    reference_answer, language = spoiled_row.answer.strip(), _row_language(spoiled_row)
    end_mark = "" if reference_answer[-1:].isalnum() else reference_answer[-1:]
    for part_end in reversed([match.start() for match in _ANSWER_PART_END.finditer(reference_answer)]):
        answer_beginning = reference_answer[:part_end].rstrip(" ,;:，；、")
        beginning_terms = content_terms(answer_beginning, language)
        met_criteria = [
            criterion
            for criterion, terms in zip(row_criteria(spoiled_row), _criterion_terms(spoiled_row), strict=True)
            if terms and terms <= beginning_terms
        ]
        if met_criteria and _lacks_criterion(spoiled_row, answer_beginning):
            spoiled_answer = answer_beginning + end_mark if answer_beginning[-1].isalnum() else answer_beginning
            return SpoiledAnswer(spoiled_answer, met_criteria)
    return None


def _spoil_with_other_answer(spoiled_row: QuestionRow, all_rows: Sequence[QuestionRow]) -> SpoiledAnswer | None:
    """The answer of the same form to the question most like this one, not in another language.

    Not one that the evidence holds as well: it might be right.
    """
    language = _row_language(spoiled_row)
    evidence_terms = content_terms("\n".join(spoiled_row.evidence), _row_language(spoiled_row))
    spoiled_terms = content_terms(spoiled_row.question, language)

    def likeness(spoiling_row: QuestionRow) -> tuple[bool, bool, bool, float]:
        other_terms = content_terms(spoiling_row.question, language)
        same_form = yes_or_no(spoiling_row.answer, language) == yes_or_no(spoiled_row.answer, language)
        same_numbers = bool(numbers(spoiling_row.answer)) == bool(numbers(spoiled_row.answer))
        shared_share = len(spoiled_terms & other_terms) / max(1, len(spoiled_terms | other_terms))
        return same_form, same_numbers, spoiling_row.category == spoiled_row.category, shared_share

    spoiling_rows = [
        spoiling_row
        for spoiling_row in all_rows[:ANSWERS_COMPARED]
        if spoiling_row.id != spoiled_row.id
        and _row_language(spoiling_row) in (language, "")
        and _lacks_criterion(spoiled_row, spoiling_row.answer)
        and (spoiling_terms := content_terms(spoiling_row.answer, language))
        and 2 * len(spoiling_terms & evidence_terms) <= len(spoiling_terms)
    ]
    likest_spoiling = max(spoiling_rows, key=likeness, default=None)
    return SpoiledAnswer(likest_spoiling.answer, []) if likest_spoiling else None


def _lacks_criterion(spoiled_row: QuestionRow, answer: str) -> bool:
    """Whether some criterion surely finds nothing in `answer`: a number that it asks for, or every word."""
    answer_terms = content_terms(answer, _row_language(spoiled_row))
    for criterion_terms in _criterion_terms(spoiled_row):
        criterion_numbers = {term for term in criterion_terms if term[0].isdigit()}
        if (
            (criterion_numbers - answer_terms)
            if criterion_numbers
            else (criterion_terms and not criterion_terms & answer_terms)
        ):
            return True
    return False


def _criterion_terms(spoiled_row: QuestionRow) -> list[set[str]]:
    """For each criterion the words and numbers that the reference answer gives it beyond the question."""
    language = _row_language(spoiled_row)
    reference_terms = content_terms(spoiled_row.answer, language) - content_terms(spoiled_row.question, language)
    return [content_terms(criterion, language) & reference_terms for criterion in row_criteria(spoiled_row)]


def _row_language(spoiled_row: QuestionRow) -> str:
    return _spoiled_language(f"{spoiled_row.question} {spoiled_row.answer}")


@lru_cache(maxsize=4096)
def _spoiled_language(text: str) -> str:
    return detect_language(text)


_SPOILERS: dict[str, Callable[[QuestionRow, Sequence[QuestionRow]], SpoiledAnswer | None]] = {
    "numbers changed": _spoil_numbers,
    "negated": _spoil_by_negation,
    "half right": _spoil_by_leaving_out,
    "of another question": _spoil_with_other_answer,
}
