"""Ruled tables: those with drawn lines, read from the lines themselves.

Engines guess a table's cells from the distances between words. Where the page draws the cells, there is nothing to
guess: the lines give rows and columns, and each word lies in one cell. Where it draws some of them, the others are
read from the words: rows from numbers that stand below each other, columns from the spaces that run through the rows,
and a cell reaches as far as the next drawn line where its text runs over a column's edge.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.forms import (
    LEAST_FORM_FIELDS,
    are_form_boxes,
    form_box_paragraphs,
    frames_figures_alone,
)
from groundwork.documents.layout.ruling_strokes_and_shades import NEAR, Frame, Stroke
from groundwork.documents.layout.tables.gutters import undrawn_gutter_edges
from groundwork.documents.layout.text_runs_and_lines import Box, Run, is_number, parted_words, word_lines, words_as_box

_LEAST_LINES_OF_RULED_ROW = 3  # of a drawn row that may hold several rows of texts
_LEAST_HEADED_RULED_COLUMNS = 3  # of one that may hold heads above figures
_RULED_WORD_SPACE = 0.25  # line heights between two words
_ROW_GAP_SHARE = 0.8  # of the space between two rows, which one has that stands between them
_RULED_ROW_PADDING = 0.25  # line heights between two rows, which no lines of a cell have between them
_SAME_RULED_GAP = 0.3  # line heights by which spaces differ that are alike
_INDENT_BELOW_RULED_GROUP = 3.0  # points
_RULED_CELL_PADDING = 3.0  # points from a label to the edge of its column
_RULED_LEADER_END = "...."  # of a label whose dots lead to its figures
_EDGE_SPACE, _WORD_EDGE_SPACE = 0.38, 0.5  # line heights between a figure, or a word, and a word of the next column
_BESIDE_STEP = 0.65  # line heights from a line to one that stands beside it in part, at the most


class RuledRow(NamedTuple):
    """A row's words between two heights; `drawn`: a line may part it from the row above."""

    words: list[Box]
    top: float
    bottom: float
    drawn: bool


class _RuledCellStep(Enum):
    """How a text of a cell follows the line above: it did not end there for want of room; it did; in a sentence."""

    ENDED, WRAPPED, RUNS_ON = range(3)


def cut_into_ruled_rows(ys: list[float], words: Iterable[Box]) -> list[RuledRow]:
    ruled_row_words: list[list[Box]] = [[] for _ in ys[1:]]
    for ruled_word in words:
        ruled_row_words[ruled_interval(ys, (ruled_word.y1 + ruled_word.y2) / 2) or 0].append(ruled_word)
    return [
        RuledRow(row_words, top, bottom, True)
        for row_words, top, bottom in zip(ruled_row_words, ys, ys[1:], strict=False)
    ]


def split_ruled_row(ruled_row: RuledRow, ruled_xs: list[float]) -> list[RuledRow]:
    """The rows within a drawn one: numbers that stand below each other at the same heights in most of its columns.

    A row begins at the widest space above its numbers; a line without any between two rows is a row, such as a group's
    name.
    """
    ruled_lines = word_lines(ruled_row.words)
    if len(ruled_lines) < 2:
        return [ruled_row]
    ruled_columns: list[list[tuple[int, Box]]] = [[] for _ in ruled_xs[1:]]
    for i, line in enumerate(ruled_lines):
        for text in texts_between_walls(line, ruled_xs):
            ruled_columns[ruled_interval(ruled_xs, (text.x1 + text.x2) / 2) or 0].append((i, text))
    filled_ruled = [column for column in ruled_columns if column]
    numbers = [column for column in filled_ruled if len(column) > 1 and all(is_number(text.text) for _, text in column)]
    if not numbers:
        return _ruled_rows_below_head(ruled_row, ruled_lines, filled_ruled, ruled_xs)
    ruled_figures = max((sorted({i for i, _ in column}) for column in numbers), key=len)
    alike_columns = sum(len(column) >= len(ruled_figures) for column in filled_ruled)
    if 2 * alike_columns < len(filled_ruled) or alike_columns < 2:
        return [ruled_row]
    edges = [
        (_ruled_bottom(ruled_lines[i - 1]) + _ruled_top(ruled_lines[i])) / 2
        for i in _ruled_starts(ruled_lines, ruled_figures, ruled_xs)
    ]
    return [
        ruled_part._replace(drawn=not k)
        for k, ruled_part in enumerate(cut_into_ruled_rows([ruled_row.top, *edges, ruled_row.bottom], ruled_row.words))
    ]


def _ruled_rows_below_head(
    ruled_row: RuledRow,
    ruled_lines: Sequence[list[Box]],
    ruled_columns: Sequence[Sequence[tuple[int, Box]]],
    ruled_xs: list[float],
) -> list[RuledRow]:
    """The heads in the first line of a drawn row, and the rows below them where these are told by their numbers."""
    ruled_starts = [column[1][0] for column in ruled_columns if column[0][0] == 0 and _are_figures_below_head(column)]
    if (
        len(ruled_columns) < _LEAST_HEADED_RULED_COLUMNS
        or len(ruled_starts) < len(ruled_columns) - 1
        or set(ruled_starts) != {1}
    ):
        return [ruled_row]
    head_edge = (_ruled_bottom(ruled_lines[0]) + _ruled_top(ruled_lines[1])) / 2
    head, body = cut_into_ruled_rows([ruled_row.top, head_edge, ruled_row.bottom], ruled_row.words)
    rows = split_ruled_row(body, ruled_xs)
    return [head._replace(drawn=True), *(row._replace(drawn=False) for row in rows)] if len(rows) > 1 else [ruled_row]


