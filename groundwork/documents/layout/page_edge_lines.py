"""Running headers, footers and page numbers of a drawn page, told by their place as well as by their words.

The same words, or the page's number, come back at the same distance from the edge. The lines of a text layer stand in
the order in which they were drawn, and a head beside columns may come anywhere in it.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.tables.ruled_tables import RuledTable
from groundwork.documents.layout.text_lines import Run, level, to_lines
from groundwork.markdown.running_page_lines import (
    heading_key,
    is_numbered_title,
    line_keys,
    running_keys,
    strip_running,
    unrepeated_lines,
    without_line,
)

_DRAWN_EDGE = 4  # lines at the head and at the foot of a page that may be running ones
_MARGIN_SHARE = 0.2  # of the page's height, in which they stand
_LEAST_DRAWN_REPEATS = 3  # pages on which they come
_PAGES_A_REPEAT = 12  # one of so many pages at the least
_STEP_POINTS = 2.5  # points of a step; lines that come back stand no further from each other
_FREE_HEIGHTS, _FREE_SPACE_RATIO = 0.6, 1.3  # heights of a running line, and times its text's line spaces, below it
_DRAWN_HEIGHTS = 0.25  # heights of a running line between it and a frame that is drawn around the text
_TEXT_LINES_COMPARED = 6  # of the text, whose spaces are looked at
_MOST_CELLS = 4  # texts of a running line, its page number among them
_LARGE_SIZE_RATIO, _LARGE_PAGES_SHARE = 1.3, 0.5  # times the body's size, and of the pages
_LABEL_LETTERS = 12  # letters of a page number with its word
_HEADING_SIZE_RATIO = 1.15  # times the body's size: a line above that may be a heading, a running header has less
_HEADING_LINES = 3  # lines of a heading at the most
_HEADED_PAGES_SHARE = 1 / 3  # of the pages, whose header names their chapter or section
_LEAST_NAME_LETTERS = 6  # letters of a name that is cut short


class EdgeLine(NamedTuple):
    """A line that may run: its texts and the runs that they are made of, its height, and whether it is at the foot."""

    cells: list[str]
    runs: list[Run]
    y: float
    is_foot: bool


def edge_lines(runs: Sequence[Run], grids: Sequence[RuledTable], height: float) -> list[EdgeLine]:
    """The lines at the edges of a page of that height in points that stand apart from its text.

    Between the head of a table and its first row there is hardly more space than between its rows.
    """
    boxes = [_line_box(line) for line in level(runs)]
    drawn = [_LineBox(grid.ys[0], grid.ys[-1], []) for grid in grids]
    edges = []
    for is_foot in (False, True):
        boxes_inward = sorted([*boxes, *drawn], key=lambda box: -box.y2 if is_foot else box.y1)
        limit = (1 - _MARGIN_SHARE) * height if is_foot else _MARGIN_SHARE * height
        count = sum(box.y2 > limit if is_foot else box.y1 < limit for box in boxes_inward[:_DRAWN_EDGE])
        free_lines = max((i for i in range(1, count + 1) if _stands_apart(boxes_inward, i, is_foot)), default=0)
        for box in boxes_inward[:free_lines]:
            cells = [cell.text for line in to_lines(box.runs) for cell in line.cells]
            if 0 < len(cells) <= _MOST_CELLS:
                edges.append(EdgeLine(cells, box.runs, (box.y1 + box.y2) / 2, is_foot))
    return edges


class _LineBox(NamedTuple):
    y1: float
    y2: float
    runs: list[Run]


def _line_box(line: list[Run]) -> _LineBox:
    """A line as high as its letters: the boxes of some fonts reach into the lines beside them."""
    bottom = statistics.median(run.y2 for run in line)
    return _LineBox(bottom - max(run.size for run in line), bottom, line)


def _stands_apart(boxes_inward: Sequence[_LineBox], count: int, is_foot: bool) -> bool:
    """Whether the first `count` lines have more space below them (above them, at the foot) than the text has in it.

    The space around what is drawn tells nothing of the text's.
    """
    last, *inner = boxes_inward[count - 1 : count + 1 + _TEXT_LINES_COMPARED]
    if not inner:
        return True
    size = last.y2 - last.y1
    if not inner[0].runs:
        return _space(last, inner[0], is_foot) > _DRAWN_HEIGHTS * size
    line_spaces = [_space(above, below, is_foot) for above, below in pairwise(inner) if above.runs and below.runs]
    least = max(_FREE_HEIGHTS * size, _FREE_SPACE_RATIO * statistics.median(line_spaces or [0.0]))
    return _space(last, inner[0], is_foot) > least


def _space(above: _LineBox, below: _LineBox, is_foot: bool) -> float:
    return above.y1 - below.y2 if is_foot else below.y1 - above.y2


def heading_names(pages: Sequence[Sequence[Run]], body: float) -> frozenset[str]:
    """What headings of one to three lines say, in larger type than the body's size: as `heading_key` gives it."""
    names = set()
    for runs in pages:
        large_runs = [run for run in runs if run.size > _HEADING_SIZE_RATIO * body]
        lines = [line.text for line in to_lines(large_runs)]
        names |= {
            heading_key(" ".join(lines[start:end]))
            for start in range(len(lines))
            for end in range(start + 1, start + 1 + _HEADING_LINES)
        }
    return frozenset(names - {""})


