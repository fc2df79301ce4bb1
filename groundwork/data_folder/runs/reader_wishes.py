"""What a reader wants asked: `data/qa/<run>/wishes/<document>.jsonl`, a statement a line, which generate_qa obeys."""

from __future__ import annotations

from pathlib import Path

from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.data_folder.workspace import Workspace
from groundwork.records import Record

WISHES = "wishes"  # their folder in a run's


class Wish(Record, frozen=True):
    """One statement of a document that is to be asked about; `text` alone is enough where it stands there once."""

    text: str
    document: str = ""
    start: int = -1  # offset in data/text/<document>.md; -1: wherever the text stands
    reviewer: str = ""
    time: str = ""  # ISO 8601, UTC


def wishes_file(data: Workspace, run: str, document: str) -> Path:
    """Where the wishes about a document stand; there need not be any."""
    return data.path("qa", run, WISHES, f"{document}.jsonl")


def read_wishes(path: Path) -> list[Wish]:
    """The wishes in a file that may be missing. Raises BadRecord that names the line."""
    return read_jsonl(path, Wish) if path.exists() else []


def toggle_wish(path: Path, toggled_wish: Wish) -> bool:
    """Add the wish, or take it back where it stands already; returns whether it stands now.

    Raises BadRecord, OSError.
    """
    wishes = read_wishes(path)
    other_wishes = [
        reader_wish
        for reader_wish in wishes
        if (reader_wish.start, reader_wish.text) != (toggled_wish.start, toggled_wish.text)
    ]
    wish_stands = len(other_wishes) == len(wishes)
    write_jsonl(path, [*other_wishes, toggled_wish] if wish_stands else other_wishes)
    return wish_stands
