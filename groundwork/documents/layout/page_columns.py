"""The order in which the parts of a page are read: columns one after the other, between what runs over all of them.

Where many lines begin at one height of the page's width and running text stands on both sides of it, the page has
columns there, from the lowest line above that crosses it to the highest below. Each part is looked at again in the
same way, so that three columns, and columns below columns, come apart too.
"""

from __future__ import annotations

import math
import re
import statistics
from bisect import bisect_left
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from groundwork.documents.dot_leaders import has_leaders, is_contents_entry
from groundwork.documents.layout.ruling_strokes_and_shades import Stroke
from groundwork.documents.layout.tables.ruled_tables import RuledTable
from groundwork.documents.layout.text_runs_and_lines import (
    APART,
    Line,
    Run,
    Stretches,
    column_of,
    is_number,
    item_label,
    runs_by_line,
    text_columns,
)

_LEAST_COLUMN_LINES = 4  # lines of running text on each side
_SHORT_COLUMN_LINES = 2  # on each side where columns of other pages are
_LONG_COLUMN_LINES = 0.6  # of the lines there, which are long
_COLUMN_HEADING_RATIO = 1.1  # times the size of the text, which a heading has at the least
_LEAST_COLUMN_BREADTH = 40  # points of a column's breadth
_SHARED_COLUMN_PAGES, _SAME_COLUMN_START = 3, 3.0  # pages that share a start, and points within which it is the same
_COLUMN_CAPTION_STEP = 1.35  # sizes from one line of a caption to the next
_LEAST_COLUMN_SPACE = 0.7  # font sizes between two columns
_SAME_COLUMN_LEFT = 2  # points between the beginnings of two lines of one paragraph
_HANGING_MARK = 6  # points by which a quotation mark may stand out of its column
_MOST_TEXTS_ABOVE_COLUMNS = 3  # texts of a running header, its page number among them
# sizes of the letters between a running header without a page number and the columns below it
_HEADER_COLUMNS_GAP = 1
_PAGE_NUMBER_OUTSIDE_COLUMNS = re.compile(
    r"\W{0,2}(?:\d{1,4}|[ivxlc]{1,6}|[^\W\d]{1,12} \d{1,4} (?:[^\W\d]{1,3}|/) \d{1,4})\W{0,2}"
)
_COLUMN_PROSE_SHARE, _COLUMN_NUMBER_SHARE = 0.8, 0.03  # of the letters in long lines, and of those in numbers
_LONG_COLUMN_LINE_WORDS = 3  # words of a long line, at the least
_PART_WORD_SPACE = 0.65  # font sizes between two words of a line


class _ColumnSign(Enum):
    """What tells columns: running text at both sides; at one where other pages have columns; a few lines of it at both
    sides where these do."""

    BOTH, KNOWN, SHORT = range(3)


_LEAST_LINES_OF_LESSER_COLUMN = {
    _ColumnSign.BOTH: _LEAST_COLUMN_LINES,
    _ColumnSign.KNOWN: 0,
    _ColumnSign.SHORT: _SHORT_COLUMN_LINES,
}
_LEAST_LINES_OF_FULLER_COLUMN = {
    _ColumnSign.BOTH: _LEAST_COLUMN_LINES,
    _ColumnSign.KNOWN: _LEAST_COLUMN_LINES,
    _ColumnSign.SHORT: _SHORT_COLUMN_LINES,
}


class PagePart(NamedTuple):
    """What is read from top to bottom: texts and drawn tables, and the column's left and right where it is one."""

    runs: list[Run]
    grids: list[RuledTable]
    column: tuple[float, float] | None = None


class _ColumnWording(NamedTuple):
    """What a text looks like; read once, for its line is looked at for each place where columns may part."""

    letters: int
    is_entry: bool  # of a table of contents
    is_long: bool
    is_number: bool
    is_lower: bool  # it begins in small letters


class _ColumnBox(NamedTuple):
    """Runs of one line with no more than a space between them, a drawn table, or a level line."""

    x1: float
    y1: float
    x2: float
    y2: float
    runs: tuple[Run, ...] = ()
    grid: RuledTable | None = None
    wording: _ColumnWording | None = None  # of its runs

    @property
    def text(self) -> str:
        return self.runs[0].text if len(self.runs) == 1 else " ".join(run.text for run in self.runs)


_NOWHERE = _ColumnBox(-math.inf, 0.0, -math.inf, 0.0)


