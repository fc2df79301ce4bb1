"""The local copy of a data folder elsewhere, in which every stage works as in any data folder.

A command first takes over what is new in the store (`pull`), puts each artifact as soon as it is finished (`put`), and
at its end whatever else has changed, the state last (`push`). Documents, and artifacts in folders that the command does
not look into beside its units, are only listed: an empty file stands for each until its unit is worked on (`fetch`).
Databases come whole when they are first read (`fetch_databases`), the manifest at the beginning.

An artifact of several files is announced by a list below .state/puts, which goes when all are put; nobody takes over
files that stand in such a list, so that half an artifact is seen by none. The index of the mirror has every file as it
was when the copy and the store were last the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from groundwork.data_folder.databases import copy_database, join_database, replace_rows
from groundwork.data_folder.file_names import slug
from groundwork.data_folder.read_write import TEMPORARY, text_hash
from groundwork.data_folder.remote_folder.mirror_scope import (
    DOCUMENTS,
    PUT_ANNOUNCEMENTS,
    SHARD_STATES,
    MirrorScope,
    document_names,
    is_database,
    is_mirrored,
)
from groundwork.data_folder.remote_folder.remote_store import RemoteFile, RemoteStore, request_in_threads
from groundwork.data_folder.shards import JOURNAL_SEGMENT
from groundwork.errors import StopRun, UnitError
from groundwork.installation import cache_dir
from groundwork.message_wording import counted
from groundwork.processes.process_identity import process_mark

_INDEX_TABLE = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, version, remote_size, size, mtime_ns, digest) WITHOUT ROWID;
"""

STATE_PUT_SECONDS = 300.0  # seconds between two puts of the state while a stage is at work
STATE_PUT_REST = 20  # times the duration of such a put, at least, before the next one
MAX_PULL_ROUNDS = 3  # of taking over, while another machine goes on putting
MAX_PUT_TRIES = 20  # of a database that other machines put as well
MANY_FILES = 200  # files, from which fetching them is worth a word


class MirrorRow(NamedTuple):
    """A file as it was when copy and store were last the same.

    `size`, `mtime_ns`: of the local file, by which a change is seen; `digest`: of a database's rows, in their place.
    """

    version: str
    remote_size: int
    size: int = -1
    mtime_ns: int = -1
    digest: str = ""

    def is_of(self, mirrored_object: RemoteFile | None) -> bool:
        return mirrored_object == (self.version, self.remote_size)

    @property
    def is_listed(self) -> bool:
        """Does an empty file stand for it, because it was not fetched yet?"""
        return self.size == 0 and self.remote_size > 0

    def is_unchanged(self, mirrored_file: Path) -> bool:
        """Is the local file as it was?"""
        return mirrored_file_stamp(mirrored_file) == (self.size, self.mtime_ns)


def mirrored_file_stamp(mirrored_path: Path) -> tuple[int, int]:
    """(bytes, time of the last change) of a file; (-1, -1) where there is none."""
    try:
        file_status = os.stat(mirrored_path)  # noqa: PTH116  half of Path.stat's time, for 100,000s of files
    except (FileNotFoundError, NotADirectoryError):
        return -1, -1
    return file_status.st_size, file_status.st_mtime_ns


