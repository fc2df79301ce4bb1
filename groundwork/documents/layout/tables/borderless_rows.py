"""A line of a page as a row of a borderless table: its texts from left to right, told by the space between words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.dot_leaders import is_contents_entry, without_cell_leaders
from groundwork.documents.layout.text_runs_and_lines import Box, Line, Stretches, is_number, item_label, parted_words

_COLUMN_OVERHANG = 3  # points by which a text may stand out of the line below it
_CAPTION_NUMBER = re.compile(r"[^\W\d_]+\.? [A-Z]?[\d.-]*\d[.:]?")  # Table 3.


class BorderlessText(NamedTuple):
    """A stretch of a line that belongs to one cell; `reach`: the line drawn below it, where it has one of its own."""

    x1: float
    x2: float
    text: str
    words: Sequence[Box] = ()
    reach: tuple[float, float] | None = None


class BorderlessRow(NamedTuple):
    """A line of a page as texts from left to right; `rule`: the ends of the longest line drawn right below it."""

    y1: float
    y2: float
    size: float
    texts: list[BorderlessText]
    bold: bool = False
    rule: tuple[float, float] = (0, 0)

    def is_ruled(self, columns: Stretches) -> bool:
        """Whether a line is drawn below it from the first column to the last."""
        return self.rule[0] - _COLUMN_OVERHANG <= columns[0][0] and columns[-1][1] <= self.rule[1] + _COLUMN_OVERHANG


def borderless_row(line: Line) -> BorderlessRow:
    """A line parted where its words stand apart, numbers by less than words."""
    if not line.cells or is_contents_entry(line.text):
        return BorderlessRow(line.y, line.y, 0, [])
    texts = [
        spaced_text(words)
        for cell in line.cells
        for part in parted_words(cell.words, cell.size)
        for words in (_cut_at_steep_lines(part, line.walls) if line.walls else [part])
    ]
    if len(texts) == 2 and texts[0].text == item_label(texts[0].text) and not is_number(texts[1].text):
        texts = [spaced_text([*texts[0].words, *texts[1].words])]  # an item of a list
    elif len(texts) == 2 and _CAPTION_NUMBER.fullmatch(texts[0].text) and texts[1].text.count(" ") > 2:
        texts = [spaced_text([*texts[0].words, *texts[1].words])]  # its number stands apart from it
    texts = [text for text in texts if text.text.strip(". ")]
    for stretch in line.underlined:
        _note_line_below_text(texts, stretch)
    main_cell = line.main
    line_top, line_bottom = min(cell.y1 for cell in line.cells), max(cell.y2 for cell in line.cells)
    longest_rule = max(line.underlined, key=lambda stretch: stretch[1] - stretch[0], default=(0, 0))
    return BorderlessRow(line_top, line_bottom, main_cell.size, texts, main_cell.bold, longest_rule)


def _cut_at_steep_lines(words: Sequence[Box], steep_line_xs: Sequence[float]) -> list[list[Box]]:
    """Words parted where a steep line is drawn between two of them."""
    words_by_cell = [[words[0]]]
    for previous_word, word in pairwise(words):
        if any(previous_word.x2 - 1 <= x <= word.x1 + 1 for x in steep_line_xs):
            words_by_cell.append([])
        words_by_cell[-1].append(word)
    return words_by_cell


def _note_line_below_text(texts: list[BorderlessText], rule_stretch: tuple[float, float]) -> None:
    """Note a line drawn below one text alone."""
    x1, x2 = rule_stretch
    texts_above_rule = [i for i, text in enumerate(texts) if text.x1 < x2 and text.x2 > x1]
    if (
        len(texts_above_rule) == 1
        and x1 - _COLUMN_OVERHANG <= texts[texts_above_rule[0]].x1
        and texts[texts_above_rule[0]].x2 <= x2 + _COLUMN_OVERHANG
    ):
        texts[texts_above_rule[0]] = texts[texts_above_rule[0]]._replace(reach=rule_stretch)


def spaced_text(words: Sequence[Box]) -> BorderlessText:
    text = " ".join([word.text for word in words])
    return BorderlessText(words[0].x1, max([word.x2 for word in words]), without_cell_leaders(text), words)


def is_borderless_row(row: BorderlessRow) -> bool:
    """Whether a line holds texts side by side."""
    return len(row.texts) > 1
