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

from groundwork.documents.layout.text_runs_and_lines import Box, Run, is_bullet, is_number

_CURVE_CELL = 24  # points; strokes nearer than this belong to one drawing
_CURVE_STROKES = 30  # that slant, of a curve
_LEAST_CHART_SIZE = 40, 30  # points of a chart's width and height, without its axes
_MOST_CHARTS = 30  # charts of a page
_LEAST_BARS = 4
_LEAST_BAR_LENGTH = 1.5  # points; what is filled and no broader is a line, such as a cell's edge
_AXIS_NUMBERS = 3  # beside an axis
_AXIS_NUMBER_OVERLAP = 6  # points by which they may reach into it
_MOST_PLOT_WORDS = 20  # in a plot, at the most
_CHART_LABEL_LETTERS = 12  # letters of a label beside an axis
_CHART_SIDE_GAP, _CHART_FOOT_GAP = 37, 18  # points from the drawing to its labels
_BOLD_LABEL_RATIO = 1.25  # times the size of a chart's numbers, which bold labels have at the most
_CHART_LABEL_OVERLAP = 3  # points by which a label beside it may reach into it


def find_chart_regions(drawn: Any, runs: Sequence[Run], fields: Sequence[Box] = ()) -> list[Box]:
    """The boxes of a page's charts, labels at their edges included, from liteparse's vector graphics.

    `fields`: where something can be typed in; what is drawn around them are no bars.
    """
    curve_strokes = [line for line in drawn.lines if line.x2 - line.x1 > 0.3 and line.y2 - line.y1 > 0.3]
    chart_words = [word for run in runs for word in run.words]
    chart_drawing_regions = [
        box
        for count, box in _curve_clusters(curve_strokes)
        if count >= _CURVE_STROKES and count > 4 * _count_words_in(chart_words, box)
    ]
    bar_shapes = [Box(x, y, x + w, y + h) for x, y, w, h in (s.bbox for s in drawn.shapes if s.fill)]
    bar_chart_regions = _bar_chart_regions(
        [shape for shape in bar_shapes if not any(_count_words_in([field], shape) for field in fields)], chart_words
    )
    chart_drawing_regions = sorted(
        filter(_is_chart_region_sized, [*chart_drawing_regions, *bar_chart_regions]), key=_region_area
    )[-_MOST_CHARTS:]
    plot_outlines = _plot_outlines(drawn.shapes)
    if not chart_drawing_regions and not plot_outlines:
        return []
    axis_lines = [line for line in drawn.lines if line.x2 - line.x1 < 1 or line.y2 - line.y1 < 1]
    chart_drawing_regions = [
        _with_axes_and_grid(box, axis_lines, chart_words) if box in bar_chart_regions else _with_axes(box, axis_lines)
        for box in [*chart_drawing_regions, *_outlined_plots(plot_outlines, axis_lines, chart_words)]
    ]
    chart_regions = _merge_chart_regions(chart_drawing_regions)
    return [
        _with_chart_labels(box, runs, [other_region for other_region in chart_regions if other_region is not box])
        for box in chart_regions
    ]


def _is_chart_region_sized(region: Box) -> bool:
    return region.x2 - region.x1 > _LEAST_CHART_SIZE[0] and region.y2 - region.y1 > _LEAST_CHART_SIZE[1]


def _region_area(region: Box) -> float:
    return (region.x2 - region.x1) * (region.y2 - region.y1)


