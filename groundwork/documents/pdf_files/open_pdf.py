"""PDFs by pdfium: opened, freed of their password, and their pages.

pdfium is not thread-safe: call it in a worker process, or hold `LOCK`.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from typing import Any, NamedTuple, Self

from groundwork.errors import BadDocument

LOCK = threading.Lock()
logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # else it tells users how to build a pdfium with XFA


def open_pdf(pdf_path: str, password: str = "") -> Any:
    """A pypdfium2 document. Raises BadDocument with the cause and the remedy."""
    import pypdfium2

    try:
        pdf_document = pypdfium2.PdfDocument(pdf_path, password=password or None)
        if len(pdf_document) == 0:
            raise BadDocument("the PDF has no pages; it may be truncated: fetch it again")
        return pdf_document
    except pypdfium2.PdfiumError as error:
        raise BadDocument(_pdf_opening_error(error, password)) from None


class OpenPdfPage(NamedTuple):
    """A page of a document and its text, as pypdfium2 opened them."""

    page: Any
    text: Any


class OpenPdf:
    """A PDF, of which some pages stay open for those who ask for them again: the first ones, and the last asked for."""

    def __init__(self, pdf_path: str, most_open: int = 1) -> None:
        """Raises BadDocument as open_pdf. `most_open`: pages that stay open; each takes up to half a megabyte."""
        self.document = open_pdf(pdf_path)
        self.document.init_forms()
        self._most_open_pdf_pages = most_open
        self._open_pdf_pages: dict[int, OpenPdfPage] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open_pdf_pages.clear()
        self.document.close()

    def __getitem__(self, index: int) -> OpenPdfPage:
        """A page, counted from 0. Raises PdfiumError where it is damaged."""
        if index not in self._open_pdf_pages:
            if len(self._open_pdf_pages) >= self._most_open_pdf_pages:
                self._open_pdf_pages.popitem()
            page = self.document[index]
            self._open_pdf_pages[index] = OpenPdfPage(page, page.get_textpage())
        return self._open_pdf_pages[index]


def unlock(pdf_path: str, password: str, target: str) -> None:
    """Write a copy that needs no password, for converters that take none. Raises BadDocument."""
    import pypdfium2.raw as pdfium

    with LOCK:
        pdf_document = open_pdf(pdf_path, password)
        try:
            pdf_document.save(target, flags=pdfium.FPDF_REMOVE_SECURITY)
        finally:
            pdf_document.close()


def _pdf_opening_error(pdf_error: Exception, password: str) -> str:
    if "password" in str(pdf_error).lower():
        return "the password given does not open it" if password else "it is encrypted; give its password by --password"
    return f"it is no readable PDF, perhaps truncated ({pdf_error}); fetch it again or save it again"


def load_page(pdf_document: Any, index: int) -> Any:
    """A page of a pypdfium2 document, counted from 0; None where it is damaged."""
    import pypdfium2

    try:
        return pdf_document[index]
    except pypdfium2.PdfiumError:
        return None


def read_wide_string(pdfium_function: Any, *arguments: Any) -> str:
    """What a function of pdfium writes into a buffer in UTF-16."""
    import pypdfium2.raw as pdfium

    length = pdfium_function(*arguments, None, 0)
    pdf_buffer = ctypes.create_string_buffer(length)
    pdfium_function(*arguments, ctypes.cast(pdf_buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), length)
    return pdf_buffer.raw.decode("utf-16-le", "replace").rstrip("\0")
