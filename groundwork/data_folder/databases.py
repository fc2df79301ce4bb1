"""SQLite files that are only read: journals, manifests and caches that other processes have closed."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def read_only_database(path: Path) -> sqlite3.Connection:
    """A database that nobody writes to now: read without a lock, so that it may lie on a network share."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
