"""The text layer of a PDF: what its pages say themselves, with what was typed in, its title and its outline."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from groundwork.documents.layout.fonts import dingbat_sign, is_dingbat_font, plain_font_name
from groundwork.documents.layout.footnote_marks import text_with_marks_in_place
from groundwork.documents.layout.right_to_left import with_ligatures
from groundwork.documents.pdf_files.document_title import FIRST_PAGES, document_title
from groundwork.documents.pdf_files.form_fields import typed_texts
from groundwork.documents.pdf_files.misleading_fonts import MisleadingFonts
from groundwork.documents.pdf_files.page_letters import clusters_text, read_clusters, with_lines_turned
from groundwork.documents.pdf_files.pdfium import LOCK, OpenPage, OpenPdf, load_page, object_size, page_objects
from groundwork.documents.repair.hyphens_and_ligatures import find_ligatures, restore_ligatures
from groundwork.language.language_and_script import is_right_to_left, is_shaped
from groundwork.language.unreadable_text import is_misread, is_unreadable, reads_plainly

_SINGLE = re.compile(r"(?<!\S)[^\s\d•.,:;()–—-](?!\S)")
_NAME_BYTES = 128  # of a font's name, at the most


def with_bullets(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with bullets and ticks in place of such letters that stand alone."""
    signs = list(text)
    for match in _SINGLE.finditer(text):
        font = _font_name(textpage.raw, match.start(), match[0])
        if is_dingbat_font(font):
            signs[match.start()] = dingbat_sign(match[0], font)
    return "".join(signs)


def _font_name(text: Any, index: int, sign: str) -> str:
    """The font of a letter; "" where another letter stands at its index, for pdfium may count otherwise."""
    import pypdfium2.raw as pdfium

    if pdfium.FPDFText_GetUnicode(text, index) != ord(sign):
        return ""
    buffer = ctypes.create_string_buffer(_NAME_BYTES)
    pdfium.FPDFText_GetFontInfo(text, index, buffer, _NAME_BYTES, None)
    return plain_font_name(buffer.value.decode("utf-8", "replace"))


_LINE_END_HYPHEN = re.compile("[\x02\ufffe]\\s*|\u00ad\\s+|\u00ad\\Z")  # where a line's end parts a word
_SCAN_COVERAGE = 0.5  # which the pictures of a scan cover
_UNREADABLE_SHARE = 0.3  # of the letters of a page that cannot be read
_PARTLY_SHARE = 0.03  # of those of one that can be read but for a part


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


def read_text_layer(source: str, most_pages: int = 0) -> TextLayer:
    """The text layer of the whole PDF, or of its first pages. Raises BadDocument where it cannot be opened."""
    with LOCK, OpenPdf(source) as pdf:
        return text_layer(pdf, most_pages)


def text_layer(pdf: OpenPdf, most_pages: int = 0) -> TextLayer:
    """The text layer of the whole PDF, or of its first pages."""
    document = pdf.document
    count = len(document)
    numbers = range(min(most_pages, count) if most_pages else count)
    opened_pages: list[OpenPage | None] = []
    texts, picture_shares, misleading_shares = [], [], []
    fonts = MisleadingFonts()
    for number in numbers:
        opened = _open_page(pdf, number)
        texts.append(_page_text(document, opened))
        picture_shares.append(_picture_share(opened.page) if opened else None)
        misleading_shares.append(_misleading_share(fonts, opened, texts[-1]))
        opened_pages += [opened] if number < FIRST_PAGES else []
    if ligatures := find_ligatures(texts):
        texts = [restore_ligatures(text, ligatures) for text in texts]
    scans = [share is not None and len(text.split()) < 5 for share, text in zip(picture_shares, texts, strict=True)]
    unreadable = _unreadable_pages(texts, picture_shares, misleading_shares)
    return TextLayer(
        page_count=count,
        title=document_title(document, texts, _readable_pages(opened_pages, unreadable)),
        pages=["" if is_bad else text for is_bad, text in zip(unreadable, texts, strict=True)],
        scans=scans,
        unreadable=unreadable,
        misleading={n: text for n, (bad, text) in enumerate(zip(unreadable, texts, strict=True), 1) if bad},
        partly_unreadable=_partly_unreadable(unreadable, misleading_shares),
        damaged=[i + 1 for i in numbers if not texts[i] and load_page(document, i) is None],
        outline=_read_outline(document),
    )


