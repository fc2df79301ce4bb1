"""The numbers of a text with their places, values and units: 1,000, 1.234,56, 07:30, twenty-five, 一百八十五.

Numbers in words are read by text2num, in eight languages; of the notations of mathematics there are LaTeX, powers of
ten, scales ("5 million", or "in thousands" for all of a table), vulgar fractions and Roman numerals; and a number may
stand for another one, rounded, as "about" says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from text_to_num import find_numbers

from groundwork.language.list_and_rule_labels import label_spans
from groundwork.language.text_spans import span_index
from groundwork.language.units import UNIT_NAME, canonical_unit
from groundwork.language.words import content_words

LANGUAGES = frozenset({"da", "de", "en", "es", "fr", "it", "nl", "pt"})
"""The ISO 639-1 codes of those whose number words are read."""

_TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
_SENTENCE_END = "."  # as which a token parts numbers
_TWICE = re.compile(r"\btwice\b", re.IGNORECASE)
_SCALE_VALUES = (100, 1_000, 10**6, 10**9, 10**12)
_DIGIT_BEFORE = re.compile(r"\d\s?\Z")
_PER_BEFORE = re.compile(r"\b(?:pour|per|por)\s\Z", re.IGNORECASE)
_NO_NUMBERS = frozenset({"o", "os", "oss", "ones", "hundreds", "thousands"})  # "os" is an article
_OTHER_MEANINGS = {"fr": frozenset({"neuf"}), "it": frozenset({"sei"})}  # "new", "you are"


@dataclass(frozen=True, slots=True)
class NumberWords:
    """A number in words at [start, end) of its text, a cardinal or an ordinal."""

    start: int
    end: int
    value: str
    is_ordinal: bool = False


def number_words(text: str, language: str) -> Iterator[NumberWords]:
    """The numbers in words of `text`, several words of one number together: 125 for "a hundred and twenty-five".

    None in a language that is not read. A scale behind digits, "5 million", is no number of its own.
    """
    if language not in LANGUAGES:
        return
    matches = list(_TOKEN.finditer(text))
    for number in find_numbers([_token(match.group()) for match in matches], language, 0):
        start, end = matches[number.start].start(), matches[number.end - 1].end()
        value = str(int(number.value)) if number.value == int(number.value) else str(number.value)
        if not _is_part_of_more(text, start, int(number.value)) and text[start:end].lower() not in _NO_NUMBERS:
            yield NumberWords(start, end, value, number.is_ordinal)
    if language == "en":
        yield from (NumberWords(match.start(), match.end(), "2") for match in _TWICE.finditer(text))


def is_article(word: NumberWords, language: str) -> bool:
    """ "Ein", "une": an article more often than the number 1. English tells "a" from "one"."""
    return language != "en" and word.value == "1"


def has_other_meaning(word: str, language: str) -> bool:
    """Is it a word that means a number in some sentences only?"""
    return word.lower() in _OTHER_MEANINGS.get(language, ())


class _Word:
    """A token as text2num asks for it."""

    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = _SENTENCE_END if word.count("\n") > 1 or word == "|" else word

    def text(self) -> str:
        return self.word

    def nt_separated(self, _previous: object) -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return False


_token = lru_cache(maxsize=4096)(_Word)  # a text has few different words: fewer objects than tokens


def _is_part_of_more(text: str, start: int, value: int) -> bool:
    """Is it the scale of digits, or the hundred of a percentage: "5 million", "dix pour cent"?"""
    if value in _SCALE_VALUES and _DIGIT_BEFORE.search(text, max(0, start - 2), start):
        return True
    return value == 100 and _PER_BEFORE.search(text, max(0, start - 12), start) is not None


_SCALES = {
    2: "hundred",
    3: """thousand thousands tausend tausenden tsd t€ teur k€ keur mille milliers mil milhares mila migliaia duizend
        duizenden tusind tusen tys tis тыс тысяч ألف""",
    4: "万 萬 만",
    5: "lakh lakhs लाख แสน",
    6: """million millions millionen mio m€ meur millón millones milione milioni milhão milhões miljoen miljoenen
        millioner mln mn млн миллион миллиона миллионов مليون ล้าน""",
    7: "crore crores करोड़ करोड",
    8: "億 亿 억",
    9: "billion billions bn milliard milliards milliarde milliarden mrd miliardo miliardi miljard млрд مليار",
    12: "trillion trillions billionen billones 兆 조",
}
_UNSPACED_LETTERS = "\u0900"  # from there on a word may go on right behind the scale: ล้านบาท, 万人
_POWERS = {word: power for power, words in _SCALES.items() for word in words.split()}
_SCALE = "|".join(
    rf"{word}(?![^\W\d_])" if word < _UNSPACED_LETTERS else word
    for word in sorted(_POWERS, key=lambda word: (-len(word), word))
)
_SCALE_AFTER = re.compile(rf"[ \u00a0\u202f-]?({_SCALE})", re.IGNORECASE)
_SCALED = re.compile(rf"(?<=\d)[ \u00a0\u202f-]?({_SCALE})", re.IGNORECASE)
_SCALE_WORD = re.compile(rf"(?<![^\W\d_])({_SCALE})|[万萬만億亿억兆조]", re.IGNORECASE)
_AMOUNT_LETTERS = {"k": 3, "m": 6, "b": 9}
_AMOUNT_LETTER = re.compile(r"[kmb](?![^\W\d_])", re.IGNORECASE)
_CURRENCY = r"(?:[A-Z]{0,3}[$€£¥]|EUR|USD|GBP|CHF|INR|Rs\.?)"
_ALL_IN_SCALE = re.compile(
    rf"(?:\b(?:in|en|em|i|w|v|в)[ \u00a0](?:{_CURRENCY}[ \u00a0]?)?|(?<!\d)(?:{_CURRENCY}|单位[:：]?|\()[ \u00a0]?)"
    rf"({_SCALE})|\ben (miles)\b"
    rf"|(?<![^\W_])(?<!\d[ \u00a0])(t€|teur|k€|keur|m€|meur|(?:tsd|mio|mrd)\.?(?=[ \u00a0](?:{_CURRENCY}|euro)))"
    r"|(?:[$€£] ?|\(|\bin )[’']?(000)(?:s\b|\b(?! ?\d))",
    re.IGNORECASE,
)  # never behind a number: that is the scale of this number alone


def scale_after(text: str, end: int, *, behind_currency: bool = False) -> tuple[int, int] | None:
    """The power of ten of a scale behind digits, and where it ends: 6 for "million", 4 for 万.

    `behind_currency`: a letter counts as well, "$5m".
    """
    if match := _SCALE_AFTER.match(text, end):
        return _POWERS.get(match[1].casefold(), 0), match.end()
    letter = _AMOUNT_LETTER.match(text, end) if behind_currency else None
    return (_AMOUNT_LETTERS[letter.group().casefold()], letter.end()) if letter else None


def without_scales(text: str, powers: Collection[int]) -> str:
    """`text` without the scales behind its digits that have one of these powers: "784" for "784 million"."""
    return _SCALED.sub(lambda match: "" if _POWERS.get(match[1].casefold(), 0) in powers else match.group(), text)


def scales(text: str) -> set[int]:
    """The powers of ten of all scales that `text` names, of one number or of all: "5 million", "in millions"."""
    return {_POWERS.get(match.group().casefold(), 0) for match in _SCALE_WORD.finditer(text)} | common_scales(text)


def common_scales(text: str) -> set[int]:
    """The powers of ten of the scales in which `text` gives its numbers: "(Dollars in Thousands)", "Mio. €", "T€"."""
    words = (next(filter(None, match.groups())) for match in _ALL_IN_SCALE.finditer(text))
    return {_POWERS.get(word.casefold().rstrip("."), 3) for word in words}


_LATEX = {
    re.compile(r"\\[dt]?frac\{([^{}]{1,40})\}\{([^{}]{1,40})\}"): r"(\1) / (\2)",
    re.compile(r"\\(?:text|mathrm|num)\{([^{}]{0,40})\}"): r"\1",
    re.compile(r"\\(?:times|cdot)\b"): "×",
    re.compile(r"\\div\b"): "÷",
    re.compile(r"\{([.,])\}"): r"\1",
    re.compile(r"\\[,;: ]"): " ",
    re.compile(r"(?<=\d)~(?=[\\%\w])"): " ",
    re.compile(r"\\([%$€£])"): r"\1",
    re.compile(r"\\[()\[\]]"): "",
}
_INLINE_FORMULA = re.compile(r"\$\$|(?<![\\$\w])\$(?=\S)([^$\n]{1,200})(?<=[^\s\\])\$(?!\d)")  # not "US$5, A$6"
_FORMULA = re.compile(r"[\\{}^_=]|\A\S+\Z|\A[\d\s.,+*/×÷<>()-]+\Z")
_QUANTITY = re.compile(r"\\(?:SI|qty)\{([^{}]{1,40})\}\{([^{}]{1,60})\}")
_UNIT_MACRO = re.compile(r"\\([a-z]+)")
_PREFIXES = frozenset({"nano", "micro", "milli", "centi", "deci", "hecto", "kilo", "mega", "giga"})

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−", "0123456789+--")
_EXPONENT = r"(?:\^(?:\{([+−-]?\d{1,2})\}|([+−-]?\d{1,2}))|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))(?!\d)"
_POWER = re.compile(_EXPONENT)
_TIMES_POWER = re.compile(rf"\s?[×·∙⋅*x]\s?10{_EXPONENT}|[eE]([+−-]?\d{{1,2}})(?!\w)")
_VULGAR_FRACTION = re.compile(r"(\d?)([¼-¾⅐-⅞])")
_FRACTION = re.compile(r"(?<![\d/.,])(?:(\d{1,4}) )?(\d{1,4})\s?[/⁄]\s?(\d{1,4})(?![\d/⁄]|[.,]\d)")
_ROMAN = re.compile(r"\b(?=[IVXLC]{2,8}\b|[VX]\b)(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})(?<=[IVXLC])\b")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def without_latex(text: str) -> str:
    """`text` with its LaTeX as plain text: "3 × 2,5" for "$3 \\times 2{,}5$"; as it is where it has none."""
    if "\\" not in text and "{" not in text:
        return text
    text = _INLINE_FORMULA.sub(_without_delimiters, text)
    text = _QUANTITY.sub(lambda match: f"{match[1]} {_unit_name(match[2])}", text)
    for command, plain in _LATEX.items():
        text = command.sub(plain, text)
    return text


def _without_delimiters(match: re.Match[str]) -> str:
    """The formula between two dollar signs; both signs stay where they are currency."""
    formula = match[1] or ""
    return formula if not formula or _FORMULA.search(formula) else match.group()


def _unit_name(macros: str) -> str:
    """The unit of siunitx in words: "kilometre per hour" for \\kilo\\metre\\per\\hour."""
    return _UNIT_MACRO.sub(lambda match: match[1] if match[1] in _PREFIXES else f"{match[1]} ", macros).strip()


def exponent_after(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The power of ten by which the digits at [start, end) are multiplied, and where it ends: -3 for 1.2 × 10⁻³, 1e-3.

    A ten may have its power itself: 10⁻³ is 1 × 10⁻³, so that the power is -4 there.
    """
    if text[start - 1 : start].isalpha():
        return None
    if match := _TIMES_POWER.match(text, end):
        return _exponent(match), match.end()
    if text[start:end] == "10" and (match := _POWER.match(text, end)):
        return _exponent(match) - 1, match.end()
    return None


