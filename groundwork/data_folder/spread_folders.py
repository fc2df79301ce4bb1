"""Folders of many files: a file lies in one of 256 folders below, which the hash of its document's name chooses.

A marker in the folder says so, from the first file on; a folder without it stays as it is. Everything that belongs to
one document shares a subfolder, so that a text and its pictures stay beside each other.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, KeysView
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from groundwork.data_folder.edited_copies import is_edited_copy, without_edited_ending
from groundwork.data_folder.file_names import Paths, path_strings_of

SPREAD_FROM = 10_000  # files of one folder: what file managers, `ls` and backups still take
SPREAD_MARKER = ".spread"
SUBFOLDERS = 256  # two hexadecimal digits
MAX_CACHED_SUBFOLDERS = (
    200_000  # subfolders of documents: some 30 MB, for a start that asks for each document several times
)
_RUN_FILE_NAMES = ("decisions.jsonl", "merged.json")  # of a whole run
_PAGE_PREFIXES = ("coverage-", "audit-")  # of data/plots, the pages of single documents
_CHUNK_PAGE_SUFFIX = "-chunks.html"
_marked_folders: set[str] = set()  # folders that are known to have the marker, which none ever loses


def is_spread(folder: str) -> bool:
    """Do the files of the folder lie in subfolders?"""
    if folder not in _marked_folders and os.path.exists(f"{folder}{os.sep}{SPREAD_MARKER}"):  # noqa: PTH110  for 1,000s of folders
        _marked_folders.add(folder)
    return folder in _marked_folders


def path_in_folder(folder: str, name: str, spread: bool | None = None) -> str:
    """Where the file (or the folder of pictures) `name` of a folder lies, as text."""
    spread = is_spread(folder) if spread is None else spread
    spread_subfolder = f"{_spread_subfolder(name)}{os.sep}" if spread and _is_document_file(folder, name) else ""
    return f"{folder}{os.sep}{spread_subfolder}{name}"


def file_path(folder: Path, name: str) -> Path:
    """Where the file (or the folder of pictures) `name` of a folder lies."""
    return Path(path_in_folder(str(folder), name))


def folder_of(file: Path) -> Path:
    """The folder that a file is of, whether it lies in a subfolder or not."""
    return file.parent.parent if _is_spread_subfolder(file.parent.name) else file.parent


def folder_files(folder: Path, *endings: str) -> Paths:
    """The files of a folder whose names end so (all), by name; none where there is no such folder."""
    paths_by_name = _paths_by_name(str(folder), endings)
    return Paths([paths_by_name[name] for name in sorted(paths_by_name)])


def names_in_folder(folder: Path | str, *endings: str) -> list[str]:
    """The names of those files, in order."""
    return sorted(_paths_by_name(str(folder), endings))


def unsorted_names_in_folder(folder: Path | str, *endings: str) -> KeysView[str]:
    """The same in no order: to sort 100,000 names takes as long as to list them."""
    return _paths_by_name(str(folder), endings).keys()


def link_to_pictures(page: Path, document: str) -> str:
    """From a page in data/plots to the folder that a document's folder of pictures lies in, with a slash at the end."""
    spread_pictures = file_path(folder_of(page).parent / "text", document)
    return f"{os.path.relpath(spread_pictures.parent, page.parent).replace(os.sep, '/')}/"


def without_spread_subfolder(parts: list[str]) -> list[str]:
    """The parts of a path without the subfolder."""
    return [part for part in parts[:-1] if not _is_spread_subfolder(part)] + parts[-1:]


def folders_in(folder: Path) -> list[Path]:
    """The folders of a folder, by name: those of pictures in data/text."""
    paths_by_name = _paths_by_name(str(folder), (), folders=True)
    return [Path(paths_by_name[name]) for name in sorted(paths_by_name)]


