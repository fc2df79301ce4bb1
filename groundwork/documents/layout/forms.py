"""Pages to fill in: a form's boxes and numbered lines as lines of label and value, in the order in which they are read.

A form draws lines as a table does and sets its texts in columns as a table does, but no row has the heads of a column
above it. So it is cut into rows from side to side, and a stretch whose rows do not run through into columns, as by a
recursive XY cut (Nagy and Seth, 1984); texts in one drawn box stay together.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from groundwork.documents.layout.ruling_strokes_and_shades import NEAR, Frame, Stroke, Strokes
from groundwork.documents.layout.text_runs_and_lines import (
    Box,
    Line,
    Run,
    is_bullet,
    is_number,
    item_label,
    runs_by_line,
    words_as_box,
)
from groundwork.language.words import LONG_WORD

FORM_TICKS = "☐☒"
"""A box to tick, empty and ticked."""
_LEAST_FIELDS = 6  # of a page to fill in
_MOST_WORDS_A_FIELD = 50  # of the page a field
_FIELD_DOTS = re.compile(r"[.…]+")
_DOTS_IN_FORM_ROW = re.compile(r" ?\.{4,}+ ?")
_FORM_ENTRY_LABEL = re.compile(r"\(?(?:\d{1,3}(?: ?[a-z])?|[A-Za-z])[.)]{0,2}")  # 14, 14 a, b, (c): a numbered line's
_FORM_LABEL_SPACE = 0.45  # sizes from such a label to its text, at the least, where it is no word
_FORM_LABEL_GAP = 5.0  # sizes from such a label to its text, at the most
_TICK_GAP = 2.0  # sizes from a box to tick to its text, at the most
_FORM_TEXT_GAP = 1.1  # sizes between two texts
_FORM_LINE_STEP = 1.35  # sizes from line to line of one text, at the most
_SAME_FORM_LEFT = 2.0  # points between the beginnings of such lines
_SAME_FORM_SIZE = 0.15  # share by which their sizes differ at the most
_FORM_UNIT_HEIGHT = 60.0  # points of a drawn box whose texts belong together, at the most
_FORM_ROW_OVERLAP = 0.25  # sizes by which a text may reach into the row below
_FORM_LINE_OVERLAP = 2.0  # points by which lines below each other overlap at the most
_FORM_TITLE_LINES = 3
_FORM_TITLE_SIZE = 1.25  # of a page's usual size, from which on a text alone may be a title


class Form(NamedTuple):
    """The drawn lines of a page to fill in but for its boxes to tick, and where something can be typed in."""

    strokes: Strokes
    fields: Sequence[Box]


class _FormText(NamedTuple):
    """Lines of one text below each other; `left`: where they begin, but for the number of a numbered line."""

    lines: list[Run]
    left: float
    is_value: bool

    @property
    def box(self) -> Box:
        return _box_around_form_texts(self.lines)


class _FormUnit(NamedTuple):
    """Texts that belong together, and the place that they take."""

    texts: list[_FormText]
    box: Box


def is_form(word_count: int, field_count: int) -> bool:
    """Whether a page of so many words and fields, to type into or to tick, is one to fill in."""
    return field_count >= _LEAST_FIELDS and word_count < _MOST_WORDS_A_FIELD * field_count


def without_tick_boxes(strokes: Strokes, tick_boxes: Sequence[Box]) -> Strokes:
    """The drawn lines but for the edges of small boxes."""

    def is_no_tick_edge(stroke: Stroke) -> bool:
        return not any(_is_edge_of_box(stroke, box) for box in tick_boxes)

    return Strokes([*filter(is_no_tick_edge, strokes.flat)], [*filter(is_no_tick_edge, strokes.steep)])


def _is_edge_of_box(stroke: Stroke, tick_box: Box) -> bool:
    x1, y1, x2, y2 = tick_box.x1 - NEAR, tick_box.y1 - NEAR, tick_box.x2 + NEAR, tick_box.y2 + NEAR
    return x1 <= stroke.x1 and y1 <= stroke.y1 and stroke.x2 <= x2 and stroke.y2 <= y2


def form_lines(runs: Sequence[Run], form: Form) -> list[Line]:
    """The lines of a form: each with the texts of a row, or with a title that stands alone."""
    form_pieces = _with_ticks([piece for run in runs for piece in _form_pieces(run, form)])
    form_texts = _form_paragraphs(
        [text for line in runs_by_line(form_pieces) for text in _form_line_texts(sorted(line), form)], form.strokes
    )
    title_size = _FORM_TITLE_SIZE * _usual_form_size(form_pieces)
    return [
        line
        for form_row in _form_rows(_form_units(form_texts, form.strokes))
        for line in _form_row_lines(form_row, title_size)
    ]


def _usual_form_size(runs: Sequence[Run]) -> float:
    form_letter_sizes: Counter[float] = Counter()
    for run in runs:
        form_letter_sizes[round(run.size, 1)] += len(run.text)
    return max(form_letter_sizes, key=lambda size: form_letter_sizes[size], default=0.0)


# --- texts ---------------------------------------------------------------------------------------------------------


def _form_pieces(run: Run, form: Form) -> list[Run]:
    """A run cut at drawn lines, at the edges of fields and where its words stand apart, without leading dots."""
    form_words = [word for word in run.words if not _FIELD_DOTS.fullmatch(word.text)]
    piece_starts = [
        0,
        *(k for k, (a, b) in enumerate(pairwise(form_words), 1) if _are_pieces_apart(a, b, run.size, form)),
        len(form_words),
    ]
    if len(piece_starts) == 2 and len(form_words) == len(run.words):
        return [run]
    return [_form_piece_of_words(run, form_words[a:b]) for a, b in pairwise(piece_starts) if a < b]


def _with_ticks(form_pieces: Sequence[Run]) -> list[Run]:
    """Texts with the box to tick right before them."""
    ticked_form_texts = [piece for piece in form_pieces if piece.text not in FORM_TICKS]
    for form_tick in (piece for piece in form_pieces if piece.text in FORM_TICKS):
        form_texts_beside_tick = [k for k, text in enumerate(ticked_form_texts) if _stands_before(form_tick, text)]
        if form_texts_beside_tick:
            k = min(form_texts_beside_tick, key=lambda k: ticked_form_texts[k].x1)
            y1, y2 = ticked_form_texts[k].y1, ticked_form_texts[k].y2
            ticked_form_texts[k] = _join_form_pieces(form_tick, ticked_form_texts[k])._replace(y1=y1, y2=y2)
        else:
            ticked_form_texts.append(form_tick)
    return ticked_form_texts


def _stands_before(tick: Run, text: Run) -> bool:
    tick_height = (tick.y1 + tick.y2) / 2
    is_near_tick = 0 < text.x1 + 1 - tick.x2 < _TICK_GAP * text.size
    return is_near_tick and text.y1 - 1 < tick_height < text.y2 + 1 and text.text[:1] not in FORM_TICKS


def _form_piece_of_words(run: Run, words: Sequence[Box]) -> Run:
    form_piece = words_as_box(words)
    return run._replace(x1=form_piece.x1, x2=form_piece.x2, text=form_piece.text, words=tuple(words))


def _form_line_texts(form_line: Sequence[Run], form: Form) -> list[_FormText]:
    """The texts of a line, a numbered line's number as part of its text."""
    form_pieces: list[Run] = []
    for piece in form_line:
        if form_pieces and not _are_pieces_apart(form_pieces[-1], piece, max(piece.size, form_pieces[-1].size), form):
            form_pieces[-1] = _join_form_pieces(form_pieces[-1], piece)
        else:
            form_pieces.append(piece)
    form_texts: list[_FormText] = []
    for form_piece in form_pieces:
        entry_label = form_texts[-1].lines[0] if form_texts else None
        is_value = _field_of(form_piece, form.fields) is not None
        if entry_label and not is_value and _is_form_entry_label(entry_label, form_piece, form.strokes):
            form_texts[-1] = _FormText([_join_form_pieces(entry_label, form_piece)], form_piece.x1, False)
        else:
            form_texts.append(_FormText([form_piece], _form_text_left(form_piece), is_value))
    return form_texts


