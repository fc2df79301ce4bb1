"""Turned pages, and turned text beside upright text, such as a stamp in the margin or the labels of a chart."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any, NamedTuple


class Upright(NamedTuple):
    """A page's text items as they are read: the main ones in the page's upright position, the others by their turn."""

    items: list[Any]
    drawn: Any
    aside: list[list[Any]]


def upright(page: Any) -> Upright:
    """The text items and vector graphics of a liteparse page, turned so that most of the text stands upright."""
    if not any(item.rotation for item in page.text_items):
        return Upright(page.text_items, page.vector_graphics, [])
    turns: dict[int, list[Any]] = {}
    for item in page.text_items:
        turns.setdefault(round((item.rotation or 0) / 90) * 90 % 360, []).append(item)
    letters = Counter({turn: sum(len(item.text) for item in items) for turn, items in turns.items()})
    main = letters.most_common(1)[0][0]
    aside = [[_turned(item, turn, page) for item in items] for turn, items in turns.items() if turn != main]
    drawn = page.vector_graphics if not main else _turned_graphics(page.vector_graphics, main, page)
    return Upright([_turned(item, main, page) for item in turns[main]], drawn, aside)


def _turned(item: Any, turn: int, page: Any) -> Any:
    if not turn:
        return item
    words = [_turned_box(word, turn, page) for word in item.words]
    return dataclasses.replace(_turned_box(item, turn, page), words=sorted(words, key=lambda word: word.x))


def _turned_box(box: Any, turn: int, page: Any) -> Any:
    x, y, width, height = _place(box.x, box.y, box.width, box.height, turn, page)
    return dataclasses.replace(box, x=x, y=y, width=width, height=height)


def _turned_graphics(drawn: Any, turn: int, page: Any) -> Any:
    if drawn is None:
        return None
    shapes = [dataclasses.replace(shape, bbox=_turned_bbox(shape.bbox, turn, page)) for shape in drawn.shapes]
    lines = []
    for line in drawn.lines:
        x1, y1, *_ = _place(line.x1, line.y1, 0, 0, turn, page)
        x2, y2, *_ = _place(line.x2, line.y2, 0, 0, turn, page)
        lines.append(dataclasses.replace(line, x1=x1, y1=y1, x2=x2, y2=y2))
    return dataclasses.replace(drawn, shapes=shapes, lines=lines)


def _turned_bbox(bbox: tuple[float, float, float, float], turn: int, page: Any) -> tuple[float, float, float, float]:
    x, y, width, height = bbox
    return _place(x, y, width, height, turn, page)


def _place(x: float, y: float, width: float, height: float, turn: int, page: Any) -> tuple[float, float, float, float]:
    """Where a box lies (left, top, width, height) when the page is turned back by `turn` degrees."""
    if turn == 90:
        return y, page.width - x - width, height, width
    if turn == 180:
        return page.width - x - width, page.height - y - height, width, height
    if turn == 270:
        return page.height - y - height, x, height, width
    return x, y, width, height
