"""The numbers of lines beside a text, as on the paper of courts and in manuscripts: they are none of its words.

They stand left of all text, one below the other at one distance, and go up by one or by five. A table's numbers do so
too: so on one page of the document at least, the text beside them is running text.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.page_edge_lines import EdgeLine
from groundwork.documents.layout.text_lines import Run, to_lines

_LEAST_NUMBERS = {1: 12, 5: 5}  # of a page, by the step from one to the next
_SPACE_SPREAD = 0.2  # of the space between two numbers, by which it differs
_EVEN_SHARE = 0.9  # of the spaces
_EDGE_SPREAD = 6.0  # points by which the right or left edges of the numbers differ
_LEAST_WORDS = 6  # of most lines of running text
_GOING_ON_SHARE = 0.25  # of the lines of running text, which begin in the middle of a sentence
_WHOLE_SHARE = 0.7  # of its lines, which have no spaces as wide as those between cells


class _Column(NamedTuple):
    """Numbers below each other at the left of a page."""

    runs: list[Run]
    beside_text: bool


def line_numbers(pages: Sequence[Sequence[Run]]) -> list[list[EdgeLine]]:
    """The numbers of lines on each page of a document; none where no page has them beside running text.

    An empty cell behind each says that the text layer may have the text of its line there (`without_line`).
    """
    columns = [_number_column(runs) for runs in pages]
    is_numbered = any(column.beside_text for column in columns)
    return [
        [EdgeLine([run.text, ""], [run], (run.y1 + run.y2) / 2, False) for run in column.runs] if is_numbered else []
        for column in columns
    ]


def _number_column(runs: Sequence[Run]) -> _Column:
    numbers = sorted((run for run in runs if _is_line_number(run.text)), key=lambda run: run.y1)
    left = min((run.x1 for run in numbers), default=0.0)
    numbers = [run for run in numbers if run.x1 - left < _EDGE_SPREAD + (run.x2 - run.x1)]
    number_ids = set(map(id, numbers))
    texts = [run for run in runs if id(run) not in number_ids]
    if not texts or not _counts_evenly(numbers):
        return _Column([], False)
    top, bottom, right = numbers[0].y1, numbers[-1].y2, max(run.x2 for run in numbers)
    beside = [run for run in texts if top <= (run.y1 + run.y2) / 2 <= bottom]
    if not beside or min(run.x1 for run in beside) <= right:
        return _Column([], False)
    return _Column(numbers, _is_running_text(beside))


def _is_line_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _counts_evenly(numbers: Sequence[Run]) -> bool:
    values = [int(run.text) for run in numbers]
    steps = {b - a for a, b in pairwise(values)}
    step = steps.pop() if len(steps) == 1 else 0
    if len(values) < _LEAST_NUMBERS.get(step, len(values) + 1):
        return False
    spaces = [below.y1 - above.y1 for above, below in pairwise(numbers)]
    space = statistics.median(spaces)
    even = sum(abs(other - space) <= _SPACE_SPREAD * space for other in spaces)
    return even >= _EVEN_SHARE * len(spaces)


def _is_running_text(runs: Sequence[Run]) -> bool:
    lines = to_lines(list(runs))
    long_lines = [line for line in lines if len(line.text.split()) >= _LEAST_WORDS]
    whole = sum(len(line.cells) == 1 for line in long_lines)
    going_on = sum(line.text[:1].islower() for line in long_lines)
    return (
        2 * len(long_lines) >= len(lines)
        and whole >= _WHOLE_SHARE * len(long_lines)
        and going_on >= _GOING_ON_SHARE * len(long_lines)
    )