def _form_text_left(run: Run) -> float:
    """Where a text begins behind its number."""
    first_word, second_word, *_ = (*run.words, *run.words)
    has_entry_label = (
        _FORM_ENTRY_LABEL.fullmatch(first_word.text) and second_word.x1 - first_word.x2 > _FORM_LABEL_SPACE * run.size
    )
    return second_word.x1 if has_entry_label else run.x1


def _join_form_pieces(left_piece: Run, right_piece: Run) -> Run:
    longer_form_piece = max(left_piece, right_piece, key=lambda run: len(run.text))
    y1, y2 = min(left_piece.y1, right_piece.y1), max(left_piece.y2, right_piece.y2)
    text, words = f"{left_piece.text} {right_piece.text}", left_piece.words + right_piece.words
    bold = left_piece.bold and right_piece.bold
    return longer_form_piece._replace(
        x1=left_piece.x1, y1=y1, x2=max(left_piece.x2, right_piece.x2), y2=y2, text=text, words=words, bold=bold
    )


def _are_pieces_apart(left_piece: Box | Run, right_piece: Box | Run, size: float, form: Form) -> bool:
    if right_piece.x1 - left_piece.x2 > _FORM_TEXT_GAP * size or _field_of(left_piece, form.fields) is not _field_of(
        right_piece, form.fields
    ):
        return True
    return _has_form_wall(left_piece, right_piece, form.strokes)