def shared_column_starts(pages: Sequence[Sequence[PagePart]]) -> list[float]:
    """Where a document's columns begin, but for the leftmost: what pages of running text in columns share."""
    column_starts: list[tuple[float, int]] = []
    for column_page, page_parts_read in enumerate(pages):
        column_lefts = [part.column[0] for part in page_parts_read if part.column]
        column_starts += [(x, column_page) for x in column_lefts if x > min(column_lefts) + _LEAST_COLUMN_BREADTH]
    column_start_groups: list[list[tuple[float, int]]] = []
    for column_start in sorted(column_starts):
        if column_start_groups and column_start[0] - column_start_groups[-1][0][0] < _SAME_COLUMN_START:
            column_start_groups[-1].append(column_start)
        else:
            column_start_groups.append([column_start])
    return [
        column_start_group[0][0]
        for column_start_group in column_start_groups
        if len({column_page for _, column_page in column_start_group}) >= _SHARED_COLUMN_PAGES
    ]


def page_parts(
    runs: Sequence[Run], grids: Sequence[RuledTable], column_xs: Sequence[float] = (), strokes: Sequence[Stroke] = ()
) -> list[PagePart]:
    """The parts of a page in the order in which they are read. `column_xs`: where columns begin on other pages of the
    document; there it is enough that running text stands at one side, for the other may hold figures. `strokes`: level
    lines, which end columns that they cross."""
    lines = [_column_boxes_of_line(sorted(line)) for line in runs_by_line(runs)]
    table_boxes = [_ColumnBox(grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[-1], grid=grid) for grid in grids]
    header_above_columns, lines, footer_below_columns = _split_off_header_of_columns(lines, table_boxes)
    column_parts = [box for line in lines for box in line]
    column_rules = [_ColumnBox(s.x1, s.y1, s.x2, s.y1) for s in strokes]
    split_columns = _split_columns([*column_parts, *table_boxes], False, column_xs, column_rules)
    if len(split_columns) == 1:
        whole_page = [*header_above_columns, *column_parts, *footer_below_columns, *table_boxes]
        split_columns = _split_columns(whole_page, False, column_xs, column_rules)
        header_above_columns = footer_below_columns = []
    split_columns = [(header_above_columns, False), *split_columns, (footer_below_columns, False)]
    return [_page_part(column_part, is_column) for column_part, is_column in split_columns if column_part]


def _split_off_header_of_columns(
    lines: list[list[_ColumnBox]], table_boxes: Sequence[_ColumnBox]
) -> tuple[list[_ColumnBox], list[list[_ColumnBox]], list[_ColumnBox]]:
    """The running header of a page, the lines between, and the running footer; these two belong to no column."""
    header_above_columns = footer_below_columns = []
    if (
        len(lines) > 2
        and _is_outside_columns(lines[0], lines[1])
        and _column_line_bounds(lines[0])[1] < _column_line_bounds([*lines[1], *table_boxes])[0]
    ):
        header_above_columns, lines = lines[0], lines[1:]
    if (
        len(lines) > 2
        and _is_outside_columns(lines[-1], lines[-2])
        and _column_line_bounds(lines[-1])[0] > _column_line_bounds([*lines[-2], *table_boxes])[1]
    ):
        footer_below_columns, lines = lines[-1], lines[:-1]
    return header_above_columns, lines, footer_below_columns


def _column_line_bounds(column_line: Sequence[_ColumnBox]) -> tuple[float, float]:
    return min(box.y1 for box in column_line), max(box.y2 for box in column_line)


def _is_outside_columns(outer_line: Sequence[_ColumnBox], inner_line: Sequence[_ColumnBox]) -> bool:
    """Whether a line at a page's edge is its number, or one text well apart from a line that has more than one."""
    if _has_number_outside_columns(outer_line):
        return True
    (top, bottom), (inner_top, inner_bottom) = (
        _column_line_bounds(outer_line),
        _column_line_bounds(inner_line),
    )
    gap_to_columns = max(top - inner_bottom, inner_top - bottom)
    return len(outer_line) == 1 < len(inner_line) and gap_to_columns > _HEADER_COLUMNS_GAP * outer_line[0].runs[0].size


def _has_number_outside_columns(line_outside_columns: Sequence[_ColumnBox]) -> bool:
    """Whether a line at a page's edge is its number, alone or at an end of the running header."""
    return len(line_outside_columns) <= _MOST_TEXTS_ABOVE_COLUMNS and any(
        _PAGE_NUMBER_OUTSIDE_COLUMNS.fullmatch(box.text) for box in (line_outside_columns[0], line_outside_columns[-1])
    )


