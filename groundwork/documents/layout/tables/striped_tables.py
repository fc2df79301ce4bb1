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
from groundwork.documents.layout.text_runs_and_lines import Box, is_bullet, item_label, word_lines, words_as_box

_MOST_STRIPES = 600  # of a page; what has more is a drawing
_LEAST_STRIPES, _LEAST_STRIPED_ROWS = 2, 3
_LEAST_STRIPE_WIDTH = 100  # points of a stripe
_MOST_STRIPE_HEIGHT = 250  # points of a row; what is higher is a panel
_ROW_STEP = 4  # times the middle height of the rows above, which the space to the next stripe has at the most
_LINE_ROW = 2.5  # heights of its words that a row of one line has at the most
_MANY_STRIPED_ROWS = 6  # or lines
_GUTTER, _SURE_GUTTER = 0.5, 0.33  # heights of a word between two columns, and in many lines
_LEAST_FILLED = 0.6  # of the rows, in which more than one cell has words
_SAME_STRIPE_EDGE = 3  # points
_SHADE_SEAM = 0.3  # points between two shades that are one to the eye
_STEADY_GUTTERS = 0.6  # of a table's columns, which are left with its next row at the least


_STRIPED_CAPTION = re.compile(r"[^\W\d_]+\.? \d")
_StripeGutter = tuple[float, float]  # its left and right
_StripedRow = tuple[float, float, list[Box]]  # its top, bottom and words


def striped_frames(shades: Sequence[Shade], words: Sequence[Box], frames: Sequence[Frame]) -> list[Frame]:
    """The tables of a page that stripes draw, as frames without walls; none where lines draw one already.

    `words`: those of the page in their places.
    """
    if len(shades) > _MOST_STRIPES:
        return []
    stripe_stacks = [
        stripe_stack for stripes in _stripe_stacks(_stripes(shades)) for stripe_stack in _striped_tables(stripes, words)
    ]
    stripe_frames = [_striped_frame(stripe_stack, words) for stripe_stack in stripe_stacks]
    return [
        stripe_frame
        for stripe_frame in stripe_frames
        if stripe_frame and not any(_overlaps_ruled_frame(stripe_frame, ruled_frame) for ruled_frame in frames)
    ]


def _stripes(shades: Sequence[Shade]) -> list[Shade]:
    """Shades that go on beside or below each other as one, such as those behind each cell of a row."""
    shade_rows = _joined_stripes(sorted(shades, key=lambda s: (round(s.y1), round(s.y2), s.x1)), _is_stripe_beside)
    stripes = _joined_stripes(sorted(shade_rows, key=lambda s: (round(s.x1), s.y1)), _is_stripe_below)
    return [s for s in stripes if s.x2 - s.x1 >= _LEAST_STRIPE_WIDTH and s.y2 - s.y1 <= _MOST_STRIPE_HEIGHT]


def _joined_stripes(shades: Sequence[Shade], is_same_stripe: Callable[[Shade, Shade], bool]) -> list[Shade]:
    joined_stripes: list[Shade] = []
    for shade in shades:
        if joined_stripes and is_same_stripe(joined_stripes[-1], shade):
            last = joined_stripes[-1]
            joined_stripes[-1] = last._replace(x2=max(last.x2, shade.x2), y2=max(last.y2, shade.y2))
        else:
            joined_stripes.append(shade)
    return joined_stripes


def _is_stripe_beside(last: Shade, stripe: Shade) -> bool:
    return abs(last.y1 - stripe.y1) < 1 and abs(last.y2 - stripe.y2) < 1 and stripe.x1 <= last.x2 + NEAR


def _is_stripe_below(last: Shade, stripe: Shade) -> bool:
    """Whether nothing shows where one ends and the other begins, as behind the lines of a text."""
    is_below = abs(last.x1 - stripe.x1) < 1 and abs(last.x2 - stripe.x2) < 1 and abs(stripe.y1 - last.y2) < _SHADE_SEAM
    return is_below and last.colour == stripe.colour


