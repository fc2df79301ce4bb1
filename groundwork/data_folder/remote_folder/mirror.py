"""The local copy of a data folder elsewhere, in which every stage works as in any data folder.

A command first takes over what is new in the store (`pull`), puts each artifact as soon as it is finished (`put`), and
at its end whatever else has changed, the state last (`push`). Documents, and artifacts in folders that the command does
not look into beside its units, are only listed: an empty file stands for each until its unit is worked on (`fetch`).
Databases come whole when they are first read (`fetch_databases`), the manifest at the beginning.

An artifact of several files is announced by a list below .state/puts, which goes when all are put; nobody takes over
files that stand in such a list, so that half an artifact is seen by none.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from groundwork.data_folder.databases import copy_database, join_database, replace_rows
from groundwork.data_folder.read_write import TEMPORARY
from groundwork.data_folder.remote_folder.remote_store import RemoteFile, RemoteStore, run_in_threads
from groundwork.data_folder.shards import JOURNAL_SEGMENT, Shard
from groundwork.data_folder.spread_folders import MARKER, without_subfolder
from groundwork.errors import StopRun, UnitError
from groundwork.message_wording import counted
from groundwork.processes.process_identity import process_mark

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


DOCUMENTS, STATE, TEST = "documents", ".state", "test"
PUTS = f"{STATE}/puts/"  # in the store: lists of the files that are being put
SHARDS = f"{STATE}/shards/"
_OF_ONE_MACHINE = (".db-wal", ".db-shm", ".db-journal", ".reserve", ".kept")
_DOCUMENT_FOLDERS = ("text", "summaries", "chunks", "qa")  # folders with files that are named after their document
_ENDINGS = (".jsonl", ".json", ".md")


@dataclass(frozen=True)
class MirrorScope:
    """Which files of the folder, by their path in it.

    `shard`: not those of the documents of other shards, nor their states. `shards`: the states of all, to join them.
    `test`: the test folder as well. `folders`: those whose files are fetched at the start; None: all but the documents.
    `databases`: which of them are, by `database_kind`, beside the manifests; None: all.
    """

    shard: Shard | None = None
    shards: bool = False
    test: bool = False
    folders: frozenset[str] | None = None
    databases: frozenset[str] | None = None

    def covers(self, other: MirrorScope) -> bool:
        """Is all that `other` takes over taken over by this one?"""
        same_shard = self.shard == other.shard and self.shards >= other.shards and self.test >= other.test
        return same_shard and self == self.after(other)

    def after(self, other: MirrorScope) -> MirrorScope:
        """This one, of a command that follows in one process: what `other` fetched stays."""
        return replace(
            self, folders=_union(self.folders, other.folders), databases=_union(self.databases, other.databases)
        )

    def takes(self, path: str, documents: Container[str]) -> bool:
        """Is the file taken over? `documents`: the names of those that there are."""
        is_left_out = self.databases is not None and is_database(path) and database_kind(path) not in self.databases
        return not is_left_out and self._contains(path, documents)

    def _contains(self, path: str, documents: Container[str]) -> bool:
        segments = path.split("/")
        if path.startswith(PUTS) or not is_mirrored(segments):
            return False
        if segments[0] == TEST:
            return self.test and MirrorScope(self.shard, self.shards)._contains("/".join(segments[1:]), documents)
        if path.startswith(SHARDS):
            return self.shards or (self.shard is not None and segments[2] == self.shard.folder)
        document = _document_name(without_subfolder(segments))
        return self.shard is None or document not in documents or self.shard.holds(document)

    def puts(self, path: str, documents: Container[str]) -> bool:
        """Does a change of the file go to the store? Documents are only read, and so is a shard's joined state."""
        path_in_folder = path.removeprefix(f"{TEST}/")
        joined = path_in_folder.startswith(f"{STATE}/") and not path_in_folder.startswith(SHARDS)
        is_read_only = path.startswith(f"{DOCUMENTS}/") or (joined and self.shard is not None)
        return not is_read_only and self._contains(path, documents)

    def only_lists(self, path: str) -> bool:
        """Is the file fetched only when its unit is worked on? Documents are; for a shard, the pages of all as well."""
        folder, _, file_name = path.partition("/")
        if folder in ("", STATE, TEST) or not file_name or is_database(path):
            return False
        is_left_out = self.folders is not None and folder not in self.folders
        is_page_of_all = self.shard is not None and folder == "plots" and path.endswith(".html")
        return folder == DOCUMENTS or is_left_out or is_page_of_all


