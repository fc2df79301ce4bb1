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

_PROBES = 12  # letters of a page that are asked for their font
_SAMPLE = 120  # letters of a page with a new font that are looked at
_LEAST_LETTERS = 10  # different ones that a font is judged by
_LEAST_IN_WORDS = 6  # letters with another one beside them
_LEAST_FIT = 0.6  # correlation; a few odd types that tell what they draw have .41 and more, and are cleared by words
_LEAST_JOINED_FIT = 0.5  # of letters without capitals, which DejaVu draws as they stand alone
_ALIKE = 0.005  # sizes; tops and bottoms that differ less tell nothing: bars, or a box of the font for all letters
_EVEN = 0.15  # sizes by which capitals and figures differ in height
_VAGUE_FIT = 0.1  # of those: less tells, so that only what is far off is told
_FEW_LETTERS = 4  # different ones, at the least, of a page of a few words
_SHORT_PAGE = 60  # letters that such a page has not
_OFF, _OFF_SHARE = 0.2, 0.2  # sizes by which a top or a bottom is far off, and the share of letters that are
_FEW_FIT = 0.3  # correlation; words in their own letters have more in all types tried but one of old-style figures
_MOST_WORDS = 60
_NO_LETTER_SHARE = 0.5  # of a font's letters that are none
_REFERENCES = ("DejaVuSans.ttf", "DejaVuSansMono.ttf")  # proportional, and of a typewriter
_REFERENCE_SIZE = 40  # pixels
_INVISIBLE = 3  # how an OCR draws its text over a picture
_NO_LETTER = regex.compile(r"[\p{Co}\p{Cn}\p{Cc}\ufffd--[\x02\ufffe\s]]", regex.V1)  # pdfium's hyphens at a line's end
_COMPARED = regex.compile(  # not a bullet, nor Arabic, which each font draws and joins in its own way
    r"[[\p{L}--\p{Arabic}]\p{Nd}!-/:;?-@\[-_{}]", regex.V1
)
_TILTED = 0.02  # of a letter's width, by which the end of its baseline stands higher: more is turned text
_LETTER_PIXELS = 40  # of a font's size in a picture
_MOST_PIXELS = 12_000_000  # of a picture
_REACH_UP, _REACH_DOWN = 0.95, 0.3  # sizes over and below the baseline in which ink is a letter's, not a line's beside
_MOST_ADVANCE = 1.6  # sizes from a letter's place to the next one's
_LEAST_CONTRAST = 80  # of 255, between ink and paper

Font = tuple[int, str]  # where pdfium keeps it, which another may take over, and its name


class Extent(NamedTuple):
    """What is drawn of a letter, in font sizes: top and bottom over the baseline, and width."""

    top: float
    bottom: float
    width: float


def boxed_extent(raw_textpage: Any, k: int) -> Extent | None:
    """The extent of a letter by its box; None for one that does not stand upright, or of which nothing is drawn."""
    size = _upright_size(raw_textpage, k)
    _, baseline = letter_origin(raw_textpage, k)
    left, bottom, right, top = letter_box(raw_textpage, k)
    if size <= 0 or top <= bottom:
        return None
    return Extent((top - baseline) / size, (bottom - baseline) / size, (right - left) / size)


def shares_glyph(text: Any, k: int) -> bool:
    """Whether a letter has its place with another one, as those of a ligature, and of a span of glyphs that has one
    text: what is drawn of it alone is not known."""
    place = letter_origin(text, k)
    return place in (letter_origin(text, k - 1), letter_origin(text, k + 1))


def inked_extents(textpage: Any, letter_places: Mapping[str, int]) -> dict[str, Extent]:
    """What the picture of a pypdfium2 text page shows of letters, each by its number on it; not of the rightmost ones
    of lines, nor of those without ink."""
    cells = {letter: cell for letter, k in letter_places.items() if (cell := _cell(textpage.raw, k))}
    if not cells:
        return {}
    width, height = textpage.page.get_size()
    smallest = min(size for *_, size in cells.values())
    scale = min(_LETTER_PIXELS / smallest, (_MOST_PIXELS / (width * height)) ** 0.5)
    picture = textpage.page.render(scale=scale, grayscale=True).to_pil()
    return {letter: extent for letter, cell in cells.items() if (extent := _inked_extent(picture, cell, scale, height))}


def _inked_extent(picture: Any, cell: tuple[float, float, float, float], scale: float, height: float) -> Extent | None:
    left, right, baseline, size = cell
    line = height - baseline
    corners = (left, line - _REACH_UP * size, right, line + _REACH_DOWN * size)
    letter_picture = picture.crop([round(scale * side) for side in corners])
    grey_counts = letter_picture.histogram()
    paper = grey_counts.index(max(grey_counts))
    ink = letter_picture.point(lambda gray: 255 if abs(gray - paper) > _LEAST_CONTRAST else 0).getbbox()
    if ink is None:
        return None
    x1, y1, x2, y2 = (side / scale / size for side in ink)
    return Extent(_REACH_UP - y1, _REACH_UP - y2, x2 - x1)


