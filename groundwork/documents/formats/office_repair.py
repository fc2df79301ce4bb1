"""Office files mended for anydoc: markup, charts and old forms that it does not read, or reads into the text around.

The numbers that Word shows before headings and items are written out where a style alone says so: anydoc counts by the
numbering of a paragraph itself; one that comes from its style is read as of the first level.

Sources: ECMA-376 part 1, 17.16.7 to 17.16.9 (checkBox, ddList); of OpenDocument the field marks of LibreOffice.
"""

from __future__ import annotations

import copy
import datetime
import functools
import itertools
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from groundwork.documents.formats.office_package import (
    Element,
    OfficePackage,
    attribute,
    child,
    new_element,
    new_name,
    remove_elements,
    tags,
)
from groundwork.documents.formats.raised_text import (
    raise_odt_spans,
    raise_slide_runs,
    raise_word_runs,
    raised_word_styles,
)
from groundwork.documents.formats.word_text import (
    join_paragraphs,
    unwrap_rows,
    write_hyphens,
    write_slide_symbols,
    write_symbols,
)

CHECKED, UNCHECKED = "☒", "☐"
_FALSE = ("0", "false", "off")
_MOST_RUNS = 50  # of a field, that are looked through for its end
_ODT_CHECKED = "Checkbox_Checked"


def write_form_values(root: Element) -> bool:
    """Put the value of each box, and of each list that shows none, in front of its field; whether there was any."""
    shown = [(run, value) for run, value in _form_values(root) if value]
    for run, value in shown:
        run.addprevious(new_element(run, "r", [new_element(run, "t", text=value)]))
    return bool(shown)


def _form_values(root: Element) -> Iterator[tuple[Element, str]]:
    for form in list(root.iter(*tags("w", "ffData"))):
        run = form.getparent().getparent()
        box, choices = child(form, "w", "checkBox"), child(form, "w", "ddList")
        if box is not None:
            yield run, CHECKED if _is_checked(box) else UNCHECKED
        elif choices is not None and not _shows_text(run):
            yield run, _chosen(choices)


def _is_checked(box: Element) -> bool:
    state = child(box, "w", "checked")
    state = child(box, "w", "default") if state is None else state
    return state is not None and attribute(state, "w", "val") not in _FALSE


def _chosen(choices: Element) -> str:
    """The entry that is chosen, by its number from 0; the first where none is."""
    list_entries = [attribute(entry, "w", "val") for entry in choices.iterchildren(*tags("w", "listEntry"))]
    result = child(choices, "w", "result")
    result = child(choices, "w", "default") if result is None else result
    number = "0" if result is None else attribute(result, "w", "val")
    return list_entries[int(number)] if number.isdecimal() and int(number) < len(list_entries) else ""


def _shows_text(run: Element) -> bool:
    """Whether text stands in the field that begins in this run."""
    for _, following in zip(range(_MOST_RUNS), run.itersiblings(*tags("w", "r")), strict=False):
        if any(text.text for text in following.iterchildren(*tags("w", "t"))):
            return True
        if any(attribute(mark, "w", "fldCharType") == "end" for mark in following.iterchildren(*tags("w", "fldChar"))):
            return False
    return False


def write_odt_form_values(root: Element) -> bool:
    """The same of the boxes of forms that LibreOffice took over from Word."""
    boxes = [mark for mark in root.iter(*tags("field", "fieldmark")) if _field_type(mark).endswith("FORMCHECKBOX")]
    for box in boxes:
        parameters = box.iterchildren(*tags("field", "param"))
        field_values = {attribute(each, "field", "name"): attribute(each, "field", "value") for each in parameters}
        is_checked = field_values.get(_ODT_CHECKED, "false") not in _FALSE
        box.tail = (CHECKED if is_checked else UNCHECKED) + (box.tail or "")
    return bool(boxes)


def _field_type(mark: Element) -> str:
    return attribute(mark, "field", "type")


_NUMBER = re.compile(r"-?[\d.]{1,40}(?:[eE][+-]?\d{1,3})?", re.ASCII)
_MOST_POINTS = 100_000  # of a chart whose gaps are filled, or whose places are rows; more are damage
_LONGEST_INDEX = 9  # digits

Point = tuple[int, str]  # its place in the series, from 0, and its value


