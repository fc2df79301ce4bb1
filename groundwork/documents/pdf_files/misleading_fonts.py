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
_LEAST_LETTERS_IN_WORDS = 6  # letters with another one beside them
# correlation; a few odd types that tell what they draw have .41 and more, and are cleared by words
_LEAST_FONT_FIT = 0.6
_LEAST_JOINED_FIT = 0.5  # of letters without capitals, which DejaVu draws as they stand alone
# sizes; tops and bottoms that differ less tell nothing: bars, or a box of the font for all letters
_ALIKE_EXTENTS = 0.005
_EVEN_TOPS = 0.15  # sizes by which capitals and figures differ in height
_VAGUE_FIT = 0.1  # of those: less tells, so that only what is far off is told
_LEAST_SHORT_PAGE_LETTERS = 4  # different ones, at the least, of a page of a few words
_SHORT_PAGE = 60  # letters that such a page has not
_FAR_OFF, _FAR_OFF_SHARE = 0.2, 0.2  # sizes by which a top or a bottom is far off, and the share of letters that are
# correlation; words in their own letters have more in all types tried but one of old-style figures
_LEAST_SHORT_PAGE_FIT = 0.3
_MOST_FONT_WORDS = 60
_NO_LETTER_SHARE = 0.5  # of a font's letters that are none
_REFERENCE_FONT_FILES = ("DejaVuSans.ttf", "DejaVuSansMono.ttf")  # proportional, and of a typewriter
_REFERENCE_FONT_SIZE = 40  # pixels
_INVISIBLE_RENDER_MODE = 3  # how an OCR draws its text over a picture
_NO_LETTER = regex.compile(r"[\p{Co}\p{Cn}\p{Cc}\ufffd--[\x02\ufffe\s]]", regex.V1)  # pdfium's hyphens at a line's end
_COMPARED_LETTER = regex.compile(  # not a bullet, nor Arabic, which each font draws and joins in its own way
    r"[[\p{L}--\p{Arabic}]\p{Nd}!-/:;?-@\[-_{}]", regex.V1
)
_MOST_LETTER_TILT = 0.02  # of a letter's width, by which the end of its baseline stands higher: more is turned text
_INKED_LETTER_PIXELS = 40  # of a font's size in a picture
_MOST_INKED_PIXELS = 12_000_000  # of a picture
_INK_ABOVE, _INK_BELOW = 0.95, 0.3  # sizes over and below the baseline in which ink is a letter's, not a line's beside
_MOST_LETTER_ADVANCE = 1.6  # sizes from a letter's place to the next one's
_LEAST_INK_CONTRAST = 80  # of 255, between ink and paper

Font = tuple[int, str]  # where pdfium keeps it, which another may take over, and its name


class LetterExtent(NamedTuple):
    """What is drawn of a letter, in font sizes: top and bottom over the baseline, and width."""

    top: float
    bottom: float
    width: float


def boxed_extent(raw_textpage: Any, k: int) -> LetterExtent | None:
    """The extent of a letter by its box; None for one that does not stand upright, or of which nothing is drawn."""
    size = _upright_size(raw_textpage, k)
    _, baseline = letter_origin(raw_textpage, k)
    left, bottom, right, top = letter_box(raw_textpage, k)
    if size <= 0 or top <= bottom:
        return None
    return LetterExtent((top - baseline) / size, (bottom - baseline) / size, (right - left) / size)


def shares_glyph(text: Any, k: int) -> bool:
    """Whether a letter has its place with another one, as those of a ligature, and of a span of glyphs that has one
    text: what is drawn of it alone is not known."""
    place = letter_origin(text, k)
    return place in (letter_origin(text, k - 1), letter_origin(text, k + 1))


