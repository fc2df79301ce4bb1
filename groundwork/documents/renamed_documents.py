"""Documents that change their names: what was made of one is carried over, its figures, links and offsets too."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.data_folder.document_files import (
    DOCUMENT_FILE_PATTERNS,
    RUN_FILE_PATTERNS,
    document_files,
    is_name_or_id,
    longer_document_names,
)
from groundwork.data_folder.edited_copies import without_edited_ending
from groundwork.data_folder.manifest import Manifest, ManifestEntry
from groundwork.data_folder.read_write import read_json, read_jsonl, read_text, write_bytes
from groundwork.data_folder.runs.review_decisions import rewrite_decision_lines
from groundwork.data_folder.runs.run_files import DECISIONS
from groundwork.data_folder.spread_folders import file_path, folder_of
from groundwork.data_folder.workspace import Workspace
from groundwork.documents.source_files import find_sources
from groundwork.errors import BadRecord
from groundwork.markdown.figures import figures, move_figure_links
from groundwork.records import Chunk, Document
from groundwork.stage_table import BY_NAME

if TYPE_CHECKING:
    from groundwork.stage_runner.job import Job

REBUILT_FOLDERS = ("datasets", "plots", "embeddings")  # folders whose files show names of documents; no model is needed
_KEYS_OF_IDS = {"id", "pair", "document", "chunk", "also", "touched_by", "asked_by"}  # and of names of documents

Json = dict[str, Any]


def rename_document(data: Workspace, manifest: Manifest, document: str, new_document: str, source: str) -> None:
    """Carry everything of `document` over to the name `new_document`, whose file is `source` below data/documents.

    Ids of chunks and pairs begin with the document's name and change with it; a file that was edited by hand stays
    edited, and what was current stays current.
    """
    renaming = _Renaming(document, new_document, source, longer_document_names(data, document))
    decisions = sorted(data.root.glob(f"qa/*/{DECISIONS}.jsonl"))
    data.fetch([*document_files(data, document), data.path("text", document), data.path("tags"), *decisions])
    moved_figures = MovedFigureFolder(data, document, new_document)
    old_paths: dict[str, Path] = {}
    new_paths: dict[str, Path] = {}
    old_hashes: dict[str, str] = {}
    for document_file in document_files(data, document):
        renamed_file = file_path(folder_of(document_file), renaming.file_name(document_file.name))
        old_hashes[data.relative(document_file)] = manifest.sha256(document_file)
        renamed_content = document_file.read_bytes()
        if document_file.suffix in (".json", ".jsonl"):
            renamed_content = renaming.content(renamed_content, json_lines=document_file.suffix == ".jsonl")
        if moved_figures:
            renamed_content = _with_moved_figures(renamed_content, data.relative(document_file), moved_figures)
        write_bytes(renamed_file, renamed_content)
        old_paths[data.relative(document_file)], new_paths[data.relative(document_file)] = document_file, renamed_file
    pictures = data.path("text", document)
    if pictures.is_dir():
        relative_path, renamed_file = data.relative(pictures), data.path("text", new_document)
        renamed_file.parent.mkdir(parents=True, exist_ok=True)
        old_hashes[relative_path], new_paths[relative_path] = manifest.sha256(pictures), renamed_file
        pictures.rename(renamed_file)
    tag_hashes = _rename_in_tags(data, manifest, renaming)
    new_names = {old_path: data.relative(path) for old_path, path in new_paths.items()}
    new_names |= {name: name for name in tag_hashes}  # they stay where they are
    _rename_entries(data, manifest, document, new_document, new_names, old_hashes | tag_hashes)
    for document_file in decisions:
        rewrite_decision_lines(document_file, lambda line: renaming.content(line, json_lines=True))
    for path in old_paths.values():
        path.unlink(missing_ok=True)


def _rename_in_tags(data: Workspace, manifest: Manifest, renaming: _Renaming) -> dict[str, str]:
    """Write the ids of the document anew in every file of tags; returns the hashes of those files as they were."""
    old_tag_hashes = {}
    for tag_file in sorted(data.path("tags").rglob("*.jsonl")):
        tag_content = tag_file.read_bytes()
        renamed_tags = renaming.content(tag_content, json_lines=True)
        if renamed_tags != tag_content:
            old_tag_hashes[data.relative(tag_file)] = manifest.sha256(tag_file)
            write_bytes(tag_file, renamed_tags)
    return old_tag_hashes


def _with_moved_figures(file_bytes: bytes, path: str, moved_figures: MovedFigureFolder) -> bytes:
    """A file of a document whose figures have moved to another folder; `path`: below the data folder."""
    file_suffix, json_lines = Path(path).suffix, path.endswith(".jsonl")
    if file_suffix == ".md":
        return moved_figures.text(file_bytes)
    if file_suffix not in (".json", ".jsonl") or path.startswith("plots/"):
        return file_bytes
    moved_records = [
        moved_figures.record(path.partition("/")[0], document_record)
        for document_record in decode_records(file_bytes, json_lines=json_lines)
    ]
    return encode_records(moved_records, json_lines=json_lines)


def _rename_entries(
    data: Workspace,
    manifest: Manifest,
    document: str,
    new_document: str,
    new_names: dict[str, str],
    old_hashes: dict[str, str],
) -> None:
    """Entries of the moved files: under the new names, current where they were current.

    What shows the names of several documents (datasets, pictures, vectors) has the old name in it and is due anew.
    """

    def carry_hashes(recorded_hashes: dict[str, str]) -> dict[str, str]:
        return {
            new_names.get(old_name, old_name): manifest.sha256(data.root / new_names[old_name])
            if old_name in new_names and digest == old_hashes[old_name]
            else digest
            for old_name, digest in recorded_hashes.items()
        }

    for stage, unit, entry in list(manifest.all_entries()):
        if not (new_names.keys() & (entry.inputs.keys() | entry.outputs.keys()) or unit.rpartition("/")[2] == document):
            continue
        unit_folder, slash, name = unit.rpartition("/")
        if stage in BY_NAME and BY_NAME[stage].writes in REBUILT_FOLDERS:
            if name == document:
                manifest.forget(stage, [unit])
            continue
        renamed_unit = f"{unit_folder}{slash}{new_document}" if name == document else unit
        new_entry = msgspec.structs.replace(
            entry, inputs=carry_hashes(entry.inputs), outputs=carry_hashes(entry.outputs)
        )
        manifest.forget(stage, [unit])
        if stage != "ingest":  # which reads the file under its new name
            manifest.record(stage, renamed_unit, new_entry)
        else:
            manifest.record(stage, renamed_unit, _entry_of_source(data, manifest, new_entry, new_document))


def _entry_of_source(
    data: Workspace, manifest: Manifest, manifest_entry: ManifestEntry, new_document: str
) -> ManifestEntry:
    document_record = read_json(data.path("text", f"{new_document}.json"), Document)
    source_path = data.base / "documents" / document_record.source
    return msgspec.structs.replace(manifest_entry, inputs={data.relative(source_path): manifest.sha256(source_path)})


@dataclass(frozen=True)
class _Renaming:
    """A document's new name, its file below data/documents, and what `longer_document_names` gives."""

    document: str
    new_document: str
    source: str
    longer_names: Sequence[str]

    def file_name(self, name: str) -> str:
        """The new name of one of the document's files."""
        patterns = [*(pattern.rpartition("/")[2] for pattern in DOCUMENT_FILE_PATTERNS), *RUN_FILE_PATTERNS]
        original_name = without_edited_ending(name)
        renamed = (item.format(self.new_document) for item in patterns if item.format(self.document) == original_name)
        return f"{next(renamed)}{name.removeprefix(original_name)}"

    def content(self, json_bytes: bytes, *, json_lines: bool) -> bytes:
        """The JSON `json_bytes` with the document's name changed where it is one, and at the beginning of ids."""
        if not json_lines:
            renamed_record = self._with_renamed_ids("", msgspec.json.decode(json_bytes))
            return msgspec.json.format(msgspec.json.encode(renamed_record), indent=2) + b"\n"
        rows_to_rename = [msgspec.json.decode(line) for line in json_bytes.split(b"\n") if line.strip()]
        return b"".join(
            msgspec.json.encode(self._with_renamed_ids("", row_to_rename)) + b"\n" for row_to_rename in rows_to_rename
        )

    def _with_renamed_ids(self, key_to_rename: str, value_to_rename: Any) -> Any:
        if isinstance(value_to_rename, dict):
            return {
                field_name: self._with_renamed_ids(field_name, inner_value)
                for field_name, inner_value in value_to_rename.items()
            }
        if isinstance(value_to_rename, list):
            return [self._with_renamed_ids(key_to_rename, inner_value) for inner_value in value_to_rename]
        if key_to_rename == "source":
            return self.source
        if (
            key_to_rename in _KEYS_OF_IDS
            and isinstance(value_to_rename, str)
            and is_name_or_id(value_to_rename, self.document, self.longer_names)
        ):
            run_prefix, slash, id_or_name = value_to_rename.rpartition("/")
            return f"{run_prefix}{slash}{self.new_document}{id_or_name.removeprefix(self.document)}"
        return value_to_rename


