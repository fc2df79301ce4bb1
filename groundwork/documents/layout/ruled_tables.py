"""Tables with drawn lines, read from the lines themselves.

Engines guess a table's cells from the distances between words. Where the page draws the cells, there is nothing to
guess: the lines give rows and columns, and each word lies in one cell.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from groundwork.documents.layout.lines import Run

_NEAR = 2.5  # points within which two lines are one


class Box(NamedTuple):
    """A word or a segment, in points from the page's top left."""

    x1: float
    y1: float
    x2: float
    y2: float
    text: str = ""


class Grid(NamedTuple):
    """A drawn table: the positions of its lines and, row by row, the text of its cells, line by line."""

    xs: list[float]
    ys: list[float]
    rows: list[list[str]]

    def holds(self, box: Box | Run) -> bool:
        """Whether the middle of a box lies in the table."""
        x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]


class Frame(NamedTuple):
    """Drawn lines that hang together and may be a table's: the positions of rows and columns, and the lines."""

    xs: list[float]
    ys: list[float]
    flat: list[Box]
    steep: list[Box]


def find_frames(drawn: Any) -> list[Frame]:
    """What may be tables among liteparse's vector graphics."""
    segments = _segments(drawn)
    flat = [s for s in segments if s.y2 - s.y1 < _NEAR and s.x2 - s.x1 > 8]
    steep = [s for s in segments if s.x2 - s.x1 < _NEAR and s.y2 - s.y1 > 4]
    frames = map(_frame, _touching(flat, steep)) if len(flat) > 2 else ()
    return [frame for frame in frames if len(frame.ys) > 2 and len(frame.xs) > 2]


def find_grids(frames: Sequence[Frame], letters: list[Box]) -> list[Grid]:
    """The drawn tables of a page, from top to bottom. `letters`: its words in their places."""
    grids = [_grid(frame, letters) for frame in frames]
    return sorted((grid for grid in grids if grid), key=lambda grid: grid.ys[0])


# --- lines to cells ------------------------------------------------------------------------------------------------


def _frame(group: list[Box]) -> Frame:
    flat = [s for s in group if s.y2 - s.y1 < _NEAR]
    steep = [s for s in group if s.y2 - s.y1 >= _NEAR]
    ys = _cluster([s.y1 for s in flat])
    ends = [x for s in flat for x in (s.x1, s.x2)]
    return Frame(_cluster([s.x1 for s in steep] + _frequent(ends, len(ys))), ys, flat, steep)


def _grid(frame: Frame, letters: list[Box]) -> Grid | None:
    ys = frame.ys
    inside = [w for w in letters if ys[0] < w.y1 < ys[-1]]
    xs = [x for x in frame.xs if not _cut(x, inside)]
    if len(xs) < 3:
        return None
    rows = [["" for _ in xs[1:]] for _ in ys[1:]]
    lines: dict[tuple[int, int], list[Box]] = {}
    for letter in letters:
        row = _interval(ys, (letter.y1 + letter.y2) / 2)
        column = None if row is None else _interval(xs, (letter.x1 + letter.x2) / 2)
        if row is not None and column is not None:
            lines.setdefault((row, column), []).append(letter)
    for (row, column), inside in lines.items():
        rows[row][column] = "\n".join(line.text for line in to_lines(inside))
    return _filled(rows, frame._replace(xs=xs))


def _cut(x: float, letters: list[Box]) -> bool:
    """Whether a line at `x` would run through words, and so is no border."""
    return sum(w.x1 + 1.5 < x < w.x2 - 1.5 for w in letters) > 0.04 * len(letters) + 1


def _filled(rows: list[list[str]], frame: Frame) -> Grid | None:
    """Cells that no line parts from the one above or before hold the same; empty rows and columns are left out."""
    xs, ys, flat, steep = frame
    for i, row in enumerate(rows):
        y = (ys[i] + ys[i + 1]) / 2
        for j in range(len(row)):
            x = (xs[j] + xs[j + 1]) / 2
            above = rows[i - 1][j] if i else ""
            if (
                above
                and len(above) < 80
                and not row[j]
                and not any(abs(s.y1 - ys[i]) < _NEAR and s.x1 - 1 <= x <= s.x2 + 1 for s in flat)
            ):
                row[j] = above
            if steep and j and not row[j] and row[j - 1] and _open(steep, xs[j], y) and len(set(row[:j])) > 1:
                row[j] = row[j - 1]
    kept = [j for j in range(len(xs) - 1) if any(row[j] for row in rows)]
    table = [[row[j] for j in kept] for row in rows if any(row)]
    if len(table) < 2 or len(kept) < 2:
        return None
    return Grid(xs, ys, table)


