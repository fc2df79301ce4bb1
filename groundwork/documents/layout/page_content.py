"""A page of liteparse on its way to Markdown: what is drawn on it, in the order in which it is read, as text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from groundwork.documents.layout.charts import find_charts
from groundwork.documents.layout.columns_and_reading_order import PagePart, gutters, page_parts
from groundwork.documents.layout.displayed_fractions import with_fractions
from groundwork.documents.layout.drawn_bullets import find_bullets, with_bullets
from groundwork.documents.layout.drawn_letters import DrawnLetters
from groundwork.documents.layout.floats_and_formulas import PageBlock, whole_sentences
from groundwork.documents.layout.forms_and_annotations import (
    Form,
    form_fields,
    form_lines,
    icon_notes,
    is_form,
    tick_boxes,
    with_typed_runs,
    without_boxes,
)
from groundwork.documents.layout.headings_and_footnotes import Styles, foot_notes
from groundwork.documents.layout.letter_sizes import LetterSizes
from groundwork.documents.layout.liteparse_pages import ParsedPage, TextItem
from groundwork.documents.layout.markdown_writer import PageWriter
from groundwork.documents.layout.page_edge_lines import EdgeLine, RunningLines, edge_lines, outermost_lines
from groundwork.documents.layout.right_to_left import (
    mirrored_box,
    mirrored_runs,
    mirrored_strokes,
    page_spelling,
    unmirrored,
    word_runs,
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
from groundwork.documents.layout.tables.ruled_tables import Grid, find_grids, share_columns
from groundwork.documents.layout.tables.striped_tables import striped_frames
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.documents.layout.text_lines import Box, Line, Run, Stretches, to_lines, to_run
from groundwork.documents.layout.turned_text import TurnedTexts, place_on_page, upright
from groundwork.documents.repair.page_joining import stitch
from groundwork.language.language_and_script import is_right_to_left
from groundwork.language.sentences import LINE_ENDS

_RULE_ABOVE, _RULE_BELOW = 2, 0.9  # points above the bottom of a line, and sizes below it, of a line drawn under it
_WALL_SHARE = 0.5  # of a line's size, at the least, above its bottom, through which a steep line runs
_WALL_HEIGHT = 2  # sizes of the lines it parts, at the least: a box to tick is as high as one
STAMP_PAGES = 3  # pages from which on turned text is a stamp that runs through the document


class PageContent(NamedTuple):
    """A page before its order is known: texts, drawn tables and charts, horizontal lines, turned texts and notes, and
    the lines at its edges."""

    runs: list[Run]
    grids: list[Grid]
    strokes: Sequence[Stroke]
    side_texts: list[str]
    edges: list[EdgeLine]
    form: Form | None = None  # of a page to fill in


class MeasuredItem(NamedTuple):
    """A text item of liteparse, the size of its letters in points, and the font of its last word where that may be
    another than that of the first."""

    text_item: TextItem
    size: float
    end_font: str
    turn: int = 0  # degrees clockwise by which it stands turned on the page


class _TurnedText(NamedTuple):
    """A turned text where it lies on the page."""

    box: Box
    is_watermark: bool


class OrderedPage(NamedTuple):
    """A page's parts as they are read, each with its column's left and right, and the lines of turned text and
    of notes."""

    parts: list[tuple[list[Line], tuple[float, float] | None]]
    side_texts: list[str]
    form_lines: Sequence[Line] = ()  # of a page to fill in, whose parts have its texts alone
    head_lines: Sequence[Line] = ()  # that run through the document from this page on, as those at the foot do
    foot_lines: Sequence[Line] = ()


BLANK_PAGE = PageContent([], [], [], [], [])


def pages_markdown(pages: Sequence[OrderedPage], styles: Styles) -> list[str]:
    """Each page as one text; the rows at its head may go on with the table at the foot of the page before."""
    share_columns([[lines for lines, _ in page.parts] for page in pages])
    texts = []
    open_columns: Stretches = ()
    for page in pages:
        text, open_columns = _page_markdown(page, styles, open_columns)
        texts.append(text)
    return texts


def _page_markdown(page: OrderedPage, styles: Styles, columns_above: Stretches) -> tuple[str, Stretches]:
    """A page as one text, and the columns of the table with which it ends; a sentence goes on from the foot of a column
    to the head of the next one.

    Footnotes and turned text come last, but not within a sentence that goes on overleaf.
    """
    prose: list[PageBlock] = []
    side_texts: list[str] = []
    for number, (lines, column) in enumerate(page.parts):
        start, end = foot_notes(lines, styles)
        writer = PageWriter(lines[:start], styles, column, columns_above)
        columns_above = writer.open_columns if end == len(lines) else ()
        prose += [block._replace(part=2 * number) for block in writer.blocks()]
        side_texts.append(PageWriter(lines[start:end], styles, column).markdown())
        prose += [block._replace(part=2 * number + 1) for block in PageWriter(lines[end:], styles, column).blocks()]
    prose_parts = groupby(whole_sentences(prose, styles.vocabulary.join), key=lambda block: block.part)
    text = stitch(
        ["\n\n".join(block.text for block in blocks) for _, blocks in prose_parts], titles_apart=False
    ).markdown
    head_text, foot_text = (_edge_text(lines, page, styles) for lines in (page.head_lines, page.foot_lines))
    side_texts.append(foot_text)
    head, gap, last_block = text.rpartition("\n\n")
    side_texts += page.side_texts
    blocks = [text, *side_texts] if last_block.endswith(LINE_ENDS) or not gap else [head, *side_texts, last_block]
    return unmirrored("\n\n".join(filter(None, [head_text, *blocks]))), columns_above


def _edge_text(edge: Sequence[Line], page: OrderedPage, styles: Styles) -> str:
    """Lines at an edge of a page as text; those that end long before the page's text does are paragraphs."""
    lines = [line for lines, _ in page.parts for line in lines if line.cells]
    width = (min(line.x1 for line in lines), max(line.x2 for line in lines)) if lines else None
    return PageWriter(edge, styles, width).markdown() if edge else ""


