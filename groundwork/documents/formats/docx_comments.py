"""The comments that readers wrote beside the text of a DOCX, which anydoc leaves out."""

from __future__ import annotations

import html
import io
import re
import zipfile

_TEXT_OR_BREAK = re.compile(rb"<w:t(?: [^<>]*)?>([^<]*)</w:t>|(</w:p>|<w:tab/>|<w:br/>)")
_COMMENT_ID = re.compile(rb'\bw:id="(\d+)"')
_RANGE_START = re.compile(rb'<w:commentRangeStart\b[^<>]*?\bw:id="(\d+)"[^<>]*/>')
_COMMENT_REFERENCE = re.compile(rb'<w:commentReference\b[^<>]*?\bw:id="(\d+)"[^<>]*/>')
_RANGE_END = b"<w:commentRangeEnd"
_MOST_QUOTED = 80  # letters of the words that a comment is about


def comment_quotes(docx: bytes, main_part: str) -> list[str]:
    """A quote for each comment in the order of the text: the words that it stands at, where it marks some, and what
    it says."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        if "word/comments.xml" not in archive.namelist():
            return []
        texts = _comment_texts(archive.read("word/comments.xml"))
        document_xml = archive.read(main_part) if main_part else b""
    words = _commented_words(document_xml)
    numbers = dict.fromkeys(_COMMENT_REFERENCE.findall(document_xml))
    return [_quote(words.get(number, ""), texts[number]) for number in numbers if texts.get(number)]


def _comment_texts(comments_xml: bytes) -> dict[bytes, str]:
    """A comment's number: its text."""
    texts = {}
    for piece in comments_xml.split(b"<w:comment ")[1:]:
        head, _, body = piece.partition(b">")
        if number := _COMMENT_ID.search(head):
            texts[number[1]] = _plain_text(body.partition(b"</w:comment>")[0])
    return texts


def _commented_words(xml: bytes) -> dict[bytes, str]:
    """A comment's number: the words that it is about; "" of more than some, and of none."""
    words_by_number = {}
    for start in _RANGE_START.finditer(xml):
        end = xml.find(_RANGE_END + b' w:id="' + start[1] + b'"', start.end(), start.end() + 200 * _MOST_QUOTED)
        words = _plain_text(xml[start.end() : end]) if end >= 0 else ""
        words_by_number[start[1]] = words if len(words) <= _MOST_QUOTED else ""
    return words_by_number


def _plain_text(xml: bytes) -> str:
    pieces = (match[1] if match[2] is None else b" " for match in _TEXT_OR_BREAK.finditer(xml))
    return " ".join(html.unescape(b"".join(pieces).decode("utf-8", "replace")).split())


def _quote(commented_words: str, comment_text: str) -> str:
    return f"> On “{commented_words}”: {comment_text}" if commented_words else f"> {comment_text}"
