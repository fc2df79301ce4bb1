"""What the tests of maps and comparisons share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

Run = Callable[..., int]


def size_of(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as image:
        image.verify()
        return image.size