def _stripe_stacks(stripes: Sequence[Shade]) -> list[list[Shade]]:
    """Stripes of one left and right below each other, no farther apart than a row."""
    stripe_stacks: list[list[Shade]] = []
    for stripe in sorted(stripes, key=lambda s: (s.y1, s.y2)):
        stack = next((stack for stack in reversed(stripe_stacks) if _stacks_on(stack, stripe)), None)
        if stack is None:
            stripe_stacks.append([stripe])
        elif stripe.y1 > stack[-1].y2 - NEAR:
            stack.append(stripe)
    return [stack for stack in stripe_stacks if len(stack) >= _LEAST_STRIPES]


def _striped_tables(stripes: Sequence[Shade], words: Sequence[Box]) -> list[list[Shade]]:
    """The stripes of each table: one ends where what lies between two stripes, or in the next, closes most columns."""
    by_table: list[list[Shade]] = []
    last_gutter_count = 0
    for stripe in stripes:
        gutter_count = len(_stripe_gutters(_striped_rows([*by_table[-1], stripe], words))) if by_table else 0
        if by_table and (
            gutter_count >= _STEADY_GUTTERS * last_gutter_count or (len(by_table[-1]) == 1 and gutter_count)
        ):
            by_table[-1].append(stripe)
            last_gutter_count = gutter_count
        else:
            by_table.append([stripe])
            last_gutter_count = 0
    return [table_stripes for table_stripes in by_table if len(table_stripes) >= _LEAST_STRIPES]


def _striped_rows(stripes: Sequence[Shade], words: Sequence[Box]) -> list[_StripedRow]:
    """The top, bottom and words of the rows that stripes part; none of those without words."""
    stripe_left, stripe_right = min(s.x1 for s in stripes), max(s.x2 for s in stripes)
    stripe_edges = sorted(y for stripe in stripes for y in (stripe.y1, stripe.y2))
    stripe_edges = stripe_edges[:1] + [y for above, y in pairwise(stripe_edges) if y - above > NEAR]
    words_in_stripes = _words_across_stripe(words, stripe_left, stripe_right)
    striped_rows = [
        (top, bottom, _words_in_stripe(words_in_stripes, top, bottom)) for top, bottom in pairwise(stripe_edges)
    ]
    return [row for row in striped_rows if row[2]]


def _stacks_on(stripe_stack: Sequence[Shade], stripe: Shade) -> bool:
    last_stripe = stripe_stack[-1]
    stripe_height = statistics.median(s.y2 - s.y1 for s in stripe_stack)
    has_same_edges = (
        abs(last_stripe.x1 - stripe.x1) < _SAME_STRIPE_EDGE and abs(last_stripe.x2 - stripe.x2) < _SAME_STRIPE_EDGE
    )
    return has_same_edges and stripe.y1 - last_stripe.y2 < _ROW_STEP * stripe_height


def _striped_frame(stripes: Sequence[Shade], words: Sequence[Box]) -> Frame | None:
    striped_rows = _striped_rows(stripes, words)
    stripe_gutters = _stripe_gutters(striped_rows)
    if not stripe_gutters:
        return None
    head_stripe, *body_stripes = _without_striped_title(striped_rows, stripe_gutters)
    striped_rows = [*_with_striped_heads(head_stripe, stripe_gutters), *body_stripes]
    gutter_xs = [_middle_of_stripe_gutter(gutter, word_lines(head_stripe[2])) for gutter in stripe_gutters]
    stripe_left, stripe_right = min(s.x1 for s in stripes), max(s.x2 for s in stripes)
    last_bottom, highest_row = striped_rows[-1][1], max(last_bottom - top for top, last_bottom, _ in striped_rows)
    if row_without_stripe := _row_below_last_stripe(
        gutter_xs,
        _words_in_stripe(
            _words_across_stripe(words, stripe_left, stripe_right), last_bottom, last_bottom + highest_row + NEAR
        ),
        last_bottom,
    ):
        striped_rows.append((last_bottom, row_without_stripe[0].y2 + 1, row_without_stripe))
    filled = [len({sum(w.x1 > x for x in gutter_xs) for w in row_words}) > 1 for _, _, row_words in striped_rows]
    if len(striped_rows) < _LEAST_STRIPED_ROWS or sum(filled) < _LEAST_FILLED * len(striped_rows):
        return None
    stripe_ys = sorted({y for top, last_bottom, _ in striped_rows for y in (top, last_bottom)})
    stripe_ys = stripe_ys[:1] + [y for above, y in pairwise(stripe_ys) if y - above > NEAR]
    return Frame(
        [stripe_left, *gutter_xs, stripe_right],
        stripe_ys,
        [Stroke(stripe_left, y, stripe_right, y) for y in stripe_ys],
        [],
        has_whole_rows=True,
    )


