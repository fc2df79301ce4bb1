"""The straight lines and the shades that a page draws, and those of them that may be a table's or a form's."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from groundwork.documents.layout.text_runs_and_lines import Box, Line, Stretches, is_number

NEAR = 2.5  # points within which two lines are one
_MOST_SIGN_IN_FRAME = 0.25  # of the width of a box of text, which a sign drawn in it has at the most
_MOST_TICK_BOX = 16  # points of a box to tick, at the most
_MOST_STROKE_SIDES = 40  # edges after one, among which the other side of its strip is
_MOST_STROKES = 2000  # lines of a page's tables; what has more is a drawing


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
    stroke_segments = _stroke_segments(drawn)
    flat_strokes = _join_segments([s for s in stroke_segments if s.y2 - s.y1 < NEAR], sideways=False)
    steep_strokes = _join_segments([s for s in stroke_segments if s.x2 - s.x1 < NEAR], sideways=True)
    if len(flat_strokes) + len(steep_strokes) <= _MOST_STROKES:
        return _without_ticks(flat_strokes, steep_strokes)
    return Strokes([], [])


def find_frames(strokes: Strokes) -> list[Frame]:
    """What may be tables among a page's lines."""
    if len(strokes.flat) < 2:
        return []
    stroke_groups = [inner for group in _connected_groups(*strokes) for inner in _without_border(group)]
    return [frame for frame in map(_build_frame, stroke_groups) if len(frame.ys) > 1 and len(frame.xs) > 2]


def _without_ticks(flat_strokes: list[Stroke], steep_strokes: list[Stroke]) -> Strokes:
    """The lines without small squares, which are boxes to tick."""
    stroke_corners = {(round(s.x1), round(s.y1)) for s in flat_strokes if s.x2 - s.x1 <= _MOST_TICK_BOX}
    if not stroke_corners:
        return Strokes(flat_strokes, steep_strokes)
    tick_squares = [s for s in steep_strokes if s.y2 - s.y1 <= _MOST_TICK_BOX and _begins_at_corner(s, stroke_corners)]
    tick_squares = [s for s in tick_squares if any(_is_tick_square(s, steep_stroke) for steep_stroke in steep_strokes)]
    stroke_boxes = [Box(s.x1 - 1, s.y1 - 1, s.x1 + s.y2 - s.y1 + NEAR, s.y2 + 1) for s in tick_squares]
    return Strokes(
        [s for s in flat_strokes if not _is_stroke_in_any(s, stroke_boxes)],
        [s for s in steep_strokes if not _is_stroke_in_any(s, stroke_boxes)],
    )


def _begins_at_corner(steep_stroke: Stroke, stroke_corners: set[tuple[int, int]]) -> bool:
    x, y = round(steep_stroke.x1), round(steep_stroke.y1)
    return any((x + i, y + j) in stroke_corners for i in (-1, 0, 1) for j in (-1, 0, 1))


def _is_tick_square(left_stroke: Stroke, right_stroke: Stroke) -> bool:
    are_level = abs(left_stroke.y1 - right_stroke.y1) < 1 and abs(left_stroke.y2 - right_stroke.y2) < 1
    return are_level and abs(right_stroke.x1 - left_stroke.x1 - (left_stroke.y2 - left_stroke.y1)) < 1.5


def _is_stroke_in_any(stroke: Stroke, boxes: list[Box]) -> bool:
    return any(b.x1 <= stroke.x1 and stroke.x2 <= b.x2 and b.y1 <= stroke.y1 and stroke.y2 <= b.y2 for b in boxes)


# --- segments to strokes ---


def _stroke_segments(drawn: Any) -> list[Box]:
    """Drawn lines: strokes, and filled shapes so thin that they can be nothing else. A marker's stroke is thicker."""
    thin_shapes = [
        Box(x, y, x + w, y + h) for x, y, w, h in (s.bbox for s in drawn.shapes if s.fill) if min(w, h) < NEAR
    ]
    shape_edges = [line for line in drawn.lines if not line.stroke]
    return thin_shapes + [line for line in drawn.lines if line.stroke] + _thin_strokes(shape_edges)


