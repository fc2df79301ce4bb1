"""SQLite files, such as manifests, journals and caches: read without a lock, and copied whole."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from groundwork.errors import BadRecord, StopRun

SQLITE_HEADER_BYTES = 100  # bytes, in which SQLite counts the changes of a file

MACHINE_TABLES = {"claims", "files", "fingerprints", "sqlite_sequence"}  # or of one process: nothing to join


def read_only_database(path: Path) -> sqlite3.Connection:
    """A database that nobody writes to now: read without a lock, so that it may lie on a network share."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


@contextmanager
def cache_database(file: Path, table_statement: str, content_kind: str) -> Iterator[sqlite3.Connection]:
    """A file of what can be made again, opened for one transaction; the SQL `table_statement` makes its table where
    none is.

    What is written is safe from kill -9, without a wait; after a power cut the file may have to be made anew. Raises
    StopRun where it cannot be read or written now, BadRecord where it is damaged and so no `content_kind`.
    """
    try:
        with closing(sqlite3.connect(file, timeout=60)) as cache_connection, cache_connection:
            cache_connection.execute("PRAGMA synchronous = OFF")
            cache_connection.execute(table_statement)
            yield cache_connection
    except sqlite3.OperationalError as error:  # a full disk, a folder that cannot be written
        cache_remedy = "free disk space and make the folder writable, then run again"
        raise StopRun(f"{file}: cannot be used: {error}; {cache_remedy}") from error
    except sqlite3.DatabaseError as error:
        raise BadRecord(f"{file}: not {content_kind} ({error}); delete it; it is made again") from error


def copy_database(source: Path, target: Path) -> str:
    """Write what `source` holds to the single file `target`, without what is of this machine alone.

    Returns a digest that two copies of the same rows have in common.
    """
    target.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(source, timeout=60)) as source_database,
        closing(sqlite3.connect(target)) as copy_connection,
    ):
        source_database.backup(copy_connection)
        copy_connection.execute("PRAGMA journal_mode = DELETE")
        table_names = {
            name for (name,) in copy_connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        for table_name in sorted(table_names & MACHINE_TABLES):
            copy_connection.execute(f'DELETE FROM "{table_name}"')  # noqa: S608  # names of ours
        copy_connection.commit()
        copy_connection.execute("VACUUM")
    with target.open("rb") as copied_database:
        copied_database.seek(SQLITE_HEADER_BYTES)
        return hashlib.file_digest(copied_database, "sha256").hexdigest()
