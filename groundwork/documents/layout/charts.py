"""Where a page shows a chart: its labels are neither a table nor sentences.

Two things tell a chart: many short strokes that slant, as a curve is drawn, and bars, which are filled shapes of one
breadth that begin at one line and end at different ones.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from groundwork.documents.layout.text_lines import Box, Run, is_bullet, is_number

_GRID_CELL = 24  # points; strokes nearer than this belong to one drawing
_CURVE_STROKES = 30  # that slant, of a curve
_LEAST_SIZE = 40, 30  # points of a chart's width and height, without its axes
_MOST_CHARTS = 30  # charts of a page
_LEAST_BARS = 4
_LINE_BREADTH = 1.5  # points; what is filled and no broader is a line, such as a cell's edge
_AXIS_NUMBERS = 3  # beside an axis
_OVERLAP = 6  # points by which they may reach into it
_MOST_WORDS = 20  # in a plot, at the most
_LABEL_LETTERS = 12  # letters of a label beside an axis
_SIDE_GAP, _FOOT_GAP = 37, 18  # points from the drawing to its labels
_LARGER = 1.25  # times the size of a chart's numbers, which bold labels have at the most
_LABEL_OVERLAP = 3  # points by which a label beside it may reach into it


def find_charts(drawn: Any, runs: Sequence[Run], fields: Sequence[Box] = ()) -> list[Box]:
    """The boxes of a page's charts, labels at their edges included, from liteparse's vector graphics.

    `fields`: where something can be typed in; what is drawn around them are no bars.
    """
    slanting = [line for line in drawn.lines if line.x2 - line.x1 > 0.3 and line.y2 - line.y1 > 0.3]
    words = [word for run in runs for word in run.words]
    drawings = [
        box for count, box in _clusters(slanting) if count >= _CURVE_STROKES and count > 4 * _within(words, box)
    ]
    shapes = [Box(x, y, x + w, y + h) for x, y, w, h in (s.bbox for s in drawn.shapes if s.fill)]
    bar_charts = _bars([shape for shape in shapes if not any(_within([field], shape) for field in fields)], words)
    drawings = sorted(filter(_is_large, [*drawings, *bar_charts]), key=_area)[-_MOST_CHARTS:]
    outlines = _outlines(drawn.shapes)
    if not drawings and not outlines:
        return []
    straight = [line for line in drawn.lines if line.x2 - line.x1 < 1 or line.y2 - line.y1 < 1]
    drawings = [
        _with_axes_and_grid(box, straight, words) if box in bar_charts else _with_axes(box, straight)
        for box in [*drawings, *_plots(outlines, straight, words)]
    ]
    boxes = _merge_boxes(drawings)
    return [_with_labels(box, runs, [other for other in boxes if other is not box]) for box in boxes]


def _is_large(box: Box) -> bool:
    return box.x2 - box.x1 > _LEAST_SIZE[0] and box.y2 - box.y1 > _LEAST_SIZE[1]


def _area(box: Box) -> float:
    return (box.x2 - box.x1) * (box.y2 - box.y1)


def _clusters(boxes: Iterable[Box]) -> list[tuple[int, Box]]:
    """Boxes that lie near each other: how many, and the box around them."""
    cells: dict[tuple[int, int], list[Box]] = defaultdict(list)
    for box in boxes:
        cells[int((box.x1 + box.x2) / 2 // _GRID_CELL), int((box.y1 + box.y2) / 2 // _GRID_CELL)].append(box)
    clusters = []
    while cells:
        pending = [next(iter(cells))]
        members: list[Box] = []
        while pending:
            column, row = pending.pop()
            members += cells.pop((column, row), [])
            neighbours = [(column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
            pending += [cell for cell in neighbours if cell in cells]
        clusters.append((len(members), _around(members)))
    return clusters


def _within(words: Sequence[Box], box: Box) -> int:
    """How many words stand in a box."""
    return sum(2 * box.x1 < w.x1 + w.x2 < 2 * box.x2 and 2 * box.y1 < w.y1 + w.y2 < 2 * box.y2 for w in words)


def _bars(shapes: Sequence[Box], words: Sequence[Box]) -> list[Box]:
    """Groups of filled shapes of one breadth that share a base and have different lengths, most without text."""
    bar_charts = []
    for sideways in (False, True):
        groups: dict[tuple[int, int], list[Box]] = defaultdict(list)
        for s in shapes:
            base, breadth = (s.x1, s.y2 - s.y1) if sideways else (s.y2, s.x2 - s.x1)
            if 3 < breadth < 80:
                groups[round(base), round(breadth)].append(s)
        for group in groups.values():
            bars = [s for s in group if (s.x2 - s.x1 if sideways else s.y2 - s.y1) > _LINE_BREADTH]
            lengths = {round(s.x2 - s.x1 if sideways else s.y2 - s.y1) for s in bars}
            if len(bars) < _LEAST_BARS or len(lengths) < _LEAST_BARS - 1:
                continue
            if sum(_within(words, bar) > 0 for bar in bars) < 0.5 * len(bars):
                bar_charts.append(_around(group))
    return bar_charts


def _outlines(shapes: Any) -> list[Box]:
    """What is drawn as one stroke and may be a curve or the frame of a plot."""
    boxes = [Box(x, y, x + w, y + h) for x, y, w, h in (s.bbox for s in shapes if s.stroke and not s.fill)]
    return sorted(filter(_is_large, boxes), key=_area)[-_MOST_CHARTS:]


def _plots(boxes: Sequence[Box], straight: Sequence[Box], words: Sequence[Box]) -> list[Box]:
    """The curves and frames of plots among outlines: those with figures along two sides."""
    numbers = [word for word in words if is_number(word.text)] if boxes else []
    if len(numbers) <= _AXIS_NUMBERS:
        return []
    plots = []
    for box in boxes:
        is_frame = any(_is_side(line, box) for line in straight)
        plot = box if is_frame else _with_axes(box, straight)
        if _is_plot(plot, numbers, _AXIS_NUMBERS if is_frame else 1) and _within(words, plot) < _MOST_WORDS:
            plots.append(box)
    return plots


def _is_side(line: Box, box: Box) -> bool:
    """Whether a straight line runs along at least half of a side of a box."""
    if line.x2 - line.x1 > line.y2 - line.y1:
        is_at_edge = min(abs(line.y1 - box.y1), abs(line.y1 - box.y2)) < 1
        return is_at_edge and 2 * (min(line.x2, box.x2) - max(line.x1, box.x1)) > box.x2 - box.x1
    is_at_edge = min(abs(line.x1 - box.x1), abs(line.x1 - box.x2)) < 1
    return is_at_edge and 2 * (min(line.y2, box.y2) - max(line.y1, box.y1)) > box.y2 - box.y1


def _is_plot(box: Box, numbers: Sequence[Box], least: int) -> bool:
    """Whether figures stand along two sides of a box, at least so many of them below it."""
    level_numbers = [n for n in numbers if box.y1 - 6 < (n.y1 + n.y2) / 2 < box.y2 + 6]
    count = sum(-_OVERLAP <= box.x1 - n.x2 < _SIDE_GAP or -_OVERLAP <= n.x1 - box.x2 < _SIDE_GAP for n in level_numbers)
    if count < _AXIS_NUMBERS:
        return False
    return least <= sum(
        box.x1 - 6 < (n.x1 + n.x2) / 2 < box.x2 + 6 and -_OVERLAP <= n.y1 - box.y2 < _FOOT_GAP for n in numbers
    )


def _with_axes_and_grid(box: Box, straight: Sequence[Box], words: Sequence[Box]) -> Box:
    """The box of bars with their axes, and the lines of the grid that these cross where no word stands between them."""
    box = _with_axes(box, straight)
    grid = _with_axes(box, straight)
    return grid if _within(words, grid) == _within(words, box) else box


def _with_axes(box: Box, straight: Sequence[Box]) -> Box:
    """A drawing's box with the lines through it: its axes and its grid."""
    width, height = box.x2 - box.x1, box.y2 - box.y1
    lines = [
        s
        for s in straight
        if s.x1 <= box.x2 + 3 and s.x2 >= box.x1 - 3 and s.y1 <= box.y2 + 3 and s.y2 >= box.y1 - 3
        if s.x2 - s.x1 < 2 * width + 40 and s.y2 - s.y1 < 2 * height + 40
    ]
    return _around([box, *lines])


