"""Numbers in the notations of mathematics: LaTeX, powers of ten, scales, vulgar fractions, Roman numerals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from decimal import Decimal

_LATEX = {
    re.compile(r"\\[dt]?frac\{([^{}]{1,40})\}\{([^{}]{1,40})\}"): r"(\1) / (\2)",
    re.compile(r"\\(?:text|mathrm|num)\{([^{}]{0,40})\}"): r"\1",
    re.compile(r"\\(?:times|cdot)\b"): "×",
    re.compile(r"\\div\b"): "÷",
    re.compile(r"\{([.,])\}"): r"\1",
    re.compile(r"\\[,;: ]"): " ",
    re.compile(r"(?<=\d)~(?=[\\%\w])"): " ",
    re.compile(r"\\([%$€£])"): r"\1",
    re.compile(r"\\[()\[\]]|\$"): "",
}
_QUANTITY = re.compile(r"\\(?:SI|qty)\{([^{}]{1,40})\}\{([^{}]{1,60})\}")
_UNIT_MACRO = re.compile(r"\\([a-z]+)")
_PREFIXES = frozenset({"nano", "micro", "milli", "centi", "deci", "hecto", "kilo", "mega", "giga"})

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−", "0123456789+--")
_EXPONENT = r"(?:\^(?:\{([+−-]?\d{1,2})\}|([+−-]?\d{1,2}))|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))(?!\d)"
_POWER = re.compile(_EXPONENT)
_TIMES_POWER = re.compile(rf"\s?[×·∙⋅*x]\s?10{_EXPONENT}|[eE]([+−-]?\d{{1,2}})(?!\w)")
_SCALES = {
    2: "hundred",
    3: "thousand tausend mille mil mila duizend tusind тыс ألف",
    4: "万 萬 만",
    5: "lakh lakhs लाख แสน",
    6: """million millions millionen mio millón millones milione milioni milhão milhões miljoen millioner mln млн
        миллион миллиона миллионов مليون ล้าน""",
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
_VULGAR_FRACTION = re.compile(r"(\d?)([¼-¾⅐-⅞])")
_FRACTION = re.compile(r"(?<![\d/.,])(?:(\d{1,4}) )?(\d{1,4})\s?[/⁄]\s?(\d{1,4})(?![\d/⁄]|[.,]\d)")
_ROMAN = re.compile(r"\b(?=[IVXLC]{2,8}\b|[VX]\b)(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})(?<=[IVXLC])\b")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def without_latex(text: str) -> str:
    """`text` with its LaTeX as plain text: "3 × 2,5" for "$3 \\times 2{,}5$"; as it is where it has none."""
    if "\\" not in text and "{" not in text:
        return text
    text = _QUANTITY.sub(lambda match: f"{match[1]} {_unit_name(match[2])}", text)
    for command, plain in _LATEX.items():
        text = command.sub(plain, text)
    return text


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


def scale_after(text: str, end: int) -> tuple[int, int] | None:
    """The power of ten of a scale behind digits, and where it ends: 6 for "million", 4 for 万."""
    match = _SCALE_AFTER.match(text, end)
    return (_POWERS.get(match[1].casefold(), 0), match.end()) if match else None


def without_scales(text: str, powers: Collection[int]) -> str:
    """`text` without the scales behind its digits that have one of these powers: "784" for "784 million"."""
    return _SCALED.sub(lambda match: "" if _POWERS.get(match[1].casefold(), 0) in powers else match.group(), text)


def scales(text: str) -> set[int]:
    """The powers of ten of all scales that `text` names, as a table's head does: "in millions"."""
    return {_POWERS.get(match.group().casefold(), 0) for match in _SCALE_WORD.finditer(text)}


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
