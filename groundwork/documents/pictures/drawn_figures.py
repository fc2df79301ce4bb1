"""A PDF's drawn figures: where lines, curves and shapes make a chart or a diagram, with its labels, as areas of a page.

What is drawn close together is one drawing. It is a figure where it shows something: curves and slanting lines, bars
without text, or boxes and lines over a figure's caption. A drawing around lines of text (a box, a table, a form) is
none.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from groundwork.language.words import WORD

NEAR = 4.0  # points between images that are strips or tiles of one picture


class Area(NamedTuple):
    """A rectangle in points, from the lower left corner of the page."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom

    @property
    def size(self) -> float:
        return self.width * self.height

    def touches(self, other: Area, distance: float = NEAR) -> bool:
        return (
            self.left <= other.right + distance
            and other.left <= self.right + distance
            and self.bottom <= other.top + distance
            and other.bottom <= self.top + distance
        )

    def holds(self, other: Area) -> bool:
        """Does the middle of the other one lie within?"""
        x, y = (other.left + other.right) / 2, (other.bottom + other.top) / 2
        return self.left <= x <= self.right and self.bottom <= y <= self.top


class TextLine(NamedTuple):
    """A run of text on one line."""

    area: Area
    text: str

    @property
    def words(self) -> int:
        return len(WORD.findall(self.text))


def whole_page(page: Any) -> Area:
    """The page, its corner where the file has it."""
    return Area(*page.get_bbox())


def area_around(areas: Sequence[Area]) -> Area:
    lefts, bottoms, rights, tops = zip(*areas, strict=True)
    return Area(min(lefts), min(bottoms), max(rights), max(tops))


def within_page(area: Area, page_area: Area) -> Area:
    """An area in the file's coordinates, cut at the edges of the page and measured from the page's corner."""
    return Area(
        max(area.left, page_area.left) - page_area.left,
        max(area.bottom, page_area.bottom) - page_area.bottom,
        min(area.right, page_area.right) - page_area.left,
        min(area.top, page_area.top) - page_area.bottom,
    )


def area_on_page(page_object: Any) -> Area:
    """The bounds of an object of a page, or of a form in it, where the page has them."""
    left, bottom, right, top = page_object.get_bounds()
    form = page_object.container
    if form is None:
        return Area(left, bottom, right, top)
    corners = [(left, bottom), (left, top), (right, bottom), (right, top)]
    while form is not None:
        matrix = form.get_matrix()
        corners = [matrix.on_point(*corner) for corner in corners]
        form = form.container
    xs, ys = zip(*corners, strict=True)
    return Area(min(xs), min(ys), max(xs), max(ys))


def text_lines(layer: Any, page_area: Area) -> list[TextLine]:
    """The lines of a page's text layer, in its order; pieces of one line that follow each other are one."""
    page_lines: list[TextLine] = []
    for index in range(layer.count_rects()):
        area = Area(*layer.get_rect(index))
        if not (text := str(layer.get_text_bounded(*area)).strip()):
            continue
        area = within_page(area, page_area)
        if page_lines and _goes_on(page_lines[-1].area, area):
            previous = page_lines.pop()
            area, text = area_around([previous.area, area]), f"{previous.text} {text}"
        page_lines.append(TextLine(area, text))
    return page_lines


def _goes_on(previous: Area, area: Area) -> bool:
    """Does a piece of text stand on the line of the one before, a word's distance behind it?"""
    line_height = max(previous.height, area.height)
    is_level = min(previous.top, area.top) - max(previous.bottom, area.bottom) > 0.5 * min(previous.height, area.height)
    return is_level and -0.5 * line_height <= area.left - previous.right <= 0.8 * line_height


def prose_lines(page_lines: Sequence[TextLine], least_words: int = 7, stacked_words: int = 4) -> list[TextLine]:
    """The lines that are text: those of `least_words`, and those of `stacked_words` in three below each other."""

    def is_stacked(upper: TextLine, lower: TextLine) -> bool:
        gap = upper.area.bottom - lower.area.top
        return (
            abs(upper.area.left - lower.area.left) < 3
            and -2 < gap < max(upper.area.height, 6)
            and lower.words >= stacked_words
        )

    lines_of_text = {page_line: None for page_line in page_lines if page_line.words >= least_words}
    block: list[TextLine] = []
    for page_line in page_lines:
        if not (block and is_stacked(block[-1], page_line)):
            block = []
        if block or page_line.words >= stacked_words:
            block.append(page_line)
        if len(block) >= 3:
            lines_of_text |= dict.fromkeys(block)
    return list(lines_of_text)


_NUMBERED_FIGURE = re.compile(r"(?:figure|fig\.?|abbildung|abb\.|figura|рис\.|图|図)\s*[A-Z]?\d", re.IGNORECASE)
_CAPTION_ALONE = re.compile(rf"{_NUMBERED_FIGURE.pattern}[\w.]*\s*(?:[.:|–—-]|$)", re.IGNORECASE)


