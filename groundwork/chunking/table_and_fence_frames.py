"""What is repeated around each part of a table or fence that is cut: header rows, the first and the last line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from groundwork.language.text_spans import Span
from groundwork.markdown.blocks import Block
from groundwork.markdown.table_rows_and_cells import is_html_table, table_rows

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
    table_text = markdown[block.start : block.end]
    row_spans = table_rows(table_text)
    if not row_spans.data:
        return TableFrame([], "", "")
    header_text = table_text[: row_spans.data[0][0]]
    fence = _REPEATED_FENCE.match(header_text)
    closing = f"{fence['indent']}{fence['marks']}\n" if fence else "</table>\n" if is_html_table(table_text) else ""
    row_groups = [] if closing else [block.start + start for start in _row_group_starts(table_text, row_spans.data)]
    return TableFrame(
        [block.start + start for start, _ in row_spans.data[1:]],
        header_text.lstrip("\ufeff\r\n"),
        closing,
        row_groups,
    )


def _row_group_starts(table_text: str, row_spans: Sequence[Span]) -> Iterator[int]:
    """Where rows of a table of pipes begin whose first cell differs from that above; an empty one goes on with it."""
    last_cell = ""
    for k, (row_start, row_end) in enumerate(row_spans):
        first_cell = table_text[row_start:row_end].strip().removeprefix("|").split("|", 1)[0].strip()
        if k and first_cell and first_cell != last_cell:
            yield row_start
        last_cell = first_cell or last_cell


def _fence_frame(markdown: str, block: Block) -> TableFrame:
    fence_start = markdown.find("\n", block.start, block.end) + 1 or block.end
    fence = _REPEATED_FENCE.match(markdown, block.start, fence_start)
    if fence is None:
        return TableFrame([], "", "")
    fenced_text = markdown[fence_start : block.end].rstrip()
    last_line_start = fenced_text.rfind("\n") + 1
    is_closed = fenced_text.endswith(fence["marks"])
    fenced_rows = fenced_text[: last_line_start - 1] if is_closed and last_line_start else fenced_text
    row_borders = [fence_start + match.end() for match in regex.finditer(r"\n", fenced_rows)]
    return TableFrame(
        row_borders,
        markdown[block.start : fence_start].lstrip("\ufeff"),
        f"{fence['indent']}{fence['marks']}\n",
    )
