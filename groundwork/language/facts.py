"""What can be checked in a text without a model: its numbers, dates, units, quoted terms, names and content words.

The word lists are English; in other languages the digits, dates, quotes and the words themselves still count. Where no
space parts the words (Chinese, Japanese, Thai), and in Korean, pairs of neighbouring characters stand for them.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import regex

from groundwork.language.detection import function_words, is_english
from groundwork.language.scripts import UNSPACED


def _listed(words: str) -> list[str]:
    return words.split()


_NUMBER = re.compile(r"\d+(?:[.,٫٬．，]\d+|[\u00a0\u2009\u202f]\d{3}(?!\d))*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")  # 1,234.5; 1,23,456
_DOTTED_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")  # 1.234,56
_DOTTED = re.compile(r"(?<![\d.,])\d{1,3}\.\d{3}(?![\d.,]*\d)")
_SIGNS = str.maketrans("٫٬．，", ".,.,", "\u00a0\u2009\u202f")
_LATIN_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LETTERS = r"[\p{L}\p{Nl}\p{No}][\p{L}\p{M}\p{Nl}\p{No}]*+"  # vowel signs and accents belong to their letters
_WORD = regex.compile(rf"{_LETTERS}(?:['’-]{_LETTERS})*+")
_PAIRED = regex.compile(rf"[{UNSPACED}\uac00-\ud7af]++")
_CHARACTER = regex.compile(r"\p{L}\p{M}*+")
_NAME = re.compile(rf"[^\W_{UNSPACED}]+")
_CHINESE_NUMBER = re.compile("[〇零一二两三四五六七八九十百千万億亿]+")
_CHINESE_DIGITS = {
    c: v for v, row in enumerate(("〇零", "一", "二两", "三", "四", "五", "六", "七", "八", "九")) for c in row
}
_CHINESE_TENS = {"十": 10, "百": 100, "千": 1000}
_CHINESE_MYRIADS = {"万": 10_000, "億": 10**8, "亿": 10**8}
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]{2,80})[\"”“»]")
_LABEL = re.compile(
    r"(?m)^[ \t>]*(?:#{1,6}[ \t]+)?[*_]{0,2}"
    r"(?:[A-Z]?\d+(?:\.\d+)*[.)]|[A-Z]?\d+(?:\.\d+)+(?!\s*[€$£¥%‰°]))[*_]{0,2}(?=\s|[A-Z])"
)
_ISO_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
MONTHS = _listed("jan feb mar apr may jun jul aug sep oct nov dec")
_MONTH = (
    r"(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH},? (\d{{4}})\b", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b", re.IGNORECASE)

NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        _listed(
            """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
            seventeen eighteen nineteen twenty"""
        )
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}

_UNITS = {
    name: names.split()[0]
    for names in (
        "second seconds sec secs s",
        "minute minutes min mins",
        "hour hours hr hrs h",
        "day days",
        "week weeks",
        "month months",
        "year years",
        "metre metres meter meters m",
        "centimetre centimetres centimeter centimeters cm",
        "millimetre millimetres millimeter millimeters mm",
        "kilometre kilometres kilometer kilometers km",
        "inch inches",
        "foot feet ft",
        "yard yards yd",
        "mile miles",
        "gram grams g",
        "kilogram kilograms kg",
        "milligram milligrams mg",
        "tonne tonnes",
        "litre litres liter liters l",
        "millilitre millilitres milliliter milliliters ml",
        "percent % percentage",
        "degree degrees °",
        "dollar dollars $ usd",
        "euro euros € eur",
        "pound pounds £ gbp",
        "kb kilobyte kilobytes",
        "mb megabyte megabytes",
        "gb gigabyte gigabytes",
        "watt watts w",
        "volt volts v",
        "point points",
        "goal goals",
    )
    for name in names.split()
}
_UNIT_AFTER = re.compile(r"[\s-]{0,2}([^\W\d_]+|[%°$€£])")
_CURRENCY_BEFORE = re.compile(r"([$€£])\s?$")

STOP_WORDS = frozenset(
    _listed(
        """a about above after again all also an and any are as at be because been before being below between both but
        by can could did do does doing down during each few for from further had has have having he her here hers him
        his how i if in into is it its itself just let may me might more most must my no nor not now of off on once one
        only or other our out over own same shall she should so some such than that the their them then there these
        they this those through to too under until up upon us very was we were what when where which while who whom
        whose why will with would you your"""
    )
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number at [start, end) of its text; `value` is "1000" for "1,000" and "7" for "07"; `unit` may be ""."""

    start: int
    end: int
    value: str
    unit: str = ""


def numbers(text: str, *, spelled: bool = False) -> list[Number]:
    """The numbers of `text` in order, without the labels of its rules and headings; `spelled` adds "seven" as 7."""
    labels = [match.span() for match in _LABEL.finditer(text)]
    found = [
        Number(match.start(), match.end(), _value(match.group()), _unit(text, match.start(), match.end()))
        for match in _NUMBER.finditer(text)
        if not _lies_in(match.start(), labels)
    ]
    if spelled:
        found += [
            Number(match.start(), match.end(), value, _unit(text, match.start(), match.end()))
            for match in _LATIN_WORD.finditer(text)
            if (value := NUMBER_WORDS.get(match.group().lower()))
        ]
    return sorted(found, key=lambda number: number.start)


def other_readings(text: str) -> set[str]:
    """Values that stand in `text` in another way than `numbers` reads them: 一百八十五, and 1.234 for 1234 in German.

    They count for what a text holds, never as something that it must account for.
    """
    found = {str(chinese(match.group())) for match in _CHINESE_NUMBER.finditer(text)}
    if not is_english(text):
        found |= {match.group().replace(".", "") for match in _DOTTED.finditer(text)}
    return found


