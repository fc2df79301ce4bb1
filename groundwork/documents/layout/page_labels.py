"""Page labels at the edges of short documents, where nothing comes back often enough to be told by that.

What its form tells ("Page 3 of 4", "- 3 -") is a label whatever its number. A bare number is one where it is the page's
own, or counts with the pages at one place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from groundwork.documents.layout.page_edge_lines import EdgeLine
from groundwork.documents.layout.text_runs_and_lines import Run

_PAGE_WORD = r"(?:page|seite|página|pagina|pág\.|pag\.|p\.|s\.|side|sida|strona|стр\.|страница)"
_OF_PAGES = r"(?:of|von|sur|de|di|van|av|af|z|из|/)"
_NAMED_PAGE_LABEL = re.compile(
    rf"\W{{0,3}}{_PAGE_WORD}\s*\d{{1,4}}(?:\s*{_OF_PAGES}\s*\d{{1,4}})?\W{{0,3}}|[-–—]\s*\d{{1,4}}\s*[-–—]"
    r"|第\s*\d{1,4}\s*[页頁](?:\W{0,3}共\s*\d{1,4}\s*[页頁])?|-?\s*\d{1,4}\s*-?\s*쪽",
    re.IGNORECASE,
)
_COUNTED_PAGE_LABEL = re.compile(rf"(\d{{1,4}})\s*{_OF_PAGES}\s*(\d{{1,4}})", re.IGNORECASE)
_BARE_PAGE_LABEL = re.compile(r"[\[(]?\s*(\d{1,4})\s*[\])]?")
_MOST_LABEL_SIZES = 1.2  # times the body's size; a larger number is a chapter's, or a figure to be seen
_MOST_COUNTED_LABEL = 999  # a number above may be a year's, which counts with the pages too
_SAME_LABEL_HEIGHT = 6.0  # points by which the labels of two pages lie apart at the most


def find_page_labels(pages: Sequence[Sequence[EdgeLine]], page_numbers: Sequence[int], body_size: float) -> set[int]:
    """The ids of the lines that are page labels, of the lines at the edges of pages, whose numbers are given.

    `body_size`: the size of most text, in points.
    """
    page_label_ids: set[int] = set()
    bare_labels: list[tuple[int, int, EdgeLine]] = []  # the page's number, the printed one
    for lines, page_number in zip(pages, page_numbers, strict=True):
        for edge_line in _outermost_edge_lines(lines):
            label_text = " ".join(edge_line.cells)
            if edge_line.runs[0].size > _MOST_LABEL_SIZES * body_size:
                continue
            if _NAMED_PAGE_LABEL.fullmatch(label_text) or _is_label_of_pages(label_text, page_number, len(pages)):
                page_label_ids.add(id(edge_line))
            elif match := _BARE_PAGE_LABEL.fullmatch(label_text):
                bare_labels.append((page_number, int(match[1]), edge_line))
    page_label_ids.update(
        id(edge_line)
        for page_number, printed_number, edge_line in bare_labels
        if printed_number == page_number
        or _counts_with_another_label(page_number, printed_number, edge_line, bare_labels)
    )
    return page_label_ids


def _outermost_edge_lines(edge_lines: Sequence[EdgeLine]) -> list[EdgeLine]:
    """The first line at the head of a page, and the last at its foot."""
    head_lines, foot_lines = (
        [line for line in edge_lines if not line.is_foot],
        [line for line in edge_lines if line.is_foot],
    )
    return [*sorted(head_lines, key=lambda line: line.y)[:1], *sorted(foot_lines, key=lambda line: -line.y)[:1]]


def _is_label_of_pages(label_text: str, page_number: int, page_count: int) -> bool:
    """Whether a text is the page's number of as many pages as there are, or more."""
    counted_label = _COUNTED_PAGE_LABEL.fullmatch(label_text)
    return counted_label is not None and int(counted_label[1]) == page_number and int(counted_label[2]) >= page_count


def _counts_with_another_label(
    page_number: int, printed_number: int, label_line: EdgeLine, bare_labels: Sequence[tuple[int, int, EdgeLine]]
) -> bool:
    """Whether another page has a number in the same place that is as much higher as the page is later."""
    labels_counting_alike = [
        other_label for other_label in bare_labels if _labels_count_alike(page_number, printed_number, *other_label[:2])
    ]
    return any(
        other_label.is_foot == label_line.is_foot and abs(other_label.y - label_line.y) < _SAME_LABEL_HEIGHT
        for _, _, other_label in labels_counting_alike
    )


def _labels_count_alike(page_number: int, printed_number: int, other_page: int, other_printed_number: int) -> bool:
    return (
        printed_number <= _MOST_COUNTED_LABEL
        and other_page != page_number
        and other_printed_number - other_page == printed_number - page_number
    )


def unread_labels(pages: Sequence[Sequence[Run]], page_numbers: Sequence[int], layer: Sequence[str]) -> list[list[str]]:
    """The bare page labels, page by page, that stand in a text layer's first or last lines and in none of the runs:
    liteparse leaves them out."""
    bare_labels_by_page = []
    for runs, page_number, page_layer in zip(pages, page_numbers, layer, strict=True):
        lines = [line.strip() for line in page_layer.split("\n") if line.strip()]
        texts = {run.text for run in runs} if lines else set()
        edge_labels = {
            line for line in lines[:1] + lines[-1:] if _BARE_PAGE_LABEL.fullmatch(line) and line not in texts
        }
        bare_labels_by_page.append(
            [(page_number, int(match[1]), line) for line in edge_labels if (match := _BARE_PAGE_LABEL.fullmatch(line))]
        )
    return [
        [
            line
            for page_number, printed_number, line in page_labels
            if printed_number == page_number
            or any(
                _labels_count_alike(page_number, printed_number, *other_label[:2])
                for other_label in chain(*bare_labels_by_page)
            )
        ]
        for page_labels in bare_labels_by_page
    ]
