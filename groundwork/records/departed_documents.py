"""Documents that go or change their names: what of them remains, and how it is removed or carried over.

The manifest knows the source of every text that ingest wrote, with its sha256. A source that is no longer there leaves
a *departed* document; one whose content turns up under another name was renamed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from groundwork.installation import as_typed
from groundwork.pipeline import BY_NAME
from groundwork.records.artifacts import Workspace, read_json, read_jsonl, write_bytes, write_json, write_jsonl
from groundwork.records.document_record import Document
from groundwork.records.figures import MovedFolder, decoded, encoded
from groundwork.records.manifest import EntryInputs, Manifest, ManifestEntry
from groundwork.records.name_patterns import matches_any
from groundwork.records.pair_record import Pair
from groundwork.records.review_decisions import rewrite_lines
from groundwork.records.run_lookup import DECISIONS
from groundwork.records.set_aside_documents import set_aside, write_set_aside
from groundwork.records.spread_folders import file_in, folder_of
from groundwork.records.tags_record import Tags

MADE_ANEW = ("datasets", "plots", "embeddings")  # folders whose files show names of documents; no model is needed
MOST_DEPARTED = 5  # named at once
FORGOTTEN = "forgotten.json"  # in a dataset's folder: documents that were removed after it was built, with their rows
_FILES = (
    *("text/{}.md", "text/{}.json", "text/{}.md.edited", "summaries/{}.json", "chunks/{}.jsonl"),
    *("plots/coverage-{}.html", "plots/coverage-{}.json", "plots/{}-chunks.html", "plots/audit-{}.html"),
)
_IN_RUNS = ("{}.jsonl", "{}.json", "{}.jsonl.edited", "{}.json.edited")
_OF_SEVERAL = ("plots/", "embeddings/")  # outputs that hold texts of several documents


@dataclass(frozen=True)
class Departed:
    """A document whose source is gone: its id, the source's name below data/documents, and the source's sha256.

    `ignored`: the source is there, but the settings (`ingest.ignore`) pass it over by now.
    """

    document: str
    source: str
    sha256: str
    ignored: bool = False


@dataclass
class Remains:
    """What there is of a document: its files, how many pairs, and the rows of datasets that hold it, by dataset."""

    files: list[Path] = field(default_factory=list)
    chunks: int = 0
    pairs: int = 0
    pictures: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        counts = (("pictures", self.pictures), ("chunks", self.chunks), ("pairs", self.pairs))
        parts = [f"{count:,} {name}" for name, count in counts if count]
        parts += [f"{count:,} rows of dataset {name}" for name, count in self.rows.items()]
        return ", ".join(["its text", *parts]) if self.files else ", ".join(parts) or "nothing"


def departed(data: Workspace, manifest: Manifest, ignore: Sequence[str] = ()) -> list[Departed]:
    """The documents that ingest once read and whose source is no longer in data/documents, by name.

    One that a pattern of `ignore` means counts as well.
    """
    found = []
    for document, entry in sorted(manifest.entries("ingest", EntryInputs).items()):
        for name, digest in entry.inputs.items():
            source = name.removeprefix("documents/")
            if source == name:
                continue
            ignored = bool(ignore) and matches_any(source, ignore)
            if ignored or not os.path.exists(f"{data.base}/{name}"):  # noqa: PTH110  a tenth of Path's time, for all documents
                found.append(Departed(document, source, digest, ignored))
    return [one for one in found if data.path("text", f"{one.document}.md").exists()]


def departed_lines(lost: Sequence[Departed], aside: Collection[str]) -> list[str]:
    """What to say of the first few of those that are not set `aside`, each with its remedy."""
    named = [one for one in lost if one.document not in aside][:MOST_DEPARTED]
    return [
        f"{'ignored' if one.ignored else 'gone'}: documents/{one.source}, of which {one.document} was made; "
        f"remove it: {as_typed(f'uv run dataprep forget {one.document}')}"
        for one in named
    ]


def remains_of(data: Workspace, document: str) -> Remains:
    """What the data folder holds of `document`. Damaged files count as files and hold nothing."""
    files = list(_files(data, document))
    data.fetch([*files, *data.path("datasets").rglob("*.parquet")])
    chunk_file = data.path("chunks", f"{document}.jsonl")
    return Remains(
        files=files,
        chunks=chunk_file.read_bytes().count(b"\n") if chunk_file.exists() else 0,
        pictures=len(list(data.path("text", document).glob("figure-*"))),
        pairs=sum(file.read_bytes().count(b"\n") for file in _pair_files(data, document)),
        rows={name: count for name, count in _dataset_rows(data, document).items() if count},
    )


def forget_document(data: Workspace, manifest: Manifest, document: str) -> Remains:
    """Remove `document` from every file of the data folder; datasets that hold it are marked and stay as they are.

    What is made of several documents (maps, vectors, reports) is removed whole, for it is made anew at the next run.
    Returns what there was.
    """
    remains = remains_of(data, document)
    ids = {pair.id for file in _pair_files(data, document) for pair in read_jsonl(file, Pair)}
    own = {data.relative(file) for file in remains.files}
    for stage, unit, entry in manifest.all_entries():
        if unit.rpartition("/")[2] == document:
            manifest.forget(stage, [unit])
        elif own & entry.inputs.keys():
            for name in entry.outputs:
                if name.startswith(_OF_SEVERAL) or (name.startswith("qa/") and name.endswith(".html")):
                    _remove(data.root / name)
            manifest.forget(stage, [unit])
    decisions = sorted(data.root.glob(f"qa/*/{DECISIONS}.jsonl"))
    data.fetch([data.path("tags"), *decisions])
    for file in sorted(data.path("tags").rglob("*.jsonl")):
        rows = read_jsonl(file, Tags)
        if any(row.id in ids for row in rows):
            write_jsonl(file, [row for row in rows if row.id not in ids])
    for file in decisions:
        rewrite_lines(file, lambda line: b"" if _is_about(line, document) else line)
    for file in [*remains.files, data.path("text", document)]:
        _remove(file)
    if document in (aside := set_aside(data)):
        write_set_aside(data, {name: one for name, one in aside.items() if name != document})
    for name, count in remains.rows.items():
        mark = data.path("datasets", name, FORGOTTEN)
        write_json(mark, {**(read_json(mark, dict[str, int]) if mark.exists() else {}), document: count})
    return remains


def forgotten_rows(data: Workspace) -> dict[str, dict[str, int]]:
    """By dataset: the documents that were removed after it was built, and how many of its rows are theirs."""
    marks = sorted(data.path("datasets").glob(f"*/{FORGOTTEN}"))
    data.fetch(marks)
    return {mark.parent.name: read_json(mark, dict[str, int]) for mark in marks}


def rename_document(data: Workspace, manifest: Manifest, old: str, new: str, source: str) -> None:
    """Carry everything of the document `old` over to the name `new`, whose file is `source` below data/documents.

    Ids of chunks and pairs begin with the document's name and change with it; a file that was edited by hand stays
    edited, and what was current stays current.
    """
    decisions = sorted(data.root.glob(f"qa/*/{DECISIONS}.jsonl"))
    data.fetch([*_files(data, old), data.path("text", old), data.path("tags"), *decisions])
    moved_folder = MovedFolder(data, old, new)
    before: dict[str, Path] = {}
    after: dict[str, Path] = {}
    hashes: dict[str, str] = {}
    for file in _files(data, old):
        target = file_in(folder_of(file), _renamed(file.name, old, new))
        hashes[data.relative(file)] = manifest.sha256(file)
        content = file.read_bytes()
        if file.suffix in (".json", ".jsonl"):
            content = _with_names(content, old, new, source, lines=file.suffix == ".jsonl")
        write_bytes(target, _with_figures(content, data.relative(file), moved_folder) if moved_folder else content)
        before[data.relative(file)], after[data.relative(file)] = file, target
    pictures = data.path("text", old)
    if pictures.is_dir():
        name, target = data.relative(pictures), data.path("text", new)
        target.parent.mkdir(parents=True, exist_ok=True)
        hashes[name], after[name] = manifest.sha256(pictures), target
        pictures.rename(target)
    _rename_entries(data, manifest, old, new, {name: data.relative(path) for name, path in after.items()}, hashes)
    for file in sorted(data.path("tags").rglob("*.jsonl")):
        content = file.read_bytes()
        changed = _with_names(content, old, new, source, lines=True)
        if changed != content:
            write_bytes(file, changed)
    for file in decisions:
        rewrite_lines(file, lambda line: _with_names(line, old, new, source, lines=True))
    for path in before.values():
        path.unlink(missing_ok=True)


def _with_figures(content: bytes, name: str, moved: MovedFolder) -> bytes:
    """A file of a document whose figures have moved to another folder; `name`: below the data folder."""
    suffix, lines = Path(name).suffix, name.endswith(".jsonl")
    if suffix == ".md":
        return moved.text(content)
    if suffix not in (".json", ".jsonl") or name.startswith("plots/"):
        return content
    records = [moved.record(name.partition("/")[0], record) for record in decoded(content, lines=lines)]
    return encoded(records, lines=lines)


def _rename_entries(
    data: Workspace, manifest: Manifest, old: str, new: str, moved: dict[str, str], hashes: dict[str, str]
) -> None:
    """Entries of the moved files: under the new names, current where they were current.

    What shows the names of several documents (datasets, pictures, vectors) has the old name in it and is due anew.
    """

    def carried(recorded: dict[str, str]) -> dict[str, str]:
        return {
            moved.get(name, name): manifest.sha256(data.root / moved[name])
            if name in moved and digest == hashes[name]
            else digest
            for name, digest in recorded.items()
        }

    for stage, unit, entry in list(manifest.all_entries()):
        if not (moved.keys() & (entry.inputs.keys() | entry.outputs.keys()) or unit.rpartition("/")[2] == old):
            continue
        place, _, last = unit.rpartition("/")
        if stage in BY_NAME and BY_NAME[stage].writes in MADE_ANEW:
            if last == old:
                manifest.forget(stage, [unit])
            continue
        name = f"{place}/{new}" if place and last == old else new if last == old else unit
        changed = msgspec.structs.replace(entry, inputs=carried(entry.inputs), outputs=carried(entry.outputs))
        manifest.forget(stage, [unit])
        if stage != "ingest":  # which reads the file under its new name
            manifest.record(stage, name, changed)
        else:
            manifest.record(stage, name, _of_renamed_source(data, manifest, changed, new))


def _of_renamed_source(data: Workspace, manifest: Manifest, entry: ManifestEntry, new: str) -> ManifestEntry:
    document = read_json(data.path("text", f"{new}.json"), Document)
    path = data.base / "documents" / document.source
    return msgspec.structs.replace(entry, inputs={data.relative(path): manifest.sha256(path)})


def _with_names(content: bytes, old: str, new: str, source: str, *, lines: bool) -> bytes:
    """The JSON `content` with the document's name changed where it is one, and at the beginning of ids."""

    def changed(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: changed(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [changed(key, inner) for inner in value]
        if key == "source":
            return source
        if key in ("id", "pair", "document", "chunk", "also") and isinstance(value, str):
            return new if value == old else f"{new}{value.removeprefix(old)}" if _is_id_of(value, old) else value
        return value

    if not lines:
        record = msgspec.json.decode(content)
        return msgspec.json.format(msgspec.json.encode(changed("", record)), indent=2) + b"\n"
    rows = [msgspec.json.decode(line) for line in content.split(b"\n") if line.strip()]
    return b"".join(msgspec.json.encode(changed("", row)) + b"\n" for row in rows)


def _is_id_of(value: str, document: str) -> bool:
    """Is `value` the id of a chunk or a pair of `document`: its name, then parts that are hashes and numbers?"""
    rest = value.removeprefix(f"{document}-")
    return rest != value and all(part and set(part) <= set("0123456789abcdef") for part in rest.split("-"))


def _files(data: Workspace, document: str) -> Iterator[Path]:
    places = [data.path(*pattern.format(document).split("/")) for pattern in _FILES]
    places += [file_in(folder, name.format(document)) for folder in data.folders_of_runs() for name in _IN_RUNS]
    yield from (path for path in dict.fromkeys(places) if path.is_file())


def _pair_files(data: Workspace, document: str) -> list[Path]:
    files = [file_in(folder, f"{document}.jsonl") for folder in sorted(data.root.glob("qa/*")) if folder.is_dir()]
    return [file for file in files if file.is_file()]


def _is_about(line: bytes, document: str) -> bool:
    """Is the line a decision about a pair of `document`?"""
    try:
        return bool(msgspec.json.decode(line, type=dict[str, Any]).get("document") == document)
    except msgspec.DecodeError:
        return False


def _renamed(name: str, old: str, new: str) -> str:
    return name.replace(old, new, 1)


def _dataset_rows(data: Workspace, document: str) -> dict[str, int]:
    """Rows of `document` by dataset."""
    folders = [path for path in sorted(data.path("datasets").glob("*")) if path.is_dir()]
    return {folder.name: sum(_rows_in(file, document) for file in folder.rglob("*.parquet")) for folder in folders}


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
