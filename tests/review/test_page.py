"""The page in a real Chromium, driven by keyboard, against the real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Route, expect

from groundwork.data_folder.read_write import write_jsonl
from groundwork.data_folder.runs.review_decisions import read_decisions
from groundwork.data_folder.workspace import Workspace
from groundwork.review.review_server import ReviewServer
from groundwork.review.review_session import ReviewSession
from tests.review.runs import HOSTILE, OPENING, REWORDED, write_curated

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[ReviewServer]:
    write_curated(tmp_path)
    made = ReviewServer(
        ReviewSession(Workspace(tmp_path), "small", "ann"), "uv run dataprep/review.py small --reviewer ann"
    )
    await made.start()
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(server: ReviewServer, browser: BrowserContext) -> AsyncIterator[Page]:
    """The page, which may not complain or open a dialog."""
    made, troubles = await browser.new_page(), []
    made.on("pageerror", lambda error: troubles.append(str(error)))
    made.on("dialog", lambda dialog: troubles.append(dialog.message))
    await made.goto(server.address)
    await made.wait_for_selector("html[data-ready]")
    yield made
    await made.close()
    assert troubles == []


OFTEN = "const every = setInterval; window.setInterval = (look, ms) => every(look, ms / 20)"


async def look_often(page: Page) -> None:
    """What others have decided, and whether the run was written anew, is looked at every 150 ms, not every 3 s."""
    await page.add_init_script(OFTEN)
    await page.reload()
    await page.wait_for_selector("html[data-ready]")


async def test_the_keyboard_is_enough(page: Page, server: ReviewServer) -> None:
    """j, a, r with a reason, e, u, / and ? do what the help says, and each decision is a line at once."""
    press = page.keyboard.press
    await press("j")
    await expect(page.locator(".pair h2")).to_have_text(OPENING.question)
    await expect(page.locator(".source mark")).to_have_text(OPENING.evidence[0])
    await press("a")
    await expect(page.locator(".pair h2")).to_have_text(REWORDED.question)
    await press("r")
    await page.keyboard.type("too easy")
    await press("Enter")
    await expect(page.locator(".titles p")).to_contain_text("2 of 6 pairs decided by ann")
    await press("u")
    await expect(page.locator(".pair h2")).to_have_text(REWORDED.question)
    await expect(page.locator(".titles p")).to_contain_text("1 of 6")
    await press("e")
    await page.locator("textarea[name=answer]").fill("At 6.45 pm.")
    await press("Control+Enter")
    await expect(page.locator(".titles p")).to_contain_text("2 of 6")
    verdicts = [(one.verdict, one.reason) for one in read_decisions(server.session.decisions_path)[0]]
    assert verdicts == [("accept", ""), ("reject", "too easy"), ("undo", ""), ("edit", "")]
    await press("/")
    await page.keyboard.type("outer quay")
    await expect(page.locator(".filters summary")).to_contain_text("2 of 6 pairs")
    await press("Escape")
    await press("?")
    await expect(page.locator("#help")).to_be_visible()


async def test_a_form_opened_before_the_server_answers_stays(page: Page, server: ReviewServer) -> None:
    """What is typed while the pair's details are still on their way is kept, and goes with the decision."""
    typed, asked = asyncio.Event(), 0

    async def answer(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked == 3:  # the pair, once its decision is undone; before: the next pair, and this one to undo it
            await typed.wait()
        await route.continue_()

    await page.route("**/pair?row=*", answer)  # before the first key: it takes a moment to hold
    await page.keyboard.press("j")
    await expect(page.locator(".pair h2")).to_have_text(OPENING.question)
    asked = 0
    await page.keyboard.press("a")
    await expect(page.locator(".pair h2")).to_have_text(REWORDED.question)
    await page.keyboard.press("u")
    await expect(page.locator(".say")).to_have_text("Undone.")
    await page.keyboard.press("r")
    await page.keyboard.type("too easy")
    await page.keyboard.press("Enter")
    typed.set()
    await expect(page.locator(".titles p")).to_contain_text("1 of 6")
    assert [(one.verdict, one.reason) for one in read_decisions(server.session.decisions_path)[0]][1:] == [
        ("undo", ""),
        ("reject", "too easy"),
    ]


async def test_a_key_decides_about_the_pair_it_was_pressed_for_or_none(page: Page, server: ReviewServer) -> None:
    """Where another pair is chosen before its details are there, nothing is decided, and the page says so."""
    pressed, is_slow = asyncio.Event(), False

    async def answer(route: Route) -> None:
        if is_slow:
            await pressed.wait()
        await route.continue_()

    await page.route("**/pair?row=*", answer)  # before the first key: it takes a moment to hold
    await page.keyboard.press("j")
    await expect(page.locator(".pair h2")).to_have_text(OPENING.question)
    is_slow = True
    for key in "jaj":
        await page.keyboard.press(key)
    pressed.set()
    await expect(page.locator(".say")).to_contain_text("Nothing was decided")
    assert read_decisions(server.session.decisions_path)[0] == []


async def test_what_a_model_wrote_is_text(page: Page) -> None:
    """Markup in an answer is shown letter by letter and runs nothing."""
    await page.locator(".row", has_text="How many boats").click()
    await expect(page.locator(".pair")).to_contain_text(HOSTILE)
    await expect(page.locator(".pair img")).to_have_count(0)


async def test_a_filter_and_a_sort(page: Page) -> None:
    """A column's filter leaves its rows, a click on its head sorts them."""
    await page.locator("select[data-column=state]").select_option("rejected")
    await expect(page.locator(".filters summary")).to_contain_text("3 of 6 pairs")
    await page.locator(".heads button", has_text="Question").click()
    await expect(page.locator(".heads [aria-sort=ascending]")).to_have_text("Question")
    shown = page.locator(".row:not([hidden]) .question")
    tops = await shown.evaluate_all("(cells) => cells.map((c) => [c.getBoundingClientRect().top, c.textContent])")
    texts = [text for _, text in sorted(tops)]
    assert texts == [*sorted(texts[:-1]), "(no question)"]


async def test_a_server_that_stops_in_the_middle_of_an_edit(page: Page, server: ReviewServer) -> None:
    """What was typed stays, the page says how to start the server again, and nothing half done is in the file."""
    await page.keyboard.press("j")
    await expect(page.locator(".pair h2")).to_have_text(OPENING.question)
    await page.keyboard.press("e")
    await page.locator("textarea[name=answer]").fill("At half past six.")
    await server.close()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".banner")).to_contain_text("uv run dataprep/review.py small --reviewer ann")
    await expect(page.locator("textarea[name=answer]")).to_have_value("At half past six.")
    assert not server.session.decisions_path.exists()


