"""How many items a list of a text has, how many rows a table, how many parts a section: counts it need not say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from groundwork.language.list_and_rule_labels import LIST_LABEL
from groundwork.markdown.blocks import blocks
from groundwork.markdown.table_rows_and_cells import read_table

_LIST_ITEM = re.compile(rf"(?m)^(?P<indent>[ \t>]*+)(?P<mark>{LIST_LABEL}|[-*+])[ \t]+\S")


class _ListItem(NamedTuple):
    """An item of a list: how many columns it is indented, and what kind of mark it has."""

    indent: int
    mark: str


def list_and_table_lengths(markdown: str) -> set[int]:
    """The lengths of its lists, the inner ones too, and of its tables, and how many parts each section has."""
    counts: set[int] = set()
    parts = Counter[tuple[str, ...]]()
    items: list[_ListItem] = []  # of the blocks that are lists, up to the next that is none
    for block in blocks(markdown):
        if block.kind == "list":
            items += [_read_list_item(match) for match in _LIST_ITEM.finditer(markdown, block.start, block.end)]
            continue
        counts.update(_list_lengths(items))
        items = []
        if block.kind == "table":
            counts.add(len(read_table(markdown, block.start, block.end).data))
        elif block.kind == "heading":
            parts[block.headings[:-1]] += 1
    return counts.union(_list_lengths(items), parts.values())


def _read_list_item(match: re.Match[str]) -> _ListItem:
    sign = match["mark"].strip("()")[0]
    return _ListItem(len(match["indent"].expandtabs()), "1" if sign.isdigit() else "a" if sign.isalpha() else "-")


def _list_lengths(items: Sequence[_ListItem]) -> Iterator[int]:
    """How many items each list has, an inner one for each item that it stands below."""
    lengths: list[tuple[_ListItem, int]] = []  # of the lists that the place is in, outermost first
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
