"""The rows of a drawn table: those that lines part, and within these such as their texts alone show."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.text_lines import Box, is_number, joined, parted

_LEAST_LINES = 3  # of a drawn row that may hold several rows of texts
_WORD_SPACE = 0.25  # line heights between two words


class Band(NamedTuple):
    """A row's words between two heights; `drawn`: a line may part it from the row above."""

    words: list[Box]
    top: float
    bottom: float
    drawn: bool


class _Step(Enum):
    """How a text of a cell follows the line above: it did not end there for want of room; it did; in a sentence."""

    ENDED, WRAPPED, RUNS_ON = range(3)


def cut_at(ys: list[float], words: Iterable[Box]) -> list[Band]:
    rows: list[list[Box]] = [[] for _ in ys[1:]]
    for word in words:
        rows[interval(ys, (word.y1 + word.y2) / 2) or 0].append(word)
    return [Band(row, top, bottom, True) for row, top, bottom in zip(rows, ys, ys[1:], strict=False)]


def split_rows(band: Band, xs: list[float]) -> list[Band]:
    """The rows within a drawn one: numbers that stand below each other at the same heights in most of its columns."""
    lines = word_lines(band.words)
    if len(lines) < 2:
        return [band]
    columns: list[list[Box]] = [[] for _ in xs[1:]]
    for line in lines:
        for text in map(joined, parted(line)):
            columns[interval(xs, (text.x1 + text.x2) / 2) or 0].append(text)
    filled = [column for column in columns if column]
    numbers = [column for column in filled if len(column) > 1 and all(is_number(text.text) for text in column)]
    if not numbers:
        return [band]
    tops = [text.y1 for text in max(numbers, key=len)]
    alike_columns = sum(len(column) >= len(tops) for column in filled)
    if 2 * alike_columns < len(filled) or alike_columns < 2:
        return [band]
    height = band.words[0].y2 - band.words[0].y1
    edges = [band.top, *(top - 0.3 * height for top in tops[1:]), band.bottom]
    return [row_band._replace(drawn=not k) for k, row_band in enumerate(cut_at(edges, band.words))]


def split_text_rows(bands: Sequence[Band], xs: list[float]) -> list[Band]:
    """The drawn rows of a table, those cut whose texts show rows: where its lines part but groups of rows."""
    lines_by_band = [word_lines(band.words) for band in bands]
    line_counts: list[int] = []  # between two drawn lines
    for band, lines in zip(bands, lines_by_band, strict=True):
        if band.drawn or not line_counts:
            line_counts.append(0)
        line_counts[-1] += len(lines)
    if 2 * sum(count for count in line_counts if count >= _LEAST_LINES) <= sum(line_counts):
        return list(bands)
    return [
        row_band
        for band, lines in zip(bands, lines_by_band, strict=True)
        for row_band in (_cut_at_labels(band, lines, xs) if len(lines) >= _LEAST_LINES else [band])
    ]


def _cut_at_labels(band: Band, lines: Sequence[list[Box]], xs: list[float]) -> list[Band]:
    """A drawn row cut above each text of its first column, if no cell's text runs from one line to the next there."""
    columns: list[dict[int, list[Box]]] = [{} for _ in xs[1:]]
    for i, line in enumerate(lines):
        for word in line:
            columns[interval(xs, (word.x1 + word.x2) / 2) or 0].setdefault(i, []).append(word)
    starts = sorted(columns[0])
    first_words = [columns[0][i][0].text for i in starts]
    small_labels = sum(len(word) > 2 and word[0].islower() for word in first_words)
    if len(starts) < _LEAST_LINES or starts[0] or 2 * small_labels > len(starts):
        return [band]
    filled_rows = max(len(column.keys() & set(starts)) for column in columns[1:])
    steps = [
        [_step(column, i, edges) for i in range(1, len(lines))]
        for column, edges in zip(columns, pairwise(xs), strict=True)
    ]
    ended = [_Step.ENDED in line_steps for line_steps in zip(*steps, strict=True)]
    ended_rows = sum(ended[i - 1] for i in starts[1:])
    runs_on = any(2 * column.count(_Step.RUNS_ON) > len(column) - column.count(None) for column in steps)
    is_wrapped = runs_on or sum(ended) > ended_rows or 3 * ended_rows < 2 * (len(starts) - 1)
    if is_wrapped or 2 * filled_rows < len(starts):
        return [band]
    edges = [band.top, *((lines[i - 1][0].y2 + lines[i][0].y1) / 2 for i in starts[1:]), band.bottom]
    return [row_band._replace(drawn=not k) for k, row_band in enumerate(cut_at(edges, band.words))]


def _step(column: dict[int, list[Box]], i: int, edges: tuple[float, float]) -> _Step | None:
    """How a column's text on a line follows the one above it; None where there is no such text."""
    if i not in column:
        return None
    if i - 1 not in column:
        return _Step.ENDED
    texts = [joined(words) for words in column.values()]
    left, right = min(text.x1 for text in texts), max(text.x2 for text in texts)
    room = edges[1] - edges[0] - 2 * max(0.0, min(left - edges[0], edges[1] - right))
    above, first_word = joined(column[i - 1]), column[i][0]
    space = _WORD_SPACE * (first_word.y2 - first_word.y1)
    are_figures = is_number(above.text) and is_number(joined(column[i]).text)
    if are_figures or _width(above) + space + _width(first_word) <= room:
        return _Step.ENDED
    return _Step.RUNS_ON if first_word.text[:1].islower() and len(column[i - 1]) > 1 else _Step.WRAPPED


def _width(box: Box) -> float:
    return box.x2 - box.x1


def split_number_lines(band: Band, xs: list[float]) -> list[Band]:
    """The lines of a box with figures below each other in several columns, as of an account; else the box."""
    lines = word_lines(band.words)
    columns: list[list[str]] = [[] for _ in xs[1:]]
    for text in (joined(text) for line in lines for text in parted(line)):
        columns[interval(xs, (text.x1 + text.x2) / 2) or 0].append(text.text)
    if sum(len(texts) > 2 and all(map(is_number, texts)) for texts in columns) < 2:
        return [band]
    edges = [band.top, *((a[0].y2 + b[0].y1) / 2 for a, b in pairwise(lines)), band.bottom]
    return [row_band._replace(drawn=not k) for k, row_band in enumerate(cut_at(edges, band.words))]


def interval(edges: list[float], position: float) -> int | None:
    """Which stretch between two edges holds a value; None outside of all."""
    if not edges[0] - 0.5 <= position < edges[-1] + 0.5:
        return None
    return min(max(bisect_right(edges, position + 0.5) - 1, 0), len(edges) - 2)


def word_lines(words: Iterable[Box]) -> list[list[Box]]:
    """Words that share a height, from left to right; lines from top to bottom."""
    groups: list[list[Box]] = []
    for box in sorted(words, key=lambda b: b.y1 + b.y2):
        middle = (box.y1 + box.y2) / 2
        if groups and abs(middle - (groups[-1][0].y1 + groups[-1][0].y2) / 2) < 0.45 * (box.y2 - box.y1):
            groups[-1].append(box)
        else:
            groups.append([box])
    return [sorted(group) for group in groups]