def begins_as_caption(page_line: str) -> bool:
    """Whether a line begins with a figure's number, which a sentence such as "Figure 3 shows" does too."""
    return _NUMBERED_FIGURE.match(page_line) is not None


def is_caption_of_figure(page_line: str) -> bool:
    """Whether a line begins with a figure's number and a sign behind it, as captions do and sentences do not."""
    return _CAPTION_ALONE.match(page_line) is not None


CELL = 4.0  # points of the grid on which drawings are told apart
MOST_PATHS = 20_000  # of a page that are looked at; what has more is a map or a photograph in vectors
MOST_SEGMENTS = 200  # of a path that are looked at
MOST_OF_PAGE = 0.8
LEAST_POINTS = 36.0  # of a drawing's shorter side
LEAST_ALONE = 72.0  # of one without a caption
CURVES = 30  # curves and slanting lines that make a drawing a figure
UNDER_CAPTION = 6  # shapes that do, over a caption
BARS = 4
LABEL_WORDS = 6  # of a label beside a drawing
MOST_SENTENCES = 1  # lines of text within a figure
MOST_LABELS = 150  # words in it
LABEL_NEAR, LABEL_ROUNDS = 14.0, 3  # points from a drawing to its labels, and how often further ones are looked for
PANELS_NEAR = 40.0  # points between the parts of one figure
CAPTION_NEAR = 40.0  # points from a drawing to its caption


class Drawing(NamedTuple):
    """Where a figure is drawn, with its labels; equal `shape` is the same drawing elsewhere."""

    area: Area
    shape: str


class _Path(NamedTuple):
    area: Area
    curves: int  # curves and slanting lines in it
    is_bar: bool  # a filled rectangle


def drawn_figures(page: Any, page_area: Area, page_lines: Sequence[TextLine]) -> list[Drawing]:
    """The drawn figures of a page.

    Raises PdfiumError for a damaged page.
    """
    paths = list(itertools.islice(_paths(page, page_area), MOST_PATHS + 1))
    text_lines = dict.fromkeys(prose_lines(page_lines))
    sentences, labels = (
        [page_line.area for page_line in text_lines],
        [page_line for page_line in page_lines if page_line not in text_lines],
    )
    paths = [path for path in paths if not _is_frame(path, sentences)]
    if not paths or len(paths) > MOST_PATHS:
        return []
    figures = []
    for path_group in _groups(paths, page_area):
        area = area_around([path.area for path in path_group])
        if area.size > MOST_OF_PAGE * page_area.width * page_area.height:
            continue
        if _is_figure(area, path_group, labels, sentences, _has_caption(area, page_lines)):
            figures.append((area, path_group))
    return [_with_labels(*figure, labels, page_area) for figure in _join_panels(figures, sentences)]


def _paths(page: Any, page_area: Area) -> Iterator[_Path]:
    """What is drawn on a page and can be seen; without backgrounds."""
    import pypdfium2.raw as pdfium

    for page_object in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_SHADING], max_depth=8):
        area = within_page(area_on_page(page_object), page_area)
        if area.width < 0 or area.height < 0 or area.size > MOST_OF_PAGE * page_area.width * page_area.height:
            continue
        if page_object.type == pdfium.FPDF_PAGEOBJ_SHADING:
            yield _Path(area, 0, is_bar=False)
        elif _is_visible(page_object, pdfium):
            curves, is_rectangle = _outline(page_object, pdfium)
            yield _Path(area, curves, is_bar=is_rectangle and _is_filled(page_object, pdfium))


def _draw_mode(page_object: Any, pdfium: Any) -> tuple[int, bool]:
    import ctypes

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(page_object, fill, stroke)
    return fill.value, bool(stroke.value)


def _is_filled(page_object: Any, pdfium: Any) -> bool:
    return bool(_draw_mode(page_object, pdfium)[0])


def _is_visible(page_object: Any, pdfium: Any) -> bool:
    """Is it stroked, or filled with another colour than white?"""
    import ctypes

    fill, stroke = _draw_mode(page_object, pdfium)
    if stroke or not fill:
        return stroke
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(page_object, red, green, blue, alpha):
        return True  # a pattern
    return alpha.value > 0 and min(red.value, green.value, blue.value) < 250


def _outline(page_object: Any, pdfium: Any) -> tuple[int, bool]:
    """(how many curves and slanting lines, whether it is a level rectangle)."""
    import ctypes

    x, y = ctypes.c_float(), ctypes.c_float()
    curves, corners, previous = 0, 0, (0.0, 0.0)
    for index in range(min(pdfium.FPDFPath_CountSegments(page_object), MOST_SEGMENTS)):
        segment = pdfium.FPDFPath_GetPathSegment(page_object, index)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = x.value, y.value
        if kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            curves += 1
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            corners += 1
            curves += abs(point[0] - previous[0]) > 0.5 and abs(point[1] - previous[1]) > 0.5
        previous = point
    return curves, curves == 0 and 3 <= corners <= 5


def _is_frame(path: _Path, sentences: Sequence[Area]) -> bool:
    """Is it drawn around lines of text, or behind them?"""
    return path.area.height > LEAST_POINTS / 2 and sum(path.area.holds(page_line) for page_line in sentences) > 2