def _with_labels(box: Box, runs: Sequence[Run], others: Sequence[Box]) -> Box:
    """A chart's box with the labels beside and below it, but for those that stand nearer to another chart."""
    near = [(run, gap) for run in runs if _is_label(run) and (gap := _label_gap(run, box)) < math.inf]
    labels = [run for run, gap in near if all(_label_gap(run, other) >= gap for other in others)]
    numbers = [run.size for run in labels if is_number(run.text)]
    most = _LARGER * statistics.median(numbers) if numbers else math.inf
    return _around([box, *(Box(r.x1, r.y1, r.x2, r.y2) for r in labels if r.size <= most or not r.bold)])


def _is_label(run: Run) -> bool:
    is_short = len(run.text) <= _LABEL_LETTERS and not is_bullet(run.text)
    return is_short or all(is_number(word.text) for word in run.words)


def _label_gap(run: Run, box: Box) -> float:
    """Points between a drawing and a text beside or below it; infinite where the text stands elsewhere."""
    is_level = box.y1 - 6 < (run.y1 + run.y2) / 2 < box.y2 + 6
    is_in_breadth = box.x1 - 6 < (run.x1 + run.x2) / 2 < box.x2 + 6
    gaps = [gap for gap in (box.x1 - run.x2, run.x1 - box.x2) if is_level and -_LABEL_OVERLAP <= gap < _SIDE_GAP]
    if is_in_breadth and -_OVERLAP <= run.y1 - box.y2 < _FOOT_GAP:
        gaps.append(run.y1 - box.y2)
    return max(0.0, min(gaps)) if gaps else math.inf


def _merge_boxes(boxes: Sequence[Box]) -> list[Box]:
    merged: list[Box] = []
    for box in sorted(boxes, key=lambda b: (b.y1, b.x1)):
        touching = [b for b in merged if b.x1 < box.x2 and box.x1 < b.x2 and b.y1 < box.y2 and box.y1 < b.y2]
        merged = [b for b in merged if b not in touching] + [_around([box, *touching])]
    return merged


def _around(boxes: Sequence[Box]) -> Box:
    x1, y1 = min(box.x1 for box in boxes), min(box.y1 for box in boxes)
    return Box(x1, y1, max(box.x2 for box in boxes), max(box.y2 for box in boxes))
