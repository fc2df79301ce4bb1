"""Cells of a borderless table that wrap: their texts go on over several lines, above or below those of other cells."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.tables.borderless_rows import BorderlessRow, BorderlessText, is_borderless_row
from groundwork.documents.layout.tables.column_heads import TIGHT_STEP, is_dashes_below_heads
from groundwork.documents.layout.tables.columns_and_gutters import column_at, columns_under, cut_row_at_gutters
from groundwork.documents.layout.text_runs_and_lines import Stretches, is_number
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords

_BESIDE_LINE_STEP = 0.8  # sizes between two lines that stand beside each other in part


def _cells_of_line(row: BorderlessRow, columns: Stretches) -> list[str]:
    """The texts of a row by column."""
    cells = [""] * len(columns)
    for i, text in enumerate(cut_row_at_gutters(row, columns).texts):
        k = column_at(text, columns) if i or text.x1 > columns[0][1] else 0
        cells[k] = f"{cells[k]} {text.text}".strip()
    return cells


def wrapped_cells(
    rows: Sequence[BorderlessRow],
    columns: list[tuple[float, float]],
    vocabulary: DocumentWords,
    head_cells: Sequence[list[str]] = (),
    head_row: BorderlessRow | None = None,
) -> list[list[str]]:
    """The cells of the rows below the heads, each with the lines that it wraps over, behind those of the last head,
    which they may go on with. `head_row`: the line of that head."""
    wrapped_rows = list(head_cells)
    row_steps = [b.y2 - a.y2 for a, b in pairwise(rows) if is_borderless_row(a) and is_borderless_row(b)]
    row_step = statistics.median(row_steps) if row_steps else 0.0
    wrapped_row = head_row
    for row in rows:
        if is_dashes_below_heads(row):
            wrapped_row = None
            continue
        cells_of_line = _cells_of_line(row, columns)
        if wrapped_row and _wraps_row_above(wrapped_row, row, columns, wrapped_rows[-1], cells_of_line, row_step):
            wrapped_rows[-1] = [
                vocabulary.join(upper_cell, lower_cell) if upper_cell and lower_cell else upper_cell or lower_cell
                for upper_cell, lower_cell in zip(wrapped_rows[-1], cells_of_line, strict=True)
            ]
            is_wrapped_label_complete = (
                _is_label_line(row, columns)
                and not _is_label_line(wrapped_row, columns)
                and lines_overlap(wrapped_row, row)
            )
            wrapped_row = None if is_wrapped_label_complete else row  # the label that begins below it is another row's
        else:
            wrapped_rows.append(cells_of_line)
            wrapped_row = row
    return wrapped_rows


def _wraps_row_above(
    row_above: BorderlessRow,
    row: BorderlessRow,
    columns: list[tuple[float, float]],
    wrapped_cells_above: list[str],
    line_cells: list[str],
    row_step: float,
) -> bool:
    """Whether a line carries on the cells of the row above it, which wrap. `row_step`: from a row to the next."""
    if row.y1 - row_above.y2 > 0.6 * row.size or _is_centred_group_name(row, columns):
        return False
    filled_columns = [k for k, cell in enumerate(line_cells) if cell]
    if lines_overlap(row_above, row) and _flanks_wrapped_label(row_above, row, columns, wrapped_cells_above):
        return True
    if (
        line_cells[0]
        and _is_label_line(row_above, columns)
        and not any(wrapped_cells_above[1:])
        and len(filled_columns) > 1
    ):
        return row.bold == row_above.bold and _wraps_cell_above(row.texts[0], row_above, columns)
    if any(
        is_number(line_cells[k]) and wrapped_cells_above[k] for k in filled_columns[0 if filled_columns[0] else 1 :]
    ):
        return False
    if not line_cells[0]:
        return len(filled_columns) < len(columns) and not any(is_number(wrapped_cells_above[k]) for k in filled_columns)
    if not all(wrapped_cells_above[k] for k in filled_columns) or len(filled_columns) != len(row.texts):
        return False
    if len(filled_columns) == 1 and _is_wrapped_label(row_above, row, columns, row_step):
        return True
    return all(_wraps_cell_above(text, row_above, columns) for text in row.texts)


def _is_wrapped_label(
    row_above: BorderlessRow, row: BorderlessRow, columns: list[tuple[float, float]], row_step: float
) -> bool:
    """Whether a label goes on below its first line, nearer to it than the rows are to each other."""
    wrapped_label = next((text for text in row_above.texts if column_at(text, columns) == 0), None)
    is_same_style = row.bold == row_above.bold and abs(row.size - row_above.size) < 0.1 * row.size
    is_near_label = row.y2 - row_above.y2 < TIGHT_STEP * row_step
    return wrapped_label is not None and is_same_style and is_near_label and row.texts[0].x1 > wrapped_label.x1 - 1


def lines_overlap(row_above: BorderlessRow, row: BorderlessRow) -> bool:
    """Whether two lines stand beside each other in part."""
    return row.y2 - row_above.y2 < _BESIDE_LINE_STEP * row.size


def _flanks_wrapped_label(
    row_above: BorderlessRow, row: BorderlessRow, columns: list[tuple[float, float]], wrapped_cells_above: list[str]
) -> bool:
    """Whether a row stands beside the middle of its label of two lines, and a line is one of these three."""
    if _is_label_line(row_above, columns):
        return all(column_at(text, columns) > 0 for text in row.texts)
    return (
        _is_label_line(row, columns)
        and bool(wrapped_cells_above[0])
        and all(column_at(text, columns) > 0 for text in row_above.texts)
    )


def _is_label_line(row: BorderlessRow, columns: list[tuple[float, float]]) -> bool:
    """Whether a line holds texts of the first column alone."""
    return all(column_at(text, columns) == 0 for text in row.texts)


def _wraps_cell_above(cell_text: BorderlessText, row_above: BorderlessRow, columns: list[tuple[float, float]]) -> bool:
    """Whether a text goes on with a cell of the line above, at whose end its first word would have had no place."""
    k = column_at(cell_text, columns)
    cells_above = [cell_above for cell_above in row_above.texts if column_at(cell_above, columns) == k]
    word_width = (cell_text.x2 - cell_text.x1) * (len(cell_text.text.split()[0]) + 1) / len(cell_text.text)
    if not cells_above or " " not in cells_above[-1].text:
        return False
    return (cell_text.text[0].islower() or cell_text.text[0] == "(") and cells_above[-1].x2 + word_width > columns[k][1]


def _is_centred_group_name(row: BorderlessRow, columns: list[tuple[float, float]]) -> bool:
    """Whether a line holds one text alone in the middle of several columns: the name of a group of rows."""
    covered_columns = columns_under(row.texts[0]._replace(reach=None), columns) if len(row.texts) == 1 else []
    return (
        len(covered_columns) > 1
        and covered_columns[0] > 0
        and row.texts[0].x1 > columns[covered_columns[0]][0] + row.size
    )
