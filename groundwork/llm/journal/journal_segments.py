"""Closed parts of a journal: its older replies, moved into files of their own that nobody writes to any more.

A segment `journal-<microseconds from 1970 to its last reply>-<token>.db` lies beside `journal.db` and takes a fraction
of the room: bodies are compressed with a dictionary learnt from the segment's own replies (zlib, RFC 1950), a key takes
32 bytes, and names of models, stages and units stand there once. The view `replies` has the columns of the journal's
table.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import zlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from groundwork.data_folder.databases import read_only_database
from groundwork.data_folder.read_write import TEMPORARY
from groundwork.errors import StopRun
from groundwork.processes.process_identity import process_mark

REPLY_COLUMNS = "body, usable, model, stage, unit, input_tokens, output_tokens, cached_tokens, cost, seconds"
SEGMENT_COLUMNS = f"id, key, {REPLY_COLUMNS}, stored, used"  # what a segment keeps of a row
DICTIONARY_BYTES = 32 * 1024  # bytes: as far back as zlib looks
_SAMPLE_BYTES = 4096  # bytes of one reply in the dictionary at most
_SAMPLE_COUNT = 400  # replies that it is chosen from
_MAX_OPEN_SEGMENTS = 100  # segments that are kept open
_SEGMENT_NAME = re.compile(r"-(\d{16})-[0-9a-f]{8}\.db$")
_TABLES = """
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
_FIND = (
    f"SELECT {REPLY_COLUMNS} FROM replies WHERE substr(short_key, 1, 8) = ? AND short_key = ? AND usable AND id > ? "  # noqa: S608  # our own names
    "ORDER BY id DESC LIMIT 1"
)
_STORE = f"INSERT INTO packed VALUES ({', '.join('?' * 14)})"  # noqa: S608
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
                        segment, _FIND, (compact_key[:8], compact_key, since.row)
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
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
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
            name_ids = [self._name_id(name) for name in (model, stage, unit)]
            self._db.execute(_STORE, (id_, short_key(journal_key), compressed, usable, *name_ids, *other_columns))
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

    def _name_id(self, name: str) -> int:
        return self._ids.setdefault(name, len(self._ids) + 1)


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
