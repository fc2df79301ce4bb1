"""Pages to fill in: a form's boxes and numbered lines as lines of label and value, in the order in which they are read.

A form draws lines as a table does and sets its texts in columns as a table does, but no row has the heads of a column
above it. So it is cut into rows from side to side, and a stretch whose rows do not run through into columns, as by a
recursive XY cut (Nagy and Seth, 1984); texts in one drawn box stay together. What was typed into the fields of a form,
and the text annotations, are read as well.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import msgspec

from groundwork.documents.layout.ruling_strokes_and_shades import NEAR, Stroke, Strokes
from groundwork.documents.layout.text_lines import Box, Line, Run, is_bullet, is_number, joined, level
from groundwork.documents.pdf_files.pdfium import read_wide_string
from groundwork.language.words import LONG_WORD

TICKS = "☐☒"
"""A box to tick, empty and ticked."""
_LEAST_FIELDS = 6  # of a page to fill in
_MOST_WORDS = 50  # of the page a field
_LEADERS = re.compile(r"[.…]+")
_LEADERS_WITHIN = re.compile(r" ?\.{4,}+ ?")
_ENTRY_LABEL = re.compile(r"\(?(?:\d{1,3}(?: ?[a-z])?|[A-Za-z])[.)]{0,2}")  # 14, 14 a, b, (c): a numbered line's
_LABEL_SPACE = 0.45  # sizes from such a label to its text, at the least, where it is no word
_LABEL_GAP = 5.0  # sizes from such a label to its text, at the most
_TICK_GAP = 2.0  # sizes from a box to tick to its text, at the most
_TEXT_GAP = 1.1  # sizes between two texts
_STEP = 1.35  # sizes from line to line of one text, at the most
_SAME_LEFT = 2.0  # points between the beginnings of such lines
_SAME_SIZE = 0.15  # share by which their sizes differ at the most
_BOX_HEIGHT = 60.0  # points of a drawn box whose texts belong together, at the most
_OVERLAP = 0.25  # sizes by which a text may reach into the row below
_SAME_LINE = 2.0  # points by which lines below each other overlap at the most
_TITLE_LINES = 3
_TITLE_SIZE = 1.25  # of a page's usual size, from which on a text alone may be a title


class Form(NamedTuple):
    """The drawn lines of a page to fill in but for its boxes to tick, and where something can be typed in."""

    strokes: Strokes
    fields: Sequence[Box]


class _Text(NamedTuple):
    """Lines of one text below each other; `left`: where they begin, but for the number of a numbered line."""

    lines: list[Run]
    left: float
    is_value: bool

    @property
    def box(self) -> Box:
        return _surround(self.lines)


class _Unit(NamedTuple):
    """Texts that belong together, and the place that they take."""

    texts: list[_Text]
    box: Box


def is_form(words: int, fields: int) -> bool:
    """Whether a page of so many words and fields, to type into or to tick, is one to fill in."""
    return fields >= _LEAST_FIELDS and words < _MOST_WORDS * fields


def without_boxes(strokes: Strokes, boxes: Sequence[Box]) -> Strokes:
    """The drawn lines but for the edges of small boxes."""

    def edges_none(stroke: Stroke) -> bool:
        return not any(_is_within(stroke, box) for box in boxes)

    return Strokes([*filter(edges_none, strokes.flat)], [*filter(edges_none, strokes.steep)])


def _is_within(stroke: Stroke, box: Box) -> bool:
    x1, y1, x2, y2 = box.x1 - NEAR, box.y1 - NEAR, box.x2 + NEAR, box.y2 + NEAR
    return x1 <= stroke.x1 and y1 <= stroke.y1 and stroke.x2 <= x2 and stroke.y2 <= y2


def form_lines(runs: Sequence[Run], form: Form) -> list[Line]:
    """The lines of a form: each with the texts of a row, or with a title that stands alone."""
    pieces = _with_ticks([piece for run in runs for piece in _pieces(run, form)])
    texts = _paragraphs([text for line in level(pieces) for text in _line_texts(sorted(line), form)], form.strokes)
    title_size = _TITLE_SIZE * _usual_size(pieces)
    return [line for row in _rows(_units(texts, form.strokes)) for line in _row_lines(row, title_size)]


def _usual_size(runs: Sequence[Run]) -> float:
    sizes: Counter[float] = Counter()
    for run in runs:
        sizes[round(run.size, 1)] += len(run.text)
    return max(sizes, key=lambda size: sizes[size], default=0.0)


# --- texts ---------------------------------------------------------------------------------------------------------


def _pieces(run: Run, form: Form) -> list[Run]:
    """A run cut at drawn lines, at the edges of fields and where its words stand apart, without leading dots."""
    words = [word for word in run.words if not _LEADERS.fullmatch(word.text)]
    starts = [0, *(k for k, (a, b) in enumerate(pairwise(words), 1) if _are_apart(a, b, run.size, form)), len(words)]
    if len(starts) == 2 and len(words) == len(run.words):
        return [run]
    return [_with_words(run, words[a:b]) for a, b in pairwise(starts) if a < b]


def _with_ticks(pieces: Sequence[Run]) -> list[Run]:
    """Texts with the box to tick right before them."""
    texts = [piece for piece in pieces if piece.text not in TICKS]
    for tick in (piece for piece in pieces if piece.text in TICKS):
        beside = [k for k, text in enumerate(texts) if _stands_before(tick, text)]
        if beside:
            k = min(beside, key=lambda k: texts[k].x1)
            y1, y2 = texts[k].y1, texts[k].y2
            texts[k] = _join(tick, texts[k])._replace(y1=y1, y2=y2)
        else:
            texts.append(tick)
    return texts


def _stands_before(tick: Run, text: Run) -> bool:
    height = (tick.y1 + tick.y2) / 2
    is_near = 0 < text.x1 + 1 - tick.x2 < _TICK_GAP * text.size
    return is_near and text.y1 - 1 < height < text.y2 + 1 and text.text[:1] not in TICKS


def _with_words(run: Run, words: Sequence[Box]) -> Run:
    box = joined(words)
    return run._replace(x1=box.x1, x2=box.x2, text=box.text, words=tuple(words))


def _line_texts(line: Sequence[Run], form: Form) -> list[_Text]:
    """The texts of a line, a numbered line's number as part of its text."""
    runs: list[Run] = []
    for piece in line:
        if runs and not _are_apart(runs[-1], piece, max(piece.size, runs[-1].size), form):
            runs[-1] = _join(runs[-1], piece)
        else:
            runs.append(piece)
    texts: list[_Text] = []
    for run in runs:
        label = texts[-1].lines[0] if texts else None
        is_value = _field_of(run, form.fields) is not None
        if label and not is_value and _is_label_of(label, run, form.strokes):
            texts[-1] = _Text([_join(label, run)], run.x1, False)
        else:
            texts.append(_Text([run], _text_left(run), is_value))
    return texts


