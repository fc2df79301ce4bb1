"""Fonts that tell other letters than they draw: without a mapping, with a shifted one, with invented names of glyphs.

What is drawn of each letter (its top and bottom over the baseline, and its width) is held against the same letter of
DejaVu, that comes with matplotlib and has the letters of most alphabets. In a font that tells what it draws the
two go together, whatever its design: an `l` is tall, an `m` wide, a `p` reaches below the line. In one that does not,
they are as strangers. That takes ten different letters, where a test of the words takes a page, and on a page of a few
words four that stand far off; a font of odd shapes (a script, a display type) is cleared by its words.

A bitmap font (Type 3) may give one box for all of its letters, large enough for each, which tells nothing of them; then
the page is drawn, and the ink is looked at between a letter's place and the next one's.
"""

from __future__ import annotations

import importlib.util
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from operator import mul
from pathlib import Path
from typing import Any, NamedTuple

import regex

from groundwork.documents.pdf_files.pdfium import (
    font_size_operand,
    letter_base_font_name,
    letter_box,
    letter_font_address,
    letter_matrix,
    letter_origin,
    letter_sign,
)
from groundwork.language.unreadable_text import LONG_WORD, are_words

_FONT_PROBES = 12  # letters of a page that are asked for their font
_FONT_SAMPLE = 120  # letters of a page with a new font that are looked at
_LEAST_FONT_LETTERS = 10  # different ones that a font is judged by
_LEAST_FONT_LETTERS_IN_WORDS = 6  # letters with another one beside them
# correlation; a few odd types that tell what they draw have .41 and more, and are cleared by words
_LEAST_FONT_FIT = 0.6
_LEAST_JOINED_FONT_FIT = 0.5  # of letters without capitals, which DejaVu draws as they stand alone
# sizes; tops and bottoms that differ less tell nothing: bars, or a box of the font for all letters
_ALIKE_EXTENTS = 0.005
_EVEN_FONT_TOPS = 0.15  # sizes by which capitals and figures differ in height
_VAGUE_FONT_FIT = 0.1  # of those: less tells, so that only what is far off is told
_LEAST_FONT_LETTERS_OF_SHORT_PAGE = 4  # different ones, at the least, of a page of a few words
_SHORT_PAGE = 60  # letters that such a page has not
# sizes by which a top or a bottom is far off, and the share of letters that are
_EXTENT_FAR_OFF, _EXTENTS_FAR_OFF_SHARE = 0.2, 0.2
# correlation; words in their own letters have more in all types tried but one of old-style figures
_LEAST_FONT_FIT_OF_SHORT_PAGE = 0.3
_MOST_FONT_WORDS = 60
_NO_LETTER_FONT_SHARE = 0.5  # of a font's letters that are none
_REFERENCE_FONT_FILES = ("DejaVuSans.ttf", "DejaVuSansMono.ttf")  # proportional, and of a typewriter
_REFERENCE_FONT_SIZE = 40  # pixels
_INKLESS_RENDER_MODE = 3  # how an OCR draws its text over a picture
# pdfium's hyphens at a line's end
_FONT_TELLS_NO_LETTER = regex.compile(r"[\p{Co}\p{Cn}\p{Cc}\ufffd--[\x02\ufffe\s]]", regex.V1)
_COMPARED_FONT_LETTER = regex.compile(  # not a bullet, nor Arabic, which each font draws and joins in its own way
    r"[[\p{L}--\p{Arabic}]\p{Nd}!-/:;?-@\[-_{}]", regex.V1
)
_MOST_EXTENT_TILT = 0.02  # of a letter's width, by which the end of its baseline stands higher: more is turned text
_INKED_LETTER_PIXELS = 40  # of a font's size in a picture
_MOST_INKED_PIXELS = 12_000_000  # of a picture
_INK_ABOVE, _INK_BELOW = 0.95, 0.3  # sizes over and below the baseline in which ink is a letter's, not a line's beside
_MOST_INK_ADVANCE = 1.6  # sizes from a letter's place to the next one's
_LEAST_INK_CONTRAST = 80  # of 255, between ink and paper

Font = tuple[int, str]  # where pdfium keeps it, which another may take over, and its name


class LetterExtent(NamedTuple):
    """What is drawn of a letter, in font sizes: top and bottom over the baseline, and width."""

    top: float
    bottom: float
    width: float


