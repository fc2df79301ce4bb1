"""The heads of a borderless table's columns: the lines that hold them, and the cells that each of them fills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from groundwork.documents.layout.tables.gutters import (
    GutterRow,
    GutterText,
    column_at,
    columns_under,
    cut_row_at_gutters,
    is_gutter_row,
)
from groundwork.documents.layout.text_runs_and_lines import Stretches, is_number, is_typed_rule, item_label
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords

_YEAR_HEAD = re.compile(r"\(?(?:1[89]|20)\d\d\)?(?:[-–/](?:\d\d){1,2})?\W?")
_MOST_HEAD_LINES = 8  # lines of heads
_OFF_CENTRE_OF_COLUMNS = 0.4  # sizes by which a head may stand out of the middle of its columns
GROUP_NAME_GAP = 2.6  # sizes above the name of a group of rows
TIGHT_STEP = 0.88  # of the distance to the row below, between two lines of a head
_HEAD_GAP = 0.6  # sizes between two lines of one head


class _Head(NamedTuple):
    """A head's text, its columns and the lines of heads that it fills, [first, end)."""

    text: str
    columns: tuple[int, ...]
    first: int
    end: int


def is_dashes_below_heads(head_line: GutterRow) -> bool:
    """Whether a line holds dashes below each head alone."""
    return bool(head_line.texts) and all(is_typed_rule(text.text) for text in head_line.texts)


def count_head_lines(lines_below_heads: Sequence[GutterRow], columns: Stretches) -> int:
    """How many lines of a table are heads: those above the first with a number beside its first cell.

    Years over other columns than the first are heads too. Of a table with few numbers those above its first cell.
    """
    has_figures_beside = [
        any(is_number(text.text) for text in row.texts[1:]) and not _are_year_heads(row, columns)
        for row in lines_below_heads
    ]
    if sum(has_figures_beside) > 1 and (first_figure_row := has_figures_beside.index(True)) <= _MOST_HEAD_LINES:
        return _heads_without_group_name(lines_below_heads, first_figure_row, columns)
    return next((i for i, row in enumerate(lines_below_heads) if column_at(row.texts[0], columns) == 0), 0)


def _heads_without_group_name(table_lines: Sequence[GutterRow], heads_end: int, columns: Stretches) -> int:
    """Where heads end that are followed by the name of a group of rows, or by a label's first line."""
    last_head = table_lines[heads_end - 1] if heads_end > 1 else None
    if last_head is None or len(last_head.texts) > 1 or is_typed_rule(last_head.texts[0].text):
        return heads_end
    group_column, head_above = column_at(last_head.texts[0], columns), table_lines[heads_end - 2]
    if head_above.is_ruled(columns) and not last_head.is_ruled(columns):
        return heads_end - 1
    if len(head_above.texts) < 2:
        return heads_end
    is_under_head = any(column_at(text, columns) == group_column for text in head_above.texts)
    return (
        heads_end
        if is_under_head and last_head.y2 - head_above.y2 < TIGHT_STEP * (table_lines[heads_end].y2 - last_head.y2)
        else heads_end - 1
    )


def _are_year_heads(head_line: GutterRow, columns: Stretches) -> bool:
    return all(_YEAR_HEAD.fullmatch(text.text) and column_at(text, columns) > 0 for text in head_line.texts)


def head_rows(head_lines: Sequence[GutterRow], columns: Stretches, vocabulary: DocumentWords) -> list[list[str]]:
    """The rows of the heads: each head in all the cells that it fills."""
    heads: list[_Head] = []
    head_lines = [cut_row_at_gutters(_spread_heads_evenly(head_line, columns), columns) for head_line in head_lines]
    for i, head_line in enumerate(head_lines):
        for text in head_line.texts:
            if not is_typed_rule(text.text):
                _add_head(
                    heads, _Head(text.text, _head_columns(text, columns), i, i + 1), head_lines, columns, vocabulary
                )
    head_cells = _cells_of_heads(heads, len(head_lines), len(columns))
    return [
        head_line
        for head_line, head_row_below in zip_longest(head_cells, head_cells[1:])
        if any(head_line) and not _is_repeated_in_heads_below(head_line, head_row_below)
    ]


