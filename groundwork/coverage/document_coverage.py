"""What the questions of several runs touch of one document: every sentence, table row and number, with who asks.

Evidence decides (groundwork.coverage.chunk_coverage). A question whose evidence is found nowhere is put, as merely
likely, to the statement of its chunk that is nearest to it by embedding; likely touches are shown, never counted as
coverage.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from groundwork.coverage.chunk_coverage import coverage, coverage_shares
from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.runs.run_files import coverage_path_parts
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord
from groundwork.markdown.blocks import Block, blocks
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.figures import figures
from groundwork.message_wording import counted
from groundwork.records import Chunk, Coverage, DocumentCoverage, FigureCount, Pair

Kind = Literal["sentence", "row", "number"]
KINDS: tuple[Kind, ...] = ("sentence", "row", "number")
# (questions, statements) -> for each question the index of the statement it is about, or -1
FindNearestStatements = Callable[[list[str], list[str]], list[int]]
# by chunk, [start, end) of its text and kind: why there is nothing worth asking
DeclinedInChunks = Mapping[str, Mapping[tuple[int, int, Kind], str]]


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


ItemsBySpan = dict[tuple[int, int, Kind], CoverageItem]  # by start, end and kind
# by question the statements that it may be about, with their text
CandidateStatements = dict[int, list[tuple[CoverageItem, str]]]


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
        coverage_counts: CountsByRunAndKind = {
            run: {kind: CoverageCount() for kind in KINDS} for run in ["", *self.runs]
        }
        for coverage_item in self.items[first_item:last_item]:
            asking_runs = {self.questions[covering_index].run for covering_index in coverage_item.asked}
            for run, counts_by_kind in coverage_counts.items():
                is_asked = bool(asking_runs) if run == "" else run in asking_runs
                counts_by_kind[coverage_item.kind].of += 1
                counts_by_kind[coverage_item.kind].asked += is_asked
                counts_by_kind[coverage_item.kind].declined += not is_asked and bool(
                    run in coverage_item.declined or (coverage_item.declined and not run)
                )
        return coverage_counts


def _coverage_item_start(coverage_item: CoverageItem) -> int:
    return coverage_item.start


def coverage_sections(covered_text: str, title: str) -> list[CoverageSection]:
    """The headings as sections, text before the first of them as one more named by the document's title."""
    coverage_headings = [block for block in blocks(covered_text) if block.kind == "heading" and block.headings]
    covered_sections = []
    if not coverage_headings or covered_text[: coverage_headings[0].start].strip():
        section_end = coverage_headings[0].start if coverage_headings else len(covered_text)
        covered_sections.append(CoverageSection(title=title, level=1, start=0, end=section_end, headings=[title]))
    covered_ends = _section_ends(coverage_headings, len(covered_text))
    for heading, section_end in zip(coverage_headings, covered_ends, strict=True):
        headings, level = list(heading.headings), heading.level
        covered_sections.append(
            CoverageSection(title=headings[-1], level=level, start=heading.start, end=section_end, headings=headings)
        )
    return covered_sections


def _section_ends(coverage_headings: Sequence[Block], text_end: int) -> list[int]:
    """Where the section of each heading ends: at the next heading of its level or above."""
    covered_ends = [text_end] * len(coverage_headings)
    open_coverage_headings: list[int] = []  # whose sections go on, their levels rising
    for heading_index, coverage_heading in enumerate(coverage_headings):
        while open_coverage_headings and coverage_headings[open_coverage_headings[-1]].level >= coverage_heading.level:
            covered_ends[open_coverage_headings.pop()] = coverage_heading.start
        open_coverage_headings.append(heading_index)
    return covered_ends


def place_by_embedding(
    covering: list[RunQuestion],
    coverage_candidates: CandidateStatements,
    placed: set[int],
    find_nearest: FindNearestStatements,
) -> None:
    """Put each question that touches nothing to the nearest statement of its chunks, where there is one."""
    # by their statements, so that these are embedded once
    covering_by_statements: dict[tuple[int, ...], list[int]] = {}
    for covering_index, question in enumerate(covering):
        if covering_index not in placed:
            question.placed = False  # as it stays where its chunk is gone: chunked anew since it was asked
            coverage_ids = tuple(id(item) for item, _ in coverage_candidates.get(covering_index, []))
            covering_by_statements.setdefault(coverage_ids, []).append(covering_index)
    for coverage_ids, covering_indices in covering_by_statements.items():
        if coverage_ids:
            coverage_statements = coverage_candidates[covering_indices[0]]
            _place_at_nearest(covering, covering_indices, coverage_statements, find_nearest)


