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
from groundwork.documents.layout.text_runs_and_lines import Run, to_lines

_LEAST_LINE_NUMBERS = {1: 12, 5: 5}  # of a page, by the step from one to the next
_NUMBER_SPACE_SPREAD = 0.2  # of the space between two numbers, by which it differs
_EVEN_SPACES_SHARE = 0.9  # of the spaces
_NUMBER_EDGE_SPREAD = 6.0  # points by which the right or left edges of the numbers differ
_LEAST_WORDS_BESIDE = 6  # of most lines of running text
_SENTENCE_MIDDLE_SHARE = 0.25  # of the lines of running text, which begin in the middle of a sentence
_UNSPACED_SHARE = 0.7  # of its lines, which have no spaces as wide as those between runs


class _LineNumberColumn(NamedTuple):
    """Numbers below each other at the left of a page."""

    runs: list[Run]
    beside_text: bool


def line_numbers(pages: Sequence[Sequence[Run]]) -> list[list[EdgeLine]]:
    """The numbers of lines on each page of a document; none where no page has them beside running text.

    An empty text behind each says that the text layer may have the text of its line there (`without_line`).
    """
    number_columns = [_line_number_column(runs) for runs in pages]
    has_line_numbers = any(number_column.beside_text for number_column in number_columns)
    return [
        [EdgeLine([run.text, ""], [run], (run.y1 + run.y2) / 2, False) for run in number_column.runs]
        if has_line_numbers
        else []
        for number_column in number_columns
    ]


def _line_number_column(runs: Sequence[Run]) -> _LineNumberColumn:
    number_runs = sorted((run for run in runs if _is_line_number(run.text)), key=lambda run: run.y1)
    leftmost_number = min((run.x1 for run in number_runs), default=0.0)
    number_runs = [run for run in number_runs if run.x1 - leftmost_number < _NUMBER_EDGE_SPREAD + (run.x2 - run.x1)]
    number_ids = set(map(id, number_runs))
    other_texts = [run for run in runs if id(run) not in number_ids]
    if not other_texts or not _count_evenly(number_runs):
        return _LineNumberColumn([], False)
    numbers_top, numbers_bottom = number_runs[0].y1, number_runs[-1].y2
    numbers_right = max(run.x2 for run in number_runs)
    texts_beside_numbers = [run for run in other_texts if numbers_top <= (run.y1 + run.y2) / 2 <= numbers_bottom]
    if not texts_beside_numbers or min(run.x1 for run in texts_beside_numbers) <= numbers_right:
        return _LineNumberColumn([], False)
    return _LineNumberColumn(number_runs, _is_text_beside_line_numbers(texts_beside_numbers))


def _is_line_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _count_evenly(line_number_runs: Sequence[Run]) -> bool:
    line_number_values = [int(run.text) for run in line_number_runs]
    number_steps = {b - a for a, b in pairwise(line_number_values)}
    number_step = number_steps.pop() if len(number_steps) == 1 else 0
    if len(line_number_values) < _LEAST_LINE_NUMBERS.get(number_step, len(line_number_values) + 1):
        return False
    number_spaces = [below.y1 - above.y1 for above, below in pairwise(line_number_runs)]
    median_space = statistics.median(number_spaces)
    even_spaces = sum(abs(other - median_space) <= _NUMBER_SPACE_SPREAD * median_space for other in number_spaces)
    return even_spaces >= _EVEN_SPACES_SHARE * len(number_spaces)


def _is_text_beside_line_numbers(runs_beside_numbers: Sequence[Run]) -> bool:
    lines_beside_numbers = to_lines(list(runs_beside_numbers))
    numbered_lines = [line for line in lines_beside_numbers if len(line.text.split()) >= _LEAST_WORDS_BESIDE]
    whole_line_count = sum(len(line.runs) == 1 for line in numbered_lines)
    sentence_middle_count = sum(line.text[:1].islower() for line in numbered_lines)
    return (
        2 * len(numbered_lines) >= len(lines_beside_numbers)
        and whole_line_count >= _UNSPACED_SHARE * len(numbered_lines)
        and sentence_middle_count >= _SENTENCE_MIDDLE_SHARE * len(numbered_lines)
    )
