"""What was typed into a PDF: the values of its form fields, and its text annotations. A text layer holds neither."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from groundwork.documents.layout.text_lines import Box, Run

_NOTES = ("freetext", "text")  # liteparse's names of the annotations that hold text of their own
_BOXES = ("checkbox", "radio")
_VALUES = ("text", "combobox", "listbox")


def typed_in(document: Any, page: Any) -> list[str]:
    """The values and notes of a page of a pypdfium2 document whose forms are initialised."""
    import pypdfium2.raw as pdfium

    out = []
    for k in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, k)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind in (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_TEXT):
            out.append(_string(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents"))
        elif kind == pdfium.FPDF_ANNOT_WIDGET and document.formenv:
            out.append(_value(document.formenv.raw, annotation))
        pdfium.FPDFPage_CloseAnnot(annotation)
    return [text for text in out if text.strip()]


def _value(form: Any, annotation: Any) -> str:
    import pypdfium2.raw as pdfium

    kinds = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
    if pdfium.FPDFAnnot_GetFormFieldType(form, annotation) not in kinds:
        return ""
    return _string(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)


def _string(function: Any, *arguments: Any) -> str:
    """What a function of pdfium writes into a buffer in UTF-16."""
    import pypdfium2.raw as pdfium

    length = function(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(length)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0").replace("\r", "\n")


def with_typed(page: Any, runs: Sequence[Run]) -> list[Run]:
    """The `runs` of a liteparse page with its fields' values and free texts where they stand, each of them once."""
    runs = [run for run in runs if not any(_is_comb(field, run, runs) for field in page.form_fields or ())]
    return [*runs, *_typed_runs(page, runs)]


def _is_comb(field: Any, run: Run, runs: Sequence[Run]) -> bool:
    """Whether a run belongs to a value that is drawn with spaces between its letters, one box a letter."""
    if field.type not in _VALUES or not field.value or not field.rect or not _is_in(run, field.rect):
        return False
    drawn = " ".join(other.text for other in sorted(runs) if _is_in(other, field.rect))
    return drawn != field.value and "".join(drawn.split()) == "".join(field.value.split()) and drawn.count(" ") > 2


def _typed_runs(page: Any, runs: Sequence[Run]) -> list[Run]:
    out = []
    for field in page.form_fields or ():
        text = ("☒" if field.checked else "☐") if field.type in _BOXES else field.value if field.type in _VALUES else ""
        out += _runs(text, field.rect, runs)
    for note in page.annotations or ():
        if note.subtype == _NOTES[0]:
            out += _runs(note.contents, note.rect, runs)
    return out


def form_fields(page: Any) -> list[Box]:
    """Where something can be typed into a liteparse page."""
    rects = [field.rect for field in page.form_fields or () if field.type in _VALUES and field.rect]
    return [Box(rect.x, rect.y, rect.x + rect.width, rect.y + rect.height) for rect in rects]


def notes(page: Any) -> list[str]:
    """The notes that a liteparse page shows as icons."""
    return [
        " ".join(note.contents.split())
        for note in page.annotations or ()
        if note.subtype == _NOTES[1] and note.contents
    ]


def _runs(text: str | None, rect: Any, runs: Sequence[Run]) -> list[Run]:
    """The lines of a text in its rectangle; none where the page's own text stands there."""
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    if not lines or rect is None or any(_is_in(run, rect) for run in runs):
        return []
    step = rect.height / len(lines)
    size = min(10.0, 0.8 * step) or 1.0
    out = []
    for k, line in enumerate(lines):
        top = rect.y + k * step + (step - size) / 2
        words = _words(line, rect.x, top, size)
        out.append(Run(rect.x, top, words[-1].x2, top + size, " ".join(line.split()), size, words=tuple(words)))
    return out


def _words(line: str, x: float, y: float, size: float) -> list[Box]:
    """The words of a line in letters of a middling width."""
    out = []
    for word in line.split():
        out.append(Box(x, y, x + 0.5 * size * len(word), y + size, word))
        x = out[-1].x2 + 0.25 * size
    return out


def _is_in(run: Run, rect: Any) -> bool:
    x, y = (run.x1 + run.x2) / 2, (run.y1 + run.y2) / 2
    return bool(rect.x <= x <= rect.x + rect.width and rect.y <= y <= rect.y + rect.height)
