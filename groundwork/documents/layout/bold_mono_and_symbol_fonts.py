"""Fonts, by their names and their letters: bold ones, those of a typewriter, and symbols that stand for other letters.

A PDF may give the letters of a symbol font by their places in it, in Unicode's area for private use. Typewriter fonts
are told by the lengths of their texts, since names say it of some alone.

Sources: Adobe's Symbol encoding (Unicode's mapping table SYMBOL.TXT) and the Adobe Glyph List's parts of brackets.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from statistics import median
from typing import Any

_BOLD_FONT_NAME = re.compile(r"bold|black|heavy|-bd|demi|cmbx|cmb\d|xbtt", re.IGNORECASE)
_MONO_FONT_NAME = re.compile(
    r"mono|courier|consol|cmtt|txtt|xtt\b|t1xbtt|typewriter|nimbusmon|menlo|inconsol|fixed", re.IGNORECASE
)
_MEASURED_FONT_LETTERS = 6  # letters of a text that is measured
_LEAST_FONT_TEXTS = 5  # that a font is told by
_LEAST_FONT_TEXT_LENGTHS = 3  # different numbers of letters among them
# of a letter's width; lines that are spread to one length differ by a hundredth and more
_SAME_FONT_LETTER_WIDTH = 0.005
_FIXED_WIDTH_FONT_SHARE = 0.9  # of the texts
_WIDEST_FIXED_FONT_LETTER = 0.75  # font sizes; Chinese and Japanese letters are wider


def typewriter_fonts(pages: Iterable[Any]) -> frozenset[str]:
    """The fonts of liteparse's pages whose letters are all of one width: names without the prefix of a subset."""
    letter_widths_by_font: defaultdict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for text_item in chain.from_iterable(page.text_items for page in pages if page):
        font_text = text_item.text.strip()
        if (
            len(font_text) >= _MEASURED_FONT_LETTERS
            and text_item.font_size
            and font_text.isascii()
            and sum(map(str.isalpha, font_text)) >= _MEASURED_FONT_LETTERS
        ):
            font_widths = letter_widths_by_font[plain_font_name(text_item.font_name)]
            font_widths[len(font_text)].append(text_item.width / len(font_text) / text_item.font_size)
    return frozenset(
        font_name
        for font_name, widths_by_length in letter_widths_by_font.items()
        if font_name and _is_fixed_width_font(widths_by_length)
    )


def _is_fixed_width_font(widths_by_length: dict[int, list[float]]) -> bool:
    font_letter_widths = list(chain.from_iterable(widths_by_length.values()))
    median_font_width = median(font_letter_widths)
    same_font_widths = sum(
        abs(width - median_font_width) <= _SAME_FONT_LETTER_WIDTH * median_font_width for width in font_letter_widths
    )
    are_enough = len(font_letter_widths) >= _LEAST_FONT_TEXTS and len(widths_by_length) >= _LEAST_FONT_TEXT_LENGTHS
    return (
        are_enough
        and median_font_width < _WIDEST_FIXED_FONT_LETTER
        and same_font_widths >= _FIXED_WIDTH_FONT_SHARE * len(font_letter_widths)
    )


_SYMBOL_FONT_SIGNS = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
    "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
)
_FIRST_SYMBOL_CODES = (0xF020, 0xF0A0, 0xF0F1)
_SYMBOL_FONT_BRACKETS, _FIRST_SYMBOL_BRACKET_CODE = "⏐⎯®©™⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪⎮⎞⎟⎠⎤⎥⎦⎫⎬⎭", 0xF8E6
_SYMBOLS_BY_CODE = {
    first + k: sign
    for first, signs in zip(_FIRST_SYMBOL_CODES, _SYMBOL_FONT_SIGNS, strict=True)
    for k, sign in enumerate(signs)
}
_SYMBOL_BRACKETS_BY_CODE = {_FIRST_SYMBOL_BRACKET_CODE + k: piece for k, piece in enumerate(_SYMBOL_FONT_BRACKETS)}
_SYMBOL_FONT_CODE = re.compile("[\uf020-\uf0ff\uf8e6-\uf8fe]")
_DINGBAT_FONT_NAME = re.compile(r"dingbat|wing|webd|monotypesorts", re.IGNORECASE)
_DINGBAT_TICKS = {  # of Wingdings, also as the Macintosh's encoding reads its codes
    **dict.fromkeys("o¨®", "☐"),
    **dict.fromkeys("þý˛˝", "☒"),
    **dict.fromkeys("ü¸", "✓"),
    **dict.fromkeys("û˚", "✗"),
}
_LATER_WINGDINGS = re.compile(r"wingdings\W?[23]", re.IGNORECASE)  # which have other pictures
_MEANINGFUL_DINGBATS = re.compile("[☐-☓✁-✗☎☞☛✆✉]")  # that are no bullets
_SYMBOL_FONT_BULLET = re.compile(r"\s*+[\uf020-\uf0ff](?=\s|$)")  # before an item


def with_symbol_font_letters(text: str, font: str, *, begins: bool = True) -> str:
    """A text with its Greek letters and mathematical signs in place of a symbol font's codes; what has no one
    meaning stays: pictures of other fonts, and a bullet where the text begins an item."""
    if text.isascii() or not _SYMBOL_FONT_CODE.search(text):
        return text
    text = text.translate(_SYMBOL_BRACKETS_BY_CODE)
    if _DINGBAT_FONT_NAME.search(font):
        return text
    bullet = _SYMBOL_FONT_BULLET.match(text) if begins and "symbol" not in font.lower() else None
    bullet_end = bullet.end() if bullet else 0
    return text[:bullet_end] + text[bullet_end:].translate(_SYMBOLS_BY_CODE)


@lru_cache(1024)
def is_dingbat_font(font: str) -> bool:
    """Whether a font has pictures in the places of letters."""
    return _DINGBAT_FONT_NAME.search(font) is not None


def dingbat_sign(sign: str, font: str) -> str:
    """What stands for a picture of such a font that is a word by itself: a box to tick, a tick, or a bullet."""
    dingbat_letter = chr(ord(sign) - 0xF000) if "\uf020" <= sign <= "\uf0ff" else sign
    tick = None if _LATER_WINGDINGS.search(font) else _DINGBAT_TICKS.get(dingbat_letter)
    return tick or (sign if _MEANINGFUL_DINGBATS.match(sign) else "•")


def begins_in_bold_font(text_item: Any) -> bool:
    """Whether the first letters of a liteparse text item are bold, by the name of their font."""
    return is_bold_font(plain_font_name(text_item.font_name))


@lru_cache(1024)
def plain_font_name(font: str | None) -> str:
    """A font's name without the prefix of a subset."""
    return (font or "").rpartition("+")[2]


@lru_cache(1024)
def is_bold_font(font: str) -> bool:
    return _BOLD_FONT_NAME.search(font) is not None


@lru_cache(1024)
def is_mono_font(font: str) -> bool:
    return _MONO_FONT_NAME.search(font) is not None
