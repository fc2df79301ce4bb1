"""Tables with drawn lines, read from the lines themselves.

Engines guess a table's cells from the distances between words. Where the page draws the cells, there is nothing to
guess: the lines give rows and columns, and each word lies in one cell. Where it draws some of them, the others are
read from the words: rows from numbers that stand below each other, columns from the spaces that run through the rows,
and a cell reaches as far as the next drawn line where its text runs over a column's edge.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from groundwork.documents.layout.text_lines import Box, Run, is_number, joined, parted, stretches_of_most

_NEAR = 2.5  # points within which two lines are one
_MOST = 2000  # lines of a page's tables; what has more is a drawing


class Grid(NamedTuple):
    """A drawn table: the positions of its lines and, row by row, the text of its cells, line by line."""

    xs: list[float]
    ys: list[float]
    rows: list[list[str]]
    labels: str = ""  # of a chart, which has no rows

    def holds(self, box: Box | Run) -> bool:
        """Whether the middle of a box lies in the table."""
        x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]


class Stroke(NamedTuple):
    """A drawn line, flat or steep, and where the pieces end that it is drawn in."""

    x1: float
    y1: float
    x2: float
    y2: float
    ends: tuple[float, ...] = ()


class Frame(NamedTuple):
    """Drawn lines that hang together and may be a table's: the positions of rows and columns, and the lines."""

    xs: list[float]
    ys: list[float]
    flat: list[Stroke]
    steep: list[Stroke]


class Band(NamedTuple):
    """A row's words between two heights; `drawn`: a line may part it from the row above."""

    words: list[Box]
    top: float
    bottom: float
    drawn: bool


class Strokes(NamedTuple):
    """The drawn lines of a page that may be a table's."""

    flat: list[Stroke]
    steep: list[Stroke]


def find_strokes(drawn: Any) -> Strokes:
    """The straight lines among liteparse's vector graphics; none where there are so many that they are a drawing."""
    segments = _segments(drawn)
    flat = _whole([s for s in segments if s.y2 - s.y1 < _NEAR], turned=False)
    steep = _whole([s for s in segments if s.x2 - s.x1 < _NEAR], turned=True)
    return Strokes(flat, steep) if len(flat) + len(steep) <= _MOST else Strokes([], [])


def find_frames(strokes: Strokes) -> list[Frame]:
    """What may be tables among a page's lines."""
    if len(strokes.flat) < 2:
        return []
    return [frame for frame in map(_frame, _touching(*strokes)) if len(frame.ys) > 1 and len(frame.xs) > 2]


def find_grids(frames: Sequence[Frame], words: list[Box]) -> list[Grid]:
    """The drawn tables of a page, from top to bottom. `words`: those of the page in their places."""
    grids = [_grid(frame, words) for frame in frames]
    return sorted((grid for grid in grids if grid), key=lambda grid: grid.ys[0])


# --- lines to cells ------------------------------------------------------------------------------------------------


def _frame(group: list[Stroke]) -> Frame:
    flat = [s for s in group if s.y2 - s.y1 < _NEAR]
    steep = [s for s in group if s.y2 - s.y1 >= _NEAR]
    reach = [s.y1 for s in steep] + [s.y2 for s in steep]
    ys = _cluster([s.y1 for s in flat] + ([min(reach), max(reach)] if reach else []))
    ends = [x for s in flat for x in s.ends]
    return Frame(_cluster([s.x1 for s in steep] + _frequent(ends, len(ys))), ys, flat, steep)


def _grid(frame: Frame, words: list[Box]) -> Grid | None:
    inside = [w for w in words if _interval(frame.ys, (w.y1 + w.y2) / 2) is not None]
    inside = [w for w in inside if _interval(frame.xs, (w.x1 + w.x2) / 2) is not None]
    xs = _columns([x for x in frame.xs if not _cut(x, inside)], inside)
    if len(xs) < 3:
        return None
    bands = [part for band in _bands(frame.ys, inside) for part in _rows(band, xs)]
    return _filled([_cells(band, xs, frame.steep) for band in bands], bands, frame._replace(xs=xs))


def _bands(ys: list[float], words: Iterable[Box]) -> list[Band]:
    rows: list[list[Box]] = [[] for _ in ys[1:]]
    for word in words:
        rows[_interval(ys, (word.y1 + word.y2) / 2) or 0].append(word)
    return [Band(row, top, bottom, True) for row, top, bottom in zip(rows, ys, ys[1:], strict=False)]


def _cut(x: float, words: list[Box]) -> bool:
    """Whether a line at `x` would run through words, and so is no border."""
    return sum(w.x1 + 1.5 < x < w.x2 - 1.5 for w in words) > 0.04 * len(words) + 1


