"""The charts beside a map as a PNG, and the histogram of tags."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.maps.draw.png_figure import (
    LEGEND_COLUMNS,
    collect_missing_glyphs,
    dataset_colours,
    dataset_mark,
    draw_fitted_text,
    draw_head,
    new_figure,
    save_png,
    shorten_name,
    style_axes,
    wrap_text,
)
from groundwork.maps.draw.scene import Bar, Scene
from groundwork.message_wording import counted
from groundwork.pages.palette import FAINT, INK, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MAX_HISTOGRAM_HEIGHT = 10.0  # inches of the bars of a histogram


def draw_verdict(axes: Axes, scene: Scene) -> None:
    """Which to choose, as the headline; under it the figures that say so."""
    chart_numbers = scene.numbers
    assert chart_numbers is not None  # noqa: S101  # the caller looked
    choice, _, why = chart_numbers.recommendation.partition(": ")
    axes.set_axis_off()
    box = axes.get_position()
    draw_fitted_text(axes.figure, choice, (box.x0, box.y1 - 0.01), box.width, 14)  # type: ignore[arg-type]  # no subfigure
    text = wrap_text(f"{why[:1].upper()}{why[1:]}", 72)
    axes.text(0, 0.83, text, va="top", fontsize=8.8, color=INK, linespacing=1.35, transform=axes.transAxes)


def draw_curves(axes: Axes, scene: Scene) -> None:
    """Reach of the union's topics against the number of questions, with the number they are compared at."""
    numbers = scene.numbers
    assert numbers is not None  # noqa: S101  # the caller looked
    entries = {entry.name: entry for entry in scene.datasets}
    colour_of = dataset_colours(scene)
    longest = max((row.curve[-1][0] for row in numbers.datasets if row.curve), default=1) or 1
    for row in numbers.datasets:
        if row.curve:
            question_counts, reach_shares = zip(*row.curve, strict=True)
            colour, mark = colour_of[row.name], dataset_mark(entries[row.name].colour, scene)
            axes.plot(question_counts, [100 * share for share in reach_shares], color=colour, linewidth=2.2)
            axes.plot(question_counts[-1], 100 * reach_shares[-1], mark, color=colour, markersize=6, clip_on=False)
    axes.axvline(numbers.equal_n, color=QUIET, linewidth=0.9, linestyle=(0, (3, 3)))
    is_right = numbers.equal_n > 0.7 * longest
    axes.text(
        numbers.equal_n + (-0.012 if is_right else 0.012) * longest, 3, f"compared at {numbers.equal_n:,}",
        color=QUIET, fontsize=8, va="bottom", ha="right" if is_right else "left",
    )  # fmt: skip
    axes.set_ylim(0, 103)
    axes.set_xlim(0, 1.03 * longest)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_title(_curves_title(numbers.topics), loc="left", fontsize=10.5, weight="bold", color=INK)
    axes.set_xlabel("questions", color=QUIET)
    style_axes(axes)


def _curves_title(count: int) -> str:
    return f"Share of the {counted(count, 'topic')} that they reach"


def draw_figures(axes: Axes, scene: Scene) -> None:
    """The figures as a table: one row a dataset."""
    chart_numbers = scene.numbers
    assert chart_numbers is not None  # noqa: S101  # the caller looked
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    rows = chart_numbers.datasets
    entries = {entry.name: entry for entry in scene.datasets}
    column_places = [0.6, 0.72, 0.86, 1.0]
    row_step = min(0.15, 0.86 / (len(rows) + 1))
    for column_x, heading in zip(column_places, ["reach (95%)", "whole", "repeats", "diversity"], strict=True):
        axes.text(column_x, 0.96, heading, ha="right", va="center", color=QUIET, fontsize=8.5)
    axes.plot([0, 1], [0.96 - row_step / 2] * 2, color=FAINT, linewidth=0.8)
    for index, row in enumerate(rows):
        row_y = 0.96 - (index + 1) * row_step
        entry, weight = entries[row.name], "bold" if row.name == chart_numbers.best else "normal"
        mark, colour = dataset_mark(entry.colour, scene), dataset_colours(scene)[row.name]
        axes.plot(0.012, row_y, mark, color=colour, markersize=6, clip_on=False)
        dataset_name = shorten_name(row.name, 20 if weight == "bold" else 23)
        axes.text(0.04, row_y, dataset_name, va="center", color=INK, fontsize=9, weight=weight)
        low, high = row.reach_interval
        reach = f"{row.reach:.0%} ({100 * low:.0f}\N{EN DASH}{100 * high:.0f})"
        cells = [reach, f"{row.reach_of_all:.0%}", f"{row.redundancy:.0%}", f"{row.diversity_at_equal_n:.1f}"]
        for column_x, cell in zip(column_places, cells, strict=True):
            axes.text(column_x, row_y, cell, ha="right", va="center", color=INK, fontsize=9, weight=weight)
    figures_note = (
        f"Reach and diversity with {counted(chart_numbers.equal_n, 'question')} of each; whole: with all of its own."
    )
    axes.text(0, 0.96 - (len(rows) + 1) * row_step, figures_note, va="center", fontsize=7.8, color=QUIET)


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
    longest_curve = max((tag_share for bar in bars for tag_share in bar.shares.values()), default=1.0) or 1.0
    for bar_index, bar in enumerate(bars):
        for number, dataset in enumerate(datasets):
            bar_y = bar_index + (number - (len(datasets) - 1) / 2) * bar_width
            tag_share = bar.shares[dataset]
            axes.barh(bar_y, tag_share, bar_width * 0.9, color=colour_of[dataset], zorder=2)
            bar_text = f"{tag_share:.0%} ({bar.counts[dataset]:,})" if bar.counts[dataset] else "none"
            axes.text(
                tag_share + longest_curve * 0.008,
                bar_y,
                bar_text,
                va="center",
                fontsize=7.6,
                color=INK if tag_share else QUIET,
            )
    axes.set_yticks(range(len(bars)), [shorten_name(bar.label, 28) for bar in bars], color=INK)
    axes.set_ylim(len(bars) - 0.45, -0.55)
    axes.set_xlim(0, longest_curve * 1.16)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    style_axes(axes)
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9)
    axes.grid(axis="y", visible=False)