def _exponent(match: re.Match[str]) -> int:
    return int(next(group for group in match.groups() if group).translate(_SUPERSCRIPTS))


def times_power(value: str, power: int) -> str:
    """A decimal number, "1.2", times ten to the power, without zeros that end its fraction."""
    digits = format(Decimal(value).scaleb(power), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def plain_fractions(text: str) -> str:
    """`text` with 1/2 for ½ and 2 1/2 for 2½."""
    return _VULGAR_FRACTION.sub(
        lambda match: f"{match[1]} " * bool(match[1]) + unicodedata.normalize("NFKC", match[2]).replace("⁄", "/"), text
    )


def fractions(text: str) -> Iterator[tuple[str, str]]:
    """(as it is written, as a decimal number) of the fractions that are few decimals: 3/4 as 0.75, 2 1/2 as 2.5."""
    for match in _FRACTION.finditer(text):
        integer, numerator, denominator = (int(digits or 0) for digits in match.groups())
        if denominator and 10_000 * numerator % denominator == 0:
            value = Decimal(integer) + Decimal(numerator) / Decimal(denominator)
            yield match.group(), times_power(str(value), 0)


def roman_values(text: str) -> Iterator[int]:
    """The values of the Roman numerals below 90 that are more than one letter, or V or X."""
    for match in _ROMAN.finditer(text):
        values = [_ROMAN_VALUES.get(letter, 100) for letter in match.group()]
        yield sum(
            -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
        )


_DIGIT_RUN = re.compile(r"\d+(?:[.,:/]\d+)*")
_NUMBER = re.compile(r"\d+(?:[.,٫٬．，]\d+|[\u00a0\u2009\u202f'’]\d{3}(?!\d))*")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")  # 1,234.5; 1,23,456
_DOTTED_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")  # 1.234,56
_SPACED_THOUSANDS = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?: \d{3})+(?![\w]|[.,]\d{3})")
_LISTED_DIGITS = re.compile(r"(?<![\w.,])[1-9](?:,[1-9])+(?![\w,]|\.\d)")  # versions 1,2
YEARS_APART = 3  # of a year and a wrong one for it
_YEAR = re.compile(r"(?:1[5-9]|20)[0-9]{2}")
_DAY = re.compile(r"[2-9]|[12][0-9]|3[01]")
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
_CURRENCY_SIGNS = frozenset("$€£")
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
    is_behind_currency = text[max(0, match.start() - 1) : match.start()] in _CURRENCY_SIGNS
    return exponent_after(text, *match.span()) or scale_after(text, match.end(), behind_currency=is_behind_currency)


