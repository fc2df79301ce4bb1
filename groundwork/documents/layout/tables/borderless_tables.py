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

from groundwork.documents.layout.tables.column_gutters import (
    SpacedLine,
    Text,
    add_empty_columns,
    column_at,
    columns_under,
    cut_row,
    extra_heads,
    find_columns,
    is_row,
    merge_columns,
    merge_stretches,
    part_aligned,
    part_figures,
    spaced_line,
)
from groundwork.documents.layout.tables.column_heads import TIGHT_STEP, head_rows, heads_end, is_rule_row
from groundwork.documents.layout.tables.contents_lists_and_formulas import (
    are_formulas,
    are_marks,
    contents_entries,
    is_justified,
    is_prose,
    list_items,
)
from groundwork.documents.layout.text_lines import Line, Stretches, is_number, label
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords


def placed(row: SpacedLine, columns: Stretches) -> list[str]:
    """The texts of a row by column."""
    cells = [""] * len(columns)
    for i, text in enumerate(cut_row(row, columns).texts):
        k = column_at(text, columns) if i or text.x1 > columns[0][1] else 0
        cells[k] = f"{cells[k]} {text.text}".strip()
    return cells


_BESIDE_STEP = 0.8  # sizes between two lines that stand beside each other in part
_GROUP_NAME_GAP = 2.6  # sizes above the name of a group of rows
_ROW_GAP = 2.4  # line heights between two rows of one table


class SpacedTable(NamedTuple):
    """A table of the lines [start, end): its rows, cell by cell; of a table of contents, its titles and pages; of a
    list, its numbers and texts. `columns`: the left and right of each column of a table."""

    start: int
    end: int
    rows: list[list[str]]
    is_contents: bool = False
    is_list: bool = False
    columns: Stretches = ()


def find_tables(
    lines: Sequence[Line],
    vocabulary: DocumentWords,
    columns_end: Callable[[int], int] = lambda start: start,
    columns_above: Stretches = (),
) -> list[SpacedTable]:
    """The tables among lines that follow each other from top to bottom.

    `columns_end`: where the columns of text or lists end that begin at a line; they are no tables. `columns_above`: of
    the table at the foot of the page before, with which the first rows may go on.
    """
    rows = [spaced_line(line) for line in lines]
    overleaf = _table_overleaf(list(rows), vocabulary, list(columns_above)) if columns_above else None
    tables: list[SpacedTable] = []
    at = floor = 0
    while at < len(rows):
        end = columns_end(at)
        table = _TableReader(rows, vocabulary, floor).table(at) if end == at and is_row(rows[at]) else None
        if table:
            tables.append(table)
        at = table.end if table else max(at + 1, end)
        floor = at if table or end == at else floor
    if not overleaf or (tables and not _goes_before(overleaf, tables[0])) or _heads_drawn_table(lines, overleaf):
        return tables
    return [overleaf, *(table for table in tables if table.start >= overleaf.end)]


def _heads_drawn_table(lines: Sequence[Line], table: SpacedTable) -> bool:
    return table.end < len(lines) and bool(lines[table.end].table)


def _goes_before(overleaf: SpacedTable, table: SpacedTable) -> bool:
    """Whether rows of the page before stand above a table, or are what it was made of without the columns that they
    leave empty."""
    if table.start >= overleaf.end:
        return True
    return table.start == 0 and table.end <= overleaf.end and len(table.rows[0]) < len(overleaf.columns)


def _table_overleaf(
    rows: list[SpacedLine], vocabulary: DocumentWords, columns: list[tuple[float, float]]
) -> SpacedTable | None:
    """The first rows of a page in the columns of the table before it: they may be too few to be one by themselves."""
    end = _overleaf_end(rows, columns)
    body = [row for row in rows[:end] if is_row(row)]
    reader = _TableReader(rows, vocabulary, 0)
    cells = reader.body_cells(0, end, columns)
    has_figures = len(columns) > 2 or any(is_number(text.text) for row in body for text in row.texts[1:])
    is_table = bool(body) and has_figures and reader.is_table(body, columns, cells)
    return SpacedTable(0, end, cells, columns=columns) if is_table else None


def _overleaf_end(rows: Sequence[SpacedLine], columns: list[tuple[float, float]]) -> int:
    """Where the rows end that stand in those columns; 0 where the first line is none."""
    end = 0
    for at, row in enumerate(rows):
        if not row.texts or (at and row.y1 - rows[at - 1].y2 > (_ROW_GAP - 1) * row.size):
            break
        stretches = [(text.x1, text.x2) for text in row.texts]
        if len(merge_stretches([*columns, *stretches])) < len(columns):
            break
        filled = {column_at(text, columns) for text in row.texts}
        goes_on = end > 0 and not is_row(row) and 0 not in filled
        if not goes_on and (len(filled) < len(row.texts) or len(filled) < 2 or 2 * len(filled) <= len(columns)):
            break
        end = at + 1
    return end


