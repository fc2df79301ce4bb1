"""The XML of office files, mended for anydoc: markup that it does not read, or reads into the text around it.

The numbers that Word shows before headings and items are written out where a style alone says so: anydoc counts by the
numbering of a paragraph itself; one that comes from its style is read as of the first level.
"""

from __future__ import annotations

import datetime
import html
import io
import itertools
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

_RUBY = re.compile(rb"<w:ruby>.*?</w:ruby>", re.DOTALL)
_RUBY_BASE = re.compile(rb"<w:rubyBase>.*</w:rubyBase>", re.DOTALL)
_TEXT_ELEMENT = re.compile(rb"<w:t(?: [^>]*)?>[^<]*</w:t>")
_ANNOTATION = re.compile(rb"<office:annotation[ >].*?</office:annotation>", re.DOTALL)
_NUMBER_CACHE = re.compile(rb"<c:numCache>.*?</c:numCache>", re.DOTALL)
_POINT_CACHE = re.compile(rb"(<c:(?:num|str)Cache>)(.*?)(?=</c:(?:num|str)Cache>)", re.DOTALL)
_COUNTS_FROM_1904 = re.compile(rb'<c:date1904(?: val="(?:1|true)")?\s*/>')
_FORMAT_CODE = re.compile(rb"<c:formatCode>([^<]*)</c:formatCode>")
_POINT_VALUE = re.compile(rb"(?<=<c:v>)[\d.]+(?=</c:v>)")
_POINT_NUMBER = re.compile(rb"(?<=<c:v>)-?[\d.]{1,40}(?:[eE][+-]?\d{1,3})?(?=</c:v>)")
_SERIES = re.compile(rb"<c:ser>.*?</c:ser>", re.DOTALL)
_X_VALUES = re.compile(rb"<c:xVal>.*?</c:xVal>", re.DOTALL)
_Y_VALUES = re.compile(rb"<c:yVal>.*?</c:yVal>", re.DOTALL)
_POINT = re.compile(rb'<c:pt idx="(\d+)"[^>]*>\s*<c:v>([^<]*)</c:v>', re.DOTALL)
_MOST_POINTS = 100_000  # of a series; more are damage
_POINTS_CHART = re.compile(rb"(</?c:)(?:scatter|bubble)(?=Chart>)")


def repaired_package(content: bytes, kind: str) -> bytes:
    """A file of a format of anydoc's with that markup written otherwise; itself where there is none, or it is no
    package."""
    if kind not in _REWRITES or not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        repairs = {
            path: repaired
            for pattern, rewrite in _REWRITES[kind]
            for path in archive.namelist()
            if re.fullmatch(pattern, path) and (repaired := rewrite(original := archive.read(path))) != original
        }
        return zip_package({path: archive.read(path) for path in archive.namelist()} | repairs) if repairs else content


def zip_package(parts: Mapping[str, bytes]) -> bytes:
    """A package of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part_name, content in parts.items():
            archive.writestr(part_name, content)
    return buffer.getvalue()


def _strip_ruby(xml: bytes) -> bytes:
    """Text with a reading above it, as Japanese has, as the text alone."""
    return _RUBY.sub(lambda ruby: b"".join(_TEXT_ELEMENT.findall(b"".join(_RUBY_BASE.findall(ruby[0])))), xml)


def _strip_annotations(xml: bytes) -> bytes:
    return _ANNOTATION.sub(b"", xml)


def _simplify_chart(xml: bytes) -> bytes:
    """Points as lines, days as dates, numbers with their units, and gaps as empty values: anydoc goes by the order of
    the values alone."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

    epoch = CALENDAR_MAC_1904 if _COUNTS_FROM_1904.search(xml) else CALENDAR_WINDOWS_1900
    xml = _NUMBER_CACHE.sub(lambda match: _values_as_shown(match[0], epoch), xml)
    if _POINTS_CHART.search(xml):
        xml = _scatter_to_line_chart(xml)
    return _POINT_CACHE.sub(lambda match: match[1] + _fill_point_gaps(match[2]), xml)


