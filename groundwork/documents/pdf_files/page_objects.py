"""The objects of a PDF page by pdfium's raw handles: their bounds, texts and drawn paths.

Objects of pypdfium2 would cost more than what is asked of each: a page may hold tens of thousands.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from groundwork.documents.pdf_files.open_pdf import read_wide_string

_MOST_FORM_DEPTH = 3  # forms within forms


def page_objects(page: Any, object_kind: int) -> Iterator[Any]:
    """The handles of a pypdfium2 page's objects of a kind (FPDF_PAGEOBJ_TEXT ...) in the order of its content, those of
    its forms among them. They are valid as long as the page is open."""
    import pypdfium2.raw as pdfium

    return _objects_within(page.raw, object_kind, 1, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject)


def _objects_within(
    page_or_form: Any, object_kind: int, form_depth: int, count_objects: Any, get_object: Any
) -> Iterator[Any]:
    import pypdfium2.raw as pdfium

    object_kind_of = pdfium.FPDFPageObj_GetType
    for i in range(count_objects(page_or_form)):
        page_object = get_object(page_or_form, i)
        kind_of_object = object_kind_of(page_object)
        if kind_of_object == object_kind:
            yield page_object
        if kind_of_object == pdfium.FPDF_PAGEOBJ_FORM and form_depth < _MOST_FORM_DEPTH:
            yield from _objects_within(
                page_object, object_kind, form_depth + 1, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject
            )


def object_bounds(page_object: Any) -> tuple[float, float, float, float] | None:
    """Left, bottom, right and top of a page object in points from the page's bottom left; None where it has none."""
    import pypdfium2.raw as pdfium

    sides = left, bottom, right, top = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(page_object, *sides):
        return None
    return left.value, bottom.value, right.value, top.value


def object_size(page_object: Any) -> float:
    """The area in square points of an object's bounds; 0 where it has none."""
    left, bottom, right, top = object_bounds(page_object) or (0.0, 0.0, 0.0, 0.0)
    return (right - left) * (top - bottom)


def handle_address(page_object: Any) -> int:
    """Where pdfium keeps what a handle stands for; 0 for none."""
    return ctypes.cast(page_object, ctypes.c_void_p).value or 0


class PdfText(NamedTuple):
    """A text object of a page: the size of its letters as drawn, its baseline, and whether it stands upright."""

    size: float
    y: float
    upright: bool
    handle: Any


def read_pdf_texts(page: Any) -> list[PdfText]:
    """The text objects of a page in the order of its content."""
    import pypdfium2.raw as pdfium

    text_objects = []
    size, matrix = ctypes.c_float(), pdfium.FS_MATRIX()
    for page_object in page_objects(page, pdfium.FPDF_PAGEOBJ_TEXT):
        pdfium.FPDFTextObj_GetFontSize(page_object, size)
        pdfium.FPDFPageObj_GetMatrix(page_object, matrix)
        upright = abs(matrix.b) < 0.1 * abs(matrix.a)
        text_objects.append(PdfText(size.value * math.hypot(matrix.c, matrix.d), matrix.f, upright, page_object))
    return text_objects


def object_text(page_object: Any, textpage: Any) -> str:
    """The text of a text object of a pypdfium2 text page."""
    import pypdfium2.raw as pdfium

    return read_wide_string(pdfium.FPDFTextObj_GetText, page_object, textpage.raw)


def is_filled_path(path_object: Any) -> bool:
    return bool(_path_fill_and_stroke(path_object)[0])


def is_visible_path(path_object: Any) -> bool:
    """Whether a path object is stroked, or filled with another colour than white."""
    import pypdfium2.raw as pdfium

    path_fill, is_path_stroked = _path_fill_and_stroke(path_object)
    if is_path_stroked or not path_fill:
        return is_path_stroked
    path_red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(path_object, path_red, green, blue, alpha):
        return True  # a pattern
    return alpha.value > 0 and min(path_red.value, green.value, blue.value) < 250


def _path_fill_and_stroke(path_object: Any) -> tuple[int, bool]:
    import pypdfium2.raw as pdfium

    path_fill, is_path_stroked = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path_object, path_fill, is_path_stroked)
    return path_fill.value, bool(is_path_stroked.value)


def curves_of_path(path_object: Any, most_segments: int) -> tuple[int, bool]:
    """(how many curves and slanting lines, whether it is a level rectangle) of the first segments of a path object."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_float(), ctypes.c_float()
    path_curves, path_corners, last_point = 0, 0, (0.0, 0.0)
    for index in range(min(pdfium.FPDFPath_CountSegments(path_object), most_segments)):
        path_segment = pdfium.FPDFPath_GetPathSegment(path_object, index)
        path_segment_kind = pdfium.FPDFPathSegment_GetType(path_segment)
        pdfium.FPDFPathSegment_GetPoint(path_segment, x, y)
        path_point = x.value, y.value
        if path_segment_kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            path_curves += 1
        elif path_segment_kind == pdfium.FPDF_SEGMENT_LINETO:
            path_corners += 1
            path_curves += abs(path_point[0] - last_point[0]) > 0.5 and abs(path_point[1] - last_point[1]) > 0.5
        last_point = path_point
    return path_curves, path_curves == 0 and 3 <= path_corners <= 5