def _curve_clusters(curve_strokes: Iterable[Box]) -> list[tuple[int, Box]]:
    """Boxes that lie near each other: how many, and the box around them."""
    curve_cells: dict[tuple[int, int], list[Box]] = defaultdict(list)
    for curve_stroke in curve_strokes:
        curve_cells[
            int((curve_stroke.x1 + curve_stroke.x2) / 2 // _CURVE_CELL),
            int((curve_stroke.y1 + curve_stroke.y2) / 2 // _CURVE_CELL),
        ].append(curve_stroke)
    curve_clusters = []
    while curve_cells:
        pending_curve_cells = [next(iter(curve_cells))]
        curve_cluster: list[Box] = []
        while pending_curve_cells:
            cell_column, cell_row = pending_curve_cells.pop()
            curve_cluster += curve_cells.pop((cell_column, cell_row), [])
            neighbour_curve_cells = [(cell_column + i, cell_row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
            pending_curve_cells += [cell for cell in neighbour_curve_cells if cell in curve_cells]
        curve_clusters.append((len(curve_cluster), _region_around_chart(curve_cluster)))
    return curve_clusters


def _count_words_in(page_words: Sequence[Box], region: Box) -> int:
    """How many words stand in a box."""
    return sum(
        2 * region.x1 < w.x1 + w.x2 < 2 * region.x2 and 2 * region.y1 < w.y1 + w.y2 < 2 * region.y2 for w in page_words
    )


def _bar_chart_regions(shapes: Sequence[Box], page_words: Sequence[Box]) -> list[Box]:
    """Groups of filled shapes of one breadth that share a base and have different lengths, most without text."""
    bar_chart_regions = []
    for sideways in (False, True):
        bars_by_base: dict[tuple[int, int], list[Box]] = defaultdict(list)
        for s in shapes:
            bar_base, bar_breadth = (s.x1, s.y2 - s.y1) if sideways else (s.y2, s.x2 - s.x1)
            if 3 < bar_breadth < 80:
                bars_by_base[round(bar_base), round(bar_breadth)].append(s)
        for bar_group in bars_by_base.values():
            bars = [s for s in bar_group if (s.x2 - s.x1 if sideways else s.y2 - s.y1) > _LEAST_BAR_LENGTH]
            bar_lengths = {round(s.x2 - s.x1 if sideways else s.y2 - s.y1) for s in bars}
            if len(bars) < _LEAST_BARS or len(bar_lengths) < _LEAST_BARS - 1:
                continue
            if sum(_count_words_in(page_words, bar) > 0 for bar in bars) < 0.5 * len(bars):
                bar_chart_regions.append(_region_around_chart(bar_group))
    return bar_chart_regions


def _plot_outlines(shapes: Any) -> list[Box]:
    """What is drawn as one stroke and may be a curve or the frame of a plot."""
    plot_outlines = [Box(x, y, x + w, y + h) for x, y, w, h in (s.bbox for s in shapes if s.stroke and not s.fill)]
    return sorted(filter(_is_chart_region_sized, plot_outlines), key=_region_area)[-_MOST_CHARTS:]


def _outlined_plots(outlines: Sequence[Box], straight_lines: Sequence[Box], page_words: Sequence[Box]) -> list[Box]:
    """The curves and frames of plots among outlines: those with figures along two sides."""
    axis_numbers = [word for word in page_words if is_number(word.text)] if outlines else []
    if len(axis_numbers) <= _AXIS_NUMBERS:
        return []
    plots = []
    for plot_outline in outlines:
        is_plot_frame = any(_is_plot_side(line, plot_outline) for line in straight_lines)
        plot = plot_outline if is_plot_frame else _with_axes(plot_outline, straight_lines)
        if (
            _is_plot(plot, axis_numbers, _AXIS_NUMBERS if is_plot_frame else 1)
            and _count_words_in(page_words, plot) < _MOST_PLOT_WORDS
        ):
            plots.append(plot_outline)
    return plots


def _is_plot_side(plot_line: Box, plot: Box) -> bool:
    """Whether a straight line runs along at least half of a side of a box."""
    if plot_line.x2 - plot_line.x1 > plot_line.y2 - plot_line.y1:
        is_at_plot_edge = min(abs(plot_line.y1 - plot.y1), abs(plot_line.y1 - plot.y2)) < 1
        return is_at_plot_edge and 2 * (min(plot_line.x2, plot.x2) - max(plot_line.x1, plot.x1)) > plot.x2 - plot.x1
    is_at_plot_edge = min(abs(plot_line.x1 - plot.x1), abs(plot_line.x1 - plot.x2)) < 1
    return is_at_plot_edge and 2 * (min(plot_line.y2, plot.y2) - max(plot_line.y1, plot.y1)) > plot.y2 - plot.y1


def _is_plot(plot: Box, axis_numbers: Sequence[Box], least_below: int) -> bool:
    """Whether figures stand along two sides of a box, at least so many of them below it."""
    side_axis_numbers = [n for n in axis_numbers if plot.y1 - 6 < (n.y1 + n.y2) / 2 < plot.y2 + 6]
    side_axis_count = sum(
        -_AXIS_NUMBER_OVERLAP <= plot.x1 - n.x2 < _CHART_SIDE_GAP
        or -_AXIS_NUMBER_OVERLAP <= n.x1 - plot.x2 < _CHART_SIDE_GAP
        for n in side_axis_numbers
    )
    if side_axis_count < _AXIS_NUMBERS:
        return False
    return least_below <= sum(
        plot.x1 - 6 < (n.x1 + n.x2) / 2 < plot.x2 + 6 and -_AXIS_NUMBER_OVERLAP <= n.y1 - plot.y2 < _CHART_FOOT_GAP
        for n in axis_numbers
    )


def _with_axes_and_grid(bar_region: Box, straight_lines: Sequence[Box], page_words: Sequence[Box]) -> Box:
    """The box of bars with their axes, and the lines of the grid that these cross where no word stands between them."""
    bar_region = _with_axes(bar_region, straight_lines)
    region_with_grid = _with_axes(bar_region, straight_lines)
    if _count_words_in(page_words, region_with_grid) == _count_words_in(page_words, bar_region):
        return region_with_grid
    return bar_region


def _with_axes(region: Box, straight_lines: Sequence[Box]) -> Box:
    """A drawing's box with the lines through it: its axes and its grid."""
    chart_width, chart_height = region.x2 - region.x1, region.y2 - region.y1
    axis_lines = [
        s
        for s in straight_lines
        if s.x1 <= region.x2 + 3 and s.x2 >= region.x1 - 3 and s.y1 <= region.y2 + 3 and s.y2 >= region.y1 - 3
        if s.x2 - s.x1 < 2 * chart_width + 40 and s.y2 - s.y1 < 2 * chart_height + 40
    ]
    return _region_around_chart([region, *axis_lines])


def _with_chart_labels(region: Box, runs: Sequence[Run], other_regions: Sequence[Box]) -> Box:
    """A chart's box with the labels beside and below it, but for those that stand nearer to another chart."""
    chart_labels_nearby = [
        (chart_label, chart_label_gap)
        for chart_label in runs
        if _is_chart_label(chart_label) and (chart_label_gap := _chart_label_gap(chart_label, region)) < math.inf
    ]
    chart_labels = [
        chart_label
        for chart_label, chart_label_gap in chart_labels_nearby
        if all(_chart_label_gap(chart_label, other_region) >= chart_label_gap for other_region in other_regions)
    ]
    chart_number_sizes = [chart_label.size for chart_label in chart_labels if is_number(chart_label.text)]
    largest_bold_label = _BOLD_LABEL_RATIO * statistics.median(chart_number_sizes) if chart_number_sizes else math.inf
    label_regions = [Box(*r[:4]) for r in chart_labels if r.size <= largest_bold_label or not r.bold]
    return _region_around_chart([region, *label_regions])


def _is_chart_label(chart_label: Run) -> bool:
    is_short_chart_label = len(chart_label.text) <= _CHART_LABEL_LETTERS and not is_bullet(chart_label.text)
    return is_short_chart_label or all(is_number(word.text) for word in chart_label.words)


def _chart_label_gap(chart_label: Run, region: Box) -> float:
    """Points between a drawing and a text beside or below it; infinite where the text stands elsewhere."""
    is_beside_chart = region.y1 - 6 < (chart_label.y1 + chart_label.y2) / 2 < region.y2 + 6
    is_below_chart = region.x1 - 6 < (chart_label.x1 + chart_label.x2) / 2 < region.x2 + 6
    chart_label_gaps = [
        chart_gap
        for chart_gap in (region.x1 - chart_label.x2, chart_label.x1 - region.x2)
        if is_beside_chart and -_CHART_LABEL_OVERLAP <= chart_gap < _CHART_SIDE_GAP
    ]
    if is_below_chart and -_AXIS_NUMBER_OVERLAP <= chart_label.y1 - region.y2 < _CHART_FOOT_GAP:
        chart_label_gaps.append(chart_label.y1 - region.y2)
    return max(0.0, min(chart_label_gaps)) if chart_label_gaps else math.inf


def _merge_chart_regions(regions: Sequence[Box]) -> list[Box]:
    merged_regions: list[Box] = []
    for region in sorted(regions, key=lambda b: (b.y1, b.x1)):
        touching_regions = [
            b for b in merged_regions if b.x1 < region.x2 and region.x1 < b.x2 and b.y1 < region.y2 and region.y1 < b.y2
        ]
        merged_regions = [b for b in merged_regions if b not in touching_regions] + [
            _region_around_chart([region, *touching_regions])
        ]
    return merged_regions


def _region_around_chart(chart_regions: Sequence[Box]) -> Box:
    x1, y1 = min(box.x1 for box in chart_regions), min(box.y1 for box in chart_regions)
    return Box(x1, y1, max(box.x2 for box in chart_regions), max(box.y2 for box in chart_regions))
