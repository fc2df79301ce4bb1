"""Fonts that are not what their text says: letters of symbols, and letters that are all of one width.

A PDF may give the letters of a symbol font by their places in it, in Unicode's area for private use. Typewriter fonts
are told by the lengths of their texts, since names say it of some alone.

Sources: Adobe's Symbol encoding (Unicode's mapping table SYMBOL.TXT) and the Adobe Glyph List's parts of brackets.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from statistics import median
from typing import Any

_LEAST = 6  # letters of a text that is measured
_TEXTS, _LENGTHS = 5, 3  # that a font is told by, and different numbers of letters among them, at least
_SAME = 0.005  # of a letter's width; lines that are spread to one length differ by a hundredth and more
_MOST = 0.9  # of the texts
_WIDEST = 0.75  # font sizes; Chinese and Japanese letters are wider


def typewriter_fonts(pages: Iterable[Any]) -> frozenset[str]:
    """The names, without the prefix of a subset, of such fonts in liteparse's pages."""
    widths: defaultdict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for item in chain.from_iterable(page.text_items for page in pages if page):
        text = item.text.strip()
        if len(text) >= _LEAST and item.font_size and text.isascii() and sum(map(str.isalpha, text)) >= _LEAST:
            name = (item.font_name or "").rpartition("+")[2]
            widths[name][len(text)].append(item.width / len(text) / item.font_size)
    return frozenset(name for name, by_length in widths.items() if name and _is_fixed(by_length))


def _is_fixed(by_length: dict[int, list[float]]) -> bool:
    found = list(chain.from_iterable(by_length.values()))
    middle = median(found)
    same = sum(abs(width - middle) <= _SAME * middle for width in found)
    enough = len(found) >= _TEXTS and len(by_length) >= _LENGTHS
    return enough and middle < _WIDEST and same >= _MOST * len(found)


_SIGNS = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
    "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
)
_FIRST = (0xF020, 0xF0A0, 0xF0F1)
_PARTS, _FIRST_PART = "⏐⎯®©™⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪⎮⎞⎟⎠⎤⎥⎦⎫⎬⎭", 0xF8E6
_UNICODE = {first + k: sign for first, signs in zip(_FIRST, _SIGNS, strict=True) for k, sign in enumerate(signs)}
_OF_PARTS = {_FIRST_PART + k: part for k, part in enumerate(_PARTS)}
_PRIVATE = re.compile("[\uf020-\uf0ff\uf8e6-\uf8fe]")
_DINGBATS = re.compile(r"dingbat|wing|webd", re.IGNORECASE)
_BULLET = re.compile(r"\s*+[\uf020-\uf0ff](?=\s|$)")  # before an item


def with_letters(text: str, font: str, *, begins: bool = True) -> str:
    """A text with its Greek letters and mathematical signs in place of such codes; what has no one meaning stays:
    pictures of other fonts, and a bullet where the text begins an item."""
    if text.isascii() or not _PRIVATE.search(text):
        return text
    text = text.translate(_OF_PARTS)
    if _DINGBATS.search(font):
        return text
    bullet = _BULLET.match(text) if begins and "symbol" not in font.lower() else None
    start = bullet.end() if bullet else 0
    return text[:start] + text[start:].translate(_UNICODE)
