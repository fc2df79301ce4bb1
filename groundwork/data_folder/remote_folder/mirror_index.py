"""The index of a mirror: every file as it was when the local copy and the store were last the same."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from groundwork.data_folder.remote_folder.remote_store import RemoteFile

_INDEX_TABLE = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, version, remote_size, size, mtime_ns, digest) WITHOUT ROWID;
"""


class IndexRow(NamedTuple):
    """A file as it was when copy and store were last the same.

    `size`, `mtime_ns`: of the local file, by which a change is seen; `digest`: of a database's rows, in their place.
    """

    version: str
    remote_size: int
    size: int = -1
    mtime_ns: int = -1
    digest: str = ""

    def is_of(self, remote_file: RemoteFile | None) -> bool:
        return remote_file == (self.version, self.remote_size)

    @property
    def is_listed(self) -> bool:
        """Does an empty file stand for it, because it was not fetched yet?"""
        return self.size == 0 and self.remote_size > 0

    def is_unchanged(self, local_file: Path) -> bool:
        """Is the local file as it was?"""
        return local_file_stamp(local_file) == (self.size, self.mtime_ns)


def local_file_stamp(mirrored_path: Path) -> tuple[int, int]:
    """(bytes, time of the last change) of a file; (-1, -1) where there is none."""
    try:
        file_status = os.stat(mirrored_path)  # noqa: PTH116  half of Path.stat's time, for 100,000s of files
    except (FileNotFoundError, NotADirectoryError):
        return -1, -1
    return file_status.st_size, file_status.st_mtime_ns


class MirrorIndex:
    """The rows, by path. Safe for threads and for several processes."""

    def __init__(self, mirrored_path: Path) -> None:
        self._lock = threading.Lock()
        self._index_db = sqlite3.connect(mirrored_path, timeout=60, isolation_level=None, check_same_thread=False)
        self._index_db.executescript(_INDEX_TABLE)

    def rows(self) -> dict[str, IndexRow]:
        with self._lock:
            index_records = self._index_db.execute("SELECT * FROM files").fetchall()
        return {mirrored_path: IndexRow(*values) for mirrored_path, *values in index_records}

    def row(self, mirrored_path: str) -> IndexRow | None:
        with self._lock:
            index_record = self._index_db.execute("SELECT * FROM files WHERE path = ?", (mirrored_path,)).fetchone()
        return IndexRow(*index_record[1:]) if index_record else None

    def below(self, folder: str) -> list[str]:
        """The paths of a folder."""
        with self._lock:
            index_cursor = self._index_db.execute(
                "SELECT path FROM files WHERE path > ? AND path < ?", (f"{folder}/", f"{folder}0")
            )
            return [mirrored_path for (mirrored_path,) in index_cursor]

    def note(self, index_rows: Iterable[tuple[str, IndexRow]]) -> None:
        with self._lock:
            self._index_db.execute("BEGIN IMMEDIATE")
            self._index_db.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                [(mirrored_path, *index_row) for mirrored_path, index_row in index_rows],
            )
            self._index_db.execute("COMMIT")

    def drop(self, mirrored_paths: Iterable[str]) -> None:
        with self._lock:
            self._index_db.executemany(
                "DELETE FROM files WHERE path = ?", [(mirrored_path,) for mirrored_path in mirrored_paths]
            )