def _readable_pages(pages: Sequence[OpenPage | None], unreadable: Sequence[bool]) -> list[OpenPage | None]:
    return [None if is_bad else page for page, is_bad in zip(pages, unreadable, strict=False)]


def _unreadable_pages(
    texts: Sequence[str], picture_shares: Sequence[float | None], misleading_shares: Sequence[float | None]
) -> list[bool]:
    """For each page, whether its fonts, its words, or an OCR of a scan say that its text is not what it shows."""
    return [
        (misleading_share is not None and (misleading_share > _UNREADABLE_SHARE or is_unreadable(text)))
        or ((picture_share or 0) > _SCAN_COVERAGE and is_misread(text))
        for misleading_share, picture_share, text in zip(misleading_shares, picture_shares, texts, strict=True)
    ]


def _partly_unreadable(unreadable: Sequence[bool], misleading_shares: Sequence[float | None]) -> dict[int, float]:
    """The share of unreadable letters by the number of each page that is readable but for them."""
    shares = enumerate(zip(unreadable, misleading_shares, strict=True), 1)
    return {number: share for number, (is_bad, share) in shares if share and share > _PARTLY_SHARE and not is_bad}


def _misleading_share(fonts: MisleadingFonts, opened: OpenPage | None, text: str) -> float | None:
    """The share of letters in fonts that tell others than they draw; None for a page that reads plainly."""
    import pypdfium2

    if reads_plainly(text):
        return None
    try:
        return fonts.share(opened.text) if opened else 0.0
    except pypdfium2.PdfiumError:
        return 0.0


def _read_outline(document: Any) -> list[tuple[int, str, int]]:
    import pypdfium2

    entries = []
    try:
        for bookmark in document.get_toc():
            target = bookmark.get_dest()
            if target is not None and target.get_index() is not None:
                entries.append((bookmark.level, bookmark.get_title(), target.get_index() + 1))
    except pypdfium2.PdfiumError:
        pass  # a damaged outline is as good as none
    return entries


def _open_page(pdf: OpenPdf, index: int) -> OpenPage | None:
    """None for a damaged page, which has no text layer; the converters may still read it."""
    import pypdfium2

    try:
        return pdf[index]
    except pypdfium2.PdfiumError:
        return None


def _page_text(document: Any, opened: OpenPage | None) -> str:
    import pypdfium2

    if opened is None:
        return ""
    try:
        text = _read_text(opened.text)
        text = "\n".join([text, *typed_texts(document, opened.page, text)])
    except pypdfium2.PdfiumError:
        return ""
    text = _LINE_END_HYPHEN.sub("", text).replace("\u00ad", "-")  # within a line it is drawn
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_text(textpage: Any) -> str:
    """The text of a pypdfium2 text page; of a shaped script with its letters in order, where the PDF tells them."""
    text = with_bullets(textpage, textpage.get_text_range())
    text = text_with_marks_in_place(textpage, text)
    if is_shaped(text) and not is_right_to_left(text) and (clusters := read_clusters(textpage)):
        return clusters_text(clusters)
    return with_ligatures(textpage, with_lines_turned(textpage, text))


def _picture_share(page: Any) -> float | None:
    """The share of a page that pictures cover; None where it has none."""
    import pypdfium2.raw as pdfium

    sizes = [object_size(handle) for handle in page_objects(page, pdfium.FPDF_PAGEOBJ_IMAGE)]
    width, height = page.get_size() if sizes else (0.0, 0.0)
    return sum(sizes) / max(1.0, width * height) if sizes else None
