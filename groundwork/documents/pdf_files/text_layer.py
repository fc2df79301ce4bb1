"""The text layer of a PDF: what its pages say themselves, with what was typed in, its title and its outline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from groundwork.documents.layout.backward_lines import text_with_backward_lines_reversed
from groundwork.documents.layout.bold_mono_and_symbol_fonts import dingbat_sign, is_dingbat_font, plain_font_name
from groundwork.documents.layout.right_to_left import with_rtl_ligatures
from groundwork.documents.layout.superscripts import text_with_marks_in_place
from groundwork.documents.layout.typed_fields_and_annotations import typed_texts_of_page
from groundwork.documents.pdf_files.actual_text_clusters import clusters_text, read_clusters
from groundwork.documents.pdf_files.document_title import FIRST_PAGES, document_title
from groundwork.documents.pdf_files.misleading_fonts import MisleadingFonts
from groundwork.documents.pdf_files.open_pdf import LOCK, OpenPdf, OpenPdfPage, load_page
from groundwork.documents.pdf_files.page_box import text_on_page
from groundwork.documents.pdf_files.page_objects import object_size, page_objects
from groundwork.documents.pdf_files.spaces_on_ligatures import WORD_JOINER, with_ligatures_joined
from groundwork.documents.pdf_files.textpage_letters import letter_font_name, letter_sign
from groundwork.documents.pdf_files.unreadable_pages import (
    partly_unreadable,
    unreadable_pages,
    unreadable_share_of_page,
)
from groundwork.documents.repair.hyphens_and_ligatures import (
    BELOW_SUSPENDED_HYPHEN,
    find_ligatures,
    restore_ligatures,
)
from groundwork.language.language_and_script import is_right_to_left, is_shaped

_LONE_LAYER_LETTER = re.compile(r"(?<!\S)[^\s\d•.,:;()–—-](?!\S)")


def with_bullets(textpage: Any, layer_text: str) -> str:
    """The `layer_text` of a pypdfium2 text page with bullets and ticks in place of such letters that stand alone."""
    layer_signs = list(layer_text)
    for lone_letter in _LONE_LAYER_LETTER.finditer(layer_text):
        layer_font = _font_of_layer_letter(textpage.raw, lone_letter.start(), lone_letter[0])
        if is_dingbat_font(layer_font):
            layer_signs[lone_letter.start()] = dingbat_sign(lone_letter[0], layer_font)
    return "".join(layer_signs)


def _font_of_layer_letter(raw_textpage: Any, layer_index: int, layer_letter: str) -> str:
    """The font of a letter; "" where another letter stands at its index, for pdfium may count otherwise."""
    if letter_sign(raw_textpage, layer_index) != layer_letter:
        return ""
    return plain_font_name(letter_font_name(raw_textpage, layer_index))


_LAYER_SUSPENDED_HYPHEN = re.compile(rf"[\x02\ufffe]\s*(?={BELOW_SUSPENDED_HYPHEN})")
_LAYER_LINE_END_HYPHEN = re.compile("[\x02\ufffe]\\s*|\u00ad\\s+|\u00ad\\Z")  # where a line's end parts a word


class TextLayer(msgspec.Struct, frozen=True, kw_only=True):
    """The text of each page asked for, in the order of the file's content with what was typed in at its end.

    `scans`: the pages that show a picture; `unreadable`: those whose fonts tell other letters than they show,
    or that were misread by an OCR; their text is left out of `pages` and stands in `misleading`. `partly_unreadable`:
    by the number of a page from 1, the share of its letters in such fonts, where most of the page can be read.
    """

    page_count: int
    title: str
    pages: list[str]
    scans: list[bool]
    unreadable: list[bool] = []
    misleading: dict[int, str] = {}  # by the number of a page from 1
    partly_unreadable: dict[int, float] = {}
    damaged: list[int] = []  # numbers from 1 of pages that cannot be opened
    outline: list[tuple[int, str, int]] = []  # level from 0, title, page from 1


def read_text_layer(pdf_path: str, most_pages: int = 0) -> TextLayer:
    """The text layer of the whole PDF, or of its first pages. Raises BadDocument where it cannot be opened."""
    with LOCK, OpenPdf(pdf_path) as pdf:
        return text_layer(pdf, most_pages)


def text_layer(pdf: OpenPdf, most_pages: int = 0) -> TextLayer:
    """The text layer of the whole PDF, or of its first pages."""
    layer_document = pdf.document
    page_count = len(layer_document)
    layer_page_numbers = range(min(most_pages, page_count) if most_pages else page_count)
    layer_pages: list[OpenPdfPage | None] = []
    layer_texts, scan_picture_shares, layer_unreadable_shares = [], [], []
    misleading_fonts = MisleadingFonts()
    for layer_page_number in layer_page_numbers:
        layer_page = _open_layer_page(pdf, layer_page_number)
        layer_texts.append(_layer_of_page(layer_document, layer_page))
        scan_picture_shares.append(_scan_picture_share(layer_page.page) if layer_page else None)
        layer_unreadable_shares.append(unreadable_share_of_page(misleading_fonts, layer_page, layer_texts[-1]))
        layer_pages += [layer_page] if layer_page_number < FIRST_PAGES else []
    if layer_ligatures := find_ligatures(layer_texts):
        layer_texts = [restore_ligatures(layer_text, layer_ligatures) for layer_text in layer_texts]
    scanned_pages = [
        share is not None and len(layer_text.split()) < 5
        for share, layer_text in zip(scan_picture_shares, layer_texts, strict=True)
    ]
    layer_unreadable_pages = unreadable_pages(layer_texts, scan_picture_shares, layer_unreadable_shares)
    return TextLayer(
        page_count=page_count,
        title=document_title(layer_document, layer_texts, _readable_layer_pages(layer_pages, layer_unreadable_pages)),
        pages=[
            "" if is_layer_unreadable else layer_text
            for is_layer_unreadable, layer_text in zip(layer_unreadable_pages, layer_texts, strict=True)
        ],
        scans=scanned_pages,
        unreadable=layer_unreadable_pages,
        misleading={
            n: layer_text
            for n, (bad, layer_text) in enumerate(zip(layer_unreadable_pages, layer_texts, strict=True), 1)
            if bad
        },
        partly_unreadable=partly_unreadable(layer_unreadable_pages, layer_unreadable_shares),
        damaged=[i + 1 for i in layer_page_numbers if not layer_texts[i] and load_page(layer_document, i) is None],
        outline=_read_outline(layer_document),
    )


def _readable_layer_pages(pages: Sequence[OpenPdfPage | None], unreadable: Sequence[bool]) -> list[OpenPdfPage | None]:
    return [None if is_layer_unreadable else page for page, is_layer_unreadable in zip(pages, unreadable, strict=False)]


def _read_outline(document: Any) -> list[tuple[int, str, int]]:
    import pypdfium2

    outline_entries = []
    try:
        for bookmark in document.get_toc():
            outline_target = bookmark.get_dest()
            if outline_target is not None and outline_target.get_index() is not None:
                outline_entries.append((bookmark.level, bookmark.get_title(), outline_target.get_index() + 1))
    except pypdfium2.PdfiumError:
        pass  # a damaged outline is as good as none
    return outline_entries


def _open_layer_page(pdf: OpenPdf, layer_index: int) -> OpenPdfPage | None:
    """None for a damaged page, which has no text layer; the converters may still read it."""
    import pypdfium2

    try:
        return pdf[layer_index]
    except pypdfium2.PdfiumError:
        return None


def _layer_of_page(document: Any, layer_page: OpenPdfPage | None) -> str:
    import pypdfium2

    if layer_page is None:
        return ""
    try:
        layer_text = _read_layer(layer_page.text)
        layer_text = "\n".join([layer_text, *typed_texts_of_page(document, layer_page.page, layer_text)])
    except pypdfium2.PdfiumError:
        return ""
    layer_text = _LAYER_SUSPENDED_HYPHEN.sub("- ", layer_text.replace(WORD_JOINER, ""))
    layer_text = _LAYER_LINE_END_HYPHEN.sub("", layer_text).replace("\u00ad", "-")  # within a line it is drawn
    return layer_text.replace("\r\n", "\n").replace("\r", "\n")


def _read_layer(textpage: Any) -> str:
    """The text of a pypdfium2 text page; of a shaped script with its letters in order, where the PDF tells them."""
    layer_text = with_ligatures_joined(textpage, text_on_page(textpage, textpage.get_text_range()))
    layer_text = with_bullets(textpage, layer_text)
    layer_text = text_with_marks_in_place(textpage, layer_text)
    if is_shaped(layer_text) and not is_right_to_left(layer_text) and (layer_clusters := read_clusters(textpage)):
        return clusters_text(layer_clusters)
    return with_rtl_ligatures(textpage, text_with_backward_lines_reversed(textpage, layer_text))


def _scan_picture_share(page: Any) -> float | None:
    """The share of a page that pictures cover; None where it has none."""
    import pypdfium2.raw as pdfium

    scan_picture_sizes = [object_size(handle) for handle in page_objects(page, pdfium.FPDF_PAGEOBJ_IMAGE)]
    layer_page_width, layer_page_height = page.get_size() if scan_picture_sizes else (0.0, 0.0)
    return sum(scan_picture_sizes) / max(1.0, layer_page_width * layer_page_height) if scan_picture_sizes else None
