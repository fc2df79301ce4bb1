"""The map as a PNG, by matplotlib, for a README or a paper.

Points and contours; with the pies of pies.py, the labels of map_labels.py and the charts of comparison_charts.py.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from groundwork.maps.draw.colours_and_legend import (
    LEGEND_COLUMNS,
    dataset_colours,
    dataset_mark,
    draw_head,
    draw_legend,
    point_colours,
)
from groundwork.maps.draw.comparison_charts import draw_charts
from groundwork.maps.draw.figure_text_and_fonts import collect_missing_glyphs, new_figure, save_png, wrap_text
from groundwork.maps.draw.map_labels import Label, place_labels, point_labels
from groundwork.maps.draw.pies import SHARED_PIE_AREA, draw_coincident_pies, draw_tag_pies, find_coincident
from groundwork.maps.draw.scene import Point, Scene
from groundwork.pages.palette import INK, LIGHT, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Size = Literal["page", "readme", "paper"]
Floats = npt.NDArray[np.floating[Any]]
FIGURE_SIZES = {"readme": (9.6, 4.8), "paper": (4.8, 3.9)}  # inches; of a paper's 3.4 it has 9-point letters as 6.4
FEW_POINTS = 1_500  # points; of more, a name covers some wherever it stands
DRAW_LAYERS = 16  # slices of the shuffled points, each drawn mark by mark
OUTERMOST_LEVEL = 0.75  # share of a dataset's points inside the widest contour that is drawn


def write_map_png(map_scene: Scene, png_path: Path, size: Size = "page") -> list[str]:
    """Draw the map of `map_scene` to `png_path`. On a "page" several datasets get their reach curves and figures beside
    it; for a "readme" (2:1) and a column of a "paper" (3.4 inches) there are map and legend alone.

    Returns what the reader has to be warned of: letters without a font.
    """
    with collect_missing_glyphs(png_path) as warnings:
        save_png(_map_figure(map_scene, size), png_path)
    return warnings


def _map_figure(map_scene: Scene, size: Size = "page") -> Figure:
    if size != "page":
        return _small_figure(map_scene, *FIGURE_SIZES[size])
    has_comparison = map_scene.numbers is not None and bool(map_scene.numbers.recommendation)
    legend_rows = math.ceil(len(point_colours(map_scene).legend) / LEGEND_COLUMNS)
    map_height = 11.4 if has_comparison else 7.6
    map_figure = new_figure(9.6, map_height)
    map_top = 1 - (0.78 + 0.26 * legend_rows) / map_height
    verdict_axes = map_scene.notes[0] if map_scene.compares == "splits" and map_scene.notes else ""
    map_bottom = 4.15 / map_height if has_comparison else (0.62 if verdict_axes else 0.15) / map_height
    _draw_map(map_figure.add_axes((0.02, map_bottom, 0.96, map_top - map_bottom)), map_scene)
    if has_comparison:
        draw_charts(map_figure, map_scene)
    elif verdict_axes:
        verdict_text = wrap_text(f"{verdict_axes[:1].upper()}{verdict_axes[1:]}", 118)
        map_figure.text(0.022, 0.42 / map_height, verdict_text, fontsize=9, color=INK, va="center", linespacing=1.35)
    draw_head(map_figure, map_scene)
    return map_figure


def _small_figure(map_scene: Scene, width: float, height: float) -> Figure:
    """The map with its legend below and nothing else: whoever puts it somewhere writes the caption."""
    map_figure = new_figure(width, height)
    columns = max(1, round(width / 2.4))
    legend_height = 0.08 + 0.24 * math.ceil(len(point_colours(map_scene).legend) / columns)
    _draw_map(map_figure.add_axes((0.01, legend_height / height, 0.98, 1 - (legend_height + 0.05) / height)), map_scene)
    draw_legend(map_figure, map_scene, 0.5 * legend_height / height, columns)
    return map_figure


def _draw_map(map_axes: Axes, map_scene: Scene) -> None:
    map_axes.set_axis_off()
    if not map_scene.points:
        map_axes.text(
            0.5, 0.5, "no questions", ha="center", va="center", color=QUIET, fontsize=12, transform=map_axes.transAxes
        )
        return
    if map_scene.kind == "tags":
        draw_tag_pies(map_axes, map_scene)
        return
    point_positions = np.array([(point.x, point.y) for point in map_scene.points])
    mark_areas = _mark_areas(map_scene.points, map_axes.figure.get_figwidth())  # type: ignore[union-attr]  # no subfigure
    _draw_contours(map_axes, map_scene)
    mark_radius = _mark_radius(map_axes, point_positions, float(mark_areas.min()))
    coincident_spots, is_coincident = find_coincident(map_scene, mark_radius)
    _draw_points(map_axes, map_scene, point_positions, mark_areas, ~is_coincident)
    map_axes.set_aspect("equal", adjustable="datalim")
    map_axes.margins(0.04)
    draw_coincident_pies(map_axes, map_scene, coincident_spots, float(mark_areas.min()) * SHARED_PIE_AREA)
    _label_regions(map_axes, map_scene, point_positions, float(mark_areas.max()) ** 0.5 / 2)


def _draw_points(
    map_axes: Axes, map_scene: Scene, point_positions: Floats, mark_areas: Floats, is_drawn: npt.NDArray[np.bool_]
) -> None:
    """A mark at each of `point_positions` (n, 2) that `is_drawn` (n,), shuffled: no dataset covers the others."""
    draw_order = np.random.default_rng(0).permutation(len(point_positions))
    draw_order = draw_order[np.argsort(mark_areas[draw_order], kind="stable")]  # the larger marks, of eval, on top
    draw_order = draw_order[is_drawn[draw_order]]
    colours, marks = np.array(point_colours(map_scene).by_point), np.array(point_marks(map_scene))
    mark_style: dict[str, Any] = {"edgecolors": "white", "zorder": 2, "alpha": 0.5, "linewidths": 0}
    if len(point_positions) < 3_000:
        mark_style |= {"alpha": 0.85, "linewidths": 0.4}
    for layer in np.array_split(draw_order, DRAW_LAYERS):
        for mark in sorted(set(marks[layer])):
            marked = layer[marks[layer] == mark]
            xs, ys = point_positions[marked].T
            map_axes.scatter(xs, ys, s=mark_areas[marked], c=colours[marked], marker=mark, **mark_style)


def _label_regions(map_axes: Axes, map_scene: Scene, point_positions: Floats, mark_radius: float) -> None:
    """The labels of the regions, the largest first; where there are none and few questions, a label at each of them."""
    if not map_scene.clusters and (dot_labels := point_labels(map_scene, mark_radius)):
        place_labels(map_axes, dot_labels, dot_labels)
        return
    by_count = sorted(map_scene.clusters, key=lambda cluster: -cluster.count)
    cluster_labels = [Label(cluster.label.replace(" · ", "\n", 1), (cluster.x, cluster.y)) for cluster in by_count]
    place_labels(map_axes, cluster_labels, points=point_positions if len(point_positions) <= FEW_POINTS else None)


def _draw_contours(map_axes: Axes, map_scene: Scene) -> None:
    """Of several datasets the lines of all together, where there are some: those of each only tangle."""
    has_several = len(map_scene.datasets) > 1
    union = [contour for contour in map_scene.contours if not contour.dataset]
    for contour in union or map_scene.contours:
        if has_several and not union and contour.level > OUTERMOST_LEVEL:
            continue
        colour = dataset_colours(map_scene)[contour.dataset] if has_several and not union else "#8a96a3"
        for contour_line in contour.lines:
            xs, ys = zip(*contour_line, strict=True)
            map_axes.plot(xs, ys, color=colour, linewidth=1.0, alpha=0.55 - 0.4 * contour.level, zorder=1)


def _mark_radius(map_axes: Axes, point_positions: Any, area: float) -> float:
    """The radius of a mark of `area` (square points) in the measure of the map."""
    axes_box = map_axes.get_window_extent()
    inches = axes_box.width / map_axes.figure.dpi, axes_box.height / map_axes.figure.dpi
    pixels_per_unit = max(
        float(axis_span) / (72 * side) for axis_span, side in zip(np.ptp(point_positions, axis=0), inches, strict=True)
    )
    return float(area**0.5 / 2 * pixels_per_unit)


def point_marks(map_scene: Scene) -> list[str]:
    """The page's own marks by dataset, so that no reader depends on colour alone; dots where there are very many.

    Of one dataset those of clusters, whose colours come again after those of the palette.
    """
    if len(map_scene.datasets) < 2 and map_scene.clusters:
        return [dataset_mark(max(point.cluster, 0) // len(LIGHT), map_scene) for point in map_scene.points]
    by_dataset = {entry.name: dataset_mark(entry.colour, map_scene) for entry in map_scene.datasets}
    return [by_dataset[point.dataset] for point in map_scene.points]


def _mark_areas(points: list[Point], width: float) -> Any:
    """The area of each mark in square points, in a picture `width` inches wide."""
    base_area = float(np.clip(14_000 / max(1, len(points)), 2.5, 42)) * width / FIGURE_SIZES["readme"][0]
    point_weights = np.array([point.weight for point in points], dtype=float)
    return (
        base_area * point_weights / max(1.0, float(np.median(point_weights)))
        if (point_weights > 1).any()
        else np.full(len(points), base_area)
    )
