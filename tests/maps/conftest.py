"""The scene that the tests of maps draw, and its page."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from groundwork.maps.draw.map_page import write_map
from groundwork.maps.draw.scene import Scene
from tests.maps.scenes import COUNT, HOSTILE, histogram, scene


@pytest.fixture(scope="session")
def drawn() -> Scene:
    """A scene with everything that the page of a map can show."""
    return msgspec.structs.replace(scene(COUNT, first=HOSTILE), histogram=histogram())


@pytest.fixture(scope="session")
def page_file(drawn: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of `drawn`."""
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(drawn, path)
    return path
