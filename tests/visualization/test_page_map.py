"""The interactive map, used as a reader uses it: in a real Chromium, from a file, without a network."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Page, expect

from dataprep.store.artifacts import read_text
from tests.visualization.conftest import Opener
from tests.visualization.scenes import MODELS, histogram, scene
from visualization.figures import palette
from visualization.figures.map import write_map
from visualization.figures.scene import Scene
from visualization.figures.tags import write_tags

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = "What is </script><img src=x onerror=alert(1)> & <b>bold</b>?"
COUNT = 240


@pytest.fixture(scope="module")
def drawn() -> Scene:
    return msgspec.structs.replace(scene(COUNT, first=HOSTILE), histogram=histogram())


@pytest.fixture(scope="module")
def page_file(drawn: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(drawn, path)
    return path


PIXELS = """(colour) => {
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


async def pixels(page: Page, colour: str) -> list[list[int]]:
    """Places (CSS pixels in the window) where the map's canvas has nearly `colour`, top to bottom."""
    found: list[list[int]] = await page.evaluate(PIXELS, colour)
    return found


async def click_a_point(page: Page, colour: str = palette.LIGHT[0]) -> None:
    places = await pixels(page, colour)
    await page.mouse.click(*places[len(places) // 2])
    await page.wait_for_selector("#drawer:not([hidden])")


async def test_search_greys_the_rest(show: Opener, page_file: Path, drawn: Scene) -> None:
    """A search keeps the colour of what it finds, greys the rest and counts both."""
    page = await show(page_file)
    before = len(await pixels(page, palette.LIGHT[0]))
    await page.fill("#search", "TOUCHDOWN score")
    hits = sum("touchdown score" in point.question for point in drawn.points)
    await expect(page.locator("#found")).to_have_text(f"{hits} of {COUNT}")
    await page.wait_for_timeout(60)
    after = len(await pixels(page, palette.LIGHT[0]))
    assert 0 < after < before / 4
    own = sum("touchdown score" in p.question and p.dataset == MODELS[0] for p in drawn.points)
    total = drawn.datasets[0].count
    assert await page.inner_text("#legend li:first-child .count") == f"{own} / {total}"
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


async def test_hover_is_short_and_click_opens_the_whole_pair(show: Opener, page_file: Path, drawn: Scene) -> None:
    """Hover shows the question; click adds answer, criteria, evidence, source and the nearest questions."""
    page = await show(page_file)
    places = await pixels(page, palette.LIGHT[0])
    await page.mouse.move(*places[len(places) // 2])
    tip = await page.inner_text(".tip")
    point = next(p for p in drawn.points if p.question in tip)
    assert point.answer not in tip
    await page.mouse.click(*places[len(places) // 2])
    card = await page.inner_text("#drawer")
    for text in (point.question, point.answer, *point.evaluation_criteria, *point.evidence, point.document, "page"):
        assert text in card
    near = [drawn.points[index].question for index in point.neighbours]
    assert len(near) == 5
    assert await page.locator("#drawer .near button span").all_inner_texts() == near
    await page.click("#drawer .near button >> nth=0")
    assert await page.inner_text("#drawer .question") == near[0]


async def test_lasso_selects_into_a_table_that_downloads(show: Opener, page_file: Path, drawn: Scene) -> None:
    """What lies within the drawn line is listed, and the download holds exactly those pairs, whole."""
    page = await show(page_file)
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
    rows = await page.locator("#tray tbody tr").count()
    assert 0 < rows < COUNT
    assert f"{rows} questions selected" in await page.inner_text("#tray h2")
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
    box = await page.locator("#stage").bounding_box()
    assert box
    await page.keyboard.down("Shift")
    await page.mouse.move(box["x"] + 5, box["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] - 80, box["y"] + box["height"] / 2, steps=4)
    await page.mouse.up()
    await page.keyboard.up("Shift")
    assert await page.inner_text("#found") != ""
    await page.keyboard.press("Escape")
    assert await page.inner_text("#found") == ""
    assert await page.locator("#tray").is_hidden()


async def test_a_box_may_begin_on_a_name(show: Opener, page_file: Path) -> None:
    """The names of clusters stop no selection: a box that begins on one selects as any other."""
    page = await show(page_file)
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
    await page.wait_for_timeout(60)
    assert len(await pixels(page, palette.LIGHT[1])) == 0
    await page.hover("#legend li:nth-child(2)")
    await page.click("#legend li:nth-child(2) .only")
    await page.mouse.move(640, 400)
    await page.wait_for_timeout(60)
    assert len(await pixels(page, palette.LIGHT[1])) > 100
    assert len(await pixels(page, palette.LIGHT[0])) == 0


async def test_only_asked_by_and_missed_by(show: Opener, page_file: Path, drawn: Scene) -> None:
    """One click leaves the questions that only A asks, or that A misses."""
    page = await show(page_file)
    for kind, indices in (("only", drawn.only_in), ("missed", drawn.missed_by)):
        await page.click(f'#compare input[value="{kind}:{MODELS[1]}"]')
        assert await page.inner_text("#found") == f"{len(indices[MODELS[1]])} of {COUNT}"
    await page.click('#compare input[value="all"]')
    assert await page.inner_text("#found") == ""


async def test_colour_by(show: Opener, page_file: Path) -> None:
    """A click on a facet renames the legend and recolours the map."""
    page = await show(page_file)
    before = await page.locator("#stage").screenshot()
    for facet, first in (
        ("split", "train"),
        ("cluster", ""),
        ("tag", "touch-rugby"),
        ("category", ""),
        ("difficulty", "easy"),
    ):
        await page.click(f'.pills label:has(input[value="{facet}"])')
        await page.wait_for_timeout(50)
        assert first in await page.inner_text("#legend li:first-child .name")
        after = await page.locator("#stage").screenshot()
        assert after != before
        before = after


async def test_hostile_text_stays_text(show: Opener, page_file: Path) -> None:
    """A question that holds markup is shown as it is written, wherever it appears, and runs nothing."""
    page = await show(page_file)
    await page.fill("#search", "onerror")
    await expect(page.locator("#found")).to_have_text(f"1 of {COUNT}")
    await page.press("#search", "Enter")
    assert await page.inner_text("#tray tbody td >> nth=0") == HOSTILE
    await page.click("#tray tbody tr")
    assert await page.inner_text("#drawer .question") == HOSTILE
    assert await page.locator("img").count() == 0
    assert await page.locator("body b:has-text('bold')").count() == 0


async def test_labels_never_overlap(show: Opener, page_file: Path) -> None:
    """At every zoom the names that are shown stand apart from one another and from the tools."""
    page = await show(page_file)
    for zoom in range(4):
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
        await page.wait_for_timeout(40)


async def test_everything_by_keyboard(show: Opener, page_file: Path) -> None:
    """Slash searches, arrows walk over the points, Enter opens, Escape closes and gives the focus back."""
    page = await show(page_file)
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.id") == "search"
    await page.focus("#stage")
    await page.keyboard.press("ArrowRight")
    first = await page.inner_text(".tip strong")
    await page.keyboard.press("ArrowRight")
    assert await page.inner_text(".tip strong") != first
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#drawer:not([hidden])")
    assert await page.evaluate("document.getElementById('drawer').contains(document.activeElement)")
    await page.keyboard.press("Escape")
    assert await page.locator("#drawer").is_hidden()
    assert await page.evaluate("document.activeElement.id") == "stage"
    unnamed = await page.evaluate(
        "[...document.querySelectorAll('button')].filter((b) => !(b.textContent.trim() || b.ariaLabel)).length"
    )
    assert unnamed == 0


async def test_legible_in_light_and_dark(show: Opener, page_file: Path) -> None:
    """Text stands out from its ground by 4.5 to 1 in both themes, and the button changes the theme."""
    page = await show(page_file, dark=True)
    for name in ("dark", "light"):
        assert await page.evaluate("document.documentElement.dataset.theme") == name
        ratios = await page.evaluate(CONTRASTS)
        assert min(ratios) >= 4.5
        await page.click("#theme")


async def test_narrow_window(show: Opener, page_file: Path) -> None:
    """On a phone nothing runs out of the window, and the filters open by a button."""
    page = await show(page_file, width=380, height=700)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 380
    await page.click(".filters")
    assert await page.locator("#legend").is_visible()


async def test_numbers_stand_beside_the_map(show: Opener, page_file: Path, drawn: Scene) -> None:
    """The answer to "which should I choose", each dataset's figures, the curve and the overlap are on the page."""
    page = await show(page_file)
    await page.click("#tab-numbers")
    text = await page.inner_text("#view-numbers")
    assert drawn.notes[0] in text
    assert drawn.numbers
    for row in drawn.numbers.datasets:
        assert row.name in text
        assert f"{row.redundancy:.1%}" in text or f"{row.redundancy:.0%}" in text
    assert await page.locator("#view-numbers .line").count() == len(MODELS)
    assert "80%" not in await page.inner_text("#view-numbers .matrix tr:nth-child(1) td.self")
    assert await page.locator("#view-numbers .matrix td:not(.self)").count() == len(MODELS) * (len(MODELS) - 1) + 1


async def test_tags_page(show: Opener, drawn: Scene, tmp_path: Path) -> None:
    """Tags open first: counts and shares of each dataset, and what one has and another lacks."""
    write_tags(drawn, tmp_path / "tags.html")
    page = await show(tmp_path / "tags.html")
    bar = drawn.histogram[0]
    group = page.locator(".histogram .group >> nth=0")
    assert await group.locator(".bars span").all_inner_texts() == [str(bar.counts[m]) for m in MODELS]
    await page.click('label:has(input[value="shares"])')
    assert (await group.locator(".bars span").all_inner_texts())[0].endswith("%")
    lacking = {b.label for b in drawn.histogram if b.counts[MODELS[2]] and not b.counts[MODELS[0]]}
    await page.select_option("#has", MODELS[2])
    await page.select_option("#lacks", MODELS[0])
    assert set(await page.locator(".differences tbody td:first-child").all_inner_texts()) == lacking
    await page.click(".differences tbody tr >> nth=0")
    assert await page.locator("#stage").is_visible()
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
    box = await page.locator("#stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for aside, entry in zip((8, -8), drawn.datasets, strict=False):  # clockwise from the top: the right half first
        await page.mouse.move(x + aside, y)
        await expect(page.locator(".tip .meta")).to_contain_text(entry.name)


async def test_tiny_datasets(show: Opener, tmp_path: Path) -> None:
    """No, one or three questions make a page that works."""
    for count in (0, 1, 3):
        write_map(scene(count, MODELS[:1]), tmp_path / f"{count}.html")
        page = await show(tmp_path / f"{count}.html")
        if count == 0:
            assert "no questions" in await page.inner_text("#stage")
        else:
            await click_a_point(page)
            assert "touch rugby" in await page.inner_text("#drawer .question")


async def test_questions_all_in_one_place(show: Opener, drawn: Scene, tmp_path: Path) -> None:
    """Many equal questions at one point still open, and nothing divides by the empty extent."""
    points = [msgspec.structs.replace(p, x=1.0, y=1.0, question="The same?", neighbours=[]) for p in drawn.points[:50]]
    write_map(
        msgspec.structs.replace(drawn, points=points, only_in={}, missed_by={}, contours=[]), tmp_path / "same.html"
    )
    page = await show(tmp_path / "same.html")
    box = await page.locator("#stage").bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert await page.inner_text("#drawer .question") == "The same?"


async def test_other_languages(show: Opener, tmp_path: Path) -> None:
    """Questions in any script are found and shown."""
    question = "Wie groß ist das Spielfeld? 球場有多大？ ما حجم الملعب؟"
    write_map(scene(30, first=question), tmp_path / "languages.html")
    page = await show(tmp_path / "languages.html")
    for word in ("GROSS", "球場", "ملعب"):
        await page.fill("#search", word if word != "GROSS" else "groß")
        await expect(page.locator("#found")).to_have_text("1 of 30")