def _are_figures_below_head(ruled_column: Sequence[tuple[int, Box]]) -> bool:
    """Whether a column has one text above figures."""
    head_text, *others = (text.text for _, text in ruled_column)
    return len(others) >= _LEAST_LINES_OF_RULED_ROW - 1 and not is_number(head_text) and all(map(is_number, others))


def _ruled_starts(ruled_lines: Sequence[list[Box]], ruled_figures: Sequence[int], ruled_xs: list[float]) -> list[int]:
    """The lines at which rows begin, but for the first of all. `ruled_figures`: those with the rows' numbers."""
    line_height = ruled_lines[0][0].y2 - ruled_lines[0][0].y1
    ruled_gaps = [0.0, *(_ruled_gap(above, line, line_height) for above, line in pairwise(ruled_lines))]
    ruled_slack = _SAME_RULED_GAP * line_height
    ruled_spans = [(a + 1, b) for a, b in pairwise(ruled_figures)]
    ruled_starts = {
        _ruled_label_start(
            ruled_lines, _last_wide_ruled_gap(ruled_gaps, a, b, ruled_slack), ruled_gaps, ruled_slack, ruled_xs[1]
        )
        if a < b
        else b
        for a, b in ruled_spans
    }
    ruled_row_gaps = [ruled_gaps[b] for a, b in pairwise(ruled_figures) if b == a + 1]
    row_gap = min(ruled_row_gaps, default=math.inf)
    for i in range(ruled_figures[-1]):
        if i in ruled_figures or min(ruled_gaps[i] if i else math.inf, ruled_gaps[i + 1]) < _ROW_GAP_SHARE * row_gap:
            continue
        is_lone_ruled_text = len(parted_words(ruled_lines[i])) == 1
        if is_lone_ruled_text and (
            row_gap > _RULED_ROW_PADDING * line_height
            or _is_ruled_group_name(ruled_lines[i], ruled_lines[i + 1], ruled_xs)
        ):
            ruled_starts |= {i, i + 1} - {0}
    return sorted(ruled_starts)


def _last_wide_ruled_gap(ruled_gaps: Sequence[float], start: int, end: int, ruled_slack: float) -> int:
    """The last gap in [start, end] that is about as wide as the widest."""
    widest_gap = max(ruled_gaps[start : end + 1])
    return max(i for i in range(start, end + 1) if ruled_gaps[i] >= widest_gap - ruled_slack)


def _ruled_label_start(
    ruled_lines: Sequence[list[Box]], row_start: int, ruled_gaps: Sequence[float], ruled_slack: float, ruled_edge: float
) -> int:
    """Where a row begins whose label's lines stand above its figures, as far apart as the rows: each but the last is
    full, and none goes on with the row above."""
    ruled_labels = [[word for word in line if word.x2 < ruled_edge] for line in ruled_lines[: row_start + 1]]
    ruled_edge -= _RULED_CELL_PADDING
    while (
        row_start > 1
        and ruled_gaps[row_start - 1] >= ruled_gaps[row_start] - ruled_slack
        and len(parted_words(ruled_lines[row_start - 1])) == 1
    ):
        ruled_label_above, ruled_label, ruled_label_below = ruled_labels[row_start - 2 : row_start + 1]
        goes_on = _is_full_ruled_label(ruled_label_above, ruled_label, ruled_edge) and (
            ruled_label[0].text[0].islower() or ruled_label[0].x1 > ruled_label_above[0].x1 + 1
        )
        if goes_on or not _is_full_ruled_label(ruled_label, ruled_label_below, ruled_edge):
            break
        row_start -= 1
    return row_start


def _is_full_ruled_label(ruled_label: Sequence[Box], ruled_label_below: Sequence[Box], ruled_edge: float) -> bool:
    """Whether the first word of the label below would have had no place behind one that ends before `ruled_edge`."""
    if not ruled_label or not ruled_label_below or ruled_label[-1].text.endswith((_RULED_LEADER_END, ":")):
        return False
    ruled_space = _RULED_WORD_SPACE * (ruled_label[0].y2 - ruled_label[0].y1)
    return ruled_edge < ruled_label[-1].x2 + ruled_space + _ruled_width(ruled_label_below[0])


def _is_ruled_group_name(ruled_line: Sequence[Box], ruled_below: Sequence[Box], ruled_xs: list[float]) -> bool:
    """Whether a line alone stands over several columns, or over a line that is indented below it, and ended before the
    next word for another reason than want of room."""
    group_name = words_as_box(ruled_line)
    first_column, last_column = (
        ruled_interval(ruled_xs, group_name.x1 + 1) or 0,
        ruled_interval(ruled_xs, group_name.x2 - 1) or 0,
    )
    if group_name.text[0].islower() or group_name.x2 + _ruled_width(ruled_below[0]) > ruled_xs[last_column + 1]:
        return False
    return first_column != last_column or ruled_below[0].x1 > group_name.x1 + _INDENT_BELOW_RULED_GROUP


