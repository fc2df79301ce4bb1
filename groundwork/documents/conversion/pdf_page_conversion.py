"""The pages of a PDF on their way to Markdown: its converters in turn, until the audit is content with every page.

What one converter loses, the next one may keep. The text layer is read in one call with the first conversion: pdfium
opens for the second the pages that it has opened for the first, which takes a tenth of the time of both.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.documents.auditing.doubtful_pages import (
    DOUBTFUL_PICTURE_QUALITY,
    DOUBTFUL_PICTURE_SIDE,
    MOST_DOUBTFUL_PAGES,
    DoubtfulPage,
)
from groundwork.documents.conversion.converted_page_count import ConvertedPages
from groundwork.documents.conversion.converter_failures import (
    conversion_crashes,
    converter_failure_reason,
    find_crashing_pages,
    is_converter_crash,
)
from groundwork.documents.conversion.converter_processes import ConverterProcessCalls
from groundwork.documents.conversion.converter_table import CONVERTERS, Conversion, ConversionRequest, is_installed
from groundwork.documents.conversion.first_conversion import FirstConversion, requested_pages
from groundwork.documents.conversion.page_drafts import (
    PageDraft,
    assemble_pages,
    due_page_numbers,
    fill_drafts_from_layer,
    offer_to_drafts,
    unreadable_pages_of,
)
from groundwork.documents.conversion.page_renditions import PageRenditions, audit_pages, convert_pages
from groundwork.documents.conversion.page_warnings import OCR_REMEDY, page_ranges, page_warning, page_warnings
from groundwork.documents.pdf_files.open_pdf import unlock
from groundwork.documents.pdf_files.page_images import page_jpeg
from groundwork.documents.pdf_files.text_layer import TextLayer, read_text_layer
from groundwork.errors import BadDocument, UnitError
from groundwork.language.unreadable_text import UNREADABLE
from groundwork.message_wording import counted
from groundwork.processes.worker_pool import WorkerFailed
from groundwork.records import Page
from groundwork.settings.config_schema import Config

ReadByVision = Callable[[Path, list[int], list[str]], Awaitable[PageRenditions]]  # (file, pages, their text layer)


@dataclass
class PdfPageConversion:
    """A PDF, its settings, and a draft of each page, which its converters fill."""

    path: Path
    config: Config
    scratch: Path
    images: Path  # the folder for its pictures, where they are kept
    calls: ConverterProcessCalls
    converted: ConvertedPages
    service: Callable[[ConversionRequest], Awaitable[Conversion]]  # what converts a file elsewhere
    read_by_vision: ReadByVision
    warnings: list[str]  # of the document, to which those of its pages are added
    first: int  # only so many pages; 0: all
    password: str
    pages: str  # only these, such as "1-3, 7"; "": all
    doubtful: list[DoubtfulPage] = field(default_factory=list)  # pages that a reader should look at
    not_shown: list[int] = field(default_factory=list)  # more of them
    layer: TextLayer = field(init=False)
    page_drafts: list[PageDraft] = field(init=False)

    @functools.cached_property
    def _first_conversion(self) -> FirstConversion:
        return FirstConversion(self.config.ingest, self.converted.start_count, self.converted.count_more)

    async def read(self, converter_names: list[str]) -> tuple[str, list[Page], str]:
        """A PDF, page by page: what scores below the threshold goes to the next converter."""
        layer = self.layer = await self._open_pdf(converter_names[0])
        self.page_drafts = [PageDraft() for _ in layer.pages]
        page_numbers = requested_pages(layer, self.pages, self.first)
        self.converted.start_count(len(page_numbers))
        for i, converter_name in enumerate(converter_names):
            due_pages = due_page_numbers(self.page_drafts, layer, page_numbers, self.config.ingest.audit_threshold)
            if converter_name == "ocr" and i > 0:  # a text layer, however odd, is surer than its picture
                due_pages = [n for n in due_pages if layer.scans[n - 1]]
            if CONVERTERS[converter_name].by_sight:
                unreadable_numbers = set(unreadable_pages_of(self.page_drafts, layer)) & set(page_numbers)
                due_pages = sorted({*due_pages, *unreadable_numbers})
            if due_pages and is_installed(converter_name, needed=i == 0):
                if i > 0:
                    self.converted.show(len(page_numbers) - len(due_pages))
                await self._attempt_conversion(converter_name, due_pages)
        fill_drafts_from_layer(self.page_drafts, layer, page_numbers)
        self.converted.show(len(page_numbers))
        if not any(page_draft.markdown.strip() for page_draft in self.page_drafts):
            raise BadDocument(self._why_pdf_is_empty())
        return await self._assembled_pages(page_numbers)

    async def _assembled_pages(self, page_numbers: list[int]) -> tuple[str, list[Page], str]:
        layer = self.layer
        if unreadable_pages := unreadable_pages_of(self.page_drafts, layer):
            self.warnings.append(f"{page_ranges(unreadable_pages)}: {UNREADABLE}; {OCR_REMEDY}")
        for page_number in unreadable_pages:
            self.page_drafts[page_number - 1].audit = None  # there is nothing to hold it against
            self.page_drafts[page_number - 1].is_unreadable = True
        markdown, pages = assemble_pages(layer, self.page_drafts, page_numbers)
        self.warnings += page_warnings(pages, self.config.ingest.audit_threshold, layer.partly_unreadable)
        await self._draw_doubtful_pages(markdown, pages, unreadable_pages)
        return markdown, pages, layer.title

    async def _draw_doubtful_pages(self, markdown: str, pages: list[Page], unreadable: list[int]) -> None:
        """Draw the pages that a reader should look at."""
        threshold = self.config.ingest.audit_threshold
        doubt_reasons = {
            page.number: UNREADABLE if page.number in unreadable else page_warning(page, threshold) for page in pages
        }
        doubtful_pages = [page for page in pages if doubt_reasons[page.number]]
        self.not_shown = [page.number for page in doubtful_pages[MOST_DOUBTFUL_PAGES:]]
        for page in doubtful_pages[:MOST_DOUBTFUL_PAGES]:
            try:
                doubtful_picture = await self.calls.call(
                    page_jpeg, str(self.path), page.number, DOUBTFUL_PICTURE_SIDE, DOUBTFUL_PICTURE_QUALITY
                )
            except WorkerFailed:
                doubtful_picture = b""
            doubtful_markdown = markdown[page.start : page.end]
            doubtful_layer, reason = self.layer.pages[page.number - 1], doubt_reasons[page.number]
            self.doubtful.append(DoubtfulPage(page.number, reason, doubtful_picture, doubtful_layer, doubtful_markdown))

    async def _attempt_conversion(self, converter_name: str, due_pages: list[int]) -> None:
        """Let a converter do the pages that are due, and keep what is better than what there is."""
        converted_before = self.converted.converted_pages
        try:
            converted_pages = await (
                self.read_by_vision(self.path, due_pages, self.layer.pages)
                if CONVERTERS[converter_name].remote
                else self._convert_due_pages(converter_name, due_pages)
            )
        except (WorkerFailed, UnitError) as error:
            unconverted_pages = await self._unconverted_pages(error, converter_name, due_pages)
            self.converted.show(converted_before)
            failure = converter_failure_reason(error, converter_name)
            is_failure_of_all = len(unconverted_pages) == len(due_pages)
            self.warnings.append(failure if is_failure_of_all else f"{page_ranges(unconverted_pages)}: {failure}")
            for page_number in unconverted_pages:
                page_draft = self.page_drafts[page_number - 1]
                page_draft.fell_back = page_draft.fell_back or failure
            if convertible_pages := [page_number for page_number in due_pages if page_number not in unconverted_pages]:
                await self._attempt_conversion(converter_name, convertible_pages)
            return
        self.warnings += converted_pages.warnings
        offer_to_drafts(converter_name, converted_pages, self.layer, due_pages, self.page_drafts)

    async def _unconverted_pages(
        self, error: WorkerFailed | UnitError, converter_name: str, due_pages: list[int]
    ) -> list[int]:
        """Of the pages that are due, those that crash a converter: all where it failed in another way."""
        if not is_converter_crash(error) or CONVERTERS[converter_name].remote:
            return due_pages
        return await find_crashing_pages(
            due_pages, lambda pages: conversion_crashes(self._convert_due_pages(converter_name, pages))
        )

    async def _convert_due_pages(self, converter_name: str, due_pages: list[int]) -> PageRenditions:
        if converted := self._first_conversion.take(converter_name):
            return converted
        layer = self.layer
        pages = None if len(due_pages) == layer.page_count else due_pages
        pdf_request = dataclasses.replace(self._pdf_request(), pages=pages, page_count=layer.page_count)
        if CONVERTERS[converter_name].hosted:
            conversion = await self.service(pdf_request)
            converted = await self.calls.call(audit_pages, converter_name, conversion, due_pages, layer.pages)
            self.converted.count_more(len(due_pages))
            return converted
        return await self.calls.call(
            convert_pages, converter_name, pdf_request, layer.pages, models=CONVERTERS[converter_name].models
        )

    def _pdf_request(self) -> ConversionRequest:
        return ConversionRequest(
            source=str(self.path),
            ending=".pdf",
            settings=self.config.ingest,
            images=str(self.images),
            base_url=self.config.llm.base_url,
            api_key_env=self.config.llm.api_key_env,
        )

    async def _open_pdf(self, converter: str) -> TextLayer:
        """The text layer; where a password was needed, of a copy without one."""
        if self.password:
            unlocked_pdf = self.scratch / "unlocked.pdf"
            await self.calls.call_or_refuse(unlock, str(self.path), self.password, str(unlocked_pdf))
            self.path = unlocked_pdf
        layer = await self._read_layer(converter)
        if layer.damaged:
            self.warnings.append(f"{page_ranges(layer.damaged)} cannot be opened; save the file again to have them too")
        if layer.page_count > (limit := self.config.ingest.max_pages):
            raise BadDocument(
                f"it has {counted(layer.page_count, 'page')}, more than ingest.max_pages ({limit}); raise the limit"
            )
        return layer

    async def _read_layer(self, converter: str) -> TextLayer:
        """The text layer; a converter that asks pdfium about the pages converts them in the same call."""
        if CONVERTERS[converter].by_pdfium and is_installed(converter, needed=False):
            pdf_request, first_conversion = self._pdf_request(), self._first_conversion
            layer = await first_conversion.read_layer(convert_pages, converter, pdf_request, self.pages, self.first)
            if layer:
                return layer
            self.converted.show(0)
        return await self.calls.call_or_refuse(read_text_layer, str(self.path), 0 if self.pages else self.first)

    def _why_pdf_is_empty(self) -> str:
        fallback_reasons = [page_draft.fell_back for page_draft in self.page_drafts if page_draft.fell_back]
        is_scan = any(self.layer.scans)
        empty_cause = "its pages are pictures without text (a scan)" if is_scan else "its pages hold no text"
        empty_cause = UNREADABLE if self.layer.misleading and not is_scan else empty_cause
        return "; ".join(dict.fromkeys([empty_cause, *fallback_reasons, *self.warnings, OCR_REMEDY]))
