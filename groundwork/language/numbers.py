"""The numbers of a text with their places, values and units: 1,000, 1.234,56, 07:30, twenty-five, 一百八十五."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from groundwork.language.labels import label_spans
from groundwork.language.spans import span_index
from groundwork.language.units import canonical_unit

_DIGIT_RUN = re.compile(r"\d+(?:[.,:/]\d+)*")
_NUMBER = re.compile(r"\d+(?:[.,٫٬．，]\d+|[\u00a0\u2009\u202f'’]\d{3}(?!\d))*")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")  # 1,234.5; 1,23,456
_DOTTED_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")  # 1.234,56
_SPACED_THOUSANDS = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?: \d{3})+(?![\w]|[.,]\d{3})")
_DOTTED = re.compile(r"(?<![\d.,])\d{1,3}\.\d{3}(?![\d.,]*\d)")
_ASCII_SIGNS = str.maketrans("٫٬．，", ".,.,", "\u00a0\u2009\u202f’")
_CHINESE_NUMBER = re.compile("[〇零一二两三四五六七八九十百千万億亿]+")
_CHINESE_DIGITS = {
    c: v for v, row in enumerate(("〇零", "一", "二两", "三", "四", "五", "六", "七", "八", "九")) for c in row
}
_CHINESE_TENS = {"十": 10, "百": 100, "千": 1000}
_CHINESE_MYRIADS = {"万": 10_000, "億": 10**8, "亿": 10**8}
_SPELLED = re.compile(r"[a-z]+", re.IGNORECASE)
# between the words of one number: twenty-five, two hundred and six
_WORD_JOINT = re.compile(r"[ -]|,? and ", re.IGNORECASE)
_ONES = {
    word: value
    for value, word in enumerate(
        re.findall(
            r"\w+",
            """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
            seventeen eighteen nineteen""",
        )
    )
}
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9}
NUMBER_WORDS = {word: str(value) for word, value in (_ONES | _TENS | _SCALES).items()} | {"twice": "2"}

_UNIT_AFTER = re.compile(r"[\s-]{0,2}([^\W\d_]+|[%°$€£])")
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


def numbers(text: str, *, spelled: bool = False) -> list[Number]:
    """The numbers of `text` in order, without the labels of its rules and headings; `spelled` adds "seven" as 7."""
    labels = label_spans(text)
    found_numbers = [
        Number(match.start(), match.end(), _canonical_value(match.group()), _unit_at(text, match.start(), match.end()))
        for match in _NUMBER.finditer(text)
        if span_index(match.start(), labels) is None
    ]
    if spelled:
        found_numbers += _spelled_numbers(text)
    return sorted(found_numbers, key=lambda number: number.start)


def digit_runs(text: str) -> list[str]:
    """The runs of digits of `text` as they are written, labels and dates too: 1.2.3, 13, 10,000, 07:30, 1/2."""
    return _DIGIT_RUN.findall(text)


def number_values(text: str, *, spelled: bool = False) -> set[str]:
    """The values of the numbers of `text`."""
    return {number.value for number in numbers(text, spelled=spelled)}


def change_digits(digits: str) -> str:
    """A number of the same form and another value: 75 becomes 86."""
    return "".join(str((int(c) + 1) % 10) if c.isdigit() else c for c in digits)


def _spelled_numbers(text: str) -> Iterator[Number]:
    """Numbers in English words, those of several words as one: 125 for "a hundred and twenty-five"."""
    matches: list[re.Match[str]] = []
    for match in _SPELLED.finditer(text):
        word = match.group().lower()
        if (
            word not in NUMBER_WORDS
            or _is_part_of_word(text, match)
            or (not matches and _is_scale_of_digits(text, match, word))
        ):
            continue
        if matches and not (
            _WORD_JOINT.fullmatch(text, matches[-1].end(), match.start()) and _continues_number(matches, word, text)
        ):
            yield _spelled_number(text, matches)
            matches = []
        matches.append(match)
    if matches:
        yield _spelled_number(text, matches)


def _is_part_of_word(text: str, match: re.Match[str]) -> bool:
    """The letters go on in another script, or behind an apostrophe."""
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    return before.isalnum() or before == "_" or after.isalnum() or after == "_"


def _is_scale_of_digits(text: str, match: re.Match[str], word: str) -> bool:
    """The word counts the digits in front of it: "5 million"."""
    return word in _SCALES and text[max(0, match.start() - 2) : match.start()].rstrip()[-1:].isdigit()


def _continues_number(matches: list[re.Match[str]], word: str, text: str) -> bool:
    """Does `word` belong to the number so far? "Twenty five" is one number, "seven eight" and "one and two" are two."""
    end = matches[-1].end()
    last_word, joint = matches[-1].group().lower(), text[end : end + 2]
    if word == "twice" or last_word == "twice":
        return False
    if word in _SCALES:
        return last_word not in _SCALES or _SCALES[last_word] < _SCALES[word]
    if last_word in _SCALES:
        return True
    return last_word in _TENS and word in _ONES and 0 < _ONES[word] < 10 and joint[0] in " -" and joint[1] not in "aA"


def _spelled_number(text: str, matches: list[re.Match[str]]) -> Number:
    total = below_scale = 0
    for match in matches:
        word = match.group().lower()
        if word == "hundred":
            below_scale = (below_scale or 1) * 100
        elif word in _SCALES:
            total, below_scale = total + (below_scale or 1) * _SCALES[word], 0
        else:
            below_scale += int(NUMBER_WORDS[word])
    start, end = matches[0].start(), matches[-1].end()
    return Number(start, end, str(total + below_scale), _unit_at(text, start, end))


def join_thousands(text: str) -> str:
    """`text` without the plain spaces that may part the thousands of its numbers: "2000 €" for "2 000 €"."""
    return _SPACED_THOUSANDS.sub(lambda match: match.group().replace(" ", ""), text)


def alternative_readings(text: str, english: bool) -> set[str]:
    """Values that stand in `text` in another way than `numbers` reads them: 一百八十五, 1.234 for 1234 in German, and
    2 000 for 2000.

    They count for what a text holds, never as something that it must account for.
    """
    readings = {str(chinese_value(match.group())) for match in _CHINESE_NUMBER.finditer(text)}
    readings |= {match.group().replace(" ", "") for match in _SPACED_THOUSANDS.finditer(text)}
    if not english:
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