def _without_striped_title(striped_rows: list[_StripedRow], gutters: Sequence[_StripeGutter]) -> list[_StripedRow]:
    """The rows below a text that runs over most of their columns, or over one and is a caption."""
    title_lines = word_lines(striped_rows[0][2])
    striped_title = words_as_box(title_lines[0]).text
    crossed_gutters = sum(any(not _free_stripe_gutter(line, gutter) for line in title_lines) for gutter in gutters)
    is_title = 2 * crossed_gutters > len(gutters) or (crossed_gutters and _STRIPED_CAPTION.match(striped_title))
    return striped_rows[1:] if is_title and len(striped_rows) > _LEAST_STRIPED_ROWS else striped_rows


def _free_stripe_gutter(striped_line: Sequence[Box], stripe_gutter: _StripeGutter) -> _StripeGutter | None:
    """The part of a gutter that a line leaves free; None where a text of it runs over the gutter, with no more than a
    space between words there."""
    least_gutter = _SURE_GUTTER * (striped_line[0].y2 - striped_line[0].y1)
    striped_ends = [-math.inf, *(w.x2 for w in striped_line)], [*(w.x1 for w in striped_line), math.inf]
    gaps_of_line = [(end, start) for end, start in zip(*striped_ends, strict=True) if start - end >= least_gutter]
    free_stripes = [(max(end, stripe_gutter[0]), min(start, stripe_gutter[1])) for end, start in gaps_of_line]
    return max((s for s in free_stripes if s[0] < s[1]), key=lambda s: s[1] - s[0], default=None)


def _middle_of_stripe_gutter(stripe_gutter: _StripeGutter, lines: Sequence[Sequence[Box]]) -> float:
    """The middle of a gutter, where the lines of the heads leave it free too."""
    for striped_line in lines:
        stripe_gutter = _free_stripe_gutter(striped_line, stripe_gutter) or stripe_gutter
    return (stripe_gutter[0] + stripe_gutter[1]) / 2


def _with_striped_heads(head_stripe: _StripedRow, stripe_gutters: Sequence[_StripeGutter]) -> list[_StripedRow]:
    """A row cut between lines of which one has a text over several columns and the other has none."""
    top, bottom, head_words = head_stripe
    striped_heads = word_lines(head_words)
    spans_gutter = [not all(_free_stripe_gutter(line, gutter) for gutter in stripe_gutters) for line in striped_heads]
    head_edges = [
        (a[0].y2 + b[0].y1) / 2
        for (a, b), (c, d) in zip(pairwise(striped_heads), pairwise(spans_gutter), strict=True)
        if c != d
    ]
    return [(y1, y2, _words_in_stripe(head_words, y1, y2)) for y1, y2 in pairwise([top, *head_edges, bottom])]


def _words_across_stripe(stripe_words: Sequence[Box], left: float, right: float) -> list[Box]:
    return [w for w in stripe_words if left - 1 < (w.x1 + w.x2) / 2 < right + 1]


