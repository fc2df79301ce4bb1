"""A Chromium, and pages that note whatever goes wrong in them; the fixtures of both are in tests/conftest.py."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

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


@asynccontextmanager
async def launched() -> AsyncIterator[BrowserContext]:
    """A Chromium; where there is none, the test is skipped."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine; install it with: apt-get install chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield await chromium.new_context()
        await chromium.close()


@asynccontextmanager
async def file_opener(browser: BrowserContext) -> AsyncIterator[Opener]:
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
