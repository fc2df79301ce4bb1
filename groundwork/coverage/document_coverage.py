"""What the questions of several runs touch of one document: every sentence, table row and number, with who asks.

Evidence decides (groundwork.coverage.chunk_coverage). A question whose evidence is found nowhere is put, as merely
likely, to the statement of its chunk that is nearest to it by embedding; likely touches are shown, never counted as
coverage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from groundwork.coverage.chunk_coverage import coverage
from groundwork.coverage.coverage_sections import coverage_sections
from groundwork.coverage.covered_document import (
    ContradictedPart,
    CoverageItem,
    CoveredDocument,
    FigureItem,
    Kind,
    LeftOutPart,
    RunQuestion,
)
from groundwork.coverage.question_placement import CandidateStatements, FindNearestStatements, place_by_embedding
from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.runs.run_files import coverage_path_parts
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.figures import figures
from groundwork.records import Chunk, DocumentCoverage, Pair

# by chunk, [start, end) of its text and kind: why there is nothing worth asking
DeclinedInChunks = Mapping[str, Mapping[tuple[int, int, Kind], str]]
Items = dict[tuple[int, int, Kind], CoverageItem]  # by start, end and kind


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
    # Apart by run: a curated or merged run keeps its pairs' ids.
    questions_by_chunk: dict[tuple[str, str], list[int]] = {}
    for question_index, question in enumerate(questions):
        for chunk_id in question.pair.chunks:
            questions_by_chunk.setdefault((chunk_id, question.run), []).append(question_index)
    coverage_items, candidate_statements = _collect_coverage_items(
        chunk_readings, list(runs) or [""], questions, questions_by_chunk
    )
    _mark_declined_items(chunk_readings, declined or {}, coverage_items)
    figure_items = _collect_figure_items(chunk_readings, questions, questions_by_chunk)
    placed_questions = {i for item in coverage_items.values() for i in item.asked} | {
        i for figure in figure_items for i in figure.asked
    }
    place_by_embedding(questions, candidate_statements, placed_questions, find_nearest)
    return CoveredDocument(
        document_id=document,
        title=title or document,
        runs=list(runs),
        items=_merge_overlapping_statements(coverage_items.values()),
        questions=questions,
        sections=coverage_sections(markdown, title or document),
        left_out=[
            LeftOutPart(start=c.start, end=c.end, why=c.skip) for c in (r.chunk for r in chunk_readings) if c.skip
        ],
        figures=figure_items,
    )


def _collect_coverage_items(
    chunk_readings: Sequence[Reading],
    runs: Sequence[str],
    questions: list[RunQuestion],
    questions_by_chunk: Mapping[tuple[str, str], list[int]],
) -> tuple[Items, CandidateStatements]:
    """The statements and numbers of the chunks, and by question the statements of its chunks."""
    coverage_items: Items = {}
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
                figure_quote = chunk.text[figure.start : figure.end]
                asking_questions = sorted(
                    i for i in questions_of_chunk.get(chunk.id, []) if figure_quote in questions[i].pair.evidence
                )
                figure_offsets = {"start": figure.start + chunk_offset, "end": figure.end + chunk_offset}
                figure_items.append(
                    FigureItem(**figure_offsets, file=figure.file, caption=figure.caption, asked=asking_questions)
                )
    return figure_items


def _add_coverage_items(
    chunk_reading: Reading, question_indices: list[int], questions: list[RunQuestion], coverage_items: Items
) -> list[tuple[CoverageItem, str]]:
    """Add the statements and numbers of a chunk to the items, in offsets of the document; its statements, with text."""
    chunk = chunk_reading.chunk
    question_index_of = {questions[question_index].pair.id: question_index for question_index in question_indices}
    chunk_offset = chunk.start - len(chunk.added)
    statements_with_text = []
    for coverage_span in coverage(
        chunk_reading, [questions[question_index].pair for question_index in question_indices]
    ).spans:
        start, end = max(coverage_span.start + chunk_offset, chunk.start), coverage_span.end + chunk_offset
        coverage_item = coverage_items.setdefault(
            (start, end, coverage_span.kind), CoverageItem(start=start, end=end, kind=coverage_span.kind)
        )
        coverage_item.asked = sorted(
            {*coverage_item.asked, *(question_index_of[pair] for pair in coverage_span.touched_by)}
        )
        if coverage_span.kind != "number":
            statements_with_text.append((coverage_item, chunk.text[coverage_span.start : coverage_span.end]))
    return statements_with_text


def _mark_declined_items(
    chunk_readings: Sequence[Reading], declined: Mapping[str, DeclinedInChunks], coverage_items: Items
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


def asked_pairs(files_by_run: Mapping[str, str]) -> tuple[dict[str, list[Pair]], int]:
    """The pairs of each run that have a question, and how many have none."""
    pairs_by_run = {run: list(read_jsonl(Path(pair_file), Pair)) for run, pair_file in files_by_run.items()}
    asked_by_run = {run: [pair for pair in pairs if pair.question.strip()] for run, pairs in pairs_by_run.items()}
    return asked_by_run, sum(map(len, pairs_by_run.values())) - sum(map(len, asked_by_run.values()))


def read_coverage_records(data: Workspace, document: str, runs: Iterable[str]) -> dict[str, DocumentCoverage]:
    """What each run's own coverage file says, by run, where there is one."""
    coverage_files = {run: data.path(*coverage_path_parts(run, document)) for run in runs}
    return {run: read_json(file, DocumentCoverage) for run, file in coverage_files.items() if file.exists()}
