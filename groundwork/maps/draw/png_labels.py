"""Labels on a PNG map: each at the first free place near its own, none over another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from groundwork.maps.draw.png_colours_and_legend import shorten_name
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


def place_labels(axes: Axes, labels: list[Label], marks: Sequence[Label] = (), points: Any = None) -> None:
    """Write each label at the first free place on or around its own; what finds none is left out.

    Free is what lies in the frame and covers no label and none of `marks`. With `points`, places (n, 2) of dots, the
    free place near by that covers the fewest of them.
    """
    canvas: Any = axes.figure.canvas
    canvas.figure.draw_without_rendering()  # fixes the axes' limits
    renderer = canvas.get_renderer()
    frame = axes.get_window_extent(renderer)
    occupied = [_mark_box(axes, mark) for mark in marks]
    dot_pixels = np.zeros((0, 2)) if points is None else axes.transData.transform(points)
    for label in labels:
        text = _write_label(axes, label)
        best_fit: tuple[int, tuple[float, float], Any] | None = None  # dots covered, shift, box
        for shift in _shifts(label):
            if best_fit and (best_fit[0] == 0 or np.hypot(*shift) > NEAR_RADIUS):
                break
            text.set_position(shift)
            box = text.get_window_extent(renderer).expanded(1.03, 1.06)
            is_inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if is_inside and not any(box.overlaps(occupied_box) for occupied_box in occupied):
                dot_count = _count_covered(box, dot_pixels)
                best_fit = min(best_fit or (dot_count + 1, shift, box), (dot_count, shift, box), key=lambda fit: fit[0])
        if best_fit:
            text.set_position(best_fit[1])
            occupied.append(best_fit[2])
        else:
            text.remove()


def _count_covered(box: Any, dot_pixels: Any) -> int:
    """How many of `dot_pixels` (n, 2), in pixels, lie under a box or its edge."""
    margin = 4
    in_column = (dot_pixels[:, 0] > box.x0 - margin) & (dot_pixels[:, 0] < box.x1 + margin)
    return int((in_column & (dot_pixels[:, 1] > box.y0 - margin) & (dot_pixels[:, 1] < box.y1 + margin)).sum())


def _shifts(label: Label) -> list[tuple[float, float]]:
    """Where a label may stand, in points from its place, the best first."""
    if not label.radius:
        return _RING_SHIFTS
    up, side = label.radius + 6, label.radius + 5 + 2.4 * len(label.text)
    return [(0, -up), (0, up), (side, 0), (-side, 0), (side * 0.7, -up), (-side * 0.7, -up), (side * 0.7, up)]


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
    names = [next((tag for tag in point.tags if tag_counts[tag] == 1), point.question) for point in scene.points]
    named_points = zip(names, scene.points, strict=True)
    return [Label(shorten_name(text, POINT_NAME_LENGTH), (point.x, point.y), radius) for text, point in named_points]
