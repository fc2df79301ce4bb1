"""Names of files: those that a name is given, and which files a pattern of the settings means.

A pattern means files by their name below data/documents, as in a shell: `scan.pdf` and `*.log` files of that name in
any folder, `drafts/` everything below that folder, and `2024/*.pdf` what lies there; `*` stands for any letters, `/`
among them.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

MAX_SLUG_BYTES = 180  # file systems take 255, of which endings and prefixes need some


def matches(name: str, pattern: str) -> bool:
    """Does `pattern` mean the file `name` (a path below data/documents, with /)?"""
    folder = pattern.rstrip("/")
    file_name = name.rpartition("/")[2]
    return (
        fnmatchcase(name, pattern)
        or fnmatchcase(name, f"{folder}/*")
        or ("/" not in folder and (fnmatchcase(file_name, pattern) or fnmatchcase(f"/{name}", f"*/{folder}/*")))
    )


def matches_any(file_name: str, patterns: Iterable[str]) -> bool:
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
    lower = unicodedata.normalize("NFC", name).lower().replace("i\u0307", "i")  # what a Turkish İ becomes
    name_words = "".join(c if c.isalnum() or c == "." or _is_mark(c) else " " for c in lower).split()
    joined = "-".join(name_words).strip("-.") or "unnamed"
    encoded = joined.encode()
    if len(encoded) <= MAX_SLUG_BYTES:
        return joined
    digest = hashlib.sha256(encoded).hexdigest()[:12]
    beginning = encoded[: MAX_SLUG_BYTES - 1 - len(digest)].decode(errors="ignore").rstrip("-.")
    return f"{beginning}-{digest}"


def _is_mark(character: str) -> bool:
    """Is it a vowel sign or an accent, which belongs to the letter before it?"""
    return unicodedata.category(character).startswith("M")
