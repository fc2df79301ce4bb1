"""Runs packed into the parts that become chunks, between the minimum and the maximum.

Text is filled towards the maximum. A table over the limit is cut between rows with its header repeated, a fence between
lines with its fence repeated. Only when runs are cut is it known where a long text was cut, and how much of the text
behind a short table the next table took: then the parts below the minimum join what stands beside them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec
import regex

from groundwork.chunking.chunk_runs import RUN_LEVEL_WITHOUT_HEADING, ChunkRun
from groundwork.chunking.cut_points import CutPoints, is_uncut_title
from groundwork.chunking.tokenizers_and_rulers import Ruler
from groundwork.language.sentences import sentences
from groundwork.language.text_spans import Span
from groundwork.markdown.blocks import Block
from groundwork.markdown.markdown_tables import is_html_table, table_rows
from groundwork.settings.config_schema import ChunkSettings

# the opening line of a fence, also as a list item: its indent and marks are repeated
_REPEATED_FENCE = regex.compile(r"(?P<indent>[ \t>\ufeff]*)(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?(?P<marks>`{3,}|~{3,})")


class TableFrame(NamedTuple):
    """`borders`: offsets at which a cut is allowed; `opening` is repeated above later parts, `closing` ends a part.

    `groups`: those borders at which rows with another first cell begin.
    """

    borders: list[int]
    opening: str
    closing: str
    groups: Sequence[int] = ()


def table_frame(markdown: str, block: Block) -> TableFrame:
    """The frame of a table (its header rows) or of a fence (its first line, with the language)."""
    return _table_frame(markdown, block) if block.kind == "table" else _fence_frame(markdown, block)


def _table_frame(markdown: str, block: Block) -> TableFrame:
    framed_table = markdown[block.start : block.end]
    part_rows = table_rows(framed_table)
    if not part_rows.data:
        return TableFrame([], "", "")
    framed_header = framed_table[: part_rows.data[0][0]]
    html_closing = "</table>\n" if is_html_table(framed_table) else ""
    repeated_fence = _REPEATED_FENCE.match(framed_header)
    closing = f"{repeated_fence['indent']}{repeated_fence['marks']}\n" if repeated_fence else html_closing
    row_groups = [] if closing else [block.start + start for start in _row_group_starts(framed_table, part_rows.data)]
    row_borders = [block.start + start for start, _ in part_rows.data[1:]]
    return TableFrame(row_borders, framed_header.lstrip("\ufeff\r\n"), closing, row_groups)


def _row_group_starts(framed_table: str, framed_rows: Sequence[Span]) -> Iterator[int]:
    """Where rows of a table of pipes begin whose first cell differs from that above; an empty one goes on with it."""
    last_group_cell = ""
    for k, (framed_row_start, framed_row_end) in enumerate(framed_rows):
        group_cell = framed_table[framed_row_start:framed_row_end].strip().removeprefix("|").split("|", 1)[0].strip()
        if k and group_cell and group_cell != last_group_cell:
            yield framed_row_start
        last_group_cell = group_cell or last_group_cell


def _fence_frame(markdown: str, block: Block) -> TableFrame:
    fence_start = markdown.find("\n", block.start, block.end) + 1 or block.end
    repeated_fence = _REPEATED_FENCE.match(markdown, block.start, fence_start)
    if repeated_fence is None:
        return TableFrame([], "", "")
    framed_fence = markdown[fence_start : block.end].rstrip()
    last_fence_line = framed_fence.rfind("\n") + 1
    is_closed = framed_fence.endswith(repeated_fence["marks"])
    framed_lines = framed_fence[: last_fence_line - 1] if is_closed and last_fence_line else framed_fence
    framed_row_borders = [fence_start + match.end() for match in regex.finditer(r"\n", framed_lines)]
    return TableFrame(
        framed_row_borders,
        markdown[block.start : fence_start].lstrip("\ufeff"),
        f"{repeated_fence['indent']}{repeated_fence['marks']}\n",
    )


class ChunkPart(msgspec.Struct, frozen=True, gc=False):
    """A chunk to be: the slice [start, end) of the text and what is added around it."""

    kind: Literal["text", "table", "code"]
    start: int
    end: int
    added: str = ""
    closing: str = ""
    skip: str = ""


class ChunkPacker:
    """Packs the runs of one text. `chunk_limit` is max_length, or a little less where tokens at borders ask for it."""

    def __init__(self, markdown: str, ruler: Ruler, settings: ChunkSettings, chunk_limit: int) -> None:
        self._packed_text, self._ruler, self._settings, self._chunk_limit = markdown, ruler, settings, chunk_limit

    def pack(self, packed_runs: Sequence[ChunkRun]) -> list[ChunkPart]:
        """The parts in order; their slices together are the text."""
        chunk_parts: list[ChunkPart] = []
        for packed_run in packed_runs:
            fits_part = self._ruler.length(packed_run.start, packed_run.end) <= self._chunk_limit
            if packed_run.body:
                uncut_part = [ChunkPart(packed_run.kind, packed_run.start, packed_run.end, skip=packed_run.skip)]
                chunk_parts += uncut_part if fits_part else self._cut_rows(packed_run, packed_run.body)
            elif fits_part and not self._settings.overlap_sentences:
                chunk_parts.append(ChunkPart("text", packed_run.start, packed_run.end, skip=packed_run.skip))
            else:
                chunk_parts += self._cut_text(packed_run, chunk_parts[-1] if chunk_parts else None)
        return chunk_parts

    def _cut_points(self, packed_run: ChunkRun) -> CutPoints:
        return CutPoints(self._packed_text, packed_run.blocks, self._settings.language, self._settings.sentences)

    def _cut_text(self, packed_run: ChunkRun, previous_part: ChunkPart | None) -> Iterator[ChunkPart]:
        cut_points = self._cut_points(packed_run)
        part_start = packed_run.start
        while part_start < packed_run.end:
            part_overlap = self._overlap(previous_part, packed_run.skip)
            part_room = self._chunk_limit - self._ruler.text_length(part_overlap)
            part_end = self._next_cut(cut_points, part_start, packed_run.end, part_room)
            previous_part = ChunkPart("text", part_start, part_end, part_overlap, skip=packed_run.skip)
            yield previous_part
            part_start = part_end

    def _next_cut(self, cut_points: CutPoints, part_start: int, part_end: int, part_room: int) -> int:
        """The best place to end the chunk that starts at `part_start`, so that it holds `part_room` at the most."""
        ruler, min_part_length = self._ruler, self._settings.min_length
        if ruler.length(part_start, part_end) <= part_room:
            return part_end
        min_part_end, max_part_end = (
            max(ruler.reach(part_start, min_part_length), part_start + 1),
            ruler.reach(part_start, part_room),
        )
        roomy_part_end = min(
            max_part_end, ruler.back(part_end, min_part_length)
        )  # leaves the minimum for what comes behind
        half_full_part = ruler.reach(part_start, part_room // 2)
        return (
            cut_points.structural_cut(min_part_end, roomy_part_end, half_full_part)
            or cut_points.sentence_cut(part_start, min_part_end, roomy_part_end)
            or cut_points.structural_cut(min_part_end, max_part_end, half_full_part)
            or cut_points.word_cut(part_start, max_part_end)
        )

    def _overlap(self, previous_part: ChunkPart | None, skip: str) -> str:
        """The last sentences of the chunk before, when that is text of the same mark and half the room is left."""
        overlap_sentences = self._settings.overlap_sentences
        if not overlap_sentences or previous_part is None or previous_part.kind != "text" or previous_part.skip != skip:
            return ""
        part_text = self._packed_text[previous_part.start : previous_part.end]
        overlap_spans = sentences(part_text, self._settings.language, self._settings.sentences)[-overlap_sentences:]
        part_overlap = part_text[overlap_spans[0][0] :] if overlap_spans and overlap_spans[0][0] > 0 else ""
        return part_overlap if self._ruler.text_length(part_overlap) <= self._chunk_limit // 2 else ""

    def _cut_rows(self, run: ChunkRun, table_block: Block) -> Iterator[ChunkPart]:
        row_borders, repeated_header, closing, row_groups = table_frame(self._packed_text, table_block)
        if 2 * self._ruler.text_length(repeated_header + closing) > self._chunk_limit:
            repeated_header = closing = ""  # a header of more than half the limit is not repeated
        part_start, added_header = run.start, ""
        while part_start < run.end:
            if self._ruler.length(part_start, run.end) <= self._chunk_limit - self._ruler.text_length(added_header):
                yield ChunkPart(run.kind, part_start, run.end, added_header, skip=run.skip)
                return
            part_end = self._row_border(row_borders, row_groups, part_start, run.end, added_header, closing)
            if part_end is None and added_header:  # one row with the header is too long; the row alone may do
                added_header = ""
                part_end = self._row_border(row_borders, row_groups, part_start, run.end, added_header, "")
            if part_end is None:
                part_end = self._cut_points(run).word_cut(part_start, self._max_end(part_start, added_header, closing))
            part_closing = closing if added_header or part_start <= table_block.start < part_end else ""
            if part_closing and self._packed_text[part_end - 1] != "\n":
                part_closing = f"\n{part_closing}"
            yield ChunkPart(run.kind, part_start, part_end, added_header, part_closing, run.skip)
            part_start, added_header = part_end, repeated_header if part_end > table_block.start else ""

    def _max_end(self, part_start: int, header: str, closing: str) -> int:
        """The last possible end of a part of a table or fence; the closing mark may need a line break of its own."""
        added_length = self._ruler.text_length(header) + (self._ruler.text_length(f"\n{closing}") if closing else 0)
        return self._ruler.reach(part_start, self._chunk_limit - added_length)

    def _row_border(
        self,
        row_borders: Sequence[int],
        row_groups: Sequence[int],
        part_start: int,
        part_end: int,
        added_header: str,
        closing: str,
    ) -> int | None:
        """The last border that keeps the limit, one that leaves the minimum for the part behind first.

        Rows with the same first cell stay together where half of what the limit allows is left for this part.
        """
        max_part_end = self._max_end(part_start, added_header, closing)
        roomy_part_end = min(max_part_end, self._ruler.back(part_end, self._settings.min_length))
        for part_end_bound in (roomy_part_end, max_part_end):
            for row_border_starts, least_part_end in (
                (row_groups, part_start + (part_end_bound - part_start) // 2),
                (row_borders, part_start),
            ):
                k = bisect_right(row_border_starts, part_end_bound) - 1
                if k >= 0 and row_border_starts[k] > least_part_end:
                    return row_border_starts[k]
        return None


class PartLengths(NamedTuple):
    """How long parts are, in the unit of `ruler`: the `minimum` where a neighbour leaves room, `limit` at the most."""

    ruler: Ruler
    minimum: int
    limit: int

    def is_short(self, part: ChunkPart) -> bool:
        return self.ruler.length(part.start, part.end) < self.minimum

    def fit_together(self, first_part: ChunkPart, last_part: ChunkPart) -> bool:
        return self.ruler.length(first_part.start, last_part.end) <= self.limit


def join_short_parts(
    markdown: str, chunk_parts: Sequence[ChunkPart], blocks: Sequence[Block], part_lengths: PartLengths
) -> list[ChunkPart]:
    """The parts in order, none below the minimum that fits into one chunk with a neighbour.

    Of two such neighbours it joins the one in the same section. Parts with added text, and those that questions leave
    out, stay as they are.
    """
    chunk_parts = _join_title_page(markdown, chunk_parts, blocks, part_lengths)
    level_by_part_start = {block.start: block.level for block in blocks if block.kind == "heading"}

    def border_level(part: ChunkPart) -> int:
        return level_by_part_start.get(part.start, RUN_LEVEL_WITHOUT_HEADING)

    def fits_together(first_part: ChunkPart, second_part: ChunkPart) -> bool:
        is_joinable = not any(part.skip or part.added or part.closing for part in (first_part, second_part))
        return is_joinable and part_lengths.fit_together(first_part, second_part)

    joined_parts: list[ChunkPart] = []
    pending_parts = list(reversed(chunk_parts))
    while pending_parts:
        part = pending_parts.pop()
        is_short = part_lengths.is_short(part)
        joins_previous = is_short and bool(joined_parts) and fits_together(joined_parts[-1], part)
        joins_following = is_short and bool(pending_parts) and fits_together(part, pending_parts[-1])
        if joins_previous and not (joins_following and border_level(part) < border_level(pending_parts[-1])):
            pending_parts.append(_join_parts(joined_parts.pop(), part))
        elif joins_following:
            pending_parts.append(_join_parts(part, pending_parts.pop()))
        else:
            joined_parts.append(part)
    return joined_parts


def _join_title_page(
    markdown: str, chunk_parts: Sequence[ChunkPart], blocks: Sequence[Block], part_lengths: PartLengths
) -> Sequence[ChunkPart]:
    """The parts; a short title page in front of contents, with nothing but titles and names, goes with them."""
    if len(chunk_parts) < 3 or chunk_parts[0].skip or chunk_parts[1].skip != "contents":
        return chunk_parts
    title_page, contents_part, *parts_behind_contents = chunk_parts
    title_page_blocks = [block for block in blocks if block.start < title_page.end]
    has_only_titles = all(block.kind == "heading" or is_uncut_title(markdown, block) for block in title_page_blocks)
    is_short = part_lengths.is_short(title_page)
    if not (is_short and has_only_titles and part_lengths.fit_together(title_page, contents_part)):
        return chunk_parts
    return [msgspec.structs.replace(contents_part, start=title_page.start), *parts_behind_contents]


def _join_parts(first_part: ChunkPart, second_part: ChunkPart) -> ChunkPart:
    """Both as one part: a table where one is, else a fence where one is."""
    part_kinds = (first_part.kind, second_part.kind)
    return ChunkPart(
        "table" if "table" in part_kinds else "code" if "code" in part_kinds else "text",
        first_part.start,
        second_part.end,
    )
