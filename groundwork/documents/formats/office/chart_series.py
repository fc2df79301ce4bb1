"""The charts of office files, their series and points in a form that anydoc reads as a table."""

from __future__ import annotations

import copy
import datetime
import itertools
import re
from collections.abc import Iterable, Sequence

from groundwork.documents.formats.office.xml_elements import (
    Element,
    child,
    new_element,
    new_name,
    tags,
)

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
    from groundwork.documents.formats.spreadsheets.number_formats import format_number

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
