"""Documents that go or change their names: what of them remains, and how it is removed or carried over.

The manifest knows the source of every text that ingest wrote, with its sha256. A source that is no longer there leaves
a *departed* document; one whose content turns up under another name was renamed.
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

from groundwork.installation import as_typed
from groundwork.pipeline import BY_NAME
from groundwork.records.artifacts import (
    Workspace,
    printable_path,
    read_json,
    read_jsonl,
    write_bytes,
    write_json,
    write_jsonl,
)
from groundwork.records.document_record import Document
from groundwork.records.figures import MovedFolder, decode_records, encode_records
from groundwork.records.manifest import EntryInputs, Manifest, ManifestEntry
from groundwork.records.name_patterns import matches_any
from groundwork.records.pair_record import Pair
from groundwork.records.review_decisions import rewrite_lines
from groundwork.records.run_lookup import DECISIONS
from groundwork.records.set_aside_documents import read_set_aside, write_set_aside
from groundwork.records.spread_folders import file_names, file_path, folder_of
from groundwork.records.tags_record import Tags

REBUILT_FOLDERS = ("datasets", "plots", "embeddings")  # folders whose files show names of documents; no model is needed
DEPARTED_NAMED = 5  # named at once
FORGOTTEN = "forgotten.json"  # in a dataset's folder: documents that were removed after it was built, with their rows
_FILE_PATTERNS = (
    *("text/{}.md", "text/{}.json", "text/{}.md.edited", "summaries/{}.json", "chunks/{}.jsonl"),
    *("plots/coverage-{}.html", "plots/coverage-{}.json", "plots/{}-chunks.html", "plots/audit-{}.html"),
)
_RUN_FILES = ("{}.jsonl", "{}.json", "{}.jsonl.edited", "{}.json.edited")
_KEYS_OF_IDS = {"id", "pair", "document", "chunk", "also", "touched_by", "asked_by"}  # and of names of documents
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
        counts = (("pictures", self.pictures), ("chunks", self.chunks), ("pairs", self.pairs))
        counted = [f"{count:,} {label}" for label, count in counts if count]
        counted += [f"{count:,} rows of dataset {label}" for label, count in self.rows.items()]
        counted += [f"graded questions in grades/{label}: {count:,}" for label, count in self.graded.items()]
        return ", ".join(["its text", *counted]) if self.files else ", ".join(counted) or "nothing"


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
    longer_names = _longer_names(data, document)
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
        other_rows = [row for row in rows if row.id not in ids and not _is_name_or_id(row.id, document, longer_names)]
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


def rename_document(data: Workspace, manifest: Manifest, document: str, new_document: str, source: str) -> None:
    """Carry everything of `document` over to the name `new_document`, whose file is `source` below data/documents.

    Ids of chunks and pairs begin with the document's name and change with it; a file that was edited by hand stays
    edited, and what was current stays current.
    """
    renaming = _Renaming(document, new_document, source, _longer_names(data, document))
    decisions = sorted(data.root.glob(f"qa/*/{DECISIONS}.jsonl"))
    data.fetch([*document_files(data, document), data.path("text", document), data.path("tags"), *decisions])
    moved_figures = MovedFolder(data, document, new_document)
    old_paths: dict[str, Path] = {}
    new_paths: dict[str, Path] = {}
    hashes: dict[str, str] = {}
    for file in document_files(data, document):
        target = file_path(folder_of(file), renaming.file_name(file.name))
        hashes[data.relative(file)] = manifest.sha256(file)
        content = file.read_bytes()
        if file.suffix in (".json", ".jsonl"):
            content = renaming.content(content, lines=file.suffix == ".jsonl")
        if moved_figures:
            content = _with_moved_figures(content, data.relative(file), moved_figures)
        write_bytes(target, content)
        old_paths[data.relative(file)], new_paths[data.relative(file)] = file, target
    pictures = data.path("text", document)
    if pictures.is_dir():
        relative_path, target = data.relative(pictures), data.path("text", new_document)
        target.parent.mkdir(parents=True, exist_ok=True)
        hashes[relative_path], new_paths[relative_path] = manifest.sha256(pictures), target
        pictures.rename(target)
    new_names = {old_path: data.relative(path) for old_path, path in new_paths.items()}
    _rename_entries(data, manifest, document, new_document, new_names, hashes)
    for file in sorted(data.path("tags").rglob("*.jsonl")):
        content = file.read_bytes()
        new_content = renaming.content(content, lines=True)
        if new_content != content:
            write_bytes(file, new_content)
    for file in decisions:
        rewrite_lines(file, lambda line: renaming.content(line, lines=True))
    for path in old_paths.values():
        path.unlink(missing_ok=True)


def _with_moved_figures(content: bytes, path: str, moved_figures: MovedFolder) -> bytes:
    """A file of a document whose figures have moved to another folder; `path`: below the data folder."""
    suffix, lines = Path(path).suffix, path.endswith(".jsonl")
    if suffix == ".md":
        return moved_figures.text(content)
    if suffix not in (".json", ".jsonl") or path.startswith("plots/"):
        return content
    records = [moved_figures.record(path.partition("/")[0], record) for record in decode_records(content, lines=lines)]
    return encode_records(records, lines=lines)


def _rename_entries(
    data: Workspace,
    manifest: Manifest,
    document: str,
    new_document: str,
    new_names: dict[str, str],
    hashes: dict[str, str],
) -> None:
    """Entries of the moved files: under the new names, current where they were current.

    What shows the names of several documents (datasets, pictures, vectors) has the old name in it and is due anew.
    """

    def carry_hashes(recorded: dict[str, str]) -> dict[str, str]:
        return {
            new_names.get(name, name): manifest.sha256(data.root / new_names[name])
            if name in new_names and digest == hashes[name]
            else digest
            for name, digest in recorded.items()
        }

    for stage, unit, entry in list(manifest.all_entries()):
        if not (new_names.keys() & (entry.inputs.keys() | entry.outputs.keys()) or unit.rpartition("/")[2] == document):
            continue
        folder, _, name = unit.rpartition("/")
        if stage in BY_NAME and BY_NAME[stage].writes in REBUILT_FOLDERS:
            if name == document:
                manifest.forget(stage, [unit])
            continue
        name = f"{folder}/{new_document}" if folder and name == document else new_document if name == document else unit
        new_entry = msgspec.structs.replace(
            entry, inputs=carry_hashes(entry.inputs), outputs=carry_hashes(entry.outputs)
        )
        manifest.forget(stage, [unit])
        if stage != "ingest":  # which reads the file under its new name
            manifest.record(stage, name, new_entry)
        else:
            manifest.record(stage, name, _entry_of_source(data, manifest, new_entry, new_document))


def _entry_of_source(data: Workspace, manifest: Manifest, entry: ManifestEntry, new_document: str) -> ManifestEntry:
    record = read_json(data.path("text", f"{new_document}.json"), Document)
    path = data.base / "documents" / record.source
    return msgspec.structs.replace(entry, inputs={data.relative(path): manifest.sha256(path)})


@dataclass(frozen=True)
class _Renaming:
    """A document's new name, and its file below data/documents; `longer_names` as `_longer_names` gives them."""

    document: str
    new_document: str
    source: str
    longer_names: Sequence[str]

    def file_name(self, name: str) -> str:
        """The new name of one of the document's files."""
        patterns = [*(pattern.rpartition("/")[2] for pattern in _FILE_PATTERNS), *_RUN_FILES]
        return next(pattern.format(self.new_document) for pattern in patterns if pattern.format(self.document) == name)

    def content(self, content: bytes, *, lines: bool) -> bytes:
        """The JSON `content` with the document's name changed where it is one, and at the beginning of ids."""
        if not lines:
            record = self._renamed("", msgspec.json.decode(content))
            return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
        rows = [msgspec.json.decode(line) for line in content.split(b"\n") if line.strip()]
        return b"".join(msgspec.json.encode(self._renamed("", row)) + b"\n" for row in rows)

    def _renamed(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._renamed(name, child) for name, child in value.items()}
        if isinstance(value, list):
            return [self._renamed(key, child) for child in value]
        if key == "source":
            return self.source
        if key in _KEYS_OF_IDS and isinstance(value, str) and _is_name_or_id(value, self.document, self.longer_names):
            run, slash, pair = value.rpartition("/")
            return f"{run}{slash}{self.new_document}{pair.removeprefix(self.document)}"
        return value


