"""Cut each document's Markdown into chunks: whole tables, whole sentences, nothing lost.

Reads   data/text/<document>.md and .json
Writes  data/chunks/<document>.jsonl; with --html also data/plots/<document>-chunks.html
Run     uv run dataprep/chunk.py [--show] [--html]
"""

from __future__ import annotations

import argparse
from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console.command import Command, Job, Outcome, Unit
from groundwork.console.next_steps import from_here

if TYPE_CHECKING:
    from groundwork.markdown.blocks import Block
    from groundwork.records.types import Chunk, Document


def units(job: Job) -> list[Unit]:
    """Every text; its record may be missing where somebody put a Markdown file there by hand."""
    return [
        Unit(
            name=name,
            reads=tuple(path for path in _inputs(job, name) if path.suffix == ".md" or path.exists()),
            writes=(job.data.path("chunks", f"{name}.jsonl"),),
        )
        for name in job.documents_in("text", ".md")
    ]


def process(job: Job, unit: Unit) -> Outcome:
    """Chunk one document."""
    import msgspec

    from groundwork.chunking.chunker import chunk_document
    from groundwork.chunking.segments import segments
    from groundwork.language.detection import resolved
    from groundwork.markdown.blocks import blocks
    from groundwork.records.artifacts import read_text, write_jsonl

    text = read_text(unit.reads[0])
    document, warnings = _document(unit, text)
    settings = msgspec.structs.replace(job.config.chunk, language=document.language or job.config.chunk.language)
    found = blocks(text)
    chunks = chunk_document(text, document, settings, found)
    write_jsonl(unit.writes[0], chunks)
    if not text.strip():
        return Outcome(status="empty", note="no text", warnings=warnings)
    pieces = segments(text, resolved(settings.language, text), settings.sentences, found)
    sentences = sum(piece.kind == "sentence" for piece in pieces)
    counts = {"segments": _segments(found), "chunks": len(chunks), "sentences": sentences, **_tables(found, chunks)}
    return Outcome(note=_note(counts, chunks), counts=counts, warnings=warnings)


def report(job: Job, done: list[Unit]) -> None:
    """The lengths of all chunks where any is new, and what --show and --html ask for.

    Raises BadRecord that names every damaged file, after the others are shown.
    """
    if job.idle and not (job.flags.show or job.flags.html):
        return
    from groundwork.chunking import chunk_report
    from groundwork.errors import BadRecord
    from groundwork.records.artifacts import read_jsonl, write_text
    from groundwork.records.types import Chunk

    settings = job.config.chunk
    read: dict[str, list[Chunk]] = {}
    damaged: list[str] = []
    for unit in done:
        if not unit.writes[0].exists():
            continue
        try:
            chunks = read_jsonl(unit.writes[0], Chunk)
        except BadRecord as error:
            damaged.append(str(error))
            continue
        read[unit.name] = chunks
        if job.flags.show:
            print(f"\n{unit.name}\n{chunk_report.shown(chunks, settings.unit)}")
        if job.flags.html:
            path = job.data.path("plots", f"{unit.name}-chunks.html")
            write_text(path, chunk_report.page(unit.name, f"{len(chunks):,} chunks", chunks, settings))
            print(f"  {from_here(path)}")
    lengths = [chunk.length for chunks in read.values() for chunk in chunks]
    if lengths and not job.flags.quiet and not (job.idle and not job.flags.show):
        print("\n".join([*chunk_report.histogram_lines(lengths, settings), *chunk_report.short_lines(read, settings)]))
    if damaged:
        raise BadRecord("\n".join(damaged))


def _inputs(job: Job, name: str) -> list[Path]:
    return [job.data.path("text", f"{name}{suffix}") for suffix in (".md", ".json")]


def _document(unit: Unit, text: str) -> tuple[Document, list[str]]:
    """The document's record, without its pages where the text was edited since, for their offsets would lie."""
    import msgspec

    from groundwork.records.artifacts import read_json
    from groundwork.records.types import Document

    if len(unit.reads) == 1:
        made = Document(id=unit.name, source="", sha256="", converter="", converter_version="", characters=len(text))
        return made, [f"{unit.name}.json is missing: chunks get no pages"]
    document = read_json(unit.reads[1], Document)
    if document.pages and document.characters != len(text):
        return msgspec.structs.replace(document, pages=[]), ["the text was edited since ingest: chunks get no pages"]
    return document, []


def _segments(found: list[Block]) -> int:
    """Stretches of text between tables, and tables."""
    return sum(1 if not is_table else len(list(run)) for is_table, run in groupby(found, lambda b: b.kind == "table"))


def _tables(found: list[Block], chunks: list[Chunk]) -> dict[str, int]:
    """How many tables are in one chunk, and how many had to be split."""
    starts = [chunk.start for chunk in chunks]
    tables = [block for block in found if block.kind == "table"]
    split = sum(bisect_left(starts, block.end) > bisect_right(starts, block.start) for block in tables)
    return {"tables whole": len(tables) - split, "tables split": split} if tables else {}


def _note(counts: dict[str, int], chunks: list[Chunk]) -> str:
    """`11 segments -> 21 chunks; 1,203 sentences; 3 tables whole, 1 split; left out of questions: 1 contents`."""
    parts = [f"{counts['segments']:,} segments -> {counts['chunks']:,} chunks", f"{counts['sentences']:,} sentences"]
    if "tables whole" in counts:
        parts.append(f"{counts['tables whole']:,} tables whole, {counts['tables split']:,} split")
    if left_out := Counter(chunk.skip for chunk in chunks if chunk.skip):
        parts.append("left out of questions: " + ", ".join(f"{n:,} {why}" for why, n in left_out.items()))
    return "; ".join(parts)


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--show", action="store_true", help="print every chunk")
    parser.add_argument("--html", action="store_true", help="write a page of each document with the borders drawn")


main = Command(
    name="chunk",
    units=units,
    process=process,
    settings=lambda config: config.chunk,
    flags=add_flags,
    after=report,
    shards="documents",
    units_a_process=400,
)
