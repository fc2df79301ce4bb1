"""What a map shows besides its dots: slices where datasets coincide, names of few, histograms, files, paper."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pypdfium2
import pytest
from PIL import Image
from playwright.async_api import Page, expect

from groundwork.maps.draw.map_page import write_map
from groundwork.maps.draw.scene import Contour, Scene
from groundwork.pages import palette
from tests.chromium import Opener
from tests.maps.map_page import at_rest, pixels
from tests.maps.scenes import COUNT, MODELS, scene

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OVERLAY = """(colour) => {
  if (!document.querySelector('#stage[aria-busy="false"]')) return null;  // more is still to be drawn
  const canvas = document.querySelectorAll("#stage canvas")[1];
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] > 60 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 40) found++;
  return [found];
}"""


async def over(page: Page, dataset: int) -> int:
    """Pixels in a dataset's colour among what lies over the points of the map at rest."""
    found: list[int] = await (await page.wait_for_function(OVERLAY, arg=palette.LIGHT[dataset])).json_value()
    return found[0]


def together(drawn: Scene) -> Scene:
    """Every third question of each model at the place of the first model's, and contours of all together."""
    points = list(drawn.points)
    for k in range(0, COUNT, 9):
        for other in (k + 1, k + 2):
            points[other] = msgspec.structs.replace(points[other], x=points[k].x, y=points[k].y)
    lines = [[(-40.0, -40.0), (40.0, -40.0), (40.0, 40.0), (-40.0, 40.0)]]
    return msgspec.structs.replace(
        drawn, points=points, contours=[Contour(dataset="", level=0.6, lines=lines), *drawn.contours]
    )