def inked_extents(textpage: Any, letter_places: Mapping[str, int]) -> dict[str, LetterExtent]:
    """What the picture of a pypdfium2 text page shows of letters, each by its number on it; not of the rightmost ones
    of lines, nor of those without ink."""
    letter_cells = {
        letter: letter_cell for letter, k in letter_places.items() if (letter_cell := _letter_cell(textpage.raw, k))
    }
    if not letter_cells:
        return {}
    page_width, page_height = textpage.page.get_size()
    smallest_size = min(size for *_, size in letter_cells.values())
    picture_scale = min(_INKED_LETTER_PIXELS / smallest_size, (_MOST_INKED_PIXELS / (page_width * page_height)) ** 0.5)
    picture = textpage.page.render(scale=picture_scale, grayscale=True).to_pil()
    return {
        letter: extent
        for letter, letter_cell in letter_cells.items()
        if (extent := _inked_extent(picture, letter_cell, picture_scale, page_height))
    }


def _inked_extent(
    picture: Any, letter_cell: tuple[float, float, float, float], picture_scale: float, page_height: float
) -> LetterExtent | None:
    left, right, baseline, size = letter_cell
    baseline_in_picture = page_height - baseline
    ink_corners = (left, baseline_in_picture - _INK_ABOVE * size, right, baseline_in_picture + _INK_BELOW * size)
    letter_picture = picture.crop([round(picture_scale * side) for side in ink_corners])
    grey_counts = letter_picture.histogram()
    paper_grey = grey_counts.index(max(grey_counts))
    ink_box = letter_picture.point(lambda gray: 255 if abs(gray - paper_grey) > _LEAST_INK_CONTRAST else 0).getbbox()
    if ink_box is None:
        return None
    x1, y1, x2, y2 = (side / picture_scale / size for side in ink_box)
    return LetterExtent(_INK_ABOVE - y1, _INK_ABOVE - y2, x2 - x1)


def _letter_cell(text: Any, k: int) -> tuple[float, float, float, float] | None:
    """Left, right, baseline and size of a letter's place up to the next one's at its right, in points."""
    size = _upright_size(text, k)
    letter_left, baseline = letter_origin(text, k)
    for next_letter_left, other_baseline in (
        letter_origin(text, k + 1),
        letter_origin(text, k - 1),
    ):  # the last for text from right to left
        if (
            abs(other_baseline - baseline) < size / _INKED_LETTER_PIXELS
            and 0 < next_letter_left - letter_left < _MOST_LETTER_ADVANCE * size
        ):
            return letter_left, next_letter_left, baseline, size
    return None


def _upright_size(raw_textpage: Any, k: int) -> float:
    """The size of a letter in points; 0 for one that does not stand upright."""
    a, b, _, d = letter_matrix(raw_textpage, k)
    size = font_size_operand(raw_textpage, k) * d
    return size if size > 0 and abs(b) <= _MOST_LETTER_TILT * abs(a) else 0.0


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
        is_no_letter = _NO_LETTER.match(letter_told) is not None
        if is_no_letter or (letter_told not in self.extents and letter_told not in self._letters_to_ink):
            self._look_at_letter(textpage, k, letter_told)
        if not letter_sign(textpage.raw, k + 1).isspace():
            self.in_words += 1
            self.unknown += is_no_letter and (letter_told in self.extents or letter_told in self._letters_to_ink)

    def _look_at_letter(self, textpage: Any, k: int, letter: str) -> None:
        if not shares_glyph(textpage.raw, k) and (extent := boxed_extent(textpage.raw, k)):
            self._letters_to_ink.setdefault(letter, k)
            if not self._is_inked:
                self.extents[letter] = extent

    def finish_page(self, textpage: Any, *, is_short: bool) -> None:
        """Look at the picture of a page where the letters that were added from it all have one box."""
        least_letters = _LEAST_SHORT_PAGE_LETTERS if is_short else _LEAST_FONT_LETTERS
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
        if self.in_words < _LEAST_LETTERS_IN_WORDS:
            return False
        if self.unknown > _NO_LETTER_SHARE * self.in_words:
            return True
        least_fit = _LEAST_FONT_FIT if any(map(_has_upper_case, self.extents)) else _LEAST_JOINED_FIT
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
            font_letters.finish_page(textpage, is_short=is_short)
            is_misleading = font_letters.is_misleading(is_short=is_short)
            (self._misleading.add if is_misleading else self._misleading.discard)(font)
        misleading_letters = sum(n for font, n in letters_by_font.items() if font in self._misleading)
        return misleading_letters / max(1, letters_by_font.total())

    def _study_page_fonts(self, textpage: Any) -> list[Font]:
        """The fonts of letters all over a page, with what they draw of each added to what is known of them."""
        letter_fonts = []
        long_words = list(LONG_WORD.finditer(textpage.get_text_range()))
        word_starts = [word.start() for word in long_words]
        for k, font in _sample_letters(textpage, _FONT_SAMPLE):
            if letter_sign(textpage.raw, k).isspace() or _is_invisible_letter(textpage, k):
                continue
            font_letters = self._letters.setdefault(font, FontLetters())
            font_letters.add(textpage, k)
            if (
                (word_index := bisect_right(word_starts, k) - 1) >= 0
                and k < long_words[word_index].end()
                and len(font_letters.words) < _MOST_FONT_WORDS
            ):
                font_letters.words.add(long_words[word_index][0].casefold())
            if len(font_letters.extents) < _LEAST_FONT_LETTERS:
                for neighbour in range(k + 1, k + _sample_step(textpage, _FONT_SAMPLE)):
                    if letter_font_address(textpage.raw, neighbour) == font[0]:
                        font_letters.add(textpage, neighbour)
            letter_fonts.append(font)
        return letter_fonts


