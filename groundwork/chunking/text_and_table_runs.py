"""Blocks gathered into runs: what is cut together, before any length is looked at.

A run is a stretch of text, or one table with what belongs to it: the headings right above, its caption, the sentence
that introduces it. A code fence is part of the text that explains it, unless it is longer than a chunk may be: then it
is a run of its own, like a table. Passages that questions leave out are runs of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

import msgspec

from groundwork.chunking.chunk_lengths import Ruler
from groundwork.language.list_labels import CAPTION_START
from groundwork.language.sentences import COMPLETE_BLOCK_END, FULL_STOPS, sentence_starts
from groundwork.markdown.blocks import LIST_ITEM_START, Block
from groundwork.markdown.footnotes import is_footnote_below_mark

_BRACKETED_NOTE_MARK = re.compile(r"\((?:[a-z]|\d{1,2})\)(?=\s)")  # of a note, which stands in the table as well
_TABLE_NOTE_START = re.compile(r"(?:\d{1,2}|[*†‡§]{1,3}|\^\d)\s(?=[^\W\d_])")  # of a table's note, behind its mark
_MAX_RUN_TITLE_LENGTH = 150
_MAX_NUMBERED_TITLES = 3  # lines of one list
MAX_LEAD_LENGTH = 400  # characters of a sentence or caption that goes with its table, at the most


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
    text_blocks: list[Block] = []  # text in a row, with one and the same mark
    skip_mark = ""
    for block, block_mark in zip(blocks, block_marks, strict=True):
        if text_blocks and block_mark != skip_mark:
            _append_text_run(markdown, runs, text_blocks, skip_mark, ruler, limit)
            text_blocks = []
        skip_mark = block_mark
        if block.kind == "table" or (block.kind == "code" and ruler.length(block.start, block.end) > limit):
            if len(text_blocks) > 1 and _is_caption_of_previous(markdown, runs, text_blocks, language):
                _append_text_run(markdown, runs, text_blocks[:1], skip_mark, ruler, limit)
                text_blocks = text_blocks[1:]
            text_before_lead, table_lead = _split_table_lead(markdown, text_blocks, block, ruler, limit, language)
            _append_text_run(markdown, runs, text_before_lead, skip_mark, ruler, limit)
            runs.append(ChunkRun("table" if block.kind == "table" else "code", [*table_lead, block], block_mark, block))
            text_blocks = []
        else:
            text_blocks.append(block)
    _append_text_run(markdown, runs, text_blocks, skip_mark, ruler, limit)
    return runs


def _append_text_run(
    markdown: str, runs: list[ChunkRun], text_blocks: list[Block], skip: str, ruler: Ruler, limit: int
) -> None:
    """Add a run of text; captions and notes at its head go with the table above."""
    if runs and runs[-1].body and runs[-1].skip == skip:
        table = runs[-1].body
        floated_blocks = sum(
            1 for _ in takewhile(lambda run_block: _belongs_to_table_above(markdown, run_block, table), text_blocks)
        )
        while floated_blocks and ruler.length(runs[-1].start, text_blocks[floated_blocks - 1].end) > limit:
            floated_blocks -= 1
        runs[-1] = runs[-1]._replace(blocks=[*runs[-1].blocks, *text_blocks[:floated_blocks]])
        text_blocks = text_blocks[floated_blocks:]
    if text_blocks:
        runs.append(ChunkRun("text", text_blocks, skip))


def _is_caption_of_previous(markdown: str, runs: list[ChunkRun], text_blocks: list[Block], language: str) -> bool:
    """Whether text between two tables begins with a caption of the first, which has none above it: a paragraph of
    sentences follows, and no line of units."""
    if not runs or not runs[-1].body or not _is_table_caption(markdown, text_blocks[0]):
        return False
    has_caption = any(_is_table_caption(markdown, run_block) for run_block in runs[-1].blocks)
    following = markdown[text_blocks[1].start : text_blocks[1].end].rstrip()
    return not has_caption and (following.endswith((":", "：")) or len(sentence_starts(following, language)) > 1)


def _split_table_lead(
    markdown: str, text_blocks: list[Block], table: Block, ruler: Ruler, limit: int, language: str
) -> tuple[list[Block], list[Block]]:
    """What of the text in front of a table or fence stays, and what goes with it."""
    rest, lead = list(text_blocks), []
    if rest and rest[-1].kind in ("paragraph", "list") and (lead_start := _table_lead_start(markdown, rest, language)):
        last_run_block = rest.pop()
        if lead_start > last_run_block.start:
            rest.append(msgspec.structs.replace(last_run_block, end=lead_start))
        lead = [msgspec.structs.replace(last_run_block, start=lead_start)]
        if rest and rest[-1].end == lead_start and _is_table_caption(markdown, rest[-1]):  # and a line of units
            lead.insert(0, rest.pop())
    if not rest or not lead or lead[0].start == rest[-1].end:
        for _ in range(count_run_titles(markdown, rest)):
            lead.insert(0, rest.pop())
        while rest and rest[-1].kind == "heading":
            lead.insert(0, rest.pop())
    fits_alone = ruler.length(table.start, table.end) <= limit
    while lead and fits_alone and ruler.length(lead[0].start, table.end) > limit:
        rest.append(lead.pop(0))  # a whole table matters more than its introduction
    return (rest, lead) if lead else (text_blocks, [])


def count_run_titles(markdown: str, blocks: Sequence[Block]) -> int:
    """How many blocks at the end are titles below a heading, with nothing but titles in between: "3.1 Segments"."""
    titles = list(takewhile(lambda run_block: is_run_title(markdown, run_block), reversed(blocks)))
    is_below_heading = len(titles) < len(blocks) and blocks[-1 - len(titles)].kind == "heading"
    return len(titles) if titles and is_below_heading and blocks[-1].end - titles[-1].start <= MAX_LEAD_LENGTH else 0


def is_run_title(markdown: str, run_block: Block) -> bool:
    """A line that is no sentence, or a few with a number in front ("3. Segments" and "3.1 Sales")."""
    title_lines = [
        title_line.rstrip("*_ \r")
        for title_line in markdown[run_block.start : run_block.end].split("\n")
        if title_line.strip()
    ]
    is_numbered = (
        run_block.kind == "list"
        and len(title_lines) <= _MAX_NUMBERED_TITLES
        and all(title_line[0].isdigit() for title_line in title_lines)
    )
    is_line = run_block.kind == "paragraph" and len(title_lines) == 1
    return (is_line or is_numbered) and not any(
        len(title_line) > _MAX_RUN_TITLE_LENGTH or title_line.endswith((*FULL_STOPS, ";")) for title_line in title_lines
    )


def _table_lead_start(markdown: str, text_blocks: list[Block], language: str) -> int | None:
    """Where the caption or the sentence that introduces the table below starts; None when nothing does."""
    last_run_block = text_blocks[-1]
    table_lead_text = markdown[last_run_block.start : last_run_block.end].rstrip()
    introduces_table = table_lead_text.endswith((":", "：")) or not COMPLETE_BLOCK_END.search(table_lead_text[-9:])
    under_heading = len(text_blocks) > 1 and (
        text_blocks[-2].kind == "heading" or count_run_titles(markdown, text_blocks[:-1]) > 0
    )
    below_caption = len(text_blocks) > 1 and _is_table_caption(markdown, text_blocks[-2])
    if len(table_lead_text) <= MAX_LEAD_LENGTH and (CAPTION_START.match(table_lead_text) or below_caption):
        return last_run_block.start  # whole, though the number may look like the end of a sentence
    if not introduces_table and (len(table_lead_text) > MAX_LEAD_LENGTH or not under_heading):
        return None
    lead_start = last_run_block.start + _last_sentence_start(table_lead_text, language)
    fits_lead = last_run_block.start + len(table_lead_text) - lead_start <= MAX_LEAD_LENGTH
    return lead_start if fits_lead and (introduces_table or lead_start == last_run_block.start) else None


def _last_sentence_start(table_lead_text: str, language: str) -> int:
    lead_window_start = max(0, len(table_lead_text) - MAX_LEAD_LENGTH - 100)
    sentence_start = lead_window_start + sentence_starts(table_lead_text[lead_window_start:], language)[-1]
    item_starts = [match.start() + 1 for match in LIST_ITEM_START.finditer(table_lead_text, sentence_start)]
    return item_starts[-1] if item_starts else sentence_start


def _belongs_to_table_above(markdown: str, run_block: Block, table: Block) -> bool:
    """Whether a block says something of the table above it: a caption, or notes behind marks ("1 Preliminary.")."""
    is_note = run_block.kind == "paragraph" and run_block.end - run_block.start <= MAX_LEAD_LENGTH
    is_note &= _TABLE_NOTE_START.match(markdown, run_block.start) is not None
    has_notes = is_note or _has_bracketed_notes(markdown, run_block, table)
    return has_notes or _is_table_caption(markdown, run_block) or is_footnote_below_mark(markdown, run_block.start)


def _has_bracketed_notes(markdown: str, run_block: Block, table: Block) -> bool:
    """Whether every line starts with a mark such as "(a)" that the table has too."""
    if run_block.kind not in ("paragraph", "list") or markdown[run_block.start] != "(":
        return False
    note_lines = [line for line in markdown[run_block.start : run_block.end].splitlines() if line.strip()]
    note_marks = [_BRACKETED_NOTE_MARK.match(line) for line in note_lines]
    return all(mark and markdown.find(mark[0], table.start, table.end) >= 0 for mark in note_marks)


def _is_table_caption(markdown: str, run_block: Block) -> bool:
    return (
        run_block.kind == "paragraph"
        and run_block.end - run_block.start <= MAX_LEAD_LENGTH
        and bool(CAPTION_START.match(markdown, run_block.start))
    )