def measured_items(page: ParsedPage, sizes: LetterSizes) -> list[list[MeasuredItem]]:
    """The text items of a page that stand upright, and those of each other turn, set upright."""
    upright_items = upright(page)
    return [
        [
            MeasuredItem(text_item, sizes.of(text_item, page), sizes.end_font(text_item, page), turn)
            for text_item in items
        ]
        for turn, items in (TurnedTexts(0, upright_items.items), *upright_items.aside)
    ]


def page_content(
    page: ParsedPage,
    items: Sequence[Sequence[MeasuredItem]],
    drawn: DrawnLetters,
    text: str,
    typewriter: frozenset[str],
) -> PageContent:
    """What is drawn on a page, spelt as in its text layer. `items`: its measured items."""
    speller = Speller(text)
    upright_runs = _text_runs(items[0], speller, typewriter)
    turned = [line for side in items[1:] for line in _turned_lines(side, page, speller, typewriter)]
    runs = [run for _, run in upright_runs]
    fields = form_fields(page)
    charts = find_charts(page.vector_graphics, runs, fields) if page.vector_graphics else []
    leftward = is_right_to_left(text)
    runs = with_typed_runs(page, word_runs(upright_runs, page_spelling(page, drawn)) if leftward else runs)
    strokes = find_strokes(page.vector_graphics) if page.vector_graphics else Strokes([], [])
    if leftward:
        runs, strokes = mirrored_runs(runs, page.width), mirrored_strokes(strokes, page.width)
        charts, fields = ([mirrored_box(box, page.width) for box in boxes] for boxes in (charts, fields))
    ticks = tick_boxes(page)
    if not leftward and is_form(sum(len(run.words) for run in runs), len(fields) + len(ticks)):
        form = Form(without_boxes(strokes, ticks), fields)
        sides = _side_texts(turned, page, text)
        return PageContent(runs, [], strokes.flat, sides, edge_lines(runs, [], page.height), form)
    bullets = find_bullets(page.vector_graphics) if page.vector_graphics else []
    bullets = [mirrored_box(bullet, page.width) for bullet in bullets] if leftward else bullets
    runs = with_bullets(runs, bullets, charts) if bullets else runs
    grids = [_chart_grid(chart, runs) for chart in charts]
    prose = [run for run in runs if not any(grid.holds(run) for grid in grids)] if grids else runs
    frames, walls = _frames_and_walls(strokes, charts)
    shades = find_shades(page.vector_graphics) if page.vector_graphics and not leftward and not fields else []
    frames += _striped_tables(shades, prose, frames, charts)
    tables, heads = _drawn_tables(frames, prose, fields, shades, [] if leftward else turned)
    prose = [run for run in prose if not any(table.holds(run) for table in tables)] if tables else prose
    turned = [[cell for cell in line if cell not in heads] for line in turned] if heads else turned
    grids += tables
    edges = [*strokes.flat, *walls, *(Stroke(field.x1, field.y1, field.x2, field.y1) for field in fields)]
    sides = _side_texts(turned, page, text)
    return PageContent(prose, grids, edges, sides, [] if leftward else edge_lines(prose, grids, page.height))


