"""Ruled tables: those with drawn lines, read from the lines themselves.

Engines guess a table's cells from the distances between words. Where the page draws the cells, there is nothing to
guess: the lines give rows and columns, and each word lies in one cell. Where it draws some of them, the others are
read from the words: rows from numbers that stand below each other, columns from the spaces that run through the rows,
and a cell reaches as far as the next drawn line where its text runs over a column's edge.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.ruling_strokes_and_shades import NEAR, Frame, Stroke
from groundwork.documents.layout.tables.form_boxes import are_boxes, boxed_text
from groundwork.documents.layout.text_lines import (
    Box,
    Line,
    Run,
    Stretches,
    is_number,
    joined,
    parted,
    stretches_of_most,
)

_LEAST_LINES = 3  # of a drawn row that may hold several rows of texts
_LEAST_COLUMNS = 3  # of one that may hold heads above figures
_WORD_SPACE = 0.25  # line heights between two words
_ROW_GAP_SHARE = 0.8  # of the space between two rows, which one has that stands between them
_PADDED = 0.25  # line heights between two rows, which no lines of a cell have between them
_SAME_GAP = 0.3  # line heights by which spaces differ that are alike
_INDENT = 3.0  # points
_PADDING = 3.0  # points from a label to the edge of its column
_LEADER_END = "...."  # of a label whose dots lead to its figures
_EDGE_SPACE, _WORD_EDGE_SPACE = 0.38, 0.5  # line heights between a figure, or a word, and a word of the next column
_BESIDE_STEP = 0.65  # line heights from a line to one that stands beside it in part, at the most


class Band(NamedTuple):
    """A row's words between two heights; `drawn`: a line may part it from the row above."""

    words: list[Box]
    top: float
    bottom: float
    drawn: bool


class _Step(Enum):
    """How a text of a cell follows the line above: it did not end there for want of room; it did; in a sentence."""

    ENDED, WRAPPED, RUNS_ON = range(3)


def cut_at(ys: list[float], words: Iterable[Box]) -> list[Band]:
    rows: list[list[Box]] = [[] for _ in ys[1:]]
    for word in words:
        rows[interval(ys, (word.y1 + word.y2) / 2) or 0].append(word)
    return [Band(row, top, bottom, True) for row, top, bottom in zip(rows, ys, ys[1:], strict=False)]


def split_rows(band: Band, xs: list[float]) -> list[Band]:
    """The rows within a drawn one: numbers that stand below each other at the same heights in most of its columns.

    A row begins at the widest space above its numbers; a line without any between two rows is a row, such as a group's
    name.
    """
    lines = word_lines(band.words)
    if len(lines) < 2:
        return [band]
    columns: list[list[tuple[int, Box]]] = [[] for _ in xs[1:]]
    for i, line in enumerate(lines):
        for text in line_texts(line, xs):
            columns[interval(xs, (text.x1 + text.x2) / 2) or 0].append((i, text))
    filled = [column for column in columns if column]
    numbers = [column for column in filled if len(column) > 1 and all(is_number(text.text) for _, text in column)]
    if not numbers:
        return _below_heads(band, lines, filled, xs)
    figure_lines = max((sorted({i for i, _ in column}) for column in numbers), key=len)
    alike_columns = sum(len(column) >= len(figure_lines) for column in filled)
    if 2 * alike_columns < len(filled) or alike_columns < 2:
        return [band]
    edges = [(_bottom(lines[i - 1]) + _top(lines[i])) / 2 for i in _row_starts(lines, figure_lines, xs)]
    return [row._replace(drawn=not k) for k, row in enumerate(cut_at([band.top, *edges, band.bottom], band.words))]


