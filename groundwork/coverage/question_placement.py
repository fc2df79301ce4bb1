"""The placement of questions on their document: the sentences, table rows and numbers that those of each run touch.

Evidence decides (groundwork.coverage.chunk_coverage). A question whose evidence is found nowhere is put, as merely
likely, to the statement of its chunk that is nearest to it by embedding; likely touches are shown, never counted as
coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from groundwork.coverage.chunk_coverage import coverage
from groundwork.coverage.covered_document import (
    CoverageItem,
    CoveredDocument,
    FigureItem,
    Kind,
    LeftOutPart,
    RunQuestion,
    coverage_sections,
)
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.figures import figures
from groundwork.records import Pair

# (questions, statements) -> for each question the index of the statement it is about, or -1
FindNearestStatements = Callable[[list[str], list[str]], list[int]]
# by chunk, [start, end) of its text and kind: why there is nothing worth asking
DeclinedInChunks = Mapping[str, Mapping[tuple[int, int, Kind], str]]
ItemsBySpan = dict[tuple[int, int, Kind], CoverageItem]  # by start, end and kind
# by question the statements that it may be about, with their text
CandidateStatements = dict[int, list[tuple[CoverageItem, str]]]


def _place_by_embedding(
    questions_to_place: list[RunQuestion],
    candidate_statements: CandidateStatements,
    placed: set[int],
    find_nearest: FindNearestStatements,
) -> None:
    """Put each question that touches nothing to the nearest statement of its chunks, where there is one."""
    # by their statements, so that these are embedded once
    questions_by_statements: dict[tuple[int, ...], list[int]] = {}
    for question_index, question in enumerate(questions_to_place):
        if question_index not in placed:
            question.placed = False  # as it stays where its chunk is gone: chunked anew since it was asked
            statement_ids = tuple(id(item) for item, _ in candidate_statements.get(question_index, []))
            questions_by_statements.setdefault(statement_ids, []).append(question_index)
    for statement_ids, question_indices in questions_by_statements.items():
        if statement_ids:
            placed_statements = candidate_statements[question_indices[0]]
            _place_at_nearest(questions_to_place, question_indices, placed_statements, find_nearest)


def _place_at_nearest(
    questions_to_place: list[RunQuestion],
    question_indices: list[int],
    placed_statements: list[tuple[CoverageItem, str]],
    find_nearest: FindNearestStatements,
) -> None:
    pairs_to_place = (questions_to_place[i].pair for i in question_indices)
    question_texts = [f"{pair.question} {pair.answer}" for pair in pairs_to_place]
    nearest_statements = find_nearest(question_texts, [statement_text for _, statement_text in placed_statements])
    for question_index, statement_index in zip(question_indices, nearest_statements, strict=True):
        questions_to_place[question_index].placed = statement_index >= 0
        if statement_index >= 0:
            placed_statements[statement_index][0].likely.append(question_index)


def place_questions(
    document: str,
    title: str,
    covered_text: str,
    readings: Sequence[Reading],
    runs: dict[str, list[Pair]],
    find_nearest: FindNearestStatements,
    declined: Mapping[str, DeclinedInChunks] | None = None,
) -> CoveredDocument:
    """Everything that `runs` (pairs by run) ask about `covered_text`, whose chunks hold the pairs' evidence.

    `declined`: by run what its model found nothing worth asking in.
    """
    questions = [RunQuestion(run=run, pair=pair) for run, pairs in runs.items() for pair in pairs]
    questions_by_chunk = _questions_by_chunk(questions)
    placed_items, candidates = _place_on_statements(readings, list(runs) or [""], questions, questions_by_chunk)
    _mark_declined_items(readings, declined or {}, placed_items)
    placed_figures = _place_on_figures(readings, questions, questions_by_chunk)
    asked_items: list[CoverageItem | FigureItem] = [*placed_items.values(), *placed_figures]
    placed_questions = {question_index for item in asked_items for question_index in item.asked}
    _place_by_embedding(questions, candidates, placed_questions, find_nearest)
    skipped_chunks = [reading.chunk for reading in readings if reading.chunk.skip]
    return CoveredDocument(
        document_id=document,
        title=title or document,
        runs=list(runs),
        items=_merge_overlapping_statements(placed_items.values()),
        questions=questions,
        sections=coverage_sections(covered_text, title or document),
        left_out=[LeftOutPart(start=chunk.start, end=chunk.end, why=chunk.skip) for chunk in skipped_chunks],
        figures=placed_figures,
    )


def _questions_by_chunk(questions_to_place: Sequence[RunQuestion]) -> dict[tuple[str, str], list[int]]:
    """Their indices by chunk and run: apart by run, since a curated or merged run keeps its pairs' ids."""
    questions_by_chunk: dict[tuple[str, str], list[int]] = {}
    for question_index, question in enumerate(questions_to_place):
        for chunk_id in question.pair.chunks:
            questions_by_chunk.setdefault((chunk_id, question.run), []).append(question_index)
    return questions_by_chunk


