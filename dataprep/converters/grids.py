"""Tables with drawn lines, read from the lines themselves.

Engines guess a table's cells from the distances between words. Where the page draws the cells, there is nothing to
guess: the lines give rows and columns, and each word lies in one cell.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dataprep.converters.audit import words

_NEAR = 2.5  # points within which two lines are one


class Box(NamedTuple):
    """A word or a segment, in points from the page's top left."""

    x1: float
    y1: float
    x2: float
    y2: float
    text: str = ""


class Grid(NamedTuple):
    """A drawn table: the positions of its lines and the text of its cells, row by row."""

    xs: list[float]
    ys: list[float]
    rows: list[list[str]]

    @property
    def markdown(self) -> str:
        header, *rest = [[cell.replace("|", "\\|") for cell in row] for row in self.rows]
        lines = [header, ["---"] * len(header), *rest]
        return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def find_grids(page: Any) -> list[Grid]:
    """The drawn tables of a liteparse page, from top to bottom."""
    segments = _segments(page.vector_graphics) if page.vector_graphics else []
    flat = [s for s in segments if s.y2 - s.y1 < _NEAR and s.x2 - s.x1 > 8]
    steep = [s for s in segments if s.x2 - s.x1 < _NEAR and s.y2 - s.y1 > 4]
    letters = _words(page)
    grids = [_grid(group, letters) for group in _touching(flat, steep)] if len(flat) > 2 else []
    return sorted((grid for grid in grids if grid), key=lambda grid: grid.ys[0])


def place(markdown: str, tables: Sequence[str]) -> tuple[str, float]:
    """The Markdown with each table for the blocks that hold its words, and the share of tables so placed."""
    placed = 0
    for table in tables:
        blocks = markdown.split("\n\n")
        if run := _run_of(blocks, Counter(words(table))):
            blocks[run[0] : run[1]] = [table]
            markdown = "\n\n".join(blocks)
            placed += 1
    return markdown, placed / len(tables) if tables else 1.0


# --- lines to cells ------------------------------------------------------------------------------------------------


def _grid(group: list[Box], letters: list[Box]) -> Grid | None:
    flat = [s for s in group if s.y2 - s.y1 < _NEAR]
    ys = _cluster([s.y1 for s in flat])
    ends = [x for s in flat for x in (s.x1, s.x2)]
    xs = _cluster([s.x1 for s in group if s.y2 - s.y1 >= _NEAR] + _frequent(ends, len(ys)))
    if len(ys) < 3:
        return None
    xs = [x for x in xs if not _cut(x, [w for w in letters if ys[0] < w.y1 < ys[-1]])]
    if len(xs) < 3:
        return None
    rows = [["" for _ in xs[1:]] for _ in ys[1:]]
    lines: dict[tuple[int, int], list[Box]] = {}
    for letter in letters:
        row, column = _interval(ys, (letter.y1 + letter.y2) / 2), _interval(xs, (letter.x1 + letter.x2) / 2)
        if row is not None and column is not None:
            lines.setdefault((row, column), []).append(letter)
    for (row, column), inside in lines.items():
        rows[row][column] = " ".join(line.text for line in to_lines(inside))
    return _filled(rows, group, xs, ys)


def _cut(x: float, letters: list[Box]) -> bool:
    """Whether a line at `x` would run through words, and so is no border."""
    return sum(w.x1 + 1.5 < x < w.x2 - 1.5 for w in letters) > 0.04 * len(letters) + 1


def _filled(rows: list[list[str]], group: list[Box], xs: list[float], ys: list[float]) -> Grid | None:
    """Cells that no line parts from the one above or before hold the same; empty rows and columns are left out."""
    steep = [s for s in group if s.y2 - s.y1 >= _NEAR]
    flat = [s for s in group if s.y2 - s.y1 < _NEAR]
    for i, row in enumerate(rows):
        y = (ys[i] + ys[i + 1]) / 2
        for j in range(len(row)):
            x = (xs[j] + xs[j + 1]) / 2
            above = rows[i - 1][j] if i else ""
            if (
                above
                and len(above) < 80
                and not row[j]
                and not any(abs(s.y1 - ys[i]) < _NEAR and s.x1 - 1 <= x <= s.x2 + 1 for s in flat)
            ):
                row[j] = above
            if steep and j and not row[j] and row[j - 1] and _open(steep, xs[j], y) and len(set(row[:j])) > 1:
                row[j] = row[j - 1]
    kept = [j for j in range(len(xs) - 1) if any(row[j] for row in rows)]
    table = [[row[j] for j in kept] for row in rows if any(row)]
    if len(table) < 2 or len(kept) < 2:
        return None
    return Grid(xs, ys, table)


