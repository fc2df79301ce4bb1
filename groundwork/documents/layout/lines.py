"""A page's text as runs and lines: what stands side by side, what is a list's label, what shares a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

_BULLET = re.compile(r"[-•●▪■◦○‣–—∗\uf0b7\uf0a7](?=\s|$)")
_LABEL = re.compile(
    r"(?:(?:[A-Z] ?)?(?:\d{1,3}\.)+(?:\d{1,3})?\.?(?=\s|$)"
    r"|(?:[A-Z] ?)?(?:(?:\d{1,3}\.){2,}(?=[^\W\d]|[“\"(])|\d{1,3}\.(?=[A-Z][a-z]{2}))"  # run together with the text
    r"|\(?(?:[a-zA-Z]|[ivx]{2,4}|\d{1,3})\)(?=\s|$)|(?:[a-zA-Z]|[ivx]{2,4})\.(?=\s|$))"
)
_BOLD = re.compile(r"bold|black|heavy|-bd|demi|cmbx|cmb\d|xbtt", re.IGNORECASE)
_MONO = re.compile(r"mono|courier|consol|cmtt|txtt|xtt\b|t1xbtt|typewriter|menlo|inconsol|fixed", re.IGNORECASE)
_ENTRY = re.compile(r"(?:(?:\.\s?){4,}|…)\s*\d+\W*$")
_DOTS = ("....", ". . .", ".. ..", "…")
_LEADING = re.compile(r"\s*(?:\.\s?){4,}\s*")
_LEADERS = re.compile(r"(?:\.\s?){4,}$")
_MONO_WIDTH = 0.5  # font sizes; a typewriter's letters have 0.52 to 0.6, the letters of other fonts 0.45
_GAP = 1.1  # font sizes between two cells

Stretches = Sequence[tuple[float, float]]


class Run(NamedTuple):
    """Text of one font on one line, in points from the page's top left."""

    x1: float
    y1: float
    x2: float
    y2: float
    text: str
    size: float
    font: str = ""
    bold: bool = False
    mono: bool = False


class Line(NamedTuple):
    """Runs side by side, parted into cells where the gap is wide.

    For a drawn table there are no cells, but its rows: a row's cells are texts of one or more lines.
    """

    y: float  # of the bottom
    cells: list[Run]
    table: Sequence[Sequence[str]] = ()

    @property
    def text(self) -> str:
        return self.cells[0].text if len(self.cells) == 1 else " ".join([cell.text for cell in self.cells])

    @property
    def main(self) -> Run:
        """The cell that holds most of the text, and so its font."""
        return self.cells[0] if len(self.cells) == 1 else max(self.cells, key=lambda cell: len(cell.text))

    @property
    def x1(self) -> float:
        return self.cells[0].x1

    @property
    def x2(self) -> float:
        return self.cells[-1].x2


def label(text: str) -> str:
    """The number, letter or bullet that makes a line an item; "" where there is none."""
    match = _BULLET.match(text) or _LABEL.match(text)
    return match[0] if match else ""


def is_entry(text: str) -> bool:
    """Whether a line is one of a table of contents: a title, leading dots and a page number."""
    return any(dots in text for dots in _DOTS) and _ENTRY.search(text) is not None


def cleaned(text: str) -> str:
    """A line without the arrow that leads back to the contents, its leading dots as `…`, its label free of its text."""
    if "↑" in text:
        text = text.rstrip("↑ ")
    if is_entry(text):
        text = _LEADING.sub(" … ", text)
    free = len(label(text))
    return f"{text[:free]} {text[free:]}" if free and text[free : free + 1].strip() else text


def is_bullet(text: str) -> bool:
    return _BULLET.match(text) is not None


def to_run(item: Any) -> Run | None:
    """A text item of liteparse; None where it is blank."""
    text = item.text.strip()
    if not text:
        return None
    font = (item.font_name or "").rpartition("+")[2]
    bold = bool(_BOLD.search(font)) or (item.font_weight or 0) >= 600
    size = item.font_size or 1.0
    x, y = item.x, item.y
    mono = bool(_MONO.search(font)) and item.width > _MONO_WIDTH * size * len(text)  # not its first word alone
    return Run(x, y, x + item.width, y + item.height, text, size, font, bold, mono)


def to_lines(runs: list[Run]) -> list[Line]:
    """Runs whose middles share a height, from left to right; lines from top to bottom."""
    groups: list[list[Run]] = []
    middle = 0.0
    for run in sorted(runs, key=lambda run: run.y1 + run.y2):
        if groups and abs((run.y1 + run.y2) / 2 - middle) < 0.45 * (run.y2 - run.y1):
            groups[-1].append(run)
        else:
            groups.append([run])
            middle = (run.y1 + run.y2) / 2
    return [_line(sorted(group)) for group in groups]


def columns(cells: Sequence[Run], known: Stretches = ()) -> list[tuple[float, float]]:
    """The stretches from left to right that some cells cover, and those known; what overlaps is one."""
    out: list[tuple[float, float]] = []
    for x1, x2 in sorted([*known, *((cell.x1, cell.x2) for cell in cells)]):
        if out and x1 < out[-1][1] + 2:
            if x2 > out[-1][1]:
                out[-1] = (out[-1][0], x2)
        else:
            out.append((x1, x2))
    return out


def column_of(cell: Run, stretches: Stretches) -> int:
    """The column that a cell covers most."""
    return max(range(len(stretches)), key=lambda k: min(cell.x2, stretches[k][1]) - max(cell.x1, stretches[k][0]))


def _line(runs: list[Run]) -> Line:
    cells = [runs[0]]
    for run in runs[1:]:
        last = cells[-1]
        if run.x1 - last.x2 < _GAP * max(run.size, 4):
            cells[-1] = _beside(last, run)
        else:
            cells.append(run)
    if len(cells) > 1:
        cells = _with_labels(_with_leaders(cells))
    return Line(max(cells, key=lambda cell: len(cell.text)).y2, cells)


def _beside(last: Run, run: Run) -> Run:
    """Two runs of one cell; a change of font within a word leaves no space."""
    space = "" if run.x1 - last.x2 < 0.12 * run.size else " "
    most = last if len(last.text) >= len(run.text) else run
    bold, mono = last.bold and run.bold, last.mono and run.mono
    text = f"{last.text}{space}{run.text}"
    return Run(last.x1, min(last.y1, run.y1), max(last.x2, run.x2), most.y2, text, most.size, most.font, bold, mono)


def _with_leaders(cells: list[Run]) -> list[Run]:
    """A title, its leading dots and its page number as one cell."""
    if not any(cell.text[0] == "." or _LEADERS.search(cell.text) for cell in cells):
        return cells
    title, number = " ".join(cell.text for cell in cells[:-1]), cells[-1].text.lstrip(". ")
    if not number.isdigit():
        return cells
    return [cells[0]._replace(x2=cells[-1].x2, text=f"{title.rstrip('. ')} ..... {number}")]


def _with_labels(cells: list[Run]) -> list[Run]:
    """A label and its text as one cell, however far apart; in a row of more than two cells only side by side lists."""
    labels = [bool(cell.text == label(cell.text)) for cell in cells]
    if not any(labels) or (len(cells) > 2 and sum(labels) == 1 and labels[0]):
        return cells
    out: list[Run] = []
    for i, cell in enumerate(cells):
        if i and labels[i - 1] and not labels[i]:
            before = out.pop()
            cell = cell._replace(x1=before.x1, text=f"{before.text} {cell.text}", bold=before.bold and cell.bold)
        out.append(cell)
    return out
