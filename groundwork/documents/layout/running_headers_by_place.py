"""Running headers and footers by their place: lines at the edge of the page that come back at the same height.

The lines of a text layer stand in the order in which they were drawn, and a head beside columns may come anywhere in
it. What is drawn tells more: the same words, or the page's number, at the same distance from the edge.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.ruled_tables import Grid
from groundwork.documents.layout.text_lines import Run, level, to_lines
from groundwork.documents.repair.running_headers import keys_of

_EDGE = 4  # lines at the head and at the foot of a page that may be running ones
_MARGIN = 0.2  # of the page's height, in which they stand
_LEAST = 3  # pages on which they come
_LEAST_SHARE = 12  # one of so many pages at the least
_NEAR = 2.5  # points of a step; lines that come back stand no further from each other
_FREE, _FREER = 0.6, 1.3  # heights of a running line, and times the spaces between lines, between it and the text
_LINES = 6  # of the text, whose spaces are looked at
_CELLS = 4  # texts of a running line, its page number among them
_LARGE, _MOSTLY = 1.3, 0.5  # times the body's size, and of the pages
_LABEL = 12  # letters of a page number with its word


class EdgeLine(NamedTuple):
    """A line that may run: its texts and the runs that they are made of, its height, and whether it is at the foot."""

    cells: list[str]
    runs: list[Run]
    y: float
    foot: bool


def edge_lines(runs: Sequence[Run], grids: Sequence[Grid], height: float) -> list[EdgeLine]:
    """The lines at the edges of a page of that height in points that stand apart from its text.

    Between the head of a table and its first row there is hardly more space than between its rows.
    """
    boxes = [_box(line) for line in level(runs)]
    drawn = [_Box(grid.ys[0], grid.ys[-1], []) for grid in grids]
    out = []
    for foot in (False, True):
        inward = sorted([*boxes, *drawn], key=lambda box: -box.y2 if foot else box.y1)
        limit = (1 - _MARGIN) * height if foot else _MARGIN * height
        count = sum(box.y2 > limit if foot else box.y1 < limit for box in inward[:_EDGE])
        free = max((i for i in range(1, count + 1) if _stands_apart(inward, i, foot)), default=0)
        for box in inward[:free]:
            cells = [cell.text for line in to_lines(box.runs) for cell in line.cells]
            if 0 < len(cells) <= _CELLS:
                out.append(EdgeLine(cells, box.runs, (box.y1 + box.y2) / 2, foot))
    return out


class _Box(NamedTuple):
    y1: float
    y2: float
    runs: list[Run]


def _box(line: list[Run]) -> _Box:
    """A line as high as its letters: the boxes of some fonts reach into the lines beside them."""
    bottom = statistics.median(run.y2 for run in line)
    return _Box(bottom - max(run.size for run in line), bottom, line)


def _stands_apart(inward: Sequence[_Box], i: int, foot: bool) -> bool:
    """Whether the first `i` lines have more space below them (above them, at the foot) than the lines of the text."""
    gaps = [
        above.y1 - below.y2 if foot else below.y1 - above.y2 for above, below in pairwise(inward[i - 1 : i + _LINES])
    ]
    if not gaps:
        return True
    size = inward[i - 1].y2 - inward[i - 1].y1
    return gaps[0] > max(_FREE * size, _FREER * statistics.median(gaps[1:] or [0.0]))


def running_lines(pages: Sequence[Sequence[EdgeLine]], numbers: Sequence[int], body: float) -> list[list[EdgeLine]]:
    """Of the lines at the edges of the pages, whose numbers are given, those that run through the document.

    `body`: the size of most text.

    Larger type that comes on a few of the pages may be their title, which no other line tells: it stays once.
    """
    places: defaultdict[_Place, list[int]] = defaultdict(list)  # the pages that have a line there
    for lines, number in zip(pages, numbers, strict=True):
        for line in lines:
            for place in _places(line, number):
                places[place].append(number)
    least = max(_LEAST, len(pages) // _LEAST_SHARE)

    def runs(line: EdgeLine, number: int) -> bool:
        count, first = max((_near(places, place) for place in _places(line, number)), default=(0, 0))
        titled = line.runs[0].size > _LARGE * body and count < _MOSTLY * len(pages)
        return count >= least and not (titled and number == first)

    return [[line for line in lines if runs(line, number)] for lines, number in zip(pages, numbers, strict=True)]


class _Place(NamedTuple):
    """Where a line stands, its height in steps, and what it comes back as."""

    foot: bool
    key: str
    step: int


def _places(line: EdgeLine, number: int) -> list[_Place]:
    return [_Place(line.foot, key, round(line.y / _NEAR)) for key in _keys(line, number)]


def _near(places: Mapping[_Place, Sequence[int]], place: _Place) -> tuple[int, int]:
    """On how many pages a line stands at a place or a step from it, and the first of them."""
    on = [places[near] for step in (-1, 0, 1) if (near := place._replace(step=place.step + step)) in places]
    return sum(map(len, on)), min(pages[0] for pages in on)


def _keys(line: EdgeLine, number: int) -> set[str]:
    """What a line may come back as: all of it, or the page's number alone beside a text of the page's own."""
    cells = line.cells
    own = {key for cell in (cells[0], cells[-1]) if len(cell) < _LABEL for key in keys_of(cell, number)}
    text = " ".join(cells)
    return {text, *keys_of(text, number), *(key for key in own if "<page>" in key)}
