"""Running headers, footers and page numbers: lines that come back at the edge of page after page.

In Markdown they are told by their words. On a drawn page also by their place: the same words, or the page's number, at
the same distance from the edge. The lines of a text layer stand in the order in which they were drawn, and a head
beside columns may come anywhere in it.
"""

from __future__ import annotations

import functools
import re
import statistics
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from groundwork.documents.layout.tables.ruled_tables import Grid
from groundwork.documents.layout.text_lines import Run, level, to_lines

_MARKDOWN_EDGE = 3  # lines at the head and at the foot of a page that may be running ones
_LEAST_REPEATS = 3  # pages a line must come back on
_SETTLED_SHARE = 0.7  # of its comings at the same place, for a line without a page number
_MOST_PAGES_SHARE = 0.6  # of the pages
_NUMBER = re.compile(r"\d+")
_NUMBER_AT_END = re.compile(r"^(\d{1,4})(?=\s+[^\W\d])|(?<=\s)(\d{1,4})$")  # a page number beside a title
_PAGE_LABEL = re.compile(r"\W*(?:[^\W\d_]{1,12}\W{0,2})?(\d{1,4})\W*")  # such as 61, - 61 -, Page 61
_MARKUP = re.compile(r"[*_#>\\]+|</?\w+>")


def running_keys(pages: Sequence[str], first: int = 1) -> set[str]:
    """What runs through the pages, in the form that `strip_running` takes. `first`: the number of the first page."""
    counts: Counter[str] = Counter()
    numbered_counts: Counter[str] = Counter()
    positions: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for i, page in enumerate(pages):
        edges = _edge_texts(page)
        positions_by_key = {key: position for position, line in enumerate(edges) for key in line_keys(line, first + i)}
        counts.update(positions_by_key.keys())
        for key, position in positions_by_key.items():
            positions[key][position if position < _MARKDOWN_EDGE else position - len(edges)] += 1
        numbered_counts.update({key for line in edges[:1] + edges[-1:] for key in _page_number_keys(line, first + i)})
    running = {key for key, n in counts.items() if n >= _LEAST_REPEATS and _comes_often(key, n, len(pages))}
    running = {key for key in running if "<page>" in key or _is_settled(positions[key], len(pages))}
    return running | {key for key, n in numbered_counts.items() if n > max(_LEAST_REPEATS, len(pages) // 2)}


def strip_running(pages: Sequence[str], keys: set[str], numbers: Sequence[int]) -> list[str]:
    """The pages, whose numbers are `numbers`, without the lines that run through the document."""
    return [_strip_page(page, number, keys) for page, number in zip(pages, numbers, strict=True)]


def without_line(page: str, cells: Sequence[str]) -> str | None:
    """The page without a line of these cells; None where it, or one of its cells, is in no line of its own there."""
    lines = page.split("\n")
    line_ranges = [_find_lines(lines, "".join(cells))]
    line_ranges = line_ranges if line_ranges[0] else [_find_lines(lines, cell) for cell in cells]
    if not all(line_ranges):
        return None
    dropped = {i for line_range in line_ranges for i in line_range}
    return "\n".join(line for i, line in enumerate(lines) if i not in dropped)


def _find_lines(page: Sequence[str], text: str) -> range:
    """The lines, one or more, that hold the letters of a text and no others; of several the outermost."""
    letters = _letters(text)
    for start in sorted(range(len(page)), key=lambda i: min(i, len(page) - i)):
        prefix, end = _letters(page[start]), start + 1
        while prefix and end < len(page) and len(prefix) < len(letters) and letters.startswith(prefix):
            prefix, end = prefix + _letters(page[end]), end + 1
        if prefix and prefix == letters:
            return range(start, end)
    return range(0)


@functools.lru_cache(4096)  # a page is searched for each of its running lines
def _letters(line: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", line).casefold()))


def without_running(pages: Sequence[str]) -> list[str]:
    """All pages of a document without what runs through them."""
    return strip_running(pages, running_keys(pages), range(1, len(pages) + 1))


def page_labels(page: str) -> list[str]:
    """The numbers that stand alone in the first or the last line of a page, and so are labels of the page."""
    lines = [line.strip() for line in page.split("\n") if line.strip()]
    return [match[1] for line in lines[:1] + lines[-1:] if (match := _PAGE_LABEL.fullmatch(line))]


@functools.lru_cache(4096)  # a page's text and its Markdown have the same lines at their edges
def line_keys(line: str, number: int) -> tuple[str, ...]:
    """What a line may repeat as: itself, and itself with a number that is the page's, printed so many pages off."""
    text = " ".join(_MARKUP.sub("", line).split()).casefold()
    if not text or text.startswith("|") or len(text) > 200:
        return ()
    keys = [text] if any(c.isalpha() for c in text) else []
    for match in _NUMBER.finditer(text):
        if len(match[0]) < 5:
            keys.append(f"{int(match[0]) - number}|{text[: match.start()]}<page>{text[match.end() :]}")
    if len(text) < 8 and not text.strip("ivxlc"):
        keys.append(f"{_roman_value(text) - number}|<page>")
    return tuple(keys)


def _is_settled(positions: Counter[int], pages: int) -> bool:
    """Whether a line comes at one place of the pages, as headers do and the title of a kind of box does not; what
    most of the pages have may stand anywhere at the same end of them."""
    at_foot = sum(n for position, n in positions.items() if position < 0)
    is_on_most_pages = positions.total() > _MOST_PAGES_SHARE * pages
    at_one_place = max(at_foot, positions.total() - at_foot) if is_on_most_pages else positions.most_common(1)[0][1]
    return at_one_place >= _SETTLED_SHARE * positions.total()


def _comes_often(key: str, n: int, pages: int) -> bool:
    """A header of one chapter comes on few pages of a long book, with its page number; a bare repeated line must
    come on a good part of them, and so must a number that stands alone."""
    text = _NUMBER.sub("", key.replace("<page>", "").partition("|")[2] or key)
    if "<page>" in key:
        return n >= (_LEAST_REPEATS if any(c.isalpha() for c in text) else max(_LEAST_REPEATS, pages // 5))
    return n >= max(_LEAST_REPEATS, min(pages // 4, 8))


def _roman_value(text: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[c] for c in text]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))


def _edge_texts(page: str) -> list[str]:
    lines = [line for line in page.split("\n") if line.strip()]
    return lines if len(lines) <= 2 * _MARKDOWN_EDGE else lines[:_MARKDOWN_EDGE] + lines[-_MARKDOWN_EDGE:]


def _page_number_keys(line: str, number: int) -> list[str]:
    """What a line may be that carries its page's number and a text of its own, such as the section's title."""
    text = " ".join(_MARKUP.sub("", line).split())
    if len(text) > 100 or text.startswith("|"):
        return []
    return [f"{int(match[1] or match[2]) - number}|<any>" for match in _NUMBER_AT_END.finditer(text)]


def _strip_page(page: str, number: int, keys: set[str]) -> str:
    lines = page.split("\n")
    filled_indices = [i for i, line in enumerate(lines) if line.strip()]
    drop: set[int] = set()
    has_page_number = False
    for indices in (filled_indices[:_MARKDOWN_EDGE], filled_indices[: -_MARKDOWN_EDGE - 1 : -1]):
        for i in indices:
            matching_keys = keys.intersection(line_keys(lines[i], number))
            if not matching_keys:
                break
            drop.add(i)
            has_page_number = has_page_number or any("<page>" in key for key in matching_keys)
    for indices in () if has_page_number else (filled_indices, filled_indices[::-1]):
        outermost = next((i for i in indices if i not in drop), None)
        if outermost is not None and not keys.isdisjoint(_page_number_keys(lines[outermost], number)):
            drop.add(outermost)
            break
    return "\n".join(line for i, line in enumerate(lines) if i not in drop).strip("\n") if drop else page.strip("\n")


_DRAWN_EDGE = 4  # lines at the head and at the foot of a page that may be running ones
_MARGIN_SHARE = 0.2  # of the page's height, in which they stand
_LEAST_DRAWN_REPEATS = 3  # pages on which they come
_PAGES_A_REPEAT = 12  # one of so many pages at the least
_STEP_POINTS = 2.5  # points of a step; lines that come back stand no further from each other
_FREE_HEIGHTS, _FREE_SPACE_RATIO = 0.6, 1.3  # heights of a running line, and times its text's line spaces, below it
_TEXT_LINES_COMPARED = 6  # of the text, whose spaces are looked at
_MOST_CELLS = 4  # texts of a running line, its page number among them
_LARGE_SIZE_RATIO, _LARGE_PAGES_SHARE = 1.3, 0.5  # times the body's size, and of the pages
_LABEL_LETTERS = 12  # letters of a page number with its word


class EdgeLine(NamedTuple):
    """A line that may run: its texts and the runs that they are made of, its height, and whether it is at the foot."""

    cells: list[str]
    runs: list[Run]
    y: float
    is_foot: bool


def edge_lines(runs: Sequence[Run], grids: Sequence[Grid], height: float) -> list[EdgeLine]:
    """The lines at the edges of a page of that height in points that stand apart from its text.

    Between the head of a table and its first row there is hardly more space than between its rows.
    """
    boxes = [_box(line) for line in level(runs)]
    drawn = [_Box(grid.ys[0], grid.ys[-1], []) for grid in grids]
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


class _Box(NamedTuple):
    y1: float
    y2: float
    runs: list[Run]


def _box(line: list[Run]) -> _Box:
    """A line as high as its letters: the boxes of some fonts reach into the lines beside them."""
    bottom = statistics.median(run.y2 for run in line)
    return _Box(bottom - max(run.size for run in line), bottom, line)


def _stands_apart(boxes_inward: Sequence[_Box], count: int, is_foot: bool) -> bool:
    """Whether the first `count` lines have more space below them (above them, at the foot) than the text has in it."""
    gaps = [
        above.y1 - below.y2 if is_foot else below.y1 - above.y2
        for above, below in pairwise(boxes_inward[count - 1 : count + _TEXT_LINES_COMPARED])
    ]
    if not gaps:
        return True
    size = boxes_inward[count - 1].y2 - boxes_inward[count - 1].y1
    return gaps[0] > max(_FREE_HEIGHTS * size, _FREE_SPACE_RATIO * statistics.median(gaps[1:] or [0.0]))


def running_lines(pages: Sequence[Sequence[EdgeLine]], numbers: Sequence[int], body: float) -> list[list[EdgeLine]]:
    """Of the lines at the edges of the pages, whose numbers are given, those that run through the document.

    `body`: the size of most text.

    Larger type that comes on a few of the pages may be their title, which no other line tells: it stays once.
    """
    page_numbers: defaultdict[_LinePosition, list[int]] = defaultdict(list)  # the pages that have a line there
    for lines, number in zip(pages, numbers, strict=True):
        for line in lines:
            for position in _positions(line, number):
                page_numbers[position].append(number)
    least_pages = max(_LEAST_DRAWN_REPEATS, len(pages) // _PAGES_A_REPEAT)
    first_lines = {" ".join(line.cells) for line in pages[0]} if pages else set()

    def is_running(line: EdgeLine, number: int) -> bool:
        if number != numbers[0] and _is_title_with_number(line, number, first_lines):
            return True
        count, first = max((_repeats(page_numbers, position) for position in _positions(line, number)), default=(0, 0))
        may_be_title = line.runs[0].size > _LARGE_SIZE_RATIO * body and count < _LARGE_PAGES_SHARE * len(pages)
        return count >= least_pages and not (may_be_title and number == first)

    return [[line for line in lines if is_running(line, number)] for lines, number in zip(pages, numbers, strict=True)]


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


def _positions(line: EdgeLine, number: int) -> list[_LinePosition]:
    return [_LinePosition(line.is_foot, key, round(line.y / _STEP_POINTS)) for key in _line_keys(line, number)]


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
