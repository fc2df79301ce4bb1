"""The fingerprint of a unit: equal as long as its recipe and the files that decide about its state are as they were.

Of a file that is read it holds the size, the time of its last change and the inode, of one that is written whether it
is there. A start over 100,000 documents asks the disk for no more than that: it reads no hash and decodes no entry.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from groundwork.data_folder.lazy_paths import path_texts

_LENGTH = 16  # bytes
_NO_FILE = b"-"
_pack_status = struct.Struct("<qqQ").pack


def unit_fingerprint(
    recipe: bytes, reads: Sequence[Iterable[str | Path]], writes: Iterable[str | Path]
) -> bytes | None:
    """Of a unit that `recipe` shapes and that reads these files; None where it reads a folder, whose files may change.

    The order of the files counts. Files that are missing count as missing.
    """
    digest = hashlib.blake2b(recipe, digest_size=_LENGTH)
    for paths in reads:
        path_strings = tuple(path_texts(paths))
        try:
            statuses = b"".join(map(_file_status, path_strings))
        except IsADirectoryError:
            return None
        digest.update(_names(path_strings))
        digest.update(statuses)
    path_strings = tuple(path_texts(writes))
    digest.update(_names(path_strings))
    digest.update(bytes(map(_is_there, path_strings)))
    return digest.digest()


def _names(paths: Sequence[str]) -> bytes:
    """The paths and how many they are."""
    return "\0".join((str(len(paths)), *paths, "")).encode("utf-8", "surrogatepass")


def _file_status(path: str) -> bytes:
    """Raises IsADirectoryError for a folder."""
    try:
        file_status = os.stat(path)  # noqa: PTH116  half of Path.stat's time, and the bulk of a start with nothing to do
    except OSError:
        return _NO_FILE
    if stat.S_ISDIR(file_status.st_mode):
        raise IsADirectoryError(path)
    return _pack_status(file_status.st_size, file_status.st_mtime_ns, file_status.st_ino)


def _is_there(path: str) -> bool:
    return os.access(path, os.F_OK)  # half the time of os.path.exists
