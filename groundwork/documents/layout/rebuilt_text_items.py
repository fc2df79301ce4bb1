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
from groundwork.documents.pdf_files.pdfium import letter_box, letter_signs, letter_size, loose_letter_box

_ITEM_GAP = 1.0  # heights of a letter between two items
_BACKWARD_GAPS = 3  # such gaps to the left, where no sign is set below another
_LEAST_HEIGHT = 4.0  # points of a letter that is no stop
_TALL_RATIO = 10  # times the mean width of its letters, which no text's place is high
_MOST_PLACE_SIZE = 20  # font sizes, which no letter's place is high
_MOST_PLACE_RATIO = 2  # times a letter's own height, which its place is not high
_LEAST_WIDTH = 0.6  # points of a letter's width
_HYPHENS = {"\x02": "-", "\ufffe": "-", "\u00ad": "-"}  # as pdfium tells those at a line's end
_TURN_LETTERS = 3  # letters of a text whose way tells its turn


def with_all_letters(page: Any, drawn: DrawnLetters) -> Any:
    """A liteparse page; where boxes reach far out of their lines, its texts are rebuilt from pdfium's letters."""
    if not any(map(may_hide_letters, page.text_items)):
        return page
    if not _any_place_reaches_out(drawn.textpage(page).raw):
        return page
    return msgspec.structs.replace(page, text_items=rebuild_text_items(drawn.letters_of(page)))


def with_clusters(page: Any, drawn: DrawnLetters) -> Any:
    """A liteparse page whose texts are rebuilt from its clusters of glyphs; None where the PDF does not give them."""
    cluster_letters: list[DrawnLetter] = []
    for joint, cluster in clusters_with_joints(read_clusters(drawn.textpage(page))):
        cluster_place = drawn.place_on_page(cluster[:4], page)
        if joint or not cluster_letters:
            left, top, _, bottom = cluster_place
            cluster_letters.append(DrawnLetter(left, top, left, bottom, joint, *drawn.font_of(cluster.letter, page)))
        word_font = cluster_letters[-1][5:]  # that of its first sign
        cluster_letters.append(DrawnLetter(*cluster_place, cluster.text, *word_font))
    if not cluster_letters:
        return None
    return msgspec.structs.replace(page, text_items=rebuild_text_items(cluster_letters))


def _any_place_reaches_out(raw_textpage: Any) -> bool:
    """Whether the place of one of a page's letters reaches far out of what is drawn of it."""
    for k in range(len(letter_signs(raw_textpage))):
        loose_box = loose_letter_box(raw_textpage, k)
        is_tall = is_tall_place(loose_box, letter_size(raw_textpage, k))
        if is_tall and place_reaches_out(loose_box, letter_box(raw_textpage, k)):
            return True
    return False


def may_hide_letters(text_item: Any) -> bool:
    """Whether a liteparse text item is higher than letters of its width can be."""
    return bool(text_item.text) and text_item.height > _TALL_RATIO * text_item.width / len(text_item.text)


def is_tall_place(loose_box: Sequence[float], size: float) -> bool:
    """Whether a letter's place in its line (left, bottom, right, top) is far higher than its size, as where that is the
    size of a pixel."""
    width, height = loose_box[2] - loose_box[0], loose_box[3] - loose_box[1]
    return min(width, height) > _LEAST_WIDTH and max(width, height) > _MOST_PLACE_SIZE * size


def place_reaches_out(loose_box: Sequence[float], drawn_box: Sequence[float]) -> bool:
    """Whether a letter's place reaches far out of what is drawn of it; both as left, bottom, right and top."""
    longest = max(loose_box[2] - loose_box[0], loose_box[3] - loose_box[1])
    return longest > _MOST_PLACE_RATIO * max(drawn_box[2] - drawn_box[0], drawn_box[3] - drawn_box[1])


def rebuild_text_items(letters: Iterable[DrawnLetter]) -> list[Any]:
    """liteparse's text items of letters in the order of the text layer, with its spaces and line ends."""
    items: list[list[DrawnLetter]] = [[]]
    for letter in letters:
        previous = next((earlier for earlier in reversed(items[-1]) if earlier.sign.strip()), None)
        if letter.sign in "\r\n" or (previous and letter.sign.strip() and _is_apart(previous, letter)):
            items.append([])
        if letter.sign not in "\r\n":
            items[-1].append(letter)
    return [
        _rebuild_text_item(item_letters)
        for item_letters in items
        if any(letter.sign.strip() for letter in item_letters)
    ]


def _is_apart(previous: DrawnLetter, letter: DrawnLetter) -> bool:
    """Whether a letter begins another item than the one before it, as below a hyphen, where no line ends."""
    gap = _ITEM_GAP * max(previous.y2 - previous.y1, _LEAST_HEIGHT)
    if min(previous.y2, letter.y2) > max(previous.y1, letter.y1):
        return previous.font != letter.font or letter.x1 - previous.x2 > gap
    return previous.font != letter.font or previous.x1 - letter.x2 > _BACKWARD_GAPS * gap


def _rebuild_text_item(letters: Sequence[DrawnLetter]) -> Any:
    words = [
        list(group) for is_blank, group in groupby(letters, lambda letter: not letter.sign.strip()) if not is_blank
    ]
    word_bounds = [_bounds(word) for word in words]
    x, y, width, height = _bounds([letter for word in words for letter in word])
    return LiteparseText(
        text=" ".join(map(_letters_text, words)),
        x=x,
        y=y,
        width=width,
        height=height,
        font_name=words[0][0].font,
        font_size=words[0][0].size,
        rotation=_rotation([letter for word in words for letter in word]),
        words=[LiteparseWord(_letters_text(word), *bounds) for word, bounds in zip(words, word_bounds, strict=True)],
    )


def _letters_text(letters: Sequence[DrawnLetter]) -> str:
    return "".join(_HYPHENS.get(letter.sign, letter.sign) for letter in letters)


def _bounds(letters: Sequence[DrawnLetter]) -> tuple[float, float, float, float]:
    """Left, top, width and height."""
    x1, y1 = min(letter.x1 for letter in letters), min(letter.y1 for letter in letters)
    return x1, y1, max(letter.x2 for letter in letters) - x1, max(letter.y2 for letter in letters) - y1


def _rotation(letters: Sequence[DrawnLetter]) -> float:
    """0 of a text that runs from side to side, else the degrees by which it stands turned."""
    _, _, width, height = _bounds(letters)
    if len(letters) < _TURN_LETTERS or height < len(letters) * width:
        return 0.0
    return 90.0 if letters[-1].y1 > letters[0].y1 else 270.0
