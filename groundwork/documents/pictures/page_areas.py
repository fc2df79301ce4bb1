"""Rectangles of a PDF's page: of the page, of what is drawn on it and of its lines of text, captions among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from groundwork.language.words import WORD

NEAR = 4.0  # points between images that are strips or tiles of one picture


class Area(NamedTuple):
    """A rectangle in points, from the lower left corner of the page."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom

    @property
    def size(self) -> float:
        return self.width * self.height

    def touches(self, other: Area, distance: float = NEAR) -> bool:
        return (
            self.left <= other.right + distance
            and other.left <= self.right + distance
            and self.bottom <= other.top + distance
            and other.bottom <= self.top + distance
        )

    def holds(self, other: Area) -> bool:
        """Does the middle of the other one lie within?"""
        x, y = (other.left + other.right) / 2, (other.bottom + other.top) / 2
        return self.left <= x <= self.right and self.bottom <= y <= self.top


class TextLine(NamedTuple):
    """A run of text on one line."""

    area: Area
    text: str

    @property
    def words(self) -> int:
        return len(WORD.findall(self.text))


def whole_page(page: Any) -> Area:
    """The page, its corner where the file has it."""
    return Area(*page.get_bbox())


def area_around(areas: Sequence[Area]) -> Area:
    lefts, bottoms, rights, tops = zip(*areas, strict=True)
    return Area(min(lefts), min(bottoms), max(rights), max(tops))


def within_page(area: Area, page_area: Area) -> Area:
    """An area in the file's coordinates, cut at the edges of the page and measured from the page's corner."""
    return Area(
        max(area.left, page_area.left) - page_area.left,
        max(area.bottom, page_area.bottom) - page_area.bottom,
        min(area.right, page_area.right) - page_area.left,
        min(area.top, page_area.top) - page_area.bottom,
    )


def area_on_page(page_object: Any) -> Area:
    """The bounds of an object of a page, or of a form in it, where the page has them."""
    left, bottom, right, top = page_object.get_bounds()
    form = page_object.container
    if form is None:
        return Area(left, bottom, right, top)
    corners = [(left, bottom), (left, top), (right, bottom), (right, top)]
    while form is not None:
        matrix = form.get_matrix()
        corners = [matrix.on_point(*corner) for corner in corners]
        form = form.container
    xs, ys = zip(*corners, strict=True)
    return Area(min(xs), min(ys), max(xs), max(ys))


def text_lines(layer: Any, page_area: Area) -> list[TextLine]:
    """The lines of a page's text layer, in its order; pieces of one line that follow each other are one."""
    lines: list[TextLine] = []
    for index in range(layer.count_rects()):
        area = Area(*layer.get_rect(index))
        if not (text := str(layer.get_text_bounded(*area)).strip()):
            continue
        area = within_page(area, page_area)
        if lines and _goes_on(lines[-1].area, area):
            previous = lines.pop()
            area, text = area_around([previous.area, area]), f"{previous.text} {text}"
        lines.append(TextLine(area, text))
    return lines


def _goes_on(previous: Area, area: Area) -> bool:
    """Does a piece of text stand on the line of the one before, a word's distance behind it?"""
    line_height = max(previous.height, area.height)
    is_level = min(previous.top, area.top) - max(previous.bottom, area.bottom) > 0.5 * min(previous.height, area.height)
    return is_level and -0.5 * line_height <= area.left - previous.right <= 0.8 * line_height


def prose_lines(lines: Sequence[TextLine], least_words: int = 7, stacked_words: int = 4) -> list[TextLine]:
    """The lines that are text: those of `least_words`, and those of `stacked_words` in three below each other."""

    def is_stacked(upper: TextLine, lower: TextLine) -> bool:
        gap = upper.area.bottom - lower.area.top
        return (
            abs(upper.area.left - lower.area.left) < 3
            and -2 < gap < max(upper.area.height, 6)
            and lower.words >= stacked_words
        )

    lines_of_text = {line: None for line in lines if line.words >= least_words}
    block: list[TextLine] = []
    for line in lines:
        if not (block and is_stacked(block[-1], line)):
            block = []
        if block or line.words >= stacked_words:
            block.append(line)
        if len(block) >= 3:
            lines_of_text |= dict.fromkeys(block)
    return list(lines_of_text)


_NUMBERED_FIGURE = re.compile(r"(?:figure|fig\.?|abbildung|abb\.|figura|рис\.|图|図)\s*[A-Z]?\d", re.IGNORECASE)
_CAPTION_ALONE = re.compile(rf"{_NUMBERED_FIGURE.pattern}[\w.]*\s*(?:[.:|–—-]|$)", re.IGNORECASE)


def begins_as_caption(line: str) -> bool:
    """Whether a line begins with a figure's number, which a sentence such as "Figure 3 shows" does too."""
    return _NUMBERED_FIGURE.match(line) is not None


def is_caption_of_figure(line: str) -> bool:
    """Whether a line begins with a figure's number and a sign behind it, as captions do and sentences do not."""
    return _CAPTION_ALONE.match(line) is not None
