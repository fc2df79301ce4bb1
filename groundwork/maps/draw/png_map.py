"""The map as a PNG, by matplotlib, for a README or a paper, and the charts beside it.

Points, contours, tags as pies, slices where datasets coincide, labels; the verdict, figures and reach curves of several
datasets; the tag histogram.
"""

from __future__ import annotations

import io
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from groundwork.data_folder.read_write import write_bytes
from groundwork.maps.draw.scene import Bar, Point, Scene
from groundwork.message_wording import counted, shorten_text
from groundwork.pages.palette import FAINT, INK, LIGHT, MATPLOTLIB_MARKS, ORDERED_LIGHT, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text


DIFFICULTIES = ("easy", "medium", "hard")
OTHER_COLOUR = "#9aa3ad"  # of values beyond the palette
MAX_MARKS = 5_000  # points; beyond, a mark is too small to have a shape

DPI = 200
_MISSING_GLYPH = re.compile(r"Glyph (\d+) .*missing from")
FONTS = [
    *("Inter", "Noto Sans", "DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans Arabic"),
    *("Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai"),
    *("Noto Sans Telugu", "Noto Sans Kannada", "Noto Sans Malayalam", "Noto Sans Gujarati", "Noto Sans Sinhala"),
    *("Noto Sans Lao", "Noto Sans Khmer", "Noto Sans Myanmar", "Noto Sans Georgian", "Noto Sans Armenian"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Leelawadee UI", "PingFang SC", "Hiragino Sans"),
    *("Arial Unicode MS", "Unifont"),
]
LEGEND_COLUMNS = 3  # of the longest names; short ones get as many as fit

MAX_NAME_LENGTH = 34  # letters of a dataset's name that a legend shows


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
        point_values = [str(getattr(point, field)) for point in points]
        value_counts = Counter(point_values)
        if len(value_counts) < 2:
            continue
        order = (
            [point_value for point_value in DIFFICULTIES if point_value in value_counts]
            if field == "difficulty"
            else []
        )
        order += [point_value for point_value, _ in value_counts.most_common() if point_value not in order]
        colour_by_value = {
            point_value: palette[k] if k < len(palette) else OTHER_COLOUR for k, point_value in enumerate(order)
        }
        return Colours(
            [colour_by_value[point_value] for point_value in point_values],
            [(point_value or "none", colour_by_value[point_value], value_counts[point_value]) for point_value in order],
        )
    return Colours([LIGHT[0]] * len(points), [])


def dataset_mark(colour: int, scene: Scene) -> str:
    is_plain = scene.kind == "tags" or len(scene.points) > MAX_MARKS
    return "o" if is_plain else MATPLOTLIB_MARKS[colour % len(MATPLOTLIB_MARKS)]


def dataset_colours(scene: Scene) -> dict[str, str]:
    return {entry.name: LIGHT[entry.colour % len(LIGHT)] for entry in scene.datasets}


def new_figure(width: float, height: float) -> Figure:
    from matplotlib import font_manager, rcParams
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    _add_new_fonts()
    installed = {font.name for font in font_manager.fontManager.ttflist}
    rcParams["font.family"] = [font_name for font_name in FONTS if font_name in installed] or ["sans-serif"]
    rcParams["font.size"] = 9
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)  # no display, no pyplot, nothing global
    return figure


@cache
def _add_new_fonts() -> None:
    """Add those of FONTS that were installed after matplotlib had listed the fonts, which it does once."""
    from matplotlib import font_manager

    manager = font_manager.fontManager
    font_names = [font_name.replace(" ", "").lower() for font_name in FONTS]
    listed_files = {font.fname for font in manager.ttflist}
    for path in font_manager.findSystemFonts():
        file_name = Path(path).stem.lower().partition("-")[0]  # NotoSansCJK holds Noto Sans CJK JP, SC, ...
        if path not in listed_files and any(font_name.startswith(file_name) for font_name in font_names):
            with suppress(OSError, RuntimeError):  # a damaged font, which draws nothing
                manager.addfont(path)


def draw_head(figure: Figure, scene: Scene) -> None:
    """Title, subtitle and legend, at fixed distances from the top whatever the figure's height."""
    inch = 1 / figure.get_figheight()
    draw_fitted_text(figure, scene.title, (0.022, 1 - 0.36 * inch), 0.95, 15)
    figure.text(0.022, 1 - 0.63 * inch, scene.subtitle, fontsize=9, color=QUIET, va="center")
    legend_rows = math.ceil(len(point_colours(scene).legend) / LEGEND_COLUMNS)
    draw_legend(figure, scene, 1 - (0.78 + 0.13 * legend_rows) * inch, LEGEND_COLUMNS)