def _ruled_gap(ruled_above: Sequence[Box], ruled_line: Sequence[Box], line_height: float) -> float:
    """The space between two lines; what stands beside each other in part has none."""
    line_step = (ruled_line[0].y1 + ruled_line[0].y2 - ruled_above[0].y1 - ruled_above[0].y2) / 2
    return _ruled_top(ruled_line) - _ruled_bottom(ruled_above) if line_step > _BESIDE_STEP * line_height else -math.inf


def _ruled_top(ruled_line: Sequence[Box]) -> float:
    return min(word.y1 for word in ruled_line)


def _ruled_bottom(ruled_line: Sequence[Box]) -> float:
    return max(word.y2 for word in ruled_line)


def split_ruled_text_rows(ruled_rows: Sequence[RuledRow], ruled_xs: list[float]) -> list[RuledRow]:
    """The drawn rows of a table, those cut whose texts show rows: where its lines part but groups of rows."""
    lines_by_band = [word_lines(ruled_row.words) for ruled_row in ruled_rows]
    ruled_counts: list[int] = []  # between two drawn lines
    for ruled_row, ruled_lines in zip(ruled_rows, lines_by_band, strict=True):
        if ruled_row.drawn or not ruled_counts:
            ruled_counts.append(0)
        ruled_counts[-1] += len(ruled_lines)
    if 2 * sum(count for count in ruled_counts if count >= _LEAST_LINES_OF_RULED_ROW) <= sum(ruled_counts):
        return list(ruled_rows)
    return [
        ruled_row
        for ruled_row, ruled_lines in zip(ruled_rows, lines_by_band, strict=True)
        for ruled_row in (
            _cut_row_at_labels(ruled_row, ruled_lines, ruled_xs)
            if len(ruled_lines) >= _LEAST_LINES_OF_RULED_ROW
            else [ruled_row]
        )
    ]


def _cut_row_at_labels(ruled_row: RuledRow, ruled_lines: Sequence[list[Box]], ruled_xs: list[float]) -> list[RuledRow]:
    """A drawn row cut above each text of its first column, if no cell's text runs from one line to the next there."""
    ruled_columns: list[dict[int, list[Box]]] = [{} for _ in ruled_xs[1:]]
    for i, ruled_line in enumerate(ruled_lines):
        for word in ruled_line:
            ruled_columns[ruled_interval(ruled_xs, (word.x1 + word.x2) / 2) or 0].setdefault(i, []).append(word)
    ruled_labels = sorted(ruled_columns[0])
    first_ruled_words = [ruled_columns[0][i][0].text for i in ruled_labels]
    small_labels = sum(len(word) > 2 and word[0].islower() for word in first_ruled_words)
    if len(ruled_labels) < _LEAST_LINES_OF_RULED_ROW or ruled_labels[0] or 2 * small_labels > len(ruled_labels):
        return [ruled_row]
    filled_label_rows = max(len(column.keys() & set(ruled_labels)) for column in ruled_columns[1:])
    are_wrapped_cells = _are_ruled_cells_wrapped(ruled_columns, ruled_labels, ruled_xs, len(ruled_lines))
    if are_wrapped_cells or 2 * filled_label_rows < len(ruled_labels):
        return [ruled_row]
    label_edges = [
        ruled_row.top,
        *((ruled_lines[i - 1][0].y2 + ruled_lines[i][0].y1) / 2 for i in ruled_labels[1:]),
        ruled_row.bottom,
    ]
    return [row._replace(drawn=not k) for k, row in enumerate(cut_into_ruled_rows(label_edges, ruled_row.words))]


def _are_ruled_cells_wrapped(
    ruled_columns: Sequence[dict[int, list[Box]]], ruled_labels: Sequence[int], ruled_xs: list[float], line_count: int
) -> bool:
    """Whether texts of columns run on from line to line, or end at other lines than those of `ruled_labels`."""
    steps = [
        [_ruled_cell_step(column, i, column_walls) for i in range(1, line_count)]
        for column, column_walls in zip(ruled_columns, pairwise(ruled_xs), strict=True)
    ]
    ended_lines = [_RuledCellStep.ENDED in line_steps for line_steps in zip(*steps, strict=True)]
    ended_label_rows = sum(ended_lines[i - 1] for i in ruled_labels[1:])
    cells_run_on = any(2 * column.count(_RuledCellStep.RUNS_ON) > len(column) - column.count(None) for column in steps)
    return cells_run_on or sum(ended_lines) > ended_label_rows or 3 * ended_label_rows < 2 * (len(ruled_labels) - 1)


