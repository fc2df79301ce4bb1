"""What of a data folder elsewhere lies in its local copy, and which version of it: one SQLite file beside the copy."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from groundwork.data_folder.remote_folder.remote_store import RemoteFile

_LAYOUT = """
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

    def is_of(self, remote: RemoteFile | None) -> bool:
        return remote == (self.version, self.remote_size)

    @property
    def is_listed(self) -> bool:
        """Does an empty file stand for it, because it was not fetched yet?"""
        return self.size == 0 and self.remote_size > 0

    def is_unchanged(self, local: Path) -> bool:
        """Is the local file as it was?"""
        return file_stamp(local) == (self.size, self.mtime_ns)


def file_stamp(path: Path) -> tuple[int, int]:
    """(bytes, time of the last change) of a file; (-1, -1) where there is none."""
    try:
        file_status = os.stat(path)  # noqa: PTH116  half of Path.stat's time, for 100,000s of files
    except (FileNotFoundError, NotADirectoryError):
        return -1, -1
    return file_status.st_size, file_status.st_mtime_ns


class MirrorIndex:
    """The rows, by path. Safe for threads and for several processes."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._db.executescript(_LAYOUT)

    def rows(self) -> dict[str, IndexRow]:
        with self._lock:
            index_records = self._db.execute("SELECT * FROM files").fetchall()
        return {path: IndexRow(*values) for path, *values in index_records}

    def row(self, path: str) -> IndexRow | None:
        with self._lock:
            index_record = self._db.execute("SELECT * FROM files WHERE path = ?", (path,)).fetchone()
        return IndexRow(*index_record[1:]) if index_record else None

    def below(self, folder: str) -> list[str]:
        """The paths of a folder."""
        with self._lock:
            cursor = self._db.execute(
                "SELECT path FROM files WHERE path > ? AND path < ?", (f"{folder}/", f"{folder}0")
            )
            return [path for (path,) in cursor]

    def note(self, index_rows: Iterable[tuple[str, IndexRow]]) -> None:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                [(path, *index_row) for path, index_row in index_rows],
            )
            self._db.execute("COMMIT")

    def drop(self, paths: Iterable[str]) -> None:
        with self._lock:
            self._db.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])