def _groups(paths: Sequence[_Path], page_area: Area) -> list[list[_Path]]:
    """The paths in groups that lie close together."""
    import numpy as np
    from scipy.ndimage import label

    grid = np.zeros((int(page_area.height / CELL) + 3, int(page_area.width / CELL) + 3), dtype=bool)

    def cells(area: Area) -> tuple[slice, slice]:
        rows = slice(int(area.bottom / CELL), int(area.top / CELL) + 3)  # a cell more on each side: what is near joins
        return rows, slice(int(area.left / CELL), int(area.right / CELL) + 3)

    for path in paths:
        grid[cells(path.area)] = True
    labels, _ = label(grid, structure=np.ones((3, 3)))
    path_groups: dict[int, list[_Path]] = {}
    for path in paths:
        rows, columns = cells(path.area)
        path_groups.setdefault(int(labels[rows.start, columns.start]), []).append(path)
    return list(path_groups.values())


def _is_figure(
    area: Area, paths: Sequence[_Path], labels: Sequence[TextLine], sentences: Sequence[Area], has_caption: bool
) -> bool:
    if min(area.width, area.height) < (LEAST_POINTS if has_caption else LEAST_ALONE):
        return False
    labels_inside = [page_line for page_line in labels if area.holds(page_line.area)]
    label_words = sum(page_line.words for page_line in labels_inside)
    if sum(map(area.holds, sentences)) > MOST_SENTENCES or label_words > MOST_LABELS:
        return False
    curves = sum(path.curves for path in paths)
    if has_caption and len(paths) + curves >= UNDER_CAPTION:
        return True
    return (curves >= CURVES and curves > 4 * label_words) or _has_bars(paths, labels_inside)


def _has_bars(paths: Sequence[_Path], labels: Sequence[TextLine]) -> bool:
    """Filled rectangles of one breadth that begin at one line, end at different ones, and hold no text."""
    bars = [path.area for path in paths if path.is_bar and not any(path.area.holds(label.area) for label in labels)]
    lengths: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for bar in bars:
        if min(bar.width, bar.height) > 3:
            lengths["upright", round(bar.bottom), round(bar.width)].add(round(bar.height))
            lengths["level", round(bar.left), round(bar.height)].add(round(bar.width))
    return len(bars) >= BARS and any(len(lengths_found) >= BARS - 1 for lengths_found in lengths.values())


def _has_caption(area: Area, page_lines: Sequence[TextLine]) -> bool:
    return any(
        is_caption_of_figure(page_line.text)
        and page_line.area.left < area.right
        and area.left < page_line.area.right
        and (
            0 <= area.bottom - page_line.area.top + 4 < CAPTION_NEAR
            or 0 <= page_line.area.bottom - area.top + 4 < CAPTION_NEAR
        )
        for page_line in page_lines
    )


def _join_panels(
    figures: Sequence[tuple[Area, list[_Path]]], sentences: Sequence[Area]
) -> list[tuple[Area, list[_Path]]]:
    """Figures that lie near each other, with no line of text between them, as one."""
    joined: list[tuple[Area, list[_Path]]] = []
    for area, paths in figures:
        while panels := [figure for figure in joined if _are_panels(area, figure[0], sentences)]:
            joined = [figure for figure in joined if figure not in panels]
            area = area_around([area, *(panel_area for panel_area, _ in panels)])
            paths = [*paths, *(path for _, panel_paths in panels for path in panel_paths)]
        joined.append((area, paths))
    return joined


def _are_panels(panel: Area, neighbour: Area, sentences: Sequence[Area]) -> bool:
    joint = area_around([panel, neighbour])
    return (
        panel.touches(neighbour, PANELS_NEAR)
        and sum(joint.holds(page_line) for page_line in sentences) <= MOST_SENTENCES
    )


def _with_labels(area: Area, paths: Sequence[_Path], labels: Sequence[TextLine], page_area: Area) -> Drawing:
    """The figure with the labels at its edges: short lines near it, and those near these."""
    import hashlib

    boxes = [
        page_line.area
        for page_line in labels
        if page_line.words <= LABEL_WORDS and not is_caption_of_figure(page_line.text)
    ]
    grown = area
    for _ in range(LABEL_ROUNDS):
        grown = area_around(
            [grown, *(label for label in boxes if grown.touches(label, LABEL_NEAR) and _is_beside(label, area))]
        )
    positions = sorted((round(p.area.left - area.left), round(p.area.bottom - area.bottom), p.curves) for p in paths)
    margin = 3.0
    grown = Area(grown.left - margin, grown.bottom - margin, grown.right + margin, grown.top + margin)
    page_bounds = Area(0, 0, page_area.width, page_area.height)
    return Drawing(within_page(grown, page_bounds), hashlib.sha256(repr(positions).encode()).hexdigest()[:16])


def _is_beside(label: Area, area: Area) -> bool:
    """Is it no further than a label is from the drawing itself?"""
    return area.touches(label, LABEL_NEAR * 2.5)
