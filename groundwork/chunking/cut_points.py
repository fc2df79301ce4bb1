"""The places where a run may be cut: text at its headings to its words, a table between rows, a fence between lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import regex

from groundwork.language.sentences import COMPLETE_BLOCK_END, sentence_starts, uncuttable_spans
from groundwork.language.spans import Span
from groundwork.markdown.blocks import LIST_ITEM_START, Block
from groundwork.markdown.tables import is_html, table_rows

# the opening line of a fence, also as a list item: its indent and marks are repeated
_FENCE = regex.compile(r"(?P<indent>[ \t>\ufeff]*)(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?(?P<marks>`{3,}|~{3,})")

# the end of a clause: "so, " and the full-width marks, which need no space
_CLAUSE = regex.compile(r"[,;:，、；：،؛)\]—–]\s++|[，、；：]")
_SPACE = regex.compile(r"\s++")  # between words
_WORD = regex.compile(r"\b(?=\S)", regex.WORD)  # between words of a script without spaces
_GRAPHEME = regex.compile(r"\X")  # a letter with its accents, an emoji with its parts
_NEAR_LIMIT = 100  # characters before the limit that are looked at first
_LOOKAHEAD = 300  # characters behind a window that an engine sees, to judge the last sentence in it
_FENCE_MARKS = ("```", "~~~")  # the end of a code fence, behind which a sentence may go on
_UNFINISHED_END = regex.compile(
    r"[\p{L}\p{N},;(–-]\s*\Z"
)  # a word or comma at the end of a block: the sentence goes on in the next one


class CutPoints:
    """The breaks of one run of blocks. Every method gives the best break within first..last, or 0.

    A break at p ends one chunk at p and starts the next there; white space stays with the chunk before it.
    """

    def __init__(self, text: str, blocks: Sequence[Block], language: str, engine: str) -> None:
        self._text, self._language, self._engine = text, language, engine
        self._end = blocks[-1].end
        self._block_starts = [(block.start, block.kind == "heading") for block in blocks[1:]]
        self._heading_starts = []
        self._heading_levels = []
        self._paragraph_starts = []
        for previous, block in pairwise(blocks):
            if previous.kind == "heading":
                continue  # a heading is never left at the end of a chunk
            if block.kind == "heading":
                self._heading_starts.append(block.start)
                self._heading_levels.append(block.level)
            else:
                if block.kind != "code" or COMPLETE_BLOCK_END.search(text, previous.start, previous.end):
                    self._paragraph_starts.append(block.start)  # a fence stays with the sentence that leads to it
        self._uncut_spans = [  # a heading with the place behind it, where no chunk may end
            (block.start, block.end + (block.kind == "heading"))
            for block in blocks
            if block.kind in ("formula", "code", "table", "heading")
        ]

    def structural_cut(self, first: int, last: int, fuller: int) -> int:
        """A heading, else a paragraph, else a list item: in the fuller half the highest level, else the last one."""
        a, b = bisect_left(self._heading_starts, first), bisect_right(self._heading_starts, last)
        if a < b:
            a = min(bisect_left(self._heading_starts, fuller, a, b), b - 1)  # the fuller half, or the last one
            level = min(self._heading_levels[a:b])
            return max(
                start
                for start, start_level in zip(self._heading_starts[a:b], self._heading_levels[a:b], strict=True)
                if start_level == level
            )
        for k in range(bisect_right(self._paragraph_starts, last) - 1, -1, -1):
            if self._paragraph_starts[k] < first:
                break
            if not self._is_interrupted(self._paragraph_starts[k]):
                return self._paragraph_starts[k]
        return self._item_cut(max(first, fuller), last) or self._item_cut(first, fuller - 1)

    def _is_interrupted(self, position: int) -> bool:
        """A lead-in to a list is above, or a sentence that a page border interrupts."""
        above = self._text[max(0, position - 40) : position].rstrip()
        if above.endswith((":", "：")):
            return True
        first_letter = self._text[position]
        return (first_letter.islower() or first_letter == "(") and (
            above.endswith(_FENCE_MARKS) or _UNFINISHED_END.search(above) is not None
        )

    def _item_cut(self, first: int, last: int) -> int:
        """The last of the highest list items, by the parts of its number or by its indentation."""
        cut, cut_depth = 0, 99
        for match in LIST_ITEM_START.finditer(self._text, first - 1, last + 8):
            position, depth = match.start() + 1, _item_depth(match.group()[1:])
            if depth > cut_depth or position > last or self._is_uncut(position) or self._is_interrupted(position):
                continue
            cut, cut_depth = position, depth
        return cut

    def sentence_cut(self, start: int, first: int, last: int) -> int:
        """The last start of a sentence."""
        if first > last:
            return 0
        window = self._text[start : min(self._end, last + _LOOKAHEAD)]
        offsets = sentence_starts(window, self._language, self._engine)
        k = bisect_right(offsets, last - start) - 1
        while k > 0 and offsets[k] >= first - start:
            if not self._is_uncut(start + offsets[k]):
                return start + offsets[k]
            k -= 1
        return 0

    def word_cut(self, start: int, last: int) -> int:
        """The last clause in the second half, else word, else border of a block, else (inside a word over the limit)
        character; never 0."""
        size = last - start
        window = self._text[start : min(self._end, last + size + 1)]
        spans = uncuttable_spans(window) + [
            (a - start, b - start) for a, b in self._uncut_spans if a < last and b > start
        ]
        spans.sort()
        for pattern, min_cut in ((_CLAUSE, size // 2), (_SPACE, 1), (_WORD, 1)):
            for min_offset in (max(min_cut, size - _NEAR_LIMIT), min_cut):
                if cut := _last_outside(_match_ends(pattern, window, min_offset, size), spans):
                    return start + cut
        if block_start := self._block_cut(start + 1, last):
            return block_start  # below the minimum, or behind a heading, but no table or fence is cut
        for pattern in (_SPACE, _WORD, _GRAPHEME):
            if ends := _match_ends(pattern, window, max(1, size - _NEAR_LIMIT), size):
                return start + ends[-1]
        return max(last, start + 1)

    def _block_cut(self, first: int, last: int) -> int:
        """The last start of a heading, else of any block, or 0."""
        starts = [(start, is_heading) for start, is_heading in self._block_starts if first <= start <= last]
        return max(
            (start for start, is_heading in starts if is_heading),
            default=max((start for start, _ in starts), default=0),
        )

    def _is_uncut(self, position: int) -> bool:
        k = bisect_left(self._uncut_spans, (position, 0)) - 1
        return k >= 0 and position < self._uncut_spans[k][1]


def _match_ends(pattern: regex.Pattern[str], text: str, low: int, high: int) -> list[int]:
    """Where matches of the pattern end within low..high."""
    return [match.end() for match in pattern.finditer(text, low - 1, high + 1) if low <= match.end() <= high]


def _item_depth(marker: str) -> int:
    """How deep a list item stands: by the parts of its number, else by its indentation."""
    dots = marker.strip(" \t>.").count(".")
    return dots or 1 + len(marker) - len(marker.lstrip())


def _last_outside(ends: Sequence[int], spans: Sequence[Span]) -> int:
    """The last of `ends` that lies in none of the spans, or 0."""
    starts = [start for start, _ in spans]
    for end in reversed(ends):
        k = bisect_left(starts, end) - 1
        if k < 0 or spans[k][1] <= end:
            return end
    return 0


class TableFrame(NamedTuple):
    """`borders`: offsets at which a cut is allowed; `opening` is repeated above later parts, `closing` ends a part."""

    borders: list[int]
    opening: str
    closing: str


def table_frame(text: str, block: Block) -> TableFrame:
    """The frame of a table (its header rows) or of a fence (its first line, with the language)."""
    return _table_frame(text, block) if block.kind == "table" else _fence_frame(text, block)


def _table_frame(text: str, block: Block) -> TableFrame:
    body = text[block.start : block.end]
    rows = table_rows(body)
    if not rows.data:
        return TableFrame([], "", "")
    header_text = body[: rows.data[0][0]]
    fence = _FENCE.match(header_text)
    closing = f"{fence['indent']}{fence['marks']}\n" if fence else "</table>\n" if is_html(body) else ""
    return TableFrame([block.start + start for start, _ in rows.data[1:]], header_text.lstrip("\ufeff\r\n"), closing)


def _fence_frame(text: str, block: Block) -> TableFrame:
    start = text.find("\n", block.start, block.end) + 1 or block.end
    fence = _FENCE.match(text, block.start, start)
    if fence is None:
        return TableFrame([], "", "")
    body = text[start : block.end].rstrip()
    last_line_start = body.rfind("\n") + 1
    is_closed = body.endswith(fence["marks"])
    content = body[: last_line_start - 1] if is_closed and last_line_start else body
    borders = [start + match.end() for match in regex.finditer(r"\n", content)]
    return TableFrame(borders, text[block.start : start].lstrip("\ufeff"), f"{fence['indent']}{fence['marks']}\n")
