"""The data folder: where its files lie, and what of it is a test's, a shard's or a copy of a folder elsewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.file_names import Paths, printable_path
from groundwork.data_folder.shards import Shard
from groundwork.data_folder.spread_folders import (
    folders_below,
    is_spread,
    mark_spread_folders,
    path_in_folder,
    settle_files,
    unsorted_names_in_folder,
)
from groundwork.errors import UsageError
from groundwork.installation import IN_REPOSITORY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

    from groundwork.data_folder.remote_folder.mirror import Mirror
    from groundwork.settings.config_schema import Config


TEST_FOLDER = "test"  # below data/: what --test writes, so that a sample never replaces a full result


class Workspace:
    """The data folder. With `base`, a test folder inside it that shares the documents of the base.

    With `shard`, the state is that of this shard alone, beside the joined one. With `mirror`, it is the local copy of
    a folder elsewhere: what a unit reads is fetched before, and what it wrote is put after it.
    """

    def __init__(
        self, workspace_root: Path, base: Path | None = None, shard: Shard | None = None, mirror: Mirror | None = None
    ) -> None:
        self.root = workspace_root.resolve()
        self.base = (base or workspace_root).resolve()
        self.shard = shard
        self.mirror = mirror
        self._workspace_prefixes = (f"{self.root}{os.sep}", f"{self.base}{os.sep}")
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
        return Paths([self.path_text(*file_parts) for file_parts in files])

    def existing_paths(self, file_parts: Sequence[tuple[str, ...]]) -> Paths:
        """Those of many files that are there, each folder being listed once."""
        names_in_folders = {
            workspace_folder: unsorted_names_in_folder(self.path(*workspace_folder))
            for workspace_folder in {parts[:-1] for parts in file_parts}
        }
        return self.paths(*(parts for parts in file_parts if parts[-1] in names_in_folders[parts[:-1]]))

    def path_text(self, *path_parts: str) -> str:
        """`path` as text, for 100,000s of files."""
        file_name = path_parts[-1] if len(path_parts) > 1 else ""
        if file_name in ("", ".", "..") or "/" in file_name or os.sep != "/":
            return self._path_inside_workspace(path_parts)
        cached_folder = self._folders.get(path_parts[:-1])
        if cached_folder is None:
            workspace_folder = self.path_text(*path_parts[:-1])
            cached_folder = self._folders[path_parts[:-1]] = workspace_folder, is_spread(workspace_folder)
        workspace_folder, spread = cached_folder
        return path_in_folder(workspace_folder, file_name, spread) if spread else f"{workspace_folder}/{file_name}"

    def _path_inside_workspace(self, path_parts: tuple[str, ...]) -> str:
        root = str(self.base if path_parts and path_parts[0] == "documents" else self.root)
        workspace_path = os.path.normpath(os.path.join(root, *path_parts))  # noqa: PTH118  ten times Path's speed, for 1,000s of units
        if workspace_path != root and not workspace_path.startswith(root + os.sep):
            raise UsageError(f"{'/'.join(path_parts)}: leads out of {root}; names may not hold '..' or begin with '/'")
        return workspace_path

    def spread_new_folders(self, files: Iterable[str | Path]) -> bool:
        """Give the new folders of these files subfolders where there are very many; returns whether any got some."""
        spread_markers = mark_spread_folders(files, self.shard.count if self.shard else 1)
        self._folders.clear()
        if spread_markers and self.mirror:
            self.mirror.put(spread_markers)
        return bool(spread_markers)

    def settle_files(self) -> None:
        """Put what was laid by hand into folders whose files are spread where it belongs."""
        settle_files([*map(self.path, ("text", "summaries", "chunks", "plots")), *self.run_folders()])

    def run_folders(self) -> list[Path]:
        """Every run's folder and those below it."""
        return folders_below(self.path("qa"), 3)

    def relative(self, path: str | Path) -> str:
        """`path` as the manifest names it: below the folder, or absolute when it lies elsewhere."""
        workspace_path = str(path)
        for workspace_prefix in self._workspace_prefixes:
            if workspace_path.startswith(workspace_prefix):
                name_in_workspace = printable_path(workspace_path[len(workspace_prefix) :])
                return name_in_workspace if os.sep == "/" else name_in_workspace.replace(os.sep, "/")
        return printable_path(workspace_path)

    def copy_from_base(self, folders: Iterable[str], sample_files: Iterable[str] = ()) -> None:
        """Copy into a test folder what it lacks of the base's `folders`, or has older than the base.

        `sample_files`: files, as `relative` names them, that stages wrote in the test folder itself. Of their documents
        (in their run) nothing is copied, so that a sample stays a sample.
        """
        if self.root == self.base:
            return
        sample_documents = {_workspace_run_document(Path(path)) for path in sample_files}
        for base_folder in set(folders) - {"documents"}:
            for base_file in sorted((self.base / base_folder).rglob("*")):
                base_path = base_file.relative_to(self.base)
                sample_file = self.root / base_path
                if (
                    base_file.is_file()
                    and _workspace_run_document(base_path) not in sample_documents
                    and _is_older_in_workspace(sample_file, base_file)
                ):
                    sample_file.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(base_file, sample_file)


def open_workspace(
    config: Config,
    flags: argparse.Namespace,
    *,
    shards: bool = False,
    pull: bool = True,
    folders: Collection[str] | None = None,
) -> Workspace:
    """The data folder; of one elsewhere its copy, which with `pull` takes over what is new there.

    `folders`: those whose files are fetched at once, the others being listed; None: all but the documents. Who looks
    into none fetches databases other than the manifest as well when they are needed (`Workspace.fetch_databases`).
    """
    from groundwork.settings.config_files import PROJECT

    shard_flag = getattr(flags, "shard", None)
    mirror = None
    workspace_location = flags.data or config.data_dir
    if "://" in str(workspace_location):
        from groundwork.data_folder.remote_folder.mirror import mirror_of
        from groundwork.data_folder.remote_folder.mirror_scope import MirrorScope

        mirror = mirror_of(str(workspace_location), config.engine.cache_dir)
        if pull:
            folders_to_fetch = None if folders is None or flags.test else frozenset(folders)  # a sample copies its own
            databases = None if folders_to_fetch or folders_to_fetch is None else frozenset({"manifest"})
            scope = MirrorScope(shard_flag, shards, flags.test, folders_to_fetch, databases)
            mirror.pull(scope, refresh=not getattr(flags, "within_run", False))
    workspace_root = mirror.root if mirror else flags.data or PROJECT / config.data_dir
    if not workspace_root.is_dir():
        workspace_remedy = "pass --data DIR with the documents in DIR/documents"
        init_hint = "" if flags.data or IN_REPOSITORY else "run first: dataprep init, or "
        raise UsageError(f"{workspace_root}: no such folder; {init_hint}{workspace_remedy}")
    return Workspace(workspace_root / TEST_FOLDER if flags.test else workspace_root, workspace_root, shard_flag, mirror)


def _workspace_run_document(workspace_path: Path) -> tuple[str, str, str]:
    """(folder, run, document) of a file below data/; the run is "" outside data/qa."""
    workspace_run = workspace_path.parts[1] if workspace_path.parts[0] == "qa" and len(workspace_path.parts) > 2 else ""
    return workspace_path.parts[0], workspace_run, workspace_path.name.removesuffix(workspace_path.suffix)


def _is_older_in_workspace(sample_file: Path, base_file: Path) -> bool:
    return not sample_file.exists() or sample_file.stat().st_mtime_ns < base_file.stat().st_mtime_ns
