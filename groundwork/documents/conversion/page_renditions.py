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
from groundwork.documents.auditing.readability import contents_lines, count_true_rows, readability
from groundwork.documents.auditing.structure_likeness import merges_more
from groundwork.documents.conversion.converter_table import CONVERTERS, Conversion, Request, run_converter
from groundwork.documents.layout.forms_and_annotations import TICKS
from groundwork.documents.repair.broken_lines import mend_broken_lines
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords, has_words_parted_by_hyphen
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
        self._first_page_keys: Set[str] = frozenset()  # of them those that stay on the first page
        self._position_keys: set[str] = set()
        self._words: DocumentWords | None = None
        self._audited: dict[int, tuple[AuditReference, dict[Draft, Rendition]]] = {}  # what may be asked for once more

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
            audits=[AuditReference(self._layer[number - 1]).audit("")],
            makers=[self._name],
            warnings=[f"page {number}: {self._name}: {reason}"],
            troubles=[reason],
        )

    def audit(self, conversion: Conversion, numbers: Sequence[int]) -> AuditedPages:
        """A conversion of the pages `numbers`; of several renditions each page keeps the best."""
        left_out = conversion.running or [[] for _ in numbers]
        self._position_keys = unnumbered_keys(left_out, numbers)
        cells_by_page = dict(zip(numbers, left_out, strict=True))
        self._first_page_keys = unrepeated_keys(self._layer, self._keys, cells_by_page, conversion.first_page)
        chosen = [self._best_rendition(conversion, i, number, left_out[i]) for i, number in enumerate(numbers)]
        for i in conversion.read_due():
            chosen[i] = self._best_rendition(conversion, i, numbers[i], left_out[i])
        pages = [plain_contents(self._mend(rendition)) for rendition in chosen]
        return AuditedPages(
            pages=self._without_own_headers(pages, numbers),
            audits=[rendition.audit for rendition in chosen],
            makers=[f"{self._name}:{rendition.maker}" if rendition.maker else self._name for rendition in chosen],
            warnings=conversion.warnings,
        )

    def _without_own_headers(self, pages: list[str], numbers: Sequence[int]) -> list[str]:
        """The pages; of those in a shaped script, whose text layer spells its headers in another way, without what runs
        through their Markdown."""
        is_shaped_page = [is_shaped(self._layer[number - 1]) for number in numbers]
        if not any(is_shaped_page):
            return pages
        stripped = without_running(pages, numbers)
        return [after if shaped else page for page, after, shaped in zip(pages, stripped, is_shaped_page, strict=True)]

    def _best_rendition(
        self, conversion: Conversion, i: int, number: int, left_out: Sequence[Sequence[str]]
    ) -> Rendition:
        layer = self._strip(self._layer[number - 1], number, left_out)
        reference, audited = self._audited.pop(i) if i in self._audited else (AuditReference(layer), {})
        renditions = self._drafts(conversion.renditions or {"": conversion.pages}, i, number, left_out)
        only_running = left_out and not reference.words  # and nothing that another rendition could keep
        chosen = choose_rendition(islice(renditions, 1) if only_running else renditions, reference, audited)
        if len(audited) > 1:  # an engine that costs much may yet be read
            self._audited[i] = reference, audited
        return chosen

    def _drafts(
        self, renditions: Mapping[str, Sequence[str]], i: int, number: int, left_out: Sequence[Sequence[str]]
    ) -> Iterator[Draft]:
        """A page's renditions, each made ready only when the ones before it are not good enough."""
        for maker, pages in renditions.items():
            draft = pages[i] if maker == OWN_RENDITION else mend_broken_lines(pages[i])
            yield maker, self._strip(draft, number, [] if maker == OWN_RENDITION else left_out)

    def _strip(self, page: str, number: int, left_out: Sequence[Sequence[str]]) -> str:
        """The page without what runs through the document: lines that the converter has left out, given by their
        cells, and those that the text layer tells."""
        page = without_lines(page, left_out)
        headings = {key for line in page.split("\n") if line.startswith("#") for key in line_keys(line, number)}
        return strip_running([page], self._keys - (self._position_keys & headings), [number], self._first_page_keys)[0]

    def _mend(self, rendition: Rendition) -> str:
        """Without blanks in words that a line's end parted, by the words of the document; our reading has none."""
        if rendition.maker == OWN_RENDITION or not has_words_parted_by_hyphen(rendition.markdown):
            return rendition.markdown
        self._words = self._words or DocumentWords(line for page in self._layer for line in page.split("\n"))
        return self._words.mend(rendition.markdown)


