"""The report on a document's coverage: the page, the JSON beside it and the lines for the terminal.

The page is the document as it reads, shaded by who asks about what, with the questions beside it: its Markdown as a
tree of blocks and pieces. Nothing of it is HTML: a piece is a text with a style and the places it belongs to, and the
page makes elements of it by textContent. Pieces know their offsets, so that sentences and numbers can be marked
wherever the markup stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from groundwork.console import terminal
from groundwork.coverage.covered_document import (
    CoverageCount,
    CoverageItem,
    CoverageSection,
    CoveredDocument,
    Kind,
    RunQuestion,
)
from groundwork.coverage.markdown_tree import markdown_tree
from groundwork.data_folder.read_write import text_hash
from groundwork.data_folder.spread_folders import link_to_pictures
from groundwork.installation import as_typed
from groundwork.language.language_and_script import detect_language
from groundwork.markdown.figures import quote_in_words
from groundwork.message_wording import counted, shorten_text
from groundwork.pages.html_page import PageKind, write_page
from groundwork.records import Page

REPORTED_SECTIONS = 40  # lines in the terminal
GAP_LENGTH = 90  # characters of one that are shown
REPORTED_GAPS = 5
BAR_LENGTH = 20  # characters
COVERAGE_ASSETS = Path(__file__).parent / "assets"
COVERAGE_SCRIPTS = ["wishes", "document", "outline", "sheets", "start"]  # of the page, a file each in assets/coverage/
SHARED_ASSETS = ["page.css", "coverage.css", "page.js", "review_link.js", "tally.js", "coverage/figures.js", "cards.js"]
COVERAGE_PAGE = PageKind(
    "coverage", [*SHARED_ASSETS, *(f"coverage/{part}.js" for part in COVERAGE_SCRIPTS)], COVERAGE_ASSETS
)


def coverage_numbers(reported: CoveredDocument, markdown: str) -> dict[str, Any]:
    """The JSON beside the page: coverage by run and together, of the whole, of each section, and what nobody asks."""
    totals = reported.counts()
    run_numbers = [{"run": run, **_run_counts(reported, run), **_share_numbers(totals[run])} for run in reported.runs]
    return {
        "document": reported.document_id,
        "title": reported.title,
        "runs": run_numbers,
        "together": _share_numbers(totals[""]),
        "sections": [_section_numbers(reported, coverage_section) for coverage_section in reported.sections],
        "not_asked": [_coverage_item_row(item, markdown) for item in open_coverage_items(reported)],
        "declined": [
            {**_coverage_item_row(coverage_item, markdown), "reasons": coverage_item.declined}
            for coverage_item in reported.items
            if coverage_item.declined and not coverage_item.asked and coverage_item.kind != "number"
        ],
        **({"figures": _figure_coverage_numbers(reported)} if reported.figures else {}),
        **({"contradictions": _contradiction_rows(reported)} if reported.contradictions else {}),
    }


def _section_numbers(reported: CoveredDocument, coverage_section: CoverageSection) -> dict[str, Any]:
    start, end = coverage_section.start, coverage_section.end
    section_counts = reported.counts(start, end)
    section_shares = {run: _share_numbers(section_counts[run]) for run in ["", *reported.runs]}
    section_place = {"headings": coverage_section.headings, "start": start, "end": end}
    return {**section_place, "together": section_shares.pop(""), "runs": section_shares}


def _coverage_item_row(coverage_item: CoverageItem, markdown: str) -> dict[str, Any]:
    return {
        "kind": coverage_item.kind,
        "start": coverage_item.start,
        "end": coverage_item.end,
        "text": markdown[coverage_item.start : coverage_item.end],
    }


def _contradiction_rows(reported: CoveredDocument) -> list[dict[str, Any]]:
    return [{"run": part.run, "start": part.start, "text": part.text} for part in reported.contradictions]


def _figure_coverage_numbers(reported: CoveredDocument) -> dict[str, Any]:
    """The figures, apart from all that is text: how many are asked about, together and by run, and which are not."""
    return {
        "of": len(reported.figures),
        "asked": reported.figures_asked(),
        "runs": {run: reported.figures_asked(run) for run in reported.runs},
        "not_asked": [
            {"file": figure.file, "caption": figure.caption, "start": figure.start, "end": figure.end}
            for figure in reported.figures
            if not figure.asked
        ],
    }


def _run_counts(reported: CoveredDocument, run: str) -> dict[str, int]:
    run_questions = [run_question for run_question in reported.questions if run_question.run == run]
    not_placed = sum(not run_question.placed for run_question in run_questions)
    return {"questions": len(run_questions), "not_placed": not_placed}


def open_coverage_items(reported: CoveredDocument) -> list[CoverageItem]:
    """The open sentences and rows, that no question covers and nobody declined, and the open numbers of the others."""
    open_items: list[CoverageItem] = []
    open_statement_end = 0  # end of the untouched statement that the numbers behind it may lie in
    for coverage_item in reported.items:
        if not coverage_item.is_open or (coverage_item.kind == "number" and coverage_item.end <= open_statement_end):
            continue
        if coverage_item.kind != "number":
            open_statement_end = coverage_item.end
        open_items.append(coverage_item)
    return open_items


def report_lines(reported: CoveredDocument, markdown: str) -> list[str]:
    """The lines for the terminal."""
    coverage_lines = [f"{reported.document_id}: {reported.title}", *terminal.table_lines(_run_rows(reported))]
    if reported.figures:
        coverage_lines.append(f"  figures: {reported.figures_asked():,} of {len(reported.figures):,} asked about")
    for coverage_section in reported.sections[:REPORTED_SECTIONS]:
        coverage_lines += _section_bar(reported, coverage_section)
    if len(reported.sections) > REPORTED_SECTIONS:
        coverage_lines.append(f"  ... and {counted(len(reported.sections) - REPORTED_SECTIONS, 'more section')}")
    coverage_lines += [f"  contradiction: {part.text}" for part in reported.contradictions]
    open_statements = [item for item in open_coverage_items(reported) if item.kind != "number"]
    coverage_lines += [
        f"  nobody asks: {shorten_text(markdown[open_statement.start : open_statement.end], GAP_LENGTH)}"
        for open_statement in open_statements[:REPORTED_GAPS]
    ]
    if len(open_statements) > REPORTED_GAPS:
        coverage_lines.append(f"  ... and {len(open_statements) - REPORTED_GAPS} more; the page lists them")
    return coverage_lines


def _run_rows(reported: CoveredDocument) -> list[list[str]]:
    """The rows of a table: its titles, each run, and all together where there are several."""
    reported_totals = reported.counts()
    coverage_rows = [["", "sentences", "numbers", "rows", "declined", "questions"]]
    for run in [*reported.runs, *([""] if len(reported.runs) > 1 else [])]:
        question_count = sum(not run or run_question.run == run for run_question in reported.questions)
        covered_shares = [coverage_percent(reported_totals[run][kind]) for kind in ("sentence", "number", "row")]
        declined_count = sum(count.declined for kind, count in reported_totals[run].items() if kind != "number")
        coverage_rows.append([run or "all together", *covered_shares, f"{declined_count:,}", f"{question_count:,}"])
    return coverage_rows


def _section_bar(reported: CoveredDocument, coverage_section: CoverageSection) -> list[str]:
    """One line: the share of a section's sentences and rows that anybody asks about; none where it has no text."""
    section_counts = reported.counts(coverage_section.start, coverage_section.end)[""]
    statement_count = section_counts["sentence"].of + section_counts["row"].of
    if not statement_count:
        return []
    covered_share = (section_counts["sentence"].asked + section_counts["row"].asked) / statement_count
    filled_length = round(BAR_LENGTH * covered_share)
    section_title = f"{'  ' * (coverage_section.level - 1)}{shorten_text(coverage_section.title)}"
    bar = f"{'█' * filled_length}{'░' * (BAR_LENGTH - filled_length)}"
    return [f"  {bar} {covered_share:4.0%} of {statement_count:3}  {section_title}"]


