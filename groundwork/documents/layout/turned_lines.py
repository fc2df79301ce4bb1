"""Text items of lines that a PDF draws from their last letter to their first, of which liteparse makes scraps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from groundwork.documents.layout.drawn_letters import Letter, to_items
from groundwork.documents.layout.liteparse_pages import TextItem


def with_lines_turned(page: Any, backward: Sequence[Sequence[Letter]]) -> Any:
    """A liteparse page with the letters of its `backward` lines, in the order of reading, in place of what it has."""
    if not backward:
        return page
    lines = [_levelled(line) for line in backward]
    items = [item for item in page.text_items if not any(_stands_in(item, line) for line in lines)]
    return msgspec.structs.replace(page, text_items=[*items, *(item for line in lines for item in to_items(line))])


def _levelled(letters: Sequence[Letter]) -> list[Letter]:
    """Letters of one line with one height."""
    top, bottom = min(letter.y1 for letter in letters), max(letter.y2 for letter in letters)
    return [letter._replace(y1=top, y2=bottom) for letter in letters]


def _stands_in(text_item: TextItem, line: Sequence[Letter]) -> bool:
    """Whether the middle of a text item lies in a line."""
    x, y = text_item.x + text_item.width / 2, text_item.y + text_item.height / 2
    left, right = min(letter.x1 for letter in line), max(letter.x2 for letter in line)
    return left <= x <= right and line[0].y1 <= y <= line[0].y2
