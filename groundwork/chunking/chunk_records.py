"""Markdown cut into chunks, whole: blocks are read, gathered into runs, cut into parts and written as records.

    markdown/blocks.py -> skipped_passages.py -> chunk_runs.py -> chunk_parts.py (both with cut_points.py)

The chunks, one behind the other, are the text: nothing is lost and nothing moved.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from functools import lru_cache
from typing import Any

import msgspec

from groundwork.chunking.chunk_parts import ChunkPacker, ChunkPart, PartLengths, join_short_parts
from groundwork.chunking.chunk_runs import ShortRuns, text_and_table_runs
from groundwork.chunking.skipped_passages import skip_marks, split_unreadable_runs
from groundwork.chunking.tokenizers_and_rulers import length_ruler, load_tokenizer
from groundwork.language.language_and_script import detect_part_language, resolve_language
from groundwork.markdown.blocks import Block, blocks
from groundwork.markdown.figures import figures, text_without_folder
from groundwork.records import Chunk, Document
from groundwork.settings.config_schema import ChunkSettings

_SLIDES_ENDING = ".pptx"  # each slide of which is a page


def chunk_document(
    markdown: str, document: Document, settings: ChunkSettings, parsed_blocks: list[Block] | None = None
) -> list[Chunk]:
    """The chunks of a document's Markdown, in order; their slices [start, end) give back the text.

    `parsed_blocks` spares reading the blocks again. Raises ConfigError when the tokenizer of chunk.unit tokens is
    missing.
    """
    chunk_languages = _ChunkLanguages(settings.language, markdown)
    settings = msgspec.structs.replace(settings, language=chunk_languages.of_document)
    tokenizer = _cached_chunk_tokenizer(settings.tokenizer) if settings.unit == "tokens" else None
    ruler = length_ruler(markdown, tokenizer)
    parsed_blocks = blocks(markdown) if parsed_blocks is None else parsed_blocks
    if document.source.casefold().endswith(_SLIDES_ENDING):
        parsed_blocks = _with_headings_of_own_page(parsed_blocks, document)
    parsed_blocks, unreadable_flags = split_unreadable_runs(markdown, parsed_blocks)
    block_marks = skip_marks(markdown, parsed_blocks, document, unreadable_flags)
    chunk_limit = settings.max_length
    while True:
        chunk_runs = text_and_table_runs(markdown, parsed_blocks, block_marks, ruler, chunk_limit, settings.language)
        chunk_runs = ShortRuns(markdown, ruler, settings, chunk_limit).join(chunk_runs)
        chunk_parts = ChunkPacker(markdown, ruler, settings, chunk_limit).pack(chunk_runs)
        part_lengths = PartLengths(ruler, settings.min_length, chunk_limit)
        chunk_parts = join_short_parts(markdown, chunk_parts, parsed_blocks, part_lengths)
        chunks = _build_chunk_records(markdown, chunk_parts, parsed_blocks, document, tokenizer, chunk_languages)
        excess_length = max((chunk.length for chunk in chunks), default=0) - settings.max_length
        if excess_length <= 0 or chunk_limit <= settings.max_length // 2:
            return chunks
        chunk_limit -= (
            excess_length  # a chunk encoded alone has a token more at its borders: once more, a little tighter
        )


@lru_cache(maxsize=2)
def _cached_chunk_tokenizer(name: str) -> Any:
    return load_tokenizer(name)


class _ChunkLanguages:
    """The language of a document and of each of its parts: the one set, or its own."""

    def __init__(self, setting: str, markdown: str) -> None:
        self._set = setting != "auto"
        self.of_document = resolve_language(setting, markdown)

    def of(self, text: str) -> str:
        """That of the document unless the part is plainly of another."""
        return self.of_document if self._set else detect_part_language(text, self.of_document)


def _build_chunk_records(
    markdown: str,
    chunk_parts: list[ChunkPart],
    parsed_blocks: list[Block],
    document: Document,
    tokenizer: Any,
    chunk_languages: _ChunkLanguages,
) -> list[Chunk]:
    chunk_block_starts = [block.start for block in parsed_blocks]
    chunk_pages = _ChunkPages(document)
    digest_counts: Counter[str] = Counter()
    chunks = []
    for chunk_index, chunk_part in enumerate(chunk_parts):
        chunk_body = markdown[chunk_part.start : chunk_part.end]
        chunk_text = f"{chunk_part.added}{chunk_body}{chunk_part.closing}"
        token_count = len(tokenizer.encode(chunk_text, add_special_tokens=False).ids) if tokenizer else None
        chunks.append(
            Chunk(
                id=_chunk_id(chunk_body, document.id, digest_counts),
                document=document.id,
                index=chunk_index,
                kind=chunk_part.kind,
                text=chunk_text,
                start=chunk_part.start,
                end=chunk_part.end,
                length=len(chunk_text) if token_count is None else token_count,
                headings=_chunk_headings(parsed_blocks, chunk_block_starts, chunk_part),
                pages=chunk_pages.numbers_between(chunk_part.start, chunk_part.end),
                added=chunk_part.added,
                closing=chunk_part.closing,
                tokens=token_count,
                language=chunk_languages.of(chunk_body),
                skip=chunk_part.skip if chunk_body.strip() else "blank",
                figures=[figure.file for figure in figures(chunk_text, document.id)] or msgspec.UNSET,
            )
        )
    return chunks


def _chunk_id(chunk_body: str, document_id: str, digest_counts: Counter[str]) -> str:
    """The document's id with a digest of the text, counted where the document has that text again."""
    # Without the folder of its figures, so that a document that is renamed keeps its chunks' ids.
    hashed_chunk_text = text_without_folder(chunk_body, document_id)
    chunk_digest = hashlib.blake2b(hashed_chunk_text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    digest_counts[chunk_digest] += 1
    digest_count = digest_counts[chunk_digest]
    return f"{document_id}-{chunk_digest}" + (f"-{digest_count}" if digest_count > 1 else "")


def _with_headings_of_own_page(parsed_blocks: list[Block], document: Document) -> list[Block]:
    """The blocks of slides, each with the titles of its own: that of a slide does not hold for the next."""
    page_starts = [page.start for page in document.pages]
    blocks_of_own_page, pages_of_headings = [], list[int]()
    for block in parsed_blocks:
        block_page = bisect_right(page_starts, block.start)
        pages_of_headings = pages_of_headings[: len(block.headings) - bool(block.level)]
        pages_of_headings += [block_page] * (len(block.headings) - len(pages_of_headings))
        headings = [
            heading for heading, page in zip(block.headings, pages_of_headings, strict=True) if page == block_page
        ]
        blocks_of_own_page.append(msgspec.structs.replace(block, headings=tuple(headings)))
    return blocks_of_own_page


def _chunk_headings(parsed_blocks: list[Block], chunk_block_starts: list[int], chunk_part: ChunkPart) -> list[str]:
    """The headings that hold for a part's table, else for its first block that is no heading."""
    first_chunk_block, last_chunk_block = (
        bisect_right(chunk_block_starts, chunk_part.start) - 1,
        bisect_left(chunk_block_starts, chunk_part.end) - 1,
    )
    kinds_of_chunk_blocks = [parsed_blocks[k].kind for k in range(first_chunk_block, last_chunk_block + 1)]
    if chunk_part.kind == "table" and "table" in kinds_of_chunk_blocks:
        return list(parsed_blocks[first_chunk_block + kinds_of_chunk_blocks.index("table")].headings)
    while first_chunk_block < last_chunk_block and parsed_blocks[first_chunk_block].kind == "heading":
        first_chunk_block += 1
    return list(parsed_blocks[first_chunk_block].headings)


class _ChunkPages:
    """Page numbers by offset."""

    def __init__(self, document: Document) -> None:
        self._pages = document.pages
        self._starts = [page.start for page in document.pages]
        self._ends = [page.end for page in document.pages]

    def numbers_between(self, start: int, end: int) -> list[int]:
        """The pages of which some text lies in [start, end)."""
        first_chunk_page, chunk_pages_end = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return [page.number for page in self._pages[first_chunk_page:chunk_pages_end] if page.start < page.end]
