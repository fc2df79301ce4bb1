"""The scope of a mirror: which files of a data folder elsewhere a command takes over, puts back, or only lists."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

from groundwork.data_folder.edited_copies import without_edited_ending
from groundwork.data_folder.read_write import TEMPORARY
from groundwork.data_folder.shards import Shard
from groundwork.data_folder.spread_folders import SPREAD_MARKER, without_spread_subfolder

DOCUMENTS, STATE, TEST = "documents", ".state", "test"
PUT_ANNOUNCEMENTS = f"{STATE}/puts/"  # in the store: lists of the files that are being put
SHARD_STATES = f"{STATE}/shards/"
_MACHINE_FILE_ENDINGS = (".db-wal", ".db-shm", ".db-journal", ".reserve", ".kept")
_SCOPE_DOCUMENT_FOLDERS = (
    "text",
    "summaries",
    "chunks",
    "qa",
)  # folders with files that are named after their document
_SCOPE_DOCUMENT_ENDINGS = (".jsonl", ".json", ".md")


@dataclass(frozen=True)
class MirrorScope:
    """Which files of the folder, by their path in it.

    `shard`: not those of the documents of other shards, nor their states. `shards`: the states of all, to join them.
    `test`: the test folder as well. `folders`: those whose files are fetched at the start; None: all but the documents.
    `databases`: which of them are, by `mirrored_database_kind`, beside the manifests; None: all.
    """

    shard: Shard | None = None
    shards: bool = False
    test: bool = False
    folders: frozenset[str] | None = None
    databases: frozenset[str] | None = None

    def covers(self, other: MirrorScope) -> bool:
        """Is all that `other` takes over taken over by this one?"""
        is_same_shard = self.shard == other.shard and self.shards >= other.shards and self.test >= other.test
        return is_same_shard and self == self.after(other)

    def after(self, other: MirrorScope) -> MirrorScope:
        """This one, of a command that follows in one process: what `other` fetched stays."""
        return replace(
            self,
            folders=_scope_union(self.folders, other.folders),
            databases=_scope_union(self.databases, other.databases),
        )

    def takes(self, mirrored_path: str, documents: Container[str]) -> bool:
        """Is the file taken over? `documents`: the names of those that there are."""
        is_outside_scope = (
            self.databases is not None
            and is_database(mirrored_path)
            and mirrored_database_kind(mirrored_path) not in self.databases
        )
        return not is_outside_scope and self._is_in_scope(mirrored_path, documents)

    def _is_in_scope(self, mirrored_path: str, documents: Container[str]) -> bool:
        scope_parts = mirrored_path.split("/")
        if mirrored_path.startswith(PUT_ANNOUNCEMENTS) or not is_mirrored(scope_parts):
            return False
        if scope_parts[0] == TEST:
            return self.test and MirrorScope(self.shard, self.shards)._is_in_scope("/".join(scope_parts[1:]), documents)
        if mirrored_path.startswith(SHARD_STATES):
            return self.shards or (self.shard is not None and scope_parts[2] == self.shard.folder)
        document = _document_of_path(without_spread_subfolder(scope_parts))
        return self.shard is None or document not in documents or self.shard.holds(document)

    def puts(self, mirrored_path: str, documents: Container[str]) -> bool:
        """Does a change of the file go to the store? Documents are only read, and so is a shard's joined state."""
        path_in_scope = mirrored_path.removeprefix(f"{TEST}/")
        joined = path_in_scope.startswith(f"{STATE}/") and not path_in_scope.startswith(SHARD_STATES)
        is_read_only = mirrored_path.startswith(f"{DOCUMENTS}/") or (joined and self.shard is not None)
        return not is_read_only and self._is_in_scope(mirrored_path, documents)

    def only_lists(self, mirrored_path: str) -> bool:
        """Is the file fetched only when its unit is worked on? Documents are; for a shard, the pages of all as well."""
        folder, _, file_name = mirrored_path.partition("/")
        if folder in ("", STATE, TEST) or not file_name or is_database(mirrored_path):
            return False
        is_outside_scope = self.folders is not None and folder not in self.folders
        is_page_of_all = self.shard is not None and folder == "plots" and mirrored_path.endswith(".html")
        return folder == DOCUMENTS or is_outside_scope or is_page_of_all


def _scope_union(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    return None if first is None or second is None else first | second


def _document_of_path(segments: list[str]) -> str:
    """The name that a file's document would have, `segments` being its path; "" for a file of the whole run."""
    if segments[0] not in _SCOPE_DOCUMENT_FOLDERS or len(segments) < 2 or segments[-1] == SPREAD_MARKER:
        return ""
    if segments[0] == "text" and len(segments) > 2:  # its pictures
        return segments[1]
    file_name = without_edited_ending(segments[-1])
    return next(
        (file_name.removesuffix(ending) for ending in _SCOPE_DOCUMENT_ENDINGS if file_name.endswith(ending)), file_name
    )


def document_names(mirrored_paths: list[str]) -> set[str]:
    """The documents that have a text, a summary or chunks among `mirrored_paths`."""
    split_paths = (without_spread_subfolder(mirrored_path.split("/")) for mirrored_path in mirrored_paths)
    document_segments = (scoped for scoped in split_paths if len(scoped) == 2 and scoped[0] in _SCOPE_DOCUMENT_FOLDERS)
    return {_document_of_path(scoped) for scoped in document_segments} - {""}


def is_database(mirrored_path: str) -> bool:
    return mirrored_path.endswith(".db")


def mirrored_database_kind(mirrored_path: str) -> str:
    """`manifest`, `journal` (its segments too), or the folder of a cache, a shard's as well, such as `embeddings`."""
    mirrored_in_folder = mirrored_path.removeprefix(f"{TEST}/")
    if mirrored_in_folder.startswith(SHARD_STATES):
        mirrored_in_folder = mirrored_in_folder.removeprefix(SHARD_STATES).partition("/")[2]
    folder, _, name = mirrored_in_folder.removeprefix(f"{STATE}/").rpartition("/")
    return folder.partition("/")[0] or ("journal" if name.startswith("journal") else name.removesuffix(".db"))


def is_mirrored(segments: list[str]) -> bool:
    """Not a file that is being written, nor one of a process or of this machine."""
    is_hidden = any(segment.startswith(".") and segment not in (STATE, SPREAD_MARKER) for segment in segments)
    return not is_hidden and not segments[-1].startswith(TEMPORARY) and not segments[-1].endswith(_MACHINE_FILE_ENDINGS)