class MovedFigureFolder:
    """The folder of a document's figures under a new name; what it does to each kind of file.

    Built before anything is renamed. It does nothing where the document has no figures.
    """

    def __init__(self, data: Workspace, document: str, new_document: str) -> None:
        self._document, self._new_document = document, new_document
        try:
            text = read_text(data.path("text", f"{document}.md"))
            renamed_chunks = read_jsonl(data.path("chunks", f"{document}.jsonl"), Chunk)
        except BadRecord:
            text, renamed_chunks = self._undecodable_text(data), []
        self._text_offsets = _OffsetsAfterMove(text, document, new_document)
        self._chunk_offsets = {
            f"{new_document}{chunk.id.removeprefix(document)}": _OffsetsAfterMove(chunk.text, document, new_document)
            for chunk in renamed_chunks
        }

    def _undecodable_text(self, data: Workspace) -> str:
        path = data.path("text", f"{self._document}.md")
        return path.read_text(errors="replace") if path.is_file() else ""

    def __bool__(self) -> bool:
        return bool(self._text_offsets)

    def text(self, content: bytes) -> bytes:
        """The document's Markdown."""
        return move_figure_links(content.decode(errors="surrogateescape"), self._document, self._new_document).encode(
            errors="surrogateescape"
        )

    def record(self, folder: str, renamed_record: Json) -> Json:
        """A JSON object of a file below `folder` of the data folder, in which the ids are new already."""
        renamed_record = self._with_moved_links(renamed_record)
        if folder == "text":
            moved_pages = [self._moved_span(page, self._text_offsets) for page in renamed_record.get("pages", [])]
            return {
                **renamed_record,
                "pages": moved_pages,
                "characters": self._text_offsets.moved_offset(renamed_record["characters"]),
            }
        if folder == "chunks":
            chunk_offsets = self._chunk_offsets.get(renamed_record["id"])
            link_growth = chunk_offsets.growth if chunk_offsets else 0
            in_characters = renamed_record.get("tokens") is None
            return {
                **self._moved_span(renamed_record, self._text_offsets),
                "length": renamed_record["length"] + link_growth * in_characters,
            }
        if "chunks" in renamed_record:  # coverage
            return {**renamed_record, "chunks": [self._moved_coverage(chunk) for chunk in renamed_record["chunks"]]}
        if "start" in renamed_record and "text" in renamed_record:  # a wish
            return {
                **renamed_record,
                "start": self._text_offsets.moved_offset(renamed_record["start"])
                if renamed_record["start"] >= 0
                else -1,
            }
        return renamed_record

    def _moved_coverage(self, chunk: Json) -> Json:
        offsets = self._chunk_offsets.get(chunk["chunk"])
        if offsets is None:
            return chunk
        moved: Json = {
            key: [self._moved_span(span, offsets) for span in chunk[key]]
            for key in ("spans", "figures")
            if key in chunk
        }
        return {**chunk, **moved}

    def _moved_span(self, span: Json, offsets: _OffsetsAfterMove) -> Json:
        return {**span, "start": offsets.moved_offset(span["start"]), "end": offsets.moved_offset(span["end"])}

    def _with_moved_links(self, value_with_links: Any) -> Any:
        """Links in texts and quotes, and files that are named by themselves."""
        if isinstance(value_with_links, dict):
            return {
                json_key: [self._moved_file(file_name) for file_name in inner_value]
                if json_key == "figures"
                and isinstance(inner_value, list)
                and all(isinstance(file_name, str) for file_name in inner_value)
                else self._moved_file(inner_value)
                if json_key == "file" and isinstance(inner_value, str)
                else self._with_moved_links(inner_value)
                for json_key, inner_value in value_with_links.items()
            }
        if isinstance(value_with_links, list):
            return [self._with_moved_links(inner_value) for inner_value in value_with_links]
        return (
            move_figure_links(value_with_links, self._document, self._new_document)
            if isinstance(value_with_links, str)
            else value_with_links
        )

    def _moved_file(self, figure_path: str) -> str:
        figure_folder, _, figure_file = figure_path.partition("/")
        return f"{self._new_document}/{figure_file}" if figure_folder == self._document else figure_path


