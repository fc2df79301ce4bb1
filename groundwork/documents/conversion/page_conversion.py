"""One converter's work on the pages of a PDF, made ready to be judged: mended, without running headers, audited."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

import msgspec

from groundwork.documents.auditing.page_audit import Reference
from groundwork.documents.auditing.rendition_choice import Rendition, choose_rendition
from groundwork.documents.conversion.converter_table import CONVERTERS, Conversion, Request, run_converter
from groundwork.documents.repair.hyphens import DocumentWords, has_parted
from groundwork.documents.repair.page_joining import plain_contents, tidy_page
from groundwork.documents.repair.running_headers import line_keys, running_keys, strip_running, without_line
from groundwork.processes.worker_pool import report_progress
from groundwork.records.document_record import PageAudit

OWN_RENDITION = "lines"  # our own reading of a page, which has whole words and one paragraph a block


class AuditedPages(msgspec.Struct, frozen=True, kw_only=True):
    """Pages as asked for: Markdown, its audit against the text layer, and who made it."""

    pages: list[str]
    audits: list[PageAudit]
    makers: list[str]
    warnings: list[str]
    troubles: list[str] = []  # why a page can not be used, page by page; empty: all can


def convert_pages(name: str, request: Request, layer: list[str]) -> AuditedPages:
    """Run a converter on pages of a PDF, and report each that is done.

    `layer` is the text layer of the whole document (or of its first pages). Of a converter that reads each page by
    itself, one that raises costs that page alone; where all do, the first error is raised.
    """
    numbers = request.pages or list(range(1, len(layer) + 1))
    request = dataclasses.replace(request, layer=[layer[number - 1] for number in numbers])
    judge = _Judge(name, layer)
    return judge.convert_singly(request, numbers) if CONVERTERS[name].singly else judge.convert(request, numbers)


class _Judge:
    """Mends and audits what a converter makes of a document's pages."""

    def __init__(self, name: str, layer: Sequence[str]) -> None:
        self._name = name
        self._layer = layer
        self._keys = running_keys(layer)
        self._position_keys: set[str] = set()
        self._words: DocumentWords | None = None

    def convert(self, request: Request, numbers: Sequence[int]) -> AuditedPages:
        """The pages `numbers`, each in its best rendition."""
        audited = self.audit(run_converter(self._name, request), numbers)
        for _ in numbers:
            report_progress()
        return audited

    def convert_singly(self, request: Request, numbers: Sequence[int]) -> AuditedPages:
        """The pages `numbers`, each converted by itself. Raises what the first one raised where all do."""
        by_page, errors = [], []
        for number, layer_page in zip(numbers, request.layer, strict=True):
            page_request = dataclasses.replace(request, pages=[number], layer=[layer_page])
            try:
                by_page.append(self.convert(page_request, [number]))
            except Exception as error:
                errors.append(error)
                by_page.append(self._failed_page(number, error))
                report_progress()
        if errors and len(errors) == len(numbers):
            raise errors[0]
        return AuditedPages(
            pages=[page for audited in by_page for page in audited.pages],
            audits=[audit for audited in by_page for audit in audited.audits],
            makers=[maker for audited in by_page for maker in audited.makers],
            warnings=[warning for audited in by_page for warning in audited.warnings],
            troubles=[trouble for audited in by_page for trouble in audited.troubles or [""]] if errors else [],
        )

    def _failed_page(self, number: int, error: Exception) -> AuditedPages:
        reason = f"{type(error).__name__}: {error}"
        return AuditedPages(
            pages=[""],
            audits=[Reference(self._layer[number - 1]).audit("")],
            makers=[self._name],
            warnings=[f"page {number}: {self._name}: {reason}"],
            troubles=[reason],
        )

    def audit(self, conversion: Conversion, numbers: Sequence[int]) -> AuditedPages:
        """A conversion of the pages `numbers`; of several renditions each page keeps the best."""
        left_out = conversion.running or [[] for _ in numbers]
        self._position_keys = _keys_by_position(left_out, numbers)
        chosen = [self._best_rendition(conversion, i, number, left_out[i]) for i, number in enumerate(numbers)]
        for i in conversion.read_due():
            chosen[i] = self._best_rendition(conversion, i, numbers[i], left_out[i])
        return AuditedPages(
            pages=[plain_contents(self._mend(rendition)) for rendition in chosen],
            audits=[rendition.audit for rendition in chosen],
            makers=[f"{self._name}:{rendition.maker}" if rendition.maker else self._name for rendition in chosen],
            warnings=conversion.warnings,
        )

    def _best_rendition(
        self, conversion: Conversion, i: int, number: int, left_out: Sequence[Sequence[str]]
    ) -> Rendition:
        reference = Reference(self._strip(self._layer[number - 1], number, left_out))
        renditions = self._drafts(conversion.renditions or {"": conversion.pages}, i, number, left_out)
        only_running = left_out and not reference.words  # and nothing that another rendition could keep
        return choose_rendition(islice(renditions, 1) if only_running else renditions, reference)

    def _drafts(
        self, renditions: Mapping[str, Sequence[str]], i: int, number: int, left_out: Sequence[Sequence[str]]
    ) -> Iterator[tuple[str, str]]:
        """A page's renditions, each made ready only when the ones before it are not good enough."""
        for maker, pages in renditions.items():
            draft = pages[i] if maker == OWN_RENDITION else tidy_page(pages[i])
            yield maker, self._strip(draft, number, [] if maker == OWN_RENDITION else left_out)

    def _strip(self, page: str, number: int, left_out: Sequence[Sequence[str]]) -> str:
        """The page without what runs through the document: lines that the converter has left out, given by their
        cells, and those that the text layer tells."""
        for cells in left_out:
            remaining = without_line(page, cells)
            page = page if remaining is None else remaining
        headings = {key for line in page.split("\n") if line.startswith("#") for key in line_keys(line, number)}
        return strip_running([page], self._keys - (self._position_keys & headings), [number])[0]

    def _mend(self, rendition: Rendition) -> str:
        """Without blanks in words that a line's end parted, by the words of the document; our reading has none."""
        if rendition.maker == OWN_RENDITION or not has_parted(rendition.markdown):
            return rendition.markdown
        self._words = self._words or DocumentWords(line for page in self._layer for line in page.split("\n"))
        return self._words.mend(rendition.markdown)


def audit_pages(name: str, conversion: Conversion, numbers: Sequence[int], layer: list[str]) -> AuditedPages:
    """Mend and audit a conversion of the pages `numbers`; of several renditions each page keeps the best."""
    return _Judge(name, layer).audit(conversion, numbers)


def _keys_by_position(left_out: Sequence[Sequence[Sequence[str]]], numbers: Sequence[int]) -> set[str]:
    """Running lines without a page number that a converter knows by their place: a heading of their words is text."""
    lines = {(" ".join(cells), number) for number, page in zip(numbers, left_out, strict=True) for cells in page}
    return {key for line in lines for key in line_keys(*line) if "<page>" not in key}


class PageCount(Protocol):
    """Where finished pages are shown."""

    def start(self, total: int, what: str) -> None: ...

    def advance(self, n: int = 1) -> None: ...
