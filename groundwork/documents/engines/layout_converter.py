"""layout: the default for PDFs. Needs no download, no key and no model.

liteparse (Apache-2.0) gives the boxes of a page's words and its drawn lines, pdfium inside; what they mean is read
in documents/layout/, from page_content.py on: lines (text_runs_and_lines.py), the document's type and headings
(heading_styles_and_footnotes.py), tables with drawn lines (tables/ruled_tables.py) and without
(tables/borderless_tables.py), the order of reading (reading_order.py), paragraphs and lists (markdown_paragraphs.py).
pdf-inspector (MIT) and liteparse's own Markdown stand by, and take over a page where ours keeps too little and they are
better in everything (conversion/page_renditions.py).
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from msgspec import structs

from groundwork.documents.auditing.page_audit import count_markdown_tables
from groundwork.documents.conversion.converter_table import Conversion, ConversionRequest
from groundwork.documents.engines.pdf_inspector import PdfInspectorPages, pdf_inspector_pages
from groundwork.documents.layout.backward_lines import with_backward_lines_reversed
from groundwork.documents.layout.bold_mono_and_symbol_fonts import typewriter_fonts
from groundwork.documents.layout.drawn_letters import DrawnLetters
from groundwork.documents.layout.heading_styles_and_footnotes import HeadingStyles, heading_names
from groundwork.documents.layout.letter_sizes import LetterSizes
from groundwork.documents.layout.line_numbers import line_numbers
from groundwork.documents.layout.liteparse_pages import (
    liteparse_markdown,
    liteparse_markdown_pages,
    liteparse_texts,
    read_liteparse_pages_upright,
)
from groundwork.documents.layout.lone_numbers import has_lone_numbers, with_lone_numbers
from groundwork.documents.layout.page_content import (
    BLANK_PAGE,
    MeasuredPageItem,
    PageContent,
    measured_items,
    page_content,
)
from groundwork.documents.layout.page_edge_lines import (
    RunningLines,
    find_page_labels,
    running_edge_lines,
    separate_running_lines,
    unread_labels,
)
from groundwork.documents.layout.page_markdown import pages_markdown
from groundwork.documents.layout.reading_order import order_pages
from groundwork.documents.layout.rebuilt_text_items import with_items_of_clusters, with_rebuilt_items
from groundwork.documents.layout.superscripts import with_marks_in_place, with_superscript_digits
from groundwork.documents.repair.hyphens_and_ligatures import find_ligatures, restore_ligatures
from groundwork.language.language_and_script import is_right_to_left, is_shaped

_STAMP_PAGES = 3  # pages from which on turned text is a stamp that runs through the document


def convert(request: ConversionRequest) -> Conversion:
    """Three renditions of every page: our own reading, liteparse's and pdf-inspector's.

    Of pages in a script from right to left pdf-inspector's and ours, which is read in a mirror; so of those in another
    shaped script whose PDF gives the text of its clusters. Of others pdf-inspector's alone: pdfium, and with it
    liteparse, gives the letters of such a script in the order in which they are drawn. Raises what liteparse raises;
    where pdf-inspector fails, a warning, told when its first page is asked for.
    """
    layout_pages, turns = read_liteparse_pages_upright(request)
    layer = request.layer or [""] * len(layout_pages)
    is_shaped_layout = [is_shaped(text) for text in layer]
    layout_numbers = request.pages or range(1, len(layout_pages) + 1)
    layout_pages, layout_contents = _layout_contents_of_pages(request, layout_pages, turns, layer)
    inspector_only = [i for i, layout_page in enumerate(layout_pages) if layout_page is None and is_shaped_layout[i]]
    running_lines_of_pages = _running_lines_of_layout(layout_contents, layout_numbers, layer)
    layout_warnings: list[str] = []
    inspector_pages = PdfInspectorPages(request, len(layout_pages), layout_warnings)
    layout_renditions: dict[str, Sequence[str]] = {
        "lines": _markdown_by_layout(layout_contents, running_lines_of_pages),
        "liteparse": [
            "" if is_shaped_page else liteparse_markdown(layout_page)
            for layout_page, is_shaped_page in zip(layout_pages, is_shaped_layout, strict=True)
        ],
        "pdf-inspector": inspector_pages,
    }
    if unsure_pages := [layout_numbers[i] for i in inspector_only if count_markdown_tables(inspector_pages[i])]:
        layout_warnings.append(_lost_layout_tables_warning(unsure_pages))
    labels_by_page = unread_labels([layout_page.runs for layout_page in layout_contents], layout_numbers, layer)
    running_cells = [
        [*(line.texts for line in layout_lines), *([label] for label in layout_labels)]
        for layout_lines, layout_labels in zip(running_lines_of_pages.repeated, labels_by_page, strict=True)
    ]
    return Conversion(
        renditions=layout_renditions, read_due=inspector_pages.read_due, warnings=layout_warnings, running=running_cells
    )


def _layout_contents_of_pages(
    request: ConversionRequest, layout_pages: list[Any], turns: Mapping[int, int], layer: Sequence[str]
) -> tuple[list[Any], list[PageContent]]:
    """liteparse's pages with the letters that it leaves out, and what is read of each."""
    is_leftward_layout = [is_right_to_left(text) for text in layer]
    with DrawnLetters(request.source, turns, request.opened) as drawn:
        letter_sizes = LetterSizes(drawn)
        layout_pages = [
            page
            and (
                with_items_of_clusters(page, drawn)
                if is_shaped(text) and not is_leftward
                else with_rebuilt_items(page, drawn)
            )
            for page, text, is_leftward in zip(layout_pages, layer, is_leftward_layout, strict=True)
        ]
        layout_pages = [
            with_lone_numbers(page, drawn)
            if page and not is_leftward and page.page_num not in turns and has_lone_numbers(text, liteparse_texts(page))
            else page
            for page, text, is_leftward in zip(layout_pages, layer, is_leftward_layout, strict=True)
        ]
        layout_pages = [page and with_backward_lines_reversed(page, drawn) for page in layout_pages]
        layout_pages = _with_ligatures_in_layout(layout_pages)
        layout_items: list[list[list[MeasuredPageItem]]] = []
        # all that pdfium is asked of a page at once, since it opens one at a time
        for i, page in enumerate(layout_pages):
            layout_pages[i] = page and (
                page if is_leftward_layout[i] else with_marks_in_place(with_superscript_digits(page, drawn))
            )
            layout_items.append(measured_items(layout_pages[i], letter_sizes) if page else [])
        typewriter_font_names = typewriter_fonts(layout_pages)
        return layout_pages, [
            page_content(page, items, drawn, text, typewriter_font_names) if page else BLANK_PAGE
            for page, items, text in zip(layout_pages, layout_items, layer, strict=True)
        ]


