"""A document with figures that gets another name: their links say the folder, so that all offsets behind them move."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import msgspec

from groundwork.errors import BadRecord
from groundwork.records.artifacts import Workspace, read_jsonl, read_text
from groundwork.records.figures import figures, in_folder
from groundwork.records.types import Chunk

Json = dict[str, Any]


class MovedFolder:
    """The folder of a document's figures under a new name; what it does to each kind of file.

    Built before anything is renamed. It does nothing where the document has no figures.
    """

    def __init__(self, data: Workspace, old: str, new: str) -> None:
        self._old, self._new = old, new
        try:
            text = read_text(data.path("text", f"{old}.md"))
            chunks = read_jsonl(data.path("chunks", f"{old}.jsonl"), Chunk)
        except BadRecord:
            text, chunks = self._text_alone(data), []
        self._whole = _Offsets(text, old, new)
        self._chunks = {f"{new}{one.id.removeprefix(old)}": _Offsets(one.text, old, new) for one in chunks}

    def _text_alone(self, data: Workspace) -> str:
        path = data.path("text", f"{self._old}.md")
        return path.read_text(errors="replace") if path.is_file() else ""

    def __bool__(self) -> bool:
        return bool(self._whole)

    def text(self, content: bytes) -> bytes:
        """The document's Markdown."""
        return in_folder(content.decode(errors="surrogateescape"), self._old, self._new).encode(
            errors="surrogateescape"
        )

    def record(self, folder: str, record: Json) -> Json:
        """A JSON object of a file below `folder` of the data folder, in which the ids are new already."""
        record = self._in_words(record)
        if folder == "text":
            pages = [self._span(page, self._whole) for page in record.get("pages", [])]
            return {**record, "pages": pages, "characters": self._whole.moved(record["characters"])}
        if folder == "chunks":
            before = self._chunks.get(record["id"])
            longer = before.longer if before else 0
            in_characters = record.get("tokens") is None
            return {**self._span(record, self._whole), "length": record["length"] + longer * in_characters}
        if "chunks" in record:  # coverage
            return {**record, "chunks": [self._coverage(one) for one in record["chunks"]]}
        if "start" in record and "text" in record:  # a wish
            return {**record, "start": self._whole.moved(record["start"]) if record["start"] >= 0 else -1}
        return record

    def _coverage(self, chunk: Json) -> Json:
        offsets = self._chunks.get(chunk["chunk"])
        if offsets is None:
            return chunk
        moved: Json = {
            name: [self._span(span, offsets) for span in chunk[name]] for name in ("spans", "figures") if name in chunk
        }
        return {**chunk, **moved}

    def _span(self, span: Json, offsets: _Offsets) -> Json:
        return {**span, "start": offsets.moved(span["start"]), "end": offsets.moved(span["end"])}

    def _in_words(self, value: Any) -> Any:
        """Links in texts and quotes, and files that are named by themselves."""
        if isinstance(value, dict):
            return {
                name: [self._file(one) for one in inner]
                if name == "figures" and isinstance(inner, list) and all(isinstance(one, str) for one in inner)
                else self._file(inner)
                if name == "file" and isinstance(inner, str)
                else self._in_words(inner)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self._in_words(inner) for inner in value]
        return in_folder(value, self._old, self._new) if isinstance(value, str) else value

    def _file(self, name: str) -> str:
        folder, _, file = name.partition("/")
        return f"{self._new}/{file}" if folder == self._old else name


class _Offsets:
    """Where offsets of a text lie once its figures are in the new folder."""

    def __init__(self, text: str, old: str, new: str) -> None:
        self._ends = [one.end for one in figures(text, old)]
        self._each = len(new) - len(old)

    def __bool__(self) -> bool:
        return bool(self._ends)

    @property
    def longer(self) -> int:
        return self._each * len(self._ends)

    def moved(self, at: int) -> int:
        return at + self._each * bisect_right(self._ends, at)


def encoded(records: list[Json], *, lines: bool) -> bytes:
    """As the files hold them: an object a line, or a single one that people can read."""
    if lines:
        return b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    return msgspec.json.format(msgspec.json.encode(records[0]), indent=2) + b"\n"


def decoded(content: bytes, *, lines: bool) -> list[Json]:
    parts = [line for line in content.split(b"\n") if line.strip()] if lines else [content]
    return [msgspec.json.decode(part) for part in parts]
