"""What is repeated around each part of a table or fence that is cut: header rows, the first and the last line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from groundwork.language.text_spans import Span
from groundwork.markdown.blocks import Block
from groundwork.markdown.markdown_tables import is_html_table, table_rows

# the opening line of a fence, also as a list item: its indent and marks are repeated
_REPEATED_FENCE = regex.compile(r"(?P<indent>[ \t>\ufeff]*)(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?(?P<marks>`{3,}|~{3,})")


class TableFrame(NamedTuple):
    """`borders`: offsets at which a cut is allowed; `opening` is repeated above later parts, `closing` ends a part.

    `groups`: those borders at which rows with another first cell begin.
    """

    borders: list[int]
    opening: str
    closing: str
    groups: Sequence[int] = ()


def table_frame(markdown: str, block: Block) -> TableFrame:
    """The frame of a table (its header rows) or of a fence (its first line, with the language)."""
    return _table_frame(markdown, block) if block.kind == "table" else _fence_frame(markdown, block)


def _table_frame(markdown: str, block: Block) -> TableFrame:
    framed_table = markdown[block.start : block.end]
    framed_rows = table_rows(framed_table)
    if not framed_rows.data:
        return TableFrame([], "", "")
    framed_header = framed_table[: framed_rows.data[0][0]]
    fence = _REPEATED_FENCE.match(framed_header)
    closing = f"{fence['indent']}{fence['marks']}\n" if fence else "</table>\n" if is_html_table(framed_table) else ""
    row_groups = [] if closing else [block.start + start for start in _row_group_starts(framed_table, framed_rows.data)]
    return TableFrame(
        [block.start + start for start, _ in framed_rows.data[1:]],
        framed_header.lstrip("\ufeff\r\n"),
        closing,
        row_groups,
    )


def _row_group_starts(framed_table: str, framed_rows: Sequence[Span]) -> Iterator[int]:
    """Where rows of a table of pipes begin whose first cell differs from that above; an empty one goes on with it."""
    last_cell = ""
    for k, (framed_row_start, framed_row_end) in enumerate(framed_rows):
        first_cell = framed_table[framed_row_start:framed_row_end].strip().removeprefix("|").split("|", 1)[0].strip()
        if k and first_cell and first_cell != last_cell:
            yield framed_row_start
        last_cell = first_cell or last_cell


def _fence_frame(markdown: str, block: Block) -> TableFrame:
    fence_start = markdown.find("\n", block.start, block.end) + 1 or block.end
    fence = _REPEATED_FENCE.match(markdown, block.start, fence_start)
    if fence is None:
        return TableFrame([], "", "")
    framed_code = markdown[fence_start : block.end].rstrip()
    last_fence_line = framed_code.rfind("\n") + 1
    is_closed = framed_code.endswith(fence["marks"])
    framed_lines = framed_code[: last_fence_line - 1] if is_closed and last_fence_line else framed_code
    framed_row_borders = [fence_start + match.end() for match in regex.finditer(r"\n", framed_lines)]
    return TableFrame(
        framed_row_borders,
        markdown[block.start : fence_start].lstrip("\ufeff"),
        f"{fence['indent']}{fence['marks']}\n",
    )