def _cell(text: Any, k: int) -> tuple[float, float, float, float] | None:
    """Left, right, baseline and size of a letter's place up to the next one's at its right, in points."""
    size = _upright_size(text, k)
    left, baseline = letter_origin(text, k)
    for right, other_baseline in (
        letter_origin(text, k + 1),
        letter_origin(text, k - 1),
    ):  # the last for text from right to left
        if abs(other_baseline - baseline) < size / _LETTER_PIXELS and 0 < right - left < _MOST_ADVANCE * size:
            return left, right, baseline, size
    return None


def _upright_size(raw_textpage: Any, k: int) -> float:
    """The size of a letter in points; 0 for one that does not stand upright."""
    a, b, _, d = letter_matrix(raw_textpage, k)
    size = font_size_operand(raw_textpage, k) * d
    return size if size > 0 and abs(b) <= _TILTED * abs(a) else 0.0


class FontLetters:
    """What a font draws of each letter that it tells, and how many of its letters are none."""

    def __init__(self) -> None:
        self.extents: dict[str, Extent] = {}
        self.words: set[str] = set()
        self.in_words = 0  # letters with another one beside them
        self.unknown = 0  # those of them that are none
        self._places: dict[str, int] = {}  # of letters on the page that is looked at
        self._inked = False  # whether what is drawn is taken from the page's picture

    def add(self, textpage: Any, k: int) -> None:
        """With what is drawn of the letter `k` of a pypdfium2 text page."""
        letter = letter_sign(textpage.raw, k)
        is_unknown = _NO_LETTER.match(letter) is not None
        if is_unknown or (letter not in self.extents and letter not in self._places):
            self._look_at(textpage, k, letter)
        if not letter_sign(textpage.raw, k + 1).isspace():
            self.in_words += 1
            self.unknown += is_unknown and (letter in self.extents or letter in self._places)

    def _look_at(self, textpage: Any, k: int, letter: str) -> None:
        if not shares_glyph(textpage.raw, k) and (extent := boxed_extent(textpage.raw, k)):
            self._places.setdefault(letter, k)
            if not self._inked:
                self.extents[letter] = extent

    def finish_page(self, textpage: Any, *, is_short: bool) -> None:
        """Look at the picture of a page where the letters that were added from it all have one box."""
        least_letters = _FEW_LETTERS if is_short else _LEAST_LETTERS
        if not self._inked and len(self.extents) >= least_letters and _are_alike(self.extents.values()):
            self._inked, self.extents = True, {}
        if self._inked and self._places:
            self.extents |= inked_extents(textpage, self._places)
        self._places = {}

    def is_misleading(self, *, is_short: bool) -> bool:
        """Whether it draws other letters than it tells; on a short page few letters tell, where they are far off."""
        if is_short and len(self.extents) < _LEAST_LETTERS and not are_words(self.words) and are_far_off(self.extents):
            return True
        if self.in_words < _LEAST_IN_WORDS:
            return False
        if self.unknown > _NO_LETTER_SHARE * self.in_words:
            return True
        least_fit = _LEAST_FIT if any(map(_has_case, self.extents)) else _LEAST_JOINED_FIT
        return any(fit < least_fit for fit in fits(self.extents)) and not are_words(self.words)


class MisleadingFonts:
    """The fonts of one PDF that tell other letters than they draw, each judged by the pages that it stands on."""

    def __init__(self) -> None:
        self._letters: dict[Font, FontLetters] = {}
        self._misleading: set[Font] = set()

    def share(self, textpage: Any) -> float:
        """The share of a pypdfium2 text page's letters that are in such fonts."""
        probed_fonts = {font for _, font in _sample(textpage, _PROBES)}
        if not any(font not in self._letters or font in self._misleading for font in probed_fonts):
            return 0.0
        fonts = Counter(self._study(textpage))
        is_short = textpage.count_chars() < _SHORT_PAGE
        for font in fonts:
            letters = self._letters[font]
            letters.finish_page(textpage, is_short=is_short)
            is_misleading = letters.is_misleading(is_short=is_short)
            (self._misleading.add if is_misleading else self._misleading.discard)(font)
        misleading = sum(n for font, n in fonts.items() if font in self._misleading)
        return misleading / max(1, fonts.total())

    def _study(self, textpage: Any) -> list[Font]:
        """The fonts of letters all over a page, with what they draw of each added to what is known of them."""
        fonts = []
        long_words = list(LONG_WORD.finditer(textpage.get_text_range()))
        starts = [word.start() for word in long_words]
        for k, font in _sample(textpage, _SAMPLE):
            if letter_sign(textpage.raw, k).isspace() or _is_invisible(textpage, k):
                continue
            letters = self._letters.setdefault(font, FontLetters())
            letters.add(textpage, k)
            if (i := bisect_right(starts, k) - 1) >= 0 and k < long_words[i].end() and len(letters.words) < _MOST_WORDS:
                letters.words.add(long_words[i][0].casefold())
            if len(letters.extents) < _LEAST_LETTERS:
                for neighbour in range(k + 1, k + _step(textpage, _SAMPLE)):
                    if letter_font_address(textpage.raw, neighbour) == font[0]:
                        letters.add(textpage, neighbour)
            fonts.append(font)
        return fonts


