"""Pictures for a README or a paper, by matplotlib: maps, tag histograms, reach curves.

write_map_png(scene, path)          the map; beside it, for several datasets, their reach and their figures
write_histogram_png(scene, path)    the tag histogram
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundwork.maps.draw.label_placement import Label, place_labels
from groundwork.maps.draw.scene import Bar, Point, Scene
from groundwork.maps.draw.text_fitting import fitted, shortened, wrapped
from groundwork.pages.palette import FAINT, INK, LIGHT, MATPLOTLIB_MARKS, QUIET
from groundwork.records.artifacts import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 200
_LACKING = re.compile(r"Glyph (\d+) .*missing from")
FONTS = [
    *("Inter", "Noto Sans", "DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans Arabic"),
    *("Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Leelawadee UI", "PingFang SC", "Hiragino Sans"),
    *("Arial Unicode MS", "Unifont"),
]
LEGEND_COLUMNS = 3  # of the longest names; short ones get as many as fit
MOST_TAG_LABELS = 60
MOST_MARKS = 5_000  # points; beyond, a mark is too small to have a shape
FEW = 1_500  # points; of more, a name covers some wherever it stands
LAYERS = 16  # slices of the shuffled points, each drawn mark by mark
OUTERMOST = 0.75  # share of a dataset's points inside the widest contour that is drawn


def write_map_png(scene: Scene, path: Path) -> list[str]:
    """Draw the map of `scene` to `path`; several datasets get their reach curves and figures beside it.

    Returns what the reader has to be warned of: letters without a font.
    """
    with _boxes_for_letters(path) as warnings:
        _save(_map_figure(scene), path)
    return warnings


def write_histogram_png(scene: Scene, path: Path, most: int = 25) -> list[str]:
    """Draw the first `most` tags of `scene`: for each tag a bar a dataset, the share and number of its questions.

    Returns what the reader has to be warned of: letters without a font.
    """
    with _boxes_for_letters(path) as warnings:
        _save(_histogram_figure(scene, most), path)
    return warnings


def _map_figure(scene: Scene) -> Figure:
    several = scene.numbers is not None and bool(scene.numbers.recommendation)
    rows = math.ceil(len(scene.datasets) / LEGEND_COLUMNS) if len(scene.datasets) > 1 else 0
    high = 11.4 if several else 7.6
    figure = _figure(9.6, high)
    top = 1 - (0.78 + 0.26 * rows) / high
    verdict = scene.notes[0] if scene.compares == "splits" and scene.notes else ""
    bottom = 4.15 / high if several else (0.62 if verdict else 0.15) / high
    _draw_map(figure.add_axes((0.02, bottom, 0.96, top - bottom)), scene)
    if several:  # under the map, so that letters keep their size where the picture is shown 800 pixels wide
        _draw_verdict(figure.add_axes((0.022, 2.0 / high, 0.5, 1.95 / high)), scene)
        _draw_figures(figure.add_axes((0.022, 0.15 / high, 0.5, 1.75 / high)), scene)
        _draw_curves(figure.add_axes((0.6, 0.6 / high, 0.38, 3.1 / high)), scene)
    elif verdict:
        text = wrapped(f"{verdict[:1].upper()}{verdict[1:]}", 118)
        figure.text(0.022, 0.42 / high, text, fontsize=9, color=INK, va="center", linespacing=1.35)
    _head(figure, scene)
    return figure


def _histogram_figure(scene: Scene, most: int) -> Figure:
    bars = scene.histogram[:most]
    names = [entry.name for entry in scene.datasets]
    rows = math.ceil(len(names) / LEGEND_COLUMNS) if len(names) > 1 else 0
    height = max(3.2, 1.5 + 0.26 * rows + len(bars) * (0.115 + 0.135 * len(names)))
    figure = _figure(9.6, height)
    axes = figure.add_axes((0.24, 0.6 / height, 0.7, 1 - (1.5 + 0.26 * rows) / height))
    _draw_bars(axes, bars, scene)
    axes.set_xlabel("share of the dataset's questions", color=QUIET)
    _head(figure, scene)
    return figure


def _figure(width: float, height: float) -> Figure:
    from matplotlib import font_manager, rcParams
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    installed = {font.name for font in font_manager.fontManager.ttflist}
    rcParams["font.family"] = [name for name in FONTS if name in installed] or ["sans-serif"]
    rcParams["font.size"] = 9
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)  # no display, no pyplot, nothing global
    return figure


def _head(figure: Figure, scene: Scene) -> None:
    """Title, subtitle and legend, at fixed distances from the top whatever the figure's height."""
    inch = 1 / figure.get_figheight()
    fitted(figure, scene.title, (0.022, 1 - 0.36 * inch), 0.95, 15)
    figure.text(0.022, 1 - 0.63 * inch, scene.subtitle, fontsize=9, color=QUIET, va="center")
    if len(scene.datasets) > 1:
        handles = [_dot(LIGHT[e.colour % len(LIGHT)], _mark(e.colour, scene)) for e in scene.datasets]
        labels = [f"{shortened(entry.name)}  {entry.count:,}" for entry in scene.datasets]
        figure.legend(
            handles,
            labels,
            loc="center left",
            bbox_to_anchor=(0.012, 1 - (0.78 + 0.13 * math.ceil(len(labels) / LEGEND_COLUMNS)) * inch),
            ncols=min(len(labels), LEGEND_COLUMNS),
            frameon=False,
            handletextpad=0.3,
            columnspacing=1.4,
            fontsize=9.5,
            labelcolor=INK,
        )


