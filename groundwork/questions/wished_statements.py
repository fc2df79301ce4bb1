"""The statements that readers want asked about, looked up in the chunks as these are now."""

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
    wishable_by_text: dict[str, list[tuple[int, Reading, Statement]]] = {}
    for reading in readings:
        for statement in reading.statements:
            wishable_text = reading.chunk.text[statement.start : statement.end]
            if (
                statement.end > len(reading.chunk.added)
                and not statement.announces
                and not is_prompt_injection(wishable_text)
            ):
                wished_start = reading.chunk.start + statement.start - len(reading.chunk.added)
                wishable_by_text.setdefault(_single_spaced_wish(wishable_text), []).append(
                    (wished_start, reading, statement)
                )
    wished_by_chunk: StatementsByChunk = {}
    unmet_wishes = []
    for wish in wishes:
        statements_wished_for = wishable_by_text.get(_single_spaced_wish(wish.text), [])
        if not statements_wished_for:
            unmet_wishes.append(wish)
            continue
        _, reading, statement = min(
            statements_wished_for, key=lambda matching_statement: matching_statement[0] != wish.start
        )
        wished_in_chunk = wished_by_chunk.setdefault(reading.chunk.id, [])
        if statement not in wished_in_chunk:
            wished_in_chunk.append(statement)
    return wished_by_chunk, unmet_wishes


def _single_spaced_wish(wishable_text: str) -> str:
    return " ".join(wishable_text.split())
