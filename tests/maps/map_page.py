"""What the canvas of a map shows, for tests in a browser."""

from __future__ import annotations

from playwright.async_api import Page, expect

from groundwork.pages import palette

PIXELS = """(colour) => {
  if (!document.querySelector('#stage[aria-busy="false"]')) return null;  // more is still to be drawn
  const canvas = document.querySelector("#stage canvas"), box = canvas.getBoundingClientRect();
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = [], ratio = canvas.width / box.width;
  for (let i = 0; i < data.length; i += 4) {
    if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) > 40) continue;
    const column = (i / 4) % canvas.width, row = Math.floor(i / 4 / canvas.width);
    found.push([Math.round(column / ratio + box.left), Math.round(row / ratio + box.top)]);
  }
  return found;
}"""


async def pixels(page: Page, colour: str) -> list[list[int]]:
    """Places (CSS pixels in the window) where the map at rest has nearly `colour`, top to bottom."""
    found: list[list[int]] = await (await page.wait_for_function(PIXELS, arg=colour)).json_value()
    return found


async def at_rest(page: Page) -> None:
    """Wait until the map has drawn all that it was asked for."""
    await expect(page.locator("#stage")).to_have_attribute("aria-busy", "false")


async def click_a_point(page: Page, colour: str = palette.LIGHT[0]) -> None:
    places = await pixels(page, colour)
    await page.mouse.click(*places[len(places) // 2])
    await expect(page.locator("#drawer")).to_be_visible()