class MirrorIndex:
    """The rows, by path. Safe for threads and for several processes."""

    def __init__(self, index_file: Path) -> None:
        self._index_lock = threading.Lock()
        self._index_db = sqlite3.connect(index_file, timeout=60, isolation_level=None, check_same_thread=False)
        self._index_db.executescript(_INDEX_TABLE)

    def rows(self) -> dict[str, MirrorRow]:
        with self._index_lock:
            index_records = self._index_db.execute("SELECT * FROM files").fetchall()
        return {mirrored_path: MirrorRow(*values) for mirrored_path, *values in index_records}

    def row(self, mirrored_path: str) -> MirrorRow | None:
        with self._index_lock:
            index_record = self._index_db.execute("SELECT * FROM files WHERE path = ?", (mirrored_path,)).fetchone()
        return MirrorRow(*index_record[1:]) if index_record else None

    def below(self, folder: str) -> list[str]:
        """The paths of a folder."""
        with self._index_lock:
            index_cursor = self._index_db.execute(
                "SELECT path FROM files WHERE path > ? AND path < ?", (f"{folder}/", f"{folder}0")
            )
            return [mirrored_path for (mirrored_path,) in index_cursor]

    def note(self, mirror_rows: Iterable[tuple[str, MirrorRow]]) -> None:
        with self._index_lock:
            self._index_db.execute("BEGIN IMMEDIATE")
            self._index_db.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                [(mirrored_path, *mirror_row) for mirrored_path, mirror_row in mirror_rows],
            )
            self._index_db.execute("COMMIT")

    def drop(self, mirrored_paths: Iterable[str]) -> None:
        with self._index_lock:
            self._index_db.executemany(
                "DELETE FROM files WHERE path = ?", [(mirrored_path,) for mirrored_path in mirrored_paths]
            )


