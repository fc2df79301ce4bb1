"""The scales of numbers: what multiplies the number before it ("5 million", "5 Tsd."), or all that a table gives ("in
thousands", "T€").
"""

from __future__ import annotations

import re
from collections.abc import Collection

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
