"""The cells of a drawn table: how far each text reaches over its row's columns, and each merged cell over its rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from groundwork.documents.layout.ruling_lines import NEAR, Frame, Stroke
from groundwork.documents.layout.tables.ruled_table_rows import Band, interval, line_texts, word_lines
from groundwork.documents.layout.text_lines import Box, is_number

_MOST_OPEN_ROWS = 6  # of a merged cell at a side where no line is drawn
_OFF_CENTRE = 0.05  # of the breadth of its columns, by twice which a head may stand out of their middle


def row_texts(bands: Sequence[Band], frame: Frame, *, in_boxes: bool = False) -> list[list[str]]:
    """The texts of each row by column, line by line; one that runs over an edge where none is drawn is in all of them.

    `in_boxes`: of a form, where a figure begins the words behind it.
    """
    walls = [[s for s in frame.steep if abs(s.x1 - x) < NEAR] for x in frame.xs]
    return [_texts_of_row(band, frame, walls, in_boxes) for band in bands]


def _texts_of_row(band: Band, frame: Frame, walls: Sequence[Sequence[Stroke]], in_boxes: bool) -> list[str]:
    """`walls`: the lines drawn at each edge of a column."""
    xs = frame.xs
    by_height = word_lines(band.words)
    undrawn = [x for x, strokes in zip(xs, walls, strict=True) if not strokes]
    lines = [line_texts(line, xs, undrawn) if not in_boxes else line_texts(line, ()) for line in by_height]
    drawn = [not frame.steep or _is_wall(strokes, band) for strokes in walls[1:-1]]
    crossed = [any(t.x1 + 1.5 < x < t.x2 - 1.5 for line in lines for t in line) for x in xs[1:-1]]
    groups = [0]
    for is_wall, is_crossed in zip(drawn, _spanned_edges(xs, drawn, crossed, lines), strict=True):
        groups.append(groups[-1] + (is_wall or not is_crossed))
    cells: dict[int, list[str]] = {}
    for line_words in by_height:
        texts_by_group: dict[int, list[str]] = {}
        for word in line_words:
            column = interval(xs, (word.x1 + word.x2) / 2)
            texts_by_group.setdefault(groups[column or 0], []).append(word.text.strip())
        for group, words in texts_by_group.items():
            cells.setdefault(group, []).append(" ".join(words))
    return ["\n".join(cells.get(group, [])) for group in groups]


def _spanned_edges(xs: list[float], drawn: list[bool], crossed: list[bool], lines: list[list[Box]]) -> list[bool]:
    """Which inner edges a cell's text runs over, or would, if it stood in the middle of columns that no other is in."""
    spanned = list(crossed)
    walls = [0, *(k + 1 for k, is_wall in enumerate(drawn) if is_wall), len(xs) - 1]
    are_heads = not any(is_number(text.text) for line in lines for text in line)
    for a, b in pairwise(walls):
        if not any(crossed[a : b - 1]) and not (are_heads and len(walls) > 2):
            continue
        texts = [[t for t in line if xs[a] <= (t.x1 + t.x2) / 2 < xs[b]] for line in lines]
        middles = [text[0].x1 + text[0].x2 for text in texts if text]
        centred = all(abs(middle - xs[a] - xs[b]) < 0.1 * (xs[b] - xs[a]) for middle in middles)
        if centred and all(len(text) < 2 for text in texts):
            spanned[a : b - 1] = [True] * (b - 1 - a)
        elif are_heads:
            for first, last in _centred_spans(xs[a : b + 1], [text for line in texts for text in line]):
                spanned[a + first : a + last] = [True] * (last - first)
    return spanned