def _union(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    return None if first is None or second is None else first | second


def _document_name(segments: list[str]) -> str:
    """The name that a file's document would have, `segments` being its path; "" for a file of the whole run."""
    if segments[0] not in _DOCUMENT_FOLDERS or len(segments) < 2 or segments[-1] == MARKER:
        return ""
    if segments[0] == "text" and len(segments) > 2:  # its pictures
        return segments[1]
    name = segments[-1].removesuffix(".edited")
    return next((name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)), name)


def document_names(paths: list[str]) -> set[str]:
    """The documents that have a text, a summary or chunks among `paths`."""
    paths_split = (without_subfolder(path.split("/")) for path in paths)
    of_documents = (segments for segments in paths_split if len(segments) == 2 and segments[0] in _DOCUMENT_FOLDERS)
    return {_document_name(segments) for segments in of_documents} - {""}


def is_database(path: str) -> bool:
    return path.endswith(".db")


def database_kind(path: str) -> str:
    """`manifest`, `journal` (its segments too), or the folder of a cache, a shard's as well, such as `embeddings`."""
    path_in_folder = path.removeprefix(f"{TEST}/")
    if path_in_folder.startswith(SHARDS):
        path_in_folder = path_in_folder.removeprefix(SHARDS).partition("/")[2]
    folder, _, name = path_in_folder.removeprefix(f"{STATE}/").rpartition("/")
    return folder.partition("/")[0] or ("journal" if name.startswith("journal") else name.removesuffix(".db"))


def is_mirrored(segments: list[str]) -> bool:
    """Not a file that is being written, nor one of a process or of this machine."""
    is_hidden = any(segment.startswith(".") and segment not in (STATE, MARKER) for segment in segments)
    return not is_hidden and not segments[-1].startswith(TEMPORARY) and not segments[-1].endswith(_OF_ONE_MACHINE)


STATE_PUT_SECONDS = 300.0  # seconds between two puts of the state while a stage is at work
STATE_PUT_REST = 20  # times the duration of such a put, at least, before the next one
PULL_ROUNDS = 3  # of taking over, while another machine goes on putting
MANY_FILES = 200  # files, from which fetching them is worth a word


