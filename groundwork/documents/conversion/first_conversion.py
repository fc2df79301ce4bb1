"""The first conversion of a PDF, in the call that reads its text layer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

from groundwork.documents.conversion.converter_processes import ConverterProcessCalls
from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import PageRenditions
from groundwork.documents.overrides_and_recipe import override_pages
from groundwork.documents.pdf_files.open_pdf import LOCK, OpenPdf
from groundwork.documents.pdf_files.text_layer import TextLayer, text_layer
from groundwork.processes.worker_pool import WorkerFailed, report_progress
from groundwork.settings.config_schema import Ingest

MOST_OPEN_PAGES = 100  # pages

ConvertPages = Callable[[str, ConversionRequest, list[str]], PageRenditions]


class FirstConversion:
    """What the first converter makes of a PDF, from the call that reads the text layer to the one that asks for it."""

    def __init__(self, settings: Ingest, start: Callable[[int], object], on_page: Callable[[int], object]) -> None:
        """`start` is told how many pages are converted, `on_page` how many more of them are done."""
        self._processes = ConverterProcessCalls(settings, self._report_first_pages)
        self._start_first, self._on_first_page = start, on_page
        self._is_first_shown = False
        self._first_results: dict[str, PageRenditions | WorkerFailed] = {}  # by converter

    async def read_layer(
        self, convert: ConvertPages, converter: str, request: ConversionRequest, pages: str, first: int
    ) -> TextLayer | None:
        """The text layer; None where the call fails, and may do so for the converter alone."""
        try:
            layer, first_pages = await self._processes.call(convert_first, convert, converter, request, pages, first)
        except WorkerFailed as first_failure:
            if first_failure.failure_kind == "timeout":  # which is not waited for twice
                self._first_results[converter] = first_failure
            return None
        if first_pages:
            self._first_results[converter] = first_pages
        return layer

    def take(self, converter: str) -> PageRenditions | None:
        """Its pages, at the first time of asking. Raises WorkerFailed where their time ran out."""
        first_result = self._first_results.pop(converter, None)
        if isinstance(first_result, WorkerFailed):
            raise first_result
        return first_result

    def _report_first_pages(self, n: int) -> None:
        (self._on_first_page if self._is_first_shown else self._start_first)(n)
        self._is_first_shown = True


class LayerAndFirstPages(NamedTuple):
    """The text layer of a PDF, and its pages by a converter; None where there are none to convert."""

    layer: TextLayer
    converted: PageRenditions | None


def convert_first(
    convert: ConvertPages, converter: str, request: ConversionRequest, pages: str = "", first: int = 0
) -> LayerAndFirstPages:
    """Read the text layer of `request.source`, and let `convert` (convert_pages) do its pages. In a worker it reports
    how many there are, and then each that is done.

    `pages`, `first`: only those that are named so, such as "1-3, 7", and only so many. Of more than ingest.max_pages
    none is converted. Raises BadDocument where the PDF cannot be read, and whatever the converter raises.
    """
    with OpenPdf(request.source, MOST_OPEN_PAGES) as pdf:
        with LOCK:
            layer = text_layer(pdf, 0 if pages else first)
        first_page_numbers = requested_pages(layer, pages, first)
        if not first_page_numbers or layer.page_count > request.settings.max_pages:
            return LayerAndFirstPages(layer, None)
        report_progress(len(first_page_numbers))
        first_numbers = None if len(first_page_numbers) == layer.page_count else first_page_numbers
        request = dataclasses.replace(request, pages=first_numbers, page_count=layer.page_count, opened=pdf)
        return LayerAndFirstPages(layer, convert(converter, request, layer.pages))


def requested_pages(layer: TextLayer, pages: str, first: int) -> list[int]:
    """The numbers of the pages that are asked for and can be opened. Raises BadDocument where `pages` names none."""
    first_page_numbers = override_pages(pages, len(layer.pages))[: first or None]
    return [page_number for page_number in first_page_numbers if page_number not in layer.damaged]