def _ruled_cell_step(
    words_of_ruled: dict[int, list[Box]], i: int, ruled_edges: tuple[float, float]
) -> _RuledCellStep | None:
    """How a column's text on a line follows the one above it; None where there is no such text."""
    if i not in words_of_ruled:
        return None
    if i - 1 not in words_of_ruled:
        return _RuledCellStep.ENDED
    ruled_cells = [words_as_box(ruled_words) for ruled_words in words_of_ruled.values()]
    cell_left, cell_right = min(text.x1 for text in ruled_cells), max(text.x2 for text in ruled_cells)
    wall_left, wall_right = ruled_edges
    ruled_cell_width = wall_right - wall_left - 2 * max(0.0, min(cell_left - wall_left, wall_right - cell_right))
    ruled_above, first_ruled_word = words_as_box(words_of_ruled[i - 1]), words_of_ruled[i][0]
    ruled_space = _RULED_WORD_SPACE * (first_ruled_word.y2 - first_ruled_word.y1)
    are_figures = is_number(ruled_above.text) and is_number(words_as_box(words_of_ruled[i]).text)
    if are_figures or _ruled_width(ruled_above) + ruled_space + _ruled_width(first_ruled_word) <= ruled_cell_width:
        return _RuledCellStep.ENDED
    runs_on = first_ruled_word.text[:1].islower() and len(words_of_ruled[i - 1]) > 1
    return _RuledCellStep.RUNS_ON if runs_on else _RuledCellStep.WRAPPED


def _ruled_width(ruled_box: Box) -> float:
    return ruled_box.x2 - ruled_box.x1


def split_ruled_figures(ruled_row: RuledRow, ruled_xs: list[float]) -> list[RuledRow]:
    """The lines of a box with figures below each other in several columns, as of an account; else the box."""
    ruled_lines = word_lines(ruled_row.words)
    ruled_columns: list[list[str]] = [[] for _ in ruled_xs[1:]]
    for ruled_text in (ruled_text for line in ruled_lines for ruled_text in texts_between_walls(line, ())):
        ruled_columns[ruled_interval(ruled_xs, (ruled_text.x1 + ruled_text.x2) / 2) or 0].append(ruled_text.text)
    if sum(len(texts) > 2 and all(map(is_number, texts)) for texts in ruled_columns) < 2:
        return [ruled_row]
    edges = [ruled_row.top, *((a[0].y2 + b[0].y1) / 2 for a, b in pairwise(ruled_lines)), ruled_row.bottom]
    return [row._replace(drawn=not k) for k, row in enumerate(cut_into_ruled_rows(edges, ruled_row.words))]


def texts_between_walls(
    ruled_line: Sequence[Box], ruled_xs: Sequence[float], undrawn_walls: Sequence[float] = ()
) -> list[Box]:
    """The texts of a line: parted where words stand apart, and by less at the columns' edges: figures at all of them
    (`ruled_xs`), words at those where no line is drawn."""
    ruled_texts = []
    for ruled_words in parted_words(ruled_line):
        text_start = 0
        for k, (a, b) in enumerate(pairwise(ruled_words), 1):
            are_figures = is_number(a.text) + is_number(b.text)
            is_apart_at_wall = b.x1 - a.x2 > (_EDGE_SPACE if are_figures else _WORD_EDGE_SPACE) * (a.y2 - a.y1)
            if is_apart_at_wall and any(a.x2 - 1 < x < b.x1 + 1 for x in (ruled_xs if are_figures else undrawn_walls)):
                ruled_texts.append(words_as_box(ruled_words[text_start:k]))
                text_start = k
        ruled_texts.append(words_as_box(ruled_words[text_start:]))
    return ruled_texts


def ruled_interval(ruled_edges: list[float], position: float) -> int | None:
    """Which stretch between two edges holds a value; None outside of all."""
    if not ruled_edges[0] - 0.5 <= position < ruled_edges[-1] + 0.5:
        return None
    return min(max(bisect_right(ruled_edges, position + 0.5) - 1, 0), len(ruled_edges) - 2)


_MOST_OPEN_RULED_ROWS = 6  # of a merged cell at a side where no line is drawn
_RULED_HEAD_OFF_CENTRE = 0.05  # of the breadth of its columns, by twice which a head may stand out of their middle


def ruled_row_texts(ruled_rows: Sequence[RuledRow], frame: Frame, *, in_boxes: bool = False) -> list[list[str]]:
    """The texts of each row by column, line by line; one that runs over an edge where none is drawn is in all of them.

    `in_boxes`: of a form, where a figure begins the words behind it.
    """
    walls = [[s for s in frame.steep if abs(s.x1 - x) < NEAR] for x in frame.xs]
    return [_texts_of_row(ruled_row, frame, walls, in_boxes) for ruled_row in ruled_rows]


