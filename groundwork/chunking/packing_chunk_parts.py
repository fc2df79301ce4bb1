"""Runs packed into the parts that become chunks, between the minimum and the maximum.

Text is filled towards the maximum. A table over the limit is cut between rows with its header repeated, a fence between
lines with its fence repeated.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from groundwork.chunking.chunk_lengths import Ruler
from groundwork.chunking.cut_points import CutPoints
from groundwork.chunking.repeated_frames import table_frame
from groundwork.chunking.text_and_table_runs import ChunkRun
from groundwork.language.sentences import sentences
from groundwork.markdown.blocks import Block
from groundwork.settings.config_schema import ChunkSettings


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

    def pack(self, runs: Sequence[ChunkRun]) -> list[ChunkPart]:
        """The parts in order; their slices together are the text."""
        chunk_parts: list[ChunkPart] = []
        for run in runs:
            fits = self._ruler.length(run.start, run.end) <= self._chunk_limit
            if run.body:
                uncut = [ChunkPart(run.kind, run.start, run.end, skip=run.skip)]
                chunk_parts += uncut if fits else self._cut_rows(run, run.body)
            elif fits and not self._settings.overlap_sentences:
                chunk_parts.append(ChunkPart("text", run.start, run.end, skip=run.skip))
            else:
                chunk_parts += self._cut_text(run, chunk_parts[-1] if chunk_parts else None)
        return chunk_parts

    def _cut_points(self, run: ChunkRun) -> CutPoints:
        return CutPoints(self._packed_text, run.blocks, self._settings.language, self._settings.sentences)

    def _cut_text(self, run: ChunkRun, previous_part: ChunkPart | None) -> Iterator[ChunkPart]:
        cut_points = self._cut_points(run)
        start = run.start
        while start < run.end:
            overlap = self._overlap(previous_part, run.skip)
            chunk_end = self._next_cut(cut_points, start, run.end, self._chunk_limit - self._ruler.text_length(overlap))
            previous_part = ChunkPart("text", start, chunk_end, overlap, skip=run.skip)
            yield previous_part
            start = chunk_end

    def _next_cut(self, cut_points: CutPoints, part_start: int, part_end: int, chunk_room: int) -> int:
        """The best place to end the chunk that starts at `part_start`, so that it holds `chunk_room` at the most."""
        ruler, min_part_length = self._ruler, self._settings.min_length
        if ruler.length(part_start, part_end) <= chunk_room:
            return part_end
        min_end, max_end = (
            max(ruler.reach(part_start, min_part_length), part_start + 1),
            ruler.reach(part_start, chunk_room),
        )
        roomy_end = min(max_end, ruler.back(part_end, min_part_length))  # leaves the minimum for what comes behind
        half_full = ruler.reach(part_start, chunk_room // 2)
        return (
            cut_points.structural_cut(min_end, roomy_end, half_full)
            or cut_points.sentence_cut(part_start, min_end, roomy_end)
            or cut_points.structural_cut(min_end, max_end, half_full)
            or cut_points.word_cut(part_start, max_end)
        )

    def _overlap(self, previous_part: ChunkPart | None, skip: str) -> str:
        """The last sentences of the chunk before, when that is text of the same mark and half the room is left."""
        count = self._settings.overlap_sentences
        if not count or previous_part is None or previous_part.kind != "text" or previous_part.skip != skip:
            return ""
        part_text = self._packed_text[previous_part.start : previous_part.end]
        sentence_spans = sentences(part_text, self._settings.language, self._settings.sentences)[-count:]
        part_overlap = part_text[sentence_spans[0][0] :] if sentence_spans and sentence_spans[0][0] > 0 else ""
        return part_overlap if self._ruler.text_length(part_overlap) <= self._chunk_limit // 2 else ""

    def _cut_rows(self, run: ChunkRun, table_block: Block) -> Iterator[ChunkPart]:
        row_borders, repeated_header, closing, row_groups = table_frame(self._packed_text, table_block)
        if 2 * self._ruler.text_length(repeated_header + closing) > self._chunk_limit:
            repeated_header = closing = ""  # a header of more than half the limit is not repeated
        chunk_start, header = run.start, ""
        while chunk_start < run.end:
            if self._ruler.length(chunk_start, run.end) <= self._chunk_limit - self._ruler.text_length(header):
                yield ChunkPart(run.kind, chunk_start, run.end, header, skip=run.skip)
                return
            chunk_end = self._row_border(row_borders, row_groups, chunk_start, run.end, header, closing)
            if chunk_end is None and header:  # one row with the header is too long; the row alone may do
                header = ""
                chunk_end = self._row_border(row_borders, row_groups, chunk_start, run.end, header, "")
            if chunk_end is None:
                chunk_end = self._cut_points(run).word_cut(chunk_start, self._max_end(chunk_start, header, closing))
            closing_text = closing if header or chunk_start <= table_block.start < chunk_end else ""
            if closing_text and self._packed_text[chunk_end - 1] != "\n":
                closing_text = f"\n{closing_text}"
            yield ChunkPart(run.kind, chunk_start, chunk_end, header, closing_text, run.skip)
            chunk_start, header = chunk_end, repeated_header if chunk_end > table_block.start else ""

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
        max_end = self._max_end(part_start, added_header, closing)
        roomy_end = min(max_end, self._ruler.back(part_end, self._settings.min_length))
        for bound in (roomy_end, max_end):
            for borders, least_end in (
                (row_groups, part_start + (bound - part_start) // 2),
                (row_borders, part_start),
            ):
                k = bisect_right(borders, bound) - 1
                if k >= 0 and borders[k] > least_end:
                    return borders[k]
        return None
