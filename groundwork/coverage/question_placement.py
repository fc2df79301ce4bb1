"""Questions that no evidence places: put to the nearest statement by embedding, or told of in a warning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from groundwork.coverage.covered_document import CoverageItem, RunQuestion
from groundwork.message_wording import counted
from groundwork.records import Pair

# (questions, statements) -> for each question the index of the statement it is about, or -1
FindNearestStatements = Callable[[list[str], list[str]], list[int]]
CandidateStatements = dict[
    int, list[tuple[CoverageItem, str]]
]  # by question the statements that it may be about, with their text


def place_by_embedding(
    questions: list[RunQuestion],
    candidate_statements: CandidateStatements,
    placed: set[int],
    find_nearest: FindNearestStatements,
) -> None:
    """Put each question that touches nothing to the nearest statement of its chunks, where there is one."""
    questions_by_statements: dict[
        tuple[int, ...], list[int]
    ] = {}  # by their statements, so that these are embedded once
    for question_index, question in enumerate(questions):
        if question_index not in placed:
            question.placed = False  # as it stays where its chunk is gone: chunked anew since it was asked
            questions_by_statements.setdefault(
                tuple(id(coverage_item) for coverage_item, _ in candidate_statements.get(question_index, [])), []
            ).append(question_index)
    for statement_ids, question_indices in questions_by_statements.items():
        if statement_ids:
            chunk_statements = candidate_statements[question_indices[0]]
            question_texts = [
                f"{questions[question_index].pair.question} {questions[question_index].pair.answer}"
                for question_index in question_indices
            ]
            nearest_statements = find_nearest(
                question_texts, [statement_text for _, statement_text in chunk_statements]
            )
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
