"""The pies of a PNG map: the datasets' shares of a tag, and the slices of a mark where their questions coincide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from groundwork.maps.draw.colours_and_legend import dataset_colours
from groundwork.maps.draw.map_labels import Label, place_labels
from groundwork.maps.draw.scene import Point, Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHARED_PIE_AREA = 1.7  # of a sliced mark, to that of a single one
MAX_PIE_LABELS = 60
MAX_PIE_POINTS = 5_000  # points; of more, the marks are too small for slices


def draw_coincident_pies(pie_axes: Axes, pie_scene: Scene, pie_spots: list[CoincidentSpot], pie_area: float) -> None:
    """A mark of slices where questions of several datasets coincide."""
    pie_colour_of = dataset_colours(pie_scene)
    for pie_spot in pie_spots:
        pie_colours = [pie_colour_of[dataset] for dataset in pie_spot.counts]
        _draw_pie(
            pie_axes,
            (pie_spot.x, pie_spot.y),
            pie_area,
            pie_colours,
            list(pie_spot.counts.values()),
            linewidths=0.3,
            zorder=3,
        )


def _draw_pie(
    pie_axes: Axes,
    pie_position: Any,
    pie_area: float,
    pie_colours: list[str],
    sector_weights: Sequence[float],
    **pie_style: Any,
) -> None:
    """A mark of `pie_area` (square points) in sectors of these colours, by their weights."""
    edges = np.cumsum([0.0, *sector_weights]) / sum(sector_weights)
    for colour, sector_start, sector_end in zip(pie_colours, edges, edges[1:], strict=False):
        outline = sector_outline(float(sector_start), float(sector_end))
        mark_area = pie_area * np.abs(outline).max() ** 2
        pie_axes.scatter(
            pie_position[0], pie_position[1], marker=outline, s=mark_area, color=colour, edgecolors="white", **pie_style
        )


def draw_tag_pies(pie_axes: Axes, pie_scene: Scene) -> None:
    """A pie a tag: its area the number of questions, its sectors the shares of each dataset's questions."""
    pies = _points_by_tag(pie_scene.points)
    pie_weight = {tag: sum(point.weight for point in tag_points) for tag, tag_points in pies.items()}
    pie_position = {tag: np.mean([(p.x, p.y) for p in tag_points], axis=0) for tag, tag_points in pies.items()}
    size_of = {entry.name: max(1, entry.count) for entry in pie_scene.datasets}
    pie_colour_of = dataset_colours(pie_scene)
    pies_by_weight = sorted(pies, key=lambda tag: (-pie_weight[tag], tag))
    heaviest_tag = max(pie_weight.values())
    pie_area = {tag: 40 + 1_400 * (pie_weight[tag] / heaviest_tag) ** 0.8 for tag in pies_by_weight}
    for tag in pies_by_weight:  # the small ones on top
        sector_shares = [point.weight / size_of[point.dataset] for point in pies[tag]]
        pie_colours = [pie_colour_of[point.dataset] for point in pies[tag]]
        pie_style = {"alpha": 0.9, "linewidths": 0.5, "zorder": 2}
        _draw_pie(pie_axes, pie_position[tag], pie_area[tag], pie_colours, sector_shares, **pie_style)
    pie_axes.set_aspect("equal", adjustable="datalim")
    pie_axes.margins(0.06)
    pie_labels = [Label(tag, tuple(pie_position[tag]), radius=pie_area[tag] ** 0.5 / 2) for tag in pies_by_weight]
    place_labels(pie_axes, pie_labels[:MAX_PIE_LABELS], pie_labels)


def _points_by_tag(pie_points: list[Point]) -> dict[str, list[Point]]:
    points_by_tag: dict[str, list[Point]] = {}
    for point in pie_points:
        points_by_tag.setdefault(point.question, []).append(point)
    return points_by_tag


class CoincidentSpot(NamedTuple):
    """A place at which several datasets ask, and how many questions of each."""

    x: float
    y: float
    counts: dict[str, int]


def find_coincident(pie_scene: Scene, reach: float) -> tuple[list[CoincidentSpot], npt.NDArray[np.bool_]]:
    """The places where points of several datasets lie within `reach` of the first of them, and per point whether it is
    part of one. None where there is one dataset, or too many points.
    """
    pie_points = pie_scene.points
    is_coincident = np.zeros(len(pie_points), dtype=bool)
    if len(pie_scene.datasets) < 2 or len(pie_points) > MAX_PIE_POINTS or not pie_points:
        return [], is_coincident
    from scipy.spatial import cKDTree

    point_positions = np.array([(point.x, point.y) for point in pie_points])
    neighbours = cKDTree(point_positions).query_ball_point(point_positions, reach)
    is_unplaced, spots = np.ones(len(pie_points), dtype=bool), []
    for point_index in range(len(pie_points)):
        if not is_unplaced[point_index]:
            continue
        pie_members = [neighbour for neighbour in neighbours[point_index] if is_unplaced[neighbour]]
        is_unplaced[pie_members] = False
        counts = Counter(pie_points[member].dataset for member in pie_members)
        if len(counts) > 1:
            is_coincident[pie_members] = True
            x, y = point_positions[pie_members].mean(axis=0).tolist()
            spots.append(CoincidentSpot(x, y, {e.name: counts[e.name] for e in pie_scene.datasets if counts[e.name]}))
    return spots, is_coincident


def sector_outline(sector_start: float, sector_end: float) -> Any:
    """The outline of a pie's sector between two shares of the circle, from twelve o'clock on, clockwise."""
    sector_angles = np.pi / 2 - 2 * np.pi * np.linspace(
        sector_start, sector_end, max(3, round(48 * (sector_end - sector_start)) + 2)
    )
    sector_arc = np.column_stack([np.cos(sector_angles), np.sin(sector_angles)])
    return sector_arc if sector_end - sector_start > 0.999 else np.vstack([[0, 0], sector_arc])