def running_lines(
    pages: Sequence[Sequence[EdgeLine]],
    numbers: Sequence[int],
    body: float,
    title_size: float,
    names: frozenset[str],
) -> list[list[EdgeLine]]:
    """Of the lines at the edges of the pages, whose numbers are given, those that run through the document.

    `body`: the size of most text; `title_size`: of the largest on the first page. `names`: of the headings.

    Larger type that comes on a few of the pages may be their title, which no other line tells: it stays once, and so
    does the largest type of the first page.
    """
    headers = _heading_headers(pages, body, names)
    page_numbers: defaultdict[_LinePosition, list[int]] = defaultdict(list)  # the pages that have a line there
    for lines, number in zip(pages, numbers, strict=True):
        for line in lines:
            for position in _positions(line, number, body):
                page_numbers[position].append(number)
    least_pages = max(_LEAST_DRAWN_REPEATS, len(pages) // _PAGES_A_REPEAT)
    first_lines = {" ".join(line.cells) for line in pages[0]} if pages else set()

    def is_running(line: EdgeLine, number: int) -> bool:
        if number != numbers[0] and _is_title_with_number(line, number, first_lines):
            return True
        if id(line) in headers:
            return True
        count, first = max(
            (_repeats(page_numbers, position) for position in _positions(line, number, body)), default=(0, 0)
        )
        is_large = line.runs[0].size > _LARGE_SIZE_RATIO * body
        heads_document = number == numbers[0] and not line.is_foot and line.runs[0].size >= title_size
        may_be_title = is_large and (heads_document or count < _LARGE_PAGES_SHARE * len(pages))
        return count >= least_pages and not (may_be_title and number == first)

    return [[line for line in lines if is_running(line, number)] for lines, number in zip(pages, numbers, strict=True)]


def _heading_headers(pages: Sequence[Sequence[EdgeLine]], body: float, names: frozenset[str]) -> set[int]:
    """The ids of the lines at the head that name a chapter or a section, where many pages have such a line at one
    place."""
    lines_by_step: defaultdict[int, list[EdgeLine]] = defaultdict(list)
    for line in (line for lines in pages for line in lines if not line.is_foot):
        if line.runs[0].size <= _HEADING_SIZE_RATIO * body and _names_heading(line, names):
            lines_by_step[round(line.y / _STEP_POINTS)].append(line)
    least_pages = max(_LEAST_DRAWN_REPEATS, _HEADED_PAGES_SHARE * len(pages))
    headers: set[int] = set()
    for step in list(lines_by_step):
        nearby = [line for near in (step - 1, step, step + 1) for line in lines_by_step.get(near, [])]
        if len(nearby) >= least_pages:
            headers |= set(map(id, nearby))
    return headers


def _names_heading(line: EdgeLine, names: frozenset[str]) -> bool:
    """Whether one of a line's texts is the name of a heading, which may be cut short."""
    for cell in line.cells:
        key = heading_key(cell.strip(" 0123456789"))
        if key in names or heading_key(cell) in names:
            return True
        is_cut = cell.rstrip().endswith(("…", "..."))
        if is_cut and len(key) >= _LEAST_NAME_LETTERS and any(name.startswith(key) for name in names):
            return True
    return False


def _is_title_with_number(line: EdgeLine, number: int, first_lines: set[str]) -> bool:
    """Whether a line is a page's number beside what heads the first page."""
    for label, *title in (line.cells, line.cells[::-1]):
        if label == str(number) and title and " ".join(sorted(title, key=line.cells.index)) in first_lines:
            return True
    return False


class _LinePosition(NamedTuple):
    """Where a line stands, its height in steps, and what it comes back as."""

    is_foot: bool
    key: str
    step: int


def _positions(line: EdgeLine, number: int, body: float) -> list[_LinePosition]:
    """Where a line may come back; large type at the head with a number ("Lesson 3", "Results 2021") is a title that
    only its number parts from the next page's."""
    is_large = not line.is_foot and line.runs[0].size > _LARGE_SIZE_RATIO * body
    keys = {key for key in _line_keys(line, number) if not (is_large and is_numbered_title(key))}
    return [_LinePosition(line.is_foot, key, round(line.y / _STEP_POINTS)) for key in keys]


def _repeats(page_numbers: Mapping[_LinePosition, Sequence[int]], position: _LinePosition) -> tuple[int, int]:
    """On how many pages a line stands at a place or a step from it, and the first of them."""
    matches = [
        page_numbers[key]
        for step in (-1, 0, 1)
        if (key := position._replace(step=position.step + step)) in page_numbers
    ]
    return sum(map(len, matches)), min(numbers[0] for numbers in matches)


def _line_keys(line: EdgeLine, number: int) -> set[str]:
    """What a line may come back as: all of it, the page's number alone beside a text of the page's own, or one text
    beside words of the page's own, such as a book's title beside its chapters'."""
    cells = line.cells
    label_keys = {
        key for cell in (cells[0], cells[-1]) if len(cell) < _LABEL_LETTERS for key in line_keys(cell, number)
    }
    text = " ".join(cells)
    title_keys = set() if any(map(str.isdecimal, text)) else {f"{cell}|<any>" for cell in (cells[0], cells[-1])}
    return {text, *line_keys(text, number), *(key for key in label_keys if "<page>" in key), *title_keys}


class RunningLines(NamedTuple):
    """The running lines of each page, and those that stay on the first one, since the document says them nowhere
    else."""

    repeated: list[list[EdgeLine]]
    first: list[EdgeLine]


def part_from_text(running: Sequence[Sequence[EdgeLine]], numbers: Sequence[int], layer: Sequence[str]) -> RunningLines:
    """The running lines that can be taken out of the pages' text layer too, against which the pages are held."""
    repeated, texts = [], []
    for lines, text in zip(running, layer, strict=True):
        separable, remaining = _separable_lines(lines, text)
        repeated.append(separable)
        texts.append(remaining)
    overleaf = {cell for lines in repeated[1:] for line in lines for cell in line.cells}
    if numbers[0] != 1 or overleaf.isdisjoint(cell for line in repeated[0] for cell in line.cells):
        return RunningLines(repeated, [])
    text = "\n".join(strip_running(texts, running_keys(texts, numbers[0]), numbers))
    first = []
    for is_foot in (False, True):
        lines = [line for line in repeated[0] if line.is_foot == is_foot]
        cells = [cell for line in lines for cell in line.cells if cell in overleaf]
        kept_cells = set(unrepeated_lines(cells, text))
        first += [part for line in lines if (part := _with_cells(line, kept_cells))]
    first_runs = {id(run) for line in first for run in line.runs}
    rest = [_without_runs(line, first_runs, layer[0]) for line in repeated[0]]
    rest, _ = _separable_lines([line for line in rest if line.runs], layer[0])
    return RunningLines([rest, *repeated[1:]], first)


def outermost_lines(lines: Sequence[EdgeLine], runs: Sequence[Run]) -> list[EdgeLine]:
    """Of lines at the edges of a page of these runs, those that have no other text between them and its edge."""
    line_ids = {id(run) for line in lines for run in line.runs}
    others = [run for run in runs if id(run) not in line_ids]
    top, bottom = min((run.y1 for run in others), default=math.inf), max((run.y2 for run in others), default=0.0)
    return [line for line in lines if (line.y > bottom if line.is_foot else line.y < top)]


def _with_cells(line: EdgeLine, texts: Set[str]) -> EdgeLine | None:
    """The part of a line whose cells have these texts."""
    cells = [cell for drawn in to_lines(line.runs) for cell in drawn.cells if cell.text in texts]
    runs = [run for run in line.runs if any(cell.x1 <= (run.x1 + run.x2) / 2 <= cell.x2 for cell in cells)]
    return line._replace(cells=[cell.text for cell in cells], runs=runs) if cells else None


def _without_runs(line: EdgeLine, run_ids: Set[int], text: str) -> EdgeLine:
    """The part of a line without these runs; its cells begin or end with "" where the text has them beside others."""
    runs = [run for run in line.runs if id(run) not in run_ids]
    if len(runs) == len(line.runs):
        return line
    cells = [cell.text for drawn in to_lines(runs) for cell in drawn.cells]
    candidates = [cells, [*cells, ""], ["", *cells]]
    return line._replace(
        cells=next((names for names in candidates if without_line(text, names) is not None), cells), runs=runs
    )


def _separable_lines(lines: Sequence[EdgeLine], text: str) -> tuple[list[EdgeLine], str]:
    """The lines that stand in a text as lines of their own, and the text without them."""
    separable = []
    for line in lines:
        remaining = without_line(text, line.cells)
        if remaining is not None:
            separable.append(line)
            text = remaining
    return separable, text
