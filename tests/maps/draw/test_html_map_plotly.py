"""The map as a plotly figure."""

from __future__ import annotations

from groundwork.maps.draw.plotly_map import plotly_figure, write_plotly_map
from groundwork.maps.draw.scene import DatasetEntry, Point, Scene


def _scene(question: str) -> Scene:
    points = [Point(id=f"q{n}", dataset="ab"[n % 2], x=float(n), y=0.0, question=question) for n in range(5)]
    return Scene(
        title="T & U",
        points=points,
        datasets=[DatasetEntry(name="a", count=3, colour=0), DatasetEntry(name="b", count=2, colour=1)],
    )


def test_every_point_stands_in_the_trace_of_its_dataset() -> None:
    """One trace a dataset, with the ids of its questions."""
    figure = plotly_figure(_scene("Why?"))
    assert {trace.name: list(trace.customdata) for trace in figure.data} == {"a": ["q0", "q2", "q4"], "b": ["q1", "q3"]}


def test_a_question_stays_text(tmp_path) -> None:
    """What a model wrote is never markup in the page, in hover texts and titles alike."""
    path = tmp_path / "map.html"
    write_plotly_map(_scene("</script><img src=x onerror=alert(1)>"), path)
    page = path.read_text()
    assert "<img src=x" not in page
    assert "onerror=alert" in page
