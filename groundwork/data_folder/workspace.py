"""Files of the data folder: where they lie, and how they are read and written.

Every write goes to a temporary file beside the target, is flushed to the disk and renamed over it, so that a reader
(or a killed run) sees the old file or the new one and never half of either. msgspec is imported where it is used:
--help does without its 40 ms.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from groundwork.data_folder.lazy_paths import Paths
from groundwork.data_folder.shards.shards import Shard
from groundwork.data_folder.spread_folders import (
    folders_below,
    is_spread,
    mark_spread_folders,
    path_in_folder,
    settle_files,
    unsorted_file_names,
)
from groundwork.errors import BadRecord, UsageError
from groundwork.process_identity import is_dead, process_mark

T = TypeVar("T")
MAX_SLUG_BYTES = 180  # file systems take 255, of which endings and prefixes need some
TEMPORARY = ".tmp-"  # before the mark of the process that writes the file
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # not tab and line end


class RemoteMirror(Protocol):
    """The store that a data folder is the local copy of (records.remote_folder.mirror)."""

    url: str

    def fetch(self, paths: Iterable[Path]) -> None: ...
    def fetch_databases(self, kind: str | None = None) -> None: ...
    def put(self, paths: Iterable[Path]) -> None: ...
    def listed(self, path: Path) -> tuple[str, str] | None: ...
    def is_remote(self, path: Path) -> bool: ...
    def pull_shards(self) -> None: ...
    def push(self) -> int: ...


class Workspace:
    """The data folder. With `base`, a test folder inside it that shares the documents of the base.

    With `shard`, the state is that of this shard alone, beside the joined one. With `mirror`, it is the local copy of
    a folder elsewhere: what a unit reads is fetched before, and what it wrote is put after it.
    """

    def __init__(
        self, root: Path, base: Path | None = None, shard: Shard | None = None, mirror: RemoteMirror | None = None
    ) -> None:
        self.root = root.resolve()
        self.base = (base or root).resolve()
        self.shard = shard
        self.mirror = mirror
        self._root_prefixes = (f"{self.root}{os.sep}", f"{self.base}{os.sep}")
        self._folders: dict[tuple[str, ...], tuple[str, bool]] = {}  # and whether their files are spread

    @property
    def documents(self) -> Path:
        return self.base / "documents"

    @property
    def state(self) -> Path:
        """The folder of the manifest: the shard's, where this is one."""
        return self.joined_state / "shards" / self.shard.folder if self.shard else self.joined_state

    @property
    def joined_state(self) -> Path:
        """The folder of the state that `dataprep gather` joins the shards' into."""
        return self.root / ".state"

    @property
    def journal(self) -> Path:
        """The model's replies: the shard's, or the base's, shared by test runs."""
        return self.state / "journal.db" if self.shard else self.joined_journal

    @property
    def joined_journal(self) -> Path:
        return self.base / ".state" / "journal.db"

    def cache(self, folder: str) -> Path:
        """Where a stage keeps what it computed once, such as vectors: a shard's is joined like its state."""
        return self.state / folder if self.shard else self.path(folder)

    def joined_cache(self, folder: str) -> Path | None:
        """For a shard, the cache that its own is joined to later, and which it only reads."""
        return self.path(folder) if self.shard else None

    @property
    def address(self) -> str:
        """Where the folder is, for people: its path, or the URL with the path of its copy."""
        return f"{self.mirror.url} (here: {self.base})" if self.mirror else str(self.root)

    def folder_address(self, folder: str) -> str:
        """A folder of it for people: its path, or its URL."""
        return f"{self.mirror.url}/{folder}" if self.mirror else str(self.path(folder))

    def fetch(self, paths: Iterable[Path]) -> None:
        """Have the content of `paths` here. Raises UnitError where one cannot be had, StopRun where none can."""
        if self.mirror:
            self.mirror.fetch(paths)

    def fetch_databases(self, kind: str | None = None) -> None:
        """Have `journal`, or the caches of a folder such as `embeddings`, here before they are read; None: all."""
        if self.mirror:
            self.mirror.fetch_databases(kind)

    def is_remote(self, path: Path) -> bool:
        """Is only the name of the file here, until it is fetched?"""
        return self.mirror is not None and self.mirror.is_remote(path)

    def path(self, *parts: str) -> Path:
        """A path inside the folder, links not followed.

        Raises UsageError for a name that would leave it.
        """
        return Path(self.path_text(*parts))

    def paths(self, *files: tuple[str, ...]) -> Paths:
        """Several of them, each made a Path where it is asked for."""
        return Paths([self.path_text(*parts) for parts in files])

    def existing_paths(self, files: Sequence[tuple[str, ...]]) -> Paths:
        """Those of many files that are there, each folder being listed once."""
        names_by_folder = {
            folder: unsorted_file_names(self.path(*folder)) for folder in {parts[:-1] for parts in files}
        }
        return self.paths(*(parts for parts in files if parts[-1] in names_by_folder[parts[:-1]]))

    def path_text(self, *parts: str) -> str:
        """`path` as text, for 100,000s of files."""
        name = parts[-1] if len(parts) > 1 else ""
        if name in ("", ".", "..") or "/" in name or os.sep != "/":
            return self._inside(parts)
        cached = self._folders.get(parts[:-1])
        if cached is None:
            folder = self.path_text(*parts[:-1])
            cached = self._folders[parts[:-1]] = folder, is_spread(folder)
        return path_in_folder(cached[0], name, cached[1]) if cached[1] else f"{cached[0]}/{name}"

    def _inside(self, parts: tuple[str, ...]) -> str:
        root = str(self.base if parts and parts[0] == "documents" else self.root)
        path = os.path.normpath(os.path.join(root, *parts))  # noqa: PTH118  ten times Path's speed, for 1,000s of units
        if path != root and not path.startswith(root + os.sep):
            raise UsageError(f"{'/'.join(parts)}: leads out of {root}; names may not hold '..' or begin with '/'")
        return path

    def spread_new_folders(self, files: Iterable[str | Path]) -> bool:
        """Give the new folders of these files subfolders where there are very many; returns whether any got some."""
        markers = mark_spread_folders(files, self.shard.count if self.shard else 1)
        self._folders.clear()
        if markers and self.mirror:
            self.mirror.put(markers)
        return bool(markers)

    def settle_files(self) -> None:
        """Put what was laid by hand into folders whose files are spread where it belongs."""
        settle_files([*map(self.path, ("text", "summaries", "chunks", "plots")), *self.run_folders()])

    def run_folders(self) -> list[Path]:
        """Every run's folder and those below it."""
        return folders_below(self.path("qa"), 3)

    def relative(self, path: str | Path) -> str:
        """`path` as the manifest names it: below the folder, or absolute when it lies elsewhere."""
        text = str(path)
        for root in self._root_prefixes:
            if text.startswith(root):
                name = printable_path(text[len(root) :])
                return name if os.sep == "/" else name.replace(os.sep, "/")
        return printable_path(text)

    def copy_from_base(self, folders: Iterable[str], written: Iterable[str] = ()) -> None:
        """Copy into a test folder what it lacks of the base's `folders`, or has older than the base.

        `written`: files, as `relative` names them, that stages wrote in the test folder itself. Of their documents (in
        their run) nothing is copied, so that a sample stays a sample.
        """
        if self.root == self.base:
            return
        sample_documents = {_folder_run_document(Path(path)) for path in written}
        for folder in set(folders) - {"documents"}:
            for source in sorted((self.base / folder).rglob("*")):
                relative_path = source.relative_to(self.base)
                target = self.root / relative_path
                if (
                    source.is_file()
                    and _folder_run_document(relative_path) not in sample_documents
                    and _is_older(target, source)
                ):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(source, target)


