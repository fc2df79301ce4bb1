"""Documents that go: what of them remains, and how it is removed.

The manifest knows the source of every text that ingest wrote, with its sha256. A source that is no longer there leaves
a *departed* document; one whose content turns up under another name was renamed (see renamed_documents).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from groundwork.counted_nouns import counted
from groundwork.data_folder.document_changes.set_aside_file import read_set_aside, write_set_aside
from groundwork.data_folder.document_files import document_files, is_name_or_id, longer_document_names
from groundwork.data_folder.file_names import matches_any, printable_path
from groundwork.data_folder.manifest.manifest import EntryInputs, Manifest
from groundwork.data_folder.read_write import read_json, read_jsonl, write_json, write_jsonl
from groundwork.data_folder.runs.recorded_decisions import rewrite_lines
from groundwork.data_folder.runs.run_lookup import DECISIONS
from groundwork.data_folder.spread_folders import file_path
from groundwork.data_folder.workspace import Workspace
from groundwork.installation import as_typed
from groundwork.records.pair_record import Pair
from groundwork.records.tags_record import Tags

DEPARTED_NAMED = 5  # named at once
FORGOTTEN = "forgotten.json"  # in a dataset's folder: documents that were removed after it was built, with their rows
_OUTPUTS_OF_SEVERAL = ("plots/", "embeddings/")  # outputs that hold texts of several documents


@dataclass(frozen=True)
class DepartedDocument:
    """A document whose source is gone: its id, the source's name below data/documents, and the source's sha256.

    `ignored`: the source is there, but the settings (`ingest.ignore`) pass it over by now.
    """

    document: str
    source: str
    sha256: str
    ignored: bool = False


@dataclass
class DocumentRemains:
    """What there is of a document: its files, how many pairs, the rows of datasets that hold it, by dataset, and the
    questions about it whose answers were graded, by folder of grades.
    """

    files: list[Path] = field(default_factory=list)
    chunks: int = 0
    pairs: int = 0
    pictures: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    graded: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        remains = [f"{counted(count, 'row')} of dataset {label}" for label, count in self.rows.items()]
        remains += [f"graded questions in grades/{label}: {count:,}" for label, count in self.graded.items()]
        return ", ".join([*self._removable, *remains]) or "nothing"

    @property
    def removable(self) -> str:
        """What `forget` removes: all but the rows of datasets and the grades, which are marked or named."""
        return ", ".join(self._removable) or "nothing"

    @property
    def _removable(self) -> list[str]:
        counts = (("picture", self.pictures), ("chunk", self.chunks), ("pair", self.pairs))
        return [*(["its text"] if self.files else []), *(counted(count, noun) for noun, count in counts if count)]


def find_departed(data: Workspace, manifest: Manifest, ignore: Sequence[str] = ()) -> list[DepartedDocument]:
    """The documents that ingest once read and whose source is no longer in data/documents, by name.

    One that a pattern of `ignore` means counts as well.
    """
    without_source = []
    listed = {f"documents/{name}" for name in _files_below(f"{data.base}/documents")}
    for document, entry in manifest.entries("ingest", EntryInputs).items():
        for path, digest in entry.inputs.items():
            source = path.removeprefix("documents/")
            if source == path:
                continue
            ignored = bool(ignore) and matches_any(source, ignore)
            if ignored or (path not in listed and not (data.base / path).exists()):
                without_source.append(DepartedDocument(document, source, digest, ignored))
    without_source.sort(key=_document_name)
    return [lost for lost in without_source if data.path("text", f"{lost.document}.md").exists()]


def _document_name(departed: DepartedDocument) -> str:
    return departed.document


def _files_below(folder: str) -> Iterator[str]:
    """The names, below it, of the files of a folder, links left out: in a fourth of the time of a look at each."""
    prefixes = [""]
    while prefixes:
        prefix = prefixes.pop()
        with suppress(OSError), os.scandir(f"{folder}/{prefix}") as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    prefixes.append(f"{prefix}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    yield printable_path(f"{prefix}{entry.name}")


def departed_warnings(documents: Sequence[DepartedDocument], aside: Collection[str]) -> list[str]:
    """What to say of the first few of those that are not set `aside`, each with its remedy."""
    reported = [lost for lost in documents if lost.document not in aside][:DEPARTED_NAMED]
    return [
        f"{'ignored' if lost.ignored else 'gone'}: documents/{lost.source}, of which {lost.document} was made; "
        f"remove it: {as_typed(f'uv run dataprep forget {lost.document}')}"
        for lost in reported
    ]


def document_remains(data: Workspace, document: str) -> DocumentRemains:
    """What the data folder holds of `document`. Damaged files count as files and hold nothing."""
    files = document_files(data, document)
    data.fetch([*files, *data.path("datasets").rglob("*.parquet"), *data.path("grades").glob("*/*.jsonl")])
    chunk_file = data.path("chunks", f"{document}.jsonl")
    return DocumentRemains(
        files=files,
        chunks=chunk_file.read_bytes().count(b"\n") if chunk_file.exists() else 0,
        pictures=len(list(data.path("text", document).glob("figure-*"))),
        pairs=sum(file.read_bytes().count(b"\n") for file in _pair_files(data, document)),
        rows={name: count for name, count in _dataset_rows(data, document).items() if count},
        graded={name: count for name, count in _graded_questions(data, document).items() if count},
    )


def forget_document(data: Workspace, manifest: Manifest, document: str) -> DocumentRemains:
    """Remove `document` from every file of the data folder; datasets that hold it are marked and stay as they are, and
    so do grades, which cost calls.

    What is made of several documents (maps, vectors, reports) is removed whole, for it is made anew at the next run.
    Returns what there was.
    """
    remains = document_remains(data, document)
    ids = {pair.id for file in _pair_files(data, document) for pair in read_jsonl(file, Pair)}
    longer_names = longer_document_names(data, document)
    own_files = {data.relative(file) for file in remains.files}
    for stage, unit, entry in manifest.all_entries():
        if unit.rpartition("/")[2] == document:
            manifest.forget(stage, [unit])
        elif own_files & entry.inputs.keys():
            for output in entry.outputs:
                if output.startswith(_OUTPUTS_OF_SEVERAL) or (output.startswith("qa/") and output.endswith(".html")):
                    _remove(data.root / output)
            manifest.forget(stage, [unit])
    decisions = sorted(data.root.glob(f"qa/*/{DECISIONS}.jsonl"))
    data.fetch([data.path("tags"), *decisions])
    for file in sorted(data.path("tags").rglob("*.jsonl")):
        rows = read_jsonl(file, Tags)
        other_rows = [row for row in rows if row.id not in ids and not is_name_or_id(row.id, document, longer_names)]
        if len(other_rows) < len(rows):
            write_jsonl(file, other_rows)
    for file in decisions:
        rewrite_lines(file, lambda line: b"" if _is_about(line, document) else line)
    for file in [*remains.files, data.path("text", document)]:
        _remove(file)
    if document in (records_aside := read_set_aside(data)):
        write_set_aside(data, {name: record for name, record in records_aside.items() if name != document})
    for dataset, count in remains.rows.items():
        mark = data.path("datasets", dataset, FORGOTTEN)
        write_json(mark, {**(read_json(mark, dict[str, int]) if mark.exists() else {}), document: count})
    return remains


def forgotten_rows(data: Workspace) -> dict[str, dict[str, int]]:
    """By dataset: the documents that were removed after it was built, and how many of its rows are theirs."""
    marks = sorted(data.path("datasets").glob(f"*/{FORGOTTEN}"))
    data.fetch(marks)
    return {mark.parent.name: read_json(mark, dict[str, int]) for mark in marks}


def _pair_files(data: Workspace, document: str) -> list[Path]:
    files = [file_path(folder, f"{document}.jsonl") for folder in sorted(data.root.glob("qa/*")) if folder.is_dir()]
    return [file for file in files if file.is_file()]


def _is_about(line: bytes, document: str) -> bool:
    """Is the line a decision about a pair of `document`?"""
    try:
        return bool(msgspec.json.decode(line, type=dict[str, Any]).get("document") == document)
    except msgspec.DecodeError:
        return False


def _dataset_rows(data: Workspace, document: str) -> dict[str, int]:
    """Rows of `document` by dataset."""
    folders = [path for path in sorted(data.path("datasets").glob("*")) if path.is_dir()]
    return {folder.name: sum(_rows_in(file, document) for file in folder.rglob("*.parquet")) for folder in folders}


def _graded_questions(data: Workspace, document: str) -> dict[str, int]:
    """Questions about `document` by folder of grades."""
    longer_names = longer_document_names(data, document)
    questions: dict[str, set[str]] = {}
    for file in sorted(data.path("grades").glob("*/*.jsonl")):
        ids = {str(line.get("id", "")) for line in _json_lines(file)}
        about_document = {row_id for row_id in ids if is_name_or_id(row_id, document, longer_names)}
        questions.setdefault(file.parent.name, set()).update(about_document)
    return {folder: len(ids) for folder, ids in questions.items()}


def _json_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON lines file; damaged lines are passed over."""
    for line in file.read_bytes().splitlines():
        try:
            yield msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError:
            continue


def _rows_in(file: Path, document: str) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        column = pq.read_table(file, columns=["document"]).column(0)
    except (OSError, ValueError, KeyError, pa.ArrowInvalid):
        return 0
    return sum(value == document for value in column.to_pylist())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