def _cells_of_heads(heads: Sequence[_Head], head_line_count: int, column_count: int) -> list[list[str]]:
    """Each head down to the next one below it."""
    head_cells = [[""] * column_count for _ in range(head_line_count)]
    for head in heads:
        starts_below = [
            head_below.first
            for head_below in heads
            if head_below.first >= head.end and set(head_below.columns) & set(head.columns)
        ]
        for head_row in head_cells[head.first : min(starts_below, default=head_line_count)]:
            for k in head.columns:
                head_row[k] = f"{head_row[k]} {head.text}".strip()
    return head_cells


def _is_repeated_in_heads_below(head_row: list[str], heads_below: list[str] | None) -> bool:
    """Whether the row below holds the same heads, and perhaps one more where this row has none."""
    return heads_below is not None and all(
        not head or head == head_below for head, head_below in zip(head_row, heads_below, strict=True)
    )


def _spread_heads_evenly(head_line: GutterRow, columns: Stretches) -> GutterRow:
    """A line of heads whose texts stand in the middles of groups of columns, which they share out among them."""
    if len(head_line.texts) * 2 >= len(columns) or any(text.reach for text in head_line.texts):
        return head_line
    for first_head_column in range(1, 3):
        spread_heads, first_headed = [], first_head_column
        for text in head_line.texts:
            head_middle = (text.x1 + text.x2) / 2
            last_headed = [
                k
                for k in range(first_headed + 1, len(columns))
                if _is_head_centred(columns[first_headed][0] + columns[k][1], head_middle, head_line.size)
            ]
            if not last_headed:
                break
            spread_heads.append(text._replace(reach=(columns[first_headed][0], columns[last_headed[0]][1])))
            first_headed = last_headed[0] + 1
        is_single_head = len(spread_heads) == 1 and any(
            _is_head_centred(a + b, head_middle, head_line.size) for a, b in columns
        )
        if first_headed == len(columns) and len(spread_heads) == len(head_line.texts) and not is_single_head:
            return head_line._replace(texts=spread_heads)
    return head_line


def _is_head_centred(column_edges: float, head_middle: float, size: float) -> bool:
    return abs(column_edges / 2 - head_middle) < _OFF_CENTRE_OF_COLUMNS * size


def _head_columns(head_text: GutterText, columns: Stretches) -> tuple[int, ...]:
    head_columns = columns_under(head_text, columns)
    return tuple(head_columns) if head_columns and head_columns[0] > 0 else (column_at(head_text, columns),)


def _add_head(
    heads: list[_Head], head: _Head, head_lines: Sequence[GutterRow], columns: Stretches, vocabulary: DocumentWords
) -> None:
    """Add a head, or put it together with the one right above it over the same columns."""
    heads_above = [i for i, earlier_head in enumerate(heads) if set(earlier_head.columns) & set(head.columns)]
    head_above = heads[heads_above[-1]] if heads_above else None
    if head_above is None or head_above.columns != head.columns:
        heads.append(head)
    elif head_above.end > head.first:
        heads[heads_above[-1]] = head_above._replace(text=f"{head_above.text} {head.text}", end=head.end)
    elif _continues_head(
        head_lines[head_above.end - 1], head_lines[head.first], len(columns)
    ) and not head_above.text.endswith((":", "：")):
        heads[heads_above[-1]] = head_above._replace(text=vocabulary.join(head_above.text, head.text), end=head.end)
    else:
        heads.append(head)


def _continues_head(head_above: GutterRow, head_line: GutterRow, column_count: int) -> bool:
    """Whether a line of heads goes on with those above it; of two full lines most begin the second in small letters."""
    if head_line.y1 - head_above.y2 > _HEAD_GAP * head_line.size:
        return False
    lower_case_heads = sum(not text.text[0].isupper() for text in head_line.texts)
    return min(len(head_line.texts), len(head_above.texts)) < column_count or 2 * lower_case_heads > column_count