async def test_a_phone_is_wide_enough(page: Page) -> None:
    """At 390 px nothing runs out of the page; a tap opens the pair, and a button leads back."""
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.locator(".row").first.click()
    await expect(page.locator(".pair h2")).to_be_visible()
    await page.wait_for_function("document.documentElement.scrollWidth === 390")
    await page.locator(".back").click()
    await expect(page.locator(".desk")).to_be_hidden()


async def test_an_empty_run_says_so(tmp_path: Path, browser: BrowserContext) -> None:
    """0 pairs: a sentence in place of the table."""
    write_jsonl(tmp_path / "qa" / "empty" / "mill.jsonl", [])
    empty = ReviewServer(ReviewSession(Workspace(tmp_path), "empty", "ann"))
    await empty.start()
    made = await browser.new_page()
    await made.goto(empty.address)
    await expect(made.locator(".list .nothing")).to_contain_text("holds no pairs yet")
    await made.close()
    await empty.close()


async def test_a_run_that_is_written_meanwhile_is_read_again(page: Page, server: ReviewServer) -> None:
    """The page says so while it is open, and shows the new pairs on request."""
    await look_often(page)
    first = server.session.review_rows[0].pair
    changed = msgspec.structs.replace(first, question="Which gates open at 06:30 at Orrin?")
    write_jsonl(server.session.data.path("qa", "small", "curated", "mill.jsonl"), [changed])
    await expect(page.locator(".banner")).to_contain_text("written while this page was open")
    await page.locator(".banner button", has_text="Read it again").click()
    await expect(page.locator(".row", has_text=changed.question)).to_be_visible()
    await expect(page.locator(".banner")).to_be_hidden()


async def test_two_browsers(page: Page, server: ReviewServer) -> None:
    """What one decides shows up in the other; a decision on an old view is refused and the pair shown as it stands."""
    other = await page.context.new_page()
    await other.goto(server.address)
    for window in (page, other):
        await look_often(window)
        await window.keyboard.press("j")
        await expect(window.locator(".pair h2")).to_have_text(OPENING.question)
    await other.keyboard.press("r")  # before the other decides: an open form keeps its view however long that takes
    await other.keyboard.type("too easy")
    await page.keyboard.press("a")
    await expect(page.locator(".titles p")).to_contain_text("1 of 6")
    await other.keyboard.press("Enter")
    await expect(other.locator(".titles p")).to_contain_text("1 of 6")
    assert [one.verdict for one in read_decisions(server.session.decisions_path)[0]] == ["accept"]
    await other.close()