def _columns(xs: list[float], words: list[Box]) -> list[float]:
    """The columns' edges: those drawn, and between them those of spaces that run through most lines."""
    if len(xs) < 2:
        return xs
    lines = [[joined(text) for text in parted(line)] for line in _lines(words)]
    out = xs[:1]
    for left, right in pairwise(xs):
        texts = [[t for t in line if left <= (t.x1 + t.x2) / 2 < right] for line in lines]
        numbers = [line for line in texts if len(line) > 1 and all(is_number(t.text) for t in line)]
        found = stretches_of_most([[(t.x1, t.x2) for t in line] for line in numbers]) if len(numbers) > 2 else []
        if len(numbers) > 0.4 * sum(map(bool, texts)):
            out += [(a[1] + b[0]) / 2 for a, b in pairwise(found)]
        out.append(right)
    return out


def _rows(band: Band, xs: list[float]) -> list[Band]:
    """The rows within a drawn one: numbers that stand below each other at the same heights in most of its columns."""
    lines = _lines(band.words)
    if len(lines) < 2:
        return [band]
    columns: list[list[Box]] = [[] for _ in xs[1:]]
    for line in lines:
        for text in map(joined, parted(line)):
            columns[_interval(xs, (text.x1 + text.x2) / 2) or 0].append(text)
    filled = [column for column in columns if column]
    numbers = [column for column in filled if len(column) > 1 and all(is_number(text.text) for text in column)]
    if not numbers:
        return [band]
    tops = [text.y1 for text in max(numbers, key=len)]
    like = sum(len(column) >= len(tops) for column in filled)
    if 2 * like < len(filled) or like < 2:
        return [band]
    height = band.words[0].y2 - band.words[0].y1
    edges = [band.top, *(top - 0.3 * height for top in tops[1:]), band.bottom]
    return [part._replace(drawn=not k) for k, part in enumerate(_bands(edges, band.words))]


def _cells(band: Band, xs: list[float], steep: list[Stroke]) -> list[str]:
    """The texts of a row by column, line by line; one that runs over an edge where none is drawn is in all of them."""
    lines = [[joined(text) for text in parted(line)] for line in _lines(band.words)]
    middle = (band.top + band.bottom) / 2
    drawn = [not steep or not _open(steep, x, middle) for x in xs[1:-1]]
    over = [any(t.x1 + 1.5 < x < t.x2 - 1.5 for line in lines for t in line) for x in xs[1:-1]]
    groups = [0]
    for wall, crossed in zip(drawn, over, strict=True):
        groups.append(groups[-1] + (wall or not crossed))
    cells: dict[int, list[str]] = {}
    for line in _lines(band.words):
        parts: dict[int, list[str]] = {}
        for word in line:
            column = _interval(xs, (word.x1 + word.x2) / 2)
            parts.setdefault(groups[column or 0], []).append(word.text.strip())
        for group, texts in parts.items():
            cells.setdefault(group, []).append(" ".join(texts))
    return ["\n".join(cells.get(group, [])) for group in groups]


def _filled(rows: list[list[str]], bands: Sequence[Band], frame: Frame) -> Grid | None:
    """Cells that no line parts from the one above or before hold the same; empty rows and columns are left out."""
    xs, ys, flat, steep = frame
    for i, (row, band) in enumerate(zip(rows, bands, strict=True)):
        lines = [s for s in flat if abs(s.y1 - band.top) < _NEAR] if band.drawn else []
        walls = [s for s in steep if s.y1 - 1 <= (band.top + band.bottom) / 2 <= s.y2 + 1]
        for j in range(len(row)):
            x = (xs[j] + xs[j + 1]) / 2
            above = rows[i - 1][j] if i and band.drawn else ""
            if above and len(above) < 80 and not row[j] and not any(s.x1 - 1 <= x <= s.x2 + 1 for s in lines):
                row[j] = above
            if steep and j and not row[j] and row[j - 1] and len(set(row[:j])) > 1:
                row[j] = row[j] if any(abs(s.x1 - xs[j]) < _NEAR for s in walls) else row[j - 1]
    kept = [j for j in range(len(xs) - 1) if any(row[j] for row in rows)]
    table = [[row[j] for j in kept] for row in rows if any(row)]
    return Grid(xs, ys, table) if len(table) > 1 and len(kept) > 1 else None


def _open(steep: list[Stroke], x: float, y: float) -> bool:
    return not any(abs(s.x1 - x) < _NEAR and s.y1 - 1 <= y <= s.y2 + 1 for s in steep)


def _whole(segments: list[Box], *, turned: bool) -> list[Stroke]:
    """Segments of one direction, those that lie end to end as one; the shortest are no lines of a table."""
    spans = sorted((round(s.x1), s.y1, s.y2, s.x1) if turned else (round(s.y1), s.x1, s.x2, s.y1) for s in segments)
    joined: list[tuple[float, list[float]]] = []
    place = None
    for near, start, stop, at in spans:
        if place == near and start <= joined[-1][1][-1] + _NEAR:
            joined[-1][1].extend((start, max(stop, joined[-1][1][-1])))
        else:
            joined.append((at, [start, stop]))
        place = near
    least = 4 if turned else 8
    long = [(at, ends[0], ends[-1], tuple(ends)) for at, ends in joined if ends[-1] - ends[0] > least]
    return [Stroke(at, a, at, b, ends) if turned else Stroke(a, at, b, at, ends) for at, a, b, ends in long]


