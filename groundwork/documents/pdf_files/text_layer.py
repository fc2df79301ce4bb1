"""The text layer of a PDF: what its pages say themselves, with what was typed in, its title and its outline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from groundwork.documents.layout.backward_lines import text_with_backward_lines_reversed
from groundwork.documents.layout.fonts import dingbat_sign, is_dingbat_font, plain_font_name
from groundwork.documents.layout.forms_and_annotations import typed_form_texts
from groundwork.documents.layout.right_to_left import with_rtl_ligatures
from groundwork.documents.layout.superscripts import text_with_marks_in_place
from groundwork.documents.pdf_files.actual_text_clusters import clusters_text, read_clusters
from groundwork.documents.pdf_files.document_title import FIRST_PAGES, document_title
from groundwork.documents.pdf_files.misleading_fonts import MisleadingFonts
from groundwork.documents.pdf_files.pdfium import (
    LOCK,
    OpenPage,
    OpenPdf,
    letter_font_name,
    letter_sign,
    load_page,
    object_size,
    page_objects,
)
from groundwork.documents.repair.hyphens_and_ligatures import find_ligatures, restore_ligatures
from groundwork.language.language_and_script import is_right_to_left, is_shaped
from groundwork.language.unreadable_text import is_misread, is_unreadable, reads_plainly

_LONE_LETTER = re.compile(r"(?<!\S)[^\s\d•.,:;()–—-](?!\S)")


def with_bullets(textpage: Any, page_text: str) -> str:
    """The `page_text` of a pypdfium2 text page with bullets and ticks in place of such letters that stand alone."""
    signs = list(page_text)
    for match in _LONE_LETTER.finditer(page_text):
        font = _font_name_of_letter(textpage.raw, match.start(), match[0])
        if is_dingbat_font(font):
            signs[match.start()] = dingbat_sign(match[0], font)
    return "".join(signs)


def _font_name_of_letter(raw_textpage: Any, index: int, letter: str) -> str:
    """The font of a letter; "" where another letter stands at its index, for pdfium may count otherwise."""
    if letter_sign(raw_textpage, index) != letter:
        return ""
    return plain_font_name(letter_font_name(raw_textpage, index))


_LINE_END_HYPHEN = re.compile("[\x02\ufffe]\\s*|\u00ad\\s+|\u00ad\\Z")  # where a line's end parts a word
_SCAN_PICTURE_SHARE = 0.5  # which the pictures of a scan cover
_UNREADABLE_SHARE = 0.3  # of the letters of a page that cannot be read
_PARTLY_UNREADABLE_SHARE = 0.03  # of those of one that can be read but for a part


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
    document = pdf.document
    page_count = len(document)
    page_numbers = range(min(most_pages, page_count) if most_pages else page_count)
    opened_pages: list[OpenPage | None] = []
    page_texts, picture_shares, misleading_shares = [], [], []
    misleading_fonts = MisleadingFonts()
    for page_number in page_numbers:
        opened_page = _open_layer_page(pdf, page_number)
        page_texts.append(_layer_of_page(document, opened_page))
        picture_shares.append(_picture_share(opened_page.page) if opened_page else None)
        misleading_shares.append(_misleading_share(misleading_fonts, opened_page, page_texts[-1]))
        opened_pages += [opened_page] if page_number < FIRST_PAGES else []
    if ligatures := find_ligatures(page_texts):
        page_texts = [restore_ligatures(page_text, ligatures) for page_text in page_texts]
    scanned_pages = [
        share is not None and len(page_text.split()) < 5
        for share, page_text in zip(picture_shares, page_texts, strict=True)
    ]
    unreadable_pages = _unreadable_pages(page_texts, picture_shares, misleading_shares)
    return TextLayer(
        page_count=page_count,
        title=document_title(document, page_texts, _readable_pages(opened_pages, unreadable_pages)),
        pages=["" if is_bad else page_text for is_bad, page_text in zip(unreadable_pages, page_texts, strict=True)],
        scans=scanned_pages,
        unreadable=unreadable_pages,
        misleading={
            n: page_text for n, (bad, page_text) in enumerate(zip(unreadable_pages, page_texts, strict=True), 1) if bad
        },
        partly_unreadable=_partly_unreadable(unreadable_pages, misleading_shares),
        damaged=[i + 1 for i in page_numbers if not page_texts[i] and load_page(document, i) is None],
        outline=_read_outline(document),
    )


def _readable_pages(pages: Sequence[OpenPage | None], unreadable: Sequence[bool]) -> list[OpenPage | None]:
    return [None if is_bad else page for page, is_bad in zip(pages, unreadable, strict=False)]


def _unreadable_pages(
    page_texts: Sequence[str], picture_shares: Sequence[float | None], misleading_shares: Sequence[float | None]
) -> list[bool]:
    """For each page, whether its fonts, its words, or an OCR of a scan say that its text is not what it shows."""
    return [
        (misleading_share is not None and (misleading_share > _UNREADABLE_SHARE or is_unreadable(page_text)))
        or ((picture_share or 0) > _SCAN_PICTURE_SHARE and is_misread(page_text))
        for misleading_share, picture_share, page_text in zip(
            misleading_shares, picture_shares, page_texts, strict=True
        )
    ]


def _partly_unreadable(unreadable_pages: Sequence[bool], misleading_shares: Sequence[float | None]) -> dict[int, float]:
    """The share of unreadable letters by the number of each page that is readable but for them."""
    shares_by_page = enumerate(zip(unreadable_pages, misleading_shares, strict=True), 1)
    return {
        page_number: misleading_share
        for page_number, (is_bad, misleading_share) in shares_by_page
        if misleading_share and misleading_share > _PARTLY_UNREADABLE_SHARE and not is_bad
    }


def _misleading_share(misleading_fonts: MisleadingFonts, opened_page: OpenPage | None, page_text: str) -> float | None:
    """The share of letters in fonts that tell others than they draw; None for a page that reads plainly."""
    import pypdfium2

    if reads_plainly(page_text):
        return None
    try:
        return misleading_fonts.share(opened_page.text) if opened_page else 0.0
    except pypdfium2.PdfiumError:
        return 0.0


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


def _open_layer_page(pdf: OpenPdf, index: int) -> OpenPage | None:
    """None for a damaged page, which has no text layer; the converters may still read it."""
    import pypdfium2

    try:
        return pdf[index]
    except pypdfium2.PdfiumError:
        return None


def _layer_of_page(document: Any, opened_page: OpenPage | None) -> str:
    import pypdfium2

    if opened_page is None:
        return ""
    try:
        page_text = _read_textpage(opened_page.text)
        page_text = "\n".join([page_text, *typed_form_texts(document, opened_page.page, page_text)])
    except pypdfium2.PdfiumError:
        return ""
    page_text = _LINE_END_HYPHEN.sub("", page_text).replace("\u00ad", "-")  # within a line it is drawn
    return page_text.replace("\r\n", "\n").replace("\r", "\n")


def _read_textpage(textpage: Any) -> str:
    """The text of a pypdfium2 text page; of a shaped script with its letters in order, where the PDF tells them."""
    page_text = with_bullets(textpage, textpage.get_text_range())
    page_text = text_with_marks_in_place(textpage, page_text)
    if is_shaped(page_text) and not is_right_to_left(page_text) and (clusters := read_clusters(textpage)):
        return clusters_text(clusters)
    return with_rtl_ligatures(textpage, text_with_backward_lines_reversed(textpage, page_text))


def _picture_share(page: Any) -> float | None:
    """The share of a page that pictures cover; None where it has none."""
    import pypdfium2.raw as pdfium

    picture_sizes = [object_size(handle) for handle in page_objects(page, pdfium.FPDF_PAGEOBJ_IMAGE)]
    width, height = page.get_size() if picture_sizes else (0.0, 0.0)
    return sum(picture_sizes) / max(1.0, width * height) if picture_sizes else None
