"""Every reply that was ever paid for, in SQLite, stored before anyone looks into it.

A reply is found again by the sha256 of everything that shapes it: the endpoint, the request's body (model, messages,
parameters, schema, routing) and the index of the draw. The write-ahead log makes a row safe from `kill -9` as soon as
`store` returns, and lets several processes share one file.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec

_LAYOUT = """
CREATE TABLE IF NOT EXISTS replies (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    usable INTEGER NOT NULL,  -- 0: paid for, perhaps, yet no reply: kept for the record, never replayed
    body BLOB NOT NULL,       -- as the endpoint sent it
    model TEXT NOT NULL,
    stage TEXT NOT NULL,
    unit TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    cost REAL,                -- USD; NULL: the endpoint named no price
    stored REAL NOT NULL,     -- seconds since 1970
    seconds REAL NOT NULL     -- from the request to the whole reply
);
CREATE INDEX IF NOT EXISTS replies_by_key ON replies (key, id);
CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, owner INTEGER NOT NULL, until REAL NOT NULL);
"""


class Row(msgspec.Struct, frozen=True):
    """A stored reply; `seconds` is how long the endpoint took, `cost` USD or None where unknown."""

    body: bytes
    usable: bool
    model: str
    stage: str
    unit: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None
    seconds: float


def key_of(endpoint: str, body: dict[str, Any], draw: tuple[int, ...]) -> str:
    """The sha256 of the canonical request: keys sorted, so that the order in which it was built does not matter."""
    canonical = msgspec.json.encode({"endpoint": endpoint, "body": body, "draw": draw}, order="sorted")
    return hashlib.sha256(canonical).hexdigest()


class Journal:
    """The file of replies. Safe for several processes; one object serves one thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_LAYOUT)
        self._pid = os.getpid()

    def store(self, key: str, row: Row) -> None:
        """Keep `row`; it is safe from a kill when this returns. Ends this process's claim on `key`."""
        fields = ("body", "usable", "model", "stage", "unit", "input_tokens", "output_tokens", "cached_tokens", "cost")
        values = [getattr(row, field) for field in fields]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            f"INSERT INTO replies (key, {', '.join(fields)}, seconds, stored) VALUES ({', '.join('?' * 12)})",  # noqa: S608  # names from the tuple above
            [key, *values, row.seconds, time.time()],
        )
        self._db.execute("DELETE FROM claims WHERE key = ? AND owner = ?", [key, self._pid])
        self._db.execute("COMMIT")

    def find(self, key: str, since: float = 0.0) -> Row | None:
        """The newest usable reply to `key` stored at `since` (seconds since 1970) or later."""
        found = self._db.execute(
            "SELECT body, usable, model, stage, unit, input_tokens, output_tokens, cached_tokens, cost, seconds"
            " FROM replies WHERE key = ? AND usable AND stored >= ? ORDER BY id DESC LIMIT 1",
            [key, since],
        ).fetchone()
        return _row(found)

    def claim(self, key: str, since: float, seconds: float) -> bool:
        """Whether this process may make the call now: nobody has its reply, and no other living process is at it.

        The claim ends with `store` or `release`, with its process, or after `seconds`.
        """
        now = time.time()
        self._db.execute("BEGIN IMMEDIATE")
        held = self._db.execute("SELECT owner, until FROM claims WHERE key = ?", [key]).fetchone()
        free = held is None or held[0] == self._pid or held[1] < now or not _alive(held[0])
        if mine := free and self.find(key, since) is None:
            self._db.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", [key, self._pid, now + seconds])
        self._db.execute("COMMIT")
        return mine

    def release(self, key: str) -> None:
        """End this process's claim on a call that brought nothing."""
        self._db.execute("DELETE FROM claims WHERE key = ? AND owner = ?", [key, self._pid])

    def close(self) -> None:
        """Close the file; every stored row is already safe."""
        self._db.close()


def _row(found: tuple[Any, ...] | None) -> Row | None:
    if found is None:
        return None
    body, usable, *rest = found
    return Row(bytes(body), bool(usable), *rest)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