class _TableReader:
    """Reads the table that begins at a row; `floor`: the first row that is still free for its heads."""

    def __init__(self, rows: list[SpacedLine], vocabulary: DocumentWords, floor: int) -> None:
        self.rows, self.vocabulary, self.floor = rows, vocabulary, floor
        self.step = 0.0  # from a row with several texts to the next, where it is known

    def table(self, start: int) -> SpacedTable | None:
        end = self._table_end(start)
        self.rows[start:end] = part_aligned(part_figures(self.rows[start:end]))
        body = [row for row in self.rows[start:end] if is_row(row)]
        if len(body) < 3 and not _is_record(self.rows[start:end]):
            return None
        columns = find_columns(body)
        if len(columns) < 2:
            return None
        top = self._table_top(start, columns)
        columns = add_empty_columns(columns, self.rows[top:start])
        columns = merge_columns(columns, self.rows[top:end])
        if len(columns) < 2:
            return None
        if contents := contents_entries(self.rows[start:end]):
            return SpacedTable(start, end, contents, is_contents=True)
        cells = self._cells(top, end, columns)
        if len(body) < 3 and not all(map(all, cells)):
            return None  # two lines that do not share their columns
        begin = start if cells and not cells[0][0] and cells[0][-1][:1].islower() else top
        if numbered := list_items(self._cells(begin, end, columns) if begin > top else cells, self.vocabulary):
            return SpacedTable(begin, end, numbered, is_list=True)  # what stands above it in small letters is no head
        return SpacedTable(top, end, cells, columns=columns) if cells and self.is_table(body, columns, cells) else None

    # --- where it ends and begins ---

    def _table_end(self, start: int) -> int:
        """Where the rows that begin at `start` end."""
        end = at = start + 1
        stretches = [(t.x1, t.x2) for t in self.rows[start].texts]
        skipped = 0  # lines below the last row
        while at < len(self.rows) and skipped < 4 and (self._follows(at) or self._is_distant_row(at, stretches)):
            row = self.rows[at]
            if is_row(row):
                merged = merge_stretches([*stretches, *((t.x1, t.x2) for t in row.texts)])
                if len(merged) < 2:
                    break
                stretches = merged if len(merged) >= len(stretches) - 1 else stretches
                end = at + 1
            elif self._continues_cell(at, stretches) or _overlap(self.rows[at - 1], row):
                end = at + 1 if end == at else end
            elif row.texts[0].x2 - row.texts[0].x1 > 0.66 * (stretches[-1][1] - stretches[0][0]):
                break  # a line of text
            at += 1
            skipped = 0 if end == at else skipped + (not _is_number_label(row, stretches))
        return end

    def _follows(self, at: int) -> bool:
        row, above = self.rows[at], self.rows[at - 1]
        return bool(row.texts) and row.y1 - above.y2 < (_ROW_GAP - 1) * max(row.size, above.size) * 1.2

    def _is_distant_row(self, at: int, stretches: list[tuple[float, float]]) -> bool:
        """Whether a line some way below the rows is a further one with the same columns, or the name of a group."""
        line, above = self.rows[at], self.rows[at - 1]
        if not line.texts or line.y1 - above.y2 > _GROUP_NAME_GAP * line.size:
            return False
        if is_row(line):
            return len(stretches) > 3 and _is_alike(line, stretches)
        is_group_name = at + 1 < len(self.rows) and line.texts[0].x2 < stretches[1][0] and self._follows(at + 1)
        return is_group_name and len(stretches) > 2 and _is_alike(self.rows[at + 1], stretches)

    def _continues_cell(self, at: int, stretches: list[tuple[float, float]]) -> bool:
        """Whether a text alone on its line goes on with a cell that is not the first."""
        text = self.rows[at].texts[0]
        return text.x1 > stretches[1][0] - 4 and text.x2 < stretches[-1][1] + 4

    def _table_top(self, start: int, columns: list[tuple[float, float]]) -> int:
        """Where the heads begin that stand above the first row with texts side by side."""
        ruled = self._ruled_heads(start, columns)
        top = self._climb(ruled, columns)
        has_row = any(is_row(row) for row in self.rows[top : ruled + 1])
        return top if ruled == start or has_row else self._climb(start, columns)

    def _climb(self, start: int, columns: list[tuple[float, float]]) -> int:
        top = start
        while top > self.floor and start - top < 6 and self.rows[top - 1].texts and self._is_head(top - 1, columns):
            top -= 1
        return top

    def _ruled_heads(self, start: int, columns: list[tuple[float, float]]) -> int:
        """The last of the heads where a line across the table parts them from the rows, or from a name above these."""
        for at in range(start - 1, max(self.floor, start - 3) - 1, -1):
            row, below = self.rows[at], self.rows[at + 1]
            if not row.texts or below.y1 - row.y2 > _GROUP_NAME_GAP * below.size:
                break
            if row.is_ruled(columns):
                return at if self._is_over(row, columns) else start
            if is_row(row):
                break
        return start

    def _is_head(self, at: int, columns: list[tuple[float, float]]) -> bool:
        row, below = self.rows[at], self.rows[at + 1]
        if below.y1 - row.y2 > 0.9 * row.size or row.size > 1.15 * below.size:
            return False
        return self._is_over(row, columns)

    def _is_over(self, row: SpacedLine, columns: list[tuple[float, float]]) -> bool:
        """Whether a line holds texts that may be heads of the columns."""
        if label(row.texts[0].text):
            return False
        stands_out = row.texts[0].x1 < columns[0][0] - row.size or row.texts[-1].x2 > columns[-1][1] + row.size
        if stands_out and extra_heads(row, columns) is None:
            return False
        if _is_caption(row, columns):
            return False
        return row.texts[0].x1 > columns[0][1] - 2 or len(row.texts) > 1

    # --- cells ---

    def _cells(self, start: int, end: int, columns: list[tuple[float, float]]) -> list[list[str]]:
        rows = self.rows[start:end]
        heads = heads_end(rows, columns)
        cell_rows = head_rows(rows[:heads], columns, self.vocabulary)
        return [*cell_rows[:-1], *self.body_cells(start + heads, end, columns, cell_rows[-1:])]

    def body_cells(
        self, start: int, end: int, columns: list[tuple[float, float]], last_head: Sequence[list[str]] = ()
    ) -> list[list[str]]:
        """The cells of the rows below the heads, behind the last row of these, with which they may go on."""
        rows = self.rows[start:end]
        cell_rows = list(last_head)
        steps = [b.y2 - a.y2 for a, b in pairwise(rows) if is_row(a) and is_row(b)]
        self.step = statistics.median(steps) if steps else 0.0
        above: SpacedLine | None = self.rows[start - 1] if last_head else None
        for row in rows:
            if is_rule_row(row):
                above = None
                continue
            cells = placed(row, columns)
            if above and self._goes_on(above, row, columns, cell_rows[-1], cells):
                cell_rows[-1] = [
                    self.vocabulary.join(upper, lower) if upper and lower else upper or lower
                    for upper, lower in zip(cell_rows[-1], cells, strict=True)
                ]
                is_done = _is_label(row, columns) and not _is_label(above, columns) and _overlap(above, row)
                above = None if is_done else row  # the label that begins below it is another row's
            else:
                cell_rows.append(cells)
                above = row
        return cell_rows

    def _goes_on(
        self,
        above: SpacedLine,
        row: SpacedLine,
        columns: list[tuple[float, float]],
        before: list[str],
        cells: list[str],
    ) -> bool:
        """Whether a line carries on the cells of the row above it."""
        if row.y1 - above.y2 > 0.6 * row.size or _is_centred(row, columns):
            return False
        filled = [k for k, cell in enumerate(cells) if cell]
        if _overlap(above, row) and _flank_label(above, row, columns, before):
            return True
        if cells[0] and _is_label(above, columns) and not any(before[1:]) and len(filled) > 1:
            return row.bold == above.bold and _wraps(row.texts[0], above, columns)
        if any(is_number(cells[k]) and before[k] for k in filled[0 if filled[0] else 1 :]):
            return False
        if not cells[0]:
            return len(filled) < len(columns) and not any(is_number(before[k]) for k in filled)
        if not all(before[k] for k in filled) or len(filled) != len(row.texts):
            return False
        if len(filled) == 1 and self._is_hanging_label(above, row, columns):
            return True
        return all(_wraps(text, above, columns) for text in row.texts)

    def _is_hanging_label(self, above: SpacedLine, row: SpacedLine, columns: list[tuple[float, float]]) -> bool:
        """Whether a label goes on below its first line, nearer to it than the rows are to each other."""
        label_text = next((text for text in above.texts if column_at(text, columns) == 0), None)
        is_alike = row.bold == above.bold and abs(row.size - above.size) < 0.1 * row.size
        is_near = row.y2 - above.y2 < TIGHT_STEP * self.step
        return label_text is not None and is_alike and is_near and row.texts[0].x1 > label_text.x1 - 1

    def is_table(self, body: list[SpacedLine], columns: list[tuple[float, float]], cells: list[list[str]]) -> bool:
        first_texts = [row.texts[0].text for row in body]
        if all(text == label(text) for text in first_texts) or are_marks(body):
            return False
        numbers = sum(all(is_number(text.text) for text in row.texts[1:]) for row in body)
        if numbers < 0.6 * len(body) and statistics.median(len(text.split()) for text in first_texts) >= 6:
            return False
        if is_prose(body, columns) or is_justified(body) or are_formulas(body):
            return False
        cells = [row for row in cells if row[0]] or cells  # heads are in all of their columns
        filled = sum(bool(cell) for row in cells for cell in row)
        return filled > 0.4 * len(cells) * len(columns)


