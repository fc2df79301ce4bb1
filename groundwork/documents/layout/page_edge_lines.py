"""Running headers, footers and page numbers of a drawn page, told by their place as well as by their words.

The same words, or the page's number, come back at the same distance from the edge. The lines of a text layer stand in
the order in which they were drawn, and a head beside columns may come anywhere in it.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from itertools import chain, pairwise
from typing import NamedTuple

from groundwork.documents.layout.heading_styles_and_footnotes import NAMED_HEADING_RATIO
from groundwork.documents.layout.tables.ruled_tables import RuledTable
from groundwork.documents.layout.text_runs_and_lines import Run, runs_by_line, to_lines
from groundwork.markdown.running_page_lines import (
    heading_key,
    is_numbered_title,
    line_keys,
    running_keys,
    strip_running,
    unrepeated_lines,
    without_line,
)

_MOST_EDGE_LINES = 4  # lines at the head and at the foot of a page that may be running ones
_EDGE_MARGIN_SHARE = 0.2  # of the page's height, in which they stand
_LEAST_EDGE_PAGES = 3  # pages on which they come
_PAGES_AN_EDGE_LINE = 12  # one of so many pages at the least
_EDGE_LINE_STEP = 2.5  # points of a step; lines that come back stand no further from each other
# heights of a running line, and times its text's line spaces, below it
_FREE_EDGE_HEIGHTS, _FREE_SPACE_RATIO = 0.6, 1.3
_HEIGHTS_TO_FRAME = 0.25  # heights of a running line between it and a frame that is drawn around the text
_LINES_COMPARED_WITH_EDGE = 6  # of the text, whose spaces are looked at
_MOST_EDGE_TEXTS = 4  # texts of a running line, its page number among them
_LARGE_EDGE_RATIO, _LARGE_EDGE_SHARE = 1.3, 0.5  # times the body's size, and of the pages
_EDGE_NUMBER_LETTERS = 12  # letters of a page number with its word
_HEADED_PAGES_SHARE = 1 / 3  # of the pages, whose header names their chapter or section
_LEAST_CUT_HEADER_LETTERS = 6  # letters of a name that is cut short


class EdgeLine(NamedTuple):
    """A line that may run: its texts and the runs that they are made of, its height, and whether it is at the foot."""

    texts: list[str]
    runs: list[Run]
    y: float
    is_foot: bool


def edge_lines(runs: Sequence[Run], grids: Sequence[RuledTable], page_height: float) -> list[EdgeLine]:
    """The lines at the edges of a page of that height in points that stand apart from its text; between the head of a
    table and its first row there is hardly more space than between its rows."""
    edge_line_boxes = [_edge_line_box(line) for line in runs_by_line(runs)]
    table_boxes = [_EdgeLineBox(grid.ys[0], grid.ys[-1], []) for grid in grids]
    page_edges = []
    for is_foot in (False, True):
        edge_boxes = sorted([*edge_line_boxes, *table_boxes], key=lambda box: -box.y2 if is_foot else box.y1)
        margin = (1 - _EDGE_MARGIN_SHARE) * page_height if is_foot else _EDGE_MARGIN_SHARE * page_height
        edge_line_count = sum(box.y2 > margin if is_foot else box.y1 < margin for box in edge_boxes[:_MOST_EDGE_LINES])
        edge_ends = [i for i in range(1, edge_line_count + 1) if _stands_apart_at_edge(edge_boxes, i, is_foot)]
        for box in edge_boxes[: max(edge_ends, default=0)]:
            edge_texts = [run.text for line in to_lines(box.runs) for run in line.runs]
            if 0 < len(edge_texts) <= _MOST_EDGE_TEXTS:
                page_edges.append(EdgeLine(edge_texts, box.runs, (box.y1 + box.y2) / 2, is_foot))
    return page_edges


class _EdgeLineBox(NamedTuple):
    y1: float
    y2: float
    runs: list[Run]


def _edge_line_box(edge_runs: list[Run]) -> _EdgeLineBox:
    """A line as high as its letters: the boxes of some fonts reach into the lines beside them."""
    edge_line_bottom = statistics.median(run.y2 for run in edge_runs)
    return _EdgeLineBox(edge_line_bottom - max(run.size for run in edge_runs), edge_line_bottom, edge_runs)


def _stands_apart_at_edge(boxes_from_edge: Sequence[_EdgeLineBox], count: int, is_foot: bool) -> bool:
    """Whether the first `count` lines have more space below them (above them, at the foot) than the text has in it. The
    space around what is drawn tells nothing of the text's."""
    edge_box, *boxes_inside_edge = boxes_from_edge[count - 1 : count + 1 + _LINES_COMPARED_WITH_EDGE]
    if not boxes_inside_edge:
        return True
    edge_height = edge_box.y2 - edge_box.y1
    if not boxes_inside_edge[0].runs:
        return _space_inside_edge(edge_box, boxes_inside_edge[0], is_foot) > _HEIGHTS_TO_FRAME * edge_height
    edge_spaces = [
        _space_inside_edge(above, below, is_foot)
        for above, below in pairwise(boxes_inside_edge)
        if above.runs and below.runs
    ]
    least_space = max(_FREE_EDGE_HEIGHTS * edge_height, _FREE_SPACE_RATIO * statistics.median(edge_spaces or [0.0]))
    return _space_inside_edge(edge_box, boxes_inside_edge[0], is_foot) > least_space


