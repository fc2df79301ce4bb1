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

DIGITS_TO_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SUPERSCRIPTS_TO_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SOLID_WITH_DIGIT = re.compile(r"(?<!\S)[^\s0-9]*+[0-9]\S*")
# a number of a token, whose last digit tells whether one is raised
_FIGURE_WITH_MARK = re.compile(r"[0-9](?:[0-9.,]*[0-9])?")
_SAME_RISE = 0.1  # points by which letters on one line differ in height
_MOST_RAISED_SIZE = 0.8  # of the size of the letter before it, which a raised digit has
_LEAST_RISE, _MOST_RISE = 0.2, 0.6  # of that letter's size, by which the digit stands above its line
_MOST_RAISED_GAP = 0.5  # of that letter's size, from it to the digit

_MAY_END_RAISED = re.compile(r"[^\s.,]\d{1,3}(?=[.,;:)\]]*+(?:\s|$))")
_LEAST_ITEMS_OF_TYPE = 5  # without digits, which tell how high letters of a type are
_TALLER_BY_RAISED_DIGIT = 0.02  # points


def may_have_raised_digits(text_items: Sequence[Any]) -> bool:
    """Whether a text that ends in a digit is taller than those of its type without any; cheaper than its letters."""
    item_heights: defaultdict[tuple[str, float], list[float]] = defaultdict(list)
    digitless_heights: defaultdict[tuple[str, float], list[float]] = defaultdict(list)
    for item in text_items:
        item_heights[item.font_name, item.font_size].append(item.height)
        if not any(map(str.isdecimal, item.text)):
            digitless_heights[item.font_name, item.font_size].append(item.height)
    usual_heights = {
        type_kind: _usual_item_height(digitless_heights[type_kind], type_heights)
        for type_kind, type_heights in item_heights.items()
    }
    if len(text_items) < _LEAST_ITEMS_OF_TYPE:
        usual_heights = dict.fromkeys(usual_heights, 0.0)  # too few to tell
    return any(
        item.height > usual_heights[item.font_name, item.font_size] + _TALLER_BY_RAISED_DIGIT
        and _MAY_END_RAISED.search(item.text)
        for item in text_items
    )


def _usual_item_height(digitless_heights: Sequence[float], item_heights: Sequence[float]) -> float:
    """The height of a type's texts, of those without digits where there are enough."""
    return (
        max(digitless_heights)
        if len(digitless_heights) >= _LEAST_ITEMS_OF_TYPE
        else statistics.median_low(item_heights)
    )


def with_raised_digits(page: Any, drawn: DrawnLetters) -> Any:
    """A liteparse page whose small digits that are raised behind a number or a word are superscripts."""
    if not may_have_raised_digits(page.text_items):
        return page
    raw_textpage = drawn.textpage(page).raw
    raised_places = [
        (letter_before, raised_digit, drawn.place_on_page(letter_box(raw_textpage, k), page))
        for k, letter_before, raised_digit in _raised_digits(raw_textpage)
    ]
    if not raised_places:
        return page
    text_items = list(page.text_items)
    for letter_before, raised_digit, (x1, y1, x2, y2) in raised_places:
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        for k, text_item in enumerate(text_items):
            if (
                text_item.x <= x <= text_item.x + text_item.width
                and text_item.y - 1 <= y <= text_item.y + text_item.height + 1
            ):
                text_items[k] = _with_superscript(text_item, x, letter_before, raised_digit)
                break
    return msgspec.structs.replace(page, text_items=text_items)


def _raised_digits(raw_textpage: Any) -> Iterator[tuple[int, str, str]]:
    """Of each raised digit: its index, the letter before it and itself."""
    letters = letters_as_text(raw_textpage)
    for token in _SOLID_WITH_DIGIT.finditer(letters):
        start, end = token.span()
        if end - start > 1 and _has_raised_digit(raw_textpage, letters, start, end):
            base_letter = start
            for k in range(start + 1, end):
                if not _is_raised(raw_textpage, base_letter, k, k - 1):
                    base_letter = k
                elif letters[k] in "0123456789":
                    yield k, letters[k - 1], letters[k]


def _has_raised_digit(raw_textpage: Any, letters: str, start: int, end: int) -> bool:
    """Whether the last digit of one of a token's numbers is not in line with the token's first letter."""
    last_digits = [match.end() - 1 for match in _FIGURE_WITH_MARK.finditer(letters, start, end)]
    if not last_digits or last_digits == [start]:
        return False
    first_x, first_y = letter_origin(raw_textpage, start)
    digit_origins = [letter_origin(raw_textpage, i) for i in last_digits if i > start]
    return any(
        abs(first_x - digit_x) > _SAME_RISE and abs(first_y - digit_y) > _SAME_RISE
        for digit_x, digit_y in digit_origins
    )