class Mirror:
    """One data folder elsewhere and its copy: `root`, in `folder`."""

    def __init__(self, url: str, folder: Path, say: Callable[[str], object] = print) -> None:
        """Raises UsageError for a URL that cannot be a data folder, MissingExtra where its package is missing."""
        self.url = url.rstrip("/")
        self._store = RemoteStore(url)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # replies of models, whole passages of documents
        self.root = (folder / self.url.rpartition("/")[2]).resolve()
        self.root.mkdir(exist_ok=True)
        self._folder, self._say = folder, say
        self._index = MirrorIndex(folder / "index.db")
        self._scope: MirrorScope | None = None
        self._documents: set[str] = set()
        self._databases: dict[str, RemoteFile] = {}  # in the store, when it was last listed
        self._cached_rows: dict[str, IndexRow] | None = None  # as the index had them last
        self._paths_present: set[str] = set()  # files that were here; one that is gone at the end was removed
        self._state_due = time.monotonic() + STATE_PUT_SECONDS
        self._state_lock, self._fetch_lock = threading.Lock(), threading.Lock()
        self._announced: set[str] = set()  # lists in the store
        self._put_count = 0

    # ------------------------------------------------------------------ a command's begin

    def pull(self, scope: MirrorScope, *, refresh: bool = False) -> None:
        """Take over what is new in the store, once or (`refresh`) again. Raises UsageError, StopRun."""
        if self._scope is not None and not refresh:
            if self._scope.covers(scope):
                return
            scope = scope.after(self._scope)
        self._scope = scope
        fetched: set[str] = set()
        for _ in range(PULL_ROUNDS):
            if not (round_paths := self._take_over(scope, fetched)):
                break
            fetched |= round_paths
        self._paths_present = {path for path in self._local_files() if self._is_put(path)}

    def pull_shards(self) -> None:
        """Take over what other machines have put meanwhile, the states of all shards too."""
        scope = self._scope or MirrorScope()
        self.pull(replace(scope, shards=True, databases=None), refresh=True)

    def _take_over(self, scope: MirrorScope, fetched: set[str]) -> set[str]:
        """One round: the files that were new. Of an artifact that is being put meanwhile nothing stays here."""
        listing = self._store.list()
        being_put, index_rows = self._being_put(listing), self._index.rows()
        self._documents = document_names([*listing, *index_rows])
        self._databases = {path: file for path, file in listing.items() if is_database(path)}
        remote_files = {path: file for path, file in listing.items() if path not in being_put and self._is_taken(path)}
        updates = [
            path for path, file in remote_files.items() if not self._is_current(path, index_rows.get(path), file)
        ]
        stubs = {
            path for path in updates if scope.only_lists(path) and self._is_replaceable(path, index_rows.get(path))
        }
        files = [path for path in updates if not is_database(path) and path not in stubs]
        if len(files) >= MANY_FILES:
            self._say(f"fetching {counted(len(files), 'file')} of {self.url}")
        self._index.note([(path, self._list_only(path, remote_files[path])) for path in stubs])
        run_in_threads(lambda path: self._fetch_new(path, remote_files[path], index_rows.get(path)), files)
        self._fetch_new_databases(updates, index_rows)
        self._remove([path for path in index_rows if self._is_taken(path) and path not in listing], index_rows)
        self._remove([path for path in being_put & fetched if not is_database(path)], self._index.rows())
        self._cached_rows = None
        return set(files) | stubs

    def _being_put(self, listing: dict[str, RemoteFile]) -> set[str]:
        """The files of artifacts that are announced, and so perhaps not yet whole."""

        def announced_paths(path: str) -> list[str]:
            with suppress(StopRun, ValueError):  # gone by now: it is whole
                return [str(name) for name in json.loads(self._store.read(path))]
            return []

        self._announced = {path for path in listing if path.startswith(PUTS)}
        return {name for paths in run_in_threads(announced_paths, self._announced) for name in paths}

    def _is_current(self, path: str, index_row: IndexRow | None, remote: RemoteFile) -> bool:
        if index_row is None or not index_row.is_of(remote) or file_stamp(self.root / path) == (-1, -1):
            return False
        return (
            not index_row.is_listed
            or (self._scope or MirrorScope()).only_lists(path)
            or not self._is_replaceable(path, index_row)
        )

    def _is_replaceable(self, path: str, index_row: IndexRow | None) -> bool:
        """Is what lies here of the store, so that nothing is lost where something else takes its place?"""
        local = self.root / path
        is_of_store = path.startswith(f"{DOCUMENTS}/") or file_stamp(local) == (-1, -1)
        return is_of_store or (index_row is not None and index_row.is_unchanged(local))

    def _list_only(self, path: str, remote: RemoteFile) -> IndexRow:
        """Put an empty file in place of an object that is not fetched yet."""
        local = self.root / path
        with self._temporary_file(local) as temporary:
            temporary.touch()
            temporary.replace(local)
        return IndexRow(*remote, *file_stamp(local))

    def _fetch_new(self, path: str, remote: RemoteFile, index_row: IndexRow | None) -> None:
        """Fetch a file; one that was changed here and there is kept beside as `.kept`."""
        local = self.root / path
        with suppress(UnitError), self._temporary_file(local) as temporary:  # gone by now: the next round tells
            self._store.get(path, temporary)
            is_changed = local.exists() and not (index_row and index_row.is_unchanged(local))
            if is_changed and local.read_bytes() != temporary.read_bytes():
                saved = local.with_name(f"{local.name}.kept")
                local.replace(saved)
                self._say(
                    f"{path} was changed here and in {self.url}: the other version is kept, yours is saved as {saved}"
                )
            temporary.replace(local)
            self._index.note([(path, IndexRow(*remote, *file_stamp(local)))])

    def fetch_databases(self, kind: str | None = None) -> None:
        """Have the databases of a kind (`mirror_scope.database_kind`) here, or all. Raises UnitError, StopRun."""
        with self._fetch_lock:
            scope = self._scope
            if scope is None or scope.databases is None or kind in scope.databases:
                return
            self._scope = replace(scope, databases=None if kind is None else scope.databases | {kind})
            index_rows = {
                path: index_row
                for path, index_row in self._index.rows().items()
                if is_database(path) and self._is_taken(path)
            }
            paths = [path for path, file in self._databases.items() if self._is_taken(path)]
            updates = [
                path for path in paths if not self._is_current(path, index_rows.get(path), self._databases[path])
            ]
            self._fetch_new_databases(updates, index_rows)
            self._remove([path for path in index_rows if path not in self._databases], index_rows)

    def _fetch_new_databases(self, paths: list[str], index_rows: dict[str, IndexRow]) -> None:
        for path in filter(is_database, paths):
            self._fetch_database(path, self._databases[path], index_rows.get(path))

    def _fetch_database(self, path: str, remote: RemoteFile, index_row: IndexRow | None) -> None:
        """Take over the rows of a database; where it has new ones here as well, it gets both and is put again."""
        local = self.root / path
        is_joined_state = self._scope is not None and self._scope.shard is not None and not path.startswith(SHARDS)
        with self._database_errors(path), self._temporary_copy() as copy, self._temporary_file(local) as temporary:
            self._store.get(path, temporary)
            temporary.chmod(0o600)
            if local.exists() and not (index_row and self._same_rows(local, index_row, copy)):
                join_database(temporary, local)
                digest = ""
            else:
                if local.exists() and not is_joined_state:
                    replace_rows(temporary, local)
                else:
                    temporary.replace(local)
                digest = copy_database(local, copy)
            self._index.note([(path, IndexRow(*remote, *file_stamp(local), digest))])

    def _remove(self, paths: list[str], index_rows: dict[str, IndexRow]) -> None:
        """Remove here what is gone there; what was changed here, and databases that grow, stay and are put again."""
        for path in paths:
            stays = is_database(path) and not Path(path).match(JOURNAL_SEGMENT)
            if not stays and path in index_rows and index_rows[path].is_unchanged(self.root / path):
                (self.root / path).unlink(missing_ok=True)
        self._index.drop(paths)

    # ------------------------------------------------------------------ while it works

    def fetch(self, paths: Iterable[Path]) -> None:
        """Have the content of those files at and below `paths` that are only listed. Raises UnitError, StopRun."""
        local_files = (file for path in paths for file in (_files_below(path) if path.is_dir() else [path]))
        run_in_threads(self._fetch_listed, [file for file in local_files if self.is_remote(file)])

    def is_remote(self, path: Path) -> bool:
        """Does an empty file stand for the object?"""
        return file_stamp(path)[0] == 0 and self.listed(path) is not None

    def _fetch_listed(self, local: Path) -> None:
        path = self._path_in_folder(local)
        index_row = self._index.row(path)
        if index_row is None or not index_row.is_listed:
            return
        with self._temporary_file(local) as temporary:
            self._store.get(path, temporary)
            if file_stamp(temporary)[0] != index_row.remote_size and (newest := self._store.info(path)):
                index_row = IndexRow(*newest)
            temporary.replace(local)
        self._note_row(path, index_row._replace(size=file_stamp(local)[0], mtime_ns=file_stamp(local)[1]))

    def listed(self, path: Path) -> tuple[str, str] | None:
        """(path in the folder, version) of a file that is as the store has it, fetched or not; None for all others."""
        if self._cached_rows is None:
            self._cached_rows = self._index.rows()
        path_in_folder = self._path_in_folder(path)
        index_row = self._cached_rows.get(path_in_folder)
        is_current = (
            index_row is not None
            and index_row.remote_size > 0
            and not index_row.digest
            and index_row.is_unchanged(path)
        )
        return (path_in_folder, index_row.version) if index_row is not None and is_current else None

    def _note_row(self, path: str, index_row: IndexRow) -> None:
        self._index.note([(path, index_row)])
        if self._cached_rows is not None:
            self._cached_rows[path] = index_row

    def put(self, paths: Iterable[Path]) -> None:
        """Put an artifact, whose files or folders are `paths`, whole or not at all. Raises StopRun."""
        put_paths = sorted(map(self._path_in_folder, paths))
        changed_files, removed_paths = self._changes(put_paths)
        announcement = f"{PUTS}{hashlib.sha256(repr(put_paths).encode()).hexdigest()[:16]}.json"
        if len(changed_files) + len(removed_paths) > 1:
            self._announced.add(announcement)
            self._store.write(announcement, json.dumps(sorted(changed_files + removed_paths)).encode())
        self._put_all(changed_files, removed_paths)
        if announcement in self._announced:  # just now, or by somebody who did not come to the end
            self._store.delete(announcement)
            self._announced.discard(announcement)
        self._put_state_in_between()

    def _changes(self, paths: list[str]) -> tuple[list[str], list[str]]:
        """(files to put, files to remove there) of what is at or below `paths`."""
        present: list[str] = []
        for path in paths:
            files = _files_below(self.root / path) if (self.root / path).is_dir() else [self.root / path]
            present += [self._path_in_folder(file) for file in files]
        indexed = [path for folder in paths for path in self._index.below(folder)]
        index_rows = {path: self._index.row(path) for path in (*present, *indexed)}
        existing = [path for path in index_rows if (self.root / path).exists() and is_mirrored(path.split("/"))]
        return [path for path in existing if self._is_changed(path, index_rows[path])], [
            path for path, index_row in index_rows.items() if index_row is not None and not (self.root / path).exists()
        ]

    def _is_changed(self, path: str, index_row: IndexRow | None) -> bool:
        return not is_database(path) and not (index_row is not None and index_row.is_unchanged(self.root / path))

    def _put_all(self, files: list[str], removed_paths: list[str]) -> None:
        run_in_threads(self._put_file, files)
        run_in_threads(self._store.delete, removed_paths)
        self._index.drop(removed_paths)
        self._paths_present -= set(removed_paths)

    def _put_file(self, path: str) -> None:
        stamp = file_stamp(self.root / path)
        file = self._store.put(self.root / path, path)
        self._note_row(path, IndexRow(*file, *stamp))
        self._paths_present.add(path)
        self._put_count += 1

    def _put_state_in_between(self) -> None:
        """Put the state now and then: another machine could go on from there if this one were lost."""
        if self._scope is None or time.monotonic() < self._state_due or not self._state_lock.acquire(blocking=False):
            return
        try:
            start = time.monotonic()
            self._put_databases()
            self._state_due = time.monotonic() + max(STATE_PUT_SECONDS, STATE_PUT_REST * (time.monotonic() - start))
        finally:
            self._state_lock.release()

    # ------------------------------------------------------------------ a command's end

    def push(self) -> int:
        """Put all that has changed, the state last; returns how many files were put since `pull`. Raises StopRun."""
        index_rows = self._index.rows()
        local_paths = [path for path in self._local_files() if self._is_put(path)]
        removed_paths = [path for path in self._paths_present - set(local_paths) if path in index_rows]
        self._put_all([path for path in local_paths if self._is_changed(path, index_rows.get(path))], removed_paths)
        with self._state_lock:
            self._put_databases()
        count, self._put_count = self._put_count, 0
        return count

    def _put_databases(self) -> None:
        """The manifest last: what stands in it is there."""
        databases = [path for path in self._local_files() if is_database(path) and self._is_put(path)]
        for path in sorted(databases, key=lambda path: (path.endswith("manifest.db"), path)):
            self._put_database(path)

    def _put_database(self, path: str) -> None:
        """Put the rows as they are now, together with those that another machine has put meanwhile."""
        local, index_row = self.root / path, self._index.row(path)
        if index_row and index_row.digest and index_row.is_unchanged(local) and not Path(f"{local}-wal").exists():
            return
        with self._database_errors(path), self._temporary_copy() as copy:
            digest = copy_database(local, copy)
            if index_row is None or digest != index_row.digest:
                remote = self._store.info(path)
                if remote is not None and not (index_row and index_row.is_of(remote)):
                    self._store.get(path, copy)
                    join_database(copy, local)
                    digest = copy_database(local, copy)
                index_row = IndexRow(*self._store.put(copy, path))
                self._paths_present.add(path)
                self._put_count += 1
            size, mtime_ns = file_stamp(local)
            self._index.note([(path, index_row._replace(size=size, mtime_ns=mtime_ns, digest=digest))])

    # ------------------------------------------------------------------ small things

    def _is_taken(self, path: str) -> bool:
        return self._scope is not None and self._scope.takes(path, self._documents)

    def _is_put(self, path: str) -> bool:
        return self._scope is not None and self._scope.puts(path, self._documents)

    def _path_in_folder(self, path: Path) -> str:
        """`path` as the store names it; "" for one outside of the folder."""
        prefix = f"{self.root}{os.sep}"
        return str(path).removeprefix(prefix).replace(os.sep, "/") if str(path).startswith(prefix) else ""

    def _local_files(self) -> list[str]:
        return [path for path in map(self._path_in_folder, _files_below(self.root)) if is_mirrored(path.split("/"))]

    def _same_rows(self, local: Path, index_row: IndexRow, copy: Path) -> bool:
        return bool(index_row.digest) and copy_database(local, copy) == index_row.digest

    @contextmanager
    def _temporary_file(self, local: Path) -> Iterator[Path]:
        """A temporary file in the folder of `local`, of another thread's or process's own."""
        local.parent.mkdir(parents=True, exist_ok=True)
        temporary = local.with_name(f"{TEMPORARY}{process_mark()}-{threading.get_ident()}-{local.name[-40:]}")
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def _temporary_copy(self) -> Iterator[Path]:
        with TemporaryDirectory(dir=self._folder) as folder:
            yield Path(folder) / "copy.db"

    @contextmanager
    def _database_errors(self, path: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StopRun(f"{self.root / path}: {error}; move it away, and it is fetched again") from None


def _files_below(folder: Path) -> Iterator[Path]:
    for subfolder, folders, files in os.walk(folder):
        folders[:] = sorted(folders)
        for name in sorted(files):
            yield Path(subfolder) / name
