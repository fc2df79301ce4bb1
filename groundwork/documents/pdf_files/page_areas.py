"""Rectangles of a PDF's page: of the page itself, of what is drawn on it, and of its lines of text."""

from __future__ import annotations

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

    def touches(self, other: Area, near: float = NEAR) -> bool:
        return (
            self.left <= other.right + near
            and other.left <= self.right + near
            and self.bottom <= other.top + near
            and other.bottom <= self.top + near
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


def within_page(area: Area, whole: Area) -> Area:
    """An area in the file's coordinates, cut at the edges of the page and measured from the page's corner."""
    return Area(
        max(area.left, whole.left) - whole.left,
        max(area.bottom, whole.bottom) - whole.bottom,
        min(area.right, whole.right) - whole.left,
        min(area.top, whole.top) - whole.bottom,
    )


def area_on_page(one: Any) -> Area:
    """The bounds of an object of a page, or of a form in it, where the page has them."""
    left, bottom, right, top = one.get_bounds()
    form = one.container
    if form is None:
        return Area(left, bottom, right, top)
    corners = [(left, bottom), (left, top), (right, bottom), (right, top)]
    while form is not None:
        matrix = form.get_matrix()
        corners = [matrix.on_point(*corner) for corner in corners]
        form = form.container
    xs, ys = zip(*corners, strict=True)
    return Area(min(xs), min(ys), max(xs), max(ys))


def text_lines(layer: Any, whole: Area) -> list[TextLine]:
    """The lines of a page's text layer, in its order; pieces of one line that follow each other are one."""
    lines: list[TextLine] = []
    for place in range(layer.count_rects()):
        area = Area(*layer.get_rect(place))
        if not (text := str(layer.get_text_bounded(*area)).strip()):
            continue
        area = within_page(area, whole)
        if lines and _goes_on(lines[-1].area, area):
            before = lines.pop()
            area, text = area_around([before.area, area]), f"{before.text} {text}"
        lines.append(TextLine(area, text))
    return lines


def _goes_on(before: Area, area: Area) -> bool:
    """Does a piece of text stand on the line of the one before, a word's distance behind it?"""
    high = max(before.height, area.height)
    level = min(before.top, area.top) - max(before.bottom, area.bottom) > 0.5 * min(before.height, area.height)
    return level and -0.5 * high <= area.left - before.right <= 0.8 * high


def prose(lines: Sequence[TextLine], least: int = 7, stacked: int = 4) -> list[TextLine]:
    """The lines that are text: those of `least` words, and those of `stacked` in three below each other."""

    def below(one: TextLine, other: TextLine) -> bool:
        gap = one.area.bottom - other.area.top
        return (
            abs(one.area.left - other.area.left) < 3 and -2 < gap < max(one.area.height, 6) and other.words >= stacked
        )

    found = {line: None for line in lines if line.words >= least}
    run: list[TextLine] = []
    for line in lines:
        if not (run and below(run[-1], line)):
            run = []
        if run or line.words >= stacked:
            run.append(line)
        if len(run) >= 3:
            found |= dict.fromkeys(run)
    return list(found)
