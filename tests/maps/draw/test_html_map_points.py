"""The interactive map, used as a reader uses it: in a real Chromium, from a file, without a network."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from playwright.async_api import expect

from groundwork.maps.draw.map_page import write_map
from groundwork.maps.draw.scene import Cluster, Scene
from groundwork.pages import palette
from tests.chromium import Opener
from tests.maps.map_page import at_rest, pixels
from tests.maps.scenes import COUNT, MODELS, scene

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CONTRASTS = """() => {
  const light = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const value = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return ["--ink", "--soft", "--faint", "--accent"].flatMap((ink) => ["--paper", "--map"].map((ground) => {
    const [high, low] = [light(value(ink)), light(value(ground))].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  }));
}"""
LABELS = """() => [...document.querySelectorAll(".labels button, .toolbar")]
  .filter((button) => !button.hidden).map((button) => button.getBoundingClientRect().toJSON())"""


async def test_hover_is_short_and_click_opens_the_whole_pair(show: Opener, page_file: Path, drawn: Scene) -> None:
    """Hover shows the question; click adds answer, criteria, evidence, source and the nearest questions."""
    page = await show(page_file)
    places = await pixels(page, palette.LIGHT[0])
    await page.mouse.move(*places[len(places) // 2])
    await expect(page.locator(".tip")).to_be_visible()
    tip = await page.inner_text(".tip")
    point = next(p for p in drawn.points if p.question in tip)
    assert point.answer not in tip
    await page.mouse.click(*places[len(places) // 2])
    card = page.locator("#drawer")
    for text in (point.question, point.answer, *point.evaluation_criteria, *point.evidence, point.document, "page"):
        await expect(card).to_contain_text(text)
    near = [drawn.points[index].question for index in point.neighbours]
    assert len(near) == 5
    await expect(page.locator("#drawer .near button span")).to_have_text(near)
    await page.click("#drawer .near button >> nth=0")
    await expect(page.locator("#drawer .question")).to_have_text(near[0])


async def test_colour_by(show: Opener, page_file: Path) -> None:
    """A click on a facet renames the legend and recolours the map."""
    page = await show(page_file)
    await at_rest(page)
    before = await page.locator("#stage").screenshot()
    for facet, first in (
        ("split", "train"),
        ("cluster", ""),
        ("tag", "touch-rugby"),
        ("category", ""),
        ("difficulty", "easy"),
    ):
        await page.click(f'.pills label:has(input[value="{facet}"])')
        await expect(page.locator("#legend li:first-child .name")).to_contain_text(first)
        await at_rest(page)
        after = await page.locator("#stage").screenshot()
        assert after != before
        before = after


async def test_clusters_of_one_colour_differ_in_their_mark(show: Opener, tmp_path: Path) -> None:
    """Of twelve clusters eight are dots of a colour each; the others have a second mark, in the legend too."""
    write_map(scene(240, ["one"]), tmp_path / "one.html")
    page = await show(tmp_path / "one.html")
    await page.click('.pills label:has(input[value="cluster"])')
    await expect(page.locator("#legend li")).to_have_count(12)
    swatches = await page.locator("#legend li svg.swatch").evaluate_all("all => all.map((one) => one.outerHTML)")
    assert len(swatches) == len(set(swatches)) >= 12


async def test_labels_never_overlap(show: Opener, page_file: Path) -> None:
    """At every zoom the names that are shown stand apart from one another and from the tools."""
    page = await show(page_file)
    for zoom in range(4):
        await at_rest(page)
        boxes = await page.evaluate(LABELS)
        assert boxes or zoom
        for k, a in enumerate(boxes):
            for b in boxes[:k]:
                apart = (
                    a["right"] <= b["left"]
                    or b["right"] <= a["left"]
                    or a["bottom"] <= b["top"]
                    or b["bottom"] <= a["top"]
                )
                assert apart, (a, b)
        await page.click("#zoom-in")


async def test_names_at_the_edge_move_in(show: Opener, drawn: Scene, tmp_path: Path) -> None:
    """On a phone the names of clusters at the edges stand in the window; one that lacks room keeps its first words."""
    labels = ["rowing league · secretary", "safety boats · minimum number"]
    places = [(60.0 * (i % 2), drawn.points[i // 2].y) for i in range(COUNT)]  # two columns of one height
    points = [
        msgspec.structs.replace(p, x=x + p.x / 100, y=y, cluster=i % 2)
        for i, (p, (x, y)) in enumerate(zip(drawn.points, places, strict=True))
    ]
    clusters = [Cluster(id=k, label=label, x=60 * k, y=0, count=COUNT // 2) for k, label in enumerate(labels)]
    two = msgspec.structs.replace(drawn, points=points, clusters=clusters, contours=[], only_in={}, missed_by={})
    write_map(two, tmp_path / "two.html")
    page = await show(tmp_path / "two.html", width=390, height=844)
    names = page.locator(".labels button:not([hidden])")
    await expect(names).to_have_text([labels[0], "safety boats"])
    for name in await names.all():
        box = await name.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(names).to_have_text(labels)


async def test_charts_keep_the_size_of_their_letters_on_a_phone(show: Opener, page_file: Path) -> None:
    """A chart is drawn for the window and not shrunk into it: at 390 pixels its figures can be read."""
    page = await show(page_file, width=390, height=844)
    await page.get_by_role("tab", name="Numbers").click()
    box = await page.locator(".chart .tick").first.bounding_box()
    assert box and box["height"] > 11
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_everything_by_keyboard(show: Opener, page_file: Path) -> None:
    """Slash searches, arrows walk over the points, Enter opens, Escape closes and gives the focus back."""
    page = await show(page_file)
    await page.keyboard.press("/")
    await expect(page.locator("#search")).to_be_focused()
    await page.focus("#stage")
    await page.keyboard.press("ArrowRight")
    first = await page.inner_text(".tip strong")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".tip strong")).not_to_have_text(first)
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer :focus")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator("#drawer")).to_be_hidden()
    await expect(page.locator("#stage")).to_be_focused()
    unnamed = await page.evaluate(
        "[...document.querySelectorAll('button')].filter((b) => !(b.textContent.trim() || b.ariaLabel)).length"
    )
    assert unnamed == 0


async def test_legible_in_light_and_dark(show: Opener, page_file: Path) -> None:
    """Text stands out from its ground by 4.5 to 1 in both themes, and the button changes the theme."""
    page = await show(page_file, dark=True)
    for name in ("dark", "light"):
        await expect(page.locator("html")).to_have_attribute("data-theme", name)
        ratios = await page.evaluate(CONTRASTS)
        assert min(ratios) >= 4.5
        await page.click("#theme")


async def test_narrow_window(show: Opener, page_file: Path) -> None:
    """On a phone nothing runs out of the window, and the filters open by a button."""
    page = await show(page_file, width=380, height=700)
    await page.wait_for_function("document.documentElement.scrollWidth <= 380")
    await page.click(".filters")
    await expect(page.locator("#legend")).to_be_visible()


async def test_numbers_stand_beside_the_map(show: Opener, page_file: Path, drawn: Scene) -> None:
    """The answer to "which should I choose", each dataset's figures, the curve and the overlap are on the page."""
    page = await show(page_file)
    await page.click("#tab-numbers")
    view = page.locator("#view-numbers")
    await expect(view).to_contain_text(drawn.notes[0])
    text = await view.inner_text()
    assert drawn.numbers
    for row in drawn.numbers.datasets:
        assert row.name in text
        assert f"{row.redundancy:.1%}" in text or f"{row.redundancy:.0%}" in text
    await expect(view.locator(".line")).to_have_count(len(MODELS))
    await expect(view.locator(".matrix tr:nth-child(1) td.self")).not_to_contain_text("80%")
    await expect(view.locator(".matrix td:not(.self)")).to_have_count(len(MODELS) * (len(MODELS) - 1) + 1)