def _open(steep: list[Box], x: float, y: float) -> bool:
    return not any(abs(s.x1 - x) < _NEAR and s.y1 - 1 <= y <= s.y2 + 1 for s in steep)


def _touching(flat: list[Box], steep: list[Box]) -> list[list[Box]]:
    """Segments in groups that hang together: flat ones of one table share a left or a right end, or are crossed."""
    groups: list[tuple[Box, list[Box]]] = []
    for segment in sorted([*flat, *steep], key=lambda s: (s.y1, s.x1)):
        near = [g for g in groups if _near(g[0], segment)]
        bounds, members = segment, [segment]
        for group in near:
            bounds, members = _around(bounds, group[0]), members + group[1]
            groups.remove(group)
        groups.append((bounds, members))
    return [members for _, members in groups]


def _near(bounds: Box, segment: Box) -> bool:
    """Whether a segment lies in or at a group: crossing it, or below it within the height of a large cell."""
    across = segment.x1 <= bounds.x2 + _NEAR and segment.x2 >= bounds.x1 - _NEAR
    touches = segment.y1 <= bounds.y2 + _NEAR and segment.y2 >= bounds.y1 - _NEAR
    return across and touches


def _around(a: Box, b: Box) -> Box:
    return Box(min(a.x1, b.x1), min(a.y1, b.y1), max(a.x2, b.x2), max(a.y2, b.y2))


def _cluster(values: Iterable[float]) -> list[float]:
    """Values in order, those nearer than a line's thickness as one."""
    out: list[float] = []
    for value in sorted(values):
        if not out or value - out[-1] > _NEAR:
            out.append(value)
    return out


def _frequent(ends: list[float], rows: int) -> list[float]:
    """Ends that most rows share: where lines are drawn cell by cell, they show the columns."""
    return [x for x in _cluster(ends) if sum(abs(x - end) < _NEAR for end in ends) >= max(3, rows // 2)]


def _interval(edges: list[float], value: float) -> int | None:
    """Which stretch between two edges holds a value; None outside of all."""
    if not edges[0] - 0.5 <= value < edges[-1] + 0.5:
        return None
    return min(max(bisect_right(edges, value + 0.5) - 1, 0), len(edges) - 2)


# --- words to lines ------------------------------------------------------------------------------------------------


def _segments(drawn: Any) -> list[Box]:
    """Drawn lines: strokes, and filled shapes so thin that they can be nothing else. A marker's stroke is thicker."""
    thin = [Box(x, y, x + w, y + h) for x, y, w, h in (s.bbox for s in drawn.shapes if s.fill) if min(w, h) < _NEAR]
    edges = [_box(line) for line in drawn.lines if not line.stroke]
    return thin + [_box(line) for line in drawn.lines if line.stroke] + _strips(edges)


def _strips(edges: list[Box]) -> list[Box]:
    """Of the edges of filled shapes those that lie close to another one alongside: the sides of a thin strip."""
    found = []
    for turned in (False, True):
        spans = [(s.y1, s.y2, s.x1, s.x2) if turned else (s.x1, s.x2, s.y1, s.y2) for s in edges]
        sides = sorted((lo, start, stop) for lo, hi, start, stop in spans if hi - lo < 0.1 and stop - start > 4)
        for i, (at, start, stop) in enumerate(sides):
            for near, begin, end in sides[i + 1 : i + 40]:
                if near - at >= _NEAR:
                    break
                if near > at and abs(begin - start) < _NEAR and abs(end - stop) < _NEAR:
                    found.append(Box(start, at, stop, at) if turned else Box(at, start, at, stop))
                    break
    return found


def _box(line: Any) -> Box:
    return Box(min(line.x1, line.x2), min(line.y1, line.y2), max(line.x1, line.x2), max(line.y1, line.y2))


def to_lines(boxes: list[Box]) -> list[Box]:
    """Boxes that share a height, joined from left to right; lines from top to bottom."""
    groups: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b.y1 + b.y2) / 2):
        middle = (box.y1 + box.y2) / 2
        if groups and abs(middle - (groups[-1][0].y1 + groups[-1][0].y2) / 2) < 0.45 * (box.y2 - box.y1):
            groups[-1].append(box)
        else:
            groups.append([box])
    return [_joined(sorted(group, key=lambda b: b.x1)) for group in groups]


def _joined(group: list[Box]) -> Box:
    bounds = functools.reduce(_around, group)
    return bounds._replace(text=" ".join(box.text.strip() for box in group))
