"""Copies of files edited by hand, set aside before their stage writes anew: NAME.edited, NAME.edited-2, ..."""

from __future__ import annotations

import re
from pathlib import Path

from groundwork.data_folder.read_write import write_bytes

MAX_EDITED_COPIES = 50  # of one file; a later one takes the place of the last
_EDITED_ENDING = re.compile(r"\.edited(?:-[0-9]+)?$")


def is_edited_copy(file_name: str) -> bool:
    return ".edited" in file_name and _EDITED_ENDING.search(file_name) is not None


def without_edited_ending(file_name: str) -> str:
    """The name of the file that an edited copy is of; any other name as it is."""
    return _EDITED_ENDING.sub("", file_name) if ".edited" in file_name else file_name


def edited_copies(file: Path) -> list[Path]:
    """The copies that lie beside `file`, the earliest first."""
    return [edited_copy for edited_copy in _copy_names(file) if edited_copy.exists()]


def keep_edited_copy(file: Path) -> Path:
    """Copy `file` beside itself and return the copy; an earlier edit keeps its own, and the same one is kept once."""
    edited_content = file.read_bytes()
    for edited_copy in _copy_names(file):
        if not edited_copy.exists() or edited_copy.read_bytes() == edited_content:
            break
    write_bytes(edited_copy, edited_content)
    return edited_copy


def _copy_names(file: Path) -> list[Path]:
    numbered_names = (f"{file.name}.edited-{number}" for number in range(2, MAX_EDITED_COPIES + 1))
    return [file.with_name(name) for name in (f"{file.name}.edited", *numbered_names)]