def chinese(digits: str) -> int:
    """The value of a number in Chinese characters: 185 for 一百八十五, 2024 for 二〇二四."""
    if not any(c in _CHINESE_TENS or c in _CHINESE_MYRIADS for c in digits):
        return int("".join(str(_CHINESE_DIGITS[c]) for c in digits))
    whole = part = digit = 0
    for c in digits:
        if c in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[c]
        elif c in _CHINESE_TENS:
            part, digit = part + (digit or 1) * _CHINESE_TENS[c], 0
        else:
            whole, part, digit = whole + (part + digit or 1) * _CHINESE_MYRIADS[c], 0, 0
    return whole + part + digit


def _lies_in(position: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Is the position within one of `spans`, which are in order and apart?"""
    before = bisect_right(spans, position, key=_start) - 1
    return before >= 0 and position < spans[before][1]


def _start(span: tuple[int, int]) -> int:
    return span[0]


def labels(text: str) -> set[str]:
    """The labels of rules and headings at the beginning of lines: "1.3.2" of "1.3.2. be fair"."""
    return {match.group().strip("# \t>*_.)") for match in _LABEL.finditer(text)}


def dates(text: str) -> set[tuple[int, int, int]]:
    """Every full date as (year, month, day), from 2025-01-31, 31 January 2025 and January 31, 2025."""
    found = {(int(y), int(m), int(d)) for y, m, d in _ISO_DATE.findall(text)}
    found |= {(int(y), MONTHS.index(m[:3].lower()) + 1, int(d)) for d, m, y in _DAY_MONTH.findall(text)}
    found |= {(int(y), MONTHS.index(m[:3].lower()) + 1, int(d)) for m, d, y in _MONTH_DAY.findall(text)}
    return found


def without_dates(text: str) -> str:
    """`text` with its full dates taken out, for checks of the other numbers."""
    for pattern in (_ISO_DATE, _DAY_MONTH, _MONTH_DAY):
        text = pattern.sub(" ", text)
    return text


def quoted(text: str) -> list[str]:
    """The terms that stand between double quotes."""
    return [match.strip() for match in _QUOTED.findall(text)]


def names(text: str) -> set[str]:
    """Words written with a capital inside a sentence, and codes such as Q4 or WFDF, in lower case."""
    found, last = set(), 0
    for match in _NAME.finditer(text):
        word = match.group()
        inside = text[last : match.start()].rstrip()[-1:] not in (".", "?", "!", ":", "")
        last = match.end() - 1
        code = not word.isdigit() and (any(c.isdigit() for c in word) or (len(word) > 1 and word.isupper()))
        if code or (inside and word[0].isupper() and word.lower() not in STOP_WORDS):
            found.add(word.lower())
    return found


def words(text: str) -> list[str]:
    """The words of `text` in lower case, in order."""
    if text.isascii():
        return [match.group().lower() for match in _LATIN_WORD.finditer(text)]
    return [word for match in _WORD.finditer(text) for word in _split(match.group().lower())]


def _split(word: str) -> Iterator[str]:
    """The word; a run of letters of a script without spaces, or of Korean, as overlapping pairs of characters."""
    last = 0
    for run in _PAIRED.finditer(word):
        if run.start() > last:
            yield word[last : run.start()]
        characters = _CHARACTER.findall(run.group())
        yield from map("".join, pairwise(characters)) if characters[1:] else characters
        last = run.end()
    if last < len(word):
        yield word[last:]


def content_words(text: str, language: str = "en") -> set[str]:
    """The words that carry meaning, each cut to its stem."""
    idle = STOP_WORDS if language == "en" else STOP_WORDS | function_words(language)
    return {stem(word) for word in words(text) if word not in idle and len(word) > 1}


_ENDINGS = _listed("ibility ability ible able ations ation ments ment ings ing ers ies ied ed er es ly s e y")
_SHORT_ENDINGS = _listed("ing ed e")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A crude stem, so that "throws" and "throwing" meet, and "moves" and "moving": known endings off."""
    word = word.lower().removesuffix("'s").removesuffix("’s")
    return _without(_without(word, _ENDINGS, 4), _SHORT_ENDINGS, 3)


def _without(word: str, endings: Sequence[str], kept: int) -> str:
    """`word` without the first of the endings that leaves `kept` letters."""
    return next((word[: -len(end)] for end in endings if word.endswith(end) and len(word) - len(end) >= kept), word)


def unit_of(word: str) -> str:
    """The canonical name of a unit of measurement, or ""."""
    return _UNITS.get(word.lower(), "")


def _value(digits: str) -> str:
    if not digits.isascii():
        digits = "".join(str(unicodedata.decimal(c, c)) for c in digits.translate(_SIGNS))
    if _DOTTED_THOUSANDS.fullmatch(digits):
        digits = digits.replace(".", "")
    if _THOUSANDS.fullmatch(digits):
        digits = digits.replace(",", "")
    elif digits.count(",") == 1 and "." not in digits:
        digits = digits.replace(",", ".")
    whole, dot, rest = digits.partition(".")
    return (whole.lstrip("0") or "0") + dot + rest


def _unit(text: str, start: int, end: int) -> str:
    """The unit behind the number (or the currency before it)."""
    if match := _CURRENCY_BEFORE.search(text[max(0, start - 2) : start]):
        return _UNITS[match.group(1)]
    match = _UNIT_AFTER.match(text, end)
    return unit_of(match.group(1)) if match else ""