class _OffsetsAfterMove:
    """Where offsets of a text lie once its figures are in the new folder."""

    def __init__(self, text: str, document: str, new_document: str) -> None:
        self._figure_ends = [figure.end for figure in figures(text, document)]
        self._growth_per_figure = len(new_document) - len(document)

    def __bool__(self) -> bool:
        return bool(self._figure_ends)

    @property
    def growth(self) -> int:
        return self._growth_per_figure * len(self._figure_ends)

    def moved_offset(self, offset: int) -> int:
        return offset + self._growth_per_figure * bisect_right(self._figure_ends, offset)


def encode_records(records: list[Json], *, json_lines: bool) -> bytes:
    """As the files hold them: an object a line, or a single one that people can read."""
    if json_lines:
        return b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    return msgspec.json.format(msgspec.json.encode(records[0]), indent=2) + b"\n"


def decode_records(content: bytes, *, json_lines: bool) -> list[Json]:
    json_records = [line for line in content.split(b"\n") if line.strip()] if json_lines else [content]
    return [msgspec.json.decode(json_record) for json_record in json_records]


def carry_over_renamed_documents(job: Job, manifest: Manifest) -> None:
    """Take a file that has only changed its name for the document that it was, with all that was made of it."""
    ignore = job.config.ingest.ignore
    departed_by_hash = {lost.sha256: lost.document for lost in job.departed_documents if not lost.ignored}
    ingested = manifest.entries("ingest") if departed_by_hash else {}
    for source_file in find_sources(job.data.documents, ignore) if departed_by_hash else []:
        if source_file.id in ingested or source_file.problem:
            continue
        job.data.fetch([Path(source_file.path)])
        former_name = departed_by_hash.pop(manifest.sha256(Path(source_file.path)), "")
        if former_name and former_name != source_file.id:
            rename_document(job.data, manifest, former_name, source_file.id, source_file.name)
            job.progress.say(
                f"{source_file.name} is what {former_name} was, by its content: carried over as {source_file.id}"
            )
