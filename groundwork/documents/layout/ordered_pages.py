"""The pages of a document in the order in which they are read, as lines and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from groundwork.documents.layout.columns_and_reading_order import PagePart, page_parts, shared_column_starts
from groundwork.documents.layout.floats_and_formulas import PageBlock, join_sentences_around_floats, with_fractions
from groundwork.documents.layout.forms_and_annotations import form_lines
from groundwork.documents.layout.heading_styles_and_footnotes import HeadingStyles, footnote_range
from groundwork.documents.layout.markdown_paragraphs import MarkdownWriter
from groundwork.documents.layout.page_content import PageContent
from groundwork.documents.layout.page_edge_lines import RunningLines, outermost_edge_lines
from groundwork.documents.layout.right_to_left import unmirrored
from groundwork.documents.layout.ruling_strokes_and_shades import Stroke, lines_with_strokes
from groundwork.documents.layout.tables.drawn_tables import share_columns
from groundwork.documents.layout.tables.ruled_tables import RuledTable
from groundwork.documents.layout.text_runs_and_lines import Line, Run, Stretches, to_lines
from groundwork.documents.repair.page_joining import join_pages
from groundwork.language.sentences import SENTENCE_LINE_ENDS

STAMP_PAGES = 3  # pages from which on turned text is a stamp that runs through the document


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
    runs_by_page = [[run for run in page.runs if id(run) not in running_page_ids] for page in pages]
    lines_at_page_edge = outermost_edge_lines(running.first, runs_by_page[0] if runs_by_page else [])
    edge_run_ids = {id(run) for line in lines_at_page_edge for run in line.runs}
    runs_by_page = [[run for run in page_runs if id(run) not in edge_run_ids] for page_runs in runs_by_page]
    parts_by_page = [_parts_of_page(page_runs, page) for page_runs, page in zip(runs_by_page, pages, strict=True)]
    if column_xs := shared_column_starts(parts_by_page):
        parts_by_page = [
            _parts_of_page(page_runs, page, column_xs) for page_runs, page in zip(runs_by_page, pages, strict=True)
        ]
    ordered_pages = [
        OrderedPage([(form_lines(page_runs, page.form), None)], page.side_texts, to_lines(page_runs))
        if page.form
        else OrderedPage(
            [
                (page_lines(to_lines(with_fractions(part.runs)), part.grids, page.strokes), part.column)
                for part in page_parts_in_order
            ],
            page.side_texts,
        )
        for page_runs, page_parts_in_order, page in zip(runs_by_page, parts_by_page, pages, strict=True)
    ]
    page_head_lines, page_foot_lines = (
        to_lines([run for line in lines_at_page_edge if line.is_foot == is_page_foot for run in line.runs])
        for is_page_foot in (False, True)
    )
    if ordered_pages:
        return [ordered_pages[0]._replace(head_lines=page_head_lines, foot_lines=page_foot_lines), *ordered_pages[1:]]
    return []


def _parts_of_page(runs: Sequence[Run], page: PageContent, column_xs: Sequence[float] = ()) -> list[PagePart]:
    return [] if page.form else page_parts(runs, page.grids, column_xs, page.strokes)


def page_lines(lines: Sequence[Line], grids: Sequence[RuledTable], strokes: Sequence[Stroke] = ()) -> list[Line]:
    """A page's lines with its drawn tables in their places, each with the lines that are drawn right below it."""
    table_lines = [
        Line(grid.ys[0], [], grid.rows, grid.labels, columns=grid.columns, full_table=grid.full_rows)
        for grid in grids
        if grid.rows or grid.labels
    ]
    page_lines_in_order = [*lines_with_strokes(lines, strokes), *table_lines]
    return sorted(page_lines_in_order, key=lambda line: (line.main.y1 + line.y) / 2 if line.cells else line.y)


def pages_markdown(pages: Sequence[OrderedPage], styles: HeadingStyles) -> list[str]:
    """Each page as one text; the rows at its head may go on with the table at the foot of the page before."""
    share_columns([[lines for lines, _ in page.parts] for page in pages])
    page_markdowns = []
    columns_of_page_above: Stretches = ()
    for page in pages:
        page_markdown, columns_of_page_above = _page_markdown(page, styles, columns_of_page_above)
        page_markdowns.append(page_markdown)
    return page_markdowns


def _page_markdown(page: OrderedPage, styles: HeadingStyles, columns_of_page_above: Stretches) -> tuple[str, Stretches]:
    """A page as one text, and the columns of the table with which it ends; a sentence goes on from the foot of a column
    to the head of the next one.

    Footnotes and turned text come last, but not within a sentence that goes on overleaf.
    """
    page_blocks: list[PageBlock] = []
    texts_beside_page: list[str] = []
    for part_number, (part_lines, column) in enumerate(page.parts):
        page_notes_start, page_notes_end = footnote_range(part_lines, styles)
        part_writer = MarkdownWriter(part_lines[:page_notes_start], styles, column, columns_of_page_above)
        columns_of_page_above = part_writer.open_columns if page_notes_end == len(part_lines) else ()
        page_blocks += [page_block._replace(part=2 * part_number) for page_block in part_writer.blocks()]
        texts_beside_page.append(MarkdownWriter(part_lines[page_notes_start:page_notes_end], styles, column).markdown())
        page_blocks += [
            page_block._replace(part=2 * part_number + 1)
            for page_block in MarkdownWriter(part_lines[page_notes_end:], styles, column).blocks()
        ]
    blocks_by_part = groupby(
        join_sentences_around_floats(page_blocks, styles.vocabulary.join), key=lambda page_block: page_block.part
    )
    page_text = join_pages(
        ["\n\n".join(page_block.text for page_block in part_blocks) for _, part_blocks in blocks_by_part],
        titles_apart=False,
    ).markdown
    head_text, foot_text = (
        _page_edge_text(edge_lines, page, styles) for edge_lines in (page.head_lines, page.foot_lines)
    )
    texts_beside_page.append(foot_text)
    text_before_last_block, block_gap, last_page_block = page_text.rpartition("\n\n")
    texts_beside_page += page.side_texts
    blocks_of_page = (
        [page_text, *texts_beside_page]
        if last_page_block.endswith(SENTENCE_LINE_ENDS) or not block_gap
        else [text_before_last_block, *texts_beside_page, last_page_block]
    )
    return unmirrored("\n\n".join(filter(None, [head_text, *blocks_of_page]))), columns_of_page_above


def _page_edge_text(edge_lines: Sequence[Line], page: OrderedPage, styles: HeadingStyles) -> str:
    """Lines at an edge of a page as text; those that end long before the page's text does are paragraphs."""
    page_text_lines = [line for part_lines, _ in page.parts for line in part_lines if line.cells]
    page_text_width = (
        (min(line.x1 for line in page_text_lines), max(line.x2 for line in page_text_lines))
        if page_text_lines
        else None
    )
    return MarkdownWriter(edge_lines, styles, page_text_width).markdown() if edge_lines else ""