def _place_at_nearest(
    covering: list[RunQuestion],
    covering_indices: list[int],
    coverage_statements: list[tuple[CoverageItem, str]],
    find_nearest: FindNearestStatements,
) -> None:
    question_texts = [f"{covering[i].pair.question} {covering[i].pair.answer}" for i in covering_indices]
    nearest_statements = find_nearest(question_texts, [statement_text for _, statement_text in coverage_statements])
    for covering_index, statement_index in zip(covering_indices, nearest_statements, strict=True):
        covering[covering_index].placed = statement_index >= 0
        if statement_index >= 0:
            coverage_statements[statement_index][0].likely.append(covering_index)


def unplaced_warnings(pairs: Sequence[Pair], chunk_ids: set[str]) -> list[str]:
    """Why pairs stand nowhere on the page: their chunk is gone, or they rest on no statement of it."""
    gone_chunk_count = sum(chunk_ids.isdisjoint(pair.chunks) for pair in pairs)
    coverage_warnings = []
    if gone_chunk_count:
        coverage_warnings.append(
            f"{counted(gone_chunk_count, 'question')} could not be placed on the text; was it chunked again?"
        )
    if uncovered_count := len(pairs) - gone_chunk_count:
        coverage_warnings.append(
            f"{counted(uncovered_count, 'question')} could not be placed: the evidence is a heading or the lead "
            "of a list, which are no statements"
        )
    return coverage_warnings


def collect_coverage(
    document: str,
    title: str,
    covered_text: str,
    covered_readings: Sequence[Reading],
    runs: dict[str, list[Pair]],
    find_nearest: FindNearestStatements,
    declined: Mapping[str, DeclinedInChunks] | None = None,
) -> CoveredDocument:
    """Everything that `runs` (pairs by run) ask about `covered_text`, whose chunks hold the pairs' evidence.

    `declined`: by run what its model found nothing worth asking in.
    """
    covering = [RunQuestion(run=run, pair=pair) for run, pairs in runs.items() for pair in pairs]
    covering_by_chunk = _questions_by_chunk(covering)
    coverage_items, coverage_candidates = _collect_coverage_items(
        covered_readings, list(runs) or [""], covering, covering_by_chunk
    )
    _mark_declined_items(covered_readings, declined or {}, coverage_items)
    coverage_figures = _collect_figure_items(covered_readings, covering, covering_by_chunk)
    asked_coverage_items: list[CoverageItem | FigureItem] = [*coverage_items.values(), *coverage_figures]
    placed_questions = {covering_index for item in asked_coverage_items for covering_index in item.asked}
    place_by_embedding(covering, coverage_candidates, placed_questions, find_nearest)
    skipped_chunks = [covered_reading.chunk for covered_reading in covered_readings if covered_reading.chunk.skip]
    return CoveredDocument(
        document_id=document,
        title=title or document,
        runs=list(runs),
        items=_merge_overlapping_statements(coverage_items.values()),
        questions=covering,
        sections=coverage_sections(covered_text, title or document),
        left_out=[LeftOutPart(start=covered.start, end=covered.end, why=covered.skip) for covered in skipped_chunks],
        figures=coverage_figures,
    )


def _questions_by_chunk(covering: Sequence[RunQuestion]) -> dict[tuple[str, str], list[int]]:
    """Their indices by chunk and run: apart by run, since a curated or merged run keeps its pairs' ids."""
    covering_by_chunk: dict[tuple[str, str], list[int]] = {}
    for covering_index, question in enumerate(covering):
        for chunk_id in question.pair.chunks:
            covering_by_chunk.setdefault((chunk_id, question.run), []).append(covering_index)
    return covering_by_chunk


