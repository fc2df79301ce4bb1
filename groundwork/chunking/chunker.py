"""Markdown cut into chunks, whole: blocks are read, gathered into runs, packed into parts and written as records.

    markdown/blocks.py -> boilerplate_and_unreadable.py -> block_runs.py -> the packer
    (with cut_points.py, lengths.py, language/sentences.py)

The chunks, one behind the other, are the text: nothing is lost and nothing moved. Text is filled towards the maximum
and broken first at headings, then at paragraphs, list items and sentences. A table over the limit is cut between rows
with its header repeated, a fence between lines with its fence repeated. What is still too short is joined at the end.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec

from groundwork.chunking.block_runs import NO_HEADING, BlockRun, ShortRuns, block_runs
from groundwork.chunking.boilerplate_and_unreadable import skip_marks, split_unreadable_runs
from groundwork.chunking.cut_points import CutPoints, table_frame
from groundwork.chunking.lengths import Ruler, load_tokenizer, ruler_for
from groundwork.language.language_and_script import detect_part_language, resolve_language
from groundwork.language.sentences import sentences
from groundwork.markdown.blocks import Block, blocks
from groundwork.records.chunk_record import Chunk
from groundwork.records.document_record import Document
from groundwork.records.figures import figures, text_without_folder
from groundwork.settings.summarize_and_chunk_settings import ChunkSettings


def chunk_document(
    markdown: str, document: Document, settings: ChunkSettings, parsed_blocks: list[Block] | None = None
) -> list[Chunk]:
    """The chunks of a document's Markdown, in order; their slices [start, end) give back the text.

    `parsed_blocks` spares reading the blocks again. Raises ConfigError when the tokenizer of chunk.unit tokens is
    missing.
    """
    languages = _Languages(settings.language, markdown)
    settings = msgspec.structs.replace(settings, language=languages.of_document)
    tokenizer = _cached_tokenizer(settings.tokenizer) if settings.unit == "tokens" else None
    ruler = ruler_for(markdown, tokenizer)
    parsed_blocks = blocks(markdown) if parsed_blocks is None else parsed_blocks
    parsed_blocks, unreadable = split_unreadable_runs(markdown, parsed_blocks)
    marks = skip_marks(markdown, parsed_blocks, document, unreadable)
    limit = settings.max_length
    while True:
        runs = block_runs(markdown, parsed_blocks, marks, ruler, limit, settings.language)
        runs = ShortRuns(markdown, ruler, settings, limit).join(runs)
        chunk_parts = Packer(markdown, ruler, settings, limit).pack(runs)
        chunk_parts = join_short_parts(chunk_parts, parsed_blocks, ruler, settings.min_length, limit)
        chunks = _build_records(markdown, chunk_parts, parsed_blocks, document, tokenizer, languages)
        excess = max((chunk.length for chunk in chunks), default=0) - settings.max_length
        if excess <= 0 or limit <= settings.max_length // 2:
            return chunks
        limit -= excess  # a chunk encoded alone has a token more at its borders: once more, a little tighter


@lru_cache(maxsize=2)
def _cached_tokenizer(name: str) -> Any:
    return load_tokenizer(name)


class _Languages:
    """The language of a document and of each of its parts: the one set, or its own."""

    def __init__(self, setting: str, text: str) -> None:
        self._set = setting != "auto"
        self.of_document = resolve_language(setting, text)

    def of(self, text: str) -> str:
        """That of the document unless the part is plainly of another."""
        return self.of_document if self._set else detect_part_language(text, self.of_document)


def _build_records(
    text: str,
    chunk_parts: list[ChunkPart],
    parsed_blocks: list[Block],
    document: Document,
    tokenizer: Any,
    languages: _Languages,
) -> list[Chunk]:
    starts = [block.start for block in parsed_blocks]
    pages = _PageNumbers(document)
    digest_counts: Counter[str] = Counter()
    chunks = []
    for index, chunk_part in enumerate(chunk_parts):
        body = text[chunk_part.start : chunk_part.end]
        chunk_text = f"{chunk_part.added}{body}{chunk_part.closing}" if chunk_part.added or chunk_part.closing else body
        hashed_text = text_without_folder(body, document.id)  # so that a document that is renamed keeps its chunks' ids
        digest = hashlib.blake2b(hashed_text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
        digest_counts[digest] += 1
        tokens = len(tokenizer.encode(chunk_text, add_special_tokens=False).ids) if tokenizer else None
        chunks.append(
            Chunk(
                id=f"{document.id}-{digest}" + (f"-{digest_counts[digest]}" if digest_counts[digest] > 1 else ""),
                document=document.id,
                index=index,
                kind=chunk_part.kind,
                text=chunk_text,
                start=chunk_part.start,
                end=chunk_part.end,
                length=len(chunk_text) if tokens is None else tokens,
                headings=_breadcrumb(parsed_blocks, starts, chunk_part),
                pages=pages.numbers_between(chunk_part.start, chunk_part.end),
                added=chunk_part.added,
                closing=chunk_part.closing,
                tokens=tokens,
                language=languages.of(body),
                skip=chunk_part.skip if body.strip() else "blank",
                figures=[figure.file for figure in figures(chunk_text, document.id)] or msgspec.UNSET,
            )
        )
    return chunks


def _breadcrumb(parsed_blocks: list[Block], starts: list[int], chunk_part: ChunkPart) -> list[str]:
    """The headings that hold for a part's table, else for its first block that is no heading."""
    first, last = bisect_right(starts, chunk_part.start) - 1, bisect_left(starts, chunk_part.end) - 1
    kinds = [parsed_blocks[k].kind for k in range(first, last + 1)]
    if chunk_part.kind == "table" and "table" in kinds:
        return list(parsed_blocks[first + kinds.index("table")].headings)
    while first < last and parsed_blocks[first].kind == "heading":
        first += 1
    return list(parsed_blocks[first].headings)


