"""What a page of liteparse holds before its order is known: its texts, drawn tables, charts, notes and turned texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from groundwork.documents.layout.chart_regions import find_chart_regions
from groundwork.documents.layout.drawn_bullets import find_bullets, with_bullets
from groundwork.documents.layout.drawn_letters import DrawnLetters
from groundwork.documents.layout.forms_and_annotations import (
    Form,
    form_fields,
    icon_annotations,
    is_form,
    tick_boxes,
    with_typed_field_runs,
    without_tick_boxes,
)
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
from groundwork.documents.layout.ruling_strokes_and_shades import (
    Frame,
    Shade,
    Stroke,
    Strokes,
    find_frames,
    find_shades,
    find_strokes,
    with_shaded_rows,
)
from groundwork.documents.layout.tables.ruled_tables import RuledTable, find_ruled_tables
from groundwork.documents.layout.tables.striped_tables import striped_frames
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.documents.layout.text_lines import Box, Run, to_lines, to_run
from groundwork.documents.layout.turned_text import TurnedTexts, place_on_page, upright
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


class _TurnedText(NamedTuple):
    """A turned text where it lies on the page."""

    box: Box
    is_watermark: bool


BLANK_PAGE = PageContent([], [], [], [], [])


def measured_items(page: LiteparsePage, sizes: LetterSizes) -> list[list[MeasuredPageItem]]:
    """The text items of a page that stand upright, and those of each other turn, set upright."""
    upright_items = upright(page)
    return [
        [
            MeasuredPageItem(text_item, sizes.of(text_item, page), sizes.end_font(text_item, page), turn)
            for text_item in items
        ]
        for turn, items in (TurnedTexts(0, upright_items.items), *upright_items.aside)
    ]


def page_content(
    page: LiteparsePage,
    items: Sequence[Sequence[MeasuredPageItem]],
    drawn: DrawnLetters,
    page_layer: str,
    typewriter_fonts: frozenset[str],
) -> PageContent:
    """What is drawn on a page, spelt as in its text layer. `items`: its measured items."""
    speller = Speller(page_layer)
    page_item_runs = _runs_of_page_items(items[0], speller, typewriter_fonts)
    turned = [line for side in items[1:] for line in _turned_lines(side, page, speller, typewriter_fonts)]
    page_runs = [run for _, run in page_item_runs]
    page_fields = form_fields(page)
    charts = find_chart_regions(page.vector_graphics, page_runs, page_fields) if page.vector_graphics else []
    leftward = is_right_to_left(page_layer)
    page_runs = with_typed_field_runs(
        page, rtl_word_runs(page_item_runs, rtl_page_spelling(page, drawn)) if leftward else page_runs
    )
    drawn_strokes = find_strokes(page.vector_graphics) if page.vector_graphics else Strokes([], [])
    if leftward:
        page_runs, drawn_strokes = mirrored_runs(page_runs, page.width), mirrored_strokes(drawn_strokes, page.width)
        charts, page_fields = ([mirrored_box(box, page.width) for box in boxes] for boxes in (charts, page_fields))
    page_ticks = tick_boxes(page)
    if not leftward and is_form(sum(len(run.words) for run in page_runs), len(page_fields) + len(page_ticks)):
        page_form = Form(without_tick_boxes(drawn_strokes, page_ticks), page_fields)
        sides = _side_texts(turned, page, page_layer)
        return PageContent(page_runs, [], drawn_strokes.flat, sides, edge_lines(page_runs, [], page.height), page_form)
    bullets = find_bullets(page.vector_graphics) if page.vector_graphics else []
    bullets = [mirrored_box(bullet, page.width) for bullet in bullets] if leftward else bullets
    page_runs = with_bullets(page_runs, bullets, charts) if bullets else page_runs
    grids = [_chart_grid(chart, page_runs) for chart in charts]
    page_prose = [run for run in page_runs if not any(grid.holds(run) for grid in grids)] if grids else page_runs
    frames, walls = _frames_and_walls(drawn_strokes, charts)
    shades = find_shades(page.vector_graphics) if page.vector_graphics and not leftward and not page_fields else []
    frames += _striped_tables_of_page(shades, page_prose, frames, charts)
    tables, heads = _drawn_tables_of_page(frames, page_prose, page_fields, shades, [] if leftward else turned)
    page_prose = [run for run in page_prose if not any(table.holds(run) for table in tables)] if tables else page_prose
    turned = [[cell for cell in line if cell not in heads] for line in turned] if heads else turned
    grids += tables
    page_strokes = [
        *drawn_strokes.flat,
        *walls,
        *(Stroke(field.x1, field.y1, field.x2, field.y1) for field in page_fields),
    ]
    sides = _side_texts(turned, page, page_layer)
    return PageContent(
        page_prose, grids, page_strokes, sides, [] if leftward else edge_lines(page_prose, grids, page.height)
    )


def _turned_lines(
    turned_items: Sequence[MeasuredPageItem], page: LiteparsePage, speller: Speller, typewriter_fonts: frozenset[str]
) -> list[list[_TurnedText]]:
    """The texts of each turned line."""
    lines_set_upright = to_lines([run for _, run in _runs_of_page_items(turned_items, speller, typewriter_fonts)])
    turn = turned_items[0].turn if turned_items else 0
    return [
        [
            _TurnedText(place_on_page(Box(*cell[:4], cell.text), turn, page), is_watermark=not turn)
            for cell in line.cells
        ]
        for line in lines_set_upright
    ]


def _striped_tables_of_page(
    shades: Sequence[Shade], prose: Sequence[Run], frames: Sequence[Frame], charts: Sequence[Box]
) -> list[Frame]:
    """The tables that stripes draw, which are no part of a chart and no listing."""
    striped_table_frames = (
        striped_frames(shades, [word for run in prose for word in run.words], frames) if len(shades) > 1 else []
    )
    return [
        frame
        for frame in striped_table_frames
        if not (any(_is_in_chart(frame, chart) for chart in charts) or _holds_code_listing(frame, prose))
    ]


def _frames_and_walls(strokes: Strokes, charts: Sequence[Box]) -> tuple[list[Frame], list[Stroke]]:
    """The frames that are no part of a chart, and the steep strokes that belong to no frame at all."""
    frames = find_frames(strokes)
    framed_strokes = {stroke for frame in frames for stroke in frame.steep}
    walls = [stroke for stroke in strokes.steep if stroke not in framed_strokes]
    return [frame for frame in frames if not any(_is_in_chart(frame, chart) for chart in charts)], walls


def _drawn_tables_of_page(
    frames: Sequence[Frame],
    page_prose: Sequence[Run],
    page_fields: Sequence[Box],
    page_shades: Sequence[Shade],
    turned: Sequence[Sequence[_TurnedText]],
) -> tuple[list[RuledTable], list[_TurnedText]]:
    """The drawn tables, and the turned texts that stand in them, such as the names of narrow columns."""
    if not frames:
        return [], []
    page_words = [word for run in page_prose for word in run.words]
    if page_shades:
        frames = [with_shaded_rows(frame, page_shades, page_words) for frame in frames]
    drawn_tables = find_ruled_tables(frames, page_words, page_fields)
    turned_heads = [
        turned_head
        for line in turned
        for turned_head in line
        if not turned_head.is_watermark and any(table.rows and table.holds(turned_head.box) for table in drawn_tables)
    ]
    return (
        (
            find_ruled_tables(frames, [*page_words, *(turned_head.box for turned_head in turned_heads)], page_fields),
            turned_heads,
        )
        if turned_heads
        else (drawn_tables, [])
    )


def _side_texts(turned: Sequence[Sequence[_TurnedText]], page: LiteparsePage, page_layer: str) -> list[str]:
    """The turned lines, and the notes that are shown as icons."""
    side_lines = (" ".join(cell.box.text for cell in line) for line in turned if line)
    return [*(_whole_side_line(line, page_layer) for line in side_lines), *icon_annotations(page, page_layer)]


def _runs_of_page_items(
    page_items: Sequence[MeasuredPageItem], speller: Speller, page_typewriter_fonts: frozenset[str]
) -> list[tuple[LiteparseText, Run]]:
    """The text items that are not blank, each with its run."""
    page_item_runs = []
    for text_item, size, end_font, _ in page_items:
        if run := to_run(text_item, size, speller, end_font, page_typewriter_fonts):
            page_item_runs.append((text_item, run))
    return page_item_runs


def _whole_side_line(side_line: str, page_layer: str) -> str:
    """A turned line as the text layer has it: liteparse cuts those that reach over the edge of the page."""
    side_line_start = page_layer.find(side_line)
    return (
        page_layer[side_line_start:].split("\n", 1)[0].strip()
        if side_line_start >= 0 and (not side_line_start or page_layer[side_line_start - 1] == "\n")
        else side_line
    )


def _chart_grid(chart: Box, runs: Sequence[Run]) -> RuledTable:
    """A chart as a table without rows that holds its labels."""
    chart_grid = RuledTable([chart.x1, chart.x2], [chart.y1, chart.y2], [])
    return chart_grid._replace(
        labels=" ".join(line.text for line in to_lines([run for run in runs if chart_grid.holds(run)]))
    )


def _is_in_chart(frame: Frame, chart: Box) -> bool:
    """Whether most of a frame lies in a chart."""
    overlap_width = min(frame.xs[-1], chart.x2) - max(frame.xs[0], chart.x1)
    overlap_height = min(frame.ys[-1], chart.y2) - max(frame.ys[0], chart.y1)
    frame_area = (frame.xs[-1] - frame.xs[0]) * (frame.ys[-1] - frame.ys[0])
    return overlap_width > 0 and overlap_height > 0 and 2 * overlap_width * overlap_height > frame_area


def _holds_code_listing(frame: Frame, runs: Sequence[Run]) -> bool:
    """Whether a text in a typewriter's font runs over the edge of a column, as lines of a shaded listing do."""
    typewriter_runs = [run for run in runs if run.mono and frame.ys[0] <= run.y1 and run.y2 <= frame.ys[-1]]
    return any(run.x1 < x - 1 and x + 1 < run.x2 for x in frame.xs[1:-1] for run in typewriter_runs)