def coverage_percent(coverage_count: CoverageCount) -> str:
    return "–" if coverage_count.share is None else f"{coverage_count.share:.0%}"


def _share_numbers(counts_by_kind: Mapping[Kind, CoverageCount]) -> dict[str, Any]:
    """sentences, numbers, rows and touched (all of them), each with its share, 0..1, null where there are none."""
    touched_count = CoverageCount(**{
        count_field: sum(getattr(coverage_count, count_field) for coverage_count in counts_by_kind.values())
        for count_field in ("of", "asked", "declined")
    })  # fmt: skip
    reported_counts = {
        **{f"{kind}s": coverage_count for kind, coverage_count in counts_by_kind.items()},
        "touched": touched_count,
    }
    return {
        share_label: {
            "share": None if coverage_count.share is None else round(coverage_count.share, 4),
            "asked": coverage_count.asked,
            "declined": coverage_count.declined,
            "of": coverage_count.of,
        }
        for share_label, coverage_count in reported_counts.items()
    }


def write_coverage(reported: CoveredDocument, markdown: str, pages: Sequence[Page], coverage_page: Path) -> None:
    """Write the page of one document to `coverage_page`; `pages`: where its pages begin in its Markdown."""
    coverage_data = _coverage_page_data(reported, markdown, pages)
    if reported.contradictions:
        coverage_data["contradictions"] = _contradiction_rows(reported)
    if reported.figures:
        coverage_data["texts"] = link_to_pictures(coverage_page, reported.document_id)
        coverage_data["figures"] = [[shown.file, shown.caption, shown.asked, shown.start] for shown in reported.figures]
    page_title, page_data = f"Coverage: {reported.title}", {"coverage": coverage_data}
    write_page(coverage_page, COVERAGE_PAGE, title=page_title, data=page_data, images=bool(reported.figures))


