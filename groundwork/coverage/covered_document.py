"""A covered document: its statements, numbers and figures, and the questions that touch each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal

import msgspec

from groundwork.markdown.blocks import Block, blocks
from groundwork.records import Pair

Kind = Literal["sentence", "row", "number"]
KINDS: tuple[Kind, ...] = ("sentence", "row", "number")


class CoverageStruct(msgspec.Struct, kw_only=True):
    """Base of what follows."""


class CoverageItem(CoverageStruct):
    """A statement or number at [start, end) of the document, and the questions that touch it (indices).

    `declined`: by run, why its model found nothing worth asking there.
    """

    start: int
    end: int
    kind: Kind
    asked: list[int] = []
    likely: list[int] = []
    declined: dict[str, str] = {}

    @property
    def is_open(self) -> bool:
        """Nobody asks about it, and nobody said that there is nothing to ask."""
        return not self.asked and not self.declined


class FigureItem(CoverageStruct):
    """A figure at [start, end) of the document, and the questions whose evidence it is (indices)."""

    start: int
    end: int
    file: str  # below data/text
    caption: str
    asked: list[int] = []


class RunQuestion(CoverageStruct):
    """A pair and the run that it belongs to."""

    run: str
    pair: Pair
    placed: bool = True  # False: neither its evidence nor an embedding tells where it belongs


class CoverageSection(CoverageStruct):
    """A heading with all that stands below it, up to the next heading of its level."""

    title: str
    level: int
    start: int
    end: int
    headings: list[str] = []


class LeftOutPart(CoverageStruct):
    """A part that questions leave out on purpose: a table of contents, imprint and the like."""

    start: int
    end: int
    why: str


class ContradictedPart(CoverageStruct):
    """What the model of a run says of the part at `start` contradicts the rest, or itself."""

    run: str
    start: int
    text: str


class CoverageCount(CoverageStruct):
    """How many of the statements of a kind there are, how many are asked about, and how many others were declined."""

    of: int = 0
    asked: int = 0
    declined: int = 0

    @property
    def share(self) -> float | None:
        return self.asked / self.of if self.of else None


CountsByRunAndKind = dict[str, dict[Kind, CoverageCount]]


class CoveredDocument(CoverageStruct):
    """A document with everything that is asked about it."""

    document_id: str
    title: str
    runs: list[str]
    items: list[CoverageItem]
    questions: list[RunQuestion]
    sections: list[CoverageSection]
    left_out: list[LeftOutPart]
    figures: list[FigureItem] = []
    contradictions: list[ContradictedPart] = []

    def figures_asked(self, run: str = "") -> int:
        """How many figures a question of the run (or of any) has as its evidence."""
        return sum(any(not run or self.questions[i].run == run for i in figure.asked) for figure in self.figures)

    def counts(self, start: int = 0, end: int | None = None) -> CountsByRunAndKind:
        """Of the places that begin in [start, end): by run, and under "" for all runs together, by kind."""
        first_item = bisect_left(self.items, start, key=_coverage_item_start)
        last_item = len(self.items) if end is None else bisect_left(self.items, end, key=_coverage_item_start)
        item_counts: CountsByRunAndKind = {run: {kind: CoverageCount() for kind in KINDS} for run in ["", *self.runs]}
        for coverage_item in self.items[first_item:last_item]:
            asking_runs = {self.questions[covering_index].run for covering_index in coverage_item.asked}
            for run, counts_by_kind in item_counts.items():
                is_asked = bool(asking_runs) if run == "" else run in asking_runs
                counts_by_kind[coverage_item.kind].of += 1
                counts_by_kind[coverage_item.kind].asked += is_asked
                counts_by_kind[coverage_item.kind].declined += not is_asked and bool(
                    run in coverage_item.declined or (coverage_item.declined and not run)
                )
        return item_counts


def _coverage_item_start(coverage_item: CoverageItem) -> int:
    return coverage_item.start


def coverage_sections(markdown: str, title: str) -> list[CoverageSection]:
    """The headings as sections, text before the first of them as one more named by the document's title."""
    section_headings = [block for block in blocks(markdown) if block.kind == "heading" and block.headings]
    sections: list[CoverageSection] = []
    if not section_headings or markdown[: section_headings[0].start].strip():
        section_end = section_headings[0].start if section_headings else len(markdown)
        sections.append(CoverageSection(title=title, level=1, start=0, end=section_end, headings=[title]))
    section_ends = _covered_section_ends(section_headings, len(markdown))
    for heading, end in zip(section_headings, section_ends, strict=True):
        start, level, headings = heading.start, heading.level, list(heading.headings)
        sections.append(CoverageSection(title=headings[-1], level=level, start=start, end=end, headings=headings))
    return sections


def _covered_section_ends(section_headings: Sequence[Block], text_end: int) -> list[int]:
    """Where the section of each heading ends: at the next heading of its level or above."""
    section_ends = [text_end] * len(section_headings)
    open_headings: list[int] = []  # whose sections go on, their levels rising
    for heading_index, section_heading in enumerate(section_headings):
        while open_headings and section_headings[open_headings[-1]].level >= section_heading.level:
            section_ends[open_headings.pop()] = section_heading.start
        open_headings.append(heading_index)
    return section_ends
