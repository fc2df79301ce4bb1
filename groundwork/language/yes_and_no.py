"""Yes and no in many languages: the words, and which answers begin with them.

YES_NO_AUXILIARY and YES_OR_NO are pieces for other modules' patterns. "si" is no yes: in Spanish and Italian it mostly
means "if".
"""

from __future__ import annotations

from collections.abc import KeysView
from functools import cache

import regex

YES_NO_AUXILIARY = (  # what a yes/no question of English begins with
    "(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had)"
)
_YES_NO_OPPOSITES = {  # in turn, those of most use first: in some languages the verb of the question answers it
    "ar": "نعم لا", "bg": "да не", "ca": "sí no", "cs": "ano ne", "da": "ja nej", "de": "ja nein", "el": "ναι όχι",
    "en": "yes no", "es": "sí no", "et": "jah ei", "fa": "بله خیر", "fi": "kyllä ei", "fr": "oui non", "he": "כן לא",
    "hi": "हाँ नहीं हां नहीं", "hr": "da ne", "hu": "igen nem", "id": "ya tidak", "it": "sì no", "lt": "taip ne",
    "ja": "はい いいえ できます できません 可能です 不可能です 必要です 不要です",
    "ko": "예 아니요 네 아니요 네 아니오",
    "lv": "jā nē", "nb": "ja nei", "nl": "ja nee", "no": "ja nei", "pl": "tak nie", "pt": "sim não", "ro": "da nu",
    "ru": "да нет", "sk": "áno nie", "sl": "da ne", "sv": "ja nej", "tr": "evet hayır", "uk": "так ні",
    "th": "ใช่ ไม่ใช่ ได้ ไม่ได้ ต้อง ไม่ต้อง มี ไม่มี จำเป็น ไม่จำเป็น", "ur": "ہاں نہیں جی نہیں", "vi": "có không",
    "zh": """是 不是 可以 不可以 能 不能 会 不会 有 没有 需要 不需要 必须 不必 应当 不应当 应该 不应该 允许 不允许
        对 不对 是的 不是 是 否""",
}  # fmt: skip
# "no-one" is another word; vowel signs belong to theirs
_FIRST_WORD_OF_ANSWER = regex.compile(r"\W*([\p{L}\p{M}]+)(?![\w-])")
YES_OR_NO = "(?:yes|no|ja|nein|oui|non|sí|não|nee)"


@cache
def _opposites_of_yes_and_no(language: str) -> dict[str, str]:
    """Each word for yes of a language with its no, and each no with its yes, the more usual one where there are two."""
    yes_no_opposites = _YES_NO_OPPOSITES.get(language, _YES_NO_OPPOSITES["en"]).split()
    opposite_terms: dict[str, str] = {}
    for yes, no in zip(yes_no_opposites[::2], yes_no_opposites[1::2], strict=True):
        opposite_terms.setdefault(yes, no)
        opposite_terms.setdefault(no, yes)
    return opposite_terms


def yes_and_no_words(language: str) -> KeysView[str]:
    """The words for yes and no of a language by its ISO 639-1 code; those of English where they are not known."""
    return _opposites_of_yes_and_no(language).keys()


def yes_or_no(answer: str, language: str) -> str:
    """The word for yes or no that an answer begins with, in small letters, or ""."""
    opposable_match = _FIRST_WORD_OF_ANSWER.match(answer)
    opposable_word = opposable_match[1].lower() if opposable_match else ""
    return opposable_word if opposable_word in yes_and_no_words(language) else ""


def opposite_yes_or_no(answer: str, language: str) -> str:
    """No for an answer that begins with yes, yes for one that begins with no, in the answer's language; else ""."""
    return _opposites_of_yes_and_no(language).get(yes_or_no(answer, language), "")


def are_opposite_answers(first_answer: str, second_answer: str, language: str) -> bool:
    """Is one of two answers yes, and the other no?"""
    opposite_terms = _YES_NO_OPPOSITES.get(language, _YES_NO_OPPOSITES["en"]).split()
    opposite_answers = [yes_or_no(answer, language) for answer in (first_answer, second_answer)]
    yes_terms = opposite_terms[::2]
    return all(opposite_answers) and (opposite_answers[0] in yes_terms) != (opposite_answers[1] in yes_terms)
