"""The order of letters that one glyph shows, such as lam and alef, on pages that are read from right to left.

pdfium turns the letters of such a line around, and with them those of a glyph that stands for several.
"""

from __future__ import annotations

import ctypes
from typing import Any

from groundwork.language.writing_systems import is_right_to_left, runs_right_to_left

_ALEFS = "\u0622\u0623\u0625\u0627"
_LAM = "\u0644"


def with_ligatures(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with the letters of each glyph in their order; other scripts as they are."""
    if not is_right_to_left(text):
        return text
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountChars(textpage.raw)
    letters = [chr(pdfium.FPDFText_GetUnicode(textpage.raw, k)) for k in range(count)]
    if "".join(letters) != text:  # letters beyond 16 bits, or some that pdfium made up: the places do not fit
        return text
    out: list[str] = []
    start = 0
    while start < count:
        end = start + 1
        if runs_right_to_left(letters[start]):
            place = _box(textpage, start)
            while end < count and runs_right_to_left(letters[end]) and _box(textpage, end) == place:
                end += 1
        glyph = letters[start:end]
        out += glyph if glyph[0] == _LAM and glyph[-1] in _ALEFS else reversed(glyph)
        start = end
    return "".join(out)


def _box(textpage: Any, k: int) -> tuple[float, ...]:
    import pypdfium2.raw as pdfium

    sides = [ctypes.c_double() for _ in range(4)]
    pdfium.FPDFText_GetCharBox(textpage.raw, k, *sides)
    return tuple(round(side.value, 2) for side in sides)
