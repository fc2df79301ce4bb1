"""Runs and parts that are shorter than the minimum, joined with what stands beside them.

A short text joins the table, fence or text beside it, a short table only as much of the text as it needs, so that a
table keeps a chunk of its own. Of two neighbours the one in the same section comes first. Whole runs are looked at, and
their parts once more when they are cut: only then is it known where a long text was cut, and how much of the text
behind a short table the next table took.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundwork.chunking.chunk_lengths import Ruler
from groundwork.chunking.cut_points import CutPoints
from groundwork.chunking.packing_chunk_parts import ChunkPart
from groundwork.chunking.text_and_table_runs import ChunkRun, is_run_title
from groundwork.markdown.blocks import Block
from groundwork.settings.config_schema import ChunkSettings

BORDER_WITHOUT_HEADING = 99  # the level of a border that no heading marks: weaker than any


class ShortRuns:
    """Joins the short runs of one text; lengths are in the ruler's unit."""

    def __init__(self, markdown: str, ruler: Ruler, settings: ChunkSettings, limit: int) -> None:
        self._text_of_runs, self._ruler, self._settings, self._joined_limit = markdown, ruler, settings, limit
        self._min_run_length = settings.min_length

    def join(self, runs: Sequence[ChunkRun]) -> list[ChunkRun]:
        """The runs in order, together still the text, with as few below the minimum as can be."""
        joined_runs: list[ChunkRun] = []
        pending_runs = list(reversed(runs))
        while pending_runs:
            run = pending_runs.pop()
            previous_run = _joinable_last(joined_runs)
            following_run = _joinable_last(pending_runs)
            if run.skip or self._run_length(run) >= self._min_run_length:
                joined_runs.append(run)
            elif (
                previous_run
                and (not following_run or self._prefers_previous(previous_run, run, following_run))
                and (joined_replacement := self._join_previous(previous_run, run))
            ):
                joined_runs.pop()
                pending_runs += reversed(joined_replacement)
            elif following_run and (joined_replacement := self._join_following(run, following_run)):
                pending_runs.pop()
                pending_runs += reversed(joined_replacement)
            elif previous_run and (joined_replacement := self._join_previous(previous_run, run)):
                joined_runs.pop()
                pending_runs += reversed(joined_replacement)
            else:
                joined_runs.append(run)
        return joined_runs

    def _prefers_previous(self, previous_run: ChunkRun, run: ChunkRun, following_run: ChunkRun) -> bool:
        """Whether a short run belongs to the one before it: by its section, and in one section where it is not the
        beginning of the paragraph behind it, nor that run the only other one that is short."""
        if self._text_of_runs[run.end - 1] != "\n":
            return False
        border_level, following_level = _run_border_level(run), _run_border_level(following_run)
        only_following_short = self._run_length(following_run) < self._min_run_length <= self._run_length(previous_run)
        return border_level > following_level or (border_level == following_level and not only_following_short)

    def _join_previous(self, previous_run: ChunkRun, run: ChunkRun) -> list[ChunkRun]:
        """[joined], or [what is left of the text before, joined]; nothing where the limit is in the way."""
        if run.body and not previous_run.body and (tail_start := self._tail_start(previous_run, run)):
            return [
                _slice_run(previous_run, previous_run.start, tail_start),
                _join_runs(_slice_run(previous_run, tail_start, previous_run.end), run),
            ]
        return [_join_runs(previous_run, run)] if self._can_join(previous_run, run) else []

    def _join_following(self, run: ChunkRun, following_run: ChunkRun) -> list[ChunkRun]:
        """[joined], or [joined, what is left of the text behind]; nothing where the limit is in the way."""
        if run.body and not following_run.body and (head_end := self._head_end(run, following_run)):
            return [
                _join_runs(run, _slice_run(following_run, following_run.start, head_end)),
                _slice_run(following_run, head_end, following_run.end),
            ]
        return [_join_runs(run, following_run)] if self._can_join(run, following_run) else []

    def _can_join(self, first_run: ChunkRun, second_run: ChunkRun) -> bool:
        """Text may always join text, and a table or fence that is cut anyway; else both must fit into one chunk."""
        if self._ruler.length(first_run.start, second_run.end) <= self._joined_limit:
            return True
        if first_run.body and second_run.body:
            return False
        run_with_body = first_run if first_run.body else second_run
        return not run_with_body.body or self._run_length(run_with_body) > self._joined_limit

    def _tail_start(self, previous_run: ChunkRun, run: ChunkRun) -> int:
        """Where the end of a text starts that makes a short table long enough; 0 where too little text would stay."""
        missing_length = self._min_run_length - self._run_length(run)
        max_tail_start = self._ruler.back(run.start, missing_length)
        min_tail_start = max(
            self._ruler.reach(previous_run.start, self._min_run_length) + 1,
            self._ruler.back(run.start, missing_length + self._min_run_length),
            self._ruler.back(run.end, self._joined_limit),
        )
        return self._find_cut(previous_run, min_tail_start, max_tail_start)

    def _head_end(self, run: ChunkRun, following_run: ChunkRun) -> int:
        """Where the beginning of a text ends that makes a short table long enough; 0 where too little would stay."""
        missing_length = self._min_run_length - self._run_length(run)
        min_head_end = self._ruler.reach(following_run.start, missing_length) + 1
        max_head_end = min(
            self._ruler.back(following_run.end, self._min_run_length),
            self._ruler.reach(following_run.start, missing_length + self._min_run_length),
            self._ruler.reach(run.start, self._joined_limit),
        )
        return self._find_cut(following_run, min_head_end, max_head_end)

    def _find_cut(self, run: ChunkRun, min_cut: int, max_cut: int) -> int:
        if min_cut > max_cut:
            return 0
        cut_points = CutPoints(self._text_of_runs, run.blocks, self._settings.language, self._settings.sentences)
        start = max(block.start for block in run.blocks if block.start < min_cut)
        return cut_points.structural_cut(min_cut, max_cut, min_cut) or cut_points.sentence_cut(start, min_cut, max_cut)

    def _run_length(self, run: ChunkRun) -> int:
        return self._ruler.length(run.start, run.end)


