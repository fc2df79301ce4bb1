"""The charts of office files, their series and points in a form that anydoc reads as a table."""

from __future__ import annotations

import copy
import datetime
import itertools
import math
import re
from collections.abc import Iterable, Sequence

from groundwork.documents.formats.office.office_xml import Element, child, new_element, new_name, tags

_CHART_NUMBER = re.compile(r"-?[\d.]{1,40}(?:[eE][+-]?\d{1,3})?", re.ASCII)
_MOST_CHART_POINTS = 100_000  # of a chart whose gaps are filled, or whose places are rows; more are damage
_LONGEST_POINT_INDEX = 9  # digits
_CALCULATED_DIGITS = 10  # of a chart's number that was calculated, as a quotient is
ChartPoint = tuple[int, str]  # its place in the series, from 0, and its value


def simplify_chart(chart: Element) -> None:
    """Points as lines, days as dates, numbers with their units, gaps as empty values, and series with a name."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

    epoch = CALENDAR_MAC_1904 if _chart_counts_from_1904(chart) else CALENDAR_WINDOWS_1900
    for number_cache in chart.iter(*tags("c", "numCache")):
        _show_chart_values(number_cache, epoch)
    for series in list(chart.iter(*tags("c", "ser"))):
        _add_sizes(series)
    _scatter_to_line_charts(list(chart.iter(*tags("c", "scatterChart", "bubbleChart"))))
    _fill_point_gaps(list(chart.iter(*tags("c", "numCache", "strCache"))))
    _name_series(list(chart.iter(*tags("c", "ser"))))


def _add_sizes(series: Element) -> None:
    """The sizes of bubbles as a series of their own, behind that of their places."""
    bubble_sizes = child(series, "c", "bubbleSize")
    if bubble_sizes is None or not _read_points(bubble_sizes):
        return
    series_names = [
        text.text or ""
        for series_name in series.iterchildren(*tags("c", "tx"))
        for text in series_name.iter(*tags("c", "v"))
    ]
    size_series = copy.deepcopy(series)
    for series_part in list(size_series.iterchildren(*tags("c", "yVal", "tx", "bubbleSize"))):
        size_series.remove(series_part)
    bubble_sizes.tag = new_name(series, "yVal")
    size_series.append(bubble_sizes)
    _set_series_name(size_series, f"{' '.join(series_names)} (size)".strip())
    series.addnext(size_series)


def _set_series_name(series: Element, series_name: str) -> None:
    name_cache = new_element(series, "strCache")
    _write_points(name_cache, [(0, series_name)])
    name_element = new_element(series, "tx", [new_element(series, "strRef", [name_cache])])
    order_element = child(series, "c", "order")
    series.insert(0 if order_element is None else series.index(order_element) + 1, name_element)


def _name_series(all_series: Sequence[Element]) -> None:
    """Number the series where none has a name: a table without one would take its first row for its head."""
    series_names = [series_name for series in all_series for series_name in series.iterchildren(*tags("c", "tx"))]
    if any(text.text for series_name in series_names for text in series_name.iter(*tags("c", "v"), *tags("a", "t"))):
        return
    for series_number, series in enumerate(all_series, start=1):
        for empty_name in list(series.iterchildren(*tags("c", "tx"))):
            series.remove(empty_name)
        _set_series_name(series, f"Series {series_number}")


def _chart_counts_from_1904(chart: Element) -> bool:
    epoch_setting = child(chart, "c", "date1904")
    return epoch_setting is not None and epoch_setting.get("val", "true") in ("1", "true")


def _fill_point_gaps(point_caches: Sequence[Element]) -> None:
    points_filled = 0
    for point_cache in point_caches:
        point_values = dict(_read_points(point_cache))
        last_point_index = max(point_values, default=-1)
        if len(point_values) <= last_point_index < _MOST_CHART_POINTS - points_filled:
            _write_points(
                point_cache,
                [(point_index, point_values.get(point_index, "")) for point_index in range(last_point_index + 1)],
            )
            points_filled += last_point_index + 1


def _scatter_to_line_charts(charts: Sequence[Element]) -> None:
    all_series = [series for chart in charts for series in chart.iterchildren(*tags("c", "ser"))]
    x_values = [[x for _, x in _read_points(child(series, "c", "xVal"))] for series in all_series]
    has_shared_x = all(xs == x_values[0] for xs in x_values)
    chart_row_names = x_values[0] if x_values and has_shared_x else [x for xs in x_values for x in xs]
    if len(all_series) * len(chart_row_names) > _MOST_CHART_POINTS:
        return
    series_row_starts = itertools.accumulate(map(len, x_values), initial=0)
    for series, first_row in zip(all_series, series_row_starts, strict=False):
        _scatter_to_line_series(series, chart_row_names, 0 if has_shared_x else first_row)
    for chart in charts:
        chart.tag = new_name(chart, "lineChart")


def _scatter_to_line_series(series: Element, chart_row_names: Sequence[str], first_row: int) -> None:
    """A series of points with the x values of all series as the names of its rows, its own from row `first_row` on."""
    x_axis, y_axis = child(series, "c", "xVal"), child(series, "c", "yVal")
    point_row_numbers = {point_index: first_row + i for i, (point_index, _) in enumerate(_read_points(x_axis))}
    y_values = [(point_row_numbers.get(point_index, point_index), y) for point_index, y in _read_points(y_axis)]
    for axis, axis_name, cache_kind, axis_points in (
        (x_axis, "cat", "str", list(enumerate(chart_row_names))),
        (y_axis, "val", "num", y_values),
    ):
        if axis is not None:
            point_cache = new_element(axis, f"{cache_kind}Cache")
            _write_points(point_cache, axis_points)
            series.replace(axis, new_element(axis, axis_name, [new_element(axis, f"{cache_kind}Ref", [point_cache])]))


def _read_points(axis: Element | None) -> list[ChartPoint]:
    point_elements = [] if axis is None else axis.iter(*tags("c", "pt"))
    indexed_values = ((point.get("idx", ""), child(point, "c", "v")) for point in point_elements)
    return [
        (int(point_index), value_element.text or "")
        for point_index, value_element in indexed_values
        if value_element is not None and point_index.isdecimal() and len(point_index) <= _LONGEST_POINT_INDEX
    ]


def _write_points(point_cache: Element, chart_points: Iterable[ChartPoint]) -> None:
    """Put these in place of what a cache holds."""
    from lxml import etree

    point_cache[:] = []
    point_name, value_name = new_name(point_cache, "pt"), new_name(point_cache, "v")
    for point_index, point_text in chart_points:
        point_element = etree.SubElement(point_cache, point_name, idx=str(point_index))
        etree.SubElement(point_element, value_name).text = point_text


def _show_chart_values(number_cache: Element, epoch: datetime.datetime) -> None:
    """The numbers of a chart with their units, and its days, which its file counts from `epoch` on, as dates."""
    from openpyxl.styles.numbers import is_date_format

    chart_format_code = child(number_cache, "c", "formatCode")
    number_format = "" if chart_format_code is None else chart_format_code.text or ""
    is_date = is_date_format(number_format)
    for chart_value in number_cache.iter(*tags("c", "v")):
        if (value_text := (chart_value.text or "").strip()) and _CHART_NUMBER.fullmatch(value_text):
            chart_value.text = (
                _chart_day_to_date(value_text, epoch) if is_date else _chart_number_as_shown(value_text, number_format)
            )


def _chart_number_as_shown(chart_number: str, number_format: str) -> str:
    """A number as a workbook shows it, a calculated one rounded; as it is where it is none."""
    from groundwork.documents.formats.spreadsheets.cell_formats import format_number

    try:
        return format_number(_rounded_chart_number(float(chart_number)), number_format)
    except (ValueError, OverflowError):
        return chart_number


def _rounded_chart_number(chart_number: float) -> float:
    """A number with more digits than a measurement has, to four of them and no less than two decimals: no chart shows
    the others, and questions would ask for them."""
    if len(f"{abs(chart_number):.15g}".replace(".", "").lstrip("0")) < _CALCULATED_DIGITS or chart_number.is_integer():
        return chart_number
    return round(chart_number, max(2, 3 - math.floor(math.log10(abs(chart_number)))))


def _chart_day_to_date(day: str, epoch: datetime.datetime) -> str:
    """The number of a day as its date; as it is where no calendar has it."""
    from openpyxl.utils.datetime import from_excel

    try:
        return day if day.startswith("-") else str(from_excel(float(day), epoch)).removesuffix(" 00:00:00")
    except (ValueError, OverflowError):
        return day