def _text_left(run: Run) -> float:
    """Where a text begins behind its number."""
    first, second, *_ = (*run.words, *run.words)
    is_label = _ENTRY_LABEL.fullmatch(first.text) and second.x1 - first.x2 > _LABEL_SPACE * run.size
    return second.x1 if is_label else run.x1


def _join(left: Run, right: Run) -> Run:
    main = max(left, right, key=lambda run: len(run.text))
    y1, y2 = min(left.y1, right.y1), max(left.y2, right.y2)
    text, words = f"{left.text} {right.text}", left.words + right.words
    bold = left.bold and right.bold
    return main._replace(x1=left.x1, y1=y1, x2=max(left.x2, right.x2), y2=y2, text=text, words=words, bold=bold)


def _are_apart(left: Box | Run, right: Box | Run, size: float, form: Form) -> bool:
    if right.x1 - left.x2 > _TEXT_GAP * size or _field_of(left, form.fields) is not _field_of(right, form.fields):
        return True
    return _has_wall(left, right, form.strokes)


def _has_wall(left: Box | Run, right: Box | Run, strokes: Strokes) -> bool:
    start, end, height = (left.x1 + left.x2) / 2, (right.x1 + right.x2) / 2, (right.y1 + right.y2) / 2
    return any(start < wall.x1 < end and wall.y1 <= height <= wall.y2 for wall in strokes.steep)


def _field_of(box: Box | Run, fields: Sequence[Box]) -> Box | None:
    x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
    return next((field for field in fields if field.x1 <= x <= field.x2 and field.y1 <= y <= field.y2), None)


