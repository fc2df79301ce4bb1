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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from groundwork.errors import StopRun, UnitError
from groundwork.records.artifacts import TEMPORARY
from groundwork.records.join_databases import join_database
from groundwork.records.process_identity import mark
from groundwork.records.remote_folder.database_copies import copy_database, replace_rows
from groundwork.records.remote_folder.mirror_index import MirrorIndex, Row, stamp
from groundwork.records.remote_folder.mirror_scope import (
    DOCUMENTS,
    PUTS,
    SHARDS,
    Scope,
    is_database,
    is_kept,
    names_of_documents,
)
from groundwork.records.remote_folder.remote_store import RemoteFile, RemoteStore, side_by_side
from groundwork.records.shards import JOURNAL_SEGMENT

STATE_EVERY = 300.0  # seconds between two puts of the state while a stage is at work
REST = 20  # times the duration of such a put, at least, before the next one
ROUNDS = 3  # of taking over, while another machine goes on putting
MANY = 200  # files, from which fetching them is worth a word


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
        self._scope: Scope | None = None
        self._documents: set[str] = set()
        self._databases: dict[str, RemoteFile] = {}  # in the store, when it was last listed
        self._rows: dict[str, Row] | None = None  # as the index had them last
        self._present: set[str] = set()  # files that were here; one that is gone at the end was removed
        self._next_state = time.monotonic() + STATE_EVERY
        self._state, self._fetching = threading.Lock(), threading.Lock()
        self._announced: set[str] = set()  # lists in the store
        self._count = 0

    # ------------------------------------------------------------------ a command's begin

    def pull(self, scope: Scope, *, again: bool = False) -> None:
        """Take over what is new in the store, where that was not done yet, or `again`. Raises UsageError, StopRun."""
        if self._scope is not None and not again:
            if self._scope.covers(scope):
                return
            scope = scope.after(self._scope)
        self._scope = scope
        fresh: set[str] = set()
        for _ in range(ROUNDS):
            if not (took := self._take_over(scope, fresh)):
                break
            fresh |= took
        self._present = {path for path in self._local_files() if self._puts(path)}

    def pull_shards(self) -> None:
        """Take over what other machines have put meanwhile, the states of all shards too."""
        scope = self._scope or Scope()
        self.pull(replace(scope, shards=True, databases=None), again=True)

    def _take_over(self, scope: Scope, fresh: set[str]) -> set[str]:
        """One round: the files that were new. Of an artifact that is being put meanwhile nothing stays here."""
        listing = self._store.list()
        half, rows = self._being_put(listing), self._index.rows()
        self._documents = names_of_documents([*listing, *rows])
        self._databases = {path: file for path, file in listing.items() if is_database(path)}
        wanted = {path: file for path, file in listing.items() if path not in half and self._takes(path)}
        new = [path for path, file in wanted.items() if not self._has(path, rows.get(path), file)]
        listed = {path for path in new if scope.only_lists(path) and self._may_go(path, rows.get(path))}
        files = [path for path in new if not is_database(path) and path not in listed]
        if len(files) >= MANY:
            self._say(f"fetching {len(files):,} files of {self.url}")
        self._index.note([(path, self._list_only(path, wanted[path])) for path in listed])
        side_by_side(lambda path: self._fetch_new(path, wanted[path], rows.get(path)), files)
        self._fetch_new_databases(new, rows)
        self._remove([path for path in rows if self._takes(path) and path not in listing], rows)
        self._remove([path for path in half & fresh if not is_database(path)], self._index.rows())
        self._rows = None
        return set(files) | listed

    def _being_put(self, listing: dict[str, RemoteFile]) -> set[str]:
        """The files of artifacts that are announced, and so perhaps not yet whole."""

        def names(path: str) -> list[str]:
            with suppress(StopRun, ValueError):  # gone by now: it is whole
                return [str(name) for name in json.loads(self._store.read(path))]
            return []

        self._announced = {path for path in listing if path.startswith(PUTS)}
        return {name for found in side_by_side(names, self._announced) for name in found}

    def _has(self, path: str, row: Row | None, remote: RemoteFile) -> bool:
        if row is None or not row.is_of(remote) or stamp(self.root / path) == (-1, -1):
            return False
        return not row.is_listed or (self._scope or Scope()).only_lists(path) or not self._may_go(path, row)

    def _may_go(self, path: str, row: Row | None) -> bool:
        """Is what lies here of the store, so that nothing is lost where something else takes its place?"""
        local = self.root / path
        of_store = path.startswith(f"{DOCUMENTS}/") or stamp(local) == (-1, -1)
        return of_store or (row is not None and row.is_unchanged(local))

    def _list_only(self, path: str, remote: RemoteFile) -> Row:
        """Put an empty file in place of an object that is not fetched yet."""
        local = self.root / path
        with self._beside(local) as temporary:
            temporary.touch()
            temporary.replace(local)
        return Row(*remote, *stamp(local))

    def _fetch_new(self, path: str, remote: RemoteFile, row: Row | None) -> None:
        """Fetch a file; one that was changed here and there is kept beside as `.kept`."""
        local = self.root / path
        with suppress(UnitError), self._beside(local) as temporary:  # gone by now: the next round tells
            self._store.get(path, temporary)
            changed = local.exists() and not (row and row.is_unchanged(local))
            if changed and local.read_bytes() != temporary.read_bytes():
                kept = local.with_name(f"{local.name}.kept")
                local.replace(kept)
                self._say(
                    f"{path} was changed here and in {self.url}: the other version is kept, yours is saved as {kept}"
                )
            temporary.replace(local)
            self._index.note([(path, Row(*remote, *stamp(local)))])

    def fetch_databases(self, kind: str | None = None) -> None:
        """Have the databases of a kind (`mirror_scope.database_kind`) here, or all. Raises UnitError, StopRun."""
        with self._fetching:
            scope = self._scope
            if scope is None or scope.databases is None or kind in scope.databases:
                return
            self._scope = replace(scope, databases=None if kind is None else scope.databases | {kind})
            rows = {path: row for path, row in self._index.rows().items() if is_database(path) and self._takes(path)}
            there = [path for path, file in self._databases.items() if self._takes(path)]
            self._fetch_new_databases([p for p in there if not self._has(p, rows.get(p), self._databases[p])], rows)
            self._remove([path for path in rows if path not in self._databases], rows)

    def _fetch_new_databases(self, new: list[str], rows: dict[str, Row]) -> None:
        for path in filter(is_database, new):
            self._fetch_database(path, self._databases[path], rows.get(path))

    def _fetch_database(self, path: str, remote: RemoteFile, row: Row | None) -> None:
        """Take over the rows of a database; where it has new ones here as well, it gets both and is put again."""
        local = self.root / path
        joined = self._scope is not None and self._scope.shard is not None and not path.startswith(SHARDS)
        with self._database_errors(path), self._scratch() as scratch, self._beside(local) as temporary:
            self._store.get(path, temporary)
            temporary.chmod(0o600)
            if local.exists() and not (row and self._same_rows(local, row, scratch)):
                join_database(temporary, local)
                digest = ""
            else:
                if local.exists() and not joined:
                    replace_rows(temporary, local)
                else:
                    temporary.replace(local)
                digest = copy_database(local, scratch)
            self._index.note([(path, Row(*remote, *stamp(local), digest))])

    def _remove(self, paths: list[str], rows: dict[str, Row]) -> None:
        """Remove here what is gone there; what was changed here, and databases that grow, stay and are put again."""
        for path in paths:
            stays = is_database(path) and not Path(path).match(JOURNAL_SEGMENT)
            if not stays and path in rows and rows[path].is_unchanged(self.root / path):
                (self.root / path).unlink(missing_ok=True)
        self._index.drop(paths)

    # ------------------------------------------------------------------ while it works

    def fetch(self, paths: Iterable[Path]) -> None:
        """Have the content of those files at and below `paths` that are only listed. Raises UnitError, StopRun."""
        files = (file for path in paths for file in (_files_below(path) if path.is_dir() else [path]))
        side_by_side(self._fetch_listed, [file for file in files if self.is_elsewhere(file)])

    def is_elsewhere(self, path: Path) -> bool:
        """Does an empty file stand for the object?"""
        return stamp(path)[0] == 0 and self.listed(path) is not None

    def _fetch_listed(self, local: Path) -> None:
        path = self._inside(local)
        row = self._index.row(path)
        if row is None or not row.is_listed:
            return
        with self._beside(local) as temporary:
            self._store.get(path, temporary)
            if stamp(temporary)[0] != row.remote_size and (newer := self._store.info(path)):
                row = Row(*newer)
            temporary.replace(local)
        self._note(path, row._replace(size=stamp(local)[0], mtime_ns=stamp(local)[1]))

    def listed(self, path: Path) -> tuple[str, str] | None:
        """(path in the folder, version) of a file that is as the store has it, fetched or not; None for all others."""
        if self._rows is None:
            self._rows = self._index.rows()
        inside = self._inside(path)
        row = self._rows.get(inside)
        known = row is not None and row.remote_size > 0 and not row.digest and row.is_unchanged(path)
        return (inside, row.version) if row is not None and known else None

    def _note(self, path: str, row: Row) -> None:
        self._index.note([(path, row)])
        if self._rows is not None:
            self._rows[path] = row

    def put(self, paths: Iterable[Path]) -> None:
        """Put an artifact, whose files or folders are `paths`, whole or not at all. Raises StopRun."""
        inside = sorted(map(self._inside, paths))
        files, gone = self._changes(inside)
        name = f"{PUTS}{hashlib.sha256(repr(inside).encode()).hexdigest()[:16]}.json"
        if len(files) + len(gone) > 1:
            self._announced.add(name)
            self._store.write(name, json.dumps(sorted(files + gone)).encode())
        self._put_all(files, gone)
        if name in self._announced:  # just now, or by somebody who did not come to the end
            self._store.delete(name)
            self._announced.discard(name)
        self._put_state_in_between()

    def _changes(self, paths: list[str]) -> tuple[list[str], list[str]]:
        """(files to put, files to remove there) of what is at or below `paths`."""
        found: list[str] = []
        for path in paths:
            below = _files_below(self.root / path) if (self.root / path).is_dir() else [self.root / path]
            found += [self._inside(file) for file in below]
        known = {
            path: self._index.row(path) for path in (*found, *(p for top in paths for p in self._index.below(top)))
        }
        there = [path for path in known if (self.root / path).exists() and is_kept(path.split("/"))]
        return [path for path in there if self._is_changed(path, known[path])], [
            path for path, row in known.items() if row is not None and not (self.root / path).exists()
        ]

    def _is_changed(self, path: str, row: Row | None) -> bool:
        return not is_database(path) and not (row is not None and row.is_unchanged(self.root / path))

    def _put_all(self, files: list[str], gone: list[str]) -> None:
        side_by_side(self._put_file, files)
        side_by_side(self._store.delete, gone)
        self._index.drop(gone)
        self._present -= set(gone)

    def _put_file(self, path: str) -> None:
        before = stamp(self.root / path)
        file = self._store.put(self.root / path, path)
        self._note(path, Row(*file, *before))
        self._present.add(path)
        self._count += 1

    def _put_state_in_between(self) -> None:
        """Put the state now and then: another machine could go on from there if this one were lost."""
        if self._scope is None or time.monotonic() < self._next_state or not self._state.acquire(blocking=False):
            return
        try:
            began = time.monotonic()
            self._put_databases()
            self._next_state = time.monotonic() + max(STATE_EVERY, REST * (time.monotonic() - began))
        finally:
            self._state.release()

    # ------------------------------------------------------------------ a command's end

    def push(self) -> int:
        """Put all that has changed, the state last; returns how many files were put since `pull`. Raises StopRun."""
        rows = self._index.rows()
        here = [path for path in self._local_files() if self._puts(path)]
        gone = [path for path in self._present - set(here) if path in rows and not is_database(path)]
        removed = [path for path in self._present - set(here) if path in rows and is_database(path)]
        self._put_all([path for path in here if self._is_changed(path, rows.get(path))], [*gone, *removed])
        with self._state:
            self._put_databases()
        count, self._count = self._count, 0
        return count

    def _put_databases(self) -> None:
        """The manifest last: what stands in it is there."""
        databases = [path for path in self._local_files() if is_database(path) and self._puts(path)]
        for path in sorted(databases, key=lambda path: (path.endswith("manifest.db"), path)):
            self._put_database(path)

    def _put_database(self, path: str) -> None:
        """Put the rows as they are now, together with those that another machine has put meanwhile."""
        local, row = self.root / path, self._index.row(path)
        if row and row.digest and row.is_unchanged(local) and not Path(f"{local}-wal").exists():
            return
        with self._database_errors(path), self._scratch() as scratch:
            digest = copy_database(local, scratch)
            if row is None or digest != row.digest:
                remote = self._store.info(path)
                if remote is not None and not (row and row.is_of(remote)):
                    self._store.get(path, scratch)
                    join_database(scratch, local)
                    digest = copy_database(local, scratch)
                row = Row(*self._store.put(scratch, path))
                self._present.add(path)
                self._count += 1
            size, mtime_ns = stamp(local)
            self._index.note([(path, row._replace(size=size, mtime_ns=mtime_ns, digest=digest))])

    # ------------------------------------------------------------------ small things

    def _takes(self, path: str) -> bool:
        return self._scope is not None and self._scope.takes(path, self._documents)

    def _puts(self, path: str) -> bool:
        return self._scope is not None and self._scope.puts(path, self._documents)

    def _inside(self, path: Path) -> str:
        """`path` as the store names it; "" for one outside of the folder."""
        start = f"{self.root}{os.sep}"
        return str(path).removeprefix(start).replace(os.sep, "/") if str(path).startswith(start) else ""

    def _local_files(self) -> list[str]:
        return [path for path in map(self._inside, _files_below(self.root)) if is_kept(path.split("/"))]

    def _same_rows(self, local: Path, row: Row, scratch: Path) -> bool:
        return bool(row.digest) and copy_database(local, scratch) == row.digest

    @contextmanager
    def _beside(self, local: Path) -> Iterator[Path]:
        """A temporary file in the folder of `local`, of another thread's or process's own."""
        local.parent.mkdir(parents=True, exist_ok=True)
        temporary = local.with_name(f"{TEMPORARY}{mark()}-{threading.get_ident()}-{local.name[-40:]}")
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        with TemporaryDirectory(dir=self._folder) as folder:
            yield Path(folder) / "copy.db"

    @contextmanager
    def _database_errors(self, path: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StopRun(f"{self.root / path}: {error}; move it away, and it is fetched again") from None


def _files_below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(folders)
        for name in sorted(files):
            yield Path(place) / name