def _running_lines_of_layout(
    layout_contents: Sequence[PageContent], layout_numbers: Sequence[int], layer: Sequence[str]
) -> RunningLines:
    """The running headers and footers of each page, and the numbers of its lines."""
    layout_size = statistics.median([run.size for layout_page in layout_contents for run in layout_page.runs] or [0.0])
    names = heading_names([layout_page.runs for layout_page in layout_contents], layout_size)
    title_size = max((run.size for layout_page in layout_contents[:1] for run in layout_page.runs), default=0.0)
    layout_edges = [layout_page.edges for layout_page in layout_contents]
    layout_lines = running_edge_lines(layout_edges, layout_numbers, layout_size, title_size, names)
    labels = find_page_labels(layout_edges, layout_numbers, layout_size)
    layout_lines = [
        [*lines, *(line for line in layout_page if id(line) in labels and line not in lines), *line_numbers_of_page]
        for lines, layout_page, line_numbers_of_page in zip(
            layout_lines, layout_edges, line_numbers([layout_page.runs for layout_page in layout_contents]), strict=True
        )
    ]
    return separate_running_lines(layout_lines, layout_numbers, layer)


def _markdown_by_layout(layout_contents: Sequence[PageContent], running: RunningLines) -> list[str]:
    """The Markdown of our own reading, without running lines and without stamps at the side of many pages."""
    ordered_pages = order_pages(layout_contents, running)
    side_text_counts = Counter(text for layout_page in ordered_pages for text in set(layout_page.side_texts))
    ordered_pages = [
        layout_page._replace(
            side_texts=[text for text in layout_page.side_texts if side_text_counts[text] < _STAMP_PAGES]
        )
        for layout_page in ordered_pages
    ]
    lines_of_layout = [
        [*page.head_lines, *(page.form_lines or chain.from_iterable(lines for lines, _ in page.parts))]
        for page in ordered_pages
    ]
    return pages_markdown(ordered_pages, HeadingStyles(lines_of_layout))


def _with_ligatures_in_layout(layout_pages: list[Any]) -> list[Any]:
    """liteparse's pages with the ligatures as letters that their fonts do not map."""
    ligatures = find_ligatures(
        " ".join(text_item.text for text_item in layout_page.text_items) for layout_page in layout_pages if layout_page
    )
    return (
        [_with_layout_ligatures(layout_page, ligatures) if layout_page else layout_page for layout_page in layout_pages]
        if ligatures
        else layout_pages
    )


def _with_layout_ligatures(layout_page: Any, ligatures: Mapping[str, str]) -> Any:
    items = []
    for item in layout_page.text_items:
        words = [structs.replace(word, text=restore_ligatures(word.text, ligatures)) for word in item.words]
        items.append(structs.replace(item, text=restore_ligatures(item.text, ligatures), words=words))
    return structs.replace(layout_page, text_items=items, markdown=restore_ligatures(layout_page.markdown, ligatures))


def _lost_layout_tables_warning(layout_numbers: Sequence[int]) -> str:
    """A warning of tables on pages in shaped scripts, whose rows and spaces get lost."""
    page_list = f"page{'s' if len(layout_numbers) > 1 else ''} {', '.join(map(str, layout_numbers))}"
    return f"{page_list}: tables in this script lose their structure; check them, or use --converter gemini"


ENGINES = {"pdf-inspector": pdf_inspector_pages, "liteparse": liteparse_markdown_pages}
