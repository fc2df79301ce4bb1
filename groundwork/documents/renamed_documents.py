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
    renamed_decisions = sorted(data.root.glob(f"qa/*/{DECISIONS}.jsonl"))
    data.fetch([*document_files(data, document), data.path("text", document), data.path("tags"), *renamed_decisions])
    renamed_figures = RenamedFigureFolder(data, document, new_document)
    files_to_rename = document_files(data, document)
    old_hashes = {data.relative(document_file): manifest.sha256(document_file) for document_file in files_to_rename}
    renamed_files = {
        data.relative(document_file): _write_renamed_file(data, document_file, renaming, renamed_figures)
        for document_file in files_to_rename
    }
    old_pictures = data.path("text", document)
    if old_pictures.is_dir():
        renamed_folder, renamed_file = data.relative(old_pictures), data.path("text", new_document)
        renamed_file.parent.mkdir(parents=True, exist_ok=True)
        old_hashes[renamed_folder], renamed_files[renamed_folder] = (manifest.sha256(old_pictures), renamed_file)
        old_pictures.rename(renamed_file)
    renamed_tag_hashes = _rename_in_tags(data, manifest, renaming)
    renamed_paths = {old_path: data.relative(path) for old_path, path in renamed_files.items()}
    renamed_paths |= {name: name for name in renamed_tag_hashes}  # they stay where they are
    _rename_entries(data, manifest, document, new_document, renamed_paths, old_hashes | renamed_tag_hashes)
    for document_file in renamed_decisions:
        rewrite_decision_lines(document_file, lambda line: renaming.content(line, json_lines=True))
    for document_file in files_to_rename:
        document_file.unlink(missing_ok=True)


def _write_renamed_file(
    data: Workspace, document_file: Path, renaming: _Renaming, renamed_figures: RenamedFigureFolder
) -> Path:
    """A file of the document under its new name, in which the ids and the links are new; returns where it is."""
    renamed_content = document_file.read_bytes()
    if document_file.suffix in (".json", ".jsonl"):
        renamed_content = renaming.content(renamed_content, json_lines=document_file.suffix == ".jsonl")
    if renamed_figures:
        renamed_content = _with_renamed_figures(renamed_content, data.relative(document_file), renamed_figures)
    renamed_file = file_path(folder_of(document_file), renaming.file_name(document_file.name))
    write_bytes(renamed_file, renamed_content)
    return renamed_file


def _rename_in_tags(data: Workspace, manifest: Manifest, renaming: _Renaming) -> dict[str, str]:
    """Write the ids of the document anew in every file of tags; returns the hashes of those files as they were."""
    renamed_tag_hashes = {}
    for tags_to_rename in sorted(data.path("tags").rglob("*.jsonl")):
        tag_content_to_rename = tags_to_rename.read_bytes()
        renamed_tags = renaming.content(tag_content_to_rename, json_lines=True)
        if renamed_tags != tag_content_to_rename:
            renamed_tag_hashes[data.relative(tags_to_rename)] = manifest.sha256(tags_to_rename)
            write_bytes(tags_to_rename, renamed_tags)
    return renamed_tag_hashes


def _with_renamed_figures(renamed_bytes: bytes, renamed_path: str, renamed_figures: RenamedFigureFolder) -> bytes:
    """A file of a document whose figures have moved to another folder; `renamed_path`: below the data folder."""
    renamed_suffix, json_lines = Path(renamed_path).suffix, renamed_path.endswith(".jsonl")
    if renamed_suffix == ".md":
        return renamed_figures.text(renamed_bytes)
    if renamed_suffix not in (".json", ".jsonl") or renamed_path.startswith("plots/"):
        return renamed_bytes
    renamed_records = [
        renamed_figures.record(renamed_path.partition("/")[0], record_to_move)
        for record_to_move in decode_records_to_rename(renamed_bytes, json_lines=json_lines)
    ]
    return encode_renamed_records(renamed_records, json_lines=json_lines)


def _rename_entries(
    data: Workspace,
    manifest: Manifest,
    document: str,
    new_document: str,
    renamed_paths: dict[str, str],
    old_hashes: dict[str, str],
) -> None:
    """Entries of the moved files: under the new names, current where they were current.

    What shows the names of several documents (datasets, pictures, vectors) has the old name in it and is due anew.
    """

    def carry_hashes(hashes_to_carry: dict[str, str]) -> dict[str, str]:
        return {
            renamed_paths.get(old_path, old_path): manifest.sha256(data.root / renamed_paths[old_path])
            if old_path in renamed_paths and digest == old_hashes[old_path]
            else digest
            for old_path, digest in hashes_to_carry.items()
        }

    for renamed_stage, unit, entry_to_rename in list(manifest.all_entries()):
        if not (
            renamed_paths.keys() & (entry_to_rename.inputs.keys() | entry_to_rename.outputs.keys())
            or unit.rpartition("/")[2] == document
        ):
            continue
        renamed_unit_folder, slash, name_to_rename = unit.rpartition("/")
        if renamed_stage in BY_NAME and BY_NAME[renamed_stage].writes in REBUILT_FOLDERS:
            if name_to_rename == document:
                manifest.forget(renamed_stage, [unit])
            continue
        renamed_unit = f"{renamed_unit_folder}{slash}{new_document}" if name_to_rename == document else unit
        renamed_entry = msgspec.structs.replace(
            entry_to_rename, inputs=carry_hashes(entry_to_rename.inputs), outputs=carry_hashes(entry_to_rename.outputs)
        )
        manifest.forget(renamed_stage, [unit])
        if renamed_stage == "ingest":  # it reads the file under its new name
            renamed_entry = _entry_of_source(data, manifest, renamed_entry, new_document)
        manifest.record(renamed_stage, renamed_unit, renamed_entry)


