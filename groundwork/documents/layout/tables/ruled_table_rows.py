"""The rows of a drawn table: those that lines part, and within these such as their texts alone show."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.text_lines import Box, is_number, joined, parted

_LEAST_LINES = 3  # of a drawn row that may hold several rows of texts
_LEAST_COLUMNS = 3  # of one that may hold heads above figures
_WORD_SPACE = 0.25  # line heights between two words
_ROW_GAP_SHARE = 0.8  # of the space between two rows, which one has that stands between them
_PADDED = 0.25  # line heights between two rows, which no lines of a cell have between them
_SAME_GAP = 0.3  # line heights by which spaces differ that are alike
_INDENT = 3.0  # points
_PADDING = 3.0  # points from a label to the edge of its column
_LEADER_END = "...."  # of a label whose dots lead to its figures
_EDGE_SPACE, _WORD_EDGE_SPACE = 0.38, 0.5  # line heights between a figure, or a word, and a word of the next column
_BESIDE_STEP = 0.65  # line heights from a line to one that stands beside it in part, at the most


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
    """The rows within a drawn one: numbers that stand below each other at the same heights in most of its columns.

    A row begins at the widest space above its numbers; a line without any between two rows is a row, such as a group's
    name.
    """
    lines = word_lines(band.words)
    if len(lines) < 2:
        return [band]
    columns: list[list[tuple[int, Box]]] = [[] for _ in xs[1:]]
    for i, line in enumerate(lines):
        for text in line_texts(line, xs):
            columns[interval(xs, (text.x1 + text.x2) / 2) or 0].append((i, text))
    filled = [column for column in columns if column]
    numbers = [column for column in filled if len(column) > 1 and all(is_number(text.text) for _, text in column)]
    if not numbers:
        return _below_heads(band, lines, filled, xs)
    figure_lines = max((sorted({i for i, _ in column}) for column in numbers), key=len)
    alike_columns = sum(len(column) >= len(figure_lines) for column in filled)
    if 2 * alike_columns < len(filled) or alike_columns < 2:
        return [band]
    edges = [(_bottom(lines[i - 1]) + _top(lines[i])) / 2 for i in _row_starts(lines, figure_lines, xs)]
    return [row._replace(drawn=not k) for k, row in enumerate(cut_at([band.top, *edges, band.bottom], band.words))]


def _below_heads(
    band: Band, lines: Sequence[list[Box]], columns: Sequence[Sequence[tuple[int, Box]]], xs: list[float]
) -> list[Band]:
    """The heads in the first line of a drawn row, and the rows below them where these are told by their numbers."""
    starts = [column[1][0] for column in columns if column[0][0] == 0 and _are_headed(column)]
    if len(columns) < _LEAST_COLUMNS or len(starts) < len(columns) - 1 or set(starts) != {1}:
        return [band]
    edge = (_bottom(lines[0]) + _top(lines[1])) / 2
    head, body = cut_at([band.top, edge, band.bottom], band.words)
    rows = split_rows(body, xs)
    return [head._replace(drawn=True), *(row._replace(drawn=False) for row in rows)] if len(rows) > 1 else [band]


def _are_headed(column: Sequence[tuple[int, Box]]) -> bool:
    """Whether a column has one text above figures."""
    first, *others = (text.text for _, text in column)
    return len(others) >= _LEAST_LINES - 1 and not is_number(first) and all(map(is_number, others))


def _row_starts(lines: Sequence[list[Box]], figure_lines: Sequence[int], xs: list[float]) -> list[int]:
    """The lines at which rows begin, but for the first of all. `figure_lines`: those with the rows' numbers."""
    height = lines[0][0].y2 - lines[0][0].y1
    gaps = [0.0, *(_gap(above, line, height) for above, line in pairwise(lines))]
    slack = _SAME_GAP * height
    spans = [(a + 1, b) for a, b in pairwise(figure_lines)]
    starts = {_label_start(lines, _last_wide(gaps, a, b, slack), gaps, slack, xs[1]) if a < b else b for a, b in spans}
    row_gaps = [gaps[b] for a, b in pairwise(figure_lines) if b == a + 1]
    row_gap = min(row_gaps, default=math.inf)
    for i in range(figure_lines[-1]):
        if i in figure_lines or min(gaps[i] if i else math.inf, gaps[i + 1]) < _ROW_GAP_SHARE * row_gap:
            continue
        is_alone = len(parted(lines[i])) == 1
        if is_alone and (row_gap > _PADDED * height or _is_group_name(lines[i], lines[i + 1], xs)):
            starts |= {i, i + 1} - {0}
    return sorted(starts)


