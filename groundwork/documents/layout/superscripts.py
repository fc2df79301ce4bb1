"""Superscripts: digits set small and raised behind a number, a sign or a word, as ² and not as the next figure of the
number before them. pdfium knows each letter's size and place.

Exponents are told so, and the marks of footnotes. A mark that is drawn behind its line belongs behind the word at whose
right edge it stands.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from groundwork.documents.layout.drawn_letters import DrawnLetters
from groundwork.documents.pdf_files.pdfium import (
    font_size_operand,
    letter_box,
    letter_matrix,
    letter_origin,
    letter_sign,
    letters_as_text,
)

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SOLID_WITH_DIGIT = re.compile(r"(?<!\S)[^\s0-9]*+[0-9]\S*")
_FIGURE = re.compile(r"[0-9](?:[0-9.,]*[0-9])?")  # a number of a token, whose last digit tells whether one is raised
_SAME_RISE = 0.1  # points by which letters on one line differ in height
_MOST_SIZE = 0.8  # of the size of the letter before it, which a raised digit has
_LEAST_RISE, _MOST_RISE = 0.2, 0.6  # of that letter's size, by which the digit stands above its line
_MOST_GAP = 0.5  # of that letter's size, from it to the digit

_ENDS_IN_DIGIT = re.compile(r"[^\s.,]\d{1,3}(?=[.,;:)\]]*+(?:\s|$))")
_LEAST_ITEMS = 5  # without digits, which tell how high letters of a type are
_TALLER = 0.02  # points


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


def with_raised_digits(page: Any, drawn: DrawnLetters) -> Any:
    """A liteparse page whose small digits that are raised behind a number or a word are superscripts."""
    if not may_have_raised_digits(page.text_items):
        return page
    raw_textpage = drawn.textpage(page).raw
    places = [
        (before, digit, drawn.place_on_page(letter_box(raw_textpage, k), page))
        for k, before, digit in _raised_digits(raw_textpage)
    ]
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


def _raised_digits(raw_textpage: Any) -> Iterator[tuple[int, str, str]]:
    """Of each raised digit: its index, the letter before it and itself."""
    letters = letters_as_text(raw_textpage)
    for token in _SOLID_WITH_DIGIT.finditer(letters):
        start, end = token.span()
        if end - start > 1 and _stands_off(raw_textpage, letters, start, end):
            base = start
            for k in range(start + 1, end):
                if not _is_raised(raw_textpage, base, k, k - 1):
                    base = k
                elif letters[k] in "0123456789":
                    yield k, letters[k - 1], letters[k]


def _stands_off(text: Any, letters: str, start: int, end: int) -> bool:
    """Whether the last digit of one of a token's numbers is not in line with the token's first letter."""
    last_digits = [match.end() - 1 for match in _FIGURE.finditer(letters, start, end)]
    if not last_digits or last_digits == [start]:
        return False
    x, y = letter_origin(text, start)
    others = [letter_origin(text, i) for i in last_digits if i > start]
    return any(abs(x - other_x) > _SAME_RISE and abs(y - other_y) > _SAME_RISE for other_x, other_y in others)


def _is_raised(text: Any, base: int, i: int, previous: int) -> bool:
    """Whether a letter stands small and raised right behind the letter `base`, or behind others that do."""
    (across, up), base_size = _upward(text, base)
    size = _upward(text, i)[1]
    (x1, y1), (x2, y2) = letter_origin(text, base), letter_origin(text, i)
    rise = (x2 - x1) * across + (y2 - y1) * up
    is_high = _LEAST_RISE * base_size < rise < _MOST_RISE * base_size
    return size < _MOST_SIZE * base_size and is_high and _letter_gap(text, previous, i) < _MOST_GAP * base_size


def _upward(raw_textpage: Any, k: int) -> tuple[tuple[float, float], float]:
    """The way up of a letter, of length 1, and its size in points."""
    _, _, c, d = letter_matrix(raw_textpage, k)
    height = math.hypot(c, d) or 1.0
    return (c / height, d / height), font_size_operand(raw_textpage, k) * height


def _letter_gap(raw_textpage: Any, previous: int, k: int) -> float:
    """How far two letters lie apart from side to side or up and down."""
    (l1, b1, r1, t1), (l2, b2, r2, t2) = (letter_box(raw_textpage, letter) for letter in (previous, k))
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


# --- marks of footnotes that are drawn behind their line, and so stand at its end in what an engine or pdfium gives ---

_MARK = re.compile(r"\d{1,3}|[*†‡§¶]{1,3}")
_MARK_AT_END = re.compile(r"(?m)(?<=\S) ?(\d{1,3}|[*†‡§¶]{1,3})(?=\r?$)")
_MARK_HEIGHT = 0.85  # of the height of a line's words, which a mark has at the most
_MARK_SIDE = 4.0  # points from a word to its mark, at the most, and by which one stands left of the text before it
_LEAST_MARK_RISE, _MOST_MARK_RISE = 1.0, 8.0  # points by which a mark stands above its line


def with_marks_in_place(page: Any) -> Any:
    """A liteparse page with each mark at the end of a text behind the word at which it is drawn."""
    if not any(map(_ends_in_mark, page.text_items)):
        return page
    return msgspec.structs.replace(page, text_items=[_mended(item) for item in page.text_items])


def _ends_in_mark(item: Any) -> bool:
    words = item.words
    return len(words) > 2 and words[-1].x < words[-2].x - _MARK_SIDE and _MARK.fullmatch(words[-1].text) is not None


def _mended(item: Any) -> Any:
    if not _ends_in_mark(item):
        return item
    *words, mark = item.words
    usual = statistics.median(word.height for word in words)
    place = next((k for k, word in enumerate(words) if abs(word.x + word.width - mark.x) < _MARK_SIDE), None)
    end = _end_of_word(item.text, words, place) if place is not None else 0
    if place is None or not end or mark.height > _MARK_HEIGHT * usual or not item.text.endswith(mark.text):
        return item
    raised = mark.text.translate(SUPERSCRIPTS)
    text = f"{item.text[:end]}{raised}{item.text[end:].removesuffix(mark.text).rstrip()}"
    words[place] = msgspec.structs.replace(words[place], text=words[place].text + raised)
    return msgspec.structs.replace(item, text=text, words=words)


def _end_of_word(text: str, words: Sequence[Any], place: int) -> int:
    """Where a word ends in the text of all words; 0 where the text does not hold them in their order."""
    end = 0
    for word in words[: place + 1]:
        start = text.find(word.text, end)
        if start < 0:
            return 0
        end = start + len(word.text)
    return end


def text_with_marks_in_place(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with each raised mark at the end of a line behind the letter that it follows
    on the page."""
    pieces, position = [], 0
    for match in _MARK_AT_END.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        end = _letter_before(textpage.raw, text, match, start)
        if end > position:
            pieces += [text[position:end], match[1], text[end : match.start()]]
            position = match.end()
    return "".join([*pieces, text[position:]]) if pieces else text


def _letter_before(textpage: Any, text: str, match: re.Match[str], start: int) -> int:
    """The end of the last letter of the line from `start` on that stands left of a raised mark; 0 where it is none."""
    mark, last = match.start(1), match.start() - 1
    if letter_sign(textpage, mark) != match[1][0]:
        return 0
    (x, y), (last_x, last_y) = letter_origin(textpage, mark), letter_origin(textpage, last)
    if x > last_x - _MARK_SIDE or not _LEAST_MARK_RISE < y - last_y < _MOST_MARK_RISE:
        return 0
    lefts = [(i, letter_origin(textpage, i)[0]) for i in range(start, match.start()) if not text[i].isspace()]
    return max((i + 1 for i, left in lefts if left < x), default=0)