def _below_heads(
    band: Band, lines: Sequence[list[Box]], columns: Sequence[Sequence[tuple[int, Box]]], xs: list[float]
) -> list[Band]:
    """The heads in the first line of a drawn row, and the rows below them where these are told by their numbers."""
    starts = [column[1][0] for column in columns if column[0][0] == 0 and _are_headed(column)]
    if len(columns) < _LEAST_COLUMNS or len(starts) < len(columns) - 1 or set(starts) != {1}:
        return [band]
    edge = (_bottom(lines[0]) + _top(lines[1])) / 2
    head, body = cut_at([band.top, edge, band.bottom], band.words)
    rows = split_rows(body, xs)
    return [head._replace(drawn=True), *(row._replace(drawn=False) for row in rows)] if len(rows) > 1 else [band]


def _are_headed(column: Sequence[tuple[int, Box]]) -> bool:
    """Whether a column has one text above figures."""
    first, *others = (text.text for _, text in column)
    return len(others) >= _LEAST_LINES - 1 and not is_number(first) and all(map(is_number, others))


def _row_starts(lines: Sequence[list[Box]], figure_lines: Sequence[int], xs: list[float]) -> list[int]:
    """The lines at which rows begin, but for the first of all. `figure_lines`: those with the rows' numbers."""
    height = lines[0][0].y2 - lines[0][0].y1
    gaps = [0.0, *(_gap(above, line, height) for above, line in pairwise(lines))]
    slack = _SAME_GAP * height
    spans = [(a + 1, b) for a, b in pairwise(figure_lines)]
    starts = {_label_start(lines, _last_wide(gaps, a, b, slack), gaps, slack, xs[1]) if a < b else b for a, b in spans}
    row_gaps = [gaps[b] for a, b in pairwise(figure_lines) if b == a + 1]
    row_gap = min(row_gaps, default=math.inf)
    for i in range(figure_lines[-1]):
        if i in figure_lines or min(gaps[i] if i else math.inf, gaps[i + 1]) < _ROW_GAP_SHARE * row_gap:
            continue
        is_alone = len(parted(lines[i])) == 1
        if is_alone and (row_gap > _PADDED * height or _is_group_name(lines[i], lines[i + 1], xs)):
            starts |= {i, i + 1} - {0}
    return sorted(starts)


def _last_wide(gaps: Sequence[float], start: int, end: int, slack: float) -> int:
    """The last gap in [start, end] that is about as wide as the widest."""
    most = max(gaps[start : end + 1])
    return max(i for i in range(start, end + 1) if gaps[i] >= most - slack)


def _label_start(lines: Sequence[list[Box]], start: int, gaps: Sequence[float], slack: float, edge: float) -> int:
    """Where a row begins whose label's lines stand above its figures, as far apart as the rows: each but the last is
    full, and none goes on with the row above."""
    labels = [[word for word in line if word.x2 < edge] for line in lines[: start + 1]]
    edge -= _PADDING
    while start > 1 and gaps[start - 1] >= gaps[start] - slack and len(parted(lines[start - 1])) == 1:
        above, label, below = labels[start - 2 : start + 1]
        goes_on = (
            bool(above)
            and _is_full(above, label, edge)
            and (label[0].text[0].islower() or label[0].x1 > above[0].x1 + 1)
        )
        if goes_on or not _is_full(label, below, edge):
            break
        start -= 1
    return start


def _is_full(label: Sequence[Box], below: Sequence[Box], edge: float) -> bool:
    """Whether the first word of the label below would have had no place behind one that ends before `edge`."""
    if not label or not below or label[-1].text.endswith((_LEADER_END, ":")):
        return False
    space = _WORD_SPACE * (label[0].y2 - label[0].y1)
    return edge < label[-1].x2 + space + _width(below[0])


def _is_group_name(line: Sequence[Box], below: Sequence[Box], xs: list[float]) -> bool:
    """Whether a line alone stands over several columns, or over a line that is indented below it, and ended before the
    next word for another reason than want of room."""
    text = joined(line)
    first, last = interval(xs, text.x1 + 1) or 0, interval(xs, text.x2 - 1) or 0
    if text.text[0].islower() or text.x2 + _width(below[0]) > xs[last + 1]:
        return False
    return first != last or below[0].x1 > text.x1 + _INDENT


