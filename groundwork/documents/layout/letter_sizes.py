"""The sizes of the letters of liteparse's texts, as pdfium draws them."""

from __future__ import annotations

import re
import statistics
from typing import Any

from groundwork.documents.layout.bold_mono_and_symbol_fonts import begins_in_bold_font
from groundwork.documents.layout.drawn_letters import DrawnLetters
from groundwork.documents.pdf_files.textpage_letters import (
    letter_box,
    letter_font_name,
    letter_matrix,
    letter_sign,
    letter_size,
)

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
        across = abs(c) > abs(d)  # the height of the letters runs from side to side
        unit_of_letters = self._drawn_letters.letter_unit(page)
        if font not in self._pixel_letter_fonts and _letter_height(raw_letters, letter, across) <= _MOST_HEIGHT * size:
            return unit_of_letters * size
        self._pixel_letter_fonts.add(font)
        return unit_of_letters * _size_by_letter_heights(raw_letters, letter, across)


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
