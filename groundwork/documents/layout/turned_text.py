"""Turned text: of whole pages, which liteparse is asked to turn, and beside upright text, such as a stamp."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from groundwork.documents.layout.text_runs_and_lines import Box
from groundwork.language.language_and_script import is_right_to_left

_MOST_TILT_OF_TURN = 8.0  # degrees by which a text that counts as upright, or as turned by a right angle, is tilted
_WATERMARK_SIZE = 1.5  # times the usual width of a letter, from which on slanting text is no label
_WATERMARK_LENGTH = 0.15  # of a page's width, from which on it is no sign of a formula
_LEAST_TURNED_WORDS = 3  # of a text whose way tells its turn


class _TurnedPageSize(NamedTuple):
    """Of a page, in points."""

    width: float
    height: float


class TurnedItems(NamedTuple):
    """The text items of a page that are turned by so many degrees clockwise, set upright; a watermark's as they are."""

    turn: int
    items: list[Any]


class TurnedTextOnPage(NamedTuple):
    """A turned text where it lies on the page."""

    box: Box
    is_watermark: bool


class UprightTexts(NamedTuple):
    """A page's text items that stand upright, and the others by their turn."""

    items: list[Any]
    aside: list[TurnedItems]


def main_turn(page: Any) -> int:
    """The degrees (0, 90, 180, 270) clockwise by which most letters of a liteparse page stand turned."""
    if not any(turned_item.rotation for turned_item in page.text_items):
        return 0
    turns = _turns_by_stated_turn(page)
    letters_by_turn: Counter[int] = Counter()
    for turned_item in page.text_items:
        letters_by_turn[turns[_stated_turn(turned_item)]] += len(turned_item.text)
    return letters_by_turn.most_common(1)[0][0]


def upright(page: Any) -> UprightTexts:
    """The text items of a liteparse page most of whose text stands upright."""
    if not any(turned_item.rotation for turned_item in page.text_items):
        return UprightTexts(page.text_items, [])
    turn_by_stated_turn, watermark = _turns_by_stated_turn(page), _watermark(page)
    items_by_turn: dict[int, list[Any]] = {0: []}
    for turned_item in page.text_items:
        if not any(turned_item is marking for marking in watermark):
            items_by_turn.setdefault(turn_by_stated_turn[_stated_turn(turned_item)], []).append(turned_item)
    aside = [
        TurnedItems(turn, [_turn_item_upright(turned_item, turn, page) for turned_item in turned_items])
        for turn, turned_items in items_by_turn.items()
        if turn
    ]
    return UprightTexts(items_by_turn[0], [*aside, TurnedItems(0, watermark)] if watermark else aside)


def turned_place_on_page(box: Box, turn: int, page: Any) -> Box:
    """Where a box of text that was set upright lies on the page."""
    width, height = box.x2 - box.x1, box.y2 - box.y1
    turned_page_width, turned_page_height = (page.height, page.width) if turn % 180 else (page.width, page.height)
    x, y, width, height = _turned_bounds(
        box.x1, box.y1, width, height, -turn % 360, _TurnedPageSize(turned_page_width, turned_page_height)
    )
    return box._replace(x1=x, y1=y, x2=x + width, y2=y + height)


def _watermark(page: Any) -> list[Any]:
    """The text items that slant in large letters over a page; small ones are labels, such as those of an axis."""
    is_slanting = [_MOST_TILT_OF_TURN < item.rotation % 90 < 90 - _MOST_TILT_OF_TURN for item in page.text_items]
    if not any(is_slanting) or all(is_slanting):
        return []
    letter_widths = [_slanting_letter_width(turned_item) for turned_item in page.text_items]
    usual_upright_width = statistics.median(
        letter_width for letter_width, slants in zip(letter_widths, is_slanting, strict=True) if not slants
    )
    return [
        turned_item
        for turned_item, letter_width, slants in zip(page.text_items, letter_widths, is_slanting, strict=True)
        if slants
        and letter_width > _WATERMARK_SIZE * usual_upright_width
        and _slanting_length(turned_item) > _WATERMARK_LENGTH * page.width
    ]


def _slanting_letter_width(turned_item: Any) -> float:
    return _slanting_length(turned_item) / max(1, len(turned_item.text))


def _slanting_length(turned_item: Any) -> float:
    return math.hypot(turned_item.width, turned_item.height)


def _turns_by_stated_turn(page: Any) -> dict[int, int]:
    """The turn that liteparse tells: the one in which most words of such texts follow each other.

    The two differ where the letters of a font are drawn mirrored, and the text mirrors them back.
    """
    word_turns_by_stated_turn: dict[int, Counter[int]] = {}
    for turned_item in page.text_items:
        stated_turn = _stated_turn(turned_item)
        is_turn_measured = stated_turn and not is_right_to_left(turned_item.text)
        word_turns_by_stated_turn.setdefault(stated_turn, Counter()).update(
            _turns_between_words(turned_item.words) if is_turn_measured else [stated_turn]
        )
    return {
        stated_turn: word_turns.most_common(1)[0][0] if word_turns else stated_turn
        for stated_turn, word_turns in word_turns_by_stated_turn.items()
    }


def _stated_turn(turned_item: Any) -> int:
    turn: int = round(turned_item.rotation / 90) * 90 % 360
    return turn


def _turns_between_words(words: Sequence[Any]) -> list[int]:
    """The turns by which each word of a text follows the one before it; none where the words are too few to tell.

    Each step counts by itself: liteparse may put the end of a line before its start.
    """
    return [_turn_to_next_word(*pair) for pair in pairwise(words)] if len(words) >= _LEAST_TURNED_WORDS else []


def _turn_to_next_word(word: Any, next_word: Any) -> int:
    turn_across = next_word.x + next_word.width / 2 - word.x - word.width / 2
    turn_down = next_word.y + next_word.height / 2 - word.y - word.height / 2
    if abs(turn_across) > abs(turn_down):
        return 0 if turn_across > 0 else 180
    return 90 if turn_down > 0 else 270


def _turn_item_upright(turned_item: Any, turn: int, page: Any) -> Any:
    if not turn:
        return turned_item
    upright_words = [_turn_box_upright(word, turn, page) for word in turned_item.words]
    return msgspec.structs.replace(
        _turn_box_upright(turned_item, turn, page), words=sorted(upright_words, key=lambda word: word.x)
    )


def _turn_box_upright(box: Any, turn: int, page: Any) -> Any:
    x, y, width, height = _turned_bounds(box.x, box.y, box.width, box.height, turn, page)
    return msgspec.structs.replace(box, x=x, y=y, width=width, height=height)


def _turned_bounds(
    x: float, y: float, width: float, height: float, turn: int, turned_page: Any
) -> tuple[float, float, float, float]:
    """Where a box lies (left, top, width, height) when the page is turned back by `turn` degrees."""
    if turn == 90:
        return y, turned_page.width - x - width, height, width
    if turn == 180:
        return turned_page.width - x - width, turned_page.height - y - height, width, height
    if turn == 270:
        return turned_page.height - y - height, x, height, width
    return x, y, width, height