def _gap(above: Sequence[Box], line: Sequence[Box], height: float) -> float:
    """The space between two lines; what stands beside each other in part has none."""
    step = (line[0].y1 + line[0].y2 - above[0].y1 - above[0].y2) / 2
    return _top(line) - _bottom(above) if step > _BESIDE_STEP * height else -math.inf


def _top(line: Sequence[Box]) -> float:
    return min(word.y1 for word in line)


def _bottom(line: Sequence[Box]) -> float:
    return max(word.y2 for word in line)


def split_text_rows(bands: Sequence[Band], xs: list[float]) -> list[Band]:
    """The drawn rows of a table, those cut whose texts show rows: where its lines part but groups of rows."""
    lines_by_band = [word_lines(band.words) for band in bands]
    line_counts: list[int] = []  # between two drawn lines
    for band, lines in zip(bands, lines_by_band, strict=True):
        if band.drawn or not line_counts:
            line_counts.append(0)
        line_counts[-1] += len(lines)
    if 2 * sum(count for count in line_counts if count >= _LEAST_LINES) <= sum(line_counts):
        return list(bands)
    return [
        row_band
        for band, lines in zip(bands, lines_by_band, strict=True)
        for row_band in (_cut_at_labels(band, lines, xs) if len(lines) >= _LEAST_LINES else [band])
    ]


def _cut_at_labels(band: Band, lines: Sequence[list[Box]], xs: list[float]) -> list[Band]:
    """A drawn row cut above each text of its first column, if no cell's text runs from one line to the next there."""
    columns: list[dict[int, list[Box]]] = [{} for _ in xs[1:]]
    for i, line in enumerate(lines):
        for word in line:
            columns[interval(xs, (word.x1 + word.x2) / 2) or 0].setdefault(i, []).append(word)
    starts = sorted(columns[0])
    first_words = [columns[0][i][0].text for i in starts]
    small_labels = sum(len(word) > 2 and word[0].islower() for word in first_words)
    if len(starts) < _LEAST_LINES or starts[0] or 2 * small_labels > len(starts):
        return [band]
    filled_rows = max(len(column.keys() & set(starts)) for column in columns[1:])
    steps = [
        [_step(column, i, edges) for i in range(1, len(lines))]
        for column, edges in zip(columns, pairwise(xs), strict=True)
    ]
    ended = [_Step.ENDED in line_steps for line_steps in zip(*steps, strict=True)]
    ended_rows = sum(ended[i - 1] for i in starts[1:])
    runs_on = any(2 * column.count(_Step.RUNS_ON) > len(column) - column.count(None) for column in steps)
    is_wrapped = runs_on or sum(ended) > ended_rows or 3 * ended_rows < 2 * (len(starts) - 1)
    if is_wrapped or 2 * filled_rows < len(starts):
        return [band]
    edges = [band.top, *((lines[i - 1][0].y2 + lines[i][0].y1) / 2 for i in starts[1:]), band.bottom]
    return [row_band._replace(drawn=not k) for k, row_band in enumerate(cut_at(edges, band.words))]


def _step(column: dict[int, list[Box]], i: int, edges: tuple[float, float]) -> _Step | None:
    """How a column's text on a line follows the one above it; None where there is no such text."""
    if i not in column:
        return None
    if i - 1 not in column:
        return _Step.ENDED
    texts = [joined(words) for words in column.values()]
    left, right = min(text.x1 for text in texts), max(text.x2 for text in texts)
    room = edges[1] - edges[0] - 2 * max(0.0, min(left - edges[0], edges[1] - right))
    above, first_word = joined(column[i - 1]), column[i][0]
    space = _WORD_SPACE * (first_word.y2 - first_word.y1)
    are_figures = is_number(above.text) and is_number(joined(column[i]).text)
    if are_figures or _width(above) + space + _width(first_word) <= room:
        return _Step.ENDED
    return _Step.RUNS_ON if first_word.text[:1].islower() and len(column[i - 1]) > 1 else _Step.WRAPPED