def _paths_by_name(folder: str, endings: tuple[str, ...], *, folders: bool = False) -> dict[str, str]:
    """The files (or folders) whose names end so, each folder being listed once."""
    spread_paths: dict[str, str] = {}
    spread_subfolders: list[str] = []
    spread_endings = endings or ("",)
    try:
        with os.scandir(folder) as folder_entries:
            for folder_entry in folder_entries:
                spread_name = folder_entry.name
                if _is_spread_subfolder(spread_name) and is_spread(folder):
                    spread_subfolders.append(folder_entry.path)
                elif spread_name.endswith(spread_endings) and (
                    folder_entry.is_dir() if folders else folder_entry.is_file()
                ):
                    spread_paths[spread_name] = folder_entry.path
    except (FileNotFoundError, NotADirectoryError):
        return {}
    spread_paths.pop(SPREAD_MARKER, None)
    for spread_subfolder in spread_subfolders:
        spread_paths |= _paths_by_name(spread_subfolder, endings, folders=folders)
    return spread_paths


def mark_spread_folders(files: Iterable[str | Path], shards: int = 1) -> list[Path]:
    """Mark the folders that are empty and will hold very many of these files; returns the markers.

    `shards`: the files are those of one of so many shards.
    """
    spread_counts = Counter(text[: text.rfind(os.sep)] for text in path_strings_of(files))
    spread_markers = []
    for folder, file_count in spread_counts.items():
        if (
            file_count * shards >= SPREAD_FROM
            and not _is_spread_subfolder(Path(folder).name)
            and not _unspread_names(Path(folder))
        ):
            spread_marker = Path(folder) / SPREAD_MARKER
            spread_marker.parent.mkdir(parents=True, exist_ok=True)
            if not spread_marker.exists():
                spread_marker.touch()
                spread_markers.append(spread_marker)
    return spread_markers


def folders_below(folder: Path, depth: int) -> list[Path]:
    """The folders below a folder, `depth` deep, without the subfolders that files are spread over."""
    try:
        with os.scandir(folder) as folder_entries:
            folder_names = sorted(
                folder_entry.name
                for folder_entry in folder_entries
                if folder_entry.is_dir() and not _is_spread_subfolder(folder_entry.name)
            )
    except (FileNotFoundError, NotADirectoryError):
        return []
    folders = [folder / name for name in folder_names]
    return folders + [inner for outer in folders for inner in (folders_below(outer, depth - 1) if depth > 1 else [])]


def settle_files(folders: Iterable[Path]) -> None:
    """Put files that somebody laid into a spread folder itself, or an older copy of it, where they belong."""
    for folder in folders:
        if is_spread(str(folder)):
            for unspread_name in _unspread_names(folder):
                spread_path = file_path(folder, unspread_name)
                if not spread_path.exists():
                    spread_path.parent.mkdir(exist_ok=True)
                    (folder / unspread_name).replace(spread_path)


def _unspread_names(folder: Path) -> list[str]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return [name for name in os.listdir(folder) if _is_document_file(str(folder), name)]  # noqa: PTH208
    return []


def _is_document_file(folder: str, spread_name: str) -> bool:
    """Does the file belong to one document? Other files, and the folders of a run, lie in the folder itself."""
    if spread_name.startswith(".") or _is_spread_subfolder(spread_name):
        return False
    folder_name = folder[folder.rfind(os.sep) + 1 :]
    if folder_name == "text":
        return True
    if folder_name == "plots":
        return spread_name.startswith(_PAGE_PREFIXES) or spread_name.endswith(_CHUNK_PAGE_SUFFIX)
    return (
        spread_name.endswith((".json", ".jsonl")) or is_edited_copy(spread_name)
    ) and spread_name not in _RUN_FILE_NAMES


def _spread_subfolder(spread_name: str) -> str:
    spread_name = without_edited_ending(spread_name)
    for ending in (".md", ".jsonl", ".json"):
        if spread_name.endswith(ending):
            return _hashed_subfolder(spread_name[: -len(ending)])
    return _hashed_subfolder(spread_name)


@lru_cache(maxsize=MAX_CACHED_SUBFOLDERS)
def _hashed_subfolder(spread_name: str) -> str:
    return f"_{hashlib.sha256(spread_name.encode('utf-8', 'surrogatepass')).hexdigest()[:2]}"


def _is_spread_subfolder(spread_name: str) -> bool:
    return len(spread_name) == 3 and spread_name[0] == "_" and set(spread_name[1:]) <= set("0123456789abcdef")