def _entry_of_source(data: Workspace, manifest: Manifest, new_entry: ManifestEntry, new_document: str) -> ManifestEntry:
    renamed_record = read_json(data.path("text", f"{new_document}.json"), Document)
    renamed_source = data.base / "documents" / renamed_record.source
    return msgspec.structs.replace(new_entry, inputs={data.relative(renamed_source): manifest.sha256(renamed_source)})


@dataclass(frozen=True)
class _Renaming:
    """A document's new name, its file below data/documents, and what `longer_document_names` gives."""

    document: str
    new_document: str
    renamed_source: str
    longer_names: Sequence[str]

    def file_name(self, name: str) -> str:
        """The new name of one of the document's files."""
        renaming_patterns = [*(pattern.rpartition("/")[2] for pattern in DOCUMENT_FILE_PATTERNS), *RUN_FILE_PATTERNS]
        name_to_rename = without_edited_ending(name)
        renamed_files = (
            pattern.format(self.new_document)
            for pattern in renaming_patterns
            if pattern.format(self.document) == name_to_rename
        )
        return f"{next(renamed_files)}{name.removeprefix(name_to_rename)}"

    def content(self, json_to_rename: bytes, *, json_lines: bool) -> bytes:
        """The JSON `json_to_rename` with the document's name changed where it is one, and at the beginning of ids."""
        records_to_rename = decode_records_to_rename(json_to_rename, json_lines=json_lines)
        renamed_records = [self._with_renamed_ids("", record_to_rename) for record_to_rename in records_to_rename]
        return encode_renamed_records(renamed_records, json_lines=json_lines)

    def _with_renamed_ids(self, key_to_rename: str, value_to_rename: Any) -> Any:
        if isinstance(value_to_rename, dict):
            return {
                renamed_key: self._with_renamed_ids(renamed_key, inner_to_rename)
                for renamed_key, inner_to_rename in value_to_rename.items()
            }
        if isinstance(value_to_rename, list):
            return [self._with_renamed_ids(key_to_rename, inner_to_rename) for inner_to_rename in value_to_rename]
        if key_to_rename == "source":
            return self.renamed_source
        if (
            key_to_rename in _KEYS_OF_IDS
            and isinstance(value_to_rename, str)
            and is_name_or_id(value_to_rename, self.document, self.longer_names)
        ):
            run_prefix, slash, id_to_rename = value_to_rename.rpartition("/")
            return f"{run_prefix}{slash}{self.new_document}{id_to_rename.removeprefix(self.document)}"
        return value_to_rename