def _dot(colour: str, mark: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], marker=mark, linestyle="", markersize=7, color=colour)


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
    places = np.array([(point.x, point.y) for point in points])
    for contour in scene.contours:
        if contour.level > OUTERMOST and len(scene.datasets) > 1:
            continue  # the outermost lines of several datasets only tangle
        colour = _colour_of(scene)[contour.dataset] if len(scene.datasets) > 1 else "#8a96a3"
        for line in contour.lines:
            xs, ys = zip(*line, strict=True)
            axes.plot(xs, ys, color=colour, linewidth=1.0, alpha=0.55 - 0.4 * contour.level, zorder=1)
    # In a shuffled order, so that the dataset drawn last does not cover the others.
    order = np.random.default_rng(0).permutation(len(points))
    order = order[np.argsort(_sizes(points)[order], kind="stable")]  # the larger marks, of eval, on top
    colours, marks = np.array(_point_colours(scene)), np.array(_point_marks(scene))
    for part in np.array_split(order, LAYERS):
        for mark in sorted(set(marks[part])):
            rows = part[marks[part] == mark]
            axes.scatter(
                places[rows, 0],
                places[rows, 1],
                s=_sizes(points)[rows],
                c=colours[rows],
                marker=mark,
                alpha=0.85 if len(points) < 3_000 else 0.5,
                linewidths=0.4 if len(points) < 3_000 else 0,
                edgecolors="white",
                zorder=2,
            )
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    named = sorted(scene.clusters, key=lambda cluster: -cluster.count)
    names = [Label(cluster.label.replace(" · ", "\n", 1), (cluster.x, cluster.y)) for cluster in named]
    place_labels(axes, names, points=places if len(places) <= FEW else None)


def _draw_tags(axes: Axes, scene: Scene) -> None:
    """A pie a tag: its area the number of questions, its sectors the shares of each dataset's questions."""
    tags: dict[str, list[Point]] = {}
    for point in scene.points:
        tags.setdefault(point.question, []).append(point)
    total = {tag: sum(point.weight for point in own) for tag, own in tags.items()}
    places = {tag: np.mean([(point.x, point.y) for point in own], axis=0) for tag, own in tags.items()}
    size_of = {entry.name: max(1, entry.count) for entry in scene.datasets}
    colour_of = _colour_of(scene)
    heaviest = sorted(tags, key=lambda tag: (-total[tag], tag))
    area_of = {tag: 40 + 1_400 * (total[tag] / max(total.values())) ** 0.8 for tag in heaviest}
    for tag in heaviest:  # the small ones on top
        area = area_of[tag]
        shares = [point.weight / size_of[point.dataset] for point in tags[tag]]
        edges = np.cumsum([0.0, *shares]) / sum(shares)
        for point, start, end in zip(tags[tag], edges, edges[1:], strict=False):
            sector = _sector(float(start), float(end))
            axes.scatter(
                places[tag][0],
                places[tag][1],
                marker=sector,
                s=area * np.abs(sector).max() ** 2,
                color=colour_of[point.dataset],
                alpha=0.9,
                linewidths=0.5,
                edgecolors="white",
                zorder=2,
            )
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.06)
    labels = [Label(tag, tuple(places[tag]), radius=area_of[tag] ** 0.5 / 2) for tag in heaviest]
    place_labels(axes, labels[:MOST_TAG_LABELS], labels)


