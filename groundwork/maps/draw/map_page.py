"""The interactive map as one HTML file: search, hover, click, lasso, compare; and the page of tags."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from groundwork.installation import as_typed
from groundwork.maps.draw.scene import Point, Scene
from groundwork.pages.html_page import PageKind, write_page

STYLES = ["page.css", "map.css", "charts.css"]
SHARED_ASSETS = ["page.js", "review_link.js", "charts.js", "tag_charts.js", "table.js"]
MAP_SCRIPTS = [  # of the map, one file each in assets/map/
    *["facets", "points", "pies", "filter", "camera", "coincident"],  # what there is, what is seen of it, from where
    *["raster", "painter", "overlay", "names", "tip", "picture"],  # how it is drawn
    *["save_view", "toolbar", "legend", "histograms", "rail"],  # what stands around it
    *["tray", "drawer", "search", "small_maps", "views"],
    *["grid", "hits", "pointer", "keys", "start"],  # what the reader does, and who hears of it
]
MAP_ASSETS = Path(__file__).parent / "assets"
MAP_PAGE = PageKind("map", [*STYLES, *SHARED_ASSETS, *(f"map/{part}.js" for part in MAP_SCRIPTS)], MAP_ASSETS)
FACETS: dict[str, Callable[[Point], str]] = {
    "split": lambda p: p.split,
    "category": lambda p: p.category,
    "difficulty": lambda p: p.difficulty,
    "document": lambda p: p.document,
}


def write_map(page_scene: Scene, page_path: Path, **page_options: str) -> None:
    """Write `page_scene` as one page to `page_path`. An empty scene gives a page that says so."""
    scene_columns = {**point_columns(page_scene), **page_options}
    page_data = {"scene": scene_columns, "details": point_details(page_scene.points)}
    write_page(page_path, MAP_PAGE, title=page_scene.title, data=page_data)


def write_tags(page_scene: Scene, page_path: Path) -> None:
    """Write the histogram, the differences and the map of `page_scene` as one page to `page_path`."""
    write_map(page_scene, page_path, opens="tags")


def point_columns(page_scene: Scene) -> dict[str, Any]:
    """What drawing needs, one list a column: an index per point where values repeat."""
    page_points = page_scene.points
    dataset_index = {entry.name: i for i, entry in enumerate(page_scene.datasets)}
    page_digits = _coordinate_digits(page_points)
    return {
        **_scene_fields(page_scene, "title", "subtitle", "kind"),
        "review": as_typed("uv run dataprep/review.py"),
        **_scene_fields(page_scene, "compares", "parts", "notes", "numbers", "datasets", "clusters"),
        "contours": [
            {"dataset": c.dataset, "level": c.level, "lines": [_flatten_line(line, page_digits) for line in c.lines]}
            for c in page_scene.contours
        ],
        **_scene_fields(page_scene, "only_in", "missed_by", "histogram"),
        "x": [round(p.x, page_digits) for p in page_points],
        "y": [round(p.y, page_digits) for p in page_points],
        "question": [p.question for p in page_points],
        "dataset": [dataset_index[p.dataset] for p in page_points],
        "cluster": [p.cluster for p in page_points],
        "weight": [p.weight for p in page_points],
        "neighbours": [p.neighbours for p in page_points],
        "tags": _index_value_lists(p.tags for p in page_points),
        "score": [p.score for p in page_points] if any(p.score is not None for p in page_points) else [],
        "facets": {facet: _index_values(map(value_of, page_points)) for facet, value_of in FACETS.items()},
    }


def _scene_fields(page_scene: Scene, *field_names: str) -> dict[str, Any]:
    return {field_name: getattr(page_scene, field_name) for field_name in field_names}


def point_details(page_points: list[Point]) -> dict[str, list[Any]]:
    """What a click, a search and a download need besides; unpacked after the first picture stands."""
    return {
        "id": [p.id for p in page_points],
        "answer": [p.answer for p in page_points],
        "evaluation_criteria": [p.evaluation_criteria for p in page_points],
        "evidence": [p.evidence for p in page_points],
        "chunk": [p.chunk for p in page_points],
        "headings": [p.headings for p in page_points],
        "pages": [p.pages for p in page_points],
    }


def _coordinate_digits(page_points: list[Point]) -> int:
    """Decimals that place a point to a hundred-thousandth of the map."""
    extent = max((max(abs(p.x), abs(p.y)) for p in page_points), default=1.0) or 1.0
    return max(0, 5 - math.ceil(math.log10(extent)))


def _flatten_line(contour_line: list[tuple[float, float]], digits: int) -> list[float]:
    return [round(point_value, digits) for point in contour_line for point_value in point]


def _index_values(values: Iterable[str]) -> dict[str, Any]:
    """{"values": distinct values, the most frequent first, "of": index per point}."""
    point_values = list(values)
    column_counts: dict[str, int] = {}
    for point_value in point_values:
        column_counts[point_value] = column_counts.get(point_value, 0) + 1
    column_values = sorted(column_counts, key=lambda point_value: (-column_counts[point_value], point_value))
    column_index = {point_value: i for i, point_value in enumerate(column_values)}
    return {"values": column_values, "of": [column_index[point_value] for point_value in point_values]}


def _index_value_lists(listed_values: Iterable[list[str]]) -> dict[str, Any]:
    """The same for lists of values per point."""
    value_lists = list(listed_values)
    column_values = _index_values(point_value for row in value_lists for point_value in row)["values"]
    column_index = {point_value: i for i, point_value in enumerate(column_values)}
    return {"values": column_values, "of": [[column_index[point_value] for point_value in row] for row in value_lists]}
