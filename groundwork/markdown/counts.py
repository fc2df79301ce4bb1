"""How many things of a kind a text holds, which it need not say: items of lists, rows of tables, parts of sections."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from groundwork.language.labels import LIST_LABEL
from groundwork.markdown.blocks import blocks
from groundwork.markdown.tables import read_table

_ITEM = re.compile(rf"(?m)^(?P<indent>[ \t>]*+)(?P<mark>{LIST_LABEL}|[-*+])[ \t]+\S")


class _Item(NamedTuple):
    """An item of a list: how many columns it is indented, and what kind of mark it has."""

    indent: int
    mark: str


def counted_things(markdown: str) -> set[int]:
    """The lengths of its lists, the inner ones too, and of its tables, and how many parts each section has."""
    counts: set[int] = set()
    parts = Counter[tuple[str, ...]]()
    items: list[_Item] = []  # of the blocks that are lists, up to the next that is none
    for block in blocks(markdown):
        if block.kind == "list":
            items += [_read_item(match) for match in _ITEM.finditer(markdown, block.start, block.end)]
            continue
        counts.update(_list_lengths(items))
        items = []
        if block.kind == "table":
            counts.add(len(read_table(markdown, block.start, block.end).data))
        elif block.kind == "heading":
            parts[block.headings[:-1]] += 1
    return counts.union(_list_lengths(items), parts.values())


def _read_item(match: re.Match[str]) -> _Item:
    sign = match["mark"].strip("()")[0]
    return _Item(len(match["indent"].expandtabs()), "1" if sign.isdigit() else "a" if sign.isalpha() else "-")


def _list_lengths(items: Sequence[_Item]) -> Iterator[int]:
    """How many items each list has, an inner one for each item that it stands below."""
    lengths: list[tuple[_Item, int]] = []  # of the lists that the place is in, outermost first
    for item in items:
        while lengths and lengths[-1][0].indent > item.indent:
            yield lengths.pop()[1]
        if lengths and lengths[-1][0] == item:
            lengths[-1] = (item, lengths[-1][1] + 1)
        else:
            if lengths and lengths[-1][0].indent == item.indent:
                yield lengths.pop()[1]
            lengths.append((item, 1))
    yield from (length for _, length in lengths)
