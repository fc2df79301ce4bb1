"""What of a data folder elsewhere one command takes over into the local copy, and what it puts back."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

from groundwork.data_folder.read_write import TEMPORARY
from groundwork.data_folder.shards.shards import Shard
from groundwork.data_folder.spread_folders import MARKER, without_subfolder

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
