"""The language of a text, and what its script does differently: no spaces between words, letters out of order in PDFs.

The language is told by the script where that tells, else by py3langid; it is "" where neither is plain.

Character classes are ranges to be put between [ and ], for `re` as for `regex`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGE_DETECTED_FROM = 0.5  # probability from which a text is of a language
TELLS_NO_LANGUAGE_BELOW = 0.15  # where no language has it, the text tells nothing: a number, a name, code
LANGUAGE_EXCLUDED_BELOW = 0.05  # probability below which a text is not of a language

_LANGUAGE_SAMPLE_LENGTH = 5_000  # characters that tell the language of a document
_PART_LANGUAGE_SAMPLE_LENGTH = 300  # characters that tell whether a part is of its document's language
_CJK_SCRIPTS = ("cjk", "hiragana", "katakana", "hangul")
_LANGUAGE_OF_SCRIPT = {
    "greek": "el", "thai": "th", "lao": "lo", "khmer": "km", "myanmar": "my", "georgian": "ka", "armenian": "hy",
    "tamil": "ta", "telugu": "te",
}  # fmt: skip


def detect_language(text: str) -> str:
    """The code of the language of `text` (ISO 639-1, or 639-3 where that has none); "" where it is not plain."""
    text = text[:_LANGUAGE_SAMPLE_LENGTH]
    if language_by_script := _language_by_script(text):
        return language_by_script
    language, probability = _classify_language(text)
    return language if probability >= LANGUAGE_DETECTED_FROM else ""


def is_english(text: str) -> bool:
    """Do rules about English words fit `text`? Yes, where it may be English, or tells no language at all."""
    text = text[:_LANGUAGE_SAMPLE_LENGTH]
    return may_be_language(text, "en") or (
        not _language_by_script(text) and _classify_language(text)[1] < TELLS_NO_LANGUAGE_BELOW
    )


def may_be_language(text: str, language: str) -> bool:
    """Is it possible that `text` is of this language? Danish may be Norwegian, and a short text nearly anything."""
    text = text[:_LANGUAGE_SAMPLE_LENGTH]
    language_by_script = _language_by_script(text)
    if language_by_script:
        return language_by_script == language
    return bool(dict(_language_identifier().rank(text)).get(language, 1.0) >= LANGUAGE_EXCLUDED_BELOW)


def language_probability(text: str, languages: Collection[str]) -> float:
    """The probability that `text` is in one of these languages, from 0 to 1, whatever its script."""
    language_shares = _language_identifier().rank(text[:_LANGUAGE_SAMPLE_LENGTH])
    return float(sum(language_share for language, language_share in language_shares if language in languages))


def main_script(text: str) -> str:
    """The script of most letters of `text`: "latin", "cjk", "arabic", ..."""
    letter_scripts = Counter() if text.isascii() else Counter(_script_of(c) for c in text if c.isalpha())
    return letter_scripts.most_common(1)[0][0] if letter_scripts else "latin"


def detect_part_language(text: str, language: str) -> str:
    """The language of a part of a text that is in `language`: that, unless the part is plainly of another."""
    is_in_document_language = language and may_be_language(text[:_PART_LANGUAGE_SAMPLE_LENGTH], language)
    return language if is_in_document_language else detect_language(text) or language


def resolve_language(setting: str, text: str) -> str:
    """The language to read `text` in: the one set, or with "auto" its own, "" where that cannot be told."""
    return detect_language(text) if setting == "auto" else setting


def _language_by_script(text: str) -> str:
    """The language of a script that is hardly used for another, else ""."""
    if (letters_script := main_script(text)) != "cjk":
        return _LANGUAGE_OF_SCRIPT.get(letters_script, "")
    cjk_script_counts = Counter(unicodedata.name(c, "OTHER").split()[0] for c in text if c.isalpha())
    if cjk_script_counts["HIRAGANA"] + cjk_script_counts["KATAKANA"] > cjk_script_counts["CJK"] / 10:
        return "ja"
    return "ko" if cjk_script_counts["HANGUL"] > cjk_script_counts["CJK"] else "zh"


@lru_cache(maxsize=256)  # a chunk is asked about with each of its pairs
def _classify_language(text: str) -> tuple[str, float]:
    """The likeliest language and its probability; "" for what py3langid calls no language (zxx)."""
    language, probability = _language_identifier().classify(text)
    return "" if language == "zxx" else language, probability


@cache
def _language_identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _script_of(character: str) -> str:
    script_name = unicodedata.name(character, "LATIN").split()[0].lower()
    return "cjk" if script_name in _CJK_SCRIPTS else script_name


def foreign_language(reply: str, language: str, text: str = "") -> str:
    """The language of `reply` where it is plainly not `language`, or "".

    Where that is "", `text` tells it.
    """
    reply_language, expected_language = detect_language(reply), language or detect_language(text)
    return (
        reply_language
        if reply_language
        and expected_language
        and reply_language != expected_language
        and not may_be_language(reply, expected_language)
        else ""
    )


IDEOGRAPHS = "\u2e80-\u303f\u3040-\u30ff\u31f0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
"""Chinese and Japanese characters and their punctuation, between which a line's end is no space."""

UNSPACED = (
    "\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
"""Chinese characters, kana, Thai, Lao, Burmese and Khmer: letters in whose text no space parts the words."""

_UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")

_SHAPED_SCRIPT_LETTER = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}\u0900-\u0fff\u1000-\u109f\u1780-\u17ff]")
_RIGHT_TO_LEFT_LETTER = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]")
_LETTER_OF_ANY_SCRIPT = regex.compile(r"\p{L}")


def has_unspaced(text: str) -> bool:
    """Does `text` hold a letter of a script without spaces between words?"""
    return not text.isascii() and _UNSPACED_LETTER.search(text) is not None


def is_right_to_left(text: str) -> bool:
    """Is most of `text` in a script that runs from right to left, such as Arabic or Hebrew?"""
    return _is_mostly_in_script(_RIGHT_TO_LEFT_LETTER, text)


def runs_right_to_left(text: str) -> bool:
    """Does `text` hold a letter of a script that runs from right to left?"""
    return not text.isascii() and _RIGHT_TO_LEFT_LETTER.search(text) is not None


def is_shaped(text: str) -> bool:
    """Is most of `text` in a script whose letters stand in a PDF in the order, or the forms, in which they are drawn?

    Those that run from right to left, those of India, and Thai, Lao, Tibetan, Burmese and Khmer.
    """
    return _is_mostly_in_script(_SHAPED_SCRIPT_LETTER, text)


def _is_mostly_in_script(script_letter: regex.Pattern[str], text: str) -> bool:
    if text.isascii() or not script_letter.search(text):  # as on nearly all pages
        return False
    return 2 * len(script_letter.findall(text)) > len(_LETTER_OF_ANY_SCRIPT.findall(text))
