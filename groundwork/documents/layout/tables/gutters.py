"""The columns of a table, or of a part of it, in which no line is drawn between them.

A line of a page is a row of texts, told by the space between its words; where the texts of the rows stand apart is a
gutter, and a column reaches from one gutter to the next.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from groundwork.documents.dot_leaders import is_contents_entry, without_cell_leaders
from groundwork.documents.layout.text_runs_and_lines import (
    Box,
    Line,
    Stretches,
    is_number,
    item_label,
    parted_words,
    widest_overlap,
    word_lines,
    words_as_box,
)

_GUTTER_OVERHANG = 3  # points by which a text may stand out of the line below it
_CAPTION_GUTTER = re.compile(r"[^\W\d_]+\.? [A-Z]?[\d.-]*\d[.:]?")  # Table 3.


class GutterText(NamedTuple):
    """A stretch of a line that belongs to one cell; `reach`: the line drawn below it, where it has one of its own."""

    x1: float
    x2: float
    text: str
    words: Sequence[Box] = ()
    reach: tuple[float, float] | None = None


class GutterRow(NamedTuple):
    """A line of a page as texts from left to right; `rule`: the ends of the longest line drawn right below it."""

    y1: float
    y2: float
    size: float
    texts: list[GutterText]
    bold: bool = False
    rule: tuple[float, float] = (0, 0)

    def is_ruled(self, columns: Stretches) -> bool:
        """Whether a line is drawn below it from the first column to the last."""
        return self.rule[0] - _GUTTER_OVERHANG <= columns[0][0] and columns[-1][1] <= self.rule[1] + _GUTTER_OVERHANG


def row_with_gutters(gutter_line: Line) -> GutterRow:
    """A line parted where its words stand apart, numbers by less than words."""
    if not gutter_line.runs or is_contents_entry(gutter_line.text):
        return GutterRow(gutter_line.y, gutter_line.y, 0, [])
    texts = [
        spaced_text(words)
        for run in gutter_line.runs
        for gutter_part in parted_words(run.words, run.size)
        for words in (_cut_at_gutter_walls(gutter_part, gutter_line.walls) if gutter_line.walls else [gutter_part])
    ]
    if len(texts) == 2 and _is_label_before_gutter(texts[0].text, texts[1].text):
        texts = [spaced_text([*texts[0].words, *texts[1].words])]
    texts = [gutter_text for gutter_text in texts if gutter_text.text.strip(". ")]
    for stretch in gutter_line.underlined:
        _note_rule_below_gutter(texts, stretch)
    main_cell = gutter_line.main
    line_top, line_bottom = min(run.y1 for run in gutter_line.runs), max(run.y2 for run in gutter_line.runs)
    longest_rule = max(gutter_line.underlined, key=lambda stretch: stretch[1] - stretch[0], default=(0, 0))
    return GutterRow(line_top, line_bottom, main_cell.size, texts, main_cell.bold, longest_rule)


def _is_label_before_gutter(label: str, text: str) -> bool:
    """Whether a text is an item behind its label, or a caption behind its number."""
    is_gutter_item = label == item_label(label) and not is_number(text)
    return is_gutter_item or (_CAPTION_GUTTER.fullmatch(label) is not None and text.count(" ") > 2)


def _cut_at_gutter_walls(gutter_words: Sequence[Box], steep_line_xs: Sequence[float]) -> list[list[Box]]:
    """Words parted where a steep line is drawn between two of them."""
    gutter_cells = [[gutter_words[0]]]
    for before_gutter, gutter_word in pairwise(gutter_words):
        if any(before_gutter.x2 - 1 <= x <= gutter_word.x1 + 1 for x in steep_line_xs):
            gutter_cells.append([])
        gutter_cells[-1].append(gutter_word)
    return gutter_cells


def _note_rule_below_gutter(gutter_texts: list[GutterText], rule_stretch: tuple[float, float]) -> None:
    """Note a line drawn below one text alone."""
    x1, x2 = rule_stretch
    texts_above_rule = [i for i, text in enumerate(gutter_texts) if text.x1 < x2 and text.x2 > x1]
    if (
        len(texts_above_rule) == 1
        and x1 - _GUTTER_OVERHANG <= gutter_texts[texts_above_rule[0]].x1
        and gutter_texts[texts_above_rule[0]].x2 <= x2 + _GUTTER_OVERHANG
    ):
        gutter_texts[texts_above_rule[0]] = gutter_texts[texts_above_rule[0]]._replace(reach=rule_stretch)


def spaced_text(words: Sequence[Box]) -> GutterText:
    text = " ".join([gutter_word.text for gutter_word in words])
    return GutterText(words[0].x1, max([gutter_word.x2 for gutter_word in words]), without_cell_leaders(text), words)


def is_gutter_row(gutter_row: GutterRow) -> bool:
    """Whether a line holds texts side by side."""
    return len(gutter_row.texts) > 1


_WORD_GUTTER = 0.5  # sizes between two words of one cell
_GUTTER_ALIGNED_ROWS, _ALIGNED_SHARE = 4, 0.8  # rows that leave a space free before figures
_FIGURE_GUTTER, _LABEL_GUTTER = 0.3, 0.65  # sizes of that space between two figures, and between a word and a figure
# rows that cross such a space, at the most, and have it wide, at the least
_GUTTER_CROSSING_SHARE, _WIDE_SHARE = 0.15, 0.25
_TEXT_GUTTER = 0.45  # sizes of the space between figures and words
_OUT_OF_COLUMN = 0.2  # sizes
CURRENCY_SIGNS = "$€£¥"
_GUTTER_ROWS = 2  # that leave the space between two columns free, at the least
_PARTED_TO_CROSSING = 3  # such rows for each whose text crosses the space, where more than one does


def cut_text_at_gutters(
    text: GutterText, gutter_cuts: Sequence[float], least_gutter: float, *, before_words: bool = False
) -> list[GutterText]:
    """A text parted at those places that lie in a space of `least_gutter` or more before a figure, or any word."""
    gutter_cells: list[list[Box]] = [[]]
    for gutter_word in text.words:
        gutter_start = gutter_cells[-1][-1].x2 if gutter_cells[-1] else gutter_word.x1
        is_cut_by_gutter = gutter_word.x1 - gutter_start >= least_gutter and any(
            gutter_start <= cut <= gutter_word.x1 for cut in gutter_cuts
        )
        if gutter_cells[-1] and is_cut_by_gutter and (before_words or is_number(gutter_word.text)):
            gutter_cells.append([])
        gutter_cells[-1].append(gutter_word)
    return [spaced_text(group) for group in gutter_cells] if len(gutter_cells) > 1 else [text]


def columns_under(text: GutterText, columns: Stretches) -> list[int]:
    """The columns that a text, or the line drawn below it, covers to a good part."""
    gutter_left, gutter_right = text.reach or (text.x1, text.x2)
    covered_columns = []
    for k, (x1, x2) in enumerate(columns):
        if (
            x1 < gutter_right
            and x2 > gutter_left
            and min(gutter_right, x2) - max(gutter_left, x1) > 0.3 * min(x2 - x1, gutter_right - gutter_left)
        ):
            covered_columns.append(k)
    return covered_columns


def _cut_within_gutters(gutter_text: GutterText, columns: Stretches, size: float) -> list[GutterText]:
    """A text parted at the spaces that lie between two columns and are wider than those within a cell."""
    if gutter_text.reach:
        return [gutter_text]
    gutters = [(a[1], b[0]) for a, b in pairwise(columns)]
    gutter_cells: list[list[Box]] = [[]]
    for gutter_word in gutter_text.words:
        gutter_start = gutter_cells[-1][-1].x2 if gutter_cells[-1] else gutter_word.x1
        in_gutter = any(
            gutter_start <= gutter_right + 1 and gutter_word.x1 >= gutter_left - 1
            for gutter_left, gutter_right in gutters
        )
        if gutter_cells[-1] and in_gutter and gutter_word.x1 - gutter_start > _WORD_GUTTER * size:
            gutter_cells.append([])
        gutter_cells[-1].append(gutter_word)
    return [spaced_text(group) for group in gutter_cells] if len(gutter_cells) > 1 else [gutter_text]


def cut_row_at_gutters(row: GutterRow, columns: Stretches) -> GutterRow:
    return row._replace(texts=[part for text in row.texts for part in _cut_within_gutters(text, columns, row.size)])


def column_at(text: GutterText, columns: Stretches) -> int:
    """The column that a text covers most."""
    return widest_overlap(text.x1, text.x2, columns)


def columns_between_gutters(body_rows: list[GutterRow]) -> Stretches:
    """The stretches that texts of most rows cover."""
    most_texts = max(len(gutter_row.texts) for gutter_row in body_rows)
    gutter_rows = [gutter_row.texts for gutter_row in body_rows if len(gutter_row.texts) >= max(2, 0.6 * most_texts)]
    stretches = stretches_between_gutters([[(text.x1, text.x2) for text in gutter_row] for gutter_row in gutter_rows])
    return [column for stretch in stretches for column in _split_at_gutters(stretch, gutter_rows)]


def part_at_figure_gutters(rows: Sequence[GutterRow]) -> list[GutterRow]:
    """Lines with their texts parted before figures that stand below each other, closer to what is before them than
    cells are: where nearly all lines leave the same space free."""
    gutter_rows = [row for row in rows if len(row.texts) > 1]
    gutter_lines = [[gutter_word for text in row.texts for gutter_word in text.words] for row in gutter_rows]
    if len(gutter_rows) < _GUTTER_ALIGNED_ROWS:
        return list(rows)
    middle_index = len(gutter_rows) // 2
    gutters = [
        _common_gutter(gutter, gutter_lines, gutter_rows[middle_index].size)
        for gutter in pairwise(gutter_lines[middle_index])
        if is_number(gutter[1].text) and gutter[1].text[0] != "("
    ]
    gutter_cuts = [gutter_cut for gutter_cut in gutters if gutter_cut]
    return [_cut_row_at(row, gutter_cuts, _FIGURE_GUTTER * row.size) for row in rows]


def _cut_row_at(
    row: GutterRow, gutter_cuts: Sequence[float], least_gutter: float, *, before_words: bool = False
) -> GutterRow:
    parts = [cut_text_at_gutters(text, gutter_cuts, least_gutter, before_words=before_words) for text in row.texts]
    return row._replace(texts=list(chain.from_iterable(parts)))


def part_at_aligned_gutters(rows: Sequence[GutterRow]) -> list[GutterRow]:
    """Lines with their texts parted at spaces below each other that nearly all lines leave free, where what follows
    begins at one place, or the figures before it end at one: the longest texts of a column reach close to the next."""
    gutter_rows = [row for row in rows if len(row.texts) > 1]
    if len(gutter_rows) < _GUTTER_ALIGNED_ROWS:
        return list(rows)
    gutter_words = [[gutter_word for text in row.texts for gutter_word in text.words] for row in gutter_rows]
    size = gutter_rows[len(gutter_rows) // 2].size
    stretches = stretches_between_gutters(
        [[(w.x1, w.x2) for w in words] for words in gutter_words], _GUTTER_CROSSING_SHARE
    )
    gutters = [(a[1], b[0]) for a, b in pairwise(stretches) if b[0] - a[1] >= _FIGURE_GUTTER * size]
    gutters = [gutter for gutter in gutters if _is_aligned_gutter(gutter, gutter_words, size)]
    return [_cut_at_aligned_gutters(row, gutters, size) for row in rows] if gutters else list(rows)


def _cut_at_aligned_gutters(gutter_row: GutterRow, gutters: Stretches, size: float) -> GutterRow:
    """A line cut at the spaces where its own words stand in line with those of the others."""
    gutter_words = [gutter_word for gutter_text in gutter_row.texts for gutter_word in gutter_text.words]
    gutter_cuts = [
        (gutter_left + gutter_right) / 2
        for gutter_left, gutter_right in gutters
        if any(
            abs(a.x2 - gutter_left) < _OUT_OF_COLUMN * size or abs(b.x1 - gutter_right) < _OUT_OF_COLUMN * size
            for a, b in pairwise(gutter_words)
            if a.x2 < (gutter_left + gutter_right) / 2 < b.x1
        )
    ]
    return _cut_row_at(gutter_row, gutter_cuts, _FIGURE_GUTTER * size, before_words=True)


def _is_aligned_gutter(gutter: tuple[float, float], gutter_lines: Sequence[Sequence[Box]], size: float) -> bool:
    """Whether the words around a space between columns stand in line, and some are as far apart as cells are."""
    gutter_left, gutter_right = gutter
    gutter_gaps = _words_around_gutter(gutter_left, gutter_right, gutter_lines, size)
    if len(gutter_gaps) < max(_GUTTER_ALIGNED_ROWS, _ALIGNED_SHARE * len(gutter_lines)):
        return False
    least = _ALIGNED_SHARE * len(gutter_gaps)
    if sum(a.text in CURRENCY_SIGNS for a, _, _ in gutter_gaps) > len(gutter_gaps) - least:
        return False
    begin_alike = sum(abs(b.x1 - gutter_right) < _OUT_OF_COLUMN * size for _, b, _ in gutter_gaps) >= least
    end_alike = sum(abs(a.x2 - gutter_left) < _OUT_OF_COLUMN * size for a, _, _ in gutter_gaps) >= least
    are_gutter_figures = sum(is_number(a.text) and k > 1 for a, _, k in gutter_gaps) >= least
    are_wide_gaps = sum(b.x1 - a.x2 >= size for a, b, _ in gutter_gaps) >= _WIDE_SHARE * len(gutter_gaps)
    are_unit_names = 2 * len({b.text for _, b, _ in gutter_gaps}) < len(gutter_gaps)
    is_wide_gutter = gutter_right - gutter_left >= _TEXT_GUTTER * size and not are_unit_names
    return (begin_alike and (are_wide_gaps or (are_gutter_figures and is_wide_gutter))) or (
        end_alike and are_gutter_figures and are_wide_gaps
    )


def _words_around_gutter(
    gutter_left: float, gutter_right: float, gutter_lines: Sequence[Sequence[Box]], size: float
) -> list[tuple[Box, Box, int]]:
    """The last word before a space between columns, the first behind it and its place, of each line that has both."""
    words_around_gutter = []
    for gutter_words in gutter_lines:
        k = bisect_left(gutter_words, (gutter_left + gutter_right) / 2, key=lambda gutter_word: gutter_word.x1)
        if 0 < k < len(gutter_words) and gutter_words[k - 1].x2 < gutter_left + _OUT_OF_COLUMN * size:
            words_around_gutter.append((gutter_words[k - 1], gutter_words[k], k))
    return words_around_gutter


def _common_gutter(gutter: tuple[Box, Box], gutter_lines: Sequence[Sequence[Box]], size: float) -> float | None:
    """Where the space between two words lies that nearly all rows leave free, each before a figure; None where none."""
    gutter_left, gutter_right = gutter[0].x2, gutter[1].x1
    free_gutter_rows, are_gutter_figures = 0, True
    for words in gutter_lines:
        k = bisect_left(words, (gutter_left + gutter_right) / 2, key=lambda gutter_word: gutter_word.x1)
        if not 0 < k < len(words) or words[k - 1].x2 >= gutter_right or not is_number(words[k].text):
            continue
        if min(gutter_right, words[k].x1) - max(gutter_left, words[k - 1].x2) < _FIGURE_GUTTER * size:
            continue
        gutter_left, gutter_right = max(gutter_left, words[k - 1].x2), min(gutter_right, words[k].x1)
        free_gutter_rows += 1
        are_gutter_figures = are_gutter_figures and is_number(words[k - 1].text)
    is_wide_gutter = gutter_right - gutter_left >= (_FIGURE_GUTTER if are_gutter_figures else _LABEL_GUTTER) * size
    is_shared_gutter = free_gutter_rows >= max(_GUTTER_ALIGNED_ROWS, _ALIGNED_SHARE * len(gutter_lines))
    return (gutter_left + gutter_right) / 2 if is_wide_gutter and is_shared_gutter else None


def _split_at_gutters(stretch: tuple[float, float], gutter_rows: Sequence[Sequence[GutterText]]) -> Stretches:
    """The columns of a stretch that several rows part and few cross: a head over two columns, or a value of both.

    Most texts at the right of the space hold a figure; words alone may be of running text.
    """
    inner_texts = [[text for text in row if stretch[0] <= (text.x1 + text.x2) / 2 <= stretch[1]] for row in gutter_rows]
    rows_at_gutters = [texts for texts in inner_texts if len(texts) > 1]
    columns = [stretch]
    for (_, gutter_left), (gutter_right, _) in pairwise(
        merge_gutter_stretches([(t.x1, t.x2) for texts in rows_at_gutters for t in texts])
    ):
        crossings = sum(text.x1 < gutter_left and text.x2 > gutter_right for texts in inner_texts for text in texts)
        gutter_values = [
            next((t for t in texts if t.x1 >= gutter_right), None)
            for texts in rows_at_gutters
            if texts[0].x2 <= gutter_left
        ]
        gutter_count = sum(value is not None for value in gutter_values)
        figure_count = sum(value is not None and any(map(str.isdigit, value.text)) for value in gutter_values)
        least_gutters = _PARTED_TO_CROSSING * crossings if crossings > 1 else _GUTTER_ROWS
        if gutter_count >= least_gutters and 2 * figure_count >= gutter_count:
            columns[-1:] = [(columns[-1][0], gutter_left), (gutter_right, columns[-1][1])]
    return columns


def merge_gutter_columns(columns: Stretches, rows: Sequence[GutterRow]) -> Stretches:
    """The columns, two as one where no row has texts in both: heads that stand beside what they are the heads of."""
    column_sets = []
    for gutter_row in rows:
        text_columns = [columns_under(text, columns) for text in gutter_row.texts]
        column_sets.append({row_columns[0] if len(row_columns) == 1 else -1 for row_columns in text_columns})
    gutter_columns = [(columns[0], {0})]
    for k in range(1, len(columns)):
        share_a_row = any(k in row_columns and gutter_columns[-1][1] & row_columns for row_columns in column_sets)
        if share_a_row:
            gutter_columns.append((columns[k], {k}))
        else:
            gutter_columns[-1] = ((gutter_columns[-1][0][0], columns[k][1]), gutter_columns[-1][1] | {k})
    return [column for column, _ in gutter_columns]


def merge_gutter_stretches(gutter_stretches: Stretches) -> Stretches:
    """Stretches from left to right, those that touch as one."""
    gutter_columns: list[tuple[float, float]] = []
    for x1, x2 in sorted(gutter_stretches):
        if gutter_columns and x1 < gutter_columns[-1][1] + 1:
            gutter_columns[-1] = (gutter_columns[-1][0], max(gutter_columns[-1][1], x2))
        else:
            gutter_columns.append((x1, x2))
    return gutter_columns


def stretches_between_gutters(gutter_rows: Sequence[Stretches], uncovered_share: float = 0.12) -> Stretches:
    """The stretches from left to right that texts of the rows cover, but for that share of the rows."""
    gutter_edges = sorted((x, step) for row in gutter_rows for x1, x2 in row for x, step in ((x1, 1), (x2, -1)))
    most_gutter_crossings = uncovered_share * len(gutter_rows)
    columns: list[tuple[float, float]] = []
    texts_over_gutter, column_start = 0, 0.0
    for x, step in gutter_edges:
        texts_before_gutter, texts_over_gutter = texts_over_gutter, texts_over_gutter + step
        if texts_before_gutter <= most_gutter_crossings < texts_over_gutter:
            column_start = x
        elif texts_before_gutter > most_gutter_crossings >= texts_over_gutter:
            columns.append((column_start, x))
    return columns


# of the lines between two drawn lines, in which columns stand that none parts
_FIGURE_GUTTER_ROWS, _TEXT_GUTTER_ROWS = 0.4, 0.8


def undrawn_gutter_edges(column_xs: list[float], words: list[Box]) -> list[float]:
    """The columns' edges: those drawn, and between them those of spaces that run through most lines."""
    if len(column_xs) < 2:
        return column_xs
    gutter_lines = [[words_as_box(text) for text in parted_words(line)] for line in word_lines(words)]
    gutter_edges = column_xs[:1]
    for wall_left, wall_right in pairwise(column_xs):
        gutter_texts = [[t for t in line if wall_left <= (t.x1 + t.x2) / 2 < wall_right] for line in gutter_lines]
        gutter_stretches = _undrawn_gutter_stretches(gutter_texts, has_labels=wall_left == column_xs[0])
        gutter_edges += [_undrawn_gutter_between(a[1], b[0], gutter_texts) for a, b in pairwise(gutter_stretches)]
        gutter_edges.append(wall_right)
    return gutter_edges


