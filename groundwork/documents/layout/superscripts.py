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
from groundwork.documents.pdf_files.textpage_letters import (
    font_size_operand,
    letter_box,
    letter_matrix,
    letter_origin,
    letter_sign,
    letters_as_text,
)

DIGITS_TO_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SUPERSCRIPTS_TO_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TOKEN_WITH_SUPERSCRIPT_DIGIT = re.compile(r"(?<!\S)[^\s0-9]*+[0-9]\S*")
# a number of a token, whose last digit tells whether one is raised
_FIGURE_WITH_MARK = re.compile(r"[0-9](?:[0-9.,]*[0-9])?")
_NO_SUPERSCRIPT_RISE = 0.1  # points by which letters on one line differ in height
_MOST_SUPERSCRIPT_SIZE = 0.8  # of the size of the letter before it, which a raised digit has
# of that letter's size, by which the digit stands above its line
_LEAST_SUPERSCRIPT_RISE, _MOST_SUPERSCRIPT_RISE = 0.2, 0.6
_MOST_SUPERSCRIPT_GAP = 0.5  # of that letter's size, from it to the digit

_POSSIBLE_SUPERSCRIPT_AT_END = re.compile(r"[^\s.,]\d{1,3}(?=[.,;:)\]]*+(?:\s|$))")
_LEAST_BASE_TEXTS = 5  # without digits, which tell how high letters of a type are
_SUPERSCRIPT_EXTRA_HEIGHT = 0.02  # points


def may_have_superscript_digits(text_items: Sequence[Any]) -> bool:
    """Whether a text that ends in a digit is taller than those of its type without any; cheaper than its letters."""
    superscript_type_heights: defaultdict[tuple[str, float], list[float]] = defaultdict(list)
    base_heights: defaultdict[tuple[str, float], list[float]] = defaultdict(list)
    for superscript_item in text_items:
        superscript_type_heights[superscript_item.font_name, superscript_item.font_size].append(superscript_item.height)
        if not any(map(str.isdecimal, superscript_item.text)):
            base_heights[superscript_item.font_name, superscript_item.font_size].append(superscript_item.height)
    usual_superscript_heights = {
        superscript_type: _usual_superscript_base(base_heights[superscript_type], heights_with_superscript)
        for superscript_type, heights_with_superscript in superscript_type_heights.items()
    }
    if len(text_items) < _LEAST_BASE_TEXTS:
        usual_superscript_heights = dict.fromkeys(usual_superscript_heights, 0.0)  # too few to tell
    return any(
        item.height > usual_superscript_heights[item.font_name, item.font_size] + _SUPERSCRIPT_EXTRA_HEIGHT
        and _POSSIBLE_SUPERSCRIPT_AT_END.search(item.text)
        for item in text_items
    )


def _usual_superscript_base(base_heights: Sequence[float], heights_of_type: Sequence[float]) -> float:
    """The height of a type's texts, of those without digits where there are enough."""
    return max(base_heights) if len(base_heights) >= _LEAST_BASE_TEXTS else statistics.median_low(heights_of_type)


def with_superscript_digits(page: Any, drawn: DrawnLetters) -> Any:
    """A liteparse page whose small digits that are raised behind a number or a word are superscripts."""
    if not may_have_superscript_digits(page.text_items):
        return page
    raw_textpage = drawn.textpage(page).raw
    superscript_places = [
        (letter_before, superscript_digit, drawn.place_of_letter(letter_box(raw_textpage, k), page))
        for k, letter_before, superscript_digit in _superscript_digits(raw_textpage)
    ]
    if not superscript_places:
        return page
    superscript_items = list(page.text_items)
    for letter_before, superscript_digit, (x1, y1, x2, y2) in superscript_places:
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        for k, superscript_item in enumerate(superscript_items):
            if _covers_superscript(superscript_item, x, y):
                superscript_items[k] = _with_superscript(superscript_item, x, letter_before, superscript_digit)
                break
    return msgspec.structs.replace(page, text_items=superscript_items)


def _covers_superscript(item: Any, x: float, y: float) -> bool:
    return bool(item.x <= x <= item.x + item.width and item.y - 1 <= y <= item.y + item.height + 1)


def _superscript_digits(raw_textpage: Any) -> Iterator[tuple[int, str, str]]:
    """Of each raised digit: its index, the letter before it and itself."""
    letters_with_superscript = letters_as_text(raw_textpage)
    for token_with_superscript in _TOKEN_WITH_SUPERSCRIPT_DIGIT.finditer(letters_with_superscript):
        superscript_start, superscript_end = token_with_superscript.span()
        if superscript_end - superscript_start > 1 and _has_superscript_digit(
            raw_textpage, letters_with_superscript, superscript_start, superscript_end
        ):
            base_letter = superscript_start
            for k in range(superscript_start + 1, superscript_end):
                if not _is_superscript(raw_textpage, base_letter, k, k - 1):
                    base_letter = k
                elif letters_with_superscript[k] in "0123456789":
                    yield k, letters_with_superscript[k - 1], letters_with_superscript[k]


