"""Every reply that was ever paid for, in SQLite, stored before anyone looks into it.

A reply is found again by the sha256 of everything that shapes it: the endpoint, the request's body (model, messages,
parameters, schema, routing) and the index of the draw. The write-ahead log makes a row safe from `kill -9` as soon as
`store` returns, and lets several processes share one file.

Once the file is large, its older rows move into segments beside it, which nobody writes to any more. A segment
`journal-<microseconds from 1970 to its last reply>-<token>.db` lies beside `journal.db` and takes a fraction
of the room: bodies are compressed with a dictionary learnt from the segment's own replies (zlib, RFC 1950), a key takes
32 bytes, and names of models, stages and units stand there once. The view `replies` has the columns of the journal's
table.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import secrets
import sqlite3
import time
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from groundwork.data_folder import claims
from groundwork.data_folder.databases import read_only_database
from groundwork.data_folder.read_write import TEMPORARY
from groundwork.errors import ConfigError, StopRun
from groundwork.processes.process_identity import process_label, process_mark

REPLY_COLUMNS = "body, usable, model, stage, unit, input_tokens, output_tokens, cached_tokens, cost, seconds"
SEGMENT_COLUMNS = f"id, key, {REPLY_COLUMNS}, stored, used"  # what a segment keeps of a row
DICTIONARY_BYTES = 32 * 1024  # bytes: as far back as zlib looks
_SAMPLE_BYTES = 4096  # bytes of one reply in the dictionary at most
_SAMPLE_COUNT = 400  # replies that it is chosen from
_MAX_OPEN_SEGMENTS = 100  # segments that are kept open
_SEGMENT_NAME = re.compile(r"-(\d{16})-[0-9a-f]{8}\.db$")
_SEGMENT_TABLES = """
CREATE TABLE dictionary (bytes BLOB NOT NULL);
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE packed (id INTEGER PRIMARY KEY, key, body, usable, model, stage, unit, input_tokens, output_tokens,
    cached_tokens, cost, seconds, stored, used);
CREATE INDEX packed_by_key ON packed (substr(key, 1, 8));
CREATE VIEW replies AS
    SELECT packed.id, CASE typeof(key) WHEN 'blob' THEN lower(hex(key)) ELSE key END AS key, key AS short_key, body,
        usable, models.name AS model, stages.name AS stage, units.name AS unit, input_tokens, output_tokens,
        cached_tokens, cost, seconds, stored, used
    FROM packed JOIN names AS models ON models.id = model JOIN names AS stages ON stages.id = stage
        JOIN names AS units ON units.id = unit;
