"""The renditions of a PDF's pages: each converter's mended, rid of running headers and audited, and the best one kept.

With what is to be said of a page: why it fell back to another converter, and why a reader should look at it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import chain, islice
from typing import NamedTuple

import msgspec
import regex

from groundwork.documents.auditing.page_audit import AuditReference
from groundwork.documents.auditing.readability import count_readable_rows, readability, readable_contents_lines
from groundwork.documents.auditing.structure_and_merged_cells import merges_more
from groundwork.documents.conversion.converter_table import CONVERTERS, Conversion, ConversionRequest, run_converter
from groundwork.documents.layout.forms import FORM_TICKS
from groundwork.documents.repair.broken_lines import mend_broken_lines
from groundwork.documents.repair.hyphens_and_ligatures import (
    DocumentWords,
    has_words_parted_by_hyphen,
    lines_parted_at_hyphens,
)
from groundwork.documents.repair.outline_and_contents import plain_contents
from groundwork.documents.repair.text_layer_repair import respell_words, restore_lost_lines
from groundwork.language.language_and_script import is_shaped
from groundwork.language.unreadable_text import is_unreadable
from groundwork.markdown.running_page_lines import (
    line_keys,
    running_keys,
    strip_running,
    unnumbered_keys,
    unrepeated_keys,
    without_lines,
    without_running,
)
from groundwork.processes.worker_pool import report_progress
from groundwork.records import PageAudit

OWN_RENDITION = "lines"  # our own reading of a page, which has whole words and one paragraph a block


class PageRenditions(msgspec.Struct, frozen=True, kw_only=True):
    """Pages as asked for: Markdown, its audit against the text layer, and who made it."""

    pages: list[str]
    audits: list[PageAudit]
    makers: list[str]
    warnings: list[str]
    troubles: list[str] = []  # why a page can not be used, page by page; empty: all can


def convert_pages(name: str, request: ConversionRequest, layer: list[str]) -> PageRenditions:
    """Run a converter on pages of a PDF, and report each that is done.

    `layer` is the text layer of the whole document (or of its first pages). Of a converter that reads each page by
    itself, one that raises costs that page alone; where all do, the first error is raised.
    """
    rendition_pages = request.pages or list(range(1, len(layer) + 1))
    request = dataclasses.replace(request, layer=[layer[number - 1] for number in rendition_pages])
    auditor = _RenditionAuditor(name, layer)
    return (auditor.convert_singly if CONVERTERS[name].singly else auditor.convert)(request, rendition_pages)


class _RenditionAuditor:
    """Mends and audits what a converter makes of a document's pages."""

    def __init__(self, name: str, rendition_layer: Sequence[str]) -> None:
        self._name = name
        self._rendition_layer = rendition_layer
        self._running_keys = running_keys(rendition_layer)
        self._first_page_keys: Set[str] = frozenset()  # of them those that stay on the first page
        self._position_keys: set[str] = set()
        self._document_words: DocumentWords | None = None
        # What may be asked for once more.
        self._audited_renditions: dict[int, tuple[AuditReference, dict[RawRendition, Rendition]]] = {}

    def convert(self, request: ConversionRequest, page_numbers: Sequence[int]) -> PageRenditions:
        """The pages `page_numbers`, each in its best rendition."""
        page_renditions = self.audit(run_converter(self._name, request), page_numbers)
        for _ in page_numbers:
            report_progress()
        return page_renditions

    def convert_singly(self, request: ConversionRequest, page_numbers: Sequence[int]) -> PageRenditions:
        """The pages `page_numbers`, each converted by itself. Raises what the first one raised where all do."""
        single_renditions, rendition_errors = [], []
        for page_number, layer_page in zip(page_numbers, request.layer, strict=True):
            page_request = dataclasses.replace(request, pages=[page_number], layer=[layer_page])
            try:
                single_renditions.append(self.convert(page_request, [page_number]))
            except Exception as error:
                rendition_errors.append(error)
                single_renditions.append(self._rendition_of_failed_page(page_number, error))
                report_progress()
        if rendition_errors and len(rendition_errors) == len(page_numbers):
            raise rendition_errors[0]
        return PageRenditions(
            pages=[page for single in single_renditions for page in single.pages],
            audits=[audit for single in single_renditions for audit in single.audits],
            makers=[maker for single in single_renditions for maker in single.makers],
            warnings=[warning for single in single_renditions for warning in single.warnings],
            troubles=[why for one in single_renditions for why in one.troubles or [""]] if rendition_errors else [],
        )

    def _rendition_of_failed_page(self, page_number: int, error: Exception) -> PageRenditions:
        rendition_failure = f"{type(error).__name__}: {error}"
        return PageRenditions(
            pages=[""],
            audits=[AuditReference(self._rendition_layer[page_number - 1]).audit("")],
            makers=[self._name],
            warnings=[f"page {page_number}: {self._name}: {rendition_failure}"],
            troubles=[rendition_failure],
        )

    def audit(self, conversion: Conversion, page_numbers: Sequence[int]) -> PageRenditions:
        """A conversion of the pages `page_numbers`; of several renditions each page keeps the best."""
        running_cells = conversion.running or [[] for _ in page_numbers]
        self._position_keys = unnumbered_keys(running_cells, page_numbers)
        cells_by_page = dict(zip(page_numbers, running_cells, strict=True))
        self._first_page_keys = unrepeated_keys(
            self._rendition_layer, self._running_keys, cells_by_page, conversion.first_page
        )
        best_renditions = [
            self._best_rendition_of_page(conversion, i, page_number, running_cells[i])
            for i, page_number in enumerate(page_numbers)
        ]
        for i in conversion.read_due():
            best_renditions[i] = self._best_rendition_of_page(conversion, i, page_numbers[i], running_cells[i])
        pages = [plain_contents(self._mend_rendition(rendition, best_renditions)) for rendition in best_renditions]
        return PageRenditions(
            pages=self._without_headers_of_markdown(pages, page_numbers),
            audits=[rendition.audit for rendition in best_renditions],
            makers=[
                f"{self._name}:{rendition.maker}" if rendition.maker else self._name for rendition in best_renditions
            ],
            warnings=conversion.warnings,
        )

    def _without_headers_of_markdown(self, pages: list[str], page_numbers: Sequence[int]) -> list[str]:
        """The pages; of those in a shaped script, whose text layer spells its headers in another way, without what runs
        through their Markdown."""
        are_shaped = [is_shaped(self._rendition_layer[page_number - 1]) for page_number in page_numbers]
        if not any(are_shaped):
            return pages
        bare_texts = without_running(pages, page_numbers)
        return [after if shaped else page for page, after, shaped in zip(pages, bare_texts, are_shaped, strict=True)]

    def _best_rendition_of_page(
        self, conversion: Conversion, i: int, page_number: int, running_cells: Sequence[Sequence[str]]
    ) -> Rendition:
        page_layer = self._strip_running_lines(self._rendition_layer[page_number - 1], page_number, running_cells)
        reference, audited = (
            self._audited_renditions.pop(i) if i in self._audited_renditions else (AuditReference(page_layer), {})
        )
        raw_texts = self._raw_renditions(conversion.renditions or {"": conversion.pages}, i, page_number, running_cells)
        only_running = running_cells and not reference.words  # and nothing that another rendition could keep
        best_rendition = choose_rendition(islice(raw_texts, 1) if only_running else raw_texts, reference, audited)
        if len(audited) > 1:  # an engine that costs much may yet be read
            self._audited_renditions[i] = reference, audited
        return best_rendition

    def _raw_renditions(
        self, renditions: Mapping[str, Sequence[str]], i: int, page_number: int, running_cells: Sequence[Sequence[str]]
    ) -> Iterator[RawRendition]:
        """A page's renditions, each made ready only when the ones before it are not good enough."""
        for maker, pages in renditions.items():
            is_own = maker == OWN_RENDITION
            rendition = pages[i] if is_own else mend_broken_lines(pages[i])
            yield maker, self._strip_running_lines(rendition, page_number, [] if is_own else running_cells)

    def _strip_running_lines(self, rendition: str, page_number: int, running_cells: Sequence[Sequence[str]]) -> str:
        """The page without what runs through the document: lines that the converter has left out, given by their
        cells, and those that the text layer tells."""
        rendition = without_lines(rendition, running_cells)
        heading_keys = {
            key for line in rendition.split("\n") if line.startswith("#") for key in line_keys(line, page_number)
        }
        return strip_running(
            [rendition], self._running_keys - (self._position_keys & heading_keys), [page_number], self._first_page_keys
        )[0]

    def _mend_rendition(self, rendition: Rendition, renditions: Sequence[Rendition]) -> str:
        """Without blanks in words that a line's end parted, by the words of the document; our reading has none."""
        if rendition.maker == OWN_RENDITION or not has_words_parted_by_hyphen(rendition.markdown):
            return rendition.markdown
        if self._document_words is None:  # the text layer may be in letters that nobody can read
            page_texts = [*self._rendition_layer, *(rendition.markdown for rendition in renditions)]
            self._document_words = DocumentWords(line for text in page_texts for line in lines_parted_at_hyphens(text))
        return self._document_words.mend(rendition.markdown)


