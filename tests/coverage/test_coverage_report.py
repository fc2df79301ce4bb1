"""The coverage page, used as a reader uses it, in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from groundwork.data_folder.read_write import read_json, write_json
from groundwork.records import Contradiction, DocumentCoverage
from groundwork.stages.coverage import main
from tests.chromium import Opener
from tests.coverage.coverage_runs import data_folder
from tests.coverage.test_question_placement import TEXT

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = "Write `</script><img src=x onerror=alert(1)>` and 5 < 6 & 7 into the log."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("coverage")
    chunk, *_ = data_folder(root, "rugby", f"{TEXT}\n{HOSTILE}\n", {"alpha": 1.0, "beta": 0.4}, "Touch rugby")
    contradiction = Contradiction(chunk=chunk.id, text="70 metres, by the summary <b>60</b>.")
    write_json(
        root / "qa" / "alpha" / "coverage" / "rugby.json",
        DocumentCoverage(document="rugby", contradictions=[contradiction]),
    )
    assert main(["--data", str(root), "--quiet"]) == 0
    return root


@pytest.fixture(scope="module")
def page_file(folder: Path) -> Path:
    return folder / "plots" / "coverage-rugby.html"


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
    await expect(page.locator("img")).to_have_count(0)
    await expect(page.locator("#document table tbody tr")).to_have_count(2)


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
    await expect(cells).to_have_count(3)
    for place, direction in enumerate(["rtl", "rtl", "ltr"]):
        await expect(cells.nth(place)).to_have_css("direction", direction)
    await expect(page.locator("#document")).to_have_attribute("lang", "ar")


async def test_a_click_shows_who_asks(show: Opener, page_file: Path) -> None:
    """A sentence's questions stand beside the text, by run, each with its answer and evidence."""
    page = await show(page_file)
    await page.click("#document .s:has-text('A player leaves first')")
    panel = page.locator("#panel")
    await expect(panel).to_contain_text("A player leaves first.")
    await expect(panel).to_contain_text("alpha")
    await page.click("#panel summary >> nth=0")
    await expect(page.locator("#panel details[open] blockquote").first).to_have_text("A player leaves first.")
    await page.keyboard.press("Escape")
    await expect(page.locator("#missing")).to_be_visible()


async def test_contradictions_stand_in_the_overview_of_their_run(show: Opener, page_file: Path) -> None:
    """What the model of a run says, as text, and nothing of it beside another run."""
    page = await show(page_file)
    contradictions = page.locator("#panel .contradictions li")
    await expect(contradictions).to_contain_text("70 metres, by the summary <b>60</b>.")
    await page.click('#view label:has(input[value="beta"])')
    await expect(contradictions).to_have_count(0)


async def test_shading_follows_the_run(show: Opener, page_file: Path, folder: Path) -> None:
    """Choosing a run shades by its questions alone, and its score is the one in the JSON file."""
    page = await show(page_file)
    statement = page.locator("#document .s", has_text="The field is 70").first
    await expect(statement).not_to_contain_class("n0")
    await page.click('#view label:has(input[value="beta"])')
    numbers = read_json(folder / "plots" / "coverage-rugby.json", dict)
    beta = numbers["runs"][1]["sentences"]
    score = page.locator("#panel .score div >> nth=0")
    await expect(score).to_contain_text(f"{beta['share']:.0%}")
    await expect(page.locator("#document p .s.n0, #document .item .s.n0").first).to_be_visible()


async def test_side_by_side(show: Opener, page_file: Path) -> None:
    """Two runs stand in two columns, each sentence beside itself at the same height."""
    page = await show(page_file)
    await page.click('#view label:has(input[value="*"])')
    twins = page.locator("#document .s", has_text="The field is 70")
    await expect(twins).to_have_count(2)
    boxes = [await node.bounding_box() for node in await twins.all()]
    assert boxes[0] and boxes[1]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 2
    assert boxes[1]["x"] > boxes[0]["x"] + 200


async def test_what_nobody_asks(show: Opener, page_file: Path, folder: Path) -> None:
    """The gaps of a run are listed; a click leads to them, N walks over them, and a switch paints them."""
    page = await show(page_file)
    await page.click('#view label:has(input[value="beta"])')
    numbers = read_json(folder / "plots" / "coverage-rugby.json", dict)
    beta = numbers["runs"][1]
    open_ones = sum(beta[kind]["of"] - beta[kind]["asked"] for kind in ("sentences", "rows"))
    assert open_ones > 1
    gaps = page.locator("#missing button:not(.more)")
    await expect(gaps).to_have_count(open_ones)
    listed = await gaps.all_inner_texts()
    await page.click('#mode label:has(input[value="gaps"])')
    await expect(page.locator("body")).to_contain_class("gaps")
    for text in listed[:2]:
        await page.keyboard.press("n")
        await expect(page.locator("#panel .quote")).to_have_text(text.strip())
        await expect(page.locator("#panel")).to_contain_text("Nobody asks about this yet")


