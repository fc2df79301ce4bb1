"""One document on its way to Markdown: as a PDF, a picture, or a file that its first able converter reads whole.

Every converter runs in a process of its own, under a time limit. A PDF goes page by page (pdf_page_conversion.py).
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.documents.auditing.doubtful_pages import DoubtfulPage
from groundwork.documents.conversion.converted_page_count import ConvertedPageCount, ConvertedPages
from groundwork.documents.conversion.converter_failures import converter_failure_reason, converter_refusal_with_remedy
from groundwork.documents.conversion.converter_processes import ConverterProcessCalls
from groundwork.documents.conversion.converter_table import (
    CONVERTERS,
    IMAGE_ENDINGS,
    Conversion,
    ConversionRequest,
    choose_converters,
    converter_versions,
    is_remote,
    missing_converter_remedy,
    require_converter,
    run_converter,
)
from groundwork.documents.conversion.page_renditions import PageRenditions
from groundwork.documents.conversion.page_warnings import OCR_REMEDY
from groundwork.documents.conversion.pdf_page_conversion import PdfPageConversion
from groundwork.documents.engines.vision import VisionPageReader, VisionPicture, vision_picture_slots
from groundwork.documents.file_types import examine_file_type
from groundwork.documents.overrides_and_recipe import override_pages
from groundwork.documents.pdf_files.document_title import choose_title
from groundwork.documents.pdf_files.page_images import count_frames, page_jpeg
from groundwork.documents.pictures.pdf_pictures import take_pictures
from groundwork.documents.pictures.picture_places import with_pictures
from groundwork.documents.repair.page_joining import join_pages
from groundwork.documents.source_files import DocumentFile, content_hash, utf8_path
from groundwork.errors import BadDocument, MissingExtra, UnitError
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
    _pdf_path: str = ""  # that opens without a password

    @functools.cached_property
    def _document_calls(self) -> ConverterProcessCalls:
        return ConverterProcessCalls(self.config.ingest, self._converted_pages.count_more)

    @functools.cached_property
    def _converted_pages(self) -> ConvertedPages:
        return ConvertedPages(self.count)

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
        self._converted_pages.start_count(len(frames_to_convert))
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
        """A PDF, page by page."""
        pdf = PdfPageConversion(
            path=path,
            config=self.config,
            scratch=self.scratch,
            images=self.images,
            calls=self._document_calls,
            converted=self._converted_pages,
            service=self.service,
            read_by_vision=self._read_by_vision,
            warnings=self.warnings,
            first=self.first,
            password=self.password,
            pages=self.pages,
        )
        converted_pdf = await pdf.read(converter_names)
        self._pdf_path, self.doubtful, self.not_shown = str(pdf.path), pdf.doubtful, pdf.not_shown
        return converted_pdf

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
        return await document_reader.read_pages(due_pages, layer, threshold, slots, self._converted_pages.count_more)
