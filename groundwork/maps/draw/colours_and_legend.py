"""The colours and marks of the datasets in a PNG, and the legend that says what they mean."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from groundwork.maps.draw.figure_text_and_fonts import draw_fitted_text, shorten_name
from groundwork.maps.draw.scene import Scene
from groundwork.pages.palette import INK, LIGHT, MATPLOTLIB_MARKS, ORDERED_LIGHT, QUIET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIFFICULTIES = ("easy", "medium", "hard")
OTHER_COLOUR = "#9aa3ad"  # of values beyond the palette
MAX_MARKS = 5_000  # points; beyond, a mark is too small to have a shape
LEGEND_COLUMNS = 3  # of the longest names; short ones get as many as fit


class Colours(NamedTuple):
    """The colour of each point, and the legend: (value, colour, number of points)."""

    by_point: list[str]
    legend: list[tuple[str, str, int]]


def point_colours(scene: Scene) -> Colours:
    """By dataset where there are several; else by region, whose names stand on the map, by category or difficulty."""
    points = scene.points
    if len(scene.datasets) > 1:
        colour_by_value = {entry.name: LIGHT[entry.colour % len(LIGHT)] for entry in scene.datasets}
        legend = [(entry.name, colour_by_value[entry.name], entry.count) for entry in scene.datasets]
        return Colours([colour_by_value[point.dataset] for point in points], legend)
    if scene.clusters:
        return Colours([LIGHT[p.cluster % len(LIGHT)] if p.cluster >= 0 else OTHER_COLOUR for p in points], [])
    by_category = _colours_by_value([point.category for point in points], LIGHT)
    by_difficulty = _colours_by_value([point.difficulty for point in points], ORDERED_LIGHT, DIFFICULTIES)
    return by_category or by_difficulty or Colours([LIGHT[0]] * len(points), [])


def _colours_by_value(
    coloured_values: list[str], palette: list[str], first_values: Sequence[str] = ()
) -> Colours | None:
    """The colours of points with these values, the most frequent first; None where all have the same."""
    value_counts = Counter(coloured_values)
    if len(value_counts) < 2:
        return None
    most_common = [value for value, _ in value_counts.most_common() if value not in first_values]
    value_order = [*(value for value in first_values if value in value_counts), *most_common]
    padded_palette = chain(palette, repeat(OTHER_COLOUR))
    colour_by_value = dict(zip(value_order, padded_palette, strict=False))
    legend = [(value or "none", colour_by_value[value], value_counts[value]) for value in value_order]
    return Colours([colour_by_value[value] for value in coloured_values], legend)


def dataset_mark(colour: int, scene: Scene) -> str:
    is_plain = scene.kind == "tags" or len(scene.points) > MAX_MARKS
    return "o" if is_plain else MATPLOTLIB_MARKS[colour % len(MATPLOTLIB_MARKS)]


def dataset_colours(scene: Scene) -> dict[str, str]:
    return {entry.name: LIGHT[entry.colour % len(LIGHT)] for entry in scene.datasets}


def draw_head(figure: Figure, scene: Scene) -> None:
    """Title, subtitle and legend, at fixed distances from the top whatever the figure's height."""
    inch = 1 / figure.get_figheight()
    draw_fitted_text(figure, scene.title, (0.022, 1 - 0.36 * inch), 0.95, 15)
    figure.text(0.022, 1 - 0.63 * inch, scene.subtitle, fontsize=9, color=QUIET, va="center")
    legend_rows = math.ceil(len(point_colours(scene).legend) / LEGEND_COLUMNS)
    draw_legend(figure, scene, 1 - (0.78 + 0.13 * legend_rows) * inch, LEGEND_COLUMNS)


def draw_legend(figure: Figure, scene: Scene, legend_y: float, legend_columns: int) -> None:
    """What the colours mean, around a height of the figure (0..1)."""
    legend = point_colours(scene).legend
    legend_marks = {entry.name: dataset_mark(entry.colour, scene) for entry in scene.datasets}
    if legend:
        figure.legend(
            [_legend_dot(colour, legend_marks.get(dataset, "o")) for dataset, colour, _ in legend],
            [f"{shorten_name(dataset)}  {count:,}" for dataset, _, count in legend],
            loc="center left",
            bbox_to_anchor=(0.012, legend_y),
            ncols=min(len(legend), legend_columns),
            frameon=False,
            handletextpad=0.3,
            columnspacing=1.4,
            fontsize=9.5,
            labelcolor=INK,
        )


def _legend_dot(colour: str, mark: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], marker=mark, linestyle="", markersize=7, color=colour)