def boxed_extent(raw_textpage: Any, k: int) -> LetterExtent | None:
    """The extent of a letter by its box; None for one that does not stand upright, or of which nothing is drawn."""
    extent_size = _upright_extent_size(raw_textpage, k)
    _, extent_baseline = letter_origin(raw_textpage, k)
    left, bottom, right, top = letter_box(raw_textpage, k)
    if extent_size <= 0 or top <= bottom:
        return None
    return LetterExtent(
        (top - extent_baseline) / extent_size, (bottom - extent_baseline) / extent_size, (right - left) / extent_size
    )


def shares_extent(raw_textpage: Any, k: int) -> bool:
    """Whether a letter has its place with another one, as those of a ligature, and of a span of glyphs that has one
    text: what is drawn of it alone is not known."""
    letter_place = letter_origin(raw_textpage, k)
    return letter_place in (letter_origin(raw_textpage, k - 1), letter_origin(raw_textpage, k + 1))


def inked_extents(textpage: Any, letters_to_ink: Mapping[str, int]) -> dict[str, LetterExtent]:
    """What the picture of a pypdfium2 text page shows of letters, each by its number on it; not of the rightmost ones
    of lines, nor of those without ink."""
    ink_cells = {letter: ink_cell for letter, k in letters_to_ink.items() if (ink_cell := _ink_cell(textpage.raw, k))}
    if not ink_cells:
        return {}
    page_width, page_height = textpage.page.get_size()
    smallest_inked_size = min(size for *_, size in ink_cells.values())
    ink_scale = min(
        _INKED_LETTER_PIXELS / smallest_inked_size, (_MOST_INKED_PIXELS / (page_width * page_height)) ** 0.5
    )
    ink_picture = textpage.page.render(scale=ink_scale, grayscale=True).to_pil()
    return {
        letter: extent
        for letter, ink_cell in ink_cells.items()
        if (extent := _inked_extent(ink_picture, ink_cell, ink_scale, page_height))
    }


def _inked_extent(
    ink_picture: Any, ink_cell: tuple[float, float, float, float], ink_scale: float, page_height: float
) -> LetterExtent | None:
    left, right, baseline, size = ink_cell
    ink_baseline = page_height - baseline
    ink_corners = (left, ink_baseline - _INK_ABOVE * size, right, ink_baseline + _INK_BELOW * size)
    letter_ink_picture = ink_picture.crop([round(ink_scale * side) for side in ink_corners])
    ink_histogram = letter_ink_picture.histogram()
    paper_without_ink = ink_histogram.index(max(ink_histogram))
    ink_box = letter_ink_picture.point(
        lambda gray: 255 if abs(gray - paper_without_ink) > _LEAST_INK_CONTRAST else 0
    ).getbbox()
    if ink_box is None:
        return None
    x1, y1, x2, y2 = (side / ink_scale / size for side in ink_box)
    return LetterExtent(_INK_ABOVE - y1, _INK_ABOVE - y2, x2 - x1)


def _ink_cell(raw_textpage: Any, k: int) -> tuple[float, float, float, float] | None:
    """Left, right, baseline and size of a letter's place up to the next one's at its right, in points."""
    ink_size = _upright_extent_size(raw_textpage, k)
    ink_left, ink_baseline = letter_origin(raw_textpage, k)
    for ink_right, other_ink_baseline in (
        letter_origin(raw_textpage, k + 1),
        letter_origin(raw_textpage, k - 1),
    ):  # the last for text from right to left
        if (
            abs(other_ink_baseline - ink_baseline) < ink_size / _INKED_LETTER_PIXELS
            and 0 < ink_right - ink_left < _MOST_INK_ADVANCE * ink_size
        ):
            return ink_left, ink_right, ink_baseline, ink_size
    return None


def _upright_extent_size(raw_textpage: Any, k: int) -> float:
    """The size of a letter in points; 0 for one that does not stand upright."""
    a, b, _, d = letter_matrix(raw_textpage, k)
    size = font_size_operand(raw_textpage, k) * d
    return size if size > 0 and abs(b) <= _MOST_EXTENT_TILT * abs(a) else 0.0


