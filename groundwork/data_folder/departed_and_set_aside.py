"""Documents that no stage works on: departed ones, whose source is gone, and those that a person has set aside.

The manifest knows the source of every text that ingest wrote, with its sha256. A source that is no longer there leaves
a *departed* document; one whose content turns up under another name was renamed (see documents/renamed_documents.py).
`data/set-aside.json` holds the others by name, with the reason and the sha256 that their file had; it may be edited by
hand, and `dataprep set-aside --undo` takes them back.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from groundwork.data_folder.file_names import matches_any, printable_path
from groundwork.data_folder.manifest import EntryInputs, Manifest
from groundwork.data_folder.read_write import read_json, write_json
from groundwork.data_folder.workspace import Workspace
from groundwork.installation import as_typed
from groundwork.records import Record

DEPARTED_NAMED = 5  # named at once
SET_ASIDE_FILE = "set-aside.json"


@dataclass(frozen=True)
class DepartedDocument:
    """A document whose source is gone: its id, the source's name below data/documents, and the source's sha256.

    `ignored`: the source is there, but the settings (`ingest.ignore`) pass it over by now.
    """

    document: str
    source: str
    sha256: str
    ignored: bool = False


def find_departed(data: Workspace, manifest: Manifest, ignore: Sequence[str] = ()) -> list[DepartedDocument]:
    """The documents that ingest once read and whose source is no longer in data/documents, by name.

    One that a pattern of `ignore` means counts as well.
    """
    without_source = []
    listed = {f"documents/{name}" for name in _files_below(f"{data.base}/documents")}
    for document, manifest_entry in manifest.entries("ingest", EntryInputs).items():
        for input_path, digest in manifest_entry.inputs.items():
            source_name = input_path.removeprefix("documents/")
            if source_name == input_path:
                continue
            ignored = bool(ignore) and matches_any(source_name, ignore)
            if ignored or (input_path not in listed and not (data.base / input_path).exists()):
                without_source.append(DepartedDocument(document, source_name, digest, ignored))
    without_source.sort(key=_document_name)
    return [lost for lost in without_source if data.path("text", f"{lost.document}.md").exists()]


def _document_name(departed: DepartedDocument) -> str:
    return departed.document


def _files_below(folder: str) -> Iterator[str]:
    """The names, below it, of the files of a folder, links left out: in a fourth of the time of a look at each."""
    prefixes = [""]
    while prefixes:
        prefix = prefixes.pop()
        with suppress(OSError), os.scandir(f"{folder}/{prefix}") as folder_entries:
            for folder_entry in folder_entries:
                if folder_entry.is_dir(follow_symlinks=False):
                    prefixes.append(f"{prefix}{folder_entry.name}/")
                elif folder_entry.is_file(follow_symlinks=False):
                    yield printable_path(f"{prefix}{folder_entry.name}")


def departed_warnings(documents: Sequence[DepartedDocument], aside: Collection[str]) -> list[str]:
    """What to say of the first few of those that are not set `aside`, each with its remedy."""
    reported = [lost for lost in documents if lost.document not in aside][:DEPARTED_NAMED]
    return [
        f"{'ignored' if lost.ignored else 'gone'}: documents/{lost.source}, of which {lost.document} was made; "
        f"remove it: {as_typed(f'uv run dataprep forget {lost.document}')}"
        for lost in reported
    ]


class SetAside(Record, frozen=True):
    """Why a document was set aside. `source`: its file below data/documents; "" for a text without one."""

    reason: str = ""
    source: str = ""
    sha256: str = ""


def read_set_aside(data: Workspace) -> dict[str, SetAside]:
    """By document, in order. Raises BadRecord where the file is damaged."""
    set_aside_file = data.base / SET_ASIDE_FILE
    return read_json(set_aside_file, dict[str, SetAside]) if set_aside_file.exists() else {}


def write_set_aside(data: Workspace, documents: dict[str, SetAside]) -> None:
    """Put `documents` in place of what is set aside; without any, the file goes."""
    set_aside_file = data.base / SET_ASIDE_FILE
    if documents:
        write_json(set_aside_file, dict(sorted(documents.items())))
    else:
        set_aside_file.unlink(missing_ok=True)
