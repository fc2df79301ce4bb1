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

from groundwork.data_folder.file_names import matches_any_pattern, printable_path
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
    departed_documents = []
    present_sources = {f"documents/{name}" for name in _source_names_below(f"{data.base}/documents")}
    for document, ingested_document in manifest.entries("ingest", EntryInputs).items():
        for ingested_path, ingested_digest in ingested_document.inputs.items():
            source_name = ingested_path.removeprefix("documents/")
            if source_name == ingested_path:
                continue
            is_ignored = bool(ignore) and matches_any_pattern(source_name, ignore)
            if is_ignored or (ingested_path not in present_sources and not (data.base / ingested_path).exists()):
                departed_documents.append(DepartedDocument(document, source_name, ingested_digest, is_ignored))
    departed_documents.sort(key=_departed_document_name)
    return [
        departed_document
        for departed_document in departed_documents
        if data.path("text", f"{departed_document.document}.md").exists()
    ]


def _departed_document_name(departed: DepartedDocument) -> str:
    return departed.document


def _source_names_below(documents_folder: str) -> Iterator[str]:
    """The names, below it, of the files of a folder, links left out: in a fourth of the time of a look at each."""
    subfolder_prefixes = [""]
    while subfolder_prefixes:
        subfolder_prefix = subfolder_prefixes.pop()
        with suppress(OSError), os.scandir(f"{documents_folder}/{subfolder_prefix}") as source_entries:
            for source_entry in source_entries:
                if source_entry.is_dir(follow_symlinks=False):
                    subfolder_prefixes.append(f"{subfolder_prefix}{source_entry.name}/")
                elif source_entry.is_file(follow_symlinks=False):
                    yield printable_path(f"{subfolder_prefix}{source_entry.name}")


def departed_warnings(departed_documents: Sequence[DepartedDocument], set_aside: Collection[str]) -> list[str]:
    """What to say of the first few of those that are not `set_aside`, each with its remedy."""
    reported_departures = [departed for departed in departed_documents if departed.document not in set_aside]
    return [
        f"{'ignored' if departed.ignored else 'gone'}: documents/{departed.source}, "
        f"of which {departed.document} was made; "
        f"remove it: {as_typed(f'uv run dataprep forget {departed.document}')}"
        for departed in reported_departures[:DEPARTED_NAMED]
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


def write_set_aside(data: Workspace, set_aside_documents: dict[str, SetAside]) -> None:
    """Put `set_aside_documents` in place of what is set aside; without any, the file goes."""
    set_aside_file = data.base / SET_ASIDE_FILE
    if set_aside_documents:
        write_json(set_aside_file, dict(sorted(set_aside_documents.items())))
    else:
        set_aside_file.unlink(missing_ok=True)