def _width(box: Box) -> float:
    return box.x2 - box.x1


def split_number_lines(band: Band, xs: list[float]) -> list[Band]:
    """The lines of a box with figures below each other in several columns, as of an account; else the box."""
    lines = word_lines(band.words)
    columns: list[list[str]] = [[] for _ in xs[1:]]
    for text in (text for line in lines for text in line_texts(line, ())):
        columns[interval(xs, (text.x1 + text.x2) / 2) or 0].append(text.text)
    if sum(len(texts) > 2 and all(map(is_number, texts)) for texts in columns) < 2:
        return [band]
    edges = [band.top, *((a[0].y2 + b[0].y1) / 2 for a, b in pairwise(lines)), band.bottom]
    return [row_band._replace(drawn=not k) for k, row_band in enumerate(cut_at(edges, band.words))]


def line_texts(line: Sequence[Box], xs: Sequence[float], undrawn: Sequence[float] = ()) -> list[Box]:
    """The texts of a line: parted where words stand apart, and by less at the columns' edges: figures at all of them
    (`xs`), words at those where no line is drawn."""
    texts = []
    for words in parted(line):
        start = 0
        for k, (a, b) in enumerate(pairwise(words), 1):
            are_figures = is_number(a.text) + is_number(b.text)
            is_apart = b.x1 - a.x2 > (_EDGE_SPACE if are_figures else _WORD_EDGE_SPACE) * (a.y2 - a.y1)
            if is_apart and any(a.x2 - 1 < x < b.x1 + 1 for x in (xs if are_figures else undrawn)):
                texts.append(joined(words[start:k]))
                start = k
        texts.append(joined(words[start:]))
    return texts


def interval(edges: list[float], position: float) -> int | None:
    """Which stretch between two edges holds a value; None outside of all."""
    if not edges[0] - 0.5 <= position < edges[-1] + 0.5:
        return None
    return min(max(bisect_right(edges, position + 0.5) - 1, 0), len(edges) - 2)


def word_lines(words: Iterable[Box]) -> list[list[Box]]:
    """Words that share a height, from left to right; lines from top to bottom."""
    groups: list[list[Box]] = []
    for box in sorted(words, key=lambda b: b.y1 + b.y2):
        middle = (box.y1 + box.y2) / 2
        if groups and abs(middle - (groups[-1][0].y1 + groups[-1][0].y2) / 2) < 0.45 * (box.y2 - box.y1):
            groups[-1].append(box)
        else:
            groups.append([box])
    return [sorted(group) for group in groups]


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


def share_columns(pages: Sequence[Sequence[list[Line]]]) -> None:
    """Give a drawn table at the foot of a page and one at the head of the next, with lines at the same places, the
    columns that either fills. `pages`: the lines of each page's parts, which are changed."""
    joints = [(above[-1], below[0]) for above, below in pairwise(pages) if above and below]
    joints = [(above, below) for above, below in joints if above and below and _are_alike(above[-1], below[0])]
    for above, below in [*joints, *reversed(joints)]:
        filled = _filled(above[-1]) | _filled(below[0])
        above[-1], below[0] = _with_columns(above[-1], filled), _with_columns(below[0], filled)


def _are_alike(above: Line, below: Line) -> bool:
    return bool(above.full_table and below.full_table) and _same_places(above.columns, below.columns)


def _same_places(above: Stretches, below: Stretches) -> bool:
    edges = zip(above, below, strict=False)
    return len(above) == len(below) and all(abs(a - c) < NEAR and abs(b - d) < NEAR for (a, b), (c, d) in edges)


