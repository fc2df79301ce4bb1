"""The size of letters as they are drawn, and what a document's type says: its body, its lines, its headings.

liteparse gives the operand of `Tf` alone. Many PDFs write 1 there and the size into the text matrix, so the two have
to be multiplied; pdfium knows both for every letter.

A heading is set apart from the body, and so can only be told by looking at the document as a whole: the same bold
line is a heading in one manual, and a term, a warning's title or the whole text in another.
"""

from __future__ import annotations

import ctypes
import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from typing import Any, Self

from groundwork.documents.layout.text_lines import Line, is_bullet, is_entry, label
from groundwork.documents.ligatures import with_ligatures
from groundwork.documents.pdf import open_pdf
from groundwork.documents.repair.hyphens import DocumentWords
from groundwork.language.words import WRITTEN_OUT

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


_STOPS = (".", ",", ";")
_TYPED = 0.7  # of the letters in a typewriter's font, from which on it is the body's and tells no code
_RECURS = 4  # times that a bold line comes before it is the title of a kind of box, such as "Note"


class Styles:
    """The measures of a document, from the lines of its pages."""

    def __init__(self, pages: Sequence[Sequence[Line]]) -> None:
        lines = [line for page in pages for line in page if line.cells]
        sizes: Counter[float] = Counter()
        fonts: Counter[str] = Counter()
        bold: Counter[bool] = Counter()
        mono: Counter[bool] = Counter()
        for cell in chain.from_iterable(line.cells for line in lines):
            sizes[_rounded(cell.size)] += len(cell.text)
            fonts[cell.font] += len(cell.text)
            bold[cell.bold] += len(cell.text)
            mono[cell.mono] += len(cell.text)
        self.body = sizes.most_common(1)[0][0] if sizes else 10.0
        self.font = fonts.most_common(1)[0][0] if fonts else ""
        self.bold = bold[True] > bold[False]
        self.mono = mono[True] > _TYPED * mono.total()
        self.leading = _leading(pages, self.body)
        self.vocabulary = DocumentWords(line.text for line in lines)
        self._often = self._recurring(lines)
        self._levels = self._ranks(pages)

    def heading(self, line: Line) -> int:
        """A line's level as a heading, 1 the highest; 0 where its type is not a heading's."""
        if self._is_large(line):
            return self._levels.get(_rounded(line.main.size), 1)
        return min(6, max(self._levels.values(), default=1) + 1) if self._is_set_off(line) else 0

    def _is_large(self, line: Line) -> bool:
        run = line.main
        other = run.bold or (run.font != self.font and not run.mono)
        return run.size > (1.06 if other else 1.15) * self.body and _may_head(line)

    def _is_set_off(self, line: Line) -> bool:
        """Bold where the body is not, and no title of a kind of box."""
        run = line.main
        if self.bold or not all(cell.bold and not cell.mono for cell in line.cells) or run.size < 0.8 * self.body:
            return False
        text = line.text
        return _may_head(line) and len(text) < 90 and not text.endswith(_STOPS) and text not in self._often

    def _recurring(self, lines: Sequence[Line]) -> set[str]:
        counts = Counter(line.text for line in lines if len(line.cells) == 1 and line.cells[0].bold)
        return {text for text, n in counts.items() if n >= _RECURS}

    def _ranks(self, pages: Sequence[Sequence[Line]]) -> dict[float, int]:
        """Levels by size; the sizes that only one page has, where they are the largest, are its title's."""
        found: defaultdict[float, set[int]] = defaultdict(set)
        for number, page in enumerate(pages):
            for line in page:
                if line.cells and self._is_large(line):
                    found[_rounded(line.main.size)].add(number)
        shared = [size for size in found if len(found[size]) > 1 or len(pages) < 4]
        largest = max(shared, default=0.0)
        top = 2 if any(size > largest for size in found) else 1
        return {size: 1 if size > largest else min(5, top + sum(other > size for other in shared)) for size in found}


def _may_head(line: Line) -> bool:
    text = line.text
    alone = len(line.cells) == 1 and not is_bullet(text)
    return alone and len(text) <= 160 and bool(WRITTEN_OUT.search(text)) and not is_entry(text)


def _leading(pages: Sequence[Sequence[Line]], body: float) -> float:
    """From one line of the body to the next, in font sizes."""
    steps = [
        below.y - above.y
        for page in pages
        for above, below in pairwise(page)
        if above.cells and below.cells and _rounded(below.main.size) == body and not label(below.text)
    ]
    steps = [step / body for step in steps if 0.9 * body < step < 2.2 * body]
    return statistics.median(steps) if steps else 1.2


def _rounded(size: float) -> float:
    return round(2 * size) / 2
