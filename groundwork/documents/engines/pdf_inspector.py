"""pdf-inspector's pages, which stand by where the layout converter's own reading keeps too little."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import overload

from groundwork.documents.conversion.converter_table import ConversionRequest


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
            try:
                inspector_texts = pdf_inspector_pages(
                    dataclasses.replace(
                        self._inspector_request, pages=[self._inspector_numbers[i] for i in due_indices]
                    )
                )
            except Exception as error:  # an engine raises anything; the other readings carry on
                inspector_texts = [""] * len(due_indices)
                self._inspector_warnings.append(f"pdf-inspector failed: {error}")
            self._inspector_pages.update(zip(due_indices, inspector_texts, strict=True))
        return due_indices


def pdf_inspector_pages(request: ConversionRequest) -> list[str]:
    import pdf_inspector

    inspector_numbers = None if request.pages is None else [number - 1 for number in request.pages]
    return [page.markdown for page in pdf_inspector.extract_pages_markdown(request.source, inspector_numbers).pages]
