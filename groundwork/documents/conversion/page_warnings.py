"""The warnings of a document's pages: why a reader should look at one, and why one fell back to another converter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundwork.documents.conversion.converter_table import is_read_by_sight
from groundwork.installation import as_typed
from groundwork.records import Page

OCR_REMEDY = as_typed(
    "read it with a vision model (--converter gemini) "
    "or on this machine (uv sync --inexact --extra ocr, --converter ocr)"
)


def page_warnings(pages: Sequence[Page], threshold: float, partly_unreadable: Mapping[int, float]) -> list[str]:
    """The pages that a reader of the text should look at; `partly_unreadable`: as in TextLayer."""
    warnings = [
        f"page {page.number}: {warned_share:.0%} of its letters are in a font that gives others "
        f"than the page shows; {OCR_REMEDY}"
        for page in pages
        if (warned_share := partly_unreadable.get(page.number)) and not is_read_by_sight(page.converter)
    ]
    if scans_to_warn_of := [page.number for page in pages if page.scan and page.end == page.start]:
        warnings.append(f"{page_ranges(scans_to_warn_of)} without text (scans); {OCR_REMEDY}")
    warnings += _fallback_warnings(pages)
    warnings_by_page = {page.number: page_warning(page, threshold) for page in pages if page.audit}
    warned_reasons = {page.number: page.fell_back for page in pages}  # which are among the warnings
    return warnings + [
        f"page {number}: {page_warning_text}"
        for number, page_warning_text in warnings_by_page.items()
        if page_warning_text not in ("", warned_reasons[number])
    ]


def page_warning(page: Page, threshold: float) -> str:
    """Why a reader should look at the page, as the audit says; "" where it is content."""
    if page.scan and page.end == page.start:
        return "a scan without text"
    if page.audit and page.audit.text_kept < threshold and not page.scan:
        return f"text kept {page.audit.text_kept:.2f} is below {threshold}"
    if page.audit and page.audit.lost_numbers:
        return f"numbers not found: {', '.join(page.audit.lost_numbers[:5])}"
    return page.fell_back if page.converter == "text layer" else ""


def _fallback_warnings(pages: Sequence[Page]) -> list[str]:
    """Which pages another converter made than the one that was asked first, and why."""
    warned_pages: dict[tuple[str, str], list[int]] = {}
    for page in pages:
        first_converter, converter_used = page.fell_back.partition(":")[0], page.converter.partition(":")[0]
        if page.fell_back and first_converter != converter_used:
            warned_pages.setdefault((converter_used, page.fell_back), []).append(page.number)
    return [
        f"{page_ranges(numbers)} fell back to {converter_used}; {fallback_reason}"
        for (converter_used, fallback_reason), numbers in warned_pages.items()
    ]


def page_ranges(page_numbers: Sequence[int]) -> str:
    """[1, 2, 3, 7] as "pages 1-3, 7"."""
    page_spans: list[list[int]] = []
    for page_number in page_numbers:
        if page_spans and page_number == page_spans[-1][-1] + 1:
            page_spans[-1].append(page_number)
        else:
            page_spans.append([page_number])
    range_list = ", ".join(
        f"{page_span[0]}-{page_span[-1]}" if len(page_span) > 1 else str(page_span[0]) for page_span in page_spans
    )
    return f"page{'s' if len(page_numbers) > 1 else ''} {range_list}"