def first_head_line(rows_and_heads: Sequence[GutterRow], start: int, columns: Stretches, floor: int) -> int:
    """Where the heads begin that stand above the first row with texts side by side, which is row `start`. `floor`: the
    first row that is still free for heads."""
    ruled_head_line = _last_ruled_head_line(rows_and_heads, start, columns, floor)
    first_head = _climb_head_lines(rows_and_heads, ruled_head_line, columns, floor)
    has_spaced_head = any(is_gutter_row(row) for row in rows_and_heads[first_head : ruled_head_line + 1])
    return (
        first_head
        if ruled_head_line == start or has_spaced_head
        else _climb_head_lines(rows_and_heads, start, columns, floor)
    )


def _climb_head_lines(rows_and_heads: Sequence[GutterRow], start: int, columns: Stretches, floor: int) -> int:
    first_head = start
    while (
        first_head > floor
        and start - first_head < 6
        and rows_and_heads[first_head - 1].texts
        and _is_head_line(rows_and_heads[first_head - 1], rows_and_heads[first_head], columns)
    ):
        first_head -= 1
    return first_head


def _last_ruled_head_line(rows_and_heads: Sequence[GutterRow], start: int, columns: Stretches, floor: int) -> int:
    """The last of the heads where a line across the table parts them from the rows, or from a name above these."""
    for head_index in range(start - 1, max(floor, start - 3) - 1, -1):
        head_line, line_below_head = rows_and_heads[head_index], rows_and_heads[head_index + 1]
        if not head_line.texts or line_below_head.y1 - head_line.y2 > GROUP_NAME_GAP * line_below_head.size:
            break
        if head_line.is_ruled(columns):
            return head_index if _is_over_columns(head_line, columns) else start
        if is_gutter_row(head_line):
            break
    return start


def _is_head_line(head_line: GutterRow, line_below_head: GutterRow, columns: Stretches) -> bool:
    if line_below_head.y1 - head_line.y2 > 0.9 * head_line.size or head_line.size > 1.15 * line_below_head.size:
        return False
    return _is_over_columns(head_line, columns)


def _is_over_columns(head_line: GutterRow, columns: Stretches) -> bool:
    """Whether a line holds texts that may be heads of the columns."""
    if item_label(head_line.texts[0].text):
        return False
    stands_out = (
        head_line.texts[0].x1 < columns[0][0] - head_line.size
        or head_line.texts[-1].x2 > columns[-1][1] + head_line.size
    )
    if stands_out and heads_over_no_column(head_line, columns) is None:
        return False
    if _is_caption_above_heads(head_line, columns):
        return False
    return head_line.texts[0].x1 > columns[0][1] - 2 or len(head_line.texts) > 1


def _is_caption_above_heads(head_line: GutterRow, columns: Stretches) -> bool:
    """Whether a line begins where the table does and holds a long text that runs over most of it."""
    least_heads_width = 0.6 * (columns[-1][1] - columns[0][0])
    has_text = any(text.x2 - text.x1 > least_heads_width and len(text.text.split()) > 4 for text in head_line.texts)
    return has_text and head_line.texts[0].x1 < columns[0][0] + head_line.size and len(head_line.texts) < 3


def heads_over_no_column(head_line: GutterRow, columns: Stretches) -> Stretches | None:
    """Where the texts of a line stand that are over no column; None unless one text is over each column."""
    columns_below = [
        [k for k, (x1, x2) in enumerate(columns) if text.x1 < x2 and text.x2 > x1] for text in head_line.texts
    ]
    if [k for head_columns in columns_below for k in head_columns] != list(range(len(columns))):
        return None
    return [(text.x1, text.x2) for text, below in zip(head_line.texts, columns_below, strict=True) if not below]


def add_empty_columns(columns: Stretches, heads: Sequence[GutterRow]) -> Stretches:
    """The columns, and those that a line of heads names and no row fills."""
    head_stretches = next((stretches for row in heads if (stretches := heads_over_no_column(row, columns))), ())
    return sorted([*columns, *head_stretches])