"""
_FIND_IN_SEGMENT = (
    f"SELECT {REPLY_COLUMNS} FROM replies WHERE substr(short_key, 1, 8) = ? AND short_key = ? AND usable AND id > ? "  # noqa: S608  # our own names
    "ORDER BY id DESC LIMIT 1"
)
_STORE_IN_SEGMENT = f"INSERT INTO packed VALUES ({', '.join('?' * 14)})"  # noqa: S608
DAMAGED_REMEDY = "move it away to continue without its replies; models are then asked again"

Row = tuple[Any, ...]  # in the order of REPLY_COLUMNS or SEGMENT_COLUMNS


class JournalPosition(NamedTuple):
    """A moment in a journal: its newest row then, and the segments there were."""

    row: int
    segments: frozenset[str] = frozenset()


def short_key(journal_key: str) -> bytes | str:
    """A key in half the room."""
    return (
        bytes.fromhex(journal_key)
        if len(journal_key) == 64 and set(journal_key) <= set("0123456789abcdef")
        else journal_key
    )


class Segments:
    """The segments beside the journal at `journal`, the newest first. One object serves one thread."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._open_segments: OrderedDict[str, tuple[sqlite3.Connection, bytes]] = OrderedDict()
        self.names: frozenset[str] = frozenset()
        self._newest_first: list[str] = []
        self.refresh()

    def refresh(self) -> None:
        """See what other processes have added or taken away."""
        self._newest_first = [path.name for path in list_segments(self._journal)]
        self.names = frozenset(self._newest_first)
        for name in self._open_segments.keys() - self.names:
            self._open_segments.pop(name)[0].close()

    def find(self, journal_key: str, since: JournalPosition) -> Row | None:
        """REPLY_COLUMNS of the newest usable reply that was stored since, its body as it was sent. Raises StopRun."""
        compact_key = short_key(journal_key)
        try:
            for segment in self._newest_first if since.segments != self.names else ():
                if segment not in since.segments:
                    for reply_body, *other_columns in self._query(
                        segment, _FIND_IN_SEGMENT, (compact_key[:8], compact_key, since.row)
                    ):
                        return decompress(reply_body, self._open_segment(segment)[1]), *other_columns
        except FileNotFoundError:  # another process has written it anew
            self.refresh()
            return self.find(journal_key, since)
        return None

    def rows(self) -> Iterator[tuple[str, Row]]:
        """(segment, (id, key, stage, unit, when it was last stored or replayed, usable)), the newest first."""
        query = "SELECT id, key, stage, unit, max(stored, coalesce(used, 0)), usable FROM replies ORDER BY id DESC"
        for segment, segment_rows in self._query_each(query, ()):
            for row in segment_rows:
                yield segment, row

    def ids(self, condition: str, parameters: Row) -> Iterator[tuple[str, list[int]]]:
        """Each segment, and its rows for which a condition of SQL holds."""
        query = f"SELECT id FROM replies WHERE {condition}"  # noqa: S608  # a constant of ours
        for segment, segment_rows in self._query_each(query, parameters):
            yield segment, [id_ for (id_,) in segment_rows]

    def drop(self, segment: str, ids: Collection[int]) -> None:
        """Write the segment anew without these rows, or remove it where none is left. Raises StopRun."""
        dropped, path = set(ids), self._journal.with_name(segment)
        database, dictionary = self._open_segment(segment)
        stored_rows = database.execute(f"SELECT {SEGMENT_COLUMNS} FROM replies ORDER BY id")  # noqa: S608
        segment_rows = (row for row in stored_rows if row[0] not in dropped)
        try:
            with SegmentWriter(self._journal, dictionary) as writer:
                if writer.add(segment_rows, packed_already=True):
                    writer.publish(_name_timestamp(segment))
            path.unlink(missing_ok=True)
        except (OSError, sqlite3.Error) as error:
            raise StopRun(f"{path}: cannot be written anew: {error}; free disk space, then run again") from error
        self.refresh()

    def settle(self, database: sqlite3.Connection, newest: int | None = None) -> int:
        """Delete from the journal what stands in one of the `newest` segments (all) as well; returns how many rows.

        There are such after a kill between the making of a segment and the deletion, and after a join.
        """
        database.create_function("short_key", 1, short_key, deterministic=True)
        count = 0
        for segment in self._newest_first[:newest]:
            database.execute("ATTACH ? AS segment", (str(self._journal.with_name(segment)),))
            try:
                count += database.execute(
                    "DELETE FROM main.replies WHERE EXISTS (SELECT 1 FROM segment.packed AS there WHERE "
                    "substr(there.key, 1, 8) = substr(short_key(main.replies.key), 1, 8) "
                    "AND there.key = short_key(main.replies.key) AND there.stored = main.replies.stored)"
                ).rowcount
            finally:
                database.execute("DETACH segment")
        return count

    def close(self) -> None:
        for database, _ in self._open_segments.values():
            database.close()
        self._open_segments.clear()

    def _query_each(self, query: str, parameters: Row) -> Iterator[tuple[str, list[Row]]]:
        """Each segment there is now and its rows, the newest first. Raises StopRun.

        One that another process writes anew meanwhile is read under its new name, and none is read twice.
        """
        listed_names, newest_first = self.names, tuple(self._newest_first)
        for listed_name in newest_first:
            segment = listed_name
            while segment:
                try:
                    segment_rows = self._query(segment, query, parameters)
                except FileNotFoundError:
                    segment = self._rewritten_name(segment, listed_names)
                    continue
                yield segment, segment_rows
                break

    def _rewritten_name(self, segment: str, listed_names: Collection[str]) -> str:
        """The name of a segment since it was written anew, none of those listed; "" where no row of it is left."""
        self.refresh()
        timestamp = _name_timestamp(segment)
        new_names = (name for name in self._newest_first if name not in listed_names)
        return next((name for name in new_names if _name_timestamp(name) == timestamp), "")

    def _query(self, segment: str, query: str, parameters: Row) -> list[Row]:
        """Raises FileNotFoundError where it is gone by now, StopRun where it is damaged."""
        try:
            return self._open_segment(segment)[0].execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            path = self._journal.with_name(segment)
            if not path.exists():
                raise FileNotFoundError(path) from error
            raise StopRun(f"{path}: {error}; {DAMAGED_REMEDY}") from error

    def _open_segment(self, segment: str) -> tuple[sqlite3.Connection, bytes]:
        """A segment and its dictionary."""
        if segment not in self._open_segments:
            database = read_only_database(self._journal.with_name(segment))
            (dictionary,) = database.execute("SELECT bytes FROM dictionary").fetchone()
            self._open_segments[segment] = database, dictionary
            if len(self._open_segments) > _MAX_OPEN_SEGMENTS:
                self._open_segments.popitem(last=False)[1][0].close()
        self._open_segments.move_to_end(segment)
        return self._open_segments[segment]