def _thin_strokes(stroke_edges: list[Box]) -> list[Box]:
    """Of the edges of filled shapes those that lie close to another one alongside: the sides of a thin strip."""
    thin_strokes = []
    for sideways in (False, True):
        stroke_spans = [(s.y1, s.y2, s.x1, s.x2) if sideways else (s.x1, s.x2, s.y1, s.y2) for s in stroke_edges]
        stroke_sides = sorted(
            (lo, stroke_start, stroke_stop)
            for lo, hi, stroke_start, stroke_stop in stroke_spans
            if hi - lo < 0.1 and stroke_stop - stroke_start > 4
        )
        for i, (stroke_at, stroke_start, stroke_stop) in enumerate(stroke_sides):
            for k in range(i + 1, min(i + _MOST_STROKE_SIDES, len(stroke_sides))):
                next_stroke_at, next_stroke_start, next_stroke_stop = stroke_sides[k]
                if next_stroke_at - stroke_at >= NEAR:
                    break
                if (
                    next_stroke_at > stroke_at
                    and abs(next_stroke_start - stroke_start) < NEAR
                    and abs(next_stroke_stop - stroke_stop) < NEAR
                ):
                    thin_strokes.append(
                        Box(stroke_start, stroke_at, stroke_stop, stroke_at)
                        if sideways
                        else Box(stroke_at, stroke_start, stroke_at, stroke_stop)
                    )
                    break
    return thin_strokes


def _join_segments(segments: list[Box], *, sideways: bool) -> list[Stroke]:
    """Segments of one direction, those that lie end to end as one; the shortest are no lines of a table."""
    spans = sorted((round(s.x1), s.y1, s.y2, s.x1) if sideways else (round(s.y1), s.x1, s.x2, s.y1) for s in segments)
    joined_strokes: list[tuple[float, list[float]]] = []
    previous_stroke_level = None
    for stroke_level, stroke_start, stroke_stop, stroke_at in spans:
        if previous_stroke_level == stroke_level and stroke_start <= joined_strokes[-1][1][-1] + NEAR:
            joined_strokes[-1][1].extend((stroke_start, max(stroke_stop, joined_strokes[-1][1][-1])))
        else:
            joined_strokes.append((stroke_at, [stroke_start, stroke_stop]))
        previous_stroke_level = stroke_level
    return [
        Stroke(stroke_at, stroke_ends[0], stroke_at, stroke_ends[-1], tuple(stroke_ends))
        if sideways
        else Stroke(stroke_ends[0], stroke_at, stroke_ends[-1], stroke_at, tuple(stroke_ends))
        for stroke_at, stroke_ends in joined_strokes
        if stroke_ends[-1] - stroke_ends[0] > (4 if sideways else 8)
    ]


# --- strokes to frames ---


def _build_frame(stroke_group: list[Stroke]) -> Frame:
    flat_strokes = [s for s in stroke_group if s.y2 - s.y1 < NEAR]
    steep_strokes = [s for s in stroke_group if s.y2 - s.y1 >= NEAR]
    steep_ends = [s.y1 for s in steep_strokes] + [s.y2 for s in steep_strokes]
    row_ys = _clustered([s.y1 for s in flat_strokes] + ([min(steep_ends), max(steep_ends)] if steep_ends else []))
    flat_ends = [x for s in flat_strokes for x in s.ends]
    return Frame(
        _clustered([s.x1 for s in steep_strokes] + _frequent_stroke_ends(flat_ends, len(row_ys))),
        row_ys,
        flat_strokes,
        steep_strokes,
    )


def _connected_groups(flat_strokes: list[Stroke], steep_strokes: list[Stroke]) -> list[list[Stroke]]:
    """Strokes in groups that hang together: those that cross or touch the bounds of the others."""
    open_stroke_groups: list[tuple[Stroke, list[Stroke]]] = []
    finished_groups: list[list[Stroke]] = []
    for stroke in sorted([*flat_strokes, *steep_strokes], key=lambda s: (s.y1, s.x1)):
        finished_groups += [group for stroke_bounds, group in open_stroke_groups if stroke_bounds.y2 < stroke.y1 - NEAR]
        open_stroke_groups = [group for group in open_stroke_groups if group[0].y2 >= stroke.y1 - NEAR]
        stroke_bounds, group_strokes = stroke, [stroke]
        for group in [group for group in open_stroke_groups if _is_stroke_near(group[0], stroke)]:
            stroke_bounds, group_strokes = _stroke_bounds(stroke_bounds, group[0]), group_strokes + group[1]
            open_stroke_groups.remove(group)
        open_stroke_groups.append((stroke_bounds, group_strokes))
    return finished_groups + [group for _, group in open_stroke_groups]