def draw_legend(figure: Figure, scene: Scene, y: float, columns: int) -> None:
    """What the colours mean, around a height of the figure (0..1)."""
    legend = point_colours(scene).legend
    marks = {entry.name: dataset_mark(entry.colour, scene) for entry in scene.datasets}
    if legend:
        figure.legend(
            [_legend_dot(colour, marks.get(dataset, "o")) for dataset, colour, _ in legend],
            [f"{shorten_name(dataset)}  {count:,}" for dataset, _, count in legend],
            loc="center left",
            bbox_to_anchor=(0.012, y),
            ncols=min(len(legend), columns),
            frameon=False,
            handletextpad=0.3,
            columnspacing=1.4,
            fontsize=9.5,
            labelcolor=INK,
        )


def _legend_dot(colour: str, mark: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], marker=mark, linestyle="", markersize=7, color=colour)


def save_png(figure: Figure, path: Path) -> None:
    png_content = io.BytesIO()
    figure.savefig(png_content, dpi=DPI, format="png", metadata={"Software": None})
    write_bytes(path, png_content.getvalue())


@contextmanager
def collect_missing_glyphs(path: Path) -> Iterator[list[str]]:
    """Fills its list with one line for all letters that lack a font, in place of a warning for each."""
    import warnings

    glyph_warnings: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield glyph_warnings
    missing = {match[1] for warning in caught if (match := _MISSING_GLYPH.match(str(warning.message)))}
    for warning in caught:
        if not _MISSING_GLYPH.match(str(warning.message)):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if missing:
        letters = "".join(sorted(chr(int(code)) for code in missing)[:8])
        glyph_warnings.append(
            f"{path.name}: boxes stand for letters that no installed font has, such as {letters}; "
            "install one (Debian: fonts-noto-cjk, fonts-noto-core); the HTML page shows them by the browser"
        )


def draw_fitted_text(figure: Figure, words: str, position: tuple[float, float], width: float, size: float) -> None:
    """Bold `words` at `position`, middle left, made smaller and then shorter until they take at most `width` (0..1)."""
    canvas: Any = figure.canvas
    text = figure.text(*position, words, fontsize=size, weight="bold", color=INK, va="center")
    width_pixels = width * figure.get_figwidth() * figure.dpi
    share = text.get_window_extent(canvas.get_renderer()).width / width_pixels
    text.set_fontsize(max(0.7 * size, min(size, size / share)) if share else size)
    if share > 1 / 0.7:
        text.set_text(f"{words[: int(len(words) * 0.95 / (0.7 * share))]}…")


def shorten_name(name: str, length: int = MAX_NAME_LENGTH) -> str:
    """`name` in at most `length` letters: without its organisation, and then without its end."""
    short_name = name if len(name) <= length else name.rpartition("/")[2]
    return shorten_text(short_name, length)


