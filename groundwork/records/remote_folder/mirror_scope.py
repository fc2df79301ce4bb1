"""What of a data folder elsewhere one command takes over into the local copy, and what it puts back."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

from groundwork.records.artifacts import TEMPORARY
from groundwork.records.shards import Shard
from groundwork.records.spread_folders import MARKER, unspread

DOCUMENTS, STATE, TEST = "documents", ".state", "test"
PUTS = f"{STATE}/puts/"  # in the store: lists of the files that are being put
SHARDS = f"{STATE}/shards/"
_OF_ONE_MACHINE = (".db-wal", ".db-shm", ".db-journal", ".reserve", ".kept")
_BY_DOCUMENT = ("text", "summaries", "chunks", "qa")  # folders with files that are named after their document
_ENDINGS = (".jsonl", ".json", ".md")


@dataclass(frozen=True)
class Scope:
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

    def covers(self, other: Scope) -> bool:
        """Is all that `other` takes over taken over by this one?"""
        same = self.shard == other.shard and self.shards >= other.shards and self.test >= other.test
        return same and self == self.after(other)

    def after(self, other: Scope) -> Scope:
        """This one, of a command that follows in one process: what `other` fetched stays."""
        return replace(
            self, folders=_both(self.folders, other.folders), databases=_both(self.databases, other.databases)
        )

    def takes(self, path: str, documents: Container[str]) -> bool:
        """Is the file taken over? `documents`: the names of those that there are."""
        left_out = self.databases is not None and is_database(path) and database_kind(path) not in self.databases
        return not left_out and self._holds(path, documents)

    def _holds(self, path: str, documents: Container[str]) -> bool:
        parts = path.split("/")
        if path.startswith(PUTS) or not is_kept(parts):
            return False
        if parts[0] == TEST:
            return self.test and Scope(self.shard, self.shards)._holds("/".join(parts[1:]), documents)
        if path.startswith(SHARDS):
            return self.shards or (self.shard is not None and parts[2] == self.shard.folder)
        document = document_of(unspread(parts))
        return self.shard is None or document not in documents or self.shard.holds(document)

    def puts(self, path: str, documents: Container[str]) -> bool:
        """Does a change of the file go to the store? Documents are only read, and so is a shard's joined state."""
        inside = path.removeprefix(f"{TEST}/")
        joined = inside.startswith(f"{STATE}/") and not inside.startswith(SHARDS)
        only_read = path.startswith(f"{DOCUMENTS}/") or (joined and self.shard is not None)
        return not only_read and self._holds(path, documents)

    def only_lists(self, path: str) -> bool:
        """Is the file fetched only when its unit is worked on? Documents are; for a shard, the pages of all as well."""
        folder, _, inside = path.partition("/")
        if folder in ("", STATE, TEST) or not inside or is_database(path):
            return False
        left_out = self.folders is not None and folder not in self.folders
        of_all = self.shard is not None and folder == "plots" and path.endswith(".html")
        return folder == DOCUMENTS or left_out or of_all


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other


def document_of(parts: list[str]) -> str:
    """The name that a file's document would have, `parts` being its path; "" for a file of the whole run."""
    if parts[0] not in _BY_DOCUMENT or len(parts) < 2 or parts[-1] == MARKER:
        return ""
    if parts[0] == "text" and len(parts) > 2:  # its pictures
        return parts[1]
    name = parts[-1].removesuffix(".edited")
    return next((name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)), name)


def names_of_documents(paths: list[str]) -> set[str]:
    """The documents that have a text, a summary or chunks among `paths`."""
    split = (unspread(path.split("/")) for path in paths)
    return {document_of(parts) for parts in split if len(parts) == 2 and parts[0] in _BY_DOCUMENT} - {""}


def is_database(path: str) -> bool:
    return path.endswith(".db")


def database_kind(path: str) -> str:
    """`manifest`, `journal` (its segments too), or the folder of a cache, a shard's as well, such as `embeddings`."""
    inside = path.removeprefix(f"{TEST}/")
    if inside.startswith(SHARDS):
        inside = inside.removeprefix(SHARDS).partition("/")[2]
    folder, _, name = inside.removeprefix(f"{STATE}/").rpartition("/")
    return folder.partition("/")[0] or ("journal" if name.startswith("journal") else name.removesuffix(".db"))


def is_kept(parts: list[str]) -> bool:
    """Not a file that is being written, nor one of a process or of this machine."""
    hidden = any(part.startswith(".") and part not in (STATE, MARKER) for part in parts)
    return not hidden and not parts[-1].startswith(TEMPORARY) and not parts[-1].endswith(_OF_ONE_MACHINE)