class Mirror:
    """One data folder elsewhere and its copy: `root`, in `folder`."""

    def __init__(self, url: str, folder: Path, say: Callable[[str], object] = print) -> None:
        """Raises UsageError for a URL that cannot be a data folder, MissingExtra where its package is missing."""
        self.url = url.rstrip("/")
        self._remote_store = RemoteStore(url)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # replies of models, whole passages of documents
        self.root = (folder / self.url.rpartition("/")[2]).resolve()
        self.root.mkdir(exist_ok=True)
        self._mirror_folder, self._say_on_terminal = folder, say
        self._mirror_index = MirrorIndex(folder / "index.db")
        self._mirror_scope: MirrorScope | None = None
        self._mirrored_documents: set[str] = set()
        self._stored_databases: dict[str, RemoteFile] = {}  # in the store, when it was last listed
        self._cached_mirror_rows: dict[str, MirrorRow] | None = None  # as the index had them last
        self._paths_present: set[str] = set()  # files that were here; one that is gone at the end was removed
        self._state_put_due = time.monotonic() + STATE_PUT_SECONDS
        self._state_lock, self._fetch_lock = threading.Lock(), threading.Lock()
        self._announced_puts: set[str] = set()  # lists in the store
        self._files_put = 0

    # ------------------------------------------------------------------ a command's begin

    def pull(self, mirror_scope: MirrorScope, *, refresh: bool = False) -> None:
        """Take over what is new in the store, once or (`refresh`) again. Raises UsageError, StopRun."""
        if self._mirror_scope is not None and not refresh:
            if self._mirror_scope.covers(mirror_scope):
                return
            mirror_scope = mirror_scope.after(self._mirror_scope)
        self._mirror_scope = mirror_scope
        fetched_paths: set[str] = set()
        for _ in range(MAX_PULL_ROUNDS):
            if not (round_paths := self._take_over(mirror_scope, fetched_paths)):
                break
            fetched_paths |= round_paths
        self._paths_present = {mirrored for mirrored in self._local_files() if self._is_mirrored_back(mirrored)}

    def pull_shards(self) -> None:
        """Take over what other machines have put meanwhile, the states of all shards too."""
        mirror_scope = self._mirror_scope or MirrorScope()
        self.pull(replace(mirror_scope, shards=True, databases=None), refresh=True)

    def _take_over(self, mirror_scope: MirrorScope, fetched: set[str]) -> set[str]:
        """One round: the files that were new. Of an artifact that is being put meanwhile nothing stays here."""
        store_listing = self._remote_store.list()
        being_put, mirror_rows = self._being_put(store_listing), self._mirror_index.rows()
        self._mirrored_documents = document_names([*store_listing, *mirror_rows])
        self._stored_databases = {path: file for path, file in store_listing.items() if is_database(path)}
        remote_files = {
            path: file for path, file in store_listing.items() if path not in being_put and self._is_taken_over(path)
        }
        newer_paths = [
            path
            for path, file in remote_files.items()
            if not self._is_mirror_current(path, mirror_rows.get(path), file)
        ]
        listed_only = {
            path
            for path in newer_paths
            if mirror_scope.only_lists(path) and self._is_replaceable(path, mirror_rows.get(path))
        }
        to_fetch = [path for path in newer_paths if not is_database(path) and path not in listed_only]
        if len(to_fetch) >= MANY_FILES:
            self._say_on_terminal(f"fetching {counted(len(to_fetch), 'file')} of {self.url}")
        self._mirror_index.note([(path, self._list_only(path, remote_files[path])) for path in listed_only])
        request_in_threads(lambda path: self._fetch_new(path, remote_files[path], mirror_rows.get(path)), to_fetch)
        self._fetch_new_databases(newer_paths, mirror_rows)
        self._remove_gone(
            [path for path in mirror_rows if self._is_taken_over(path) and path not in store_listing], mirror_rows
        )
        self._remove_gone([path for path in being_put & fetched if not is_database(path)], self._mirror_index.rows())
        self._cached_mirror_rows = None
        return set(to_fetch) | listed_only

    def _being_put(self, store_listing: dict[str, RemoteFile]) -> set[str]:
        """The files of artifacts that are announced, and so perhaps not yet whole."""

        def announced_paths(mirrored_path: str) -> list[str]:
            with suppress(StopRun, ValueError):  # gone by now: it is whole
                return [str(announced_name) for announced_name in json.loads(self._remote_store.read(mirrored_path))]
            return []

        self._announced_puts = {
            mirrored_path for mirrored_path in store_listing if mirrored_path.startswith(PUT_ANNOUNCEMENTS)
        }
        return {
            announced_name
            for announced in request_in_threads(announced_paths, self._announced_puts)
            for announced_name in announced
        }

    def _is_mirror_current(self, mirrored_path: str, mirror_row: MirrorRow | None, remote_file: RemoteFile) -> bool:
        if (
            mirror_row is None
            or not mirror_row.is_of(remote_file)
            or mirrored_file_stamp(self.root / mirrored_path) == (-1, -1)
        ):
            return False
        return (
            not mirror_row.is_listed
            or (self._mirror_scope or MirrorScope()).only_lists(mirrored_path)
            or not self._is_replaceable(mirrored_path, mirror_row)
        )

    def _is_replaceable(self, mirrored_path: str, mirror_row: MirrorRow | None) -> bool:
        """Is what lies here of the store, so that nothing is lost where something else takes its place?"""
        mirrored_file = self.root / mirrored_path
        is_of_store = mirrored_path.startswith(f"{DOCUMENTS}/") or mirrored_file_stamp(mirrored_file) == (-1, -1)
        return is_of_store or (mirror_row is not None and mirror_row.is_unchanged(mirrored_file))

    def _list_only(self, mirrored_path: str, remote_file: RemoteFile) -> MirrorRow:
        """Put an empty file in place of an object that is not fetched yet."""
        mirrored_file = self.root / mirrored_path
        with self._temporary_file(mirrored_file) as half_mirrored:
            half_mirrored.touch()
            half_mirrored.replace(mirrored_file)
        return MirrorRow(*remote_file, *mirrored_file_stamp(mirrored_file))

    def _fetch_new(self, mirrored_path: str, remote_file: RemoteFile, mirror_row: MirrorRow | None) -> None:
        """Fetch a file; one that was changed here and there is kept beside as `.kept`."""
        mirrored_file = self.root / mirrored_path
        with (
            suppress(UnitError),
            self._temporary_file(mirrored_file) as half_mirrored,
        ):  # gone by now: the next round tells
            self._remote_store.get(mirrored_path, half_mirrored)
            is_changed = mirrored_file.exists() and not (mirror_row and mirror_row.is_unchanged(mirrored_file))
            if is_changed and mirrored_file.read_bytes() != half_mirrored.read_bytes():
                kept_version = mirrored_file.with_name(f"{mirrored_file.name}.kept")
                mirrored_file.replace(kept_version)
                self._say_on_terminal(
                    f"{mirrored_path} was changed here and in {self.url}: the other version is kept, "
                    f"yours is saved as {kept_version}"
                )
            half_mirrored.replace(mirrored_file)
            self._mirror_index.note([(mirrored_path, MirrorRow(*remote_file, *mirrored_file_stamp(mirrored_file)))])

    def fetch_databases(self, kind: str | None = None) -> None:
        """Have the databases of a kind (`mirrored_database_kind`) here, or all. Raises UnitError, StopRun."""
        with self._fetch_lock:
            mirroring = self._mirror_scope
            if mirroring is None or mirroring.databases is None or kind in mirroring.databases:
                return
            self._mirror_scope = replace(mirroring, databases=None if kind is None else mirroring.databases | {kind})
            mirror_rows = {
                mirrored: mirror_row
                for mirrored, mirror_row in self._mirror_index.rows().items()
                if is_database(mirrored) and self._is_taken_over(mirrored)
            }
            database_paths = [
                mirrored for mirrored, remote_file in self._stored_databases.items() if self._is_taken_over(mirrored)
            ]
            newer_databases = [
                mirrored
                for mirrored in database_paths
                if not self._is_mirror_current(mirrored, mirror_rows.get(mirrored), self._stored_databases[mirrored])
            ]
            self._fetch_new_databases(newer_databases, mirror_rows)
            self._remove_gone(
                [mirrored for mirrored in mirror_rows if mirrored not in self._stored_databases], mirror_rows
            )

    def _fetch_new_databases(self, mirrored_paths: list[str], mirror_rows: dict[str, MirrorRow]) -> None:
        for mirrored_path in filter(is_database, mirrored_paths):
            self._fetch_database(mirrored_path, self._stored_databases[mirrored_path], mirror_rows.get(mirrored_path))

    def _fetch_database(self, mirrored_path: str, remote_file: RemoteFile, mirror_row: MirrorRow | None) -> None:
        """Take over the rows of a database; where it has new ones here as well, it gets both and is put again."""
        mirrored = self.root / mirrored_path
        is_joined_state = (
            self._mirror_scope is not None
            and self._mirror_scope.shard is not None
            and not mirrored_path.startswith(SHARD_STATES)
        )
        with (
            self._raise_database_errors(mirrored_path),
            self._temporary_copy() as database_copy,
            self._temporary_file(mirrored) as half_mirrored,
        ):
            self._remote_store.get(mirrored_path, half_mirrored)
            half_mirrored.chmod(0o600)
            if mirrored.exists() and not (mirror_row and self._has_same_rows(mirrored, mirror_row, database_copy)):
                join_database(half_mirrored, mirrored)
                digest = ""
            else:
                if mirrored.exists() and not is_joined_state:
                    replace_rows(half_mirrored, mirrored)
                else:
                    half_mirrored.replace(mirrored)
                digest = copy_database(mirrored, database_copy)
            self._mirror_index.note([(mirrored_path, MirrorRow(*remote_file, *mirrored_file_stamp(mirrored), digest))])

    def _remove_gone(self, mirrored_paths: list[str], mirror_rows: dict[str, MirrorRow]) -> None:
        """Remove here what is gone there; what was changed here, and databases that grow, stay and are put again."""
        for mirrored_path in mirrored_paths:
            stays = is_database(mirrored_path) and not Path(mirrored_path).match(JOURNAL_SEGMENT)
            if (
                not stays
                and mirrored_path in mirror_rows
                and mirror_rows[mirrored_path].is_unchanged(self.root / mirrored_path)
            ):
                (self.root / mirrored_path).unlink(missing_ok=True)
        self._mirror_index.drop(mirrored_paths)

    # ------------------------------------------------------------------ while it works

    def fetch(self, mirrored_paths: Iterable[Path]) -> None:
        """Have the content of those files at and below `mirrored_paths` that are only listed. Raises UnitError,
        StopRun."""
        mirrored_files = (
            mirrored_file
            for mirrored_path in mirrored_paths
            for mirrored_file in (_local_files_below(mirrored_path) if mirrored_path.is_dir() else [mirrored_path])
        )
        request_in_threads(
            self._fetch_listed, [mirrored_file for mirrored_file in mirrored_files if self.is_remote(mirrored_file)]
        )

    def is_remote(self, mirrored_path: Path) -> bool:
        """Does an empty file stand for the object?"""
        return mirrored_file_stamp(mirrored_path)[0] == 0 and self.listed(mirrored_path) is not None

    def _fetch_listed(self, mirrored_file: Path) -> None:
        mirrored_path = self._path_in_folder(mirrored_file)
        mirror_row = self._mirror_index.row(mirrored_path)
        if mirror_row is None or not mirror_row.is_listed:
            return
        with self._temporary_file(mirrored_file) as half_mirrored:
            self._remote_store.get(mirrored_path, half_mirrored)
            if mirrored_file_stamp(half_mirrored)[0] != mirror_row.remote_size and (
                newest := self._remote_store.info(mirrored_path)
            ):
                mirror_row = MirrorRow(*newest)
            half_mirrored.replace(mirrored_file)
        size, mtime_ns = mirrored_file_stamp(mirrored_file)
        self._note_row(mirrored_path, mirror_row._replace(size=size, mtime_ns=mtime_ns))

    def listed(self, mirrored_path: Path) -> tuple[str, str] | None:
        """(path in the folder, version) of a file that is as the store has it, fetched or not; None for all others."""
        if self._cached_mirror_rows is None:
            self._cached_mirror_rows = self._mirror_index.rows()
        path_in_folder = self._path_in_folder(mirrored_path)
        mirror_row = self._cached_mirror_rows.get(path_in_folder)
        is_current = (
            mirror_row is not None
            and mirror_row.remote_size > 0
            and not mirror_row.digest
            and mirror_row.is_unchanged(mirrored_path)
        )
        return (path_in_folder, mirror_row.version) if mirror_row is not None and is_current else None

    def _note_row(self, mirrored_path: str, mirror_row: MirrorRow) -> None:
        self._mirror_index.note([(mirrored_path, mirror_row)])
        if self._cached_mirror_rows is not None:
            self._cached_mirror_rows[mirrored_path] = mirror_row

    def put(self, mirrored_paths: Iterable[Path]) -> None:
        """Put an artifact, whose files or folders are `mirrored_paths`, whole or not at all. Raises StopRun."""
        put_paths = sorted(map(self._path_in_folder, mirrored_paths))
        changed_files, removed_paths = self._changes_to_put(put_paths)
        announcement = f"{PUT_ANNOUNCEMENTS}{hashlib.sha256(repr(put_paths).encode()).hexdigest()[:16]}.json"
        if len(changed_files) + len(removed_paths) > 1:
            self._announced_puts.add(announcement)
            self._remote_store.write(announcement, json.dumps(sorted(changed_files + removed_paths)).encode())
        self._put_mirrored_files(changed_files, removed_paths)
        if announcement in self._announced_puts:  # just now, or by somebody who did not come to the end
            self._remote_store.delete(announcement)
            self._announced_puts.discard(announcement)
        self._put_state_in_between()

    def _changes_to_put(self, mirrored_paths: list[str]) -> tuple[list[str], list[str]]:
        """(files to put, files to remove there) of what is at or below `mirrored_paths`."""
        paths_here: list[str] = []
        for mirrored in mirrored_paths:
            mirrored_files = (
                _local_files_below(self.root / mirrored) if (self.root / mirrored).is_dir() else [self.root / mirrored]
            )
            paths_here += [self._path_in_folder(file) for file in mirrored_files]
        indexed_paths = [mirrored for folder in mirrored_paths for mirrored in self._mirror_index.below(folder)]
        mirror_rows = {mirrored: self._mirror_index.row(mirrored) for mirrored in (*paths_here, *indexed_paths)}
        existing_paths = [
            mirrored for mirrored in mirror_rows if (self.root / mirrored).exists() and is_mirrored(mirrored.split("/"))
        ]
        return [mirrored for mirrored in existing_paths if self._is_locally_changed(mirrored, mirror_rows[mirrored])], [
            mirrored
            for mirrored, mirror_row in mirror_rows.items()
            if mirror_row is not None and not (self.root / mirrored).exists()
        ]

    def _is_locally_changed(self, mirrored_path: str, mirror_row: MirrorRow | None) -> bool:
        return not is_database(mirrored_path) and not (
            mirror_row is not None and mirror_row.is_unchanged(self.root / mirrored_path)
        )

    def _put_mirrored_files(self, mirrored_files: list[str], removed_paths: list[str]) -> None:
        request_in_threads(self._put_mirrored_file, mirrored_files)
        request_in_threads(self._remote_store.delete, removed_paths)
        self._mirror_index.drop(removed_paths)
        self._paths_present -= set(removed_paths)

    def _put_mirrored_file(self, mirrored_path: str) -> None:
        local_stamp = mirrored_file_stamp(self.root / mirrored_path)
        stored_file = self._remote_store.put(self.root / mirrored_path, mirrored_path)
        self._note_row(mirrored_path, MirrorRow(*stored_file, *local_stamp))
        self._paths_present.add(mirrored_path)
        self._files_put += 1

    def _put_state_in_between(self) -> None:
        """Put the state now and then: another machine could go on from there if this one were lost."""
        if (
            self._mirror_scope is None
            or time.monotonic() < self._state_put_due
            or not self._state_lock.acquire(blocking=False)
        ):
            return
        try:
            began = time.monotonic()
            self._put_databases()
            self._state_put_due = time.monotonic() + max(STATE_PUT_SECONDS, STATE_PUT_REST * (time.monotonic() - began))
        finally:
            self._state_lock.release()

    # ------------------------------------------------------------------ a command's end

    def push(self) -> int:
        """Put all that has changed, the state last; returns how many files were put since `pull`. Raises StopRun."""
        mirror_rows = self._mirror_index.rows()
        paths_here = [mirrored for mirrored in self._local_files() if self._is_mirrored_back(mirrored)]
        removed_paths = [mirrored for mirrored in self._paths_present - set(paths_here) if mirrored in mirror_rows]
        self._put_mirrored_files(
            [mirrored for mirrored in paths_here if self._is_locally_changed(mirrored, mirror_rows.get(mirrored))],
            removed_paths,
        )
        with self._state_lock:
            self._put_databases()
        put_count, self._files_put = self._files_put, 0
        return put_count

    def _put_databases(self) -> None:
        """The manifest last: what stands in it is there."""
        mirrored_databases = [
            mirrored for mirrored in self._local_files() if is_database(mirrored) and self._is_mirrored_back(mirrored)
        ]
        for mirrored in sorted(mirrored_databases, key=lambda mirrored: (mirrored.endswith("manifest.db"), mirrored)):
            self._put_database(mirrored)

    def _put_database(self, mirrored_path: str) -> None:
        """Put the rows as they are now, together with those that another machine has put meanwhile."""
        mirrored_file, mirror_row = self.root / mirrored_path, self._mirror_index.row(mirrored_path)
        if (
            mirror_row
            and mirror_row.digest
            and mirror_row.is_unchanged(mirrored_file)
            and not Path(f"{mirrored_file}-wal").exists()
        ):
            return
        with self._raise_database_errors(mirrored_path), self._temporary_copy() as database_copy:
            digest = copy_database(mirrored_file, database_copy)
            if mirror_row is None or digest != mirror_row.digest:
                digest, mirror_row = self._put_joined_rows(mirrored_path, database_copy, digest, mirror_row)
                self._paths_present.add(mirrored_path)
                self._files_put += 1
            size, mtime_ns = mirrored_file_stamp(mirrored_file)
            self._mirror_index.note([(mirrored_path, mirror_row._replace(size=size, mtime_ns=mtime_ns, digest=digest))])

    def _put_joined_rows(
        self, mirrored_path: str, database_copy: Path, digest: str, mirror_row: MirrorRow | None
    ) -> tuple[str, MirrorRow]:
        """Put `database_copy` with the rows that came there since `mirror_row`, again while another one comes between.

        Returns the digest of what was put and its row. Raises StopRun where others come between every time.
        """
        mirrored_file = self.root / mirrored_path
        for _ in range(MAX_PUT_TRIES):
            remote_file = self._remote_store.info(mirrored_path)
            if remote_file is not None and not (mirror_row and mirror_row.is_of(remote_file)):
                self._remote_store.get(mirrored_path, database_copy)
                join_database(database_copy, mirrored_file)
                digest = copy_database(mirrored_file, database_copy)
            if stored_file := self._remote_store.put_unless_changed(database_copy, mirrored_path, remote_file):
                return digest, MirrorRow(*stored_file)
        raise StopRun(
            f"{self.url}/{mirrored_path}: others put it at every try; what is made is kept here, run again to put it"
        )

    # ------------------------------------------------------------------ small things

    def _is_taken_over(self, mirrored_path: str) -> bool:
        return self._mirror_scope is not None and self._mirror_scope.takes(mirrored_path, self._mirrored_documents)

    def _is_mirrored_back(self, mirrored_path: str) -> bool:
        return self._mirror_scope is not None and self._mirror_scope.puts(mirrored_path, self._mirrored_documents)

    def _path_in_folder(self, mirrored_path: Path) -> str:
        """`mirrored_path` as the store names it; "" for one outside of the folder."""
        prefix = f"{self.root}{os.sep}"
        return (
            str(mirrored_path).removeprefix(prefix).replace(os.sep, "/")
            if str(mirrored_path).startswith(prefix)
            else ""
        )

    def _local_files(self) -> list[str]:
        return [
            mirrored_path
            for mirrored_path in map(self._path_in_folder, _local_files_below(self.root))
            if is_mirrored(mirrored_path.split("/"))
        ]

    def _has_same_rows(self, mirrored_file: Path, mirror_row: MirrorRow, database_copy: Path) -> bool:
        return bool(mirror_row.digest) and copy_database(mirrored_file, database_copy) == mirror_row.digest

    @contextmanager
    def _temporary_file(self, mirrored_file: Path) -> Iterator[Path]:
        """A temporary file in the folder of `mirrored_file`, of another thread's or process's own."""
        mirrored_file.parent.mkdir(parents=True, exist_ok=True)
        half_mirrored = mirrored_file.with_name(
            f"{TEMPORARY}{process_mark()}-{threading.get_ident()}-{mirrored_file.name[-40:]}"
        )
        try:
            yield half_mirrored
        finally:
            half_mirrored.unlink(missing_ok=True)

    @contextmanager
    def _temporary_copy(self) -> Iterator[Path]:
        with TemporaryDirectory(dir=self._mirror_folder) as folder:
            yield Path(folder) / "copy.db"

    @contextmanager
    def _raise_database_errors(self, mirrored_path: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as mirror_error:
            raise StopRun(
                f"{self.root / mirrored_path}: {mirror_error}; move it away, and it is fetched again"
            ) from None


def _local_files_below(folder: Path) -> Iterator[Path]:
    for subfolder, folders, files in os.walk(folder):
        folders[:] = sorted(folders)
        for name in sorted(files):
            yield Path(subfolder) / name


@cache
def mirror_of(url: str, folder: str) -> Mirror:
    """The local copy of a data folder elsewhere, one a process: in `folder`, or in the user's cache."""
    mirror_name = f"{slug(url)[:80]}-{text_hash(url.rstrip('/'))[:8]}"
    cache_folder = Path(folder).expanduser() if folder else cache_dir()
    return Mirror(url, cache_folder / "data" / mirror_name, say=lambda line: print(line, file=sys.stderr))
