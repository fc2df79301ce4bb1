"""Reports about chunks: their counts and lengths in a terminal, and the page with their borders drawn."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Literal, cast

import msgspec

from groundwork.language.language_and_script import resolve_language
from groundwork.language.sentences import sentence_starts
from groundwork.language.text_spans import trim_span
from groundwork.markdown.blocks import LIST_ITEM_START, Block, blocks
from groundwork.markdown.figures import figure_mark, figures
from groundwork.message_wording import counted
from groundwork.pages.html_markup import Markup, tag
from groundwork.pages.html_page import document_page, read_asset
from groundwork.records import Chunk
from groundwork.settings.config_schema import ChunkSettings

HISTOGRAM_BAR_WIDTH = 40  # characters of the longest bar
HISTOGRAM_BINS = 10
DOCUMENTS_LISTED = 5  # documents named in a line
LEFT_OUT_CHUNKS_LISTED = 10  # lines of what is left out
CHUNK_BEGINNING_LENGTH = 50  # characters of what is left out that a line shows
CHUNK_ASSETS = Path(__file__).parent / "assets"


def count_segments(blocks: list[Block]) -> int:
    """Stretches of text between tables, and tables."""
    return sum(1 if not is_table else len(list(run)) for is_table, run in groupby(blocks, lambda b: b.kind == "table"))


SegmentKind = Literal["heading", "sentence", "table", "code", "formula", "contents"]


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A heading, a sentence of prose (a list item is one at least), or a whole table, fence, formula or contents."""

    kind: SegmentKind
    start: int
    end: int


def segments(
    markdown: str, language: str, engine: str = "sentencex", parsed_blocks: list[Block] | None = None
) -> list[Segment]:
    """The segments of a text in order, without the white space around them.

    `engine` is "sentencex" or "regex"; `parsed_blocks` spares reading the blocks again.
    """
    return [
        Segment(kind, start, end)
        for block in (blocks(markdown) if parsed_blocks is None else parsed_blocks)
        for kind, raw_start, raw_end in _block_segments(markdown, block, language, engine)
        for start, end in filter(None, [trim_span(markdown, raw_start, raw_end)])
    ]


def _block_segments(markdown: str, block: Block, language: str, engine: str) -> Iterator[tuple[SegmentKind, int, int]]:
    if block.kind not in ("paragraph", "list", "quote"):
        yield cast("SegmentKind", block.kind), block.start, block.end
        return
    segment_starts = {block.start + cut for cut in sentence_starts(markdown[block.start : block.end], language, engine)}
    segment_starts.update(match.start() + 1 for match in LIST_ITEM_START.finditer(markdown, block.start, block.end))
    segment_borders = [*sorted(segment_starts), block.end]
    for start, end in pairwise(segment_borders):
        yield "sentence", start, end


def render_chunks(chunks: Sequence[Chunk], unit: str) -> str:
    """Every chunk under a line that says what it is; what was added stands between ⟦ and ⟧."""
    chunk_sections = []
    for chunk in chunks:
        chunk_closing_start = len(chunk.text) - len(chunk.closing)
        added_to_chunk = f"⟦{chunk.added.rstrip()}⟧\n" if chunk.added else ""
        closing_of_chunk = f"⟦{chunk.closing.strip()}⟧\n" if chunk.closing else ""
        chunk_line = f"── {' · '.join(chunk_facts(chunk, unit))} {'─' * 8}\n"
        chunk_text = chunk.text[len(chunk.added) : chunk_closing_start]
        chunk_sections.append(f"{chunk_line}{added_to_chunk}{chunk_text}{closing_of_chunk}")
    return "\n".join(section.rstrip("\n") + "\n" for section in chunk_sections)


def chunk_facts(chunk: Chunk, unit: str) -> list[str]:
    """Number, kind, length, pages, mark and breadcrumb of a chunk, as short texts."""
    chunk_fact_texts = [f"{chunk.index + 1}", chunk.kind, f"{chunk.length:,} {unit}"]
    if chunk.pages:
        first_page, last_page = chunk.pages[0], chunk.pages[-1]
        chunk_fact_texts.append(f"page {first_page}" if first_page == last_page else f"pages {first_page}-{last_page}")
    if chunk.skip:
        chunk_fact_texts.append(f"left out of questions: {chunk.skip}")
    if chunk.headings:
        chunk_fact_texts.append(" > ".join(chunk.headings))
    return chunk_fact_texts


