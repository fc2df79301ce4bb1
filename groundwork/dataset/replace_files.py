"""Put the files of a dataset in place together, or leave those that are there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Contents = bytes | Callable[[], Iterable[bytes]]  # a file's content, or what makes it part by part as it is written

STAGING = ".incomplete"
OWN_FOLDERS = ("data", "exports")  # folders whose other files are left over from an earlier build


def replace_files(folder: Path, files: Mapping[str, Contents]) -> None:
    """Write `files` (by path in `folder`), then remove what an earlier build left of other splits and exports.

    Everything is written and flushed beside its target first: a disk that fills up raises OSError while the earlier
    dataset is still whole.
    """
    staging = folder / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    try:
        for file_name, content in files.items():
            path = staging / file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                for block in [content] if isinstance(content, bytes) else content():
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
        for file_name in files:
            (folder / file_name).parent.mkdir(parents=True, exist_ok=True)
            (staging / file_name).replace(folder / file_name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    for stale_path in stale_files(folder, files):
        stale_path.unlink()


def stale_files(folder: Path, files: Mapping[str, Contents]) -> list[Path]:
    """Files below data/ and exports/ that are not among `files`."""
    present = [
        path for own_folder in OWN_FOLDERS for path in sorted((folder / own_folder).rglob("*")) if path.is_file()
    ]
    return [path for path in present if path.relative_to(folder).as_posix() not in files]
