"""Cut each document's Markdown into chunks: whole tables, whole sentences, nothing lost.

Reads   data/text/<document>.md and .json
Writes  data/chunks/<document>.jsonl; with --html also data/plots/<document>-chunks.html
Run     uv run dataprep/chunk.py [--show] [--html]
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from groundwork.console.terminal import openable_path
from groundwork.data_folder.spread_folders import link_to_pictures
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.message_wording import counted
from groundwork.stage_runner.chosen_documents import list_documents, texts_with_records
from groundwork.stage_runner.stage_command import Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.records import Chunk


def chunk_units(job: Job) -> list[Unit]:
    """Every text; its record may be missing where somebody put a Markdown file there by hand."""
    return [
        Unit(name=chunked_document, reads=reads, writes=job.data.paths(("chunks", f"{chunked_document}.jsonl")))
        for chunked_document, reads in texts_with_records(job, list_documents(job, "text", ".md"))
    ]


def chunk_one_document(job: Job, unit: Unit) -> Outcome:
    """Chunk one document."""
    import msgspec

    from groundwork.chunking.chunk_records import chunk_document
    from groundwork.chunking.chunk_report import chunk_counts, chunking_note
    from groundwork.data_folder.document_files import document_record_of_text
    from groundwork.data_folder.read_write import read_text, write_jsonl
    from groundwork.markdown.blocks import blocks

    chunked_markdown = read_text(unit.reads[0])
    chunked, chunk_warnings = document_record_of_text(chunked_markdown, unit.name, unit.reads[1:])
    chunk_settings = msgspec.structs.replace(job.config.chunk, language=chunked.language or job.config.chunk.language)
    text_blocks = blocks(chunked_markdown)
    chunks = chunk_document(chunked_markdown, chunked, chunk_settings, text_blocks)
    write_jsonl(unit.writes[0], chunks)
    if not chunked_markdown.strip():
        return Outcome(status="empty", note="no text", warnings=chunk_warnings)
    counted_chunks = chunk_counts(chunked_markdown, text_blocks, chunks, chunk_settings)
    return Outcome(note=chunking_note(counted_chunks, chunks), counts=counted_chunks, warnings=chunk_warnings)


def print_chunk_lengths(job: Job, finished_units: list[Unit]) -> None:
    """The lengths of all chunks that lie here where any is new, and what --show and --html ask for.

    Raises BadRecord that names every damaged file, after the others are shown.
    """
    if job.idle and not (job.flags.show or job.flags.html):
        return
    from groundwork.chunking import chunk_report
    from groundwork.console.terminal import terminal_text
    from groundwork.data_folder.read_write import read_jsonl
    from groundwork.errors import BadRecord
    from groundwork.records import Chunk

    chunk_settings = job.config.chunk
    chunks_by_document: dict[str, list[Chunk]] = {}
    damaged_chunk_files: list[str] = []
    if job.flags.show or job.flags.html:
        job.data.fetch(unit.writes[0] for unit in finished_units)
    for unit in finished_units:
        if not unit.writes[0].exists() or job.data.is_remote(unit.writes[0]):
            continue
        try:
            chunks = read_jsonl(unit.writes[0], Chunk)
        except BadRecord as error:
            damaged_chunk_files.append(str(error))
            continue
        chunks_by_document[unit.name] = chunks
        _show_chunks(job, unit.name, chunks)
    chunk_lengths = [chunk.length for chunks in chunks_by_document.values() for chunk in chunks]
    if chunk_lengths and not job.flags.quiet and not (job.idle and not job.flags.show):
        chunk_length_histogram = chunk_report.histogram_lines(chunk_lengths, chunk_settings)
        short_chunk_notes = chunk_report.short_chunk_lines(chunks_by_document, chunk_settings)
        left_out_passages = map(terminal_text, chunk_report.left_out_lines(chunks_by_document))
        print("\n".join([*chunk_length_histogram, *short_chunk_notes, *left_out_passages]))
    if damaged_chunk_files:
        raise BadRecord("\n".join(damaged_chunk_files))


def _show_chunks(job: Job, chunked_document: str, chunks: list[Chunk]) -> None:
    """Print the chunks of a document (--show), and write the page that draws their borders (--html)."""
    from groundwork.chunking.chunk_report import chunk_html, render_chunks
    from groundwork.console.terminal import terminal_text
    from groundwork.data_folder.read_write import write_text

    if job.flags.show:
        print(terminal_text(f"\n{chunked_document}\n{render_chunks(chunks, job.config.chunk.unit)}"))
    if job.flags.html:
        chunks_page = job.data.path("plots", f"{chunked_document}-chunks.html")
        chunk_pictures = link_to_pictures(chunks_page, chunked_document)
        write_text(
            chunks_page,
            chunk_html(chunked_document, counted(len(chunks), "chunk"), chunks, job.config.chunk, chunk_pictures),
        )
        print(f"  {openable_path(chunks_page)}")


def add_chunk_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--show", action="store_true", help="print every chunk")
    parser.add_argument("--html", action="store_true", help="write a page of each document with the borders drawn")


main = StageCommand(
    name="chunk",
    units=chunk_units,
    process=chunk_one_document,
    settings=lambda config: config.chunk,
    config_names=names_in_order("chunk"),
    flags=add_chunk_flags,
    after=print_chunk_lengths,
    shards="documents",
    units_a_process=400,
)
