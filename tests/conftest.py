"""What holds for all tests: random examples on a developer's machine, the same ones every time where a run decides."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

    from tests.chromium import Opener

if sys.dont_write_bytecode:  # the processes that tests start would each compile again all that they import: seconds
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": sys.pycache_prefix}

MEMORY = Path("/dev/shm")  # noqa: S108  # pytest makes folders in it that are the user's alone
ROOM = 4 << 30  # bytes
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))  # a disk takes 10 ms to make and close a database

SLOW = [HealthCheck.too_slow]  # of a busy machine this says nothing
settings.register_profile("random", deadline=None, suppress_health_check=SLOW)
settings.register_profile(
    "decides", deadline=None, suppress_health_check=SLOW, derandomize=True, database=None, print_blob=True
)
settings.load_profile("decides" if os.environ.get("CI") else "random")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One worker more than there are cores: tests wait for sockets, processes and a browser."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[BrowserContext]:
    """One Chromium for all tests of a worker: here and not where it is used, for each place would start its own."""
    from tests.chromium import launched  # half a second, which most rooms need not wait

    async with launched() as context:
        yield context


@pytest_asyncio.fixture(loop_scope="session")
async def show(browser: BrowserContext) -> AsyncIterator[Opener]:
    """Opens files as pages; by the end none may have complained, asked a network or opened a dialog."""
    from tests.chromium import file_opener

    async with file_opener(browser) as open_page:
        yield open_page
