"""Maps and coverage pages beside a review: a pair opens in it, and a gap is marked to be asked about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.runs.reader_wishes import read_wishes, wishes_file
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import EXIT_USAGE
from groundwork.maps.draw.map_page import write_map
from groundwork.maps.draw.scene import DatasetEntry, Point, Scene
from groundwork.records import Pair
from groundwork.review.review_server import ReviewServer
from groundwork.review.review_session import ReviewSession
from groundwork.stages.coverage import main as coverage
from groundwork.stages.review import main as review
from tests.coverage.coverage_runs import data_folder
from tests.coverage.test_question_placement import TEXT

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A run that asks about some of a document, its coverage page and its map."""
    data_folder(tmp_path, "rugby", TEXT, {"alpha": 0.5}, "Touch rugby")
    assert coverage(["--data", str(tmp_path), "--quiet"]) == 0
    first, second = read_jsonl(tmp_path / "qa" / "alpha" / "rugby.jsonl", Pair)[:2]
    points = [
        Point(id=pair.id, question=pair.question, dataset="alpha", document="rugby", x=float(k), y=float(k))
        for k, pair in enumerate((first, second))
    ]
    entry = DatasetEntry(name="alpha", count=2, colour=0, run="alpha")
    write_map(Scene(title="alpha", points=points, datasets=[entry]), tmp_path / "plots" / "alpha-map.html")
    return tmp_path


@pytest_asyncio.fixture(loop_scope="session")
async def server(data: Path) -> AsyncIterator[ReviewServer]:
    made = ReviewServer(ReviewSession(Workspace(data), "alpha", "ann"))
    await made.start()
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(server: ReviewServer, browser: BrowserContext) -> AsyncIterator[Page]:
    context = await browser.browser.new_context()
    made, troubles = await context.new_page(), []
    made.on("pageerror", lambda error: troubles.append(str(error)))
    await made.goto(server.address)
    await made.wait_for_selector("html[data-ready]")
    yield made
    await context.close()
    assert troubles == []


async def opened(page: Page, name: str) -> Page:
    """The tab of a page of the review's menu."""
    await page.click(".plots summary")
    async with page.context.expect_page() as found:
        await page.click(f".plots a:has-text('{name}')")
    tab = await found.value
    await tab.wait_for_selector("html[data-details]")
    return tab


def gap_of(data: Path) -> tuple[int, str]:
    """Where a statement that nobody asks about begins, and its text."""
    gaps = read_json(data / "plots" / "coverage-rugby.json", dict)["not_asked"]
    return next((gap["start"], gap["text"]) for gap in gaps if gap["kind"] == "sentence")


async def test_a_pair_of_the_map_opens_in_the_review(page: Page) -> None:
    """The link leads back to the tab of the review, which shows the pair."""
    tab = await opened(page, "alpha-map")
    await tab.focus("#stage")
    await tab.keyboard.press("ArrowRight")
    await tab.keyboard.press("Enter")
    asked = await tab.inner_text("#drawer .question")
    await tab.click("#drawer a.review")
    await expect(page.locator(".pair h2")).to_have_text(asked)
    assert page.context.pages == [page, tab]


async def test_a_pair_of_the_coverage_page_opens_in_the_review(page: Page) -> None:
    """Under a statement each question has the link."""
    tab = await opened(page, "coverage of rugby")
    await tab.locator("#document .n1").first.click()
    asked = await tab.locator("#panel .ask summary").first.inner_text()
    await tab.locator("#panel .ask a.review").first.click()
    await expect(page.locator(".pair h2")).to_have_text(asked)


async def test_a_gap_is_marked_and_taken_back(page: Page, data: Path) -> None:
    """A click writes the wish at once, the page shows it when it is opened again, and a second click removes it."""
    tab = await opened(page, "coverage of rugby")
    await tab.focus("#document")
    await tab.keyboard.press("n")
    await tab.click("#ask-about")
    await expect(tab.locator("#document .wished").first).to_be_visible()
    file = wishes_file(Workspace(data), "alpha", "rugby")
    (wish,) = read_wishes(file)
    assert (wish.start, wish.text) == gap_of(data) and wish.reviewer == "ann"
    await tab.reload()
    await tab.wait_for_selector("html[data-details]")
    await tab.locator("#document .wished").first.click()
    await expect(tab.locator("#ask-about")).to_have_text("Do not ask about this")
    await tab.click("#ask-about")
    await expect(tab.locator("#ask-about")).to_have_text("Ask about this")
    assert read_wishes(file) == []


