"""The extents of letters, as a font draws them and as DejaVu does: top and bottom over the baseline, and width.

A bitmap font (Type 3) may give one box for all of its letters, large enough for each, which tells nothing of them; then
the page is drawn, and the ink is looked at between a letter's place and the next one's. DejaVu comes with matplotlib
and has the letters of most alphabets.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from operator import mul
from pathlib import Path
from typing import Any, NamedTuple

import regex

from groundwork.documents.pdf_files.textpage_letters import font_size_operand, letter_box, letter_matrix, letter_origin

LEAST_EXTENTS = 10  # different ones that a font is judged by
LEAST_EXTENTS_OF_SHORT_PAGE = 4  # different ones, at the least, of a page of a few words
# sizes; tops and bottoms that differ less tell nothing: bars, or a box of the font for all letters
_ALIKE_EXTENTS = 0.005
_EVEN_EXTENT_TOPS = 0.15  # sizes by which capitals and figures differ in height
_VAGUE_EXTENT_FIT = 0.1  # of those: less tells, so that only what is far off is told
# sizes by which a top or a bottom is far off, and the share of letters that are
_EXTENT_FAR_OFF, _EXTENTS_FAR_OFF_SHARE = 0.2, 0.2
# correlation; words in their own letters have more in all types tried but one of old-style figures
_LEAST_EXTENT_FIT_OF_SHORT_PAGE = 0.3
_REFERENCE_EXTENT_FONTS = ("DejaVuSans.ttf", "DejaVuSansMono.ttf")  # proportional, and of a typewriter
_REFERENCE_EXTENT_PIXELS = 40  # pixels
_COMPARED_EXTENT_LETTER = regex.compile(  # not a bullet, nor Arabic, which each font draws and joins in its own way
    r"[[\p{L}--\p{Arabic}]\p{Nd}!-/:;?-@\[-_{}]", regex.V1
)
_MOST_EXTENT_TILT = 0.02  # of a letter's width, by which the end of its baseline stands higher: more is turned text
_INKED_LETTER_PIXELS = 40  # of a font's size in a picture
_MOST_INKED_PIXELS = 12_000_000  # of a picture
_INK_ABOVE, _INK_BELOW = 0.95, 0.3  # sizes over and below the baseline in which ink is a letter's, not a line's beside
_MOST_INK_ADVANCE = 1.6  # sizes from a letter's place to the next one's
_LEAST_INK_CONTRAST = 80  # of 255, between ink and paper


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
    extent_place = letter_origin(raw_textpage, k)
    return extent_place in (letter_origin(raw_textpage, k - 1), letter_origin(raw_textpage, k + 1))


def inked_extents(textpage: Any, letters_to_ink: Mapping[str, int]) -> dict[str, LetterExtent]:
    """What the picture of a pypdfium2 text page shows of letters, each by its number on it; not of the rightmost ones
    of lines, nor of those without ink."""
    ink_cells = {letter: ink_cell for letter, k in letters_to_ink.items() if (ink_cell := _ink_cell(textpage.raw, k))}
    if not ink_cells:
        return {}
    width, height = textpage.page.get_size()
    smallest_size = min(extent_size for *_, extent_size in ink_cells.values())
    ink_scale = min(_INKED_LETTER_PIXELS / smallest_size, (_MOST_INKED_PIXELS / (width * height)) ** 0.5)
    ink_picture = textpage.page.render(scale=ink_scale, grayscale=True).to_pil()
    return {
        letter: extent
        for letter, ink_cell in ink_cells.items()
        if (extent := _inked_extent(ink_picture, ink_cell, ink_scale, height))
    }


def _inked_extent(
    ink_picture: Any, ink_cell: tuple[float, float, float, float], ink_scale: float, page_height: float
) -> LetterExtent | None:
    left, right, baseline, extent_size = ink_cell
    ink_baseline = page_height - baseline
    ink_corners = (left, ink_baseline - _INK_ABOVE * extent_size, right, ink_baseline + _INK_BELOW * extent_size)
    letter_ink = ink_picture.crop([round(ink_scale * side) for side in ink_corners])
    ink_histogram = letter_ink.histogram()
    paper_without_ink = ink_histogram.index(max(ink_histogram))
    ink_box = letter_ink.point(lambda gray: 255 if abs(gray - paper_without_ink) > _LEAST_INK_CONTRAST else 0).getbbox()
    if ink_box is None:
        return None
    x1, y1, x2, y2 = (side / ink_scale / extent_size for side in ink_box)
    return LetterExtent(_INK_ABOVE - y1, _INK_ABOVE - y2, x2 - x1)


def _ink_cell(raw_textpage: Any, k: int) -> tuple[float, float, float, float] | None:
    """Left, right, baseline and size of a letter's place up to the next one's at its right, in points."""
    ink_size = _upright_extent_size(raw_textpage, k)
    ink_left, ink_baseline = letter_origin(raw_textpage, k)
    # the letter before it, for text from right to left
    for ink_right, other_ink_baseline in (letter_origin(raw_textpage, k + 1), letter_origin(raw_textpage, k - 1)):
        if (
            abs(other_ink_baseline - ink_baseline) < ink_size / _INKED_LETTER_PIXELS
            and 0 < ink_right - ink_left < _MOST_INK_ADVANCE * ink_size
        ):
            return ink_left, ink_right, ink_baseline, ink_size
    return None


def _upright_extent_size(raw_textpage: Any, k: int) -> float:
    """The size of a letter in points; 0 for one that does not stand upright."""
    a, b, _, d = letter_matrix(raw_textpage, k)
    extent_size = font_size_operand(raw_textpage, k) * d
    return extent_size if extent_size > 0 and abs(b) <= _MOST_EXTENT_TILT * abs(a) else 0.0


def extent_fits(extents: Mapping[str, LetterExtent]) -> list[float]:
    """How what is drawn goes together with the letters told (correlation, 1 is best): of all letters, and of the small
    ones alone, since a mapping that is out of order may keep capitals apart. Empty where too few tell."""
    small_letter_extents = {letter: extent for letter, extent in extents.items() if letter.islower()}
    fits_by_part = [
        [_extent_fit_to_reference(part, file) for file in _REFERENCE_EXTENT_FONTS]
        for part in (extents, small_letter_extents)
    ]
    return [max(part_fits) for part in fits_by_part if (part_fits := [fit for fit in part if fit is not None])]


def are_extents_far_off(extents: Mapping[str, LetterExtent]) -> bool:
    """Whether of a few letters some stand elsewhere over their line than those told, and they fit them badly."""
    extents_by_reference = [
        [
            (extent, told_extent)
            for letter, extent in extents.items()
            if (told_extent := _reference_extent(letter, font_file))
        ]
        for font_file in _REFERENCE_EXTENT_FONTS
    ]
    return all(
        len(extent_pairs) >= LEAST_EXTENTS_OF_SHORT_PAGE
        and sum(_is_extent_far_off(*pair) for pair in extent_pairs) >= _EXTENTS_FAR_OFF_SHARE * len(extent_pairs)
        and _extent_correlation(extent_pairs) < _LEAST_EXTENT_FIT_OF_SHORT_PAGE
        for extent_pairs in extents_by_reference
    )


def _is_extent_far_off(drawn_extent: LetterExtent, told_extent: LetterExtent) -> bool:
    return max(abs(drawn_extent.top - told_extent.top), abs(drawn_extent.bottom - told_extent.bottom)) > _EXTENT_FAR_OFF


def _extent_fit_to_reference(extents: Mapping[str, LetterExtent], font_file: str) -> float | None:
    extent_pairs = [
        (extent, reference) for letter, extent in extents.items() if (reference := _reference_extent(letter, font_file))
    ]
    if len(extent_pairs) < LEAST_EXTENTS:
        return None
    reference_extent_tops = [told.top for _, told in extent_pairs]
    are_tops_even = _extent_spread(reference_extent_tops) < _EVEN_EXTENT_TOPS
    if are_extents_alike([drawn for drawn, _ in extent_pairs]):
        return None
    extent_fit = _extent_correlation(extent_pairs)
    return None if are_tops_even and extent_fit > _VAGUE_EXTENT_FIT else extent_fit


def _extent_correlation(extent_pairs: Sequence[tuple[LetterExtent, LetterExtent]]) -> float:
    """Of tops, bottoms and widths as drawn and as told, each over its mean; 0 where either are all alike."""
    drawn_extents, told_extents = (
        [x for column in zip(*side, strict=True) for x in _centred_extents(column)]
        for side in zip(*extent_pairs, strict=True)
    )
    extents_norm = math.sqrt(sum(x * x for x in drawn_extents) * sum(x * x for x in told_extents))
    return sum(map(mul, drawn_extents, told_extents)) / extents_norm if extents_norm else 0.0


def are_extents_alike(extents: Collection[LetterExtent]) -> bool:
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
    if not _COMPARED_EXTENT_LETTER.match(letter):
        return None
    extent_font, missing_ink_mask = _reference_extent_font(font_file)
    ink_mask, (_, y) = extent_font.getmask2(letter, anchor="ls")
    ink_box = ink_mask.getbbox()
    if ink_box is None or bytes(ink_mask) == missing_ink_mask:
        return None
    left, top, right, bottom = (side / _REFERENCE_EXTENT_PIXELS for side in ink_box)
    above = y / _REFERENCE_EXTENT_PIXELS
    return LetterExtent(-above - top, -above - bottom, right - left)


@cache
def _reference_extent_font(font_file: str) -> tuple[Any, bytes]:
    """A font of DejaVu, and what it draws for a letter that it does not have."""
    from PIL import ImageFont

    package = importlib.util.find_spec("matplotlib")
    extent_font_folder = Path(package.origin).parent if package and package.origin else Path()
    extent_font: Any = ImageFont.truetype(
        str(extent_font_folder / "mpl-data/fonts/ttf" / font_file),
        _REFERENCE_EXTENT_PIXELS,
        layout_engine=ImageFont.Layout.BASIC,
    )
    return extent_font, bytes(extent_font.getmask("\uffff"))
