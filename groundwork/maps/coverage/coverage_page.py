"""The coverage page: the document as it reads, shaded by who asks about what, with the questions beside it.

write_coverage(asked, text, pages, path)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundwork.installation import spelt
from groundwork.language.detection import detect_language
from groundwork.maps.coverage.document_coverage import AskedDocument, Question, Section
from groundwork.maps.coverage.markdown_tree import markdown_tree
from groundwork.pages.html_frame import write_page
from groundwork.records.artifacts import text_hash
from groundwork.records.document_record import Page
from groundwork.records.figures import quote_in_words
from groundwork.records.spread_folders import link_to_pictures

FOLDER = Path(__file__).parent / "assets"
PARTS = ["wishes", "document", "outline", "sheets", "start"]  # of the page, one file each in assets/coverage/
SHARED = ["page.css", "coverage.css", "page.js", "review_link.js", "tally.js", "coverage/figures.js", "cards.js"]
ASSETS = [*SHARED, *(f"coverage/{part}.js" for part in PARTS)]


def write_coverage(asked: AskedDocument, text: str, pages: Sequence[Page], path: Path) -> None:
    """Write the page of one document to `path`; `text` is its Markdown, `pages` where its pages begin in it."""
    page_data = {
        "document": asked.document,
        "title": asked.title,
        "language": detect_language(text),
        "hash": text_hash(text),
        "review": as_typed("uv run dataprep/review.py"),
        "runs": asked.runs,
        "blocks": markdown_tree(text, asked.places, asked.figures),
        "places": [[p.kind, p.start, p.asked, p.likely, p.declined] for p in asked.places],
        "questions": [_question_details(question) for question in asked.questions],
        "sections": [section_numbers(asked, section) for section in asked.sections],
        "whole": asked.counts(),
        "leftOut": asked.left_out,
        "pages": [[page.number, page.start] for page in pages],
    }
    if asked.figures:
        page_data["texts"] = link_to_pictures(path, asked.document)
        page_data["figures"] = [[figure.file, figure.caption, figure.asked, figure.start] for figure in asked.figures]
    title = f"Coverage: {asked.title}"
    write_page(
        path,
        title=title,
        kind="coverage",
        data={"coverage": page_data},
        assets=ASSETS,
        folder=FOLDER,
        images=bool(asked.figures),
    )


def section_numbers(asked: AskedDocument, section: Section) -> dict[str, Any]:
    """A section with its counts."""
    return {
        "title": section.title,
        "level": section.level,
        "start": section.start,
        "end": section.end,
        "headings": section.headings,
        "counts": asked.counts(section.start, section.end),
    }


def _question_details(question: Question) -> dict[str, Any]:
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
