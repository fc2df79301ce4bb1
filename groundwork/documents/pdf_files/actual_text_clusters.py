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

from groundwork.documents.pdf_files.page_objects import handle_address, object_bounds
from groundwork.documents.pdf_files.textpage_letters import (
    font_size_operand,
    letter_matrix,
    letter_origin,
    letter_sign,
    loose_letter_box,
)

_NEW_CLUSTER_LINE = 0.5  # sizes between the baselines of two lines, at the least
# sizes between two texts where no space is drawn, as between cells; within words .1 at the most
_CLUSTER_WORD_GAP = 0.25
_CLUSTER_ASCENT, _CLUSTER_DESCENT = 0.8, 0.2  # sizes of a line over and below its baseline
_MOST_CLUSTER_BACKSTEP = 2.0  # sizes to the left, from which on another text begins
_ACTUAL_TEXT_ENCODINGS = {codecs.BOM_UTF16_BE: "utf-16-be", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF8: "utf-8"}
_LEAST_SHARE_OUTSIDE_FORMS = 0.9  # of a page's letters that stand in its own content and not in a form's


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

    letters_by_cluster_object = _letters_by_cluster_object(textpage)
    cluster_handles = [
        pdfium.FPDFPage_GetObject(textpage.page.raw, i) for i in range(pdfium.FPDFPage_CountObjects(textpage.page.raw))
    ]
    handles = [handle for handle in cluster_handles if pdfium.FPDFPageObj_GetType(handle) == pdfium.FPDF_PAGEOBJ_TEXT]
    actual_texts = [_actual_text(handle) for handle in handles]
    is_within_forms = sum(
        len(letters_by_cluster_object.get(handle_address(handle), ())) for handle in handles
    ) < _LEAST_SHARE_OUTSIDE_FORMS * sum(map(len, letters_by_cluster_object.values()))
    if is_within_forms or not any(actual_texts):
        return []
    clusters: list[Cluster] = []
    actual_text_spans = groupby(
        zip(handles, actual_texts, strict=True),
        key=lambda pair: pair[1] or (handle_address(pair[0]), None),
    )
    for (_, actual_text), actual_text_span in actual_text_spans:
        span_handles = [handle for handle, _ in actual_text_span]
        span_letters = [k for handle in span_handles for k in letters_by_cluster_object.get(handle_address(handle), ())]
        if not span_letters:
            clusters += [clusters[-1]._replace(text="", x1=clusters[-1].x2)] if clusters else []
        elif actual_text is None:
            clusters += [_letter_cluster(textpage, k) for k in span_letters]
        else:
            clusters.append(_span_cluster(textpage, span_handles, span_letters[0], actual_text))
    return clusters


def clusters_text(clusters: Sequence[Cluster]) -> str:
    """The text of clusters, line by line."""
    cluster_texts: list[str] = []
    for joint, cluster in clusters_with_joints(clusters):
        cluster_texts += [joint, cluster.text]
    return "".join(cluster_texts)


def clusters_with_joints(clusters: Sequence[Cluster]) -> Iterator[tuple[str, Cluster]]:
    """Each cluster that is no space, with what stands before it: nothing, a space, or a line's end."""
    cluster_before: Cluster | None = None
    is_space_drawn = False
    for cluster in clusters:
        if not cluster.text.strip():
            is_space_drawn = True
            continue
        joint = _joint_of_clusters(cluster_before, cluster, is_space_drawn=is_space_drawn)
        yield joint, cluster
        # a vowel sign ends before its letter does
        right_of_letter = cluster_before.x2 if cluster_before and not joint else 0.0
        cluster_before, is_space_drawn = cluster._replace(x2=max(cluster.x2, right_of_letter)), False


