"""Lines of a PDF whose letters are drawn from right to left though their script runs the other way: some programs write
each letter into its place from the line's end on, and the text layer has them in that order ("8 etieS").

A page is looked at where a word ends in a lone capital; the places of its letters tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from groundwork.documents.pdf_files.letter_extents import is_upright, letter_origin
from groundwork.language.language_and_script import is_right_to_left, runs_right_to_left

_LAST_CAPITAL = re.compile(r"[a-zß-öø-ÿ]{3}[A-ZÀ-ÖØ-Þ](?!\w)")
_LEAST_LETTERS = 4  # of a line, each left of the one before it
_SAME_LINE = 0.5  # points by which the baselines of a line's letters differ at the most


def may_run_backward(text: str) -> bool:
    """Whether a text has a word that ends in a lone capital."""
    return _LAST_CAPITAL.search(text) is not None


def with_lines_turned(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with lines that are drawn from right to left in the order of reading."""
    if not may_run_backward(text) or is_right_to_left(text) or len(text) != textpage.count_chars():
        return text
    for start, end in backward_runs(textpage):
        text = text[:start] + text[start:end][::-1] + text[end:]
    return text


def backward_runs(textpage: Any) -> Iterator[tuple[int, int]]:
    """First and last + 1 of the letters of each stretch that is drawn from right to left against its script."""
    start, (x, y) = 0, letter_origin(textpage.raw, 0)
    count = textpage.count_chars()
    for k in range(1, count + 1):
        next_x, next_y = letter_origin(textpage.raw, k) if k < count else (x, y)
        if not (next_x < x and abs(next_y - y) < _SAME_LINE and _may_belong(textpage.raw, k)):
            if k - start >= _LEAST_LETTERS and _may_belong(textpage.raw, start):
                yield start, k
            start = k
        x, y = next_x, next_y


def _may_belong(text: Any, k: int) -> bool:
    """Whether a letter is drawn, upright, and of no script that runs from right to left."""
    import pypdfium2.raw as pdfium

    is_drawn = not pdfium.FPDFText_IsGenerated(text, k) and is_upright(text, k)
    return is_drawn and not runs_right_to_left(chr(pdfium.FPDFText_GetUnicode(text, k)))