def _is_label_of(label: Run, run: Run, strokes: Strokes) -> bool:
    if not _ENTRY_LABEL.fullmatch(label.text) or run.x1 - label.x2 > _LABEL_GAP * run.size:
        return False
    return not _has_wall(label, run, strokes)


def _paragraphs(texts: Sequence[_Text], strokes: Strokes) -> list[_Text]:
    """Texts with those that go on below them."""
    paragraphs: list[_Text] = []
    for text in texts:
        above = next((above for above in reversed(paragraphs) if _goes_on(above, text, strokes)), None)
        if above:
            above.lines.extend(text.lines)
        else:
            paragraphs.append(text)
    return paragraphs


def _goes_on(above: _Text, text: _Text, strokes: Strokes) -> bool:
    last, line = above.lines[-1], text.lines[0]
    if above.is_value or text.is_value or text.left > line.x1 or _stands_alone(last) or _stands_alone(line):
        return False
    if not 0 < line.y2 - last.y2 < _STEP * line.size or abs(last.size - line.size) > _SAME_SIZE * line.size:
        return False
    is_aligned = abs(above.left - line.x1) < _SAME_LEFT or abs(last.x1 + last.x2 - line.x1 - line.x2) < 2 * _SAME_LEFT
    middle = (line.x1 + line.x2) / 2
    return is_aligned and not any(last.y2 - 1 < s.y1 < line.y2 - 2 and s.x1 < middle < s.x2 for s in strokes.flat)


def _stands_alone(line: Run) -> bool:
    """Whether a line is an item, a box to tick or a figure, and so goes on with no text."""
    text = line.text
    return is_bullet(text) or text[0] in TICKS or is_number(text) or _ENTRY_LABEL.fullmatch(text) is not None


