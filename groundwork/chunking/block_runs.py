"""Blocks gathered into runs: what is packed together, before any length is looked at.

A run is a stretch of text, or one table with what belongs to it: the headings right above, its caption, the sentence
that introduces it. A code fence is part of the text that explains it, unless it is longer than a chunk may be: then it
is a run of its own, like a table. Passages that questions leave out are runs of their own.

A run that is shorter than the minimum joins what stands beside it: a short text the table, fence or text, a short table
only as much of the text as it needs, so that a table keeps a chunk of its own. Of two neighbours the one in the same
section comes first. Whole runs are looked at here, and their parts once more when they are packed: only then is it
known where a long text was cut, and how much of the text behind a short table the next table took.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
import regex

from groundwork.chunking.cut_points import CutPoints
from groundwork.chunking.lengths import Ruler
from groundwork.language.sentences import COMPLETE_BLOCK_END, sentence_starts
from groundwork.markdown.blocks import LIST_ITEM_START, Block
from groundwork.settings.summarize_and_chunk_settings import ChunkSettings

NO_HEADING = 99  # the level of a border that no heading marks: weaker than any

MAX_LEAD_LENGTH = 400  # characters of a sentence or caption that goes with its table, at the most

_CAPTION = regex.compile(  # Table 3: Entry fees
    r"[\s*_>]*+(?:table|tab\.|tabelle|tableau|tabla|tabella|tabela|figure|fig\.|listing|abbildung|表|图|جدول)\s*+[\w.-]*\d",
    regex.IGNORECASE,
)


class BlockRun(NamedTuple):
    """Blocks in a row; of a table or a fence `body` is the one that may be cut between its rows or lines."""

    kind: Literal["text", "table", "code"]
    blocks: Sequence[Block]
    skip: str = ""
    body: Block | None = None

    @property
    def start(self) -> int:
        return self.blocks[0].start

    @property
    def end(self) -> int:
        return self.blocks[-1].end


def block_runs(
    text: str, blocks: Sequence[Block], marks: Sequence[str], ruler: Ruler, limit: int, language: str
) -> list[BlockRun]:
    """The runs of a text in order; together they are the text. `marks` has one entry a block (see `skip_marks`)."""
    runs: list[BlockRun] = []
    text_blocks: list[Block] = []  # text in a row, with one and the same mark
    skip = ""
    for block, mark in zip(blocks, marks, strict=True):
        if text_blocks and mark != skip:
            _append_text_run(text, runs, text_blocks, skip, ruler, limit)
            text_blocks = []
        skip = mark
        if block.kind == "table" or (block.kind == "code" and ruler.length(block.start, block.end) > limit):
            remaining, lead = _split_lead(text, text_blocks, block, ruler, limit, language)
            _append_text_run(text, runs, remaining, skip, ruler, limit)
            runs.append(BlockRun("table" if block.kind == "table" else "code", [*lead, block], mark, block))
            text_blocks = []
        else:
            text_blocks.append(block)
    _append_text_run(text, runs, text_blocks, skip, ruler, limit)
    return runs


def _append_text_run(
    text: str, runs: list[BlockRun], text_blocks: list[Block], skip: str, ruler: Ruler, limit: int
) -> None:
    """Add a run of text; a caption at its head goes with the table above."""
    previous = runs[-1] if runs else None
    is_its_caption = (
        text_blocks and previous and previous.body and previous.skip == skip and _is_caption(text, text_blocks[0])
    )
    if is_its_caption and previous and ruler.length(previous.start, text_blocks[0].end) <= limit:
        runs[-1] = previous._replace(blocks=[*previous.blocks, text_blocks[0]])
        text_blocks = text_blocks[1:]
    if text_blocks:
        runs.append(BlockRun("text", text_blocks, skip))


def _split_lead(
    text: str, text_blocks: list[Block], table: Block, ruler: Ruler, limit: int, language: str
) -> tuple[list[Block], list[Block]]:
    """What of the text in front of a table or fence stays, and what goes with it."""
    remaining, lead = list(text_blocks), []
    if (
        remaining
        and remaining[-1].kind in ("paragraph", "list")
        and (lead_start := _lead_start(text, remaining, language))
    ):
        last_block = remaining.pop()
        if lead_start > last_block.start:
            remaining.append(msgspec.structs.replace(last_block, end=lead_start))
        lead = [msgspec.structs.replace(last_block, start=lead_start)]
        if remaining and remaining[-1].end == lead_start and _is_caption(text, remaining[-1]):  # and a line of units
            lead.insert(0, remaining.pop())
    if not remaining or not lead or lead[0].start == remaining[-1].end:
        while remaining and remaining[-1].kind == "heading":
            lead.insert(0, remaining.pop())
    fits_alone = ruler.length(table.start, table.end) <= limit
    if lead and fits_alone and ruler.length(lead[0].start, table.end) > limit:
        return text_blocks, []  # a whole table matters more than its introduction
    return remaining, lead


def _lead_start(text: str, text_blocks: list[Block], language: str) -> int | None:
    """Where the caption or the sentence that introduces the table below starts; None when nothing does."""
    last_block = text_blocks[-1]
    body = text[last_block.start : last_block.end].rstrip()
    is_introduction = body.endswith((":", "：")) or not COMPLETE_BLOCK_END.search(body[-9:])
    under_heading = len(text_blocks) > 1 and text_blocks[-2].kind == "heading"
    below_caption = len(text_blocks) > 1 and _is_caption(text, text_blocks[-2])
    if len(body) <= MAX_LEAD_LENGTH and (_CAPTION.match(body) or below_caption):
        return last_block.start  # whole, though the number may look like the end of a sentence
    if not is_introduction and (len(body) > MAX_LEAD_LENGTH or not under_heading):
        return None
    start = last_block.start + _last_sentence_start(body, language)
    fits_lead = last_block.start + len(body) - start <= MAX_LEAD_LENGTH
    return start if fits_lead and (is_introduction or start == last_block.start) else None


def _last_sentence_start(body: str, language: str) -> int:
    window_start = max(0, len(body) - MAX_LEAD_LENGTH - 100)
    start = window_start + sentence_starts(body[window_start:], language)[-1]
    item_starts = [match.start() + 1 for match in LIST_ITEM_START.finditer(body, start)]
    return item_starts[-1] if item_starts else start


def _is_caption(text: str, block: Block) -> bool:
    return (
        block.kind == "paragraph"
        and block.end - block.start <= MAX_LEAD_LENGTH
        and bool(_CAPTION.match(text, block.start))
    )


class ShortRuns:
    """Joins the short runs of one text; lengths are in the ruler's unit."""

    def __init__(self, text: str, ruler: Ruler, settings: ChunkSettings, limit: int) -> None:
        self._text, self._ruler, self._settings, self._limit = text, ruler, settings, limit
        self._min_length = settings.min_length

    def join(self, runs: Sequence[BlockRun]) -> list[BlockRun]:
        """The runs in order, together still the text, with as few below the minimum as can be."""
        joined_runs: list[BlockRun] = []
        pending_runs = list(reversed(runs))
        while pending_runs:
            run = pending_runs.pop()
            previous = _joinable_last(joined_runs)
            following = _joinable_last(pending_runs)
            if run.skip or self._length(run) >= self._min_length:
                joined_runs.append(run)
            elif (
                previous
                and (not following or _border_level(run) >= _border_level(following))
                and (replacement := self._join_previous(previous, run))
            ):
                joined_runs.pop()
                pending_runs += reversed(replacement)
            elif following and (replacement := self._join_following(run, following)):
                pending_runs.pop()
                pending_runs += reversed(replacement)
            elif previous and (replacement := self._join_previous(previous, run)):
                joined_runs.pop()
                pending_runs += reversed(replacement)
            else:
                joined_runs.append(run)
        return joined_runs

    def _join_previous(self, previous: BlockRun, run: BlockRun) -> list[BlockRun]:
        """[joined], or [what is left of the text before, joined]; nothing where the limit is in the way."""
        if run.body and not previous.body and (cut := self._tail_start(previous, run)):
            return [_slice_run(previous, previous.start, cut), _join_runs(_slice_run(previous, cut, previous.end), run)]
        return [_join_runs(previous, run)] if self._can_join(previous, run) else []

    def _join_following(self, run: BlockRun, following: BlockRun) -> list[BlockRun]:
        """[joined], or [joined, what is left of the text behind]; nothing where the limit is in the way."""
        if run.body and not following.body and (cut := self._head_end(run, following)):
            return [
                _join_runs(run, _slice_run(following, following.start, cut)),
                _slice_run(following, cut, following.end),
            ]
        return [_join_runs(run, following)] if self._can_join(run, following) else []

    def _can_join(self, first: BlockRun, second: BlockRun) -> bool:
        """Text may always join text, and a table or fence that is cut anyway; else both must fit into one chunk."""
        if self._ruler.length(first.start, second.end) <= self._limit:
            return True
        if first.body and second.body:
            return False
        with_body = first if first.body else second
        return not with_body.body or self._length(with_body) > self._limit

    def _tail_start(self, previous: BlockRun, run: BlockRun) -> int:
        """Where the end of a text starts that makes a short table long enough; 0 where too little text would stay."""
        missing_length = self._min_length - self._length(run)
        max_start = self._ruler.back(run.start, missing_length)
        min_start = max(
            self._ruler.reach(previous.start, self._min_length) + 1,
            self._ruler.back(run.start, missing_length + self._min_length),
            self._ruler.back(run.end, self._limit),
        )
        return self._find_cut(previous, min_start, max_start)

    def _head_end(self, run: BlockRun, following: BlockRun) -> int:
        """Where the beginning of a text ends that makes a short table long enough; 0 where too little would stay."""
        missing_length = self._min_length - self._length(run)
        min_end = self._ruler.reach(following.start, missing_length) + 1
        max_end = min(
            self._ruler.back(following.end, self._min_length),
            self._ruler.reach(following.start, missing_length + self._min_length),
            self._ruler.reach(run.start, self._limit),
        )
        return self._find_cut(following, min_end, max_end)

    def _find_cut(self, run: BlockRun, min_cut: int, max_cut: int) -> int:
        if min_cut > max_cut:
            return 0
        cut_points = CutPoints(self._text, run.blocks, self._settings.language, self._settings.sentences)
        start = max(block.start for block in run.blocks if block.start < min_cut)
        return cut_points.structural_cut(min_cut, max_cut, min_cut) or cut_points.sentence_cut(start, min_cut, max_cut)

    def _length(self, run: BlockRun) -> int:
        return self._ruler.length(run.start, run.end)


def _joinable_last(runs: Sequence[BlockRun]) -> BlockRun | None:
    """The last one, when it may be joined: passages that are left out stay alone."""
    return runs[-1] if runs and not runs[-1].skip else None


def _border_level(run: BlockRun) -> int:
    """The level of the heading that parts a run from the one before it; 1 parts most."""
    first_block = run.blocks[0]
    return first_block.level if first_block.kind == "heading" else NO_HEADING


def _join_runs(first: BlockRun, second: BlockRun) -> BlockRun:
    """Both as one run: a table where one is, with the longer of two tables as the one that may be cut."""
    body_runs = [run for run in (first, second) if run.body]
    longest_run = max(body_runs, key=lambda run: run.end - run.start, default=first)
    kind = "table" if any(run.kind == "table" for run in body_runs) else longest_run.kind
    return BlockRun(kind, [*first.blocks, *second.blocks], body=longest_run.body)


def _slice_run(run: BlockRun, start: int, end: int) -> BlockRun:
    """The stretch of a run of text, its blocks cut at the ends."""
    blocks = [
        msgspec.structs.replace(block, start=max(block.start, start), end=min(block.end, end))
        for block in run.blocks
        if block.start < end and block.end > start
    ]
    return run._replace(blocks=blocks)
