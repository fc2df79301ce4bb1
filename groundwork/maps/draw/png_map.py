"""The map as a PNG, by matplotlib, for a README or a paper.

Points, contours, tags as pies, slices where datasets coincide, labels that cover none; beside it the charts of
png_figure.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from groundwork.maps.draw.scene import Point, Scene
from groundwork.pages.palette import INK, LIGHT, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

from groundwork.maps.draw.png_figure import (
    LEGEND_COLUMNS,
    collect_missing_glyphs,
    dataset_colours,
    dataset_mark,
    draw_charts,
    draw_head,
    draw_legend,
    new_figure,
    point_colours,
    save_png,
    shorten_name,
    wrap_text,
)

Size = Literal["page", "readme", "paper"]
Floats = npt.NDArray[np.floating[Any]]
FIGURE_SIZES = {"readme": (9.6, 4.8), "paper": (4.8, 3.9)}  # inches; of a paper's 3.4 it has 9-point letters as 6.4
SHARED_AREA = 1.7  # of a sliced mark, to that of a single one
MAX_TAG_LABELS = 60
FEW_POINTS = 1_500  # points; of more, a name covers some wherever it stands
DRAW_LAYERS = 16  # slices of the shuffled points, each drawn mark by mark
OUTERMOST_LEVEL = 0.75  # share of a dataset's points inside the widest contour that is drawn
MAX_COINCIDENT = 5_000  # points; of more, the marks are too small for slices
_RING_SHIFTS = [(0.0, 0.0)] + [
    (radius * np.cos(angle), radius * np.sin(angle))
    for radius in (14, 26, 40, 58)  # points from the place that a label would have
    for angle in np.linspace(np.pi / 2, 2.5 * np.pi, 12, endpoint=False)
]
NEAR_RADIUS = 30  # points that a label gives way to the dots under it
FEW_DOTS = 40  # questions; fewer have a name each
POINT_NAME_LENGTH = 28  # characters of such a name


def write_map_png(png_scene: Scene, path: Path, size: Size = "page") -> list[str]:
    """Draw the map of `png_scene` to `path`. On a "page" several datasets get their reach curves and figures beside it;
    for a "readme" (2:1) and a column of a "paper" (3.4 inches) there are map and legend alone.

    Returns what the reader has to be warned of: letters without a font.
    """
    with collect_missing_glyphs(path) as warnings:
        save_png(_map_figure(png_scene, size), path)
    return warnings


def _map_figure(png_scene: Scene, size: Size = "page") -> Figure:
    if size != "page":
        return _small_figure(png_scene, *FIGURE_SIZES[size])
    has_comparison = png_scene.numbers is not None and bool(png_scene.numbers.recommendation)
    legend_rows = math.ceil(len(point_colours(png_scene).legend) / LEGEND_COLUMNS)
    figure_height = 11.4 if has_comparison else 7.6
    figure = new_figure(9.6, figure_height)
    figure_top = 1 - (0.78 + 0.26 * legend_rows) / figure_height
    verdict_axes = png_scene.notes[0] if png_scene.compares == "splits" and png_scene.notes else ""
    figure_bottom = 4.15 / figure_height if has_comparison else (0.62 if verdict_axes else 0.15) / figure_height
    _draw_map(figure.add_axes((0.02, figure_bottom, 0.96, figure_top - figure_bottom)), png_scene)
    if has_comparison:
        draw_charts(figure, png_scene)
    elif verdict_axes:
        verdict_text = wrap_text(f"{verdict_axes[:1].upper()}{verdict_axes[1:]}", 118)
        figure.text(0.022, 0.42 / figure_height, verdict_text, fontsize=9, color=INK, va="center", linespacing=1.35)
    draw_head(figure, png_scene)
    return figure


def _small_figure(png_scene: Scene, width: float, height: float) -> Figure:
    """The map with its legend below and nothing else: whoever puts it somewhere writes the caption."""
    figure = new_figure(width, height)
    columns = max(1, round(width / 2.4))
    legend_height = 0.08 + 0.24 * math.ceil(len(point_colours(png_scene).legend) / columns)
    _draw_map(figure.add_axes((0.01, legend_height / height, 0.98, 1 - (legend_height + 0.05) / height)), png_scene)
    draw_legend(figure, png_scene, 0.5 * legend_height / height, columns)
    return figure


def _draw_map(axes: Axes, png_scene: Scene) -> None:
    axes.set_axis_off()
    if not png_scene.points:
        axes.text(
            0.5, 0.5, "no questions", ha="center", va="center", color=QUIET, fontsize=12, transform=axes.transAxes
        )
        return
    if png_scene.kind == "tags":
        _draw_tags(axes, png_scene)
        return
    point_positions = np.array([(point.x, point.y) for point in png_scene.points])
    areas = _mark_areas(png_scene.points, axes.figure.get_figwidth())  # type: ignore[union-attr]  # no subfigure
    _draw_contours(axes, png_scene)
    mark_radius = _mark_radius(axes, point_positions, float(areas.min()))
    coincident_spots, is_coincident = find_coincident(png_scene, mark_radius)
    _draw_points(axes, png_scene, point_positions, areas, ~is_coincident)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    _draw_coincident(axes, png_scene, coincident_spots, float(areas.min()) * SHARED_AREA)
    _label_regions(axes, png_scene, point_positions, float(areas.max()) ** 0.5 / 2)


def _draw_points(axes: Axes, scene: Scene, positions: Floats, areas: Floats, is_drawn: npt.NDArray[np.bool_]) -> None:
    """A mark at each of `positions` (n, 2) that `is_drawn` (n,), in a shuffled order: none of the datasets covers the
    others."""
    draw_order = np.random.default_rng(0).permutation(len(positions))
    draw_order = draw_order[np.argsort(areas[draw_order], kind="stable")]  # the larger marks, of eval, on top
    draw_order = draw_order[is_drawn[draw_order]]
    colours, marks = np.array(point_colours(scene).by_point), np.array(point_marks(scene))
    mark_style: dict[str, Any] = {"edgecolors": "white", "zorder": 2, "alpha": 0.5, "linewidths": 0}
    if len(positions) < 3_000:
        mark_style |= {"alpha": 0.85, "linewidths": 0.4}
    for layer in np.array_split(draw_order, DRAW_LAYERS):
        for mark in sorted(set(marks[layer])):
            marked = layer[marks[layer] == mark]
            xs, ys = positions[marked].T
            axes.scatter(xs, ys, s=areas[marked], c=colours[marked], marker=mark, **mark_style)


def _label_regions(axes: Axes, png_scene: Scene, positions: Floats, mark_radius: float) -> None:
    """The labels of the regions, the largest first; where there are none and few questions, a label at each of them."""
    if not png_scene.clusters and (dot_labels := point_labels(png_scene, mark_radius)):
        place_labels(axes, dot_labels, dot_labels)
        return
    by_count = sorted(png_scene.clusters, key=lambda cluster: -cluster.count)
    cluster_labels = [Label(cluster.label.replace(" · ", "\n", 1), (cluster.x, cluster.y)) for cluster in by_count]
    place_labels(axes, cluster_labels, points=positions if len(positions) <= FEW_POINTS else None)


def _draw_contours(axes: Axes, png_scene: Scene) -> None:
    """Of several datasets the lines of all together, where there are some: those of each only tangle."""
    has_several = len(png_scene.datasets) > 1
    union = [contour for contour in png_scene.contours if not contour.dataset]
    for contour in union or png_scene.contours:
        if has_several and not union and contour.level > OUTERMOST_LEVEL:
            continue
        colour = dataset_colours(png_scene)[contour.dataset] if has_several and not union else "#8a96a3"
        for contour_line in contour.lines:
            xs, ys = zip(*contour_line, strict=True)
            axes.plot(xs, ys, color=colour, linewidth=1.0, alpha=0.55 - 0.4 * contour.level, zorder=1)


def _mark_radius(axes: Axes, positions: Any, area: float) -> float:
    """The radius of a mark of `area` (square points) in the measure of the map."""
    axes_box = axes.get_window_extent()
    inches = axes_box.width / axes.figure.dpi, axes_box.height / axes.figure.dpi
    pixels_per_unit = max(
        float(axis_span) / (72 * side) for axis_span, side in zip(np.ptp(positions, axis=0), inches, strict=True)
    )
    return float(area**0.5 / 2 * pixels_per_unit)


def _draw_coincident(axes: Axes, png_scene: Scene, spots: list[CoincidentSpot], area: float) -> None:
    """A mark of slices where questions of several datasets coincide."""
    colour_of = dataset_colours(png_scene)
    for spot in spots:
        colours = [colour_of[dataset] for dataset in spot.counts]
        _draw_sectors(axes, (spot.x, spot.y), area, colours, list(spot.counts.values()), linewidths=0.3, zorder=3)


def _draw_sectors(
    axes: Axes, position: Any, area: float, colours: list[str], sector_weights: Sequence[float], **mark_style: Any
) -> None:
    """A mark of `area` (square points) in sectors of these colours, by their weights."""
    edges = np.cumsum([0.0, *sector_weights]) / sum(sector_weights)
    for colour, sector_start, sector_end in zip(colours, edges, edges[1:], strict=False):
        outline = sector_outline(float(sector_start), float(sector_end))
        mark_area = area * np.abs(outline).max() ** 2
        axes.scatter(
            position[0], position[1], marker=outline, s=mark_area, color=colour, edgecolors="white", **mark_style
        )


def _draw_tags(axes: Axes, png_scene: Scene) -> None:
    """A pie a tag: its area the number of questions, its sectors the shares of each dataset's questions."""
    pies = _points_by_tag(png_scene.points)
    pie_weight = {tag: sum(point.weight for point in tag_points) for tag, tag_points in pies.items()}
    pie_position = {tag: np.mean([(p.x, p.y) for p in tag_points], axis=0) for tag, tag_points in pies.items()}
    size_of = {entry.name: max(1, entry.count) for entry in png_scene.datasets}
    colour_of = dataset_colours(png_scene)
    pies_by_weight = sorted(pies, key=lambda tag: (-pie_weight[tag], tag))
    heaviest_tag = max(pie_weight.values())
    pie_area = {tag: 40 + 1_400 * (pie_weight[tag] / heaviest_tag) ** 0.8 for tag in pies_by_weight}
    for tag in pies_by_weight:  # the small ones on top
        sector_shares = [point.weight / size_of[point.dataset] for point in pies[tag]]
        colours = [colour_of[point.dataset] for point in pies[tag]]
        pie_style = {"alpha": 0.9, "linewidths": 0.5, "zorder": 2}
        _draw_sectors(axes, pie_position[tag], pie_area[tag], colours, sector_shares, **pie_style)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.06)
    labels = [Label(tag, tuple(pie_position[tag]), radius=pie_area[tag] ** 0.5 / 2) for tag in pies_by_weight]
    place_labels(axes, labels[:MAX_TAG_LABELS], labels)