def _is_record(rows: Sequence[SpacedLine]) -> bool:
    """Whether two lines are heads and, each below its own, values with figures in most of them."""
    heads, values = (row.texts for row in rows) if len(rows) == 2 else ([], [])
    if len(heads) < 3 or len(heads) != len(values) or any(is_number(text.text) for text in heads):
        return False
    cells = merge_stretches([(text.x1, text.x2) for text in (*heads, *values)])
    return len(cells) == len(heads) and 2 * sum(any(map(str.isdigit, text.text)) for text in values) > len(values)


def _is_alike(row: SpacedLine, stretches: list[tuple[float, float]]) -> bool:
    """Whether a row has the columns of those above it, numbers among them."""
    merged = merge_stretches([*stretches, *((t.x1, t.x2) for t in row.texts)])
    return len(row.texts) == len(merged) == len(stretches) and any(is_number(text.text) for text in row.texts[1:])


def _overlap(above: SpacedLine, row: SpacedLine) -> bool:
    """Whether two lines stand beside each other in part."""
    return row.y2 - above.y2 < _BESIDE_STEP * row.size


def _flank_label(above: SpacedLine, row: SpacedLine, columns: list[tuple[float, float]], before: list[str]) -> bool:
    """Whether a row stands beside the middle of its label of two lines, and a line is one of these three."""
    if _is_label(above, columns):
        return all(column_at(text, columns) > 0 for text in row.texts)
    return _is_label(row, columns) and bool(before[0]) and all(column_at(text, columns) > 0 for text in above.texts)