def mantissa_and_scale(written: str) -> tuple[str, int] | None:
    """("1.5", 6) of "1.5 million", None of a number without a scale."""
    if (match := _NUMBER.match(written)) and (scale := scale_after(written, match.end(), behind_currency=True)):
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
    """A number of the same form and another value: 75 becomes 86, 90 becomes 81.

    A year becomes one near it, and what may be a day or an hour the one before, so that the new one may be one too.
    """
    if _YEAR.fullmatch(digits):
        return str(int(digits) - YEARS_APART)
    if _DAY.fullmatch(digits):
        return str(int(digits) - 1)
    return "".join(chr(ord(c) + (-1 if int(c) == 9 else 1)) if c.isdecimal() else c for c in digits)


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


MOST_ROUNDED_OFF = Decimal("0.05")  # of the exact number
LEAST_DIGITS = 2  # without zeros at the end, that a rounded number keeps
_YEARS = range(1900, 2101)
_LONGEST_MARK = 30  # characters
_ROUNDED = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|some|over|under|(?:close|up) to"
    r"|(?:more|less) than|circa|ca\.?|c\.|rund|etwa|ungefähr|gut|knapp|fast|über|unter|(?:mehr|weniger) als|environ"
    r"|près de|quelque|presque|(?:plus|moins) de|un[oa]s|aproximadamente|alrededor de|cerca de|casi|más de|mais de"
    r"|quase|quasi|oltre|più di|ongeveer|bijna|ruim|meer dan|около|примерно|почти)|[~≈∼])"
    r"\s*(?:(?:[A-Z]{0,3} ?[$€£]|[A-Z]{3})\s?)?\Z",
    re.IGNORECASE,
)


