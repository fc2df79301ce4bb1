"""A page from its lines alone: paragraphs by distance, headings by font, columns of a borderless table by gaps.

The third engine of `layout`. It knows less than the other two, but it keeps every line in its place, which is what
counts beside tables, on contents pages and where the others take prose for a table.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from dataprep.converters.grids import Grid

_LETTER = re.compile(r"[^\W\d_]")
_LABEL = re.compile(r"(?:[A-Z]?(?:\d{1,3}\.)+\d*|\d{1,3}\)|\(?[a-z]\)|[-•●▪◦‣–])(?:\s|$)")
_ENTRY = re.compile(r"(?:\.\s?){4,}\s*\d+\W*$")
_GAP = 1.1  # font sizes between two cells


class Run(NamedTuple):
    """Text of one font on one line, in points from the page's top left."""

    x1: float
    y1: float
    x2: float
    y2: float
    text: str
    size: float
    bold: bool


class Line(NamedTuple):
    """Runs side by side, parted into cells where the gap is wide. `table` stands for a drawn table instead."""

    y: float
    cells: list[Run]
    table: str = ""

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def size(self) -> float:
        return max(self.cells, key=lambda cell: len(cell.text)).size

    @property
    def bold(self) -> bool:
        return all(cell.bold for cell in self.cells)


def flow(page: Any, grids: Sequence[Grid]) -> str:
    """The Markdown of a liteparse page, its drawn tables in their places."""
    lines = _to_lines([run for run in map(_run, page.text_items) if run and not any(_inside(run, g) for g in grids)])
    if not lines:
        return "\n\n".join(grid.markdown for grid in grids)
    page_lines = sorted([*lines, *(Line(grid.ys[0], [], grid.markdown) for grid in grids)], key=lambda line: line.y)
    return _Flow(page_lines).markdown()


class _Flow:
    """A page's lines and its measures."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        plain = [line for line in lines if line.cells]
        self.body = statistics.median_low([line.size for line in plain])
        steps = [below.y - above.y for above, below in pairwise(plain) if below.y - above.y > 1]
        self.step = statistics.median(steps) if steps else 1.0
        self.right = max(line.cells[-1].x2 for line in plain)
        self.contents = sum(bool(_ENTRY.search(line.text)) for line in plain) >= 4
        self.mostly_bold = sum(line.bold for line in plain) > 0.5 * len(plain)

    def markdown(self) -> str:
        out = ""
        above: Line | None = None
        i = 0
        while i < len(self.lines):
            line = self.lines[i]
            end = self._table_end(i)
            if end > i:
                out, above, i = f"{out}\n\n{self._table(self.lines[i:end])}\n\n", None, end
                continue
            if line.table:
                out, above = f"{out}\n\n{line.table}\n\n", None
            elif level := self._heading(line):
                out, above = self._with_heading(out, i, level), None
            else:
                out, above = out + self._joint(above, line) + line.text, line
            i += 1
        return out.strip()

    def _heading(self, line: Line) -> int:
        """A heading's level, by font size and weight; 0 for other lines."""
        if len(line.text) > 120 or not _LETTER.search(line.text) or _ENTRY.search(line.text):
            return 0
        if self.contents and line.text[-1].isdigit():
            return 0
        if line.size > 1.12 * self.body:
            return 1 if line.size > 1.5 * self.body else 2
        alone = line.bold and not self.mostly_bold and len(line.text) < 80 and not line.text.endswith((".", ",", ";"))
        return 3 if alone else 0

    def _with_heading(self, out: str, i: int, level: int) -> str:
        """`out` with line `i` as a heading, or as the second line of the heading that ends it."""
        line, above = self.lines[i], self.lines[i - 1] if i else None
        near = above and above.cells and abs(above.size - line.size) < 0.1 and line.y - above.y < 1.5 * line.size
        if above and near and self._heading(above) == level and not _LABEL.match(line.text):
            return f"{out.rstrip()} {line.text}\n\n"
        return f"{out}\n\n{'#' * level} {line.text}\n\n"

    def _joint(self, above: Line | None, line: Line) -> str:
        """What stands between two lines: a space within a paragraph, else a line's or a paragraph's end."""
        if above is None:
            return ""
        if line.y - above.y > 1.35 * self.step:
            return "\n\n"
        wrapped = above.cells[-1].x2 > 0.85 * self.right and not _LABEL.match(line.text)
        return " " if wrapped and not _ENTRY.search(above.text) else "\n"

    # --- tables without drawn lines ---

    def _table_end(self, start: int) -> int:
        """Where the borderless table that begins at a line ends; `start` where none does."""
        if not self._is_row(self.lines[start]):
            return start
        end = start + 1
        while end < len(self.lines) and self._goes_on(start, end):
            end += 1
        while end > start and not self.lines[end - 1].cells:
            end -= 1
        rows = [line for line in self.lines[start:end] if self._is_row(line)]
        if len(rows) < 3 or self._is_prose(rows):
            return start
        return end

    def _is_row(self, line: Line) -> bool:
        return len(line.cells) > 1 and not _LABEL.match(line.cells[0].text + " ") and not _ENTRY.search(line.text)

    def _goes_on(self, start: int, end: int) -> bool:
        """Whether a line belongs to the table above it: its cells fit the columns, or it carries on a cell."""
        line, above = self.lines[end], self.lines[end - 1]
        if not line.cells or line.y - above.y > 2.2 * self.step or _ENTRY.search(line.text):
            return False
        columns = _columns([row for row in self.lines[start:end] if len(row.cells) > 1])
        if len(columns) < 2:
            return False
        if len(line.cells) == 1:
            return line.cells[0].x1 > columns[1][0] - 4
        if not self._is_row(line):
            return False
        merged = _columns([row for row in self.lines[start : end + 1] if len(row.cells) > 1])
        return len(merged) >= max(2, len(columns))

    def _is_prose(self, rows: list[Line]) -> bool:
        """Two columns of running text: their left cells are as long as lines are."""
        return statistics.median(len(row.cells[0].text.split()) for row in rows) >= 5

    def _table(self, lines: list[Line]) -> str:
        columns = _columns([line for line in lines if len(line.cells) > 1])
        rows: list[list[str]] = []
        for line in lines:
            cells = [""] * len(columns)
            for cell in line.cells:
                k = max(range(len(columns)), key=lambda k: min(cell.x2, columns[k][1]) - max(cell.x1, columns[k][0]))
                cells[k] = f"{cells[k]} {cell.text}".strip()
            if rows and not cells[0] and len(line.cells) < len(columns):
                rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
            else:
                rows.append(cells)
        header, *rest = [[cell.replace("|", "\\|") for cell in row] for row in rows]
        return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rest])


