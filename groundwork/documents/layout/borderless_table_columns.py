"""The columns of a table without drawn cells: the stretches that the texts of its rows cover."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.borderless_table_heads import SpacedLine, Text, columns_under
from groundwork.documents.layout.text_lines import Stretches, stretches_of_most

_PARTED_ROWS = 2  # that leave the space between two columns free, at the least
_PARTED_TO_CROSSING = 3  # such rows for each whose text crosses the space, where more than one does


def find_columns(body: list[SpacedLine]) -> list[tuple[float, float]]:
    """The stretches that texts of most rows cover."""
    most_texts = max(len(row.texts) for row in body)
    rows = [row.texts for row in body if len(row.texts) >= max(2, 0.6 * most_texts)]
    stretches = stretches_of_most([[(text.x1, text.x2) for text in row] for row in rows])
    return [column for stretch in stretches for column in _split_stretch(stretch, rows)]


def _split_stretch(stretch: tuple[float, float], rows: Sequence[Sequence[Text]]) -> list[tuple[float, float]]:
    """The columns of a stretch that several rows part and few cross: a head over two columns, or a value of both.

    Most texts at the right of the space hold a figure; words alone may be of running text.
    """
    texts_inside = [[text for text in row if stretch[0] <= (text.x1 + text.x2) / 2 <= stretch[1]] for row in rows]
    parted_rows = [texts for texts in texts_inside if len(texts) > 1]
    columns = [stretch]
    for (_, start), (stop, _) in pairwise(merge_stretches([(t.x1, t.x2) for texts in parted_rows for t in texts])):
        crossing = sum(text.x1 < start and text.x2 > stop for texts in texts_inside for text in texts)
        values = [next((t for t in texts if t.x1 >= stop), None) for texts in parted_rows if texts[0].x2 <= start]
        parting = sum(value is not None for value in values)
        figures = sum(value is not None and any(map(str.isdigit, value.text)) for value in values)
        least = _PARTED_TO_CROSSING * crossing if crossing > 1 else _PARTED_ROWS
        if parting >= least and 2 * figures >= parting:
            columns[-1:] = [(columns[-1][0], start), (stop, columns[-1][1])]
    return columns


def extra_heads(row: SpacedLine, columns: Stretches) -> Stretches | None:
    """Where the texts of a line stand that are over no column; None unless one text is over each column."""
    over = [[k for k, (x1, x2) in enumerate(columns) if text.x1 < x2 and text.x2 > x1] for text in row.texts]
    if [k for under in over for k in under] != list(range(len(columns))):
        return None
    return [(text.x1, text.x2) for text, under in zip(row.texts, over, strict=True) if not under]


def add_empty_columns(columns: list[tuple[float, float]], heads: Sequence[SpacedLine]) -> list[tuple[float, float]]:
    """The columns, and those that a line of heads names and no row fills."""
    extra = next((found for row in heads if (found := extra_heads(row, columns))), ())
    return sorted([*columns, *extra])


def merge_columns(columns: list[tuple[float, float]], rows: Sequence[SpacedLine]) -> list[tuple[float, float]]:
    """The columns, two as one where no row has texts in both: heads that stand beside what they are the heads of."""
    column_sets = []
    for row in rows:
        text_columns = [columns_under(text, columns) for text in row.texts]
        column_sets.append({cells[0] if len(cells) == 1 else -1 for cells in text_columns})
    merged = [(columns[0], {0})]
    for k in range(1, len(columns)):
        share_a_row = any(k in cells and merged[-1][1] & cells for cells in column_sets)
        if share_a_row:
            merged.append((columns[k], {k}))
        else:
            merged[-1] = ((merged[-1][0][0], columns[k][1]), merged[-1][1] | {k})
    return [column for column, _ in merged]


def merge_stretches(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches from left to right, those that touch as one."""
    merged: list[tuple[float, float]] = []
    for x1, x2 in sorted(stretches):
        if merged and x1 < merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], x2))
        else:
            merged.append((x1, x2))
    return merged
