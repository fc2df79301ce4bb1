"""Lines of a page as texts that may be the cells of a table, and which columns such a text belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.text_lines import Box, Line, Stretches, is_entry, is_number, joined, label, parted

_SPACE = 0.5  # sizes between two words of one cell
_OUT = 3  # points by which a text may stand out of the line below it
_CAPTION = re.compile(r"[^\W\d_]+\.? [A-Z]?[\d.-]*\d[.:]?")  # Table 3.
_LEADERS = re.compile(r"(?:\s?\.){3,}+\s*$|(?:(?<!\s)\s++)?…\s*$|(?:\s?[._]){6,}")


class Text(NamedTuple):
    """A stretch of a line that belongs to one cell; `reach`: the line drawn below it, where it has one of its own."""

    x1: float
    x2: float
    text: str
    words: Sequence[Box] = ()
    reach: tuple[float, float] | None = None


class SpacedLine(NamedTuple):
    """A line of a page as texts from left to right."""

    y1: float
    y2: float
    size: float
    texts: list[Text]
    bold: bool = False


def spaced_line(line: Line) -> SpacedLine:
    """A line parted where its words stand apart, numbers by less than words."""
    if not line.cells or is_entry(line.text):
        return SpacedLine(line.y, line.y, 0, [])
    texts = [_text(words) for cell in line.cells for words in parted(cell.words, cell.size)]
    if len(texts) == 2 and texts[0].text == label(texts[0].text) and not is_number(texts[1].text):
        texts = [_text([*texts[0].words, *texts[1].words])]  # an item of a list
    elif len(texts) == 2 and _CAPTION.fullmatch(texts[0].text) and texts[1].text.count(" ") > 2:
        texts = [_text([*texts[0].words, *texts[1].words])]  # its number stands apart from it
    texts = [text for text in texts if text.text.strip(". ")]
    for stretch in line.underlined:
        _reach(texts, stretch)
    main = line.main
    top, bottom = min(cell.y1 for cell in line.cells), max(cell.y2 for cell in line.cells)
    return SpacedLine(top, bottom, main.size, texts, main.bold)


def _reach(texts: list[Text], stretch: tuple[float, float]) -> None:
    """Note a line drawn below one text alone."""
    x1, x2 = stretch
    over = [i for i, text in enumerate(texts) if text.x1 < x2 and text.x2 > x1]
    if len(over) == 1 and x1 - _OUT <= texts[over[0]].x1 and texts[over[0]].x2 <= x2 + _OUT:
        texts[over[0]] = texts[over[0]]._replace(reach=stretch)


def _text(words: Sequence[Box]) -> Text:
    box = joined(words)
    return Text(box.x1, box.x2, _LEADERS.sub("", box.text), words)


def columns_under(text: Text, columns: Stretches) -> list[int]:
    """The columns that a text, or the line drawn below it, covers to a good part."""
    left, right = text.reach or (text.x1, text.x2)
    out = []
    for k, (x1, x2) in enumerate(columns):
        if min(right, x2) - max(left, x1) > 0.3 * min(x2 - x1, right - left):
            out.append(k)
    return out


def cut(text: Text, columns: Stretches, size: float) -> list[Text]:
    """A text parted at the spaces that lie between two columns and are wider than those within a cell."""
    if text.reach:
        return [text]
    gutters = [(a[1], b[0]) for a, b in pairwise(columns)]
    parts: list[list[Box]] = [[]]
    for word in text.words:
        left = parts[-1][-1].x2 if parts[-1] else word.x1
        between = any(left <= stop + 1 and word.x1 >= start - 1 for start, stop in gutters)
        if parts[-1] and between and word.x1 - left > _SPACE * size:
            parts.append([])
        parts[-1].append(word)
    return [_text(part) for part in parts] if len(parts) > 1 else [text]


def column_at(text: Text, columns: Stretches) -> int:
    """The column that a text covers most."""
    return max(range(len(columns)), key=lambda k: min(text.x2, columns[k][1]) - max(text.x1, columns[k][0]))