def _columns(rows: Sequence[Line]) -> list[tuple[float, float]]:
    """The stretches from left to right that the cells of some rows cover, those that overlap as one."""
    out: list[tuple[float, float]] = []
    for cell in sorted((cell for row in rows for cell in row.cells), key=lambda cell: cell.x1):
        if out and cell.x1 < out[-1][1] + 2:
            out[-1] = (out[-1][0], max(out[-1][1], cell.x2))
        else:
            out.append((cell.x1, cell.x2))
    return out


def _run(item: Any) -> Run | None:
    if not item.text.strip():
        return None
    font = (item.font_name or "").lower()
    bold = "bold" in font or "black" in font or "-bd" in font or (item.font_weight or 0) >= 600
    size = item.font_size or 1.0
    return Run(item.x, item.y, item.x + item.width, item.y + item.height, item.text.strip(), size, bold)


def _to_lines(runs: list[Run]) -> list[Line]:
    """Runs whose middles share a height, from left to right; lines from top to bottom."""
    groups: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: (run.y1 + run.y2) / 2):
        middle = (run.y1 + run.y2) / 2
        if groups and abs(middle - (groups[-1][0].y1 + groups[-1][0].y2) / 2) < 0.45 * (run.y2 - run.y1):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [_line(sorted(group, key=lambda run: run.x1)) for group in groups]


def _line(runs: list[Run]) -> Line:
    cells: list[Run] = []
    for run in runs:
        if cells and run.x1 - cells[-1].x2 < _GAP * max(run.size, 4):
            last = cells[-1]
            close = run.x1 - last.x2 < 0.12 * run.size  # a change of font within a word
            text = f"{last.text}{'' if close else ' '}{run.text}"
            size = last.size if len(last.text) >= len(run.text) else run.size
            cells[-1] = Run(last.x1, last.y1, max(last.x2, run.x2), last.y2, text, size, last.bold and run.bold)
        else:
            cells.append(run)
    return Line(min(run.y1 for run in runs), cells)


def _inside(run: Run, grid: Grid) -> bool:
    x, y = (run.x1 + run.x2) / 2, (run.y1 + run.y2) / 2
    return grid.xs[0] <= x <= grid.xs[-1] and grid.ys[0] <= y <= grid.ys[-1]
