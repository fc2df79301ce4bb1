"""liteparse's text items, rebuilt from the letters that pdfium draws.

The places that liteparse makes from the size of a bitmap font (Type 3), which counts in pixels, reach over the page. It
then takes lines for the same and gives only one of them, so that the items of such a page are made anew from its
letters. So are those of a page whose clusters of glyphs have texts of their own (`ActualText`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import msgspec

from groundwork.documents.layout.drawn_letters import DrawnLetter, DrawnLetters
from groundwork.documents.layout.liteparse_pages import LiteparseText, LiteparseWord
from groundwork.documents.pdf_files.actual_text_clusters import clusters_with_joints, read_clusters
from groundwork.documents.pdf_files.textpage_letters import letter_box, letter_signs, letter_size, loose_letter_box

_ITEM_GAP = 1.0  # heights of a letter between two items
_BACKWARD_ITEM_GAPS = 3  # such gaps to the left, where no sign is set below another
_LEAST_ITEM_LETTER_HEIGHT = 4.0  # points of a letter that is no stop
_TALL_RATIO = 10  # times the mean width of its letters, which no text's place is high
_MOST_ITEM_SIZE = 20  # font sizes, which no letter's place is high
_MOST_ITEM_RATIO = 2  # times a letter's own height, which its place is not high
_LEAST_ITEM_WIDTH = 0.6  # points of a letter's width
_ITEM_HYPHENS = {"\x02": "-", "\ufffe": "-", "\u00ad": "-"}  # as pdfium tells those at a line's end
_LEAST_TURNED_ITEM_LETTERS = 3  # letters of a text whose way tells its turn


def with_rebuilt_items(page: Any, drawn: DrawnLetters) -> Any:
    """A liteparse page; where boxes reach far out of their lines, its texts are rebuilt from pdfium's letters."""
    if not any(map(may_hide_letters, page.text_items)):
        return page
    if not _any_place_reaches_out(drawn.textpage(page).raw):
        return page
    return msgspec.structs.replace(page, text_items=rebuild_text_items(drawn.letters_of(page)))


def with_items_of_clusters(page: Any, drawn: DrawnLetters) -> Any:
    """A liteparse page whose texts are rebuilt from its clusters of glyphs; None where the PDF does not give them."""
    item_letters: list[DrawnLetter] = []
    for joint, cluster in clusters_with_joints(read_clusters(drawn.textpage(page))):
        item_place = drawn.place_of_letter(cluster[:4], page)
        if joint or not item_letters:
            left, top, _, bottom = item_place
            item_letters.append(DrawnLetter(left, top, left, bottom, joint, *drawn.letter_font(cluster.letter, page)))
        word_font = item_letters[-1][5:]  # that of its first sign
        item_letters.append(DrawnLetter(*item_place, cluster.text, *word_font))
    if not item_letters:
        return None
    return msgspec.structs.replace(page, text_items=rebuild_text_items(item_letters))


def _any_place_reaches_out(raw_textpage: Any) -> bool:
    """Whether the place of one of a page's letters reaches far out of what is drawn of it."""
    for k in range(len(letter_signs(raw_textpage))):
        loose_place = loose_letter_box(raw_textpage, k)
        is_tall = is_tall_item_place(loose_place, letter_size(raw_textpage, k))
        if is_tall and item_reaches_out(loose_place, letter_box(raw_textpage, k)):
            return True
    return False


def may_hide_letters(text_item: Any) -> bool:
    """Whether a liteparse text item is higher than letters of its width can be."""
    return bool(text_item.text) and text_item.height > _TALL_RATIO * text_item.width / len(text_item.text)


def is_tall_item_place(loose_item: Sequence[float], size: float) -> bool:
    """Whether a letter's place in its line (left, bottom, right, top) is far higher than its size, as where that is the
    size of a pixel."""
    item_width, item_height = loose_item[2] - loose_item[0], loose_item[3] - loose_item[1]
    return min(item_width, item_height) > _LEAST_ITEM_WIDTH and max(item_width, item_height) > _MOST_ITEM_SIZE * size


