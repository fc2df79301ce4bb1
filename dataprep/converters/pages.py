"""One converter's work on the pages of a PDF, made ready to be judged: mended, without running headers, audited."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from dataprep.converters import CONVERTERS, Conversion, Request, run
from dataprep.converters.audit import Reference, contents_lines, readability, table_rows
from dataprep.converters.grids import place
from dataprep.converters.headers import running_keys, strip_running
from dataprep.converters.respell import respell
from dataprep.converters.stitch import plain_contents, tidy
from dataprep.engine import report
from dataprep.schema.records import PageAudit


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
    keys = running_keys(layer)
    parts = [[number] for number in numbers] if CONVERTERS[name].singly else [numbers]
    done = []
    for part in parts:
        asked = request if part is numbers else dataclasses.replace(request, pages=part)
        done.append(audit_pages(name, run(name, asked), part, layer, keys))
    return Audited(
        pages=[page for audited in done for page in audited.pages],
        audits=[audit for audited in done for audit in audited.audits],
        makers=[maker for audited in done for maker in audited.makers],
        warnings=[warning for audited in done for warning in audited.warnings],
    )


def audit_pages(name: str, conversion: Conversion, numbers: Sequence[int], layer: list[str], keys: set[str]) -> Audited:
    """Mend and audit a conversion of the pages `numbers`; of several renditions each page keeps the best.

    `keys`: what runs through the document.
    """
    renditions = conversion.renditions or {"": conversion.pages}
    stripped = {maker: strip_running(list(map(tidy, pages)), keys, numbers) for maker, pages in renditions.items()}
    pages, audits, makers = [], [], []
    for i, text in enumerate(strip_running([layer[number - 1] for number in numbers], keys, numbers)):
        drafts = {maker: texts[i] for maker, texts in stripped.items()}
        tables = conversion.tables[i] if conversion.tables else []
        best, markdown, audit = _best(drafts, tables, Reference(text))
        pages.append(plain_contents(markdown))
        audits.append(audit)
        makers.append(f"{name}:{best}" if best else name)
        report()
    return Audited(pages=pages, audits=audits, makers=makers, warnings=conversion.warnings)


def _best(drafts: dict[str, str], tables: list[str], reference: Reference) -> tuple[str, str, PageAudit]:
    """(maker, Markdown, audit) of the rendition that keeps most of the text layer, reads best and has the tables."""
    rated = [_rate(maker, draft, tables, reference) for maker, draft in drafts.items()]
    most_rows = max(table_rows(one.markdown) for one in rated)
    most_entries = max(contents_lines(one.markdown) for one in rated)
    best = max(rated, key=lambda one: one.worth * _structure(one.markdown, most_rows, most_entries))
    return best.maker, best.markdown, best.audit


class _Rated(NamedTuple):
    worth: float
    maker: str
    markdown: str
    audit: PageAudit


def _rate(maker: str, draft: str, tables: list[str], reference: Reference) -> _Rated:
    markdown, placed = place(draft, tables)
    markdown = respell(markdown, reference)
    audit = reference.audit(markdown)
    worth = audit.score * (0.7 + 0.3 * audit.order) * readability(reference, markdown) * (0.7 + 0.3 * placed)
    if audit.lost_numbers:
        worth *= 0.8  # no beauty makes up for a number that is gone
    return _Rated(worth, maker, markdown, audit)


def _structure(markdown: str, most_rows: int, most_entries: int) -> float:
    """Less for a rendition with fewer rows of tables, or fewer lines of contents, than another one has."""
    rows = table_rows(markdown) / most_rows if most_rows else 1.0
    entries = contents_lines(markdown) / most_entries if most_entries >= 4 else 1.0
    return (0.85 + 0.15 * rows) * (0.6 + 0.4 * entries)