def _centred_spans(xs: list[float], texts: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """The columns, first and last, in whose middle a text stands that runs over an edge: as many as no other is in."""
    columns = [(interval(xs, text.x1 + 1) or 0, interval(xs, text.x2 - 1) or 0) for text in texts]
    for text, (first, last) in zip(texts, columns, strict=True):
        if first == last:
            continue
        low = max((b + 1 for _, b in columns if b < first), default=0)
        high = min((a - 1 for a, _ in columns if a > last), default=len(xs) - 2)
        spans = [(a, b) for a in range(low, first + 1) for b in range(last, high + 1)]
        centred = [
            (a, b) for a, b in spans if abs(xs[a] + xs[b + 1] - text.x1 - text.x2) < _OFF_CENTRE * (xs[b + 1] - xs[a])
        ]
        if centred:
            yield max(centred, key=lambda span: span[1] - span[0])


def fill_merged(rows: list[list[str]], bands: Sequence[Band], frame: Frame) -> list[list[str]]:
    """Cells that no line parts from the one above or before hold the same; empty rows are left out."""
    xs, _, flat, steep, _ = frame
    _merge_down(rows, bands, frame)
    heads = next((i for i, row in enumerate(rows) if any(map(is_number, row[1:]))), len(rows))
    drawn_edges = [any(abs(s.x1 - x) < NEAR for s in steep) for x in xs]
    for i, (row, band) in enumerate(zip(rows, bands, strict=True)):
        lines = [s for s in flat if abs(s.y1 - band.top) < NEAR] if band.drawn else []
        walls = [s for s in steep if s.y1 - 1 <= (band.top + band.bottom) / 2 <= s.y2 + 1]
        is_parted = any(xs[0] + NEAR < s.x1 < xs[-1] - NEAR for s in walls)
        is_head = bool(steep) and i < heads
        for j in range(len(row)):
            x = (xs[j] + xs[j + 1]) / 2
            above = rows[i - 1][j] if i and band.drawn else ""
            if above and len(above) < 80 and not row[j] and not any(s.x1 - 1 <= x <= s.x2 + 1 for s in lines):
                row[j] = above
            may_reach = is_head or (is_parted and drawn_edges[j])
            if j and may_reach and not row[j] and row[j - 1] and len(set(row[:j])) > 1:
                row[j] = row[j] if any(abs(s.x1 - xs[j]) < NEAR for s in walls) else row[j - 1]
    return [row for row in rows if any(row)]


def without_empty_columns(rows: Sequence[list[str]]) -> list[list[str]]:
    filled_columns = [j for j in range(len(rows[0])) if any(row[j] for row in rows)] if rows else []
    return [[row[j] for j in filled_columns] for row in rows]


def _merge_down(rows: list[list[str]], bands: Sequence[Band], frame: Frame) -> None:
    """Give all rows of a merged cell its whole text: its sides are drawn, and no line between its rows."""
    xs, _, flat, steep, _ = frame
    middles = [(band.top + band.bottom) / 2 for band in bands]
    strokes_by_edge = [[s for s in steep if abs(s.x1 - x) < NEAR] for x in xs]
    walls_by_edge = [[not _is_open(strokes, y) for y in middles] for strokes in strokes_by_edge]
    open_sides = [not strokes for strokes in strokes_by_edge]  # of a table without lines at its left or right
    walls_by_edge = [
        [True] * len(middles) if k in (0, len(xs) - 1) and open_sides[k] else walls
        for k, walls in enumerate(walls_by_edge)
    ]
    for j, (left, right) in enumerate(pairwise(xs)):
        is_walled = [a and b for a, b in zip(walls_by_edge[j], walls_by_edge[j + 1], strict=True)]
        start = 0
        for i in range(1, len(rows) + 1):
            ends_here = i == len(rows) or not (is_walled[i] and is_walled[i - 1] and bands[i].drawn)
            if ends_here or _is_drawn(flat, (left + right) / 2, bands[i].top):
                is_open = (j == 0 and open_sides[0]) or (j == len(xs) - 2 and open_sides[-1])
                if not is_open or i - start <= _MOST_OPEN_ROWS:
                    _share_text(rows[start:i], bands[start:i], j, (left, right))
                start = i


def _share_text(rows: list[list[str]], bands: Sequence[Band], j: int, column: tuple[float, float]) -> None:
    """Give the rows of one cell its text, if its lines stand right below each other."""
    filled = [(row[j], band) for row, band in zip(rows, bands, strict=True) if row[j]]
    if len(rows) < 2 or not filled or len(filled) == len(rows) > 2:
        return
    words = [[w for w in band.words if column[0] <= (w.x1 + w.x2) / 2 < column[1]] for _, band in filled]
    for above, below in pairwise(words):
        bottom, top = max((w.y2 for w in above), default=0.0), min((w.y1 for w in below), default=math.inf)
        if not above or top - bottom > above[0].y2 - above[0].y1:
            return
    text = "\n".join(text for text, _ in filled)
    for row in rows:
        row[j] = text


def _is_drawn(flat: list[Stroke], x: float, y: float) -> bool:
    return any(abs(s.y1 - y) < NEAR and s.x1 - 1 <= x <= s.x2 + 1 for s in flat)


def _is_wall(strokes: Sequence[Stroke], band: Band) -> bool:
    """Whether lines at an edge are drawn along most of a row."""
    height = sum(
        min(s.y2 + 1, band.bottom) - max(s.y1 - 1, band.top) for s in strokes if s.y1 < band.bottom and s.y2 > band.top
    )
    return 2 * height > band.bottom - band.top + 2


def _is_open(strokes: Sequence[Stroke], y: float) -> bool:
    return not any(s.y1 - 1 <= y <= s.y2 + 1 for s in strokes)