class SegmentWriter:
    """A segment that is being written: a temporary file until it is published."""

    def __init__(self, journal: Path, dictionary: bytes) -> None:
        """Raises OSError or sqlite3.Error, as `add` and `publish` do."""
        self._journal, self._dictionary = journal, dictionary
        self._path = journal.with_name(f"{TEMPORARY}{process_mark()}-{secrets.token_hex(4)}-{journal.stem}")
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SEGMENT_TABLES)
        self._db.execute("INSERT INTO dictionary VALUES (?)", (dictionary,))
        self._ids: dict[str, int] = {}
        self._stored = 0.0

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    def add(self, segment_rows: Iterable[Row], packed_already: bool = False) -> int:
        """Write rows of SEGMENT_COLUMNS, their bodies as sent or as this dictionary packed them; returns how many."""
        compressor, changes_before = zlib.compressobj(9, zdict=self._dictionary), self._db.total_changes
        self._db.execute("BEGIN")
        for id_, journal_key, reply_body, usable, model, stage, unit, *other_columns in segment_rows:
            compressed = reply_body if packed_already else _compress(reply_body, compressor.copy())
            name_ids = [self._ids.setdefault(name, len(self._ids) + 1) for name in (model, stage, unit)]
            self._db.execute(
                _STORE_IN_SEGMENT, (id_, short_key(journal_key), compressed, usable, *name_ids, *other_columns)
            )
            self._stored = max(self._stored, other_columns[-2])
        self._db.executemany("INSERT INTO names VALUES (?, ?)", [(id_, name) for name, id_ in self._ids.items()])
        self._db.execute("COMMIT")
        return self._db.total_changes - changes_before - len(self._ids)

    def publish(self, moment: int | None = None) -> None:
        """Close the segment and give it its name: from now on it is found, whatever becomes of this process.

        It is the newest, however the clock is set, unless `moment` puts it in the place of another.
        """
        self._db.close()
        newest = max((_name_timestamp(path.name) for path in list_segments(self._journal)), default=0)
        timestamp = moment or max(int(self._stored * 1e6), newest + 1)
        path = self._journal.with_name(f"{self._journal.stem}-{timestamp:016}-{secrets.token_hex(4)}.db")
        _sync_to_disk(self._path, os.O_RDWR)
        self._path.replace(path)
        if os.name != "nt":  # which opens no folders
            _sync_to_disk(path.parent, os.O_RDONLY)


def move_to_segment(journal: Path, database: sqlite3.Connection, size: int, as_sent: Callable[[bytes], bytes]) -> int:
    """Move the oldest rows of a journal, at least `size` bytes of bodies, into a new segment; returns how many.

    They are deleted once the segment is on the disk, and only if all are in it. Raises OSError or sqlite3.Error, and
    leaves them then.
    """
    last_id = _last_id_to_move(database, size)
    dictionary = build_dictionary([as_sent(reply_body) for reply_body in _sample_bodies(database, last_id)])
    with SegmentWriter(journal, dictionary) as writer:
        segment_rows = database.execute(f"SELECT {SEGMENT_COLUMNS} FROM replies WHERE id <= ? ORDER BY id", (last_id,))  # noqa: S608
        written = writer.add(
            (id_, journal_key, as_sent(reply_body), *other_columns)
            for id_, journal_key, reply_body, *other_columns in segment_rows
        )
        database.execute("BEGIN IMMEDIATE")
        try:
            if database.execute("DELETE FROM replies WHERE id <= ?", (last_id,)).rowcount != written:
                raise sqlite3.OperationalError("rows were deleted meanwhile")
            if written:
                writer.publish()
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise
    return written


