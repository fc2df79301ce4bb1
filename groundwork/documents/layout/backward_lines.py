"""Lines that some programs draw backward: each letter is written into its place from the line's end on.

Their script runs the other way, and the text layer has them in the order of drawing ("8 etieS"). A page is looked at
where a word ends in a lone capital.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from groundwork.documents.layout.drawn_letters import DrawnLetter, DrawnLetters
from groundwork.documents.layout.liteparse_pages import LiteparseText
from groundwork.documents.layout.rebuilt_text_items import rebuild_text_items
from groundwork.documents.pdf_files.textpage_letters import letter_matrix, letter_origin, letter_sign
from groundwork.language.language_and_script import is_right_to_left, runs_right_to_left

_MOST_BACKWARD_TILT = 0.02  # of a letter's width, by which the end of its baseline stands higher: more is turned text
_BACKWARD_CAPITAL = re.compile(r"[a-zß-öø-ÿ]{3}[A-ZÀ-ÖØ-Þ](?!\w)")
_LEAST_BACKWARD_LETTERS = 4  # of a line, each left of the one before it
_SAME_BASELINE = 0.5  # points by which the baselines of a line's letters differ at the most


def may_run_backward(page_text: str) -> bool:
    """Whether a text has a word that ends in a lone capital."""
    return _BACKWARD_CAPITAL.search(page_text) is not None


def with_backward_lines_reversed(page: Any, drawn: DrawnLetters) -> Any:
    """A liteparse page with the letters of each line that is drawn from right to left in the order of reading."""
    if not any(may_run_backward(backward_item.text) for backward_item in page.text_items):
        return page
    backward_places = list(backward_stretches(drawn.textpage(page)))
    if not backward_places:
        return page
    backward_page_letters = list(drawn.letters_of(page))
    backward_lines = [_levelled_backward_line(backward_page_letters[start:end][::-1]) for start, end in backward_places]
    other_items = [
        item
        for item in page.text_items
        if not any(_stands_in_backward_line(item, backward_line) for backward_line in backward_lines)
    ]
    backward_items = [item for backward_line in backward_lines for item in rebuild_text_items(backward_line)]
    return msgspec.structs.replace(page, text_items=[*other_items, *backward_items])


def _levelled_backward_line(line_letters: Sequence[DrawnLetter]) -> list[DrawnLetter]:
    """Letters of one line with one height."""
    backward_top = min(letter.y1 for letter in line_letters)
    backward_bottom = max(letter.y2 for letter in line_letters)
    return [letter._replace(y1=backward_top, y2=backward_bottom) for letter in line_letters]


def _stands_in_backward_line(backward_item: LiteparseText, backward_line: Sequence[DrawnLetter]) -> bool:
    """Whether the middle of a text item lies in a line."""
    x, y = backward_item.x + backward_item.width / 2, backward_item.y + backward_item.height / 2
    backward_left, line_right = (
        min(letter.x1 for letter in backward_line),
        max(letter.x2 for letter in backward_line),
    )
    return backward_left <= x <= line_right and backward_line[0].y1 <= y <= backward_line[0].y2


def text_with_backward_lines_reversed(textpage: Any, page_text: str) -> str:
    """The `page_text` of a pypdfium2 text page with lines that are drawn from right to left in the order of reading."""
    if not may_run_backward(page_text) or is_right_to_left(page_text) or len(page_text) != textpage.count_chars():
        return page_text
    for backward_start, backward_end in backward_stretches(textpage):
        page_text = page_text[:backward_start] + page_text[backward_start:backward_end][::-1] + page_text[backward_end:]
    return page_text


def backward_stretches(textpage: Any) -> Iterator[tuple[int, int]]:
    """First and last + 1 of the letters of each stretch that is drawn from right to left against its script."""
    backward_start, (x, y) = 0, letter_origin(textpage.raw, 0)
    backward_letter_count = textpage.count_chars()
    for k in range(1, backward_letter_count + 1):
        backward_x, backward_y = letter_origin(textpage.raw, k) if k < backward_letter_count else (x, y)
        if not (backward_x < x and abs(backward_y - y) < _SAME_BASELINE and _may_run_backward(textpage.raw, k)):
            if k - backward_start >= _LEAST_BACKWARD_LETTERS and _may_run_backward(textpage.raw, backward_start):
                yield backward_start, k
            backward_start = k
        x, y = backward_x, backward_y


def _may_run_backward(raw_textpage: Any, k: int) -> bool:
    """Whether a letter is drawn, upright, and of no script that runs from right to left."""
    import pypdfium2.raw as pdfium

    is_backward_drawn = not pdfium.FPDFText_IsGenerated(raw_textpage, k) and _is_upright_backward(raw_textpage, k)
    return is_backward_drawn and not runs_right_to_left(letter_sign(raw_textpage, k))


def _is_upright_backward(raw_textpage: Any, k: int) -> bool:
    """Whether a letter is drawn upright, neither turned nor mirrored."""
    a, b, _, d = letter_matrix(raw_textpage, k)
    return a > 0 and d > 0 and abs(b) <= _MOST_BACKWARD_TILT * a