def _last_wide(gaps: Sequence[float], start: int, end: int, slack: float) -> int:
    """The last gap in [start, end] that is about as wide as the widest."""
    most = max(gaps[start : end + 1])
    return max(i for i in range(start, end + 1) if gaps[i] >= most - slack)


def _label_start(lines: Sequence[list[Box]], start: int, gaps: Sequence[float], slack: float, edge: float) -> int:
    """Where a row begins whose label's lines stand above its figures, as far apart as the rows: each but the last is
    full, and none goes on with the row above."""
    labels = [[word for word in line if word.x2 < edge] for line in lines[: start + 1]]
    edge -= _PADDING
    while start > 1 and gaps[start - 1] >= gaps[start] - slack and len(parted(lines[start - 1])) == 1:
        above, label, below = labels[start - 2 : start + 1]
        goes_on = (
            bool(above)
            and _is_full(above, label, edge)
            and (label[0].text[0].islower() or label[0].x1 > above[0].x1 + 1)
        )
        if goes_on or not _is_full(label, below, edge):
            break
        start -= 1
    return start


def _is_full(label: Sequence[Box], below: Sequence[Box], edge: float) -> bool:
    """Whether the first word of the label below would have had no place behind one that ends before `edge`."""
    if not label or not below or label[-1].text.endswith((_LEADER_END, ":")):
        return False
    space = _WORD_SPACE * (label[0].y2 - label[0].y1)
    return edge < label[-1].x2 + space + _width(below[0])


def _is_group_name(line: Sequence[Box], below: Sequence[Box], xs: list[float]) -> bool:
    """Whether a line alone stands over several columns, or over a line that is indented below it, and ended before the
    next word for another reason than want of room."""
    text = joined(line)
    first, last = interval(xs, text.x1 + 1) or 0, interval(xs, text.x2 - 1) or 0
    if text.text[0].islower() or text.x2 + _width(below[0]) > xs[last + 1]:
        return False
    return first != last or below[0].x1 > text.x1 + _INDENT


def _gap(above: Sequence[Box], line: Sequence[Box], height: float) -> float:
    """The space between two lines; what stands beside each other in part has none."""
    step = (line[0].y1 + line[0].y2 - above[0].y1 - above[0].y2) / 2
    return _top(line) - _bottom(above) if step > _BESIDE_STEP * height else -math.inf


def _top(line: Sequence[Box]) -> float:
    return min(word.y1 for word in line)


def _bottom(line: Sequence[Box]) -> float:
    return max(word.y2 for word in line)


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
    for text in (text for line in lines for text in line_texts(line, ())):
        columns[interval(xs, (text.x1 + text.x2) / 2) or 0].append(text.text)
    if sum(len(texts) > 2 and all(map(is_number, texts)) for texts in columns) < 2:
        return [band]
    edges = [band.top, *((a[0].y2 + b[0].y1) / 2 for a, b in pairwise(lines)), band.bottom]
    return [row_band._replace(drawn=not k) for k, row_band in enumerate(cut_at(edges, band.words))]


def line_texts(line: Sequence[Box], xs: Sequence[float], undrawn: Sequence[float] = ()) -> list[Box]:
    """The texts of a line: parted where words stand apart, and by less at the columns' edges: figures at all of them
    (`xs`), words at those where no line is drawn."""
    texts = []
    for words in parted(line):
        start = 0
        for k, (a, b) in enumerate(pairwise(words), 1):
            are_figures = is_number(a.text) + is_number(b.text)
            is_apart = b.x1 - a.x2 > (_EDGE_SPACE if are_figures else _WORD_EDGE_SPACE) * (a.y2 - a.y1)
            if is_apart and any(a.x2 - 1 < x < b.x1 + 1 for x in (xs if are_figures else undrawn)):
                texts.append(joined(words[start:k]))
                start = k
        texts.append(joined(words[start:]))
    return texts


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