def item_reaches_out(loose_item: Sequence[float], drawn_item: Sequence[float]) -> bool:
    """Whether a letter's place reaches far out of what is drawn of it; both as left, bottom, right and top."""
    longest_item_side = max(loose_item[2] - loose_item[0], loose_item[3] - loose_item[1])
    return longest_item_side > _MOST_ITEM_RATIO * max(drawn_item[2] - drawn_item[0], drawn_item[3] - drawn_item[1])


def rebuild_text_items(item_letters_in_order: Iterable[DrawnLetter]) -> list[Any]:
    """liteparse's text items of letters in the order of the text layer, with its spaces and line ends."""
    items: list[list[DrawnLetter]] = [[]]
    for item_letter in item_letters_in_order:
        previous_item_letter = next((earlier for earlier in reversed(items[-1]) if earlier.sign.strip()), None)
        if item_letter.sign in "\r\n" or (
            previous_item_letter and item_letter.sign.strip() and _is_in_next_item(previous_item_letter, item_letter)
        ):
            items.append([])
        if item_letter.sign not in "\r\n":
            items[-1].append(item_letter)
    return [
        _rebuild_text_item(item_letters)
        for item_letters in items
        if any(item_letter.sign.strip() for item_letter in item_letters)
    ]


def _is_in_next_item(previous_item_letter: DrawnLetter, item_letter: DrawnLetter) -> bool:
    """Whether a letter begins another item than the one before it, as below a hyphen, where no line ends."""
    item_gap = _ITEM_GAP * max(previous_item_letter.y2 - previous_item_letter.y1, _LEAST_ITEM_LETTER_HEIGHT)
    if min(previous_item_letter.y2, item_letter.y2) > max(previous_item_letter.y1, item_letter.y1):
        return previous_item_letter.font != item_letter.font or item_letter.x1 - previous_item_letter.x2 > item_gap
    return (
        previous_item_letter.font != item_letter.font
        or previous_item_letter.x1 - item_letter.x2 > _BACKWARD_ITEM_GAPS * item_gap
    )


def _rebuild_text_item(item_letters: Sequence[DrawnLetter]) -> Any:
    item_words = [
        list(group) for is_blank, group in groupby(item_letters, lambda letter: not letter.sign.strip()) if not is_blank
    ]
    x, y, width, height = _item_bounds([letter for item_word in item_words for letter in item_word])
    return LiteparseText(
        text=" ".join(map(_item_text, item_words)),
        x=x,
        y=y,
        width=width,
        height=height,
        font_name=item_words[0][0].font,
        font_size=item_words[0][0].size,
        rotation=_item_rotation([letter for item_word in item_words for letter in item_word]),
        words=[LiteparseWord(_item_text(item_word), *_item_bounds(item_word)) for item_word in item_words],
    )


def _item_text(item_letters: Sequence[DrawnLetter]) -> str:
    return "".join(_ITEM_HYPHENS.get(letter.sign, letter.sign) for letter in item_letters)


def _item_bounds(item_letters: Sequence[DrawnLetter]) -> tuple[float, float, float, float]:
    """Left, top, width and height."""
    x1, y1 = min(letter.x1 for letter in item_letters), min(letter.y1 for letter in item_letters)
    return x1, y1, max(letter.x2 for letter in item_letters) - x1, max(letter.y2 for letter in item_letters) - y1


def _item_rotation(item_letters: Sequence[DrawnLetter]) -> float:
    """0 of a text that runs from side to side, else the degrees by which it stands turned."""
    _, _, width, height = _item_bounds(item_letters)
    if len(item_letters) < _LEAST_TURNED_ITEM_LETTERS or height < len(item_letters) * width:
        return 0.0
    return 90.0 if item_letters[-1].y1 > item_letters[0].y1 else 270.0
