"""The order in which the parts of a page are read: columns one after the other, between what runs over all of them.

Where many lines begin at one height of the page's width and running text stands on both sides of it, the page has
columns there, from the lowest line above that crosses it to the highest below. Each part is looked at again in the
same way, so that three columns, and columns below columns, come apart too.
"""

from __future__ import annotations

import math
import re
import statistics
from bisect import bisect_left
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from groundwork.documents.dot_leaders import has_leaders, is_contents_entry
from groundwork.documents.layout.ruling_strokes_and_shades import Stroke
from groundwork.documents.layout.tables.ruled_tables import Grid
from groundwork.documents.layout.text_lines import Run, is_number, label, level

_LEAST_LINES = 4  # lines of running text on each side
_SHORT_LINES = 2  # on each side where columns of other pages are
_LONG_SHARE = 0.6  # of the lines there, which are long
_LARGER = 1.1  # times the size of the text, which a heading has at the least
_LEAST_COLUMN = 40  # points of a column's breadth
_GUTTER_PAGES, _SAME_GUTTER = 3, 3.0  # pages that share a gutter, and points within which it is the same
_CAPTION_STEP = 1.35  # sizes from one line of a caption to the next
_GUTTER_WIDTH = 0.7  # font sizes between two columns
_SAME_LEFT = 2  # points between the beginnings of two lines of one paragraph
_HANGING = 6  # points by which a quotation mark may stand out of its column
_HEADER_TEXTS = 3  # texts of a running header, its page number among them
_EDGE_GAP = 1  # sizes of the letters between a running header without a page number and the columns below it
_PAGE_NUMBER = re.compile(r"\W{0,2}(?:\d{1,4}|[ivxlc]{1,6}|[^\W\d]{1,12} \d{1,4} (?:[^\W\d]{1,3}|/) \d{1,4})\W{0,2}")
_PROSE_SHARE, _NUMBER_SHARE = 0.8, 0.03  # of the letters in long lines, and of those in numbers
_LONG_WORDS = 3  # words of a long line, at the least
_WORD_SPACE = 0.65  # font sizes between two words of a line


class _Sign(Enum):
    """What tells columns: running text at both sides; at one where other pages have columns; a few lines of it at both
    sides where these do."""

    BOTH, KNOWN, SHORT = range(3)


_LEAST_FEWER = {_Sign.BOTH: _LEAST_LINES, _Sign.KNOWN: 0, _Sign.SHORT: _SHORT_LINES}
_LEAST_MORE = {_Sign.BOTH: _LEAST_LINES, _Sign.KNOWN: _LEAST_LINES, _Sign.SHORT: _SHORT_LINES}


class PagePart(NamedTuple):
    """What is read from top to bottom: texts and drawn tables, and the column's left and right where it is one."""

    runs: list[Run]
    grids: list[Grid]
    column: tuple[float, float] | None = None


class _Wording(NamedTuple):
    """What a text looks like; read once, for its line is looked at for each place where columns may part."""

    letters: int
    is_entry: bool  # of a table of contents
    is_long: bool
    is_number: bool
    is_lower: bool  # it begins in small letters


class _PartBox(NamedTuple):
    """Runs of one line with no more than a space between them, a drawn table, or a level line."""

    x1: float
    y1: float
    x2: float
    y2: float
    runs: tuple[Run, ...] = ()
    grid: Grid | None = None
    wording: _Wording | None = None  # of its runs

    @property
    def text(self) -> str:
        return self.runs[0].text if len(self.runs) == 1 else " ".join(run.text for run in self.runs)


_NOWHERE = _PartBox(-math.inf, 0.0, -math.inf, 0.0)


def gutters(pages: Sequence[Sequence[PagePart]]) -> list[float]:
    """Where a document's columns begin, but for the leftmost: what pages of running text in columns share."""
    starts: list[tuple[float, int]] = []
    for number, page in enumerate(pages):
        xs = [part.column[0] for part in page if part.column]
        starts += [(x, number) for x in xs if x > min(xs) + _LEAST_COLUMN]
    groups: list[list[tuple[float, int]]] = []
    for start in sorted(starts):
        if groups and start[0] - groups[-1][0][0] < _SAME_GUTTER:
            groups[-1].append(start)
        else:
            groups.append([start])
    return [group[0][0] for group in groups if len({number for _, number in group}) >= _GUTTER_PAGES]


