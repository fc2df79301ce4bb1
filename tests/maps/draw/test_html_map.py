"""The page around every picture: one file, nothing fetched, nothing of the data read as markup."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from itertools import combinations
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.maps.draw.map_page import MAP_ASSETS, point_columns, write_map
from groundwork.pages import palette
from groundwork.pages.html_page import ASSETS, COMPRESS_ABOVE_BYTES, embed_data, escape_json
from tests.maps.scenes import scene

PLOTLY_JS = 4_800_000  # bytes of plotly 7.1's library, which the page does without


@given(st.text())
def test_embedded_json_cannot_end_its_element(text: str) -> None:
    """Whatever a dataset says, the block holds no character that HTML could read, and decodes to the same."""
    written = escape_json(json.dumps({"question": text}, ensure_ascii=False))
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == {"question": text}


def test_large_blocks_are_packed() -> None:
    """A large block is stored compressed and comes back as it was."""
    value = ["What is </script>?"] * (COMPRESS_ABOVE_BYTES // 10)
    element = embed_data("scene", value)
    packed = re.fullmatch(r'<script type="application/gzip" id="data-scene">([A-Za-z0-9+/=]+)</script>', element)
    assert packed
    assert json.loads(gzip.decompress(base64.b64decode(packed[1]))) == value


def test_nothing_in_the_page_can_be_fetched(tmp_path: Path) -> None:
    """The policy names our script by its hash and forbids everything else; no element points outside."""
    write_map(scene(30, first="https://example.org/tracker.js <script src=x>"), tmp_path / "map.html")
    html = (tmp_path / "map.html").read_text(encoding="utf-8")
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"default-src 'none'; script-src 'sha256-{digest}'" in html
    assert re.findall(r"""(?:src|href)=["']([^"']*)""", html.replace(script[0], "")) == ["data:,"]
    for unsafe in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "outerHTML"):
        assert unsafe not in script[0]


@pytest.mark.parametrize(
    "script", sorted([*ASSETS.rglob("*.js"), *MAP_ASSETS.rglob("*.js")]), ids=lambda path: path.stem
)
def test_scripts_may_lose_their_indentation(script: Path) -> None:
    """No string of a script goes over several lines, so that lines may be stripped; none is longer than 400 lines."""
    lines = script.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.count("`") % 2] == []
    assert len(lines) <= 400


def test_ten_thousand_questions_stay_small(tmp_path: Path) -> None:
    """10,000 questions make less than 8 MB, and less than 1.3 times their data with plotly.js."""
    drawn = scene(10_000)
    write_map(drawn, tmp_path / "map.html")
    size = (tmp_path / "map.html").stat().st_size
    assert size < 8_000_000
    assert size <= 1.3 * (len(msgspec.json.encode(drawn.points)) + PLOTLY_JS)


def test_places_keep_their_distances() -> None:
    """Coordinates are shortened by less than a ten-thousandth of the map."""
    drawn = scene(200)
    written = point_columns(drawn)
    extent = max(abs(p.x) for p in drawn.points)
    assert max(abs(p.x - x) for p, x in zip(drawn.points, written["x"], strict=True)) < extent / 10_000


# Machado, Oliveira and Fernandes (2009): what the three kinds of colour blindness make of linear RGB, at full severity.
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def lab(colour: str, matrix: list[list[float]]) -> np.ndarray:
    """CIE L*a*b* of a hex colour as seen through `matrix`."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(matrix) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colours", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_differ_for_colour_blind_readers(colours: list[str], kind: str) -> None:
    """Any two colours stay 20 apart (CIE76) for every kind of colour blindness, and each has its own mark."""
    seen = [lab(colour, BLINDNESS[kind]) for colour in colours]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) >= 20
    assert len(set(palette.MARKS)) == len(colours) == 8