def printable_path(path: str | Path) -> str:
    r"""`path` in letters that every file can hold: a byte of a name that is no UTF-8 is spelt out, as `\xff`."""
    text = str(path)
    return text if text.isascii() else os.fsencode(text).decode(errors="backslashreplace")


def slug(name: str) -> str:
    """`name` as a file name: lower case letters, digits and dots of any script, joined by single hyphens.

    One that would be too long for a file system is cut and ends in a part of its sha256 instead.
    """
    lower = unicodedata.normalize("NFC", name).lower().replace("i\u0307", "i")  # what a Turkish İ becomes
    words = "".join(c if c.isalnum() or c == "." or _is_mark(c) else " " for c in lower).split()
    joined = "-".join(words).strip("-.") or "unnamed"
    encoded = joined.encode()
    if len(encoded) <= MAX_SLUG_BYTES:
        return joined
    digest = hashlib.sha256(encoded).hexdigest()[:12]
    beginning = encoded[: MAX_SLUG_BYTES - 1 - len(digest)].decode(errors="ignore").rstrip("-.")
    return f"{beginning}-{digest}"


def _is_mark(character: str) -> bool:
    """Is it a vowel sign or an accent, which belongs to the letter before it?"""
    return unicodedata.category(character).startswith("M")


def write_bytes(path: Path, content: bytes) -> None:
    """Write whole or not at all; raises OSError (disk full, no right to write) and leaves the old file then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{TEMPORARY}{process_mark()}-", suffix=path.suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove_leftovers(folders: Iterable[Path]) -> int:
    """Delete the temporary files in `folders` of processes that have ended; returns how many there were."""
    temporary_files = [
        path
        for folder in set(folders)
        if folder.is_dir()
        for path in folder.glob(f"{TEMPORARY}*")
        if is_dead(path.name.removeprefix(TEMPORARY))
    ]
    for path in temporary_files:
        path.unlink(missing_ok=True)
    return len(temporary_files)


def terminal_text(text: str) -> str:
    r"""`text` for a terminal: control characters, which could move its cursor or change its title, spelt as `\x1b`."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def write_text(path: Path, content: str) -> None:
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    import msgspec

    write_bytes(path, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def write_jsonl(path: Path, records: Iterable[Any]) -> None:
    import msgspec

    encoder = msgspec.json.Encoder()
    write_bytes(path, b"".join(encoder.encode(record) + b"\n" for record in records))


def read_text(path: Path) -> str:
    """Raises BadRecord when the file is missing or no UTF-8."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        raise BadRecord(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise BadRecord(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None


def text_hash(text: str) -> str:
    """The first 16 digits of the SHA-256 of a text: enough to tell whether it has changed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_json(path: Path, kind: type[T]) -> T:
    """Raises BadRecord when the file is missing or does not hold a `kind`."""
    import msgspec

    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        raise BadRecord(f"{path}: no such file") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRecord(f"{path}: {error}; fix it, or delete it and run its stage again") from None


def read_jsonl(path: Path, kind: type[T]) -> list[T]:
    """One record a line, blank lines passed over. Raises BadRecord that names the line."""
    import msgspec

    decoder = msgspec.json.Decoder(kind)
    records = []
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise BadRecord(f"{path}: no such file") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                records.append(decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                remedy = "fix the line, or delete the file and run its stage again"
                raise BadRecord(f"{path}, line {number}: {error}; {remedy}") from None
    return records


def _folder_run_document(path: Path) -> tuple[str, str, str]:
    """(folder, run, document) of a file below data/; the run is "" outside data/qa."""
    run = path.parts[1] if path.parts[0] == "qa" and len(path.parts) > 2 else ""
    return path.parts[0], run, path.name.removesuffix(path.suffix)


def _is_older(target: Path, source: Path) -> bool:
    return not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
