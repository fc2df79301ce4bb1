"""Marks of footnotes that are drawn behind their line, and so stand at its end in what an engine or pdfium gives.

A mark belongs behind the word at whose right edge it stands.
"""

from __future__ import annotations

import ctypes
import re
import statistics
from collections.abc import Sequence
from typing import Any

import msgspec

from groundwork.documents.layout.raised_digits import SUPERSCRIPTS

_MARK = re.compile(r"\d{1,3}|[*†‡§¶]{1,3}")
_MARK_AT_END = re.compile(r"(?m)(?<=\S) ?(\d{1,3}|[*†‡§¶]{1,3})(?=\r?$)")
_MOST_HEIGHT = 0.85  # of the height of a line's words, which a mark has at the most
_SIDE = 4.0  # points from a word to its mark, at the most, and by which one stands left of the text before it
_LEAST_RISE, _MOST_RISE = 1.0, 8.0  # points by which a mark stands above its line


def with_marks_in_place(page: Any) -> Any:
    """A liteparse page with each mark at the end of a text behind the word at which it is drawn."""
    if not any(map(_ends_in_mark, page.text_items)):
        return page
    return msgspec.structs.replace(page, text_items=[_mended(item) for item in page.text_items])


def _ends_in_mark(item: Any) -> bool:
    words = item.words
    return len(words) > 2 and words[-1].x < words[-2].x - _SIDE and _MARK.fullmatch(words[-1].text) is not None


def _mended(item: Any) -> Any:
    if not _ends_in_mark(item):
        return item
    *words, mark = item.words
    usual = statistics.median(word.height for word in words)
    place = next((k for k, word in enumerate(words) if abs(word.x + word.width - mark.x) < _SIDE), None)
    end = _end_of_word(item.text, words, place) if place is not None else 0
    if place is None or not end or mark.height > _MOST_HEIGHT * usual or not item.text.endswith(mark.text):
        return item
    raised = mark.text.translate(SUPERSCRIPTS)
    text = f"{item.text[:end]}{raised}{item.text[end:].removesuffix(mark.text).rstrip()}"
    words[place] = msgspec.structs.replace(words[place], text=words[place].text + raised)
    return msgspec.structs.replace(item, text=text, words=words)


def _end_of_word(text: str, words: Sequence[Any], place: int) -> int:
    """Where a word ends in the text of all words; 0 where the text does not hold them in their order."""
    end = 0
    for word in words[: place + 1]:
        start = text.find(word.text, end)
        if start < 0:
            return 0
        end = start + len(word.text)
    return end


def text_with_marks_in_place(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with each raised mark at the end of a line behind the letter that it follows
    on the page."""
    pieces, position = [], 0
    for match in _MARK_AT_END.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        end = _letter_before(textpage.raw, text, match, start)
        if end > position:
            pieces += [text[position:end], match[1], text[end : match.start()]]
            position = match.end()
    return "".join([*pieces, text[position:]]) if pieces else text


def _letter_before(textpage: Any, text: str, match: re.Match[str], start: int) -> int:
    """The end of the last letter of the line from `start` on that stands left of a raised mark; 0 where it is none."""
    import pypdfium2.raw as pdfium

    mark, last = match.start(1), match.start() - 1
    if pdfium.FPDFText_GetUnicode(textpage, mark) != ord(match[1][0]):
        return 0
    (x, y), (last_x, last_y) = _origin(textpage, mark), _origin(textpage, last)
    if x > last_x - _SIDE or not _LEAST_RISE < y - last_y < _MOST_RISE:
        return 0
    lefts = [(i, _origin(textpage, i)[0]) for i in range(start, match.start()) if not text[i].isspace()]
    return max((i + 1 for i, left in lefts if left < x), default=0)


def _origin(textpage: Any, index: int) -> tuple[float, float]:
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
    return x.value, y.value
