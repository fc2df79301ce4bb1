"""The numbers of a text with their places, values and units: 1,000, 1.234,56, 07:30, twenty-five, 一百八十五."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from groundwork.language.labels import label_spans
from groundwork.language.notations import exponent_after, fractions, roman_values, scale_after, times_power
from groundwork.language.number_words import is_article, number_words
from groundwork.language.spans import span_index
from groundwork.language.units import UNIT_NAME, canonical_unit
from groundwork.language.words import content_words

_DIGIT_RUN = re.compile(r"\d+(?:[.,:/]\d+)*")
_NUMBER = re.compile(r"\d+(?:[.,٫٬．，]\d+|[\u00a0\u2009\u202f'’]\d{3}(?!\d))*")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")  # 1,234.5; 1,23,456
_DOTTED_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")  # 1.234,56
_SPACED_THOUSANDS = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?: \d{3})+(?![\w]|[.,]\d{3})")
_LISTED_DIGITS = re.compile(r"(?<![\w.,])[1-9](?:,[1-9])+(?![\w,]|\.\d)")  # versions 1,2
_YEAR = re.compile(r"20\d\d")
_DOTTED = re.compile(r"(?<![\d.,])\d{1,3}\.\d{3}(?![\d.,]*\d)")
_ASCII_SIGNS = str.maketrans("٫٬．，", ".,.,", "\u00a0\u2009\u202f’")
_CHINESE_NUMBER = re.compile("[〇零一二两三四五六七八九十百千万億亿]+")
_CHINESE_DIGITS = {
    c: v for v, row in enumerate(("〇零", "一", "二两", "三", "四", "五", "六", "七", "八", "九")) for c in row
}
_CHINESE_TENS = {"十": 10, "百": 100, "千": 1000}
_CHINESE_MYRIADS = {"万": 10_000, "億": 10**8, "亿": 10**8}
_DECIMAL = re.compile(r"\d{1,30}(?:\.\d{1,30})?")
_UNIT_AFTER = re.compile(rf"[\s-]{{0,2}}({UNIT_NAME})", re.IGNORECASE)
_CURRENCY_BEFORE = re.compile(r"([$€£])\s?$")


@dataclass(frozen=True, slots=True)
class Number:
    """A number at [start, end) of its text; `value` is "1000" for "1,000" and "7" for "07"; `unit` may be ""."""

    start: int
    end: int
    value: str
    unit: str = ""

    @property
    def amount(self) -> str:
        """The value, with a unit without the zeros that end its fraction: 5 for 5.00 euros; 3.10 may be a version."""
        return without_last_zeros(self.value) if self.unit else self.value


def without_last_zeros(value: str) -> str:
    """The value without the zeros that end its fraction: "6.4" for "6.40"."""
    return value.rstrip("0").rstrip(".") if "." in value else value


def numbers(text: str, *, spelled: str = "") -> list[Number]:
    """The numbers of `text` in order, without the labels of its rules and headings.

    `spelled` is the ISO 639-1 code of the language whose number words count as well: "seven" as 7 with "en".
    """
    labels = label_spans(text)
    found_numbers = [number for number in _numbers_in_digits(text) if span_index(number.start, labels) is None]
    if spelled:
        found_numbers += _spelled_numbers(text, spelled)
    return sorted(found_numbers, key=lambda number: number.start)


def _numbers_in_digits(text: str) -> Iterator[Number]:
    """Those of digits, with a power of ten or a scale as one number: 1.2e-3, 3 × 10⁸, 1.5 million, 120万."""
    end = 0
    for match in _NUMBER.finditer(text):
        if match.start() < end:
            continue
        end, value = match.end(), _canonical_value(match.group())
        if (power := _power_after(text, match)) and _DECIMAL.fullmatch(value):
            value, end = times_power(value, power[0]), power[1]
        yield Number(match.start(), end, value, _unit_at(text, match.start(), end))


def _power_after(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    return exponent_after(text, *match.span()) or scale_after(text, match.end())


def mantissa_and_scale(written: str) -> tuple[str, int] | None:
    """("1.5", 6) of "1.5 million", None of a number without a scale."""
    if (match := _NUMBER.match(written)) and (scale := scale_after(written, match.end())):
        return _canonical_value(match.group()), scale[0]
    return None


def digit_runs(text: str) -> list[str]:
    """The runs of digits of `text` as they are written, labels and dates too: 1.2.3, 13, 10,000, 07:30, 1/2."""
    return _DIGIT_RUN.findall(text)


def number_values(text: str, *, spelled: str = "") -> set[str]:
    """The values of the numbers of `text`."""
    return {number.value for number in numbers(text, spelled=spelled)}


def content_terms(text: str, language: str) -> set[str]:
    """The stems of the content words of `text`, and the values of its numbers, those in words too."""
    return content_words(text, language) | number_values(text, spelled="en")


def change_digits(digits: str) -> str:
    """A number of the same form and another value: 75 becomes 86; a year of this century stays in it: 2034 for 2023."""
    changed = "".join(str((int(c) + 1) % 10) if c.isdigit() else c for c in digits)
    return digits[:2] + changed[2:] if _YEAR.fullmatch(digits) else changed


def _spelled_numbers(text: str, language: str) -> Iterator[Number]:
    for word in number_words(text, language):
        if not (word.is_ordinal or is_article(word, language)):
            yield Number(word.start, word.end, word.value, _unit_at(text, word.start, word.end))


def join_thousands(text: str) -> str:
    """`text` without the plain spaces that may part the thousands of its numbers: "2000 €" for "2 000 €"."""
    return _SPACED_THOUSANDS.sub(lambda match: match.group().replace(" ", ""), text)


def alternative_readings(text: str, language: str) -> set[str]:
    """Values that stand in `text` in another way than `numbers` reads them: 一百八十五, 1.234 for 1234 in German,
    2 000 for 2000, 1 and 2 for 1,2, 0.75 for 3/4, 1.5 of 1.5 million, 4 for IV, and in words "ein" and ordinals.

    They count for what a text holds, never as something that it must account for.
    """
    readings = {str(chinese_value(match.group())) for match in _CHINESE_NUMBER.finditer(text)}
    readings |= {match.group().replace(" ", "") for match in _SPACED_THOUSANDS.finditer(text)}
    readings |= {_canonical_value(m.group()) for m in _NUMBER.finditer(text) if _power_after(text, m)}
    readings |= {digit for match in _LISTED_DIGITS.finditer(text) for digit in match.group().split(",")}
    readings |= {value for _, value in fractions(text)} | {str(value) for value in roman_values(text)}
    readings |= {word.value for word in number_words(text, language) if word.is_ordinal or is_article(word, language)}
    if language != "en":
        readings |= {match.group().replace(".", "") for match in _DOTTED.finditer(text)}
    return readings


def chinese_value(digits: str) -> int:
    """The value of a number in Chinese characters: 185 for 一百八十五, 2024 for 二〇二四."""
    if not any(c in _CHINESE_TENS or c in _CHINESE_MYRIADS for c in digits):
        return int("".join(str(_CHINESE_DIGITS[c]) for c in digits))
    total = below_myriad = digit = 0
    for c in digits:
        if c in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[c]
        elif c in _CHINESE_TENS:
            below_myriad, digit = below_myriad + (digit or 1) * _CHINESE_TENS[c], 0
        else:
            total, below_myriad, digit = total + (below_myriad + digit or 1) * _CHINESE_MYRIADS[c], 0, 0
    return total + below_myriad + digit


def _canonical_value(digits: str) -> str:
    if not digits.isascii():
        digits = "".join(str(unicodedata.decimal(c, c)) for c in digits.translate(_ASCII_SIGNS))
    digits = digits.replace("'", "")
    if _DOTTED_THOUSANDS.fullmatch(digits):
        digits = digits.replace(".", "")
    if _THOUSANDS.fullmatch(digits):
        digits = digits.replace(",", "")
    elif digits.count(",") == 1 and "." not in digits:
        digits = digits.replace(",", ".")
    integer, dot, fraction = digits.partition(".")
    return (integer.lstrip("0") or "0") + dot + fraction


def _unit_at(text: str, start: int, end: int) -> str:
    """The unit behind the number (or the currency before it)."""
    if match := _CURRENCY_BEFORE.search(text[max(0, start - 2) : start]):
        return canonical_unit(match.group(1))
    match = _UNIT_AFTER.match(text, end)
    return canonical_unit(match.group(1)) if match else ""
