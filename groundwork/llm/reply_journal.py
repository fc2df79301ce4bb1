"""Every reply that was ever paid for, in SQLite, stored before anyone looks into it.

A reply is found again by the sha256 of everything that shapes it: the endpoint, the request's body (model, messages,
parameters, schema, routing) and the index of the draw. The write-ahead log makes a row safe from `kill -9` as soon as
`store` returns, and lets several processes share one file.

Once the file is large, its older rows move into segments beside it (`reply_segments`).
"""

from __future__ import annotations

import glob
import hashlib
import os
import sqlite3
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder import claims
from groundwork.data_folder.databases import read_only_database
from groundwork.errors import ConfigError, StopRun
from groundwork.llm.reply_segments import (
    DAMAGED_REMEDY,
    LAST_USES,
    REPLY_COLUMNS,
    JournalPosition,
    JournalRow,
    RowPosition,
    Segments,
    move_to_segment,
)
from groundwork.processes.process_identity import process_label

_JOURNAL_TABLES = """
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
CREATE TABLE IF NOT EXISTS uses (key TEXT PRIMARY KEY, used REAL NOT NULL) WITHOUT ROWID;  -- replays from elsewhere
CREATE TRIGGER IF NOT EXISTS answered AFTER INSERT ON replies BEGIN DELETE FROM claims WHERE key = new.key; END;
"""
_STORE_REPLY = f"INSERT INTO replies (key, {REPLY_COLUMNS}, stored) VALUES ({', '.join('?' * 12)})"  # noqa: S608  # our own names
_FIND_REPLY = f"SELECT {REPLY_COLUMNS}, id FROM replies WHERE key = ? AND usable AND id > ? ORDER BY id DESC LIMIT 1"  # noqa: S608
_NOTE_REPLAY = "UPDATE replies SET used = ? WHERE id = ? AND max(stored, coalesce(used, 0)) < ?"
_NOTE_REPLAY_ELSEWHERE = (
    "INSERT INTO uses VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET used = excluded.used WHERE used < excluded.used - ?"
)
_UNIT_CONDITION = f"unit = ?{4 * ' OR unit GLOB ?'}"
_CHUNK_DIGEST_GLOB = "[0-9a-f]" * 12  # of a chunk's id, behind its document's
RESERVE_BYTES = 512 * 1024  # bytes beside the journal, given up for the replies under way when the disk fills
IN_MEMORY = ":memory:"  # in place of a path: a journal that nothing is kept in
FROM_START = JournalPosition(-1)  # before the first row
SEGMENT_BYTES = 64 * 2**20  # bytes of the file from which on its older rows move into a segment
_STORES_BETWEEN_SIZE_CHECKS = 500  # calls of `store` between two looks at the size
_JOURNAL_MAINTENANCE_CLAIM = "moving to a segment"  # the claim of the process that moves rows or takes them out
_JOURNAL_MAINTENANCE_SECONDS = 3600.0  # of a claim of gc or forget: other hosts cannot know earlier that it ended
JOURNAL_MAINTENANCE_PATIENCE = 10.0  # seconds that gc and forget wait for another process: moving takes about so long
COMPRESSED_MARK = b"\x00z"  # before a compressed body; no reply begins with a NUL
USE_NOTE_INTERVAL = 3600  # seconds: a replay is noted where the last note is older


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


def request_key(endpoint: str, request_body: dict[str, Any], draw: tuple[int, ...]) -> str:
    """The sha256 of the canonical request: keys sorted, so that the order in which it was built does not matter."""
    canonical_request = msgspec.json.encode({"endpoint": endpoint, "body": request_body, "draw": draw}, order="sorted")
    return hashlib.sha256(canonical_request).hexdigest()


def _make_journal_private(journal_path: Path) -> None:
    """Whole replies, and so whole passages of documents: readable by their owner alone. SQLite's log follows suit."""
    if journal_path.name == IN_MEMORY:  # no file at all
        return
    os.close(os.open(journal_path, os.O_RDWR | os.O_CREAT, 0o600))
    with suppress(PermissionError):  # somebody else's, in a folder that is shared
        journal_path.chmod(0o600)


def _open_journal(journal_path: Path) -> sqlite3.Connection:
    try:
        journal_path.parent.mkdir(parents=True, exist_ok=True)
        _make_journal_private(journal_path)
        journal_db = sqlite3.connect(journal_path, timeout=30, isolation_level=None)
        journal_db.execute("PRAGMA journal_mode = WAL")
        journal_db.execute("PRAGMA synchronous = NORMAL")
        journal_db.executescript(claims.TABLE + _JOURNAL_TABLES)
        with suppress(sqlite3.OperationalError):  # has it already
            journal_db.execute("ALTER TABLE replies ADD COLUMN used REAL")  # the last replay, seconds since 1970
    except (sqlite3.DatabaseError, OSError) as error:
        problem = f"{journal_path}: the journal of replies cannot be opened: {error}; {DAMAGED_REMEDY}"
        raise ConfigError([problem]) from error
    return journal_db