class _PageNumbers:
    """Page numbers by offset."""

    def __init__(self, document: Document) -> None:
        self._pages = document.pages
        self._starts = [page.start for page in document.pages]
        self._ends = [page.end for page in document.pages]

    def numbers_between(self, start: int, end: int) -> list[int]:
        """The pages of which some text lies in [start, end)."""
        first, stop = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return [page.number for page in self._pages[first:stop] if page.start < page.end]


class ChunkPart(msgspec.Struct, frozen=True, gc=False):
    """A chunk to be: the slice [start, end) of the text and what is added around it."""

    kind: Literal["text", "table", "code"]
    start: int
    end: int
    added: str = ""
    closing: str = ""
    skip: str = ""


class Packer:
    """Packs the runs of one text. `limit` is max_length, or a little less where tokens at borders ask for it."""

    def __init__(self, text: str, ruler: Ruler, settings: ChunkSettings, limit: int) -> None:
        self._text, self._ruler, self._settings, self._limit = text, ruler, settings, limit

    def pack(self, runs: Sequence[BlockRun]) -> list[ChunkPart]:
        """The parts in order; their slices together are the text."""
        chunk_parts: list[ChunkPart] = []
        for run in runs:
            fits = self._ruler.length(run.start, run.end) <= self._limit
            if run.body:
                uncut = [ChunkPart(run.kind, run.start, run.end, skip=run.skip)]
                chunk_parts += uncut if fits else self._cut_rows(run, run.body)
            elif fits and not self._settings.overlap_sentences:
                chunk_parts.append(ChunkPart("text", run.start, run.end, skip=run.skip))
            else:
                chunk_parts += self._cut_text(run, chunk_parts[-1] if chunk_parts else None)
        return chunk_parts

    def _cut_points(self, run: BlockRun) -> CutPoints:
        return CutPoints(self._text, run.blocks, self._settings.language, self._settings.sentences)

    def _cut_text(self, run: BlockRun, previous: ChunkPart | None) -> Iterator[ChunkPart]:
        breaks = self._cut_points(run)
        start = run.start
        while start < run.end:
            added = self._overlap(previous, run.skip)
            end = self._next_cut(breaks, start, run.end, self._limit - self._ruler.text_length(added))
            previous = ChunkPart("text", start, end, added, skip=run.skip)
            yield previous
            start = end

    def _next_cut(self, breaks: CutPoints, start: int, end: int, room: int) -> int:
        """The best place to end the chunk that starts at `start`, so that it holds `room` at the most."""
        ruler, min_length = self._ruler, self._settings.min_length
        if ruler.length(start, end) <= room:
            return end
        min_end, max_end = max(ruler.reach(start, min_length), start + 1), ruler.reach(start, room)
        roomy_end = min(max_end, ruler.back(end, min_length))  # leaves the minimum for what comes behind
        half_full = ruler.reach(start, room // 2)
        return (
            breaks.structural_cut(min_end, roomy_end, half_full)
            or breaks.sentence_cut(start, min_end, roomy_end)
            or breaks.structural_cut(min_end, max_end, half_full)
            or breaks.word_cut(start, max_end)
        )

    def _overlap(self, previous: ChunkPart | None, skip: str) -> str:
        """The last sentences of the chunk before, when that is text of the same mark and half the room is left."""
        count = self._settings.overlap_sentences
        if not count or previous is None or previous.kind != "text" or previous.skip != skip:
            return ""
        body = self._text[previous.start : previous.end]
        spans = sentences(body, self._settings.language, self._settings.sentences)[-count:]
        overlap = body[spans[0][0] :] if spans and spans[0][0] > 0 else ""
        return overlap if self._ruler.text_length(overlap) <= self._limit // 2 else ""

    def _cut_rows(self, run: BlockRun, body: Block) -> Iterator[ChunkPart]:
        borders, opening, closing = table_frame(self._text, body)
        if 2 * self._ruler.text_length(opening + closing) > self._limit:
            opening = closing = ""  # a header of more than half the limit is not repeated
        start, added = run.start, ""
        while start < run.end:
            if self._ruler.length(start, run.end) <= self._limit - self._ruler.text_length(added):
                yield ChunkPart(run.kind, start, run.end, added, skip=run.skip)
                return
            end = self._row_border(borders, start, run.end, added, closing)
            if end is None and added:  # one row with the header is too long; the row alone may do
                added = ""
                end = self._row_border(borders, start, run.end, added, "")
            if end is None:
                end = self._cut_points(run).word_cut(start, self._max_end(start, added, closing))
            closing_text = closing if added or start <= body.start < end else ""
            if closing_text and self._text[end - 1] != "\n":
                closing_text = f"\n{closing_text}"
            yield ChunkPart(run.kind, start, end, added, closing_text, run.skip)
            start, added = end, opening if end > body.start else ""

    def _max_end(self, start: int, added: str, closing: str) -> int:
        """The last possible end of a part of a table or fence; the closing mark may need a line break of its own."""
        added_length = self._ruler.text_length(added) + (self._ruler.text_length(f"\n{closing}") if closing else 0)
        return self._ruler.reach(start, self._limit - added_length)

    def _row_border(self, borders: Sequence[int], start: int, end: int, added: str, closing: str) -> int | None:
        """The last border that keeps the limit, one that leaves the minimum for the part behind first."""
        max_end = self._max_end(start, added, closing)
        roomy_end = min(max_end, self._ruler.back(end, self._settings.min_length))
        for bound in (roomy_end, max_end):
            k = bisect_right(borders, bound) - 1
            if k >= 0 and borders[k] > start:
                return borders[k]
        return None


def join_short_parts(
    chunk_parts: Sequence[ChunkPart], blocks: Sequence[Block], ruler: Ruler, min_length: int, limit: int
) -> list[ChunkPart]:
    """The parts in order, none below `min_length` that fits into one chunk of `limit` with the part before or behind.

    Of two such neighbours it joins the one in the same section. Parts with added text, and those that questions leave
    out, stay as they are. Lengths are in the ruler's unit.
    """
    levels = {block.start: block.level for block in blocks if block.kind == "heading"}

    def border_level(chunk_part: ChunkPart) -> int:
        return levels.get(chunk_part.start, NO_HEADING)

    def fits_together(first: ChunkPart, second: ChunkPart) -> bool:
        is_joinable = not any(
            chunk_part.skip or chunk_part.added or chunk_part.closing for chunk_part in (first, second)
        )
        return is_joinable and ruler.length(first.start, second.end) <= limit

    joined_parts: list[ChunkPart] = []
    pending_parts = list(reversed(chunk_parts))
    while pending_parts:
        chunk_part = pending_parts.pop()
        is_short = ruler.length(chunk_part.start, chunk_part.end) < min_length
        joins_previous = is_short and bool(joined_parts) and fits_together(joined_parts[-1], chunk_part)
        joins_following = is_short and bool(pending_parts) and fits_together(chunk_part, pending_parts[-1])
        if joins_previous and not (joins_following and border_level(chunk_part) < border_level(pending_parts[-1])):
            pending_parts.append(_join_parts(joined_parts.pop(), chunk_part))
        elif joins_following:
            pending_parts.append(_join_parts(chunk_part, pending_parts.pop()))
        else:
            joined_parts.append(chunk_part)
    return joined_parts


def _join_parts(first: ChunkPart, second: ChunkPart) -> ChunkPart:
    """Both as one part: a table where one is, else a fence where one is."""
    kinds = (first.kind, second.kind)
    return ChunkPart("table" if "table" in kinds else "code" if "code" in kinds else "text", first.start, second.end)