def _filled(line: Line) -> set[int]:
    """The columns that a drawn table has texts in, or has been given."""
    if len(line.table[0]) == len(line.columns):
        return set(range(len(line.columns)))
    return {k for k in range(len(line.columns)) if any(row[k] for row in line.full_table)} | set(line.shared_columns)


def _with_columns(line: Line, filled: set[int]) -> Line:
    columns = sorted(filled)
    return line._replace(table=[[row[k] for k in columns] for row in line.full_table], shared_columns=columns)


_LEADING_DOTS, _DOT_STEP = 2, 8.0  # dots in a row that are leaders, at the least, and points from one to the next
_DOTS_IN_WORD = 5  # drawn as one word
_FIGURES_SHARE, _TEXTS_SHARE = 0.4, 0.8  # of the lines between two drawn lines, in which columns stand that none parts
_TEXT_LINES = 6  # of a cell over the whole width from which on it is text in a frame, and no row


_FORM_FIELDS = 3  # to type into, from which on drawn lines are a form's


class Grid(NamedTuple):
    """A drawn table: the positions of its lines and, row by row, the text of its cells, line by line, without empty
    columns; `full_rows`: with these."""

    xs: list[float]
    ys: list[float]
    rows: list[list[str]]
    labels: str = ""  # of a chart or of boxes, which have no rows; lines within its paragraphs
    full_rows: Sequence[list[str]] = ()

    @property
    def columns(self) -> list[tuple[float, float]]:
        """The left and right of all columns."""
        return [(left + NEAR, right - NEAR) for left, right in pairwise(self.xs)] if self.rows else []

    def holds(self, box: Box | Run) -> bool:
        """Whether the middle of a box lies in the table."""
        x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]


def find_grids(frames: Sequence[Frame], words: list[Box], fields: Sequence[Box] = ()) -> list[Grid]:
    """The drawn tables and boxes of a page, from top to bottom. `words`: those of the page in their places; `fields`:
    where something can be typed in."""
    grids = [grid for frame in frames for grid in _read_grids(frame, words, fields)]
    return sorted(grids, key=lambda grid: grid.ys[0])


# --- lines to cells ------------------------------------------------------------------------------------------------


def _read_grids(frame: Frame, words: list[Box], fields: Sequence[Box]) -> list[Grid]:
    """The table of a frame, or those above and below the running text that it holds."""
    grid = _read_grid(frame, words, fields)
    text_bands = _text_bands(frame, words) if grid and grid.rows else []
    if not grid or not text_bands:
        return [grid] if grid else []
    tables = [frame._replace(ys=frame.ys[a + 1 : b + 1]) for a, b in pairwise([-1, *text_bands, len(frame.ys) - 1])]
    return [grid for table in tables if len(table.ys) > 1 for grid in _read_grids(table, words, fields)]


def _text_bands(frame: Frame, words: list[Box]) -> list[int]:
    """Which rows are one cell from side to side with the lines of a running text in it."""
    walls = [[s for s in frame.steep if abs(s.x1 - x) < NEAR] for x in frame.xs[1:-1]]
    if not any(walls):
        return []
    bands = enumerate(cut_at(frame.ys, _words_inside(frame, words)))
    return [i for i, band in bands if _is_text(band) and not any(_crosses(wall, band) for wall in walls)]


def _words_inside(frame: Frame, words: list[Box]) -> list[Box]:
    """The words whose middles lie in a frame, or half a point beside it."""
    left, right, top, bottom = (2 * edge for edge in (frame.xs[0], frame.xs[-1], frame.ys[0], frame.ys[-1]))
    inside = [w for w in words if top - 1 <= w.y1 + w.y2 < bottom + 1]
    return [w for w in inside if left - 1 <= w.x1 + w.x2 < right + 1]


def _crosses(wall: Sequence[Stroke], band: Band) -> bool:
    return any(s.y1 - 1 <= (band.top + band.bottom) / 2 <= s.y2 + 1 for s in wall)


