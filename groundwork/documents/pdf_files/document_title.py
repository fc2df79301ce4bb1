"""What a PDF is called: by its properties where its pages say so too, else by the largest text of its first pages."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from groundwork.documents.auditing.page_audit import contents_lines
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.language.words import WRITTEN_OUT

_JOINED = re.compile(r"[\d_-]")
_FILE = re.compile(r"^Microsoft \w+ - |\.\w{2,4}$")
FIRST_PAGES = 3  # among which a title page is
_ON_PAGES = 0.6  # of the words of a title in the properties that the first pages hold
_LONGEST = 200  # letters
_OVERLEAF = 1.25  # times the size of the largest text of an earlier page; a figure's letters may be a little larger
_SMALL_CAPITALS = 0.7  # of the size of the large ones, at the least
_LARGER = 1.15  # times the body's size
_CONTENTS = 4  # entries from which on a page is a list of contents


class _Text(NamedTuple):
    """A text object of a page: the size of its letters and its baseline in points, from the page's foot."""

    size: float
    y: float
    text: str


class _Piece(NamedTuple):
    """A text object of a page: the size of its letters as drawn, its baseline, and whether it stands upright."""

    size: float
    y: float
    upright: bool
    drawn: Any


class OpenPage(NamedTuple):
    """A page of a document and its text, as pypdfium2 opened them."""

    page: Any
    text: Any


def document_title(document: Any, texts: Sequence[str], pages: Sequence[OpenPage | None]) -> str:
    """The title of a pypdfium2 document whose pages hold `texts`; "" where neither properties nor pages tell one.

    `pages`: the first ones as they were opened for their text; None for one that could not be.
    """
    named = " ".join(_FILE.sub("", str(document.get_metadata_dict().get("Title") or "")).split())
    wanted = [word.casefold() for word in WRITTEN_OUT.findall(named)]
    if len(named) > _LONGEST or not wanted or (" " not in named and _JOINED.search(named)):
        named, wanted = "", []  # a file's name, or none
    there = " ".join(texts[:FIRST_PAGES]).casefold()
    if wanted and sum(word in there for word in wanted) >= _ON_PAGES * len(wanted):
        return named
    return _largest(texts[:FIRST_PAGES], pages) or (named if len(wanted) > 1 else "")


def _largest(texts: Sequence[str], pages: Sequence[OpenPage | None]) -> str:
    """The lines of the largest text on the first pages but for lists of contents; "" where all of it is of one size."""
    sized = [_sized(page.page) if page else [] for page in pages]
    sizes = sorted(piece.size for pieces in sized for piece in pieces)
    least = _LARGER * sizes[len(sizes) // 2] if sizes else 0.0
    best = (least, "", "")
    for page, pieces, layer in zip(pages, sized, texts, strict=True):
        if not page or contents_lines(layer) >= _CONTENTS or all(piece.size <= best[0] for piece in pieces):
            continue
        for size, title in _titles(_texts(page.text, pieces, least)):
            if size > (_OVERLEAF if best[1] and layer is not best[2] else 1.02) * best[0]:
                best = (size, title, layer)
    return Speller(best[2]).spell(best[1]).strip(" _") if best[1] else ""


def _titles(texts: Sequence[_Text]) -> Iterator[tuple[float, str]]:
    """(size, text) of what stands together in letters of one size and may be a title."""
    group: list[_Text] = []
    for text in [*texts, _Text(0.0, 0.0, "")]:
        like = bool(group) and abs(text.size - group[0].size) < 0.5
        if group and (_is_small_capital(group[0], text) or (like and group[-1].y - text.y < 2.2 * text.size)):
            group.append(text)
            continue
        title = " ".join(" ".join(part.text for part in group).split())
        if " " in title and WRITTEN_OUT.search(title) and len(title) < _LONGEST:
            yield group[0].size, title
        group = [text] if text.text else []


def _is_small_capital(first: _Text, text: _Text) -> bool:
    """Whether a text goes on with a title's line in the smaller letters that capitals stand for."""
    return text.text.isupper() and _SMALL_CAPITALS * first.size < text.size < first.size


def _sized(page: Any) -> list[_Piece]:
    """The text objects of a page in the order of its content."""
    import pypdfium2.raw as pdfium

    out = []
    size, matrix = ctypes.c_float(), pdfium.FS_MATRIX()
    for piece in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=3):
        pdfium.FPDFTextObj_GetFontSize(piece.raw, size)
        pdfium.FPDFPageObj_GetMatrix(piece.raw, matrix)
        upright = abs(matrix.b) < 0.1 * abs(matrix.a)
        out.append(_Piece(size.value * math.hypot(matrix.c, matrix.d), matrix.f, upright, piece))
    return out


def _texts(layer: Any, pieces: Sequence[_Piece], least: float) -> list[_Text]:
    """The upright text objects of a page whose letters are larger than `least`; smaller ones part them."""
    out = []
    for piece in pieces:
        upright = piece.size > least and piece.upright
        text = _text_of(piece.drawn, layer) if upright else ""
        if not upright or text.strip():
            out.append(_Text(piece.size, piece.y, text))
    return out


def _text_of(piece: Any, layer: Any) -> str:
    import pypdfium2.raw as pdfium

    length = pdfium.FPDFTextObj_GetText(piece.raw, layer.raw, None, 0)
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFTextObj_GetText(piece.raw, layer.raw, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")
