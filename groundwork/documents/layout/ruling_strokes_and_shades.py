"""The straight lines and the shades that a page draws, and those of them that may be a table's or a form's."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from groundwork.documents.layout.text_lines import Box, is_number

NEAR = 2.5  # points within which two lines are one
_SIGN_WIDTH = 0.25  # of the width of a box of text, which a sign drawn in it has at the most
_TICK_BOX = 16  # points of a box to tick, at the most
_MOST_SIDES = 40  # edges after one, among which the other side of its strip is
_MOST_LINES = 2000  # lines of a page's tables; what has more is a drawing


class Stroke(NamedTuple):
    """A drawn line, flat or steep, and where the pieces end that it is drawn in."""

    x1: float
    y1: float
    x2: float
    y2: float
    ends: tuple[float, ...] = ()


class Frame(NamedTuple):
    """Drawn lines that hang together and may be a table's: the positions of rows and columns, and the lines."""

    xs: list[float]
    ys: list[float]
    flat: list[Stroke]
    steep: list[Stroke]
    has_whole_rows: bool = False  # whatever stands between two lines is one row, but for rows of numbers


class Strokes(NamedTuple):
    """The drawn lines of a page that may be a table's."""

    flat: list[Stroke]
    steep: list[Stroke]


def find_strokes(drawn: Any) -> Strokes:
    """The straight lines among liteparse's vector graphics; none where there are so many that they are a drawing."""
    segments = _segments(drawn)
    flat = _join_segments([s for s in segments if s.y2 - s.y1 < NEAR], sideways=False)
    steep = _join_segments([s for s in segments if s.x2 - s.x1 < NEAR], sideways=True)
    return _without_ticks(flat, steep) if len(flat) + len(steep) <= _MOST_LINES else Strokes([], [])


def find_frames(strokes: Strokes) -> list[Frame]:
    """What may be tables among a page's lines."""
    if len(strokes.flat) < 2:
        return []
    groups = [inner for group in _connected_groups(*strokes) for inner in _without_border(group)]
    return [frame for frame in map(_build_frame, groups) if len(frame.ys) > 1 and len(frame.xs) > 2]


def _without_ticks(flat: list[Stroke], steep: list[Stroke]) -> Strokes:
    """The lines without small squares, which are boxes to tick."""
    corners = {(round(s.x1), round(s.y1)) for s in flat if s.x2 - s.x1 <= _TICK_BOX}
    if not corners:
        return Strokes(flat, steep)
    squares = [s for s in steep if s.y2 - s.y1 <= _TICK_BOX and _begins_at_corner(s, corners)]
    squares = [s for s in squares if any(_is_square(s, steep_stroke) for steep_stroke in steep)]
    boxes = [Box(s.x1 - 1, s.y1 - 1, s.x1 + s.y2 - s.y1 + NEAR, s.y2 + 1) for s in squares]
    return Strokes([s for s in flat if not _in_any(s, boxes)], [s for s in steep if not _in_any(s, boxes)])


def _begins_at_corner(steep: Stroke, corners: set[tuple[int, int]]) -> bool:
    x, y = round(steep.x1), round(steep.y1)
    return any((x + i, y + j) in corners for i in (-1, 0, 1) for j in (-1, 0, 1))


def _is_square(left: Stroke, right: Stroke) -> bool:
    level = abs(left.y1 - right.y1) < 1 and abs(left.y2 - right.y2) < 1
    return level and abs(right.x1 - left.x1 - (left.y2 - left.y1)) < 1.5


def _in_any(stroke: Stroke, boxes: list[Box]) -> bool:
    return any(b.x1 <= stroke.x1 and stroke.x2 <= b.x2 and b.y1 <= stroke.y1 and stroke.y2 <= b.y2 for b in boxes)


# --- segments to strokes ---


def _segments(drawn: Any) -> list[Box]:
    """Drawn lines: strokes, and filled shapes so thin that they can be nothing else. A marker's stroke is thicker."""
    thin = [Box(x, y, x + w, y + h) for x, y, w, h in (s.bbox for s in drawn.shapes if s.fill) if min(w, h) < NEAR]
    edges = [line for line in drawn.lines if not line.stroke]
    return thin + [line for line in drawn.lines if line.stroke] + _strips(edges)


def _strips(edges: list[Box]) -> list[Box]:
    """Of the edges of filled shapes those that lie close to another one alongside: the sides of a thin strip."""
    strips = []
    for sideways in (False, True):
        spans = [(s.y1, s.y2, s.x1, s.x2) if sideways else (s.x1, s.x2, s.y1, s.y2) for s in edges]
        sides = sorted((lo, start, stop) for lo, hi, start, stop in spans if hi - lo < 0.1 and stop - start > 4)
        for i, (at, start, stop) in enumerate(sides):
            for k in range(i + 1, min(i + _MOST_SIDES, len(sides))):
                next_at, begin, end = sides[k]
                if next_at - at >= NEAR:
                    break
                if next_at > at and abs(begin - start) < NEAR and abs(end - stop) < NEAR:
                    strips.append(Box(start, at, stop, at) if sideways else Box(at, start, at, stop))
                    break
    return strips


