"""Blocks gathered into runs: what is packed together, before any length is looked at.

A run is a stretch of text, or one table with what belongs to it: the headings right above, its caption, the sentence
that introduces it. A code fence is part of the text that explains it, unless it is longer than a chunk may be: then it
is a run of its own, like a table. Passages that questions leave out are runs of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
import regex

from groundwork.chunking.lengths import Ruler
from groundwork.language.sentences import COMPLETE_BLOCK_END, sentence_starts
from groundwork.markdown.blocks import LIST_ITEM_START, Block

LEAD = 400  # characters of a sentence or caption that goes with its table, at the most

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
    text: str, found: Sequence[Block], marks: Sequence[str], ruler: Ruler, limit: int, language: str
) -> list[BlockRun]:
    """The runs of a text in order; together they are the text. `marks` has one entry a block (see boilerplate.py)."""
    gathered: list[BlockRun] = []
    waiting: list[Block] = []  # text in a row, with one and the same mark
    skip = ""
    for block, mark in zip(found, marks, strict=True):
        if waiting and mark != skip:
            _give_out(text, gathered, waiting, skip, ruler, limit)
            waiting = []
        skip = mark
        if block.kind == "table" or (block.kind == "code" and ruler.length(block.start, block.end) > limit):
            stays, lead = _split_lead(text, waiting, block, ruler, limit, language)
            _give_out(text, gathered, stays, skip, ruler, limit)
            gathered.append(BlockRun("table" if block.kind == "table" else "code", [*lead, block], mark, block))
            waiting = []
        else:
            waiting.append(block)
    _give_out(text, gathered, waiting, skip, ruler, limit)
    return gathered


def _give_out(text: str, gathered: list[BlockRun], waiting: list[Block], skip: str, ruler: Ruler, limit: int) -> None:
    """Add a run of text; a caption at its head goes with the table above."""
    above = gathered[-1] if gathered else None
    belongs = waiting and above and above.body and above.skip == skip and _is_caption(text, waiting[0])
    if belongs and above and ruler.length(above.start, waiting[0].end) <= limit:
        gathered[-1] = above._replace(blocks=[*above.blocks, waiting[0]])
        waiting = waiting[1:]
    if waiting:
        gathered.append(BlockRun("text", waiting, skip))


def _split_lead(
    text: str, waiting: list[Block], table: Block, ruler: Ruler, limit: int, language: str
) -> tuple[list[Block], list[Block]]:
    """What of the text in front of a table or fence stays, and what goes with it."""
    stays, lead = list(waiting), []
    if stays and stays[-1].kind in ("paragraph", "list") and (cut := _introduction(text, stays, language)):
        last = stays.pop()
        if cut > last.start:
            stays.append(msgspec.structs.replace(last, end=cut))
        lead = [msgspec.structs.replace(last, start=cut)]
        if stays and stays[-1].end == cut and _is_caption(text, stays[-1]):  # and a line of units below it
            lead.insert(0, stays.pop())
    if not stays or not lead or lead[0].start == stays[-1].end:
        while stays and stays[-1].kind == "heading":
            lead.insert(0, stays.pop())
    fits_alone = ruler.length(table.start, table.end) <= limit
    if lead and fits_alone and ruler.length(lead[0].start, table.end) > limit:
        return waiting, []  # a whole table matters more than its introduction
    return stays, lead


def _introduction(text: str, waiting: list[Block], language: str) -> int | None:
    """Where the caption or the sentence that introduces the table below starts; None when nothing does."""
    last = waiting[-1]
    body = text[last.start : last.end].rstrip()
    introduces = body.endswith((":", "：")) or not COMPLETE_BLOCK_END.search(body[-9:])
    under_heading = len(waiting) > 1 and waiting[-2].kind == "heading"
    below_caption = len(waiting) > 1 and _is_caption(text, waiting[-2])
    if len(body) <= LEAD and (_CAPTION.match(body) or below_caption):
        return last.start  # whole, though the number may look like the end of a sentence
    if not introduces and (len(body) > LEAD or not under_heading):
        return None
    start = last.start + _last_sentence(body, language)
    short = last.start + len(body) - start <= LEAD
    return start if short and (introduces or start == last.start) else None


def _last_sentence(body: str, language: str) -> int:
    window = max(0, len(body) - LEAD - 100)
    start = window + sentence_starts(body[window:], language)[-1]
    items = [match.start() + 1 for match in LIST_ITEM_START.finditer(body, start)]
    return items[-1] if items else start


def _is_caption(text: str, block: Block) -> bool:
    return block.kind == "paragraph" and block.end - block.start <= LEAD and bool(_CAPTION.match(text, block.start))