def _joinable_last(runs: Sequence[ChunkRun]) -> ChunkRun | None:
    """The last one, when it may be joined: passages that are left out stay alone."""
    return runs[-1] if runs and not runs[-1].skip else None


def _run_border_level(run: ChunkRun) -> int:
    """The level of the heading that parts a run from the one before it; 1 parts most."""
    first_block = run.blocks[0]
    return first_block.level if first_block.kind == "heading" else BORDER_WITHOUT_HEADING


def _join_runs(first_run: ChunkRun, second_run: ChunkRun) -> ChunkRun:
    """Both as one run: a table where one is, with the longer of two tables as the one that may be cut."""
    body_runs = [run for run in (first_run, second_run) if run.body]
    longest_run = max(body_runs, key=lambda run: run.end - run.start, default=first_run)
    joined_kind = "table" if any(run.kind == "table" for run in body_runs) else longest_run.kind
    return ChunkRun(joined_kind, [*first_run.blocks, *second_run.blocks], body=longest_run.body)


def _slice_run(run: ChunkRun, slice_start: int, slice_end: int) -> ChunkRun:
    """The stretch of a run of text, its blocks cut at the ends."""
    sliced_blocks = [
        msgspec.structs.replace(block, start=max(block.start, slice_start), end=min(block.end, slice_end))
        for block in run.blocks
        if block.start < slice_end and block.end > slice_start
    ]
    return run._replace(blocks=sliced_blocks)


def join_short_parts(
    markdown: str,
    chunk_parts: Sequence[ChunkPart],
    blocks: Sequence[Block],
    ruler: Ruler,
    min_part_length: int,
    limit: int,
) -> list[ChunkPart]:
    """The parts in order, none below `min_part_length` that fits into one chunk of `limit` with a neighbour.

    Of two such neighbours it joins the one in the same section. Parts with added text, and those that questions leave
    out, stay as they are. Lengths are in the ruler's unit.
    """
    chunk_parts = _join_title_page(markdown, chunk_parts, blocks, ruler, min_part_length, limit)
    heading_levels = {block.start: block.level for block in blocks if block.kind == "heading"}

    def border_level(part: ChunkPart) -> int:
        return heading_levels.get(part.start, BORDER_WITHOUT_HEADING)

    def fits_together(first_part: ChunkPart, second_part: ChunkPart) -> bool:
        is_joinable = not any(part.skip or part.added or part.closing for part in (first_part, second_part))
        return is_joinable and ruler.length(first_part.start, second_part.end) <= limit

    joined_parts: list[ChunkPart] = []
    pending_parts = list(reversed(chunk_parts))
    while pending_parts:
        part = pending_parts.pop()
        is_short = ruler.length(part.start, part.end) < min_part_length
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
    markdown: str,
    chunk_parts: Sequence[ChunkPart],
    blocks: Sequence[Block],
    ruler: Ruler,
    min_part_length: int,
    limit: int,
) -> Sequence[ChunkPart]:
    """The parts; a short title page in front of contents, with nothing but titles and names, goes with them."""
    if len(chunk_parts) < 3 or chunk_parts[0].skip or chunk_parts[1].skip != "contents":
        return chunk_parts
    title_page, contents_part, *other_parts = chunk_parts
    page_blocks = [block for block in blocks if block.start < title_page.end]
    has_only_titles = all(block.kind == "heading" or is_run_title(markdown, block) for block in page_blocks)
    is_short_title_page = ruler.length(title_page.start, title_page.end) < min_part_length
    if not (is_short_title_page and has_only_titles and ruler.length(title_page.start, contents_part.end) <= limit):
        return chunk_parts
    return [msgspec.structs.replace(contents_part, start=title_page.start), *other_parts]


def _join_parts(first_part: ChunkPart, second_part: ChunkPart) -> ChunkPart:
    """Both as one part: a table where one is, else a fence where one is."""
    part_kinds = (first_part.kind, second_part.kind)
    return ChunkPart(
        "table" if "table" in part_kinds else "code" if "code" in part_kinds else "text",
        first_part.start,
        second_part.end,
    )
