"""layout: the default for PDFs. Needs no download, no key and no model.

liteparse (Apache-2.0) gives the boxes of a page's words and its drawn lines, pdfium inside; what they mean is read
in documents/layout/: lines (text_lines.py), the document's type (fonts_and_sizes.py), tables with drawn lines
(ruled_tables.py) and without (borderless_tables.py), paragraphs and lists (lines_to_markdown.py).
pdf-inspector (MIT) and liteparse's own Markdown stand by, and take over a page where ours keeps too little and they are
better in everything (page_conversion.py).
"""

from __future__ import annotations

import dataclasses
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple, overload

from groundwork.documents.auditing.page_audit import count_tables
from groundwork.documents.converters import Conversion, Request
from groundwork.documents.layout.charts import find_charts
from groundwork.documents.layout.drawn_letters import LetterSizes
from groundwork.documents.layout.drawn_lines import Frame, Stroke, Strokes, find_frames, find_strokes
from groundwork.documents.layout.fonts_and_sizes import Styles
from groundwork.documents.layout.foot_notes import foot_notes
from groundwork.documents.layout.lines_to_markdown import PageWriter, page_lines
from groundwork.documents.layout.reading_order import gutters, page_parts
from groundwork.documents.layout.right_to_left import (
    letters_in_order,
    mirrored_box,
    mirrored_runs,
    mirrored_strokes,
    word_runs,
)
from groundwork.documents.layout.rotated_text import main_turn, upright
from groundwork.documents.layout.ruled_tables import Grid, find_grids
from groundwork.documents.layout.sentences_around_figures import Block, whole_sentences
from groundwork.documents.layout.symbol_and_typewriter_fonts import typewriter_fonts
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.documents.layout.text_lines import Box, Line, Run, to_lines, to_run
from groundwork.documents.pdf_files.form_fields import form_fields, icon_notes, with_typed_runs
from groundwork.documents.repair.lost_ligatures import find_ligatures, with_ligatures
from groundwork.documents.repair.page_joining import stitch
from groundwork.documents.repair.running_headers import EdgeLine, edge_lines, running_lines, without_line
from groundwork.language.sentences import LINE_ENDS
from groundwork.language.writing_systems import is_right_to_left, is_shaped

_STAMP_PAGES = 3  # pages from which on turned text is a stamp that runs through the document


class _PageContent(NamedTuple):
    """A page before its order is known: texts, drawn tables and charts, horizontal lines, turned texts and notes, and
    the lines at its edges."""

    runs: list[Run]
    grids: list[Grid]
    strokes: Sequence[Stroke]
    side_texts: list[str]
    edges: list[EdgeLine]


class OrderedPage(NamedTuple):
    """A page's parts as they are read, each with its column's left and right, and the lines of turned text and
    of notes."""

    parts: list[tuple[list[Line], tuple[float, float] | None]]
    side_texts: list[str]


_BLANK = _PageContent([], [], [], [], [])


def convert(request: Request) -> Conversion:
    """Three renditions of every page: our own reading, liteparse's and pdf-inspector's.

    Of pages in a script from right to left pdf-inspector's and ours, which is read in a mirror; of those in another
    shaped script pdf-inspector's alone: pdfium, and with it liteparse, gives the letters of such a script in the order
    in which they are drawn. Raises what liteparse raises; where pdf-inspector fails, a warning, told when its first
    page is asked for.
    """
    pages, turns = _read_turned(request)
    layer = request.layer or [""] * len(pages)
    leftward = [is_right_to_left(text) for text in layer]
    shaped = [i for i, text in enumerate(layer) if is_shaped(text) and not leftward[i]]
    pages = [None if i in shaped else page for i, page in enumerate(pages)]
    numbers = request.pages or range(1, len(pages) + 1)
    with LetterSizes(request.source, turns) as sizes:
        pages = _with_ligatures([page and sizes.with_all_letters(page) for page in pages])
        typewriter = typewriter_fonts(pages)
        contents = [
            _page_content(page, sizes, text, typewriter) if page else _BLANK
            for page, text in zip(pages, layer, strict=True)
        ]
    body_size = statistics.median([run.size for page in contents for run in page.runs] or [0.0])
    running = running_lines([page.edges for page in contents], numbers, body_size)
    running = [_separable_lines(lines, text) for lines, text in zip(running, layer, strict=True)]
    ordered = _order_pages(contents, running)
    counts = Counter(text for page in ordered for text in set(page.side_texts))
    ordered = [
        page._replace(side_texts=[text for text in page.side_texts if counts[text] < _STAMP_PAGES]) for page in ordered
    ]
    styles = Styles([[line for lines, _ in page.parts for line in lines] for page in ordered])
    warnings: list[str] = []
    inspector_pages = _LatePages(request, len(pages), warnings)
    renditions: dict[str, Sequence[str]] = {
        "lines": [_page_markdown(page, styles) for page in ordered],
        "liteparse": ["" if is_rtl else _own_markdown(page) for page, is_rtl in zip(pages, leftward, strict=True)],
        "pdf-inspector": inspector_pages,
    }
    if unsure_pages := [numbers[i] for i in shaped if count_tables(inspector_pages[i])]:
        warnings.append(_tables_warning(unsure_pages))
    running_cells = [[line.cells for line in lines] for lines in running]
    return Conversion(
        renditions=renditions, read_due=inspector_pages.read_due, warnings=warnings, running=running_cells
    )


