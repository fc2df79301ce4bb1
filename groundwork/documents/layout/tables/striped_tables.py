"""Tables without lines whose rows are told by stripes: filled behind every other row, or behind each in another colour.

The stripes give the rows, the spaces that run through all rows give the columns, so that cells of several lines stay
whole, which lines of words alone do not tell.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.ruling_lines import NEAR, Frame, Stroke
from groundwork.documents.layout.shading import Shade
from groundwork.documents.layout.text_lines import Box, is_bullet, label

_LEAST_STRIPES, _LEAST_ROWS = 2, 3
_LEAST_WIDTH = 100  # points of a stripe
_MOST_HEIGHT = 250  # points of a row; what is higher is a panel
_ROW_STEP = 4  # times the middle height of the rows above, which the space to the next stripe has at the most
_GUTTER = 0.5  # heights of a word between two columns
_LEAST_FILLED = 0.6  # of the rows, in which more than one cell has words
_SAME_EDGE = 3  # points
_STEADY = 0.6  # of a table's columns, which are left with its next row at the least


def striped_frames(shades: Sequence[Shade], words: Sequence[Box], frames: Sequence[Frame]) -> list[Frame]:
    """The tables of a page that stripes draw, as frames without walls; none where lines draw one already.

    `words`: those of the page in their places.
    """
    stacks = [stack for stripes in _stacks(_stripes(shades)) for stack in _tables(stripes, words)]
    striped = [_striped_frame(stack, words) for stack in stacks]
    return [frame for frame in striped if frame and not any(_overlap(frame, drawn) for drawn in frames)]


def _stripes(shades: Sequence[Shade]) -> list[Shade]:
    """Shades that go on beside each other as one, such as those behind each cell of a row."""
    stripes: list[Shade] = []
    for shade in sorted(shades, key=lambda s: (round(s.y1), round(s.y2), s.x1)):
        last = stripes[-1] if stripes else None
        if last and abs(last.y1 - shade.y1) < 1 and abs(last.y2 - shade.y2) < 1 and shade.x1 <= last.x2 + NEAR:
            stripes[-1] = last._replace(x2=max(last.x2, shade.x2))
        else:
            stripes.append(shade)
    return [s for s in stripes if s.x2 - s.x1 >= _LEAST_WIDTH and s.y2 - s.y1 <= _MOST_HEIGHT]


def _stacks(stripes: Sequence[Shade]) -> list[list[Shade]]:
    """Stripes of one left and right below each other, no farther apart than a row."""
    stacks: list[list[Shade]] = []
    for stripe in sorted(stripes, key=lambda s: (s.y1, s.y2)):
        stack = next((stack for stack in reversed(stacks) if _goes_on(stack, stripe)), None)
        if stack is None:
            stacks.append([stripe])
        elif stripe.y1 > stack[-1].y2 - NEAR:
            stack.append(stripe)
    return [stack for stack in stacks if len(stack) >= _LEAST_STRIPES]


def _tables(stripes: Sequence[Shade], words: Sequence[Box]) -> list[list[Shade]]:
    """The stripes of each table: one ends where what lies between two stripes, or in the next, closes most columns."""
    tables: list[list[Shade]] = []
    column_count = 0
    for stripe in stripes:
        count = len(_gutters(_rows([*tables[-1], stripe], words))) if tables else 0
        if tables and (count >= _STEADY * column_count or len(tables[-1]) == 1 and count):
            tables[-1].append(stripe)
            column_count = count
        else:
            tables.append([stripe])
            column_count = 0
    return [table for table in tables if len(table) >= _LEAST_STRIPES]


def _rows(stripes: Sequence[Shade], words: Sequence[Box]) -> list[tuple[float, float, list[Box]]]:
    """The top, bottom and words of the rows that stripes part; none of those without words."""
    left, right = min(s.x1 for s in stripes), max(s.x2 for s in stripes)
    edges = sorted(y for stripe in stripes for y in (stripe.y1, stripe.y2))
    edges = edges[:1] + [y for above, y in pairwise(edges) if y - above > NEAR]
    inside = [w for w in words if left - 1 < (w.x1 + w.x2) / 2 < right + 1]
    rows = [(top, bottom, _between(inside, top, bottom)) for top, bottom in pairwise(edges)]
    return [row for row in rows if row[2]]


def _goes_on(stack: Sequence[Shade], stripe: Shade) -> bool:
    last = stack[-1]
    height = statistics.median(s.y2 - s.y1 for s in stack)
    is_same = abs(last.x1 - stripe.x1) < _SAME_EDGE and abs(last.x2 - stripe.x2) < _SAME_EDGE
    return is_same and stripe.y1 - last.y2 < _ROW_STEP * height


def _striped_frame(stripes: Sequence[Shade], words: Sequence[Box]) -> Frame | None:
    left, right = min(s.x1 for s in stripes), max(s.x2 for s in stripes)
    rows = _rows(stripes, words)
    gutters = _gutters(rows)
    if not gutters:
        return None
    bottom = rows[-1][1]
    last_row = _row_below(bottom, gutters, [w for w in words if left - 1 < (w.x1 + w.x2) / 2 < right + 1], max(b - t for t, b, _ in rows))
    if last_row:
        rows.append((bottom, last_row[0].y2 + 1, last_row))
    filled = [len({sum(w.x1 > x for x in gutters) for w in row_words}) > 1 for _, _, row_words in rows]
    if len(rows) < _LEAST_ROWS or sum(filled) < _LEAST_FILLED * len(rows):
        return None
    ys = sorted({y for top, bottom, _ in rows for y in (top, bottom)})
    ys = ys[:1] + [y for above, y in pairwise(ys) if y - above > NEAR]
    return Frame([left, *gutters, right], ys, [Stroke(left, y, right, y) for y in ys], [], has_whole_rows=True)


def _between(words: Sequence[Box], top: float, bottom: float) -> list[Box]:
    return [w for w in words if top <= (w.y1 + w.y2) / 2 < bottom]


def _gutters(rows: Sequence[tuple[float, float, list[Box]]]) -> list[float]:
    """Where columns part: the middles of the spaces that no word of any row crosses."""
    words = sorted((w for _, _, row in rows for w in row), key=lambda w: w.x1)
    if not words:
        return []
    least = _GUTTER * statistics.median(w.y2 - w.y1 for w in words)
    gutters, reach, column = [], words[0].x2, [words[0]]
    for word in words[1:]:
        if word.x1 - reach > least and not all(map(_is_item_label, column)):
            gutters.append((reach + word.x1) / 2)
            column = []
        column.append(word)
        reach = max(reach, word.x2)
    return gutters


def _is_item_label(word: Box) -> bool:
    return is_bullet(word.text) or bool(label(f"{word.text} x"))


def _row_below(bottom: float, gutters: Sequence[float], words: Sequence[Box], most: float) -> list[Box]:
    """The words of the row without a stripe that ends a table: lines close below each other, which no gutter cuts, with
    more than one cell in the first."""
    row: list[Box] = []
    reach = bottom
    for word in sorted(_between(words, bottom, bottom + most + NEAR), key=lambda w: w.y2):
        height = word.y2 - word.y1
        if word.y1 - reach > 0.8 * height:
            break
        if any(word.x1 + 1 < x < word.x2 - 1 for x in gutters):
            row = [w for w in row if w.y2 < word.y1]
            break
        row.append(word)
        reach = max(reach, word.y2)
    first = [w for w in row if w.y1 < row[0].y2 and w.y2 > row[0].y1]
    return sorted(row, key=lambda w: -w.y2) if len({sum(w.x1 > x for x in gutters) for w in first}) > 1 else []


def _overlap(frame: Frame, drawn: Frame) -> bool:
    across = min(frame.xs[-1], drawn.xs[-1]) - max(frame.xs[0], drawn.xs[0])
    down = min(frame.ys[-1], drawn.ys[-1]) - max(frame.ys[0], drawn.ys[0])
    return across > 0 and down > 0
