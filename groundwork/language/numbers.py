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

from groundwork.language.list_labels import label_spans
from groundwork.language.text_spans import span_index
from groundwork.language.units_and_currencies import CURRENCY, CURRENCY_SIGNS, siunitx_unit, unit_beside
from groundwork.language.words import content_words

LANGUAGES = frozenset({"da", "de", "en", "es", "fr", "it", "nl", "pt"})
"""The ISO 639-1 codes of those whose number words are read."""

_NUMBER_WORD_TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
_NUMBER_BREAK = "."  # as which a token parts numbers
_TWICE_AS_NUMBER = re.compile(r"\btwice\b", re.IGNORECASE)
_SCALE_VALUES = (100, 1_000, 10**6, 10**9, 10**12)
_DIGIT_BEFORE_NUMBER = re.compile(r"\d\s?\Z")
_PER_BEFORE_NUMBER = re.compile(r"\b(?:pour|per|por)\s\Z", re.IGNORECASE)
_WORDS_THAT_ARE_NO_NUMBERS = frozenset({"o", "os", "oss", "ones", "hundreds", "thousands"})  # "os" is an article
_NUMBER_WORDS_OF_OTHER_MEANING = {"fr": frozenset({"neuf"}), "it": frozenset({"sei"})}  # "new", "you are"


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
    token_matches = list(_NUMBER_WORD_TOKEN.finditer(text))
    for number in find_numbers([_number_word_token(match.group()) for match in token_matches], language, 0):
        start, end = token_matches[number.start].start(), token_matches[number.end - 1].end()
        number_value = str(int(number.value)) if number.value == int(number.value) else str(number.value)
        if (
            not _is_part_of_larger_number(text, start, int(number.value))
            and text[start:end].lower() not in _WORDS_THAT_ARE_NO_NUMBERS
        ):
            yield NumberWords(start, end, number_value, number.is_ordinal)
    if language == "en":
        yield from (NumberWords(match.start(), match.end(), "2") for match in _TWICE_AS_NUMBER.finditer(text))


def is_article(number_word: NumberWords, language: str) -> bool:
    """ "Ein", "une": an article more often than the number 1. English tells "a" from "one"."""
    return language != "en" and number_word.value == "1"


def has_other_meaning(number_word: str, language: str) -> bool:
    """Is it a word that means a number in some sentences only?"""
    return number_word.lower() in _NUMBER_WORDS_OF_OTHER_MEANING.get(language, ())


class _NumberWordToken:
    """A token as text2num asks for it."""

    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = _NUMBER_BREAK if word.count("\n") > 1 or word == "|" else word

    def text(self) -> str:
        return self.word

    def nt_separated(self, _previous: object) -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return False


# a text has few different words: fewer objects than tokens
_number_word_token = lru_cache(maxsize=4096)(_NumberWordToken)