def _texts_of_row(ruled_row: RuledRow, frame: Frame, walls: Sequence[Sequence[Stroke]], in_boxes: bool) -> list[str]:
    """`walls`: the lines drawn at each edge of a column."""
    ruled_xs = frame.xs
    ruled_lines = word_lines(ruled_row.words)
    undrawn_walls = [x for x, strokes in zip(ruled_xs, walls, strict=True) if not strokes]
    ruled_texts = [
        texts_between_walls(line, ruled_xs, undrawn_walls) if not in_boxes else texts_between_walls(line, ())
        for line in ruled_lines
    ]
    ruled_walls = [not frame.steep or _is_walled_row(strokes, ruled_row) for strokes in walls[1:-1]]
    crossed_walls = [any(t.x1 + 1.5 < x < t.x2 - 1.5 for line in ruled_texts for t in line) for x in ruled_xs[1:-1]]
    ruled_groups = [0]
    for is_wall, is_crossed in zip(
        ruled_walls, _spanned_ruled_edges(ruled_xs, ruled_walls, crossed_walls, ruled_texts), strict=True
    ):
        ruled_groups.append(ruled_groups[-1] + (is_wall or not is_crossed))
    ruled_cells: dict[int, list[str]] = {}
    for ruled_line in ruled_lines:
        ruled_by_group: dict[int, list[str]] = {}
        for ruled_word in ruled_line:
            column = ruled_interval(ruled_xs, (ruled_word.x1 + ruled_word.x2) / 2)
            ruled_by_group.setdefault(ruled_groups[column or 0], []).append(ruled_word.text.strip())
        for group, ruled_words in ruled_by_group.items():
            ruled_cells.setdefault(group, []).append(" ".join(ruled_words))
    return ["\n".join(ruled_cells.get(group, [])) for group in ruled_groups]


def _spanned_ruled_edges(
    ruled_xs: list[float], ruled_walls: list[bool], crossed_walls: list[bool], ruled_lines: list[list[Box]]
) -> list[bool]:
    """Which inner edges a cell's text runs over, or would, if it stood in the middle of columns that no other is in."""
    spanned_ruled = list(crossed_walls)
    walls = [0, *(k + 1 for k, is_wall in enumerate(ruled_walls) if is_wall), len(ruled_xs) - 1]
    are_heads = not any(is_number(ruled_text.text) for line in ruled_lines for ruled_text in line)
    for a, b in pairwise(walls):
        if not any(crossed_walls[a : b - 1]) and not (are_heads and len(walls) > 2):
            continue
        texts_between = [[t for t in line if ruled_xs[a] <= (t.x1 + t.x2) / 2 < ruled_xs[b]] for line in ruled_lines]
        text_middles = [ruled_text[0].x1 + ruled_text[0].x2 for ruled_text in texts_between if ruled_text]
        are_centred = all(
            abs(middle - ruled_xs[a] - ruled_xs[b]) < 0.1 * (ruled_xs[b] - ruled_xs[a]) for middle in text_middles
        )
        if are_centred and all(len(ruled_text) < 2 for ruled_text in texts_between):
            spanned_ruled[a : b - 1] = [True] * (b - 1 - a)
        elif are_heads:
            for first, last in _spans_of_ruled_heads(
                ruled_xs[a : b + 1], [ruled_text for line in texts_between for ruled_text in line]
            ):
                spanned_ruled[a + first : a + last] = [True] * (last - first)
    return spanned_ruled


