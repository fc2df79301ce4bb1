"""A PDF's drawn figures: where lines, curves and shapes make a chart or a diagram, with its labels, as areas of a page.

What is drawn close together is one drawing. It is a figure where it shows something: curves and slanting lines, bars
without text, or boxes and lines over a figure's caption. A drawing around lines of text (a box, a table, a form) is
none.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from groundwork.documents.pdf_files.page_objects import curves_of_path, is_filled_path, is_visible_path
from groundwork.documents.pictures.page_areas import (
    AreaOfTextLine,
    PageArea,
    area_around,
    area_on_page,
    area_within_page,
    areas_of_prose_lines,
)
from groundwork.markdown.captions import is_caption_of_figure

DRAWING_GRID_CELL = 4.0  # points of the grid on which drawings are told apart
MOST_DRAWN_PATHS = 20_000  # of a page that are looked at; what has more is a map or a photograph in vectors
MOST_DRAWN_SEGMENTS = 200  # of a path that are looked at
MOST_FIGURE_OF_PAGE = 0.8
LEAST_FIGURE_POINTS = 36.0  # of a drawing's shorter side
LEAST_WITHOUT_CAPTION = 72.0  # of one without a caption
CURVES_OF_FIGURE = 30  # curves and slanting lines that make a drawing a figure
FIGURE_UNDER_CAPTION = 6  # shapes that do, over a caption
BARS_OF_FIGURE = 4
FIGURE_LABEL_WORDS = 6  # of a label beside a drawing
MOST_SENTENCES_IN_FIGURE = 1  # lines of text within a figure
MOST_FIGURE_WORDS = 150  # words in it
FIGURE_LABEL_NEAR = 14.0  # points from a drawing to its labels
FIGURE_LABEL_FAR = 2.5 * FIGURE_LABEL_NEAR  # points from the drawing itself to the furthest of them
FIGURE_MARGIN = 3.0  # points around a figure with its labels
FIGURE_LABEL_ROUNDS = 3  # how often labels further off are looked for
FIGURE_PANELS_NEAR = 40.0  # points between the parts of one figure
FIGURE_CAPTION_NEAR = 40.0  # points from a drawing to its caption


class DrawnFigure(NamedTuple):
    """Where a figure is drawn, with its labels; equal `shape` is the same drawing elsewhere."""

    area: PageArea
    shape: str


class _DrawnPath(NamedTuple):
    area: PageArea
    curves: int  # curves and slanting lines in it
    is_bar: bool  # a filled rectangle


def drawn_figures(page: Any, page_area: PageArea, page_lines: Sequence[AreaOfTextLine]) -> list[DrawnFigure]:
    """The drawn figures of a page.

    Raises PdfiumError for a damaged page.
    """
    drawn_paths = list(itertools.islice(_drawn_paths(page, page_area), MOST_DRAWN_PATHS + 1))
    lines_beside_figures = dict.fromkeys(areas_of_prose_lines(page_lines))
    sentences = [page_line.area for page_line in lines_beside_figures]
    figure_labels = [page_line for page_line in page_lines if page_line not in lines_beside_figures]
    drawn_paths = [drawn_path for drawn_path in drawn_paths if not _is_path_around_text(drawn_path, sentences)]
    if not drawn_paths or len(drawn_paths) > MOST_DRAWN_PATHS:
        return []
    figures_of_page = []
    for path_group in _groups_of_paths(drawn_paths, page_area):
        figure_area = area_around([drawn_path.area for drawn_path in path_group])
        if figure_area.size > MOST_FIGURE_OF_PAGE * page_area.width * page_area.height:
            continue
        if _is_figure(figure_area, path_group, figure_labels, sentences, _has_figure_caption(figure_area, page_lines)):
            figures_of_page.append((figure_area, path_group))
    return [
        _figure_with_labels(*figure, figure_labels, page_area)
        for figure in _join_figure_panels(figures_of_page, sentences)
    ]


def _drawn_paths(page: Any, page_area: PageArea) -> Iterator[_DrawnPath]:
    """What is drawn on a page and can be seen; without backgrounds."""
    import pypdfium2.raw as pdfium

    for drawn_object in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_SHADING], max_depth=8):
        drawn_area = area_within_page(area_on_page(drawn_object), page_area)
        if (
            drawn_area.width < 0
            or drawn_area.height < 0
            or drawn_area.size > MOST_FIGURE_OF_PAGE * page_area.width * page_area.height
        ):
            continue
        if drawn_object.type == pdfium.FPDF_PAGEOBJ_SHADING:
            yield _DrawnPath(drawn_area, 0, is_bar=False)
        elif is_visible_path(drawn_object):
            curves, is_rectangle = curves_of_path(drawn_object, MOST_DRAWN_SEGMENTS)
            yield _DrawnPath(drawn_area, curves, is_bar=is_rectangle and is_filled_path(drawn_object))


def _is_path_around_text(path: _DrawnPath, sentences: Sequence[PageArea]) -> bool:
    """Is it drawn around lines of text, or behind them?"""
    return path.area.height > LEAST_FIGURE_POINTS / 2 and sum(path.area.holds(sentence) for sentence in sentences) > 2


def _groups_of_paths(drawn_paths: Sequence[_DrawnPath], page_area: PageArea) -> list[list[_DrawnPath]]:
    """The paths in groups that lie close together."""
    import numpy as np
    from scipy.ndimage import label

    drawing_grid = np.zeros(
        (int(page_area.height / DRAWING_GRID_CELL) + 3, int(page_area.width / DRAWING_GRID_CELL) + 3), dtype=bool
    )

    def drawing_cells(area: PageArea) -> tuple[slice, slice]:
        # a cell more on each side: what is near joins
        drawing_rows = slice(int(area.bottom / DRAWING_GRID_CELL), int(area.top / DRAWING_GRID_CELL) + 3)
        return drawing_rows, slice(int(area.left / DRAWING_GRID_CELL), int(area.right / DRAWING_GRID_CELL) + 3)

    for drawn_path in drawn_paths:
        drawing_grid[drawing_cells(drawn_path.area)] = True
    path_groups, _ = label(drawing_grid, structure=np.ones((3, 3)))
    groups_of_paths: dict[int, list[_DrawnPath]] = {}
    for drawn_path in drawn_paths:
        drawing_rows, drawing_columns = drawing_cells(drawn_path.area)
        groups_of_paths.setdefault(int(path_groups[drawing_rows.start, drawing_columns.start]), []).append(drawn_path)
    return list(groups_of_paths.values())


def _is_figure(
    figure_area: PageArea,
    figure_paths: Sequence[_DrawnPath],
    figure_labels: Sequence[AreaOfTextLine],
    sentences: Sequence[PageArea],
    has_caption: bool,
) -> bool:
    if min(figure_area.width, figure_area.height) < (LEAST_FIGURE_POINTS if has_caption else LEAST_WITHOUT_CAPTION):
        return False
    inside = [page_line for page_line in figure_labels if figure_area.holds(page_line.area)]
    label_words = sum(page_line.words for page_line in inside)
    if sum(map(figure_area.holds, sentences)) > MOST_SENTENCES_IN_FIGURE or label_words > MOST_FIGURE_WORDS:
        return False
    figure_curves = sum(path.curves for path in figure_paths)
    if has_caption and len(figure_paths) + figure_curves >= FIGURE_UNDER_CAPTION:
        return True
    return (figure_curves >= CURVES_OF_FIGURE and figure_curves > 4 * label_words) or _has_bars(figure_paths, inside)


def _has_bars(figure_paths: Sequence[_DrawnPath], figure_labels: Sequence[AreaOfTextLine]) -> bool:
    """Filled rectangles of one breadth that begin at one line, end at different ones, and hold no text."""
    figure_bars = [
        path.area
        for path in figure_paths
        if path.is_bar and not any(path.area.holds(label.area) for label in figure_labels)
    ]
    figure_lengths: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for drawn_bar in figure_bars:
        if min(drawn_bar.width, drawn_bar.height) > 3:
            figure_lengths["upright", round(drawn_bar.bottom), round(drawn_bar.width)].add(round(drawn_bar.height))
            figure_lengths["level", round(drawn_bar.left), round(drawn_bar.height)].add(round(drawn_bar.width))
    return len(figure_bars) >= BARS_OF_FIGURE and any(
        len(lengths_of_bars) >= BARS_OF_FIGURE - 1 for lengths_of_bars in figure_lengths.values()
    )


def _has_figure_caption(figure_area: PageArea, page_lines: Sequence[AreaOfTextLine]) -> bool:
    return any(
        is_caption_of_figure(page_line.text)
        and page_line.area.left < figure_area.right
        and figure_area.left < page_line.area.right
        and (
            0 <= figure_area.bottom - page_line.area.top + 4 < FIGURE_CAPTION_NEAR
            or 0 <= page_line.area.bottom - figure_area.top + 4 < FIGURE_CAPTION_NEAR
        )
        for page_line in page_lines
    )


def _join_figure_panels(
    figures: Sequence[tuple[PageArea, list[_DrawnPath]]], sentences: Sequence[PageArea]
) -> list[tuple[PageArea, list[_DrawnPath]]]:
    """Figures that lie near each other, with no line of text between them, as one."""
    joined: list[tuple[PageArea, list[_DrawnPath]]] = []
    for figure_area, figure_paths in figures:
        while panels := [figure for figure in joined if _are_panels_of_figure(figure_area, figure[0], sentences)]:
            joined = [figure for figure in joined if figure not in panels]
            figure_area = area_around([figure_area, *(panel_area for panel_area, _ in panels)])
            figure_paths = [*figure_paths, *(path for _, panel_paths in panels for path in panel_paths)]
        joined.append((figure_area, figure_paths))
    return joined


def _are_panels_of_figure(figure_panel: PageArea, neighbour: PageArea, sentences: Sequence[PageArea]) -> bool:
    figure_around = area_around([figure_panel, neighbour])
    return (
        figure_panel.touches(neighbour, FIGURE_PANELS_NEAR)
        and sum(figure_around.holds(page_line) for page_line in sentences) <= MOST_SENTENCES_IN_FIGURE
    )


def _figure_with_labels(
    figure_area: PageArea,
    figure_paths: Sequence[_DrawnPath],
    figure_labels: Sequence[AreaOfTextLine],
    page_area: PageArea,
) -> DrawnFigure:
    """The figure with the labels at its edges: short lines near it, and those near these."""
    import hashlib

    labelled_figure = _area_with_labels(figure_area, figure_labels)
    figure_path_positions = sorted(
        (round(p.area.left - figure_area.left), round(p.area.bottom - figure_area.bottom), p.curves)
        for p in figure_paths
    )
    left, bottom, right, top = labelled_figure
    with_margin = PageArea(left - FIGURE_MARGIN, bottom - FIGURE_MARGIN, right + FIGURE_MARGIN, top + FIGURE_MARGIN)
    figure_digest = hashlib.sha256(repr(figure_path_positions).encode()).hexdigest()[:16]
    figure_page_bounds = PageArea(0, 0, page_area.width, page_area.height)
    return DrawnFigure(area_within_page(with_margin, figure_page_bounds), figure_digest)


def _area_with_labels(figure_area: PageArea, figure_labels: Sequence[AreaOfTextLine]) -> PageArea:
    label_areas = [
        page_line.area
        for page_line in figure_labels
        if page_line.words <= FIGURE_LABEL_WORDS
        and not is_caption_of_figure(page_line.text)
        and figure_area.touches(page_line.area, FIGURE_LABEL_FAR)
    ]
    labelled_figure = figure_area
    for _ in range(FIGURE_LABEL_ROUNDS):
        near_labels = [label for label in label_areas if labelled_figure.touches(label, FIGURE_LABEL_NEAR)]
        labelled_figure = area_around([labelled_figure, *near_labels])
    return labelled_figure