def _longer_names(data: Workspace, document: str) -> list[str]:
    """The other documents whose names begin with that of `document` and a hyphen, as its ids do."""
    names = (name.removesuffix(".md") for name in file_names(data.path("text"), ".md"))
    return [name for name in names if name.startswith(f"{document}-")]


def _is_name_or_id(value: str, document: str, longer_names: Sequence[str]) -> bool:
    """Is `value` the name of `document`, or the id of a chunk or a pair of it: its name, then hashes and numbers?

    The id of a dataset's row may have its run before that (`alpha/`), and the number of a wording behind it (`~2`).
    """
    if value == document:
        return True
    pair = value.rpartition("/")[2].partition("~")[0]
    if any(pair == name or pair.startswith(f"{name}-") for name in longer_names):
        return False
    suffix = pair.removeprefix(f"{document}-")
    digests = suffix.removeprefix("unanswerable-").split("-")
    return suffix != pair and all(digest and set(digest) <= set("0123456789abcdef") for digest in digests)


def document_files(data: Workspace, document: str) -> list[Path]:
    """Every file that was made of the document alone; the folder of its pictures aside."""
    paths = [data.path(*pattern.format(document).split("/")) for pattern in _FILE_PATTERNS]
    paths += [file_path(folder, name.format(document)) for folder in data.run_folders() for name in _RUN_FILES]
    return [path for path in dict.fromkeys(paths) if path.is_file()]


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
    longer_names = _longer_names(data, document)
    questions: dict[str, set[str]] = {}
    for file in sorted(data.path("grades").glob("*/*.jsonl")):
        ids = {str(line.get("id", "")) for line in _json_lines(file)}
        about_document = {row_id for row_id in ids if _is_name_or_id(row_id, document, longer_names)}
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