def _join_segments(segments: list[Box], *, sideways: bool) -> list[Stroke]:
    """Segments of one direction, those that lie end to end as one; the shortest are no lines of a table."""
    spans = sorted((round(s.x1), s.y1, s.y2, s.x1) if sideways else (round(s.y1), s.x1, s.x2, s.y1) for s in segments)
    joined: list[tuple[float, list[float]]] = []
    previous_row = None
    for row, start, stop, at in spans:
        if previous_row == row and start <= joined[-1][1][-1] + NEAR:
            joined[-1][1].extend((start, max(stop, joined[-1][1][-1])))
        else:
            joined.append((at, [start, stop]))
        previous_row = row
    least = 4 if sideways else 8
    long_spans = [(at, ends[0], ends[-1], tuple(ends)) for at, ends in joined if ends[-1] - ends[0] > least]
    return [Stroke(at, a, at, b, ends) if sideways else Stroke(a, at, b, at, ends) for at, a, b, ends in long_spans]


# --- strokes to frames ---


def _build_frame(group: list[Stroke]) -> Frame:
    flat = [s for s in group if s.y2 - s.y1 < NEAR]
    steep = [s for s in group if s.y2 - s.y1 >= NEAR]
    reach = [s.y1 for s in steep] + [s.y2 for s in steep]
    ys = _cluster([s.y1 for s in flat] + ([min(reach), max(reach)] if reach else []))
    ends = [x for s in flat for x in s.ends]
    return Frame(_cluster([s.x1 for s in steep] + _frequent_ends(ends, len(ys))), ys, flat, steep)


def _connected_groups(flat: list[Stroke], steep: list[Stroke]) -> list[list[Stroke]]:
    """Strokes in groups that hang together: those that cross or touch the bounds of the others."""
    groups: list[tuple[Stroke, list[Stroke]]] = []
    finished: list[list[Stroke]] = []
    for stroke in sorted([*flat, *steep], key=lambda s: (s.y1, s.x1)):
        finished += [group for bounds, group in groups if bounds.y2 < stroke.y1 - NEAR]
        groups = [group for group in groups if group[0].y2 >= stroke.y1 - NEAR]
        bounds, members = stroke, [stroke]
        for group in [group for group in groups if _is_near(group[0], stroke)]:
            bounds, members = _bounds_around(bounds, group[0]), members + group[1]
            groups.remove(group)
        groups.append((bounds, members))
    return finished + [group for _, group in groups]


def _without_border(group: list[Stroke]) -> list[list[Stroke]]:
    """A group's parts within the border that is drawn around them, as around a page; the group where there is none."""
    bounds = functools.reduce(_bounds_around, group)
    border = [s for s in group if _is_side(s, bounds)]
    inner = [s for s in group if not _is_side(s, bounds)]
    if len(border) < 4 or not inner or any(_touches(s, bounds) for s in inner):
        return [group]
    pieces = _connected_groups([s for s in inner if s.y2 - s.y1 < NEAR], [s for s in inner if s.y2 - s.y1 >= NEAR])
    if not any(_is_closed(piece) for piece in pieces):
        inner_bounds = functools.reduce(_bounds_around, inner)
        return [border] if inner_bounds.x2 - inner_bounds.x1 < _SIGN_WIDTH * (bounds.x2 - bounds.x1) else [group]
    return [within for piece in pieces for within in _without_border(piece)]


def _is_side(stroke: Stroke, bounds: Stroke) -> bool:
    """Whether a stroke is a whole side of the bounds."""
    spans_width = stroke.x1 - bounds.x1 < NEAR and bounds.x2 - stroke.x2 < NEAR
    spans_height = stroke.y1 - bounds.y1 < NEAR and bounds.y2 - stroke.y2 < NEAR
    return (spans_width and (stroke.y2 - bounds.y1 < NEAR or bounds.y2 - stroke.y1 < NEAR)) or (
        spans_height and (stroke.x2 - bounds.x1 < NEAR or bounds.x2 - stroke.x1 < NEAR)
    )


def _touches(stroke: Stroke, bounds: Stroke) -> bool:
    across = stroke.x1 - bounds.x1 < NEAR or bounds.x2 - stroke.x2 < NEAR
    return across or stroke.y1 - bounds.y1 < NEAR or bounds.y2 - stroke.y2 < NEAR


def _is_closed(group: list[Stroke]) -> bool:
    """Whether lines are drawn at all four sides of a group."""
    bounds = functools.reduce(_bounds_around, group)
    return len(group) > 4 and sum(_is_side(s, bounds) for s in group) >= 4


def _is_near(bounds: Stroke, stroke: Stroke) -> bool:
    """Whether a stroke lies in or at the bounds of a group."""
    across = stroke.x1 <= bounds.x2 + NEAR and stroke.x2 >= bounds.x1 - NEAR
    return across and stroke.y1 <= bounds.y2 + NEAR and stroke.y2 >= bounds.y1 - NEAR


def _bounds_around(a: Any, b: Any) -> Any:
    return a._replace(x1=min(a.x1, b.x1), y1=min(a.y1, b.y1), x2=max(a.x2, b.x2), y2=max(a.y2, b.y2))


def _cluster(positions: Iterable[float]) -> list[float]:
    """Values in order, those nearer than a line's thickness as one."""
    clusters: list[float] = []
    for position in sorted(positions):
        if not clusters or position - clusters[-1] > NEAR:
            clusters.append(position)
    return clusters


def _frequent_ends(ends: list[float], rows: int) -> list[float]:
    """Ends that most rows share: where lines are drawn cell by cell, they show the columns."""
    ordered, least = sorted(ends), max(3, rows // 2)
    return [x for x in _cluster(ends) if bisect_left(ordered, x + NEAR) - bisect_right(ordered, x - NEAR) >= least]


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
