"""Marks of a drawn map: colours and legend, slices where datasets coincide, and names where points are few."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from groundwork.maps.draw.label_placement import Label, shorten_name
from groundwork.maps.draw.scene import Scene
from groundwork.pages.palette import LIGHT, MATPLOTLIB_MARKS, ORDERED_LIGHT

FEW_DOTS = 40  # questions; fewer have a name each
POINT_NAME_LENGTH = 28  # characters of such a name
DIFFICULTIES = ("easy", "medium", "hard")
OTHER_COLOUR = "#9aa3ad"  # of values beyond the palette
MAX_MARKS = 5_000  # points; beyond, a mark is too small to have a shape
MAX_COINCIDENT = 5_000  # points; of more, the marks are too small for slices


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
    for field, palette in (("category", LIGHT), ("difficulty", ORDERED_LIGHT)):
        values = [str(getattr(point, field)) for point in points]
        counts = Counter(values)
        if len(counts) < 2:
            continue
        order = [value for value in DIFFICULTIES if value in counts] if field == "difficulty" else []
        order += [value for value, _ in counts.most_common() if value not in order]
        colour_by_value = {value: palette[k] if k < len(palette) else OTHER_COLOUR for k, value in enumerate(order)}
        return Colours(
            [colour_by_value[value] for value in values],
            [(value or "none", colour_by_value[value], counts[value]) for value in order],
        )
    return Colours([LIGHT[0]] * len(points), [])


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


def point_labels(scene: Scene, radius: float) -> list[Label]:
    """Of a few questions each one's first tag that no other has, or its first words; none of more."""
    if len(scene.points) >= FEW_DOTS:
        return []
    tag_counts: dict[str, int] = defaultdict(int)
    for point in scene.points:
        for tag in point.tags:
            tag_counts[tag] += 1
    names = [next((tag for tag in point.tags if tag_counts[tag] == 1), point.question) for point in scene.points]
    named_points = zip(names, scene.points, strict=True)
    return [Label(shorten_name(text, POINT_NAME_LENGTH), (point.x, point.y), radius) for text, point in named_points]


def dataset_mark(colour: int, scene: Scene) -> str:
    is_plain = scene.kind == "tags" or len(scene.points) > MAX_MARKS
    return "o" if is_plain else MATPLOTLIB_MARKS[colour % len(MATPLOTLIB_MARKS)]


def dataset_colours(scene: Scene) -> dict[str, str]:
    return {entry.name: LIGHT[entry.colour % len(LIGHT)] for entry in scene.datasets}