def _collect_coverage_items(
    covered_readings: Sequence[Reading],
    runs: Sequence[str],
    covering: list[RunQuestion],
    covering_by_chunk: Mapping[tuple[str, str], list[int]],
) -> tuple[ItemsBySpan, CandidateStatements]:
    """The statements and numbers of the chunks, and by question the statements of its chunks."""
    coverage_items: ItemsBySpan = {}
    coverage_candidates: CandidateStatements = {}
    for covered_reading in covered_readings:
        for run in runs:
            covering_indices = covering_by_chunk.get((covered_reading.chunk.id, run), [])
            if covering_indices or not covered_reading.chunk.skip:
                coverage_statements = _add_coverage_items(covered_reading, covering_indices, covering, coverage_items)
                for covering_index in covering_indices:
                    coverage_candidates.setdefault(covering_index, []).extend(coverage_statements)
    return coverage_items, coverage_candidates


def _collect_figure_items(
    covered_readings: Sequence[Reading],
    covering: Sequence[RunQuestion],
    covering_by_chunk: Mapping[tuple[str, str], Sequence[int]],
) -> list[FigureItem]:
    """The figures of the chunks, in offsets of the document."""
    questions_of_chunk: dict[str, list[int]] = {}
    for (chunk_id, _), covering_indices in covering_by_chunk.items():
        questions_of_chunk.setdefault(chunk_id, []).extend(covering_indices)
    coverage_figures = []
    for covered in (covered_reading.chunk for covered_reading in covered_readings):
        covered_offset = covered.start - len(covered.added)
        for figure in figures(covered.text, covered.document) if covered.figures else ():
            if figure.start >= len(covered.added):
                quote, chunk_questions = covered.text[figure.start : figure.end], questions_of_chunk.get(covered.id, ())
                asked = sorted(i for i in chunk_questions if quote in covering[i].pair.evidence)
                start, end = figure.start + covered_offset, figure.end + covered_offset
                coverage_figures.append(
                    FigureItem(start=start, end=end, file=figure.file, caption=figure.caption, asked=asked)
                )
    return coverage_figures


def _add_coverage_items(
    covered_reading: Reading, covering_indices: list[int], covering: list[RunQuestion], coverage_items: ItemsBySpan
) -> list[tuple[CoverageItem, str]]:
    """Add the statements and numbers of a chunk to the items, in offsets of the document; its statements, with text."""
    covered = covered_reading.chunk
    asking_pairs = {covering_index: covering[covering_index].pair for covering_index in covering_indices}
    question_index_of = {pair.id: covering_index for covering_index, pair in asking_pairs.items()}
    covered_offset = covered.start - len(covered.added)
    statements_with_text = []
    for coverage_span in coverage(covered_reading, list(asking_pairs.values())).spans:
        start, end = max(coverage_span.start + covered_offset, covered.start), coverage_span.end + covered_offset
        coverage_item = coverage_items.setdefault(
            (start, end, coverage_span.kind), CoverageItem(start=start, end=end, kind=coverage_span.kind)
        )
        span_questions = {question_index_of[pair_id] for pair_id in coverage_span.touched_by}
        coverage_item.asked = sorted({*coverage_item.asked, *span_questions})
        if coverage_span.kind != "number":
            statements_with_text.append((coverage_item, covered.text[coverage_span.start : coverage_span.end]))
    return statements_with_text


def _mark_declined_items(
    covered_readings: Sequence[Reading], declined: Mapping[str, DeclinedInChunks], coverage_items: ItemsBySpan
) -> None:
    """Note at each of `coverage_items` which runs declined it."""
    for covered in (covered_reading.chunk for covered_reading in covered_readings):
        covered_offset = covered.start - len(covered.added)
        for run, declined_by_chunk in declined.items():
            for (start, end, kind), uncovered_reason in declined_by_chunk.get(covered.id, {}).items():
                if coverage_item := coverage_items.get(
                    (max(start + covered_offset, covered.start), end + covered_offset, kind)
                ):
                    coverage_item.declined = {**coverage_item.declined, run: uncovered_reason}