@pytest.fixture(scope="module")
def coinciding(drawn: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("coinciding") / "map.html"
    write_map(together(drawn), path)
    return path


async def test_where_datasets_coincide_one_mark_shows_all(show: Opener, coinciding: Path) -> None:
    """Each has its slice, the tip names all, and a hidden one leaves; coloured otherwise there are dots again."""
    page = await show(coinciding)
    slices = [await over(page, k) for k in range(3)]
    assert min(slices) > 300 and max(slices) < 2 * min(slices)
    await page.click(f"#legend li:has-text('{MODELS[2]}') .name")
    await page.mouse.move(900, 30)
    assert await over(page, 2) == 0 and await over(page, 0) > slices[0]
    await page.click(f"#legend li:has-text('{MODELS[2]}') .name")
    await page.mouse.move(900, 30)
    await page.focus("#stage")
    for _ in range(12):
        await page.keyboard.press("ArrowRight")
        if MODELS[1] in (tip := await page.inner_text(".tip .meta")) and MODELS[0] in tip and MODELS[2] in tip:
            break
    else:
        pytest.fail("no tip names several datasets")
    await page.click('.pills label:has(input[value="category"])')
    await expect(page.locator('.pills input[value="category"]')).to_be_checked()
    assert await over(page, 2) == 0


async def test_contours_are_those_of_one_dataset_or_of_all(show: Opener, coinciding: Path) -> None:
    """Pointing at a line of the legend draws that dataset's, and the union's otherwise."""
    page = await show(coinciding)
    before = await over(page, 1)
    await page.hover(f"#legend li:has-text('{MODELS[1]}') .name")
    await page.wait_for_function(f"(colour) => ({OVERLAY})(colour)?.[0] === 0", arg=palette.LIGHT[0])
    assert await over(page, 1) > before


async def test_bars_of_a_histogram_filter_the_map(show: Opener, page_file: Path, drawn: Scene) -> None:
    """A click keeps the bar's questions, another adds its own, a third takes the first back; Escape ends it all."""
    page = await show(page_file)
    await page.click(".histograms summary")
    bars = page.locator("[data-field=difficulty] .bin")
    counts = [sum(p.difficulty == level for p in drawn.points) for level in ("easy", "medium", "hard")]
    await bars.nth(0).click()
    await expect(page.locator("#found")).to_have_text(f"{counts[0]} of {COUNT}")
    await bars.nth(2).click()
    await expect(page.locator("#found")).to_have_text(f"{counts[0] + counts[2]} of {COUNT}")
    await bars.nth(0).click()
    await expect(page.locator("#found")).to_have_text(f"{counts[2]} of {COUNT}")
    await expect(bars.nth(2)).to_have_attribute("aria-pressed", "true")
    lengths = page.locator("[data-field=length] .bin .count")
    await expect(lengths.first).to_contain_text("/")
    assert sum([int(text.split("/")[1]) for text in await lengths.all_inner_texts()]) == COUNT
    await page.keyboard.press("Escape")
    await expect(page.locator("#found")).to_have_text("")
    await expect(bars.nth(2)).to_have_attribute("aria-pressed", "false")


async def test_scores_have_a_histogram_where_they_are_known(show: Opener, drawn: Scene, tmp_path: Path) -> None:
    """Unknown ones are in no bar; without any there is no histogram of them."""
    points = [msgspec.structs.replace(p, score=None if k < 40 else k % 5 / 4) for k, p in enumerate(drawn.points)]
    write_map(msgspec.structs.replace(drawn, points=points), tmp_path / "map.html")
    page = await show(tmp_path / "map.html")
    await page.click(".histograms summary")
    shown = page.locator("[data-field=score] .bin .count")
    await expect(shown.first).to_be_visible()
    assert sum(map(int, await shown.all_inner_texts())) == COUNT - 40


async def test_the_view_is_saved_as_png_and_svg(show: Opener, page_file: Path, drawn: Scene) -> None:
    """Both hold the map with its legend; the SVG a mark for each question, and text as text."""
    page = await show(page_file)
    box = await page.locator("#stage").bounding_box()
    assert box
    await page.click("#save")
    async with page.expect_download() as saved:
        await page.click("#save-png")
    image = Image.open(await (await saved.value).path())
    assert image.width == 3 * int(box["width"]) and image.height > 3 * int(box["height"])
    shades = image.convert("RGB").getcolors(1_000_000) or []
    assert {tuple(bytes.fromhex(colour[1:])) for colour in palette.LIGHT[:3]} <= {shade for _, shade in shades}
    async with page.expect_download() as saved:
        await page.click("#save-svg")
    root = ET.fromstring((await (await saved.value).path()).read_text())  # noqa: S314  the page's own file
    space = "{http://www.w3.org/2000/svg}"
    marks = root.findall(f"{space}g")[1].iter(f"{space}path")
    assert 0.9 * COUNT < len(list(marks)) <= COUNT  # a slice may be several questions of one dataset
    texts = [node.text for node in root.iter(f"{space}text")]
    assert set(MODELS) <= set(texts) and {cluster.label for cluster in drawn.clusters} & set(texts)


async def test_paper_shows_the_dots(show: Opener, page_file: Path) -> None:
    """A printed map has its points, in the colours of the legend, and the sentence that tells what to choose."""
    page = await show(page_file)
    document = pypdfium2.PdfDocument(await page.pdf())
    picture = document[0].render(scale=2).to_pil().convert("RGB")
    for colour in palette.LIGHT[:3]:
        wanted = tuple(bytes.fromhex(colour[1:]))
        same = sum(count for count, shade in picture.getcolors(1_000_000) or [] if shade == wanted)
        assert same > 2_000, colour
    assert "Choose" in document[0].get_textpage().get_text_range()
    assert len(await pixels(page, palette.LIGHT[0])) > 500  # and the screen has them again


async def test_each_of_a_few_dots_has_a_name(show: Opener, tmp_path: Path) -> None:
    """Its own tag, else its first words; no name lies on another dot."""
    few = msgspec.structs.replace(scene(9, ["small"]), clusters=[], contours=[])
    points = [msgspec.structs.replace(p, tags=[f"tag-{k}"] * (k < 5), x=20.0 * k, y=9.0 * k * (-1) ** k)
              for k, p in enumerate(few.points)]  # fmt: skip
    write_map(msgspec.structs.replace(few, points=points), tmp_path / "map.html")
    page = await show(tmp_path / "map.html")
    await at_rest(page)
    names = await page.locator(".labels button:not([hidden])").all_inner_texts()
    assert {f"tag-{k}" for k in range(5)} <= set(names) and len(names) >= 8
    await page.click(".labels button:has-text('tag-3')")
    await expect(page.locator("#drawer .question")).to_have_text(points[3].question)


async def test_small_maps_lead_to_one_dataset(show: Opener, page_file: Path) -> None:
    """A map of each dataset, each with dots; a click shows that dataset alone."""
    page = await show(page_file)
    await page.click("#tab-sides")
    maps = page.locator(".small-maps button")
    await expect(maps).to_have_count(3)
    picture = Image.open(io.BytesIO(await maps.nth(1).screenshot())).convert("RGB")
    assert len(picture.getcolors(1_000_000) or []) > 20
    await maps.nth(1).click()
    await expect(page.locator("#legend li.off")).to_have_count(2)
    await expect(page.locator("#legend li:not(.off) .name")).to_have_text(MODELS[1])
