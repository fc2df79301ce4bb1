"""Blocks packed into chunks.

Text is grouped towards the maximum and broken first at headings, then at paragraphs, list items and sentences; a table
or a fence is a chunk of its own. The chunks, one behind the other, are the text: nothing is lost and nothing moved.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import regex

from dataprep.schema.records import Chunk, Document
from dataprep.schema.settings import ChunkSettings
from dataprep.text.blocks import Block, blocks
from dataprep.text.cuts import Breaks
from dataprep.text.lengths import Ruler, load_tokenizer, ruler_for
from dataprep.text.marks import marks
from dataprep.text.sentences import sentences
from dataprep.text.tables import table_rows


class Run(NamedTuple):
    """Blocks that are packed together: text, or one table or fence with what introduces it."""

    kind: Literal["text", "table", "code"]
    blocks: Sequence[Block]
    skip: str = ""

    @property
    def start(self) -> int:
        return self.blocks[0].start

    @property
    def end(self) -> int:
        return self.blocks[-1].end


class Part(NamedTuple):
    """A chunk to be: the slice [start, end) of the text and what is added around it."""

    kind: Literal["text", "table", "code"]
    start: int
    end: int
    added: str = ""
    closing: str = ""
    skip: str = ""


def chunk_document(
    markdown: str, document: Document, settings: ChunkSettings, found: list[Block] | None = None
) -> list[Chunk]:
    """The chunks of a document's Markdown, in order; their slices [start, end) give back the text.

    `found` spares reading the blocks again. Raises ConfigError when the tokenizer of chunk.unit tokens is missing.
    """
    tokenizer = _tokenizer(settings.tokenizer) if settings.unit == "tokens" else None
    found = blocks(markdown) if found is None else found
    runs = list(_runs(markdown, found, marks(markdown, found, document), settings))
    limit = settings.max_length
    ruler = ruler_for(markdown, settings, tokenizer)
    while True:
        parts = _pack(markdown, runs, ruler, settings, limit)
        chunks = _records(markdown, parts, found, document, tokenizer)
        excess = max((chunk.length for chunk in chunks), default=0) - settings.max_length
        if excess <= 0 or limit <= settings.max_length // 2:
            return chunks
        limit -= excess  # tokens at the borders of chunks: pack once more, a little tighter


@lru_cache(maxsize=2)
def _tokenizer(name: str) -> Any:
    return load_tokenizer(name)


# --- what is packed together ------------------------------------------------------------------------------------------

_CAPTION = regex.compile(
    r"[\s*_>]*+(?:Table|Tab\.|Tabelle|Tableau|Tabla|Tabella|Tabela|Figure|Fig\.|Listing|Abbildung|表|جدول)\s*+[\w.-]*\d",
    regex.IGNORECASE,
)
_SENTENCE_END = regex.compile(r"[.!?。！？؟][\"'”’)*_]*\s")


def _runs(text: str, found: list[Block], skips: list[str], settings: ChunkSettings) -> Iterator[Run]:
    """Text between tables, fences and marked passages; each of these with the headings and caption right above it."""
    waiting: list[Block] = []  # text blocks not yet given out, all with the mark `skip`
    skip = ""
    for block, mark in zip(found, skips, strict=True):
        alone = block.kind in ("table", "code")
        if waiting and mark != skip:
            if alone or not mark:
                lead: list[Block] = []
            else:
                lead = _trailing_headings(waiting)
            yield from _text_run(waiting[: len(waiting) - len(lead)], skip)
            waiting = lead
        if alone:
            lead = _lead(text, waiting, block, settings)
            yield from _text_run(waiting[: len(waiting) - len(lead)], skip)
            yield Run("table" if block.kind == "table" else "code", [*lead, block], mark)
            waiting, skip = [], mark
        else:
            waiting.append(block)
            skip = mark
    yield from _text_run(waiting, skip)


def _text_run(found: list[Block], skip: str) -> Iterator[Run]:
    if found:
        yield Run("text", found, skip)


def _trailing_headings(found: list[Block]) -> list[Block]:
    keep = len(found)
    while keep and found[keep - 1].kind == "heading":
        keep -= 1
    return found[keep:]


def _lead(text: str, waiting: list[Block], block: Block, settings: ChunkSettings) -> list[Block]:
    """The headings right above a table or fence, with its caption or the one sentence that introduces it."""
    keep = len(waiting)
    if keep and waiting[-1].kind == "paragraph" and _introduces(text, waiting):
        keep -= 1
    keep -= len(_trailing_headings(waiting[:keep]))
    if keep < len(waiting) and block.end - waiting[keep].start > settings.max_length >= block.end - block.start:
        keep = len(waiting)  # the whole table matters more
    return waiting[keep:]


def _introduces(text: str, waiting: list[Block]) -> bool:
    last = waiting[-1]
    body = text[last.start : last.end].rstrip()
    if len(body) > 400:
        return False
    one_sentence = len(_SENTENCE_END.findall(body + " ")) <= 1
    under_heading = len(waiting) > 1 and waiting[-2].kind == "heading"
    return (
        (body.endswith((":", "：")) and one_sentence) or bool(_CAPTION.match(body)) or (under_heading and one_sentence)
    )


# --- packing ----------------------------------------------------------------------------------------------------------


def _pack(text: str, runs: list[Run], ruler: Ruler, settings: ChunkSettings, limit: int) -> list[Part]:
    parts: list[Part] = []
    for run in runs:
        if ruler.length(run.start, run.end) <= limit and not (run.kind == "text" and settings.overlap_sentences):
            parts.append(Part(run.kind, run.start, run.end, skip=run.skip))
        elif run.kind == "text":
            parts += _cut_text(text, run, ruler, settings, limit, parts[-1] if parts else None)
        else:
            parts += _cut_rows(text, run, ruler, settings, limit)
    return parts


def _cut_text(
    text: str, run: Run, ruler: Ruler, settings: ChunkSettings, limit: int, before: Part | None
) -> Iterator[Part]:
    breaks = Breaks(text, run.blocks, settings.language, settings.sentences)
    start = run.start
    while start < run.end:
        added = _overlap(text, before, settings, run.skip) if settings.overlap_sentences else ""
        added = added if ruler.of(added) <= limit // 2 else ""
        end = _next_cut(breaks, ruler, start, run.end, settings.min_length, limit - ruler.of(added))
        before = Part("text", start, end, added, skip=run.skip)
        yield before
        start = end


def _next_cut(breaks: Breaks, ruler: Ruler, start: int, end: int, least: int, limit: int) -> int:
    """The best place to end the chunk that starts at `start`."""
    if ruler.length(start, end) <= limit:
        return end
    first, last = ruler.reach(start, least), ruler.reach(start, limit)
    fuller = ruler.reach(start, limit // 2)
    roomy = min(last, ruler.back(end, least))  # leaves enough for the next chunk
    return (
        breaks.structural(max(first, start + 1), roomy, fuller)
        or breaks.sentence(start, max(first, start + 1), roomy)
        or breaks.structural(max(first, start + 1), last, fuller)
        or breaks.word(start, start + 1, last)
    )


def _overlap(text: str, before: Part | None, settings: ChunkSettings, skip: str) -> str:
    """The last sentences of the chunk before, when that is text of the same standing."""
    if before is None or before.kind != "text" or before.skip != skip:
        return ""
    body = text[before.start : before.end]
    spans = sentences(body, settings.language, settings.sentences)[-settings.overlap_sentences :]
    return body[spans[0][0] :] if spans and spans[0][0] > 0 else ""


def _cut_rows(text: str, run: Run, ruler: Ruler, settings: ChunkSettings, limit: int) -> Iterator[Part]:
    """A table over the limit between its rows, a fence between its lines; what opens it is repeated in each part."""
    body = run.blocks[-1]
    borders, opening, closing = (_table_frame if run.kind == "table" else _code_frame)(text, body)
    if 2 * ruler.of(opening + closing) > limit:
        opening = closing = ""
    breaks = Breaks(text, run.blocks, settings.language, settings.sentences)
    start, added = run.start, ""
    while start < run.end:
        room = limit - ruler.of(added)
        if ruler.length(start, run.end) <= room:
            yield Part(run.kind, start, run.end, added, "", run.skip)
            return
        room -= ruler.of("\n" + closing) if closing else 0
        last = ruler.reach(start, room)
        roomy = min(last, ruler.back(run.end, settings.min_length))
        end = (
            _last_in(borders, start + 1, roomy)
            or _last_in(borders, start + 1, last)
            or breaks.word(start, start + 1, last)
        )
        ending = closing if end > body.start else ""
        if ending and text[end - 1] != "\n":
            ending = "\n" + ending  # the closing mark needs a line of its own
        yield Part(run.kind, start, end, added, ending, run.skip)
        start, added = end, opening if end > body.start else ""


def _last_in(positions: Sequence[int], first: int, last: int) -> int:
    """The last of the sorted positions within first..last, or 0."""
    k = bisect_right(positions, last) - 1
    return positions[k] if k >= 0 and positions[k] >= first else 0


def _table_frame(text: str, table: Block) -> tuple[list[int], str, str]:
    """Where a table may be cut, what is repeated above each later part, and what closes a part."""
    body = text[table.start : table.end]
    rows = table_rows(body)
    if not rows.data:
        return [], "", ""
    opening = body[: rows.data[0][0]] if rows.header or "<" in body[: rows.data[0][0]] else ""
    opening = opening.lstrip("\n")
    closing = ""
    if regex.search(r"<tr\b", body, regex.IGNORECASE):
        closing = "</table>\n"
    elif fence := regex.match(r"[ \t>]*(`{3,}|~{3,})", opening):
        closing = fence[0] + "\n"
    return [table.start + start for start, _ in rows.data[1:]], opening, closing


def _code_frame(text: str, code: Block) -> tuple[list[int], str, str]:
    first_line = text.find("\n", code.start, code.end) + 1 or code.end
    opening = text[code.start : first_line]
    marks_of = regex.match(r"([ \t>]*)(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?(`{3,}|~{3,})", opening)
    closing = f"{marks_of[1]}{marks_of[2]}\n" if marks_of else ""
    body_end = code.end
    stripped = text[code.start : code.end].rstrip()
    if marks_of and stripped.endswith(marks_of[2]):
        body_end = code.start + stripped.rfind("\n") + 1
    borders = []
    position = text.find("\n", first_line, body_end) + 1
    while 0 < position < body_end:
        borders.append(position)
        position = text.find("\n", position, body_end) + 1
    return borders, opening, closing


# --- records ----------------------------------------------------------------------------------------------------------


def _records(text: str, parts: list[Part], found: list[Block], document: Document, tokenizer: Any) -> list[Chunk]:
    starts = [block.start for block in found]
    pages = _Pages(document)
    seen: Counter[str] = Counter()
    chunks = []
    for index, part in enumerate(parts):
        body = text[part.start : part.end]
        whole = f"{part.added}{body}{part.closing}"
        digest = hashlib.blake2b(body.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
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
                skip=part.skip if body.strip() else "blank",
            )
        )
    return chunks


def _breadcrumb(found: list[Block], starts: list[int], part: Part) -> list[str]:
    """The headings that hold for the first block of the part that is no heading."""
    k = bisect_right(starts, part.start) - 1
    last = bisect_left(starts, part.end) - 1
    while k < last and found[k].kind == "heading":
        k += 1
    return list(found[k].headings)


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
