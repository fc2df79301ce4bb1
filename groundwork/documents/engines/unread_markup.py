"""Markup of office files that anydoc does not read, or reads into the text around it, written as it does read it."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence

_RUBY = re.compile(rb"<w:ruby>.*?</w:ruby>", re.DOTALL)
_RUBY_BASE = re.compile(rb"<w:rubyBase>.*</w:rubyBase>", re.DOTALL)
_TEXT = re.compile(rb"<w:t(?: [^>]*)?>[^<]*</w:t>")
_COMMENT = re.compile(rb"<office:annotation[ >].*?</office:annotation>", re.DOTALL)
_NUMBERS = re.compile(rb"<c:numCache>.*?</c:numCache>", re.DOTALL)
_CACHE = re.compile(rb"(<c:(?:num|str)Cache>)(.*?)(?=</c:(?:num|str)Cache>)", re.DOTALL)
_FORMAT = re.compile(rb"<c:formatCode>([^<]*)</c:formatCode>")
_VALUE = re.compile(rb"(?<=<c:v>)[\d.]+(?=</c:v>)")
_SERIES = re.compile(rb"<c:ser>.*?</c:ser>", re.DOTALL)
_PLACES = re.compile(rb"<c:xVal>.*?</c:xVal>", re.DOTALL)
_HEIGHTS = re.compile(rb"<c:yVal>.*?</c:yVal>", re.DOTALL)
_POINT = re.compile(rb'<c:pt idx="(\d+)"[^>]*>\s*<c:v>([^<]*)</c:v>', re.DOTALL)
_MOST_POINTS = 100_000  # of a series; more are damage
_POINTS_CHART = re.compile(rb"(</?c:)(?:scatter|bubble)(?=Chart>)")


def readable(content: bytes, kind: str) -> bytes:
    """A file of a format of anydoc's with that markup written otherwise; itself where there is none, or it is no
    package."""
    if kind not in _REWRITES or not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        changed = {
            name: new
            for pattern, rewrite in _REWRITES[kind]
            for name in archive.namelist()
            if re.fullmatch(pattern, name) and (new := rewrite(old := archive.read(name))) != old
        }
        return zipped({name: archive.read(name) for name in archive.namelist()} | changed) if changed else content


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """A package of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def _without_ruby(part: bytes) -> bytes:
    """Text with a reading above it, as Japanese has, as the text alone."""
    return _RUBY.sub(lambda ruby: b"".join(_TEXT.findall(b"".join(_RUBY_BASE.findall(ruby[0])))), part)


def _without_comments(part: bytes) -> bytes:
    return _COMMENT.sub(b"", part)


def _plain_chart(part: bytes) -> bytes:
    """Points as lines, days as dates, and gaps as empty values: anydoc goes by the order of the values alone."""
    part = _NUMBERS.sub(lambda match: _dated(match[0]), part)
    if _POINTS_CHART.search(part):
        part = _as_lines(part)
    return _CACHE.sub(lambda match: match[1] + _without_gaps(match[2]), part)


def _without_gaps(cache: bytes) -> bytes:
    points = {int(number): value for number, value in _POINT.findall(cache)}
    last = max(points, default=-1)
    if len(points) == last + 1 or last > _MOST_POINTS:
        return cache
    return _written((k, points.get(k, b"")) for k in range(last + 1))


def _as_lines(part: bytes) -> bytes:
    series = _SERIES.findall(part)
    places = [[point[1] for point in _points(_PLACES, one)] for one in series]
    shared = all(one == places[0] for one in places)
    rows = places[0] if shared else [place for one in places for place in one]
    starts = itertools.accumulate(map(len, places), initial=0)
    lines = iter([_as_line(one, rows, 0 if shared else start) for one, start in zip(series, starts, strict=False)])
    return _POINTS_CHART.sub(rb"\1line", _SERIES.sub(lambda _: next(lines), part))


def _as_line(series: bytes, rows: Sequence[bytes], start: int) -> bytes:
    """A series of points with the places of all series as the names of its rows, its own from row `start` on."""
    numbers = {old: start + k for k, (old, _) in enumerate(_points(_PLACES, series))}
    heights = [(numbers.get(old, int(old)), height) for old, height in _points(_HEIGHTS, series)]
    series = _PLACES.sub(lambda _: _cached(b"cat", b"str", enumerate(rows)), series)
    return _HEIGHTS.sub(lambda _: _cached(b"val", b"num", heights), series)


def _points(where: re.Pattern[bytes], series: bytes) -> list[tuple[bytes, bytes]]:
    found = where.search(series)
    return _POINT.findall(found[0]) if found else []


def _cached(name: bytes, kind: bytes, points: Iterable[tuple[int, bytes]]) -> bytes:
    reference = b"<c:%bRef><c:%bCache>%b</c:%bCache></c:%bRef>" % (kind, kind, _written(points), kind, kind)
    return b"<c:%b>%b</c:%b>" % (name, reference, name)


def _written(points: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(b'<c:pt idx="%d"><c:v>%b</c:v></c:pt>' % point for point in points)


def _dated(numbers: bytes) -> bytes:
    """The days of a chart, which its file counts from 1900 on, as dates."""
    from openpyxl.styles.numbers import is_date_format
    from openpyxl.utils.datetime import from_excel

    shown = _FORMAT.search(numbers)
    if not shown or not is_date_format(shown[1].decode("utf-8", "replace")):
        return numbers
    return _VALUE.sub(lambda value: str(from_excel(float(value[0]))).removesuffix(" 00:00:00").encode(), numbers)


_ODF = (("content.xml", _without_comments),)
_REWRITES: dict[str, tuple[tuple[str, Callable[[bytes], bytes]], ...]] = {
    "docx": ((r"word/\w+\.xml", _without_ruby), (r"word/charts/\w+\.xml", _plain_chart)),
    "pptx": ((r"ppt/charts/\w+\.xml", _plain_chart),),
    "odt": _ODF,
    "ods": _ODF,
    "odp": _ODF,
}
