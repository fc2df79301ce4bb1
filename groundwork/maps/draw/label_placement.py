"""Words on a picture drawn by matplotlib: each at the first free place near its own, none over another or too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from groundwork.pages.palette import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text


_RINGS = [(0.0, 0.0)] + [
    (radius * np.cos(angle), radius * np.sin(angle))
    for radius in (14, 26, 40, 58)  # points from the place that a label would have
    for angle in np.linspace(np.pi / 2, 2.5 * np.pi, 12, endpoint=False)
]

NEAR = 30  # points that a label gives way to the dots under it


@dataclass(frozen=True)
class Label:
    """A text at a place of the map; with a `radius` (points) it stands beside a mark of that size, else upon it."""

    text: str
    place: tuple[float, float]
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
    taken = [_box_of(axes, mark) for mark in marks]
    dots = np.zeros((0, 2)) if points is None else axes.transData.transform(points)
    for label in labels:
        text = _written(axes, label)
        found: tuple[int, tuple[float, float], Any] | None = None  # dots covered, shift, box
        for shift in _shifts(label):
            if found and (found[0] == 0 or np.hypot(*shift) > NEAR):
                break
            text.set_position(shift)
            box = text.get_window_extent(renderer).expanded(1.03, 1.06)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(other) for other in taken):
                covered = _covered(box, dots)
                found = min(found or (covered + 1, shift, box), (covered, shift, box), key=lambda one: one[0])
        if found:
            text.set_position(found[1])
            taken.append(found[2])
        else:
            text.remove()


def _covered(box: Any, dots: Any) -> int:
    """How many of `dots` (n, 2), in pixels, lie under a box or its edge."""
    margin = 4
    across = (dots[:, 0] > box.x0 - margin) & (dots[:, 0] < box.x1 + margin)
    return int((across & (dots[:, 1] > box.y0 - margin) & (dots[:, 1] < box.y1 + margin)).sum())


def _shifts(label: Label) -> list[tuple[float, float]]:
    """Where a label may stand, in points from its place, the best first."""
    if not label.radius:
        return _RINGS
    up, aside = label.radius + 6, label.radius + 5 + 2.4 * len(label.text)
    return [(0, -up), (0, up), (aside, 0), (-aside, 0), (aside * 0.7, -up), (-aside * 0.7, -up), (aside * 0.7, up)]


def _box_of(axes: Axes, mark: Label) -> Any:
    """The square around a mark, in pixels."""
    from matplotlib.transforms import Bbox

    x, y = axes.transData.transform(mark.place)
    radius = 0.9 * mark.radius * axes.figure.dpi / 72
    return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)


def _written(axes: Axes, label: Label) -> Text:
    from matplotlib.patheffects import withStroke

    return axes.annotate(
        label.text,
        label.place,
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


NAME_LENGTH = 34  # letters of a dataset's name that a legend shows


def fitted(figure: Figure, words: str, place: tuple[float, float], width: float, size: float) -> None:
    """Bold `words` at `place`, middle left, made smaller and then shorter until they take at most `width` (0..1)."""
    canvas: Any = figure.canvas
    text = figure.text(*place, words, fontsize=size, weight="bold", color=INK, va="center")
    room = width * figure.get_figwidth() * figure.dpi
    share = text.get_window_extent(canvas.get_renderer()).width / room
    text.set_fontsize(max(0.7 * size, min(size, size / share)) if share else size)
    if share > 1 / 0.7:
        text.set_text(f"{words[: int(len(words) * 0.95 / (0.7 * share))]}…")


def shortened(name: str, length: int = NAME_LENGTH) -> str:
    """`name` in at most `length` letters: without its organisation, and then without its end."""
    tail = name if len(name) <= length else name.rpartition("/")[2]
    return tail if len(tail) <= length else f"{tail[: length - 1]}…"


def wrapped(text: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))
