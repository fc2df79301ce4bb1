"""The letters that pdfium draws on a page, in the places that they have on liteparse's page."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from groundwork.documents.layout.bold_mono_and_symbol_fonts import begins_in_bold_font
from groundwork.documents.pdf_files.open_pdf import OpenPdf, OpenPdfPage
from groundwork.documents.pdf_files.textpage_letters import (
    device_point,
    font_size_operand,
    letter_at_device_point,
    letter_box,
    letter_font_name,
    letter_matrix,
    letter_origin,
    letter_sign,
    letter_signs,
    letter_size,
)

_LETTER_SCALE = 100  # parts of a point in which pdfium is asked for a place
_LETTER_PLACES = (1 / 2, 1 / 3, 2 / 3)  # of its width, at which a letter is looked for
_LETTER_TOLERANCE = 3  # points from such a place to the letter


class DrawnLetter(NamedTuple):
    """What is drawn of a letter, in points from the page's top left, with its font and the operand of `Tf`."""

    x1: float
    y1: float
    x2: float
    y2: float
    sign: str
    font: str
    size: float


class DrawnLetters:
    """The letters of a PDF, page by page of liteparse's."""

    def __init__(self, source: str, turns: Mapping[int, int] | None = None, opened: OpenPdf | None = None) -> None:
        """`turns`: by how many degrees clockwise the text of a page stands turned, where liteparse's is upright;
        `opened`: the PDF, where it is open."""
        self._letter_turns = turns or {}
        self._letters_source = source
        self._letters_pdf = opened
        self._opened_letters_pdf: OpenPdf | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened_letters_pdf is not None:
            self._opened_letters_pdf.__exit__()

    def letters_of(self, page: Any) -> Iterator[DrawnLetter]:
        """The letters that are drawn on a liteparse page."""
        raw_letters = self.textpage(page).raw
        for k, sign in enumerate(letter_signs(raw_letters)):
            letter_place = self.place_of_letter(letter_box(raw_letters, k), page)
            yield DrawnLetter(*letter_place, sign, *self.letter_font(k, page))

    def letter_font(self, k: int, page: Any) -> tuple[str, float]:
        """The name of a letter's font, and the operand of `Tf`."""
        raw_letters = self.textpage(page).raw
        return letter_font_name(raw_letters, k), font_size_operand(raw_letters, k)

    def letter_of_word(self, lettered_word: Any, page: Any) -> int:
        """Which letter is drawn in the middle of a word, or near it where a wide comma stands there, most of whose
        place is empty; -1 for none."""
        k = -1
        for letter_share in _LETTER_PLACES:
            x = int(_LETTER_SCALE * (lettered_word.x + lettered_word.width * letter_share))
            y = int(_LETTER_SCALE * (lettered_word.y + lettered_word.height / 2))
            k = letter_at_device_point(self.letters_page(page), self._letter_device(page), x, y, _LETTER_TOLERANCE)
            if k >= 0:
                break
        return k

    def letter_baseline(self, k: int, page: Any) -> float:
        """The height at which a letter stands, in points from the top of a liteparse page."""
        letter_origin_of = letter_origin(self.textpage(page).raw, k)
        return self.place_of_letter((*letter_origin_of, *letter_origin_of), page)[1]

    def place_of_letter(self, drawn_box: Sequence[float], page: Any) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of a box of pdfium's on a liteparse page."""
        raw_page, letter_device = self.letters_page(page).page.raw, self._letter_device(page)
        letter_corners = [device_point(raw_page, letter_device, *corner) for corner in (drawn_box[:2], drawn_box[2:])]
        (x1, x2), (y1, y2) = (
            sorted(letter_side / _LETTER_SCALE for letter_side in sides) for sides in zip(*letter_corners, strict=True)
        )
        return x1, y1, x2, y2

    def letter_unit(self, page: Any) -> float:
        """How many points a unit of a page is long, which liteparse counts in points and pdfium in units."""
        return float(round(max(page.width, page.height) / max(self.letters_page(page).page.get_size()), 2))

    def textpage(self, page: Any) -> Any:
        """pypdfium2's text page of a liteparse page."""
        return self.letters_page(page).text

    def letters_page(self, page: Any) -> OpenPdfPage:
        """What pypdfium2 opens for a liteparse page."""
        if self._letters_pdf is None:
            self._letters_pdf = self._opened_letters_pdf = OpenPdf(self._letters_source)
        return self._letters_pdf[page.page_num - 1]

    def _letter_device(self, page: Any) -> tuple[int, int, int, int, int]:
        """A liteparse page as pdfium draws it: left, top, width and height in parts of a point, quarters of a turn."""
        device_width, device_height = (int(_LETTER_SCALE * letter_side) for letter_side in (page.width, page.height))
        return 0, 0, device_width, device_height, -self._letter_turns.get(page.page_num, 0) // 90 % 4


