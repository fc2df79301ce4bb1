"""Tables without drawn cells, read from the spaces between their words.

Rows are lines with words far apart; columns are the stretches that the words of most rows cover. Lines with a single
text belong to a table where they stand among its rows: the name of a group, the rest of a cell, or the part of its
heads that spans several columns.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from groundwork.documents.layout.lines import Box, Line, is_entry, is_number, joined, label, parted, stretches_of_most
from groundwork.documents.repair.hyphens import Vocabulary

_SPACE = 0.5  # sizes between two words of one cell
_APART = 2.4  # line heights between two rows of one table
_LEADERS = re.compile(r"(?:\s?\.){3,}+\s*$|(?:(?<!\s)\s++)?…\s*$|(?:\s?[._]){6,}")


class Text(NamedTuple):
    """A stretch of a line that belongs to one cell."""

    x1: float
    x2: float
    text: str
    words: Sequence[Box] = ()


class SpacedLine(NamedTuple):
    """A line of a page as texts from left to right."""

    y1: float
    y2: float
    size: float
    texts: list[Text]


class Table(NamedTuple):
    """A table of the lines [start, end): its rows, cell by cell."""

    start: int
    end: int
    rows: list[list[str]]


def find_tables(
    lines: Sequence[Line], vocabulary: Vocabulary, columns_end: Callable[[int], int] = lambda start: start
) -> list[Table]:
    """The tables among lines that follow each other from top to bottom.

    `columns_end`: where the columns of text or lists end that begin at a line; they are no tables.
    """
    rows = [_row(line) for line in lines]
    found: list[Table] = []
    at = floor = 0
    while at < len(rows):
        end = columns_end(at)
        table = _Reader(rows, vocabulary, floor).table(at) if end == at and _is_row(rows[at]) else None
        if table:
            found.append(table)
        at = table.end if table else max(at + 1, end)
        floor = at if table or end == at else floor
    return found


def _row(line: Line) -> SpacedLine:
    """A line parted where its words stand apart, numbers by less than words."""
    if not line.cells or is_entry(line.text):
        return SpacedLine(line.y, line.y, 0, [])
    texts = [_text(words) for cell in line.cells for words in parted(cell.words, cell.size)]
    if len(texts) == 2 and texts[0].text == label(texts[0].text) and not is_number(texts[1].text):
        texts = [_text([*texts[0].words, *texts[1].words])]  # an item of a list
    main = line.main
    return SpacedLine(
        min(cell.y1 for cell in line.cells),
        max(cell.y2 for cell in line.cells),
        main.size,
        [t for t in texts if t.text.strip(". ")],
    )


def _text(words: Sequence[Box]) -> Text:
    box = joined(words)
    return Text(box.x1, box.x2, _LEADERS.sub("", box.text), words)


def _is_row(row: SpacedLine) -> bool:
    return len(row.texts) > 1


class _Reader:
    """Reads the table that begins at a row; `floor`: the first row that is still free for its heads."""

    def __init__(self, rows: list[SpacedLine], vocabulary: Vocabulary, floor: int) -> None:
        self.rows, self.vocabulary, self.floor = rows, vocabulary, floor

    def table(self, start: int) -> Table | None:
        end = self._end(start)
        body = [row for row in self.rows[start:end] if _is_row(row)]
        if len(body) < 3:
            return None
        columns = _columns(body)
        if len(columns) < 2:
            return None
        top = self._top(start, columns)
        columns = _whole(columns, self.rows[top:end])
        if len(columns) < 2:
            return None
        cells = self._cells(top, end, columns)
        return Table(top, end, cells) if cells and self._is_table(body, columns, cells) else None

    # --- where it ends and begins ---

    def _end(self, start: int) -> int:
        """Where the rows that begin at `start` end."""
        end = at = start + 1
        stretches = [(t.x1, t.x2) for t in self.rows[start].texts]
        while at < len(self.rows) and at - end < 3 and self._follows(at):
            row = self.rows[at]
            if _is_row(row):
                merged = _merged([*stretches, *((t.x1, t.x2) for t in row.texts)])
                if len(merged) < 2:
                    break
                stretches = merged if len(merged) >= len(stretches) - 1 else stretches
                end = at + 1
            elif self._is_rest(at, stretches):
                end = at + 1 if end == at else end
            elif row.texts[0].x2 - row.texts[0].x1 > 0.66 * (stretches[-1][1] - stretches[0][0]):
                break  # a line of text
            at += 1
        return end

    def _follows(self, at: int) -> bool:
        row, above = self.rows[at], self.rows[at - 1]
        return bool(row.texts) and row.y1 - above.y2 < (_APART - 1) * max(row.size, above.size) * 1.2

    def _is_rest(self, at: int, stretches: list[tuple[float, float]]) -> bool:
        """Whether a text alone on its line goes on with a cell that is not the first."""
        text = self.rows[at].texts[0]
        return text.x1 > stretches[1][0] - 4 and text.x2 < stretches[-1][1] + 4

    def _top(self, start: int, columns: list[tuple[float, float]]) -> int:
        """Where the heads begin that stand above the first row with texts side by side."""
        top = start
        while top > self.floor and start - top < 6 and self.rows[top - 1].texts and self._is_head(top - 1, columns):
            top -= 1
        return top

    def _is_head(self, at: int, columns: list[tuple[float, float]]) -> bool:
        row, below = self.rows[at], self.rows[at + 1]
        if below.y1 - row.y2 > 0.9 * row.size or row.size > 1.15 * below.size or label(row.texts[0].text):
            return False
        if row.texts[0].x1 < columns[0][0] - row.size or row.texts[-1].x2 > columns[-1][1] + row.size:
            return False
        if _is_caption(row, columns):
            return False
        return row.texts[0].x1 > columns[0][1] - 2 or len(row.texts) > 1

    # --- cells ---

    def _cells(self, start: int, end: int, columns: list[tuple[float, float]]) -> list[list[str]]:
        out: list[list[str]] = []
        above: SpacedLine | None = None
        heads = True  # until the first row with a number
        for row in self.rows[start:end]:
            cells = _placed(row, columns, heads)
            heads = heads and not any(is_number(text.text) for text in row.texts[1:])
            if above and self._goes_on(above, row, columns, out[-1], cells):
                out[-1] = [
                    self.vocabulary.join(old, new) if old and new else old or new
                    for old, new in zip(out[-1], cells, strict=True)
                ]
            else:
                out.append(cells)
            above = row
        return out

    def _goes_on(
        self,
        above: SpacedLine,
        row: SpacedLine,
        columns: list[tuple[float, float]],
        before: list[str],
        cells: list[str],
    ) -> bool:
        """Whether a line carries on the cells of the row above it."""
        if row.y1 - above.y2 > 0.6 * row.size:
            return False
        filled = [k for k, cell in enumerate(cells) if cell]
        if any(is_number(cells[k]) and before[k] for k in filled[0 if filled[0] else 1 :]):
            return False
        if not cells[0]:
            return len(filled) < len(columns)
        if len(filled) > 1 or len(row.texts) > 1:
            return False
        last = [t for t in above.texts if _column(t, columns) == 0]
        first = row.texts[0]
        word = (first.x2 - first.x1) * (len(first.text.split()[0]) + 1) / len(first.text)
        return bool(last) and (first.text[:1].islower() or first.text[:1] == "(") and last[-1].x2 + word > columns[0][1]

    def _is_table(self, body: list[SpacedLine], columns: list[tuple[float, float]], cells: list[list[str]]) -> bool:
        first = [row.texts[0].text for row in body]
        if all(text == label(text) for text in first) or statistics.median(len(text.split()) for text in first) >= 6:
            return False
        if _is_prose(body, columns):
            return False
        filled = sum(bool(cell) for row in cells for cell in row)
        return filled > 0.4 * len(cells) * len(columns)


def _is_caption(row: SpacedLine, columns: list[tuple[float, float]]) -> bool:
    """Whether a line begins where the table does and holds a long text that runs over most of it."""
    wide = 0.6 * (columns[-1][1] - columns[0][0])
    long = any(text.x2 - text.x1 > wide and len(text.text.split()) > 4 for text in row.texts)
    return long and row.texts[0].x1 < columns[0][0] + row.size and len(row.texts) < 3


def _whole(columns: list[tuple[float, float]], rows: Sequence[SpacedLine]) -> list[tuple[float, float]]:
    """The columns, two as one where no row has texts in both: heads that stand beside what they are the heads of."""
    taken = []
    for row in rows:
        covered = [_covered(text, columns) for text in row.texts]
        taken.append({cells[0] if len(cells) == 1 else -1 for cells in covered})
    out = [(columns[0], {0})]
    for k in range(1, len(columns)):
        both = any(k in cells and out[-1][1] & cells for cells in taken)
        if both:
            out.append((columns[k], {k}))
        else:
            out[-1] = ((out[-1][0][0], columns[k][1]), out[-1][1] | {k})
    return [column for column, _ in out]


def _is_prose(body: list[SpacedLine], columns: list[tuple[float, float]]) -> bool:
    """Whether sentences cross the rows in more than one column: columns of running text."""
    parts: list[list[str]] = [[] for _ in columns]
    for row in body:
        for text in row.texts:
            parts[_column(text, columns)].append(text.text)
    running = [
        part
        for part in parts
        if part and statistics.median(len(text.split()) for text in part) >= 4 and _share_of_lower(part) > 0.3
    ]
    return len(running) > 1


def _share_of_lower(part: list[str]) -> float:
    return sum(text[0].islower() for text in part) / len(part)


def _placed(row: SpacedLine, columns: list[tuple[float, float]], heads: bool) -> list[str]:
    """The texts of a row by column; a head that covers several columns is in each of them."""
    cells = [""] * len(columns)
    for text in chain.from_iterable(_cut(text, columns, row.size) for text in row.texts):
        covered = _covered(text, columns)
        for k in covered if heads and covered and covered[0] > 0 else [_column(text, columns)]:
            cells[k] = f"{cells[k]} {text.text}".strip()
    return cells


def _covered(text: Text, columns: list[tuple[float, float]]) -> list[int]:
    """The columns that a text covers to a good part."""
    out = []
    for k, (x1, x2) in enumerate(columns):
        if min(text.x2, x2) - max(text.x1, x1) > 0.3 * min(x2 - x1, text.x2 - text.x1):
            out.append(k)
    return out


def _cut(text: Text, columns: list[tuple[float, float]], size: float) -> list[Text]:
    """A text parted at the spaces that lie between two columns and are wider than those within a cell."""
    gutters = [(a[1], b[0]) for a, b in pairwise(columns)]
    parts: list[list[Box]] = [[]]
    for word in text.words:
        left = parts[-1][-1].x2 if parts[-1] else word.x1
        between = any(left <= stop + 1 and word.x1 >= start - 1 for start, stop in gutters)
        if parts[-1] and between and word.x1 - left > _SPACE * size:
            parts.append([])
        parts[-1].append(word)
    return [_text(part) for part in parts] if len(parts) > 1 else [text]


def _column(text: Text, columns: list[tuple[float, float]]) -> int:
    return max(range(len(columns)), key=lambda k: min(text.x2, columns[k][1]) - max(text.x1, columns[k][0]))


def _columns(body: list[SpacedLine]) -> list[tuple[float, float]]:
    """The stretches that texts of most rows cover."""
    most = max(len(row.texts) for row in body)
    full = [row for row in body if len(row.texts) >= max(2, 0.6 * most)]
    return stretches_of_most([[(t.x1, t.x2) for t in row.texts] for row in full])


def _merged(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for x1, x2 in sorted(stretches):
        if out and x1 < out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], x2))
        else:
            out.append((x1, x2))
    return out
