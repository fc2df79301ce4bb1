"""The statements that readers want asked, found in the chunks as these are now."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.data_folder.runs.reader_wishes import Wish
from groundwork.language.instructions import is_instruction
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement

StatementsByChunk = dict[str, list[Statement]]  # by chunk


def wished_statements(wishes: Sequence[Wish], readings: Sequence[Reading]) -> tuple[StatementsByChunk, list[Wish]]:
    """By chunk the statements that `wishes` name, and the wishes that name none: their text is gone or left out.

    Of several statements that say the same, the one at the wish's offset is meant, else the first. What reads as an
    instruction to a model is never asked about.
    """
    candidates_by_text: dict[str, list[tuple[int, Reading, Statement]]] = {}
    for reading in readings:
        for statement in reading.statements:
            text = reading.chunk.text[statement.start : statement.end]
            if statement.end > len(reading.chunk.added) and not statement.announces and not is_instruction(text):
                start = reading.chunk.start + statement.start - len(reading.chunk.added)
                candidates_by_text.setdefault(_squeeze_spaces(text), []).append((start, reading, statement))
    statements_by_chunk: StatementsByChunk = {}
    unmet_wishes = []
    for wish in wishes:
        candidates = candidates_by_text.get(_squeeze_spaces(wish.text), [])
        if not candidates:
            unmet_wishes.append(wish)
            continue
        _, reading, statement = min(candidates, key=lambda candidate: candidate[0] != wish.start)
        chunk_statements = statements_by_chunk.setdefault(reading.chunk.id, [])
        if statement not in chunk_statements:
            chunk_statements.append(statement)
    return statements_by_chunk, unmet_wishes


def _squeeze_spaces(text: str) -> str:
    return " ".join(text.split())
