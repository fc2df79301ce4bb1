"""Tables without lines whose rows are told by stripes: filled behind every other row, or behind each in another colour.

The stripes give the rows, the spaces that run through all rows give the columns, so that cells of several lines stay
whole, which lines of words alone do not tell.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise

from groundwork.documents.layout.ruling_strokes_and_shades import NEAR, Frame, Shade, Stroke
from groundwork.documents.layout.tables.ruled_tables import word_lines
from groundwork.documents.layout.text_lines import Box, is_bullet, joined, label

_MOST_SHADES = 600  # of a page; what has more is a drawing
_LEAST_STRIPES, _LEAST_ROWS = 2, 3
_LEAST_WIDTH = 100  # points of a stripe
_MOST_HEIGHT = 250  # points of a row; what is higher is a panel
_ROW_STEP = 4  # times the middle height of the rows above, which the space to the next stripe has at the most
_LINE_ROW = 2.5  # heights of its words that a row of one line has at the most
_MANY_ROWS = 6  # or lines
_GUTTER, _SURE_GUTTER = 0.5, 0.33  # heights of a word between two columns, and in many lines
_LEAST_FILLED = 0.6  # of the rows, in which more than one cell has words
_SAME_EDGE = 3  # points
_SEAM = 0.3  # points between two shades that are one to the eye
_STEADY = 0.6  # of a table's columns, which are left with its next row at the least


_CAPTION = re.compile(r"[^\W\d_]+\.? \d")
_Gutter = tuple[float, float]  # its left and right
_Row = tuple[float, float, list[Box]]  # its top, bottom and words


def striped_frames(shades: Sequence[Shade], words: Sequence[Box], frames: Sequence[Frame]) -> list[Frame]:
    """The tables of a page that stripes draw, as frames without walls; none where lines draw one already.

    `words`: those of the page in their places.
    """
    if len(shades) > _MOST_SHADES:
        return []
    stacks = [stack for stripes in _stacks(_stripes(shades)) for stack in _tables(stripes, words)]
    striped = [_striped_frame(stack, words) for stack in stacks]
    return [frame for frame in striped if frame and not any(_overlap(frame, drawn) for drawn in frames)]


def _stripes(shades: Sequence[Shade]) -> list[Shade]:
    """Shades that go on beside or below each other as one, such as those behind each cell of a row."""
    rows = _joined_shades(sorted(shades, key=lambda s: (round(s.y1), round(s.y2), s.x1)), _goes_on_beside)
    stripes = _joined_shades(sorted(rows, key=lambda s: (round(s.x1), s.y1)), _goes_on_below)
    return [s for s in stripes if s.x2 - s.x1 >= _LEAST_WIDTH and s.y2 - s.y1 <= _MOST_HEIGHT]


def _joined_shades(shades: Sequence[Shade], goes_on: Callable[[Shade, Shade], bool]) -> list[Shade]:
    joined_shades: list[Shade] = []
    for shade in shades:
        if joined_shades and goes_on(joined_shades[-1], shade):
            last = joined_shades[-1]
            joined_shades[-1] = last._replace(x2=max(last.x2, shade.x2), y2=max(last.y2, shade.y2))
        else:
            joined_shades.append(shade)
    return joined_shades


def _goes_on_beside(last: Shade, shade: Shade) -> bool:
    return abs(last.y1 - shade.y1) < 1 and abs(last.y2 - shade.y2) < 1 and shade.x1 <= last.x2 + NEAR


def _goes_on_below(last: Shade, shade: Shade) -> bool:
    """Whether nothing shows where one ends and the other begins, as behind the lines of a text."""
    is_below = abs(last.x1 - shade.x1) < 1 and abs(last.x2 - shade.x2) < 1 and abs(shade.y1 - last.y2) < _SEAM
    return is_below and last.colour == shade.colour


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
        if tables and (count >= _STEADY * column_count or (len(tables[-1]) == 1 and count)):
            tables[-1].append(stripe)
            column_count = count
        else:
            tables.append([stripe])
            column_count = 0
    return [table for table in tables if len(table) >= _LEAST_STRIPES]


def _rows(stripes: Sequence[Shade], words: Sequence[Box]) -> list[_Row]:
    """The top, bottom and words of the rows that stripes part; none of those without words."""
    left, right = min(s.x1 for s in stripes), max(s.x2 for s in stripes)
    edges = sorted(y for stripe in stripes for y in (stripe.y1, stripe.y2))
    edges = edges[:1] + [y for above, y in pairwise(edges) if y - above > NEAR]
    inside = _beside(words, left, right)
    rows = [(top, bottom, _between(inside, top, bottom)) for top, bottom in pairwise(edges)]
    return [row for row in rows if row[2]]


def _goes_on(stack: Sequence[Shade], stripe: Shade) -> bool:
    last = stack[-1]
    height = statistics.median(s.y2 - s.y1 for s in stack)
    is_same = abs(last.x1 - stripe.x1) < _SAME_EDGE and abs(last.x2 - stripe.x2) < _SAME_EDGE
    return is_same and stripe.y1 - last.y2 < _ROW_STEP * height


def _striped_frame(stripes: Sequence[Shade], words: Sequence[Box]) -> Frame | None:
    rows = _rows(stripes, words)
    gutters = _gutters(rows)
    if not gutters:
        return None
    head, *body = _without_title(rows, gutters)
    rows = [*_with_lines_of_heads(head, gutters), *body]
    xs = [_edge(gutter, word_lines(head[2])) for gutter in gutters]
    left, right = min(s.x1 for s in stripes), max(s.x2 for s in stripes)
    bottom, height = rows[-1][1], max(bottom - top for top, bottom, _ in rows)
    if last_row := _row_below(xs, _between(_beside(words, left, right), bottom, bottom + height + NEAR), bottom):
        rows.append((bottom, last_row[0].y2 + 1, last_row))
    filled = [len({sum(w.x1 > x for x in xs) for w in row_words}) > 1 for _, _, row_words in rows]
    if len(rows) < _LEAST_ROWS or sum(filled) < _LEAST_FILLED * len(rows):
        return None
    ys = sorted({y for top, bottom, _ in rows for y in (top, bottom)})
    ys = ys[:1] + [y for above, y in pairwise(ys) if y - above > NEAR]
    return Frame([left, *xs, right], ys, [Stroke(left, y, right, y) for y in ys], [], has_whole_rows=True)


def _without_title(rows: list[_Row], gutters: Sequence[_Gutter]) -> list[_Row]:
    """The rows below a text that runs over most of their columns, or over one and is a caption."""
    lines = word_lines(rows[0][2])
    text = joined(lines[0]).text
    crossed = sum(any(not _free_stretch(line, gutter) for line in lines) for gutter in gutters)
    is_title = 2 * crossed > len(gutters) or (crossed and _CAPTION.match(text))
    return rows[1:] if is_title and len(rows) > _LEAST_ROWS else rows


def _free_stretch(line: Sequence[Box], gutter: _Gutter) -> _Gutter | None:
    """The part of a gutter that a line leaves free; None where a text of it runs over the gutter, with no more than a
    space between words there."""
    least = _SURE_GUTTER * (line[0].y2 - line[0].y1)
    ends = [-math.inf, *(w.x2 for w in line)], [*(w.x1 for w in line), math.inf]
    gaps = [(end, start) for end, start in zip(*ends, strict=True) if start - end >= least]
    stretches = [(max(end, gutter[0]), min(start, gutter[1])) for end, start in gaps]
    return max((s for s in stretches if s[0] < s[1]), key=lambda s: s[1] - s[0], default=None)


def _edge(gutter: _Gutter, lines: Sequence[Sequence[Box]]) -> float:
    """The middle of a gutter, where the lines of the heads leave it free too."""
    for line in lines:
        gutter = _free_stretch(line, gutter) or gutter
    return (gutter[0] + gutter[1]) / 2


def _with_lines_of_heads(row: _Row, gutters: Sequence[_Gutter]) -> list[_Row]:
    """A row cut between lines of which one has a text over several columns and the other has none."""
    top, bottom, words = row
    lines = word_lines(words)
    over = [not all(_free_stretch(line, gutter) for gutter in gutters) for line in lines]
    edges = [(a[0].y2 + b[0].y1) / 2 for (a, b), (c, d) in zip(pairwise(lines), pairwise(over), strict=True) if c != d]
    return [(y1, y2, _between(words, y1, y2)) for y1, y2 in pairwise([top, *edges, bottom])]


def _beside(words: Sequence[Box], left: float, right: float) -> list[Box]:
    return [w for w in words if left - 1 < (w.x1 + w.x2) / 2 < right + 1]


def _between(words: Sequence[Box], top: float, bottom: float) -> list[Box]:
    return [w for w in words if top <= (w.y1 + w.y2) / 2 < bottom]


def _gutters(rows: Sequence[_Row]) -> list[_Gutter]:
    """Where columns part: the spaces that no word crosses, but for heads and for a line alone, such as a group's."""
    heads = 2 if len(rows) >= _MANY_ROWS else 1 if len(rows) >= _LEAST_ROWS else 0
    return _gaps([word for row in rows[heads:] if not _is_group_name(row) for word in row[2]])


