"""One Chromium for all browser tests, and pages that note whatever goes wrong in them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from groundwork.maps.draw.html_map import write_map
from groundwork.maps.draw.scene import Scene
from tests.maps.scenes import COUNT, HOSTILE, histogram, scene

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PATIENCE = 30_000  # milliseconds that a machine under load may take to show what a test waits for
expect.set_options(timeout=PATIENCE)

Opener = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[BrowserContext]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine; install it with: apt-get install chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield await chromium.new_context()
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def show(browser: BrowserContext) -> AsyncIterator[Opener]:
    """Opens files as pages; by the end none may have complained, asked a network or opened a dialog."""
    troubles: list[str] = []
    pages = []

    async def open_page(path: Path, *, width: int = 1280, height: int = 800, dark: bool = False) -> Page:
        page = await browser.new_page()
        pages.append(page)
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme="dark" if dark else "light")
        page.on("console", lambda message: message.type == "error" and troubles.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: request.url != path.as_uri() and troubles.append(f"request: {request.url}"))
        await page.goto(path.as_uri())
        await page.wait_for_selector("html[data-details]", timeout=60_000)
        return page

    yield open_page
    for page in pages:
        await page.evaluate("localStorage.clear()")  # the theme that a test chose
        await page.close()
    assert troubles == []


@pytest.fixture(scope="session")
def drawn() -> Scene:
    """A scene with everything that the page of a map can show."""
    return msgspec.structs.replace(scene(COUNT, first=HOSTILE), histogram=histogram())


@pytest.fixture(scope="session")
def page_file(drawn: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of `drawn`."""
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(drawn, path)
    return path
