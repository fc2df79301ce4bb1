"""The coverage page, used as a reader uses it, in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from groundwork.records.artifacts import read_json
from groundwork.stages.coverage import main
from tests.maps.conftest import Opener
from tests.maps.coverage_runs import data_folder
from tests.maps.test_coverage import TEXT

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = "Write `</script><img src=x onerror=alert(1)>` and 5 < 6 & 7 into the log."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("coverage")
    data_folder(root, "rugby", f"{TEXT}\n{HOSTILE}\n", {"alpha": 1.0, "beta": 0.4}, "Touch rugby")
    assert main(["--data", str(root), "--quiet"]) == 0
    return root


@pytest.fixture(scope="module")
def page_file(folder: Path) -> Path:
    return folder / "plots" / "coverage-rugby.html"


async def classes(page: Page, text: str) -> str:
    """The classes of the statement that holds `text`."""
    return await page.locator("#document .s", has_text=text).first.get_attribute("class") or ""


async def test_the_document_is_there_as_it_reads(show: Opener, page_file: Path) -> None:
    """Headings, paragraphs, items and the table stand in order, and hostile text is only text."""
    page = await show(page_file)
    text = await page.inner_text("#document")
    order = [
        "Touch rugby",
        "The field is 70 metres long.",
        "Teams",
        "6 players",
        "A substitute enters",
        "Middle",
        "Match",
    ]
    places = [text.index(part, 40) for part in order]
    assert places == sorted(places)
    assert "</script><img src=x onerror=alert(1)> and 5 < 6 & 7" in text
    assert await page.locator("img").count() == 0
    assert await page.locator("#document table tbody tr").count() == 2


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("arabic")
    text = "# لائحة ميناء فلمورا\n\nتسري هذه اللائحة على جميع السفن التي تدخل الميناء.\n\nThe port is open.\n"
    data_folder(root, "rugby", text, {"alpha": 1.0}, "لائحة")
    assert main(["--data", str(root), "--quiet"]) == 0
    return root / "plots" / "coverage-rugby.html"


async def test_arabic_runs_from_right_to_left(show: Opener, arabic: Path) -> None:
    """Each block runs in the direction of its own letters, and the document says its language."""
    page = await show(arabic)
    cells = page.locator("#document .cell")
    directions = [await cells.nth(i).evaluate("node => getComputedStyle(node).direction") for i in range(3)]
    assert directions == ["rtl", "rtl", "ltr"]
    assert await page.locator("#document").get_attribute("lang") == "ar"


async def test_a_click_shows_who_asks(show: Opener, page_file: Path) -> None:
    """A sentence's questions stand beside the text, by run, each with its answer and evidence."""
    page = await show(page_file)
    await page.click("#document .s:has-text('A player leaves first')")
    panel = await page.inner_text("#panel")
    assert "A player leaves first." in panel
    assert "alpha" in panel
    await page.click("#panel summary >> nth=0")
    assert await page.locator("#panel details[open] blockquote").first.inner_text() == "A player leaves first."
    await page.keyboard.press("Escape")
    await expect(page.locator("#missing")).to_be_visible()


async def test_shading_follows_the_run(show: Opener, page_file: Path, folder: Path) -> None:
    """Choosing a run shades by its questions alone, and its score is the one in the JSON file."""
    page = await show(page_file)
    assert "n0" not in await classes(page, "The field is 70")
    await page.click('#view label:has(input[value="beta"])')
    numbers = read_json(folder / "plots" / "coverage-rugby.json", dict)
    beta = numbers["runs"][1]["sentences"]
    score = page.locator("#panel .score div >> nth=0")
    assert f"{beta['share']:.0%}" in await score.inner_text()
    unasked = await page.locator("#document p .s.n0, #document .item .s.n0").count()
    assert unasked >= 1


async def test_side_by_side(show: Opener, page_file: Path) -> None:
    """Two runs stand in two columns, each sentence beside itself at the same height."""
    page = await show(page_file)
    await page.click('#view label:has(input[value="*"])')
    boxes = [await node.bounding_box() for node in await page.locator("#document .s", has_text="The field is 70").all()]
    assert len(boxes) == 2
    assert boxes[0] and boxes[1]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 2
    assert boxes[1]["x"] > boxes[0]["x"] + 200