def _sector(start: float, end: float) -> Any:
    """The outline of a pie's sector between two shares of the circle, from twelve o'clock on, clockwise."""
    angles = np.pi / 2 - 2 * np.pi * np.linspace(start, end, max(3, round(48 * (end - start)) + 2))
    arc = np.column_stack([np.cos(angles), np.sin(angles)])
    return arc if end - start > 0.999 else np.vstack([[0, 0], arc])


def _point_colours(scene: Scene) -> list[str]:
    """By dataset; a single dataset by region, where the colour only separates neighbours."""
    if len(scene.datasets) > 1:
        colour_of = _colour_of(scene)
        return [colour_of[point.dataset] for point in scene.points]
    return [LIGHT[point.cluster % len(LIGHT)] if point.cluster >= 0 else LIGHT[0] for point in scene.points]


def _point_marks(scene: Scene) -> list[str]:
    """The page's own marks by dataset, so that no reader depends on colour alone; dots where there are very many."""
    mark_of = {entry.name: _mark(entry.colour, scene) for entry in scene.datasets}
    return [mark_of[point.dataset] for point in scene.points]


def _mark(colour: int, scene: Scene) -> str:
    plain = scene.kind == "tags" or len(scene.points) > MOST_MARKS
    return "o" if plain else MATPLOTLIB_MARKS[colour % len(MATPLOTLIB_MARKS)]


def _colour_of(scene: Scene) -> dict[str, str]:
    return {entry.name: LIGHT[entry.colour % len(LIGHT)] for entry in scene.datasets}


def _sizes(points: list[Point]) -> Any:
    base = float(np.clip(14_000 / max(1, len(points)), 2.5, 42))
    weights = np.array([point.weight for point in points], dtype=float)
    return base * weights / max(1.0, float(np.median(weights))) if (weights > 1).any() else np.full(len(points), base)


def _draw_verdict(axes: Axes, scene: Scene) -> None:
    """Which to choose, as the headline; under it the figures that say so."""
    numbers = scene.numbers
    assert numbers is not None  # noqa: S101  # the caller looked
    choice, _, why = numbers.recommendation.partition(": ")
    axes.set_axis_off()
    box = axes.get_position()
    fitted(axes.figure, choice, (box.x0, box.y1 - 0.01), box.width, 14)  # type: ignore[arg-type]  # no subfigure
    text = wrapped(f"{why[:1].upper()}{why[1:]}", 72)
    axes.text(0, 0.83, text, va="top", fontsize=8.8, color=INK, linespacing=1.35, transform=axes.transAxes)


def _draw_curves(axes: Axes, scene: Scene) -> None:
    """Reach of the union's topics against the number of questions, with the number they are compared at."""
    numbers = scene.numbers
    assert numbers is not None  # noqa: S101  # the caller looked
    entries = {entry.name: entry for entry in scene.datasets}
    colour_of = _colour_of(scene)
    longest = max((row.curve[-1][0] for row in numbers.datasets if row.curve), default=1) or 1
    for row in numbers.datasets:
        if row.curve:
            counts, reach = zip(*row.curve, strict=True)
            axes.plot(counts, [100 * share for share in reach], color=colour_of[row.name], linewidth=2.2)
            mark = _mark(entries[row.name].colour, scene)
            axes.plot(counts[-1], 100 * reach[-1], mark, color=colour_of[row.name], markersize=6, clip_on=False)
    axes.axvline(numbers.equal_n, color=QUIET, linewidth=0.9, linestyle=(0, (3, 3)))
    right = numbers.equal_n > 0.7 * longest
    axes.text(
        numbers.equal_n + (-0.012 if right else 0.012) * longest, 3, f"compared at {numbers.equal_n:,}",
        color=QUIET, fontsize=8, va="bottom", ha="right" if right else "left",
    )  # fmt: skip
    axes.set_ylim(0, 103)
    axes.set_xlim(0, 1.03 * longest)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_title(_topics(numbers.topics), loc="left", fontsize=10.5, weight="bold", color=INK)
    axes.set_xlabel("questions", color=QUIET)
    _quiet(axes)


