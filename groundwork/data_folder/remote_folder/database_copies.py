"""Copies of SQLite files, for a store that holds only whole files: taken while others write, and put back in place."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from groundwork.data_folder.shards.join_shards import MACHINE_TABLES, make_missing_tables

HEADER = 100  # bytes, in which SQLite counts the changes of a file


def copy_database(source: Path, target: Path) -> str:
    """Write what `source` holds to the single file `target`, without what is of this machine alone.

    Returns a digest that two copies of the same rows have in common.
    """
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source, timeout=60)) as source_database, closing(sqlite3.connect(target)) as copy:
        source_database.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in sorted(tables & MACHINE_TABLES):
            copy.execute(f'DELETE FROM "{table}"')  # noqa: S608  # names of ours
        copy.commit()
        copy.execute("VACUUM")
    with target.open("rb") as file:
        file.seek(HEADER)
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_rows(source: Path, target: Path) -> None:
    """Make `target`, which others may have open, hold the rows of `source`, and keep what is of this machine alone."""
    with closing(sqlite3.connect(target, timeout=60, isolation_level=None)) as database:
        database.execute("ATTACH ? AS shard", (str(source),))
        tables = make_missing_tables(database)
        database.execute("BEGIN IMMEDIATE")
        for table in tables:
            source_columns = [row[1] for row in database.execute(f'PRAGMA shard.table_info("{table}")')]
            target_columns = {row[1] for row in database.execute(f'PRAGMA main.table_info("{table}")')}
            columns = ", ".join(f'"{name}"' for name in source_columns if name in target_columns)
            database.execute(f'DELETE FROM main."{table}"')  # noqa: S608  # names of ours
            database.execute(f'INSERT INTO main."{table}" ({columns}) SELECT {columns} FROM shard."{table}"')  # noqa: S608
        database.execute("COMMIT")
        database.execute("DETACH shard")