def audit_pages(name: str, conversion: Conversion, numbers: Sequence[int], layer: list[str]) -> AuditedPages:
    """Mend and audit a conversion of the pages `numbers`; of several renditions each page keeps the best."""
    return _Judge(name, layer).audit(conversion, numbers)


_SYMBOL_RUN = regex.compile(r"[\p{So}\p{Co}\ufffd]{3,}")
_LEAST_GAIN = 0.02  # of the text; less than that is no reason to take another rendition, unless numbers are lost
Draft = tuple[str, str]  # its maker, and its Markdown


class Rendition(NamedTuple):
    maker: str
    markdown: str
    audit: PageAudit


def _audit_rendition(maker: str, draft: str, reference: AuditReference) -> Rendition:
    """A rendition with its audit; what is not perfect is first mended by the text layer."""
    audit = reference.audit(draft)
    if reference.shaped:
        return Rendition(maker, draft, audit)
    if audit.words_kept < 1 or audit.numbers_kept < 1 or audit.glued:
        repaired = restore_lost_lines(respell_words(draft, reference), reference)
        if repaired != draft:
            return Rendition(maker, repaired, reference.audit(repaired))
    return Rendition(maker, draft, audit)


def choose_rendition(drafts: Iterator[Draft], reference: AuditReference, audited: dict[Draft, Rendition]) -> Rendition:
    """The first rendition, or a later one that is better in everything: text, neighbours, numbers, structure.

    `audited`: those that have been audited before; the others are added.
    """

    def audit(draft: Draft) -> Rendition:
        audited[draft] = audited.get(draft) or _audit_rendition(*draft, reference)
        return audited[draft]

    maker, text = next(drafts)
    filled_drafts: Iterator[Draft] = (draft for draft in chain([(maker, text)], drafts) if draft[1].strip())
    if not reference.words and is_unreadable(text):  # to one engine, and perhaps not to the others
        filled_drafts = iter([next((draft for draft in filled_drafts if not is_unreadable(draft[1])), (maker, text))])
    first_draft = next(filled_drafts, (maker, text))
    chosen = audit(first_draft)
    while not _is_good(chosen.audit) and (draft := next(filled_drafts, None)):
        candidate = audit(draft)
        finds_numbers = len(candidate.audit.lost_numbers) < len(chosen.audit.lost_numbers)
        margin = 0.0 if finds_numbers else _LEAST_GAIN
        if candidate.audit.text_kept > chosen.audit.text_kept + margin and _is_no_worse(candidate, chosen, reference):
            chosen = candidate
    return chosen


def _is_good(audit: PageAudit) -> bool:
    """Whether no other rendition can keep so much more of the page that it would be taken."""
    return audit.text_kept > 1 - _LEAST_GAIN and not audit.lost_numbers


def _is_no_worse(candidate: Rendition, best: Rendition, reference: AuditReference) -> bool:
    candidate_qualities, best_qualities = (_qualities(rendition, reference) for rendition in (candidate, best))
    keeps_all = all(a >= b for a, b in zip(candidate_qualities, best_qualities, strict=True))
    return keeps_all and not merges_more(candidate.markdown, best.markdown)


def _qualities(rendition: Rendition, reference: AuditReference) -> tuple[float, ...]:
    """What a rendition keeps of a page and how well it reads; the more the better."""
    audit, markdown = rendition.audit, rendition.markdown
    kept_shares = (audit.words_kept, audit.pairs_kept, audit.numbers_kept, -audit.glued, -audit.repeated)
    ticks = sum(map(markdown.count, TICKS))
    structure = (readability(reference, markdown), count_true_rows(markdown), contents_lines(markdown), ticks)
    return (*kept_shares, -_count_symbols(markdown, reference), *structure)


def _count_symbols(markdown: str, reference: AuditReference) -> int:
    """Runs of symbols in the place of a word's letters, as a font without a mapping gives them, beyond the layer's."""
    if markdown.isascii():
        return 0
    return max(0, len(_SYMBOL_RUN.findall(markdown)) - len(_SYMBOL_RUN.findall(reference.text)))