def _words_in_stripe(stripe_words: Sequence[Box], top: float, bottom: float) -> list[Box]:
    return [w for w in stripe_words if top <= (w.y1 + w.y2) / 2 < bottom]


def _stripe_gutters(striped_rows: Sequence[_StripedRow]) -> list[_StripeGutter]:
    """Where columns part: the spaces that no word crosses, but for heads and for a line alone, such as a group's."""
    head_rows = 2 if len(striped_rows) >= _MANY_STRIPED_ROWS else 1 if len(striped_rows) >= _LEAST_STRIPED_ROWS else 0
    return _gutters_between_words(
        [
            word
            for striped_row in striped_rows[head_rows:]
            if not _is_group_stripe(striped_row)
            for word in striped_row[2]
        ]
    )


def _is_group_stripe(striped_row: _StripedRow) -> bool:
    """Whether a row is one text on one line, in a stripe or between two of a line's height."""
    top, bottom, stripe_words = striped_row
    is_one_line_high = bottom - top < _LINE_ROW * (stripe_words[0].y2 - stripe_words[0].y1)
    return is_one_line_high and len(word_lines(stripe_words)) == 1 and not _gutters_between_words(stripe_words)


def _gutters_between_words(row_words: Sequence[Box]) -> list[_StripeGutter]:
    """The wide spaces between words, also of several lines below each other."""
    stripe_words = sorted(row_words, key=lambda w: w.x1)
    gutter_ratio = _GUTTER if len(word_lines(stripe_words)) < _MANY_STRIPED_ROWS else _SURE_GUTTER
    least_gutter = gutter_ratio * statistics.median(w.y2 - w.y1 for w in stripe_words) if stripe_words else 0.0
    stripe_gutters: list[_StripeGutter] = []
    stripe_end, stripe_column = stripe_words[0].x2 if stripe_words else 0.0, list(stripe_words[:1])
    for word in stripe_words[1:]:
        if word.x1 - stripe_end > least_gutter and not all(map(_is_striped_label, stripe_column)):
            stripe_gutters.append((stripe_end, word.x1))
            stripe_column = []
        stripe_column.append(word)
        stripe_end = max(stripe_end, word.x2)
    return stripe_gutters


def _is_striped_label(striped_word: Box) -> bool:
    return is_bullet(striped_word.text) or bool(item_label(f"{striped_word.text} x"))


def _row_below_last_stripe(gutter_xs: Sequence[float], words: Sequence[Box], row_bottom: float) -> list[Box]:
    """The words of the row without a stripe that ends a table: lines close below each other, which no gutter cuts, with
    more than one cell in the first."""
    stripe_words: list[Box] = []
    for stripe_word in sorted(words, key=lambda w: w.y2):
        word_height = stripe_word.y2 - stripe_word.y1
        if stripe_word.y1 - row_bottom > 0.8 * word_height:
            break
        if any(stripe_word.x1 + 1 < x < stripe_word.x2 - 1 for x in gutter_xs):
            stripe_words = [w for w in stripe_words if w.y2 < stripe_word.y1]
            break
        stripe_words.append(stripe_word)
        row_bottom = max(row_bottom, stripe_word.y2)
    first = [w for w in stripe_words if w.y1 < stripe_words[0].y2 and w.y2 > stripe_words[0].y1]
    return (
        sorted(stripe_words, key=lambda w: -w.y2) if len({sum(w.x1 > x for x in gutter_xs) for w in first}) > 1 else []
    )


def _overlaps_ruled_frame(stripe_frame: Frame, ruled_frame: Frame) -> bool:
    shared_width = min(stripe_frame.xs[-1], ruled_frame.xs[-1]) - max(stripe_frame.xs[0], ruled_frame.xs[0])
    shared_height = min(stripe_frame.ys[-1], ruled_frame.ys[-1]) - max(stripe_frame.ys[0], ruled_frame.ys[0])
    return shared_width > 0 and shared_height > 0
