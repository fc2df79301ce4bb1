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

from groundwork.errors import StopRun
from groundwork.records.artifacts import TEMPORARY
from groundwork.records.manifest import read_only_database
from groundwork.records.process_identity import mark

FIELDS = "body, usable, model, stage, unit, input_tokens, output_tokens, cached_tokens, cost, seconds"
COPIED = f"id, key, {FIELDS}, stored, used"  # what a segment keeps of a row
DICTIONARY = 32 * 1024  # bytes: as far back as zlib looks
_SAMPLE = 4096  # bytes of one reply in the dictionary at most
_SAMPLES = 400  # replies that it is chosen from
_OPEN = 100  # segments that are kept open
_HEX = re.compile(r"[0-9a-f]{64}")
_NAMED = re.compile(r"-(\d{16})-[0-9a-f]{8}\.db$")
_LAYOUT = """
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
    f"SELECT {FIELDS} FROM replies WHERE substr(short_key, 1, 8) = ? AND short_key = ? AND usable AND id > ? "  # noqa: S608  # our own names
    "ORDER BY id DESC LIMIT 1"
)
_STORE = f"INSERT INTO packed VALUES ({', '.join('?' * 14)})"  # noqa: S608
_DAMAGED = "move it away to continue without its replies; models are then asked again"

Row = tuple[Any, ...]  # in the order of FIELDS or COPIED


class Since(NamedTuple):
    """A moment in a journal: its newest row then, and the segments there were."""

    row: int
    segments: frozenset[str] = frozenset()


def short_key(key: str) -> bytes | str:
    """A key in half the room."""
    return bytes.fromhex(key) if _HEX.fullmatch(key) else key


class Segments:
    """The segments beside the journal at `journal`, the newest first. One object serves one thread."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._open: OrderedDict[str, tuple[sqlite3.Connection, bytes]] = OrderedDict()
        self.names: frozenset[str] = frozenset()
        self._ordered: list[str] = []
        self.look()

    def look(self) -> None:
        """See what other processes have added or taken away."""
        self._ordered = [path.name for path in segments_of(self._journal)]
        self.names = frozenset(self._ordered)
        for name in self._open.keys() - self.names:
            self._open.pop(name)[0].close()

    def find(self, key: str, since: Since) -> Row | None:
        """FIELDS of the newest usable reply that was stored since, its body as it was sent. Raises StopRun."""
        short = short_key(key)
        try:
            for name in self._ordered if since.segments != self.names else ():
                if name not in since.segments:
                    for body, *others in self._rows(name, _FIND, (short[:8], short, since.row)):
                        return unpacked(body, self._opened(name)[1]), *others
        except FileNotFoundError:  # another process has written it anew
            self.look()
            return self.find(key, since)
        return None

    def rows(self) -> Iterator[tuple[str, Row]]:
        """(segment, (id, key, stage, unit, when it was last stored or replayed, usable)), the newest first."""
        query = "SELECT id, key, stage, unit, max(stored, coalesce(used, 0)), usable FROM replies ORDER BY id DESC"
        for name in self._ordered:
            for row in self._rows(name, query, ()):
                yield name, row

    def ids(self, name: str, condition: str, values: Row) -> list[int]:
        """The rows of a segment for which a condition of SQL holds."""
        return [id_ for (id_,) in self._rows(name, f"SELECT id FROM replies WHERE {condition}", values)]  # noqa: S608  # a constant of ours

    def drop(self, name: str, ids: Collection[int]) -> None:
        """Write the segment anew without these rows, or remove it where none is left. Raises StopRun."""
        gone, path = set(ids), self._journal.with_name(name)
        database, dictionary = self._opened(name)
        kept = (row for row in database.execute(f"SELECT {COPIED} FROM replies ORDER BY id") if row[0] not in gone)  # noqa: S608
        try:
            with Draft(self._journal, dictionary) as draft:
                if draft.add(kept, packed_already=True):
                    draft.publish(_moment(name))
            path.unlink(missing_ok=True)
        except (OSError, sqlite3.Error) as error:
            raise StopRun(f"{path}: cannot be written anew: {error}; free disk space, then run again") from error
        self.look()

    def settle(self, database: sqlite3.Connection, newest: int | None = None) -> int:
        """Delete from the journal what stands in one of the `newest` segments (all) as well; returns how many rows.

        There are such after a kill between the making of a segment and the deletion, and after a join.
        """
        database.create_function("short_key", 1, short_key, deterministic=True)
        count = 0
        for name in self._ordered[:newest]:
            database.execute("ATTACH ? AS segment", (str(self._journal.with_name(name)),))
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
        for database, _ in self._open.values():
            database.close()
        self._open.clear()

    def _rows(self, name: str, query: str, values: Row) -> list[Row]:
        """Raises FileNotFoundError where it is gone by now, StopRun where it is damaged."""
        try:
            return self._opened(name)[0].execute(query, values).fetchall()
        except sqlite3.Error as error:
            path = self._journal.with_name(name)
            if not path.exists():
                raise FileNotFoundError(path) from error
            raise StopRun(f"{path}: {error}; {_DAMAGED}") from error

    def _opened(self, name: str) -> tuple[sqlite3.Connection, bytes]:
        """A segment and its dictionary."""
        if name not in self._open:
            database = read_only_database(self._journal.with_name(name))
            (dictionary,) = database.execute("SELECT bytes FROM dictionary").fetchone()
            self._open[name] = database, dictionary
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)[1][0].close()
        self._open.move_to_end(name)
        return self._open[name]