class Journal:
    """The file of replies. Safe for several processes; one object serves one thread."""

    def __init__(self, journal_path: Path, joined_path: Path | None = None) -> None:
        """Open `journal_path`, or make it. Raises ConfigError when it cannot be.

        `joined_path`: a journal whose replies stand for calls as well, and which is read only: the one that a shard's
        is joined to later.
        """
        self._journal_db = _open_journal(journal_path)
        self._journal_path, self._claims = journal_path, claims.Claims(self._execute)
        self._segments = Segments(journal_path)
        self._joined_db = _open_joined_journal(joined_path)
        self._segments_of_joined = Segments(joined_path) if joined_path else None
        self._store_count, self._data_version = 0, -1
        self._journal_reserve = journal_path.with_suffix(".reserve")
        self._disk_full_error = ""  # what the disk said when the reserve was given up

    def store(self, journal_key: str, reply_row: StoredReply) -> None:
        """Keep `reply_row`; it is safe from a kill when this returns. Ends the claim on `journal_key`.

        Where the disk is full the row takes the room that was held back, and no further call can be claimed. Raises
        StopRun when it cannot be kept even so, for whatever is paid for from then on would be lost.
        """
        reply_body, *reply_columns = msgspec.structs.astuple(reply_row)
        reply_parameters = (journal_key, _compress_body(reply_body), *reply_columns, time.time())
        try:
            self._execute(_STORE_REPLY, reply_parameters)
        except StopRun as store_error:
            self._give_up_journal_reserve(store_error)
            self._execute(_STORE_REPLY, reply_parameters)
        self._store_count += 1
        if self._store_count % _STORES_BETWEEN_SIZE_CHECKS == 0:
            self.move_older()

    def find(self, journal_key: str, after: JournalPosition = FROM_START) -> StoredReply | None:
        """The newest usable reply to `journal_key` among those that were stored `after`."""
        replayed_at = time.time()
        reply_row = self._execute(_FIND_REPLY, (journal_key, after.row)).fetchone()
        if reply_row:
            with suppress(StopRun):  # a full disk: what is there can be read all the same
                self._execute(_NOTE_REPLAY, (replayed_at, reply_row[-1], replayed_at - USE_NOTE_INTERVAL))
            reply_row = (_decompress_body(reply_row[0]), *reply_row[1:-1])
        elif reply_row := self._find_in_segments_or_joined(journal_key, after):
            with suppress(StopRun):
                self._execute(_NOTE_REPLAY_ELSEWHERE, (journal_key, replayed_at, USE_NOTE_INTERVAL))
        return StoredReply(reply_row[0], bool(reply_row[1]), *reply_row[2:]) if reply_row else None

    def _find_in_segments_or_joined(self, journal_key: str, after: JournalPosition) -> JournalRow | None:
        """In the segments, or in the joined journal."""
        self._refresh_segments()
        reply_row = self._segments.find(journal_key, after)
        if not reply_row and after == FROM_START and self._joined_db is not None:
            reply_row = self._joined_db.execute(_FIND_REPLY, (journal_key, FROM_START.row)).fetchone()
            reply_row = (_decompress_body(reply_row[0]), *reply_row[1:-1]) if reply_row else None
        if not reply_row and after == FROM_START and self._segments_of_joined is not None:
            reply_row = self._segments_of_joined.find(journal_key, after)
        return reply_row

    def end_position(self) -> JournalPosition:
        """The moment now: whatever is found `after` it is stored from now on, however the clock is set."""
        self._refresh_segments()
        last_row_id = self._execute("SELECT coalesce(max(id), 0) FROM replies", ()).fetchone()[0]
        return JournalPosition(int(last_row_id), self._segments.segment_names)

    def claim(self, journal_key: str, after: JournalPosition, seconds: float) -> bool:
        """Whether this process may make the call now: nobody has its reply, and no other living process is at it.

        The claim ends with `store` or `release`, with its process, or after `seconds`: of a process on another host
        or in another container only the time is known. Raises StopRun when there is no room to keep the reply.
        """
        self._hold_journal_reserve()
        if not self._claims.take(journal_key, seconds):
            return False
        if self.find(journal_key, after) is None:
            return True
        self.release(journal_key)
        return False

    @contextmanager
    def maintenance(self) -> Iterator[None]:
        """No other process moves replies or takes them out meanwhile. Raises StopRun where one goes on with that."""
        maintenance_patience_ends = time.monotonic() + JOURNAL_MAINTENANCE_PATIENCE
        while not self._claims.take(_JOURNAL_MAINTENANCE_CLAIM, _JOURNAL_MAINTENANCE_SECONDS):
            if time.monotonic() > maintenance_patience_ends:
                maintaining_process = process_label(self.owner(_JOURNAL_MAINTENANCE_CLAIM))
                reason = f"{maintaining_process} (gc, forget or a stage) is rewriting it; run again once it has ended"
                raise StopRun(f"{self._journal_path}: {reason}")
            time.sleep(0.1)
        self._segments.refresh()
        try:
            yield
        finally:
            self.release(_JOURNAL_MAINTENANCE_CLAIM)

    def other_callers(self) -> list[str]:
        """The other processes that are at a call now, as a message names them."""
        return self._claims.others(except_claim=_JOURNAL_MAINTENANCE_CLAIM)

    def owner(self, journal_key: str) -> str:
        """The process that is making the call (as in processes/process_identity.py); "": none is."""
        return self._claims.owner(journal_key)

    def release(self, journal_key: str) -> None:
        """End this process's claim on a call that brought nothing."""
        self._claims.release(journal_key)

    def forget(self, forgotten_units: list[str]) -> int:
        """Delete the replies that were about these documents; returns how many there were. Within `maintenance`."""
        deleted_replies = 0
        for forgotten_unit in forgotten_units:
            escaped_unit = glob.escape(forgotten_unit)
            unit_ids = f"{escaped_unit}-{_CHUNK_DIGEST_GLOB}*"  # of its chunks, their pairs and the rows made of them
            no_answer_ids = f"{escaped_unit}-unanswerable-{_CHUNK_DIGEST_GLOB}*"
            # itself, its parts, and what is made of it
            unit_patterns = (forgotten_unit, f"{escaped_unit} *", unit_ids, f"*/{unit_ids}", no_answer_ids)
            deleted_replies += self._execute(f"DELETE FROM replies WHERE {_UNIT_CONDITION}", unit_patterns).rowcount  # noqa: S608
            self._segments.refresh()
            for segment, journal_row_ids in self._segments.ids(_UNIT_CONDITION, unit_patterns):
                if journal_row_ids:
                    self._segments.drop(segment, journal_row_ids)
                    deleted_replies += len(journal_row_ids)
        self._execute("VACUUM", ())
        return deleted_replies

    def rows(self) -> Iterator[tuple[RowPosition, str, str, str, float, bool]]:
        """(place, key, stage, unit, when it was last stored or replayed, usable) of every reply, the newest first."""
        self._segments.refresh()
        uses_elsewhere = self.uses_elsewhere()
        journal_rows = (("", reply_row) for reply_row in self._execute(LAST_USES, ()))
        for segment, (row_id, journal_key, stage, unit, used, usable) in chain(journal_rows, self._segments.rows()):
            last_used = max(used, uses_elsewhere.get(journal_key, 0.0))
            yield (segment, row_id), journal_key, stage, unit, last_used, bool(usable)

    def uses_elsewhere(self) -> dict[str, float]:
        """By key, when a reply was last replayed that stands in a segment or in the joined journal."""
        return dict(self._execute("SELECT key, used FROM uses", ()).fetchall())

    def drop(self, journal_positions: Iterable[RowPosition]) -> None:
        """Delete these rows, compress what is not compressed yet, and give the room back to the disk.

        Within `maintenance`, as the look at `uncompressed_rows` by which they were chosen.
        """
        ids_by_segment: dict[str, list[int]] = defaultdict(list)
        for segment, row_id in journal_positions:
            ids_by_segment[segment].append(row_id)
        self._delete_journal_rows(ids_by_segment.pop("", []))
        for segment, journal_row_ids in ids_by_segment.items():
            self._segments.drop(segment, journal_row_ids)
        self.settle()
        with suppress(OSError, sqlite3.Error):
            while self._bytes_in_use() >= SEGMENT_BYTES and self._move_older_rows():
                pass
        self._compress_journal_rows()
        self._execute("VACUUM", ())
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)", ())

    def _delete_journal_rows(self, journal_row_ids: list[int]) -> None:
        self._execute("BEGIN", ())
        for row_id in journal_row_ids:
            self._execute("DELETE FROM replies WHERE id = ?", (row_id,))
        self._execute("COMMIT", ())

    def _compress_journal_rows(self) -> None:
        uncompressed_rows = "SELECT id FROM replies WHERE substr(body, 1, 2) != ?"
        for (row_id,) in self._execute(uncompressed_rows, (COMPRESSED_MARK,)).fetchall():
            (reply_body,) = self._execute("SELECT body FROM replies WHERE id = ?", (row_id,)).fetchone()
            self._execute("UPDATE replies SET body = ? WHERE id = ?", (_compress_body(bytes(reply_body)), row_id))

    def settle(self, newest_segments: int | None = None) -> int:
        """Delete what stands in one of the `newest_segments` (all) as well, as after a join; returns how many rows."""
        self._segments.refresh()
        return self._segments.settle(self._journal_db, newest_segments)

    def move_older(self) -> bool:
        """Move the oldest rows into a segment where the file has become large; has it been done?

        What hinders it (no room on the disk, another process that is at it) leaves the rows where they are.
        """
        if self._journal_path.name == IN_MEMORY or self._bytes_in_use() < SEGMENT_BYTES:
            return False
        try:
            if not self.claim(_JOURNAL_MAINTENANCE_CLAIM, FROM_START, 600):
                return False
            try:
                self.settle(newest_segments=2)
                return self._move_older_rows()
            finally:
                self.release(_JOURNAL_MAINTENANCE_CLAIM)
        except (StopRun, OSError, sqlite3.Error):
            return False

    def _move_older_rows(self) -> bool:
        return move_to_segment(self._journal_path, self._journal_db, SEGMENT_BYTES, _decompress_body) > 0

    def _bytes_in_use(self) -> int:
        """Bytes of the file that are in use."""
        pragmas = ("page_count", "freelist_count", "page_size")
        page_count, unused_pages, page_bytes = (self._execute(f"PRAGMA {p}", ()).fetchone()[0] for p in pragmas)
        return int((page_count - unused_pages) * page_bytes)

    def _refresh_segments(self) -> None:
        """Look for new ones where another process has changed the journal."""
        data_version = self._execute("PRAGMA data_version", ()).fetchone()[0]
        if data_version != self._data_version:
            self._data_version = data_version
            self._segments.refresh()

    def _hold_journal_reserve(self) -> None:
        """Raises StopRun where there is none, or none was left for a reply before."""
        if self._disk_full_error:
            raise StopRun(self._disk_full_error)
        try:
            if not self._journal_reserve.exists():
                self._journal_reserve.write_bytes(bytes(RESERVE_BYTES))
        except OSError as error:
            self._journal_reserve.unlink(missing_ok=True)
            raise StopRun(f"{self._journal_reserve}: {error.strerror}; free disk space, then run again") from error

    def _give_up_journal_reserve(self, store_error: StopRun) -> None:
        """Raises `store_error` where the disk is not full, or nothing was held back."""
        is_disk_full = getattr(store_error.__cause__, "sqlite_errorname", "") == "SQLITE_FULL"
        if not (is_disk_full and self._journal_reserve.exists()):
            raise store_error
        self._disk_full_error = str(store_error)
        self._journal_reserve.unlink(missing_ok=True)

    def _execute(self, sql_statement: str, sql_parameters: tuple[Any, ...]) -> sqlite3.Cursor:
        try:
            return self._journal_db.execute(sql_statement, sql_parameters)
        except sqlite3.OperationalError as error:
            reason = f"a reply cannot be kept: {error}; free disk space, then run again"
            raise StopRun(f"{self._journal_path}: {reason}") from error
        except sqlite3.DatabaseError as error:
            raise StopRun(f"{self._journal_path}: {error}; {DAMAGED_REMEDY}") from error

    def close(self) -> None:
        """Close the file; every stored row is already safe."""
        self._journal_db.close()
        self._segments.close()
        if self._joined_db is not None:
            self._joined_db.close()
        if self._segments_of_joined is not None:
            self._segments_of_joined.close()


def _compress_body(reply_body: bytes) -> bytes:
    return COMPRESSED_MARK + zlib.compress(reply_body)


def _decompress_body(reply_body: bytes) -> bytes:
    """The reply as it was sent; journals of earlier versions hold it as it is."""
    is_compressed = reply_body.startswith(COMPRESSED_MARK)
    return zlib.decompress(reply_body[len(COMPRESSED_MARK) :]) if is_compressed else reply_body


def _open_joined_journal(joined_path: Path | None) -> sqlite3.Connection | None:
    """The journal at `joined_path` as a file that nobody writes to, which needs no lock and so may lie on a network."""
    if joined_path is None or not joined_path.is_file():
        return None
    joined_db = read_only_database(joined_path)
    try:
        joined_db.execute(_FIND_REPLY, ("", FROM_START.row))
    except sqlite3.Error:  # nothing joined yet, or damaged: what it held is asked anew
        joined_db.close()
        return None
    return joined_db
