"""One document on its way to Markdown: its converters in turn, until the audit is content with every page.

Every converter runs in a process of its own, under a time limit; what one of them loses, the next one may keep. A PDF's
text layer is read in one call with its first conversion: pdfium opens for the second the pages that it has opened for
the first, which takes a tenth of the time of both.
"""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from groundwork.documents.auditing.doubtful_pages import (
    DOUBTFUL_PICTURE_QUALITY,
    DOUBTFUL_PICTURE_SIDE,
    MOST_DOUBTFUL_PAGES,
    DoubtfulPage,
)
from groundwork.documents.conversion.converter_processes import (
    ConverterProcessCalls,
    conversion_crashes,
    converter_failure_reason,
    converter_refusal_with_remedy,
    find_crashing_pages,
    is_converter_crash,
)
from groundwork.documents.conversion.converter_table import (
    CONVERTERS,
    IMAGE_ENDINGS,
    Conversion,
    ConversionRequest,
    choose_converters,
    converter_versions,
    is_installed,
    is_remote,
    missing_converter_remedy,
    require_converter,
    run_converter,
)
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
from groundwork.documents.engines.vision import VisionPageReader, VisionPicture, vision_picture_slots
from groundwork.documents.file_types import examine_file_type
from groundwork.documents.overrides_and_recipe import override_pages
from groundwork.documents.pdf_files.document_title import choose_title
from groundwork.documents.pdf_files.open_pdf import unlock
from groundwork.documents.pdf_files.page_images import count_frames, page_jpeg
from groundwork.documents.pdf_files.text_layer import TextLayer, read_text_layer
from groundwork.documents.pictures.pdf_pictures import take_pictures
from groundwork.documents.pictures.picture_places import with_pictures
from groundwork.documents.repair.page_joining import join_pages
from groundwork.documents.source_files import DocumentFile, content_hash, utf8_path
from groundwork.errors import BadDocument, MissingExtra, UnitError
from groundwork.language.unreadable_text import UNREADABLE
from groundwork.message_wording import counted
from groundwork.processes.worker_pool import WorkerFailed
from groundwork.records import Document, Page
from groundwork.settings.config_schema import Config