def _is_number_label(row: SpacedLine, stretches: list[tuple[float, float]]) -> bool:
    """Whether a line holds a number in the first column alone, as a row without values does."""
    return len(row.texts) == 1 and is_number(row.texts[0].text) and row.texts[0].x2 < stretches[1][0]


def _is_label(row: SpacedLine, columns: list[tuple[float, float]]) -> bool:
    """Whether a line holds texts of the first column alone."""
    return all(column_at(text, columns) == 0 for text in row.texts)


def _wraps(text: Text, above: SpacedLine, columns: list[tuple[float, float]]) -> bool:
    """Whether a text goes on with a cell of the line above, at whose end its first word would have had no place."""
    k = column_at(text, columns)
    texts_above = [text_above for text_above in above.texts if column_at(text_above, columns) == k]
    word_width = (text.x2 - text.x1) * (len(text.text.split()[0]) + 1) / len(text.text)
    if not texts_above or " " not in texts_above[-1].text:
        return False
    return (text.text[0].islower() or text.text[0] == "(") and texts_above[-1].x2 + word_width > columns[k][1]


def _is_centred(row: SpacedLine, columns: list[tuple[float, float]]) -> bool:
    """Whether a line holds one text alone in the middle of several columns: the name of a group of rows."""
    under = columns_under(row.texts[0]._replace(reach=None), columns) if len(row.texts) == 1 else []
    return len(under) > 1 and under[0] > 0 and row.texts[0].x1 > columns[under[0]][0] + row.size


def _is_caption(row: SpacedLine, columns: list[tuple[float, float]]) -> bool:
    """Whether a line begins where the table does and holds a long text that runs over most of it."""
    least_width = 0.6 * (columns[-1][1] - columns[0][0])
    has_long_text = any(text.x2 - text.x1 > least_width and len(text.text.split()) > 4 for text in row.texts)
    return has_long_text and row.texts[0].x1 < columns[0][0] + row.size and len(row.texts) < 3