def _turned_lines(
    side: Sequence[MeasuredItem], page: ParsedPage, speller: Speller, typewriter: frozenset[str]
) -> list[list[_TurnedText]]:
    """The texts of each turned line."""
    lines = to_lines([run for _, run in _text_runs(side, speller, typewriter)])
    turn = side[0].turn if side else 0
    return [
        [
            _TurnedText(place_on_page(Box(*cell[:4], cell.text), turn, page), is_watermark=not turn)
            for cell in line.cells
        ]
        for line in lines
    ]


def _striped_tables(
    shades: Sequence[Shade], prose: Sequence[Run], frames: Sequence[Frame], charts: Sequence[Box]
) -> list[Frame]:
    """The tables that stripes draw, which are no part of a chart and no listing."""
    striped = striped_frames(shades, [word for run in prose for word in run.words], frames) if len(shades) > 1 else []
    return [
        frame for frame in striped if not (any(_is_in(frame, chart) for chart in charts) or _holds_code(frame, prose))
    ]


def _frames_and_walls(strokes: Strokes, charts: Sequence[Box]) -> tuple[list[Frame], list[Stroke]]:
    """The frames that are no part of a chart, and the steep strokes that belong to no frame at all."""
    frames = find_frames(strokes)
    framed = {stroke for frame in frames for stroke in frame.steep}
    walls = [stroke for stroke in strokes.steep if stroke not in framed]
    return [frame for frame in frames if not any(_is_in(frame, chart) for chart in charts)], walls


def _drawn_tables(
    frames: Sequence[Frame],
    prose: Sequence[Run],
    fields: Sequence[Box],
    shades: Sequence[Shade],
    turned: Sequence[Sequence[_TurnedText]],
) -> tuple[list[Grid], list[_TurnedText]]:
    """The drawn tables, and the turned texts that stand in them, such as the names of narrow columns."""
    if not frames:
        return [], []
    words = [word for run in prose for word in run.words]
    if shades:
        frames = [with_shaded_rows(frame, shades, words) for frame in frames]
    tables = find_grids(frames, words, fields)
    heads = [
        head
        for line in turned
        for head in line
        if not head.is_watermark and any(table.rows and table.holds(head.box) for table in tables)
    ]
    return (find_grids(frames, [*words, *(head.box for head in heads)], fields), heads) if heads else (tables, [])


def _side_texts(turned: Sequence[Sequence[_TurnedText]], page: ParsedPage, text: str) -> list[str]:
    """The turned lines, and the notes that are shown as icons."""
    lines = (" ".join(cell.box.text for cell in line) for line in turned if line)
    return [*(_whole_line(line, text) for line in lines), *icon_notes(page, text)]


def _text_runs(
    items: Sequence[MeasuredItem], speller: Speller, typewriter: frozenset[str]
) -> list[tuple[TextItem, Run]]:
    """The text items that are not blank, each with its run."""
    text_runs = []
    for text_item, size, end_font, _ in items:
        if run := to_run(text_item, size, speller, end_font, typewriter):
            text_runs.append((text_item, run))
    return text_runs


def order_pages(pages: Sequence[PageContent], running: RunningLines) -> list[OrderedPage]:
    """The parts of the pages in the order in which they are read, without the running lines but for the first of
    each that the document says nowhere else."""
    repeated_ids = {id(run) for lines in running.repeated for line in lines for run in line.runs}
    runs = [[run for run in page.runs if id(run) not in repeated_ids] for page in pages]
    outermost = outermost_lines(running.first, runs[0] if runs else [])
    outermost_ids = {id(run) for line in outermost for run in line.runs}
    runs = [[run for run in page_runs if id(run) not in outermost_ids] for page_runs in runs]
    parts_by_page = [_parts(page_runs, page) for page_runs, page in zip(runs, pages, strict=True)]
    if column_xs := gutters(parts_by_page):
        parts_by_page = [_parts(page_runs, page, column_xs) for page_runs, page in zip(runs, pages, strict=True)]
    ordered = [
        OrderedPage([(form_lines(page_runs, page.form), None)], page.side_texts, to_lines(page_runs))
        if page.form
        else OrderedPage(
            [
                (page_lines(to_lines(with_fractions(part.runs)), part.grids, page.strokes), part.column)
                for part in parts
            ],
            page.side_texts,
        )
        for page_runs, parts, page in zip(runs, parts_by_page, pages, strict=True)
    ]
    head_lines, foot_lines = (
        to_lines([run for line in outermost if line.is_foot == is_foot for run in line.runs])
        for is_foot in (False, True)
    )
    return [ordered[0]._replace(head_lines=head_lines, foot_lines=foot_lines), *ordered[1:]] if ordered else []


