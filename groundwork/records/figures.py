"""Figures in Markdown: the pictures that ingest kept, each a paragraph `![caption](document/figure-1a2b.png)`.

Only pictures in the document's own folder count, under the names that ingest gives: no other address is ever opened.
Where a document gets another name, its links say the new folder, and all offsets behind them move.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from groundwork.data_folder.workspace import Workspace, read_jsonl, read_text
from groundwork.errors import BadRecord
from groundwork.records.chunk_record import Chunk

CAPTION_LENGTH = 300  # characters
_FIGURE = re.compile(r"!\[([^\[\]\n]*)\]\(([^()\s/\\]+)/(figure-[0-9a-f]{12}\.(?:png|jpg))\)")
_FIGURE_FILE_NAME = re.compile(r"figure-[0-9a-f]{12}\.(?:png|jpg)")
_BLANKS = re.compile(r"[ \t]*+(?:\n\s*+|\Z)")
_FIGURE_EVIDENCE = re.compile(r"[\s\[(\"']*figure\s+(\d{1,3})(?:\]|:[^\[\]\n]*\]|\s*$)[\s.)\"']*$", re.IGNORECASE)


class Figure(NamedTuple):
    """A figure at [start, end) of a text; `file` is its path below data/text."""

    start: int
    end: int
    caption: str
    file: str


def is_figure_name(name: str) -> bool:
    """Is it the name of a file as ingest gives it to a picture?"""
    return _FIGURE_FILE_NAME.fullmatch(name) is not None


def figure_markdown(caption: str, file: str) -> str:
    """A figure as Markdown; brackets of its caption, which would end it, become round ones."""
    alt = " ".join(caption.translate(str.maketrans("[]", "()")).split())
    return f"![{alt if len(alt) <= CAPTION_LENGTH else alt[: CAPTION_LENGTH - 1] + '…'}]({file})"


def figures(text: str, document: str) -> list[Figure]:
    """The figures of a text of `document` in order; linear in the text."""
    return [
        Figure(match.start(), match.end(), match[1], f"{match[2]}/{match[3]}")
        for match in (_FIGURE.finditer(text) if "](" in text and "/figure-" in text else ())
        if match[2] == document
    ]


def move_figure_links(text: str, document: str, new_document: str) -> str:
    """The text of `document` with its figures in the folder of `new_document`."""

    def moved_link(match: re.Match[str]) -> str:
        return f"![{match[1]}]({new_document}/{match[3]})" if match[2] == document else match[0]

    return _FIGURE.sub(moved_link, text)


def text_without_folder(text: str, document: str) -> str:
    """The text with each figure of `document` by its caption and its file's name alone."""
    if not figures(text, document):
        return text
    return _FIGURE.sub(lambda match: f"![{match[1]}]({match[3]})" if match[2] == document else match[0], text)


def text_with_captions(text: str, document: str, numbers_shown: Container[int] = ()) -> str:
    """The text as a model reads it: `[figure 2: caption]` for each figure of `numbers_shown`, which is shown beside it.

    The others are their captions, where these do not stand there anyway: no address of a file is text.
    """
    text_figures = figures(text, document)
    bare_text = (
        _replace_spans(text, ((figure.start, figure.end, "") for figure in text_figures)) if text_figures else ""
    )
    bare_text = " ".join(bare_text.split())
    replacements = []
    for number, figure in enumerate(text_figures, 1):
        replacement = "" if figure.caption.rstrip("…") in bare_text else figure.caption
        replacement = figure_mark(number, figure.caption) if number in numbers_shown else replacement
        replacements.append((*((figure.start, figure.end) if replacement else _figure_line(figure, text)), replacement))
    return _replace_spans(text, replacements)


def _figure_line(figure: Figure, text: str) -> tuple[int, int]:
    """Where a figure with nothing beside it stands, with the blank lines behind it; else its own place."""
    starts_line = figure.start == 0 or text[figure.start - 1] == "\n"
    blanks = _BLANKS.match(text, figure.end)
    return figure.start, blanks.end() if starts_line and blanks else figure.end


def figure_number(quote: str) -> int | None:
    """The number that evidence such as `[figure 2]` names; None for other evidence."""
    match = _FIGURE_EVIDENCE.match(quote)
    return int(match[1]) if match else None


def is_figure(quote: str) -> bool:
    """Is a quote of evidence a figure?"""
    return _FIGURE.fullmatch(quote.strip()) is not None


def quote_in_words(quote: str) -> str:
    """A quote of evidence as people read it: a figure by its caption, without its file."""
    match = _FIGURE.fullmatch(quote.strip())
    return quote if not match else f"[figure: {match[1]}]" if match[1] else "[figure]"


def figure_mark(number: int, caption: str = "") -> str:
    """How a text and a reply name a figure."""
    return f"[figure {number}: {caption}]" if caption else f"[figure {number}]"


def _replace_spans(text: str, replacements: Iterable[tuple[int, int, str]]) -> str:
    """The text with the words given for each (start, end)."""
    pieces, position = [], 0
    for start, end, replacement in replacements:
        pieces += [text[position:start], replacement]
        position = end
    return "".join([*pieces, text[position:]])


def remove_unused_pictures(folder: Path, markdown: str) -> tuple[int, int]:
    """Remove from a document's folder the pictures that its text does not show; returns (pictures shown, removed).

    Files of other names stay, and the folder with them.
    """
    names_shown = {Path(figure.file).name for figure in figures(markdown, folder.name)}
    unused_pictures = [path for path in _pictures_in(folder) if path.name not in names_shown]
    for path in unused_pictures:
        path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return len(names_shown), len(unused_pictures)


def _pictures_in(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if is_figure_name(path.name)] if folder.is_dir() else []


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