def _touching(flat: list[Stroke], steep: list[Stroke]) -> list[list[Stroke]]:
    """Strokes in groups that hang together: those that cross or touch the bounds of the others."""
    groups: list[tuple[Stroke, list[Stroke]]] = []
    finished: list[list[Stroke]] = []
    for stroke in sorted([*flat, *steep], key=lambda s: (s.y1, s.x1)):
        finished += [group for bounds, group in groups if bounds.y2 < stroke.y1 - _NEAR]
        groups = [group for group in groups if group[0].y2 >= stroke.y1 - _NEAR]
        bounds, members = stroke, [stroke]
        for group in [group for group in groups if _near(group[0], stroke)]:
            bounds, members = _around(bounds, group[0]), members + group[1]
            groups.remove(group)
        groups.append((bounds, members))
    return finished + [group for _, group in groups]


def _near(bounds: Stroke, stroke: Stroke) -> bool:
    """Whether a stroke lies in or at the bounds of a group."""
    across = stroke.x1 <= bounds.x2 + _NEAR and stroke.x2 >= bounds.x1 - _NEAR
    return across and stroke.y1 <= bounds.y2 + _NEAR and stroke.y2 >= bounds.y1 - _NEAR


def _around(a: Any, b: Any) -> Any:
    return a._replace(x1=min(a.x1, b.x1), y1=min(a.y1, b.y1), x2=max(a.x2, b.x2), y2=max(a.y2, b.y2))


def _cluster(values: Iterable[float]) -> list[float]:
    """Values in order, those nearer than a line's thickness as one."""
    out: list[float] = []
    for value in sorted(values):
        if not out or value - out[-1] > _NEAR:
            out.append(value)
    return out


def _frequent(ends: list[float], rows: int) -> list[float]:
    """Ends that most rows share: where lines are drawn cell by cell, they show the columns."""
    ordered, least = sorted(ends), max(3, rows // 2)
    return [x for x in _cluster(ends) if bisect_left(ordered, x + _NEAR) - bisect_right(ordered, x - _NEAR) >= least]


def _interval(edges: list[float], value: float) -> int | None:
    """Which stretch between two edges holds a value; None outside of all."""
    if not edges[0] - 0.5 <= value < edges[-1] + 0.5:
        return None
    return min(max(bisect_right(edges, value + 0.5) - 1, 0), len(edges) - 2)


# --- words to lines ------------------------------------------------------------------------------------------------


def _segments(drawn: Any) -> list[Box]:
    """Drawn lines: strokes, and filled shapes so thin that they can be nothing else. A marker's stroke is thicker."""
    thin = [Box(x, y, x + w, y + h) for x, y, w, h in (s.bbox for s in drawn.shapes if s.fill) if min(w, h) < _NEAR]
    edges = [_box(line) for line in drawn.lines if not line.stroke]
    return thin + [_box(line) for line in drawn.lines if line.stroke] + _strips(edges)


def _strips(edges: list[Box]) -> list[Box]:
    """Of the edges of filled shapes those that lie close to another one alongside: the sides of a thin strip."""
    found = []
    for turned in (False, True):
        spans = [(s.y1, s.y2, s.x1, s.x2) if turned else (s.x1, s.x2, s.y1, s.y2) for s in edges]
        sides = sorted((lo, start, stop) for lo, hi, start, stop in spans if hi - lo < 0.1 and stop - start > 4)
        for i, (at, start, stop) in enumerate(sides):
            for near, begin, end in sides[i + 1 : i + 40]:
                if near - at >= _NEAR:
                    break
                if near > at and abs(begin - start) < _NEAR and abs(end - stop) < _NEAR:
                    found.append(Box(start, at, stop, at) if turned else Box(at, start, at, stop))
                    break
    return found


def _box(line: Any) -> Box:
    return Box(min(line.x1, line.x2), min(line.y1, line.y2), max(line.x1, line.x2), max(line.y1, line.y2))


def _lines(words: Iterable[Box]) -> list[list[Box]]:
    """Words that share a height, from left to right; lines from top to bottom."""
    groups: list[list[Box]] = []
    for box in sorted(words, key=lambda b: b.y1 + b.y2):
        middle = (box.y1 + box.y2) / 2
        if groups and abs(middle - (groups[-1][0].y1 + groups[-1][0].y2) / 2) < 0.45 * (box.y2 - box.y1):
            groups[-1].append(box)
        else:
            groups.append([box])
    return [sorted(group) for group in groups]