def _topics(count: int) -> str:
    return f"Share of the {count:,} topics that they reach"


def _draw_figures(axes: Axes, scene: Scene) -> None:
    """The figures as a table: one row a dataset."""
    numbers = scene.numbers
    assert numbers is not None  # noqa: S101  # the caller looked
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    rows = numbers.datasets
    entries = {entry.name: entry for entry in scene.datasets}
    columns = [0.6, 0.72, 0.86, 1.0]
    step = min(0.15, 0.86 / (len(rows) + 1))
    for place, head in zip(columns, ["reach (95%)", "whole", "repeats", "diversity"], strict=True):
        axes.text(place, 0.96, head, ha="right", va="center", color=QUIET, fontsize=8.5)
    axes.plot([0, 1], [0.96 - step / 2] * 2, color=FAINT, linewidth=0.8)
    for index, row in enumerate(rows):
        height = 0.96 - (index + 1) * step
        entry, weight = entries[row.name], "bold" if row.name == numbers.best else "normal"
        mark, colour = _mark(entry.colour, scene), _colour_of(scene)[row.name]
        axes.plot(0.012, height, mark, color=colour, markersize=6, clip_on=False)
        name = shortened(row.name, 20 if weight == "bold" else 23)
        axes.text(0.04, height, name, va="center", color=INK, fontsize=9, weight=weight)
        low, high = row.reach_interval
        reach = f"{row.reach:.0%} ({100 * low:.0f}\N{EN DASH}{100 * high:.0f})"
        cells = [reach, f"{row.reach_of_all:.0%}", f"{row.redundancy:.0%}", f"{row.diversity_at_equal_n:.1f}"]
        for place, cell in zip(columns, cells, strict=True):
            axes.text(place, height, cell, ha="right", va="center", color=INK, fontsize=9, weight=weight)
    note = f"Reach and diversity with {numbers.equal_n:,} questions of each; whole: with all of its own."
    axes.text(0, 0.96 - (len(rows) + 1) * step, note, va="center", fontsize=7.8, color=QUIET)


def _draw_bars(axes: Axes, bars: list[Bar], scene: Scene) -> None:
    colour_of = _colour_of(scene)
    names = list(colour_of)
    width = 0.82 / max(1, len(names))
    longest = max((share for bar in bars for share in bar.shares.values()), default=1.0) or 1.0
    for index, bar in enumerate(bars):
        for number, name in enumerate(names):
            height = index + (number - (len(names) - 1) / 2) * width
            share = bar.shares[name]
            axes.barh(height, share, width * 0.9, color=colour_of[name], zorder=2)
            text = f"{bar.counts[name]:,}" if bar.counts[name] else "none"
            axes.text(share + longest * 0.008, height, text, va="center", fontsize=7.6, color=INK if share else QUIET)
    axes.set_yticks(range(len(bars)), [shortened(bar.label, 28) for bar in bars], color=INK)
    axes.set_ylim(len(bars) - 0.45, -0.55)
    axes.set_xlim(0, longest * 1.09)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    _quiet(axes)
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9)
    axes.grid(axis="y", visible=False)


def _quiet(axes: Axes) -> None:
    """Only what is needed to read a value."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=QUIET, length=0, labelsize=8)
    axes.grid(color=FAINT, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)


def _save(figure: Figure, path: Path) -> None:
    content = io.BytesIO()
    figure.savefig(content, dpi=DPI, format="png", metadata={"Software": None})
    write_bytes(path, content.getvalue())


@contextmanager
def _boxes_for_letters(path: Path) -> Iterator[list[str]]:
    """Fills its list with one line for all letters that lack a font, in place of a warning for each."""
    import warnings

    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield said
    lacking = {match[1] for one in caught if (match := _LACKING.match(str(one.message)))}
    for one in caught:
        if not _LACKING.match(str(one.message)):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if lacking:
        letters = "".join(sorted(chr(int(code)) for code in lacking)[:8])
        said.append(
            f"{path.name}: boxes stand for letters that no installed font has, such as {letters}; "
            "install one (Debian: fonts-noto-cjk, fonts-noto-core); the HTML page shows them by the browser"
        )
