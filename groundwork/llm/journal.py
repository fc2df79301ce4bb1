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
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from groundwork.errors import ConfigError, StopRun
from groundwork.records.manifest import read_only_database
from groundwork.records.process_identity import is_alive, this_process

_LAYOUT = """
CREATE TABLE IF NOT EXISTS replies (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    usable INTEGER NOT NULL,  -- 0: paid for, perhaps, yet no reply: kept for the record, never replayed
    body BLOB NOT NULL,       -- as the endpoint sent it, compressed behind the mark PACKED
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
CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS answered AFTER INSERT ON replies BEGIN DELETE FROM claims WHERE key = new.key; END;
"""


_FIELDS = "body, usable, model, stage, unit, input_tokens, output_tokens, cached_tokens, cost, seconds"
_STORE = f"INSERT INTO replies (key, {_FIELDS}, stored) VALUES ({', '.join('?' * 12)})"  # noqa: S608  # our own names
_FIND = f"SELECT {_FIELDS}, id FROM replies WHERE key = ? AND usable AND id > ? ORDER BY id DESC LIMIT 1"  # noqa: S608
_NOTE_USE = "UPDATE replies SET used = ? WHERE id = ? AND max(stored, coalesce(used, 0)) < ?"
_FORGET = "DELETE FROM replies WHERE unit = ? OR unit GLOB ? OR unit GLOB ?"
_CLAIM = (
    "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, until = excluded.until"
    " WHERE owner = excluded.owner OR until < ?"
)


RESERVE = 512 * 1024  # bytes beside the journal, given up for the replies under way when the disk fills
IN_MEMORY = ":memory:"  # in place of a path: a journal that nothing is kept in
ALL = -1  # before the first row
PACKED = b"\x00z"  # before a compressed body; no reply begins with a NUL
USE_NOTED = 3600  # seconds: a replay is noted where the last note is older
DAMAGED = "move it away to continue without its replies; models are then asked again"


class StoredReply(msgspec.Struct, frozen=True):
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


def keep_private(path: Path) -> None:
    """Whole replies, and so whole passages of documents: readable by their owner alone. SQLite's log follows suit."""
    if path.name == ":memory:":  # no file at all
        return
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    with suppress(PermissionError):  # somebody else's, in a folder that is shared
        path.chmod(0o600)


