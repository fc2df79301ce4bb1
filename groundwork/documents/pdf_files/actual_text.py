"""The letters of a page whose glyphs are grouped in spans with an `ActualText`, as browsers write Hindi or Thai.

A span has several glyphs, and one text for all of them. pdfium gives that text the place of the first glyph, so that it
guesses a space behind it, and says it again where another glyph of the span comes later on the line. Here each span is
one cluster, in the place of all of its glyphs, and the spaces are those that are drawn.
"""

from __future__ import annotations

import codecs
import ctypes
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from groundwork.documents.pdf_files.letter_extents import letter_origin

_NEW_LINE = 0.5  # sizes between the baselines of two lines, at the least
_WORD_GAP = 0.25  # sizes between two texts where no space is drawn, as between cells; within words .1 at the most
_ASCENT, _DESCENT = 0.8, 0.2  # sizes of a line over and below its baseline
_BACK = 2.0  # sizes to the left, from which on another text begins
_ENCODINGS = {codecs.BOM_UTF16_BE: "utf-16-be", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF8: "utf-8"}
_LEAST_SHARE = 0.9  # of a page's letters that stand in its own content and not in a form's


class Cluster(NamedTuple):
    """What is read at one place of a line: left, bottom, right and top in points from the page's bottom left; "" for a
    space."""

    x1: float
    y1: float
    x2: float
    y2: float
    baseline: float
    size: float
    text: str
    letter: int  # the number of its first letter on pdfium's page


def read_clusters(textpage: Any) -> list[Cluster]:
    """The clusters of a pypdfium2 text page in the order of its content, with its spaces; none of a page without
    `ActualText`, nor of one whose text lies in forms."""
    import pypdfium2.raw as pdfium

    letters = _letters_by_object(textpage)
    objects = [pdfium.FPDFPage_GetObject(textpage.page.raw, i) for i in range(_count_objects(textpage))]
    texts = [handle for handle in objects if pdfium.FPDFPageObj_GetType(handle) == pdfium.FPDF_PAGEOBJ_TEXT]
    marks = [_actual_text(handle) for handle in texts]
    is_within_forms = sum(len(letters.get(_address(handle), ())) for handle in texts) < _LEAST_SHARE * sum(
        map(len, letters.values())
    )
    if is_within_forms or not any(marks):
        return []
    clusters: list[Cluster] = []
    spans = groupby(zip(texts, marks, strict=True), key=lambda pair: pair[1] or (_address(pair[0]), None))
    for (_, actual_text), span in spans:
        handles = [handle for handle, _ in span]
        numbers = [k for handle in handles for k in letters.get(_address(handle), ())]
        if not numbers:
            clusters += [clusters[-1]._replace(text="", x1=clusters[-1].x2)] if clusters else []
        elif actual_text is None:
            clusters += [_letter(textpage, k) for k in numbers]
        else:
            clusters.append(_joined(textpage, handles, numbers[0], actual_text))
    return clusters


def clusters_text(clusters: Sequence[Cluster]) -> str:
    """The text of clusters, line by line."""
    parts: list[str] = []
    for joint, cluster in with_joints(clusters):
        parts += [joint, cluster.text]
    return "".join(parts)


def with_joints(clusters: Sequence[Cluster]) -> Iterator[tuple[str, Cluster]]:
    """Each cluster that is no space, with what stands before it: nothing, a space, or a line's end."""
    before: Cluster | None = None
    is_spaced = False
    for cluster in clusters:
        if not cluster.text.strip():
            is_spaced = True
            continue
        joint = _joint(before, cluster, is_spaced=is_spaced)
        yield joint, cluster
        reach = before.x2 if before and not joint else 0.0  # a vowel sign ends before its letter does
        before, is_spaced = cluster._replace(x2=max(cluster.x2, reach)), False


def _joint(before: Cluster | None, cluster: Cluster, *, is_spaced: bool) -> str:
    if before is None:
        return ""
    size = max(before.size, cluster.size)
    if abs(before.baseline - cluster.baseline) > _NEW_LINE * size or cluster.x1 < before.x1 - _BACK * size:
        return "\n"
    return " " if is_spaced or cluster.x1 - before.x2 > _WORD_GAP * size else ""


def _count_objects(textpage: Any) -> int:
    import pypdfium2.raw as pdfium

    count: int = pdfium.FPDFPage_CountObjects(textpage.page.raw)
    return count


def _address(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def _letters_by_object(textpage: Any) -> dict[int, list[int]]:
    """The numbers of a page's letters, but for those that pdfium guesses, by the text object that draws them."""
    import pypdfium2.raw as pdfium

    letters: dict[int, list[int]] = {}
    for k in range(textpage.count_chars()):
        if address := _address(pdfium.FPDFText_GetTextObject(textpage.raw, k)):
            letters.setdefault(address, []).append(k)
    return letters


def _actual_text(handle: Any) -> tuple[int, str] | None:
    """The span that a text object stands in, and its text; None where it stands in none."""
    import pypdfium2.raw as pdfium

    for i in range(pdfium.FPDFPageObj_CountMarks(handle)):
        mark = pdfium.FPDFPageObj_GetMark(handle, i)
        length = ctypes.c_ulong()
        if pdfium.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", None, 0, length):
            buffer = (ctypes.c_ubyte * length.value)()
            pdfium.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", buffer, length, length)
            return _address(mark), _decode(bytes(buffer))
    return None


def _decode(string: bytes) -> str:
    """A PDF's text string."""
    for mark, encoding in _ENCODINGS.items():
        if string.startswith(mark):
            return string[len(mark) :].decode(encoding, "replace")
    return string.decode("latin-1")


def _joined(textpage: Any, handles: Sequence[Any], first: int, text: str) -> Cluster:
    """The glyphs of a span as one cluster."""
    import pypdfium2.raw as pdfium

    left, _ = letter_origin(textpage.raw, first)
    lefts, rights = [left], [left]
    for handle in handles:
        sides = left_side, _, right_side, _ = [ctypes.c_float() for _ in range(4)]
        if pdfium.FPDFPageObj_GetBounds(handle, *sides):
            lefts.append(left_side.value)
            rights.append(right_side.value)
    return _place(textpage, first, min(lefts), max(rights), text)


def _letter(textpage: Any, k: int) -> Cluster:
    import pypdfium2.raw as pdfium

    rect = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(textpage.raw, k, rect)
    sign = chr(pdfium.FPDFText_GetUnicode(textpage.raw, k))
    return _place(textpage, k, rect.left, rect.right, "" if sign.isspace() else sign)


def _place(textpage: Any, k: int, left: float, right: float, text: str) -> Cluster:
    """A text in the height of its line, whatever is drawn of it."""
    _, baseline = letter_origin(textpage.raw, k)
    size = _size(textpage, k)
    return Cluster(left, baseline - _DESCENT * size, right, baseline + _ASCENT * size, baseline, size, text, k)


def _size(textpage: Any, k: int) -> float:
    """The size of a letter in points."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage.raw, k, matrix)
    size: float = pdfium.FPDFText_GetFontSize(textpage.raw, k) * abs(matrix.d)
    return size