def wrap_text(text: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


MAX_HISTOGRAM_HEIGHT = 10.0  # inches of the bars of a histogram


def draw_verdict(axes: Axes, scene: Scene) -> None:
    """Which to choose, as the headline; under it the figures that say so."""
    scene_numbers = scene.numbers
    assert scene_numbers is not None  # noqa: S101  # the caller looked
    choice, _, why = scene_numbers.recommendation.partition(": ")
    axes.set_axis_off()
    box = axes.get_position()
    draw_fitted_text(axes.figure, choice, (box.x0, box.y1 - 0.01), box.width, 14)  # type: ignore[arg-type]  # no subfigure
    text = wrap_text(f"{why[:1].upper()}{why[1:]}", 72)
    axes.text(0, 0.83, text, va="top", fontsize=8.8, color=INK, linespacing=1.35, transform=axes.transAxes)


def draw_curves(axes: Axes, scene: Scene) -> None:
    """Reach of the union's topics against the number of questions, with the number they are compared at."""
    scene_numbers = scene.numbers
    assert scene_numbers is not None  # noqa: S101  # the caller looked
    entries = {entry.name: entry for entry in scene.datasets}
    colour_of = dataset_colours(scene)
    longest = max((row.curve[-1][0] for row in scene_numbers.datasets if row.curve), default=1) or 1
    for row in scene_numbers.datasets:
        if row.curve:
            counts, reach = zip(*row.curve, strict=True)
            axes.plot(counts, [100 * share for share in reach], color=colour_of[row.name], linewidth=2.2)
            mark = dataset_mark(entries[row.name].colour, scene)
            axes.plot(counts[-1], 100 * reach[-1], mark, color=colour_of[row.name], markersize=6, clip_on=False)
    axes.axvline(scene_numbers.equal_n, color=QUIET, linewidth=0.9, linestyle=(0, (3, 3)))
    is_right = scene_numbers.equal_n > 0.7 * longest
    axes.text(
        scene_numbers.equal_n + (-0.012 if is_right else 0.012) * longest, 3, f"compared at {scene_numbers.equal_n:,}",
        color=QUIET, fontsize=8, va="bottom", ha="right" if is_right else "left",
    )  # fmt: skip
    axes.set_ylim(0, 103)
    axes.set_xlim(0, 1.03 * longest)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_title(_curves_title(scene_numbers.topics), loc="left", fontsize=10.5, weight="bold", color=INK)
    axes.set_xlabel("questions", color=QUIET)
    style_axes(axes)


def _curves_title(count: int) -> str:
    return f"Share of the {counted(count, 'topic')} that they reach"


def draw_figures(axes: Axes, scene: Scene) -> None:
    """The figures as a table: one row a dataset."""
    scene_numbers = scene.numbers
    assert scene_numbers is not None  # noqa: S101  # the caller looked
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    rows = scene_numbers.datasets
    entries = {entry.name: entry for entry in scene.datasets}
    columns = [0.6, 0.72, 0.86, 1.0]
    step = min(0.15, 0.86 / (len(rows) + 1))
    for x, heading in zip(columns, ["reach (95%)", "whole", "repeats", "diversity"], strict=True):
        axes.text(x, 0.96, heading, ha="right", va="center", color=QUIET, fontsize=8.5)
    axes.plot([0, 1], [0.96 - step / 2] * 2, color=FAINT, linewidth=0.8)
    for index, row in enumerate(rows):
        y = 0.96 - (index + 1) * step
        entry, weight = entries[row.name], "bold" if row.name == scene_numbers.best else "normal"
        mark, colour = dataset_mark(entry.colour, scene), dataset_colours(scene)[row.name]
        axes.plot(0.012, y, mark, color=colour, markersize=6, clip_on=False)
        dataset_name = shorten_name(row.name, 20 if weight == "bold" else 23)
        axes.text(0.04, y, dataset_name, va="center", color=INK, fontsize=9, weight=weight)
        low, high = row.reach_interval
        reach = f"{row.reach:.0%} ({100 * low:.0f}\N{EN DASH}{100 * high:.0f})"
        cells = [reach, f"{row.reach_of_all:.0%}", f"{row.redundancy:.0%}", f"{row.diversity_at_equal_n:.1f}"]
        for x, cell in zip(columns, cells, strict=True):
            axes.text(x, y, cell, ha="right", va="center", color=INK, fontsize=9, weight=weight)
    figures_note = (
        f"Reach and diversity with {counted(scene_numbers.equal_n, 'question')} of each; whole: with all of its own."
    )
    axes.text(0, 0.96 - (len(rows) + 1) * step, figures_note, va="center", fontsize=7.8, color=QUIET)


def style_axes(axes: Axes) -> None:
    """Only what is needed to read a value."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=QUIET, length=0, labelsize=8)
    axes.grid(color=FAINT, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)


def write_histogram_png(scene: Scene, path: Path, max_tags: int = 25) -> list[str]:
    """Draw the first `max_tags` tags of `scene`: for each tag a bar a dataset, the share and number of its questions.

    Returns what the reader has to be warned of: letters without a font.
    """
    with collect_missing_glyphs(path) as warnings:
        save_png(_histogram_figure(scene, max_tags), path)
    return warnings


def _histogram_figure(scene: Scene, max_tags: int) -> Figure:
    dataset_names = [entry.name for entry in scene.datasets]
    bars = scene.histogram[: min(max_tags, int(MAX_HISTOGRAM_HEIGHT / (0.115 + 0.135 * len(dataset_names))))]
    rows = math.ceil(len(dataset_names) / LEGEND_COLUMNS) if len(dataset_names) > 1 else 0
    height = max(3.2, 1.5 + 0.26 * rows + len(bars) * (0.115 + 0.135 * len(dataset_names)))
    figure = new_figure(9.6, height)
    axes = figure.add_axes((0.24, 0.6 / height, 0.7, 1 - (1.5 + 0.26 * rows) / height))
    _draw_bars(axes, bars, scene)
    axes.set_xlabel("share of the dataset's questions", color=QUIET)
    draw_head(figure, scene)
    return figure


def _draw_bars(axes: Axes, bars: list[Bar], scene: Scene) -> None:
    colour_of = dataset_colours(scene)
    datasets = list(colour_of)
    bar_width = 0.82 / max(1, len(datasets))
    longest = max((share for bar in bars for share in bar.shares.values()), default=1.0) or 1.0
    for bar_index, bar in enumerate(bars):
        for number, dataset in enumerate(datasets):
            y = bar_index + (number - (len(datasets) - 1) / 2) * bar_width
            share = bar.shares[dataset]
            axes.barh(y, share, bar_width * 0.9, color=colour_of[dataset], zorder=2)
            share_text = f"{share:.0%} ({bar.counts[dataset]:,})" if bar.counts[dataset] else "none"
            axes.text(share + longest * 0.008, y, share_text, va="center", fontsize=7.6, color=INK if share else QUIET)
    axes.set_yticks(range(len(bars)), [shorten_name(bar.label, 28) for bar in bars], color=INK)
    axes.set_ylim(len(bars) - 0.45, -0.55)
    axes.set_xlim(0, longest * 1.16)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    style_axes(axes)
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9)
    axes.grid(axis="y", visible=False)


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
    legend_rows = math.ceil(len(point_colours(scene).legend) / LEGEND_COLUMNS)
    figure_height = 11.4 if has_comparison else 7.6
    figure = new_figure(9.6, figure_height)
    top = 1 - (0.78 + 0.26 * legend_rows) / figure_height
    verdict = scene.notes[0] if scene.compares == "splits" and scene.notes else ""
    bottom = 4.15 / figure_height if has_comparison else (0.62 if verdict else 0.15) / figure_height
    _draw_map(figure.add_axes((0.02, bottom, 0.96, top - bottom)), scene)
    if has_comparison:  # under the map, so that letters keep their size where the picture is shown 800 pixels wide
        draw_verdict(figure.add_axes((0.022, 2.0 / figure_height, 0.5, 1.95 / figure_height)), scene)
        draw_figures(figure.add_axes((0.022, 0.15 / figure_height, 0.5, 1.75 / figure_height)), scene)
        draw_curves(figure.add_axes((0.6, 0.6 / figure_height, 0.38, 3.1 / figure_height)), scene)
    elif verdict:
        verdict_text = wrap_text(f"{verdict[:1].upper()}{verdict[1:]}", 118)
        figure.text(0.022, 0.42 / figure_height, verdict_text, fontsize=9, color=INK, va="center", linespacing=1.35)
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
    point_positions = np.array([(point.x, point.y) for point in points])
    areas = _mark_areas(points, axes.figure.get_figwidth())  # type: ignore[union-attr]  # no subfigure
    _draw_contours(axes, scene)
    coincident_spots, is_coincident = find_coincident(scene, _mark_radius(axes, point_positions, float(areas.min())))
    _draw_points(axes, scene, point_positions, areas, ~is_coincident)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    _draw_coincident(axes, scene, coincident_spots, float(areas.min()) * SHARED_AREA)
    _label_regions(axes, scene, point_positions, float(areas.max()) ** 0.5 / 2)


def _draw_points(axes: Axes, scene: Scene, positions: Floats, areas: Floats, is_drawn: npt.NDArray[np.bool_]) -> None:
    """A mark at each of `positions` (n, 2) that `is_drawn` (n,), in a shuffled order: none of the datasets covers the
    others."""
    draw_order = np.random.default_rng(0).permutation(len(positions))
    draw_order = draw_order[np.argsort(areas[draw_order], kind="stable")]  # the larger marks, of eval, on top
    draw_order = draw_order[is_drawn[draw_order]]
    colours, marks = np.array(point_colours(scene).by_point), np.array(point_marks(scene))
    are_few = len(positions) < 3_000
    for layer in np.array_split(draw_order, DRAW_LAYERS):
        for mark in sorted(set(marks[layer])):
            marked_points = layer[marks[layer] == mark]
            axes.scatter(
                positions[marked_points, 0],
                positions[marked_points, 1],
                s=areas[marked_points],
                c=colours[marked_points],
                marker=mark,
                alpha=0.85 if are_few else 0.5,
                linewidths=0.4 if are_few else 0,
                edgecolors="white",
                zorder=2,
            )


def _label_regions(axes: Axes, scene: Scene, positions: Floats, mark_radius: float) -> None:
    """The labels of the regions, the largest first; where there are none and few questions, a label at each of them."""
    if not scene.clusters and (dot_labels := point_labels(scene, mark_radius)):
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
        for contour_line in contour.lines:
            xs, ys = zip(*contour_line, strict=True)
            axes.plot(xs, ys, color=colour, linewidth=1.0, alpha=0.55 - 0.4 * contour.level, zorder=1)


def _mark_radius(axes: Axes, positions: Any, area: float) -> float:
    """The radius of a mark of `area` (square points) in the measure of the map."""
    axes_box = axes.get_window_extent()
    inches = axes_box.width / axes.figure.dpi, axes_box.height / axes.figure.dpi
    scale = max(float(span) / (72 * side) for span, side in zip(np.ptp(positions, axis=0), inches, strict=True))
    return float(area**0.5 / 2 * scale)


def _draw_coincident(axes: Axes, scene: Scene, spots: list[CoincidentSpot], area: float) -> None:
    """A mark of slices where questions of several datasets coincide."""
    colour_of = dataset_colours(scene)
    for spot in spots:
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


def point_marks(scene: Scene) -> list[str]:
    """The page's own marks by dataset, so that no reader depends on colour alone; dots where there are very many.

    Of one dataset those of clusters, whose colours come again after those of the palette.
    """
    if len(scene.datasets) < 2 and scene.clusters:
        return [dataset_mark(max(point.cluster, 0) // len(LIGHT), scene) for point in scene.points]
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

    point_positions = np.array([(point.x, point.y) for point in points])
    neighbours = cKDTree(point_positions).query_ball_point(point_positions, reach)
    is_free, spots = np.ones(len(points), dtype=bool), []
    for point_index in range(len(points)):
        if not is_free[point_index]:
            continue
        members = [neighbour for neighbour in neighbours[point_index] if is_free[neighbour]]
        is_free[members] = False
        dataset_counts = Counter(points[member].dataset for member in members)
        if len(dataset_counts) > 1:
            is_coincident[members] = True
            x, y = point_positions[members].mean(axis=0).tolist()
            spots.append(
                CoincidentSpot(x, y, {e.name: dataset_counts[e.name] for e in scene.datasets if dataset_counts[e.name]})
            )
    return spots, is_coincident


def sector_outline(start: float, end: float) -> Any:
    """The outline of a pie's sector between two shares of the circle, from twelve o'clock on, clockwise."""
    angles = np.pi / 2 - 2 * np.pi * np.linspace(start, end, max(3, round(48 * (end - start)) + 2))
    arc = np.column_stack([np.cos(angles), np.sin(angles)])
    return arc if end - start > 0.999 else np.vstack([[0, 0], arc])


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
        label_text = _write_label(axes, label)
        best_place: tuple[int, tuple[float, float], Any] | None = None  # dots covered, shift, box
        for shift in _shifts(label):
            if best_place and (best_place[0] == 0 or np.hypot(*shift) > NEAR_RADIUS):
                break
            label_text.set_position(shift)
            label_box = label_text.get_window_extent(renderer).expanded(1.03, 1.06)
            is_inside = (
                frame.x0 <= label_box.x0
                and label_box.x1 <= frame.x1
                and frame.y0 <= label_box.y0
                and label_box.y1 <= frame.y1
            )
            if is_inside and not any(label_box.overlaps(occupied_box) for occupied_box in occupied):
                dot_count = _count_covered(label_box, dot_pixels)
                best_place = min(
                    best_place or (dot_count + 1, shift, label_box),
                    (dot_count, shift, label_box),
                    key=lambda fit: fit[0],
                )
        if best_place:
            label_text.set_position(best_place[1])
            occupied.append(best_place[2])
        else:
            label_text.remove()


def _count_covered(label_box: Any, dot_pixels: Any) -> int:
    """How many of `dot_pixels` (n, 2), in pixels, lie under a box or its edge."""
    margin = 4
    in_column = (dot_pixels[:, 0] > label_box.x0 - margin) & (dot_pixels[:, 0] < label_box.x1 + margin)
    return int(
        (in_column & (dot_pixels[:, 1] > label_box.y0 - margin) & (dot_pixels[:, 1] < label_box.y1 + margin)).sum()
    )


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
    point_names = [next((tag for tag in point.tags if tag_counts[tag] == 1), point.question) for point in scene.points]
    named_points = zip(point_names, scene.points, strict=True)
    return [Label(shorten_name(text, POINT_NAME_LENGTH), (point.x, point.y), radius) for text, point in named_points]