def _column_boxes_of_line(line: Sequence[Run]) -> list[_ColumnBox]:
    column_part_runs: list[list[Run]] = []
    column_part_right = -math.inf  # of the last group
    for column_run in line:
        if column_run.x1 - column_part_right < _PART_WORD_SPACE * column_run.size:
            column_part_runs[-1].append(column_run)
            column_part_right = max(column_part_right, column_run.x2)
        else:
            column_part_runs.append([column_run])
            column_part_right = column_run.x2
    return [_column_box_of_runs(tuple(column_part_group)) for column_part_group in column_part_runs]


def _column_box_of_runs(runs: tuple[Run, ...]) -> _ColumnBox:
    x2, y1, y2 = max([run.x2 for run in runs]), min([run.y1 for run in runs]), max([run.y2 for run in runs])
    return _ColumnBox(runs[0].x1, y1, x2, y2, runs, wording=_column_wording(" ".join([run.text for run in runs])))


def _column_wording(text: str) -> _ColumnWording:
    is_column_entry = is_contents_entry(text)
    is_long = not is_column_entry and len(text.split()) >= _LONG_COLUMN_LINE_WORDS
    return _ColumnWording(len(text), is_column_entry, is_long, is_number(text), text[:1].islower())


def _page_part(parts: Sequence[_ColumnBox], is_column: bool) -> PagePart:
    runs = [run for box in parts for run in box.runs]
    grids = [box.grid for box in parts if box.grid]
    return PagePart(runs, grids, (min(b.x1 for b in parts), max(b.x2 for b in parts)) if is_column else None)


def _split_columns(
    column_parts: list[_ColumnBox], is_column: bool, column_xs: Sequence[float], column_rules: Sequence[_ColumnBox]
) -> list[tuple[list[_ColumnBox], bool]]:
    column_band, column_x = _widest_column_band(column_parts, column_xs, column_rules)
    if not column_band:
        return [(column_parts, is_column)] if column_parts else []
    contents_end = _contents_columns_end(column_band, column_x)
    column_band = [b for b in column_band if b.y1 + b.y2 < 2 * contents_end] if contents_end else column_band
    columns_top, columns_bottom = min(b.y1 for b in column_band), max(b.y2 for b in column_band)
    column_box_ids = set(map(id, column_band))
    boxes_outside = [b for b in column_parts if id(b) not in column_box_ids]
    parts_above = [b for b in boxes_outside if b.y1 + b.y2 < columns_top + columns_bottom]
    parts_below = [b for b in boxes_outside if b.y1 + b.y2 >= columns_top + columns_bottom]
    left_column, right_column = _column_sides(column_band, column_x)
    page_groups = [(parts_above, is_column), (left_column, True), (right_column, True), (parts_below, is_column)]
    return [part for group, is_side in page_groups for part in _split_columns(group, is_side, column_xs, column_rules)]


def _column_sides(band: Sequence[_ColumnBox], column_x: float) -> tuple[list[_ColumnBox], list[_ColumnBox]]:
    return [b for b in band if b.x1 < column_x - _HANGING_MARK], [b for b in band if b.x1 >= column_x - _HANGING_MARK]


def _contents_columns_end(column_band: Sequence[_ColumnBox], column_x: float) -> float:
    """The height at which contents in columns of their own end above columns of text; 0 where there are none."""
    sides = _column_sides(column_band, column_x)
    column_entries = [_contents_lines_of_column([run for box in side for run in box.runs]) for side in sides]
    if not all(column_entries):
        return 0.0
    contents_end = max(run.y2 for side in column_entries for line in side for run in line) + 1
    is_text_below = all(any(b.y1 > contents_end for b in side) for side in sides)
    return contents_end if is_text_below and not any(b.y1 < contents_end < b.y2 for b in column_band) else 0.0


def _contents_lines_of_column(runs: Sequence[Run]) -> list[list[Run]]:
    column_leader_lines = runs_by_line(runs) if has_leaders(" ".join(run.text for run in runs)) else []
    return [line for line in column_leader_lines if is_contents_entry(" ".join(run.text for run in sorted(line)))]


