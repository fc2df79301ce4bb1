"""Questions, and answers by yes or no, in many languages."""

import pytest

from groundwork.language.sentences import is_question
from groundwork.language.yes_and_no import are_opposite_answers, opposite_yes_or_no


@pytest.mark.parametrize(
    ("answer", "language", "opposite"),
    [
        ("Yes, on Mondays.", "en", "no"),
        ("No-one may row.", "en", ""),
        ("Nee.", "nl", "ja"),
        ("예, 3일입니다.", "ko", "아니요"),
        ("아니오.", "ko", "네"),
        ("是的，由主管批准。", "zh", "不是"),
        ("否。", "zh", "是"),
        ("不可逆。", "zh", ""),
        ("ไม่ได้", "th", "ได้"),
        ("ได้รับเงินคืน", "th", ""),
        ("لا، لا يجوز.", "ar", "نعم"),
        ("Yes.", "xx", "no"),
    ],
)
def test_the_opposite_of_a_verdict_is_told_in_its_language(answer: str, language: str, opposite: str) -> None:
    """A word that only begins with no is none; a language without words of its own has those of English."""
    assert opposite_yes_or_no(answer, language) == opposite


@pytest.mark.parametrize(
    ("first", "second", "language", "are_opposite"),
    [
        ("Yes, twice.", "No.", "en", True),
        ("可以。", "不可以。", "zh", True),
        ("可以。", "是的。", "zh", False),
        ("Да.", "Нет, нельзя.", "ru", True),
        ("Да.", "В шкафу.", "ru", False),
    ],
)
def test_yes_and_no_are_opposite(first: str, second: str, language: str, are_opposite: bool) -> None:
    """Whichever words of the language say so."""
    assert are_opposite_answers(first, second, language) is are_opposite


@pytest.mark.parametrize("text", ["Is it?", "是吗？", "Είναι;", "هل هذا؟", "กี่วัน"])
def test_a_question_ends_as_its_script_has_it(text: str) -> None:
    """The Greek mark looks like a semicolon; Thai does without."""
    assert is_question(text)
    assert not is_question("It is.")
