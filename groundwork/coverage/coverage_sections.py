"""The sections of a document that coverage is counted by: its headings, each with what stands below it."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.coverage.covered_document import CoverageSection
from groundwork.markdown.blocks import Block, blocks


def coverage_sections(markdown: str, title: str) -> list[CoverageSection]:
    """The headings as sections, text before the first of them as one more named by the document's title."""
    section_headings: list[Block] = [block for block in blocks(markdown) if block.kind == "heading" and block.headings]
    covered_sections = []
    if not section_headings or markdown[: section_headings[0].start].strip():
        section_end = section_headings[0].start if section_headings else len(markdown)
        covered_sections.append(CoverageSection(title=title, level=1, start=0, end=section_end, headings=[title]))
    for section_heading, section_end in zip(
        section_headings, _section_ends(section_headings, len(markdown)), strict=True
    ):
        covered_sections.append(
            CoverageSection(
                title=section_heading.headings[-1],
                level=section_heading.level,
                start=section_heading.start,
                end=section_end,
                headings=list(section_heading.headings),
            )
        )
    return covered_sections


def _section_ends(section_headings: Sequence[Block], text_end: int) -> list[int]:
    """Where the section of each heading ends: at the next heading of its level or above."""
    section_ends = [text_end] * len(section_headings)
    headings_of_open_sections: list[int] = []  # whose sections go on, their levels rising
    for heading_index, section_heading in enumerate(section_headings):
        while (
            headings_of_open_sections and section_headings[headings_of_open_sections[-1]].level >= section_heading.level
        ):
            section_ends[headings_of_open_sections.pop()] = section_heading.start
        headings_of_open_sections.append(heading_index)
    return section_ends
