"""The map as a PNG, for a README or a paper: points, contours, tags as pies, slices where datasets coincide."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from groundwork.maps.draw.png_charts import draw_curves, draw_figures, draw_verdict
from groundwork.maps.draw.png_colours_and_legend import (
    LEGEND_COLUMNS,
    collect_missing_glyphs,
    dataset_colours,
    dataset_mark,
    draw_head,
    draw_legend,
    new_figure,
    point_colours,
    save_png,
    wrap_text,
)
from groundwork.maps.draw.png_labels import Label, place_labels, point_labels
from groundwork.maps.draw.scene import Point, Scene
from groundwork.pages.palette import INK, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Size = Literal["page", "readme", "paper"]
FIGURE_SIZES = {"readme": (9.6, 4.8), "paper": (4.8, 3.9)}  # inches; of a paper's 3.4 it has 9-point letters as 6.4
SHARED_AREA = 1.7  # of a sliced mark, to that of a single one
MAX_TAG_LABELS = 60
FEW_POINTS = 1_500  # points; of more, a name covers some wherever it stands
DRAW_LAYERS = 16  # slices of the shuffled points, each drawn mark by mark
OUTERMOST_LEVEL = 0.75  # share of a dataset's points inside the widest contour that is drawn

MAX_COINCIDENT = 5_000  # points; of more, the marks are too small for slices


def write_map_png(scene: Scene, path: Path, size: Size = "page") -> list[str]:
    """Draw the map of `scene` to `path`. On a "page" several datasets get their reach curves and figures beside it;
    for a "readme" (2:1) and a column of a "paper" (3.4 inches) there are map and legend alone.

    Returns what the reader has to be warned of: letters without a font.
    """
    with collect_missing_glyphs(path) as warnings:
        save_png(_map_figure(scene, size), path)
    return warnings


def _map_figure(scene: Scene, size: Size = "page") -> Figure:
    if size != "page":
        return _small_figure(scene, *FIGURE_SIZES[size])
    has_comparison = scene.numbers is not None and bool(scene.numbers.recommendation)
    rows = math.ceil(len(point_colours(scene).legend) / LEGEND_COLUMNS)
    height = 11.4 if has_comparison else 7.6
    figure = new_figure(9.6, height)
    top = 1 - (0.78 + 0.26 * rows) / height
    verdict = scene.notes[0] if scene.compares == "splits" and scene.notes else ""
    bottom = 4.15 / height if has_comparison else (0.62 if verdict else 0.15) / height
    _draw_map(figure.add_axes((0.02, bottom, 0.96, top - bottom)), scene)
    if has_comparison:  # under the map, so that letters keep their size where the picture is shown 800 pixels wide
        draw_verdict(figure.add_axes((0.022, 2.0 / height, 0.5, 1.95 / height)), scene)
        draw_figures(figure.add_axes((0.022, 0.15 / height, 0.5, 1.75 / height)), scene)
        draw_curves(figure.add_axes((0.6, 0.6 / height, 0.38, 3.1 / height)), scene)
    elif verdict:
        text = wrap_text(f"{verdict[:1].upper()}{verdict[1:]}", 118)
        figure.text(0.022, 0.42 / height, text, fontsize=9, color=INK, va="center", linespacing=1.35)
    draw_head(figure, scene)
    return figure


def _small_figure(scene: Scene, width: float, height: float) -> Figure:
    """The map with its legend below and nothing else: whoever puts it somewhere writes the caption."""
    figure = new_figure(width, height)
    columns = max(1, round(width / 2.4))
    legend_height = 0.08 + 0.24 * math.ceil(len(point_colours(scene).legend) / columns)
    _draw_map(figure.add_axes((0.01, legend_height / height, 0.98, 1 - (legend_height + 0.05) / height)), scene)
    draw_legend(figure, scene, 0.5 * legend_height / height, columns)
    return figure


def _draw_map(axes: Axes, scene: Scene) -> None:
    points = scene.points
    axes.set_axis_off()
    if not points:
        axes.text(
            0.5, 0.5, "no questions", ha="center", va="center", color=QUIET, fontsize=12, transform=axes.transAxes
        )
        return
    if scene.kind == "tags":
        _draw_tags(axes, scene)
        return
    positions = np.array([(point.x, point.y) for point in points])
    areas = _mark_areas(points, axes.figure.get_figwidth())  # type: ignore[union-attr]  # no subfigure
    _draw_contours(axes, scene)
    # In a shuffled order, so that the dataset drawn last does not cover the others.
    draw_order = np.random.default_rng(0).permutation(len(points))
    draw_order = draw_order[np.argsort(areas[draw_order], kind="stable")]  # the larger marks, of eval, on top
    colours, marks = np.array(point_colours(scene).by_point), np.array(_point_marks(scene))
    shared, is_coincident = find_coincident(scene, _mark_radius(axes, positions, float(areas.min())))
    draw_order = draw_order[~is_coincident[draw_order]]
    for layer in np.array_split(draw_order, DRAW_LAYERS):
        for mark in sorted(set(marks[layer])):
            rows = layer[marks[layer] == mark]
            axes.scatter(
                positions[rows, 0],
                positions[rows, 1],
                s=areas[rows],
                c=colours[rows],
                marker=mark,
                alpha=0.85 if len(points) < 3_000 else 0.5,
                linewidths=0.4 if len(points) < 3_000 else 0,
                edgecolors="white",
                zorder=2,
            )
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    _draw_shared(axes, scene, shared, float(areas.min()) * SHARED_AREA)
    if not scene.clusters and (dot_labels := point_labels(scene, float(areas.max()) ** 0.5 / 2)):
        place_labels(axes, dot_labels, dot_labels)
        return
    by_count = sorted(scene.clusters, key=lambda cluster: -cluster.count)
    cluster_labels = [Label(cluster.label.replace(" · ", "\n", 1), (cluster.x, cluster.y)) for cluster in by_count]
    place_labels(axes, cluster_labels, points=positions if len(positions) <= FEW_POINTS else None)


def _draw_contours(axes: Axes, scene: Scene) -> None:
    """Of several datasets the lines of all together, where there are some: those of each only tangle."""
    has_several = len(scene.datasets) > 1
    union = [contour for contour in scene.contours if not contour.dataset]
    for contour in union or scene.contours:
        if has_several and not union and contour.level > OUTERMOST_LEVEL:
            continue
        colour = dataset_colours(scene)[contour.dataset] if has_several and not union else "#8a96a3"
        for line in contour.lines:
            xs, ys = zip(*line, strict=True)
            axes.plot(xs, ys, color=colour, linewidth=1.0, alpha=0.55 - 0.4 * contour.level, zorder=1)


def _mark_radius(axes: Axes, positions: Any, area: float) -> float:
    """The radius of a mark of `area` (square points) in the measure of the map."""
    box = axes.get_window_extent()
    inches = box.width / axes.figure.dpi, box.height / axes.figure.dpi
    scale = max(float(span) / (72 * side) for span, side in zip(np.ptp(positions, axis=0), inches, strict=True))
    return float(area**0.5 / 2 * scale)


def _draw_shared(axes: Axes, scene: Scene, shared: list[CoincidentSpot], area: float) -> None:
    """A mark of slices where questions of several datasets coincide."""
    colour_of = dataset_colours(scene)
    for spot in shared:
        edges = np.cumsum([0.0, *spot.counts.values()]) / sum(spot.counts.values())
        for dataset, start, end in zip(spot.counts, edges, edges[1:], strict=False):
            outline = sector_outline(float(start), float(end))
            axes.scatter(
                spot.x, spot.y, marker=outline, s=area * np.abs(outline).max() ** 2, color=colour_of[dataset],
                linewidths=0.3, edgecolors="white", zorder=3,
            )  # fmt: skip


def _draw_tags(axes: Axes, scene: Scene) -> None:
    """A pie a tag: its area the number of questions, its sectors the shares of each dataset's questions."""
    tags: dict[str, list[Point]] = {}
    for point in scene.points:
        tags.setdefault(point.question, []).append(point)
    weight_of = {tag: sum(point.weight for point in tag_points) for tag, tag_points in tags.items()}
    position_of = {
        tag: np.mean([(point.x, point.y) for point in tag_points], axis=0) for tag, tag_points in tags.items()
    }
    size_of = {entry.name: max(1, entry.count) for entry in scene.datasets}
    colour_of = dataset_colours(scene)
    by_weight = sorted(tags, key=lambda tag: (-weight_of[tag], tag))
    heaviest = max(weight_of.values())
    area_of = {tag: 40 + 1_400 * (weight_of[tag] / heaviest) ** 0.8 for tag in by_weight}
    for tag in by_weight:  # the small ones on top
        area = area_of[tag]
        shares = [point.weight / size_of[point.dataset] for point in tags[tag]]
        sector_edges = np.cumsum([0.0, *shares]) / sum(shares)
        for point, start, end in zip(tags[tag], sector_edges, sector_edges[1:], strict=False):
            outline = sector_outline(float(start), float(end))
            axes.scatter(
                position_of[tag][0],
                position_of[tag][1],
                marker=outline,
                s=area * np.abs(outline).max() ** 2,
                color=colour_of[point.dataset],
                alpha=0.9,
                linewidths=0.5,
                edgecolors="white",
                zorder=2,
            )
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.06)
    labels = [Label(tag, tuple(position_of[tag]), radius=area_of[tag] ** 0.5 / 2) for tag in by_weight]
    place_labels(axes, labels[:MAX_TAG_LABELS], labels)


