"""The histogram of tags as a PNG: for each tag a bar a dataset."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.maps.draw.colours_and_legend import LEGEND_COLUMNS, dataset_colours, draw_head
from groundwork.maps.draw.figure_text_and_fonts import (
    collect_missing_glyphs,
    new_figure,
    save_png,
    shorten_name,
    style_axes,
)
from groundwork.maps.draw.scene import Bar, Scene
from groundwork.pages.palette import INK, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_HISTOGRAM_HEIGHT = 10.0  # inches of the bars of a histogram


def write_histogram_png(histogram_scene: Scene, histogram_path: Path, max_tags: int = 25) -> list[str]:
    """Draw the first `max_tags` tags of `histogram_scene`: a bar for each dataset, its questions' share and number.

    Returns what the reader has to be warned of: letters without a font.
    """
    with collect_missing_glyphs(histogram_path) as warnings:
        save_png(_histogram_figure(histogram_scene, max_tags), histogram_path)
    return warnings


def _histogram_figure(histogram_scene: Scene, max_tags: int) -> Figure:
    names = [entry.name for entry in histogram_scene.datasets]
    bars = histogram_scene.histogram[: min(max_tags, int(MAX_HISTOGRAM_HEIGHT / (0.115 + 0.135 * len(names))))]
    legend_rows = math.ceil(len(names) / LEGEND_COLUMNS) if len(names) > 1 else 0
    histogram_height = max(3.2, 1.5 + 0.26 * legend_rows + len(bars) * (0.115 + 0.135 * len(names)))
    histogram_figure = new_figure(9.6, histogram_height)
    histogram_axes = histogram_figure.add_axes(
        (0.24, 0.6 / histogram_height, 0.7, 1 - (1.5 + 0.26 * legend_rows) / histogram_height)
    )
    _draw_bars(histogram_axes, bars, histogram_scene)
    histogram_axes.set_xlabel("share of the dataset's questions", color=QUIET)
    draw_head(histogram_figure, histogram_scene)
    return histogram_figure


def _draw_bars(histogram_axes: Axes, histogram_bars: list[Bar], histogram_scene: Scene) -> None:
    colour_of = dataset_colours(histogram_scene)
    bar_datasets = list(colour_of)
    bar_width = 0.82 / max(1, len(bar_datasets))
    longest_bar = max((tag_share for bar in histogram_bars for tag_share in bar.shares.values()), default=1.0) or 1.0
    for bar_index, bar in enumerate(histogram_bars):
        for dataset_number, dataset in enumerate(bar_datasets):
            bar_y = bar_index + (dataset_number - (len(bar_datasets) - 1) / 2) * bar_width
            tag_share = bar.shares[dataset]
            histogram_axes.barh(bar_y, tag_share, bar_width * 0.9, color=colour_of[dataset], zorder=2)
            bar_text = f"{tag_share:.0%} ({bar.counts[dataset]:,})" if bar.counts[dataset] else "none"
            bar_text_x, bar_text_colour = tag_share + longest_bar * 0.008, INK if tag_share else QUIET
            histogram_axes.text(bar_text_x, bar_y, bar_text, va="center", fontsize=7.6, color=bar_text_colour)
    _style_bars(histogram_axes, histogram_bars, longest_bar)


def _style_bars(histogram_axes: Axes, bars: list[Bar], longest_bar: float) -> None:
    histogram_axes.set_yticks(range(len(bars)), [shorten_name(bar.label, 28) for bar in bars], color=INK)
    histogram_axes.set_ylim(len(bars) - 0.45, -0.55)
    histogram_axes.set_xlim(0, longest_bar * 1.16)
    histogram_axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    style_axes(histogram_axes)
    histogram_axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9)
    histogram_axes.grid(axis="y", visible=False)
