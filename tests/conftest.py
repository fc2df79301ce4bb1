"""What holds for all tests: random examples on a developer's machine, the same ones every time where a run decides."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

if sys.dont_write_bytecode:  # the processes that tests start would each compile again all that they import: seconds
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": sys.pycache_prefix}

SLOW = [HealthCheck.too_slow]  # of a busy machine this says nothing
settings.register_profile("random", deadline=None, suppress_health_check=SLOW)
settings.register_profile(
    "decides", deadline=None, suppress_health_check=SLOW, derandomize=True, database=None, print_blob=True
)
settings.load_profile("decides" if os.environ.get("CI") else "random")
