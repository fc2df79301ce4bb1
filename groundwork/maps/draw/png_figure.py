"""The figure of a PNG: fonts, colours, head, legend, texts; the charts beside a map, and the histogram of tags."""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from groundwork.data_folder.read_write import write_bytes
from groundwork.maps.draw.scene import Bar, DatasetNumbers, Scene
from groundwork.message_wording import counted, shorten_text
from groundwork.pages.palette import FAINT, INK, LIGHT, MATPLOTLIB_MARKS, ORDERED_LIGHT, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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
    by_category = _colours_by_value([point.category for point in points], LIGHT)
    by_difficulty = _colours_by_value([point.difficulty for point in points], ORDERED_LIGHT, DIFFICULTIES)
    return by_category or by_difficulty or Colours([LIGHT[0]] * len(points), [])


def _colours_by_value(values: list[str], palette: list[str], first_values: Sequence[str] = ()) -> Colours | None:
    """The colours of points with these values, the most frequent first; None where all have the same."""
    value_counts = Counter(values)
    if len(value_counts) < 2:
        return None
    most_common = [value for value, _ in value_counts.most_common() if value not in first_values]
    value_order = [*(value for value in first_values if value in value_counts), *most_common]
    padded_palette = chain(palette, repeat(OTHER_COLOUR))
    colour_by_value = dict(zip(value_order, padded_palette, strict=False))
    legend = [(value or "none", colour_by_value[value], value_counts[value]) for value in value_order]
    return Colours([colour_by_value[value] for value in values], legend)


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
    with warnings.catch_warnings(record=True) as glyph_records:
        warnings.simplefilter("always")
        yield glyph_warnings
    missing = {match[1] for warning in glyph_records if (match := _MISSING_GLYPH.match(str(warning.message)))}
    for warning in glyph_records:
        if not _MISSING_GLYPH.match(str(warning.message)):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if missing:
        letters = "".join(sorted(chr(int(code)) for code in missing)[:8])
        glyph_warnings.append(
            f"{path.name}: boxes stand for letters that no installed font has, such as {letters}; "
            "install one (Debian: fonts-noto-cjk, fonts-noto-core); the HTML page shows them by the browser"
        )


def draw_fitted_text(figure: Figure, words: str, position: tuple[float, float], width: float, font_size: float) -> None:
    """Bold `words` at `position`, middle left, made smaller and then shorter until they take at most `width` (0..1)."""
    canvas: Any = figure.canvas
    text = figure.text(*position, words, fontsize=font_size, weight="bold", color=INK, va="center")
    width_pixels = width * figure.get_figwidth() * figure.dpi
    fitted_share = text.get_window_extent(canvas.get_renderer()).width / width_pixels
    text.set_fontsize(max(0.7 * font_size, min(font_size, font_size / fitted_share)) if fitted_share else font_size)
    if fitted_share > 1 / 0.7:
        text.set_text(f"{words[: int(len(words) * 0.95 / (0.7 * fitted_share))]}…")


def shorten_name(name: str, length: int = MAX_NAME_LENGTH) -> str:
    """`name` in at most `length` letters: without its organisation, and then without its end."""
    short_name = name if len(name) <= length else name.rpartition("/")[2]
    return shorten_text(short_name, length)