def _merge_overlapping_statements(coverage_items: Iterable[CoverageItem]) -> list[CoverageItem]:
    """The items in order; of two statements that overlap (two chunks cut one sentence) the longer takes both's."""
    merged_statements: list[CoverageItem] = []
    number_items: list[CoverageItem] = []
    for coverage_item in sorted(coverage_items, key=lambda p: (p.start, -p.end)):
        if coverage_item.kind == "number":
            number_items.append(coverage_item)
        elif merged_statements and coverage_item.start < merged_statements[-1].end:
            previous_statement = merged_statements[-1]
            previous_statement.asked = sorted({*previous_statement.asked, *coverage_item.asked})
            previous_statement.likely = sorted({*previous_statement.likely, *coverage_item.likely})
            previous_statement.declined = {
                run: why for run, why in previous_statement.declined.items() if run in coverage_item.declined
            }
            previous_statement.end = max(previous_statement.end, coverage_item.end)
        else:
            merged_statements.append(coverage_item)
    return sorted([*merged_statements, *number_items], key=lambda p: (p.start, -p.end))


def document_coverage(document: str, chunks: Sequence[Coverage]) -> DocumentCoverage:
    """The coverage of all chunks taken together."""
    coverage_spans = [span for covered in chunks for span in covered.spans]
    figures_asked = [bool(figure.asked_by) for covered in chunks for figure in covered.figures or ()]
    figure_count = FigureCount(of=len(figures_asked), asked=sum(figures_asked)) if figures_asked else msgspec.UNSET
    return DocumentCoverage(
        document=document, chunks=list(chunks), figures=figure_count, **coverage_shares(coverage_spans)
    )


def check_chunks_match(covered_text: str, markdown_file: Path, chunks: Sequence[Chunk]) -> None:
    """Raise BadRecord where the chunks are not of this text, or not of all of it: what is covered would be counted at
    other places, or text that was added would count as nothing."""
    chunks_end = 0
    for covered in chunks:
        if covered.added + covered_text[covered.start : covered.end] + covered.closing != covered.text:
            raise _changed_since_chunking(markdown_file, f"chunk {covered.index + 1} stands elsewhere or nowhere")
        if covered_text[chunks_end : covered.start].strip():
            raise _changed_since_chunking(markdown_file, f"the text before chunk {covered.index + 1} is in no chunk")
        chunks_end = max(chunks_end, covered.end)
    if chunks and covered_text[chunks_end:].strip():
        raise _changed_since_chunking(markdown_file, "the text behind the last chunk is in no chunk")


def _changed_since_chunking(text_file: Path, reason: str) -> BadRecord:
    return BadRecord(
        f"{text_file.name}: changed since it was chunked ({reason}); "
        "run first: uv run dataprep/chunk.py and uv run dataprep/generate_qa.py"
    )


def declined_statements(coverage_records: Mapping[str, DocumentCoverage]) -> dict[str, DeclinedInChunks]:
    """What the model of each run found nothing worth asking in."""
    return {
        run: {
            covered.chunk: {(span.start, span.end, span.kind): span.declined for span in covered.spans if span.declined}
            for covered in record.chunks
        }
        for run, record in coverage_records.items()
    }


def contradicted_parts(
    coverage_records: Mapping[str, DocumentCoverage], covered_readings: Iterable[Reading]
) -> list[ContradictedPart]:
    """The contradictions that each run noted and whose chunk there still is."""
    chunk_starts = {covered_reading.chunk.id: covered_reading.chunk.start for covered_reading in covered_readings}
    return [
        ContradictedPart(run=run, start=chunk_starts[covered_contradiction.chunk], text=covered_contradiction.text)
        for run, record in coverage_records.items()
        for covered_contradiction in record.contradictions
        if covered_contradiction.chunk in chunk_starts
    ]


def asked_pairs(asked_files: Mapping[str, str]) -> tuple[dict[str, list[Pair]], int]:
    """The pairs of each run that have a question, and how many have none."""
    pairs_by_run = {run: list(read_jsonl(Path(pair_file), Pair)) for run, pair_file in asked_files.items()}
    asked_by_run = {run: [pair for pair in pairs if pair.question.strip()] for run, pairs in pairs_by_run.items()}
    return asked_by_run, sum(map(len, pairs_by_run.values())) - sum(map(len, asked_by_run.values()))


def read_coverage_records(data: Workspace, document: str, runs: Iterable[str]) -> dict[str, DocumentCoverage]:
    """What each run's own coverage file says, by run, where there is one."""
    coverage_files = {run: data.path(*coverage_path_parts(run, document)) for run in runs}
    return {run: read_json(file, DocumentCoverage) for run, file in coverage_files.items() if file.exists()}
