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
            asking_runs = {self.questions[question_index].run for question_index in coverage_item.asked}
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


def coverage_sections(markdown: str, title: str) -> list[CoverageSection]:
    """The headings as sections, text before the first of them as one more named by the document's title."""
    section_headings: list[Block] = [block for block in blocks(markdown) if block.kind == "heading" and block.headings]
    covered_sections = []
    if not section_headings or markdown[: section_headings[0].start].strip():
        section_end = section_headings[0].start if section_headings else len(markdown)
        covered_sections.append(CoverageSection(title=title, level=1, start=0, end=section_end, headings=[title]))
    section_ends = _section_ends(section_headings, len(markdown))
    for heading, section_end in zip(section_headings, section_ends, strict=True):
        headings, level = list(heading.headings), heading.level
        covered_sections.append(
            CoverageSection(title=headings[-1], level=level, start=heading.start, end=section_end, headings=headings)
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


def place_by_embedding(
    questions: list[RunQuestion],
    candidate_statements: CandidateStatements,
    placed: set[int],
    find_nearest: FindNearestStatements,
) -> None:
    """Put each question that touches nothing to the nearest statement of its chunks, where there is one."""
    # by their statements, so that these are embedded once
    questions_by_statements: dict[tuple[int, ...], list[int]] = {}
    for question_index, question in enumerate(questions):
        if question_index not in placed:
            question.placed = False  # as it stays where its chunk is gone: chunked anew since it was asked
            statement_ids = tuple(id(item) for item, _ in candidate_statements.get(question_index, []))
            questions_by_statements.setdefault(statement_ids, []).append(question_index)
    for statement_ids, question_indices in questions_by_statements.items():
        if statement_ids:
            chunk_statements = candidate_statements[question_indices[0]]
            _place_at_nearest(questions, question_indices, chunk_statements, find_nearest)


def _place_at_nearest(
    questions: list[RunQuestion],
    question_indices: list[int],
    chunk_statements: list[tuple[CoverageItem, str]],
    find_nearest: FindNearestStatements,
) -> None:
    question_texts = [f"{questions[i].pair.question} {questions[i].pair.answer}" for i in question_indices]
    nearest_statements = find_nearest(question_texts, [statement_text for _, statement_text in chunk_statements])
    for question_index, statement_index in zip(question_indices, nearest_statements, strict=True):
        questions[question_index].placed = statement_index >= 0
        if statement_index >= 0:
            chunk_statements[statement_index][0].likely.append(question_index)


def unplaced_warnings(pairs: Sequence[Pair], chunk_ids: set[str]) -> list[str]:
    """Why pairs stand nowhere on the page: their chunk is gone, or they rest on no statement of it."""
    gone_chunk_count = sum(chunk_ids.isdisjoint(pair.chunks) for pair in pairs)
    placement_warnings = []
    if gone_chunk_count:
        placement_warnings.append(
            f"{counted(gone_chunk_count, 'question')} could not be placed on the text; was it chunked again?"
        )
    if groundless_pair_count := len(pairs) - gone_chunk_count:
        placement_warnings.append(
            f"{counted(groundless_pair_count, 'question')} could not be placed: the evidence is a heading or the lead "
            "of a list, which are no statements"
        )
    return placement_warnings


def collect_coverage(
    document: str,
    title: str,
    markdown: str,
    chunk_readings: Sequence[Reading],
    runs: dict[str, list[Pair]],
    find_nearest: FindNearestStatements,
    declined: Mapping[str, DeclinedInChunks] | None = None,
) -> CoveredDocument:
    """Everything that `runs` (pairs by run) ask about `markdown`, whose chunks hold the pairs' evidence.

    `declined`: by run what its model found nothing worth asking in.
    """
    questions = [RunQuestion(run=run, pair=pair) for run, pairs in runs.items() for pair in pairs]
    questions_by_chunk = _questions_by_chunk(questions)
    coverage_items, candidate_statements = _collect_coverage_items(
        chunk_readings, list(runs) or [""], questions, questions_by_chunk
    )
    _mark_declined_items(chunk_readings, declined or {}, coverage_items)
    figure_items = _collect_figure_items(chunk_readings, questions, questions_by_chunk)
    asked_items: list[CoverageItem | FigureItem] = [*coverage_items.values(), *figure_items]
    placed_questions = {question_index for item in asked_items for question_index in item.asked}
    place_by_embedding(questions, candidate_statements, placed_questions, find_nearest)
    skipped_chunks = [chunk_reading.chunk for chunk_reading in chunk_readings if chunk_reading.chunk.skip]
    return CoveredDocument(
        document_id=document,
        title=title or document,
        runs=list(runs),
        items=_merge_overlapping_statements(coverage_items.values()),
        questions=questions,
        sections=coverage_sections(markdown, title or document),
        left_out=[LeftOutPart(start=chunk.start, end=chunk.end, why=chunk.skip) for chunk in skipped_chunks],
        figures=figure_items,
    )


def _questions_by_chunk(questions: Sequence[RunQuestion]) -> dict[tuple[str, str], list[int]]:
    """Their indices by chunk and run: apart by run, since a curated or merged run keeps its pairs' ids."""
    questions_by_chunk: dict[tuple[str, str], list[int]] = {}
    for question_index, question in enumerate(questions):
        for chunk_id in question.pair.chunks:
            questions_by_chunk.setdefault((chunk_id, question.run), []).append(question_index)
    return questions_by_chunk


def _collect_coverage_items(
    chunk_readings: Sequence[Reading],
    runs: Sequence[str],
    questions: list[RunQuestion],
    questions_by_chunk: Mapping[tuple[str, str], list[int]],
) -> tuple[ItemsBySpan, CandidateStatements]:
    """The statements and numbers of the chunks, and by question the statements of its chunks."""
    coverage_items: ItemsBySpan = {}
    candidate_statements: CandidateStatements = {}
    for chunk_reading in chunk_readings:
        for run in runs:
            question_indices = questions_by_chunk.get((chunk_reading.chunk.id, run), [])
            if question_indices or not chunk_reading.chunk.skip:
                chunk_statements = _add_coverage_items(chunk_reading, question_indices, questions, coverage_items)
                for question_index in question_indices:
                    candidate_statements.setdefault(question_index, []).extend(chunk_statements)
    return coverage_items, candidate_statements


def _collect_figure_items(
    chunk_readings: Sequence[Reading],
    questions: Sequence[RunQuestion],
    questions_by_chunk: Mapping[tuple[str, str], Sequence[int]],
) -> list[FigureItem]:
    """The figures of the chunks, in offsets of the document."""
    questions_of_chunk: dict[str, list[int]] = {}
    for (chunk_id, _), question_indices in questions_by_chunk.items():
        questions_of_chunk.setdefault(chunk_id, []).extend(question_indices)
    figure_items = []
    for chunk in (chunk_reading.chunk for chunk_reading in chunk_readings):
        chunk_offset = chunk.start - len(chunk.added)
        for figure in figures(chunk.text, chunk.document) if chunk.figures else ():
            if figure.start >= len(chunk.added):
                quote, chunk_questions = chunk.text[figure.start : figure.end], questions_of_chunk.get(chunk.id, [])
                asked = sorted(i for i in chunk_questions if quote in questions[i].pair.evidence)
                start, end = figure.start + chunk_offset, figure.end + chunk_offset
                figure_items.append(
                    FigureItem(start=start, end=end, file=figure.file, caption=figure.caption, asked=asked)
                )
    return figure_items


def _add_coverage_items(
    chunk_reading: Reading, question_indices: list[int], questions: list[RunQuestion], coverage_items: ItemsBySpan
) -> list[tuple[CoverageItem, str]]:
    """Add the statements and numbers of a chunk to the items, in offsets of the document; its statements, with text."""
    chunk = chunk_reading.chunk
    asking_pairs = {question_index: questions[question_index].pair for question_index in question_indices}
    question_index_of = {pair.id: question_index for question_index, pair in asking_pairs.items()}
    chunk_offset = chunk.start - len(chunk.added)
    statements_with_text = []
    for coverage_span in coverage(chunk_reading, list(asking_pairs.values())).spans:
        start, end = max(coverage_span.start + chunk_offset, chunk.start), coverage_span.end + chunk_offset
        coverage_item = coverage_items.setdefault(
            (start, end, coverage_span.kind), CoverageItem(start=start, end=end, kind=coverage_span.kind)
        )
        span_questions = {question_index_of[pair_id] for pair_id in coverage_span.touched_by}
        coverage_item.asked = sorted({*coverage_item.asked, *span_questions})
        if coverage_span.kind != "number":
            statements_with_text.append((coverage_item, chunk.text[coverage_span.start : coverage_span.end]))
    return statements_with_text


def _mark_declined_items(
    chunk_readings: Sequence[Reading], declined: Mapping[str, DeclinedInChunks], coverage_items: ItemsBySpan
) -> None:
    """Note at each of `coverage_items` which runs declined it."""
    for chunk in (chunk_reading.chunk for chunk_reading in chunk_readings):
        chunk_offset = chunk.start - len(chunk.added)
        for run, declined_by_chunk in declined.items():
            for (start, end, kind), declined_reason in declined_by_chunk.get(chunk.id, {}).items():
                if coverage_item := coverage_items.get(
                    (max(start + chunk_offset, chunk.start), end + chunk_offset, kind)
                ):
                    coverage_item.declined = {**coverage_item.declined, run: declined_reason}


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
    chunk_spans = [span for chunk in chunks for span in chunk.spans]
    figures_asked = [bool(figure.asked_by) for chunk in chunks for figure in chunk.figures or ()]
    figure_count = FigureCount(of=len(figures_asked), asked=sum(figures_asked)) if figures_asked else msgspec.UNSET
    return DocumentCoverage(
        document=document, chunks=list(chunks), figures=figure_count, **coverage_shares(chunk_spans)
    )


def check_chunks_match(markdown: str, markdown_file: Path, chunks: Sequence[Chunk]) -> None:
    """Raise BadRecord where the chunks are not of this text, or not of all of it: what is covered would be counted at
    other places, or text that was added would count as nothing."""
    chunks_end = 0
    for chunk in chunks:
        if chunk.added + markdown[chunk.start : chunk.end] + chunk.closing != chunk.text:
            raise _changed_since_chunking(markdown_file, f"chunk {chunk.index + 1} stands elsewhere or nowhere")
        if markdown[chunks_end : chunk.start].strip():
            raise _changed_since_chunking(markdown_file, f"the text before chunk {chunk.index + 1} is in no chunk")
        chunks_end = max(chunks_end, chunk.end)
    if chunks and markdown[chunks_end:].strip():
        raise _changed_since_chunking(markdown_file, "the text behind the last chunk is in no chunk")


def _changed_since_chunking(text_file: Path, reason: str) -> BadRecord:
    return BadRecord(
        f"{text_file.name}: changed since it was chunked ({reason}); "
        "run first: uv run dataprep/chunk.py and uv run dataprep/generate_qa.py"
    )


def declined_statements(records: Mapping[str, DocumentCoverage]) -> dict[str, DeclinedInChunks]:
    """What the model of each run found nothing worth asking in."""
    return {
        run: {
            chunk.chunk: {(span.start, span.end, span.kind): span.declined for span in chunk.spans if span.declined}
            for chunk in record.chunks
        }
        for run, record in records.items()
    }


def contradicted_parts(
    records: Mapping[str, DocumentCoverage], chunk_readings: Iterable[Reading]
) -> list[ContradictedPart]:
    """The contradictions that each run noted and whose chunk there still is."""
    chunk_starts = {chunk_reading.chunk.id: chunk_reading.chunk.start for chunk_reading in chunk_readings}
    return [
        ContradictedPart(run=run, start=chunk_starts[contradiction.chunk], text=contradiction.text)
        for run, record in records.items()
        for contradiction in record.contradictions
        if contradiction.chunk in chunk_starts
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
