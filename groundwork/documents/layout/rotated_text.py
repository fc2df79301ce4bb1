"""Turned text: of whole pages, which liteparse is asked to turn, and beside upright text, such as a stamp."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any, NamedTuple


class Upright(NamedTuple):
    """A page's text items that stand upright, and the others by their turn, each set upright."""

    items: list[Any]
    aside: list[list[Any]]


def main_turn(page: Any) -> int:
    """The degrees (0, 90, 180, 270) clockwise by which most letters of a liteparse page stand turned."""
    if not any(item.rotation for item in page.text_items):
        return 0
    letters: Counter[int] = Counter()
    for item in page.text_items:
        letters[_turn(item)] += len(item.text)
    return letters.most_common(1)[0][0]


def upright(page: Any) -> Upright:
    """The text items of a liteparse page most of whose text stands upright."""
    if not any(item.rotation for item in page.text_items):
        return Upright(page.text_items, [])
    turns: dict[int, list[Any]] = {0: []}
    for item in page.text_items:
        turns.setdefault(_turn(item), []).append(item)
    return Upright(turns.pop(0), [[_turned(item, turn, page) for item in items] for turn, items in turns.items()])


def _turn(item: Any) -> int:
    return round((item.rotation or 0) / 90) * 90 % 360


def _turned(item: Any, turn: int, page: Any) -> Any:
    if not turn:
        return item
    words = [_turned_box(word, turn, page) for word in item.words]
    return dataclasses.replace(_turned_box(item, turn, page), words=sorted(words, key=lambda word: word.x))


def _turned_box(box: Any, turn: int, page: Any) -> Any:
    x, y, width, height = _place(box.x, box.y, box.width, box.height, turn, page)
    return dataclasses.replace(box, x=x, y=y, width=width, height=height)


def _place(x: float, y: float, width: float, height: float, turn: int, page: Any) -> tuple[float, float, float, float]:
    """Where a box lies (left, top, width, height) when the page is turned back by `turn` degrees."""
    if turn == 90:
        return y, page.width - x - width, height, width
    if turn == 180:
        return page.width - x - width, page.height - y - height, width, height
    if turn == 270:
        return page.height - y - height, x, height, width
    return x, y, width, height
