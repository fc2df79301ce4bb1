"""Markdown cut into chunks, whole: blocks are read, gathered into runs, packed into parts and written as records.

    blocks.py -> unreadable_runs.py -> boilerplate.py -> block_runs.py -> short_runs.py -> packer.py
        -> short_parts.py
    (with sentence_cuts.py, table_parts.py, lengths.py, sentences.py)

The chunks, one behind the other, are the text: nothing is lost and nothing moved.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from functools import lru_cache
from typing import Any

import msgspec

from groundwork.chunking.block_runs import block_runs
from groundwork.chunking.boilerplate import passages_left_out
from groundwork.chunking.lengths import load_tokenizer, ruler_for
from groundwork.chunking.packer import ChunkPart, Packer
from groundwork.chunking.short_runs import ShortRuns, join_short_parts
from groundwork.chunking.unreadable_runs import cut_out_unreadable
from groundwork.language.detection import detect_part_language, resolve_language
from groundwork.markdown.blocks import Block, blocks
from groundwork.records.chunk_record import Chunk
from groundwork.records.document_record import Document
from groundwork.records.figures import figures, text_without_folder
from groundwork.settings.document_settings import ChunkSettings


def chunk_document(
    markdown: str, document: Document, settings: ChunkSettings, found: list[Block] | None = None
) -> list[Chunk]:
    """The chunks of a document's Markdown, in order; their slices [start, end) give back the text.

    `found` spares reading the blocks again. Raises ConfigError when the tokenizer of chunk.unit tokens is missing.
    """
    languages = _Languages(settings.language, markdown)
    settings = msgspec.structs.replace(settings, language=languages.of_document)
    tokenizer = _tokenizer(settings.tokenizer) if settings.unit == "tokens" else None
    ruler = ruler_for(markdown, tokenizer)
    found = blocks(markdown) if found is None else found
    found, unreadable = cut_out_unreadable(markdown, found)
    marked = passages_left_out(markdown, found, document, unreadable)
    limit = settings.max_length
    while True:
        gathered = block_runs(markdown, found, marked, ruler, limit, settings.language)
        gathered = ShortRuns(markdown, ruler, settings, limit).join(gathered)
        parts = Packer(markdown, ruler, settings, limit).pack(gathered)
        parts = join_short_parts(parts, found, ruler, settings.min_length, limit)
        chunks = _records(markdown, parts, found, document, tokenizer, languages)
        excess = max((chunk.length for chunk in chunks), default=0) - settings.max_length
        if excess <= 0 or limit <= settings.max_length // 2:
            return chunks
        limit -= excess  # a chunk encoded alone has a token more at its borders: once more, a little tighter


@lru_cache(maxsize=2)
def _tokenizer(name: str) -> Any:
    return load_tokenizer(name)


class _Languages:
    """The language of a document and of each of its parts: the one set, or its own."""

    def __init__(self, setting: str, text: str) -> None:
        self._set = setting != "auto"
        self.of_document = resolve_language(setting, text)

    def of(self, part: str) -> str:
        """That of the document unless the part is plainly of another."""
        return self.of_document if self._set else detect_part_language(part, self.of_document)


def _records(
    text: str, parts: list[ChunkPart], found: list[Block], document: Document, tokenizer: Any, languages: _Languages
) -> list[Chunk]:
    starts = [block.start for block in found]
    pages = _Pages(document)
    seen: Counter[str] = Counter()
    chunks = []
    for index, part in enumerate(parts):
        body = text[part.start : part.end]
        whole = f"{part.added}{body}{part.closing}" if part.added or part.closing else body
        said = text_without_folder(body, document.id)  # so that a document that is renamed keeps its chunks' ids
        digest = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
        seen[digest] += 1
        tokens = len(tokenizer.encode(whole, add_special_tokens=False).ids) if tokenizer else None
        chunks.append(
            Chunk(
                id=f"{document.id}-{digest}" + (f"-{seen[digest]}" if seen[digest] > 1 else ""),
                document=document.id,
                index=index,
                kind=part.kind,
                text=whole,
                start=part.start,
                end=part.end,
                length=len(whole) if tokens is None else tokens,
                headings=_breadcrumb(found, starts, part),
                pages=pages.touched(part.start, part.end),
                added=part.added,
                closing=part.closing,
                tokens=tokens,
                language=languages.of(body),
                skip=part.skip if body.strip() else "blank",
                figures=[one.file for one in figures(whole, document.id)] or msgspec.UNSET,
            )
        )
    return chunks


def _breadcrumb(found: list[Block], starts: list[int], part: ChunkPart) -> list[str]:
    """The headings that hold for a part's table, else for its first block that is no heading."""
    first, last = bisect_right(starts, part.start) - 1, bisect_left(starts, part.end) - 1
    kinds = [found[k].kind for k in range(first, last + 1)]
    if part.kind == "table" and "table" in kinds:
        return list(found[first + kinds.index("table")].headings)
    while first < last and found[first].kind == "heading":
        first += 1
    return list(found[first].headings)


class _Pages:
    """Page numbers by offset."""

    def __init__(self, document: Document) -> None:
        self._pages = document.pages
        self._starts = [page.start for page in document.pages]
        self._ends = [page.end for page in document.pages]

    def touched(self, start: int, end: int) -> list[int]:
        """The pages of which some text lies in [start, end)."""
        first, behind = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return [page.number for page in self._pages[first:behind] if page.start < page.end]
