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

_BOLD_NAME = re.compile(r"bold|black|heavy|-bd|demi|cmbx|cmb\d|xbtt", re.IGNORECASE)
_MONO_NAME = re.compile(
    r"mono|courier|consol|cmtt|txtt|xtt\b|t1xbtt|typewriter|nimbusmon|menlo|inconsol|fixed", re.IGNORECASE
)
_MEASURED_LETTERS = 6  # letters of a text that is measured
_LEAST_TEXTS, _LEAST_LENGTHS = 5, 3  # that a font is told by, and different numbers of letters among them, at least
_SAME_WIDTH = 0.005  # of a letter's width; lines that are spread to one length differ by a hundredth and more
_FIXED_SHARE = 0.9  # of the texts
_WIDEST = 0.75  # font sizes; Chinese and Japanese letters are wider


def typewriter_fonts(pages: Iterable[Any]) -> frozenset[str]:
    """The fonts of liteparse's pages whose letters are all of one width: names without the prefix of a subset."""
    widths: defaultdict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for text_item in chain.from_iterable(page.text_items for page in pages if page):
        text = text_item.text.strip()
        if (
            len(text) >= _MEASURED_LETTERS
            and text_item.font_size
            and text.isascii()
            and sum(map(str.isalpha, text)) >= _MEASURED_LETTERS
        ):
            font_name = (text_item.font_name or "").rpartition("+")[2]
            widths[font_name][len(text)].append(text_item.width / len(text) / text_item.font_size)
    return frozenset(font_name for font_name, by_length in widths.items() if font_name and _is_fixed_width(by_length))


def _is_fixed_width(by_length: dict[int, list[float]]) -> bool:
    widths = list(chain.from_iterable(by_length.values()))
    middle = median(widths)
    same_widths = sum(abs(width - middle) <= _SAME_WIDTH * middle for width in widths)
    is_enough = len(widths) >= _LEAST_TEXTS and len(by_length) >= _LEAST_LENGTHS
    return is_enough and middle < _WIDEST and same_widths >= _FIXED_SHARE * len(widths)


_SYMBOL_FONT_SIGNS = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
    "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
)
_FIRST_CODES = (0xF020, 0xF0A0, 0xF0F1)
_BRACKET_PIECES, _FIRST_PIECE_CODE = "⏐⎯®©™⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪⎮⎞⎟⎠⎤⎥⎦⎫⎬⎭", 0xF8E6
_SIGNS_BY_CODE = {
    first + k: sign
    for first, signs in zip(_FIRST_CODES, _SYMBOL_FONT_SIGNS, strict=True)
    for k, sign in enumerate(signs)
}
_PIECES_BY_CODE = {_FIRST_PIECE_CODE + k: piece for k, piece in enumerate(_BRACKET_PIECES)}
_PRIVATE_CODE = re.compile("[\uf020-\uf0ff\uf8e6-\uf8fe]")
_DINGBATS = re.compile(r"dingbat|wing|webd|monotypesorts", re.IGNORECASE)
_TICKS = {  # of Wingdings, also as the Macintosh's encoding reads its codes
    **dict.fromkeys("o¨®", "☐"),
    **dict.fromkeys("þý˛˝", "☒"),
    **dict.fromkeys("ü¸", "✓"),
    **dict.fromkeys("û˚", "✗"),
}
_LATER_WINGDINGS = re.compile(r"wingdings\W?[23]", re.IGNORECASE)  # which have other pictures
_OWN_SIGNS = re.compile("[☐-☓✁-✗☎☞☛✆✉]")  # that are no bullets
_BULLET = re.compile(r"\s*+[\uf020-\uf0ff](?=\s|$)")  # before an item


def with_letters(text: str, font: str, *, begins: bool = True) -> str:
    """A text with its Greek letters and mathematical signs in place of a symbol font's codes; what has no one
    meaning stays: pictures of other fonts, and a bullet where the text begins an item."""
    if text.isascii() or not _PRIVATE_CODE.search(text):
        return text
    text = text.translate(_PIECES_BY_CODE)
    if _DINGBATS.search(font):
        return text
    bullet = _BULLET.match(text) if begins and "symbol" not in font.lower() else None
    start = bullet.end() if bullet else 0
    return text[:start] + text[start:].translate(_SIGNS_BY_CODE)


@lru_cache(1024)
def is_dingbat_font(font: str) -> bool:
    """Whether a font has pictures in the places of letters."""
    return _DINGBATS.search(font) is not None


def dingbat_sign(sign: str, font: str) -> str:
    """What stands for a picture of such a font that is a word by itself: a box to tick, a tick, or a bullet."""
    letter = chr(ord(sign) - 0xF000) if "\uf020" <= sign <= "\uf0ff" else sign
    tick = None if _LATER_WINGDINGS.search(font) else _TICKS.get(letter)
    return tick or (sign if _OWN_SIGNS.match(sign) else "•")


def is_bold(text_item: Any) -> bool:
    """Whether the first letters of a liteparse text item are bold, by the name of their font."""
    return is_bold_font(plain_font_name(text_item.font_name))


@lru_cache(1024)
def plain_font_name(font: str | None) -> str:
    """A font's name without the prefix of a subset."""
    return (font or "").rpartition("+")[2]


@lru_cache(1024)
def is_bold_font(font: str) -> bool:
    return _BOLD_NAME.search(font) is not None


@lru_cache(1024)
def is_mono_font(font: str) -> bool:
    return _MONO_NAME.search(font) is not None