def length_histogram(lengths: Sequence[int], max_length: int) -> list[tuple[int, int, int]]:
    """(from, to, chunks) of HISTOGRAM_BINS equal steps up to `max_length`, the limit of a chunk; ends inclusive."""
    bin_step = -(-max_length // HISTOGRAM_BINS)
    chunk_counts = Counter(min((length - 1) // bin_step if length else 0, HISTOGRAM_BINS - 1) for length in lengths)
    return [(k * bin_step + 1, min((k + 1) * bin_step, max_length), chunk_counts[k]) for k in range(HISTOGRAM_BINS)]


def histogram_lines(lengths: Sequence[int], settings: ChunkSettings) -> Iterator[str]:
    """The histogram for a terminal, without empty ends, under a line that says the unit and the limits."""
    histogram_rows = length_histogram(lengths, settings.max_length)
    filled_histogram_rows = [i for i, (_, _, chunk_count) in enumerate(histogram_rows) if chunk_count]
    max_chunk_count = max(chunk_count for _, _, chunk_count in histogram_rows) or 1
    chunk_length_width = len(f"{settings.max_length:,}")
    yield f"length in {settings.unit} ({settings.min_length:,} to {settings.max_length:,}), chunks"
    for shortest, longest, chunk_count in histogram_rows[
        min(filled_histogram_rows, default=0) : max(filled_histogram_rows, default=-1) + 1
    ]:
        histogram_bar = "█" * -(-chunk_count * HISTOGRAM_BAR_WIDTH // max_chunk_count)
        histogram_step = f"{shortest:>{chunk_length_width},} - {longest:>{chunk_length_width},}"
        yield f"  {histogram_step}  {histogram_bar}{' ' if histogram_bar else ''}{chunk_count:,}"


def short_chunks(chunks: Sequence[Chunk], settings: ChunkSettings) -> dict[int, str]:
    """By place in `chunks`, why a chunk of one document is shorter than the minimum; those left out do not count."""
    short_chunk_reasons = {}
    for k, chunk in enumerate(chunks):
        if chunk.length < settings.min_length and not chunk.skip:
            neighbour_chunks = [chunks[i] for i in (k - 1, k + 1) if 0 <= i < len(chunks)]
            if not neighbour_chunks:
                short_chunk_reasons[k] = "the whole document"
            elif all(neighbour.skip for neighbour in neighbour_chunks):
                short_chunk_reasons[k] = "between passages that are left out"
            else:
                short_chunk_reasons[k] = "neighbours are full"
    return short_chunk_reasons


def short_chunk_lines(documents: Mapping[str, Sequence[Chunk]], settings: ChunkSettings) -> Iterator[str]:
    """Where the minimum is not kept: a line for each reason, with documents and the numbers of their chunks."""
    chunks_by_reason: dict[str, list[str]] = {}
    for document_id, chunks in documents.items():
        numbers_by_reason: dict[str, list[str]] = {}
        for k, short_chunk_reason in short_chunks(chunks, settings).items():
            numbers_by_reason.setdefault(short_chunk_reason, []).append(f"{chunks[k].index + 1}")
        for short_chunk_reason, chunk_numbers in numbers_by_reason.items():
            chunks_by_reason.setdefault(short_chunk_reason, []).append(f"{document_id} {', '.join(chunk_numbers)}")
    for short_chunk_reason, short_chunk_places in chunks_by_reason.items():
        yield f"  shorter than {settings.min_length:,}, {short_chunk_reason}: {_first_places(short_chunk_places)}"


def _first_places(short_chunk_places: Sequence[str]) -> str:
    unlisted_documents = len(short_chunk_places) - DOCUMENTS_LISTED
    more_documents = f" and {counted(unlisted_documents, 'document')} more" if unlisted_documents > 0 else ""
    return f"{'; '.join(short_chunk_places[:DOCUMENTS_LISTED])}{more_documents}"


def left_out_lines(documents: Mapping[str, Sequence[Chunk]]) -> Iterator[str]:
    """What questions leave out: for each document and reason the number of each chunk and how it begins."""
    left_out_passages = [
        f"  left out of questions, {reason}: {document_id} {'; '.join(map(_number_and_beginning, chunks))}"
        for document_id, document_chunks in documents.items()
        for reason, chunks in _chunks_by_skip(document_chunks).items()
    ]
    yield from left_out_passages[:LEFT_OUT_CHUNKS_LISTED]
    if len(left_out_passages) > LEFT_OUT_CHUNKS_LISTED:
        more_places = counted(len(left_out_passages) - LEFT_OUT_CHUNKS_LISTED, "more place")
        yield f"  and in {more_places}: --show and --html show all"


def _chunks_by_skip(chunks: Sequence[Chunk]) -> dict[str, list[Chunk]]:
    chunks_by_skip: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.skip not in ("", "blank"):
            chunks_by_skip.setdefault(chunk.skip, []).append(chunk)
    return chunks_by_skip


def _number_and_beginning(chunk: Chunk) -> str:
    beginning = " ".join(chunk.text[:200].split())
    is_whole = len(beginning) <= CHUNK_BEGINNING_LENGTH
    shortened = beginning if is_whole else f"{beginning[:CHUNK_BEGINNING_LENGTH].rstrip()}…"
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
    split_tables = sum(bisect_left(starts, block.end) > bisect_right(starts, block.start) for block in table_blocks)
    return {"tables whole": len(table_blocks) - split_tables, "tables split": split_tables} if table_blocks else {}


def chunking_note(by_kind: dict[str, int], chunks: list[Chunk]) -> str:
    """`11 segments -> 21 chunks; 1,203 sentences; 3 tables whole, 1 split; left out of questions: 1 contents`."""
    clauses = [
        f"{counted(by_kind['segments'], 'segment')} -> {counted(by_kind['chunks'], 'chunk')}",
        counted(by_kind["sentences"], "sentence"),
    ]
    if "tables whole" in by_kind:
        clauses.append(f"{counted(by_kind['tables whole'], 'table')} whole, {by_kind['tables split']:,} split")
    if skip_counts := Counter(chunk.skip for chunk in chunks if chunk.skip):
        clauses.append(f"left out of questions: {', '.join(f'{n:,} {mark}' for mark, n in skip_counts.items())}")
    return "; ".join(clauses)


def chunk_html(
    title: str, summary: str, chunks: Sequence[Chunk], settings: ChunkSettings, pictures: str = "../text/"
) -> str:
    """The document from top to bottom as one HTML file, a dashed line at every border, what was added greyed.

    `pictures`: from the page to the folder with the document's folder of pictures.
    """
    histogram_rows = length_histogram([chunk.length for chunk in chunks], settings.max_length)
    max_count = max(chunk_count for _, _, chunk_count in histogram_rows) or 1
    histogram_bars = [
        tag(
            "li",
            style=f"height:{100 * chunk_count / max_count:.1f}%",
            title=f"{shortest:,} to {longest:,}: {chunk_count:,}",
        )
        for shortest, longest, chunk_count in histogram_rows
    ]
    histogram_axis = [tag("span", end) for end in ("1", settings.unit, f"{settings.max_length:,}")]
    return document_page(
        f"{title}: chunks",
        read_asset("chunk_page.css", CHUNK_ASSETS),
        tag("h1", title),
        tag("p", summary, class_="soft"),
        tag("ol", histogram_bars, class_="bars", aria_label="chunks by length"),
        tag("p", histogram_axis, class_="axis"),
        *(_render_chunk_section(chunk, settings.unit, pictures) for chunk in chunks),
        images=any(chunk.figures for chunk in chunks),
    )


def _render_chunk_figures(chunk_text: str, document: str, folder: str) -> list[Markup | str]:
    """A text with its figures, whose files lie in `folder`, seen from the page."""
    chunk_figure_nodes: list[Markup | str] = []
    chunk_figure_end = 0
    for figure_number, figure in enumerate(figures(chunk_text, document), 1):
        chunk_figure_caption = tag("figcaption", figure_mark(figure_number, figure.caption))
        chunk_figure_nodes += [
            chunk_text[chunk_figure_end : figure.start],
            tag("figure", tag("img", src=f"{folder}{figure.file}", alt=figure.caption), chunk_figure_caption),
        ]
        chunk_figure_end = figure.end
    return [*chunk_figure_nodes, chunk_text[chunk_figure_end:]]


def _render_chunk_section(chunk: Chunk, unit: str, pictures: str) -> Markup:
    chunk_number, *other_facts = chunk_facts(chunk, unit)
    fact_paragraphs = [tag("p", fact) for fact in [*other_facts, f"characters {chunk.start:,} to {chunk.end:,}"]]
    text_end = len(chunk.text) - len(chunk.closing)
    chunk_markup = _render_chunk_figures(chunk.text[len(chunk.added) : text_end].rstrip("\n"), chunk.document, pictures)
    if chunk.added:
        chunk_markup.insert(0, tag("mark", chunk.added))
    if chunk.closing:
        chunk_markup += ["\n", tag("mark", chunk.closing.strip())]
    return tag(
        "section",
        tag("aside", tag("a", chunk_number, href=f"#{chunk.id}"), fact_paragraphs),
        tag("pre", chunk_markup, dir="auto"),
        class_=f"{chunk.kind} skip" if chunk.skip else chunk.kind,
        id=chunk.id,
    )