def _is_text(band: Band) -> bool:
    """Whether a row has many lines, and most of them hold one text."""
    lines = word_lines(band.words)
    return len(lines) >= _TEXT_LINES and 2 * sum(len(parted(line)) < 2 for line in lines) > len(lines)


def _read_grid(frame: Frame, words: list[Box], fields: Sequence[Box]) -> Grid | None:
    words_inside = _without_leaders(_words_inside(frame, words))
    xs = [x for x in frame.xs if not _cuts_words(x, words_inside, frame.steep)]
    xs = _column_edges(xs, words_inside)
    if len(xs) < 3:
        return None
    is_form = sum(map(Grid(xs, frame.ys, []).holds, fields)) >= _FORM_FIELDS
    frame = frame._replace(xs=xs) if is_form else _with_wall_ends(frame._replace(xs=xs), words_inside)
    bands = [row_band for band in cut_at(frame.ys, words_inside) for row_band in split_rows(band, xs)]
    rows = row_texts(bands, frame)
    if is_form and _frames_figures(frame, words):
        return None
    if is_form or are_boxes(frame, rows):
        row_bands = [row_band for band in bands for row_band in split_number_lines(band, xs)]
        rows = row_texts(row_bands, frame, in_boxes=True)
        rows = fill_merged(rows, row_bands, frame)
        return Grid(xs, frame.ys, [], boxed_text(without_empty_columns(rows))) if any(map(any, rows)) else None
    row_bands = bands if frame.has_whole_rows else split_text_rows(bands, xs)
    rows = rows if row_bands == bands else row_texts(row_bands, frame)
    full_rows = fill_merged(rows, row_bands, frame)
    rows = without_empty_columns(full_rows)
    return Grid(xs, frame.ys, rows, full_rows=full_rows) if len(rows) > 1 and len(rows[0]) > 1 else None


def _with_wall_ends(frame: Frame, words: list[Box]) -> Frame:
    """The frame with a line between a text over two columns and those of the columns, where the wall between these
    begins or ends below or above it."""
    lines = []
    for left, x, right in zip(frame.xs, frame.xs[1:], frame.xs[2:], strict=False):
        walls = [s for s in frame.steep if abs(s.x1 - x) < NEAR]
        levels = {(s.y1, True) for s in walls} | {(s.y2, False) for s in walls}
        column_words = [w for w in words if left < (w.x1 + w.x2) / 2 < right] if levels else []
        lines += [Stroke(left, y, right, y) for y, is_top in levels if _ends_wall(y, frame.ys, column_words, is_top)]
    if not lines or len(frame.ys) < 3:
        return frame
    ys = sorted([*frame.ys, *(line.y1 for line in lines)])
    ys = ys[:1] + [b for a, b in pairwise(ys) if b - a > NEAR]
    return frame._replace(ys=ys, flat=[*frame.flat, *lines])


def _ends_wall(y: float, ys: list[float], words: Sequence[Box], is_top: bool) -> bool:
    """Whether a wall's end parts two rows between drawn lines: beyond it stands one text alone, over both columns."""
    above = max((edge for edge in ys if edge <= y), default=y)
    below = min((edge for edge in ys if edge > y), default=y)
    if min(y - above, below - y) <= 2 * NEAR or any(w.y1 + 1 < y < w.y2 - 1 for w in words):
        return False
    rows = cut_at([above, y, below], [w for w in words if above < (w.y1 + w.y2) / 2 < below])
    beyond = word_lines(rows[0 if is_top else 1].words)
    return all(row.words for row in rows) and all(len(parted(line)) == 1 for line in beyond)


