"""Parts that are still shorter than the minimum joined with the part beside them, where one chunk holds both.

short_runs.py looks at whole runs: it cannot know where a long text will be cut, nor that the text behind a short
table gets shorter because the next table takes the end of it. Here every cut is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.chunking.lengths import Ruler
from groundwork.chunking.packer import ChunkPart
from groundwork.chunking.short_runs import NO_HEADING
from groundwork.markdown.blocks import Block


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
            todo.append(_joined(done.pop(), part))
        elif behind:
            todo.append(_joined(part, todo.pop()))
        else:
            done.append(part)
    return done


def _joined(first: ChunkPart, second: ChunkPart) -> ChunkPart:
    """Both as one part: a table where one is, else a fence where one is."""
    kinds = (first.kind, second.kind)
    return ChunkPart("table" if "table" in kinds else "code" if "code" in kinds else "text", first.start, second.end)