def _with_ligatures(pages: list[Any]) -> list[Any]:
    """liteparse's pages with the ligatures as letters that their fonts do not map."""
    lost = find_ligatures(" ".join(text_item.text for text_item in page.text_items) for page in pages if page)
    return [_with_letters(page, lost) if page else page for page in pages] if lost else pages


def _with_letters(page: Any, lost: Mapping[str, str]) -> Any:
    text_items = []
    for text_item in page.text_items:
        words = [dataclasses.replace(word, text=with_ligatures(word.text, lost)) for word in text_item.words]
        text_items.append(dataclasses.replace(text_item, text=with_ligatures(text_item.text, lost), words=words))
    return dataclasses.replace(page, text_items=text_items, markdown=with_ligatures(page.markdown or "", lost))


class _LatePages(Sequence[str]):
    """pdf-inspector's pages, of which mostly none or few are asked for.

    Each call of pdf-inspector opens the whole file, so that one call reads all pages that are due: a page that is asked
    for before is "".
    """

    def __init__(self, request: Request, count: int, warnings: list[str]) -> None:
        self._request, self._warnings = request, warnings
        self._numbers = request.pages or list(range(1, count + 1))
        self._pages: dict[int, str] = {}
        self._due: set[int] = set()

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index not in self._pages:
            self._due.add(index)
        return self._pages.get(index, "")

    def read_due(self) -> list[int]:
        """Read the pages that were asked for since the last call; returns their indices."""
        due = sorted(self._due)
        self._due.clear()
        if due:
            try:
                texts = _pdf_inspector(dataclasses.replace(self._request, pages=[self._numbers[i] for i in due]))
            except Exception as error:  # an engine raises anything; the other readings carry on
                texts = [""] * len(due)
                self._warnings.append(f"pdf-inspector failed: {error}")
            self._pages.update(zip(due, texts, strict=True))
        return due


def _page_markdown(page: OrderedPage, styles: Styles) -> str:
    """A page as one text; a sentence goes on from the foot of a column to the head of the next one.

    Footnotes and turned text come last, but not within a sentence that goes on overleaf.
    """
    prose: list[Block] = []
    side_texts: list[str] = []
    for number, (lines, column) in enumerate(page.parts):
        start, end = foot_notes(lines, styles)
        prose += [block._replace(part=2 * number) for block in PageWriter(lines[:start], styles, column).blocks()]
        side_texts.append(PageWriter(lines[start:end], styles, column).markdown())
        prose += [block._replace(part=2 * number + 1) for block in PageWriter(lines[end:], styles, column).blocks()]
    prose_parts = groupby(whole_sentences(prose, styles.vocabulary.join), key=lambda block: block.part)
    text = stitch(["\n\n".join(block.text for block in blocks) for _, blocks in prose_parts]).markdown
    head, gap, last_block = text.rpartition("\n\n")
    side_texts += page.side_texts
    blocks = [text, *side_texts] if last_block.endswith(LINE_ENDS) or not gap else [head, *side_texts, last_block]
    return "\n\n".join(filter(None, blocks))


def _tables_warning(numbers: Sequence[int]) -> str:
    """A warning of tables on pages in shaped scripts, whose rows and spaces get lost."""
    page_list = f"page{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
    return f"{page_list}: tables in this script lose their structure; check them, or use --converter gemini"