class RenamedFigureFolder:
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
        self._text_offsets = _RenamedOffsets(text, document, new_document)
        self._chunk_offsets = {
            f"{new_document}{chunk.id.removeprefix(document)}": _RenamedOffsets(chunk.text, document, new_document)
            for chunk in renamed_chunks
        }

    def _undecodable_text(self, data: Workspace) -> str:
        path = data.path("text", f"{self._document}.md")
        return path.read_text(errors="replace") if path.is_file() else ""

    def __bool__(self) -> bool:
        return bool(self._text_offsets)

    def text(self, renamed_text: bytes) -> bytes:
        """The document's Markdown."""
        return move_figure_links(
            renamed_text.decode(errors="surrogateescape"), self._document, self._new_document
        ).encode(errors="surrogateescape")

    def record(self, renamed_folder: str, renamed_record: Json) -> Json:
        """A JSON object of a file below `renamed_folder` of the data folder, in which the ids are new already."""
        renamed_record = self._with_renamed_links(renamed_record)
        if renamed_folder == "text":
            renamed_pages = [self._renamed_span(page, self._text_offsets) for page in renamed_record.get("pages", [])]
            renamed_characters = self._text_offsets.renamed_offset(renamed_record["characters"])
            return {**renamed_record, "pages": renamed_pages, "characters": renamed_characters}
        if renamed_folder == "chunks":
            renamed_chunk_offsets = self._chunk_offsets.get(renamed_record["id"])
            link_growth = renamed_chunk_offsets.growth if renamed_chunk_offsets else 0
            renamed_length = renamed_record["length"] + link_growth * (renamed_record.get("tokens") is None)
            return {**self._renamed_span(renamed_record, self._text_offsets), "length": renamed_length}
        if "chunks" in renamed_record:  # coverage
            return {**renamed_record, "chunks": [self._renamed_coverage(chunk) for chunk in renamed_record["chunks"]]}
        if "start" in renamed_record and "text" in renamed_record:  # a wish
            wish_start = renamed_record["start"]
            return {**renamed_record, "start": self._text_offsets.renamed_offset(wish_start) if wish_start >= 0 else -1}
        return renamed_record

    def _renamed_coverage(self, renamed_chunk: Json) -> Json:
        renamed_offsets = self._chunk_offsets.get(renamed_chunk["chunk"])
        if renamed_offsets is None:
            return renamed_chunk
        renamed_spans: Json = {
            key: [self._renamed_span(renamed_span, renamed_offsets) for renamed_span in renamed_chunk[key]]
            for key in ("spans", "figures")
            if key in renamed_chunk
        }
        return {**renamed_chunk, **renamed_spans}

    def _renamed_span(self, renamed_span: Json, renamed_offsets: _RenamedOffsets) -> Json:
        return {**renamed_span, **{end: renamed_offsets.renamed_offset(renamed_span[end]) for end in ("start", "end")}}

    def _with_renamed_links(self, renamed_links: Any) -> Any:
        """Links in texts and quotes, and files that are named by themselves."""
        if isinstance(renamed_links, dict):
            return {
                renamed_key: [self._renamed_figure_file(renamed_file) for renamed_file in renamed_inner]
                if renamed_key == "figures"
                and isinstance(renamed_inner, list)
                and all(isinstance(renamed_file, str) for renamed_file in renamed_inner)
                else self._renamed_figure_file(renamed_inner)
                if renamed_key == "file" and isinstance(renamed_inner, str)
                else self._with_renamed_links(renamed_inner)
                for renamed_key, renamed_inner in renamed_links.items()
            }
        if isinstance(renamed_links, list):
            return [self._with_renamed_links(renamed_inner) for renamed_inner in renamed_links]
        return (
            move_figure_links(renamed_links, self._document, self._new_document)
            if isinstance(renamed_links, str)
            else renamed_links
        )

    def _renamed_figure_file(self, renamed_figure: str) -> str:
        figure_folder, _, figure_file = renamed_figure.partition("/")
        return f"{self._new_document}/{figure_file}" if figure_folder == self._document else renamed_figure


class _RenamedOffsets:
    """Where offsets of a text lie once its figures are in the new folder."""

    def __init__(self, text: str, document: str, new_document: str) -> None:
        self._renamed_figure_ends = [figure.end for figure in figures(text, document)]
        self._growth_per_renamed_figure = len(new_document) - len(document)

    def __bool__(self) -> bool:
        return bool(self._renamed_figure_ends)

    @property
    def growth(self) -> int:
        return self._growth_per_renamed_figure * len(self._renamed_figure_ends)

    def renamed_offset(self, offset: int) -> int:
        return offset + self._growth_per_renamed_figure * bisect_right(self._renamed_figure_ends, offset)


def encode_renamed_records(renamed_records: list[Json], *, json_lines: bool) -> bytes:
    """As the files hold them: an object a line, or a single one that people can read."""
    if json_lines:
        return b"".join(msgspec.json.encode(renamed_record) + b"\n" for renamed_record in renamed_records)
    return msgspec.json.format(msgspec.json.encode(renamed_records[0]), indent=2) + b"\n"


def decode_records_to_rename(content: bytes, *, json_lines: bool) -> list[Json]:
    json_lines_to_rename = [line for line in content.split(b"\n") if line.strip()] if json_lines else [content]
    return [msgspec.json.decode(line_to_rename) for line_to_rename in json_lines_to_rename]


def carry_over_renamed_documents(job: Job, manifest: Manifest) -> None:
    """Take a file that has only changed its name for the document that it was, with all that was made of it."""
    ignored_in_renaming = job.config.ingest.ignore
    departed_by_hash = {lost.sha256: lost.document for lost in job.departed_documents if not lost.ignored}
    ingested = manifest.entries("ingest") if departed_by_hash else {}
    for renamed_source in find_sources(job.data.documents, ignored_in_renaming) if departed_by_hash else []:
        if renamed_source.id in ingested or renamed_source.problem:
            continue
        job.data.fetch([Path(renamed_source.path)])
        former_name = departed_by_hash.pop(manifest.sha256(Path(renamed_source.path)), "")
        if former_name and former_name != renamed_source.id:
            rename_document(job.data, manifest, former_name, renamed_source.id, renamed_source.name)
            job.progress.say(
                f"{renamed_source.name} is what {former_name} was, by its content: carried over as {renamed_source.id}"
            )
