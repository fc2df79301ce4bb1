"""Documents that a person has set aside: no stage works on them until they are taken back.

`data/set-aside.json` holds them by name, with the reason and the sha256 that their file had; it may be edited by hand.
"""

from __future__ import annotations

from groundwork.data_folder.read_write import read_json, write_json
from groundwork.data_folder.workspace import Workspace
from groundwork.records.record_base import Record

SET_ASIDE_FILE = "set-aside.json"


class SetAside(Record, frozen=True):
    """Why a document was set aside. `source`: its file below data/documents; "" for a text without one."""

    reason: str = ""
    source: str = ""
    sha256: str = ""


def read_set_aside(data: Workspace) -> dict[str, SetAside]:
    """By document, in order. Raises BadRecord where the file is damaged."""
    path = data.base / SET_ASIDE_FILE
    return read_json(path, dict[str, SetAside]) if path.exists() else {}


def write_set_aside(data: Workspace, documents: dict[str, SetAside]) -> None:
    """Put `documents` in place of what is set aside; without any, the file goes."""
    path = data.base / SET_ASIDE_FILE
    if documents:
        write_json(path, dict(sorted(documents.items())))
    else:
        path.unlink(missing_ok=True)
