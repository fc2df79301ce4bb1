"""The page of tags and the map of tags, in a real Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import expect

from groundwork.maps.draw.map_page import write_map, write_tags
from groundwork.maps.draw.scene import Scene
from tests.chromium import Opener
from tests.maps.map_page import at_rest
from tests.maps.scenes import MODELS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_tags_page(show: Opener, drawn: Scene, tmp_path: Path) -> None:
    """Tags open first: counts and shares of each dataset, and what one has and another lacks."""
    write_tags(drawn, tmp_path / "tags.html")
    page = await show(tmp_path / "tags.html")
    bar = drawn.histogram[0]
    group = page.locator(".histogram .group >> nth=0")
    await expect(group.locator(".bars span")).to_have_text([str(bar.counts[m]) for m in MODELS])
    await page.click('label:has(input[value="shares"])')
    await expect(group.locator(".bars span").first).to_have_text(re.compile(r"%$"))
    lacking = {b.label for b in drawn.histogram if b.counts[MODELS[2]] and not b.counts[MODELS[0]]}
    await page.select_option("#has", MODELS[2])
    await page.select_option("#lacks", MODELS[0])
    differing = page.locator(".differences tbody td:first-child")
    await expect(differing).to_have_count(len(lacking))
    assert set(await differing.all_inner_texts()) == lacking
    await page.click(".differences tbody tr >> nth=0")
    await expect(page.locator("#stage")).to_be_visible()
    await expect(page.locator("#search")).not_to_have_value("")
    assert await page.input_value("#search") in lacking


async def test_map_of_tags(show: Opener, drawn: Scene, tmp_path: Path) -> None:
    """In a map of tags the marks grow with the number of questions and bear their names."""
    points = [
        msgspec.structs.replace(
            p, question=f"tag-{i}", weight=1 + 9 * (i % 5), x=float(i % 6 * 10), y=float(i // 6 * 10)
        )
        for i, p in enumerate(drawn.points[:30])
    ]
    write_map(msgspec.structs.replace(drawn, kind="tags", points=points, only_in={}, missed_by={}), tmp_path / "t.html")
    page = await show(tmp_path / "t.html")
    await at_rest(page)
    names = await page.locator(".labels button:not([hidden])").all_inner_texts()
    assert "tag-4" in names
    assert len(set(names)) == len(names)


async def test_the_sectors_of_a_tag_are_its_datasets(show: Opener, drawn: Scene, tmp_path: Path) -> None:
    """A tag is one pie: pointing at a sector tells of the dataset that it stands for."""
    points = [
        msgspec.structs.replace(
            drawn.points[0], question="offside", dataset=entry.name, weight=entry.count, x=0.0, y=0.0
        )
        for entry in drawn.datasets[:2]
    ]
    scene_of_tags = msgspec.structs.replace(drawn, kind="tags", points=points, contours=[], only_in={}, missed_by={})
    write_map(scene_of_tags, tmp_path / "t.html")
    page = await show(tmp_path / "t.html")
    await at_rest(page)
    box = await page.locator("#stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for aside, entry in zip((8, -8), drawn.datasets, strict=False):  # clockwise from the top: the right half first
        await page.mouse.move(x + aside, y)
        await expect(page.locator(".tip .meta")).to_contain_text(entry.name)
