"""The pages for whoever was never told how they work, sees little of a screen, or has only a keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from groundwork.data_folder.read_write import read_text
from groundwork.maps.draw.scene import Scene
from tests.chromium import Opener
from tests.maps.map_page import at_rest
from tests.maps.scenes import MODELS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What Tab has reached: is it named, is a line drawn around it (or around what stands for it), and where is it?
REACHED = """() => {
  const node = document.activeElement, drawn = (n) => n && getComputedStyle(n).outlineStyle !== 'none';
  const label = node.closest('label');
  const named = node.ariaLabel || node.innerText || node.getAttribute('aria-labelledby') || (label && label.innerText);
  return {
    key: node.id || node.className || node.value, named: Boolean(named && named.trim()),
    seen: drawn(node) || drawn(label) || drawn(node.nextElementSibling) || drawn(node.closest('.searchbox')),
    part: (node.closest('header.top, .rail, .toolbar, .stage, .tray, .drawer') || document.body).className,
  };
}"""


async def tabbed(page: Page, most: int) -> list[dict[str, str | bool]]:
    """What Tab reaches, one after the other, until it comes round."""
    await page.evaluate("document.body.focus()")
    reached: list[dict[str, str | bool]] = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement === document.body"):
            break
        reached.append(await page.evaluate(REACHED))
    return reached


async def test_tab_reaches_everything_and_is_never_caught(show: Opener, page_file: Path) -> None:
    """Tab goes through head, rail, map and tools in this order and out again; all is named, and seen to be reached."""
    page = await show(page_file)
    reached = await tabbed(page, 60)
    assert len(reached) < 60
    assert [one["key"] for one in reached if not one["named"]] == []
    assert [one["key"] for one in reached if not one["seen"]] == []
    parts = list(dict.fromkeys(str(one["part"]).split()[0] for one in reached))
    assert parts == ["top", "rail", "stage", "toolbar"]


async def test_tabs_tell_which_view_is_shown(show: Opener, page_file: Path) -> None:
    """The views are tabs: an arrow goes to the next, one alone is selected, and names the panel that is seen."""
    page = await show(page_file)
    await page.focus("#tab-map")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#tab-numbers")).to_be_focused()
    await expect(page.locator('[role="tab"][aria-selected="true"]')).to_have_text(["Numbers"])
    await expect(page.locator('[role="tabpanel"]:visible')).to_have_attribute("aria-labelledby", "tab-numbers")
    await page.keyboard.type("/three")
    await expect(page.locator("#stage")).to_be_visible()  # a search shows what it finds


async def test_what_a_model_misses_is_listed_and_saved(show: Opener, page_file: Path, drawn: Scene) -> None:
    """Missed by B, of A, listed, downloaded: four clicks; Escape then brings everything back."""
    page = await show(page_file)
    await page.click(f'#compare label:has(input[value="missed:{MODELS[1]}"])')
    await page.hover("#legend li:nth-child(1)")
    await page.click("#legend li:nth-child(1) .only")
    await page.click("#compare .list")
    await expect(page.locator("#tray")).to_be_focused()
    async with page.expect_download() as download:
        await page.click("#download")
    rows = [json.loads(line) for line in read_text(Path(await (await download.value).path())).splitlines()]
    missed = [drawn.points[index] for index in drawn.missed_by[MODELS[1]]]
    assert {row["id"] for row in rows} == {point.id for point in missed if point.dataset == MODELS[0]}
    await page.keyboard.press("Escape")
    await expect(page.locator("#found")).to_have_text("")
    await expect(page.locator("#legend .off")).to_have_count(0)


async def test_to_a_neighbour_and_back_by_keyboard(show: Opener, page_file: Path) -> None:
    """The focus goes with the reader from a question to its nearest, and Back leads to the first again."""
    page = await show(page_file)
    await page.focus("#stage")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer")).to_be_visible()
    first = await page.inner_text("#drawer .question")
    await page.focus("#drawer .near button")
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer .question")).not_to_have_text(first)
    await expect(page.locator("#drawer .question")).to_be_focused()
    await page.focus("#back")
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer .question")).to_have_text(first)
    await expect(page.locator("#back")).to_have_count(0)


async def test_a_drag_may_begin_on_a_name(show: Opener, page_file: Path) -> None:
    """Names cover much of a small map: a drag that begins on one moves the map, a click still goes there."""
    page = await show(page_file)
    await at_rest(page)
    name = page.locator(".labels button:not([hidden])").first
    text, box = await name.inner_text(), await name.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 40, y + 30, steps=4)
    await page.mouse.up()
    await at_rest(page)
    await expect(page.locator(".labels button:not([hidden])", has_text=text).first).to_be_visible()
    moved = await page.locator(".labels button:not([hidden])", has_text=text).first.bounding_box()
    assert moved
    assert (round(moved["x"] - box["x"]), round(moved["y"] - box["y"])) == (40, 30)


async def test_narrow_pages_tell_what_the_colours_mean(show: Opener, page_file: Path) -> None:
    """On a phone the rail is away: the datasets stand on the map, and a click beside the open rail closes it."""
    page = await show(page_file, width=390, height=800)
    await expect(page.locator(".strip .chip")).to_have_text(MODELS)
    await page.click(".filters")
    await expect(page.locator(".filters")).to_have_attribute("aria-expanded", "true")
    await page.mouse.click(380, 700)
    await expect(page.locator("#rail")).to_be_hidden()
