"""The map as a plotly figure, for a notebook or a page of your own: one trace a dataset, the question on hovering.

The page that html_map.py writes does more and stays quick at 100,000 points; this one is for people who want to go on
with a figure in Python.
"""

from __future__ import annotations

import html
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.read_write import write_text
from groundwork.maps.draw.scene import Point, Scene
from groundwork.pages.palette import LIGHT

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HOVER_WIDTH = 70  # letters a line
PLOTLY_MARKS = ["circle", "square", "triangle-up", "diamond", "x", "star", "triangle-down", "cross"]


def write_plotly_map(scene: Scene, path: Path) -> None:
    """One HTML file with plotly.js in it (about 5 MB), which opens without a network."""
    figure = plotly_figure(scene)
    write_text(path, figure.to_html(include_plotlyjs=True, config={"scrollZoom": True, "displaylogo": False}))


def plotly_figure(scene: Scene) -> Figure:
    """The figure of `scene`: x and y are the t-SNE coordinates, customdata holds each question's id."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for entry in scene.datasets:
        points = [point for point in scene.points if point.dataset == entry.name]
        figure.add_scattergl(
            name=html.escape(entry.name),
            x=[point.x for point in points],
            y=[point.y for point in points],
            customdata=[point.id for point in points],
            text=[_hover(point) for point in points],
            hoverinfo="text",
            mode="markers",
            marker={
                "color": LIGHT[entry.colour % len(LIGHT)],
                "symbol": PLOTLY_MARKS[entry.colour % len(PLOTLY_MARKS)],
                "size": 7,
                "line": {"width": 0.5, "color": "white"},
            },
        )
    for cluster in scene.clusters:
        figure.add_annotation(x=cluster.x, y=cluster.y, text=f"<b>{html.escape(cluster.label)}</b>", showarrow=False)
    figure.update_layout(
        title=f"{html.escape(scene.title)}<br><sup>{html.escape(scene.subtitle)}</sup>",
        template="plotly_white",
        dragmode="pan",
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def _hover(point: Point) -> str:
    """Plotly reads some HTML in texts, so that a question is escaped; lines are broken by hand."""
    lines = textwrap.wrap(point.question, HOVER_WIDTH)
    return "<br>".join(html.escape(line) for line in lines)
