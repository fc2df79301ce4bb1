"""Maps of hardly any questions, of equal ones, and in other languages."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from playwright.async_api import expect

from groundwork.maps.draw.map_page import write_map
from groundwork.maps.draw.scene import Scene
from tests.chromium import Opener
from tests.maps.map_page import at_rest, click_a_point
from tests.maps.scenes import COUNT, HOSTILE, MODELS, scene

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_hostile_text_stays_text(show: Opener, page_file: Path) -> None:
    """A question that holds markup is shown as it is written, wherever it appears, and runs nothing."""
    page = await show(page_file)
    await page.fill("#search", "onerror")
    await expect(page.locator("#found")).to_have_text(f"1 of {COUNT}")
    await page.press("#search", "Enter")
    await expect(page.locator("#tray tbody td >> nth=0")).to_have_text(HOSTILE)
    await page.click("#tray tbody tr")
    await expect(page.locator("#drawer .question")).to_have_text(HOSTILE)
    await expect(page.locator("img")).to_have_count(0)
    await expect(page.locator("body b:has-text('bold')")).to_have_count(0)


async def test_tiny_datasets(show: Opener, tmp_path: Path) -> None:
    """No, one or three questions make a page that works."""
    for count in (0, 1, 3):
        write_map(scene(count, MODELS[:1]), tmp_path / f"{count}.html")
        page = await show(tmp_path / f"{count}.html")
        if count == 0:
            await expect(page.locator("#stage")).to_contain_text("no questions")
        else:
            await click_a_point(page)
            await expect(page.locator("#drawer .question")).to_contain_text("touch rugby")


async def test_questions_all_in_one_place(show: Opener, drawn: Scene, tmp_path: Path) -> None:
    """Many equal questions at one point still open, and nothing divides by the empty extent."""
    points = [msgspec.structs.replace(p, x=1.0, y=1.0, question="The same?", neighbours=[]) for p in drawn.points[:50]]
    write_map(
        msgspec.structs.replace(drawn, points=points, only_in={}, missed_by={}, contours=[]), tmp_path / "same.html"
    )
    page = await show(tmp_path / "same.html")
    await at_rest(page)
    box = await page.locator("#stage").bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await expect(page.locator("#drawer .question")).to_have_text("The same?")


async def test_other_languages(show: Opener, tmp_path: Path) -> None:
    """Questions in any script are found and shown."""
    question = "Wie groß ist das Spielfeld? 球場有多大？ ما حجم الملعب؟"
    write_map(scene(30, first=question), tmp_path / "languages.html")
    page = await show(tmp_path / "languages.html")
    for word in ("GROSS", "groß", "球場", "ملعب"):
        await page.fill("#search", word)
        await expect(page.locator("#found")).to_have_text("1 of 30")


async def test_one_dataset_tells_how_much_it_holds(show: Opener, tmp_path: Path) -> None:
    """Where there is nothing to choose between, the page begins with the dataset's own figures."""
    drawn = scene(30, MODELS[:1])
    assert drawn.numbers
    row = msgspec.structs.replace(drawn.numbers.datasets[0], questions=30, mean_per_chunk=2.5)
    for redundancy, repeats in ((0.1, "10% nearly repeat"), (0.0, "none nearly repeats")):
        one = msgspec.structs.replace(row, redundancy=redundancy)
        numbers = msgspec.structs.replace(drawn.numbers, datasets=[one])
        write_map(msgspec.structs.replace(drawn, numbers=numbers), tmp_path / "one.html")
        page = await show(tmp_path / "one.html")
        await expect(page.locator(".short p")).to_have_text(f"30 questions, 2.5 a chunk; {repeats} an earlier one.")
