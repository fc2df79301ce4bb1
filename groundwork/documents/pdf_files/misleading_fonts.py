"""Fonts that tell other letters than they draw: without a mapping, with a shifted one, with invented names of glyphs.

What is drawn of each letter (its top and bottom over the baseline, and its width) is held against the same letter of
DejaVu, that comes with matplotlib and has the letters of most alphabets. In a font that tells what it draws the
two go together, whatever its design: an `l` is tall, an `m` wide, a `p` reaches below the line. In one that does not,
they are as strangers. That takes ten different letters, where a test of the words takes a page, and on a page of a few
words four that stand far off; a font of odd shapes (a script, a display type) is cleared by its words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import Any

import regex

from groundwork.documents.pdf_files.letter_extents import (
    LEAST_EXTENTS,
    LEAST_EXTENTS_OF_SHORT_PAGE,
    LetterExtent,
    are_extents_alike,
    are_extents_far_off,
    boxed_extent,
    extent_fits,
    inked_extents,
    shares_extent,
)
from groundwork.documents.pdf_files.textpage_letters import letter_base_font_name, letter_font_address, letter_sign
from groundwork.language.unreadable_text import LONG_WORD, are_words

_FONT_PROBES = 12  # letters of a page that are asked for their font
_FONT_SAMPLE = 120  # letters of a page with a new font that are looked at
_LEAST_FONT_LETTERS_IN_WORDS = 6  # letters with another one beside them
# correlation; a few odd types that tell what they draw have .41 and more, and are cleared by words
_LEAST_FONT_FIT = 0.6
_LEAST_JOINED_FONT_FIT = 0.5  # of letters without capitals, which DejaVu draws as they stand alone
_SHORT_PAGE = 60  # letters that such a page has not
_MOST_FONT_WORDS = 60
_NO_LETTER_FONT_SHARE = 0.5  # of a font's letters that are none
_INVISIBLE_FONT_MODE = 3  # how an OCR draws its text over a picture
# pdfium's hyphens at a line's end
_NO_FONT_LETTER = regex.compile(r"[\p{Co}\p{Cn}\p{Cc}\ufffd--[\x02\ufffe\s]]", regex.V1)

Font = tuple[int, str]  # where pdfium keeps it, which another may take over, and its name


class FontLetters:
    """What a font draws of each letter that it tells, and how many of its letters are none."""

    def __init__(self) -> None:
        self.font_extents: dict[str, LetterExtent] = {}
        self.font_words: set[str] = set()
        self.in_words = 0  # letters with another one beside them
        self.unknown = 0  # those of them that are none
        self._letters_to_ink: dict[str, int] = {}  # of letters on the page that is looked at
        self._is_font_inked = False  # whether what is drawn is taken from the page's picture

    def add_font_letter(self, textpage: Any, k: int) -> None:
        """With what is drawn of the letter `k` of a pypdfium2 text page."""
        font_letter = letter_sign(textpage.raw, k)
        is_no_letter = _NO_FONT_LETTER.match(font_letter) is not None
        if is_no_letter or (font_letter not in self.font_extents and font_letter not in self._letters_to_ink):
            self._look_at_font_letter(textpage, k, font_letter)
        if not letter_sign(textpage.raw, k + 1).isspace():
            self.in_words += 1
            self.unknown += is_no_letter and (font_letter in self.font_extents or font_letter in self._letters_to_ink)

    def _look_at_font_letter(self, textpage: Any, k: int, font_letter: str) -> None:
        if not shares_extent(textpage.raw, k) and (font_extent := boxed_extent(textpage.raw, k)):
            self._letters_to_ink.setdefault(font_letter, k)
            if not self._is_font_inked:
                self.font_extents[font_letter] = font_extent

    def finish_font_page(self, textpage: Any, *, is_short: bool) -> None:
        """Look at the picture of a page where the letters that were added from it all have one box."""
        least_font_letters = LEAST_EXTENTS_OF_SHORT_PAGE if is_short else LEAST_EXTENTS
        if (
            not self._is_font_inked
            and len(self.font_extents) >= least_font_letters
            and are_extents_alike(self.font_extents.values())
        ):
            self._is_font_inked, self.font_extents = True, {}
        if self._is_font_inked and self._letters_to_ink:
            self.font_extents |= inked_extents(textpage, self._letters_to_ink)
        self._letters_to_ink = {}

    def is_misleading(self, *, is_short: bool) -> bool:
        """Whether it draws other letters than it tells; on a short page few letters tell, where they are far off."""
        if (
            is_short
            and len(self.font_extents) < LEAST_EXTENTS
            and not are_words(self.font_words)
            and are_extents_far_off(self.font_extents)
        ):
            return True
        if self.in_words < _LEAST_FONT_LETTERS_IN_WORDS:
            return False
        if self.unknown > _NO_LETTER_FONT_SHARE * self.in_words:
            return True
        least_fit = _LEAST_FONT_FIT if any(map(_has_font_case, self.font_extents)) else _LEAST_JOINED_FONT_FIT
        return any(fit < least_fit for fit in extent_fits(self.font_extents)) and not are_words(self.font_words)


class MisleadingFonts:
    """The fonts of one PDF that tell other letters than they draw, each judged by the pages that it stands on."""

    def __init__(self) -> None:
        self._letters: dict[Font, FontLetters] = {}
        self._misleading: set[Font] = set()

    def share(self, textpage: Any) -> float:
        """The share of a pypdfium2 text page's letters that are in such fonts."""
        probed_fonts = {font for _, font in _sample_letters(textpage, _FONT_PROBES)}
        if not any(font not in self._letters or font in self._misleading for font in probed_fonts):
            return 0.0
        letters_by_font = Counter(self._study_page_fonts(textpage))
        is_short = textpage.count_chars() < _SHORT_PAGE
        for font in letters_by_font:
            font_letters = self._letters[font]
            font_letters.finish_font_page(textpage, is_short=is_short)
            is_misleading = font_letters.is_misleading(is_short=is_short)
            (self._misleading.add if is_misleading else self._misleading.discard)(font)
        misleading_letters = sum(n for font, n in letters_by_font.items() if font in self._misleading)
        return misleading_letters / max(1, letters_by_font.total())

    def _study_page_fonts(self, textpage: Any) -> list[Font]:
        """The fonts of letters all over a page, with what they draw of each added to what is known of them."""
        letter_fonts = []
        font_words = list(LONG_WORD.finditer(textpage.get_text_range()))
        font_word_starts = [word.start() for word in font_words]
        for k, font in _sample_letters(textpage, _FONT_SAMPLE):
            if letter_sign(textpage.raw, k).isspace() or _is_invisible_font_letter(textpage, k):
                continue
            font_letters = self._letters.setdefault(font, FontLetters())
            font_letters.add_font_letter(textpage, k)
            if (
                (font_word_index := bisect_right(font_word_starts, k) - 1) >= 0
                and k < font_words[font_word_index].end()
                and len(font_letters.font_words) < _MOST_FONT_WORDS
            ):
                font_letters.font_words.add(font_words[font_word_index][0].casefold())
            if len(font_letters.font_extents) < LEAST_EXTENTS:
                for neighbour in range(k + 1, k + _font_sample_step(textpage, _FONT_SAMPLE)):
                    if letter_font_address(textpage.raw, neighbour) == font[0]:
                        font_letters.add_font_letter(textpage, neighbour)
            letter_fonts.append(font)
        return letter_fonts


def _has_font_case(font_letter: str) -> bool:
    return font_letter.lower() != font_letter.upper()


def _font_sample_step(textpage: Any, most_font_letters: int) -> int:
    font_letter_count: int = textpage.count_chars()
    return max(1, -(-font_letter_count // most_font_letters))


def _sample_letters(textpage: Any, most_font_letters: int) -> Iterator[tuple[int, Font]]:
    """The numbers of so many letters all over a text page, each with its font."""
    font_names: dict[int, str] = {}
    for k in range(0, textpage.count_chars(), _font_sample_step(textpage, most_font_letters)):
        if font_address := letter_font_address(textpage.raw, k):
            if font_address not in font_names:
                font_names[font_address] = letter_base_font_name(textpage.raw, k)
            yield k, (font_address, font_names[font_address])


def _is_invisible_font_letter(textpage: Any, k: int) -> bool:
    import pypdfium2.raw as pdfium

    font_render_mode: int = pdfium.FPDFTextObj_GetTextRenderMode(pdfium.FPDFText_GetTextObject(textpage.raw, k))
    return font_render_mode == _INVISIBLE_FONT_MODE
