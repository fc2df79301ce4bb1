"""Clusters of glyphs that have one text (`ActualText`), as browsers write Hindi or Thai.

pdfium gives the text of a span of several glyphs the place of the first one, so that it guesses a space behind it, and
says it again where another glyph of the span comes later on the line. Here each span is one cluster, in the place of
all of its glyphs, and the spaces are those that are drawn.
"""

from __future__ import annotations

import codecs
import ctypes
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from groundwork.documents.pdf_files.pdfium import (
    font_size_operand,
    handle_address,
    letter_matrix,
    letter_origin,
    letter_sign,
    loose_letter_box,
    object_bounds,
)

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
    objects = [
        pdfium.FPDFPage_GetObject(textpage.page.raw, i) for i in range(pdfium.FPDFPage_CountObjects(textpage.page.raw))
    ]
    text_handles = [handle for handle in objects if pdfium.FPDFPageObj_GetType(handle) == pdfium.FPDF_PAGEOBJ_TEXT]
    marks = [_actual_text(handle) for handle in text_handles]
    is_within_forms = sum(len(letters.get(handle_address(handle), ())) for handle in text_handles) < _LEAST_SHARE * sum(
        map(len, letters.values())
    )
    if is_within_forms or not any(marks):
        return []
    clusters: list[Cluster] = []
    spans = groupby(zip(text_handles, marks, strict=True), key=lambda pair: pair[1] or (handle_address(pair[0]), None))
    for (_, actual_text), span in spans:
        handles = [handle for handle, _ in span]
        letter_indexes = [k for handle in handles for k in letters.get(handle_address(handle), ())]
        if not letter_indexes:
            clusters += [clusters[-1]._replace(text="", x1=clusters[-1].x2)] if clusters else []
        elif actual_text is None:
            clusters += [_letter_cluster(textpage, k) for k in letter_indexes]
        else:
            clusters.append(_span_cluster(textpage, handles, letter_indexes[0], actual_text))
    return clusters


def clusters_text(clusters: Sequence[Cluster]) -> str:
    """The text of clusters, line by line."""
    cluster_texts: list[str] = []
    for joint, cluster in with_joints(clusters):
        cluster_texts += [joint, cluster.text]
    return "".join(cluster_texts)


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


def _letters_by_object(textpage: Any) -> dict[int, list[int]]:
    """The numbers of a page's letters, but for those that pdfium guesses, by the text object that draws them."""
    import pypdfium2.raw as pdfium

    letters: dict[int, list[int]] = {}
    for k in range(textpage.count_chars()):
        if address := handle_address(pdfium.FPDFText_GetTextObject(textpage.raw, k)):
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
            return handle_address(mark), _decode(bytes(buffer))
    return None


def _decode(string: bytes) -> str:
    """A PDF's text string."""
    for mark, encoding in _ENCODINGS.items():
        if string.startswith(mark):
            return string[len(mark) :].decode(encoding, "replace")
    return string.decode("latin-1")


def _span_cluster(textpage: Any, handles: Sequence[Any], first_letter: int, actual_text: str) -> Cluster:
    """The glyphs of a span as one cluster."""
    left, _ = letter_origin(textpage.raw, first_letter)
    glyph_bounds = [bounds for handle in handles if (bounds := object_bounds(handle))]
    lefts, rights = [left, *(bounds[0] for bounds in glyph_bounds)], [left, *(bounds[2] for bounds in glyph_bounds)]
    return _cluster_in_line(textpage, first_letter, min(lefts), max(rights), actual_text)


def _letter_cluster(textpage: Any, k: int) -> Cluster:
    left, _, right, _ = loose_letter_box(textpage.raw, k)
    letter = letter_sign(textpage.raw, k)
    return _cluster_in_line(textpage, k, left, right, "" if letter.isspace() else letter)


def _cluster_in_line(textpage: Any, k: int, left: float, right: float, text: str) -> Cluster:
    """A text in the height of its line, whatever is drawn of it."""
    _, baseline = letter_origin(textpage.raw, k)
    size = font_size_operand(textpage.raw, k) * abs(letter_matrix(textpage.raw, k)[3])
    return Cluster(left, baseline - _DESCENT * size, right, baseline + _ASCENT * size, baseline, size, text, k)