class Journal:
    """The file of replies. Safe for several processes; one object serves one thread."""

    def __init__(self, path: Path, joined: Path | None = None) -> None:
        """Open `path`, or make it. Raises ConfigError when it cannot be.

        `joined`: a journal whose replies stand for calls as well, and which is read only: the one that a shard's is
        joined to later.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            keep_private(path)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_LAYOUT)
            with suppress(sqlite3.OperationalError):  # has it already
                self._db.execute("ALTER TABLE replies ADD COLUMN used REAL")  # the last replay, seconds since 1970
        except (sqlite3.DatabaseError, OSError) as error:
            raise ConfigError([f"{path}: the journal of replies cannot be opened: {error}; {DAMAGED}"]) from error
        self._path, self._me = path, this_process()
        self._joined = _read_only(joined)
        self._reserve = path.with_suffix(".reserve")
        self._full = ""  # what the disk said when the reserve was given up

    def store(self, key: str, row: StoredReply) -> None:
        """Keep `row`; it is safe from a kill when this returns. Ends the claim on `key`.

        Where the disk is full the row takes the room that was held back, and no further call can be claimed. Raises
        StopRun when it cannot be kept even so, for whatever is paid for from then on would be lost.
        """
        values = (key, _packed(row.body), *msgspec.structs.astuple(row)[1:], time.time())
        try:
            self._execute(_STORE, values)
        except StopRun as full:
            if getattr(full.__cause__, "sqlite_errorname", "") != "SQLITE_FULL" or not self._reserve.exists():
                raise
            self._full = str(full)
            self._reserve.unlink(missing_ok=True)
            self._execute(_STORE, values)

    def find(self, key: str, after: int = ALL) -> StoredReply | None:
        """The newest usable reply to `key` among those that were stored after the row `after`."""
        found = self._execute(_FIND, (key, after)).fetchone()
        if found:
            now = time.time()
            with suppress(StopRun):  # a full disk: what is there can be read all the same
                self._execute(_NOTE_USE, (now, found[-1], now - USE_NOTED))
        if not found and after == ALL and self._joined is not None:
            found = self._joined.execute(_FIND, (key, ALL)).fetchone()
        return StoredReply(_unpacked(found[0]), bool(found[1]), *found[2:-1]) if found else None

    def last(self) -> int:
        """The newest row: whatever is found `after` it is stored from now on, however the clock is set."""
        return int(self._execute("SELECT coalesce(max(id), 0) FROM replies", ()).fetchone()[0])

    def claim(self, key: str, after: int, seconds: float) -> bool:
        """Whether this process may make the call now: nobody has its reply, and no other living process is at it.

        The claim ends with `store` or `release`, with its process, or after `seconds`: of a process on another host
        or in another container only the time is known. Raises StopRun when there is no room to keep the reply.
        """
        self._hold_room()
        now = time.time()
        claim = (key, self._me, now + seconds, now)
        if not self._execute(_CLAIM, claim).rowcount:
            held = self.owner(key)
            if held and is_alive(held) is not False:
                return False
            self._execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, held))
            if not self._execute(_CLAIM, claim).rowcount:
                return False
        if self.find(key, after) is None:
            return True
        self.release(key)
        return False

    def owner(self, key: str) -> str:
        """The process that is making the call (`records.processes`); "": none is."""
        held = self._execute("SELECT owner FROM claims WHERE key = ?", (key,)).fetchone()
        return str(held[0]) if held else ""

    def release(self, key: str) -> None:
        """End this process's claim on a call that brought nothing."""
        self._execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, self._me))

    def forget(self, units: list[str]) -> int:
        """Delete the replies that were about these documents; returns how many there were."""
        count = 0
        for unit in units:
            of_chunks, of_pairs = f"{unit} *", f"{unit}-[0-9a-f][0-9a-f]*"
            count += self._execute(_FORGET, (unit, of_chunks, of_pairs)).rowcount
        self._execute("VACUUM", ())
        return count

    def rows(self) -> Iterator[tuple[int, str, str, str, float, bool]]:
        """(id, key, stage, unit, when it was last stored or replayed, usable) of every reply, the newest first."""
        query = "SELECT id, key, stage, unit, max(stored, coalesce(used, 0)), usable FROM replies ORDER BY id DESC"
        for row in self._execute(query, ()):
            yield *row[:5], bool(row[5])

    def drop(self, ids: Sequence[int]) -> None:
        """Delete these rows, compress what is not compressed yet, and give the room back to the disk."""
        self._execute("BEGIN", ())
        for id_ in ids:
            self._execute("DELETE FROM replies WHERE id = ?", (id_,))
        self._execute("COMMIT", ())
        loose = self._execute("SELECT id FROM replies WHERE substr(body, 1, 2) != ?", (PACKED,)).fetchall()
        for (id_,) in loose:
            (body,) = self._execute("SELECT body FROM replies WHERE id = ?", (id_,)).fetchone()
            self._execute("UPDATE replies SET body = ? WHERE id = ?", (_packed(bytes(body)), id_))
        self._execute("VACUUM", ())
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)", ())

    def _hold_room(self) -> None:
        """Raises StopRun where there is none, or none was left for a reply before."""
        if self._full:
            raise StopRun(self._full)
        try:
            if not self._reserve.exists():
                self._reserve.write_bytes(bytes(RESERVE))
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            raise StopRun(f"{self._reserve}: {error.strerror}; free disk space, then run again") from error

    def _execute(self, statement: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.OperationalError as error:
            raise StopRun(f"{self._path}: a reply cannot be kept: {error}; free disk space, then run again") from error
        except sqlite3.DatabaseError as error:
            raise StopRun(f"{self._path}: {error}; {DAMAGED}") from error

    def close(self) -> None:
        """Close the file; every stored row is already safe."""
        self._db.close()
        if self._joined is not None:
            self._joined.close()


def _packed(body: bytes) -> bytes:
    return PACKED + zlib.compress(body)


def _unpacked(body: bytes) -> bytes:
    """The reply as it was sent; journals of earlier versions hold it as it is."""
    return zlib.decompress(body[len(PACKED) :]) if body.startswith(PACKED) else body


def _read_only(path: Path | None) -> sqlite3.Connection | None:
    """The journal at `path` as a file that nobody writes to, which needs no lock and so may lie on a network."""
    if path is None or not path.is_file():
        return None
    database = read_only_database(path)
    try:
        database.execute(_FIND, ("", ALL))
    except sqlite3.Error:  # nothing joined yet, or damaged: what it held is asked anew
        database.close()
        return None
    return database


_BY_MODEL = (
    "SELECT model, COUNT(*), SUM(cost IS NOT NULL), TOTAL(cost), TOTAL(seconds) FROM replies WHERE stage = ? "
    "GROUP BY model ORDER BY model"
)


@dataclass(frozen=True)
class Spending:
    """The calls of one model: how many, those with a price, USD, and seconds from request to reply, added up."""

    model: str
    calls: int
    priced: int
    cost: float
    seconds: float


def spending(journal: Path, stage: str) -> list[Spending]:
    """By model, from the journal's file; nothing where there is none or it is damaged."""
    if not journal.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            return [Spending(*row) for row in database.execute(_BY_MODEL, (stage,))]
    except sqlite3.Error:
        return []
