"""Page labels at the edges of short documents, where nothing comes back often enough to be told by that.

What its form tells ("Page 3 of 4", "- 3 -") is a label whatever its number. A bare number is one where it is the page's
own, or counts with the pages at one place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from groundwork.documents.layout.page_edge_lines import EdgeLine
from groundwork.documents.layout.text_lines import Run

_PAGE = r"(?:page|seite|página|pagina|pág\.|pag\.|p\.|s\.|side|sida|strona|стр\.|страница)"
_OF = r"(?:of|von|sur|de|di|van|av|af|z|из|/)"
_NAMED = re.compile(
    rf"\W{{0,3}}{_PAGE}\s*\d{{1,4}}(?:\s*{_OF}\s*\d{{1,4}})?\W{{0,3}}|[-–—]\s*\d{{1,4}}\s*[-–—]"
    r"|第\s*\d{1,4}\s*[页頁](?:\W{0,3}共\s*\d{1,4}\s*[页頁])?|-?\s*\d{1,4}\s*-?\s*쪽",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"(\d{{1,4}})\s*{_OF}\s*(\d{{1,4}})", re.IGNORECASE)
_BARE = re.compile(r"[\[(]?\s*(\d{1,4})\s*[\])]?")
_MOST_SIZES = 1.2  # times the body's size; a larger number is a chapter's, or a figure to be seen
_MOST_LIKE = 999  # a number above may be a year's, which counts with the pages too
_SAME_HEIGHT = 6.0  # points by which the labels of two pages lie apart at the most


def find_page_labels(pages: Sequence[Sequence[EdgeLine]], numbers: Sequence[int], body: float) -> set[int]:
    """The ids of the lines that are page labels, of the lines at the edges of pages, whose numbers are given.

    `body`: the size of most text, in points.
    """
    labels: set[int] = set()
    bare: list[tuple[int, int, EdgeLine]] = []  # the page's number, the printed one
    for lines, number in zip(pages, numbers, strict=True):
        for line in _outermost(lines):
            text = " ".join(line.cells)
            if line.runs[0].size > _MOST_SIZES * body:
                continue
            if _NAMED.fullmatch(text) or _counts_pages(text, number, len(pages)):
                labels.add(id(line))
            elif match := _BARE.fullmatch(text):
                bare.append((number, int(match[1]), line))
    labels.update(
        id(line) for number, printed, line in bare if printed == number or _has_like(number, printed, line, bare)
    )
    return labels


def _outermost(lines: Sequence[EdgeLine]) -> list[EdgeLine]:
    """The first line at the head of a page, and the last at its foot."""
    heads, feet = [line for line in lines if not line.is_foot], [line for line in lines if line.is_foot]
    return [*sorted(heads, key=lambda line: line.y)[:1], *sorted(feet, key=lambda line: -line.y)[:1]]


def _counts_pages(text: str, number: int, page_count: int) -> bool:
    """Whether a text is the page's number of as many pages as there are, or more."""
    match = _COUNTED.fullmatch(text)
    return match is not None and int(match[1]) == number and int(match[2]) >= page_count


def _has_like(number: int, printed: int, line: EdgeLine, bare: Sequence[tuple[int, int, EdgeLine]]) -> bool:
    """Whether another page has a number in the same place that is as much higher as the page is later."""
    counting = [other for other in bare if _counts_with(number, printed, *other[:2])]
    return any(other.is_foot == line.is_foot and abs(other.y - line.y) < _SAME_HEIGHT for _, _, other in counting)


def _counts_with(number: int, printed: int, other: int, other_printed: int) -> bool:
    return printed <= _MOST_LIKE and other != number and other_printed - other == printed - number


def unread_labels(pages: Sequence[Sequence[Run]], numbers: Sequence[int], layer: Sequence[str]) -> list[list[str]]:
    """The bare page labels, page by page, that stand in a text layer's first or last lines and in none of the runs:
    liteparse leaves them out."""
    bare = []
    for runs, number, text in zip(pages, numbers, layer, strict=True):
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        texts = {run.text for run in runs} if lines else set()
        edges = {line for line in lines[:1] + lines[-1:] if _BARE.fullmatch(line) and line not in texts}
        bare.append([(number, int(match[1]), line) for line in edges if (match := _BARE.fullmatch(line))])
    return [
        [
            line
            for number, printed, line in page
            if printed == number or any(_counts_with(number, printed, *other[:2]) for other in chain(*bare))
        ]
        for page in bare
    ]