def _has_superscript_digit(raw_textpage: Any, letters: str, start: int, end: int) -> bool:
    """Whether the last digit of one of a token's numbers is not in line with the token's first letter."""
    possible_superscripts = [match.end() - 1 for match in _FIGURE_WITH_MARK.finditer(letters, start, end)]
    if not possible_superscripts or possible_superscripts == [start]:
        return False
    base_x, base_y = letter_origin(raw_textpage, start)
    superscript_origins = [letter_origin(raw_textpage, i) for i in possible_superscripts if i > start]
    return any(
        abs(base_x - superscript_x) > _NO_SUPERSCRIPT_RISE and abs(base_y - superscript_y) > _NO_SUPERSCRIPT_RISE
        for superscript_x, superscript_y in superscript_origins
    )


def _is_superscript(raw_textpage: Any, base_letter: int, superscript_letter: int, previous: int) -> bool:
    """Whether a letter stands small and raised right behind the letter `base_letter`, or behind others that do."""
    (across, up), base_size = _superscript_direction(raw_textpage, base_letter)
    superscript_size = _superscript_direction(raw_textpage, superscript_letter)[1]
    (x1, y1), (x2, y2) = letter_origin(raw_textpage, base_letter), letter_origin(raw_textpage, superscript_letter)
    superscript_rise = (x2 - x1) * across + (y2 - y1) * up
    is_superscript_high = _LEAST_SUPERSCRIPT_RISE * base_size < superscript_rise < _MOST_SUPERSCRIPT_RISE * base_size
    return (
        superscript_size < _MOST_SUPERSCRIPT_SIZE * base_size
        and is_superscript_high
        and _gap_before_superscript(raw_textpage, previous, superscript_letter) < _MOST_SUPERSCRIPT_GAP * base_size
    )


def _superscript_direction(raw_textpage: Any, k: int) -> tuple[tuple[float, float], float]:
    """The way up of a letter, of length 1, and its size in points."""
    _, _, c, d = letter_matrix(raw_textpage, k)
    superscript_height = math.hypot(c, d) or 1.0
    return (c / superscript_height, d / superscript_height), font_size_operand(raw_textpage, k) * superscript_height


def _gap_before_superscript(raw_textpage: Any, previous: int, k: int) -> float:
    """How far two letters lie apart from side to side or up and down."""
    (l1, b1, r1, t1), (l2, b2, r2, t2) = (letter_box(raw_textpage, letter) for letter in (previous, k))
    return max(l2 - r1, l1 - r2, b2 - t1, b1 - t2)


def _with_superscript(superscript_item: Any, x: float, letter_before: str, superscript_digit: str) -> Any:
    """A text item with the digit that stands at `x` as a superscript; as it is where its words lack that digit."""
    for k, word in enumerate(superscript_item.words):
        if word.x <= x <= word.x + word.width:
            index = _digit_in_word(word.text, (x - word.x) / (word.width or 1), superscript_digit, letter_before)
            if index < 0:
                return superscript_item
            superscript_words = list(superscript_item.words)
            superscript_words[k] = msgspec.structs.replace(word, text=_with_superscript_at(word.text, index))
            offset = index + sum(len("".join(earlier.text.split())) for earlier in superscript_words[:k])
            superscript_text = _with_superscript_in_text(superscript_item.text, offset, superscript_digit)
            if superscript_text:
                return msgspec.structs.replace(superscript_item, text=superscript_text, words=superscript_words)
            return superscript_item
    return superscript_item


def _digit_in_word(word_text: str, width_share: float, superscript_digit: str, letter_before: str) -> int:
    """Where in a word the digit is that stands behind `letter_before`, nearest to a share of the word's width; -1 for
    nowhere."""
    plain_word = word_text.translate(SUPERSCRIPTS_TO_DIGITS)
    superscript_indexes = [
        i
        for i, superscript_sign in enumerate(word_text)
        if superscript_sign == superscript_digit and (not i or plain_word[i - 1] == letter_before)
    ]
    return min(superscript_indexes, key=lambda i: abs((i + 0.5) / len(word_text) - width_share), default=-1)


def _with_superscript_at(text: str, index: int) -> str:
    return text[:index] + text[index].translate(DIGITS_TO_SUPERSCRIPTS) + text[index + 1 :]


def _with_superscript_in_text(text: str, offset: int, superscript_digit: str) -> str:
    """A text whose letter number `offset`, blanks not counted, is a superscript; "" where it is another sign."""
    superscript_indexes = [i for i, sign in enumerate(text) if not sign.isspace()]
    if offset < len(superscript_indexes) and text[superscript_indexes[offset]] == superscript_digit:
        return _with_superscript_at(text, superscript_indexes[offset])
    return ""


def with_superscripts(spelt: str, text: str) -> str:
    """A text in another spelling, with the superscripts of `text` in the places of their digits."""
    superscripted_signs = iter([superscript for superscript in text if not superscript.isspace()])
    superscripted = []
    for letter in spelt:
        superscript = "" if letter.isspace() else next(superscripted_signs, "")
        superscripted.append(superscript if superscript.translate(SUPERSCRIPTS_TO_DIGITS) == letter else letter)
    return "".join(superscripted)