def _points_by_tag(points: list[Point]) -> dict[str, list[Point]]:
    points_by_tag: dict[str, list[Point]] = {}
    for point in points:
        points_by_tag.setdefault(point.question, []).append(point)
    return points_by_tag


def point_marks(png_scene: Scene) -> list[str]:
    """The page's own marks by dataset, so that no reader depends on colour alone; dots where there are very many.

    Of one dataset those of clusters, whose colours come again after those of the palette.
    """
    if len(png_scene.datasets) < 2 and png_scene.clusters:
        return [dataset_mark(max(point.cluster, 0) // len(LIGHT), png_scene) for point in png_scene.points]
    by_dataset = {entry.name: dataset_mark(entry.colour, png_scene) for entry in png_scene.datasets}
    return [by_dataset[point.dataset] for point in png_scene.points]


def _mark_areas(points: list[Point], width: float) -> Any:
    """The area of each mark in square points, in a picture `width` inches wide."""
    base_area = float(np.clip(14_000 / max(1, len(points)), 2.5, 42)) * width / FIGURE_SIZES["readme"][0]
    point_weights = np.array([point.weight for point in points], dtype=float)
    return (
        base_area * point_weights / max(1.0, float(np.median(point_weights)))
        if (point_weights > 1).any()
        else np.full(len(points), base_area)
    )


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

    point_positions = np.array([(point.x, point.y) for point in points])
    neighbours = cKDTree(point_positions).query_ball_point(point_positions, reach)
    is_unplaced, spots = np.ones(len(points), dtype=bool), []
    for point_index in range(len(points)):
        if not is_unplaced[point_index]:
            continue
        spot_members = [neighbour for neighbour in neighbours[point_index] if is_unplaced[neighbour]]
        is_unplaced[spot_members] = False
        counts = Counter(points[member].dataset for member in spot_members)
        if len(counts) > 1:
            is_coincident[spot_members] = True
            x, y = point_positions[spot_members].mean(axis=0).tolist()
            spots.append(CoincidentSpot(x, y, {e.name: counts[e.name] for e in scene.datasets if counts[e.name]}))
    return spots, is_coincident


def sector_outline(sector_start: float, sector_end: float) -> Any:
    """The outline of a pie's sector between two shares of the circle, from twelve o'clock on, clockwise."""
    angles = np.pi / 2 - 2 * np.pi * np.linspace(
        sector_start, sector_end, max(3, round(48 * (sector_end - sector_start)) + 2)
    )
    arc = np.column_stack([np.cos(angles), np.sin(angles)])
    return arc if sector_end - sector_start > 0.999 else np.vstack([[0, 0], arc])


@dataclass(frozen=True)
class Label:
    """A text at a place of the map; with a `radius` (points) it stands beside a mark of that size, else upon it."""

    text: str
    position: tuple[float, float]
    radius: float = 0.0


class _LabelPlace(NamedTuple):
    covered_dots: int
    shift: tuple[float, float]
    box: Any


def place_labels(axes: Axes, labels: list[Label], marks: Sequence[Label] = (), points: Any = None) -> None:
    """Write each label at the first free place on or around its own; what finds none is left out.

    Free is what lies in the frame and covers no label and none of `marks`. With `points`, places (n, 2) of dots, the
    free place near by that covers the fewest of them.
    """
    canvas: Any = axes.figure.canvas
    canvas.figure.draw_without_rendering()  # fixes the axes' limits
    renderer = canvas.get_renderer()
    axes_frame = axes.get_window_extent(renderer)
    occupied_boxes = [_mark_box(axes, mark) for mark in marks]
    dot_pixels = np.zeros((0, 2)) if points is None else axes.transData.transform(points)
    for label in labels:
        label_text, free_place = _write_label(axes, label), None
        for label_shift in _label_shifts(label):
            if free_place and (free_place.covered_dots == 0 or np.hypot(*label_shift) > NEAR_RADIUS):
                break
            label_text.set_position(label_shift)
            label_box = label_text.get_window_extent(renderer).expanded(1.03, 1.06)
            if _is_inside(label_box, axes_frame) and not any(map(label_box.overlaps, occupied_boxes)):
                label_place = _LabelPlace(_count_covered(label_box, dot_pixels), label_shift, label_box)
                if not free_place or label_place.covered_dots < free_place.covered_dots:
                    free_place = label_place
        if free_place:
            label_text.set_position(free_place.shift)
            occupied_boxes.append(free_place.box)
        else:
            label_text.remove()


def _is_inside(label_box: Any, axes_frame: Any) -> bool:
    is_in_width = axes_frame.x0 <= label_box.x0 and label_box.x1 <= axes_frame.x1
    return bool(is_in_width and axes_frame.y0 <= label_box.y0 and label_box.y1 <= axes_frame.y1)


def _count_covered(label_box: Any, dot_pixels: Any) -> int:
    """How many of `dot_pixels` (n, 2), in pixels, lie under a box or its edge."""
    margin = 4
    in_column = (dot_pixels[:, 0] > label_box.x0 - margin) & (dot_pixels[:, 0] < label_box.x1 + margin)
    return int(
        (in_column & (dot_pixels[:, 1] > label_box.y0 - margin) & (dot_pixels[:, 1] < label_box.y1 + margin)).sum()
    )


def _label_shifts(label: Label) -> list[tuple[float, float]]:
    """Where a label may stand, in points from its place, the best first."""
    if not label.radius:
        return _RING_SHIFTS
    upward_shift, sideways_shift = label.radius + 6, label.radius + 5 + 2.4 * len(label.text)
    return [
        (0, -upward_shift),
        (0, upward_shift),
        (sideways_shift, 0),
        (-sideways_shift, 0),
        (sideways_shift * 0.7, -upward_shift),
        (-sideways_shift * 0.7, -upward_shift),
        (sideways_shift * 0.7, upward_shift),
    ]


def _mark_box(axes: Axes, mark: Label) -> Any:
    """The square around a mark, in pixels."""
    from matplotlib.transforms import Bbox

    x, y = axes.transData.transform(mark.position)
    radius = 0.9 * mark.radius * axes.figure.dpi / 72
    return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)


def _write_label(axes: Axes, label: Label) -> Text:
    from matplotlib.patheffects import withStroke

    return axes.annotate(
        label.text,
        label.position,
        xytext=(0, 0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=7.6 if label.radius else 8.2,
        linespacing=1.1,
        weight="normal" if label.radius else "bold",
        color=INK,
        path_effects=[withStroke(linewidth=3, foreground="white", alpha=0.9)],
        zorder=4,
    )


def point_labels(scene: Scene, radius: float) -> list[Label]:
    """Of a few questions each one's first tag that no other has, or its first words; none of more."""
    if len(scene.points) >= FEW_DOTS:
        return []
    tag_counts: dict[str, int] = defaultdict(int)
    for point in scene.points:
        for tag in point.tags:
            tag_counts[tag] += 1
    point_names = [next((tag for tag in point.tags if tag_counts[tag] == 1), point.question) for point in scene.points]
    named_points = zip(point_names, scene.points, strict=True)
    return [Label(shorten_name(text, POINT_NAME_LENGTH), (point.x, point.y), radius) for text, point in named_points]