def _widest_column_band(
    column_parts: list[_ColumnBox], column_xs: Sequence[float], column_rules: Sequence[_ColumnBox]
) -> tuple[list[_ColumnBox], float]:
    """The largest stretch of a page that has columns, and where these part; an empty one where none has."""
    widest_band: tuple[list[_ColumnBox], float] = ([], 0.0)
    parts_downward = sorted([*column_parts, *column_rules], key=lambda box: box.y1 + box.y2)
    prose_xs = sorted(box.x1 for box in column_parts if box.wording and (box.wording.is_long or box.wording.is_entry))
    column_places = [(column_x, _ColumnSign.BOTH) for column_x in _column_left_edges(column_parts)]
    column_places += [(column_x, sign) for column_x in column_xs for sign in (_ColumnSign.KNOWN, _ColumnSign.SHORT)]
    for column_x, sign in column_places:
        lines_left = bisect_left(prose_xs, column_x - _HANGING_MARK)
        lines_of_lesser_column, lines_of_fuller_column = sorted([lines_left, len(prose_xs) - lines_left])
        if (
            lines_of_lesser_column < _LEAST_LINES_OF_LESSER_COLUMN[sign]
            or lines_of_fuller_column < _LEAST_LINES_OF_FULLER_COLUMN[sign]
        ):
            continue  # no running text at so many sides, as between the columns of a table
        # a rule from one to the other crosses the columns
        crossed_column_left, crossed_column_right = (column_x - _LEAST_COLUMN_BREADTH, column_x + _LEAST_COLUMN_BREADTH)
        boxes_in_way = [
            box
            for box in parts_downward
            if box.runs or box.grid or box.x1 < crossed_column_left < crossed_column_right < box.x2
        ]
        column_band = _column_band(boxes_in_way, column_x, sign)
        if len(column_band) > len(widest_band[0]):
            widest_band = (column_band, column_x)
    return widest_band


def _column_left_edges(column_parts: Sequence[_ColumnBox]) -> list[float]:
    """Where many lines begin, but for the leftmost place."""
    column_lefts = sorted(box.x1 for box in column_parts if box.runs)
    column_edge_groups: list[list[float]] = []
    for x in column_lefts:
        if column_edge_groups and x - column_edge_groups[-1][0] < 3:
            column_edge_groups[-1].append(x)
        else:
            column_edge_groups.append([x])
    return [
        group[0]
        for group in column_edge_groups
        if len(group) >= _LEAST_COLUMN_LINES and group[0] > column_lefts[0] + _LEAST_COLUMN_BREADTH
    ]


def _column_band(column_parts: Sequence[_ColumnBox], column_x: float, column_sign: _ColumnSign) -> list[_ColumnBox]:
    """The largest stretch of the page in which nothing crosses `column_x` and which has a sign of columns there.

    `column_parts`: from top to bottom.
    """
    widest_band: list[_ColumnBox] = []
    column_band: list[_ColumnBox] = []
    box_across_columns = _NOWHERE
    left_end, right_start = column_x - 1, column_x - _HANGING_MARK
    for box in column_parts:
        is_beside_column = box.x2 < left_end or box.x1 >= right_start
        if is_beside_column and (
            abs(box_across_columns.x1 - box.x1) > _SAME_COLUMN_LEFT
            or not _continues_paragraph_over_columns(box_across_columns, box)
        ):
            column_band.append(box)
            continue
        while column_band and box.runs and column_band[-1].y1 + column_band[-1].y2 > 2 * box.y1:
            column_band.pop()  # the beginning of the line that runs over the columns, such as the number of a note
        column_band = _without_column_caption(column_band, box, column_x)
        if len(column_band) > len(widest_band) and _are_columns(column_band, column_x, column_sign):
            widest_band = column_band
        column_band, box_across_columns = [], box
    if len(column_band) > len(widest_band) and _are_columns(column_band, column_x, column_sign):
        return column_band
    return widest_band


def _without_column_caption(
    column_band: list[_ColumnBox], box_across_columns: _ColumnBox, column_x: float
) -> list[_ColumnBox]:
    """Columns without the heading or caption at the foot of the left one, right above what runs over both of them."""
    if box_across_columns.runs or len(column_band) < 2:
        return column_band
    *column_boxes, last_column_box = column_band
    if (
        not last_column_box.runs
        or last_column_box.x1 >= column_x - _HANGING_MARK
        or any(b.x1 >= column_x - _HANGING_MARK and b.y2 > last_column_box.y1 for b in column_boxes)
    ):
        return column_band
    column_run, size = last_column_box.runs[0], statistics.median(b.runs[0].size for b in column_band if b.runs)
    is_caption = (
        box_across_columns.grid
        and column_run.bold
        and not item_label(last_column_box.text)
        and not all(b.runs[0].bold for b in column_boxes if b.runs)
    )
    is_heading = is_caption or column_run.size > _COLUMN_HEADING_RATIO * size
    if is_heading and box_across_columns.y1 - last_column_box.y2 < _COLUMN_CAPTION_STEP * column_run.size:
        return column_boxes
    return column_band


