"""Segments of the journal: its older rows, in files beside it that nobody writes to any more.

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
_SAMPLED_BODY_BYTES = 4096  # bytes of one reply in the dictionary at most
_SAMPLED_BODY_COUNT = 400  # replies that it is chosen from
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
LAST_USES = "SELECT id, key, stage, unit, max(stored, coalesce(used, 0)), usable FROM replies ORDER BY id DESC"
DAMAGED_REMEDY = "move it away to continue without its replies; models are then asked again"
JournalRow = tuple[Any, ...]  # in the order of REPLY_COLUMNS or SEGMENT_COLUMNS


class JournalPosition(NamedTuple):
    """A moment in a journal: its newest row then, and the segments there were."""

    row: int
    segments: frozenset[str] = frozenset()


def short_key(long_key: str) -> bytes | str:
    """A key in half the room."""
    is_sha256 = len(long_key) == 64 and set(long_key) <= set("0123456789abcdef")
    return bytes.fromhex(long_key) if is_sha256 else long_key


class Segments:
    """The segments beside the journal at `journal_path`, the newest first. One object serves one thread."""

    def __init__(self, segmented_path: Path) -> None:
        self._segmented_path = segmented_path
        self._open_segments: OrderedDict[str, tuple[sqlite3.Connection, bytes]] = OrderedDict()
        self.segment_names: frozenset[str] = frozenset()
        self._segments_newest_first: list[str] = []
        self.refresh()

    def refresh(self) -> None:
        """See what other processes have added or taken away."""
        self._segments_newest_first = [segment_path.name for segment_path in list_segments(self._segmented_path)]
        self.segment_names = frozenset(self._segments_newest_first)
        for segment_name in self._open_segments.keys() - self.segment_names:
            self._open_segments.pop(segment_name)[0].close()

    def find(self, journal_key: str, since: JournalPosition) -> JournalRow | None:
        """REPLY_COLUMNS of the newest usable reply that was stored since, its body as it was sent. Raises StopRun."""
        short_journal_key = short_key(journal_key)
        try:
            find_parameters = (short_journal_key[:8], short_journal_key, since.row)
            for segment in self._segments_newest_first if since.segments != self.segment_names else ():
                if segment not in since.segments:
                    for reply_body, *reply_columns in self._query_segment(segment, _FIND_IN_SEGMENT, find_parameters):
                        return unpack_reply_body(reply_body, self._open_segment(segment)[1]), *reply_columns
        except FileNotFoundError:  # another process has written it anew
            self.refresh()
            return self.find(journal_key, since)
        return None

    def rows(self) -> Iterator[tuple[str, JournalRow]]:
        """(segment, (id, key, stage, unit, when it was last stored or replayed, usable)), the newest first."""
        for segment, segment_rows in self._query_each_segment(LAST_USES, ()):
            for segment_row in segment_rows:
                yield segment, segment_row

    def ids(self, segment_condition: str, segment_parameters: JournalRow) -> Iterator[tuple[str, list[int]]]:
        """Each segment, and its rows for which a condition of SQL holds."""
        segment_query = f"SELECT id FROM replies WHERE {segment_condition}"  # noqa: S608  # a constant of ours
        for segment, segment_rows in self._query_each_segment(segment_query, segment_parameters):
            yield segment, [row_id for (row_id,) in segment_rows]

    def drop(self, segment: str, row_ids: Collection[int]) -> None:
        """Write the segment anew without these rows, or remove it where none is left. Raises StopRun."""
        dropped_ids, segment_path = set(row_ids), self._segmented_path.with_name(segment)
        segment_db, segment_dictionary = self._open_segment(segment)
        stored_rows = segment_db.execute(f"SELECT {SEGMENT_COLUMNS} FROM replies ORDER BY id")  # noqa: S608
        remaining_rows = (segment_row for segment_row in stored_rows if segment_row[0] not in dropped_ids)
        try:
            with SegmentWriter(self._segmented_path, segment_dictionary) as segment_writer:
                if segment_writer.add(remaining_rows, packed_already=True):
                    segment_writer.publish(_segment_timestamp(segment))
            segment_path.unlink(missing_ok=True)
        except (OSError, sqlite3.Error) as error:
            reason = f"cannot be written anew: {error}; free disk space, then run again"
            raise StopRun(f"{segment_path}: {reason}") from error
        self.refresh()

    def settle(self, segmented_journal: sqlite3.Connection, newest_segments: int | None = None) -> int:
        """Delete from the journal what stands in one of the `newest_segments` (all) as well; returns how many rows.

        There are such after a kill between the making of a segment and the deletion, and after a join.
        """
        segmented_journal.create_function("short_key", 1, short_key, deterministic=True)
        deleted_replies = 0
        for segment in self._segments_newest_first[:newest_segments]:
            segmented_journal.execute("ATTACH ? AS segment", (str(self._segmented_path.with_name(segment)),))
            try:
                deleted_replies += segmented_journal.execute(
                    "DELETE FROM main.replies WHERE EXISTS (SELECT 1 FROM segment.packed AS there WHERE "
                    "substr(there.key, 1, 8) = substr(short_key(main.replies.key), 1, 8) "
                    "AND there.key = short_key(main.replies.key) AND there.stored = main.replies.stored)"
                ).rowcount
            finally:
                segmented_journal.execute("DETACH segment")
        return deleted_replies

    def close(self) -> None:
        for segment_db, _ in self._open_segments.values():
            segment_db.close()
        self._open_segments.clear()

    def _query_each_segment(self, query: str, segment_parameters: JournalRow) -> Iterator[tuple[str, list[JournalRow]]]:
        """Each segment there is now and its rows, the newest first. Raises StopRun.

        One that another process writes anew meanwhile is read under its new name, and none is read twice.
        """
        listed_segments, newest_segments = self.segment_names, tuple(self._segments_newest_first)
        for listed_segment in newest_segments:
            segment = listed_segment
            while segment:
                try:
                    segment_rows = self._query_segment(segment, query, segment_parameters)
                except FileNotFoundError:
                    segment = self._rewritten_segment(segment, listed_segments)
                    continue
                yield segment, segment_rows
                break

    def _rewritten_segment(self, segment: str, listed_segments: Collection[str]) -> str:
        """The name of a segment since it was written anew, none of those listed; "" where no row of it is left."""
        self.refresh()
        new_segments = (name for name in self._segments_newest_first if name not in listed_segments)
        segment_timestamp = _segment_timestamp(segment)
        return next((name for name in new_segments if _segment_timestamp(name) == segment_timestamp), "")

    def _query_segment(self, segment: str, segment_query: str, segment_parameters: JournalRow) -> list[JournalRow]:
        """Raises FileNotFoundError where it is gone by now, StopRun where it is damaged."""
        try:
            return self._open_segment(segment)[0].execute(segment_query, segment_parameters).fetchall()
        except sqlite3.Error as error:
            segment_path = self._segmented_path.with_name(segment)
            if not segment_path.exists():
                raise FileNotFoundError(segment_path) from error
            raise StopRun(f"{segment_path}: {error}; {DAMAGED_REMEDY}") from error

    def _open_segment(self, segment: str) -> tuple[sqlite3.Connection, bytes]:
        """A segment and its dictionary."""
        if segment not in self._open_segments:
            segment_db = read_only_database(self._segmented_path.with_name(segment))
            (segment_dictionary,) = segment_db.execute("SELECT bytes FROM dictionary").fetchone()
            self._open_segments[segment] = segment_db, segment_dictionary
            if len(self._open_segments) > _MAX_OPEN_SEGMENTS:
                self._open_segments.popitem(last=False)[1][0].close()
        self._open_segments.move_to_end(segment)
        return self._open_segments[segment]


class SegmentWriter:
    """A segment that is being written: a temporary file until it is published."""

    def __init__(self, segmented_path: Path, segment_dictionary: bytes) -> None:
        """Raises OSError or sqlite3.Error, as `add` and `publish` do."""
        self._segmented_path, self._dictionary = segmented_path, segment_dictionary
        temporary_segment_name = f"{TEMPORARY}{process_mark()}-{secrets.token_hex(4)}-{segmented_path.stem}"
        self._temporary_segment = segmented_path.with_name(temporary_segment_name)
        os.close(os.open(self._temporary_segment, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        self._segment_db = sqlite3.connect(self._temporary_segment, isolation_level=None)
        self._segment_db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SEGMENT_TABLES)
        self._segment_db.execute("INSERT INTO dictionary VALUES (?)", (segment_dictionary,))
        self._name_ids: dict[str, int] = {}
        self._last_stored_in_segment = 0.0

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._segment_db.close()
        self._temporary_segment.unlink(missing_ok=True)

    def add(self, segment_rows: Iterable[JournalRow], packed_already: bool = False) -> int:
        """Write rows of SEGMENT_COLUMNS, their bodies as sent or as this dictionary packed them; returns how many."""
        body_compressor, changes_before = zlib.compressobj(9, zdict=self._dictionary), self._segment_db.total_changes
        self._segment_db.execute("BEGIN")
        for row_id, journal_key, reply_body, usable, model, stage, unit, *reply_columns in segment_rows:
            packed_body = reply_body if packed_already else _pack_reply_body(reply_body, body_compressor.copy())
            name_ids = [self._name_ids.setdefault(name, len(self._name_ids) + 1) for name in (model, stage, unit)]
            packed_row = (row_id, short_key(journal_key), packed_body, usable, *name_ids, *reply_columns)
            self._segment_db.execute(_STORE_IN_SEGMENT, packed_row)
            self._last_stored_in_segment = max(self._last_stored_in_segment, reply_columns[-2])
        name_rows = [(name_id, name) for name, name_id in self._name_ids.items()]
        self._segment_db.executemany("INSERT INTO names VALUES (?, ?)", name_rows)
        self._segment_db.execute("COMMIT")
        return self._segment_db.total_changes - changes_before - len(self._name_ids)

    def publish(self, replaced_timestamp: int | None = None) -> None:
        """Close the segment and give it its name: from now on it is found, whatever becomes of this process.

        It is the newest, however the clock is set, unless it takes the place of another, with its `replaced_timestamp`.
        """
        self._segment_db.close()
        timestamps = (_segment_timestamp(path.name) for path in list_segments(self._segmented_path))
        newest_timestamp = max(timestamps, default=0)
        segment_timestamp = replaced_timestamp or max(int(self._last_stored_in_segment * 1e6), newest_timestamp + 1)
        segment_name = f"{self._segmented_path.stem}-{segment_timestamp:016}-{secrets.token_hex(4)}.db"
        segment_path = self._segmented_path.with_name(segment_name)
        _sync_segment_to_disk(self._temporary_segment, os.O_RDWR)
        self._temporary_segment.replace(segment_path)
        if os.name != "nt":  # which opens no folders
            _sync_segment_to_disk(segment_path.parent, os.O_RDONLY)


def move_to_segment(
    segmented_path: Path,
    segmented_journal: sqlite3.Connection,
    segment_bytes: int,
    decompress_body: Callable[[bytes], bytes],
) -> int:
    """Move the oldest rows of a journal, at least `segment_bytes` of bodies, into a new segment; returns how many.

    They are deleted once the segment is on the disk, and only if all are in it. Raises OSError or sqlite3.Error, and
    leaves them then.
    """
    last_row_id = _last_id_to_move(segmented_journal, segment_bytes)
    sampled_bodies = [decompress_body(reply_body) for reply_body in _sample_bodies(segmented_journal, last_row_id)]
    with SegmentWriter(segmented_path, build_dictionary(sampled_bodies)) as segment_writer:
        moved_rows = f"SELECT {SEGMENT_COLUMNS} FROM replies WHERE id <= ? ORDER BY id"  # noqa: S608
        journal_rows = segmented_journal.execute(moved_rows, (last_row_id,))
        rows_in_segment = segment_writer.add(
            (row_id, journal_key, decompress_body(reply_body), *reply_columns)
            for row_id, journal_key, reply_body, *reply_columns in journal_rows
        )
        _publish_and_delete(segment_writer, segmented_journal, last_row_id, rows_in_segment)
    return rows_in_segment


def _publish_and_delete(
    segment_writer: SegmentWriter, segmented_journal: sqlite3.Connection, last_row_id: int, rows_in_segment: int
) -> None:
    segmented_journal.execute("BEGIN IMMEDIATE")
    try:
        deleted = segmented_journal.execute("DELETE FROM replies WHERE id <= ?", (last_row_id,)).rowcount
        if deleted != rows_in_segment:
            raise sqlite3.OperationalError("rows were deleted meanwhile")
        if rows_in_segment:
            segment_writer.publish()
        segmented_journal.execute("COMMIT")
    except BaseException:
        segmented_journal.execute("ROLLBACK")
        raise


def _last_id_to_move(segmented_journal: sqlite3.Connection, segment_bytes: int) -> int:
    """The last of the rows that a segment takes: never the newest, after which others are numbered."""
    body_bytes, last_row_id = 0, 0
    for row_id, body_length in segmented_journal.execute("SELECT id, length(body) FROM replies ORDER BY id").fetchall()[
        :-1
    ]:
        body_bytes, last_row_id = body_bytes + body_length, row_id
        if body_bytes > segment_bytes:
            break
    return last_row_id


def _sample_bodies(segmented_journal: sqlite3.Connection, last_row_id: int) -> list[bytes]:
    """Bodies up to the row `last_row_id`, from all over."""
    (reply_count,) = segmented_journal.execute("SELECT count(*) FROM replies WHERE id <= ?", (last_row_id,)).fetchone()
    sampling_step = max(1, reply_count // _SAMPLED_BODY_COUNT)
    segment_sample = "SELECT body FROM replies WHERE id <= ? AND id % ? = 0"
    return [reply_body for (reply_body,) in segmented_journal.execute(segment_sample, (last_row_id, sampling_step))]


def list_segments(segmented_path: Path) -> list[Path]:
    """The segments beside a journal, the newest first."""
    try:
        segment_names = [entry.name for entry in os.scandir(segmented_path.parent) if _SEGMENT_NAME.search(entry.name)]
    except FileNotFoundError:
        return []
    own_segments = [name for name in sorted(segment_names, reverse=True) if name.startswith(f"{segmented_path.stem}-")]
    return [segmented_path.with_name(name) for name in own_segments]


def _segment_timestamp(segment_name: str) -> int:
    """Microseconds since 1970 that a segment is named after."""
    match = _SEGMENT_NAME.search(segment_name)
    return int(match[1]) if match else 0


def build_dictionary(reply_bodies: Sequence[bytes]) -> bytes:
    """A dictionary of replies like these: as many of them, spread over all, as fit into it."""
    body_samples = [reply_body[:_SAMPLED_BODY_BYTES] for reply_body in reply_bodies]
    return b"".join(body_samples[:: 1 + sum(map(len, body_samples)) // DICTIONARY_BYTES])


def unpack_reply_body(reply_body: bytes, segment_dictionary: bytes) -> bytes:
    return zlib.decompressobj(zdict=segment_dictionary).decompress(reply_body)


def _pack_reply_body(reply_body: bytes, compressor: Any) -> bytes:
    return bytes(compressor.compress(reply_body) + compressor.flush())


def _sync_segment_to_disk(path: Path, open_flags: int) -> None:
    """Have the file, or the folder's names, on the disk itself before what they hold is deleted elsewhere."""
    segment_handle = os.open(path, open_flags)
    try:
        os.fsync(segment_handle)
    finally:
        os.close(segment_handle)


RowPosition = tuple[str, int]  # of a row: its segment ("" for the journal itself) and its number there
