"""Which of several renditions of a page is taken: the first that is good, or one that is better in everything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from groundwork.documents.auditing.page_audit import Reference, contents_lines, readability, table_rows
from groundwork.documents.auditing.structure_score import merges_more
from groundwork.documents.pdf_files.garbled_fonts import is_unreadable
from groundwork.documents.repair.word_spacing import respell_words, restore_lost_lines
from groundwork.records.document_record import PageAudit

_LEAST_GAIN = 0.02  # of the text; less than that is no reason to take another rendition, unless numbers are lost


class Rendition(NamedTuple):
    maker: str
    markdown: str
    audit: PageAudit


def _audit_rendition(maker: str, draft: str, reference: Reference) -> Rendition:
    """A rendition with its audit; what is not perfect is first mended by the text layer."""
    audit = reference.audit(draft)
    if reference.shaped:
        return Rendition(maker, draft, audit)
    if audit.words_kept < 1 or audit.numbers_kept < 1 or audit.glued:
        repaired = restore_lost_lines(respell_words(draft, reference), reference)
        if repaired != draft:
            return Rendition(maker, repaired, reference.audit(repaired))
    return Rendition(maker, draft, audit)


def choose_rendition(drafts: Iterator[tuple[str, str]], reference: Reference) -> Rendition:
    """The first rendition, or a later one that is better in everything: text, neighbours, numbers, structure."""
    maker, text = next(drafts)
    filled_drafts: Iterator[tuple[str, str]] = (draft for draft in chain([(maker, text)], drafts) if draft[1].strip())
    if not reference.words and is_unreadable(text):  # to one engine, and perhaps not to the others
        filled_drafts = iter([next((draft for draft in filled_drafts if not is_unreadable(draft[1])), (maker, text))])
    first_draft = next(filled_drafts, (maker, text))
    chosen = _audit_rendition(*first_draft, reference)
    while not _is_good(chosen.audit) and (draft := next(filled_drafts, None)):
        candidate = _audit_rendition(*draft, reference)
        finds_numbers = len(candidate.audit.lost_numbers) < len(chosen.audit.lost_numbers)
        margin = 0.0 if finds_numbers else _LEAST_GAIN
        if candidate.audit.text_kept > chosen.audit.text_kept + margin and _is_no_worse(candidate, chosen, reference):
            chosen = candidate
    return chosen


def _is_good(audit: PageAudit) -> bool:
    """Whether no other rendition can keep so much more of the page that it would be taken."""
    return audit.text_kept > 1 - _LEAST_GAIN and not audit.lost_numbers


def _is_no_worse(candidate: Rendition, best: Rendition, reference: Reference) -> bool:
    candidate_qualities, best_qualities = (_qualities(rendition, reference) for rendition in (candidate, best))
    keeps_all = all(a >= b for a, b in zip(candidate_qualities, best_qualities, strict=True))
    return keeps_all and not merges_more(candidate.markdown, best.markdown)


def _qualities(rendition: Rendition, reference: Reference) -> tuple[float, ...]:
    """What a rendition keeps of a page and how well it reads; the more the better."""
    audit, markdown = rendition.audit, rendition.markdown
    kept_shares = (audit.words_kept, audit.pairs_kept, audit.numbers_kept, -audit.glued, -audit.repeated)
    return (*kept_shares, readability(reference, markdown), table_rows(markdown), contents_lines(markdown))
