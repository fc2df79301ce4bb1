"""The pages of a PDF while they are made: the best rendition of each so far, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from groundwork.documents.pdf_files.garbled_fonts import is_misread, is_unreadable
from groundwork.documents.pdf_files.pdfium import TextLayer
from groundwork.documents.repair.outline_headings import OutlineEntry, set_headings
from groundwork.documents.repair.page_joining import is_contents, stitch
from groundwork.installation import as_typed
from groundwork.records.document_record import Page, PageAudit

OCR = as_typed(
    "read it with a vision model (--converter gemini) "
    "or on this machine (uv sync --inexact --extra ocr, --converter ocr)"
)


UNREADABLE = "the fonts, or an OCR, give other letters than the page shows, so that its text cannot be read"


@dataclass
class PageDraft:
    """The best rendition of one page so far."""

    markdown: str = ""
    converter: str = ""
    audit: PageAudit | None = None
    fell_back: str = ""
    is_unreadable: bool = False
    is_complete: bool = False  # as its converter judged by more than the audit: no other one is asked

    def offer(self, markdown: str, audit: PageAudit, converter: str, trouble: str, *, judged: bool = False) -> None:
        """Take a rendition that is better than the one before; a page in trouble stays open for the next converter.

        `judged`: the converter itself has held the page against its picture or text, and `trouble` is its verdict.
        """
        self.is_complete = judged and not trouble and bool(markdown.strip())
        is_better = self.audit is None or audit.text_kept > self.audit.text_kept or (markdown and not self.markdown)
        if is_better and self.audit and self.markdown:
            lost_note = f", numbers lost: {', '.join(self.audit.lost_numbers[:5])}" if self.audit.lost_numbers else ""
            self.fell_back = self.fell_back or f"{self.converter}: text kept {self.audit.text_kept:.2f}{lost_note}"
        if is_better:
            self.markdown, self.audit, self.converter = markdown, audit, converter
        self.fell_back = trouble or self.fell_back

    def is_due(self, scan: bool, threshold: float) -> bool:
        """Whether the next converter should have a try at it."""
        if scan:
            return not self.markdown.strip()
        if self.is_complete:
            return False
        if self.audit is None or self.audit.lost_numbers:
            return True
        return self.audit.text_kept < threshold


def assemble_pages(
    layer: TextLayer, drafts: Sequence[PageDraft], page_numbers: Sequence[int]
) -> tuple[str, list[Page]]:
    """One Markdown text of all pages, and where each of `page_numbers` (from 1) stands in it."""
    chosen_numbers = set(page_numbers)
    stitched = stitch(set_headings([draft.markdown for draft in drafts], [OutlineEntry(*row) for row in layer.outline]))
    pages = [
        Page(
            number=number,
            start=start,
            end=end,
            converter=draft.converter,
            audit=draft.audit,
            fell_back=draft.fell_back,
            scan=layer.scans[number - 1],
            contents=is_contents(draft.markdown),
            unreadable=draft.is_unreadable,
        )
        for number, ((start, end), draft) in enumerate(zip(stitched.spans, drafts, strict=True), start=1)
        if number in chosen_numbers
    ]
    return stitched.markdown, pages


def garbled_pages_of(drafts: Sequence[PageDraft], layer: TextLayer) -> list[int]:
    """The pages whose text is in letters other than those that they show."""
    return [number for number, draft in enumerate(drafts, start=1) if is_garbled(draft, layer, number)]


def is_garbled(draft: PageDraft, layer: TextLayer, number: int) -> bool:
    """Whether fonts, or an OCR, tell other letters than the page shows, and the page's Markdown holds them."""
    is_misleading = layer.unreadable[number - 1 : number] == [True]
    return is_unreadable(draft.markdown) or (is_misleading and is_misread(draft.markdown))


def page_warnings(pages: Sequence[Page], threshold: float) -> list[str]:
    """The pages that a reader of the text should look at."""
    warnings = []
    if scans := [page.number for page in pages if page.scan and page.end == page.start]:
        warnings.append(f"{page_ranges(scans)} without text (scans); {OCR}")
    warnings += _fallen_back(pages)
    doubts = {page.number: doubt(page, threshold) for page in pages if page.audit}
    return warnings + [f"page {number}: {why}" for number, why in doubts.items() if why]


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