async def test_sections_carry_bars_that_lead_there(show: Opener, page_file: Path) -> None:
    """Every section has a bar and a share; a click brings its heading into view."""
    page = await show(page_file, height=400)
    await expect(page.locator("#outline button")).to_have_count(3)
    heading = page.locator("#document h3", has_text="Match")
    await expect(heading).not_to_be_in_viewport()
    await page.click("#outline button:has-text('Match')")
    await expect(heading).to_be_in_viewport(ratio=1)


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of 40 sections, each of another length, which are drawn as they come near."""
    root = tmp_path_factory.mktemp("long")
    parts = [
        f"## Part {n}\n\n"
        + "\n\n".join(
            f"Gate {n} of row {m} opens at {m} and is painted in {n} coats of grey." * 4 for m in range(n % 7 + 1)
        )
        for n in range(40)
    ]
    data_folder(root, "rugby", "# Gates\n\n" + "\n\n".join(parts) + "\n", {"alpha": 1.0}, "Gates")
    assert main(["--data", str(root), "--quiet"]) == 0
    return root / "plots" / "coverage-rugby.html"


async def test_a_section_far_below_is_found_at_once(show: Opener, long_file: Path) -> None:
    """The outline leads to the head of a section wherever it is, though what lies between has never been drawn."""
    page = await show(long_file)
    for name in ("Part 37", "Part 5", "Part 22"):
        await page.locator("nav, aside").get_by_text(name, exact=True).first.click()
        head = page.locator("#document").get_by_text(name, exact=True)
        desk = await page.locator(".desk").bounding_box()
        await page.wait_for_function(
            "([name, top]) => [...document.querySelectorAll('#document h2, #document h3, #document h4')].some("
            "(head) => head.textContent.trim() === name && Math.abs(head.getBoundingClientRect().top - top - 72) < 30)",
            arg=[name, desk["y"]],
        )
        await expect(head).to_be_in_viewport()


async def test_narrow_window(show: Opener, page_file: Path) -> None:
    """On a phone the text fits the window and a tapped sentence opens its questions below."""
    page = await show(page_file, width=380, height=700, dark=True)
    await page.wait_for_function("document.documentElement.scrollWidth <= 380")
    await page.click("#document .s:has-text('It is 50')")
    await expect(page.locator("#panel")).to_be_visible()


async def test_the_least_asked_section_leads_to_its_gaps(show: Opener, page_file: Path) -> None:
    """One click in the overview or the outline lists what nobody asks in a section; a gap leads back to it."""
    page = await show(page_file)
    await page.click('label:has(input[value="beta"])')
    await page.click("#outline button:has-text('Teams')")
    await expect(page.locator("#panel h2")).to_have_text("Teams")
    await expect(page.locator("#outline [aria-current]")).to_have_count(1)
    gaps = page.locator("#missing button:visible")
    await expect(gaps).to_have_count(4)  # two sentences and both rows of the table
    await gaps.first.click()
    await page.click("#back")
    await expect(page.locator("#panel h2")).to_have_text("Teams")
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel .score")).to_be_visible()


async def test_a_phone_shows_overview_and_sections(show: Opener, page_file: Path) -> None:
    """Where there is no room beside the document, overview and sections open over it, and Escape closes them."""
    page = await show(page_file, width=390, height=800)
    await page.wait_for_function("document.documentElement.scrollWidth <= 390")
    for button, sheet in (("#show-overview", "#panel"), ("#show-sections", "#outline")):
        await expect(page.locator(sheet)).to_be_hidden()
        await page.click(button)
        await expect(page.locator(sheet)).to_be_visible()
        await expect(page.locator(button)).to_have_attribute("aria-expanded", "true")
        await page.keyboard.press("Escape")
        await expect(page.locator(sheet)).to_be_hidden()


async def test_it_prints_whole(show: Opener, page_file: Path) -> None:
    """On paper the document has its full length, the figures stand before it, and no button is there."""
    page = await show(page_file)
    await page.emulate_media(media="print")
    await page.wait_for_function(
        "document.getElementById('document').scrollHeight <= document.getElementById('document').clientHeight + 1"
    )
    await page.wait_for_function("document.documentElement.scrollHeight > 800")
    panel, document = await page.locator("#panel").bounding_box(), await page.locator("#document").bounding_box()
    assert panel
    assert document
    assert panel["y"] + panel["height"] <= document["y"]
    for part in ("#mode", "#outline", "#theme"):
        await expect(page.locator(part)).to_be_hidden()
