"""Bullets and ticks of a PDF that a font of pictures draws, and its text layer tells as letters: "n", "q", "Ø"."""

from __future__ import annotations

import ctypes
import re
from typing import Any

from groundwork.documents.layout.fonts import dingbat_sign, is_dingbat_font, plain_font_name

_SINGLE = re.compile(r"(?<!\S)[^\s\d•.,:;()–—-](?!\S)")
_NAME_BYTES = 128  # of a font's name, at the most


def with_bullets(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with bullets and ticks in place of such letters that stand alone."""
    signs = list(text)
    for match in _SINGLE.finditer(text):
        font = _font_name(textpage.raw, match.start(), match[0])
        if is_dingbat_font(font):
            signs[match.start()] = dingbat_sign(match[0], font)
    return "".join(signs)


def _font_name(text: Any, index: int, sign: str) -> str:
    """The font of a letter; "" where another letter stands at its index, for pdfium may count otherwise."""
    import pypdfium2.raw as pdfium

    if pdfium.FPDFText_GetUnicode(text, index) != ord(sign):
        return ""
    buffer = ctypes.create_string_buffer(_NAME_BYTES)
    pdfium.FPDFText_GetFontInfo(text, index, buffer, _NAME_BYTES, None)
    return plain_font_name(buffer.value.decode("utf-8", "replace"))