def audit_pages(name: str, conversion: Conversion, page_numbers: Sequence[int], layer: list[str]) -> PageRenditions:
    """Mend and audit a conversion of the pages `page_numbers`; of several renditions each page keeps the best."""
    return _RenditionAuditor(name, layer).audit(conversion, page_numbers)


_RENDITION_SYMBOLS = regex.compile(r"[\p{So}\p{Co}\ufffd]{3,}")
# Of the text; less than that is no reason to take another rendition, unless numbers are lost.
_LEAST_RENDITION_GAIN = 0.02
RawRendition = tuple[str, str]  # its maker, and its Markdown


class Rendition(NamedTuple):
    maker: str
    markdown: str
    audit: PageAudit


def _audit_rendition(maker: str, raw_rendition: str, reference: AuditReference) -> Rendition:
    """A rendition with its audit; what is not perfect is first mended by the text layer."""
    rendition_audit = reference.audit(raw_rendition)
    if reference.shaped:
        return Rendition(maker, raw_rendition, rendition_audit)
    if rendition_audit.words_kept < 1 or rendition_audit.numbers_kept < 1 or rendition_audit.glued:
        mended_rendition = restore_lost_lines(respell_words(raw_rendition, reference), reference)
        if mended_rendition != raw_rendition:
            return Rendition(maker, mended_rendition, reference.audit(mended_rendition))
    return Rendition(maker, raw_rendition, rendition_audit)