def _is_group_name(row: _Row) -> bool:
    """Whether a row is one text on one line, in a stripe or between two of a line's height."""
    top, bottom, words = row
    is_line = bottom - top < _LINE_ROW * (words[0].y2 - words[0].y1)
    return is_line and len(word_lines(words)) == 1 and not _gaps(words)


def _gaps(row: Sequence[Box]) -> list[_Gutter]:
    """The wide spaces between words, also of several lines below each other."""
    words = sorted(row, key=lambda w: w.x1)
    ratio = _GUTTER if len(word_lines(words)) < _MANY_ROWS else _SURE_GUTTER
    least = ratio * statistics.median(w.y2 - w.y1 for w in words) if words else 0.0
    gutters: list[_Gutter] = []
    reach, column = words[0].x2 if words else 0.0, list(words[:1])
    for word in words[1:]:
        if word.x1 - reach > least and not all(map(_is_item_label, column)):
            gutters.append((reach, word.x1))
            column = []
        column.append(word)
        reach = max(reach, word.x2)
    return gutters


def _is_item_label(word: Box) -> bool:
    return is_bullet(word.text) or bool(label(f"{word.text} x"))


def _row_below(gutters: Sequence[float], words: Sequence[Box], reach: float) -> list[Box]:
    """The words of the row without a stripe that ends a table: lines close below each other, which no gutter cuts, with
    more than one cell in the first."""
    row: list[Box] = []
    for word in sorted(words, key=lambda w: w.y2):
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
