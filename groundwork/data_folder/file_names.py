"""Names of files: those that a name is given, and which files a pattern of the settings means; paths as text.

To make a Path takes as long as to ask the disk for its file, so the lists that stages judge by are kept as text.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import overload

MAX_SLUG_BYTES = 180  # file systems take 255, of which endings and prefixes need some


def matches(name: str, name_pattern: str) -> bool:
    """Does `name_pattern` mean the file `name` (a path below data/documents, with /)?"""
    folder_name_pattern = name_pattern.rstrip("/")
    file_name = name.rpartition("/")[2]
    return (
        fnmatchcase(name, name_pattern)
        or fnmatchcase(name, f"{folder_name_pattern}/*")
        or (
            "/" not in folder_name_pattern
            and (fnmatchcase(file_name, name_pattern) or fnmatchcase(f"/{name}", f"*/{folder_name_pattern}/*"))
        )
    )


def matches_any_pattern(file_name: str, patterns: Iterable[str]) -> bool:
    """Does one of `patterns` mean the file `file_name`?"""
    return any(matches(file_name, pattern) for pattern in patterns)


def printable_path(path: str | Path) -> str:
    r"""`path` in letters that every file can hold: a byte of a name that is no UTF-8 is spelt out, as `\xff`."""
    path_text = str(path)
    return path_text if path_text.isascii() else os.fsencode(path_text).decode(errors="backslashreplace")


def slug(name: str) -> str:
    """`name` as a file name: lower case letters, digits and dots of any script, joined by single hyphens.

    One that would be too long for a file system is cut and ends in a part of its sha256 instead.
    """
    lower_name = unicodedata.normalize("NFC", name).lower().replace("i\u0307", "i")  # what a Turkish İ becomes
    name_words = "".join(c if c.isalnum() or c == "." or _is_combining_mark(c) else " " for c in lower_name).split()
    slug_name = "-".join(name_words).strip("-.") or "unnamed"
    slug_bytes = slug_name.encode()
    if len(slug_bytes) <= MAX_SLUG_BYTES:
        return slug_name
    slug_digest = hashlib.sha256(slug_bytes).hexdigest()[:12]
    slug_beginning = slug_bytes[: MAX_SLUG_BYTES - 1 - len(slug_digest)].decode(errors="ignore").rstrip("-.")
    return f"{slug_beginning}-{slug_digest}"


def _is_combining_mark(character: str) -> bool:
    """Is it a vowel sign or an accent, which belongs to the letter before it?"""
    return unicodedata.category(character).startswith("M")


class Paths(Sequence[Path]):
    """Paths, each of them made where it is asked for. `texts`: the same as text, in their order."""

    __slots__ = ("path_strings",)

    def __init__(self, named_paths: Iterable[str] = ()) -> None:
        self.path_strings = tuple(named_paths)

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> Paths: ...
    def __getitem__(self, index: int | slice) -> Path | Paths:
        return Paths(self.path_strings[index]) if isinstance(index, slice) else Path(self.path_strings[index])

    def __len__(self) -> int:
        return len(self.path_strings)

    def __iter__(self) -> Iterator[Path]:
        return map(Path, self.path_strings)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self.path_strings == tuple(path_strings_of(other))

    def __hash__(self) -> int:
        return hash(self.path_strings)

    def __repr__(self) -> str:
        return f"Paths({list(self.path_strings)})"


def path_strings_of(paths: Iterable[str | Path]) -> Iterable[str]:
    """`paths` as text."""
    return paths.path_strings if isinstance(paths, Paths) else map(str, paths)
