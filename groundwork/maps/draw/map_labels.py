"""The labels of a map in a PNG, placed so that none covers another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from groundwork.maps.draw.figure_text_and_fonts import shorten_name
from groundwork.maps.draw.scene import Scene
from groundwork.pages.palette import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

_RING_SHIFTS = [(0.0, 0.0)] + [
    (radius * np.cos(angle), radius * np.sin(angle))
    for radius in (14, 26, 40, 58)  # points from the place that a label would have
    for angle in np.linspace(np.pi / 2, 2.5 * np.pi, 12, endpoint=False)
]
NEAR_RADIUS = 30  # points that a label gives way to the dots under it
FEW_DOTS = 40  # questions; fewer have a name each
POINT_NAME_LENGTH = 28  # characters of such a name


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


def place_labels(map_axes: Axes, labels: list[Label], marked_labels: Sequence[Label] = (), points: Any = None) -> None:
    """Write each label at the first free place on or around its own; what finds none is left out.

    Free is what lies in the frame and covers no label and none of `marked_labels`. With `points`, places (n, 2) of
    dots, the free place near by that covers the fewest of them.
    """
    canvas: Any = map_axes.figure.canvas
    canvas.figure.draw_without_rendering()  # fixes the axes' limits
    renderer = canvas.get_renderer()
    axes_frame = map_axes.get_window_extent(renderer)
    occupied_boxes = [_mark_box(map_axes, marked_label) for marked_label in marked_labels]
    dot_pixels = np.zeros((0, 2)) if points is None else map_axes.transData.transform(points)
    for label in labels:
        label_text, free_place = _write_label(map_axes, label), None
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


def _count_covered(label_box: Any, dots: Any) -> int:
    """How many of `dots` (n, 2), in pixels, lie under a box or its edge."""
    margin = 4
    in_width = (dots[:, 0] > label_box.x0 - margin) & (dots[:, 0] < label_box.x1 + margin)
    return int((in_width & (dots[:, 1] > label_box.y0 - margin) & (dots[:, 1] < label_box.y1 + margin)).sum())


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


def _mark_box(map_axes: Axes, marked_label: Label) -> Any:
    """The square around a mark, in pixels."""
    from matplotlib.transforms import Bbox

    x, y = map_axes.transData.transform(marked_label.position)
    mark_radius = 0.9 * marked_label.radius * map_axes.figure.dpi / 72
    return Bbox.from_extents(x - mark_radius, y - mark_radius, x + mark_radius, y + mark_radius)


def _write_label(map_axes: Axes, label: Label) -> Text:
    from matplotlib.patheffects import withStroke

    return map_axes.annotate(
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


def point_labels(label_scene: Scene, radius: float) -> list[Label]:
    """Of a few questions each one's first tag that no other has, or its first words; none of more."""
    if len(label_scene.points) >= FEW_DOTS:
        return []
    tag_counts: dict[str, int] = defaultdict(int)
    for point in label_scene.points:
        for tag in point.tags:
            tag_counts[tag] += 1
    names = [next((tag for tag in point.tags if tag_counts[tag] == 1), point.question) for point in label_scene.points]
    named_points = zip(names, label_scene.points, strict=True)
    return [Label(shorten_name(text, POINT_NAME_LENGTH), (point.x, point.y), radius) for text, point in named_points]