def simplify_chart(chart: Element) -> None:
    """Points as lines, days as dates, numbers with their units, gaps as empty values, and series with a name."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

    epoch = CALENDAR_MAC_1904 if _counts_from_1904(chart) else CALENDAR_WINDOWS_1900
    for number_cache in chart.iter(*tags("c", "numCache")):
        _show_values(number_cache, epoch)
    for series in list(chart.iter(*tags("c", "ser"))):
        _add_sizes(series)
    _scatter_to_line_charts(list(chart.iter(*tags("c", "scatterChart", "bubbleChart"))))
    _fill_point_gaps(list(chart.iter(*tags("c", "numCache", "strCache"))))
    _name_series(list(chart.iter(*tags("c", "ser"))))


def _add_sizes(series: Element) -> None:
    """The sizes of bubbles as a series of their own, behind that of their places."""
    sizes = child(series, "c", "bubbleSize")
    if sizes is None or not _read_points(sizes):
        return
    names = [text.text or "" for name in series.iterchildren(*tags("c", "tx")) for text in name.iter(*tags("c", "v"))]
    size_series = copy.deepcopy(series)
    for place in list(size_series.iterchildren(*tags("c", "yVal", "tx", "bubbleSize"))):
        size_series.remove(place)
    sizes.tag = new_name(series, "yVal")
    size_series.append(sizes)
    _set_name(size_series, f"{' '.join(names)} (size)".strip())
    series.addnext(size_series)


def _set_name(series: Element, name: str) -> None:
    cache = new_element(series, "strCache")
    _write_points(cache, [(0, name)])
    element = new_element(series, "tx", [new_element(series, "strRef", [cache])])
    first = child(series, "c", "order")
    series.insert(0 if first is None else series.index(first) + 1, element)


def _name_series(all_series: Sequence[Element]) -> None:
    """Number the series where none has a name: a table without one would take its first row for its head."""
    names = [name for series in all_series for name in series.iterchildren(*tags("c", "tx"))]
    if any(text.text for name in names for text in name.iter(*tags("c", "v"), *tags("a", "t"))):
        return
    for number, series in enumerate(all_series, start=1):
        for unnamed in list(series.iterchildren(*tags("c", "tx"))):
            series.remove(unnamed)
        _set_name(series, f"Series {number}")


def _counts_from_1904(chart: Element) -> bool:
    setting = child(chart, "c", "date1904")
    return setting is not None and setting.get("val", "true") in ("1", "true")


def _fill_point_gaps(caches: Sequence[Element]) -> None:
    points_filled = 0
    for cache in caches:
        point_values = dict(_read_points(cache))
        last_index = max(point_values, default=-1)
        if len(point_values) <= last_index < _MOST_POINTS - points_filled:
            _write_points(cache, [(index, point_values.get(index, "")) for index in range(last_index + 1)])
            points_filled += last_index + 1


def _scatter_to_line_charts(charts: Sequence[Element]) -> None:
    all_series = [series for chart in charts for series in chart.iterchildren(*tags("c", "ser"))]
    x_values = [[x for _, x in _read_points(child(series, "c", "xVal"))] for series in all_series]
    has_shared_x = all(xs == x_values[0] for xs in x_values)
    row_names = x_values[0] if x_values and has_shared_x else [x for xs in x_values for x in xs]
    if len(all_series) * len(row_names) > _MOST_POINTS:
        return
    row_starts = itertools.accumulate(map(len, x_values), initial=0)
    for series, start in zip(all_series, row_starts, strict=False):
        _scatter_to_line_series(series, row_names, 0 if has_shared_x else start)
    for chart in charts:
        chart.tag = new_name(chart, "lineChart")


def _scatter_to_line_series(series: Element, row_names: Sequence[str], start: int) -> None:
    """A series of points with the x values of all series as the names of its rows, its own from row `start` on."""
    x_axis, y_axis = child(series, "c", "xVal"), child(series, "c", "yVal")
    row_numbers = {index: start + i for i, (index, _) in enumerate(_read_points(x_axis))}
    y_values = [(row_numbers.get(index, index), y) for index, y in _read_points(y_axis)]
    for axis, name, kind, points in (
        (x_axis, "cat", "str", list(enumerate(row_names))),
        (y_axis, "val", "num", y_values),
    ):
        if axis is not None:
            cache = new_element(axis, f"{kind}Cache")
            _write_points(cache, points)
            series.replace(axis, new_element(axis, name, [new_element(axis, f"{kind}Ref", [cache])]))


def _read_points(axis: Element | None) -> list[Point]:
    points = [] if axis is None else axis.iter(*tags("c", "pt"))
    places = ((point.get("idx", ""), child(point, "c", "v")) for point in points)
    return [
        (int(index), value.text or "")
        for index, value in places
        if value is not None and index.isdecimal() and len(index) <= _LONGEST_INDEX
    ]


def _write_points(cache: Element, points: Iterable[Point]) -> None:
    """Put these in place of what a cache holds."""
    from lxml import etree

    cache[:] = []
    point_name, value_name = new_name(cache, "pt"), new_name(cache, "v")
    for index, text in points:
        point = etree.SubElement(cache, point_name, idx=str(index))
        etree.SubElement(point, value_name).text = text


def _show_values(number_cache: Element, epoch: datetime.datetime) -> None:
    """The numbers of a chart with their units, and its days, which its file counts from `epoch` on, as dates."""
    from openpyxl.styles.numbers import is_date_format

    format_code = child(number_cache, "c", "formatCode")
    number_format = "" if format_code is None else format_code.text or ""
    is_date = is_date_format(number_format)
    for chart_value in number_cache.iter(*tags("c", "v")):
        if (text := (chart_value.text or "").strip()) and _NUMBER.fullmatch(text):
            chart_value.text = _day_to_date(text, epoch) if is_date else _number_as_shown(text, number_format)


def _number_as_shown(number: str, number_format: str) -> str:
    """A number as a workbook shows it; as it is where it is none."""
    from groundwork.documents.formats.spreadsheets import format_number

    try:
        return format_number(float(number), number_format)
    except (ValueError, OverflowError):
        return number


def _day_to_date(day: str, epoch: datetime.datetime) -> str:
    """The number of a day as its date; as it is where no calendar has it."""
    from openpyxl.utils.datetime import from_excel

    try:
        return day if day.startswith("-") else str(from_excel(float(day), epoch)).removesuffix(" 00:00:00")
    except (ValueError, OverflowError):
        return day


_MOST_BASE_STYLES = 10  # styles that one is based on


Repair = Callable[[Element], bool]  # of a parsed part: whether anything was changed


def repair_package(package: OfficePackage, office_format: str) -> None:
    """Write that markup otherwise, in a file of a format of anydoc's."""
    if office_format in ("odt", "ods", "odp"):
        _repair_parts(package, ["content.xml"], _OPEN_DOCUMENT_REPAIRS)
        return
    main_part = package.main_part(office_format)
    folder = posixpath.dirname(main_part)
    _repair_parts(package, package.parts_in(posixpath.join(folder, "charts")), {("chartSpace",): _simplify_chart})
    if office_format == "pptx":
        for slide_folder in ("slides", "notesSlides"):
            _repair_parts(package, package.parts_in(posixpath.join(folder, slide_folder)), _SLIDE_REPAIRS)
        return
    styles_part = package.related(main_part, "styles", "word/styles.xml")
    raised_styles = raised_word_styles(package.root_with(styles_part, "vertAlign"))
    raise_runs = functools.partial(raise_word_runs, raised_styles=raised_styles)
    repairs = _WORD_REPAIRS | {("vertAlign", *raised_styles): raise_runs}
    _repair_parts(package, [part for part in package.parts_in(folder) if part != styles_part], repairs)
    _number_styled_paragraphs(package, main_part, styles_part)