def page_parts(
    runs: Sequence[Run], grids: Sequence[Grid], column_xs: Sequence[float] = (), strokes: Sequence[Stroke] = ()
) -> list[PagePart]:
    """The parts of a page in the order in which they are read.

    `column_xs`: where columns begin on other pages of the document. There it is enough that running text stands at one
    side, for the other may hold figures. `strokes`: level lines, which end columns that they cross.
    """
    lines = [_line_boxes(sorted(line)) for line in level(runs)]
    drawn = [_PartBox(grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[-1], grid=grid) for grid in grids]
    head, lines, foot = _split_head_and_foot(lines, drawn)
    boxes = [box for line in lines for box in line]
    rules = [_PartBox(s.x1, s.y1, s.x2, s.y1) for s in strokes]
    split = _split_columns([*boxes, *drawn], False, column_xs, rules)
    if len(split) == 1:
        split = _split_columns([*head, *boxes, *foot, *drawn], False, column_xs, rules)
        head = foot = []
    return [_page_part(group, is_column) for group, is_column in [(head, False), *split, (foot, False)] if group]


def _split_head_and_foot(
    lines: list[list[_PartBox]], drawn: Sequence[_PartBox]
) -> tuple[list[_PartBox], list[list[_PartBox]], list[_PartBox]]:
    """The running header of a page, the lines between, and the running footer; these two belong to no column."""
    top, bottom = min((box.y1 for box in drawn), default=math.inf), max((box.y2 for box in drawn), default=0.0)
    head = foot = []
    if len(lines) > 2 and _is_edge(lines[0], lines[1]) and _bounds(lines[0])[1] < min(_bounds(lines[1])[0], top):
        head, lines = lines[0], lines[1:]
    if len(lines) > 2 and _is_edge(lines[-1], lines[-2]) and _bounds(lines[-1])[0] > max(_bounds(lines[-2])[1], bottom):
        foot, lines = lines[-1], lines[:-1]
    return head, lines, foot


def _bounds(line: Sequence[_PartBox]) -> tuple[float, float]:
    return min(box.y1 for box in line), max(box.y2 for box in line)


def _is_edge(line: Sequence[_PartBox], inner: Sequence[_PartBox]) -> bool:
    """Whether a line at a page's edge is its number, or one text well apart from a line that has more than one."""
    if _is_label(line):
        return True
    (top, bottom), (inner_top, inner_bottom) = _bounds(line), _bounds(inner)
    gap = max(top - inner_bottom, inner_top - bottom)
    return len(line) == 1 < len(inner) and gap > _EDGE_GAP * line[0].runs[0].size


def _is_label(line: Sequence[_PartBox]) -> bool:
    """Whether a line at a page's edge is its number, alone or at an end of the running header."""
    return len(line) <= _HEADER_TEXTS and any(_PAGE_NUMBER.fullmatch(box.text) for box in (line[0], line[-1]))


def _line_boxes(line: Sequence[Run]) -> list[_PartBox]:
    groups: list[list[Run]] = []
    right = -math.inf  # of the last group
    for run in line:
        if run.x1 - right < _WORD_SPACE * run.size:
            groups[-1].append(run)
            right = max(right, run.x2)
        else:
            groups.append([run])
            right = run.x2
    return [_text_box(tuple(group)) for group in groups]


def _text_box(runs: tuple[Run, ...]) -> _PartBox:
    x2, y1, y2 = max([run.x2 for run in runs]), min([run.y1 for run in runs]), max([run.y2 for run in runs])
    return _PartBox(runs[0].x1, y1, x2, y2, runs, wording=_wording(" ".join([run.text for run in runs])))


def _wording(text: str) -> _Wording:
    entry = is_contents_entry(text)
    is_long = not entry and len(text.split()) >= _LONG_WORDS
    return _Wording(len(text), entry, is_long, is_number(text), text[:1].islower())


def _page_part(boxes: Sequence[_PartBox], is_column: bool) -> PagePart:
    runs = [run for box in boxes for run in box.runs]
    grids = [box.grid for box in boxes if box.grid]
    return PagePart(runs, grids, (min(b.x1 for b in boxes), max(b.x2 for b in boxes)) if is_column else None)


