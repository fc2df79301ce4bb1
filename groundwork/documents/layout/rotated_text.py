"""Turned text: of whole pages, which liteparse is asked to turn, and beside upright text, such as a stamp."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from groundwork.language.writing_systems import is_right_to_left

_WORDS = 3  # of a text whose way tells its turn


class Upright(NamedTuple):
    """A page's text items that stand upright, and the others by their turn, each set upright."""

    items: list[Any]
    aside: list[list[Any]]


def main_turn(page: Any) -> int:
    """The degrees (0, 90, 180, 270) clockwise by which most letters of a liteparse page stand turned."""
    if not any(item.rotation for item in page.text_items):
        return 0
    turns = _turns(page)
    letters: Counter[int] = Counter()
    for item in page.text_items:
        letters[turns[_told(item)]] += len(item.text)
    return letters.most_common(1)[0][0]


def upright(page: Any) -> Upright:
    """The text items of a liteparse page most of whose text stands upright."""
    if not any(item.rotation for item in page.text_items):
        return Upright(page.text_items, [])
    turns = _turns(page)
    by_turn: dict[int, list[Any]] = {0: []}
    for item in page.text_items:
        by_turn.setdefault(turns[_told(item)], []).append(item)
    return Upright(by_turn.pop(0), [[_turned(item, turn, page) for item in items] for turn, items in by_turn.items()])


def _turns(page: Any) -> dict[int, int]:
    """The turn that liteparse tells: the one in which most such texts run, from their first word to their last.

    The two differ where the letters of a font are drawn mirrored, and the text mirrors them back.
    """
    seen: dict[int, Counter[int]] = {}
    for item in page.text_items:
        told = _told(item)
        way = told if not told or is_right_to_left(item.text) else _way(item.words)
        seen.setdefault(told, Counter())[told if way is None else way] += way is not None
    return {told: ways.most_common(1)[0][0] for told, ways in seen.items()}


def _told(item: Any) -> int:
    return round((item.rotation or 0) / 90) * 90 % 360


def _way(words: Sequence[Any]) -> int | None:
    """The turn of a text by the places of its words; None where it holds too few to tell."""
    if len(words) < _WORDS:
        return None
    first, last = words[0], words[-1]
    across = last.x + last.width / 2 - first.x - first.width / 2
    down = last.y + last.height / 2 - first.y - first.height / 2
    if abs(across) > abs(down):
        return 0 if across > 0 else 180
    return 90 if down > 0 else 270


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
