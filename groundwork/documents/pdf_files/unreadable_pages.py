"""The pages of a PDF whose text layer is not what they show, by their fonts, their words, or an OCR of a scan."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.documents.pdf_files.misleading_fonts import MisleadingFonts
from groundwork.documents.pdf_files.open_pdf import OpenPdfPage
from groundwork.language.unreadable_text import is_misread, is_unreadable, reads_plainly

_SCAN_PICTURE_SHARE = 0.5  # which the pictures of a scan cover
_UNREADABLE_SHARE = 0.3  # of the letters of a page that cannot be read
_PARTLY_UNREADABLE_SHARE = 0.03  # of those of one that can be read but for a part


def unreadable_pages(
    layer_texts: Sequence[str],
    scan_picture_shares: Sequence[float | None],
    unreadable_shares: Sequence[float | None],
) -> list[bool]:
    """For each page, whether its fonts, its words, or an OCR of a scan say that its text is not what it shows."""
    return [
        (unreadable_share is not None and (unreadable_share > _UNREADABLE_SHARE or is_unreadable(layer_text)))
        or ((scan_picture_share or 0) > _SCAN_PICTURE_SHARE and is_misread(layer_text))
        for unreadable_share, scan_picture_share, layer_text in zip(
            unreadable_shares, scan_picture_shares, layer_texts, strict=True
        )
    ]


def partly_unreadable(are_unreadable: Sequence[bool], unreadable_shares: Sequence[float | None]) -> dict[int, float]:
    """The share of unreadable letters by the number of each page that is readable but for them."""
    shares_by_page = enumerate(zip(are_unreadable, unreadable_shares, strict=True), 1)
    return {
        page_number: unreadable_share
        for page_number, (is_unreadable_page, unreadable_share) in shares_by_page
        if unreadable_share and unreadable_share > _PARTLY_UNREADABLE_SHARE and not is_unreadable_page
    }


def unreadable_share_of_page(
    misleading_fonts: MisleadingFonts, layer_page: OpenPdfPage | None, layer_text: str
) -> float | None:
    """The share of letters in fonts that tell others than they draw; None for a page that reads plainly."""
    import pypdfium2

    if reads_plainly(layer_text):
        return None
    try:
        return misleading_fonts.share(layer_page.text) if layer_page else 0.0
    except pypdfium2.PdfiumError:
        return 0.0