def _split_columns(
    boxes: list[_PartBox], is_column: bool, column_xs: Sequence[float], rules: Sequence[_PartBox]
) -> list[tuple[list[_PartBox], bool]]:
    band, x = _widest_band(boxes, column_xs, rules)
    if not band:
        return [(boxes, is_column)] if boxes else []
    end = _contents_end(band, x)
    band = [b for b in band if b.y1 + b.y2 < 2 * end] if end else band
    top, bottom = min(b.y1 for b in band), max(b.y2 for b in band)
    band_ids = set(map(id, band))
    outside = [b for b in boxes if id(b) not in band_ids]
    above = [b for b in outside if b.y1 + b.y2 < top + bottom]
    below = [b for b in outside if b.y1 + b.y2 >= top + bottom]
    left, right = _sides(band, x)
    groups = [(above, is_column), (left, True), (right, True), (below, is_column)]
    return [
        split_part
        for group, column in groups
        if group
        for split_part in _split_columns(group, column, column_xs, rules)
    ]


def _sides(band: Sequence[_PartBox], x: float) -> tuple[list[_PartBox], list[_PartBox]]:
    return [b for b in band if b.x1 < x - _HANGING], [b for b in band if b.x1 >= x - _HANGING]


def _contents_end(band: Sequence[_PartBox], x: float) -> float:
    """The height at which contents in columns of their own end above columns of text; 0 where there are none."""
    sides = _sides(band, x)
    entries = [_contents_entries([run for box in side for run in box.runs]) for side in sides]
    if not all(entries):
        return 0.0
    end = max(run.y2 for side in entries for line in side for run in line) + 1
    is_text_below = all(any(b.y1 > end for b in side) for side in sides)
    return end if is_text_below and not any(b.y1 < end < b.y2 for b in band) else 0.0


def _contents_entries(runs: Sequence[Run]) -> list[list[Run]]:
    lines = level(runs) if has_leaders(" ".join(run.text for run in runs)) else []
    return [line for line in lines if is_contents_entry(" ".join(run.text for run in sorted(line)))]


def _widest_band(
    boxes: list[_PartBox], column_xs: Sequence[float], rules: Sequence[_PartBox]
) -> tuple[list[_PartBox], float]:
    """The largest stretch of a page that has columns, and where these part; an empty one where none has."""
    widest: tuple[list[_PartBox], float] = ([], 0.0)
    downward = sorted([*boxes, *rules], key=lambda box: box.y1 + box.y2)
    prose_xs = sorted(box.x1 for box in boxes if box.wording and (box.wording.is_long or box.wording.is_entry))
    places = [(x, _Sign.BOTH) for x in _left_edges(boxes)]
    places += [(x, sign) for x in column_xs for sign in (_Sign.KNOWN, _Sign.SHORT)]
    for x, sign in places:
        lines_left = bisect_left(prose_xs, x - _HANGING)
        fewer, more = sorted([lines_left, len(prose_xs) - lines_left])
        if fewer < _LEAST_FEWER[sign] or more < _LEAST_MORE[sign]:
            continue  # no running text at so many sides, as between the columns of a table
        left, right = x - _LEAST_COLUMN, x + _LEAST_COLUMN  # a rule from one to the other crosses the columns
        in_way = [box for box in downward if box.runs or box.grid or box.x1 < left < right < box.x2]
        band = _band(in_way, x, sign)
        if len(band) > len(widest[0]):
            widest = (band, x)
    return widest


def _left_edges(boxes: Sequence[_PartBox]) -> list[float]:
    """Where many lines begin, but for the leftmost place."""
    starts = sorted(box.x1 for box in boxes if box.runs)
    groups: list[list[float]] = []
    for x in starts:
        if groups and x - groups[-1][0] < 3:
            groups[-1].append(x)
        else:
            groups.append([x])
    return [group[0] for group in groups if len(group) >= _LEAST_LINES and group[0] > starts[0] + _LEAST_COLUMN]


def _band(boxes: Sequence[_PartBox], x: float, sign: _Sign) -> list[_PartBox]:
    """The largest stretch of the page in which nothing crosses `x` and which has a sign of columns there.

    `boxes`: from top to bottom.
    """
    best: list[_PartBox] = []
    band: list[_PartBox] = []
    across = _NOWHERE
    left_end, right_start = x - 1, x - _HANGING
    for box in boxes:
        is_beside = box.x2 < left_end or box.x1 >= right_start
        if is_beside and (abs(across.x1 - box.x1) > _SAME_LEFT or not _continues_paragraph(across, box)):
            band.append(box)
            continue
        while band and box.runs and band[-1].y1 + band[-1].y2 > 2 * box.y1:
            band.pop()  # the beginning of the line that runs over the columns, such as the number of a note
        band = _without_caption(band, box, x)
        if len(band) > len(best) and _are_columns(band, x, sign):
            best = band
        band, across = [], box
    return band if len(band) > len(best) and _are_columns(band, x, sign) else best


