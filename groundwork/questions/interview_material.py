"""What the interviews about a document start from: its chunks, read, and what helps to name things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import is_caption
from groundwork.records.types import Chunk
from groundwork.records.wishes import Wish
from groundwork.settings.question_settings import QA

Call = tuple[int, int]  # tokens in, tokens out
Prompt = Callable[[str], str]  # the text of a file of config/prompts
Tokens = Callable[[list[dict[str, Any]], type | None], int]  # of a request


@dataclass(frozen=True)
class Material:
    """What is known of a document: its chunks to ask about, read, and what helps to name things."""

    document: str
    title: str
    summary: str
    readings: list[Reading]
    left_out: int = 0
    wishes: Sequence[Wish] = ()  # what readers want asked

    @property
    def chunks(self) -> list[Chunk]:
        return [reading.chunk for reading in self.readings]


def known(settings: QA, material: Material) -> dict[str, str]:
    """The variables of a prompt that stay the same for the whole document."""
    return {
        "context": settings.context or "(not told)",
        "document": material.title,
        "summary": material.summary or "(none)",
    }


def caption_of(chunk: Chunk, chunks: Sequence[Chunk]) -> str:
    """The caption of a table that is a chunk of its own: the last line of the chunk before."""
    before = next((other for other in chunks if other.end <= chunk.start and other.index == chunk.index - 1), None)
    last = before.text.rstrip().rpartition("\n")[2] if before and chunk.kind == "table" else ""
    return last.strip("*_ ") if is_caption(last) else ""