def _has_form_wall(left_piece: Box | Run, right_piece: Box | Run, strokes: Strokes) -> bool:
    wall_start, wall_end, wall_height = (
        (left_piece.x1 + left_piece.x2) / 2,
        (right_piece.x1 + right_piece.x2) / 2,
        (right_piece.y1 + right_piece.y2) / 2,
    )
    return any(wall_start < wall.x1 < wall_end and wall.y1 <= wall_height <= wall.y2 for wall in strokes.steep)


def _field_of(form_text: Box | Run, fields: Sequence[Box]) -> Box | None:
    x, y = (form_text.x1 + form_text.x2) / 2, (form_text.y1 + form_text.y2) / 2
    return next((field for field in fields if field.x1 <= x <= field.x2 and field.y1 <= y <= field.y2), None)


def _is_form_entry_label(entry_label: Run, run: Run, strokes: Strokes) -> bool:
    if not _FORM_ENTRY_LABEL.fullmatch(entry_label.text) or run.x1 - entry_label.x2 > _FORM_LABEL_GAP * run.size:
        return False
    return not _has_form_wall(entry_label, run, strokes)


def _form_paragraphs(form_texts: Sequence[_FormText], strokes: Strokes) -> list[_FormText]:
    """Texts with those that go on below them."""
    form_paragraphs: list[_FormText] = []
    for form_text in form_texts:
        above = next((above for above in reversed(form_paragraphs) if _text_goes_on(above, form_text, strokes)), None)
        if above:
            above.lines.extend(form_text.lines)
        else:
            form_paragraphs.append(form_text)
    return form_paragraphs