def _without_leaders(words: list[Box]) -> list[Box]:
    """Words without the dots from a text to the edge of its cell, drawn as one word or as a row of them."""
    dots = sorted((w for w in words if not w.text.strip(".")), key=lambda w: (round(w.y1), w.x1))
    if not dots:
        return words
    rows = [dots[:1]]
    for previous, dot in pairwise(dots):
        if round(previous.y1) == round(dot.y1) and dot.x1 - previous.x2 < _DOT_STEP:
            rows[-1].append(dot)
        else:
            rows.append([dot])
    leaders = {dot for row in rows if len(row) >= _LEADING_DOTS or len(row[0].text) >= _DOTS_IN_WORD for dot in row}
    return [word for word in words if word not in leaders]


def _frames_figures(frame: Frame, words: list[Box]) -> bool:
    """Whether the rows of a frame begin left of it, as the lines of a form do whose figures alone are framed."""
    words_left = [w for w in words if w.x2 <= frame.xs[0] + NEAR]
    rows = [(top, bottom) for top, bottom in pairwise(frame.ys) if bottom - top > 2 * NEAR]
    rows_begun = sum(any(top < (w.y1 + w.y2) / 2 < bottom for w in words_left) for top, bottom in rows)
    return 2 * rows_begun > len(rows)


def _cuts_words(x: float, words: list[Box], steep: Sequence[Stroke]) -> bool:
    """Whether a line at `x` would run through words where it is drawn, and so is no border."""
    drawn = [(s.y1, s.y2) for s in steep if abs(s.x1 - x) < NEAR]
    crossed = [(w.y1 + w.y2) / 2 for w in words if w.x1 + 1.5 < x < w.x2 - 1.5]
    cut_words = sum(any(y1 <= y <= y2 for y1, y2 in drawn) for y in crossed) if drawn else len(crossed)
    return cut_words > 0.04 * len(words) + 1


def _column_edges(xs: list[float], words: list[Box]) -> list[float]:
    """The columns' edges: those drawn, and between them those of spaces that run through most lines."""
    if len(xs) < 2:
        return xs
    lines = [[joined(text) for text in parted(line)] for line in word_lines(words)]
    edges = xs[:1]
    for left, right in pairwise(xs):
        texts = [[t for t in line if left <= (t.x1 + t.x2) / 2 < right] for line in lines]
        stretches = _stretches_within(texts, has_labels=left == xs[0])
        edges += [_edge_between(a[1], b[0], texts) for a, b in pairwise(stretches)]
        edges.append(right)
    return edges


def _edge_between(end: float, start: float, texts: Sequence[Sequence[Box]]) -> float:
    """The edge of two columns in the middle of the space that even their longest texts leave free, if these do."""
    middle = (end + start) / 2
    several = [t for line in texts if len(line) > 1 for t in line]
    last = max((t.x2 for t in several if (t.x1 + t.x2) / 2 < middle and t.x2 < start), default=end)
    first = min((t.x1 for t in several if (t.x1 + t.x2) / 2 > middle and t.x1 > end), default=start)
    return (last + first) / 2 if last < first else middle


def _stretches_within(texts: Sequence[Sequence[Box]], *, has_labels: bool) -> list[tuple[float, float]]:
    """The columns between two drawn lines: of figures in a good part of the rows, or of as many texts in most.

    `texts`: by line. `has_labels`: texts may stand before the figures.
    """
    filled = sum(map(bool, texts))
    several = [line for line in texts if len(line) > 1]
    numbers = [line for line in several if all(is_number(t.text) for t in line[int(has_labels) :])]
    if len(numbers) > 2 and len(numbers) > _FIGURES_SHARE * filled:
        return stretches_of_most([[(t.x1, t.x2) for t in line] for line in numbers])
    if len(several) < 3 or len(several) < _TEXTS_SHARE * filled:
        return []
    stretches = stretches_of_most([[(t.x1, t.x2) for t in line] for line in several])
    whole_rows = sum(len(line) == len(stretches) for line in several)
    return stretches if whole_rows >= _TEXTS_SHARE * filled else []
