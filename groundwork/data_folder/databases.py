"""SQLite files, such as manifests, journals and caches: read without a lock, copied whole, and joined by their rows."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from groundwork.errors import BadRecord, StopRun

SQLITE_HEADER_BYTES = 100  # bytes, in which SQLite counts the changes of a file

MACHINE_TABLES = {"claims", "files", "fingerprints", "sqlite_sequence", "writes"}  # or of one process: nothing to join

# Tables whose rows stand where a time, or a count, is higher than that of what is there; others only gain rows they
# lack.
_LATER_ROW_COLUMNS = {"units": "finished", "uses": "used", "tags": "asked"}

_CHOICE_OF_ROWS = {"units": " AND joins_unit(theirs.entry)"}  # of the tables of which not every row may be joined

_SHARD_SCHEMA = (  # tables before their indexes
    "SELECT name, tbl_name, sql FROM shard.sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL "
    "ORDER BY type DESC"
)


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
        with closing(sqlite3.connect(file, timeout=60)) as opened_database, opened_database:
            opened_database.execute("PRAGMA synchronous = OFF")
            opened_database.execute(table_statement)
            yield opened_database
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
    with closing(sqlite3.connect(source, timeout=60)) as source_database, closing(sqlite3.connect(target)) as data_copy:
        source_database.backup(data_copy)
        data_copy.execute("PRAGMA journal_mode = DELETE")
        database_tables = {name for (name,) in data_copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for database_table in sorted(database_tables & MACHINE_TABLES):
            data_copy.execute(f'DELETE FROM "{database_table}"')  # noqa: S608  # names of ours
        data_copy.commit()
        data_copy.execute("VACUUM")
    with target.open("rb") as copied_database:
        copied_database.seek(SQLITE_HEADER_BYTES)
        return hashlib.file_digest(copied_database, "sha256").hexdigest()


def join_database(
    shard_database: Path, joined_database: Path, joins_unit: Callable[[bytes], bool] | None = None
) -> dict[str, int]:
    """Add the rows of a shard to `joined_database`, which is made where it is missing; returns the rows added by table.

    `joins_unit`: whether the unit of this entry is added; absent: every unit is.

    Afterwards it is a single file again, so that others read it without a lock. Raises sqlite3.Error, OSError.
    """
    joined_database.parent.mkdir(parents=True, exist_ok=True)
    os.close(
        os.open(joined_database, os.O_RDWR | os.O_CREAT, shard_database.stat().st_mode & 0o777)
    )  # a journal is its owner's alone
    rows_joined = {}
    with closing(sqlite3.connect(joined_database, timeout=60, isolation_level=None)) as joined_connection:
        joined_connection.execute("ATTACH ? AS shard", (str(shard_database),))
        joined_connection.create_function("joins_unit", 1, joins_unit)
        for database_table in make_missing_tables(joined_connection):
            rows_joined[database_table] = _join_table(joined_connection, database_table, chosen=joins_unit is not None)
        joined_connection.execute("DETACH shard")
        with suppress(sqlite3.OperationalError):  # somebody has it open: it stays as it is
            joined_connection.execute("PRAGMA journal_mode = DELETE")
    return rows_joined


def make_missing_tables(database: sqlite3.Connection) -> list[str]:
    """Make what the attached database `shard` has and this one lacks; returns the tables that are to be joined."""
    schema_rows = [
        schema_row for schema_row in database.execute(_SHARD_SCHEMA).fetchall() if schema_row[1] not in MACHINE_TABLES
    ]
    for database_table, _, create_statement in schema_rows:
        if not _has_table(database, database_table):
            database.execute(create_statement)
    return [database_table for database_table, indexed_table, _ in schema_rows if database_table == indexed_table]


def _has_table(database: sqlite3.Connection, name: str) -> bool:
    return database.execute("SELECT 1 FROM main.sqlite_master WHERE name = ?", (name,)).fetchone() is not None


def _join_table(database: sqlite3.Connection, table: str, *, chosen: bool) -> int:
    """How many rows came in; `chosen`: only those that are to be joined."""
    shard_columns = [column_row[1] for column_row in database.execute(f'PRAGMA shard.table_info("{table}")')]
    # fewer, of an earlier version
    target_columns = {column_row[1] for column_row in database.execute(f'PRAGMA main.table_info("{table}")')}
    joined_columns = [joined_column for joined_column in shard_columns if joined_column in target_columns - {"id"}]
    column_list = ", ".join(f'"{joined_column}"' for joined_column in joined_columns)
    same_row_condition = " AND ".join(
        f'mine."{joined_column}" IS theirs."{joined_column}"'
        for joined_column in _key_columns(database, table) or joined_columns
    )
    not_older_row = ""
    if order_column := _LATER_ROW_COLUMNS.get(table):
        my_order, their_order = (
            f'coalesce({side}."{order_column}", 0)' if order_column in columns else "0"  # of an earlier version
            for side, columns in (("mine", target_columns), ("theirs", shard_columns))
        )
        not_older_row = f" AND {my_order} >= {their_order}"
    join_statement = (
        f'INSERT OR REPLACE INTO main."{table}" ({column_list}) SELECT {column_list} FROM shard."{table}" AS theirs '  # noqa: S608  # names of tables of ours
        f'WHERE NOT EXISTS (SELECT 1 FROM main."{table}" AS mine WHERE {same_row_condition}{not_older_row})'
        f"{_CHOICE_OF_ROWS.get(table, '') if chosen else ''}"
    )
    return database.execute(join_statement).rowcount


def _key_columns(database: sqlite3.Connection, table: str) -> list[str]:
    """The columns that tell rows apart: the primary key, or for replies, which are numbered by file, key and time."""
    database_columns = database.execute(f'PRAGMA shard.table_info("{table}")').fetchall()
    key_columns = [database_column[1] for database_column in database_columns if database_column[5]]
    return ["key", "stored"] if key_columns == ["id"] else key_columns


def replace_rows(source: Path, target: Path) -> None:
    """Make `target`, which others may have open, hold the rows of `source`, and keep what is of this machine alone."""
    with closing(sqlite3.connect(target, timeout=60, isolation_level=None)) as target_database:
        target_database.execute("ATTACH ? AS shard", (str(source),))
        database_tables = make_missing_tables(target_database)
        target_database.execute("BEGIN IMMEDIATE")
        for database_table in database_tables:
            source_columns = [
                column_row[1] for column_row in target_database.execute(f'PRAGMA shard.table_info("{database_table}")')
            ]
            target_columns = {
                column_row[1] for column_row in target_database.execute(f'PRAGMA main.table_info("{database_table}")')
            }
            columns = ", ".join(
                f'"{database_column}"' for database_column in source_columns if database_column in target_columns
            )
            target_database.execute(f'DELETE FROM main."{database_table}"')  # noqa: S608  # names of ours
            target_database.execute(
                f'INSERT INTO main."{database_table}" ({columns}) SELECT {columns} FROM shard."{database_table}"'  # noqa: S608
            )
        target_database.execute("COMMIT")
        target_database.execute("DETACH shard")