_SENTENCE_END = re.compile(r"[.:?!—–] +\S")  # within a line
_MOST_HEIGHT = 4  # times its size, which no letter is high
_LETTER_HEIGHTS = (  # of letters, in font sizes
    (re.compile(r"[A-Zbdfhkl0-9]"), 0.7),
    (re.compile(r"[gpqy]"), 0.65),
    (re.compile(r"[acemnorsuvwxz]"), 0.45),
)


class LetterSizes:
    """The sizes in points of a PDF's letters; pdfium is asked once for letters of the same font and height."""

    def __init__(self, drawn: DrawnLetters) -> None:
        self._drawn_letters = drawn
        self._letter_sizes: dict[tuple[str | None, float | None, float], float] = {}
        # fonts whose size says nothing of their letters
        self._pixel_letter_fonts: set[tuple[str | None, float | None]] = set()

    def of(self, text_item: Any, page: Any) -> float:
        """The size of the letters of a liteparse text item of a liteparse page."""
        letter_font = (text_item.font_name, text_item.font_size)
        letter_kind = (*letter_font, round(text_item.height, 1))
        if letter_font in self._pixel_letter_fonts:
            return self._drawn_letter_size(text_item, page) or _guess_letter_size(text_item)
        if letter_kind not in self._letter_sizes:
            self._letter_sizes[letter_kind] = self._drawn_letter_size(text_item, page) or _guess_letter_size(text_item)
        return self._letter_sizes[letter_kind]

    def end_font(self, text_item: Any, page: Any) -> str:
        """The font of the last word of a liteparse text item where a stop within it may end a bold head that runs in;
        liteparse names the font of the first. "" elsewhere, and where pdfium finds no letter."""
        if len(text_item.words) < 2 or not begins_in_bold_font(text_item) or not _SENTENCE_END.search(text_item.text):
            return ""
        letter = self._drawn_letters.letter_of_word(text_item.words[-1], page)
        return letter_font_name(self._drawn_letters.textpage(page).raw, letter) if letter >= 0 else ""

    def _drawn_letter_size(self, text_item: Any, page: Any) -> float:
        """`Tf` times the height of the text matrix, or the size that letters so high have where that can not be theirs;
        0 where pdfium finds no letter at the item's place."""
        # the longest word, not a raised number before it
        longest_word = max(text_item.words, key=lambda lettered_word: len(lettered_word.text), default=text_item)
        letter = self._drawn_letters.letter_of_word(longest_word, page)
        raw_letters = self._drawn_letters.textpage(page).raw
        if letter < 0 or not any(matrix := letter_matrix(raw_letters, letter)):
            return 0.0
        _, _, c, d = matrix
        size = letter_size(raw_letters, letter)
        font = (text_item.font_name, text_item.font_size)
        letters_across = abs(c) > abs(d)  # the height of the letters runs from side to side
        unit_of_letters = self._drawn_letters.letter_unit(page)
        if (
            font not in self._pixel_letter_fonts
            and _letter_height(raw_letters, letter, letters_across) <= _MOST_HEIGHT * size
        ):
            return unit_of_letters * size
        self._pixel_letter_fonts.add(font)
        return unit_of_letters * _size_by_letter_heights(raw_letters, letter, letters_across)


def _guess_letter_size(lettered_item: Any) -> float:
    """The operand of `Tf` where it can be the size of letters so high, else their height."""
    size = lettered_item.font_size or 0.0
    return float(size if 0.6 * size < lettered_item.height < 1.7 * size else lettered_item.height or 1.0)


def _letter_height(raw_letters: Any, letter: int, letters_across: bool) -> float:
    left, bottom, right, top = letter_box(raw_letters, letter)
    return right - left if letters_across else top - bottom


def _size_by_letter_heights(raw_letters: Any, letter: int, letters_across: bool) -> float:
    """The font size that the heights of a word's letters and figures tell; 0 where it holds none."""
    letter_sizes = []
    for letter_direction in (-1, 1):
        k = letter if letter_direction > 0 else letter - 1
        while k >= 0 and (sign := letter_sign(raw_letters, k)).isalnum():
            height_share = next((letter_share for signs, letter_share in _LETTER_HEIGHTS if signs.match(sign)), 0.0)
            letter_sizes += [_letter_height(raw_letters, k, letters_across) / height_share] if height_share else []
            k += letter_direction
    return statistics.median(letter_sizes) if letter_sizes else 0.0
