"""What holds for all tests: random examples on a developer's machine, the same ones every time where a run decides."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

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
