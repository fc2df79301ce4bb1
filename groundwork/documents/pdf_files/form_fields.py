"""What was typed into a PDF: the values of its form fields, and its text annotations. A text layer holds neither."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from groundwork.documents.layout.text_lines import Box, Run

_NOTE_SUBTYPES = ("freetext", "text")  # liteparse's names of the annotations that hold text of their own
_MARKUPS = ("highlight", "underline", "squiggly", "strikeout")
TICKS = "☐☒"
"""A box to tick, empty and ticked."""
_BOXES = ("checkbox", "radio")
_VALUES = ("text", "combobox", "listbox")


def typed_texts(document: Any, page: Any, page_text: str) -> list[str]:
    """The values and notes of a page of a pypdfium2 document whose forms are initialised.

    What is said of marked words is a note, unless it is those words: some programs copy them.
    """
    import pypdfium2.raw as pdfium

    markups = (
        pdfium.FPDF_ANNOT_HIGHLIGHT,
        pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_SQUIGGLY,
        pdfium.FPDF_ANNOT_STRIKEOUT,
    )
    annotation_texts = []
    for index in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        annotation_kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if annotation_kind in (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_TEXT):
            annotation_texts.append(_read_string(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents"))
        elif annotation_kind in markups:
            remark = _read_string(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
            annotation_texts += [remark] if " ".join(remark.split()) not in " ".join(page_text.split()) else []
        elif annotation_kind == pdfium.FPDF_ANNOT_WIDGET and document.formenv:
            annotation_texts.append(_field_value(document.formenv.raw, annotation))
        pdfium.FPDFPage_CloseAnnot(annotation)
    return [text for text in annotation_texts if text.strip()]


def _field_value(form: Any, annotation: Any) -> str:
    import pypdfium2.raw as pdfium

    kinds = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
    if pdfium.FPDFAnnot_GetFormFieldType(form, annotation) not in kinds:
        return ""
    return _read_string(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)


def _read_string(function: Any, *arguments: Any) -> str:
    """What a function of pdfium writes into a buffer in UTF-16."""
    import pypdfium2.raw as pdfium

    length = function(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(length)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0").replace("\r", "\n")


def with_typed_runs(page: Any, runs: Sequence[Run]) -> list[Run]:
    """The `runs` of a liteparse page with its fields' values and free texts where they stand, each of them once."""
    runs = [run for run in runs if not any(_is_comb(field, run, runs) for field in page.form_fields or ())]
    return [*runs, *_typed_runs(page, runs)]


def _is_comb(field: Any, run: Run, runs: Sequence[Run]) -> bool:
    """Whether a run belongs to a value that is drawn with spaces between its letters, one box a letter."""
    if field.type not in _VALUES or not field.value or not field.rect or not _is_in(run, field.rect):
        return False
    text = " ".join(letter.text for letter in sorted(letter for letter in runs if _is_in(letter, field.rect)))
    return text != field.value and "".join(text.split()) == "".join(field.value.split()) and text.count(" ") > 2


def _typed_runs(page: Any, runs: Sequence[Run]) -> list[Run]:
    typed_runs = []
    for field in page.form_fields or ():
        text = TICKS[bool(field.checked)] if field.type in _BOXES else field.value if field.type in _VALUES else ""
        typed_runs += _text_runs(text, field.rect, runs)
    for note in page.annotations or ():
        if note.subtype == _NOTE_SUBTYPES[0]:
            typed_runs += _text_runs(note.contents, note.rect, runs)
    return typed_runs


def form_fields(page: Any, types: Sequence[str] = _VALUES) -> list[Box]:
    """Where something can be typed into a liteparse page."""
    rects = [field.rect for field in page.form_fields or () if field.type in types and field.rect]
    return [Box(rect.x, rect.y, rect.x + rect.width, rect.y + rect.height) for rect in rects]


def tick_boxes(page: Any) -> list[Box]:
    """Where something can be ticked on a liteparse page."""
    return form_fields(page, _BOXES)


def icon_notes(page: Any, page_text: str) -> list[str]:
    """The notes that a liteparse page shows as icons, and what is said of marked words, which its text layer has."""
    noted_annotations = [note for note in page.annotations or () if note.contents]
    page_lines = {" ".join(line.split()) for line in page_text.split("\n")} if noted_annotations else set()
    return [
        " ".join(note.contents.split())
        for note in noted_annotations
        if note.subtype == _NOTE_SUBTYPES[1]
        or (
            note.subtype in _MARKUPS
            and page_lines.issuperset(" ".join(line.split()) for line in note.contents.splitlines())
        )
    ]


def _text_runs(field_text: str | None, rect: Any, runs: Sequence[Run]) -> list[Run]:
    """The lines of a text in its rectangle; none where the page's own text stands there."""
    field_lines = [field_line.strip() for field_line in (field_text or "").splitlines() if field_line.strip()]
    if not field_lines or rect is None or any(_is_in(run, rect) for run in runs):
        return []
    step = rect.height / len(field_lines)
    size = min(10.0, 0.8 * step) or 1.0
    text_runs = []
    for index, field_line in enumerate(field_lines):
        top = rect.y + index * step + (step - size) / 2
        word_boxes = _spread_words(field_line, rect.x, top, size)
        text_runs.append(
            Run(rect.x, top, word_boxes[-1].x2, top + size, " ".join(field_line.split()), size, words=tuple(word_boxes))
        )
    return text_runs


def _spread_words(field_line: str, x: float, y: float, size: float) -> list[Box]:
    """The words of a line in letters of a middling width."""
    word_boxes = []
    for word in field_line.split():
        word_boxes.append(Box(x, y, x + 0.5 * size * len(word), y + size, word))
        x = word_boxes[-1].x2 + 0.25 * size
    return word_boxes


def _is_in(run: Run, rect: Any) -> bool:
    x, y = (run.x1 + run.x2) / 2, (run.y1 + run.y2) / 2
    return bool(rect.x <= x <= rect.x + rect.width and rect.y <= y <= rect.y + rect.height)