def scaled_values(values: Iterable[str], powers: Iterable[int]) -> set[str]:
    """The values of cells in each of these scales, powers of ten: "71050000" for "71050" in thousands."""
    return {times_power(value, power) for value in values if _DECIMAL.fullmatch(value) for power in powers}


def is_called_rounded(text: str, start: int) -> bool:
    """Does a word or sign before the number at `start` say that it is not exact: "about US$5 billion"?"""
    return _ROUNDED.search(text[max(0, start - _LONGEST_MARK) : start]) is not None


def is_rounding(number: Number, written: str, exact_numbers: Iterable[Number], powers: Iterable[int]) -> bool:
    """Is it one of `exact_numbers`, as it stands or in one of the scales, with fewer digits: 154.2 million?"""
    if not _DECIMAL.fullmatch(number.value) or _digit_count(number.value) < LEAST_DIGITS:
        return False
    rounded, step = Decimal(number.value), _step(written, number.value)
    exact_values = {
        Decimal(exact.value).scaleb(power)
        for exact in exact_numbers
        if _DECIMAL.fullmatch(exact.value)
        and exact.unit in ("", number.unit)
        and _digit_count(exact.value) > _digit_count(number.value)
        for power in (0, *powers)
        if power or exact.unit or not (exact.value.isdecimal() and int(exact.value) in _YEARS)
    }
    return any(abs(exact - rounded) <= min(step / 2, MOST_ROUNDED_OFF * exact) for exact in exact_values)


def _digit_count(value: str) -> int:
    return len(value.replace(".", "").strip("0"))


def _step(written: str, value: str) -> Decimal:
    """The place to which a number is given: 100,000 for 154.2 million, 1,000 for 154,000."""
    mantissa, power = mantissa_and_scale(written) or (value, 0)
    _, dot, fraction = mantissa.partition(".")
    zeros = 0 if dot or power else len(value) - len(value.rstrip("0"))
    return Decimal(1).scaleb(power + zeros - len(fraction))