def _repair_parts(package: OfficePackage, part_names: Iterable[str], repairs: Mapping[tuple[str, ...], Repair]) -> None:
    """`repairs`: by the names of which a part mentions one, where it has such markup."""
    for part_name in part_names:
        for names, repair in repairs.items():
            root = next((root for name in names if (root := package.root_with(part_name, name)) is not None), None)
            if root is not None and repair(root):
                package.mark_edited(part_name)


def _strip_ruby(root: Element) -> bool:
    """Text with a reading above it, as Japanese has, as the text alone."""
    rubies = list(root.iter(*tags("w", "ruby")))
    for ruby in rubies:
        base = child(ruby, "w", "rubyBase")
        for text in [] if base is None else list(base.iter(*tags("w", "t"))):
            ruby.addprevious(text)
        ruby.getparent().remove(ruby)
    return bool(rubies)


def _strip_deleted_rows(root: Element) -> bool:
    """Rows of tables that a reader deleted while changes were tracked, whose text is passed over anyway."""
    deleted = [row for row in root.iter(*tags("w", "trPr")) if child(row, "w", "del") is not None]
    for row in (properties.getparent() for properties in deleted):
        row.getparent().remove(row)
    return bool(deleted)


def _strip_annotations(root: Element) -> bool:
    """Comments, and the readings above a text."""
    remove_elements(root, [*tags("office", "annotation"), *tags("text", "ruby-text")])
    return True


def _strip_slide_numbers(root: Element) -> bool:
    """The number of a slide that stands by itself; the one of a sentence stays."""
    fields = [field for field in root.iter(*tags("a", "fld")) if field.get("type") == "slidenum"]
    lone = [field for field in fields if sum(1 for _ in field.getparent().iter(*tags("a", "t"))) == 1]
    for field in lone:
        field.getparent().remove(field)
    return bool(lone)


