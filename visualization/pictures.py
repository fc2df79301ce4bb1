"""Write a Scene as its files: the PNG, the numbers, the coordinates and the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dataprep.store.artifacts import write_json, write_jsonl
from visualization.figures.scene import Scene


def write_map_pictures(scene: Scene, paths: Sequence[Path]) -> None:
    """Write `scene` to each of `paths` in the form that its ending asks for."""
    from visualization.figures.map import write_map
    from visualization.figures.static import write_map_png

    for path in paths:
        if path.suffix == ".png":
            write_map_png(scene, path)
        elif path.suffix == ".html":
            write_map(scene, path)
        elif path.suffix == ".json":
            write_json(path, numbers_of(scene))
        else:
            write_jsonl(path, coordinates(scene))


def numbers_of(scene: Scene) -> dict[str, object]:
    """What the JSON file beside a picture holds."""
    return {
        "title": scene.title,
        "subtitle": scene.subtitle,
        "notes": scene.notes,
        "numbers": scene.numbers,
        "clusters": scene.clusters,
        "only_in": {name: [scene.points[index].id for index in rows] for name, rows in scene.only_in.items()},
        "missed_by": {name: [scene.points[index].id for index in rows] for name, rows in scene.missed_by.items()},
    }


def coordinates(scene: Scene) -> list[dict[str, object]]:
    """One row a point: where it stands, for pictures of your own."""
    return [
        {
            "id": p.id,
            "dataset": p.dataset,
            "split": p.split,
            "x": p.x,
            "y": p.y,
            "cluster": p.cluster,
            "question": p.question,
        }
        for p in scene.points
    ]
