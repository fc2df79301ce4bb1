"""pdf-inspector's pages, which stand by where the layout converter's own reading keeps too little."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import overload

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.pdf_files.open_pdf import OpenPdf
from groundwork.documents.pdf_files.page_box import without_lines_off_page


class PdfInspectorPages(Sequence[str]):
    """pdf-inspector's pages, of which mostly none or few are asked for.

    Each call of pdf-inspector opens the whole file, so that one call reads all pages that are due: a page that is asked
    for before is "".
    """

    def __init__(self, request: ConversionRequest, inspector_page_count: int, warnings: list[str]) -> None:
        self._inspector_request, self._inspector_warnings = request, warnings
        self._inspector_numbers = request.pages or list(range(1, inspector_page_count + 1))
        self._inspector_pages: dict[int, str] = {}
        self._due_inspector_pages: set[int] = set()

    def __len__(self) -> int:
        return len(self._inspector_numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index not in self._inspector_pages:
            self._due_inspector_pages.add(index)
        return self._inspector_pages.get(index, "")

    def read_due(self) -> list[int]:
        """Read the pages that were asked for since the last call; returns their indices."""
        due_indices = sorted(self._due_inspector_pages)
        self._due_inspector_pages.clear()
        if due_indices:
            due_numbers = [self._inspector_numbers[i] for i in due_indices]
            try:
                inspector_texts = pdf_inspector_pages(dataclasses.replace(self._inspector_request, pages=due_numbers))
            except Exception as error:  # an engine raises anything; the other readings carry on
                inspector_texts = [""] * len(due_indices)
                self._inspector_warnings.append(f"pdf-inspector failed: {error}")
            self._inspector_pages.update(zip(due_indices, inspector_texts, strict=True))
        return due_indices


def pdf_inspector_pages(request: ConversionRequest) -> list[str]:
    import pdf_inspector

    inspector_numbers = None if request.pages is None else [number - 1 for number in request.pages]
    inspector_pages = pdf_inspector.extract_pages_markdown(request.source, inspector_numbers).pages
    inspector_texts = [page.markdown for page in inspector_pages]
    if request.opened:
        return _without_texts_off_page(inspector_texts, inspector_numbers, request.opened)
    with OpenPdf(request.source) as pdf:
        return _without_texts_off_page(inspector_texts, inspector_numbers, pdf)


def _without_texts_off_page(texts: list[str], indices: list[int] | None, pdf: OpenPdf) -> list[str]:
    """pdf-inspector's pages without what stands outside of them; a page that pdfium cannot open stays as it is."""
    import pypdfium2

    texts_on_pages = []
    for index, text in zip(indices or range(len(texts)), texts, strict=True):
        try:
            texts_on_pages.append(without_lines_off_page(text, pdf[index].text))
        except pypdfium2.PdfiumError:
            texts_on_pages.append(text)
    return texts_on_pages