def _spans_of_ruled_heads(ruled_xs: list[float], ruled_heads: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """The columns, first and last, in whose middle a text stands that runs over an edge: as many as no other is in."""
    ruled_columns = [
        (ruled_interval(ruled_xs, text.x1 + 1) or 0, ruled_interval(ruled_xs, text.x2 - 1) or 0) for text in ruled_heads
    ]
    for text, (first_ruled, last_ruled) in zip(ruled_heads, ruled_columns, strict=True):
        if first_ruled == last_ruled:
            continue
        low = max((b + 1 for _, b in ruled_columns if b < first_ruled), default=0)
        high = min((a - 1 for a, _ in ruled_columns if a > last_ruled), default=len(ruled_xs) - 2)
        ruled_spans = [(a, b) for a in range(low, first_ruled + 1) for b in range(last_ruled, high + 1)]
        centred_ruled = [
            (a, b)
            for a, b in ruled_spans
            if abs(ruled_xs[a] + ruled_xs[b + 1] - text.x1 - text.x2)
            < _RULED_HEAD_OFF_CENTRE * (ruled_xs[b + 1] - ruled_xs[a])
        ]
        if centred_ruled:
            yield max(centred_ruled, key=lambda span: span[1] - span[0])


def fill_merged_cells(ruled_cells: list[list[str]], ruled_rows: Sequence[RuledRow], frame: Frame) -> list[list[str]]:
    """Cells that no line parts from the one above or before hold the same; empty rows are left out."""
    ruled_xs, _, flat, steep, _ = frame
    _merge_cells_down(ruled_cells, ruled_rows, frame)
    ruled_heads = next((i for i, row in enumerate(ruled_cells) if any(map(is_number, row[1:]))), len(ruled_cells))
    ruled_edges = [any(abs(s.x1 - x) < NEAR for s in steep) for x in ruled_xs]
    for i, (row, ruled_row) in enumerate(zip(ruled_cells, ruled_rows, strict=True)):
        ruled_lines = [s for s in flat if abs(s.y1 - ruled_row.top) < NEAR] if ruled_row.drawn else []
        ruled_walls = [s for s in steep if s.y1 - 1 <= (ruled_row.top + ruled_row.bottom) / 2 <= s.y2 + 1]
        is_parted_by_wall = any(ruled_xs[0] + NEAR < s.x1 < ruled_xs[-1] - NEAR for s in ruled_walls)
        for j in range(len(row)):
            x = (ruled_xs[j] + ruled_xs[j + 1]) / 2
            above = ruled_cells[i - 1][j] if i and ruled_row.drawn else ""
            if above and len(above) < 80 and not row[j] and not any(s.x1 - 1 <= x <= s.x2 + 1 for s in ruled_lines):
                row[j] = above
            may_reach = (bool(steep) and i < ruled_heads) or (is_parted_by_wall and ruled_edges[j])
            if j and may_reach and not row[j] and row[j - 1] and len(set(row[:j])) > 1:
                row[j] = row[j] if any(abs(s.x1 - ruled_xs[j]) < NEAR for s in ruled_walls) else row[j - 1]
    return [row for row in ruled_cells if any(row)]


def without_empty_ruled_columns(rows: Sequence[list[str]]) -> list[list[str]]:
    filled_columns = [j for j in range(len(rows[0])) if any(ruled_row[j] for ruled_row in rows)] if rows else []
    return [[ruled_row[j] for j in filled_columns] for ruled_row in rows]


def _merge_cells_down(ruled_cells: list[list[str]], ruled_rows: Sequence[RuledRow], frame: Frame) -> None:
    """Give all rows of a merged cell its whole text: its sides are drawn, and no line between its rows."""
    ruled_xs, _, flat, steep, _ = frame
    ruled_strokes = [[s for s in steep if abs(s.x1 - x) < NEAR] for x in ruled_xs]
    # of a table without lines at its left or right
    unwalled_sides = [not strokes and k in (0, len(ruled_xs) - 1) for k, strokes in enumerate(ruled_strokes)]
    walls_by_edge = [
        [unwalled_sides[k] or not _is_unwalled_at(strokes, (row.top + row.bottom) / 2) for row in ruled_rows]
        for k, strokes in enumerate(ruled_strokes)
    ]
    for j, column_walls in enumerate(pairwise(ruled_xs)):
        is_walled = [a and b for a, b in zip(walls_by_edge[j], walls_by_edge[j + 1], strict=True)]
        merged_start = 0
        for i in range(1, len(ruled_cells) + 1):
            merged_cell_ends = i == len(ruled_cells) or not (is_walled[i] and is_walled[i - 1] and ruled_rows[i].drawn)
            if merged_cell_ends or _is_ruled_above(flat, sum(column_walls) / 2, ruled_rows[i].top):
                if not any(unwalled_sides[j : j + 2]) or i - merged_start <= _MOST_OPEN_RULED_ROWS:
                    _share_merged_text(ruled_cells[merged_start:i], ruled_rows[merged_start:i], j, column_walls)
                merged_start = i


def _share_merged_text(
    ruled_cells: list[list[str]], ruled_rows: Sequence[RuledRow], j: int, column_walls: tuple[float, float]
) -> None:
    """Give the rows of one cell its text, if its lines stand right below each other."""
    filled_rows = [(row[j], ruled_row) for row, ruled_row in zip(ruled_cells, ruled_rows, strict=True) if row[j]]
    if len(ruled_cells) < 2 or not filled_rows or len(filled_rows) == len(ruled_cells) > 2:
        return
    words_of_rows = [
        [w for w in ruled_row.words if column_walls[0] <= (w.x1 + w.x2) / 2 < column_walls[1]]
        for _, ruled_row in filled_rows
    ]
    for words_above, words_below in pairwise(words_of_rows):
        bottom, top = max((w.y2 for w in words_above), default=0.0), min((w.y1 for w in words_below), default=math.inf)
        if not words_above or top - bottom > words_above[0].y2 - words_above[0].y1:
            return
    ruled_text = "\n".join(ruled_text for ruled_text, _ in filled_rows)
    for ruled_row_cells in ruled_cells:
        ruled_row_cells[j] = ruled_text


def _is_ruled_above(flat_ruled: list[Stroke], x: float, y: float) -> bool:
    return any(abs(s.y1 - y) < NEAR and s.x1 - 1 <= x <= s.x2 + 1 for s in flat_ruled)


def _is_walled_row(ruled_strokes: Sequence[Stroke], ruled_row: RuledRow) -> bool:
    """Whether lines at an edge are drawn along most of a row."""
    walled_height = sum(
        min(s.y2 + 1, ruled_row.bottom) - max(s.y1 - 1, ruled_row.top)
        for s in ruled_strokes
        if s.y1 < ruled_row.bottom and s.y2 > ruled_row.top
    )
    return 2 * walled_height > ruled_row.bottom - ruled_row.top + 2


def _is_unwalled_at(ruled_strokes: Sequence[Stroke], y: float) -> bool:
    return not any(s.y1 - 1 <= y <= s.y2 + 1 for s in ruled_strokes)


# dots in a row that are leaders, at the least, and points from one to the next
_RULED_LEADER_DOTS, _RULED_DOT_STEP = 2, 8.0
_RULED_DOTS_IN_WORD = 5  # drawn as one word
_LINES_OF_RULED_PROSE = 6  # of a cell over the whole width from which on it is text in a frame, and no row


class RuledTable(NamedTuple):
    """A drawn table: the positions of its lines and, row by row, the text of its cells, line by line, without empty
    columns; `full_rows`: with these."""

    xs: list[float]
    ys: list[float]
    rows: list[list[str]]
    labels: str = ""  # of a chart or of boxes, which have no rows; lines within its paragraphs
    full_rows: Sequence[list[str]] = ()

    @property
    def columns(self) -> list[tuple[float, float]]:
        """The left and right of all columns."""
        return [(left + NEAR, right - NEAR) for left, right in pairwise(self.xs)] if self.rows else []

    def holds(self, box: Box | Run) -> bool:
        """Whether the middle of a box lies in the table."""
        x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]


