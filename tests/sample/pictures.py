"""Pictures for tests, drawn here: charts that differ by their seed, photographs, ornaments."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw


def chart(seed: int = 1, size: tuple[int, int] = (240, 160), kind: str = "PNG", **options: Any) -> bytes:
    """A bar chart as the bytes of a file."""
    image = Image.new("RGB", size, "white")
    draw, heights = ImageDraw.Draw(image), random.Random(seed)
    width = size[0] / 5
    for number in range(5):
        top = heights.randrange(5, size[1] - 10)
        draw.rectangle((number * width, top, number * width + width / 2, size[1] - 5), fill="navy")
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def even(size: tuple[int, int] = (200, 200)) -> bytes:
    """One colour, in which nothing is to be seen."""
    stream = io.BytesIO()
    Image.new("RGB", size, "navy").save(stream, "PNG")
    return stream.getvalue()


def huge_png(side: int = 20_000) -> bytes:
    """A PNG of a few hundred bytes that says it is `side` pixels wide and high."""

    def part(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")