class FontLetters:
    """What a font draws of each letter that it tells, and how many of its letters are none."""

    def __init__(self) -> None:
        self.extents: dict[str, LetterExtent] = {}
        self.words: set[str] = set()
        self.in_words = 0  # letters with another one beside them
        self.unknown = 0  # those of them that are none
        self._letters_to_ink: dict[str, int] = {}  # of letters on the page that is looked at
        self._is_inked = False  # whether what is drawn is taken from the page's picture

    def add(self, textpage: Any, k: int) -> None:
        """With what is drawn of the letter `k` of a pypdfium2 text page."""
        letter_told = letter_sign(textpage.raw, k)
        is_no_letter = _FONT_TELLS_NO_LETTER.match(letter_told) is not None
        if is_no_letter or (letter_told not in self.extents and letter_told not in self._letters_to_ink):
            self._look_at_font_letter(textpage, k, letter_told)
        if not letter_sign(textpage.raw, k + 1).isspace():
            self.in_words += 1
            self.unknown += is_no_letter and (letter_told in self.extents or letter_told in self._letters_to_ink)

    def _look_at_font_letter(self, textpage: Any, k: int, font_letter: str) -> None:
        if not shares_extent(textpage.raw, k) and (extent := boxed_extent(textpage.raw, k)):
            self._letters_to_ink.setdefault(font_letter, k)
            if not self._is_inked:
                self.extents[font_letter] = extent

    def finish_font_page(self, textpage: Any, *, is_short: bool) -> None:
        """Look at the picture of a page where the letters that were added from it all have one box."""
        least_letters = _LEAST_FONT_LETTERS_OF_SHORT_PAGE if is_short else _LEAST_FONT_LETTERS
        if not self._is_inked and len(self.extents) >= least_letters and _are_extents_alike(self.extents.values()):
            self._is_inked, self.extents = True, {}
        if self._is_inked and self._letters_to_ink:
            self.extents |= inked_extents(textpage, self._letters_to_ink)
        self._letters_to_ink = {}

    def is_misleading(self, *, is_short: bool) -> bool:
        """Whether it draws other letters than it tells; on a short page few letters tell, where they are far off."""
        if (
            is_short
            and len(self.extents) < _LEAST_FONT_LETTERS
            and not are_words(self.words)
            and are_letters_far_off(self.extents)
        ):
            return True
        if self.in_words < _LEAST_FONT_LETTERS_IN_WORDS:
            return False
        if self.unknown > _NO_LETTER_FONT_SHARE * self.in_words:
            return True
        least_fit = _LEAST_FONT_FIT if any(map(_has_case_in_font, self.extents)) else _LEAST_JOINED_FONT_FIT
        return any(fit < least_fit for fit in font_fits(self.extents)) and not are_words(self.words)


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
            if letter_sign(textpage.raw, k).isspace() or _is_letter_without_ink(textpage, k):
                continue
            font_letters = self._letters.setdefault(font, FontLetters())
            font_letters.add(textpage, k)
            if (
                (font_word_index := bisect_right(font_word_starts, k) - 1) >= 0
                and k < font_words[font_word_index].end()
                and len(font_letters.words) < _MOST_FONT_WORDS
            ):
                font_letters.words.add(font_words[font_word_index][0].casefold())
            if len(font_letters.extents) < _LEAST_FONT_LETTERS:
                for neighbour in range(k + 1, k + _font_sample_step(textpage, _FONT_SAMPLE)):
                    if letter_font_address(textpage.raw, neighbour) == font[0]:
                        font_letters.add(textpage, neighbour)
            letter_fonts.append(font)
        return letter_fonts


def _has_case_in_font(letter: str) -> bool:
    return letter.lower() != letter.upper()


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


def _is_letter_without_ink(textpage: Any, k: int) -> bool:
    import pypdfium2.raw as pdfium

    ink_mode: int = pdfium.FPDFTextObj_GetTextRenderMode(pdfium.FPDFText_GetTextObject(textpage.raw, k))
    return ink_mode == _INKLESS_RENDER_MODE


def font_fits(extents: Mapping[str, LetterExtent]) -> list[float]:
    """How what is drawn goes together with the letters told (correlation, 1 is best): of all letters, and of the small
    ones alone, since a mapping that is out of order may keep capitals apart. Empty where too few tell."""
    small_letters = {letter: extent for letter, extent in extents.items() if letter.islower()}
    fits_by_part = [
        [_fit_to_reference(part, file) for file in _REFERENCE_FONT_FILES] for part in (extents, small_letters)
    ]
    return [max(part_fits) for part in fits_by_part if (part_fits := [fit for fit in part if fit is not None])]