def _show_text_boxes(root: Element) -> bool:
    """Boxes that stand on a page into paragraphs, in a cell into its text, on a sheet into rows below its table."""
    boxes = [(box, list(box.iter(*tags("text", "p")))) for box in root.iter("{*}frame", "{*}custom-shape")]
    for box, paragraphs in boxes:
        if paragraphs and box.getparent().tag in tags("office", "text"):
            paragraph = new_element(paragraphs[0], "p")
            box.addprevious(paragraph)
            paragraph.append(box)
        elif box.getparent().tag in tags("table", "table-cell"):
            box.getparent().extend(map(copy.deepcopy, paragraphs))
    for shapes in list(root.iter(*tags("table", "shapes"))):
        rows = [_row_of_text(shapes, paragraph) for paragraph in shapes.iter(*tags("text", "p"))]
        blank = new_element(shapes, "table-row", [new_element(shapes, "table-cell")])
        shapes.getparent().extend([blank, *rows] if rows else [])
    return bool(boxes)


def _row_of_text(like: Element, paragraph: Element) -> Element:
    cell = new_element(like, "table-cell", [copy.deepcopy(paragraph)])
    cell.set(tags("office", "value-type")[0], "string")
    return new_element(like, "table-row", [cell])


def _simplify_chart(root: Element) -> bool:
    is_chart = root.tag in tags("c", "chartSpace")
    if is_chart:
        simplify_chart(root)
    return is_chart


_OPEN_DOCUMENT_REPAIRS: dict[tuple[str, ...], Repair] = {
    ("annotation", "ruby-text"): _strip_annotations,
    ("fieldmark",): write_odt_form_values,
    ("frame", "custom-shape"): _show_text_boxes,
    ("text-position",): raise_odt_spans,
}
_SLIDE_REPAIRS: dict[tuple[str, ...], Repair] = {
    ("Symbol", "ingdings", "ebdings"): write_slide_symbols,
    ("baseline",): raise_slide_runs,
    ("slidenum",): _strip_slide_numbers,
}
_WORD_REPAIRS: dict[tuple[str, ...], Repair] = {
    ("ruby",): _strip_ruby,
    ("ffData",): write_form_values,
    ("delText",): _strip_deleted_rows,
    ("sdtContent", "customXml"): unwrap_rows,
    ("sym ", "Symbol", "ingdings", "SYMBOL"): write_symbols,
    ("noBreakHyphen",): write_hyphens,
    ("del ", "moveFrom "): join_paragraphs,
}


# --- the numbers of styles ------------------------------------------------------------------------------------------


class Numbering(NamedTuple):
    """Which list a paragraph belongs to, and on which level from 0; "" where the style leaves it open."""

    level: str
    list_id: str


def _number_styled_paragraphs(package: OfficePackage, main_part: str, styles_part: str) -> None:
    """Put the numbering of styles into the paragraphs themselves, where these have none."""
    numberings = _read_numberings(package.root_with(styles_part, "numPr"))
    if not any(numbering.level not in ("", "0") for numbering in numberings.values()):
        return
    root = package.root_with(main_part, "pStyle")
    for style in [] if root is None else list(root.iter(*tags("w", "pStyle"))):
        numbering = numberings.get(_value(style))
        if numbering and numbering.list_id and child(style.getparent(), "w", "numPr") is None:
            style.addnext(_numbering_element(style, numbering))
            package.mark_edited(main_part)


def _numbering_element(like: Element, numbering: Numbering) -> Element:
    level, list_id = new_element(like, "ilvl"), new_element(like, "numId")
    level.set(new_name(like, "val"), numbering.level or "0")
    list_id.set(new_name(like, "val"), numbering.list_id)
    return new_element(like, "numPr", [level, list_id])


def _read_numberings(styles: Element | None) -> dict[str, Numbering]:
    """The numbering of each style by its name, that of the styles which it is based on included."""
    numberings: dict[str, Numbering] = {}
    bases: dict[str, str] = {}
    for style in [] if styles is None else styles.iter(*tags("w", "style")):
        if not (style_id := attribute(style, "w", "styleId")):
            continue
        numbering = child(child(style, "w", "pPr"), "w", "numPr")
        numberings[style_id] = Numbering(_value(child(numbering, "w", "ilvl")), _value(child(numbering, "w", "numId")))
        bases[style_id] = _value(child(style, "w", "basedOn"))
    return {style_id: _inherited_numbering(style_id, numberings, bases) for style_id in numberings}


def _value(element: Element | None) -> str:
    return "" if element is None else attribute(element, "w", "val")


def _inherited_numbering(style_id: str, numberings: dict[str, Numbering], bases: dict[str, str]) -> Numbering:
    level = list_id = ""
    for _ in range(_MOST_BASE_STYLES):
        numbering = numberings.get(style_id, Numbering("", ""))
        level, list_id = level or numbering.level, list_id or numbering.list_id
        style_id = bases.get(style_id, "")
    return Numbering(level, "" if list_id == "0" else list_id)
