"""The objects of a PDF's page by pdfium's own handles.

pypdfium2's objects for them cost more than what is asked of each: a page may hold tens of thousands.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

_DEPTH = 3  # forms within forms


def page_objects(page: Any, kind: int) -> Iterator[Any]:
    """The handles of a pypdfium2 page's objects of a kind (FPDF_PAGEOBJ_TEXT ...) in the order of its content, those of
    its forms among them. They are valid as long as the page is open."""
    import pypdfium2.raw as pdfium

    return _objects(page.raw, kind, 1, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject)


def _objects(parent: Any, kind: int, depth: int, count: Any, get_object: Any) -> Iterator[Any]:
    import pypdfium2.raw as pdfium

    kind_of = pdfium.FPDFPageObj_GetType
    for i in range(count(parent)):
        handle = get_object(parent, i)
        handle_kind = kind_of(handle)
        if handle_kind == kind:
            yield handle
        if handle_kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEPTH:
            yield from _objects(handle, kind, depth + 1, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject)


def object_size(handle: Any) -> float:
    """The area in square points of an object's bounds; 0 where it has none."""
    import pypdfium2.raw as pdfium

    sides = left, bottom, right, top = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(handle, *sides):
        return 0.0
    return float((right.value - left.value) * (top.value - bottom.value))