def _coverage_page_data(reported: CoveredDocument, markdown: str, pages: Sequence[Page]) -> dict[str, Any]:
    return {
        "document": reported.document_id,
        "title": reported.title,
        "language": detect_language(markdown),
        "hash": text_hash(markdown),
        "review": as_typed("uv run dataprep/review.py"),
        "runs": reported.runs,
        "blocks": markdown_tree(markdown, reported.items, reported.figures),
        "places": [[p.kind, p.start, p.asked, p.likely, p.declined] for p in reported.items],
        "questions": [_question_details(run_question) for run_question in reported.questions],
        "sections": [section_numbers(reported, coverage_section) for coverage_section in reported.sections],
        "whole": reported.counts(),
        "leftOut": reported.left_out,
        "pages": [[page.number, page.start] for page in pages],
    }


def section_numbers(reported: CoveredDocument, coverage_section: CoverageSection) -> dict[str, Any]:
    """A section with its counts."""
    return {
        "title": coverage_section.title,
        "level": coverage_section.level,
        "start": coverage_section.start,
        "end": coverage_section.end,
        "headings": coverage_section.headings,
        "counts": reported.counts(coverage_section.start, coverage_section.end),
    }


def _question_details(run_question: RunQuestion) -> dict[str, Any]:
    covering_pair = run_question.pair
    return {
        "run": run_question.run,
        "id": covering_pair.id,
        "question": covering_pair.question,
        "answer": covering_pair.answer,
        "criteria": covering_pair.evaluation_criteria,
        "evidence": [quote_in_words(quote) for quote in covering_pair.evidence],
        "difficulty": covering_pair.difficulty,
        "category": covering_pair.category,
        "placed": run_question.placed,
    }
