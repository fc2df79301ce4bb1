"""One converter's work on the pages of a PDF, made ready to be judged: mended, without running headers, audited."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from groundwork.documents import CONVERTERS, Conversion, Request, run, run_reserve
from groundwork.documents.audit import Reference, contents_lines, readability, table_rows
from groundwork.documents.repair.hyphens import Vocabulary, has_parted
from groundwork.documents.repair.page_joining import plain_contents, tidy
from groundwork.documents.repair.respelling import respell, restore
from groundwork.documents.repair.running_headers import running_keys, strip_running
from groundwork.language.scripts import is_shaped
from groundwork.records.types import PageAudit
from groundwork.workers import report

OURS = "lines"  # our own reading of a page, which has whole words and one paragraph a block
_CONTENT = 0.985  # an audit's score from which on no further engine is asked


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """Pages as asked for: Markdown, its audit against the text layer, and who made it."""

    pages: list[str]
    audits: list[PageAudit]
    makers: list[str]
    warnings: list[str]
    troubles: list[str] = []  # why a page can not be used, page by page; empty: all can


def convert_pages(name: str, request: Request, layer: list[str]) -> Audited:
    """Run a converter on pages of a PDF, and report each that is done.

    `layer` is the text layer of the whole document (or of its first pages).
    """
    numbers = request.pages or list(range(1, len(layer) + 1))
    judge = _Judge(name, layer)
    parts = [[number] for number in numbers] if CONVERTERS[name].singly else [numbers]
    done = []
    for part in parts:
        asked = dataclasses.replace(request, layer=[layer[number - 1] for number in part])
        done.append(judge.convert(asked if part is numbers else dataclasses.replace(asked, pages=part), part))
    return Audited(
        pages=[page for audited in done for page in audited.pages],
        audits=[audit for audited in done for audit in audited.audits],
        makers=[maker for audited in done for maker in audited.makers],
        warnings=[warning for audited in done for warning in audited.warnings],
    )


class _Judge:
    """Mends and audits what a converter makes of a document's pages."""

    def __init__(self, name: str, layer: Sequence[str]) -> None:
        self._name = name
        self._layer = layer
        self._keys = running_keys(layer)
        self._words: Vocabulary | None = None

    def convert(self, request: Request, numbers: Sequence[int]) -> Audited:
        """The pages `numbers`; those that the audit is not content with by the engines in reserve too."""
        conversion = run(self._name, request)
        audited = self.audit(conversion, numbers)
        places = [
            i
            for i, audit in enumerate(audited.audits)
            if (audit.score < _CONTENT or audit.lost_numbers) and not is_shaped(self._layer[numbers[i] - 1])
        ]
        for _ in numbers:
            report()
        if not places or not CONVERTERS[self._name].reserve:
            return audited
        again = [numbers[i] for i in places]
        reserve = run_reserve(self._name, dataclasses.replace(request, pages=again, layer=[]))
        first = {maker: [pages[i] for i in places] for maker, pages in conversion.renditions.items()}
        renditions = Conversion(renditions={**first, **reserve.renditions}, warnings=reserve.warnings)
        return _with(audited, places, self.audit(renditions, again))

    def audit(self, conversion: Conversion, numbers: Sequence[int]) -> Audited:
        """A conversion of the pages `numbers`; of several renditions each page keeps the best."""
        drafts = conversion.renditions or {"": conversion.pages}
        best = []
        for i, number in enumerate(numbers):
            reference = Reference(self._strip(self._layer[number - 1], number))
            texts = {maker: pages[i] if maker == OURS else tidy(pages[i]) for maker, pages in drafts.items()}
            rated = [_rate(maker, self._strip(text, number), reference) for maker, text in texts.items()]
            best.append(_best(rated, reference))
        return Audited(
            pages=[plain_contents(self._mend(one)) for one in best],
            audits=[one.audit for one in best],
            makers=[f"{self._name}:{one.maker}" if one.maker else self._name for one in best],
            warnings=conversion.warnings,
        )

    def _strip(self, page: str, number: int) -> str:
        return strip_running([page], self._keys, [number])[0]

    def _mend(self, one: _Rated) -> str:
        """Without blanks in words that a line's end parted, by the words of the document; our reading has none."""
        if one.maker == OURS or not has_parted(one.markdown):
            return one.markdown
        self._words = self._words or Vocabulary(self._layer)
        return self._words.mend(one.markdown)


def audit_pages(name: str, conversion: Conversion, numbers: Sequence[int], layer: list[str]) -> Audited:
    """Mend and audit a conversion of the pages `numbers`; of several renditions each page keeps the best."""
    return _Judge(name, layer).audit(conversion, numbers)


def _with(audited: Audited, places: Sequence[int], again: Audited) -> Audited:
    """The pages with those at `places` replaced."""
    pages, audits, makers = list(audited.pages), list(audited.audits), list(audited.makers)
    for k, i in enumerate(places):
        pages[i], audits[i], makers[i] = again.pages[k], again.audits[k], again.makers[k]
    return Audited(pages=pages, audits=audits, makers=makers, warnings=audited.warnings + again.warnings)


class _Rated(NamedTuple):
    maker: str
    markdown: str
    audit: PageAudit


def _rate(maker: str, draft: str, reference: Reference) -> _Rated:
    """A rendition with its audit; what is not perfect is first mended by the text layer."""
    audit = reference.audit(draft)
    if reference.shaped:
        return _Rated(maker, draft, audit)
    if audit.words_kept < 1 or audit.numbers_kept < 1 or audit.glued:
        draft = restore(respell(draft, reference), reference)
        audit = reference.audit(draft)
    return _Rated(maker, draft, audit)


def _best(rated: list[_Rated], reference: Reference) -> _Rated:
    """The rendition that keeps most of the text layer, reads best and has the tables."""
    if len(rated) == 1:
        return rated[0]
    most_rows = max(table_rows(one.markdown) for one in rated)
    most_entries = max(contents_lines(one.markdown) for one in rated)
    return max(rated, key=lambda one: _worth(one, reference) * _structure(one.markdown, most_rows, most_entries))


def _worth(one: _Rated, reference: Reference) -> float:
    worth = one.audit.score * (0.7 + 0.3 * one.audit.order) * readability(reference, one.markdown)
    return 0.8 * worth if one.audit.lost_numbers else worth  # no beauty makes up for a number that is gone


def _structure(markdown: str, most_rows: int, most_entries: int) -> float:
    """Less for a rendition with fewer rows of tables, or fewer lines of contents, than another one has."""
    rows = table_rows(markdown) / most_rows if most_rows else 1.0
    entries = contents_lines(markdown) / most_entries if most_entries >= 4 else 1.0
    return (0.85 + 0.15 * rows) * (0.6 + 0.4 * entries)