def _parts(runs: Sequence[Run], page: PageContent, column_xs: Sequence[float] = ()) -> list[PagePart]:
    return [] if page.form else page_parts(runs, page.grids, column_xs, page.strokes)


def _whole_line(line: str, layer: str) -> str:
    """A turned line as the text layer has it: liteparse cuts those that reach over the edge of the page."""
    at = layer.find(line)
    return layer[at:].split("\n", 1)[0].strip() if at >= 0 and (not at or layer[at - 1] == "\n") else line


def _chart_grid(chart: Box, runs: Sequence[Run]) -> Grid:
    """A chart as a table without rows that holds its labels."""
    grid = Grid([chart.x1, chart.x2], [chart.y1, chart.y2], [])
    return grid._replace(labels=" ".join(line.text for line in to_lines([run for run in runs if grid.holds(run)])))


def _is_in(frame: Frame, chart: Box) -> bool:
    """Whether most of a frame lies in a chart."""
    across = min(frame.xs[-1], chart.x2) - max(frame.xs[0], chart.x1)
    down = min(frame.ys[-1], chart.y2) - max(frame.ys[0], chart.y1)
    area = (frame.xs[-1] - frame.xs[0]) * (frame.ys[-1] - frame.ys[0])
    return across > 0 and down > 0 and 2 * across * down > area


def _holds_code(frame: Frame, runs: Sequence[Run]) -> bool:
    """Whether a text in a typewriter's font runs over the edge of a column, as lines of a shaded listing do."""
    rows = [run for run in runs if run.mono and frame.ys[0] <= run.y1 and run.y2 <= frame.ys[-1]]
    return any(run.x1 < x - 1 and x + 1 < run.x2 for x in frame.xs[1:-1] for run in rows)


def page_lines(lines: Sequence[Line], grids: Sequence[Grid], strokes: Sequence[Stroke] = ()) -> list[Line]:
    """A page's lines with its drawn tables in their places, each with the lines that are drawn right below it."""
    flat = [stroke for stroke in strokes if stroke.x2 > stroke.x1]
    steep = [stroke for stroke in strokes if stroke.x2 == stroke.x1]
    lines = _with_walls(_with_underlines(lines, flat), steep)
    filled_grids = [grid for grid in grids if grid.rows or grid.labels]
    tables = [
        Line(grid.ys[0], [], grid.rows, grid.labels, columns=grid.columns, full_table=grid.full_rows)
        for grid in filled_grids
    ]
    return sorted([*lines, *tables], key=lambda line: (line.main.y1 + line.y) / 2 if line.cells else line.y)


def _with_underlines(lines: Sequence[Line], strokes: Sequence[Stroke]) -> list[Line]:
    copies = list(lines)
    bottoms = [line.y for line in lines]
    for stroke in strokes:
        i = bisect_right(bottoms, stroke.y1 + _RULE_ABOVE) - 1
        if i >= 0 and stroke.y1 - bottoms[i] < _RULE_BELOW * lines[i].main.size:
            pieces = tuple(zip(stroke.ends[::2], stroke.ends[1::2], strict=False))
            copies[i] = copies[i]._replace(underlined=(*copies[i].underlined, *pieces, (stroke.x1, stroke.x2)))
    return copies


def _with_walls(lines: list[Line], strokes: Sequence[Stroke]) -> list[Line]:
    bottoms = [line.y for line in lines]
    for stroke in strokes:
        for i in range(bisect_left(bottoms, stroke.y1), bisect_right(bottoms, stroke.y2 + _RULE_ABOVE)):
            size = lines[i].main.size
            if stroke.y2 - stroke.y1 > _WALL_HEIGHT * size and bottoms[i] - stroke.y1 > _WALL_SHARE * size:
                lines[i] = lines[i]._replace(walls=(*lines[i].walls, stroke.x1))
    return lines
