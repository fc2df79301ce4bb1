"""The files of data/documents: which there are, what each is called, and which must not be opened."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from groundwork.data_folder.file_names import matches_any_pattern, printable_path, slug
from groundwork.data_folder.runs.run_files import DECISIONS


class DocumentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of data/documents. `name`: its path below that folder; `problem`: why it must not be opened."""

    id: str
    name: str
    path: str
    problem: str = ""
    warnings: list[str] = []


def find_sources(folder: Path, ignore: Sequence[str] = ()) -> list[DocumentFile]:
    """Every document below `folder`, in order, but those that a pattern of `ignore` means.

    Hidden files and the lock files of office programs are passed over.
    """
    source_files = [(path, _source_name_below(path, folder), problem) for path, problem in _walk_source_files(folder)]
    source_files = [file for file in source_files if not (ignore and matches_any_pattern(file[1], ignore))]
    source_ids, warnings = _unique_source_ids([name for _, name, _ in source_files])
    return [
        DocumentFile(id=source_ids[i], name=name, path=path, problem=problem, warnings=warnings[i])
        for i, (path, name, problem) in enumerate(source_files)
    ]


def ignored_files(folder: Path, ignore: Sequence[str]) -> list[str]:
    """The files below `folder`, by name, that a pattern of `ignore` means."""
    if not ignore:
        return []
    return [
        name
        for path, _ in _walk_source_files(folder)
        if matches_any_pattern(name := _source_name_below(path, folder), ignore)
    ]


def _source_name_below(path: str, folder: Path) -> str:
    """Its path below the folder."""
    return printable_path(path[len(str(folder)) + 1 :])


def content_hash(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def utf8_path(path: Path, scratch: Path) -> Path:
    """`path`, or a link to it in `scratch` where its letters are no UTF-8, which some of the libraries cannot open."""
    if printable_path(path) == str(path):
        return path
    utf8_link = scratch / printable_path(path.name)
    utf8_link.symlink_to(path.resolve())
    return utf8_link


def _walk_source_files(folder: Path) -> Iterator[tuple[str, str]]:
    """(path, problem) of every file below the folder that may be a document, and of folders that cannot be opened."""
    return _walk_source_folder(str(folder), folder)


def _walk_source_folder(folder: str, root: Path) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(folder) as entries:
            entries_by_name = sorted(
                (source_entry.name, source_entry) for source_entry in entries if not source_entry.name.startswith(".")
            )
    except OSError as error:
        if folder != str(root):
            yield folder, f"the folder cannot be opened ({error.strerror}); allow it (chmod +rx), move it or remove it"
        return
    subfolders = []
    for name, source_entry in entries_by_name:
        if source_entry.is_dir() and not source_entry.is_symlink():
            subfolders.append(source_entry.path)
        elif not name.startswith("~$") and name not in ("Thumbs.db", "desktop.ini"):
            yield source_entry.path, _source_file_problem(source_entry, root)
    for path in subfolders:
        yield from _walk_source_folder(path, root)


def _source_file_problem(source_entry: os.DirEntry[str], folder: Path) -> str:
    if source_entry.is_symlink():
        source_path = Path(source_entry.path)
        if not source_path.exists():
            return "it is a broken link; remove it"
        if not source_path.resolve().is_relative_to(folder.resolve()):
            return "it is a link that leads out of the documents folder; copy the file there instead"
        if source_path.is_dir():
            return "it is a link to a folder; its documents are read where they are, so remove the link"
    if not source_entry.is_file():
        return "it is a pipe, socket or device, not a file; remove it"
    if not os.access(source_entry.path, os.R_OK):
        return "it cannot be read: no permission; change it (chmod +r)"
    return ""


def _unique_source_ids(names: list[str]) -> tuple[list[str], list[list[str]]]:
    """Ids by name, and warnings: where two files would share an id, each gets its ending."""
    source_stems = [slug(name.removesuffix(_source_file_ending(name))) for name in names]
    shared_stems = Counter([*source_stems, DECISIONS, DECISIONS])  # whose name is taken
    source_ids, warnings = [], []
    for name, source_stem in zip(names, source_stems, strict=True):
        is_shared = shared_stems[source_stem] > 1
        source_ids.append(slug(f"{source_stem} {_source_file_ending(name)[1:]}") if is_shared else source_stem)
        shared_warning = f"another file would be named {source_stem} too, so this one is {source_ids[-1]}"
        warnings.append([shared_warning] if is_shared else [])
    id_counts = Counter([*source_ids, DECISIONS])
    for i, name in enumerate(names):
        if id_counts[source_ids[i]] > 1:
            source_ids[i] += "-" + hashlib.sha256(name.encode()).hexdigest()[:6]
            warnings[i] = [f"another file would have the same name, so this one is {source_ids[i]}"]
    return source_ids, warnings


def _source_file_ending(name: str) -> str:
    """`.pdf` of `reports/may.pdf`; "" where there is none. Path's own rule, in a tenth of its time."""
    file_name = name[name.rfind("/") + 1 :]
    dot_index = file_name.rfind(".")
    return file_name[dot_index:] if 0 < dot_index < len(file_name) - 1 else ""
