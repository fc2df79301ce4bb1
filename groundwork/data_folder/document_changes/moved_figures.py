"""The figures of a document that gets another name: their files move, and their links and all offsets behind them."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import msgspec

from groundwork.data_folder.read_write import read_jsonl, read_text
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord
from groundwork.records.chunk_record import Chunk
from groundwork.records.figures import figures, move_figure_links

Json = dict[str, Any]


class MovedFolder:
    """The folder of a document's figures under a new name; what it does to each kind of file.

    Built before anything is renamed. It does nothing where the document has no figures.
    """

    def __init__(self, data: Workspace, document: str, new_document: str) -> None:
        self._document, self._new_document = document, new_document
        try:
            text = read_text(data.path("text", f"{document}.md"))
            chunks = read_jsonl(data.path("chunks", f"{document}.jsonl"), Chunk)
        except BadRecord:
            text, chunks = self._undecodable_text(data), []
        self._text_offsets = _Offsets(text, document, new_document)
        self._chunks = {
            f"{new_document}{chunk.id.removeprefix(document)}": _Offsets(chunk.text, document, new_document)
            for chunk in chunks
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

    def record(self, folder: str, record: Json) -> Json:
        """A JSON object of a file below `folder` of the data folder, in which the ids are new already."""
        record = self._with_moved_links(record)
        if folder == "text":
            pages = [self._moved_span(page, self._text_offsets) for page in record.get("pages", [])]
            return {**record, "pages": pages, "characters": self._text_offsets.moved_offset(record["characters"])}
        if folder == "chunks":
            chunk_offsets = self._chunks.get(record["id"])
            growth = chunk_offsets.growth if chunk_offsets else 0
            in_characters = record.get("tokens") is None
            return {**self._moved_span(record, self._text_offsets), "length": record["length"] + growth * in_characters}
        if "chunks" in record:  # coverage
            return {**record, "chunks": [self._moved_coverage(chunk) for chunk in record["chunks"]]}
        if "start" in record and "text" in record:  # a wish
            return {**record, "start": self._text_offsets.moved_offset(record["start"]) if record["start"] >= 0 else -1}
        return record

    def _moved_coverage(self, chunk: Json) -> Json:
        offsets = self._chunks.get(chunk["chunk"])
        if offsets is None:
            return chunk
        moved: Json = {
            key: [self._moved_span(span, offsets) for span in chunk[key]]
            for key in ("spans", "figures")
            if key in chunk
        }
        return {**chunk, **moved}

    def _moved_span(self, span: Json, offsets: _Offsets) -> Json:
        return {**span, "start": offsets.moved_offset(span["start"]), "end": offsets.moved_offset(span["end"])}

    def _with_moved_links(self, value: Any) -> Any:
        """Links in texts and quotes, and files that are named by themselves."""
        if isinstance(value, dict):
            return {
                key: [self._moved_file(file_name) for file_name in child]
                if key == "figures"
                and isinstance(child, list)
                and all(isinstance(file_name, str) for file_name in child)
                else self._moved_file(child)
                if key == "file" and isinstance(child, str)
                else self._with_moved_links(child)
                for key, child in value.items()
            }
        if isinstance(value, list):
            return [self._with_moved_links(child) for child in value]
        return move_figure_links(value, self._document, self._new_document) if isinstance(value, str) else value

    def _moved_file(self, path: str) -> str:
        folder, _, file = path.partition("/")
        return f"{self._new_document}/{file}" if folder == self._document else path


class _Offsets:
    """Where offsets of a text lie once its figures are in the new folder."""

    def __init__(self, text: str, document: str, new_document: str) -> None:
        self._ends = [figure.end for figure in figures(text, document)]
        self._growth_per_figure = len(new_document) - len(document)

    def __bool__(self) -> bool:
        return bool(self._ends)

    @property
    def growth(self) -> int:
        return self._growth_per_figure * len(self._ends)

    def moved_offset(self, offset: int) -> int:
        return offset + self._growth_per_figure * bisect_right(self._ends, offset)


def encode_records(records: list[Json], *, lines: bool) -> bytes:
    """As the files hold them: an object a line, or a single one that people can read."""
    if lines:
        return b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    return msgspec.json.format(msgspec.json.encode(records[0]), indent=2) + b"\n"


def decode_records(content: bytes, *, lines: bool) -> list[Json]:
    documents = [line for line in content.split(b"\n") if line.strip()] if lines else [content]
    return [msgspec.json.decode(document) for document in documents]
