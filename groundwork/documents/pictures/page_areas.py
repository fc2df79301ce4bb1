"""Areas of a PDF's page in points, and the lines of its text with the area that each of them takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from groundwork.language.words import WORD

NEAR_AREAS = 4.0  # points between images that are strips or tiles of one picture


class PageArea(NamedTuple):
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

    def touches(self, other_area: PageArea, distance: float = NEAR_AREAS) -> bool:
        return (
            self.left <= other_area.right + distance
            and other_area.left <= self.right + distance
            and self.bottom <= other_area.top + distance
            and other_area.bottom <= self.top + distance
        )

    def holds(self, other_area: PageArea) -> bool:
        """Does the middle of the other one lie within?"""
        x, y = (other_area.left + other_area.right) / 2, (other_area.bottom + other_area.top) / 2
        return self.left <= x <= self.right and self.bottom <= y <= self.top


class AreaOfTextLine(NamedTuple):
    """A run of text on one line."""

    area: PageArea
    text: str

    @property
    def words(self) -> int:
        return len(WORD.findall(self.text))


def area_of_page(page: Any) -> PageArea:
    """The page, its corner where the file has it."""
    return PageArea(*page.get_bbox())


def area_around(areas: Sequence[PageArea]) -> PageArea:
    area_lefts, area_bottoms, area_rights, area_tops = zip(*areas, strict=True)
    return PageArea(min(area_lefts), min(area_bottoms), max(area_rights), max(area_tops))


def area_within_page(area: PageArea, page_area: PageArea) -> PageArea:
    """An area in the file's coordinates, cut at the edges of the page and measured from the page's corner."""
    return PageArea(
        max(area.left, page_area.left) - page_area.left,
        max(area.bottom, page_area.bottom) - page_area.bottom,
        min(area.right, page_area.right) - page_area.left,
        min(area.top, page_area.top) - page_area.bottom,
    )


def area_on_page(page_object: Any) -> PageArea:
    """The bounds of an object of a page, or of a form in it, where the page has them."""
    left, bottom, right, top = page_object.get_bounds()
    area_form = page_object.container
    if area_form is None:
        return PageArea(left, bottom, right, top)
    area_corners = [(left, bottom), (left, top), (right, bottom), (right, top)]
    while area_form is not None:
        area_matrix = area_form.get_matrix()
        area_corners = [area_matrix.on_point(*area_corner) for area_corner in area_corners]
        area_form = area_form.container
    xs, ys = zip(*area_corners, strict=True)
    return PageArea(min(xs), min(ys), max(xs), max(ys))


def text_lines(layer: Any, page_area: PageArea) -> list[AreaOfTextLine]:
    """The lines of a page's text layer, in its order; pieces of one line that follow each other are one."""
    lines_with_areas: list[AreaOfTextLine] = []
    for index in range(layer.count_rects()):
        area = PageArea(*layer.get_rect(index))
        if not (text := str(layer.get_text_bounded(*area)).strip()):
            continue
        area = area_within_page(area, page_area)
        if lines_with_areas and _is_area_on_same_line(lines_with_areas[-1].area, area):
            line_with_area = lines_with_areas.pop()
            area, text = area_around([line_with_area.area, area]), f"{line_with_area.text} {text}"
        lines_with_areas.append(AreaOfTextLine(area, text))
    return lines_with_areas


def _is_area_on_same_line(previous_area: PageArea, area: PageArea) -> bool:
    """Does a piece of text stand on the line of the one before, a word's distance behind it?"""
    area_height = max(previous_area.height, area.height)
    is_level_area = min(previous_area.top, area.top) - max(previous_area.bottom, area.bottom) > 0.5 * min(
        previous_area.height, area.height
    )
    return is_level_area and -0.5 * area_height <= area.left - previous_area.right <= 0.8 * area_height


def areas_of_prose_lines(
    area_lines: Sequence[AreaOfTextLine], area_words: int = 7, stacked_area_words: int = 4
) -> list[AreaOfTextLine]:
    """The lines that are text: those of `area_words`, and those of `stacked_area_words` in three below each other."""

    def is_stacked(upper_area: AreaOfTextLine, lower_area: AreaOfTextLine) -> bool:
        area_gap = upper_area.area.bottom - lower_area.area.top
        return (
            abs(upper_area.area.left - lower_area.area.left) < 3
            and -2 < area_gap < max(upper_area.area.height, 6)
            and lower_area.words >= stacked_area_words
        )

    areas_of_text = {area_line: None for area_line in area_lines if area_line.words >= area_words}
    stacked_areas: list[AreaOfTextLine] = []
    for area_line in area_lines:
        if not (stacked_areas and is_stacked(stacked_areas[-1], area_line)):
            stacked_areas = []
        if stacked_areas or area_line.words >= stacked_area_words:
            stacked_areas.append(area_line)
        if len(stacked_areas) >= 3:
            areas_of_text |= dict.fromkeys(stacked_areas)
    return list(areas_of_text)
