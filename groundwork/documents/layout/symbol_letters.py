"""Letters of symbol fonts that a PDF gives by their places in the font, in Unicode's area for private use.

Sources: Adobe's Symbol encoding (Unicode's mapping table SYMBOL.TXT) and the Adobe Glyph List's parts of brackets.
"""

from __future__ import annotations

import re

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
