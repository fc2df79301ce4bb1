"""Blocks gathered into runs: what is cut together, before any length is looked at.

A run is a stretch of text, or one table with what belongs to it: the headings right above, its caption, the sentence
that introduces it. A code fence is part of the text that explains it, unless it is longer than a chunk may be: then it
is a run of its own, like a table. Passages that questions leave out are runs of their own.

A short text joins the table, fence or text beside it, a short table only as much of the text as it needs, so that a
table keeps a chunk of its own. Of two neighbours the one in the same section comes first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

import msgspec

from groundwork.chunking.cut_points import CutPoints, count_uncut_titles
from groundwork.chunking.tokenizers_and_rulers import Ruler
from groundwork.language.list_labels import CAPTION_START, SOURCE_START
from groundwork.language.sentences import COMPLETE_BLOCK_END, sentence_starts
from groundwork.markdown.blocks import LIST_ITEM_START, Block
from groundwork.markdown.footnotes import is_footnote_below_mark
from groundwork.settings.config_schema import ChunkSettings

_BRACKETED_RUN_NOTE = re.compile(r"\((?:[a-z]|\d{1,2})\)(?=\s)")  # of a note, which stands in the table as well
_NOTE_BELOW_TABLE_RUN = re.compile(r"(?:\d{1,2}|[*†‡§]{1,3}|\^\d)\s(?=[^\W\d_])")  # of a table's note, behind its mark
MAX_RUN_LEAD_LENGTH = 400  # characters of a sentence or caption that goes with its table, at the most
RUN_LEVEL_WITHOUT_HEADING = 99  # the level of a border that no heading marks: weaker than any


class ChunkRun(NamedTuple):
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


def text_and_table_runs(
    markdown: str, blocks: Sequence[Block], block_marks: Sequence[str], ruler: Ruler, limit: int, language: str
) -> list[ChunkRun]:
    """The runs of a text in order; together they are the text. `block_marks`: one a block (see `skip_marks`)."""
    runs: list[ChunkRun] = []
    text_run_blocks: list[Block] = []  # text in a row, with one and the same mark
    skip_mark = ""
    for block, run_mark in zip(blocks, block_marks, strict=True):
        if text_run_blocks and run_mark != skip_mark:
            _append_text_run(markdown, runs, text_run_blocks, skip_mark, ruler, limit)
            text_run_blocks = []
        skip_mark = run_mark
        if block.kind == "table" or (block.kind == "code" and ruler.length(block.start, block.end) > limit):
            if len(text_run_blocks) > 1 and _is_caption_of_previous(markdown, runs, text_run_blocks, language):
                _append_text_run(markdown, runs, text_run_blocks[:1], skip_mark, ruler, limit)
                text_run_blocks = text_run_blocks[1:]
            text_before_lead, table_lead = _split_table_lead(markdown, text_run_blocks, block, ruler, limit, language)
            _append_text_run(markdown, runs, text_before_lead, skip_mark, ruler, limit)
            runs.append(ChunkRun("table" if block.kind == "table" else "code", [*table_lead, block], run_mark, block))
            text_run_blocks = []
        else:
            text_run_blocks.append(block)
    _append_text_run(markdown, runs, text_run_blocks, skip_mark, ruler, limit)
    return runs


def _append_text_run(
    markdown: str, runs: list[ChunkRun], text_run_blocks: list[Block], skip: str, ruler: Ruler, limit: int
) -> None:
    """Add a run of text; captions and notes at its head go with the table above."""
    if runs and runs[-1].body and runs[-1].skip == skip:
        run_table = runs[-1].body
        floated_blocks = sum(
            1 for _ in takewhile(lambda block: _belongs_to_table_above(markdown, block, run_table), text_run_blocks)
        )
        while floated_blocks and ruler.length(runs[-1].start, text_run_blocks[floated_blocks - 1].end) > limit:
            floated_blocks -= 1
        runs[-1] = runs[-1]._replace(blocks=[*runs[-1].blocks, *text_run_blocks[:floated_blocks]])
        text_run_blocks = text_run_blocks[floated_blocks:]
    if text_run_blocks:
        runs.append(ChunkRun("text", text_run_blocks, skip))


def _is_caption_of_previous(markdown: str, runs: list[ChunkRun], text_run_blocks: list[Block], language: str) -> bool:
    """Whether text between two tables begins with a caption of the first, which has none above it: a paragraph of
    sentences follows, and no line of units."""
    if not runs or not runs[-1].body or not _is_table_caption(markdown, text_run_blocks[0]):
        return False
    has_run_caption = any(_is_table_caption(markdown, run_block) for run_block in runs[-1].blocks)
    text_below_caption = markdown[text_run_blocks[1].start : text_run_blocks[1].end].rstrip()
    return not has_run_caption and (
        text_below_caption.endswith((":", "：")) or len(sentence_starts(text_below_caption, language)) > 1
    )


def _split_table_lead(
    markdown: str, text_run_blocks: list[Block], table: Block, ruler: Ruler, limit: int, language: str
) -> tuple[list[Block], list[Block]]:
    """What of the text in front of a table or fence stays, and what goes with it."""
    blocks_before_lead, lead_blocks = _split_lead_paragraph(markdown, list(text_run_blocks), language)
    if not blocks_before_lead or not lead_blocks or lead_blocks[0].start == blocks_before_lead[-1].end:
        for _ in range(count_uncut_titles(markdown, blocks_before_lead)):
            lead_blocks.insert(0, blocks_before_lead.pop())
        while blocks_before_lead and blocks_before_lead[-1].kind == "heading":
            lead_blocks.insert(0, blocks_before_lead.pop())
    fits_alone = ruler.length(table.start, table.end) <= limit
    while lead_blocks and fits_alone and ruler.length(lead_blocks[0].start, table.end) > limit:
        blocks_before_lead.append(lead_blocks.pop(0))  # a whole table matters more than its introduction
    return (blocks_before_lead, lead_blocks) if lead_blocks else (text_run_blocks, [])


def _split_lead_paragraph(
    markdown: str, blocks_before_lead: list[Block], language: str
) -> tuple[list[Block], list[Block]]:
    """The caption or the sentence that introduces what is below, with a line of units, apart from what is above it."""
    has_prose = bool(blocks_before_lead) and blocks_before_lead[-1].kind in ("paragraph", "list")
    lead_start = _table_lead_start(markdown, blocks_before_lead, language) if has_prose else None
    if not lead_start:
        return blocks_before_lead, []
    last_run_block = blocks_before_lead.pop()
    if lead_start > last_run_block.start:
        blocks_before_lead.append(msgspec.structs.replace(last_run_block, end=lead_start))
    lead_blocks = [msgspec.structs.replace(last_run_block, start=lead_start)]
    block_above = blocks_before_lead[-1] if blocks_before_lead else None
    if block_above and block_above.end == lead_start and _is_table_caption(markdown, block_above):
        lead_blocks.insert(0, blocks_before_lead.pop())
    return blocks_before_lead, lead_blocks


def _table_lead_start(markdown: str, text_run_blocks: list[Block], language: str) -> int | None:
    """Where the caption or the sentence that introduces the table below starts; None when nothing does."""
    last_run_block = text_run_blocks[-1]
    table_lead_text = markdown[last_run_block.start : last_run_block.end].rstrip()
    introduces_table = table_lead_text.endswith((":", "：")) or not COMPLETE_BLOCK_END.search(table_lead_text[-9:])
    is_lead_under_heading = len(text_run_blocks) > 1 and (
        text_run_blocks[-2].kind == "heading" or count_uncut_titles(markdown, text_run_blocks[:-1]) > 0
    )
    is_lead_below_caption = len(text_run_blocks) > 1 and _is_table_caption(markdown, text_run_blocks[-2])
    if len(table_lead_text) <= MAX_RUN_LEAD_LENGTH and (CAPTION_START.match(table_lead_text) or is_lead_below_caption):
        return last_run_block.start  # whole, though the number may look like the end of a sentence
    if not introduces_table and (len(table_lead_text) > MAX_RUN_LEAD_LENGTH or not is_lead_under_heading):
        return None
    lead_start = last_run_block.start + _last_sentence_start(table_lead_text, language)
    fits_lead = last_run_block.start + len(table_lead_text) - lead_start <= MAX_RUN_LEAD_LENGTH
    return lead_start if fits_lead and (introduces_table or lead_start == last_run_block.start) else None


def _last_sentence_start(table_lead_text: str, language: str) -> int:
    lead_window_start = max(0, len(table_lead_text) - MAX_RUN_LEAD_LENGTH - 100)
    lead_sentence_start = lead_window_start + sentence_starts(table_lead_text[lead_window_start:], language)[-1]
    lead_item_starts = [match.start() + 1 for match in LIST_ITEM_START.finditer(table_lead_text, lead_sentence_start)]
    return lead_item_starts[-1] if lead_item_starts else lead_sentence_start


def _belongs_to_table_above(markdown: str, run_block: Block, table: Block) -> bool:
    """Whether a block says something of the table above it: a caption, its source, or notes behind marks
    ("1 Preliminary.")."""
    is_run_note = run_block.kind == "paragraph" and run_block.end - run_block.start <= MAX_RUN_LEAD_LENGTH
    is_run_note &= any(note.match(markdown, run_block.start) for note in (_NOTE_BELOW_TABLE_RUN, SOURCE_START))
    has_run_notes = is_run_note or _has_bracketed_notes(markdown, run_block, table)
    return has_run_notes or _is_table_caption(markdown, run_block) or is_footnote_below_mark(markdown, run_block.start)


def _has_bracketed_notes(markdown: str, run_block: Block, table: Block) -> bool:
    """Whether every line starts with a mark such as "(a)" that the table has too."""
    if run_block.kind not in ("paragraph", "list") or markdown[run_block.start] != "(":
        return False
    run_note_lines = [line for line in markdown[run_block.start : run_block.end].splitlines() if line.strip()]
    run_note_marks = [_BRACKETED_RUN_NOTE.match(line) for line in run_note_lines]
    return all(mark and markdown.find(mark[0], table.start, table.end) >= 0 for mark in run_note_marks)


def _is_table_caption(markdown: str, caption_block: Block) -> bool:
    return (
        caption_block.kind == "paragraph"
        and caption_block.end - caption_block.start <= MAX_RUN_LEAD_LENGTH
        and bool(CAPTION_START.match(markdown, caption_block.start))
    )


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
        run_level, following_run_level = _run_border_level(run), _run_border_level(following_run)
        only_following_short = self._run_length(following_run) < self._min_run_length <= self._run_length(previous_run)
        return run_level > following_run_level or (run_level == following_run_level and not only_following_short)

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
        missing_run_length = self._min_run_length - self._run_length(run)
        max_tail_start = self._ruler.back(run.start, missing_run_length)
        min_tail_start = max(
            self._ruler.reach(previous_run.start, self._min_run_length) + 1,
            self._ruler.back(run.start, missing_run_length + self._min_run_length),
            self._ruler.back(run.end, self._joined_limit),
        )
        return self._find_cut(previous_run, min_tail_start, max_tail_start)

    def _head_end(self, run: ChunkRun, following_run: ChunkRun) -> int:
        """Where the beginning of a text ends that makes a short table long enough; 0 where too little would stay."""
        missing_run_length = self._min_run_length - self._run_length(run)
        min_head_end = self._ruler.reach(following_run.start, missing_run_length) + 1
        max_head_end = min(
            self._ruler.back(following_run.end, self._min_run_length),
            self._ruler.reach(following_run.start, missing_run_length + self._min_run_length),
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
    first_run_block = run.blocks[0]
    return first_run_block.level if first_run_block.kind == "heading" else RUN_LEVEL_WITHOUT_HEADING


def _join_runs(first_run: ChunkRun, second_run: ChunkRun) -> ChunkRun:
    """Both as one run: a table where one is, with the longer of two tables as the one that may be cut."""
    body_runs = [run for run in (first_run, second_run) if run.body]
    longest_run = max(body_runs, key=lambda run: run.end - run.start, default=first_run)
    joined_kind = "table" if any(run.kind == "table" for run in body_runs) else longest_run.kind
    return ChunkRun(joined_kind, [*first_run.blocks, *second_run.blocks], body=longest_run.body)


def _slice_run(run: ChunkRun, slice_start: int, slice_end: int) -> ChunkRun:
    """The stretch of a run of text, its blocks cut at the ends."""
    sliced_run_blocks = [
        msgspec.structs.replace(run_block, start=max(run_block.start, slice_start), end=min(run_block.end, slice_end))
        for run_block in run.blocks
        if run_block.start < slice_end and run_block.end > slice_start
    ]
    return run._replace(blocks=sliced_run_blocks)
