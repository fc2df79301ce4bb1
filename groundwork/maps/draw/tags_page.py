"""The page of tags: how often each dataset asks about what, which tags one has and another lacks, and their map.

    write_tags(scene, path)

It is the map's page, opened at the tags; `scene.kind` is "tags" when the points are tags, "questions" when they are
the questions that bear them.
"""

from __future__ import annotations

from pathlib import Path

from groundwork.maps.draw.map_page import ASSETS, FOLDER, point_columns, point_details
from groundwork.maps.draw.scene import Scene
from groundwork.pages.html_frame import write_page


def write_tags(scene: Scene, path: Path) -> None:
    """Write the histogram, the differences and the map of `scene` as one page to `path`."""
    write_page(
        path,
        title=scene.title,
        kind="map",
        data={"scene": {**point_columns(scene), "opens": "tags"}, "details": point_details(scene.points)},
        assets=ASSETS,
        folder=FOLDER,
    )
