"""Boxes to tick that are drawn and no fields, as programs leave them of a form that is saved as PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from groundwork.documents.layout.drawn_letters import DrawnLetters
from groundwork.documents.layout.forms import FORM_TICKS
from groundwork.documents.layout.text_runs_and_lines import Box, Run
from groundwork.documents.pdf_files.page_objects import curves_of_path, object_bounds, page_objects

_LEAST_TICK_SIDE, _MOST_TICK_SIDE = 5.0, 16.0  # points of a box to tick
_TICK_SQUARENESS = 0.12  # of its longer side, by which the other may be shorter
_TICK_TEXT_GAP = 2.0  # sizes from a box to the text behind it
_TICK_NEIGHBOUR_GAP = 3.0  # points to a box beside it that is one for a letter
_LEAST_TICKS, _MOST_TICKS = 2, 300  # of a page: one square is an ornament, and a plot has more
_PLACED_SHARE = 0.6  # of a page's squares, that stand before a word: those of a plot do not
_LEAST_WHITE = 0xF0  # of red, green and blue, from which on a filled square is no sample of a colour
_CROSS_SEGMENTS = 8  # of a path, that tell whether it is a cross


class TickBox(NamedTuple):
    box: Box
    is_ticked: bool


class _Place(NamedTuple):
    """Before which word of which run a box stands."""

    run: int
    word: int


def find_tick_boxes(page: Any, runs: Sequence[Run], drawn: DrawnLetters) -> list[tuple[_Place, TickBox]]:
    """The boxes to tick that are drawn before words of a liteparse page, and where; none where there is only one."""
    squares = _squares(page.vector_graphics.shapes)
    placed_squares = [
        (place, square)
        for square in squares
        if not any(_is_beside(square, other) for other in squares) and (place := _place_of(square, runs))
    ]
    if len(placed_squares) < max(_LEAST_TICKS, _PLACED_SHARE * len(squares)):
        return []
    crosses = list(_crosses(page, drawn))
    return [
        (place, TickBox(square, any(_is_within(cross, square) for cross in crosses)))
        for place, square in placed_squares
    ]


def with_tick_boxes(runs: Sequence[Run], placed_ticks: Sequence[tuple[_Place, TickBox]]) -> list[Run]:
    """The runs with the sign of each box before the word that stands behind it."""
    ticks_by_run: dict[int, dict[int, TickBox]] = {}
    for place, tick in placed_ticks:
        ticks_by_run.setdefault(place.run, {})[place.word] = tick
    return [_with_ticks(run, ticks_by_run[k]) if k in ticks_by_run else run for k, run in enumerate(runs)]


def _with_ticks(run: Run, ticks: dict[int, TickBox]) -> Run:
    words: list[Box] = []
    for k, word in enumerate(run.words):
        if tick := ticks.get(k):
            words.append(Box(tick.box.x1, run.y1, tick.box.x2, run.y2, FORM_TICKS[tick.is_ticked]))
        words.append(word)
    text = " ".join(word.text for word in words)
    return run._replace(x1=min(run.x1, words[0].x1), text=text, words=tuple(words))


def _squares(shapes: Sequence[Any]) -> list[Box]:
    """The outlines of small squares, each once; none where they are too many for boxes to tick."""
    squares: list[Box] = []
    for shape in shapes:
        x, y, width, height = shape.bbox
        side = max(width, height)
        is_empty = shape.stroke and not shape.has_curve and not (shape.fill and _is_coloured(shape.fill_color))
        is_square = is_empty and abs(width - height) <= _TICK_SQUARENESS * side
        square = Box(x, y, x + width, y + height)
        if is_square and _LEAST_TICK_SIDE <= side <= _MOST_TICK_SIDE and not any(_is_same(square, s) for s in squares):
            squares.append(square)
        if len(squares) > _MOST_TICKS:
            return []
    return squares


def _is_coloured(fill_color: str | None) -> bool:
    """Whether a colour as alpha, red, green and blue in hexadecimal is drawn and not white."""
    return fill_color is None or (
        not fill_color.startswith("00") and min(bytes.fromhex(fill_color[-6:])) < _LEAST_WHITE
    )


def _is_same(square: Box, other: Box) -> bool:
    return all(abs(a - b) < _TICK_NEIGHBOUR_GAP for a, b in zip(square[:4], other[:4], strict=True))


def _is_beside(square: Box, other: Box) -> bool:
    """Whether two squares stand side by side, as those for the letters of a word."""
    gap = max(other.x1 - square.x2, square.x1 - other.x2)
    return square is not other and gap < _TICK_NEIGHBOUR_GAP and abs(square.y1 - other.y1) < _TICK_NEIGHBOUR_GAP


def _is_within(cross: Box, square: Box) -> bool:
    middle_x, middle_y = (cross.x1 + cross.x2) / 2, (cross.y1 + cross.y2) / 2
    return square.x1 < middle_x < square.x2 and square.y1 < middle_y < square.y2


def _place_of(square: Box, runs: Sequence[Run]) -> _Place | None:
    """Before which word a square stands: the nearest to its right on its line, without a word on the square."""
    middle = (square.y1 + square.y2) / 2
    behind: list[tuple[float, _Place]] = []
    for k, run in enumerate(runs):
        if not run.y1 < middle < run.y2 or run.text != " ".join(word.text for word in run.words):
            continue
        for number, word in enumerate(run.words):
            if word.x1 < square.x2 - 1 and word.x2 > square.x1 + 1:
                return None
            gap = word.x1 - square.x2
            if -1 <= gap < _TICK_TEXT_GAP * run.size:
                behind.append((gap, _Place(k, number)))
    return min(behind)[1] if behind else None


def _crosses(page: Any, drawn: DrawnLetters) -> Iterator[Box]:
    """Where slanting lines are drawn within the size of a box to tick."""
    import pypdfium2.raw as pdfium

    for path in page_objects(drawn.letters_page(page).page, pdfium.FPDF_PAGEOBJ_PATH):
        bounds = object_bounds(path)
        if bounds is None or max(bounds[2] - bounds[0], bounds[3] - bounds[1]) > _MOST_TICK_SIDE:
            continue
        slanting_lines, _ = curves_of_path(path, _CROSS_SEGMENTS)
        if slanting_lines:
            yield Box(*drawn.place_of_letter(bounds, page))