def _without_border(stroke_group: list[Stroke]) -> list[list[Stroke]]:
    """A group's parts within the border that is drawn around them, as around a page; the group where there is none."""
    stroke_bounds = functools.reduce(_stroke_bounds, stroke_group)
    border_strokes = [s for s in stroke_group if _is_border_side(s, stroke_bounds)]
    inner_strokes = [s for s in stroke_group if not _is_border_side(s, stroke_bounds)]
    if len(border_strokes) < 4 or not inner_strokes or any(_touches_border(s, stroke_bounds) for s in inner_strokes):
        return [stroke_group]
    stroke_groups_inside = _connected_groups(
        [s for s in inner_strokes if s.y2 - s.y1 < NEAR], [s for s in inner_strokes if s.y2 - s.y1 >= NEAR]
    )
    if not any(_is_closed_frame(stroke_group_inside) for stroke_group_inside in stroke_groups_inside):
        inner_bounds = functools.reduce(_stroke_bounds, inner_strokes)
        if inner_bounds.x2 - inner_bounds.x1 < _MOST_SIGN_IN_FRAME * (stroke_bounds.x2 - stroke_bounds.x1):
            return [border_strokes]
        return [stroke_group]
    return [within for stroke_group_inside in stroke_groups_inside for within in _without_border(stroke_group_inside)]


def _is_border_side(stroke: Stroke, border: Stroke) -> bool:
    """Whether a stroke is a whole side of the bounds."""
    spans_width = stroke.x1 - border.x1 < NEAR and border.x2 - stroke.x2 < NEAR
    spans_height = stroke.y1 - border.y1 < NEAR and border.y2 - stroke.y2 < NEAR
    return (spans_width and (stroke.y2 - border.y1 < NEAR or border.y2 - stroke.y1 < NEAR)) or (
        spans_height and (stroke.x2 - border.x1 < NEAR or border.x2 - stroke.x1 < NEAR)
    )


def _touches_border(stroke: Stroke, border: Stroke) -> bool:
    touches_side = stroke.x1 - border.x1 < NEAR or border.x2 - stroke.x2 < NEAR
    return touches_side or stroke.y1 - border.y1 < NEAR or border.y2 - stroke.y2 < NEAR


def _is_closed_frame(stroke_group: list[Stroke]) -> bool:
    """Whether lines are drawn at all four sides of a group."""
    stroke_bounds = functools.reduce(_stroke_bounds, stroke_group)
    return len(stroke_group) > 4 and sum(_is_border_side(s, stroke_bounds) for s in stroke_group) >= 4


def _is_stroke_near(stroke_bounds: Stroke, stroke: Stroke) -> bool:
    """Whether a stroke lies in or at the bounds of a group."""
    is_within_width = stroke.x1 <= stroke_bounds.x2 + NEAR and stroke.x2 >= stroke_bounds.x1 - NEAR
    return is_within_width and stroke.y1 <= stroke_bounds.y2 + NEAR and stroke.y2 >= stroke_bounds.y1 - NEAR


def _stroke_bounds(a: Any, b: Any) -> Any:
    return a._replace(x1=min(a.x1, b.x1), y1=min(a.y1, b.y1), x2=max(a.x2, b.x2), y2=max(a.y2, b.y2))


def _clustered(stroke_positions: Iterable[float]) -> list[float]:
    """Values in order, those nearer than a line's thickness as one."""
    clustered_stroke_positions: list[float] = []
    for stroke_position in sorted(stroke_positions):
        if not clustered_stroke_positions or stroke_position - clustered_stroke_positions[-1] > NEAR:
            clustered_stroke_positions.append(stroke_position)
    return clustered_stroke_positions