class Draft:
    """A segment that is being written: a temporary file until it is published."""

    def __init__(self, journal: Path, dictionary: bytes) -> None:
        """Raises OSError or sqlite3.Error, as `add` and `publish` do."""
        self._journal, self._dictionary = journal, dictionary
        self._path = journal.with_name(f"{TEMPORARY}{mark()}-{secrets.token_hex(4)}-{journal.stem}")
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _LAYOUT)
        self._db.execute("INSERT INTO dictionary VALUES (?)", (dictionary,))
        self._ids: dict[str, int] = {}
        self._stored = 0.0

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    def add(self, rows: Iterable[Row], packed_already: bool = False) -> int:
        """Write rows of COPIED, their bodies as sent or as this dictionary packed them; returns how many."""
        primed, before = zlib.compressobj(9, zdict=self._dictionary), self._db.total_changes
        self._db.execute("BEGIN")
        for id_, key, body, usable, model, stage, unit, *others in rows:
            small = body if packed_already else _packed(body, primed.copy())
            names = [self._id(name) for name in (model, stage, unit)]
            self._db.execute(_STORE, (id_, short_key(key), small, usable, *names, *others))
            self._stored = max(self._stored, others[-2])
        self._db.executemany("INSERT INTO names VALUES (?, ?)", [(id_, name) for name, id_ in self._ids.items()])
        self._db.execute("COMMIT")
        return self._db.total_changes - before - len(self._ids)

    def publish(self, moment: int | None = None) -> None:
        """Close the segment and give it its name: from now on it is found, whatever becomes of this process.

        It is the newest, however the clock is set, unless `moment` puts it in the place of another.
        """
        self._db.close()
        newest = max((_moment(path.name) for path in segments_of(self._journal)), default=0)
        last = moment or max(int(self._stored * 1e6), newest + 1)
        path = self._journal.with_name(f"{self._journal.stem}-{last:016}-{secrets.token_hex(4)}.db")
        _on_disk(self._path, os.O_RDWR)
        self._path.replace(path)
        if os.name != "nt":  # which opens no folders
            _on_disk(path.parent, os.O_RDONLY)

    def _id(self, name: str) -> int:
        return self._ids.setdefault(name, len(self._ids) + 1)


def move_to_segment(journal: Path, database: sqlite3.Connection, size: int, as_sent: Callable[[bytes], bytes]) -> int:
    """Move the oldest rows of a journal, at least `size` bytes of bodies, into a new segment; returns how many.

    They are deleted once the segment is on the disk, and only if all are in it. Raises OSError or sqlite3.Error, and
    leaves them then.
    """
    last = _last_of_oldest(database, size)
    with Draft(journal, learnt([as_sent(body) for body in _sample(database, last)])) as draft:
        rows = database.execute(f"SELECT {COPIED} FROM replies WHERE id <= ? ORDER BY id", (last,))  # noqa: S608
        written = draft.add((id_, key, as_sent(body), *others) for id_, key, body, *others in rows)
        database.execute("BEGIN IMMEDIATE")
        try:
            if database.execute("DELETE FROM replies WHERE id <= ?", (last,)).rowcount != written:
                raise sqlite3.OperationalError("rows were deleted meanwhile")
            if written:
                draft.publish()
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise
    return written


def _last_of_oldest(database: sqlite3.Connection, size: int) -> int:
    """The last of the rows that a segment takes: never the newest, after which others are numbered."""
    whole, last = 0, 0
    for id_, length in database.execute("SELECT id, length(body) FROM replies ORDER BY id").fetchall()[:-1]:
        whole, last = whole + length, id_
        if whole > size:
            break
    return last


def _sample(database: sqlite3.Connection, last: int) -> list[bytes]:
    """Bodies up to the row `last`, from all over."""
    (count,) = database.execute("SELECT count(*) FROM replies WHERE id <= ?", (last,)).fetchone()
    every = max(1, count // _SAMPLES)
    found = database.execute("SELECT body FROM replies WHERE id <= ? AND id % ? = 0", (last, every))
    return [body for (body,) in found]


def segments_of(journal: Path) -> list[Path]:
    """The segments beside a journal, the newest first."""
    try:
        names = [entry.name for entry in os.scandir(journal.parent) if _NAMED.search(entry.name)]
    except FileNotFoundError:
        return []
    return [journal.with_name(name) for name in sorted(names, reverse=True) if name.startswith(f"{journal.stem}-")]


def _moment(name: str) -> int:
    """Microseconds since 1970 that a segment is named after."""
    named = _NAMED.search(name)
    return int(named[1]) if named else 0


def learnt(bodies: Sequence[bytes]) -> bytes:
    """A dictionary of replies like these: as many of them, spread over all, as fit into it."""
    parts = [body[:_SAMPLE] for body in bodies]
    return b"".join(parts[:: 1 + sum(map(len, parts)) // DICTIONARY])


def unpacked(body: bytes, dictionary: bytes) -> bytes:
    return zlib.decompressobj(zdict=dictionary).decompress(body)


def _packed(body: bytes, primed: Any) -> bytes:
    return bytes(primed.compress(body) + primed.flush())


def _on_disk(path: Path, how: int) -> None:
    """Have the file, or the folder's names, on the disk itself before what they hold is deleted elsewhere."""
    handle = os.open(path, how)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