def _point_marks(scene: Scene) -> list[str]:
    """The page's own marks by dataset, so that no reader depends on colour alone; dots where there are very many."""
    by_dataset = {entry.name: dataset_mark(entry.colour, scene) for entry in scene.datasets}
    return [by_dataset[point.dataset] for point in scene.points]


def _mark_areas(points: list[Point], width: float) -> Any:
    """The area of each mark in square points, in a picture `width` inches wide."""
    base = float(np.clip(14_000 / max(1, len(points)), 2.5, 42)) * width / FIGURE_SIZES["readme"][0]
    weights = np.array([point.weight for point in points], dtype=float)
    return base * weights / max(1.0, float(np.median(weights))) if (weights > 1).any() else np.full(len(points), base)


class CoincidentSpot(NamedTuple):
    """A place at which several datasets ask, and how many questions of each."""

    x: float
    y: float
    counts: dict[str, int]


def find_coincident(scene: Scene, reach: float) -> tuple[list[CoincidentSpot], npt.NDArray[np.bool_]]:
    """The places where points of several datasets lie within `reach` of the first of them, and per point whether it is
    part of one. None where there is one dataset, or too many points.
    """
    points = scene.points
    is_coincident = np.zeros(len(points), dtype=bool)
    if len(scene.datasets) < 2 or len(points) > MAX_COINCIDENT or not points:
        return [], is_coincident
    from scipy.spatial import cKDTree

    positions = np.array([(point.x, point.y) for point in points])
    neighbours = cKDTree(positions).query_ball_point(positions, reach)
    is_free, shared = np.ones(len(points), dtype=bool), []
    for row in range(len(points)):
        if not is_free[row]:
            continue
        members = [neighbour for neighbour in neighbours[row] if is_free[neighbour]]
        is_free[members] = False
        counts = Counter(points[member].dataset for member in members)
        if len(counts) > 1:
            is_coincident[members] = True
            x, y = positions[members].mean(axis=0).tolist()
            shared.append(CoincidentSpot(x, y, {e.name: counts[e.name] for e in scene.datasets if counts[e.name]}))
    return shared, is_coincident


def sector_outline(start: float, end: float) -> Any:
    """The outline of a pie's sector between two shares of the circle, from twelve o'clock on, clockwise."""
    angles = np.pi / 2 - 2 * np.pi * np.linspace(start, end, max(3, round(48 * (end - start)) + 2))
    arc = np.column_stack([np.cos(angles), np.sin(angles)])
    return arc if end - start > 0.999 else np.vstack([[0, 0], arc])
