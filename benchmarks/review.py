"""How long the frames of the review page are with 100,000 pairs: while it scrolls, walks, sorts, filters and searches.

Run     uv run benchmarks/review.py [--pairs 100000]

Writes a run of synthetic pairs to a temporary folder, serves it, opens the page in a real Chromium without a graphics
card, and prints for each thing done the median and the longest time between animation frames, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.pages import ARGUMENTS, RECORD
from groundwork.data_folder.read_write import write_jsonl
from groundwork.data_folder.workspace import Workspace
from groundwork.records import Pair, Rejected
from groundwork.review.review_server import ReviewServer
from groundwork.review.review_session import ReviewSession

A_DOCUMENT = 1_000  # pairs
SUBJECTS = ("oar", "hull", "tide", "start", "finish", "umpire", "rudder", "weight", "lane", "signal", "protest")


def pairs(count: int) -> Iterator[Pair]:
    """Pairs whose columns hold as many different values as those of a large run."""
    for number in range(count):
        document = f"document-{number // A_DOCUMENT:04}"
        subject = SUBJECTS[number * 7 % len(SUBJECTS)]
        yield Pair(
            id=f"{document}-{number:08x}", document=document, chunk=f"{document}-c{number // 8}",
            iteration=1 + number % 4, question=f"What does rule {number * 7919 % count} say about the {subject}?",
            evaluation_criteria=[f"Names the {subject}"], answer=f"The {subject} may be {number} metres long." * 2,
            difficulty="easy", category="factual", evidence=[f"the {subject} is {number} metres long"], model="m",
            headings=[f"Chapter {number // 100 % 40}", f"Section {number // 20 % 9}"],
        )  # fmt: skip


def write_run(data: Path, count: int) -> None:
    """A run of `count` pairs, one in five of them turned down."""
    made = list(pairs(count))
    for start in range(0, count, A_DOCUMENT):
        own = made[start : start + A_DOCUMENT]
        folder = data / "qa" / "large"
        write_jsonl(folder / f"{own[0].document}.jsonl", [one for k, one in enumerate(own) if k % 5])
        rejected = [
            Rejected(
                document=one.document, chunk=one.chunk, iteration=1, reason=("vague", "worth")[k % 2], detail="",
                pair={"question": one.question, "answer": one.answer},
            )
            for k, one in enumerate(own)
            if not k % 5
        ]  # fmt: skip
        write_jsonl(folder / "rejected" / f"{own[0].document}.jsonl", rejected)


async def measure(address: str) -> dict[str, Any]:
    """Seconds until the table is there, and by what was done the median and longest frame."""
    from playwright.async_api import async_playwright

    found: dict[str, Any] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        began = time.monotonic()
        await page.goto(address)
        await page.wait_for_selector("html[data-ready]", timeout=120_000)
        found["load_s"] = round(time.monotonic() - began, 2)
        await page.evaluate(RECORD)

        async def frames(name: str, act: Callable[[], Awaitable[Any]]) -> None:
            await page.wait_for_timeout(500)
            await page.evaluate("frames_.length = 0")
            await act()
            await page.wait_for_timeout(400)
            times = sorted(await page.evaluate("frames_"))
            found[name] = f"{times[len(times) // 2]:.0f} / {times[-1]:.0f} ms"

        async def scroll() -> None:
            await page.mouse.move(600, 300)
            for _ in range(60):
                await page.mouse.wheel(0, 700)
                await page.wait_for_timeout(16)

        async def jump() -> None:
            for step in range(30):
                await page.evaluate(f"document.querySelector('.list').scrollTop = {step * 97_001 % 3_000_000}")
                await page.wait_for_timeout(30)

        async def walk() -> None:
            await page.evaluate("document.querySelector('.list').focus()")
            for _ in range(40):
                await page.keyboard.press("j")

        async def click(head: str) -> None:
            await page.locator(".heads button", has_text=head).click()

        await frames("scroll", scroll)
        await frames("jump", jump)
        await frames("walk with j", walk)
        await frames("sort by length", lambda: click("Length"))
        await frames("sort by question", lambda: click("Question"))
        await frames("sort by question again", lambda: click("Question"))
        await frames("filter", lambda: page.locator("select[data-column=state]").select_option("rejected"))
        await frames("search", lambda: page.locator(".searchbox input").fill("rule 77 tide"))
        await browser.close()
    return found


async def serve_and_measure(data: Path) -> dict[str, Any]:
    began = time.process_time()
    server = ReviewServer(ReviewSession(Workspace(data), "large", "ann"))
    read = time.process_time() - began
    await server.start()
    try:
        return {"read_cpu_s": round(read, 2), **await measure(server.address)}
    finally:
        await server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, nargs="+", default=[1_000, 100_000])
    options = parser.parse_args()
    for count in options.pairs:
        with tempfile.TemporaryDirectory() as folder:
            write_run(Path(folder), count)
            result = {"pairs": f"{count:,}", **asyncio.run(serve_and_measure(Path(folder)))}
        print(" · ".join(f"{key} {value}" for key, value in result.items()), flush=True)


if __name__ == "__main__":
    main()
