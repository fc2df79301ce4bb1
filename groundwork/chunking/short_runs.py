"""Runs and parts shorter than the minimum joined with what stands beside them.

A short text joins the table, fence or text beside it. A short table takes only as much of the text beside it as it
needs, so that a table keeps a chunk of its own. Of two neighbours the one in the same section comes first.

Whole runs are looked at before they are cut, and their parts after it: only then is it known where a long text was
cut, and how much of the text behind a short table the next table took.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundwork.chunking.block_runs import BlockRun
from groundwork.chunking.cut_points import Breaks
from groundwork.chunking.lengths import Ruler
from groundwork.chunking.packer import ChunkPart
from groundwork.markdown.blocks import Block
from groundwork.settings.document_settings import ChunkSettings

NO_HEADING = 99  # the level of a border that no heading marks: weaker than any


class ShortRuns:
    """Joins the short runs of one text; lengths are in the ruler's unit."""

    def __init__(self, text: str, ruler: Ruler, settings: ChunkSettings, limit: int) -> None:
        self._text, self._ruler, self._settings, self._limit = text, ruler, settings, limit
        self._least = settings.min_length

    def join(self, gathered: Sequence[BlockRun]) -> list[BlockRun]:
        """The runs in order, together still the text, with as few below the minimum as can be."""
        done: list[BlockRun] = []
        todo = list(reversed(gathered))
        while todo:
            run = todo.pop()
            before = _open(done)
            behind = _open(todo)
            if run.skip or self._length(run) >= self._least:
                done.append(run)
            elif before and (not behind or _border(run) >= _border(behind)) and (new := self._with_before(before, run)):
                done.pop()
                todo += reversed(new)
            elif behind and (new := self._with_behind(run, behind)):
                todo.pop()
                todo += reversed(new)
            elif before and (new := self._with_before(before, run)):
                done.pop()
                todo += reversed(new)
            else:
                done.append(run)
        return done

    def _with_before(self, before: BlockRun, run: BlockRun) -> list[BlockRun]:
        """[joined], or [what is left of the text before, joined]; nothing where the limit is in the way."""
        if run.body and not before.body and (cut := self._tail(before, run)):
            return [_part(before, before.start, cut), _joined(_part(before, cut, before.end), run)]
        return [_joined(before, run)] if self._may_join(before, run) else []

    def _with_behind(self, run: BlockRun, behind: BlockRun) -> list[BlockRun]:
        """[joined], or [joined, what is left of the text behind]; nothing where the limit is in the way."""
        if run.body and not behind.body and (cut := self._head(run, behind)):
            return [_joined(run, _part(behind, behind.start, cut)), _part(behind, cut, behind.end)]
        return [_joined(run, behind)] if self._may_join(run, behind) else []

    def _may_join(self, first: BlockRun, second: BlockRun) -> bool:
        """Text may always join text, and a table or fence that is cut anyway; else both must fit into one chunk."""
        if self._ruler.length(first.start, second.end) <= self._limit:
            return True
        if first.body and second.body:
            return False
        with_body = first if first.body else second
        return not with_body.body or self._length(with_body) > self._limit

    def _tail(self, before: BlockRun, run: BlockRun) -> int:
        """Where the end of a text starts that makes a short table long enough; 0 where too little text would stay."""
        need = self._least - self._length(run)
        last = self._ruler.back(run.start, need)
        first = max(
            self._ruler.reach(before.start, self._least) + 1,
            self._ruler.back(run.start, need + self._least),
            self._ruler.back(run.end, self._limit),
        )
        return self._cut(before, first, last)

    def _head(self, run: BlockRun, behind: BlockRun) -> int:
        """Where the beginning of a text ends that makes a short table long enough; 0 where too little would stay."""
        need = self._least - self._length(run)
        first = self._ruler.reach(behind.start, need) + 1
        last = min(
            self._ruler.back(behind.end, self._least),
            self._ruler.reach(behind.start, need + self._least),
            self._ruler.reach(run.start, self._limit),
        )
        return self._cut(behind, first, last)

    def _cut(self, run: BlockRun, first: int, last: int) -> int:
        if first > last:
            return 0
        breaks = Breaks(self._text, run.blocks, self._settings.language, self._settings.sentences)
        start = max(block.start for block in run.blocks if block.start < first)
        return breaks.structural(first, last, first) or breaks.sentence(start, first, last)

    def _length(self, run: BlockRun) -> int:
        return self._ruler.length(run.start, run.end)


def _open(runs: Sequence[BlockRun]) -> BlockRun | None:
    """The last one, when it may be joined: passages that are left out stay alone."""
    return runs[-1] if runs and not runs[-1].skip else None


def _border(run: BlockRun) -> int:
    """The level of the heading that parts a run from the one before it; 1 parts most."""
    first = run.blocks[0]
    return first.level if first.kind == "heading" else NO_HEADING


def _joined(first: BlockRun, second: BlockRun) -> BlockRun:
    """Both as one run: a table where one is, with the longer of two tables as the one that may be cut."""
    bodies = [run for run in (first, second) if run.body]
    longest = max(bodies, key=lambda run: run.end - run.start, default=first)
    kind = "table" if any(run.kind == "table" for run in bodies) else longest.kind
    return BlockRun(kind, [*first.blocks, *second.blocks], body=longest.body)


def _part(run: BlockRun, start: int, end: int) -> BlockRun:
    """The stretch of a run of text, its blocks cut at the ends."""
    blocks = [
        msgspec.structs.replace(block, start=max(block.start, start), end=min(block.end, end))
        for block in run.blocks
        if block.start < end and block.end > start
    ]
    return run._replace(blocks=blocks)


def join_short_parts(
    parts: Sequence[ChunkPart], found: Sequence[Block], ruler: Ruler, least: int, limit: int
) -> list[ChunkPart]:
    """The parts in order, none below `least` that fits into one chunk of `limit` with the part before or behind.

    Of two such neighbours it joins the one in the same section. Parts with added text, and those that questions leave
    out, stay as they are. Lengths are in the ruler's unit.
    """
    levels = {block.start: block.level for block in found if block.kind == "heading"}

    def border(part: ChunkPart) -> int:
        return levels.get(part.start, NO_HEADING)

    def fit(first: ChunkPart, second: ChunkPart) -> bool:
        free = not any(part.skip or part.added or part.closing for part in (first, second))
        return free and ruler.length(first.start, second.end) <= limit

    done: list[ChunkPart] = []
    todo = list(reversed(parts))
    while todo:
        part = todo.pop()
        short = ruler.length(part.start, part.end) < least
        before = short and bool(done) and fit(done[-1], part)
        behind = short and bool(todo) and fit(part, todo[-1])
        if before and not (behind and border(part) < border(todo[-1])):
            todo.append(_joined_parts(done.pop(), part))
        elif behind:
            todo.append(_joined_parts(part, todo.pop()))
        else:
            done.append(part)
    return done


def _joined_parts(first: ChunkPart, second: ChunkPart) -> ChunkPart:
    """Both as one part: a table where one is, else a fence where one is."""
    kinds = (first.kind, second.kind)
    return ChunkPart("table" if "table" in kinds else "code" if "code" in kinds else "text", first.start, second.end)
