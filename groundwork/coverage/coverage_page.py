"""The coverage page: the document as it reads, shaded by who asks about what, with the questions beside it.

write_coverage(document, text, pages, path)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundwork.coverage.document_coverage import CoveredDocument, RunQuestion, Section
from groundwork.coverage.markdown_tree import markdown_tree
from groundwork.data_folder.read_write import text_hash
from groundwork.data_folder.spread_folders import link_to_pictures
from groundwork.installation import as_typed
from groundwork.language.language_and_script import detect_language
from groundwork.pages.html_frame import write_page
from groundwork.records.document_record import Page
from groundwork.records.figures import quote_in_words

FOLDER = Path(__file__).parent / "assets"
PAGE_SCRIPTS = ["wishes", "document", "outline", "sheets", "start"]  # of the page, one file each in assets/coverage/
SHARED_ASSETS = ["page.css", "coverage.css", "page.js", "review_link.js", "tally.js", "coverage/figures.js", "cards.js"]
ASSETS = [*SHARED_ASSETS, *(f"coverage/{part}.js" for part in PAGE_SCRIPTS)]


def write_coverage(document: CoveredDocument, text: str, pages: Sequence[Page], path: Path) -> None:
    """Write the page of one document to `path`; `text` is its Markdown, `pages` where its pages begin in it."""
    page_data = {
        "document": document.document_id,
        "title": document.title,
        "language": detect_language(text),
        "hash": text_hash(text),
        "review": as_typed("uv run dataprep/review.py"),
        "runs": document.runs,
        "blocks": markdown_tree(text, document.items, document.figures),
        "places": [[p.kind, p.start, p.asked, p.likely, p.declined] for p in document.items],
        "questions": [_question_details(question) for question in document.questions],
        "sections": [section_numbers(document, section) for section in document.sections],
        "whole": document.counts(),
        "leftOut": document.left_out,
        "pages": [[page.number, page.start] for page in pages],
    }
    if document.figures:
        page_data["texts"] = link_to_pictures(path, document.document_id)
        page_data["figures"] = [
            [figure.file, figure.caption, figure.asked, figure.start] for figure in document.figures
        ]
    title = f"Coverage: {document.title}"
    write_page(
        path,
        title=title,
        kind="coverage",
        data={"coverage": page_data},
        assets=ASSETS,
        folder=FOLDER,
        images=bool(document.figures),
    )


def section_numbers(document: CoveredDocument, section: Section) -> dict[str, Any]:
    """A section with its counts."""
    return {
        "title": section.title,
        "level": section.level,
        "start": section.start,
        "end": section.end,
        "headings": section.headings,
        "counts": document.counts(section.start, section.end),
    }


def _question_details(question: RunQuestion) -> dict[str, Any]:
    pair = question.pair
    return {
        "run": question.run,
        "id": pair.id,
        "question": pair.question,
        "answer": pair.answer,
        "criteria": pair.evaluation_criteria,
        "evidence": [quote_in_words(quote) for quote in pair.evidence],
        "difficulty": pair.difficulty,
        "category": pair.category,
        "placed": question.placed,
    }