def _continues_paragraph_over_columns(box_across: _ColumnBox, column_box: _ColumnBox) -> bool:
    """Whether a line that begins below one which runs over the columns goes on with its paragraph."""
    if not box_across.runs or not column_box.runs:
        return False
    size = box_across.runs[0].size
    return abs(column_box.runs[0].size - size) < 0.5 and 0 < column_box.y2 - box_across.y2 < _COLUMN_CAPTION_STEP * size


def _are_columns(column_band: Sequence[_ColumnBox], column_x: float, column_sign: _ColumnSign) -> bool:
    left_column, right_column = _column_sides(column_band, column_x)
    if not left_column or not right_column or not _has_column_sign(left_column, right_column, column_x, column_sign):
        return False
    column_type_size = statistics.median(b.runs[0].size for b in column_band if b.runs)
    left_column_edge = sorted(b.x2 for b in left_column)[-max(1, len(left_column) // 10)]
    columns_top, columns_bottom = (
        max(min(b.y1 for b in column_side) for column_side in (left_column, right_column)),
        min(max(b.y2 for b in column_side) for column_side in (left_column, right_column)),
    )
    are_tall = column_sign is _ColumnSign.SHORT or columns_bottom - columns_top > _LEAST_COLUMN_LINES * column_type_size
    return are_tall and column_x - left_column_edge >= _LEAST_COLUMN_SPACE * column_type_size


def _has_column_sign(
    left_column: Sequence[_ColumnBox], right_column: Sequence[_ColumnBox], column_x: float, column_sign: _ColumnSign
) -> bool:
    if column_sign is _ColumnSign.SHORT:
        return _are_short_columns(left_column, right_column, column_x)
    columns_of_text = [column_side for column_side in (left_column, right_column) if _is_column_of_text(column_side)]
    if column_sign is _ColumnSign.BOTH:
        return len(columns_of_text) == 2
    # as of a table
    is_elsewhere = right_column in columns_of_text and min(b.x1 for b in right_column) > column_x + _SAME_COLUMN_START
    return bool(columns_of_text) and not is_elsewhere


def _are_short_columns(left_column: Sequence[_ColumnBox], right_column: Sequence[_ColumnBox], column_x: float) -> bool:
    """Whether a paragraph of a few lines runs over two columns where those of other pages are."""
    long_lines_by_column = [
        [b.wording for b in column_side if b.wording and b.wording.is_long]
        for column_side in (left_column, right_column)
    ]
    has_sentences = all(
        len(column_side) >= _SHORT_COLUMN_LINES and any(text.is_lower for text in column_side)
        for column_side in long_lines_by_column
    )
    right_column_starts = [b.x1 for b in right_column if b.wording and b.wording.is_long]
    begin_at_column = 2 * sum(abs(start - column_x) <= _SAME_COLUMN_START for start in right_column_starts) > len(
        right_column_starts
    )
    return (
        has_sentences
        and begin_at_column
        and sum(map(len, long_lines_by_column)) > _LONG_COLUMN_LINES * len([*left_column, *right_column])
    )


def _is_column_of_text(column_parts: Sequence[_ColumnBox]) -> bool:
    """Whether boxes hold running text: long lines, some of them in the middle of a sentence, and few numbers."""
    if len(column_parts) < _LEAST_COLUMN_LINES:
        return False
    column_wordings = [box.wording for box in column_parts if box.wording]
    column_entry_count = sum(wording.is_entry for wording in column_wordings)
    column_prose = [wording for wording in column_wordings if wording.is_long]
    least_column_prose = 0.4 * len(column_wordings)
    if column_entry_count >= _LEAST_COLUMN_LINES and column_entry_count + len(column_prose) >= least_column_prose:
        return True  # leading dots tell where a column ends
    if len(column_prose) < _LEAST_COLUMN_LINES:
        return False
    column_numbers = [wording for wording in column_wordings if wording.is_number]
    has_few_column_lines = len(column_prose) < least_column_prose or len(column_numbers) > 0.2 * len(column_wordings)
    if has_few_column_lines and not _is_mostly_column_prose(column_wordings, column_prose, column_numbers):
        return False
    return sum(wording.is_lower for wording in column_prose) > 0.2 * len(column_prose)


def _is_mostly_column_prose(
    column_wordings: Sequence[_ColumnWording],
    column_prose: Sequence[_ColumnWording],
    column_numbers: Sequence[_ColumnWording],
) -> bool:
    """Whether lines of text hold most of the letters, though formulas or labels in many pieces stand between them."""
    column_prose_letters = sum(wording.letters for wording in column_prose)
    column_number_letters = sum(wording.letters for wording in column_numbers)
    column_letters = sum(wording.letters for wording in column_wordings)
    return (
        column_prose_letters >= _COLUMN_PROSE_SHARE * column_letters
        and column_number_letters <= _COLUMN_NUMBER_SHARE * column_letters
    )


# --- columns of lists or of text among the lines of a page ---

_COLUMN_ROW_GAP = 2.2  # usual steps from one line to the next, from which on all columns pause


def columns_end(lines: Sequence[Line], columns_start: int, leading: float) -> int:
    """Where the columns of text or of lists that begin at a line end; `columns_start` where none do. `leading`: sizes
    from line to line."""
    if len(lines[columns_start].runs) < 2:
        return columns_start
    column_stretches = text_columns(lines[columns_start].runs)
    column_line_index = end_of_columns = columns_start + 1
    while column_line_index < len(lines) and lines[column_line_index].runs:
        column_line = lines[column_line_index]
        column_stretches = text_columns(column_line.runs, column_stretches)
        if len(column_stretches) < 2:
            break
        column_line_index += 1
        if column_of(column_line.runs[-1], column_stretches) > 0 or _continues_left_column(
            lines, columns_start, column_line_index - 1, leading
        ):
            end_of_columns = column_line_index
    column_lines = lines[columns_start:end_of_columns]
    return end_of_columns if _are_columns_of_lines(column_lines) else columns_start


def _continues_left_column(lines: Sequence[Line], columns_start: int, line_index: int, leading: float) -> bool:
    """Whether a line at the left goes on with the left column."""
    column_line = lines[line_index]
    line_above = next((line for line in reversed(lines[columns_start:line_index]) if line.x1 < column_line.x2), None)
    return line_above is not None and column_line.y - line_above.y < APART * leading * column_line.main.size


def _are_columns_of_lines(lines: Sequence[Line]) -> bool:
    """Lists in every column, or running text in every column: no table has its sentences cross the rows."""
    column_stretches = text_columns([run for line in lines for run in line.runs])
    if not 2 <= len(column_stretches) <= 4 or len(lines) < 3:
        return False
    columns = [[line.runs[0] for line in runs] for runs in lines_by_column(lines, column_stretches)]
    if all(any(item_label(run.text) and run.text != item_label(run.text) for run in runs) for runs in columns):
        return True
    are_columns_of_text = all(statistics.median(len(run.text.split()) for run in runs) >= 4 for runs in columns)
    runs_within_sentences = sum(run.text[:1].islower() for runs in columns for run in runs)
    return are_columns_of_text and len(lines) >= 6 and runs_within_sentences > 0.2 * sum(map(len, columns))


def rows_of_columns(lines: Sequence[Line], leading: float) -> list[list[Line]]:
    """Lines in columns, row by row, where all columns pause at once."""
    column_rows = [[lines[0]]]
    for column_line in lines[1:]:
        if column_line.y - column_rows[-1][-1].y > _COLUMN_ROW_GAP * leading * column_line.main.size:
            column_rows.append([])
        column_rows[-1].append(column_line)
    return column_rows


def lines_by_column(lines: Sequence[Line], column_stretches: Stretches) -> list[list[Line]]:
    """Lines by column: of each line the runs that lie there."""
    columns: list[list[Line]] = [[] for _ in column_stretches]
    for column_line in lines:
        runs_with_columns = [(column_of(run, column_stretches), run) for run in column_line.runs]
        for k, column_lines in enumerate(columns):
            if runs := [run for column, run in runs_with_columns if column == k]:
                column_lines.append(Line(max(runs, key=lambda run: len(run.text)).y2, runs))
    return columns
