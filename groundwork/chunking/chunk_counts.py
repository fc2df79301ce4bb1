"""How many segments, chunks, sentences and tables a chunked document has, and the line that says so."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import groupby

from groundwork.chunking.segments import segments
from groundwork.language.detection import resolved
from groundwork.markdown.blocks import Block
from groundwork.records.types import Chunk
from groundwork.settings.document_settings import ChunkSettings


def chunk_counts(text: str, found: list[Block], chunks: list[Chunk], settings: ChunkSettings) -> dict[str, int]:
    """Segments, chunks and sentences of a text, and its tables; `found`: its blocks."""
    pieces = segments(text, resolved(settings.language, text), settings.sentences, found)
    sentences = sum(piece.kind == "sentence" for piece in pieces)
    counts = {"segments": count_segments(found), "chunks": len(chunks), "sentences": sentences}
    return counts | count_tables(found, chunks)


def count_segments(found: list[Block]) -> int:
    """Stretches of text between tables, and tables."""
    return sum(1 if not is_table else len(list(run)) for is_table, run in groupby(found, lambda b: b.kind == "table"))


def count_tables(found: list[Block], chunks: list[Chunk]) -> dict[str, int]:
    """How many tables are in one chunk, and how many had to be split."""
    starts = [chunk.start for chunk in chunks]
    tables = [block for block in found if block.kind == "table"]
    split = sum(bisect_left(starts, block.end) > bisect_right(starts, block.start) for block in tables)
    return {"tables whole": len(tables) - split, "tables split": split} if tables else {}


def note(counts: dict[str, int], chunks: list[Chunk]) -> str:
    """`11 segments -> 21 chunks; 1,203 sentences; 3 tables whole, 1 split; left out of questions: 1 contents`."""
    parts = [f"{counts['segments']:,} segments -> {counts['chunks']:,} chunks", f"{counts['sentences']:,} sentences"]
    if "tables whole" in counts:
        parts.append(f"{counts['tables whole']:,} tables whole, {counts['tables split']:,} split")
    if left_out := Counter(chunk.skip for chunk in chunks if chunk.skip):
        parts.append("left out of questions: " + ", ".join(f"{n:,} {why}" for why, n in left_out.items()))
    return "; ".join(parts)