def _text_goes_on(above: _FormText, form_text: _FormText, strokes: Strokes) -> bool:
    line_above, form_line = above.lines[-1], form_text.lines[0]
    if above.is_value or form_text.is_value or form_text.left > form_line.x1:
        return False
    if _is_form_item(line_above) or _is_form_item(form_line):
        return False
    if (
        not 0 < form_line.y2 - line_above.y2 < _FORM_LINE_STEP * form_line.size
        or abs(line_above.size - form_line.size) > _SAME_FORM_SIZE * form_line.size
    ):
        return False
    is_form_aligned = (
        abs(above.left - form_line.x1) < _SAME_FORM_LEFT
        or abs(line_above.x1 + line_above.x2 - form_line.x1 - form_line.x2) < 2 * _SAME_FORM_LEFT
    )
    middle = (form_line.x1 + form_line.x2) / 2
    return is_form_aligned and not any(
        line_above.y2 - 1 < s.y1 < form_line.y2 - 2 and s.x1 < middle < s.x2 for s in strokes.flat
    )


def _is_form_item(form_line: Run) -> bool:
    """Whether a line is an item, a box to tick or a figure, and so goes on with no text."""
    text = form_line.text
    return is_bullet(text) or text[0] in FORM_TICKS or is_number(text) or _FORM_ENTRY_LABEL.fullmatch(text) is not None


