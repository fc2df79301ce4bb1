"""The map as a plotly figure, for people who want to go on with it in Python: one trace a dataset, the question on
hovering. The page of map_page does more, and stays quick at 100,000 points.
"""

from __future__ import annotations

import html
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.read_write import write_text
from groundwork.maps.draw.scene import DatasetEntry, Point, Scene
from groundwork.pages.palette import LIGHT

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HOVER_WIDTH = 70  # letters a line
PLOTLY_MARKS = ["circle", "square", "triangle-up", "diamond", "x", "star", "triangle-down", "cross"]


def write_plotly_map(plotly_scene: Scene, map_path: Path) -> None:
    """One HTML file with plotly.js in it (about 5 MB), which opens without a network."""
    plotly_chart = plotly_figure(plotly_scene)
    write_text(map_path, plotly_chart.to_html(include_plotlyjs=True, config={"scrollZoom": True, "displaylogo": False}))


def plotly_figure(plotly_scene: Scene) -> Figure:
    """The figure of `plotly_scene`: x and y are the t-SNE coordinates, customdata holds each question's id."""
    import plotly.graph_objects as go

    plotly_chart = go.Figure()
    for entry in plotly_scene.datasets:
        _add_plotly_trace(plotly_chart, entry, [point for point in plotly_scene.points if point.dataset == entry.name])
    for cluster in plotly_scene.clusters:
        cluster_label = f"<b>{html.escape(cluster.label)}</b>"
        plotly_chart.add_annotation(x=cluster.x, y=cluster.y, text=cluster_label, showarrow=False)
    plotly_chart.update_layout(
        title=f"{html.escape(plotly_scene.title)}<br><sup>{html.escape(plotly_scene.subtitle)}</sup>",
        template="plotly_white",
        dragmode="pan",
    )
    plotly_chart.update_xaxes(visible=False)
    plotly_chart.update_yaxes(visible=False, scaleanchor="x")
    return plotly_chart


def _add_plotly_trace(plotly_chart: Figure, entry: DatasetEntry, plotly_points: list[Point]) -> None:
    plotly_chart.add_scattergl(
        name=html.escape(entry.name),
        x=[point.x for point in plotly_points],
        y=[point.y for point in plotly_points],
        customdata=[point.id for point in plotly_points],
        text=[_hover(point) for point in plotly_points],
        hoverinfo="text",
        mode="markers",
        marker={
            "color": LIGHT[entry.colour % len(LIGHT)],
            "symbol": PLOTLY_MARKS[entry.colour % len(PLOTLY_MARKS)],
            "size": 7,
            "line": {"width": 0.5, "color": "white"},
        },
    )


def _hover(point: Point) -> str:
    """Plotly reads some HTML in texts, so that a question is escaped; lines are broken by hand."""
    hover_lines = textwrap.wrap(point.question, HOVER_WIDTH)
    return "<br>".join(html.escape(line) for line in hover_lines)
