"""Finding questions on the map: search, legend, comparison, lasso and box, and the download of what was found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from groundwork.data_folder.read_write import read_text
from groundwork.maps.draw.scene import Scene
from groundwork.pages import palette
from tests.chromium import Opener
from tests.maps.map_page import at_rest, pixels
from tests.maps.scenes import COUNT, MODELS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_search_greys_the_rest(show: Opener, page_file: Path, drawn: Scene) -> None:
    """A search keeps the colour of what it finds, greys the rest and counts both."""
    page = await show(page_file)
    before = len(await pixels(page, palette.LIGHT[0]))
    await page.fill("#search", "TOUCHDOWN score")
    hits = sum("touchdown score" in point.question for point in drawn.points)
    await expect(page.locator("#found")).to_have_text(f"{hits} of {COUNT}")
    after = len(await pixels(page, palette.LIGHT[0]))
    assert 0 < after < before / 4
    own = sum("touchdown score" in p.question and p.dataset == MODELS[0] for p in drawn.points)
    total = drawn.datasets[0].count
    await expect(page.locator("#legend li:first-child .count")).to_have_text(f"{own} / {total}")
    await page.fill("#search", "no question says this")
    await expect(page.locator("#found")).to_have_text(f"0 of {COUNT}")


async def test_search_reads_answers_and_tags(show: Opener, page_file: Path, drawn: Scene) -> None:
    """Words of an answer or a tag find their question too."""
    page = await show(page_file)
    await page.fill("#search", "substitution box team-size")
    await expect(page.locator("#found")).to_have_text(f"0 of {COUNT}")
    hits = sum("substitution box" in point.answer for point in drawn.points)
    await page.fill("#search", "substitution box substitution")
    await expect(page.locator("#found")).to_have_text(f"{hits} of {COUNT}")


async def test_lasso_selects_into_a_table_that_downloads(show: Opener, page_file: Path, drawn: Scene) -> None:
    """What lies within the drawn line is listed, and the download holds exactly those pairs, whole."""
    page = await show(page_file)
    await at_rest(page)
    box = await page.locator("#stage").bounding_box()
    assert box
    await page.click("#tool-lasso")
    middle = box["x"] + box["width"] / 2
    await page.mouse.move(middle, box["y"] + 2)
    await page.mouse.down()
    for x, y in (
        (middle, box["y"] + box["height"] - 2),
        (box["x"] + 2, box["y"] + box["height"] - 2),
        (box["x"] + 2, box["y"] + 2),
    ):
        await page.mouse.move(x, y, steps=4)
    await page.mouse.up()
    await expect(page.locator("#tray h2")).to_contain_text("questions selected")
    rows = await page.locator("#tray tbody tr").count()
    assert 0 < rows < COUNT
    await expect(page.locator("#tray h2")).to_contain_text(f"{rows} questions selected")
    async with page.expect_download() as download:
        await page.click("#download")
    file = await (await download.value).path()
    records = [json.loads(line) for line in read_text(Path(file)).splitlines()]
    by_id = {point.id: point for point in drawn.points}
    assert len(records) == rows
    for record in records:
        point = by_id[record["id"]]
        for field in (
            "question",
            "answer",
            "evaluation_criteria",
            "evidence",
            "chunk",
            "dataset",
            "split",
            "tags",
            "pages",
        ):
            assert record[field] == getattr(point, field)


async def test_box_by_shift_and_escape_clears(show: Opener, page_file: Path) -> None:
    """Shift and drag selects a rectangle; Escape brings everything back."""
    page = await show(page_file)
    await at_rest(page)
    box = await page.locator("#stage").bounding_box()
    assert box
    await page.keyboard.down("Shift")
    await page.mouse.move(box["x"] + 5, box["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] - 80, box["y"] + box["height"] / 2, steps=4)
    await page.mouse.up()
    await page.keyboard.up("Shift")
    await expect(page.locator("#found")).not_to_have_text("")
    await page.keyboard.press("Escape")
    await expect(page.locator("#found")).to_have_text("")
    await expect(page.locator("#tray")).to_be_hidden()


async def test_a_box_may_begin_on_a_name(show: Opener, page_file: Path) -> None:
    """The names of clusters stop no selection: a box that begins on one selects as any other."""
    page = await show(page_file)
    await at_rest(page)
    name = await page.locator(".labels button:not([hidden])").first.bounding_box()
    assert name
    x, y = name["x"] + name["width"] / 2, name["y"] + name["height"] / 2
    await page.click("#tool-box")
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 300, y + 300, steps=4)
    await page.mouse.up()
    await expect(page.locator("#tray")).to_be_visible()


async def test_datasets_can_be_toggled_and_isolated(show: Opener, page_file: Path) -> None:
    """A dataset that is switched off leaves the map; `only` leaves the others."""
    page = await show(page_file)
    assert len(await pixels(page, palette.LIGHT[1])) > 100
    await page.click("#legend li:nth-child(2) label")
    await expect(page.locator("#legend li:nth-child(2)")).to_contain_class("off")
    assert len(await pixels(page, palette.LIGHT[1])) == 0
    await page.hover("#legend li:nth-child(2)")
    await page.click("#legend li:nth-child(2) .only")
    await page.mouse.move(640, 400)
    await expect(page.locator("#legend li.off")).to_have_count(len(MODELS) - 1)
    assert len(await pixels(page, palette.LIGHT[1])) > 100
    assert len(await pixels(page, palette.LIGHT[0])) == 0


async def test_only_asked_by_and_missed_by(show: Opener, page_file: Path, drawn: Scene) -> None:
    """One click leaves the questions that only A asks, or that A misses."""
    page = await show(page_file)
    for kind, indices in (("only", drawn.only_in), ("missed", drawn.missed_by)):
        await page.click(f'#compare input[value="{kind}:{MODELS[1]}"]')
        await expect(page.locator("#found")).to_have_text(f"{len(indices[MODELS[1]])} of {COUNT}")
    await page.click('#compare input[value="all"]')
    await expect(page.locator("#found")).to_have_text("")