def _box_around_form_texts(form_boxes: Sequence[Box] | Sequence[Run]) -> Box:
    lefts, tops, rights, bottoms = zip(*(box[:4] for box in form_boxes), strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


# --- boxes and rows ------------------------------------------------------------------------------------------------


def _form_units(form_texts: Sequence[_FormText], strokes: Strokes) -> list[_FormUnit]:
    """Texts in one drawn box as one, all others alone."""
    texts_by_form_unit: dict[Box, list[_FormText]] = {}
    for form_text in form_texts:
        texts_by_form_unit.setdefault(_drawn_form_unit(form_text.box, strokes) or form_text.box, []).append(form_text)
    return [
        _FormUnit(form_unit_texts, _box_around_form_texts([form_text.box for form_text in form_unit_texts]))
        for form_unit_texts in texts_by_form_unit.values()
    ]


def _drawn_form_unit(text_box: Box, strokes: Strokes) -> Box | None:
    """The box of drawn lines around a text, where it is low and at one side at the least a line is drawn."""
    x, y = (text_box.x1 + text_box.x2) / 2, (text_box.y1 + text_box.y2) / 2
    form_unit_levels = [s.y1 for s in strokes.flat if s.x1 <= x <= s.x2]
    form_unit_top = max((level for level in form_unit_levels if level < y), default=-math.inf)
    form_unit_bottom = min((level for level in form_unit_levels if level > y), default=math.inf)
    if form_unit_bottom - form_unit_top > _FORM_UNIT_HEIGHT:
        return None
    form_unit_walls = [s.x1 for s in strokes.steep if s.y1 <= y <= s.y2]
    form_unit_left = max((wall for wall in form_unit_walls if wall < x), default=-math.inf)
    form_unit_right = min((wall for wall in form_unit_walls if wall > x), default=math.inf)
    if form_unit_left > -math.inf or form_unit_right < math.inf:
        return Box(form_unit_left, form_unit_top, form_unit_right, form_unit_bottom)
    return None


def _form_rows(form_units: list[_FormUnit]) -> Iterator[list[_FormUnit]]:
    """Units row by row, each from left to right; what stands at a side of several rows before or behind them."""
    form_bands = _form_bands(form_units)
    if len(form_bands) > 1:
        for band in form_bands:
            yield from _form_rows(band)
        return
    form_columns = _cut_form_units(form_units, lambda unit: (unit.box.x1, unit.box.x2))
    if all(len(column) == 1 for column in form_columns):
        yield [unit for column in form_columns for unit in column]
    elif len(form_columns) > 1:
        for form_side in _form_sides(form_columns):
            yield from _form_rows(form_side)
    else:
        for unit in sorted(form_units, key=lambda unit: (round(unit.texts[0].lines[0].y2), unit.box.x1)):
            yield [unit]


def _form_bands(form_units: Sequence[_FormUnit]) -> list[list[_FormUnit]]:
    return _cut_form_units(
        form_units, lambda unit: (unit.box.y1, unit.box.y2 - _FORM_ROW_OVERLAP * unit.texts[0].lines[0].size)
    )


def _form_sides(form_columns: list[list[_FormUnit]]) -> list[list[_FormUnit]]:
    """The leftmost or the rightmost column and the others, where these have rows then; else each column."""
    for k in (1, len(form_columns) - 1):
        form_sides = [[unit for column in side for unit in column] for side in (form_columns[:k], form_columns[k:])]
        if len(_form_bands(form_sides[k == 1])) > 1:
            return form_sides
    return form_columns


def _cut_form_units(
    form_units: Sequence[_FormUnit], extent: Callable[[_FormUnit], tuple[float, float]]
) -> list[list[_FormUnit]]:
    """Units in groups whose extents do not overlap."""
    form_unit_groups: list[list[_FormUnit]] = []
    form_group_reach = -math.inf
    for unit in sorted(form_units, key=extent):
        form_unit_start, form_unit_end = extent(unit)
        if form_unit_groups and form_unit_start < form_group_reach:
            form_unit_groups[-1].append(unit)
        else:
            form_unit_groups.append([unit])
        form_group_reach = max(form_group_reach, form_unit_end)
    return form_unit_groups


# --- lines ---------------------------------------------------------------------------------------------------------


def _form_row_lines(form_row: Sequence[_FormUnit], title_size: float) -> Iterator[Line]:
    """A line with the texts of a row; titles on lines of their own."""
    texts = [text for unit in form_row for text in unit.texts]
    for is_title, group in groupby(texts, key=lambda text: _is_form_title(text, title_size)):
        form_texts = list(group)
        if is_title:
            yield from (Line(line.y2, [line]) for text in form_texts for line in text.lines)
        else:
            yield Line(max(text.lines[-1].y2 for text in form_texts), [], labels=_form_row_text(form_texts))


def _is_form_title(form_text: _FormText, title_size: float) -> bool:
    if form_text.is_value or len(form_text.lines) > _FORM_TITLE_LINES or form_text.lines[0].text[0] in FORM_TICKS:
        return False
    return all(line.size > title_size for line in form_text.lines) and bool(LONG_WORD.search(form_text.lines[0].text))


def _form_row_text(row_texts: Sequence[_FormText]) -> str:
    """The texts of a row, each value behind its label."""
    form_row = "\n".join(line.text for line in row_texts[0].lines)
    for form_label, form_value in pairwise(row_texts):
        is_below_form_label = form_value.lines[0].y1 > form_label.lines[-1].y2 - _FORM_LINE_OVERLAP
        if form_value.is_value and not form_label.is_value:
            value_mark = ": "
        elif is_below_form_label and not form_label.is_value:
            value_mark = "\n"
        else:
            value_mark = "; "
        form_row += (" " if form_row.endswith((":", ";")) else value_mark) + "\n".join(
            line.text for line in form_value.lines
        )
    return _DOTS_IN_FORM_ROW.sub(" … ", form_row)


# --- boxes that look like a table ----------------------------------------------------------------------------------

_MOST_FORM_BOXES = 0.12  # of the cells boxes would have as a table; as many different texts are in them at the most
_UPRIGHT_FORM_SHARE, _LEVEL_FORM_SHARE = 0.3, 0.7  # of the inner lines that boxes have drawn at the most
_FORM_LINE_NUMBER_LETTERS = 4  # letters of a line's number in a form, at the most
_FORM_TEXT_ENDS = (".", ":", ";", ",")
_FORM_PARAGRAPH_LETTERS = 80  # letters of a box's text that is a paragraph of its own


def are_form_boxes(form_frame: Frame, form_rows: Sequence[Sequence[str]]) -> bool:
    """Whether the lines draw the boxes of a form or of a figure: they make many cells, and few of them are drawn."""
    xs, ys, flat, steep, _ = form_frame
    form_box_texts = len({cell for row in form_rows for cell in row if cell})
    if not steep or form_box_texts > _MOST_FORM_BOXES * len(form_rows) * len(form_rows[0]):
        return False
    upright_form_lines = [(s.x1, s.y1, s.y2) for s in steep]
    level_form_lines = [(s.y1, s.x1, s.x2) for s in flat]
    return (
        _drawn_share_of_form(upright_form_lines, xs, ys) < _UPRIGHT_FORM_SHARE
        and _drawn_share_of_form(level_form_lines, ys, xs) < _LEVEL_FORM_SHARE
    )


def _drawn_share_of_form(
    form_strokes: Iterable[tuple[float, float, float]], form_positions: list[float], across: list[float]
) -> float:
    """How much of the lines at the inner places is drawn, from one end to the other. Strokes: (place, start, end)."""
    form_start, form_end = across[0], across[-1]
    drawn_form_lengths = [0.0] * len(form_positions)
    reached_form_ends = [form_start] * len(form_positions)
    for form_position, line_start, line_end in sorted(form_strokes, key=lambda s: s[1]):
        k = min(range(len(form_positions)), key=lambda k: abs(form_positions[k] - form_position))
        line_start, line_end = max(line_start, reached_form_ends[k]), min(line_end, form_end)
        if abs(form_positions[k] - form_position) < NEAR and line_end > line_start:
            drawn_form_lengths[k] += line_end - line_start
            reached_form_ends[k] = line_end
    return sum(drawn_form_lengths[1:-1]) / max(1e-9, (form_end - form_start) * (len(form_positions) - 2))


def form_box_paragraphs(form_rows: Sequence[Sequence[str]]) -> str:
    """Boxes from top to bottom as paragraphs: those of a row in one, but for long and numbered ones; one over several
    rows once."""
    form_paragraphs: list[str] = []
    form_boxes_above: list[str] = []
    for form_row in form_rows:
        form_boxes = [box for k, box in enumerate(form_row) if box and (not k or box != form_row[k - 1])]
        previous_form_box = ""
        for form_box in (form_box for form_box in form_boxes if form_box not in form_boxes_above):
            if previous_form_box and (form_joint := _joint_of_form_boxes(previous_form_box, form_box)):
                form_paragraphs[-1] += f"{form_joint}{form_box}"
            else:
                form_paragraphs.append(form_box)
            previous_form_box = form_box
        form_boxes_above = form_boxes
    return "\n\n".join(form_paragraphs)


def _joint_of_form_boxes(previous_form_box: str, form_box: str) -> str:
    """What stands between two boxes of a row; "" where the second is a paragraph of its own."""
    has_line_number = min(len(previous_form_box), len(form_box)) <= _FORM_LINE_NUMBER_LETTERS
    if item_label(form_box) and form_box != item_label(form_box):
        return ""
    if not has_line_number and max(len(previous_form_box), len(form_box)) >= _FORM_PARAGRAPH_LETTERS:
        return ""
    return " " if has_line_number or previous_form_box.endswith(_FORM_TEXT_ENDS) else "; "


LEAST_FORM_FIELDS = 3  # to type into, from which on drawn lines are a form's


def frames_figures_alone(form_frame: Frame, words: list[Box]) -> bool:
    """Whether the rows of a frame begin left of it, as the lines of a form do whose figures alone are framed."""
    words_left_of_form = [w for w in words if w.x2 <= form_frame.xs[0] + NEAR]
    form_rows = [(top, bottom) for top, bottom in pairwise(form_frame.ys) if bottom - top > 2 * NEAR]
    rows_begun = sum(any(top < (w.y1 + w.y2) / 2 < bottom for w in words_left_of_form) for top, bottom in form_rows)
    return 2 * rows_begun > len(form_rows)