def _fill_point_gaps(cache: bytes) -> bytes:
    point_values = {int(index): value for index, value in _POINT.findall(cache)}
    last_index = max(point_values, default=-1)
    if len(point_values) == last_index + 1 or last_index > _MOST_POINTS:
        return cache
    return _points_xml((index, point_values.get(index, b"")) for index in range(last_index + 1))


def _scatter_to_line_chart(chart_xml: bytes) -> bytes:
    all_series = _SERIES.findall(chart_xml)
    x_values = [[point[1] for point in _find_points(_X_VALUES, series)] for series in all_series]
    has_shared_x = all(xs == x_values[0] for xs in x_values)
    row_names = x_values[0] if has_shared_x else [x for xs in x_values for x in xs]
    row_starts = itertools.accumulate(map(len, x_values), initial=0)
    line_series = iter(
        [
            _scatter_to_line_series(series, row_names, 0 if has_shared_x else start)
            for series, start in zip(all_series, row_starts, strict=False)
        ]
    )
    return _POINTS_CHART.sub(rb"\1line", _SERIES.sub(lambda _: next(line_series), chart_xml))


def _scatter_to_line_series(series: bytes, row_names: Sequence[bytes], start: int) -> bytes:
    """A series of points with the x values of all series as the names of its rows, its own from row `start` on."""
    row_numbers = {index: start + i for i, (index, _) in enumerate(_find_points(_X_VALUES, series))}
    y_values = [(row_numbers.get(index, int(index)), y) for index, y in _find_points(_Y_VALUES, series)]
    series = _X_VALUES.sub(lambda _: _axis_xml(b"cat", b"str", enumerate(row_names)), series)
    return _Y_VALUES.sub(lambda _: _axis_xml(b"val", b"num", y_values), series)


def _find_points(axis_pattern: re.Pattern[bytes], series: bytes) -> list[tuple[bytes, bytes]]:
    axis = axis_pattern.search(series)
    return _POINT.findall(axis[0]) if axis else []


def _axis_xml(axis: bytes, kind: bytes, points: Iterable[tuple[int, bytes]]) -> bytes:
    reference = b"<c:%bRef><c:%bCache>%b</c:%bCache></c:%bRef>" % (kind, kind, _points_xml(points), kind, kind)
    return b"<c:%b>%b</c:%b>" % (axis, reference, axis)