def _is_part_of_larger_number(text: str, start: int, number_value: int) -> bool:
    """Is it the scale of digits, or the hundred of a percentage: "5 million", "dix pour cent"?"""
    if number_value in _SCALE_VALUES and _DIGIT_BEFORE_NUMBER.search(text, max(0, start - 2), start):
        return True
    return number_value == 100 and _PER_BEFORE_NUMBER.search(text, max(0, start - 12), start) is not None


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
_NUMBER_POWERS = {word: power for power, words in _SCALES.items() for word in words.split()}
_NUMBER_SCALE = "|".join(
    rf"{word}(?![^\W\d_])" if word < _UNSPACED_LETTERS else word
    for word in sorted(_NUMBER_POWERS, key=lambda word: (-len(word), word))
)
_SCALE_BEHIND_NUMBER = re.compile(rf"[ \u00a0\u202f-]?({_NUMBER_SCALE})", re.IGNORECASE)
_SCALE_BEHIND_DIGIT = re.compile(rf"(?<=\d)[ \u00a0\u202f-]?({_NUMBER_SCALE})", re.IGNORECASE)
_NUMBER_SCALE_WORD = re.compile(rf"(?<![^\W\d_])({_NUMBER_SCALE})|[万萬만億亿억兆조]", re.IGNORECASE)
_AMOUNT_LETTERS = {"k": 3, "m": 6, "b": 9}
_NUMBER_LETTER = re.compile(r"[kmb](?![^\W\d_])", re.IGNORECASE)
# never behind a number: that is the scale of this number alone
_SCALE_OF_ALL_NUMBERS = re.compile(
    rf"(?:\b(?:in|en|em|i|w|v|в)[ \u00a0](?:{CURRENCY}[ \u00a0]?)?|(?<!\d)(?:{CURRENCY}|单位[:：]?|\()[ \u00a0]?)"
    rf"({_NUMBER_SCALE})|\ben (miles)\b"
    rf"|(?<![^\W_])(?<!\d[ \u00a0])(t€|teur|k€|keur|m€|meur|(?:tsd|mio|mrd)\.?(?=[ \u00a0](?:{CURRENCY}|euro)))"
    r"|(?:[$€£] ?|\(|\bin )[’']?(000)(?:s\b|\b(?! ?\d))",
    re.IGNORECASE,
)


def scale_after(text: str, end: int, *, behind_currency: bool = False) -> tuple[int, int] | None:
    """The power of ten of a scale behind digits, and where it ends: 6 for "million", 4 for 万.

    `behind_currency`: a letter counts as well, "$5m".
    """
    if match := _SCALE_BEHIND_NUMBER.match(text, end):
        return _NUMBER_POWERS.get(match[1].casefold(), 0), match.end()
    number_letter = _NUMBER_LETTER.match(text, end) if behind_currency else None
    return (_AMOUNT_LETTERS[number_letter.group().casefold()], number_letter.end()) if number_letter else None


def without_scales(text: str, scale_powers: Collection[int]) -> str:
    """`text` without the scales behind its digits that have one of these powers: "784" for "784 million"."""
    return _SCALE_BEHIND_DIGIT.sub(
        lambda match: "" if _NUMBER_POWERS.get(match[1].casefold(), 0) in scale_powers else match.group(), text
    )


def scales(text: str) -> set[int]:
    """The powers of ten of all scales that `text` names, of one number or of all: "5 million", "in millions"."""
    scale_words = (scale_match.group().casefold() for scale_match in _NUMBER_SCALE_WORD.finditer(text))
    return {_NUMBER_POWERS.get(scale_word, 0) for scale_word in scale_words} | common_scales(text)


def common_scales(text: str) -> set[int]:
    """The powers of ten of the scales in which `text` gives its numbers: "(Dollars in Thousands)", "Mio. €", "T€"."""
    scale_names = (next(filter(None, match.groups())) for match in _SCALE_OF_ALL_NUMBERS.finditer(text))
    return {_NUMBER_POWERS.get(scale_name.casefold().rstrip("."), 3) for scale_name in scale_names}


