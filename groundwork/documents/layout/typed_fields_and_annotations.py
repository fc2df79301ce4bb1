"""What was typed into a PDF: the values of its form fields, where they stand, and its text annotations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from groundwork.documents.layout.forms import FORM_TICKS
from groundwork.documents.layout.text_runs_and_lines import Box, Run, words_as_box
from groundwork.documents.pdf_files.open_pdf import read_wide_string

_NOTE_SUBTYPES = ("freetext", "text")  # liteparse's names of the annotations that hold text of their own
_MARKUP_ANNOTATIONS = ("highlight", "underline", "squiggly", "strikeout")
_TICK_BOX_TYPES = ("checkbox", "radio")
_VALUE_FIELD_TYPES = ("text", "combobox", "listbox")


def with_typed_field_runs(page: Any, runs: Sequence[Run]) -> list[Run]:
    """The `runs` of a liteparse page with its fields' values and free texts where they stand, each of them once."""
    runs = [run for run in runs if not any(_is_comb_field(field, run, runs) for field in page.form_fields or ())]
    return [*runs, *_typed_field_runs(page, runs)]


def _is_comb_field(typed_field: Any, run: Run, runs: Sequence[Run]) -> bool:
    """Whether a run belongs to a value that is drawn with spaces between its letters, one box a letter."""
    if (
        typed_field.type not in _VALUE_FIELD_TYPES
        or not typed_field.value
        or not typed_field.rect
        or not _is_in_field(run, typed_field.rect)
    ):
        return False
    letters_in_field = " ".join(
        letter.text for letter in sorted(letter for letter in runs if _is_in_field(letter, typed_field.rect))
    )
    return (
        letters_in_field != typed_field.value
        and "".join(letters_in_field.split()) == "".join(typed_field.value.split())
        and letters_in_field.count(" ") > 2
    )


def _typed_field_runs(page: Any, runs: Sequence[Run]) -> list[Run]:
    typed_field_runs = []
    for typed_field in page.form_fields or ():
        typed_text = (
            FORM_TICKS[bool(typed_field.checked)]
            if typed_field.type in _TICK_BOX_TYPES
            else typed_field.value
            if typed_field.type in _VALUE_FIELD_TYPES
            else ""
        )
        typed_field_runs += _runs_in_field(typed_text, typed_field.rect, runs)
    for annotation in page.annotations or ():
        if annotation.subtype == _NOTE_SUBTYPES[0]:
            typed_field_runs += _runs_in_field(annotation.contents, annotation.rect, runs)
    return typed_field_runs


def typed_field_boxes(page: Any, field_types: Sequence[str] = _VALUE_FIELD_TYPES) -> list[Box]:
    """Where something can be typed into a liteparse page."""
    typed_field_rects = [
        typed_field.rect
        for typed_field in page.form_fields or ()
        if typed_field.type in field_types and typed_field.rect
    ]
    return [
        Box(field_rect.x, field_rect.y, field_rect.x + field_rect.width, field_rect.y + field_rect.height)
        for field_rect in typed_field_rects
    ]


def tick_field_boxes(page: Any) -> list[Box]:
    """Where something can be ticked on a liteparse page."""
    return typed_field_boxes(page, _TICK_BOX_TYPES)


def icon_annotations(page: Any, page_text: str) -> list[str]:
    """The notes that a liteparse page shows as icons, and what is said of marked words, which its text layer has."""
    annotations_with_text = [annotation for annotation in page.annotations or () if annotation.contents]
    page_lines = {" ".join(line.split()) for line in page_text.split("\n")} if annotations_with_text else set()
    return [
        " ".join(annotation.contents.split())
        for annotation in annotations_with_text
        if annotation.subtype == _NOTE_SUBTYPES[1]
        or (
            annotation.subtype in _MARKUP_ANNOTATIONS
            and page_lines.issuperset(" ".join(line.split()) for line in annotation.contents.splitlines())
        )
    ]


def _runs_in_field(field_text: str | None, field_rect: Any, runs: Sequence[Run]) -> list[Run]:
    """The lines of a text in its rectangle; none where the page's own text stands there."""
    field_lines = [field_line.strip() for field_line in (field_text or "").splitlines() if field_line.strip()]
    if not field_lines or field_rect is None or any(_is_in_field(run, field_rect) for run in runs):
        return []
    field_line_step = field_rect.height / len(field_lines)
    typed_size = min(10.0, 0.8 * field_line_step) or 1.0
    typed_field_runs = []
    for index, field_line in enumerate(field_lines):
        field_line_top = field_rect.y + index * field_line_step + (field_line_step - typed_size) / 2
        field_words = _words_in_field(field_line, field_rect.x, field_line_top, typed_size)
        typed_field_runs.append(Run(*words_as_box(field_words), typed_size, words=tuple(field_words)))
    return typed_field_runs


def _words_in_field(field_line: str, x: float, y: float, size: float) -> list[Box]:
    """The words of a line in letters of a middling width."""
    field_words = []
    for word in field_line.split():
        field_words.append(Box(x, y, x + 0.5 * size * len(word), y + size, word))
        x = field_words[-1].x2 + 0.25 * size
    return field_words


def _is_in_field(field_run: Run, rect: Any) -> bool:
    x, y = (field_run.x1 + field_run.x2) / 2, (field_run.y1 + field_run.y2) / 2
    return bool(rect.x <= x <= rect.x + rect.width and rect.y <= y <= rect.y + rect.height)


def typed_texts_of_page(document: Any, page: Any, page_text: str) -> list[str]:
    """The values and notes of a page of a pypdfium2 document whose forms are initialised.

    What is said of marked words is a note, unless it is those words: some programs copy them.
    """
    import pypdfium2.raw as pdfium

    markup_annotations = (
        pdfium.FPDF_ANNOT_HIGHLIGHT,
        pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_SQUIGGLY,
        pdfium.FPDF_ANNOT_STRIKEOUT,
    )
    typed_texts = []
    for annotation_index in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, annotation_index)
        annotation_kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if annotation_kind in (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_TEXT):
            typed_texts.append(_read_typed_text(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents"))
        elif annotation_kind in markup_annotations:
            remark = _read_typed_text(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
            typed_texts += [remark] if " ".join(remark.split()) not in " ".join(page_text.split()) else []
        elif annotation_kind == pdfium.FPDF_ANNOT_WIDGET and document.formenv:
            typed_texts.append(_typed_field_value(document.formenv.raw, annotation))
        pdfium.FPDFPage_CloseAnnot(annotation)
    return [text for text in typed_texts if text.strip()]


def _typed_field_value(field_form_handle: Any, annotation: Any) -> str:
    import pypdfium2.raw as pdfium

    typed_field_types = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
    if pdfium.FPDFAnnot_GetFormFieldType(field_form_handle, annotation) not in typed_field_types:
        return ""
    return _read_typed_text(pdfium.FPDFAnnot_GetFormFieldValue, field_form_handle, annotation)


def _read_typed_text(annotation_function: Any, *arguments: Any) -> str:
    return read_wide_string(annotation_function, *arguments).replace("\r", "\n")
