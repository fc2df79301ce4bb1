"""Where a table may be cut between its rows and a fence between its lines, and what each part needs to stand alone."""

from __future__ import annotations

from typing import NamedTuple

import regex

from groundwork.markdown.blocks import Block
from groundwork.markdown.tables import is_html, table_rows

# the opening line of a fence, also as a list item: its indent and marks are repeated
_FENCE = regex.compile(r"(?P<indent>[ \t>\ufeff]*)(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?(?P<marks>`{3,}|~{3,})")


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