# --- marks of footnotes that are drawn behind their line, and so stand at its end in what an engine or pdfium gives ---

_SUPERSCRIPT_MARK = re.compile(r"\d{1,3}|[*†‡§¶]{1,3}")
_SUPERSCRIPT_MARK_AT_END = re.compile(r"(?m)(?<=\S) ?(\d{1,3}|[*†‡§¶]{1,3})(?=\r?$)")
_SUPERSCRIPT_MARK_HEIGHT = 0.85  # of the height of a line's words, which a mark has at the most
_MARK_SIDE = 4.0  # points from a word to its mark, at the most, and by which one stands left of the text before it
_LEAST_SUPERSCRIPT_MARK_RISE, _MOST_SUPERSCRIPT_MARK_RISE = 1.0, 8.0  # points by which a mark stands above its line


def with_marks_in_place(page: Any) -> Any:
    """A liteparse page with each mark at the end of a text behind the word at which it is drawn."""
    if not any(map(_ends_in_superscript_mark, page.text_items)):
        return page
    return msgspec.structs.replace(page, text_items=[_with_superscript_mark_in_place(item) for item in page.text_items])


def _ends_in_superscript_mark(superscript_item: Any) -> bool:
    superscripted_words = superscript_item.words
    return (
        len(superscripted_words) > 2
        and superscripted_words[-1].x < superscripted_words[-2].x - _MARK_SIDE
        and _SUPERSCRIPT_MARK.fullmatch(superscripted_words[-1].text) is not None
    )


def _with_superscript_mark_in_place(superscript_item: Any) -> Any:
    if not _ends_in_superscript_mark(superscript_item):
        return superscript_item
    *superscripted_words, footnote_mark = superscript_item.words
    is_small_superscript = footnote_mark.height <= _SUPERSCRIPT_MARK_HEIGHT * statistics.median(
        word.height for word in superscripted_words
    )
    marked_word = next(
        (k for k, word in enumerate(superscripted_words) if abs(word.x + word.width - footnote_mark.x) < _MARK_SIDE), -1
    )
    superscript_place = _superscripted_word_end(superscript_item.text, superscripted_words, marked_word)
    if not superscript_place or not is_small_superscript or not superscript_item.text.endswith(footnote_mark.text):
        return superscript_item
    superscript_mark = footnote_mark.text.translate(DIGITS_TO_SUPERSCRIPTS)
    text_behind_mark = superscript_item.text[superscript_place:].removesuffix(footnote_mark.text).rstrip()
    text_with_mark = f"{superscript_item.text[:superscript_place]}{superscript_mark}{text_behind_mark}"
    superscripted_words[marked_word] = msgspec.structs.replace(
        superscripted_words[marked_word], text=superscripted_words[marked_word].text + superscript_mark
    )
    return msgspec.structs.replace(superscript_item, text=text_with_mark, words=superscripted_words)


def _superscripted_word_end(text: str, words: Sequence[Any], superscripted_word: int) -> int:
    """Where a word ends in the text of all words; 0 for -1, and where the text does not hold them in their order."""
    superscripted_end = 0
    for word in words[: superscripted_word + 1]:
        superscripted_start = text.find(word.text, superscripted_end)
        if superscripted_start < 0:
            return 0
        superscripted_end = superscripted_start + len(word.text)
    return superscripted_end


def text_with_marks_in_place(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with each raised mark at the end of a line behind the letter that it follows
    on the page."""
    superscripted_pieces, copied_up_to = [], 0
    for superscript_match in _SUPERSCRIPT_MARK_AT_END.finditer(text):
        line_start = text.rfind("\n", 0, superscript_match.start()) + 1
        superscript_place = _letter_before_superscript(textpage.raw, text, superscript_match, line_start)
        if superscript_place > copied_up_to:
            superscripted_pieces += [
                text[copied_up_to:superscript_place],
                superscript_match[1],
                text[superscript_place : superscript_match.start()],
            ]
            copied_up_to = superscript_match.end()
    return "".join([*superscripted_pieces, text[copied_up_to:]]) if superscripted_pieces else text


def _letter_before_superscript(textpage: Any, text: str, superscript_match: re.Match[str], line_start: int) -> int:
    """The end of the last letter of the line from `line_start` on that stands left of a raised mark; 0 where there is
    none."""
    superscript_letter, letter_before = superscript_match.start(1), superscript_match.start() - 1
    if letter_sign(textpage, superscript_letter) != superscript_match[1][0]:
        return 0
    (x, y), (last_x, last_y) = (letter_origin(textpage, superscript_letter), letter_origin(textpage, letter_before))
    if x > last_x - _MARK_SIDE or not _LEAST_SUPERSCRIPT_MARK_RISE < y - last_y < _MOST_SUPERSCRIPT_MARK_RISE:
        return 0
    lefts_before_superscript = [
        (i, letter_origin(textpage, i)[0])
        for i in range(line_start, superscript_match.start())
        if not text[i].isspace()
    ]
    return max((i + 1 for i, left in lefts_before_superscript if left < x), default=0)
