"""Put the files of a dataset in place together, or leave those that are there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Contents = bytes | Callable[[], Iterable[bytes]]  # a file's content, or what makes it part by part as it is written

STAGING = ".incomplete"
OURS = ("data", "exports")  # folders whose other files are left over from an earlier build


def replace_files(folder: Path, files: Mapping[str, Contents]) -> None:
    """Write `files` (by path in `folder`), then remove what an earlier build left of other splits and exports.

    Everything is written and flushed beside its target first: a disk that fills up raises OSError while the earlier
    dataset is still whole.
    """
    staging = folder / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    try:
        for name, content in files.items():
            path = staging / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                for part in [content] if isinstance(content, bytes) else content():
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (staging / name).replace(folder / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    for stale in stale_files(folder, files):
        stale.unlink()


def stale_files(folder: Path, files: Mapping[str, Contents]) -> list[Path]:
    """Files below data/ and exports/ that are not among `files`."""
    present = [path for name in OURS for path in sorted((folder / name).rglob("*")) if path.is_file()]
    return [path for path in present if path.relative_to(folder).as_posix() not in files]
