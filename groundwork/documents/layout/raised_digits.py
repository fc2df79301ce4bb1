"""Digits set small and raised behind a number, a sign or a word: exponents and the marks of footnotes, as ² and not as
the next figure of the number before them. pdfium knows each letter's size and place."""

from __future__ import annotations

import ctypes
import math
import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SOLID_WITH_DIGIT = re.compile(r"(?<!\S)[^\s0-9]*+[0-9]\S*")
_FIGURE = re.compile(r"[0-9](?:[0-9.,]*[0-9])?")  # a number of a token, whose last digit tells whether one is raised
_SIDE = 0.1  # points by which letters on one line differ in height
_MOST_SIZE = 0.8  # of the size of the letter before it, which a raised digit has
_LEAST_RISE, _MOST_RISE = 0.2, 0.6  # of that letter's size, by which the digit stands above its line
_MOST_GAP = 0.5  # of that letter's size, from it to the digit

_ENDS_IN_DIGIT = re.compile(r"[^\s.,]\d{1,3}(?=[.,;:)\]]*+(?:\s|$))")
_LEAST_ITEMS = 5  # without digits, which tell how high letters of a type are
_TALLER = 0.02  # points

Box = tuple[float, float, float, float]


def may_have_raised_digits(text_items: Sequence[Any]) -> bool:
    """Whether a text that ends in a digit is taller than those of its type without any; cheaper than its letters."""
    heights: defaultdict[tuple[str, float], list[float]] = defaultdict(list)
    plain_heights: defaultdict[tuple[str, float], list[float]] = defaultdict(list)
    for item in text_items:
        heights[item.font_name, item.font_size].append(item.height)
        if not any(map(str.isdecimal, item.text)):
            plain_heights[item.font_name, item.font_size].append(item.height)
    usual = {kind: _usual_height(plain_heights[kind], of_kind) for kind, of_kind in heights.items()}
    if len(text_items) < _LEAST_ITEMS:
        usual = dict.fromkeys(usual, 0.0)  # too few to tell
    return any(
        item.height > usual[item.font_name, item.font_size] + _TALLER and _ENDS_IN_DIGIT.search(item.text)
        for item in text_items
    )


def _usual_height(plain_heights: Sequence[float], heights: Sequence[float]) -> float:
    """The height of a type's texts, of those without digits where there are enough."""
    return max(plain_heights) if len(plain_heights) >= _LEAST_ITEMS else statistics.median_low(heights)


def with_raised_digits(page: Any, text: Any, in_page: Callable[[int], Box]) -> Any:
    """A liteparse page whose raised digits are superscripts. `text`: pdfium's text of the page; `in_page`: the left,
    top, right and bottom of a letter of it in the liteparse page."""
    places = [(before, digit, in_page(i)) for i, before, digit in _raised(text)]
    if not places:
        return page
    items = list(page.text_items)
    for before, digit, (x1, y1, x2, y2) in places:
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        for k, item in enumerate(items):
            if item.x <= x <= item.x + item.width and item.y - 1 <= y <= item.y + item.height + 1:
                items[k] = _with_superscript(item, x, before, digit)
                break
    return msgspec.structs.replace(page, text_items=items)


def _raised(text: Any) -> Iterator[tuple[int, str, str]]:
    """Of each raised digit: its index, the letter before it and itself."""
    import pypdfium2.raw as pdfium

    letters = _letters(text, pdfium.FPDFText_CountChars(text))
    for token in _SOLID_WITH_DIGIT.finditer(letters):
        start, end = token.span()
        if end - start > 1 and _stands_off(text, letters, start, end):
            base = start
            for i in range(start + 1, end):
                if not _is_raised(text, base, i, i - 1):
                    base = i
                elif letters[i] in "0123456789":
                    yield i, letters[i - 1], letters[i]


def _letters(text: Any, count: int) -> str:
    """The letters of a page, each at pdfium's index for it."""
    import pypdfium2.raw as pdfium

    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(text, 0, count, buffer)
    if written == count + 1:
        letters = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
        if len(letters) == count:
            return letters
    return "".join(chr(pdfium.FPDFText_GetUnicode(text, i) or 32) for i in range(count))