def find_ruled_tables(frames: Sequence[Frame], words: list[Box], fields: Sequence[Box] = ()) -> list[RuledTable]:
    """The drawn tables and boxes of a page, from top to bottom. `words`: those of the page in their places; `fields`:
    where something can be typed in."""
    ruled_tables = [ruled_table for frame in frames for ruled_table in _read_ruled_tables(frame, words, fields)]
    return sorted(ruled_tables, key=lambda ruled_table: ruled_table.ys[0])


def _read_ruled_tables(frame: Frame, words: list[Box], fields: Sequence[Box]) -> list[RuledTable]:
    """The table of a frame, or those above and below the running text that it holds."""
    ruled_table = _read_ruled_table(frame, words, fields)
    prose_rows = _ruled_prose_rows(frame, words) if ruled_table and ruled_table.rows else []
    if not ruled_table or not prose_rows:
        return [ruled_table] if ruled_table else []
    parts = [frame._replace(ys=frame.ys[a + 1 : b + 1]) for a, b in pairwise([-1, *prose_rows, len(frame.ys) - 1])]
    return [table for part in parts if len(part.ys) > 1 for table in _read_ruled_tables(part, words, fields)]


def _ruled_prose_rows(frame: Frame, ruled_words: list[Box]) -> list[int]:
    """Which rows are one cell from side to side with the lines of a running text in it."""
    ruled_walls = [[s for s in frame.steep if abs(s.x1 - x) < NEAR] for x in frame.xs[1:-1]]
    if not any(ruled_walls):
        return []
    ruled_rows = enumerate(cut_into_ruled_rows(frame.ys, _ruled_words(frame, ruled_words)))
    return [
        i
        for i, ruled_row in ruled_rows
        if _is_ruled_prose_row(ruled_row)
        and not any(_wall_crosses_row(ruled_wall, ruled_row) for ruled_wall in ruled_walls)
    ]


def _ruled_words(ruled_frame: Frame, ruled_words: list[Box]) -> list[Box]:
    """The words whose middles lie in a frame, or half a point beside it."""
    twice_left, twice_right, twice_top, twice_bottom = (
        2 * edge for edge in (ruled_frame.xs[0], ruled_frame.xs[-1], ruled_frame.ys[0], ruled_frame.ys[-1])
    )
    ruled_inside = [w for w in ruled_words if twice_top - 1 <= w.y1 + w.y2 < twice_bottom + 1]
    return [w for w in ruled_inside if twice_left - 1 <= w.x1 + w.x2 < twice_right + 1]


def _wall_crosses_row(wall: Sequence[Stroke], ruled_row: RuledRow) -> bool:
    return any(s.y1 - 1 <= (ruled_row.top + ruled_row.bottom) / 2 <= s.y2 + 1 for s in wall)


def _is_ruled_prose_row(ruled_row: RuledRow) -> bool:
    """Whether a row has many lines, and most of them hold one text."""
    text_lines = word_lines(ruled_row.words)
    return len(text_lines) >= _LINES_OF_RULED_PROSE and 2 * sum(
        len(parted_words(ruled_line)) < 2 for ruled_line in text_lines
    ) > len(text_lines)


def _read_ruled_table(frame: Frame, words: list[Box], fields: Sequence[Box]) -> RuledTable | None:
    ruled_words = _without_ruled_leaders(_ruled_words(frame, words))
    ruled_xs = [x for x in frame.xs if not _wall_cuts_words(x, ruled_words, frame.steep)]
    ruled_xs = undrawn_gutter_edges(ruled_xs, ruled_words)
    if len(ruled_xs) < 3:
        return None
    is_form = sum(map(RuledTable(ruled_xs, frame.ys, []).holds, fields)) >= LEAST_FORM_FIELDS
    frame = (
        frame._replace(xs=ruled_xs) if is_form else _with_rows_at_wall_ends(frame._replace(xs=ruled_xs), ruled_words)
    )
    bands = [
        ruled_row
        for ruled_row in cut_into_ruled_rows(frame.ys, ruled_words)
        for ruled_row in split_ruled_row(ruled_row, ruled_xs)
    ]
    ruled_cells = ruled_row_texts(bands, frame)
    if is_form and frames_figures_alone(frame, words):
        return None
    if is_form or are_form_boxes(frame, ruled_cells):
        return _ruled_boxes(bands, frame)
    ruled_rows = bands if frame.has_whole_rows else split_ruled_text_rows(bands, ruled_xs)
    ruled_cells = ruled_cells if ruled_rows == bands else ruled_row_texts(ruled_rows, frame)
    merged_rows = fill_merged_cells(ruled_cells, ruled_rows, frame)
    ruled_cells = without_empty_ruled_columns(merged_rows)
    return (
        RuledTable(ruled_xs, frame.ys, ruled_cells, full_rows=merged_rows)
        if len(ruled_cells) > 1 and len(ruled_cells[0]) > 1
        else None
    )