async def test_what_nobody_asks(show: Opener, page_file: Path, folder: Path) -> None:
    """The gaps of a run are listed; a click leads to them, N walks over them, and a switch paints them."""
    page = await show(page_file)
    await page.click('#view label:has(input[value="beta"])')
    listed = await page.locator("#missing button:not(.more)").all_inner_texts()
    numbers = read_json(folder / "plots" / "coverage-rugby.json", dict)
    beta = numbers["runs"][1]
    open_ones = sum(beta[kind]["of"] - beta[kind]["asked"] for kind in ("sentences", "rows"))
    assert len(listed) == open_ones > 1
    await page.click('#mode label:has(input[value="gaps"])')
    assert await page.evaluate("document.body.classList.contains('gaps')")
    seen = []
    for _ in range(2):
        await page.keyboard.press("n")
        seen.append(await page.inner_text("#panel .quote"))
        assert "Nobody asks about this yet" in await page.inner_text("#panel")
    assert seen == [text.strip() for text in listed[:2]]


async def test_sections_carry_bars_that_lead_there(show: Opener, page_file: Path) -> None:
    """Every section has a bar and a share; a click brings its heading into view."""
    page = await show(page_file, height=400)
    assert await page.locator("#outline button").count() == 3
    await page.click("#outline button:has-text('Match')")
    await page.wait_for_timeout(600)
    box = await page.locator("#document h3", has_text="Match").bounding_box()
    assert box
    assert 0 < box["y"] < 400


async def test_narrow_window(show: Opener, page_file: Path) -> None:
    """On a phone the text fits the window and a tapped sentence opens its questions below."""
    page = await show(page_file, width=380, height=700, dark=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 380
    await page.click("#document .s:has-text('It is 50')")
    await expect(page.locator("#panel")).to_be_visible()


async def test_the_least_asked_section_leads_to_its_gaps(show: Opener, page_file: Path) -> None:
    """One click in the overview or the outline lists what nobody asks in a section; a gap leads back to it."""
    page = await show(page_file)
    await page.click('label:has(input[value="beta"])')
    name = await page.locator("#outline button .name").last.inner_text()
    await page.locator("#outline button").last.click()
    assert await page.inner_text("#panel h2") == name
    assert await page.locator("#outline [aria-current]").count() == 1
    if gaps := await page.locator("#missing button:visible").all():
        await gaps[0].click()
        await page.click("#back")
        assert await page.inner_text("#panel h2") == name
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel .score")).to_be_visible()


async def test_a_phone_shows_overview_and_sections(show: Opener, page_file: Path) -> None:
    """Where there is no room beside the document, overview and sections open over it, and Escape closes them."""
    page = await show(page_file, width=390, height=800)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    for button, sheet in (("#show-overview", "#panel"), ("#show-sections", "#outline")):
        await expect(page.locator(sheet)).to_be_hidden()
        await page.click(button)
        await expect(page.locator(sheet)).to_be_visible()
        assert await page.get_attribute(button, "aria-expanded") == "true"
        await page.keyboard.press("Escape")
        await expect(page.locator(sheet)).to_be_hidden()


async def test_it_prints_whole(show: Opener, page_file: Path) -> None:
    """On paper the document has its full length, the figures stand before it, and no button is there."""
    page = await show(page_file)
    await page.emulate_media(media="print")
    assert await page.evaluate(
        "document.getElementById('document').scrollHeight <= document.getElementById('document').clientHeight + 1"
    )
    assert await page.evaluate("document.documentElement.scrollHeight") > 800
    panel, document = await page.locator("#panel").bounding_box(), await page.locator("#document").bounding_box()
    assert panel
    assert document
    assert panel["y"] + panel["height"] <= document["y"]
    for part in ("#mode", "#outline", "#theme"):
        await expect(page.locator(part)).to_be_hidden()
