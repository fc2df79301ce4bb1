"""Reports about chunks in a terminal: counts of them and of their segments, and a histogram of lengths."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from groundwork.chunking.segments import count_segments, segments
from groundwork.language.language_and_script import resolve_language
from groundwork.markdown.blocks import Block
from groundwork.message_wording import counted
from groundwork.records import Chunk
from groundwork.settings.config_schema import ChunkSettings

BAR_WIDTH = 40  # characters of the longest bar
HISTOGRAM_BINS = 10
DOCUMENTS_LISTED = 5  # documents named in a line
PASSAGES_LISTED = 10  # lines of what is left out
BEGINNING_LENGTH = 50  # characters of what is left out that a line shows


def render_chunks(chunks: Sequence[Chunk], unit: str) -> str:
    """Every chunk under a line that says what it is; what was added stands between ⟦ and ⟧."""
    chunk_sections = []
    for chunk in chunks:
        end = len(chunk.text) - len(chunk.closing)
        added = f"⟦{chunk.added.rstrip()}⟧\n" if chunk.added else ""
        closing = f"⟦{chunk.closing.strip()}⟧\n" if chunk.closing else ""
        chunk_sections.append(
            f"── {' · '.join(chunk_facts(chunk, unit))} {'─' * 8}\n{added}{chunk.text[len(chunk.added) : end]}{closing}"
        )
    return "\n".join(section.rstrip("\n") + "\n" for section in chunk_sections)


def chunk_facts(chunk: Chunk, unit: str) -> list[str]:
    """Number, kind, length, pages, mark and breadcrumb of a chunk, as short texts."""
    fact_texts = [f"{chunk.index + 1}", chunk.kind, f"{chunk.length:,} {unit}"]
    if chunk.pages:
        first_page, last_page = chunk.pages[0], chunk.pages[-1]
        fact_texts.append(f"page {first_page}" if first_page == last_page else f"pages {first_page}-{last_page}")
    if chunk.skip:
        fact_texts.append(f"left out of questions: {chunk.skip}")
    if chunk.headings:
        fact_texts.append(" > ".join(chunk.headings))
    return fact_texts


def length_histogram(lengths: Sequence[int], max_length: int) -> list[tuple[int, int, int]]:
    """(from, to, chunks) of HISTOGRAM_BINS equal steps up to `max_length`, the limit of a chunk; ends inclusive."""
    bin_step = -(-max_length // HISTOGRAM_BINS)
    chunk_counts = Counter(min((length - 1) // bin_step if length else 0, HISTOGRAM_BINS - 1) for length in lengths)
    return [(k * bin_step + 1, min((k + 1) * bin_step, max_length), chunk_counts[k]) for k in range(HISTOGRAM_BINS)]


def histogram_lines(lengths: Sequence[int], settings: ChunkSettings) -> Iterator[str]:
    """The histogram for a terminal, without empty ends, under a line that says the unit and the limits."""
    histogram_rows = length_histogram(lengths, settings.max_length)
    filled_rows = [i for i, (_, _, chunk_count) in enumerate(histogram_rows) if chunk_count]
    max_count = max(chunk_count for _, _, chunk_count in histogram_rows) or 1
    bar_width = len(f"{settings.max_length:,}")
    yield f"length in {settings.unit} ({settings.min_length:,} to {settings.max_length:,}), chunks"
    for shortest, longest, chunk_count in histogram_rows[
        min(filled_rows, default=0) : max(filled_rows, default=-1) + 1
    ]:
        bar = "█" * -(-chunk_count * BAR_WIDTH // max_count)
        yield f"  {shortest:>{bar_width},} - {longest:>{bar_width},}  {bar}{' ' if bar else ''}{chunk_count:,}"


def short_chunks(chunks: Sequence[Chunk], settings: ChunkSettings) -> dict[int, str]:
    """By place in `chunks`, why a chunk of one document is shorter than the minimum; those left out do not count."""
    short_reasons = {}
    for k, chunk in enumerate(chunks):
        if chunk.length < settings.min_length and not chunk.skip:
            neighbours = [chunks[i] for i in (k - 1, k + 1) if 0 <= i < len(chunks)]
            if not neighbours:
                short_reasons[k] = "the whole document"
            elif all(neighbour.skip for neighbour in neighbours):
                short_reasons[k] = "between passages that are left out"
            else:
                short_reasons[k] = "neighbours are full"
    return short_reasons


def short_chunk_lines(documents: Mapping[str, Sequence[Chunk]], settings: ChunkSettings) -> Iterator[str]:
    """Where the minimum is not kept: a line for each reason, with documents and the numbers of their chunks."""
    chunks_by_reason: dict[str, list[str]] = {}
    for document_id, chunks in documents.items():
        numbers_by_reason: dict[str, list[str]] = {}
        for k, reason in short_chunks(chunks, settings).items():
            numbers_by_reason.setdefault(reason, []).append(f"{chunks[k].index + 1}")
        for reason, chunk_numbers in numbers_by_reason.items():
            chunks_by_reason.setdefault(reason, []).append(f"{document_id} {', '.join(chunk_numbers)}")
    for reason, locations in chunks_by_reason.items():
        more = (
            f" and {counted(len(locations) - DOCUMENTS_LISTED, 'document')} more"
            if len(locations) > DOCUMENTS_LISTED
            else ""
        )
        yield f"  shorter than {settings.min_length:,}, {reason}: {'; '.join(locations[:DOCUMENTS_LISTED])}{more}"


def left_out_lines(documents: Mapping[str, Sequence[Chunk]]) -> Iterator[str]:
    """What questions leave out: for each document and reason the number of each chunk and how it begins."""
    passages = [
        f"  left out of questions, {reason}: {document_id} {'; '.join(map(_number_and_beginning, chunks))}"
        for document_id, document_chunks in documents.items()
        for reason, chunks in _chunks_by_skip(document_chunks).items()
    ]
    yield from passages[:PASSAGES_LISTED]
    if len(passages) > PASSAGES_LISTED:
        yield f"  and in {counted(len(passages) - PASSAGES_LISTED, 'more place')}: --show and --html show all"


def _chunks_by_skip(chunks: Sequence[Chunk]) -> dict[str, list[Chunk]]:
    chunks_by_skip: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.skip not in ("", "blank"):
            chunks_by_skip.setdefault(chunk.skip, []).append(chunk)
    return chunks_by_skip


def _number_and_beginning(chunk: Chunk) -> str:
    beginning = " ".join(chunk.text[:200].split())
    shortened = beginning if len(beginning) <= BEGINNING_LENGTH else f"{beginning[:BEGINNING_LENGTH].rstrip()}…"
    return f'{chunk.index + 1} "{shortened}"'


def chunk_counts(markdown: str, blocks: list[Block], chunks: list[Chunk], settings: ChunkSettings) -> dict[str, int]:
    """Segments, chunks and sentences of a text, and its tables; `blocks`: those of the text."""
    text_segments = segments(markdown, resolve_language(settings.language, markdown), settings.sentences, blocks)
    sentence_count = sum(segment.kind == "sentence" for segment in text_segments)
    counts_by_kind = {"segments": count_segments(blocks), "chunks": len(chunks), "sentences": sentence_count}
    return counts_by_kind | whole_and_split_tables(blocks, chunks)


def whole_and_split_tables(blocks: list[Block], chunks: list[Chunk]) -> dict[str, int]:
    """How many tables are in one chunk, and how many had to be split."""
    starts = [chunk.start for chunk in chunks]
    table_blocks = [block for block in blocks if block.kind == "table"]
    split_count = sum(bisect_left(starts, block.end) > bisect_right(starts, block.start) for block in table_blocks)
    return {"tables whole": len(table_blocks) - split_count, "tables split": split_count} if table_blocks else {}


def chunking_note(counts_by_kind: dict[str, int], chunks: list[Chunk]) -> str:
    """`11 segments -> 21 chunks; 1,203 sentences; 3 tables whole, 1 split; left out of questions: 1 contents`."""
    clauses = [
        f"{counted(counts_by_kind['segments'], 'segment')} -> {counted(counts_by_kind['chunks'], 'chunk')}",
        counted(counts_by_kind["sentences"], "sentence"),
    ]
    if "tables whole" in counts_by_kind:
        clauses.append(
            f"{counted(counts_by_kind['tables whole'], 'table')} whole, {counts_by_kind['tables split']:,} split"
        )
    if skip_counts := Counter(chunk.skip for chunk in chunks if chunk.skip):
        clauses.append("left out of questions: " + ", ".join(f"{n:,} {mark}" for mark, n in skip_counts.items()))
    return "; ".join(clauses)
