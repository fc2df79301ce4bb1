"""The comparison of datasets under a map in a PNG: verdict, table of figures, and curves of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwork.maps.draw.colours_and_legend import dataset_colours, dataset_mark
from groundwork.maps.draw.figure_text_and_fonts import draw_fitted_text, shorten_name, style_axes, wrap_text
from groundwork.maps.draw.scene import DatasetNumbers, Scene
from groundwork.message_wording import counted
from groundwork.pages.palette import FAINT, INK, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIGURE_COLUMNS = [0.6, 0.72, 0.86, 1.0]  # where those of the table of figures end


def draw_charts(figure: Figure, chart_scene: Scene) -> None:
    """Verdict, figures and curves, under a map: so letters keep their size where it is shown 800 pixels wide."""
    chart_height = figure.get_figheight()
    _draw_verdict(figure.add_axes((0.022, 2.0 / chart_height, 0.5, 1.95 / chart_height)), chart_scene)
    _draw_figures(figure.add_axes((0.022, 0.15 / chart_height, 0.5, 1.75 / chart_height)), chart_scene)
    _draw_curves(figure.add_axes((0.6, 0.6 / chart_height, 0.38, 3.1 / chart_height)), chart_scene)


def _draw_verdict(chart_axes: Axes, chart_scene: Scene) -> None:
    """Which to choose, as the headline; under it the figures that say so."""
    chart_numbers = chart_scene.numbers
    assert chart_numbers is not None  # noqa: S101  # the caller looked
    choice, _, why = chart_numbers.recommendation.partition(": ")
    chart_axes.set_axis_off()
    box = chart_axes.get_position()
    draw_fitted_text(chart_axes.figure, choice, (box.x0, box.y1 - 0.01), box.width, 14)  # type: ignore[arg-type]  # no subfigure
    text = wrap_text(f"{why[:1].upper()}{why[1:]}", 72)
    chart_axes.text(0, 0.83, text, va="top", fontsize=8.8, color=INK, linespacing=1.35, transform=chart_axes.transAxes)


def _draw_curves(chart_axes: Axes, chart_scene: Scene) -> None:
    """Reach of the union's topics against the number of questions, with the number they are compared at."""
    curve_numbers = chart_scene.numbers
    assert curve_numbers is not None  # noqa: S101  # the caller looked
    entries = {entry.name: entry for entry in chart_scene.datasets}
    chart_colours = dataset_colours(chart_scene)
    longest = max((curve_row.curve[-1][0] for curve_row in curve_numbers.datasets if curve_row.curve), default=1) or 1
    for curve_row in curve_numbers.datasets:
        if curve_row.curve:
            question_counts, reaches = zip(*curve_row.curve, strict=True)
            colour, mark = (
                chart_colours[curve_row.name],
                dataset_mark(entries[curve_row.name].colour, chart_scene),
            )
            chart_axes.plot(question_counts, [100 * share for share in reaches], color=colour, linewidth=2.2)
            chart_axes.plot(question_counts[-1], 100 * reaches[-1], mark, color=colour, markersize=6, clip_on=False)
    chart_axes.axvline(curve_numbers.equal_n, color=QUIET, linewidth=0.9, linestyle=(0, (3, 3)))
    is_right = curve_numbers.equal_n > 0.7 * longest
    chart_axes.text(
        curve_numbers.equal_n + (-0.012 if is_right else 0.012) * longest, 3, f"compared at {curve_numbers.equal_n:,}",
        color=QUIET, fontsize=8, va="bottom", ha="right" if is_right else "left",
    )  # fmt: skip
    _style_curves(chart_axes, longest, f"Share of the {counted(curve_numbers.topics, 'topic')} that they reach")


def _style_curves(chart_axes: Axes, longest: float, title: str) -> None:
    chart_axes.set_ylim(0, 103)
    chart_axes.set_xlim(0, 1.03 * longest)
    chart_axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    chart_axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    chart_axes.set_title(title, loc="left", fontsize=10.5, weight="bold", color=INK)
    chart_axes.set_xlabel("questions", color=QUIET)
    style_axes(chart_axes)


def _draw_figures(chart_axes: Axes, chart_scene: Scene) -> None:
    """The figures as a table: one row a dataset."""
    chart_numbers = chart_scene.numbers
    assert chart_numbers is not None  # noqa: S101  # the caller looked
    chart_axes.set_axis_off()
    chart_axes.set_xlim(0, 1)
    chart_axes.set_ylim(0, 1)
    row_step = min(0.15, 0.86 / (len(chart_numbers.datasets) + 1))
    for column_x, heading in zip(FIGURE_COLUMNS, ["reach (95%)", "whole", "repeats", "diversity"], strict=True):
        chart_axes.text(column_x, 0.96, heading, ha="right", va="center", color=QUIET, fontsize=8.5)
    chart_axes.plot([0, 1], [0.96 - row_step / 2] * 2, color=FAINT, linewidth=0.8)
    for index, figure_row in enumerate(chart_numbers.datasets):
        weight = "bold" if figure_row.name == chart_numbers.best else "normal"
        _draw_figure_row(chart_axes, chart_scene, figure_row, 0.96 - (index + 1) * row_step, weight)
    equal_questions = counted(chart_numbers.equal_n, "question")
    figures_note = f"Reach and diversity with {equal_questions} of each; whole: with all of its own."
    note_y = 0.96 - (len(chart_numbers.datasets) + 1) * row_step
    chart_axes.text(0, note_y, figures_note, va="center", fontsize=7.8, color=QUIET)


def _draw_figure_row(
    chart_axes: Axes, chart_scene: Scene, figure_row: DatasetNumbers, row_y: float, weight: str
) -> None:
    dataset_entry = next(entry for entry in chart_scene.datasets if entry.name == figure_row.name)
    mark, colour = dataset_mark(dataset_entry.colour, chart_scene), dataset_colours(chart_scene)[figure_row.name]
    chart_axes.plot(0.012, row_y, mark, color=colour, markersize=6, clip_on=False)
    dataset_name = shorten_name(figure_row.name, 20 if weight == "bold" else 23)
    chart_axes.text(0.04, row_y, dataset_name, va="center", color=INK, fontsize=9, weight=weight)
    low, high = figure_row.reach_interval
    reach = f"{figure_row.reach:.0%} ({100 * low:.0f}\N{EN DASH}{100 * high:.0f})"
    whole, repeats = f"{figure_row.reach_of_all:.0%}", f"{figure_row.redundancy:.0%}"
    figure_cells = [reach, whole, repeats, f"{figure_row.diversity_at_equal_n:.1f}"]
    for column_x, figure_cell in zip(FIGURE_COLUMNS, figure_cells, strict=True):
        chart_axes.text(column_x, row_y, figure_cell, ha="right", va="center", color=INK, fontsize=9, weight=weight)