def _has_upper_case(letter: str) -> bool:
    return letter.lower() != letter.upper()


def _sample_step(textpage: Any, most_letters: int) -> int:
    letter_count: int = textpage.count_chars()
    return max(1, -(-letter_count // most_letters))


def _sample_letters(textpage: Any, most_letters: int) -> Iterator[tuple[int, Font]]:
    """The numbers of so many letters all over a text page, each with its font."""
    font_names: dict[int, str] = {}
    for k in range(0, textpage.count_chars(), _sample_step(textpage, most_letters)):
        if font_address := letter_font_address(textpage.raw, k):
            if font_address not in font_names:
                font_names[font_address] = letter_base_font_name(textpage.raw, k)
            yield k, (font_address, font_names[font_address])


def _is_invisible_letter(textpage: Any, k: int) -> bool:
    import pypdfium2.raw as pdfium

    render_mode: int = pdfium.FPDFTextObj_GetTextRenderMode(pdfium.FPDFText_GetTextObject(textpage.raw, k))
    return render_mode == _INVISIBLE_RENDER_MODE


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
        len(extent_pairs) >= _LEAST_SHORT_PAGE_LETTERS
        and sum(_is_letter_off(*pair) for pair in extent_pairs) >= _FAR_OFF_SHARE * len(extent_pairs)
        and _extent_correlation(extent_pairs) < _LEAST_SHORT_PAGE_FIT
        for extent_pairs in extents_by_reference
    )


def _is_letter_off(drawn: LetterExtent, told: LetterExtent) -> bool:
    return max(abs(drawn.top - told.top), abs(drawn.bottom - told.bottom)) > _FAR_OFF


def _fit_to_reference(extents: Mapping[str, LetterExtent], font_file: str) -> float | None:
    extent_pairs = [
        (extent, reference) for letter, extent in extents.items() if (reference := _reference_extent(letter, font_file))
    ]
    if len(extent_pairs) < _LEAST_FONT_LETTERS:
        return None
    reference_tops = [told.top for _, told in extent_pairs]
    are_tops_even = _extent_spread(reference_tops) < _EVEN_TOPS
    if _are_extents_alike([drawn for drawn, _ in extent_pairs]):
        return None
    font_fit = _extent_correlation(extent_pairs)
    return None if are_tops_even and font_fit > _VAGUE_FIT else font_fit


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
    if not _COMPARED_LETTER.match(letter):
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

    matplotlib_spec = importlib.util.find_spec("matplotlib")
    matplotlib_folder = Path(matplotlib_spec.origin).parent if matplotlib_spec and matplotlib_spec.origin else Path()
    reference_font: Any = ImageFont.truetype(
        str(matplotlib_folder / "mpl-data/fonts/ttf" / font_file),
        _REFERENCE_FONT_SIZE,
        layout_engine=ImageFont.Layout.BASIC,
    )
    return reference_font, bytes(reference_font.getmask("\uffff"))