_LATEX_NUMBER_NOTATIONS = {
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
_FORMULA_OF_NUMBERS = re.compile(r"\$\$|(?<![\\$\w])\$(?=\S)([^$\n]{1,200})(?<=[^\s\\])\$(?!\d)")  # not "US$5, A$6"
_FORMULA_WITH_NUMBERS = re.compile(r"[\\{}^_=]|\A\S+\Z|\A[\d\s.,+*/×÷<>()-]+\Z")
_SIUNITX_NUMBER = re.compile(r"\\(?:SI|qty)\{([^{}]{1,40})\}\{([^{}]{1,60})\}")

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−", "0123456789+--")
_EXPONENT = r"(?:\^(?:\{([+−-]?\d{1,2})\}|([+−-]?\d{1,2}))|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))(?!\d)"
_NUMBER_POWER_OF_TEN = re.compile(_EXPONENT)
_NUMBER_TIMES_POWER = re.compile(rf"\s?[×·∙⋅*x]\s?10{_EXPONENT}|[eE]([+−-]?\d{{1,2}})(?!\w)")
_VULGAR_FRACTION = re.compile(r"(\d?)([¼-¾⅐-⅞])")
_NUMBER_FRACTION = re.compile(r"(?<![\d/.,])(?:(\d{1,4}) )?(\d{1,4})\s?[/⁄]\s?(\d{1,4})(?![\d/⁄]|[.,]\d)")
_ROMAN_NUMERAL = re.compile(r"\b(?=[IVXLC]{2,8}\b|[VX]\b)(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})(?<=[IVXLC])\b")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def without_latex(text: str) -> str:
    """`text` with its LaTeX as plain text: "3 × 2,5" for "$3 \\times 2{,}5$"; as it is where it has none."""
    if "\\" not in text and "{" not in text:
        return text
    text = _FORMULA_OF_NUMBERS.sub(_without_dollar_signs, text)
    text = _SIUNITX_NUMBER.sub(lambda match: f"{match[1]} {siunitx_unit(match[2])}", text)
    for latex_number, plain_notation in _LATEX_NUMBER_NOTATIONS.items():
        text = latex_number.sub(plain_notation, text)
    return text


def _without_dollar_signs(match: re.Match[str]) -> str:
    """The formula between two dollar signs; both signs stay where they are currency."""
    inline_formula = match[1] or ""
    return inline_formula if not inline_formula or _FORMULA_WITH_NUMBERS.search(inline_formula) else match.group()


def exponent_after(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The power of ten by which the digits at [start, end) are multiplied, and where it ends: -3 for 1.2 × 10⁻³, 1e-3.

    A ten may have its power itself: 10⁻³ is 1 × 10⁻³, so that the power is -4 there.
    """
    if text[start - 1 : start].isalpha():
        return None
    if match := _NUMBER_TIMES_POWER.match(text, end):
        return _exponent_of_ten(match), match.end()
    if text[start:end] == "10" and (match := _NUMBER_POWER_OF_TEN.match(text, end)):
        return _exponent_of_ten(match) - 1, match.end()
    return None


def _exponent_of_ten(match: re.Match[str]) -> int:
    return int(next(group for group in match.groups() if group).translate(_SUPERSCRIPTS))


def times_power(number_value: str, power: int) -> str:
    """A decimal number, "1.2", times ten to the power, without zeros that end its fraction."""
    scaled_number = format(Decimal(number_value).scaleb(power), "f")
    return scaled_number.rstrip("0").rstrip(".") if "." in scaled_number else scaled_number


def plain_fractions(text: str) -> str:
    """`text` with 1/2 for ½ and 2 1/2 for 2½."""
    return _VULGAR_FRACTION.sub(
        lambda match: f"{match[1]} " * bool(match[1]) + unicodedata.normalize("NFKC", match[2]).replace("⁄", "/"), text
    )


def fractions(text: str) -> Iterator[tuple[str, str]]:
    """(as it is written, as a decimal number) of the fractions that are few decimals: 3/4 as 0.75, 2 1/2 as 2.5."""
    for match in _NUMBER_FRACTION.finditer(text):
        whole_number, numerator, denominator = (int(digits or 0) for digits in match.groups())
        if denominator and 10_000 * numerator % denominator == 0:
            number_value = Decimal(whole_number) + Decimal(numerator) / Decimal(denominator)
            yield match.group(), times_power(str(number_value), 0)


def roman_values(text: str) -> Iterator[int]:
    """The values of the Roman numerals below 90 that are more than one letter, or V or X."""
    for match in _ROMAN_NUMERAL.finditer(text):
        letter_values = [_ROMAN_VALUES.get(letter, 100) for letter in match.group()]
        yield sum(
            -number_letter if number_letter < following_value else number_letter
            for number_letter, following_value in zip(letter_values, [*letter_values[1:], 0], strict=True)
        )


_NUMBER_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")
_NUMBER = re.compile(r"\d+(?:[.,٫٬．，]\d+|[\u00a0\u2009\u202f'’]\d{3}(?!\d))*")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")  # 1,234.5; 1,23,456
_DOTTED_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")  # 1.234,56
_SPACED_THOUSANDS = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?: \d{3})+(?![\w]|[.,]\d{3})")
_LISTED_NUMBERS = re.compile(r"(?<![\w.,])[1-9](?:,[1-9])+(?![\w,]|\.\d)")  # versions 1,2
YEARS_APART = 3  # of a year and a wrong one for it
_YEAR_NUMBER = re.compile(r"(?:1[5-9]|20)[0-9]{2}")
_DAY_OR_HOUR_NUMBER = re.compile(r"[2-9]|[12][0-9]|3[01]")
_DOTTED_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}\.\d{3}(?![\d.,]*\d)")
_ASCII_SIGNS = str.maketrans("٫٬．，", ".,.,", "\u00a0\u2009\u202f’")
_CHINESE_NUMBER = re.compile("[〇零一二两三四五六七八九十百千万億亿]+")
_CHINESE_DIGITS = {
    c: v for v, row in enumerate(("〇零", "一", "二两", "三", "四", "五", "六", "七", "八", "九")) for c in row
}
_CHINESE_TENS = {"十": 10, "百": 100, "千": 1000}
_CHINESE_MYRIADS = {"万": 10_000, "億": 10**8, "亿": 10**8}
_DECIMAL_NUMBER = re.compile(r"\d{1,30}(?:\.\d{1,30})?")


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


def without_last_zeros(number_value: str) -> str:
    """The value without the zeros that end its fraction: "6.4" for "6.40"."""
    return number_value.rstrip("0").rstrip(".") if "." in number_value else number_value


def numbers(text: str, *, spelled: str = "") -> list[Number]:
    """The numbers of `text` in order, without the labels of its rules and headings.

    `spelled` is the ISO 639-1 code of the language whose number words count as well: "seven" as 7 with "en".
    """
    rule_labels = label_spans(text)
    numbers_in_digits = _numbers_written_in_digits(text)
    numbers_in_text = [number for number in numbers_in_digits if span_index(number.start, rule_labels) is None]
    if spelled:
        numbers_in_text += _spelled_numbers(text, spelled)
    return sorted(numbers_in_text, key=lambda number: number.start)


def _numbers_written_in_digits(text: str) -> Iterator[Number]:
    """Those of digits, with a power of ten or a scale as one number: 1.2e-3, 3 × 10⁸, 1.5 million, 120万."""
    end = 0
    for match in _NUMBER.finditer(text):
        if match.start() < end:
            continue
        end, number_value = match.end(), _canonical_value(match.group())
        if (power_of_ten := _power_after_number(text, match)) and _DECIMAL_NUMBER.fullmatch(number_value):
            number_value, end = times_power(number_value, power_of_ten[0]), power_of_ten[1]
        yield Number(match.start(), end, number_value, unit_beside(text, match.start(), end))


def _power_after_number(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    is_behind_currency = text[max(0, match.start() - 1) : match.start()] in CURRENCY_SIGNS
    return exponent_after(text, *match.span()) or scale_after(text, match.end(), behind_currency=is_behind_currency)


def mantissa_and_scale(written_number: str) -> tuple[str, int] | None:
    """("1.5", 6) of "1.5 million", None of a number without a scale."""
    if (match := _NUMBER.match(written_number)) and (
        number_scale := scale_after(written_number, match.end(), behind_currency=True)
    ):
        return _canonical_value(match.group()), number_scale[0]
    return None


def digit_runs(text: str) -> list[str]:
    """The runs of digits of `text` as they are written, labels and dates too: 1.2.3, 13, 10,000, 07:30, 1/2."""
    return _NUMBER_DIGITS.findall(text)


def number_values(text: str, *, spelled: str = "") -> set[str]:
    """The values of the numbers of `text`."""
    return {number.value for number in numbers(text, spelled=spelled)}


def content_terms(text: str, language: str) -> set[str]:
    """The stems of the content words of `text`, and the values of its numbers, those in words too."""
    return content_words(text, language) | number_values(text, spelled="en")


def change_digits(number_digits: str) -> str:
    """A number of the same form and another value: 75 becomes 86, 90 becomes 81.

    A year becomes one near it, and what may be a day or an hour the one before, so that the new one may be one too.
    """
    if _YEAR_NUMBER.fullmatch(number_digits):
        return str(int(number_digits) - YEARS_APART)
    if _DAY_OR_HOUR_NUMBER.fullmatch(number_digits):
        return str(int(number_digits) - 1)
    return "".join(chr(ord(c) + (-1 if int(c) == 9 else 1)) if c.isdecimal() else c for c in number_digits)


def _spelled_numbers(text: str, language: str) -> Iterator[Number]:
    for number_word in number_words(text, language):
        if not (number_word.is_ordinal or is_article(number_word, language)):
            word_span = (number_word.start, number_word.end)
            yield Number(*word_span, number_word.value, unit_beside(text, *word_span))


def join_thousands(text: str) -> str:
    """`text` without the plain spaces that may part the thousands of its numbers: "2000 €" for "2 000 €"."""
    return _SPACED_THOUSANDS.sub(lambda match: match.group().replace(" ", ""), text)


def alternative_readings(text: str, language: str) -> set[str]:
    """Values that stand in `text` in another way than `numbers` reads them: 一百八十五, 1.234 for 1234 in German,
    2 000 for 2000, 1 and 2 for 1,2, 0.75 for 3/4, 1.5 of 1.5 million, 4 for IV, and in words "ein" and ordinals.

    They count for what a text holds, never as something that it must account for.
    """
    number_readings = {str(chinese_value(match.group())) for match in _CHINESE_NUMBER.finditer(text)}
    number_readings |= {match.group().replace(" ", "") for match in _SPACED_THOUSANDS.finditer(text)}
    number_readings |= {_canonical_value(m.group()) for m in _NUMBER.finditer(text) if _power_after_number(text, m)}
    number_readings |= {digit for match in _LISTED_NUMBERS.finditer(text) for digit in match.group().split(",")}
    number_readings |= {value for _, value in fractions(text)} | {str(value) for value in roman_values(text)}
    spelled_numbers = number_words(text, language)
    number_readings |= {word.value for word in spelled_numbers if word.is_ordinal or is_article(word, language)}
    if language != "en":
        number_readings |= {match.group().replace(".", "") for match in _DOTTED_NUMBER.finditer(text)}
    return number_readings


def chinese_value(chinese_number: str) -> int:
    """The value of a number in Chinese characters: 185 for 一百八十五, 2024 for 二〇二四."""
    if not any(c in _CHINESE_TENS or c in _CHINESE_MYRIADS for c in chinese_number):
        return int("".join(str(_CHINESE_DIGITS[c]) for c in chinese_number))
    number_value = below_myriad = digit_value = 0
    for c in chinese_number:
        if c in _CHINESE_DIGITS:
            digit_value = _CHINESE_DIGITS[c]
        elif c in _CHINESE_TENS:
            below_myriad, digit_value = below_myriad + (digit_value or 1) * _CHINESE_TENS[c], 0
        else:
            number_value += (below_myriad + digit_value or 1) * _CHINESE_MYRIADS[c]
            below_myriad = digit_value = 0
    return number_value + below_myriad + digit_value


def _canonical_value(number_digits: str) -> str:
    if not number_digits.isascii():
        number_digits = "".join(str(unicodedata.decimal(c, c)) for c in number_digits.translate(_ASCII_SIGNS))
    number_digits = number_digits.replace("'", "")
    if _DOTTED_THOUSANDS.fullmatch(number_digits):
        number_digits = number_digits.replace(".", "")
    if _THOUSANDS.fullmatch(number_digits):
        number_digits = number_digits.replace(",", "")
    elif number_digits.count(",") == 1 and "." not in number_digits:
        number_digits = number_digits.replace(",", ".")
    integer_digits, decimal_point, fraction_digits = number_digits.partition(".")
    return (integer_digits.lstrip("0") or "0") + decimal_point + fraction_digits


MOST_ROUNDED_OFF_SHARE = Decimal("0.05")  # of the exact number
LEAST_ROUNDED_DIGITS = 2  # without zeros at the end, that a rounded number keeps
_YEAR_NUMBERS = range(1900, 2101)
_LONGEST_ROUNDING_WORD = 30  # characters
_BEFORE_ROUNDED_NUMBER = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|some|over|under|(?:close|up) to"
    r"|(?:more|less) than|circa|ca\.?|c\.|rund|etwa|ungefähr|gut|knapp|fast|über|unter|(?:mehr|weniger) als|environ"
    r"|près de|quelque|presque|(?:plus|moins) de|un[oa]s|aproximadamente|alrededor de|cerca de|casi|más de|mais de"
    r"|quase|quasi|oltre|più di|ongeveer|bijna|ruim|meer dan|около|примерно|почти)|[~≈∼])"
    r"\s*(?:(?:[A-Z]{0,3} ?[$€£]|[A-Z]{3})\s?)?\Z",
    re.IGNORECASE,
)


def scaled_values(cell_values: Iterable[str], scale_powers: Iterable[int]) -> set[str]:
    """The values of cells in each of these scales, powers of ten: "71050000" for "71050" in thousands."""
    decimal_values = [cell_value for cell_value in cell_values if _DECIMAL_NUMBER.fullmatch(cell_value)]
    return {times_power(decimal_value, power) for power in scale_powers for decimal_value in decimal_values}


def is_called_rounded(text: str, start: int) -> bool:
    """Does a word or sign before the number at `start` say that it is not exact: "about US$5 billion"?"""
    return _BEFORE_ROUNDED_NUMBER.search(text[max(0, start - _LONGEST_ROUNDING_WORD) : start]) is not None


def is_rounding(
    number: Number, written_number: str, exact_numbers: Iterable[Number], scale_powers: Iterable[int]
) -> bool:
    """Is it one of `exact_numbers`, as it stands or in one of the scales, with fewer digits: 154.2 million?"""
    if not _DECIMAL_NUMBER.fullmatch(number.value) or _digit_count(number.value) < LEAST_ROUNDED_DIGITS:
        return False
    rounded_value, rounding_step = Decimal(number.value), _rounding_step(written_number, number.value)
    exact_values = {
        Decimal(exact_number.value).scaleb(scale_power)
        for exact_number in exact_numbers
        if _DECIMAL_NUMBER.fullmatch(exact_number.value)
        and exact_number.unit in ("", number.unit)
        and _digit_count(exact_number.value) > _digit_count(number.value)
        for scale_power in (0, *scale_powers)
        if scale_power
        or exact_number.unit
        or not (exact_number.value.isdecimal() and int(exact_number.value) in _YEAR_NUMBERS)
    }
    half_step = rounding_step / 2
    return any(abs(exact - rounded_value) <= min(half_step, MOST_ROUNDED_OFF_SHARE * exact) for exact in exact_values)


def _digit_count(number_value: str) -> int:
    return len(number_value.replace(".", "").strip("0"))


def _rounding_step(written_number: str, number_value: str) -> Decimal:
    """The place to which a number is given: 100,000 for 154.2 million, 1,000 for 154,000."""
    mantissa, power = mantissa_and_scale(written_number) or (number_value, 0)
    _, decimal_point, fraction_digits = mantissa.partition(".")
    trailing_zeros = 0 if decimal_point or power else len(number_value) - len(number_value.rstrip("0"))
    return Decimal(1).scaleb(power + trailing_zeros - len(fraction_digits))
