"""The statements that readers want asked, found in the chunks as these are now."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.language.dangling_references import is_instruction
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.records.wishes import Wish

Wished = dict[str, list[Statement]]  # by chunk


def wished_statements(wishes: Sequence[Wish], readings: Sequence[Reading]) -> tuple[Wished, list[Wish]]:
    """By chunk the statements that `wishes` name, and the wishes that name none: their text is gone or left out.

    Of several statements that say the same, the one at the wish's offset is meant, else the first. What reads as an
    instruction to a model is never asked about.
    """
    places: dict[str, list[tuple[int, Reading, Statement]]] = {}
    for reading in readings:
        for statement in reading.statements:
            text = reading.chunk.text[statement.start : statement.end]
            if statement.end > len(reading.chunk.added) and not statement.announces and not is_instruction(text):
                start = reading.chunk.start + statement.start - len(reading.chunk.added)
                places.setdefault(_squeezed(text), []).append((start, reading, statement))
    found: Wished = {}
    lost = []
    for wish in wishes:
        candidates = places.get(_squeezed(wish.text), [])
        if not candidates:
            lost.append(wish)
            continue
        _, reading, statement = min(candidates, key=lambda place: place[0] != wish.start)
        own = found.setdefault(reading.chunk.id, [])
        if statement not in own:
            own.append(statement)
    return found, lost


def _squeezed(text: str) -> str:
    return " ".join(text.split())