@dataclass
class DocumentConversion:
    """One document, its settings and what is known of it so far."""

    source: DocumentFile
    config: Config
    scratch: Path
    images: Path  # the folder for its pictures, where they are kept
    count: ConvertedPageCount
    # (the document's name, its pictures) -> what asks the vision model
    reader: Callable[[str, VisionPicture], VisionPageReader]
    service: Callable[[ConversionRequest], Awaitable[Conversion]]  # what converts a file elsewhere
    first: int = 0  # only so many pages; 0: all
    password: str = ""
    pages: str = ""  # only these, such as "1-3, 7"; "": all
    title: str = ""  # what it is called, whatever it says itself
    language: str = ""
    warnings: list[str] = field(default_factory=list)
    doubtful: list[DoubtfulPage] = field(default_factory=list)  # pages that a reader should look at
    not_shown: list[int] = field(default_factory=list)  # more of them
    _converter: str = ""  # the converter of a document without pages
    _converted_pages: int = 0  # pages that are shown as such
    _pdf_path: str = ""  # that opens without a password
    _is_page_count_shown: bool = False  # whether the number of pages is shown

    @functools.cached_property
    def _document_calls(self) -> ConverterProcessCalls:
        return ConverterProcessCalls(self.config.ingest, self._count_converted_page)

    @functools.cached_property
    def _first_conversion(self) -> FirstConversion:
        return FirstConversion(self.config.ingest, self._start_page_count, self._count_converted_page)

    async def run(self) -> tuple[str, Document]:
        """The Markdown and the record. Raises BadDocument with cause and remedy, without the file's name."""
        path, document_settings = utf8_path(Path(self.source.path), self.scratch), self.config.ingest
        document_digest = content_hash(path)
        ending, examine_warnings = await self._document_calls.call_or_refuse(
            examine_file_type, path, document_settings.max_unpacked_mb
        )
        self.warnings = [*self.source.warnings, *examine_warnings]
        converter_names = choose_converters(document_settings, ending)
        if not converter_names:
            raise BadDocument(f"no converter for {ending}; {missing_converter_remedy(ending)}")
        if ending == ".pdf":
            markdown, document_pages, title = await self._read_pdf(path, converter_names)
        elif CONVERTERS[converter_names[0]].remote:
            markdown, document_pages, title = await self._read_picture(path, converter_names[0])
        else:
            markdown, document_pages, title = await self._read_whole(path, ending, converter_names)
        title = self.title or choose_title(markdown, self.source.name, title, pdf=ending == ".pdf")
        markdown, document_pages = await self._with_pictures_in_place(markdown, document_pages, ending)
        if content_hash(path) != document_digest:
            raise BadDocument("it changed while it was read; run again")
        return markdown, self._converted_document(markdown, document_pages, title, document_digest)

    def _converted_document(self, document_markdown: str, pages: list[Page], title: str, digest: str) -> Document:
        page_counts = Counter(page.converter.partition(":")[0] for page in pages)
        converter = page_counts.most_common(1)[0][0] if page_counts else self._converter
        vision_model = self.config.ingest.vision.model if is_remote(converter) else ""
        return Document(
            id=self.source.id,
            source=self.source.name,
            sha256=digest,
            converter=converter,
            converter_version=converter_versions(converter) or vision_model,
            characters=len(document_markdown),
            pages=pages,
            warnings=self.warnings,
            title=title,
            language=self.language,
        )

    async def _with_pictures_in_place(
        self, document_markdown: str, document_pages: list[Page], document_ending: str
    ) -> tuple[str, list[Page]]:
        """With a PDF's own pictures, where they are to be kept; marker's pages have those that marker found."""
        page_numbers = [page.number for page in document_pages if not page.converter.startswith("marker")]
        if not self.config.ingest.pictures or document_ending != ".pdf" or not page_numbers:
            return document_markdown, document_pages
        try:
            taken = await self._document_calls.call(take_pictures, self._pdf_path, page_numbers, str(self.images))
        except WorkerFailed as error:
            self.warnings.append(f"its pictures could not be taken out: {converter_failure_reason(error)}")
            return document_markdown, document_pages
        self.warnings += taken.warnings
        return with_pictures(document_markdown, document_pages, taken.pictures)

    async def _read_whole(self, path: Path, ending: str, converters: list[str]) -> tuple[str, list[Page], str]:
        """A document without pages, or with slides: the first converter that can."""
        document_request = ConversionRequest(
            source=str(path), ending=ending, settings=self.config.ingest, images=str(self.images)
        )
        conversion_failures: list[str] = []
        converter_refusal = ""
        for converter_name in converters:
            try:
                require_converter(converter_name)
            except MissingExtra as error:
                if converter_name == self.config.ingest.converter:
                    raise
                if ending not in IMAGE_ENDINGS:  # of which OCR_REMEDY says the same
                    conversion_failures.append(str(error))
                continue
            try:
                conversion = await (
                    self.service(document_request)
                    if CONVERTERS[converter_name].hosted
                    else self._document_calls.call(run_converter, converter_name, document_request)
                )
            except (WorkerFailed, UnitError) as error:
                conversion_failures.append(converter_failure_reason(error, converter_name))
                converter_refusal = converter_refusal or converter_refusal_with_remedy(error)
                continue
            self._converter = converter_name
            self.warnings += [*conversion_failures, *conversion.warnings]
            return self._joined_document(conversion, converter_name, ending)
        remedy = OCR_REMEDY if ending in IMAGE_ENDINGS else "it may be damaged: save it again or as PDF"
        raise BadDocument(converter_refusal or f"{'; '.join(conversion_failures) or 'it is a picture'}; {remedy}")

    def _joined_document(self, conversion: Conversion, converter_name: str, ending: str) -> tuple[str, list[Page], str]:
        """The pages asked for as one text. Raises BadDocument where they hold none."""
        has_pages = len(conversion.pages) > 1
        if self.pages and not has_pages:
            self.warnings.append("ingest.overrides names pages, but its format has none: it is read whole")
        document_numbers = self._requested_pages(len(conversion.pages)) if has_pages else [1]
        document_texts = [conversion.pages[page_number - 1] for page_number in document_numbers]
        if not "".join(document_texts).strip():
            by_vision, as_pdf = "read its pictures with --converter gemini", "save it as PDF to read pictures"
            raise BadDocument(f"it holds no text; remove it, or {by_vision if ending in IMAGE_ENDINGS else as_pdf}")
        joined_document = join_pages(document_texts, flowing=False, titles_apart=converter_name != "plain")
        spans = zip(document_numbers, joined_document.spans, strict=True) if has_pages else ()
        document_pages = [Page(number=n, start=start, end=end, converter=converter_name) for n, (start, end) in spans]
        return joined_document.markdown, document_pages, conversion.title

    async def _read_picture(self, path: Path, converter_name: str) -> tuple[str, list[Page], str]:
        """A picture file, each of its frames a page."""
        frames_to_convert = self._requested_pages(await self._document_calls.call_or_refuse(count_frames, str(path)))
        self.count.start(len(frames_to_convert), "pages")
        converted_frames = await self._read_by_vision(path, frames_to_convert, [])
        if unconverted_frames := [
            f"page {n}: {why}" for n, why in zip(frames_to_convert, converted_frames.troubles, strict=True) if why
        ]:
            raise BadDocument("; ".join(unconverted_frames))
        joined_frames = join_pages(converted_frames.pages)
        pages = [
            Page(number=n, start=start, end=end, converter=converter_name, scan=True)
            for n, (start, end) in zip(frames_to_convert, joined_frames.spans, strict=True)
        ]
        return joined_frames.markdown, pages, ""

    def _requested_pages(self, count: int) -> list[int]:
        """The numbers of the pages to read, of `count` that there are."""
        return override_pages(self.pages, count)[: self.first or None]

    async def _read_pdf(self, path: Path, converter_names: list[str]) -> tuple[str, list[Page], str]:
        """A PDF, page by page: what scores below the threshold goes to the next converter."""
        path, layer = await self._open_pdf(path, converter_names[0])
        self._pdf_path = str(path)
        document_drafts = [PageDraft() for _ in layer.pages]
        page_numbers = requested_pages(layer, self.pages, self.first)
        self._start_page_count(len(page_numbers))
        for i, converter_name in enumerate(converter_names):
            due_pages = due_page_numbers(document_drafts, layer, page_numbers, self.config.ingest.audit_threshold)
            if converter_name == "ocr" and i > 0:  # a text layer, however odd, is surer than its picture
                due_pages = [n for n in due_pages if layer.scans[n - 1]]
            if CONVERTERS[converter_name].by_sight:
                unreadable_numbers = set(unreadable_pages_of(document_drafts, layer)) & set(page_numbers)
                due_pages = sorted({*due_pages, *unreadable_numbers})
            if due_pages and is_installed(converter_name, needed=i == 0):
                if i > 0:
                    self._show_converted(len(page_numbers) - len(due_pages))
                await self._attempt_conversion(converter_name, path, layer, due_pages, document_drafts)
        fill_drafts_from_layer(document_drafts, layer, page_numbers)
        self._show_converted(len(page_numbers))
        if not any(document_draft.markdown.strip() for document_draft in document_drafts):
            raise BadDocument(self._why_document_is_empty(layer, document_drafts))
        return await self._assembled_document(path, layer, document_drafts, page_numbers)

    async def _assembled_document(
        self, path: Path, layer: TextLayer, document_drafts: list[PageDraft], page_numbers: list[int]
    ) -> tuple[str, list[Page], str]:
        if unreadable_pages := unreadable_pages_of(document_drafts, layer):
            self.warnings.append(f"{page_ranges(unreadable_pages)}: {UNREADABLE}; {OCR_REMEDY}")
        for page_number in unreadable_pages:
            document_drafts[page_number - 1].audit = None  # there is nothing to hold it against
            document_drafts[page_number - 1].is_unreadable = True
        document_markdown, document_pages = assemble_pages(layer, document_drafts, page_numbers)
        self.warnings += page_warnings(document_pages, self.config.ingest.audit_threshold, layer.partly_unreadable)
        await self._show_doubtful(path, document_markdown, document_pages, layer, unreadable_pages)
        return document_markdown, document_pages, layer.title

    async def _show_doubtful(
        self, path: Path, document_markdown: str, document_pages: list[Page], layer: TextLayer, unreadable: list[int]
    ) -> None:
        """Draw the pages that a reader should look at."""
        threshold = self.config.ingest.audit_threshold
        doubt_reasons = {
            page.number: UNREADABLE if page.number in unreadable else page_warning(page, threshold)
            for page in document_pages
        }
        doubtful_pages = [page for page in document_pages if doubt_reasons[page.number]]
        self.not_shown = [page.number for page in doubtful_pages[MOST_DOUBTFUL_PAGES:]]
        for page in doubtful_pages[:MOST_DOUBTFUL_PAGES]:
            try:
                doubtful_picture = await self._document_calls.call(
                    page_jpeg, str(path), page.number, DOUBTFUL_PICTURE_SIDE, DOUBTFUL_PICTURE_QUALITY
                )
            except WorkerFailed:
                doubtful_picture = b""
            doubtful_markdown = document_markdown[page.start : page.end]
            doubtful_layer, reason = layer.pages[page.number - 1], doubt_reasons[page.number]
            self.doubtful.append(DoubtfulPage(page.number, reason, doubtful_picture, doubtful_layer, doubtful_markdown))

    def _start_page_count(self, pages: int) -> None:
        if not self._is_page_count_shown:
            self.count.start(pages, "pages")
        self._is_page_count_shown = True

    def _show_converted(self, converted_pages: int) -> None:
        """How many pages are finished: fewer than before where the next converter has some of them again."""
        self.count.advance(converted_pages - self._converted_pages)
        self._converted_pages = converted_pages

    def _count_converted_page(self, n: int = 1) -> None:
        self._show_converted(self._converted_pages + n)

    async def _attempt_conversion(
        self, converter_name: str, path: Path, layer: TextLayer, due_pages: list[int], document_drafts: list[PageDraft]
    ) -> None:
        """Let a converter do the pages that are due, and keep what is better than what there is."""
        converted_before = self._converted_pages
        try:
            converted_pages = await (
                self._read_by_vision(path, due_pages, layer.pages)
                if CONVERTERS[converter_name].remote
                else self._convert_due_pages(converter_name, path, due_pages, layer)
            )
        except (WorkerFailed, UnitError) as error:
            unconverted_pages = await self._unconverted_pages(error, converter_name, path, due_pages, layer)
            self._show_converted(converted_before)
            failure = converter_failure_reason(error, converter_name)
            is_failure_of_all = len(unconverted_pages) == len(due_pages)
            self.warnings.append(failure if is_failure_of_all else f"{page_ranges(unconverted_pages)}: {failure}")
            for page_number in unconverted_pages:
                document_drafts[page_number - 1].fell_back = document_drafts[page_number - 1].fell_back or failure
            if convertible_pages := [page_number for page_number in due_pages if page_number not in unconverted_pages]:
                await self._attempt_conversion(converter_name, path, layer, convertible_pages, document_drafts)
            return
        self.warnings += converted_pages.warnings
        offer_to_drafts(converter_name, converted_pages, layer, due_pages, document_drafts)

    async def _unconverted_pages(
        self, error: WorkerFailed | UnitError, converter_name: str, path: Path, due_pages: list[int], layer: TextLayer
    ) -> list[int]:
        """Of the pages that are due, those that crash a converter: all where it failed in another way."""
        if not is_converter_crash(error) or CONVERTERS[converter_name].remote:
            return due_pages
        return await find_crashing_pages(
            due_pages, lambda pages: conversion_crashes(self._convert_due_pages(converter_name, path, pages, layer))
        )

    async def _convert_due_pages(
        self, converter_name: str, path: Path, due_pages: list[int], layer: TextLayer
    ) -> PageRenditions:
        if converted := self._first_conversion.take(converter_name):
            return converted
        pages = None if len(due_pages) == layer.page_count else due_pages
        document_request = dataclasses.replace(self._document_request(path), pages=pages, page_count=layer.page_count)
        if CONVERTERS[converter_name].hosted:
            conversion = await self.service(document_request)
            converted = await self._document_calls.call(audit_pages, converter_name, conversion, due_pages, layer.pages)
            self._count_converted_page(len(due_pages))
            return converted
        return await self._document_calls.call(
            convert_pages, converter_name, document_request, layer.pages, models=CONVERTERS[converter_name].models
        )

    async def _read_by_vision(self, path: Path, due_pages: list[int], layer: list[str]) -> PageRenditions:
        """Have the vision model read pages of a PDF or of a picture file."""
        vision = self.config.ingest.vision

        async def picture(page_number: int, turn: int) -> bytes:
            return await self._document_calls.call_or_refuse(
                page_jpeg, str(path), page_number, vision.image_size, vision.jpeg_quality, turn
            )

        slots = vision_picture_slots(self.config.llm.max_concurrency)
        threshold = self.config.ingest.audit_threshold
        document_reader = self.reader(self.source.name, picture)
        return await document_reader.read_pages(due_pages, layer, threshold, slots, self._count_converted_page)

    def _document_request(self, path: Path) -> ConversionRequest:
        return ConversionRequest(
            source=str(path),
            ending=".pdf",
            settings=self.config.ingest,
            images=str(self.images),
            base_url=self.config.llm.base_url,
            api_key_env=self.config.llm.api_key_env,
        )

    async def _open_pdf(self, path: Path, converter: str) -> tuple[Path, TextLayer]:
        """The text layer, and the path of a copy without a password where one was needed."""
        if self.password:
            unlocked_document = self.scratch / "unlocked.pdf"
            await self._document_calls.call_or_refuse(unlock, str(path), self.password, str(unlocked_document))
            path = unlocked_document
        layer = await self._read_layer(path, converter)
        if layer.damaged:
            self.warnings.append(f"{page_ranges(layer.damaged)} cannot be opened; save the file again to have them too")
        if layer.page_count > (limit := self.config.ingest.max_pages):
            raise BadDocument(
                f"it has {counted(layer.page_count, 'page')}, more than ingest.max_pages ({limit}); raise the limit"
            )
        return path, layer

    async def _read_layer(self, path: Path, converter: str) -> TextLayer:
        """The text layer; a converter that asks pdfium about the pages converts them in the same call."""
        if CONVERTERS[converter].by_pdfium and is_installed(converter, needed=False):
            document_request = self._document_request(path)
            if layer := await self._first_conversion.read_layer(
                convert_pages, converter, document_request, self.pages, self.first
            ):
                return layer
            self._show_converted(0)
        return await self._document_calls.call_or_refuse(read_text_layer, str(path), 0 if self.pages else self.first)

    def _why_document_is_empty(self, layer: TextLayer, document_drafts: list[PageDraft]) -> str:
        fallback_reasons = [document_draft.fell_back for document_draft in document_drafts if document_draft.fell_back]
        empty_cause = "its pages are pictures without text (a scan)" if any(layer.scans) else "its pages hold no text"
        empty_cause = UNREADABLE if layer.misleading and not any(layer.scans) else empty_cause
        return "; ".join(dict.fromkeys([empty_cause, *fallback_reasons, *self.warnings, OCR_REMEDY]))


class ConvertedPageCount(Protocol):
    """Where finished pages are shown."""

    def start(self, total: int, what: str) -> None: ...

    def advance(self, n: int = 1) -> None: ...