def _has_case(letter: str) -> bool:
    return letter.lower() != letter.upper()


def _step(textpage: Any, most: int) -> int:
    letter_count: int = textpage.count_chars()
    return max(1, -(-letter_count // most))


def _sample(textpage: Any, most: int) -> Iterator[tuple[int, Font]]:
    """The numbers of so many letters all over a text page, each with its font."""
    font_names: dict[int, str] = {}
    for k in range(0, textpage.count_chars(), _step(textpage, most)):
        if address := letter_font_address(textpage.raw, k):
            if address not in font_names:
                font_names[address] = letter_base_font_name(textpage.raw, k)
            yield k, (address, font_names[address])


def _is_invisible(textpage: Any, k: int) -> bool:
    import pypdfium2.raw as pdfium

    mode: int = pdfium.FPDFTextObj_GetTextRenderMode(pdfium.FPDFText_GetTextObject(textpage.raw, k))
    return mode == _INVISIBLE


def fits(extents: Mapping[str, Extent]) -> list[float]:
    """How what is drawn goes together with the letters told (correlation, 1 is best): of all letters, and of the small
    ones alone, since a mapping that is out of order may keep capitals apart. Empty where too few tell."""
    small_letters = {letter: extent for letter, extent in extents.items() if letter.islower()}
    parts = [[_fit(part, file) for file in _REFERENCES] for part in (extents, small_letters)]
    return [max(part_fits) for part in parts if (part_fits := [fit for fit in part if fit is not None])]


def are_far_off(extents: Mapping[str, Extent]) -> bool:
    """Whether of a few letters some stand elsewhere over their line than those told, and they fit them badly."""
    judged = [
        [(extent, told) for letter, extent in extents.items() if (told := _reference(letter, file))]
        for file in _REFERENCES
    ]
    return all(
        len(pairs) >= _FEW_LETTERS
        and sum(_is_off(*pair) for pair in pairs) >= _OFF_SHARE * len(pairs)
        and _correlation(pairs) < _FEW_FIT
        for pairs in judged
    )


def _is_off(drawn: Extent, told: Extent) -> bool:
    return max(abs(drawn.top - told.top), abs(drawn.bottom - told.bottom)) > _OFF


def _fit(extents: Mapping[str, Extent], file: str) -> float | None:
    pairs = [(extent, reference) for letter, extent in extents.items() if (reference := _reference(letter, file))]
    if len(pairs) < _LEAST_LETTERS:
        return None
    tops = [told.top for _, told in pairs]
    is_vague = _spread(tops) < _EVEN
    if _are_alike([drawn for drawn, _ in pairs]):
        return None
    fit = _correlation(pairs)
    return None if is_vague and fit > _VAGUE_FIT else fit


def _correlation(pairs: Sequence[tuple[Extent, Extent]]) -> float:
    """Of tops, bottoms and widths as drawn and as told, each over its mean; 0 where either are all alike."""
    drawn, told = (
        [x for column in zip(*side, strict=True) for x in _centred(column)] for side in zip(*pairs, strict=True)
    )
    norm = math.sqrt(sum(x * x for x in drawn) * sum(x * x for x in told))
    return sum(map(mul, drawn, told)) / norm if norm else 0.0


def _are_alike(extents: Collection[Extent]) -> bool:
    """Whether letters have one top and one bottom, which tells nothing of them."""
    return max(_spread([extent[side] for extent in extents]) for side in (0, 1)) < _ALIKE


def _spread(extent_values: Sequence[float]) -> float:
    return max(extent_values) - min(extent_values)


def _centred(extent_values: Sequence[float]) -> Iterator[float]:
    mean = math.fsum(extent_values) / len(extent_values)
    return (value - mean for value in extent_values)


@lru_cache(4096)
def _reference(letter: str, file: str) -> Extent | None:
    """What DejaVu draws of a letter; None where it has none."""
    if not _COMPARED.match(letter):
        return None
    font, missing = _reference_font(file)
    mask, (_, y) = font.getmask2(letter, anchor="ls")
    ink = mask.getbbox()
    if ink is None or bytes(mask) == missing:
        return None
    left, top, right, bottom = (side / _REFERENCE_SIZE for side in ink)
    above = y / _REFERENCE_SIZE
    return Extent(-above - top, -above - bottom, right - left)


@cache
def _reference_font(file: str) -> tuple[Any, bytes]:
    """A font of DejaVu, and what it draws for a letter that it does not have."""
    from PIL import ImageFont

    spec = importlib.util.find_spec("matplotlib")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    font: Any = ImageFont.truetype(
        str(folder / "mpl-data/fonts/ttf" / file), _REFERENCE_SIZE, layout_engine=ImageFont.Layout.BASIC
    )
    return font, bytes(font.getmask("\uffff"))
