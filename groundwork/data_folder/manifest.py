"""What every artifact was made from, so that a stage knows which of its units are current.

One SQLite file in WAL mode: several processes may work on one data folder. A row is written after its unit's files
are in place, so a unit without a row is a unit that was not finished. What replaces an earlier result is announced
before, so that a run that was killed in between finds its own files and not an edit by hand.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import msgspec

from groundwork.data_folder import claims
from groundwork.data_folder.databases import read_only_database
from groundwork.data_folder.file_names import path_strings_of, printable_path
from groundwork.errors import StopRun, UsageError

if TYPE_CHECKING:
    from groundwork.data_folder.remote_folder.mirror import Mirror


_MANIFEST_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS units (stage, unit, entry BLOB, finished, PRIMARY KEY (stage, unit));
CREATE TABLE IF NOT EXISTS files (path PRIMARY KEY, size, mtime_ns, sha256);
CREATE TABLE IF NOT EXISTS writes (path, sha256, PRIMARY KEY (path, sha256)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (path, version, sha256, PRIMARY KEY (path, version));
CREATE TABLE IF NOT EXISTS fingerprints (
  stage, unit, fingerprint, state, note, PRIMARY KEY (stage, unit)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS unit_recorded AFTER INSERT ON units BEGIN
  DELETE FROM fingerprints WHERE stage = NEW.stage AND unit = NEW.unit;
END;
CREATE TRIGGER IF NOT EXISTS unit_changed AFTER UPDATE ON units BEGIN
  DELETE FROM fingerprints WHERE stage IN (OLD.stage, NEW.stage) AND unit IN (OLD.unit, NEW.unit);
END;
CREATE TRIGGER IF NOT EXISTS unit_forgotten AFTER DELETE ON units BEGIN
  DELETE FROM fingerprints WHERE stage = OLD.stage AND unit = OLD.unit;
END;
"""

_SELECT_ENTRIES = "SELECT unit, entry FROM units WHERE stage = ?"
_SELECT_ENTRY = "SELECT entry FROM units WHERE stage = ? AND unit = ?"
_SELECT_FINGERPRINTS = "SELECT unit, fingerprint, state, note FROM fingerprints WHERE stage = ?"
_KEEP_FINGERPRINT = (  # of an entry that is still the one by which the unit was judged
    "INSERT OR REPLACE INTO fingerprints SELECT stage, unit, ?, ?, ? FROM units "
    "WHERE stage = ? AND unit = ? AND entry = ?"
)
_SELECT_OBJECT_HASH = "SELECT sha256 FROM objects WHERE path = ? AND version = ?"
_SELECT_FILE_HASHES = "SELECT path, size, mtime_ns, sha256 FROM files WHERE path"
_SELECT_FILE_HASH = "SELECT size, mtime_ns, sha256 FROM files WHERE path = ?"

MAX_MANIFEST_VALUES = 900  # values of one statement: every SQLite takes so many

Hashes = dict[str, str]
State = Literal["done", "empty", "stale", "behind", "missing", "failed"]
CURRENT_STATES = ("done", "empty")
UnitStates = dict[str, tuple[State, str]]  # by unit, each with the reason


class ManifestEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One finished unit: what shaped it (`inputs`, `recipe`), what it wrote, and how it ended.

    `choice`: what its command was told beside the settings, such as which runs.
    """

    inputs: Hashes
    recipe: dict[str, Any]
    outputs: Hashes
    status: str
    note: str = ""
    counts: dict[str, int] = {}
    warnings: list[str] = []
    failures: list[dict[str, str]] = []
    seconds: float = 0.0
    choice: dict[str, Any] = {}


class EntryInputs(msgspec.Struct, frozen=True):
    """What a unit read: all that is decoded of an entry where nothing else is asked for."""

    inputs: Hashes


class EntryOutputs(msgspec.Struct, frozen=True):
    """What a unit wrote, and how it ended."""

    outputs: Hashes
    status: str


class EntryChoice(msgspec.Struct, frozen=True):
    """What the command of a unit was told."""

    choice: dict[str, Any] = {}


FinishedUnit = tuple[str, str, float, ManifestEntry]  # stage, unit, when (seconds since 1970), entry
Entry = TypeVar("Entry", ManifestEntry, EntryInputs, EntryOutputs, EntryChoice)


class Manifest:
    """The entries of one data folder, and a cache of its files' hashes keyed by size and mtime.

    Both are looked up as they are asked for: a start reads nothing that it does not judge.
    """

    def __init__(
        self, path: Path, joined: Path | None = None, *, read_only: bool = False, mirror: Mirror | None = None
    ) -> None:
        """Open `path`, or make it. Raises UsageError when it cannot be.

        `read_only`: where the folder cannot be written, what is there is looked at all the same.

        `joined`: a manifest whose entries stand as well where `path` has none, and which is read only: the one that
        a shard's is joined to later.

        `mirror`: the store that the files are of; one that is not fetched has the hash that its version had when
        somebody read it.
        """
        self.path = path
        self.claims = claims.Claims(self._execute_on_manifest)
        self._mirror = mirror
        self._joined_manifest = read_only_database(joined) if joined is not None and joined.is_file() else None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._manifest_db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._manifest_db.executescript(claims.TABLE + _MANIFEST_TABLES)
        except (OSError, sqlite3.Error) as error:
            if not read_only:
                raise UsageError(_manifest_error(path, error)) from error
            self._copy_to_memory(path)
        self._entry_decoder = msgspec.json.Decoder(ManifestEntry)
        # Of `files`, those that are looked up together: one or none of each.
        self._looked_up_hashes: dict[str, list[Any]] = {}
        self._unchanged_hashes: dict[str, str] = {}  # of these the hashes of the files that are as they were
        self._looked_up_entries: dict[tuple[str, str], list[Any]] = {}

    def close(self) -> None:
        self._manifest_db.close()
        if self._joined_manifest is not None:
            self._joined_manifest.close()

    def _copy_to_memory(self, path: Path) -> None:
        """Copy what `path` holds into memory, nothing where it does not exist."""
        self._manifest_db = sqlite3.connect(":memory:", isolation_level=None)
        with suppress(sqlite3.Error), closing(read_only_database(path)) as stored_manifest:
            stored_manifest.backup(self._manifest_db)
        self._manifest_db.executescript(claims.TABLE + _MANIFEST_TABLES)

    @contextmanager
    def looked_up(self, stage: str, units: Sequence[str], paths: Iterable[str | Path]) -> Iterator[None]:
        """Look up these units' entries and these files' hashes at once, in less time than one after the other."""
        self._looked_up_entries = {(stage, unit): [] for unit in units}
        paths_by_key = {printable_path(path): path for path in path_strings_of(paths)}
        self._looked_up_hashes = {hashed_path: [] for hashed_path in paths_by_key}
        for manifest_batch in _manifest_batches(list(units)):
            manifest_values, manifest_query = (
                (stage, *manifest_batch),
                f"{_SELECT_ENTRIES} AND unit IN ({_manifest_placeholders(manifest_batch)})",
            )
            for unit, manifest_entry in [
                *self._joined_manifest_rows(manifest_query, manifest_values),
                *self._execute_on_manifest(manifest_query, manifest_values),
            ]:
                self._looked_up_entries[stage, unit] = [(manifest_entry,)]
        for manifest_batch in _manifest_batches(list(self._looked_up_hashes)):
            for hashed_path, file_size, mtime_ns, file_digest in self._execute_on_manifest(
                f"{_SELECT_FILE_HASHES} IN ({_manifest_placeholders(manifest_batch)})", tuple(manifest_batch)
            ):
                self._looked_up_hashes[hashed_path] = [(file_size, mtime_ns, file_digest)]
                if self._mirror is None and _is_hashed_file_unchanged(paths_by_key[hashed_path], file_size, mtime_ns):
                    self._unchanged_hashes[paths_by_key[hashed_path]] = file_digest
        try:
            yield
        finally:
            self._looked_up_entries, self._looked_up_hashes, self._unchanged_hashes = {}, {}, {}

    def states_by_fingerprint(self, stage: str, fingerprints: Mapping[str, bytes | None]) -> UnitStates:
        """The state and its reason of those units that were found current with the same fingerprint."""
        manifest_states: UnitStates = {}
        for manifest_batch in _manifest_batches(list(fingerprints)):
            manifest_query = f"{_SELECT_FINGERPRINTS} AND unit IN ({_manifest_placeholders(manifest_batch)})"
            for unit, fingerprint, state, note in self._execute_on_manifest(manifest_query, (stage, *manifest_batch)):
                if fingerprint == fingerprints[unit]:
                    manifest_states[unit] = state, note
        return manifest_states

    def keep_fingerprints(self, stage: str, fingerprints: Mapping[str, bytes | None], states: UnitStates) -> None:
        """Keep with which fingerprints these units, which are looked up together just now, were found current.

        Goes without where the database cannot be written: the next start looks at the hashes again.
        """
        manifest_fingerprints = [
            (fingerprint, unit_state, note, stage, unit, manifest_rows[0][0])
            for unit, (unit_state, note) in states.items()
            if (fingerprint := fingerprints[unit]) and (manifest_rows := self._looked_up_entries.get((stage, unit)))
        ]
        if manifest_fingerprints:
            with suppress(sqlite3.OperationalError), self._manifest_db:
                self._manifest_db.execute("BEGIN IMMEDIATE")
                self._manifest_db.executemany(_KEEP_FINGERPRINT, manifest_fingerprints)

    def entry(self, stage: str, unit: str) -> ManifestEntry | None:
        """That of one unit; None where it was not finished."""
        manifest_rows = self._looked_up_entries.get((stage, unit))
        if manifest_rows is None:
            manifest_rows = self._execute_on_manifest(_SELECT_ENTRY, (stage, unit)) or self._joined_manifest_rows(
                _SELECT_ENTRY, (stage, unit)
            )
        return self._entry_decoder.decode(manifest_rows[0][0]) if manifest_rows else None

    @overload
    def entries(self, stage: str) -> dict[str, ManifestEntry]: ...
    @overload
    def entries(self, stage: str, entry_type: type[Entry]) -> dict[str, Entry]: ...
    def entries(self, stage: str, entry_type: type[Any] = ManifestEntry) -> dict[str, Any]:
        """All of a stage, or what `entry_type` has of each."""
        manifest_rows = [
            *self._joined_manifest_rows(_SELECT_ENTRIES, (stage,)),
            *self._execute_on_manifest(_SELECT_ENTRIES, (stage,)),
        ]
        manifest_decoder = msgspec.json.Decoder(entry_type)
        return {unit: manifest_decoder.decode(manifest_row) for unit, manifest_row in manifest_rows}

    def _joined_manifest_rows(self, query: str, query_values: tuple[Any, ...]) -> list[Any]:
        if self._joined_manifest is None:
            return []
        try:
            return self._joined_manifest.execute(query, query_values).fetchall()
        except sqlite3.Error:  # nothing joined yet, or damaged: what it held is done anew
            return []

    def all_entries(self) -> list[tuple[str, str, ManifestEntry]]:
        """(stage, unit, entry) of everything that was done."""
        manifest_decoder = msgspec.json.Decoder(ManifestEntry)
        manifest_rows = self._execute_on_manifest("SELECT stage, unit, entry FROM units ORDER BY stage, unit", ())
        return [(stage, unit, manifest_decoder.decode(manifest_row)) for stage, unit, manifest_row in manifest_rows]

    def finished(self) -> list[FinishedUnit]:
        """(stage, unit, when it was finished in seconds since 1970, entry) of everything that was done."""
        manifest_decoder = msgspec.json.Decoder(ManifestEntry)
        manifest_rows = self._execute_on_manifest("SELECT stage, unit, finished, entry FROM units", ())
        return [
            (stage, unit, finished, manifest_decoder.decode(manifest_row))
            for stage, unit, finished, manifest_row in manifest_rows
        ]

    def forget_missing_files(self) -> int:
        """Drop the hashes of files that are gone, and give the room back to the disk; returns how many there were."""
        missing_hashed_files = [
            path for (path,) in self._execute_on_manifest("SELECT path FROM files", ()) if not Path(path).exists()
        ]
        for path in missing_hashed_files:
            self._execute_on_manifest("DELETE FROM files WHERE path = ?", (path,))
        self._execute_on_manifest("VACUUM", ())
        return len(missing_hashed_files)

    def record(self, stage: str, unit: str, manifest_entry: ManifestEntry) -> None:
        """Note how a unit ended; what was announced of the files that it says is settled by it."""
        manifest_row = (stage, unit, msgspec.json.encode(manifest_entry), time.time())
        self._execute_on_manifest("INSERT OR REPLACE INTO units VALUES (?, ?, ?, ?)", manifest_row)
        for output_name, announced_digests in self.announced_writes(manifest_entry.outputs).items():
            if manifest_entry.outputs[output_name] in announced_digests:
                self._execute_on_manifest("DELETE FROM writes WHERE path = ?", (output_name,))

    def announce_write(self, output_name: str, file_digest: str) -> None:
        """Note, to last through a power cut, what is about to take the place of an output, from any thread.

        Raises StopRun where the file cannot be used.
        """
        try:
            with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as announcements:
                announcements.execute("PRAGMA synchronous = FULL")
                announcements.execute("INSERT OR IGNORE INTO writes VALUES (?, ?)", (output_name, file_digest))
        except sqlite3.Error as error:
            raise StopRun(_manifest_error(self.path, error)) from error

    def announced_writes(self, output_names: Collection[str]) -> dict[str, set[str]]:
        """By output the hashes that were announced for it and that no entry has settled."""
        if not output_names:
            return {}
        announced_digests: dict[str, set[str]] = {}
        for output_name, file_digest in self._execute_on_manifest("SELECT path, sha256 FROM writes", ()):
            if output_name in output_names:
                announced_digests.setdefault(output_name, set()).add(file_digest)
        return announced_digests

    def forget(self, stage: str, units: Iterable[str]) -> None:
        """Drop the entries of units that are to be redone, so that a run that is stopped goes on with the rest."""
        for unit in units:
            self._execute_on_manifest("DELETE FROM units WHERE stage = ? AND unit = ?", (stage, unit))

    def hashes(self, paths: Iterable[str | Path], name: Any = str) -> Hashes:
        """sha256 of each path that exists, by `name(path)`; a file whose size and mtime are known is not read."""
        hashes_by_name = {}
        for path in path_strings_of(paths):
            if file_digest := self._unchanged_hashes.get(path) or self.sha256(path):
                hashes_by_name[name(path)] = file_digest
        return hashes_by_name

    def sha256(self, path: str | Path) -> str:
        """Of a file's content, or "" when there is none. A folder hashes as the names and hashes in it."""
        try:
            hashed_file_status = os.stat(path)  # noqa: PTH116  half of Path.stat's time
        except (FileNotFoundError, NotADirectoryError):
            return ""
        if stat.S_ISDIR(hashed_file_status.st_mode):
            folder_hashes = self.hashes(sorted(hashed for hashed in Path(path).rglob("*") if hashed.is_file()))
            return hashlib.sha256(repr(sorted(folder_hashes.items())).encode()).hexdigest()
        stored_version = self._mirror.listed(Path(path)) if self._mirror else None
        if stored_version and hashed_file_status.st_size == 0:  # not fetched
            return self._stored_object_hash(stored_version) or f"version {stored_version[1]}, which was not read"
        hashed_path, size_mtime = printable_path(path), (hashed_file_status.st_size, hashed_file_status.st_mtime_ns)
        manifest_hashes = self._looked_up_hashes.get(hashed_path)
        for file_size, mtime_ns, file_digest in (
            self._execute_on_manifest(_SELECT_FILE_HASH, (hashed_path,)) if manifest_hashes is None else manifest_hashes
        ):
            if (file_size, mtime_ns) == size_mtime and (not stored_version or self._stored_object_hash(stored_version)):
                return str(file_digest)
        with Path(path).open("rb") as hashed:
            file_digest = hashlib.file_digest(hashed, "sha256").hexdigest()
        self._execute_on_manifest(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (hashed_path, *size_mtime, file_digest)
        )
        if stored_version and self._stored_object_hash(stored_version) != file_digest:
            self._execute_on_manifest("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", (*stored_version, file_digest))
        return file_digest

    def _stored_object_hash(self, path_and_version: tuple[str, str]) -> str:
        """The sha256 of a version of an object; "" where nobody has read it."""
        file_hash_rows = self._execute_on_manifest(_SELECT_OBJECT_HASH, path_and_version) or self._joined_manifest_rows(
            _SELECT_OBJECT_HASH, path_and_version
        )
        return str(file_hash_rows[0][0]) if file_hash_rows else ""

    def _execute_on_manifest(self, statement: str, query_values: tuple[Any, ...]) -> list[Any]:
        """The rows. Raises StopRun when the file cannot be used (disk full, damaged): what follows could not either."""
        try:
            return self._manifest_db.execute(statement, query_values).fetchall()
        except sqlite3.Error as error:
            raise StopRun(_manifest_error(self.path, error)) from error


def _is_hashed_file_unchanged(file: str, size: int, mtime_ns: int) -> bool:
    try:
        hashed_file_status = os.stat(file)  # noqa: PTH116  half of Path.stat's time, and the bulk of a run with nothing to do
    except OSError:
        return False
    return (
        hashed_file_status.st_mtime_ns == mtime_ns
        and hashed_file_status.st_size == size
        and stat.S_ISREG(hashed_file_status.st_mode)
    )


def _manifest_batches(unit_names: list[str]) -> Iterator[list[str]]:
    return (unit_names[start : start + MAX_MANIFEST_VALUES] for start in range(0, len(unit_names), MAX_MANIFEST_VALUES))


def _manifest_placeholders(query_values: Sequence[str]) -> str:
    """A question mark for each value of a statement."""
    return ", ".join("?" * len(query_values))


def _manifest_error(path: Path, error: Exception) -> str:
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return f"{path}: {error}; move it away: each stage is then done again, with the replies of the journal"
    return f"{path}: cannot be used: {error}; free disk space, make it writable, or pass --data with another folder"
