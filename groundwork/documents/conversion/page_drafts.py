"""The draft of each page, which converters fill in turn, and the document that is assembled of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from groundwork.documents.auditing.page_audit import AuditReference, text_to_audit
from groundwork.documents.conversion.converter_table import CONVERTERS, is_read_by_sight
from groundwork.documents.conversion.page_renditions import PageRenditions
from groundwork.documents.conversion.page_warnings import OCR_REMEDY
from groundwork.documents.pdf_files.text_layer import TextLayer
from groundwork.documents.repair.broken_lines import mend_broken_lines
from groundwork.documents.repair.outline_and_contents import OutlineEntry, is_contents, set_headings
from groundwork.documents.repair.page_joining import join_pages
from groundwork.language.language_and_script import is_right_to_left
from groundwork.language.unreadable_text import is_misread, is_unreadable, reads_as_text, reads_the_same
from groundwork.markdown.running_page_lines import without_running
from groundwork.records import Page, PageAudit

_TABLE_RULES_OF_DRAFT = regex.compile(r"\||(?<=[| ])-{3,}(?=[| ])")  # of Markdown


@dataclass
class PageDraft:
    """The best rendition of one page so far."""

    markdown: str = ""
    converter: str = ""
    audit: PageAudit | None = None
    fell_back: str = ""
    is_unreadable: bool = False
    is_complete_draft: bool = False  # as its converter judged by more than the audit: no other one is asked

    def offer(self, markdown: str, audit: PageAudit, converter: str, trouble: str, *, judged: bool = False) -> None:
        """Take a rendition that is better than the one before; a page in trouble stays open for the next converter.

        `judged`: the converter itself has held the page against its picture or text, and `trouble` is its verdict.
        """
        self.is_complete_draft = judged and not trouble and bool(markdown.strip())
        is_better = self.audit is None or audit.text_kept > self.audit.text_kept or (markdown and not self.markdown)
        if is_better and self.audit and self.markdown:
            draft_lost = f", numbers lost: {', '.join(self.audit.lost_numbers[:5])}" if self.audit.lost_numbers else ""
            self.fell_back = self.fell_back or f"{self.converter}: text kept {self.audit.text_kept:.2f}{draft_lost}"
        if is_better:
            self.markdown, self.audit, self.converter = markdown, audit, converter
        self.fell_back = trouble or self.fell_back

    def is_due(self, scan: bool, threshold: float) -> bool:
        """Whether the next converter should have a try at it."""
        if scan:
            return not self.markdown.strip()
        if self.is_complete_draft:
            return False
        if self.audit is None or self.audit.lost_numbers:
            return True
        return self.audit.text_kept < threshold


def due_page_numbers(
    page_drafts: Sequence[PageDraft], layer: TextLayer, page_numbers: Sequence[int], threshold: float
) -> list[int]:
    """Of `page_numbers`, those whose drafts the next converter should have a try at."""
    return [n for n in page_numbers if page_drafts[n - 1].is_due(layer.scans[n - 1], threshold)]


def assemble_pages(
    layer: TextLayer, page_drafts: Sequence[PageDraft], page_numbers: Sequence[int]
) -> tuple[str, list[Page]]:
    """One Markdown text of all pages, and where each of `page_numbers` (from 1) stands in it."""
    numbers_of_drafts = set(page_numbers)
    joined_drafts = join_pages(
        set_headings([page_draft.markdown for page_draft in page_drafts], [OutlineEntry(*row) for row in layer.outline])
    )
    assembled_pages = [
        Page(
            number=number,
            start=start,
            end=end,
            converter=page_draft.converter,
            audit=page_draft.audit,
            fell_back=page_draft.fell_back,
            scan=layer.scans[number - 1],
            contents=is_contents(page_draft.markdown),
            unreadable=page_draft.is_unreadable,
        )
        for number, ((start, end), page_draft) in enumerate(zip(joined_drafts.spans, page_drafts, strict=True), start=1)
        if number in numbers_of_drafts
    ]
    return joined_drafts.markdown, assembled_pages


def unreadable_pages_of(drafts: Sequence[PageDraft], layer: TextLayer) -> list[int]:
    """The pages whose text is in letters other than those that they show."""
    return [number for number, draft in enumerate(drafts, start=1) if is_unreadable_draft(draft, layer, number)]


def is_unreadable_draft(draft: PageDraft, layer: TextLayer, number: int) -> bool:
    """Whether fonts, or an OCR, tell other letters than the page shows, and the page's Markdown holds them."""
    if is_unreadable(draft.markdown):
        return True
    if number not in layer.misleading or is_read_by_sight(draft.converter):
        return False
    draft_letters = text_to_audit(_TABLE_RULES_OF_DRAFT.sub(" ", draft.markdown))
    return (
        not reads_as_text(draft_letters)
        or is_misread(draft.markdown)
        or is_right_to_left(draft_letters)  # its order cannot be held against anything
        or reads_the_same(draft_letters, layer.misleading[number])
    )


def offer_to_drafts(
    converter_name: str,
    converted_pages: PageRenditions,
    layer: TextLayer,
    due_pages: Sequence[int],
    page_drafts: list[PageDraft],
) -> None:
    """Offer the drafts what a converter made of the pages that were due."""
    converter = CONVERTERS[converter_name]
    page_troubles = converted_pages.troubles or [""] * len(due_pages)
    for i, page_number in enumerate(due_pages):
        markdown, trouble = converted_pages.pages[i], page_troubles[i] and f"{converter_name}: {page_troubles[i]}"
        is_read_by_sight = converter.by_sight and bool(markdown.strip())
        if is_read_by_sight and is_unreadable_draft(page_drafts[page_number - 1], layer, page_number):
            page_drafts[page_number - 1] = PageDraft()  # what the fonts tell is no text
        page_drafts[page_number - 1].offer(
            markdown, converted_pages.audits[i], converted_pages.makers[i], trouble, judged=converter.remote
        )


def fill_drafts_from_layer(page_drafts: Sequence[PageDraft], layer: TextLayer, page_numbers: Sequence[int]) -> None:
    """Give each page that no converter read what its text layer holds."""
    unconverted_texts = without_running(layer.pages)
    if not any(unconverted_texts):  # pages that differ by their number alone, such as tickets: it is all that they hold
        unconverted_texts = layer.pages
    for page_number in page_numbers:
        page_draft, unconverted_text = page_drafts[page_number - 1], unconverted_texts[page_number - 1]
        if not page_draft.markdown.strip() and unconverted_text.strip():
            page_draft.markdown, page_draft.converter = mend_broken_lines(unconverted_text), "text layer"
            page_draft.audit = AuditReference(unconverted_text).audit(page_draft.markdown)
            page_draft.fell_back = (
                page_draft.fell_back or f"no converter gave its text, and tables are lost; {OCR_REMEDY}"
            )