def _frequent_stroke_ends(stroke_ends: list[float], row_count: int) -> list[float]:
    """Ends that most rows share: where lines are drawn cell by cell, they show the columns."""
    stroke_ends_in_order, least_shared_ends = sorted(stroke_ends), max(3, row_count // 2)
    return [
        x
        for x in _clustered(stroke_ends)
        if bisect_left(stroke_ends_in_order, x + NEAR) - bisect_right(stroke_ends_in_order, x - NEAR)
        >= least_shared_ends
    ]


_LEAST_SHADE_SIDE = 6  # points of the shorter side of a shade; what is thinner is a line
_UPRIGHT_SHADE_EDGE = 0.1  # points across, which an upright edge has at the most
_MOST_SHADES = 300  # of one table; what has more is a drawing
_SHADE_PLACES = 12  # across a table, at which the shades above and below an edge are compared
_YEAR = re.compile(r"(?:19|20)\d\d")
_VISIBLE_SHADE_SHARE = 0.6  # of these places, at which they differ


class Shade(NamedTuple):
    """A filled rectangle, in points from the page's top left, and its colour."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str


def find_shades(drawn: Any) -> list[Shade]:
    """The filled rectangles of a page, in the order in which they are drawn."""
    shade_boxes = [(s.bbox, s.fill_color or "") for s in drawn.shapes if s.fill and not s.has_curve]
    filled_shades = [
        Shade(x, y, x + w, y + h, colour) for (x, y, w, h), colour in shade_boxes if min(w, h) >= _LEAST_SHADE_SIDE
    ]
    upright_shade_edges = defaultdict(list)
    if filled_shades:
        for shade_edge in drawn.lines:
            if not shade_edge.stroke and shade_edge.x2 - shade_edge.x1 < _UPRIGHT_SHADE_EDGE:
                upright_shade_edges[round(shade_edge.x1)].append((shade_edge.y1, shade_edge.y2))
    return [shade_area for shade in filled_shades for shade_area in _shaded_rectangles(shade, upright_shade_edges)]


def _shaded_rectangles(shade: Shade, upright_shade_edges: Mapping[int, Stretches]) -> list[Shade]:
    """The rectangles below each other that one shape fills. `upright_shade_edges`: by their place across the page."""
    x, shaded_heights = round(shade.x1), set()
    for top, bottom in [
        *upright_shade_edges.get(x - 1, ()),
        *upright_shade_edges.get(x, ()),
        *upright_shade_edges.get(x + 1, ()),
    ]:
        if shade.y1 - 1 < top and bottom < shade.y2 + 1 and bottom - top >= _LEAST_SHADE_SIDE:
            shaded_heights.add((round(top, 1), round(bottom, 1)))
    shaded_rows = sorted(shaded_heights)
    if len(shaded_rows) < 2 or any(below[0] < above[1] + _LEAST_SHADE_SIDE for above, below in pairwise(shaded_rows)):
        return [shade]
    return [shade._replace(y1=top, y2=bottom) for top, bottom in shaded_rows]


def with_shaded_rows(frame: Frame, shades: Sequence[Shade], words: Sequence[Box]) -> Frame:
    """The frame with a line wherever the shade changes from side to side between two rows above its figures; below, the
    figures tell the rows. `words`: those of the page.
    """
    frame_left, frame_right, frame_top, frame_bottom = frame.xs[0], frame.xs[-1], frame.ys[0], frame.ys[-1]
    frame_shades = [
        s for s in shades if s.x1 < frame_right and s.x2 > frame_left and s.y1 < frame_bottom and s.y2 > frame_top
    ]
    if len(frame.ys) < 3 or not 0 < len(frame_shades) <= _MOST_SHADES:
        return frame
    shade_levels = [
        y for y in sorted({y for s in frame_shades for y in (s.y1, s.y2)}) if frame_top + NEAR < y < frame_bottom - NEAR
    ]
    shade_levels = [y for y in shade_levels if all(abs(y - drawn_y) > 2 * NEAR for drawn_y in frame.ys)]
    inner_words = [
        w for w in words if frame.xs[1] < w.x1 and w.x2 < frame_right and frame_top < w.y1 and w.y2 < frame_bottom
    ]
    figures_below_shades = min(
        (w.y1 for w in inner_words if is_number(w.text) and not _YEAR.fullmatch(w.text)), default=frame_bottom
    )
    shade_levels = [y for y in shade_levels if y < figures_below_shades + 1]
    word_heights = [
        (w.y1, w.y2)
        for w in words
        if frame_left < (w.x1 + w.x2) / 2 < frame_right and frame_top < w.y2 and w.y1 < frame_bottom
    ]
    shade_places = [frame_left + (frame_right - frame_left) * (k + 0.5) / _SHADE_PLACES for k in range(_SHADE_PLACES)]
    shade_edges = [y for y in shade_levels if not any(y1 + 1 < y < y2 - 1 for y1, y2 in word_heights)]
    shade_edges = [y for y in shade_edges if _is_shade_edge(y, shade_places, frame_shades)]
    shade_edges = shade_edges[:1] + [y for above, y in pairwise(shade_edges) if y - above > NEAR]
    if not shade_edges:
        return frame
    shade_strokes = [Stroke(frame_left, y, frame_right, y) for y in shade_edges]
    return frame._replace(ys=sorted([*frame.ys, *shade_edges]), flat=[*frame.flat, *shade_strokes])


def _is_shade_edge(y: float, shade_places: Sequence[float], shades: Sequence[Shade]) -> bool:
    """Whether most of what is just above a level has another shade than what is just below it."""
    differing = sum(_shade_colour(x, y - NEAR, shades) != _shade_colour(x, y + NEAR, shades) for x in shade_places)
    return differing >= _VISIBLE_SHADE_SHARE * len(shade_places)


def _shade_colour(x: float, y: float, shades: Sequence[Shade]) -> str:
    return next((s.colour for s in reversed(shades) if s.x1 <= x <= s.x2 and s.y1 <= y <= s.y2), "")


# --- strokes below and between the texts of a line ---

_UNDERLINE_ABOVE = 2  # points above the bottom of a line, of a line drawn under it
_UNDERLINE_BELOW = 0.9  # and sizes below it
_STEEP_STROKE_SHARE = 0.5  # of a line's size, at the least, above its bottom, through which a steep line runs
_STEEP_STROKE_HEIGHT = 2  # sizes of the lines it parts, at the least: a box to tick is as high as one


def lines_with_strokes(lines: Sequence[Line], strokes: Sequence[Stroke]) -> list[Line]:
    """Lines of text with the flat strokes that are drawn right below each, and the steep ones that part its texts."""
    flat_strokes = [stroke for stroke in strokes if stroke.x2 > stroke.x1]
    steep_strokes = [stroke for stroke in strokes if stroke.x2 == stroke.x1]
    return _with_steep_strokes(_with_underlines(lines, flat_strokes), steep_strokes)


def _with_underlines(lines: Sequence[Line], flat_strokes: Sequence[Stroke]) -> list[Line]:
    lines_above_strokes = list(lines)
    stroke_bottoms = [line.y for line in lines]
    for stroke in flat_strokes:
        line_index = bisect_right(stroke_bottoms, stroke.y1 + _UNDERLINE_ABOVE) - 1
        if line_index >= 0 and stroke.y1 - stroke_bottoms[line_index] < _UNDERLINE_BELOW * lines[line_index].main.size:
            underline_pieces = tuple(zip(stroke.ends[::2], stroke.ends[1::2], strict=False))
            lines_above_strokes[line_index] = lines_above_strokes[line_index]._replace(
                underlined=(*lines_above_strokes[line_index].underlined, *underline_pieces, (stroke.x1, stroke.x2))
            )
    return lines_above_strokes


def _with_steep_strokes(lines: list[Line], steep_strokes: Sequence[Stroke]) -> list[Line]:
    stroke_bottoms = [line.y for line in lines]
    for steep_stroke in steep_strokes:
        for stroke_line in range(
            bisect_left(stroke_bottoms, steep_stroke.y1),
            bisect_right(stroke_bottoms, steep_stroke.y2 + _UNDERLINE_ABOVE),
        ):
            size = lines[stroke_line].main.size
            if (
                steep_stroke.y2 - steep_stroke.y1 > _STEEP_STROKE_HEIGHT * size
                and stroke_bottoms[stroke_line] - steep_stroke.y1 > _STEEP_STROKE_SHARE * size
            ):
                lines[stroke_line] = lines[stroke_line]._replace(walls=(*lines[stroke_line].walls, steep_stroke.x1))
    return lines