def _points_xml(points: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(b'<c:pt idx="%d"><c:v>%b</c:v></c:pt>' % point for point in points)


def _values_as_shown(number_cache: bytes, epoch: datetime.datetime) -> bytes:
    """The numbers of a chart with their units, and its days, which its file counts from `epoch` on, as dates."""
    from openpyxl.styles.numbers import is_date_format

    format_code = _FORMAT_CODE.search(number_cache)
    number_format = html.unescape(format_code[1].decode("utf-8", "replace")) if format_code else ""
    if is_date_format(number_format):
        return _POINT_VALUE.sub(lambda day: _day_to_date(day[0], epoch), number_cache)
    return _POINT_NUMBER.sub(lambda number: _number_as_shown(number[0], number_format), number_cache)


def _number_as_shown(number: bytes, number_format: str) -> bytes:
    """A number as a workbook shows it; as it is where it is none."""
    from groundwork.documents.formats.spreadsheets import format_number

    try:
        return html.escape(format_number(float(number), number_format)).encode()
    except (ValueError, OverflowError):
        return number


def _day_to_date(day: bytes, epoch: datetime.datetime) -> bytes:
    """The number of a day as its date; as it is where no calendar has it."""
    from openpyxl.utils.datetime import from_excel

    try:
        return str(from_excel(float(day), epoch)).removesuffix(" 00:00:00").encode()
    except (ValueError, OverflowError):
        return day


_ODF_REWRITES = (("content.xml", _strip_annotations),)
_REWRITES: dict[str, tuple[tuple[str, Callable[[bytes], bytes]], ...]] = {
    "docx": ((r"word/\w+\.xml", _strip_ruby), (r"word/charts/\w+\.xml", _simplify_chart)),
    "pptx": ((r"ppt/charts/\w+\.xml", _simplify_chart),),
    "odt": _ODF_REWRITES,
    "ods": _ODF_REWRITES,
    "odp": _ODF_REWRITES,
}


_STYLE = re.compile(rb"<w:style [^>]*>.*?</w:style>", re.DOTALL)
_STYLE_ID = re.compile(rb'w:styleId="([^"]*)"')
_BASED_ON = re.compile(rb'<w:basedOn w:val="([^"]*)"')
_NUMBERING = re.compile(rb"<w:numPr>(.*?)</w:numPr>", re.DOTALL)
_LIST_LEVEL = re.compile(rb'<w:ilvl w:val="(\d+)"')
_LIST_ID = re.compile(rb'<w:numId w:val="(\d+)"')
_PROPERTIES = re.compile(rb"<w:pPr>(?:(?!</w:pPr>).)*</w:pPr>", re.DOTALL)
_USED_STYLE = re.compile(rb'<w:pStyle w:val="([^"]*)"\s*/>')
_MOST_BASE_STYLES = 10  # styles that one is based on


class Numbering(NamedTuple):
    """Which list a paragraph belongs to, and on which level from 0; None where the style leaves it open."""

    level: bytes | None
    list_id: bytes | None


def with_style_numbers(docx: bytes, main_part: str) -> bytes:
    """The file with the numbering of its styles in the paragraphs themselves, where these have none."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        if not main_part or "word/styles.xml" not in archive.namelist():
            return docx
        numberings = _read_numberings(archive.read("word/styles.xml"))
        if not any(numbering.level not in (None, b"0") for numbering in numberings.values()):
            return docx
        package = {part_name: archive.read(part_name) for part_name in archive.namelist()}
    package[main_part] = _PROPERTIES.sub(lambda match: _add_numbering(match[0], numberings), package[main_part])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part_name, content in package.items():
            archive.writestr(part_name, content)
    return buffer.getvalue()


def _add_numbering(properties: bytes, numberings: dict[bytes, Numbering]) -> bytes:
    style = _USED_STYLE.search(properties)
    numbering = numberings.get(style[1]) if style else None
    if not style or not numbering or not numbering.list_id or b"<w:numPr" in properties:
        return properties
    level = numbering.level or b"0"
    numbering_xml = b'<w:numPr><w:ilvl w:val="%b"/><w:numId w:val="%b"/></w:numPr>' % (level, numbering.list_id)
    return properties.replace(style[0], style[0] + numbering_xml, 1)


def _read_numberings(styles_xml: bytes) -> dict[bytes, Numbering]:
    """The numbering of each style by its name, that of the styles which it is based on included."""
    numberings: dict[bytes, Numbering] = {}
    bases: dict[bytes, bytes] = {}
    for style in _STYLE.finditer(styles_xml):
        style_id = _STYLE_ID.search(style[0])
        if not style_id:
            continue
        numbering = _NUMBERING.search(style[0])
        level, list_id = (pattern.search(numbering[1]) if numbering else None for pattern in (_LIST_LEVEL, _LIST_ID))
        numberings[style_id[1]] = Numbering(level[1] if level else None, list_id[1] if list_id else None)
        if base_style := _BASED_ON.search(style[0]):
            bases[style_id[1]] = base_style[1]
    return {style_id: _inherited_numbering(style_id, numberings, bases) for style_id in numberings}


def _inherited_numbering(style_id: bytes, numberings: dict[bytes, Numbering], bases: dict[bytes, bytes]) -> Numbering:
    level: bytes | None = None
    list_id: bytes | None = None
    for _ in range(_MOST_BASE_STYLES):
        numbering = numberings.get(style_id, Numbering(None, None))
        level, list_id = level or numbering.level, list_id or numbering.list_id
        style_id = bases.get(style_id, b"")
    return Numbering(level, None if list_id == b"0" else list_id)
