"""The order in which a page is read: its parts, each in columns, with lines and tables from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from groundwork.documents.layout.floats_and_formulas import with_fractions
from groundwork.documents.layout.forms import form_lines
from groundwork.documents.layout.page_columns import PagePart, page_parts, shared_column_starts
from groundwork.documents.layout.page_content import PageContent
from groundwork.documents.layout.page_edge_lines import RunningLines, outermost_edge_lines
from groundwork.documents.layout.ruling_strokes_and_shades import Stroke, lines_with_strokes
from groundwork.documents.layout.tables.ruled_tables import RuledTable
from groundwork.documents.layout.text_runs_and_lines import Line, Run, to_lines


class OrderedPage(NamedTuple):
    """A page's parts as they are read, each with its column's left and right, and the lines of turned text and
    of notes."""

    parts: list[tuple[list[Line], tuple[float, float] | None]]
    side_texts: list[str]
    form_lines: Sequence[Line] = ()  # of a page to fill in, whose parts have its texts alone
    head_lines: Sequence[Line] = ()  # that run through the document from this page on, as those at the foot do
    foot_lines: Sequence[Line] = ()


def order_pages(pages: Sequence[PageContent], running: RunningLines) -> list[OrderedPage]:
    """The parts of the pages in the order in which they are read, without the running lines but for the first of
    each that the document says nowhere else."""
    running_page_ids = {id(run) for lines in running.repeated for line in lines for run in line.runs}
    runs_to_order = [[run for run in page.runs if id(run) not in running_page_ids] for page in pages]
    lines_at_page_edge = outermost_edge_lines(running.first, runs_to_order[0] if runs_to_order else [])
    edge_run_ids = {id(run) for line in lines_at_page_edge for run in line.runs}
    runs_to_order = [[run for run in page_runs if id(run) not in edge_run_ids] for page_runs in runs_to_order]
    ordered_parts = _parts_in_order(runs_to_order, pages)
    if column_xs := shared_column_starts(ordered_parts):
        ordered_parts = _parts_in_order(runs_to_order, pages, column_xs)
    ordered_pages = [
        _ordered_page(page_runs, parts_in_order, page)
        for page_runs, parts_in_order, page in zip(runs_to_order, ordered_parts, pages, strict=True)
    ]
    page_head_lines, page_foot_lines = (
        to_lines([run for line in lines_at_page_edge if line.is_foot == is_page_foot for run in line.runs])
        for is_page_foot in (False, True)
    )
    if ordered_pages:
        return [ordered_pages[0]._replace(head_lines=page_head_lines, foot_lines=page_foot_lines), *ordered_pages[1:]]
    return []


def _parts_in_order(
    runs_to_order: Sequence[Sequence[Run]], pages: Sequence[PageContent], column_xs: Sequence[float] = ()
) -> list[list[PagePart]]:
    """The parts of each page; a page to fill in has none."""
    return [
        [] if page.form else page_parts(runs, page.grids, column_xs, page.strokes)
        for runs, page in zip(runs_to_order, pages, strict=True)
    ]


def _ordered_page(page_runs: list[Run], parts_in_order: Sequence[PagePart], page: PageContent) -> OrderedPage:
    if page.form:
        return OrderedPage([(form_lines(page_runs, page.form), None)], page.side_texts, to_lines(page_runs))
    lines_by_part = [
        (lines_in_order(to_lines(with_fractions(part.runs)), part.grids, page.strokes), part.column)
        for part in parts_in_order
    ]
    return OrderedPage(lines_by_part, page.side_texts)


def lines_in_order(lines: Sequence[Line], grids: Sequence[RuledTable], strokes: Sequence[Stroke] = ()) -> list[Line]:
    """A page's lines with its drawn tables in their places, each with the lines that are drawn right below it."""
    table_lines = [
        Line(grid.ys[0], [], grid.rows, grid.labels, columns=grid.columns, full_table=grid.full_rows)
        for grid in grids
        if grid.rows or grid.labels
    ]
    unordered_lines = [*lines_with_strokes(lines, strokes), *table_lines]
    return sorted(unordered_lines, key=lambda line: (line.main.y1 + line.y) / 2 if line.runs else line.y)
