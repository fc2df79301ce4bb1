"""The comments that readers wrote beside the text of a DOCX, which anydoc leaves out."""

from __future__ import annotations

import html
import io
import re
import zipfile

_TEXT = re.compile(rb"<w:t(?: [^<>]*)?>([^<]*)</w:t>|(</w:p>|<w:tab/>|<w:br/>)")
_ID = re.compile(rb'\bw:id="(\d+)"')
_START = re.compile(rb'<w:commentRangeStart\b[^<>]*?\bw:id="(\d+)"[^<>]*/>')
_REFERENCE = re.compile(rb'<w:commentReference\b[^<>]*?\bw:id="(\d+)"[^<>]*/>')
_END = b"<w:commentRangeEnd"
_MOST = 80  # letters of the words that a comment is about


def comments(docx: bytes, main_part: str) -> list[str]:
    """A quote for each comment in the order of the text: the words that it stands at, where it marks some, and what
    it says."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        if "word/comments.xml" not in archive.namelist():
            return []
        written = _written(archive.read("word/comments.xml"))
        text = archive.read(main_part) if main_part else b""
    marked = _marked(text)
    order = dict.fromkeys(_REFERENCE.findall(text))
    return [_quote(marked.get(number, ""), written[number]) for number in order if written.get(number)]


def _written(part: bytes) -> dict[bytes, str]:
    """A comment's number: its text."""
    out = {}
    for piece in part.split(b"<w:comment ")[1:]:
        head, _, body = piece.partition(b">")
        if number := _ID.search(head):
            out[number[1]] = _text(body.partition(b"</w:comment>")[0])
    return out


def _marked(text: bytes) -> dict[bytes, str]:
    """A comment's number: the words that it is about; "" of more than some, and of none."""
    out = {}
    for start in _START.finditer(text):
        end = text.find(_END + b' w:id="' + start[1] + b'"', start.end(), start.end() + 200 * _MOST)
        words = _text(text[start.end() : end]) if end >= 0 else ""
        out[start[1]] = words if len(words) <= _MOST else ""
    return out


def _text(part: bytes) -> str:
    pieces = (match[1] if match[2] is None else b" " for match in _TEXT.finditer(part))
    return " ".join(html.unescape(b"".join(pieces).decode("utf-8", "replace")).split())


def _quote(marked: str, written: str) -> str:
    return f"> On “{marked}”: {written}" if marked else f"> {written}"