def _joint_of_clusters(cluster_before: Cluster | None, cluster: Cluster, *, is_space_drawn: bool) -> str:
    if cluster_before is None:
        return ""
    cluster_size = max(cluster_before.size, cluster.size)
    if (
        abs(cluster_before.baseline - cluster.baseline) > _NEW_CLUSTER_LINE * cluster_size
        or cluster.x1 < cluster_before.x1 - _MOST_CLUSTER_BACKSTEP * cluster_size
    ):
        return "\n"
    return " " if is_space_drawn or cluster.x1 - cluster_before.x2 > _CLUSTER_WORD_GAP * cluster_size else ""


def _letters_by_cluster_object(textpage: Any) -> dict[int, list[int]]:
    """The numbers of a page's letters, but for those that pdfium guesses, by the text object that draws them."""
    import pypdfium2.raw as pdfium

    letters_by_cluster_object: dict[int, list[int]] = {}
    for cluster_letter in range(textpage.count_chars()):
        if cluster_object_address := handle_address(pdfium.FPDFText_GetTextObject(textpage.raw, cluster_letter)):
            letters_by_cluster_object.setdefault(cluster_object_address, []).append(cluster_letter)
    return letters_by_cluster_object


def _actual_text(cluster_handle: Any) -> tuple[int, str] | None:
    """The span that a text object stands in, and its text; None where it stands in none."""
    import pypdfium2.raw as pdfium

    for i in range(pdfium.FPDFPageObj_CountMarks(cluster_handle)):
        actual_text_mark = pdfium.FPDFPageObj_GetMark(cluster_handle, i)
        actual_text_length = ctypes.c_ulong()
        if pdfium.FPDFPageObjMark_GetParamBlobValue(actual_text_mark, b"ActualText", None, 0, actual_text_length):
            actual_text_bytes = (ctypes.c_ubyte * actual_text_length.value)()
            pdfium.FPDFPageObjMark_GetParamBlobValue(
                actual_text_mark, b"ActualText", actual_text_bytes, actual_text_length, actual_text_length
            )
            return handle_address(actual_text_mark), _decode_actual_text(bytes(actual_text_bytes))
    return None


def _decode_actual_text(actual_text_bytes: bytes) -> str:
    """A PDF's text string."""
    for byte_order_mark, encoding in _ACTUAL_TEXT_ENCODINGS.items():
        if actual_text_bytes.startswith(byte_order_mark):
            return actual_text_bytes[len(byte_order_mark) :].decode(encoding, "replace")
    return actual_text_bytes.decode("latin-1")


def _span_cluster(textpage: Any, handles: Sequence[Any], first_letter: int, actual_text: str) -> Cluster:
    """The glyphs of a span as one cluster."""
    cluster_left, _ = letter_origin(textpage.raw, first_letter)
    span_bounds = [bounds for handle in handles if (bounds := object_bounds(handle))]
    cluster_lefts, cluster_rights = (
        [cluster_left, *(bounds[0] for bounds in span_bounds)],
        [cluster_left, *(bounds[2] for bounds in span_bounds)],
    )
    return _cluster_in_line(textpage, first_letter, min(cluster_lefts), max(cluster_rights), actual_text)


def _letter_cluster(textpage: Any, k: int) -> Cluster:
    cluster_left, _, cluster_end, _ = loose_letter_box(textpage.raw, k)
    cluster_letter = letter_sign(textpage.raw, k)
    return _cluster_in_line(textpage, k, cluster_left, cluster_end, "" if cluster_letter.isspace() else cluster_letter)


def _cluster_in_line(textpage: Any, k: int, cluster_left: float, cluster_right: float, cluster_text: str) -> Cluster:
    """A text in the height of its line, whatever is drawn of it."""
    _, cluster_baseline = letter_origin(textpage.raw, k)
    cluster_size = font_size_operand(textpage.raw, k) * abs(letter_matrix(textpage.raw, k)[3])
    return Cluster(
        cluster_left,
        cluster_baseline - _CLUSTER_DESCENT * cluster_size,
        cluster_right,
        cluster_baseline + _CLUSTER_ASCENT * cluster_size,
        cluster_baseline,
        cluster_size,
        cluster_text,
        k,
    )