def _is_raised(raw_textpage: Any, base_letter: int, letter: int, previous: int) -> bool:
    """Whether a letter stands small and raised right behind the letter `base_letter`, or behind others that do."""
    (across, up), base_size = _upward(raw_textpage, base_letter)
    raised_size = _upward(raw_textpage, letter)[1]
    (x1, y1), (x2, y2) = letter_origin(raw_textpage, base_letter), letter_origin(raw_textpage, letter)
    raised_by = (x2 - x1) * across + (y2 - y1) * up
    is_raised_enough = _LEAST_RISE * base_size < raised_by < _MOST_RISE * base_size
    return (
        raised_size < _MOST_RAISED_SIZE * base_size
        and is_raised_enough
        and _letter_gap(raw_textpage, previous, letter) < _MOST_RAISED_GAP * base_size
    )


def _upward(raw_textpage: Any, k: int) -> tuple[tuple[float, float], float]:
    """The way up of a letter, of length 1, and its size in points."""
    _, _, c, d = letter_matrix(raw_textpage, k)
    height = math.hypot(c, d) or 1.0
    return (c / height, d / height), font_size_operand(raw_textpage, k) * height


def _letter_gap(raw_textpage: Any, previous: int, k: int) -> float:
    """How far two letters lie apart from side to side or up and down."""
    (l1, b1, r1, t1), (l2, b2, r2, t2) = (letter_box(raw_textpage, letter) for letter in (previous, k))
    return max(l2 - r1, l1 - r2, b2 - t1, b1 - t2)


def _with_superscript(text_item: Any, x: float, letter_before: str, raised_digit: str) -> Any:
    """A text item with the digit that stands at `x` as a superscript; as it is where its words lack that digit."""
    for k, word in enumerate(text_item.words):
        if word.x <= x <= word.x + word.width:
            digit_index = _digit_in_word(word.text, (x - word.x) / (word.width or 1), raised_digit, letter_before)
            if digit_index < 0:
                return text_item
            words = list(text_item.words)
            words[k] = msgspec.structs.replace(word, text=_raise_digit(word.text, digit_index))
            solid_offset = digit_index + sum(len("".join(earlier.text.split())) for earlier in words[:k])
            raised_text = _raise_digit_in_text(text_item.text, solid_offset, raised_digit)
            return msgspec.structs.replace(text_item, text=raised_text, words=words) if raised_text else text_item
    return text_item


def _digit_in_word(word_text: str, width_share: float, raised_digit: str, letter_before: str) -> int:
    """Where in a word the digit is that stands behind `letter_before`, nearest to a share of the word's width; -1 for
    nowhere."""
    plain_word = word_text.translate(SUPERSCRIPTS_TO_DIGITS)
    digit_indexes = [
        i for i, sign in enumerate(word_text) if sign == raised_digit and (not i or plain_word[i - 1] == letter_before)
    ]
    return min(digit_indexes, key=lambda i: abs((i + 0.5) / len(word_text) - width_share), default=-1)


def _raise_digit(text: str, digit_index: int) -> str:
    return text[:digit_index] + text[digit_index].translate(DIGITS_TO_SUPERSCRIPTS) + text[digit_index + 1 :]


def _raise_digit_in_text(text: str, solid_offset: int, raised_digit: str) -> str:
    """A text whose letter number `solid_offset`, blanks not counted, is a superscript; "" where it is another sign."""
    solid_indexes = [i for i, sign in enumerate(text) if not sign.isspace()]
    if solid_offset < len(solid_indexes) and text[solid_indexes[solid_offset]] == raised_digit:
        return _raise_digit(text, solid_indexes[solid_offset])
    return ""


def with_superscripts(spelt: str, text: str) -> str:
    """A text in another spelling, with the superscripts of `text` in the places of their digits."""
    superscripted_signs = iter([superscript for superscript in text if not superscript.isspace()])
    letters_with_superscripts = []
    for letter in spelt:
        superscript = "" if letter.isspace() else next(superscripted_signs, "")
        letters_with_superscripts.append(
            superscript if superscript.translate(SUPERSCRIPTS_TO_DIGITS) == letter else letter
        )
    return "".join(letters_with_superscripts)


