"""The rows of a drawn table that are parted by the shades behind them, where no line is drawn."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from groundwork.documents.layout.ruling_lines import NEAR, Frame, Stroke
from groundwork.documents.layout.text_lines import Box, is_number

_LEAST_SIDE = 6  # points of the shorter side of a shade; what is thinner is a line
_UPRIGHT = 0.1  # points across, which an upright edge has at the most
_MOST_SHADES = 300  # of one table; what has more is a drawing
_PLACES = 12  # across a table, at which the shades above and below an edge are compared
_YEAR = re.compile(r"(?:19|20)\d\d")
_VISIBLE_SHARE = 0.6  # of these places, at which they differ


class Shade(NamedTuple):
    """A filled rectangle, in points from the page's top left, and its colour."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str


def find_shades(drawn: Any) -> list[Shade]:
    """The filled rectangles of a page, in the order in which they are drawn."""
    boxes = [(s.bbox, s.fill_color or "") for s in drawn.shapes if s.fill and not s.has_curve]
    filled = [Shade(x, y, x + w, y + h, colour) for (x, y, w, h), colour in boxes if min(w, h) >= _LEAST_SIDE]
    sides = defaultdict(list)
    if filled:
        for line in drawn.lines:
            if not line.stroke and line.x2 - line.x1 < _UPRIGHT:
                sides[round(line.x1)].append((line.y1, line.y2))
    return [part for shade in filled for part in _rectangles(shade, sides)]


def _rectangles(shade: Shade, sides: Mapping[int, Sequence[tuple[float, float]]]) -> list[Shade]:
    """The rectangles below each other that one shape fills. `sides`: upright edges, by the place across the page."""
    x, heights = round(shade.x1), set()
    for top, bottom in [*sides.get(x - 1, ()), *sides.get(x, ()), *sides.get(x + 1, ())]:
        if shade.y1 - 1 < top and bottom < shade.y2 + 1 and bottom - top >= _LEAST_SIDE:
            heights.add((round(top, 1), round(bottom, 1)))
    rows = sorted(heights)
    if len(rows) < 2 or any(below[0] < above[1] + _LEAST_SIDE for above, below in pairwise(rows)):
        return [shade]
    return [shade._replace(y1=top, y2=bottom) for top, bottom in rows]


def with_shaded_rows(frame: Frame, shades: Sequence[Shade], words: Sequence[Box]) -> Frame:
    """The frame with a line wherever the shade changes from side to side between two rows above its figures; below, the
    figures tell the rows. `words`: those of the page.
    """
    left, right, top, bottom = frame.xs[0], frame.xs[-1], frame.ys[0], frame.ys[-1]
    inside = [s for s in shades if s.x1 < right and s.x2 > left and s.y1 < bottom and s.y2 > top]
    if len(frame.ys) < 3 or not 0 < len(inside) <= _MOST_SHADES:
        return frame
    levels = [y for y in sorted({y for s in inside for y in (s.y1, s.y2)}) if top + NEAR < y < bottom - NEAR]
    levels = [y for y in levels if all(abs(y - drawn) > 2 * NEAR for drawn in frame.ys)]
    inner_words = [w for w in words if frame.xs[1] < w.x1 and w.x2 < right and top < w.y1 and w.y2 < bottom]
    figures_top = min((w.y1 for w in inner_words if is_number(w.text) and not _YEAR.fullmatch(w.text)), default=bottom)
    levels = [y for y in levels if y < figures_top + 1]
    heights = [(w.y1, w.y2) for w in words if left < (w.x1 + w.x2) / 2 < right and top < w.y2 and w.y1 < bottom]
    places = [left + (right - left) * (k + 0.5) / _PLACES for k in range(_PLACES)]
    edges = [y for y in levels if not any(y1 + 1 < y < y2 - 1 for y1, y2 in heights)]
    edges = [y for y in edges if _is_visible(y, places, inside)]
    edges = edges[:1] + [y for above, y in pairwise(edges) if y - above > NEAR]
    if not edges:
        return frame
    lines = [Stroke(left, y, right, y) for y in edges]
    return frame._replace(ys=sorted([*frame.ys, *edges]), flat=[*frame.flat, *lines])


def _is_visible(y: float, places: Sequence[float], shades: Sequence[Shade]) -> bool:
    """Whether most of what is just above a level has another shade than what is just below it."""
    differing = sum(_colour(x, y - NEAR, shades) != _colour(x, y + NEAR, shades) for x in places)
    return differing >= _VISIBLE_SHARE * len(places)


def _colour(x: float, y: float, shades: Sequence[Shade]) -> str:
    return next((s.colour for s in reversed(shades) if s.x1 <= x <= s.x2 and s.y1 <= y <= s.y2), "")
