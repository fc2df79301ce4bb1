"""What is drawn of a letter over its baseline: by pdfium's box of it, or by the ink of the page's picture.

A bitmap font (Type 3) may give one box for all of its letters, large enough for each, which tells nothing of them; then
the page is drawn, and the ink is looked at between a letter's place and the next one's.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any, NamedTuple

_TILTED = 0.02  # of a letter's width, by which the end of its baseline stands higher: more is turned text
_LETTER_PIXELS = 40  # of a font's size in a picture
_MOST_PIXELS = 12_000_000  # of a picture
_REACH_UP, _REACH_DOWN = 0.95, 0.3  # sizes over and below the baseline in which ink is a letter's, not a line's beside
_MOST_ADVANCE = 1.6  # sizes from a letter's place to the next one's
_LEAST_CONTRAST = 80  # of 255, between ink and paper


class Extent(NamedTuple):
    """What is drawn of a letter, in font sizes: top and bottom over the baseline, and width."""

    top: float
    bottom: float
    width: float


def boxed_extent(text: Any, k: int) -> Extent | None:
    """None for a letter that does not stand upright, or of which nothing is drawn."""
    import pypdfium2.raw as pdfium

    size = _upright_size(text, k)
    _, y = letter_origin(text, k)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, k, left, right, bottom, top)
    if size <= 0 or top.value <= bottom.value:
        return None
    sides = (top.value - y, bottom.value - y, right.value - left.value)
    return Extent(*(side / size for side in sides))


def shares_glyph(text: Any, k: int) -> bool:
    """Whether a letter has its place with another one, as those of a ligature, and of a span of glyphs that has one
    text: what is drawn of it alone is not known."""
    place = letter_origin(text, k)
    return place in (letter_origin(text, k - 1), letter_origin(text, k + 1))


def inked_extents(textpage: Any, places: Mapping[str, int]) -> dict[str, Extent]:
    """What the picture of a pypdfium2 text page shows of letters, each by its number on it; not of the rightmost ones
    of lines, nor of those without ink."""
    cells = {sign: cell for sign, k in places.items() if (cell := _cell(textpage.raw, k))}
    if not cells:
        return {}
    width, height = textpage.page.get_size()
    smallest = min(size for *_, size in cells.values())
    scale = min(_LETTER_PIXELS / smallest, (_MOST_PIXELS / (width * height)) ** 0.5)
    picture = textpage.page.render(scale=scale, grayscale=True).to_pil()
    return {sign: extent for sign, cell in cells.items() if (extent := _inked_extent(picture, cell, scale, height))}


def _inked_extent(picture: Any, cell: tuple[float, float, float, float], scale: float, height: float) -> Extent | None:
    left, right, baseline, size = cell
    line = height - baseline
    corners = (left, line - _REACH_UP * size, right, line + _REACH_DOWN * size)
    part = picture.crop([round(scale * side) for side in corners])
    counts = part.histogram()
    paper = counts.index(max(counts))
    ink = part.point(lambda gray: 255 if abs(gray - paper) > _LEAST_CONTRAST else 0).getbbox()
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


def is_upright(text: Any, k: int) -> bool:
    """Whether a letter is drawn upright, neither turned nor mirrored."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, k, matrix)
    return bool(matrix.a > 0 and matrix.d > 0 and abs(matrix.b) <= _TILTED * matrix.a)


def _upright_size(text: Any, k: int) -> float:
    """The size of a letter in points; 0 for one that does not stand upright."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, k, matrix)
    size: float = pdfium.FPDFText_GetFontSize(text, k) * matrix.d
    return size if size > 0 and abs(matrix.b) <= _TILTED * abs(matrix.a) else 0.0


def letter_origin(text: Any, k: int) -> tuple[float, float]:
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text, k, x, y)
    return x.value, y.value