def choose_rendition(
    raw_renditions: Iterator[RawRendition], reference: AuditReference, audited_renditions: dict[RawRendition, Rendition]
) -> Rendition:
    """The first rendition, or a later one that is better in everything: text, neighbours, numbers, structure.

    `audited_renditions`: those that have been audited before; the others are added.
    """

    def audit(raw_text: RawRendition) -> Rendition:
        audited_renditions[raw_text] = audited_renditions.get(raw_text) or _audit_rendition(*raw_text, reference)
        return audited_renditions[raw_text]

    maker, first_markdown = next(raw_renditions)
    filled_renditions: Iterator[RawRendition] = (
        raw_text for raw_text in chain([(maker, first_markdown)], raw_renditions) if raw_text[1].strip()
    )
    if not reference.words and is_unreadable(first_markdown):  # to one engine, and perhaps not to the others
        readable_renditions = (raw_text for raw_text in filled_renditions if not is_unreadable(raw_text[1]))
        filled_renditions = iter([next(readable_renditions, (maker, first_markdown))])
    first_rendition = next(filled_renditions, (maker, first_markdown))
    best_rendition = audit(first_rendition)
    while not _is_good_rendition(best_rendition.audit) and (raw_text := next(filled_renditions, None)):
        later_rendition = audit(raw_text)
        finds_numbers = len(later_rendition.audit.lost_numbers) < len(best_rendition.audit.lost_numbers)
        least_rendition_gain = 0.0 if finds_numbers else _LEAST_RENDITION_GAIN
        rendition_keeps_more = later_rendition.audit.text_kept > best_rendition.audit.text_kept + least_rendition_gain
        if rendition_keeps_more and _is_no_worse_rendition(later_rendition, best_rendition, reference):
            best_rendition = later_rendition
    return best_rendition


def _is_good_rendition(audit: PageAudit) -> bool:
    """Whether no other rendition can keep so much more of the page that it would be taken."""
    return audit.text_kept > 1 - _LEAST_RENDITION_GAIN and not audit.lost_numbers


def _is_no_worse_rendition(candidate: Rendition, best: Rendition, reference: AuditReference) -> bool:
    qualities, best_qualities = (_rendition_qualities(rendition, reference) for rendition in (candidate, best))
    keeps_all_of_rendition = all(a >= b for a, b in zip(qualities, best_qualities, strict=True))
    return keeps_all_of_rendition and not merges_more(candidate.markdown, best.markdown)


def _rendition_qualities(rendition: Rendition, reference: AuditReference) -> tuple[float, ...]:
    """What a rendition keeps of a page and how well it reads; the more the better."""
    audit, rendition_markdown = rendition.audit, rendition.markdown
    rendition_shares = (audit.words_kept, audit.pairs_kept, audit.numbers_kept, -audit.glued, -audit.repeated)
    rendition_ticks = sum(map(rendition_markdown.count, FORM_TICKS))
    structure_qualities = (
        readability(reference, rendition_markdown),
        count_readable_rows(rendition_markdown),
        readable_contents_lines(rendition_markdown),
        rendition_ticks,
    )
    return (*rendition_shares, -_count_rendition_symbols(rendition_markdown, reference), *structure_qualities)


def _count_rendition_symbols(rendition_markdown: str, reference: AuditReference) -> int:
    """Runs of symbols in the place of a word's letters, as a font without a mapping gives them, beyond the layer's."""
    if rendition_markdown.isascii():
        return 0
    return max(0, len(_RENDITION_SYMBOLS.findall(rendition_markdown)) - len(_RENDITION_SYMBOLS.findall(reference.text)))