def _page_content(page: Any, sizes: LetterSizes, text: str, typewriter: frozenset[str]) -> _PageContent:
    """What is drawn on a liteparse page, spelt as in the page's text layer."""
    upright_items = upright(page)
    speller = Speller(text)
    item_runs = [
        [
            (item, run)
            for item in items
            if (run := to_run(item, sizes.of(item, page), speller, sizes.end_font(item, page), typewriter))
        ]
        for items in (upright_items.items, *upright_items.aside)
    ]
    runs, *side_runs = ([run for _, run in side] for side in item_runs)
    fields = form_fields(page)
    charts = find_charts(page.vector_graphics, runs, fields) if page.vector_graphics else []
    leftward = is_right_to_left(text)
    if leftward:
        spelling = letters_in_order(*sizes.text_of(page.page_num))
        runs = [word for item, run in item_runs[0] for word in word_runs(item, run, spelling)]
    runs = with_typed_runs(page, runs)
    strokes = find_strokes(page.vector_graphics) if page.vector_graphics else Strokes([], [])
    if leftward:
        runs, strokes = mirrored_runs(runs, page.width), mirrored_strokes(strokes, page.width)
        charts, fields = ([mirrored_box(box, page.width) for box in boxes] for boxes in (charts, fields))
    grids = [_chart_grid(chart, runs) for chart in charts]
    prose = [run for run in runs if not any(grid.holds(run) for grid in grids)] if grids else runs
    frames = find_frames(strokes)
    frames = [frame for frame in frames if not any(_is_in(frame, chart) for chart in charts)]
    if frames and (tables := find_grids(frames, [word for run in prose for word in run.words], fields)):
        prose = [run for run in prose if not any(table.holds(run) for table in tables)]
        grids += tables
    side_texts = [*(_whole_line(line.text, text) for side in side_runs for line in to_lines(side)), *icon_notes(page)]
    edges = [*strokes.flat, *(Stroke(field.x1, field.y1, field.x2, field.y1) for field in fields)]
    return _PageContent(prose, grids, edges, side_texts, [] if leftward else edge_lines(prose, grids, page.height))


def _order_pages(pages: Sequence[_PageContent], running: Sequence[Sequence[EdgeLine]]) -> list[OrderedPage]:
    """The parts of the pages in the order in which they are read, without the running lines."""
    running_ids = {id(run) for lines in running for line in lines for run in line.runs}
    runs = [[run for run in page.runs if id(run) not in running_ids] for page in pages]
    parts_by_page = [
        page_parts(page_runs, page.grids, (), page.strokes) for page_runs, page in zip(runs, pages, strict=True)
    ]
    if column_xs := gutters(parts_by_page):
        parts_by_page = [
            page_parts(page_runs, page.grids, column_xs, page.strokes)
            for page_runs, page in zip(runs, pages, strict=True)
        ]
    return [
        OrderedPage(
            [(page_lines(to_lines(part.runs), part.grids, page.strokes), part.column) for part in parts],
            page.side_texts,
        )
        for parts, page in zip(parts_by_page, pages, strict=True)
    ]


def _separable_lines(lines: Sequence[EdgeLine], text: str) -> list[EdgeLine]:
    """The running lines that can be taken out of the page's text layer too, against which the page is held."""
    separable = []
    for line in lines:
        remaining = without_line(text, line.cells)
        if remaining is not None:
            separable.append(line)
            text = remaining
    return separable


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


def _pdf_inspector(request: Request) -> list[str]:
    import pdf_inspector

    numbers = None if request.pages is None else [number - 1 for number in request.pages]
    return [page.markdown for page in pdf_inspector.extract_pages_markdown(request.source, numbers).pages]


def _liteparse(request: Request) -> list[str]:
    return [_own_markdown(page) for page in read_pages(request)]


def _own_markdown(page: Any) -> str:
    """liteparse's Markdown of a page; of one without text it makes an empty fence, which is none."""
    markdown = page.markdown or "" if page else ""
    return markdown if re.search(r"\w", markdown.replace("```text", "")) else ""


def read_pages(request: Request) -> list[Any]:
    """liteparse's pages in the order asked for, turned upright; None for one that it does not give."""
    return _read_turned(request)[0]


def _read_turned(request: Request) -> tuple[list[Any], dict[int, int]]:
    """liteparse's pages, and by how many degrees those were turned whose text does not stand upright."""
    numbers = list(request.pages or range(1, request.page_count + 1))
    by_number = _parse_pages(request, request.pages)
    turns = {number: turn for number, page in by_number.items() if number in numbers and (turn := main_turn(page))}
    if turns:
        by_number.update(_parse_pages(request, sorted(turns), page_orientation_corrections=sorted(turns.items())))
    return [by_number.get(number) for number in numbers], turns


def _parse_pages(request: Request, numbers: Sequence[int] | None, **options: Any) -> dict[int, Any]:
    """Page number: liteparse's page."""
    from liteparse import LiteParse

    parser = LiteParse(
        ocr_enabled=False,  # it would fetch its language data from the network
        image_mode="off",
        output_format="markdown",
        extract_vector_graphics=True,
        extract_form_fields=True,
        extract_annotations=True,
        emit_word_boxes=True,
        extract_links=False,
        target_pages=None if numbers is None else ",".join(map(str, numbers)),
        max_pages=request.settings.max_pages,
        quiet=True,
        **options,
    )
    return {page.page_num: page for page in parser.parse(request.source).pages}


ENGINES = {"pdf-inspector": _pdf_inspector, "liteparse": _liteparse}
