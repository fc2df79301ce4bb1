"""How many items a list of a text has, how many rows a table, how many parts a section: counts it need not say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from groundwork.language.list_labels import LIST_LABEL
from groundwork.markdown.blocks import blocks
from groundwork.markdown.markdown_tables import read_table

_LIST_ITEM = re.compile(rf"(?m)^(?P<indent>[ \t>]*+)(?P<mark>{LIST_LABEL}|[-*+])[ \t]+\S")


class _ListItem(NamedTuple):
    """An item of a list: how many columns it is indented, and what kind of mark it has."""

    indent: int
    mark: str


def list_and_table_lengths(markdown: str) -> set[int]:
    """The lengths of its lists, the inner ones too, and of its tables, and how many parts each section has."""
    implied_counts: set[int] = set()
    section_parts = Counter[tuple[str, ...]]()
    items_of_list: list[_ListItem] = []  # of the blocks that are lists, up to the next that is none
    for block in blocks(markdown):
        if block.kind == "list":
            items_of_list += [_read_list_item(match) for match in _LIST_ITEM.finditer(markdown, block.start, block.end)]
            continue
        implied_counts.update(_list_lengths(items_of_list))
        items_of_list = []
        if block.kind == "table":
            implied_counts.add(len(read_table(markdown, block.start, block.end).data))
        elif block.kind == "heading":
            section_parts[block.headings[:-1]] += 1
    return implied_counts.union(_list_lengths(items_of_list), section_parts.values())


def _read_list_item(item_match: re.Match[str]) -> _ListItem:
    item_sign = item_match["mark"].strip("()")[0]
    return _ListItem(
        len(item_match["indent"].expandtabs()), "1" if item_sign.isdigit() else "a" if item_sign.isalpha() else "-"
    )


def _list_lengths(list_items: Sequence[_ListItem]) -> Iterator[int]:
    """How many items each list has, an inner one for each item that it stands below."""
    open_lists: list[tuple[_ListItem, int]] = []  # of the lists that the place is in, outermost first
    for list_item in list_items:
        while open_lists and open_lists[-1][0].indent > list_item.indent:
            yield open_lists.pop()[1]
        if open_lists and open_lists[-1][0] == list_item:
            open_lists[-1] = (list_item, open_lists[-1][1] + 1)
        else:
            if open_lists and open_lists[-1][0].indent == list_item.indent:
                yield open_lists.pop()[1]
            open_lists.append((list_item, 1))
    yield from (length for _, length in open_lists)