def _undrawn_gutter_between(end: float, start: float, gutter_texts: Sequence[Sequence[Box]]) -> float:
    """The edge of two columns in the middle of the space that even their longest texts leave free, if these do."""
    gutter_middle = (end + start) / 2
    at_gutters = [t for line in gutter_texts if len(line) > 1 for t in line]
    last_text_end = max((t.x2 for t in at_gutters if (t.x1 + t.x2) / 2 < gutter_middle and t.x2 < start), default=end)
    first = min((t.x1 for t in at_gutters if (t.x1 + t.x2) / 2 > gutter_middle and t.x1 > end), default=start)
    return (last_text_end + first) / 2 if last_text_end < first else gutter_middle


def _undrawn_gutter_stretches(gutter_texts: Sequence[Sequence[Box]], *, has_labels: bool) -> Stretches:
    """The columns between two drawn lines: of figures in a good part of the rows, or of as many texts in most.

    `gutter_texts`: by line. `has_labels`: texts may stand before the figures.
    """
    filled_gutter_lines = sum(map(bool, gutter_texts))
    gutter_lines = [line for line in gutter_texts if len(line) > 1]
    gutter_figures = [line for line in gutter_lines if all(is_number(t.text) for t in line[int(has_labels) :])]
    if len(gutter_figures) > 2 and len(gutter_figures) > _FIGURE_GUTTER_ROWS * filled_gutter_lines:
        return stretches_between_gutters([[(t.x1, t.x2) for t in line] for line in gutter_figures])
    if len(gutter_lines) < 3 or len(gutter_lines) < _TEXT_GUTTER_ROWS * filled_gutter_lines:
        return []
    gutter_stretches = stretches_between_gutters([[(t.x1, t.x2) for t in line] for line in gutter_lines])
    whole_rows = sum(len(line) == len(gutter_stretches) for line in gutter_lines)
    return gutter_stretches if whole_rows >= _TEXT_GUTTER_ROWS * filled_gutter_lines else []
