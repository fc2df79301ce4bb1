"""The size of letters as they are drawn.

liteparse gives the operand of `Tf` alone. Many PDFs write 1 there and the size into the text matrix, so the two have
to be multiplied; pdfium knows both for every letter.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Mapping
from typing import Any, Self

from groundwork.documents.ligatures import with_ligatures
from groundwork.documents.pdf import open_pdf

_STOP = re.compile(r"[.:?!—–] +\S")  # within a line
_NAME = 128  # bytes of a font's name
_SCALE = 100  # parts of a point in which pdfium is asked for a place


class LetterSizes:
    """The sizes in points of a PDF's letters; pdfium is asked once for letters of the same font and height."""

    def __init__(self, source: str, turns: Mapping[int, int] | None = None) -> None:
        """`turns`: by how many degrees clockwise the text of a page stands turned, where liteparse's is upright."""
        self._turns = turns or {}
        self._source = source
        self._document: Any = None
        self._page: tuple[int, Any, Any] = (0, None, None)  # its number, pdfium's page and its text
        self._sizes: dict[tuple[str | None, float | None, float], float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._document is not None:
            self._document.close()

    def text_of(self, number: int) -> tuple[str, str]:
        """The text of a page that is read from right to left: as pdfium gives it, and with its ligatures in order."""
        textpage = self._text_of(number)[1]
        text = textpage.get_text_range()
        return text, with_ligatures(textpage, text)

    def of(self, item: Any, page: Any) -> float:
        """The size of a liteparse text item of a liteparse page."""
        key = (item.font_name, item.font_size, round(item.height, 1))
        if key not in self._sizes:
            self._sizes[key] = self._drawn(item, page) or _guessed(item)
        return self._sizes[key]

    def end_font(self, item: Any, page: Any) -> str:
        """The font of the last word of a liteparse text item where a stop within it may end a head that runs in;
        liteparse names the font of the first. "" elsewhere, and where pdfium finds no letter."""
        import pypdfium2.raw as pdfium

        if len(item.words) < 2 or not _STOP.search(item.text):
            return ""
        text, letter = self._letter(item.words[-1], page)
        name = ctypes.create_string_buffer(_NAME)
        if letter < 0 or not pdfium.FPDFText_GetFontInfo(text, letter, name, _NAME, None):
            return ""
        return name.value.decode("utf-8", "replace")

    def _drawn(self, item: Any, page: Any) -> float:
        """`Tf` times the height of the text matrix; 0 where pdfium finds no letter at the item's place."""
        import pypdfium2.raw as pdfium

        word = max(item.words, key=lambda word: len(word.text), default=item)  # not the raised number before it
        text, letter = self._letter(word, page)
        matrix = pdfium.FS_MATRIX()
        if letter < 0 or not pdfium.FPDFText_GetMatrix(text, letter, matrix):
            return 0.0
        return float(pdfium.FPDFText_GetFontSize(text, letter)) * math.hypot(matrix.c, matrix.d)

    def _letter(self, word: Any, page: Any) -> tuple[Any, int]:
        """pdfium's text of a liteparse page, and which of its letters stands in the middle of a word; -1 for none."""
        import pypdfium2.raw as pdfium

        raw, text = (part.raw for part in self._text_of(page.page_num))
        x, y = ctypes.c_double(), ctypes.c_double()
        width, height = (int(_SCALE * side) for side in (page.width, page.height))
        place = (int(_SCALE * (word.x + word.width / 2)), int(_SCALE * (word.y + word.height / 2)))
        pdfium.FPDF_DeviceToPage(raw, 0, 0, width, height, -self._turns.get(page.page_num, 0) // 90 % 4, *place, x, y)
        return text, pdfium.FPDFText_GetCharIndexAtPos(text, x, y, 3, 3)

    def _text_of(self, number: int) -> tuple[Any, Any]:
        if self._document is None:
            self._document = open_pdf(self._source)
        if self._page[0] != number:
            page = self._document[number - 1]
            self._page = (number, page, page.get_textpage())
        return self._page[1], self._page[2]


def _guessed(item: Any) -> float:
    """The operand of `Tf` where it can be the size of letters so high, else their height."""
    size = item.font_size or 0.0
    return float(size if 0.6 * size < item.height < 1.7 * size else item.height or 1.0)
