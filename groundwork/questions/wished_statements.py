"""The statements that readers want asked about: which one each wish names, found by its words."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.data_folder.runs.reader_wishes import Wish
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.prompt_injection import is_prompt_injection

StatementsByChunk = dict[str, list[Statement]]  # by chunk


def wished_statements(wishes: Sequence[Wish], readings: Sequence[Reading]) -> tuple[StatementsByChunk, list[Wish]]:
    """By chunk the statements that `wishes` name, and the wishes that name none: their text is gone or left out.

    Of several statements that say the same, the one at the wish's offset is meant, else the first. What reads as an
    instruction to a model is never asked about.
    """
    statements_by_words = _statements_by_words(readings)
    wished_by_chunk: StatementsByChunk = {}
    unmet_wishes = []
    for wish in wishes:
        wished_candidates = statements_by_words.get(_single_spaced(wish.text), [])
        if not wished_candidates:
            unmet_wishes.append(wish)
            continue
        _, reading, statement = min(wished_candidates, key=lambda candidate: candidate[0] != wish.start)
        wished_in_chunk = wished_by_chunk.setdefault(reading.chunk.id, [])
        if statement not in wished_in_chunk:
            wished_in_chunk.append(statement)
    return wished_by_chunk, unmet_wishes


def _statements_by_words(readings: Sequence[Reading]) -> dict[str, list[tuple[int, Reading, Statement]]]:
    """By their words, where in the document each begins, its chunk as read, and itself."""
    statements_by_words: dict[str, list[tuple[int, Reading, Statement]]] = {}
    for reading in readings:
        added_length = len(reading.chunk.added)
        for statement in reading.statements:
            statement_text = reading.chunk.text[statement.start : statement.end]
            is_said = statement.end > added_length and not statement.announces
            if is_said and not is_prompt_injection(statement_text):
                start = reading.chunk.start + statement.start - added_length
                statements_by_words.setdefault(_single_spaced(statement_text), []).append((start, reading, statement))
    return statements_by_words


def _single_spaced(statement_text: str) -> str:
    return " ".join(statement_text.split())