def _last_id_to_move(database: sqlite3.Connection, size: int) -> int:
    """The last of the rows that a segment takes: never the newest, after which others are numbered."""
    total, last_id = 0, 0
    for id_, length in database.execute("SELECT id, length(body) FROM replies ORDER BY id").fetchall()[:-1]:
        total, last_id = total + length, id_
        if total > size:
            break
    return last_id


def _sample_bodies(database: sqlite3.Connection, last_id: int) -> list[bytes]:
    """Bodies up to the row `last_id`, from all over."""
    (count,) = database.execute("SELECT count(*) FROM replies WHERE id <= ?", (last_id,)).fetchone()
    step = max(1, count // _SAMPLE_COUNT)
    segment_rows = database.execute("SELECT body FROM replies WHERE id <= ? AND id % ? = 0", (last_id, step))
    return [reply_body for (reply_body,) in segment_rows]


def list_segments(journal: Path) -> list[Path]:
    """The segments beside a journal, the newest first."""
    try:
        segment_names = [entry.name for entry in os.scandir(journal.parent) if _SEGMENT_NAME.search(entry.name)]
    except FileNotFoundError:
        return []
    return [
        journal.with_name(segment_name)
        for segment_name in sorted(segment_names, reverse=True)
        if segment_name.startswith(f"{journal.stem}-")
    ]


def _name_timestamp(name: str) -> int:
    """Microseconds since 1970 that a segment is named after."""
    match = _SEGMENT_NAME.search(name)
    return int(match[1]) if match else 0


def build_dictionary(bodies: Sequence[bytes]) -> bytes:
    """A dictionary of replies like these: as many of them, spread over all, as fit into it."""
    samples = [reply_body[:_SAMPLE_BYTES] for reply_body in bodies]
    return b"".join(samples[:: 1 + sum(map(len, samples)) // DICTIONARY_BYTES])


def decompress(reply_body: bytes, dictionary: bytes) -> bytes:
    return zlib.decompressobj(zdict=dictionary).decompress(reply_body)


def _compress(reply_body: bytes, compressor: Any) -> bytes:
    return bytes(compressor.compress(reply_body) + compressor.flush())


def _sync_to_disk(path: Path, flags: int) -> None:
    """Have the file, or the folder's names, on the disk itself before what they hold is deleted elsewhere."""
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
_NOTE_USE = "UPDATE replies SET used = ? WHERE id = ? AND max(stored, coalesce(used, 0)) < ?"
_NOTE_USE_ELSEWHERE = (
    "INSERT INTO uses VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET used = excluded.used WHERE used < excluded.used - ?"
)
_UNIT_CONDITION = f"unit = ?{4 * ' OR unit GLOB ?'}"
_CHUNK_DIGEST = "[0-9a-f]" * 12  # of a chunk's id, behind its document's
RESERVE_BYTES = 512 * 1024  # bytes beside the journal, given up for the replies under way when the disk fills
IN_MEMORY = ":memory:"  # in place of a path: a journal that nothing is kept in
FROM_START = JournalPosition(-1)  # before the first row
SEGMENT_BYTES = 64 * 2**20  # bytes of the file from which on its older rows move into a segment
_STORES_BETWEEN_SIZE_LOOKS = 500  # calls of `store` between two looks at the size
_MAINTENANCE_CLAIM = "moving to a segment"  # the claim of the process that moves rows or takes them out
_MAINTENANCE_SECONDS = 3600.0  # of a claim of gc or forget: another host or container cannot know earlier that it ended
MAINTENANCE_PATIENCE = 10.0  # seconds that gc and forget wait for another process: moving takes about so long
RowPosition = tuple[str, int]  # of a row: its segment ("" for the journal itself) and its number there
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


def request_key(endpoint: str, reply_body: dict[str, Any], draw: tuple[int, ...]) -> str:
    """The sha256 of the canonical request: keys sorted, so that the order in which it was built does not matter."""
    canonical = msgspec.json.encode({"endpoint": endpoint, "body": reply_body, "draw": draw}, order="sorted")
    return hashlib.sha256(canonical).hexdigest()


def make_private(path: Path) -> None:
    """Whole replies, and so whole passages of documents: readable by their owner alone. SQLite's log follows suit."""
    if path.name == IN_MEMORY:  # no file at all
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
            make_private(path)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(claims.TABLE + _JOURNAL_TABLES)
            with suppress(sqlite3.OperationalError):  # has it already
                self._db.execute("ALTER TABLE replies ADD COLUMN used REAL")  # the last replay, seconds since 1970
        except (sqlite3.DatabaseError, OSError) as error:
            raise ConfigError(
                [f"{path}: the journal of replies cannot be opened: {error}; {DAMAGED_REMEDY}"]
            ) from error
        self._path, self._claims = path, claims.Claims(self._execute)
        self._segments = Segments(path)
        self._joined = _open_read_only(joined)
        self._joined_segments = Segments(joined) if joined else None
        self._stores, self._data_version = 0, -1
        self._reserve = path.with_suffix(".reserve")
        self._disk_full_error = ""  # what the disk said when the reserve was given up

    def store(self, journal_key: str, reply_row: StoredReply) -> None:
        """Keep `reply_row`; it is safe from a kill when this returns. Ends the claim on `journal_key`.

        Where the disk is full the row takes the room that was held back, and no further call can be claimed. Raises
        StopRun when it cannot be kept even so, for whatever is paid for from then on would be lost.
        """
        parameters = (journal_key, _compress_body(reply_row.body), *msgspec.structs.astuple(reply_row)[1:], time.time())
        try:
            self._execute(_STORE_REPLY, parameters)
        except StopRun as error:
            if getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_FULL" or not self._reserve.exists():
                raise
            self._disk_full_error = str(error)
            self._reserve.unlink(missing_ok=True)
            self._execute(_STORE_REPLY, parameters)
        self._stores += 1
        if self._stores % _STORES_BETWEEN_SIZE_LOOKS == 0:
            self.move_older()

    def find(self, journal_key: str, after: JournalPosition = FROM_START) -> StoredReply | None:
        """The newest usable reply to `journal_key` among those that were stored `after`."""
        now = time.time()
        reply_row = self._execute(_FIND_REPLY, (journal_key, after.row)).fetchone()
        if reply_row:
            with suppress(StopRun):  # a full disk: what is there can be read all the same
                self._execute(_NOTE_USE, (now, reply_row[-1], now - USE_NOTE_INTERVAL))
            reply_row = (_decompress_body(reply_row[0]), *reply_row[1:-1])
        elif reply_row := self._find_elsewhere(journal_key, after):
            with suppress(StopRun):
                self._execute(_NOTE_USE_ELSEWHERE, (journal_key, now, USE_NOTE_INTERVAL))
        return StoredReply(reply_row[0], bool(reply_row[1]), *reply_row[2:]) if reply_row else None

    def _find_elsewhere(self, journal_key: str, after: JournalPosition) -> Row | None:
        """In the segments, or in the joined journal."""
        self._refresh_segments()
        reply_row = self._segments.find(journal_key, after)
        if not reply_row and after == FROM_START and self._joined is not None:
            reply_row = self._joined.execute(_FIND_REPLY, (journal_key, FROM_START.row)).fetchone()
            reply_row = (_decompress_body(reply_row[0]), *reply_row[1:-1]) if reply_row else None
        if not reply_row and after == FROM_START and self._joined_segments is not None:
            reply_row = self._joined_segments.find(journal_key, after)
        return reply_row

    def end_position(self) -> JournalPosition:
        """The moment now: whatever is found `after` it is stored from now on, however the clock is set."""
        self._refresh_segments()
        reply_row = self._execute("SELECT coalesce(max(id), 0) FROM replies", ()).fetchone()[0]
        return JournalPosition(int(reply_row), self._segments.names)

    def claim(self, journal_key: str, after: JournalPosition, seconds: float) -> bool:
        """Whether this process may make the call now: nobody has its reply, and no other living process is at it.

        The claim ends with `store` or `release`, with its process, or after `seconds`: of a process on another host
        or in another container only the time is known. Raises StopRun when there is no room to keep the reply.
        """
        self._hold_reserve()
        if not self._claims.take(journal_key, seconds):
            return False
        if self.find(journal_key, after) is None:
            return True
        self.release(journal_key)
        return False

    @contextmanager
    def maintenance(self) -> Iterator[None]:
        """No other process moves replies or takes them out meanwhile. Raises StopRun where one goes on with that."""
        end = time.monotonic() + MAINTENANCE_PATIENCE
        while not self._claims.take(_MAINTENANCE_CLAIM, _MAINTENANCE_SECONDS):
            if time.monotonic() > end:
                owner = process_label(self.owner(_MAINTENANCE_CLAIM))
                raise StopRun(
                    f"{self._path}: {owner} (gc, forget or a stage) is rewriting it; run again once it has ended"
                )
            time.sleep(0.1)
        self._segments.refresh()
        try:
            yield
        finally:
            self.release(_MAINTENANCE_CLAIM)

    def other_callers(self) -> list[str]:
        """The other processes that are at a call now, as a message names them."""
        return self._claims.others(without=_MAINTENANCE_CLAIM)

    def owner(self, journal_key: str) -> str:
        """The process that is making the call (as in processes/process_identity.py); "": none is."""
        return self._claims.owner(journal_key)

    def release(self, journal_key: str) -> None:
        """End this process's claim on a call that brought nothing."""
        self._claims.release(journal_key)

    def forget(self, units: list[str]) -> int:
        """Delete the replies that were about these documents; returns how many there were. Within `maintenance`."""
        count = 0
        for unit in units:
            name = glob.escape(unit)
            unit_ids = f"{name}-{_CHUNK_DIGEST}*"  # of its chunks, their pairs and the rows made of them
            no_answer_ids = f"{name}-unanswerable-{_CHUNK_DIGEST}*"
            # itself, its parts, and what is made of it
            unit_patterns = (unit, f"{name} *", unit_ids, f"*/{unit_ids}", no_answer_ids)
            count += self._execute(f"DELETE FROM replies WHERE {_UNIT_CONDITION}", unit_patterns).rowcount  # noqa: S608
            self._segments.refresh()
            for segment, ids in self._segments.ids(_UNIT_CONDITION, unit_patterns):
                if ids:
                    self._segments.drop(segment, ids)
                    count += len(ids)
        self._execute("VACUUM", ())
        return count

    def rows(self) -> Iterator[tuple[RowPosition, str, str, str, float, bool]]:
        """(place, key, stage, unit, when it was last stored or replayed, usable) of every reply, the newest first."""
        self._segments.refresh()
        query = "SELECT id, key, stage, unit, max(stored, coalesce(used, 0)), usable FROM replies ORDER BY id DESC"
        uses = self.uses_elsewhere()
        here = (("", reply_row) for reply_row in self._execute(query, ()))
        for segment, (id_, journal_key, stage, unit, used, usable) in chain(here, self._segments.rows()):
            yield (segment, id_), journal_key, stage, unit, max(used, uses.get(journal_key, 0.0)), bool(usable)

    def uses_elsewhere(self) -> dict[str, float]:
        """By key, when a reply was last replayed that stands in a segment or in the joined journal."""
        return dict(self._execute("SELECT key, used FROM uses", ()).fetchall())

    def drop(self, positions: Iterable[RowPosition]) -> None:
        """Delete these rows, compress what is not compressed yet, and give the room back to the disk.

        Within `maintenance`, as the look at `uncompressed_rows` by which they were chosen.
        """
        ids_by_segment: dict[str, list[int]] = defaultdict(list)
        for segment, id_ in positions:
            ids_by_segment[segment].append(id_)
        self._execute("BEGIN", ())
        for id_ in ids_by_segment.pop("", []):
            self._execute("DELETE FROM replies WHERE id = ?", (id_,))
        self._execute("COMMIT", ())
        for segment, ids in ids_by_segment.items():
            self._segments.drop(segment, ids)
        self.settle()
        with suppress(OSError, sqlite3.Error):
            while self._bytes_in_use() >= SEGMENT_BYTES and self._move_older_rows():
                pass
        uncompressed_rows = self._execute(
            "SELECT id FROM replies WHERE substr(body, 1, 2) != ?", (COMPRESSED_MARK,)
        ).fetchall()
        for (id_,) in uncompressed_rows:
            (reply_body,) = self._execute("SELECT body FROM replies WHERE id = ?", (id_,)).fetchone()
            self._execute("UPDATE replies SET body = ? WHERE id = ?", (_compress_body(bytes(reply_body)), id_))
        self._execute("VACUUM", ())
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)", ())

    def settle(self, newest: int | None = None) -> int:
        """Delete what stands in one of the `newest` segments (all) as well, as after a join; returns how many rows."""
        self._segments.refresh()
        return self._segments.settle(self._db, newest)

    def move_older(self) -> bool:
        """Move the oldest rows into a segment where the file has become large; has it been done?

        What hinders it (no room on the disk, another process that is at it) leaves the rows where they are.
        """
        if self._path.name == IN_MEMORY or self._bytes_in_use() < SEGMENT_BYTES:
            return False
        try:
            if not self.claim(_MAINTENANCE_CLAIM, FROM_START, 600):
                return False
            try:
                self.settle(newest=2)
                return self._move_older_rows()
            finally:
                self.release(_MAINTENANCE_CLAIM)
        except (StopRun, OSError, sqlite3.Error):
            return False

    def _move_older_rows(self) -> bool:
        return move_to_segment(self._path, self._db, SEGMENT_BYTES, _decompress_body) > 0

    def _bytes_in_use(self) -> int:
        """Bytes of the file that are in use."""
        pages, unused, size = (
            self._execute(f"PRAGMA {journal_key}", ()).fetchone()[0]
            for journal_key in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - unused) * size)

    def _refresh_segments(self) -> None:
        """Look for new ones where another process has changed the journal."""
        version = self._execute("PRAGMA data_version", ()).fetchone()[0]
        if version != self._data_version:
            self._data_version = version
            self._segments.refresh()

    def _hold_reserve(self) -> None:
        """Raises StopRun where there is none, or none was left for a reply before."""
        if self._disk_full_error:
            raise StopRun(self._disk_full_error)
        try:
            if not self._reserve.exists():
                self._reserve.write_bytes(bytes(RESERVE_BYTES))
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            raise StopRun(f"{self._reserve}: {error.strerror}; free disk space, then run again") from error

    def _execute(self, statement: str, parameters: tuple[Any, ...]) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, parameters)
        except sqlite3.OperationalError as error:
            raise StopRun(f"{self._path}: a reply cannot be kept: {error}; free disk space, then run again") from error
        except sqlite3.DatabaseError as error:
            raise StopRun(f"{self._path}: {error}; {DAMAGED_REMEDY}") from error

    def close(self) -> None:
        """Close the file; every stored row is already safe."""
        self._db.close()
        self._segments.close()
        if self._joined is not None:
            self._joined.close()
        if self._joined_segments is not None:
            self._joined_segments.close()


def _compress_body(reply_body: bytes) -> bytes:
    return COMPRESSED_MARK + zlib.compress(reply_body)


def _decompress_body(reply_body: bytes) -> bytes:
    """The reply as it was sent; journals of earlier versions hold it as it is."""
    return zlib.decompress(reply_body[len(COMPRESSED_MARK) :]) if reply_body.startswith(COMPRESSED_MARK) else reply_body


def _open_read_only(path: Path | None) -> sqlite3.Connection | None:
    """The journal at `path` as a file that nobody writes to, which needs no lock and so may lie on a network."""
    if path is None or not path.is_file():
        return None
    database = read_only_database(path)
    try:
        database.execute(_FIND_REPLY, ("", FROM_START.row))
    except sqlite3.Error:  # nothing joined yet, or damaged: what it held is asked anew
        database.close()
        return None
    return database