def _stands_off(text: Any, letters: str, start: int, end: int) -> bool:
    """Whether the last digit of one of a token's numbers is not in line with the token's first letter."""
    last_digits = [match.end() - 1 for match in _FIGURE.finditer(letters, start, end)]
    if not last_digits or last_digits == [start]:
        return False
    x, y = _origin(text, start)
    others = [_origin(text, i) for i in last_digits if i > start]
    return any(abs(x - other_x) > _SIDE and abs(y - other_y) > _SIDE for other_x, other_y in others)


def _is_raised(text: Any, base: int, i: int, previous: int) -> bool:
    """Whether a letter stands small and raised right behind the letter `base`, or behind others that do."""
    (across, up), base_size = _upward(text, base)
    size = _upward(text, i)[1]
    (x1, y1), (x2, y2) = _origin(text, base), _origin(text, i)
    rise = (x2 - x1) * across + (y2 - y1) * up
    is_high = _LEAST_RISE * base_size < rise < _MOST_RISE * base_size
    return size < _MOST_SIZE * base_size and is_high and _gap(text, previous, i) < _MOST_GAP * base_size


def _upward(text: Any, i: int) -> tuple[tuple[float, float], float]:
    """The way up of a letter, of length 1, and its size in points."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, i, matrix)
    height = math.hypot(matrix.c, matrix.d) or 1.0
    return (matrix.c / height, matrix.d / height), pdfium.FPDFText_GetFontSize(text, i) * height


def _origin(text: Any, i: int) -> tuple[float, float]:
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text, i, x, y)
    return x.value, y.value


def _gap(text: Any, previous: int, i: int) -> float:
    """How far two letters lie apart from side to side or up and down."""
    import pypdfium2.raw as pdfium

    boxes = []
    for letter in (previous, i):
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        pdfium.FPDFText_GetCharBox(text, letter, left, right, bottom, top)
        boxes.append((left.value, bottom.value, right.value, top.value))
    (l1, b1, r1, t1), (l2, b2, r2, t2) = boxes
    return max(l2 - r1, l1 - r2, b2 - t1, b1 - t2)


def _with_superscript(item: Any, x: float, before: str, digit: str) -> Any:
    """A text item with the digit that stands at `x` as a superscript; as it is where its words lack that digit."""
    for k, word in enumerate(item.words):
        if word.x <= x <= word.x + word.width:
            at = _digit_at(word.text, (x - word.x) / (word.width or 1), digit, before)
            if at < 0:
                return item
            words = list(item.words)
            words[k] = msgspec.structs.replace(word, text=_superscript(word.text, at))
            offset = at + sum(len("".join(earlier.text.split())) for earlier in words[:k])
            text = _superscript_solid(item.text, offset, digit)
            return msgspec.structs.replace(item, text=text, words=words) if text else item
    return item


def _digit_at(text: str, share: float, digit: str, before: str) -> int:
    """Where in a word the digit is that stands behind the letter `before`, nearest to a share of the word's width; -1
    for nowhere."""
    plain = text.translate(DIGITS)
    places = [i for i, sign in enumerate(text) if sign == digit and (not i or plain[i - 1] == before)]
    return min(places, key=lambda i: abs((i + 0.5) / len(text) - share), default=-1)


def _superscript(text: str, i: int) -> str:
    return text[:i] + text[i].translate(SUPERSCRIPTS) + text[i + 1 :]


def _superscript_solid(text: str, offset: int, digit: str) -> str:
    """A text whose letter number `offset`, blanks not counted, is a superscript; "" where another sign stands there."""
    places = [i for i, sign in enumerate(text) if not sign.isspace()]
    if offset < len(places) and text[places[offset]] == digit:
        return _superscript(text, places[offset])
    return ""


def with_superscripts(spelt: str, text: str) -> str:
    """A text in another spelling, with the superscripts of `text` in the places of their digits."""
    signs = iter([sign for sign in text if not sign.isspace()])
    letters = []
    for letter in spelt:
        sign = "" if letter.isspace() else next(signs, "")
        letters.append(sign if sign.translate(DIGITS) == letter else letter)
    return "".join(letters)