def _ruled_boxes(bands: Sequence[RuledRow], frame: Frame) -> RuledTable | None:
    """The boxes of a form or a figure as a table without rows; None of those that are empty."""
    ruled_rows = [ruled_row for ruled_row in bands for ruled_row in split_ruled_figures(ruled_row, frame.xs)]
    ruled_cells = fill_merged_cells(ruled_row_texts(ruled_rows, frame, in_boxes=True), ruled_rows, frame)
    ruled_paragraphs = form_box_paragraphs(without_empty_ruled_columns(ruled_cells))
    return RuledTable(frame.xs, frame.ys, [], ruled_paragraphs) if any(map(any, ruled_cells)) else None


def _with_rows_at_wall_ends(frame: Frame, ruled_words: list[Box]) -> Frame:
    """The frame with a line between a text over two columns and those of the columns, where the wall between these
    begins or ends below or above it."""
    ruled_lines = []
    for wall_left, wall_x, wall_right in zip(frame.xs, frame.xs[1:], frame.xs[2:], strict=False):
        ruled_walls = [s for s in frame.steep if abs(s.x1 - wall_x) < NEAR]
        ruled_ends = {(s.y1, True) for s in ruled_walls} | {(s.y2, False) for s in ruled_walls}
        ruled_column = [w for w in ruled_words if wall_left < (w.x1 + w.x2) / 2 < wall_right] if ruled_ends else []
        ruled_lines += [
            Stroke(wall_left, y, wall_right, y)
            for y, is_top in ruled_ends
            if _is_row_at_wall_end(y, frame.ys, ruled_column, is_top)
        ]
    if not ruled_lines or len(frame.ys) < 3:
        return frame
    ruled_ys = sorted([*frame.ys, *(wall_end_rule.y1 for wall_end_rule in ruled_lines)])
    ruled_ys = ruled_ys[:1] + [b for a, b in pairwise(ruled_ys) if b - a > NEAR]
    return frame._replace(ys=ruled_ys, flat=[*frame.flat, *ruled_lines])


def _is_row_at_wall_end(wall_end: float, ys: list[float], ruled_words: Sequence[Box], is_top: bool) -> bool:
    """Whether a wall's end parts two rows between drawn lines: beyond it stands one text alone, over both columns."""
    rule_above = max((edge for edge in ys if edge <= wall_end), default=wall_end)
    rule_below = min((edge for edge in ys if edge > wall_end), default=wall_end)
    if min(wall_end - rule_above, rule_below - wall_end) <= 2 * NEAR or any(
        w.y1 + 1 < wall_end < w.y2 - 1 for w in ruled_words
    ):
        return False
    ruled_rows = cut_into_ruled_rows(
        [rule_above, wall_end, rule_below], [w for w in ruled_words if rule_above < (w.y1 + w.y2) / 2 < rule_below]
    )
    beyond = word_lines(ruled_rows[0 if is_top else 1].words)
    return all(row.words for row in ruled_rows) and all(len(parted_words(ruled_line)) == 1 for ruled_line in beyond)


def _without_ruled_leaders(ruled_words: list[Box]) -> list[Box]:
    """Words without the dots from a text to the edge of its cell, drawn as one word or as a row of them."""
    ruled_dots = sorted((w for w in ruled_words if not w.text.strip(".")), key=lambda w: (round(w.y1), w.x1))
    if not ruled_dots:
        return ruled_words
    ruled_rows = [ruled_dots[:1]]
    for previous, dot in pairwise(ruled_dots):
        if round(previous.y1) == round(dot.y1) and dot.x1 - previous.x2 < _RULED_DOT_STEP:
            ruled_rows[-1].append(dot)
        else:
            ruled_rows.append([dot])
    leader_dots = {
        dot
        for row in ruled_rows
        if len(row) >= _RULED_LEADER_DOTS or len(row[0].text) >= _RULED_DOTS_IN_WORD
        for dot in row
    }
    return [ruled_word for ruled_word in ruled_words if ruled_word not in leader_dots]


def _wall_cuts_words(wall_x: float, ruled_words: list[Box], steep: Sequence[Stroke]) -> bool:
    """Whether a line at `wall_x` would run through words where it is drawn, and so is no border."""
    drawn_walls = [(s.y1, s.y2) for s in steep if abs(s.x1 - wall_x) < NEAR]
    crossed = [(w.y1 + w.y2) / 2 for w in ruled_words if w.x1 + 1.5 < wall_x < w.x2 - 1.5]
    cut_words = sum(any(y1 <= y <= y2 for y1, y2 in drawn_walls) for y in crossed) if drawn_walls else len(crossed)
    return cut_words > 0.04 * len(ruled_words) + 1
