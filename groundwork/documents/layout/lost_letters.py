"""Text items made anew from the letters of a page on which liteparse loses some.

A bitmap font (Type 3) may count in pixels, so that the places of its letters, made from its size, reach over the page;
liteparse then takes lines for the same and gives only one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

_GAP = 1.0  # heights of a letter between two items
_BACK = 3  # such gaps to the left, where no sign is set below another
_HIGH = 4.0  # points of a letter that is no stop
_TALL = 10  # times the mean width of its letters, which no text's place is high
_PIXELS = 20  # font sizes, which no letter's place is high
_DRAWN = 2  # times a letter's own height, which its place is not high
_LEAST = 0.6  # points of a letter's width
_HYPHENS = {"\x02": "-", "\ufffe": "-", "\u00ad": "-"}  # as pdfium tells those at a line's end
_SIDEWAYS = 3  # letters of a text whose way tells its turn


class Letter(NamedTuple):
    """What is drawn of a letter, in points from the page's top left, with its font and the operand of `Tf`."""

    x1: float
    y1: float
    x2: float
    y2: float
    sign: str
    font: str
    size: float


def may_hide(item: Any) -> bool:
    """Whether a liteparse text item is higher than letters of its width can be."""
    return bool(item.text) and item.height > _TALL * item.width / len(item.text)


def reaches_out(place: Sequence[float], drawn: Sequence[float], size: float) -> bool:
    """Whether a letter's place in its line reaches far out of the line, its size taken for that of a pixel; both as
    left, bottom, right and top."""
    thin, long = sorted((place[2] - place[0], place[3] - place[1]))
    return thin > _LEAST and long > _PIXELS * size and long > _DRAWN * max(drawn[2] - drawn[0], drawn[3] - drawn[1])


def to_items(letters: Iterable[Letter]) -> list[Any]:
    """liteparse's text items of letters in the order of the text layer, with its spaces and line ends."""
    items: list[list[Letter]] = [[]]
    for letter in letters:
        above = next((before for before in reversed(items[-1]) if before.sign.strip()), None)
        if letter.sign in "\r\n" or (above and letter.sign.strip() and _is_apart(above, letter)):
            items.append([])
        if letter.sign not in "\r\n":
            items[-1].append(letter)
    return [_item(item) for item in items if any(letter.sign.strip() for letter in item)]


def _is_apart(above: Letter, letter: Letter) -> bool:
    """Whether a letter begins another item than the one before it, as below a hyphen, where no line ends."""
    gap = _GAP * max(above.y2 - above.y1, _HIGH)
    if min(above.y2, letter.y2) > max(above.y1, letter.y1):
        return above.font != letter.font or letter.x1 - above.x2 > gap
    return above.font != letter.font or above.x1 - letter.x2 > _BACK * gap


def _item(letters: Sequence[Letter]) -> Any:
    from liteparse import TextItem, WordBox

    words = [
        list(group) for is_blank, group in groupby(letters, lambda letter: not letter.sign.strip()) if not is_blank
    ]
    places = [_place(word) for word in words]
    x, y, width, height = _place([letter for word in words for letter in word])
    return TextItem(
        text=" ".join(map(_text, words)),
        x=x,
        y=y,
        width=width,
        height=height,
        font_name=words[0][0].font,
        font_size=words[0][0].size,
        char_codes=[],
        rotation=_rotation([letter for word in words for letter in word]),
        words=[WordBox(_text(word), *place) for word, place in zip(words, places, strict=True)],
    )


def _text(letters: Sequence[Letter]) -> str:
    return "".join(_HYPHENS.get(letter.sign, letter.sign) for letter in letters)


def _place(letters: Sequence[Letter]) -> tuple[float, float, float, float]:
    """Left, top, width and height."""
    x1, y1 = min(letter.x1 for letter in letters), min(letter.y1 for letter in letters)
    return x1, y1, max(letter.x2 for letter in letters) - x1, max(letter.y2 for letter in letters) - y1


def _rotation(letters: Sequence[Letter]) -> float:
    """0 of a text that runs from side to side, else the degrees by which it stands turned."""
    _, _, width, height = _place(letters)
    if len(letters) < _SIDEWAYS or height < len(letters) * width:
        return 0.0
    return 90.0 if letters[-1].y1 > letters[0].y1 else 270.0