def _space_inside_edge(above: _EdgeLineBox, below: _EdgeLineBox, is_foot: bool) -> float:
    return above.y1 - below.y2 if is_foot else below.y1 - above.y2


def running_edge_lines(
    pages: Sequence[Sequence[EdgeLine]],
    edge_page_numbers: Sequence[int],
    body_size: float,
    largest_header_size: float,
    headings_at_edge: frozenset[str],
) -> list[list[EdgeLine]]:
    """Of the lines at the edges of the pages, whose numbers are given, those that run through the document.

    `body_size`: the size of most text; `largest_header_size`: of the largest on the first page; `headings_at_edge`: the
    names of headings.

    Larger type that comes on a few of the pages may be their title, which no other line tells: it stays once, and so
    does the largest type of the first page.
    """
    headers = _edge_headers_naming_headings(pages, body_size, headings_at_edge)
    pages_by_position = _pages_by_edge_position(pages, edge_page_numbers, body_size)
    least_pages = max(_LEAST_EDGE_PAGES, len(pages) // _PAGES_AN_EDGE_LINE)
    first_lines = {" ".join(edge_line.texts) for edge_line in pages[0]} if pages else set()

    def is_running(edge_line: EdgeLine, page_number: int) -> bool:
        on_first_page = page_number == edge_page_numbers[0]
        if not on_first_page and _is_title_with_number(edge_line, page_number, first_lines):
            return True
        if id(edge_line) in headers:
            return True
        edge_positions = _edge_line_positions(edge_line, page_number, body_size)
        edge_line_page_count, first_page_with_edge_line = max(
            (_pages_with_edge_line(pages_by_position, position) for position in edge_positions), default=(0, 0)
        )
        line_size = edge_line.runs[0].size
        is_large = line_size > _LARGE_EDGE_RATIO * body_size
        heads_document = on_first_page and not edge_line.is_foot and line_size >= largest_header_size
        may_be_title = is_large and (heads_document or edge_line_page_count < _LARGE_EDGE_SHARE * len(pages))
        return edge_line_page_count >= least_pages and not (may_be_title and page_number == first_page_with_edge_line)

    return [
        [edge_line for edge_line in edge_lines_of_page if is_running(edge_line, page_number)]
        for edge_lines_of_page, page_number in zip(pages, edge_page_numbers, strict=True)
    ]


def _edge_headers_naming_headings(
    pages: Sequence[Sequence[EdgeLine]], body_size: float, headings_at_edge: frozenset[str]
) -> set[int]:
    """The ids of the lines at the head that name a chapter or a section, where many pages have such a line at one
    place."""
    edge_lines_by_step: defaultdict[int, list[EdgeLine]] = defaultdict(list)
    for edge_line in (edge_line for lines in pages for edge_line in lines if not edge_line.is_foot):
        is_small_header = edge_line.runs[0].size <= NAMED_HEADING_RATIO * body_size
        if is_small_header and _is_heading_in_header(edge_line, headings_at_edge):
            edge_lines_by_step[round(edge_line.y / _EDGE_LINE_STEP)].append(edge_line)
    least_edge_pages = max(_LEAST_EDGE_PAGES, _HEADED_PAGES_SHARE * len(pages))
    edge_header_ids: set[int] = set()
    for step in list(edge_lines_by_step):
        edge_headers_nearby = [line for near in (step - 1, step, step + 1) for line in edge_lines_by_step.get(near, [])]
        if len(edge_headers_nearby) >= least_edge_pages:
            edge_header_ids |= set(map(id, edge_headers_nearby))
    return edge_header_ids


def _is_heading_in_header(edge_line: EdgeLine, headings_at_edge: frozenset[str]) -> bool:
    """Whether one of a line's texts is the name of a heading, which may be cut short."""
    for edge_text in edge_line.texts:
        edge_header_key = heading_key(edge_text.strip(" 0123456789"))
        if edge_header_key in headings_at_edge or heading_key(edge_text) in headings_at_edge:
            return True
        is_edge_header_cut = edge_text.rstrip().endswith(("…", "..."))
        if (
            is_edge_header_cut
            and len(edge_header_key) >= _LEAST_CUT_HEADER_LETTERS
            and any(name.startswith(edge_header_key) for name in headings_at_edge)
        ):
            return True
    return False


def _is_title_with_number(edge_line: EdgeLine, page_number: int, first_lines: set[str]) -> bool:
    """Whether a line is a page's number beside what heads the first page."""
    for edge_number, *edge_title_texts in (edge_line.texts, edge_line.texts[::-1]):
        if (
            edge_number == str(page_number)
            and edge_title_texts
            and " ".join(sorted(edge_title_texts, key=edge_line.texts.index)) in first_lines
        ):
            return True
    return False


class _EdgeLinePosition(NamedTuple):
    """Where a line stands, its height in steps, and what it comes back as."""

    is_foot: bool
    key: str
    step: int


def _edge_line_positions(edge_line: EdgeLine, page_number: int, body_size: float) -> list[_EdgeLinePosition]:
    """Where a line may come back; large type at the head with a number ("Lesson 3", "Results 2021") is a title that
    only its number parts from the next page's."""
    is_large = not edge_line.is_foot and edge_line.runs[0].size > _LARGE_EDGE_RATIO * body_size
    edge_keys = {key for key in _edge_line_keys(edge_line, page_number) if not (is_large and is_numbered_title(key))}
    return [_EdgeLinePosition(edge_line.is_foot, key, round(edge_line.y / _EDGE_LINE_STEP)) for key in edge_keys]


def _pages_by_edge_position(
    pages: Sequence[Sequence[EdgeLine]], edge_page_numbers: Sequence[int], body_size: float
) -> Mapping[_EdgeLinePosition, Sequence[int]]:
    """The pages that have a line at each position, in their order."""
    pages_by_position: defaultdict[_EdgeLinePosition, list[int]] = defaultdict(list)
    for edge_lines_of_page, page_number in zip(pages, edge_page_numbers, strict=True):
        for edge_line in edge_lines_of_page:
            for edge_position in _edge_line_positions(edge_line, page_number, body_size):
                pages_by_position[edge_position].append(page_number)
    return pages_by_position


def _pages_with_edge_line(
    pages_by_position: Mapping[_EdgeLinePosition, Sequence[int]], edge_position: _EdgeLinePosition
) -> tuple[int, int]:
    """On how many pages a line stands at a place or a step from it, and the first of them."""
    pages_with_edge_line = [
        pages_by_position[key]
        for edge_step in (-1, 0, 1)
        if (key := edge_position._replace(step=edge_position.step + edge_step)) in pages_by_position
    ]
    return sum(map(len, pages_with_edge_line)), min(numbers[0] for numbers in pages_with_edge_line)


def _edge_line_keys(edge_line: EdgeLine, page_number: int) -> set[str]:
    """What a line may come back as: all of it, the page's number alone beside a text of the page's own, or one text
    beside words of the page's own, such as a book's title beside its chapters'."""
    edge_text, edge_ends = " ".join(edge_line.texts), (edge_line.texts[0], edge_line.texts[-1])
    edge_numbers = [edge_end for edge_end in edge_ends if len(edge_end) < _EDGE_NUMBER_LETTERS]
    edge_title_keys = set() if any(map(str.isdecimal, edge_text)) else {f"{edge_end}|<any>" for edge_end in edge_ends}
    return {
        edge_text,
        *line_keys(edge_text, page_number),
        *(edge_key for number in edge_numbers for edge_key in line_keys(number, page_number) if "<page>" in edge_key),
        *edge_title_keys,
    }


class RunningLines(NamedTuple):
    """The running lines of each page, and those that stay on the first one, since the document says them nowhere
    else."""

    repeated: list[list[EdgeLine]]
    first: list[EdgeLine]


def separate_running_lines(
    edge_lines_by_page: Sequence[Sequence[EdgeLine]], page_numbers: Sequence[int], layer: Sequence[str]
) -> RunningLines:
    """The running lines that can be taken out of the pages' text layer too, against which the pages are held."""
    edge_lines_outside_text, texts_inside_edges = [], []
    for edge_lines_of_page, text in zip(edge_lines_by_page, layer, strict=True):
        separable_lines, text_inside_edge = _separable_edge_lines(edge_lines_of_page, text)
        edge_lines_outside_text.append(separable_lines)
        texts_inside_edges.append(text_inside_edge)
    edge_texts_overleaf = {
        edge for edge_lines_of_page in edge_lines_outside_text[1:] for line in edge_lines_of_page for edge in line.texts
    }
    if page_numbers[0] != 1 or edge_texts_overleaf.isdisjoint(
        edge for line in edge_lines_outside_text[0] for edge in line.texts
    ):
        return RunningLines(edge_lines_outside_text, [])
    text = "\n".join(strip_running(texts_inside_edges, running_keys(texts_inside_edges, page_numbers[0]), page_numbers))
    edge_lines_staying = []
    for is_foot in (False, True):
        first_edge_lines = [line for line in edge_lines_outside_text[0] if line.is_foot == is_foot]
        first_edge_texts = [edge for line in first_edge_lines for edge in line.texts if edge in edge_texts_overleaf]
        edge_texts_said_once = set(unrepeated_lines(first_edge_texts, text))
        edge_lines_staying += [
            staying_part
            for line in first_edge_lines
            if (staying_part := _edge_line_with_texts(line, edge_texts_said_once))
        ]
    staying_run_ids = {id(run) for line in edge_lines_staying for run in line.runs}
    lines_taken_out = [_edge_line_without_runs(line, staying_run_ids, layer[0]) for line in edge_lines_outside_text[0]]
    lines_taken_out, _ = _separable_edge_lines([line for line in lines_taken_out if line.runs], layer[0])
    return RunningLines([lines_taken_out, *edge_lines_outside_text[1:]], edge_lines_staying)


def outermost_edge_lines(edge_lines_of_page: Sequence[EdgeLine], runs: Sequence[Run]) -> list[EdgeLine]:
    """Of lines at the edges of a page of these runs, those that have no other text between them and its edge."""
    edge_run_ids = {id(run) for edge_line in edge_lines_of_page for run in edge_line.runs}
    runs_inside_edge = [run for run in runs if id(run) not in edge_run_ids]
    top_inside_edges, bottom_inside_edges = (
        min((run.y1 for run in runs_inside_edge), default=math.inf),
        max((run.y2 for run in runs_inside_edge), default=0.0),
    )
    return [
        edge_line
        for edge_line in edge_lines_of_page
        if (edge_line.y > bottom_inside_edges if edge_line.is_foot else edge_line.y < top_inside_edges)
    ]


def _edge_line_with_texts(edge_line: EdgeLine, edge_texts: Set[str]) -> EdgeLine | None:
    """The part of a line that has these of its texts."""
    kept_runs = [run for drawn in to_lines(edge_line.runs) for run in drawn.runs if run.text in edge_texts]
    edge_runs = [
        run for run in edge_line.runs if any(kept.x1 <= (run.x1 + run.x2) / 2 <= kept.x2 for kept in kept_runs)
    ]
    return edge_line._replace(texts=[kept.text for kept in kept_runs], runs=edge_runs) if kept_runs else None


def _edge_line_without_runs(edge_line: EdgeLine, run_ids: Set[int], text: str) -> EdgeLine:
    """The part of a line without these runs; its texts begin or end with "" where the text has them beside others."""
    edge_runs = [run for run in edge_line.runs if id(run) not in run_ids]
    if len(edge_runs) == len(edge_line.runs):
        return edge_line
    edge_texts = [run.text for drawn in to_lines(edge_runs) for run in drawn.runs]
    candidate_texts = [edge_texts, [*edge_texts, ""], ["", *edge_texts]]
    return edge_line._replace(
        texts=next((names for names in candidate_texts if without_line(text, names) is not None), edge_texts),
        runs=edge_runs,
    )


def _separable_edge_lines(lines: Sequence[EdgeLine], text: str) -> tuple[list[EdgeLine], str]:
    """The lines that stand in a text as lines of their own, and the text without them."""
    separable_lines = []
    for edge_line in lines:
        text_inside_edge = without_line(text, edge_line.texts)
        if text_inside_edge is not None:
            separable_lines.append(edge_line)
            text = text_inside_edge
    return separable_lines, text


_PAGE_LABEL_WORD = r"(?:page|seite|página|pagina|pág\.|pag\.|p\.|s\.|side|sida|strona|стр\.|страница)"
_OF_LABELLED = r"(?:of|von|sur|de|di|van|av|af|z|из|/)"
_NAMED_PAGE_LABEL = re.compile(
    rf"\W{{0,3}}{_PAGE_LABEL_WORD}\s*\d{{1,4}}(?:\s*{_OF_LABELLED}\s*\d{{1,4}})?\W{{0,3}}|[-–—]\s*\d{{1,4}}\s*[-–—]"
    r"|第\s*\d{1,4}\s*[页頁](?:\W{0,3}共\s*\d{1,4}\s*[页頁])?|-?\s*\d{1,4}\s*-?\s*쪽",
    re.IGNORECASE,
)
_COUNTED_PAGE_LABEL = re.compile(rf"(\d{{1,4}})\s*{_OF_LABELLED}\s*(\d{{1,4}})", re.IGNORECASE)
_BARE_PAGE_LABEL = re.compile(r"[\[(]?\s*(\d{1,4})\s*[\])]?")
_MOST_LABEL_SIZES = 1.2  # times the body's size; a larger number is a chapter's, or a figure to be seen
_MOST_COUNTED_LABEL = 999  # a number above may be a year's, which counts with the pages too
_SAME_LABEL_HEIGHT = 6.0  # points by which the labels of two pages lie apart at the most


def find_page_labels(pages: Sequence[Sequence[EdgeLine]], page_numbers: Sequence[int], body_size: float) -> set[int]:
    """The ids of the lines that are page labels, of the lines at the edges of pages, whose numbers are given.
    `body_size`: the size of most text, in points."""
    page_label_ids: set[int] = set()
    bare_labels: list[tuple[int, int, EdgeLine]] = []  # the page's number, the printed one
    for edge_lines_of_page, page_number in zip(pages, page_numbers, strict=True):
        for edge_line in _edge_lines_with_label(edge_lines_of_page, _MOST_LABEL_SIZES * body_size):
            label_text = " ".join(edge_line.texts)
            if _NAMED_PAGE_LABEL.fullmatch(label_text) or _is_label_of_pages(label_text, page_number, len(pages)):
                page_label_ids.add(id(edge_line))
            elif match := _BARE_PAGE_LABEL.fullmatch(label_text):
                bare_labels.append((page_number, int(match[1]), edge_line))
    page_label_ids.update(
        id(edge_line)
        for page_number, printed_label, edge_line in bare_labels
        if printed_label == page_number
        or _counts_with_another_label(page_number, printed_label, edge_line, bare_labels)
    )
    return page_label_ids


def _edge_lines_with_label(edge_lines: Sequence[EdgeLine], largest_label: float) -> list[EdgeLine]:
    """The first line at the head of a page, and the last at its foot, in type that is no larger."""
    head_lines = sorted((line for line in edge_lines if not line.is_foot), key=lambda line: line.y)
    foot_lines = sorted((line for line in edge_lines if line.is_foot), key=lambda line: -line.y)
    return [line for line in (*head_lines[:1], *foot_lines[:1]) if line.runs[0].size <= largest_label]


def _is_label_of_pages(label_text: str, page_number: int, page_count: int) -> bool:
    """Whether a text is the page's number of as many pages as there are, or more."""
    counted_label = _COUNTED_PAGE_LABEL.fullmatch(label_text)
    return counted_label is not None and int(counted_label[1]) == page_number and int(counted_label[2]) >= page_count


def _counts_with_another_label(
    page_number: int, printed_label: int, label_line: EdgeLine, bare_labels: Sequence[tuple[int, int, EdgeLine]]
) -> bool:
    """Whether another page has a number in the same place that is as much higher as the page is later."""
    edge_labels_alike = [other for other in bare_labels if _labels_count_alike(page_number, printed_label, *other[:2])]
    return any(
        other.is_foot == label_line.is_foot and abs(other.y - label_line.y) < _SAME_LABEL_HEIGHT
        for _, _, other in edge_labels_alike
    )


def _labels_count_alike(page_number: int, printed_label: int, other_page: int, other_printed_label: int) -> bool:
    return (
        printed_label <= _MOST_COUNTED_LABEL
        and other_page != page_number
        and other_printed_label - other_page == printed_label - page_number
    )


def unread_labels(pages: Sequence[Sequence[Run]], page_numbers: Sequence[int], layer: Sequence[str]) -> list[list[str]]:
    """The bare page labels, page by page, that stand in a text layer's first or last lines and in none of the runs:
    liteparse leaves them out."""
    edge_labels_by_page = [_bare_unread_labels(*page) for page in zip(pages, page_numbers, layer, strict=True)]
    bare_labels = list(chain(*edge_labels_by_page))
    return [
        [
            label
            for page_number, printed_label, label in edge_labels
            if printed_label == page_number
            or any(_labels_count_alike(page_number, printed_label, *other_label[:2]) for other_label in bare_labels)
        ]
        for edge_labels in edge_labels_by_page
    ]


def _bare_unread_labels(runs: Sequence[Run], page_number: int, label_layer: str) -> list[tuple[int, int, str]]:
    """A page's number, the printed one and the label, of each of its bare labels that no run holds."""
    label_lines = [line.strip() for line in label_layer.split("\n") if line.strip()]
    label_texts = {run.text for run in runs} if label_lines else set()
    edge_labels = {line for line in label_lines[:1] + label_lines[-1:] if line not in label_texts}
    return [(page_number, int(match[1]), line) for line in edge_labels if (match := _BARE_PAGE_LABEL.fullmatch(line))]
