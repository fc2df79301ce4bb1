"""The warnings of a document's pages: why a reader should look at one, and why one fell back to another converter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import regex

from groundwork.documents.auditing.page_audit import plain_text
from groundwork.documents.conversion.converter_table import CONVERTERS
from groundwork.documents.conversion.page_drafts import PageDraft
from groundwork.documents.pdf_files.text_layer import TextLayer
from groundwork.installation import as_typed
from groundwork.language.language_and_script import is_right_to_left
from groundwork.language.unreadable_text import is_misread, is_unreadable, reads_as_text, says_the_same
from groundwork.records import Page

_TABLE_LINES = regex.compile(r"\||(?<=[| ])-{3,}(?=[| ])")  # of Markdown


OCR = as_typed(
    "read it with a vision model (--converter gemini) "
    "or on this machine (uv sync --inexact --extra ocr, --converter ocr)"
)


def unreadable_pages_of(drafts: Sequence[PageDraft], layer: TextLayer) -> list[int]:
    """The pages whose text is in letters other than those that they show."""
    return [number for number, draft in enumerate(drafts, start=1) if is_unreadable_draft(draft, layer, number)]


def is_unreadable_draft(draft: PageDraft, layer: TextLayer, number: int) -> bool:
    """Whether fonts, or an OCR, tell other letters than the page shows, and the page's Markdown holds them."""
    if is_unreadable(draft.markdown):
        return True
    if number not in layer.misleading or _is_read_by_sight(draft.converter):
        return False
    letters = plain_text(_TABLE_LINES.sub(" ", draft.markdown))
    return (
        not reads_as_text(letters)
        or is_misread(draft.markdown)
        or is_right_to_left(letters)  # its order cannot be held against anything
        or says_the_same(letters, layer.misleading[number])
    )


def page_warnings(pages: Sequence[Page], threshold: float, partly_unreadable: Mapping[int, float]) -> list[str]:
    """The pages that a reader of the text should look at; `partly_unreadable`: as in TextLayer."""
    warnings = [
        f"page {page.number}: {share:.0%} of its letters are in a font that gives others than the page shows; {OCR}"
        for page in pages
        if (share := partly_unreadable.get(page.number)) and not _is_read_by_sight(page.converter)
    ]
    if scans := [page.number for page in pages if page.scan and page.end == page.start]:
        warnings.append(f"{page_ranges(scans)} without text (scans); {OCR}")
    warnings += _fallen_back(pages)
    doubts = {page.number: doubt(page, threshold) for page in pages if page.audit}
    reasons = {page.number: page.fell_back for page in pages}  # which are among the warnings
    return warnings + [f"page {number}: {why}" for number, why in doubts.items() if why not in ("", reasons[number])]


def _is_read_by_sight(converter: str) -> bool:
    name = converter.partition(":")[0]
    return name in CONVERTERS and CONVERTERS[name].by_sight


def doubt(page: Page, threshold: float) -> str:
    """Why a reader should look at the page, as the audit says; "" where it is content."""
    if page.scan and page.end == page.start:
        return "a scan without text"
    if page.audit and page.audit.text_kept < threshold and not page.scan:
        return f"text kept {page.audit.text_kept:.2f} is below {threshold}"
    if page.audit and page.audit.lost_numbers:
        return f"numbers not found: {', '.join(page.audit.lost_numbers[:5])}"
    return page.fell_back if page.converter == "text layer" else ""


def _fallen_back(pages: Sequence[Page]) -> list[str]:
    """Which pages another converter made than the one that was asked first, and why."""
    by_reason: dict[tuple[str, str], list[int]] = {}
    for page in pages:
        first_converter, used = page.fell_back.partition(":")[0], page.converter.partition(":")[0]
        if page.fell_back and first_converter != used:
            by_reason.setdefault((used, page.fell_back), []).append(page.number)
    return [f"{page_ranges(numbers)} fell back to {used}; {why}" for (used, why), numbers in by_reason.items()]


def page_ranges(numbers: Sequence[int]) -> str:
    """[1, 2, 3, 7] as "pages 1-3, 7"."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    ranges = ", ".join(f"{span[0]}-{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)
    return f"page{'s' if len(numbers) > 1 else ''} {ranges}"