# --- marks of footnotes that are drawn behind their line, and so stand at its end in what an engine or pdfium gives ---

_FOOTNOTE_MARK = re.compile(r"\d{1,3}|[*†‡§¶]{1,3}")
_FOOTNOTE_MARK_AT_END = re.compile(r"(?m)(?<=\S) ?(\d{1,3}|[*†‡§¶]{1,3})(?=\r?$)")
_MARK_HEIGHT = 0.85  # of the height of a line's words, which a mark has at the most
_MARK_SIDE = 4.0  # points from a word to its mark, at the most, and by which one stands left of the text before it
_LEAST_MARK_RISE, _MOST_MARK_RISE = 1.0, 8.0  # points by which a mark stands above its line


def with_marks_in_place(page: Any) -> Any:
    """A liteparse page with each mark at the end of a text behind the word at which it is drawn."""
    if not any(map(_ends_in_footnote_mark, page.text_items)):
        return page
    return msgspec.structs.replace(page, text_items=[_with_mark_in_place(item) for item in page.text_items])


def _ends_in_footnote_mark(text_item: Any) -> bool:
    words = text_item.words
    return (
        len(words) > 2
        and words[-1].x < words[-2].x - _MARK_SIDE
        and _FOOTNOTE_MARK.fullmatch(words[-1].text) is not None
    )


def _with_mark_in_place(text_item: Any) -> Any:
    if not _ends_in_footnote_mark(text_item):
        return text_item
    *words, footnote_mark = text_item.words
    usual_word_height = statistics.median(word.height for word in words)
    marked_word = next(
        (k for k, word in enumerate(words) if abs(word.x + word.width - footnote_mark.x) < _MARK_SIDE), None
    )
    marked_word_end = _word_end_in_text(text_item.text, words, marked_word) if marked_word is not None else 0
    if (
        marked_word is None
        or not marked_word_end
        or footnote_mark.height > _MARK_HEIGHT * usual_word_height
        or not text_item.text.endswith(footnote_mark.text)
    ):
        return text_item
    raised_mark = footnote_mark.text.translate(DIGITS_TO_SUPERSCRIPTS)
    text_behind_mark = text_item.text[marked_word_end:].removesuffix(footnote_mark.text).rstrip()
    text_with_mark = f"{text_item.text[:marked_word_end]}{raised_mark}{text_behind_mark}"
    words[marked_word] = msgspec.structs.replace(words[marked_word], text=words[marked_word].text + raised_mark)
    return msgspec.structs.replace(text_item, text=text_with_mark, words=words)


def _word_end_in_text(text: str, words: Sequence[Any], last_word: int) -> int:
    """Where a word ends in the text of all words; 0 where the text does not hold them in their order."""
    word_end = 0
    for word in words[: last_word + 1]:
        word_start = text.find(word.text, word_end)
        if word_start < 0:
            return 0
        word_end = word_start + len(word.text)
    return word_end


def text_with_marks_in_place(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with each raised mark at the end of a line behind the letter that it follows
    on the page."""
    pieces_with_marks, copied_up_to = [], 0
    for mark_match in _FOOTNOTE_MARK_AT_END.finditer(text):
        line_start = text.rfind("\n", 0, mark_match.start()) + 1
        marked_letter_end = _letter_before_mark(textpage.raw, text, mark_match, line_start)
        if marked_letter_end > copied_up_to:
            pieces_with_marks += [
                text[copied_up_to:marked_letter_end],
                mark_match[1],
                text[marked_letter_end : mark_match.start()],
            ]
            copied_up_to = mark_match.end()
    return "".join([*pieces_with_marks, text[copied_up_to:]]) if pieces_with_marks else text


def _letter_before_mark(textpage: Any, text: str, mark_match: re.Match[str], line_start: int) -> int:
    """The end of the last letter of the line from `line_start` on that stands left of a raised mark; 0 where there is
    none."""
    mark_letter, letter_before = mark_match.start(1), mark_match.start() - 1
    if letter_sign(textpage, mark_letter) != mark_match[1][0]:
        return 0
    (x, y), (last_x, last_y) = letter_origin(textpage, mark_letter), letter_origin(textpage, letter_before)
    if x > last_x - _MARK_SIDE or not _LEAST_MARK_RISE < y - last_y < _MOST_MARK_RISE:
        return 0
    letter_lefts = [
        (i, letter_origin(textpage, i)[0]) for i in range(line_start, mark_match.start()) if not text[i].isspace()
    ]
    return max((i + 1 for i, left in letter_lefts if left < x), default=0)