def _open(steep: list[Box], x: float, y: float) -> bool:
    return not any(abs(s.x1 - x) < _NEAR and s.y1 - 1 <= y <= s.y2 + 1 for s in steep)


def _touching(flat: list[Box], steep: list[Box]) -> list[list[Box]]:
    """Segments in groups that hang together: flat ones of one table share a left or a right end, or are crossed."""
    groups: list[tuple[Box, list[Box]]] = []
    for segment in sorted([*flat, *steep], key=lambda s: (s.y1, s.x1)):
        near = [g for g in groups if _near(g[0], segment)]
        bounds, members = segment, [segment]
        for group in near:
            bounds, members = _around(bounds, group[0]), members + group[1]
            groups.remove(group)
        groups.append((bounds, members))
    return [members for _, members in groups]


def _near(bounds: Box, segment: Box) -> bool:
    """Whether a segment lies in or at a group: crossing it, or below it within the height of a large cell."""
    across = segment.x1 <= bounds.x2 + _NEAR and segment.x2 >= bounds.x1 - _NEAR
    touches = segment.y1 <= bounds.y2 + _NEAR and segment.y2 >= bounds.y1 - _NEAR
    return across and touches


def _around(a: Box, b: Box) -> Box:
    return Box(min(a.x1, b.x1), min(a.y1, b.y1), max(a.x2, b.x2), max(a.y2, b.y2))


def _cluster(values: Iterable[float]) -> list[float]:
    """Values in order, those nearer than a line's thickness as one."""
    out: list[float] = []
    for value in sorted(values):
        if not out or value - out[-1] > _NEAR:
            out.append(value)
    return out


def _frequent(ends: list[float], rows: int) -> list[float]:
    """Ends that most rows share: where lines are drawn cell by cell, they show the columns."""
    return [x for x in _cluster(ends) if sum(abs(x - end) < _NEAR for end in ends) >= max(3, rows // 2)]


def _interval(edges: list[float], value: float) -> int | None:
    for i in range(len(edges) - 1):
        if edges[i] - 0.5 <= value < edges[i + 1] + (0.5 if i == len(edges) - 2 else -0.5):
            return i
    return None


# --- words to lines ------------------------------------------------------------------------------------------------


def _segments(drawn: Any) -> list[Box]:
    """Drawn lines: strokes, and filled shapes so thin that they can be nothing else. A marker's stroke is thicker."""
    thin = [Box(x, y, x + w, y + h) for x, y, w, h in (s.bbox for s in drawn.shapes if s.fill) if min(w, h) < _NEAR]
    return thin + [_box(line) for line in drawn.lines if line.stroke]


def _box(line: Any) -> Box:
    return Box(min(line.x1, line.x2), min(line.y1, line.y2), max(line.x1, line.x2), max(line.y1, line.y2))


def _words(page: Any) -> list[Box]:
    return [
        Box(w.x, w.y, w.x + w.width, w.y + w.height, w.text)
        for item in page.text_items
        for w in (item.words or [item])
        if w.text.strip()
    ]


def to_lines(boxes: list[Box]) -> list[Box]:
    """Boxes that share a height, joined from left to right; lines from top to bottom."""
    groups: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b.y1 + b.y2) / 2):
        middle = (box.y1 + box.y2) / 2
        if groups and abs(middle - (groups[-1][0].y1 + groups[-1][0].y2) / 2) < 0.45 * (box.y2 - box.y1):
            groups[-1].append(box)
        else:
            groups.append([box])
    return [_joined(sorted(group, key=lambda b: b.x1)) for group in groups]


def _joined(group: list[Box]) -> Box:
    bounds = functools.reduce(_around, group)
    return bounds._replace(text=" ".join(box.text.strip() for box in group))


# --- placing -------------------------------------------------------------------------------------------------------


def _run_of(blocks: list[str], wanted: Counter[str]) -> tuple[int, int] | None:
    """The shortest run of blocks, [start, end), that holds the wanted words and little else; None if there is none."""
    bags = [Counter(words(block)) for block in blocks]
    member = [bag.total() == 0 or (bag & wanted).total() >= 0.7 * bag.total() for bag in bags]
    best: tuple[int, int] | None = None
    start = 0
    while start < len(blocks):
        if not member[start] or bags[start].total() == 0:
            start += 1
            continue
        end = start
        held: Counter[str] = Counter()
        while end < len(blocks) and member[end]:
            held += bags[end]
            end += 1
            overlap = (held & wanted).total()
            if overlap >= 0.95 * wanted.total() and overlap >= 0.85 * held.total():
                if best is None or end - start < best[1] - best[0]:
                    best = (start, end)
                break
        start += 1
    return best