def _without_caption(band: list[_PartBox], across: _PartBox, x: float) -> list[_PartBox]:
    """Columns without the heading or caption at the foot of the left one, right above what runs over both of them."""
    if across.runs or len(band) < 2:
        return band
    *others, last = band
    if not last.runs or last.x1 >= x - _HANGING or any(b.x1 >= x - _HANGING and b.y2 > last.y1 for b in others):
        return band
    run, size = last.runs[0], statistics.median(b.runs[0].size for b in band if b.runs)
    is_caption = across.grid and run.bold and not label(last.text) and not all(b.runs[0].bold for b in others if b.runs)
    is_heading = is_caption or run.size > _LARGER * size
    return others if is_heading and across.y1 - last.y2 < _CAPTION_STEP * run.size else band


def _continues_paragraph(across: _PartBox, box: _PartBox) -> bool:
    """Whether a line that begins below one which runs over the columns goes on with its paragraph."""
    if not across.runs or not box.runs:
        return False
    size = across.runs[0].size
    return abs(box.runs[0].size - size) < 0.5 and 0 < box.y2 - across.y2 < _CAPTION_STEP * size


def _are_columns(band: Sequence[_PartBox], x: float, sign: _Sign) -> bool:
    left, right = _sides(band, x)
    if not left or not right or not _has_sign(left, right, x, sign):
        return False
    size = statistics.median(b.runs[0].size for b in band if b.runs)
    right_edge = sorted(b.x2 for b in left)[-max(1, len(left) // 10)]
    top, bottom = (
        max(min(b.y1 for b in side) for side in (left, right)),
        min(max(b.y2 for b in side) for side in (left, right)),
    )
    is_tall = sign is _Sign.SHORT or bottom - top > _LEAST_LINES * size
    return is_tall and x - right_edge >= _GUTTER_WIDTH * size


def _has_sign(left: Sequence[_PartBox], right: Sequence[_PartBox], x: float, sign: _Sign) -> bool:
    if sign is _Sign.SHORT:
        return _are_short_columns(left, right, x)
    texts = [side for side in (left, right) if _is_running_text(side)]
    if sign is _Sign.BOTH:
        return len(texts) == 2
    is_other_column = right in texts and min(b.x1 for b in right) > x + _SAME_GUTTER  # as of a table
    return bool(texts) and not is_other_column


def _are_short_columns(left: Sequence[_PartBox], right: Sequence[_PartBox], x: float) -> bool:
    """Whether a paragraph of a few lines runs over two columns where those of other pages are."""
    lines = [[b.wording for b in side if b.wording and b.wording.is_long] for side in (left, right)]
    has_sentences = all(len(side) >= _SHORT_LINES and any(text.is_lower for text in side) for side in lines)
    starts = [b.x1 for b in right if b.wording and b.wording.is_long]
    begin_there = 2 * sum(abs(start - x) <= _SAME_GUTTER for start in starts) > len(starts)
    return has_sentences and begin_there and sum(map(len, lines)) > _LONG_SHARE * len([*left, *right])


def _is_running_text(boxes: Sequence[_PartBox]) -> bool:
    """Whether boxes hold running text: long lines, some of them in the middle of a sentence, and few numbers."""
    if len(boxes) < _LEAST_LINES:
        return False
    wordings = [box.wording for box in boxes if box.wording]
    entries = sum(wording.is_entry for wording in wordings)
    prose = [wording for wording in wordings if wording.is_long]
    if entries >= _LEAST_LINES and entries + len(prose) >= 0.4 * len(wordings):
        return True  # leading dots tell where a column ends
    if len(prose) < _LEAST_LINES:
        return False
    numbers = [wording for wording in wordings if wording.is_number]
    has_few_words = len(prose) < 0.4 * len(wordings) or len(numbers) > 0.2 * len(wordings)
    if has_few_words and not _is_prose(wordings, prose, numbers):
        return False
    return sum(wording.is_lower for wording in prose) > 0.2 * len(prose)


def _is_prose(texts: Sequence[_Wording], long_texts: Sequence[_Wording], numbers: Sequence[_Wording]) -> bool:
    """Whether lines of text hold most of the letters, though formulas or labels in many pieces stand between them."""
    long_letters = sum(text.letters for text in long_texts)
    number_letters = sum(text.letters for text in numbers)
    letters = sum(text.letters for text in texts)
    return long_letters >= _PROSE_SHARE * letters and number_letters <= _NUMBER_SHARE * letters
