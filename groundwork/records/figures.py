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

from groundwork.errors import BadRecord
from groundwork.records.artifacts import Workspace, read_jsonl, read_text
from groundwork.records.chunk_record import Chunk

MOST_CAPTION = 300  # characters
_FIGURE = re.compile(r"!\[([^\[\]\n]*)\]\(([^()\s/\\]+)/(figure-[0-9a-f]{12}\.(?:png|jpg))\)")
_NAME = re.compile(r"figure-[0-9a-f]{12}\.(?:png|jpg)")
_BLANKS = re.compile(r"[ \t]*+(?:\n\s*+|\Z)")
_NAMED = re.compile(r"[\s\[(\"']*figure\s+(\d{1,3})(?:\]|:[^\[\]\n]*\]|\s*$)[\s.)\"']*$", re.IGNORECASE)


class Figure(NamedTuple):
    """A figure at [start, end) of a text; `file` is its path below data/text."""

    start: int
    end: int
    caption: str
    file: str


def is_figure_name(name: str) -> bool:
    """Is it the name of a file as ingest gives it to a picture?"""
    return _NAME.fullmatch(name) is not None


def figure_markdown(caption: str, file: str) -> str:
    """A figure as Markdown; brackets of its caption, which would end it, become round ones."""
    plain = " ".join(caption.translate(str.maketrans("[]", "()")).split())
    return f"![{plain if len(plain) <= MOST_CAPTION else plain[: MOST_CAPTION - 1] + '…'}]({file})"


def figures(text: str, document: str) -> list[Figure]:
    """The figures of a text of `document` in order; linear in the text."""
    return [
        Figure(match.start(), match.end(), match[1], f"{match[2]}/{match[3]}")
        for match in (_FIGURE.finditer(text) if "](" in text and "/figure-" in text else ())
        if match[2] == document
    ]


def in_folder(text: str, old: str, new: str) -> str:
    """The text of the document `old` with its figures in the folder `new`."""
    return _FIGURE.sub(lambda match: f"![{match[1]}]({new}/{match[3]})" if match[2] == old else match[0], text)


def without_folder(text: str, document: str) -> str:
    """The text with each figure of `document` by its caption and its file's name alone."""
    if not figures(text, document):
        return text
    return _FIGURE.sub(lambda match: f"![{match[1]}]({match[3]})" if match[2] == document else match[0], text)


def as_read(text: str, document: str, shown: Container[int] = ()) -> str:
    """The text as a model reads it: `[figure 2: caption]` for each figure whose number is `shown` beside the text.

    The others are their captions, where these do not stand there anyway: no address of a file is text.
    """
    found = figures(text, document)
    rest = " ".join(_replaced(text, ((one.start, one.end, "") for one in found)).split()) if found else ""
    places = []
    for number, one in enumerate(found, 1):
        words = "" if one.caption.rstrip("…") in rest else one.caption
        words = figure_mark(number, one.caption) if number in shown else words
        places.append((*((one.start, one.end) if words else _line_of(one, text)), words))
    return _replaced(text, places)


def _line_of(one: Figure, text: str) -> tuple[int, int]:
    """Where a figure with nothing beside it stands, with the blank lines behind it; else its own place."""
    alone = one.start == 0 or text[one.start - 1] == "\n"
    blanks = _BLANKS.match(text, one.end)
    return one.start, blanks.end() if alone and blanks else one.end


def figure_named(quote: str) -> int | None:
    """The number that evidence such as `[figure 2]` names; None for other evidence."""
    match = _NAMED.match(quote)
    return int(match[1]) if match else None


def is_figure(quote: str) -> bool:
    """Is a quote of evidence a figure?"""
    return _FIGURE.fullmatch(quote.strip()) is not None


def in_words(quote: str) -> str:
    """A quote of evidence as people read it: a figure by its caption, without its file."""
    match = _FIGURE.fullmatch(quote.strip())
    return quote if not match else f"[figure: {match[1]}]" if match[1] else "[figure]"


def figure_mark(number: int, caption: str = "") -> str:
    """How a text and a reply name a figure."""
    return f"[figure {number}: {caption}]" if caption else f"[figure {number}]"


def _replaced(text: str, places: Iterable[tuple[int, int, str]]) -> str:
    """The text with the words given for each (start, end)."""
    parts, at = [], 0
    for start, end, words in places:
        parts += [text[at:start], words]
        at = end
    return "".join([*parts, text[at:]])


def drop_unused(folder: Path, markdown: str) -> tuple[int, int]:
    """Remove from a document's folder the pictures that its text does not show; returns (pictures shown, removed).

    Files of other names stay, and the folder with them.
    """
    shown = {Path(one.file).name for one in figures(markdown, folder.name)}
    unused = [path for path in _pictures_in(folder) if path.name not in shown]
    for path in unused:
        path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return len(shown), len(unused)


def _pictures_in(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if is_figure_name(path.name)] if folder.is_dir() else []


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
