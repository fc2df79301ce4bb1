"""The heads of a borderless table's columns: the lines that hold them, and the cells that each of them fills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from groundwork.documents.layout.tables.column_gutters import (
    SpacedLine,
    Text,
    column_at,
    columns_under,
    cut_row,
)
from groundwork.documents.layout.text_lines import Stretches, is_number, is_rule
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords

_YEAR = re.compile(r"\(?(?:1[89]|20)\d\d\)?(?:[-–/](?:\d\d){1,2})?\W?")
_MOST_HEAD_LINES = 8  # lines of heads
_OFF_CENTRE = 0.4  # sizes by which a head may stand out of the middle of its columns
TIGHT_STEP = 0.88  # of the distance to the row below, between two lines of a head
_HEAD_GAP = 0.6  # sizes between two lines of one head


class _Head(NamedTuple):
    """A head's text, its columns and the lines of heads that it fills, [first, end)."""

    text: str
    columns: tuple[int, ...]
    first: int
    end: int


def is_rule_row(row: SpacedLine) -> bool:
    """Whether a line holds dashes below each head alone."""
    return bool(row.texts) and all(is_rule(text.text) for text in row.texts)


def heads_end(rows: Sequence[SpacedLine], columns: Stretches) -> int:
    """How many lines of a table are heads: those above the first with a number beside its first cell.

    Years over other columns than the first are heads too. Of a table with few numbers those above its first cell.
    """
    are_figures = [any(is_number(text.text) for text in row.texts[1:]) and not _are_years(row, columns) for row in rows]
    if sum(are_figures) > 1 and (end := are_figures.index(True)) <= _MOST_HEAD_LINES:
        return _without_name(rows, end, columns)
    return next((i for i, row in enumerate(rows) if column_at(row.texts[0], columns) == 0), 0)


def _without_name(rows: Sequence[SpacedLine], end: int, columns: Stretches) -> int:
    """Where heads end that are followed by the name of a group of rows, or by a label's first line."""
    group = rows[end - 1] if end > 1 else None
    if group is None or len(group.texts) > 1 or is_rule(group.texts[0].text):
        return end
    k, above = column_at(group.texts[0], columns), rows[end - 2]
    if above.is_ruled(columns) and not group.is_ruled(columns):
        return end - 1
    if len(above.texts) < 2:
        return end
    is_under = any(column_at(text, columns) == k for text in above.texts)
    return end if is_under and group.y2 - above.y2 < TIGHT_STEP * (rows[end].y2 - group.y2) else end - 1


def _are_years(row: SpacedLine, columns: Stretches) -> bool:
    return all(_YEAR.fullmatch(text.text) and column_at(text, columns) > 0 for text in row.texts)


def head_rows(rows: Sequence[SpacedLine], columns: Stretches, vocabulary: DocumentWords) -> list[list[str]]:
    """The rows of the heads: each head in all the cells that it fills."""
    heads: list[_Head] = []
    rows = [cut_row(_spread_evenly(row, columns), columns) for row in rows]
    for i, row in enumerate(rows):
        for text in row.texts:
            if not is_rule(text.text):
                _add_head(heads, _Head(text.text, _head_columns(text, columns), i, i + 1), rows, columns, vocabulary)
    head_cells = [[""] * len(columns) for _ in rows]
    for head in heads:
        starts = [lower.first for lower in heads if lower.first >= head.end and set(lower.columns) & set(head.columns)]
        for cells in head_cells[head.first : min(starts, default=len(rows))]:
            for k in head.columns:
                cells[k] = f"{cells[k]} {head.text}".strip()
    return [row for row, below in zip_longest(head_cells, head_cells[1:]) if any(row) and not _is_part(row, below)]


def _is_part(row: list[str], below: list[str] | None) -> bool:
    """Whether the row below holds the same heads, and perhaps one more where this row has none."""
    return below is not None and all(not head or head == lower for head, lower in zip(row, below, strict=True))


def _spread_evenly(row: SpacedLine, columns: Stretches) -> SpacedLine:
    """A line of heads whose texts stand in the middles of groups of columns, which they share out among them."""
    if len(row.texts) * 2 >= len(columns) or any(text.reach for text in row.texts):
        return row
    for first_column in range(1, 3):
        texts, start = [], first_column
        for text in row.texts:
            middle = (text.x1 + text.x2) / 2
            last_columns = [
                k
                for k in range(start + 1, len(columns))
                if _is_head_centred(columns[start][0] + columns[k][1], middle, row.size)
            ]
            if not last_columns:
                break
            texts.append(text._replace(reach=(columns[start][0], columns[last_columns[0]][1])))
            start = last_columns[0] + 1
        is_single = len(texts) == 1 and any(_is_head_centred(a + b, middle, row.size) for a, b in columns)
        if start == len(columns) and len(texts) == len(row.texts) and not is_single:
            return row._replace(texts=texts)
    return row


def _is_head_centred(edges: float, middle: float, size: float) -> bool:
    return abs(edges / 2 - middle) < _OFF_CENTRE * size


def _head_columns(text: Text, columns: Stretches) -> tuple[int, ...]:
    under = columns_under(text, columns)
    return tuple(under) if under and under[0] > 0 else (column_at(text, columns),)


def _add_head(
    heads: list[_Head], head: _Head, rows: Sequence[SpacedLine], columns: Stretches, vocabulary: DocumentWords
) -> None:
    """Add a head, or put it together with the one right above it over the same columns."""
    overlapping = [i for i, earlier in enumerate(heads) if set(earlier.columns) & set(head.columns)]
    upper = heads[overlapping[-1]] if overlapping else None
    if upper is None or upper.columns != head.columns:
        heads.append(head)
    elif upper.end > head.first:
        heads[overlapping[-1]] = upper._replace(text=f"{upper.text} {head.text}", end=head.end)
    elif _continues(rows[upper.end - 1], rows[head.first], len(columns)) and not upper.text.endswith((":", "：")):
        heads[overlapping[-1]] = upper._replace(text=vocabulary.join(upper.text, head.text), end=head.end)
    else:
        heads.append(head)


def _continues(above: SpacedLine, row: SpacedLine, column_count: int) -> bool:
    """Whether a line of heads goes on with those above it; of two full lines most begin the second in small letters."""
    if row.y1 - above.y2 > _HEAD_GAP * row.size:
        return False
    small_texts = sum(not text.text[0].isupper() for text in row.texts)
    return min(len(row.texts), len(above.texts)) < column_count or 2 * small_texts > column_count
