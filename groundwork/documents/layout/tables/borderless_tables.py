"""Borderless tables, without drawn cells: read from the spaces between their words.

Rows are lines with words far apart; columns are the stretches that the words of most rows cover. Lines with a single
text belong to a table where they stand among its rows: the name of a group, the rest of a cell, or the part of its
heads that spans several columns. A head reaches over the columns that it covers, or that the line drawn below it does.
What stands below a head and over the same columns goes on with it; a head fills its columns down to the next one.

Contents without leaders, numbered lists, formulas below each other and running text in columns have parts that stand as
far apart, and are no tables.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.tables.contents_lists_and_formulas import (
    are_formulas,
    are_list_bullets,
    contents_entries,
    is_justified,
    is_prose,
    numbered_list_items,
)
from groundwork.documents.layout.tables.gutters import (
    GutterRow,
    GutterText,
    column_at,
    columns_between_gutters,
    columns_under,
    cut_row_at_gutters,
    is_gutter_row,
    merge_gutter_columns,
    merge_gutter_stretches,
    part_at_aligned_gutters,
    part_at_figure_gutters,
    row_with_gutters,
)
from groundwork.documents.layout.tables.table_heads import (
    GROUP_NAME_GAP,
    TIGHT_STEP,
    add_empty_columns,
    count_head_lines,
    first_head_line,
    head_rows,
    is_dashes_below_heads,
)
from groundwork.documents.layout.text_runs_and_lines import Line, Stretches, is_number, item_label
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords

_BORDERLESS_ROW_GAP = 2.4  # line heights between two rows of one table


class BorderlessTable(NamedTuple):
    """A table of the lines [start, end): its rows, cell by cell; of a table of contents, its titles and pages; of a
    list, its numbers and texts. `columns`: the left and right of each column of a table."""

    start: int
    end: int
    rows: list[list[str]]
    is_contents: bool = False
    is_list: bool = False
    columns: Stretches = ()


def find_borderless_tables(
    lines: Sequence[Line],
    vocabulary: DocumentWords,
    columns_end: Callable[[int], int] = lambda start: start,
    columns_above: Stretches = (),
) -> list[BorderlessTable]:
    """The tables among lines that follow each other from top to bottom.

    `columns_end`: where the columns of text or lists end that begin at a line; they are no tables. `columns_above`: of
    the table at the foot of the page before, with which the first rows may go on.
    """
    borderless_rows = [row_with_gutters(line) for line in lines]
    table_overleaf = (
        _borderless_table_overleaf(list(borderless_rows), vocabulary, columns_above) if columns_above else None
    )
    borderless_tables: list[BorderlessTable] = []
    borderless_index = first_free_row = 0
    while borderless_index < len(borderless_rows):
        columns_stop = columns_end(borderless_index)
        table = (
            _BorderlessTableReader(borderless_rows, vocabulary, first_free_row).table(borderless_index)
            if columns_stop == borderless_index and is_gutter_row(borderless_rows[borderless_index])
            else None
        )
        if table:
            borderless_tables.append(table)
        borderless_index = table.end if table else max(borderless_index + 1, columns_stop)
        first_free_row = borderless_index if table or columns_stop == borderless_index else first_free_row
    if (
        not table_overleaf
        or (borderless_tables and not _overleaf_goes_before(table_overleaf, borderless_tables[0]))
        or _is_above_ruled_table(lines, table_overleaf)
    ):
        return borderless_tables
    return [table_overleaf, *(table for table in borderless_tables if table.start >= table_overleaf.end)]


def _is_above_ruled_table(lines: Sequence[Line], borderless_table: BorderlessTable) -> bool:
    return borderless_table.end < len(lines) and bool(lines[borderless_table.end].table)


def _overleaf_goes_before(table_overleaf: BorderlessTable, table: BorderlessTable) -> bool:
    """Whether rows of the page before stand above a table, or are what it was made of without the columns that they
    leave empty."""
    if table.start >= table_overleaf.end:
        return True
    return table.start == 0 and table.end <= table_overleaf.end and len(table.rows[0]) < len(table_overleaf.columns)


def _borderless_table_overleaf(
    borderless_rows: list[GutterRow], vocabulary: DocumentWords, columns: Stretches
) -> BorderlessTable | None:
    """The first rows of a page in the columns of the table before it: they may be too few to be one by themselves."""
    end = _overleaf_end(borderless_rows, columns)
    rows_overleaf = [row for row in borderless_rows[:end] if is_gutter_row(row)]
    table_reader = _BorderlessTableReader(borderless_rows, vocabulary, 0)
    cells = wrapped_cells(borderless_rows[:end], columns, vocabulary)
    has_figures = len(columns) > 2 or any(is_number(text.text) for row in rows_overleaf for text in row.texts[1:])
    is_overleaf_table = (
        bool(rows_overleaf) and has_figures and table_reader.is_borderless_table(rows_overleaf, columns, cells)
    )
    return BorderlessTable(0, end, cells, columns=columns) if is_overleaf_table else None


def _overleaf_end(borderless_rows: Sequence[GutterRow], columns: Stretches) -> int:
    """Where the rows end that stand in those columns; 0 where the first line is none."""
    borderless_end = 0
    for row_index, row in enumerate(borderless_rows):
        if not row.texts or (
            row_index and row.y1 - borderless_rows[row_index - 1].y2 > (_BORDERLESS_ROW_GAP - 1) * row.size
        ):
            break
        borderless_spans = [(borderless_text.x1, borderless_text.x2) for borderless_text in row.texts]
        if len(merge_gutter_stretches([*columns, *borderless_spans])) < len(columns):
            break
        filled_columns = {column_at(borderless_text, columns) for borderless_text in row.texts}
        goes_on_overleaf = borderless_end > 0 and not is_gutter_row(row) and 0 not in filled_columns
        if not goes_on_overleaf and (
            len(filled_columns) < len(row.texts) or len(filled_columns) < 2 or 2 * len(filled_columns) <= len(columns)
        ):
            break
        borderless_end = row_index + 1
    return borderless_end


class _BorderlessTableReader:
    """Reads the table that begins at a row; `floor`: the first row that is still free for its heads."""

    def __init__(self, borderless_rows: list[GutterRow], vocabulary: DocumentWords, floor: int) -> None:
        self.borderless_rows, self.vocabulary, self.floor = borderless_rows, vocabulary, floor

    def table(self, start: int) -> BorderlessTable | None:
        end = self._borderless_rows_end(start)
        self.borderless_rows[start:end] = part_at_aligned_gutters(
            part_at_figure_gutters(self.borderless_rows[start:end])
        )
        borderless_rows = [row for row in self.borderless_rows[start:end] if is_gutter_row(row)]
        if len(borderless_rows) < 3 and not _is_record_of_two_rows(self.borderless_rows[start:end]):
            return None
        borderless_columns = columns_between_gutters(borderless_rows)
        if len(borderless_columns) < 2:
            return None
        borderless_start = first_head_line(self.borderless_rows, start, borderless_columns, self.floor)
        borderless_columns = add_empty_columns(borderless_columns, self.borderless_rows[borderless_start:start])
        borderless_columns = merge_gutter_columns(borderless_columns, self.borderless_rows[borderless_start:end])
        if len(borderless_columns) < 2:
            return None
        if contents_rows := contents_entries(self.borderless_rows[start:end]):
            return BorderlessTable(start, end, contents_rows, is_contents=True)
        cells = self._cells(borderless_start, end, borderless_columns)
        if len(borderless_rows) < 3 and not all(map(all, cells)):
            return None  # two lines that do not share their columns
        borderless_list_start = start if cells and not cells[0][0] and cells[0][-1][:1].islower() else borderless_start
        if borderless_list := numbered_list_items(
            self._cells(borderless_list_start, end, borderless_columns)
            if borderless_list_start > borderless_start
            else cells,
            self.vocabulary,
        ):
            # what stands above it in small letters is no head
            return BorderlessTable(borderless_list_start, end, borderless_list, is_list=True)
        return (
            BorderlessTable(borderless_start, end, cells, columns=borderless_columns)
            if cells and self.is_borderless_table(borderless_rows, borderless_columns, cells)
            else None
        )

    def _borderless_rows_end(self, start: int) -> int:
        """Where the rows that begin at `start` end."""
        end = row_index = start + 1
        stretches: Stretches = [(t.x1, t.x2) for t in self.borderless_rows[start].texts]
        skipped = 0  # lines below the last row
        while (
            row_index < len(self.borderless_rows)
            and skipped < 4
            and (self._follows_row_above(row_index) or self._is_distant_borderless_row(row_index, stretches))
        ):
            borderless_row = self.borderless_rows[row_index]
            if is_gutter_row(borderless_row):
                borderless_merged = merge_gutter_stretches([*stretches, *((t.x1, t.x2) for t in borderless_row.texts)])
                if len(borderless_merged) < 2:
                    break
                stretches = borderless_merged if len(borderless_merged) >= len(stretches) - 1 else stretches
                end = row_index + 1
            elif self._continues_inner_cell(row_index, stretches) or lines_overlap(
                self.borderless_rows[row_index - 1], borderless_row
            ):
                end = row_index + 1 if end == row_index else end
            elif borderless_row.texts[0].x2 - borderless_row.texts[0].x1 > 0.66 * (stretches[-1][1] - stretches[0][0]):
                break  # a line of text
            row_index += 1
            skipped = 0 if end == row_index else skipped + (not _is_borderless_number(borderless_row, stretches))
        return end

    def _follows_row_above(self, borderless_index: int) -> bool:
        row, row_above = self.borderless_rows[borderless_index], self.borderless_rows[borderless_index - 1]
        return (
            bool(row.texts) and row.y1 - row_above.y2 < (_BORDERLESS_ROW_GAP - 1) * max(row.size, row_above.size) * 1.2
        )

    def _is_distant_borderless_row(self, row_index: int, borderless_spans: Stretches) -> bool:
        """Whether a line some way below the rows is a further one with the same columns, or the name of a group."""
        borderless_row, borderless_above = self.borderless_rows[row_index], self.borderless_rows[row_index - 1]
        if not borderless_row.texts or borderless_row.y1 - borderless_above.y2 > GROUP_NAME_GAP * borderless_row.size:
            return False
        if is_gutter_row(borderless_row):
            return len(borderless_spans) > 3 and _has_borderless_columns(borderless_row, borderless_spans)
        is_group_name = (
            row_index + 1 < len(self.borderless_rows)
            and borderless_row.texts[0].x2 < borderless_spans[1][0]
            and self._follows_row_above(row_index + 1)
        )
        return (
            is_group_name
            and len(borderless_spans) > 2
            and _has_borderless_columns(self.borderless_rows[row_index + 1], borderless_spans)
        )

    def _continues_inner_cell(self, row_index: int, borderless_spans: Stretches) -> bool:
        """Whether a text alone on its line goes on with a cell that is not the first."""
        lone_text = self.borderless_rows[row_index].texts[0]
        return lone_text.x1 > borderless_spans[1][0] - 4 and lone_text.x2 < borderless_spans[-1][1] + 4

    def _cells(self, start: int, end: int, columns: Stretches) -> list[list[str]]:
        borderless_rows = self.borderless_rows[start:end]
        head_count = count_head_lines(borderless_rows, columns)
        head_cells = head_rows(borderless_rows[:head_count], columns, self.vocabulary)
        head_row = borderless_rows[head_count - 1] if head_cells else None
        body_cells = wrapped_cells(borderless_rows[head_count:], columns, self.vocabulary, head_cells[-1:], head_row)
        return [*head_cells[:-1], *body_cells]

    def is_borderless_table(self, borderless_rows: list[GutterRow], columns: Stretches, cells: list[list[str]]) -> bool:
        first_texts = [row.texts[0].text for row in borderless_rows]
        if all(text == item_label(text) for text in first_texts) or are_list_bullets(borderless_rows):
            return False
        numbers = sum(all(is_number(text.text) for text in row.texts[1:]) for row in borderless_rows)
        if numbers < 0.6 * len(borderless_rows) and statistics.median(len(text.split()) for text in first_texts) >= 6:
            return False
        if is_prose(borderless_rows, columns) or is_justified(borderless_rows) or are_formulas(borderless_rows):
            return False
        borderless_cells = [row for row in cells if row[0]] or cells  # heads are in all of their columns
        filled_cells = sum(bool(cell) for row in borderless_cells for cell in row)
        return filled_cells > 0.4 * len(borderless_cells) * len(columns)


def _is_record_of_two_rows(borderless_rows: Sequence[GutterRow]) -> bool:
    """Whether two lines are heads and, each below its own, values with figures in most of them."""
    heads, values = (row.texts for row in borderless_rows) if len(borderless_rows) == 2 else ([], [])
    if len(heads) < 3 or len(heads) != len(values) or any(is_number(text.text) for text in heads):
        return False
    cells = merge_gutter_stretches([(text.x1, text.x2) for text in (*heads, *values)])
    return len(cells) == len(heads) and 2 * sum(any(map(str.isdigit, text.text)) for text in values) > len(values)


def _has_borderless_columns(borderless_row: GutterRow, stretches: Stretches) -> bool:
    """Whether a row has the columns of those above it, numbers among them."""
    borderless_merged = merge_gutter_stretches([*stretches, *((t.x1, t.x2) for t in borderless_row.texts)])
    return len(borderless_row.texts) == len(borderless_merged) == len(stretches) and any(
        is_number(text.text) for text in borderless_row.texts[1:]
    )


def _is_borderless_number(row: GutterRow, borderless_spans: Stretches) -> bool:
    """Whether a line holds a number in the first column alone, as a row without values does."""
    return len(row.texts) == 1 and is_number(row.texts[0].text) and row.texts[0].x2 < borderless_spans[1][0]


_BORDERLESS_LINE_STEP = 0.8  # sizes between two lines that stand beside each other in part


def _borderless_line_cells(borderless_line: GutterRow, columns: Stretches) -> list[str]:
    """The texts of a row by column."""
    borderless_cells = [""] * len(columns)
    for i, borderless_text in enumerate(cut_row_at_gutters(borderless_line, columns).texts):
        k = column_at(borderless_text, columns) if i or borderless_text.x1 > columns[0][1] else 0
        borderless_cells[k] = f"{borderless_cells[k]} {borderless_text.text}".strip()
    return borderless_cells


def wrapped_cells(
    borderless_rows: Sequence[GutterRow],
    columns: Stretches,
    vocabulary: DocumentWords,
    borderless_head_cells: Sequence[list[str]] = (),
    head_row: GutterRow | None = None,
) -> list[list[str]]:
    """The cells of the rows below the heads, each with the lines that it wraps over, behind those of the last head,
    which they may go on with. `head_row`: the line of that head."""
    table_cells = list(borderless_head_cells)
    row_steps = [b.y2 - a.y2 for a, b in pairwise(borderless_rows) if is_gutter_row(a) and is_gutter_row(b)]
    step = statistics.median(row_steps) if row_steps else 0.0
    above = head_row
    for borderless_row in borderless_rows:
        if is_dashes_below_heads(borderless_row):
            above = None
            continue
        borderless_cells = _borderless_line_cells(borderless_row, columns)
        if above and _wraps_borderless_row(above, borderless_row, columns, table_cells[-1], borderless_cells, step):
            table_cells[-1] = [
                vocabulary.join(upper_cell, lower_cell) if upper_cell and lower_cell else upper_cell or lower_cell
                for upper_cell, lower_cell in zip(table_cells[-1], borderless_cells, strict=True)
            ]
            is_label_whole = (
                _is_borderless_label(borderless_row, columns)
                and not _is_borderless_label(above, columns)
                and lines_overlap(above, borderless_row)
            )
            above = None if is_label_whole else borderless_row  # the label that begins below it is another row's
        else:
            table_cells.append(borderless_cells)
            above = borderless_row
    return table_cells


def _wraps_borderless_row(
    above: GutterRow,
    borderless_row: GutterRow,
    columns: Stretches,
    cells_above: list[str],
    borderless_cells: list[str],
    step: float,
) -> bool:
    """Whether a line carries on the cells of the row above it, which wrap. `step`: from row to row."""
    if borderless_row.y1 - above.y2 > 0.6 * borderless_row.size or _is_borderless_group_name(borderless_row, columns):
        return False
    filled_columns = [k for k, cell in enumerate(borderless_cells) if cell]
    if lines_overlap(above, borderless_row) and _flanks_borderless_label(above, borderless_row, columns, cells_above):
        return True
    if (
        borderless_cells[0]
        and _is_borderless_label(above, columns)
        and not any(cells_above[1:])
        and len(filled_columns) > 1
    ):
        return borderless_row.bold == above.bold and _wraps_borderless_cell(borderless_row.texts[0], above, columns)
    if any(is_number(borderless_cells[k]) and cells_above[k] for k in filled_columns[0 if filled_columns[0] else 1 :]):
        return False
    if not borderless_cells[0]:
        return len(filled_columns) < len(columns) and not any(is_number(cells_above[k]) for k in filled_columns)
    if not all(cells_above[k] for k in filled_columns) or len(filled_columns) != len(borderless_row.texts):
        return False
    if len(filled_columns) == 1 and _goes_on_below_label(above, borderless_row, columns, step):
        return True
    return all(_wraps_borderless_cell(text, above, columns) for text in borderless_row.texts)


def _goes_on_below_label(above: GutterRow, row: GutterRow, columns: Stretches, row_step: float) -> bool:
    """Whether a label goes on below its first line, nearer to it than the rows are to each other."""
    label_above = next((text for text in above.texts if column_at(text, columns) == 0), None)
    is_same_style = row.bold == above.bold and abs(row.size - above.size) < 0.1 * row.size
    is_near_label = row.y2 - above.y2 < TIGHT_STEP * row_step
    return label_above is not None and is_same_style and is_near_label and row.texts[0].x1 > label_above.x1 - 1


def lines_overlap(above: GutterRow, borderless_row: GutterRow) -> bool:
    """Whether two lines stand beside each other in part."""
    return borderless_row.y2 - above.y2 < _BORDERLESS_LINE_STEP * borderless_row.size


def _flanks_borderless_label(
    above: GutterRow, borderless_row: GutterRow, columns: Stretches, cells_above: list[str]
) -> bool:
    """Whether a row stands beside the middle of its label of two lines, and a line is one of these three."""
    if _is_borderless_label(above, columns):
        return all(column_at(text, columns) > 0 for text in borderless_row.texts)
    return (
        _is_borderless_label(borderless_row, columns)
        and bool(cells_above[0])
        and all(column_at(text, columns) > 0 for text in above.texts)
    )


def _is_borderless_label(borderless_row: GutterRow, columns: Stretches) -> bool:
    """Whether a line holds texts of the first column alone."""
    return all(column_at(text, columns) == 0 for text in borderless_row.texts)


def _wraps_borderless_cell(cell_text: GutterText, above: GutterRow, columns: Stretches) -> bool:
    """Whether a text goes on with a cell of the line above, at whose end its first word would have had no place."""
    k = column_at(cell_text, columns)
    cells_above = [text for text in above.texts if column_at(text, columns) == k]
    word_width = (cell_text.x2 - cell_text.x1) * (len(cell_text.text.split()[0]) + 1) / len(cell_text.text)
    if not cells_above or " " not in cells_above[-1].text:
        return False
    return (cell_text.text[0].islower() or cell_text.text[0] == "(") and cells_above[-1].x2 + word_width > columns[k][1]


def _is_borderless_group_name(row: GutterRow, columns: Stretches) -> bool:
    """Whether a line holds one text alone in the middle of several columns: the name of a group of rows."""
    borderless_columns = columns_under(row.texts[0]._replace(reach=None), columns) if len(row.texts) == 1 else []
    return (
        len(borderless_columns) > 1
        and borderless_columns[0] > 0
        and row.texts[0].x1 > columns[borderless_columns[0]][0] + row.size
    )