def _surround(boxes: Sequence[Box] | Sequence[Run]) -> Box:
    lefts, tops, rights, bottoms = zip(*(box[:4] for box in boxes), strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


# --- boxes and rows ------------------------------------------------------------------------------------------------


def _units(texts: Sequence[_Text], strokes: Strokes) -> list[_Unit]:
    """Texts in one drawn box as one, all others alone."""
    groups: dict[Box, list[_Text]] = {}
    for text in texts:
        groups.setdefault(_drawn_box(text.box, strokes) or text.box, []).append(text)
    return [_Unit(group, _surround([text.box for text in group])) for group in groups.values()]


def _drawn_box(box: Box, strokes: Strokes) -> Box | None:
    """The box of drawn lines around a text, where it is low and at one side at the least a line is drawn."""
    x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
    levels = [s.y1 for s in strokes.flat if s.x1 <= x <= s.x2]
    top = max((level for level in levels if level < y), default=-math.inf)
    bottom = min((level for level in levels if level > y), default=math.inf)
    if bottom - top > _BOX_HEIGHT:
        return None
    walls = [s.x1 for s in strokes.steep if s.y1 <= y <= s.y2]
    left = max((wall for wall in walls if wall < x), default=-math.inf)
    right = min((wall for wall in walls if wall > x), default=math.inf)
    return Box(left, top, right, bottom) if left > -math.inf or right < math.inf else None


def _rows(units: list[_Unit]) -> Iterator[list[_Unit]]:
    """Units row by row, each from left to right; what stands at a side of several rows before or behind them."""
    bands = _bands(units)
    if len(bands) > 1:
        for band in bands:
            yield from _rows(band)
        return
    columns = _cut(units, lambda unit: (unit.box.x1, unit.box.x2))
    if all(len(column) == 1 for column in columns):
        yield [unit for column in columns for unit in column]
    elif len(columns) > 1:
        for side in _sides(columns):
            yield from _rows(side)
    else:
        for unit in sorted(units, key=lambda unit: (round(unit.texts[0].lines[0].y2), unit.box.x1)):
            yield [unit]


def _bands(units: Sequence[_Unit]) -> list[list[_Unit]]:
    return _cut(units, lambda unit: (unit.box.y1, unit.box.y2 - _OVERLAP * unit.texts[0].lines[0].size))


def _sides(columns: list[list[_Unit]]) -> list[list[_Unit]]:
    """The leftmost or the rightmost column and the others, where these have rows then; else each column."""
    for k in (1, len(columns) - 1):
        sides = [[unit for column in side for unit in column] for side in (columns[:k], columns[k:])]
        if len(_bands(sides[k == 1])) > 1:
            return sides
    return columns


def _cut(units: Sequence[_Unit], extent: Callable[[_Unit], tuple[float, float]]) -> list[list[_Unit]]:
    """Units in groups whose extents do not overlap."""
    groups: list[list[_Unit]] = []
    reach = -math.inf
    for unit in sorted(units, key=extent):
        start, end = extent(unit)
        if groups and start < reach:
            groups[-1].append(unit)
        else:
            groups.append([unit])
        reach = max(reach, end)
    return groups


# --- lines ---------------------------------------------------------------------------------------------------------


def _row_lines(row: Sequence[_Unit], title_size: float) -> Iterator[Line]:
    """A line with the texts of a row; titles on lines of their own."""
    texts = [text for unit in row for text in unit.texts]
    for is_title, group in groupby(texts, key=lambda text: _is_title(text, title_size)):
        row_texts = list(group)
        if is_title:
            yield from (Line(line.y2, [line]) for text in row_texts for line in text.lines)
        else:
            yield Line(max(text.lines[-1].y2 for text in row_texts), [], labels=_row_text(row_texts))


def _is_title(text: _Text, title_size: float) -> bool:
    if text.is_value or len(text.lines) > _TITLE_LINES or text.lines[0].text[0] in TICKS:
        return False
    return all(line.size > title_size for line in text.lines) and bool(LONG_WORD.search(text.lines[0].text))


def _row_text(texts: Sequence[_Text]) -> str:
    """The texts of a row, each value behind its label."""
    row = "\n".join(line.text for line in texts[0].lines)
    for left, right in pairwise(texts):
        is_below = right.lines[0].y1 > left.lines[-1].y2 - _SAME_LINE
        if right.is_value and not left.is_value:
            mark = ": "
        elif is_below and not left.is_value:
            mark = "\n"
        else:
            mark = "; "
        row += (" " if row.endswith((":", ";")) else mark) + "\n".join(line.text for line in right.lines)
    return _LEADERS_WITHIN.sub(" … ", row)


# --- what was typed into a PDF: a text layer holds neither the values of form fields nor text annotations -------------

_NOTE_SUBTYPES = ("freetext", "text")  # liteparse's names of the annotations that hold text of their own
_MARKUPS = ("highlight", "underline", "squiggly", "strikeout")
_BOXES = ("checkbox", "radio")
_VALUES = ("text", "combobox", "listbox")


class Rect(msgspec.Struct, gc=False):
    """Where a form field or an annotation lies, in points from the page's top left."""

    x: float
    y: float
    width: float
    height: float


class Annotation(msgspec.Struct):
    """An annotation of liteparse's."""

    subtype: str
    contents: str | None
    rect: Rect | None


class FormField(msgspec.Struct):
    """A form field of liteparse's."""

    type: str
    value: str | None
    checked: bool | None
    rect: Rect | None


def read_annotation(annotation: Any) -> Annotation:
    return Annotation(annotation.subtype, annotation.contents, _read_rect(annotation.rect))


def read_form_field(form_field: Any) -> FormField:
    field_type = form_field.type if hasattr(form_field, "type") else form_field.field_type
    return FormField(field_type, form_field.value, form_field.checked, _read_rect(form_field.rect))


def _read_rect(rect: Any) -> Rect | None:
    return Rect(rect.x, rect.y, rect.width, rect.height) if rect is not None else None


def typed_texts(document: Any, page: Any, page_text: str) -> list[str]:
    """The values and notes of a page of a pypdfium2 document whose forms are initialised.

    What is said of marked words is a note, unless it is those words: some programs copy them.
    """
    import pypdfium2.raw as pdfium

    markups = (
        pdfium.FPDF_ANNOT_HIGHLIGHT,
        pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_SQUIGGLY,
        pdfium.FPDF_ANNOT_STRIKEOUT,
    )
    annotation_texts = []
    for index in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        annotation_kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if annotation_kind in (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_TEXT):
            annotation_texts.append(_annotation_text(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents"))
        elif annotation_kind in markups:
            remark = _annotation_text(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
            annotation_texts += [remark] if " ".join(remark.split()) not in " ".join(page_text.split()) else []
        elif annotation_kind == pdfium.FPDF_ANNOT_WIDGET and document.formenv:
            annotation_texts.append(_field_value(document.formenv.raw, annotation))
        pdfium.FPDFPage_CloseAnnot(annotation)
    return [text for text in annotation_texts if text.strip()]


def _field_value(form: Any, annotation: Any) -> str:
    import pypdfium2.raw as pdfium

    kinds = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
    if pdfium.FPDFAnnot_GetFormFieldType(form, annotation) not in kinds:
        return ""
    return _annotation_text(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)


def _annotation_text(pdfium_function: Any, *arguments: Any) -> str:
    return read_wide_string(pdfium_function, *arguments).replace("\r", "\n")


def with_typed_runs(page: Any, runs: Sequence[Run]) -> list[Run]:
    """The `runs` of a liteparse page with its fields' values and free texts where they stand, each of them once."""
    runs = [run for run in runs if not any(_is_comb(field, run, runs) for field in page.form_fields or ())]
    return [*runs, *_typed_runs(page, runs)]


def _is_comb(field: Any, run: Run, runs: Sequence[Run]) -> bool:
    """Whether a run belongs to a value that is drawn with spaces between its letters, one box a letter."""
    if field.type not in _VALUES or not field.value or not field.rect or not _is_in(run, field.rect):
        return False
    text = " ".join(letter.text for letter in sorted(letter for letter in runs if _is_in(letter, field.rect)))
    return text != field.value and "".join(text.split()) == "".join(field.value.split()) and text.count(" ") > 2


def _typed_runs(page: Any, runs: Sequence[Run]) -> list[Run]:
    typed_runs = []
    for field in page.form_fields or ():
        text = TICKS[bool(field.checked)] if field.type in _BOXES else field.value if field.type in _VALUES else ""
        typed_runs += _text_runs(text, field.rect, runs)
    for note in page.annotations or ():
        if note.subtype == _NOTE_SUBTYPES[0]:
            typed_runs += _text_runs(note.contents, note.rect, runs)
    return typed_runs


def form_fields(page: Any, types: Sequence[str] = _VALUES) -> list[Box]:
    """Where something can be typed into a liteparse page."""
    rects = [field.rect for field in page.form_fields or () if field.type in types and field.rect]
    return [Box(rect.x, rect.y, rect.x + rect.width, rect.y + rect.height) for rect in rects]


def tick_boxes(page: Any) -> list[Box]:
    """Where something can be ticked on a liteparse page."""
    return form_fields(page, _BOXES)


def icon_notes(page: Any, page_text: str) -> list[str]:
    """The notes that a liteparse page shows as icons, and what is said of marked words, which its text layer has."""
    noted_annotations = [note for note in page.annotations or () if note.contents]
    page_lines = {" ".join(line.split()) for line in page_text.split("\n")} if noted_annotations else set()
    return [
        " ".join(note.contents.split())
        for note in noted_annotations
        if note.subtype == _NOTE_SUBTYPES[1]
        or (
            note.subtype in _MARKUPS
            and page_lines.issuperset(" ".join(line.split()) for line in note.contents.splitlines())
        )
    ]


def _text_runs(field_text: str | None, rect: Any, runs: Sequence[Run]) -> list[Run]:
    """The lines of a text in its rectangle; none where the page's own text stands there."""
    field_lines = [field_line.strip() for field_line in (field_text or "").splitlines() if field_line.strip()]
    if not field_lines or rect is None or any(_is_in(run, rect) for run in runs):
        return []
    step = rect.height / len(field_lines)
    size = min(10.0, 0.8 * step) or 1.0
    text_runs = []
    for index, field_line in enumerate(field_lines):
        top = rect.y + index * step + (step - size) / 2
        word_boxes = _spread_words(field_line, rect.x, top, size)
        text_runs.append(
            Run(rect.x, top, word_boxes[-1].x2, top + size, " ".join(field_line.split()), size, words=tuple(word_boxes))
        )
    return text_runs


def _spread_words(field_line: str, x: float, y: float, size: float) -> list[Box]:
    """The words of a line in letters of a middling width."""
    word_boxes = []
    for word in field_line.split():
        word_boxes.append(Box(x, y, x + 0.5 * size * len(word), y + size, word))
        x = word_boxes[-1].x2 + 0.25 * size
    return word_boxes


def _is_in(run: Run, rect: Any) -> bool:
    x, y = (run.x1 + run.x2) / 2, (run.y1 + run.y2) / 2
    return bool(rect.x <= x <= rect.x + rect.width and rect.y <= y <= rect.y + rect.height)