def wrap_text(text: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


def style_axes(axes: Axes) -> None:
    """Only what is needed to read a value."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=QUIET, length=0, labelsize=8)
    axes.grid(color=FAINT, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)


FIGURE_COLUMNS = [0.6, 0.72, 0.86, 1.0]  # where those of the table of figures end
MAX_HISTOGRAM_HEIGHT = 10.0  # inches of the bars of a histogram


def draw_charts(figure: Figure, scene: Scene) -> None:
    """Verdict, figures and curves, under a map: so letters keep their size where it is shown 800 pixels wide."""
    height = figure.get_figheight()
    _draw_verdict(figure.add_axes((0.022, 2.0 / height, 0.5, 1.95 / height)), scene)
    _draw_figures(figure.add_axes((0.022, 0.15 / height, 0.5, 1.75 / height)), scene)
    _draw_curves(figure.add_axes((0.6, 0.6 / height, 0.38, 3.1 / height)), scene)


def _draw_verdict(axes: Axes, scene: Scene) -> None:
    """Which to choose, as the headline; under it the figures that say so."""
    chart_numbers = scene.numbers
    assert chart_numbers is not None  # noqa: S101  # the caller looked
    choice, _, why = chart_numbers.recommendation.partition(": ")
    axes.set_axis_off()
    box = axes.get_position()
    draw_fitted_text(axes.figure, choice, (box.x0, box.y1 - 0.01), box.width, 14)  # type: ignore[arg-type]  # no subfigure
    text = wrap_text(f"{why[:1].upper()}{why[1:]}", 72)
    axes.text(0, 0.83, text, va="top", fontsize=8.8, color=INK, linespacing=1.35, transform=axes.transAxes)


def _draw_curves(axes: Axes, scene: Scene) -> None:
    """Reach of the union's topics against the number of questions, with the number they are compared at."""
    curve_numbers = scene.numbers
    assert curve_numbers is not None  # noqa: S101  # the caller looked
    legend_entries = {entry.name: entry for entry in scene.datasets}
    colour_of = dataset_colours(scene)
    longest = max((curve_row.curve[-1][0] for curve_row in curve_numbers.datasets if curve_row.curve), default=1) or 1
    for curve_row in curve_numbers.datasets:
        if curve_row.curve:
            question_counts, reach_shares = zip(*curve_row.curve, strict=True)
            colour, mark = colour_of[curve_row.name], dataset_mark(legend_entries[curve_row.name].colour, scene)
            axes.plot(question_counts, [100 * share for share in reach_shares], color=colour, linewidth=2.2)
            axes.plot(question_counts[-1], 100 * reach_shares[-1], mark, color=colour, markersize=6, clip_on=False)
    axes.axvline(curve_numbers.equal_n, color=QUIET, linewidth=0.9, linestyle=(0, (3, 3)))
    is_right = curve_numbers.equal_n > 0.7 * longest
    axes.text(
        curve_numbers.equal_n + (-0.012 if is_right else 0.012) * longest, 3, f"compared at {curve_numbers.equal_n:,}",
        color=QUIET, fontsize=8, va="bottom", ha="right" if is_right else "left",
    )  # fmt: skip
    _style_curves(axes, longest, f"Share of the {counted(curve_numbers.topics, 'topic')} that they reach")


def _style_curves(axes: Axes, longest: float, title: str) -> None:
    axes.set_ylim(0, 103)
    axes.set_xlim(0, 1.03 * longest)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_title(title, loc="left", fontsize=10.5, weight="bold", color=INK)
    axes.set_xlabel("questions", color=QUIET)
    style_axes(axes)


def _draw_figures(axes: Axes, scene: Scene) -> None:
    """The figures as a table: one row a dataset."""
    chart_numbers = scene.numbers
    assert chart_numbers is not None  # noqa: S101  # the caller looked
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    row_step = min(0.15, 0.86 / (len(chart_numbers.datasets) + 1))
    for column_x, heading in zip(FIGURE_COLUMNS, ["reach (95%)", "whole", "repeats", "diversity"], strict=True):
        axes.text(column_x, 0.96, heading, ha="right", va="center", color=QUIET, fontsize=8.5)
    axes.plot([0, 1], [0.96 - row_step / 2] * 2, color=FAINT, linewidth=0.8)
    for index, figure_row in enumerate(chart_numbers.datasets):
        weight = "bold" if figure_row.name == chart_numbers.best else "normal"
        _draw_figure_row(axes, scene, figure_row, 0.96 - (index + 1) * row_step, weight)
    equal_questions = counted(chart_numbers.equal_n, "question")
    figures_note = f"Reach and diversity with {equal_questions} of each; whole: with all of its own."
    note_y = 0.96 - (len(chart_numbers.datasets) + 1) * row_step
    axes.text(0, note_y, figures_note, va="center", fontsize=7.8, color=QUIET)


def _draw_figure_row(axes: Axes, scene: Scene, figure_row: DatasetNumbers, row_y: float, weight: str) -> None:
    dataset_entry = next(entry for entry in scene.datasets if entry.name == figure_row.name)
    mark, colour = dataset_mark(dataset_entry.colour, scene), dataset_colours(scene)[figure_row.name]
    axes.plot(0.012, row_y, mark, color=colour, markersize=6, clip_on=False)
    dataset_name = shorten_name(figure_row.name, 20 if weight == "bold" else 23)
    axes.text(0.04, row_y, dataset_name, va="center", color=INK, fontsize=9, weight=weight)
    low, high = figure_row.reach_interval
    reach = f"{figure_row.reach:.0%} ({100 * low:.0f}\N{EN DASH}{100 * high:.0f})"
    whole, repeats = f"{figure_row.reach_of_all:.0%}", f"{figure_row.redundancy:.0%}"
    figure_cells = [reach, whole, repeats, f"{figure_row.diversity_at_equal_n:.1f}"]
    for column_x, figure_cell in zip(FIGURE_COLUMNS, figure_cells, strict=True):
        axes.text(column_x, row_y, figure_cell, ha="right", va="center", color=INK, fontsize=9, weight=weight)


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
    legend_rows = math.ceil(len(dataset_names) / LEGEND_COLUMNS) if len(dataset_names) > 1 else 0
    figure_height = max(3.2, 1.5 + 0.26 * legend_rows + len(bars) * (0.115 + 0.135 * len(dataset_names)))
    figure = new_figure(9.6, figure_height)
    axes = figure.add_axes((0.24, 0.6 / figure_height, 0.7, 1 - (1.5 + 0.26 * legend_rows) / figure_height))
    _draw_bars(axes, bars, scene)
    axes.set_xlabel("share of the dataset's questions", color=QUIET)
    draw_head(figure, scene)
    return figure


def _draw_bars(axes: Axes, bars: list[Bar], scene: Scene) -> None:
    colour_of = dataset_colours(scene)
    datasets = list(colour_of)
    bar_width = 0.82 / max(1, len(datasets))
    longest_bar = max((tag_share for bar in bars for tag_share in bar.shares.values()), default=1.0) or 1.0
    for bar_index, bar in enumerate(bars):
        for number, dataset in enumerate(datasets):
            bar_y = bar_index + (number - (len(datasets) - 1) / 2) * bar_width
            tag_share = bar.shares[dataset]
            axes.barh(bar_y, tag_share, bar_width * 0.9, color=colour_of[dataset], zorder=2)
            bar_text = f"{tag_share:.0%} ({bar.counts[dataset]:,})" if bar.counts[dataset] else "none"
            text_x, text_colour = tag_share + longest_bar * 0.008, INK if tag_share else QUIET
            axes.text(text_x, bar_y, bar_text, va="center", fontsize=7.6, color=text_colour)
    _style_bars(axes, bars, longest_bar)


def _style_bars(axes: Axes, bars: list[Bar], longest_bar: float) -> None:
    axes.set_yticks(range(len(bars)), [shorten_name(bar.label, 28) for bar in bars], color=INK)
    axes.set_ylim(len(bars) - 0.45, -0.55)
    axes.set_xlim(0, longest_bar * 1.16)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    style_axes(axes)
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9)
    axes.grid(axis="y", visible=False)