def _place_on_statements(
    readings: Sequence[Reading],
    runs: Sequence[str],
    questions_to_place: list[RunQuestion],
    questions_by_chunk: Mapping[tuple[str, str], list[int]],
) -> tuple[ItemsBySpan, CandidateStatements]:
    """The statements and numbers of the chunks, and by question the statements of its chunks."""
    placed_items: ItemsBySpan = {}
    candidate_statements: CandidateStatements = {}
    for reading in readings:
        for run in runs:
            question_indices = questions_by_chunk.get((reading.chunk.id, run), [])
            if question_indices or not reading.chunk.skip:
                placed_statements = _place_on_chunk(reading, question_indices, questions_to_place, placed_items)
                for question_index in question_indices:
                    candidate_statements.setdefault(question_index, []).extend(placed_statements)
    return placed_items, candidate_statements


def _place_on_figures(
    readings: Sequence[Reading],
    questions_to_place: Sequence[RunQuestion],
    questions_by_chunk: Mapping[tuple[str, str], Sequence[int]],
) -> list[FigureItem]:
    """The figures of the chunks, in offsets of the document."""
    questions_of_chunk: dict[str, list[int]] = {}
    for (chunk_id, _), question_indices in questions_by_chunk.items():
        questions_of_chunk.setdefault(chunk_id, []).extend(question_indices)
    placed = []
    for chunk in (reading.chunk for reading in readings):
        chunk_offset, chunk_questions = chunk.start - len(chunk.added), questions_of_chunk.get(chunk.id, ())
        chunk_figures = figures(chunk.text, chunk.document) if chunk.figures else ()
        for figure in (chunk_figure for chunk_figure in chunk_figures if chunk_figure.start >= len(chunk.added)):
            quote = chunk.text[figure.start : figure.end]
            asked = sorted(i for i in chunk_questions if quote in questions_to_place[i].pair.evidence)
            start, end = figure.start + chunk_offset, figure.end + chunk_offset
            placed.append(FigureItem(start=start, end=end, file=figure.file, caption=figure.caption, asked=asked))
    return placed


def _place_on_chunk(
    reading: Reading, question_indices: list[int], questions_to_place: list[RunQuestion], placed_items: ItemsBySpan
) -> list[tuple[CoverageItem, str]]:
    """Add the statements and numbers of a chunk to the items, in offsets of the document; its statements, with text."""
    chunk = reading.chunk
    asking_pairs = {question_index: questions_to_place[question_index].pair for question_index in question_indices}
    question_index_of = {pair.id: question_index for question_index, pair in asking_pairs.items()}
    chunk_offset = chunk.start - len(chunk.added)
    statements_with_text = []
    for placed_span in coverage(reading, list(asking_pairs.values())).spans:
        start, end = max(placed_span.start + chunk_offset, chunk.start), placed_span.end + chunk_offset
        placed_item = placed_items.setdefault(
            (start, end, placed_span.kind), CoverageItem(start=start, end=end, kind=placed_span.kind)
        )
        span_questions = {question_index_of[pair_id] for pair_id in placed_span.touched_by}
        placed_item.asked = sorted({*placed_item.asked, *span_questions})
        if placed_span.kind != "number":
            statements_with_text.append((placed_item, chunk.text[placed_span.start : placed_span.end]))
    return statements_with_text


def _mark_declined_items(
    readings: Sequence[Reading], declined: Mapping[str, DeclinedInChunks], placed_items: ItemsBySpan
) -> None:
    """Note at each of `placed_items` which runs declined it."""
    for chunk in (reading.chunk for reading in readings):
        chunk_offset = chunk.start - len(chunk.added)
        for run, declined_by_chunk in declined.items():
            for (start, end, kind), declined_reason in declined_by_chunk.get(chunk.id, {}).items():
                if placed_item := placed_items.get((max(start + chunk_offset, chunk.start), end + chunk_offset, kind)):
                    placed_item.declined = {**placed_item.declined, run: declined_reason}


def _merge_overlapping_statements(placed_items: Iterable[CoverageItem]) -> list[CoverageItem]:
    """The items in order; of two statements that overlap (two chunks cut one sentence) the longer takes both's."""
    merged_statements: list[CoverageItem] = []
    number_items: list[CoverageItem] = []
    for placed_item in sorted(placed_items, key=lambda p: (p.start, -p.end)):
        if placed_item.kind == "number":
            number_items.append(placed_item)
        elif merged_statements and placed_item.start < merged_statements[-1].end:
            previous_statement = merged_statements[-1]
            previous_statement.asked = sorted({*previous_statement.asked, *placed_item.asked})
            previous_statement.likely = sorted({*previous_statement.likely, *placed_item.likely})
            previous_statement.declined = {
                run: why for run, why in previous_statement.declined.items() if run in placed_item.declined
            }
            previous_statement.end = max(previous_statement.end, placed_item.end)
        else:
            merged_statements.append(placed_item)
    return sorted([*merged_statements, *number_items], key=lambda p: (p.start, -p.end))
