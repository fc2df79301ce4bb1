"""The Markdown of each page, from its lines in the order in which they are read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from groundwork.documents.layout.floats_and_formulas import PageBlock, join_sentences_around_floats
from groundwork.documents.layout.heading_styles_and_footnotes import HeadingStyles, footnote_range
from groundwork.documents.layout.markdown_paragraphs import MarkdownWriter
from groundwork.documents.layout.reading_order import OrderedPage
from groundwork.documents.layout.right_to_left import unmirrored
from groundwork.documents.layout.tables.drawn_tables import share_columns
from groundwork.documents.layout.text_runs_and_lines import Line, Stretches
from groundwork.documents.repair.page_joining import join_pages
from groundwork.language.sentences import SENTENCE_LINE_ENDS


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
    head_text, foot_text = (_page_edge_text(lines, page, styles) for lines in (page.head_lines, page.foot_lines))
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
    page_text_lines = [line for part_lines, _ in page.parts for line in part_lines if line.runs]
    page_text_width = (
        (min(line.x1 for line in page_text_lines), max(line.x2 for line in page_text_lines))
        if page_text_lines
        else None
    )
    return MarkdownWriter(edge_lines, styles, page_text_width).markdown() if edge_lines else ""