async def test_a_text_that_changed_is_not_wished_for(page: Page, data: Path) -> None:
    """A page that was drawn from another text is told so, and nothing is written."""
    tab = await opened(page, "coverage of rugby")
    (data / "text" / "rugby.md").write_text("Another text.\n")
    await tab.focus("#document")
    await tab.keyboard.press("n")
    await tab.click("#ask-about")
    await expect(tab.locator(".wish [role=status]")).to_contain_text("has changed since the page was drawn")
    assert not wishes_file(Workspace(data), "alpha", "rugby").exists()


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        ({"document": "rugby", "start": 1_000_000}, 404),
        ({"document": "../chunks/rugby", "start": 0}, 404),
        ({"document": "nothing", "start": 0}, 404),
        ({"document": "rugby", "start": "0"}, 422),
        ({"document": "rugby"}, 422),
    ],
)
async def test_wishes_that_cannot_be(page: Page, server: ReviewServer, data: Path, ask: object, status: int) -> None:
    """No statement there, a name that leads elsewhere, no number: refused, and no file is written."""
    ask = {"drawn_from": "", **ask} if isinstance(ask, dict) else ask
    reply = await page.request.post(f"{server.address}wish", data=ask)
    assert reply.status == status and (await reply.json())["error"]
    assert not (data / "qa" / "alpha" / "wishes").exists()


async def test_only_our_pages_are_served(page: Page, server: ReviewServer, data: Path) -> None:
    """No other file, no page that somebody else wrote, nothing outside the folder; a foreign site is refused."""
    (data / "plots" / "foreign.html").write_text("<!doctype html><script>alert(1)</script>")
    for name in ("foreign.html", "coverage-rugby.json", "..%2Ftext%2Frugby.md", "nothing.html"):
        assert (await page.request.get(f"{server.address}plots/{name}")).status == 404
    foreign = {"Origin": "http://evil.example"}
    assert (await page.request.get(f"{server.address}plots/alpha-map.html", headers=foreign)).status == 403
    assert (await page.request.post(f"{server.address}wish", data={}, headers=foreign)).status == 403


async def test_without_the_server_the_pages_say_the_command(
    browser: BrowserContext,
    data: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Opened from the disk, a gap shows a command; the command marks the statement, and marks it no more."""
    tab = await browser.new_page()
    await tab.goto((data / "plots" / "coverage-rugby.html").as_uri())
    await tab.wait_for_selector("html[data-details]")
    await tab.focus("#document")
    await tab.keyboard.press("n")
    command = await tab.inner_text(".by-command code")
    await tab.locator("#document .n1").first.click()
    await expect(tab.locator(".by-command code").first).to_contain_text(" alpha --pair alpha-rugby-")
    await tab.close()
    words = command.split()
    assert words[:3] == ["uv", "run", "dataprep/review.py"] and words[-1] == f"rugby:{gap_of(data)[0]}"
    assert review([*words[3:], "--data", str(data)]) == 0
    assert "next: uv run dataprep/generate_qa.py --document rugby --run alpha" in capsys.readouterr().out
    assert [wish.text for wish in read_wishes(wishes_file(Workspace(data), "alpha", "rugby"))] == [gap_of(data)[1]]
    assert review([*words[3:], "--data", str(data)]) == 0
    assert read_wishes(wishes_file(Workspace(data), "alpha", "rugby")) == []
    assert review(["alpha", "--ask-about", "rugby:7777777", "--data", str(data)]) == EXIT_USAGE
    assert review(["alpha", "--pair", "no-such", "--data", str(data)]) == EXIT_USAGE


async def test_a_pair_of_another_run_says_so(page: Page) -> None:
    """An address that names a pair which the run does not hold shows a sentence, and the page stays usable."""
    await page.evaluate("location.hash = '#pair=beta-9'")
    await expect(page.locator(".say")).to_contain_text("does not hold the pair beta-9")
