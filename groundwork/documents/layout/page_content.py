"""A page of liteparse: the texts, drawn tables, charts and notes that it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from groundwork.documents.layout.chart_regions import find_chart_regions
from groundwork.documents.layout.drawn_bullets import find_bullets, with_bullets
from groundwork.documents.layout.drawn_letters import DrawnLetters
from groundwork.documents.layout.drawn_tick_boxes import find_tick_boxes, with_tick_boxes
from groundwork.documents.layout.forms import Form, is_form, without_tick_boxes
from groundwork.documents.layout.letter_sizes import LetterSizes
from groundwork.documents.layout.liteparse_pages import LiteparsePage, LiteparseText
from groundwork.documents.layout.page_edge_lines import EdgeLine, edge_lines
from groundwork.documents.layout.right_to_left import (
    mirrored_box,
    mirrored_runs,
    mirrored_strokes,
    rtl_page_spelling,
    rtl_word_runs,
)
from groundwork.documents.layout.ruling_strokes_and_shades import Stroke, Strokes, find_shades, find_strokes
from groundwork.documents.layout.tables.drawn_tables import (
    chart_as_drawn_table,
    find_drawn_tables,
    frames_of_drawn_tables,
    frames_of_striped_tables,
)
from groundwork.documents.layout.tables.ruled_tables import RuledTable
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.documents.layout.text_runs_and_lines import Box, Run, to_lines, to_run
from groundwork.documents.layout.turned_text import TurnedItems, TurnedTextOnPage, turned_place_on_page, upright
from groundwork.documents.layout.typed_fields_and_annotations import (
    icon_annotations,
    tick_field_boxes,
    typed_field_boxes,
    with_typed_field_runs,
)
from groundwork.language.language_and_script import is_right_to_left


class PageContent(NamedTuple):
    """A page before its order is known: texts, drawn tables and charts, horizontal lines, turned texts and notes, and
    the lines at its edges."""

    runs: list[Run]
    grids: list[RuledTable]
    strokes: Sequence[Stroke]
    side_texts: list[str]
    edges: list[EdgeLine]
    form: Form | None = None  # of a page to fill in


class MeasuredPageItem(NamedTuple):
    """A text item of liteparse, the size of its letters in points, and the font of its last word where that may be
    another than that of the first."""

    text_item: LiteparseText
    size: float
    end_font: str
    turn: int = 0  # degrees clockwise by which it stands turned on the page


BLANK_PAGE = PageContent([], [], [], [], [])


def measured_items(page: LiteparsePage, sizes: LetterSizes) -> list[list[MeasuredPageItem]]:
    """The text items of a page that stand upright, and those of each other turn, set upright."""
    upright_page_items = upright(page)
    return [
        [
            MeasuredPageItem(text_item, sizes.of(text_item, page), sizes.end_font(text_item, page), page_turn)
            for text_item in page_items
        ]
        for page_turn, page_items in (TurnedItems(0, upright_page_items.items), *upright_page_items.aside)
    ]


def page_content(
    page: LiteparsePage,
    page_items: Sequence[Sequence[MeasuredPageItem]],
    drawn: DrawnLetters,
    page_layer: str,
    page_typewriter_fonts: frozenset[str],
) -> PageContent:
    """What is drawn on a page, spelt as in its text layer. `page_items`: its measured items."""
    speller = Speller(page_layer)
    page_item_runs = _runs_of_page_items(page_items[0], speller, page_typewriter_fonts)
    turned = [line for side in page_items[1:] for line in _turned_lines(side, page, speller, page_typewriter_fonts)]
    page_runs = [run for _, run in page_item_runs]
    page_fields = typed_field_boxes(page)
    charts = find_chart_regions(page.vector_graphics, page_runs, page_fields) if page.vector_graphics else []
    leftward = is_right_to_left(page_layer)
    page_runs = rtl_word_runs(page_item_runs, rtl_page_spelling(page, drawn)) if leftward else page_runs
    page_runs = with_typed_field_runs(page, page_runs)
    drawn_strokes = find_strokes(page.vector_graphics) if page.vector_graphics else Strokes([], [])
    if leftward:
        page_runs, drawn_strokes = mirrored_runs(page_runs, page.width), mirrored_strokes(drawn_strokes, page.width)
        charts, page_fields = ([mirrored_box(box, page.width) for box in boxes] for boxes in (charts, page_fields))
    page_ticks = tick_field_boxes(page)
    if not leftward and is_form(sum(len(run.words) for run in page_runs), len(page_fields) + len(page_ticks)):
        form = Form(without_tick_boxes(drawn_strokes, page_ticks), page_fields)
        return _form_content(page, page_runs, drawn_strokes, form, _side_texts(turned, page, page_layer))
    if page.vector_graphics and not leftward:
        page_runs, drawn_strokes = _with_drawn_ticks(page, page_runs, drawn_strokes, drawn)
    page_runs = _with_page_bullets(page, page_runs, charts, leftward)
    grids = [chart_as_drawn_table(chart, page_runs) for chart in charts]
    page_prose = [run for run in page_runs if not any(grid.holds(run) for grid in grids)] if grids else page_runs
    page_frames, walls = frames_of_drawn_tables(drawn_strokes, charts)
    shades = find_shades(page.vector_graphics) if page.vector_graphics and not leftward and not page_fields else []
    page_frames += frames_of_striped_tables(shades, page_prose, page_frames, charts)
    tables, heads = find_drawn_tables(page_frames, page_prose, page_fields, shades, [] if leftward else turned)
    page_prose = [run for run in page_prose if not any(table.holds(run) for table in tables)] if tables else page_prose
    turned = [[page_cell for page_cell in line if page_cell not in heads] for line in turned] if heads else turned
    grids += tables
    page_strokes = [*drawn_strokes.flat, *walls, *(Stroke(box.x1, box.y1, box.x2, box.y1) for box in page_fields)]
    page_edges = [] if leftward else edge_lines(page_prose, grids, page.height)
    return PageContent(page_prose, grids, page_strokes, _side_texts(turned, page, page_layer), page_edges)


def _form_content(page: LiteparsePage, runs: list[Run], strokes: Strokes, form: Form, sides: list[str]) -> PageContent:
    return PageContent(runs, [], strokes.flat, sides, edge_lines(runs, [], page.height), form)


def _with_drawn_ticks(
    page: LiteparsePage, runs: list[Run], strokes: Strokes, drawn: DrawnLetters
) -> tuple[list[Run], Strokes]:
    """The runs with the drawn boxes to tick in their places, and the strokes without them."""
    placed_ticks = find_tick_boxes(page, runs, drawn)
    return with_tick_boxes(runs, placed_ticks), without_tick_boxes(strokes, [tick.box for _, tick in placed_ticks])


def _with_page_bullets(page: LiteparsePage, runs: list[Run], page_charts: Sequence[Box], leftward: bool) -> list[Run]:
    """The runs of a page; those that begin behind a disc that is drawn begin with the sign of a bullet."""
    page_bullets = find_bullets(page.vector_graphics) if page.vector_graphics else []
    page_bullets = [mirrored_box(bullet, page.width) for bullet in page_bullets] if leftward else page_bullets
    return with_bullets(runs, page_bullets, page_charts) if page_bullets else runs


def _turned_lines(
    turned_items: Sequence[MeasuredPageItem], page: LiteparsePage, speller: Speller, typewriter_fonts: frozenset[str]
) -> list[list[TurnedTextOnPage]]:
    """The texts of each turned line."""
    page_lines_upright = to_lines([run for _, run in _runs_of_page_items(turned_items, speller, typewriter_fonts)])
    page_turn = turned_items[0].turn if turned_items else 0
    return [
        [
            TurnedTextOnPage(turned_place_on_page(Box(*run[:4], run.text), page_turn, page), is_watermark=not page_turn)
            for run in line.runs
        ]
        for line in page_lines_upright
    ]


def _side_texts(turned: Sequence[Sequence[TurnedTextOnPage]], page: LiteparsePage, page_layer: str) -> list[str]:
    """The turned lines, and the notes that are shown as icons."""
    page_side_lines = (" ".join(cell.box.text for cell in line) for line in turned if line)
    return [*(_whole_side_line(line, page_layer) for line in page_side_lines), *icon_annotations(page, page_layer)]


def _runs_of_page_items(
    page_items: Sequence[MeasuredPageItem], speller: Speller, page_typewriter_fonts: frozenset[str]
) -> list[tuple[LiteparseText, Run]]:
    """The text items that are not blank, each with its run."""
    page_item_runs = []
    for text_item, size, end_font, _ in page_items:
        if run := to_run(text_item, size, speller, end_font, page_typewriter_fonts):
            page_item_runs.append((text_item, run))
    return page_item_runs


def _whole_side_line(page_side_line: str, page_layer: str) -> str:
    """A turned line as the text layer has it: liteparse cuts those that reach over the edge of the page."""
    side_line_start = page_layer.find(page_side_line)
    if side_line_start >= 0 and (not side_line_start or page_layer[side_line_start - 1] == "\n"):
        return page_layer[side_line_start:].split("\n", 1)[0].strip()
    return page_side_line
