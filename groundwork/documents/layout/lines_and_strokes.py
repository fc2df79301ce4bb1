"""A page's lines with what is drawn among them: tables, lines below them, and steep lines between their words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from groundwork.documents.layout.ruling_lines import Stroke
from groundwork.documents.layout.tables.ruled_tables import Grid
from groundwork.documents.layout.text_lines import Line

_RULE_ABOVE, _RULE_BELOW = 2, 0.9  # points above the bottom of a line, and sizes below it, of a line drawn under it
_WALL_SHARE = 0.5  # of a line's size, at the least, above its bottom, through which a steep line runs
_WALL_HEIGHT = 2  # sizes of the lines it parts, at the least: a box to tick is as high as one


def page_lines(lines: Sequence[Line], grids: Sequence[Grid], strokes: Sequence[Stroke] = ()) -> list[Line]:
    """A page's lines with its drawn tables in their places, each with the lines that are drawn right below it."""
    flat = [stroke for stroke in strokes if stroke.x2 > stroke.x1]
    steep = [stroke for stroke in strokes if stroke.x2 == stroke.x1]
    lines = _with_walls(_with_underlines(lines, flat), steep)
    tables = [Line(grid.ys[0], [], grid.rows, grid.labels) for grid in grids if grid.rows or grid.labels]
    return sorted([*lines, *tables], key=lambda line: (line.main.y1 + line.y) / 2 if line.cells else line.y)


def _with_underlines(lines: Sequence[Line], strokes: Sequence[Stroke]) -> list[Line]:
    copies = list(lines)
    bottoms = [line.y for line in lines]
    for stroke in strokes:
        i = bisect_right(bottoms, stroke.y1 + _RULE_ABOVE) - 1
        if i >= 0 and stroke.y1 - bottoms[i] < _RULE_BELOW * lines[i].main.size:
            pieces = tuple(zip(stroke.ends[::2], stroke.ends[1::2], strict=False))
            copies[i] = copies[i]._replace(underlined=(*copies[i].underlined, *pieces, (stroke.x1, stroke.x2)))
    return copies


def _with_walls(lines: list[Line], strokes: Sequence[Stroke]) -> list[Line]:
    bottoms = [line.y for line in lines]
    for stroke in strokes:
        for i in range(bisect_left(bottoms, stroke.y1), bisect_right(bottoms, stroke.y2 + _RULE_ABOVE)):
            size = lines[i].main.size
            if stroke.y2 - stroke.y1 > _WALL_HEIGHT * size and bottoms[i] - stroke.y1 > _WALL_SHARE * size:
                lines[i] = lines[i]._replace(walls=(*lines[i].walls, stroke.x1))
    return lines
