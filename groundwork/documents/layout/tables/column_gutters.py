"""The columns of a borderless table, and the gutters between them: where the texts of its lines stand apart."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.dot_leaders import is_contents_entry, without_cell_leaders
from groundwork.documents.layout.text_lines import (
    Box,
    Line,
    Stretches,
    is_number,
    label,
    parted,
    stretches_of_most,
    widest_overlap,
)

_CELL_SPACE = 0.5  # sizes between two words of one cell
_OVERHANG = 3  # points by which a text may stand out of the line below it
_CAPTION_NUMBER = re.compile(r"[^\W\d_]+\.? [A-Z]?[\d.-]*\d[.:]?")  # Table 3.
_ALIGNED_ROWS, _ALIGNED_SHARE = 4, 0.8  # rows that leave a space free before figures
_FIGURE_GUTTER, _LABEL_GUTTER = 0.3, 0.65  # sizes of that space between two figures, and between a word and a figure
_CROSSING_SHARE, _WIDE_SHARE = 0.15, 0.25  # rows that cross such a space, at the most, and have it wide, at the least
_TEXT_GUTTER = 0.45  # sizes of the space between figures and words
_OUT_OF_LINE = 0.2  # sizes
CURRENCY_SIGNS = "$€£¥"
_PARTED_ROWS = 2  # that leave the space between two columns free, at the least
_PARTED_TO_CROSSING = 3  # such rows for each whose text crosses the space, where more than one does


class Text(NamedTuple):
    """A stretch of a line that belongs to one cell; `reach`: the line drawn below it, where it has one of its own."""

    x1: float
    x2: float
    text: str
    words: Sequence[Box] = ()
    reach: tuple[float, float] | None = None


class SpacedLine(NamedTuple):
    """A line of a page as texts from left to right; `rule`: the ends of the longest line drawn right below it."""

    y1: float
    y2: float
    size: float
    texts: list[Text]
    bold: bool = False
    rule: tuple[float, float] = (0, 0)

    def is_ruled(self, columns: Stretches) -> bool:
        """Whether a line is drawn below it from the first column to the last."""
        return self.rule[0] - _OVERHANG <= columns[0][0] and columns[-1][1] <= self.rule[1] + _OVERHANG


def spaced_line(line: Line) -> SpacedLine:
    """A line parted where its words stand apart, numbers by less than words."""
    if not line.cells or is_contents_entry(line.text):
        return SpacedLine(line.y, line.y, 0, [])
    texts = [
        _cell_text(words)
        for cell in line.cells
        for part in parted(cell.words, cell.size)
        for words in (_cut_at_walls(part, line.walls) if line.walls else [part])
    ]
    if len(texts) == 2 and texts[0].text == label(texts[0].text) and not is_number(texts[1].text):
        texts = [_cell_text([*texts[0].words, *texts[1].words])]  # an item of a list
    elif len(texts) == 2 and _CAPTION_NUMBER.fullmatch(texts[0].text) and texts[1].text.count(" ") > 2:
        texts = [_cell_text([*texts[0].words, *texts[1].words])]  # its number stands apart from it
    texts = [text for text in texts if text.text.strip(". ")]
    for stretch in line.underlined:
        _note_underline(texts, stretch)
    main = line.main
    top, bottom = min(cell.y1 for cell in line.cells), max(cell.y2 for cell in line.cells)
    rule = max(line.underlined, key=lambda stretch: stretch[1] - stretch[0], default=(0, 0))
    return SpacedLine(top, bottom, main.size, texts, main.bold, rule)


def _cut_at_walls(words: Sequence[Box], walls: Sequence[float]) -> list[list[Box]]:
    """Words parted where a steep line is drawn between two of them."""
    groups = [[words[0]]]
    for previous, word in pairwise(words):
        if any(previous.x2 - 1 <= x <= word.x1 + 1 for x in walls):
            groups.append([])
        groups[-1].append(word)
    return groups


def _note_underline(texts: list[Text], stretch: tuple[float, float]) -> None:
    """Note a line drawn below one text alone."""
    x1, x2 = stretch
    above = [i for i, text in enumerate(texts) if text.x1 < x2 and text.x2 > x1]
    if len(above) == 1 and x1 - _OVERHANG <= texts[above[0]].x1 and texts[above[0]].x2 <= x2 + _OVERHANG:
        texts[above[0]] = texts[above[0]]._replace(reach=stretch)


def _cell_text(words: Sequence[Box]) -> Text:
    text = " ".join([word.text for word in words])
    return Text(words[0].x1, max([word.x2 for word in words]), without_cell_leaders(text), words)


def cut_text(text: Text, cuts: Sequence[float], space: float, *, before_words: bool = False) -> list[Text]:
    """A text parted at those places that lie in a space before a figure, or any word, which is as wide as `space`."""
    groups: list[list[Box]] = [[]]
    for word in text.words:
        gap_start = groups[-1][-1].x2 if groups[-1] else word.x1
        is_cut = word.x1 - gap_start >= space and any(gap_start <= cut <= word.x1 for cut in cuts)
        if groups[-1] and is_cut and (before_words or is_number(word.text)):
            groups.append([])
        groups[-1].append(word)
    return [_cell_text(group) for group in groups] if len(groups) > 1 else [text]


def columns_under(text: Text, columns: Stretches) -> list[int]:
    """The columns that a text, or the line drawn below it, covers to a good part."""
    left, right = text.reach or (text.x1, text.x2)
    under = []
    for k, (x1, x2) in enumerate(columns):
        if x1 < right and x2 > left and min(right, x2) - max(left, x1) > 0.3 * min(x2 - x1, right - left):
            under.append(k)
    return under


def _cut(text: Text, columns: Stretches, size: float) -> list[Text]:
    """A text parted at the spaces that lie between two columns and are wider than those within a cell."""
    if text.reach:
        return [text]
    gutters = [(a[1], b[0]) for a, b in pairwise(columns)]
    groups: list[list[Box]] = [[]]
    for word in text.words:
        gap_start = groups[-1][-1].x2 if groups[-1] else word.x1
        in_gutter = any(gap_start <= stop + 1 and word.x1 >= start - 1 for start, stop in gutters)
        if groups[-1] and in_gutter and word.x1 - gap_start > _CELL_SPACE * size:
            groups.append([])
        groups[-1].append(word)
    return [_cell_text(group) for group in groups] if len(groups) > 1 else [text]


def cut_row(row: SpacedLine, columns: Stretches) -> SpacedLine:
    return row._replace(texts=[part for text in row.texts for part in _cut(text, columns, row.size)])


def column_at(text: Text, columns: Stretches) -> int:
    """The column that a text covers most."""
    return widest_overlap(text.x1, text.x2, columns)


def is_row(row: SpacedLine) -> bool:
    """Whether a line holds texts side by side."""
    return len(row.texts) > 1


def find_columns(body: list[SpacedLine]) -> list[tuple[float, float]]:
    """The stretches that texts of most rows cover."""
    most_texts = max(len(row.texts) for row in body)
    rows = [row.texts for row in body if len(row.texts) >= max(2, 0.6 * most_texts)]
    stretches = stretches_of_most([[(text.x1, text.x2) for text in row] for row in rows])
    return [column for stretch in stretches for column in _split_stretch(stretch, rows)]


def part_figures(rows: Sequence[SpacedLine]) -> list[SpacedLine]:
    """Lines with their texts parted before figures that stand below each other, closer to what is before them than
    cells are: where nearly all lines leave the same space free."""
    full_rows = [row for row in rows if len(row.texts) > 1]
    words_by_row = [[word for text in row.texts for word in text.words] for row in full_rows]
    if len(full_rows) < _ALIGNED_ROWS:
        return list(rows)
    middle = len(full_rows) // 2
    gaps = [gap for gap in pairwise(words_by_row[middle]) if is_number(gap[1].text) and gap[1].text[0] != "("]
    cuts = [cut for gap in gaps if (cut := _common_gutter(gap, words_by_row, full_rows[middle].size))]
    return [
        row._replace(texts=[part for text in row.texts for part in cut_text(text, cuts, _FIGURE_GUTTER * row.size)])
        for row in rows
    ]


def part_aligned(rows: Sequence[SpacedLine]) -> list[SpacedLine]:
    """Lines with their texts parted at spaces below each other that nearly all lines leave free, where what follows
    begins at one place, or the figures before it end at one: the longest texts of a column reach close to the next."""
    full_rows = [row for row in rows if len(row.texts) > 1]
    if len(full_rows) < _ALIGNED_ROWS:
        return list(rows)
    words_by_row = [[word for text in row.texts for word in text.words] for row in full_rows]
    size = full_rows[len(full_rows) // 2].size
    stretches = stretches_of_most([[(w.x1, w.x2) for w in words] for words in words_by_row], _CROSSING_SHARE)
    gutters = [(a[1], b[0]) for a, b in pairwise(stretches) if b[0] - a[1] >= _FIGURE_GUTTER * size]
    gutters = [gutter for gutter in gutters if _is_aligned(gutter, words_by_row, size)]
    return [_cut_in_line(row, gutters, size) for row in rows] if gutters else list(rows)


def _cut_in_line(row: SpacedLine, gutters: Sequence[tuple[float, float]], size: float) -> SpacedLine:
    """A line cut at the spaces where its own words stand in line with those of the others."""
    words = [word for text in row.texts for word in text.words]
    cuts = [
        (left + right) / 2
        for left, right in gutters
        if any(
            abs(a.x2 - left) < _OUT_OF_LINE * size or abs(b.x1 - right) < _OUT_OF_LINE * size
            for a, b in pairwise(words)
            if a.x2 < (left + right) / 2 < b.x1
        )
    ]
    texts = [part for text in row.texts for part in cut_text(text, cuts, _FIGURE_GUTTER * size, before_words=True)]
    return row._replace(texts=texts)


def _is_aligned(gutter: tuple[float, float], words_by_row: Sequence[Sequence[Box]], size: float) -> bool:
    """Whether the words around a space between columns stand in line, and some are as far apart as cells are."""
    left, right = gutter
    gaps = []
    for words in words_by_row:
        k = bisect_left(words, (left + right) / 2, key=lambda word: word.x1)
        if 0 < k < len(words) and words[k - 1].x2 < left + _OUT_OF_LINE * size:
            gaps.append((words[k - 1], words[k], k))
    if len(gaps) < max(_ALIGNED_ROWS, _ALIGNED_SHARE * len(words_by_row)):
        return False
    least = _ALIGNED_SHARE * len(gaps)
    if sum(a.text in CURRENCY_SIGNS for a, _, _ in gaps) > len(gaps) - least:
        return False
    begin_alike = sum(abs(b.x1 - right) < _OUT_OF_LINE * size for _, b, _ in gaps) >= least
    end_alike = sum(abs(a.x2 - left) < _OUT_OF_LINE * size for a, _, _ in gaps) >= least
    are_figures = sum(is_number(a.text) and k > 1 for a, _, k in gaps) >= least
    are_cells = sum(b.x1 - a.x2 >= size for a, b, _ in gaps) >= _WIDE_SHARE * len(gaps)
    are_units = 2 * len({b.text for _, b, _ in gaps}) < len(gaps)
    is_wide = right - left >= _TEXT_GUTTER * size and not are_units
    return (begin_alike and (are_cells or (are_figures and is_wide))) or (end_alike and are_figures and are_cells)


def _common_gutter(gap: tuple[Box, Box], words_by_row: Sequence[Sequence[Box]], size: float) -> float | None:
    """Where the space between two words lies that nearly all rows leave free, each before a figure; None where none."""
    left, right = gap[0].x2, gap[1].x1
    free_rows, are_figures = 0, True
    for words in words_by_row:
        k = bisect_left(words, (left + right) / 2, key=lambda word: word.x1)
        if not 0 < k < len(words) or words[k - 1].x2 >= right or not is_number(words[k].text):
            continue
        if min(right, words[k].x1) - max(left, words[k - 1].x2) < _FIGURE_GUTTER * size:
            continue
        left, right = max(left, words[k - 1].x2), min(right, words[k].x1)
        free_rows += 1
        are_figures = are_figures and is_number(words[k - 1].text)
    is_wide = right - left >= (_FIGURE_GUTTER if are_figures else _LABEL_GUTTER) * size
    is_shared = free_rows >= max(_ALIGNED_ROWS, _ALIGNED_SHARE * len(words_by_row))
    return (left + right) / 2 if is_wide and is_shared else None


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
