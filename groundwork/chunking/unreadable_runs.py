"""Runs of letters that no one can read, such as base64 or the letters of a gene: found, and cut out of their blocks."""

from __future__ import annotations

import re  # not regex: these patterns run over the whole text, and re takes less time
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import msgspec

from groundwork.markdown.blocks import Block

MIN_RUN_LENGTH = 200  # characters of a run; a key or a checksum in a sentence is shorter
_UNREADABLE_SHARE = 0.6  # of a line or a fence that such letters make up
_MIN_LINE_LENGTH = 40  # characters of a line that is looked at
_CHARACTERS_PER_SPACE = 9  # characters to a space: fewer are words that can be read
_MIN_DISTINCT_LETTERS = 4  # letters at least: a ruled line of === has one
_MAX_GENE_LETTERS = 6  # letters that the text of a gene may hold
_UNREADABLE_LETTERS = re.compile(
    r"""(?<![A-Za-z0-9+/]) (?: (?:[acgtun]{10,}+|[A-Z]{10,}+)(?!\w)   # genes in groups of ten, as gene banks print them
                             | [A-Za-z0-9+/]{40,}+={0,2} )            # base64, a key""",
    re.VERBOSE,
)
_DIGEST_LENGTHS = (40, 64, 128)  # letters of the digest of a commit or a file: examples show them
_ENCODED_TAIL = re.compile(r"\s*+[A-Za-z0-9+/]++={0,2}\s*+")  # the last line of an encoded text
_LINE = re.compile(r"[^\n]*+(?:\n|\Z)")


def split_unreadable_runs(text: str, parsed_blocks: Sequence[Block]) -> tuple[list[Block], list[bool]]:
    """The blocks with every unreadable run a block of its own, and which of them are such runs; linear in the text.

    A fence is one as a whole or not at all; tables and headings are never looked at.
    """
    line_starts = list(_unreadable_line_starts(text))
    cut_blocks: list[Block] = []
    unreadable: list[bool] = []
    for block in parsed_blocks:
        k = bisect_left(line_starts, block.start) if line_starts else 0
        has_any = k < len(line_starts) and line_starts[k] < block.end
        for start, end, is_run in _split_block(text, block) if has_any else [(block.start, block.end, False)]:
            is_whole_block = (start, end) == (block.start, block.end)
            cut_blocks.append(block if is_whole_block else msgspec.structs.replace(block, start=start, end=end))
            unreadable.append(is_run)
    return cut_blocks, unreadable


def _unreadable_line_starts(text: str) -> Iterator[int]:
    """Where such lines start. Nearly all lines are told by their spaces, which costs a tenth of the pattern's time."""
    start = 0
    for line in text.split("\n"):
        length = len(line)
        if (
            length >= _MIN_LINE_LENGTH
            and line.strip().count(" ") * _CHARACTERS_PER_SPACE <= length
            and _is_unreadable(line, 0, length)
        ):
            yield start
        start += length + 1


def _split_block(text: str, block: Block) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether no one can read it); together the block."""
    if block.kind in ("table", "heading", "contents"):
        yield block.start, block.end, False
        return
    if block.kind == "code":
        is_long = block.end - block.start >= MIN_RUN_LENGTH
        yield block.start, block.end, is_long and _is_unreadable(text, block.start, block.end)
        return
    position = block.start
    for start, end in _unreadable_runs(text, block):
        if position < start:
            yield position, start, False
        yield start, end, True
        position = end
    if position < block.end:
        yield position, block.end, False


def _unreadable_runs(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Lines in a row that no one can read, of MIN_RUN_LENGTH characters together, with the blank lines behind them."""
    start = -1
    for line in _LINE.finditer(text, block.start, block.end):
        in_run = start >= 0
        if _is_unreadable(text, line.start(), line.end()) or (in_run and _continues_run(line[0])):
            start = start if in_run else line.start()
        elif in_run:
            if line.start() - start >= MIN_RUN_LENGTH:
                yield start, line.start()
            start = -1
    if start >= 0 and block.end - start >= MIN_RUN_LENGTH:
        yield start, block.end


def _continues_run(line: str) -> bool:
    return not line.strip() or _ENCODED_TAIL.fullmatch(line) is not None


def _is_unreadable(text: str, start: int, end: int) -> bool:
    size = len("".join(text[start:end].split()))
    return (
        sum(len(match[0]) for match in _UNREADABLE_LETTERS.finditer(text, start, end) if _is_no_word(match[0]))
        > _UNREADABLE_SHARE * size
    )


def _is_digest(run: str) -> bool:
    return len(run) in _DIGEST_LENGTHS and set(run) <= set("0123456789abcdef")


def _is_no_word(run: str) -> bool:
    """Neither a long word, which has one capital at the most, nor a ruled line, a file's digest or such."""
    if len(set(run)) < _MIN_DISTINCT_LETTERS or _is_digest(run):
        return False
    return len(set(run)) <= _MAX_GENE_LETTERS or sum(c.isupper() or c.isdigit() for c in run) >= _MIN_DISTINCT_LETTERS