def are_letters_far_off(extents: Mapping[str, LetterExtent]) -> bool:
    """Whether of a few letters some stand elsewhere over their line than those told, and they fit them badly."""
    extents_by_reference = [
        [
            (extent, told_extent)
            for letter, extent in extents.items()
            if (told_extent := _reference_extent(letter, font_file))
        ]
        for font_file in _REFERENCE_FONT_FILES
    ]
    return all(
        len(extent_pairs) >= _LEAST_FONT_LETTERS_OF_SHORT_PAGE
        and sum(_is_letter_off(*pair) for pair in extent_pairs) >= _EXTENTS_FAR_OFF_SHARE * len(extent_pairs)
        and _extent_correlation(extent_pairs) < _LEAST_FONT_FIT_OF_SHORT_PAGE
        for extent_pairs in extents_by_reference
    )


def _is_letter_off(drawn_extent: LetterExtent, told_extent: LetterExtent) -> bool:
    return max(abs(drawn_extent.top - told_extent.top), abs(drawn_extent.bottom - told_extent.bottom)) > _EXTENT_FAR_OFF


def _fit_to_reference(extents: Mapping[str, LetterExtent], font_file: str) -> float | None:
    extent_pairs = [
        (extent, reference) for letter, extent in extents.items() if (reference := _reference_extent(letter, font_file))
    ]
    if len(extent_pairs) < _LEAST_FONT_LETTERS:
        return None
    reference_tops = [told.top for _, told in extent_pairs]
    are_tops_even = _extent_spread(reference_tops) < _EVEN_FONT_TOPS
    if _are_extents_alike([drawn for drawn, _ in extent_pairs]):
        return None
    font_fit = _extent_correlation(extent_pairs)
    return None if are_tops_even and font_fit > _VAGUE_FONT_FIT else font_fit


def _extent_correlation(extent_pairs: Sequence[tuple[LetterExtent, LetterExtent]]) -> float:
    """Of tops, bottoms and widths as drawn and as told, each over its mean; 0 where either are all alike."""
    drawn_extents, told_extents = (
        [x for column in zip(*side, strict=True) for x in _centred_extents(column)]
        for side in zip(*extent_pairs, strict=True)
    )
    extents_norm = math.sqrt(sum(x * x for x in drawn_extents) * sum(x * x for x in told_extents))
    return sum(map(mul, drawn_extents, told_extents)) / extents_norm if extents_norm else 0.0


def _are_extents_alike(extents: Collection[LetterExtent]) -> bool:
    """Whether letters have one top and one bottom, which tells nothing of them."""
    return max(_extent_spread([extent[side] for extent in extents]) for side in (0, 1)) < _ALIKE_EXTENTS


def _extent_spread(extent_values: Sequence[float]) -> float:
    return max(extent_values) - min(extent_values)


def _centred_extents(extent_values: Sequence[float]) -> Iterator[float]:
    mean_extent = math.fsum(extent_values) / len(extent_values)
    return (value - mean_extent for value in extent_values)


@lru_cache(4096)
def _reference_extent(letter: str, font_file: str) -> LetterExtent | None:
    """What DejaVu draws of a letter; None where it has none."""
    if not _COMPARED_FONT_LETTER.match(letter):
        return None
    reference_font, missing_letter_mask = _reference_font(font_file)
    letter_mask, (_, y) = reference_font.getmask2(letter, anchor="ls")
    ink_box = letter_mask.getbbox()
    if ink_box is None or bytes(letter_mask) == missing_letter_mask:
        return None
    left, top, right, bottom = (side / _REFERENCE_FONT_SIZE for side in ink_box)
    above = y / _REFERENCE_FONT_SIZE
    return LetterExtent(-above - top, -above - bottom, right - left)


@cache
def _reference_font(font_file: str) -> tuple[Any, bytes]:
    """A font of DejaVu, and what it draws for a letter that it does not have."""
    from PIL import ImageFont

    font_package = importlib.util.find_spec("matplotlib")
    font_folder = Path(font_package.origin).parent if font_package and font_package.origin else Path()
    reference_font: Any = ImageFont.truetype(
        str(font_folder / "mpl-data/fonts/ttf" / font_file),
        _REFERENCE_FONT_SIZE,
        layout_engine=ImageFont.Layout.BASIC,
    )
    return reference_font, bytes(reference_font.getmask("\uffff"))
