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

from groundwork.documents.layout.ruled_tables import Grid
from groundwork.documents.layout.text_lines import Run, level, to_lines

_EDGE = 3  # lines at the head and at the foot of a page that may be running ones
_LEAST = 3  # pages a line must come back on
_SETTLED = 0.7  # of its comings at the same place, for a line without a page number
_MOSTLY = 0.6  # of the pages
_NUMBER = re.compile(r"\d+")
_AT_END = re.compile(r"^(\d{1,4})(?=\s+[^\W\d])|(?<=\s)(\d{1,4})$")  # a page number beside a title
_ROMAN = re.compile(r"[ivxlc]{1,7}$")
_LABEL = re.compile(r"\W*(?:[^\W\d_]{1,12}\W{0,2})?(\d{1,4})\W*")  # such as 61, - 61 -, Page 61
_MARKS = re.compile(r"[*_#>\\]+|</?\w+>")


def running_keys(pages: Sequence[str], first: int = 1) -> set[str]:
    """What runs through the pages, in the form that `strip_running` takes. `first`: the number of the first page."""
    counts: Counter[str] = Counter()
    numbered: Counter[str] = Counter()
    places: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for i, page in enumerate(pages):
        edges = _edges(page)
        found = {key: place for place, line in enumerate(edges) for key in keys_of(line, first + i)}
        counts.update(found.keys())
        for key, place in found.items():
            places[key][place if place < _EDGE else place - len(edges)] += 1
        numbered.update({key for line in edges[:1] + edges[-1:] for key in _numbered(line, first + i)})
    running = {key for key, n in counts.items() if n >= _LEAST and _enough(key, n, len(pages))}
    running = {key for key in running if "<page>" in key or _is_settled(places[key], len(pages))}
    return running | {key for key, n in numbered.items() if n > max(_LEAST, len(pages) // 2)}


def strip_running(pages: Sequence[str], keys: set[str], numbers: Sequence[int]) -> list[str]:
    """The pages, whose numbers are `numbers`, without the lines that run through the document."""
    return [_without(page, number, keys) for page, number in zip(pages, numbers, strict=True)]


def without_line(page: str, cells: Sequence[str]) -> str | None:
    """The page without a line of these cells; None where it, or one of its cells, is in no line of its own there."""
    lines = page.split("\n")
    found = [_find(lines, "".join(cells))]
    found = found if found[0] else [_find(lines, cell) for cell in cells]
    if not all(found):
        return None
    gone = {i for place in found for i in place}
    return "\n".join(line for i, line in enumerate(lines) if i not in gone)


def _find(page: Sequence[str], text: str) -> range:
    """The lines, one or more, that hold the letters of a text and no others; of several the outermost."""
    wanted = _letters(text)
    for start in sorted(range(len(page)), key=lambda i: min(i, len(page) - i)):
        held, end = _letters(page[start]), start + 1
        while held and end < len(page) and len(held) < len(wanted) and wanted.startswith(held):
            held, end = held + _letters(page[end]), end + 1
        if held and held == wanted:
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
    return [match[1] for line in lines[:1] + lines[-1:] if (match := _LABEL.fullmatch(line))]


@functools.lru_cache(4096)  # a page's text and its Markdown have the same lines at their edges
def keys_of(line: str, number: int) -> tuple[str, ...]:
    """What a line may repeat as: itself, and itself with a number that is the page's, printed so many pages off."""
    text = " ".join(_MARKS.sub("", line).split()).casefold()
    if not text or text.startswith("|") or len(text) > 200:
        return ()
    keys = [text] if any(c.isalpha() for c in text) else []
    for found in _NUMBER.finditer(text):
        if len(found[0]) < 5:
            keys.append(f"{int(found[0]) - number}|{text[: found.start()]}<page>{text[found.end() :]}")
    if _ROMAN.match(text):
        keys.append(f"{_roman(text) - number}|<page>")
    return tuple(keys)


def _is_settled(places: Counter[int], pages: int) -> bool:
    """Whether a line comes at one place of the pages, as headers do and the title of a kind of box does not; what
    most of the pages have may stand anywhere at the same end of them."""
    at_foot = sum(n for place, n in places.items() if place < 0)
    often = places.total() > _MOSTLY * pages
    most = max(at_foot, places.total() - at_foot) if often else places.most_common(1)[0][1]
    return most >= _SETTLED * places.total()


def _enough(key: str, n: int, pages: int) -> bool:
    """A header of one chapter comes on few pages of a long book, with its page number; a bare repeated line must
    come on a good part of them, and so must a number that stands alone."""
    text = _NUMBER.sub("", key.replace("<page>", "").partition("|")[2] or key)
    if "<page>" in key:
        return n >= (_LEAST if any(c.isalpha() for c in text) else max(_LEAST, pages // 5))
    return n >= max(_LEAST, min(pages // 4, 8))


def _roman(text: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[c] for c in text]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))


def _edges(page: str) -> list[str]:
    lines = [line for line in page.split("\n") if line.strip()]
    return lines if len(lines) <= 2 * _EDGE else lines[:_EDGE] + lines[-_EDGE:]


def _numbered(line: str, number: int) -> list[str]:
    """What a line may be that carries its page's number and a text of its own, such as the section's title."""
    text = " ".join(_MARKS.sub("", line).split())
    if len(text) > 100 or text.startswith("|"):
        return []
    return [f"{int(found[1] or found[2]) - number}|<any>" for found in _AT_END.finditer(text)]


def _without(page: str, number: int, keys: set[str]) -> str:
    lines = page.split("\n")
    filled = [i for i, line in enumerate(lines) if line.strip()]
    gone: set[int] = set()
    paged = False
    for inward in (filled[:_EDGE], filled[: -_EDGE - 1 : -1]):
        for i in inward:
            found = keys.intersection(keys_of(lines[i], number))
            if not found:
                break
            gone.add(i)
            paged = paged or any("<page>" in key for key in found)
    for inward in () if paged else (filled, filled[::-1]):
        outermost = next((i for i in inward if i not in gone), None)
        if outermost is not None and not keys.isdisjoint(_numbered(lines[outermost], number)):
            gone.add(outermost)
            break
    return "\n".join(line for i, line in enumerate(lines) if i not in gone).strip("\n") if gone else page.strip("\n")


_EDGE_LINES = 4  # lines at the head and at the foot of a page that may be running ones
_MARGIN = 0.2  # of the page's height, in which they stand
_LEAST_PAGES = 3  # pages on which they come
_LEAST_SHARE = 12  # one of so many pages at the least
_NEAR = 2.5  # points of a step; lines that come back stand no further from each other
_FREE, _FREER = 0.6, 1.3  # heights of a running line, and times the spaces between lines, between it and the text
_LINES = 6  # of the text, whose spaces are looked at
_CELLS = 4  # texts of a running line, its page number among them
_LARGE, _LARGE_PAGES = 1.3, 0.5  # times the body's size, and of the pages
_LABEL_LETTERS = 12  # letters of a page number with its word


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
        count = sum(box.y2 > limit if foot else box.y1 < limit for box in inward[:_EDGE_LINES])
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
    least = max(_LEAST_PAGES, len(pages) // _LEAST_SHARE)

    def runs(line: EdgeLine, number: int) -> bool:
        count, first = max((_near(places, place) for place in _places(line, number)), default=(0, 0))
        titled = line.runs[0].size > _LARGE * body and count < _LARGE_PAGES * len(pages)
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
    own = {key for cell in (cells[0], cells[-1]) if len(cell) < _LABEL_LETTERS for key in keys_of(cell, number)}
    text = " ".join(cells)
    return {text, *keys_of(text, number), *(key for key in own if "<page>" in key)}
