"""The XML of office files, mended for anydoc: markup that it does not read, or reads into the text around it.

The numbers that Word shows before headings and items are written out where a style alone says so: anydoc counts by the
numbering of a paragraph itself; one that comes from its style is read as of the first level.
"""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

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


_STYLE = re.compile(rb"<w:style [^>]*>.*?</w:style>", re.DOTALL)
_STYLE_ID = re.compile(rb'w:styleId="([^"]*)"')
_BASE = re.compile(rb'<w:basedOn w:val="([^"]*)"')
_NUMBERING = re.compile(rb"<w:numPr>(.*?)</w:numPr>", re.DOTALL)
_LEVEL = re.compile(rb'<w:ilvl w:val="(\d+)"')
_LIST = re.compile(rb'<w:numId w:val="(\d+)"')
_PROPERTIES = re.compile(rb"<w:pPr>(?:(?!</w:pPr>).)*</w:pPr>", re.DOTALL)
_USES = re.compile(rb'<w:pStyle w:val="([^"]*)"\s*/>')
_DEEPEST = 10  # styles that one is based on


class Numbering(NamedTuple):
    """Which list a paragraph belongs to, and on which level from 0; None where the style leaves it open."""

    level: bytes | None
    which: bytes | None


def with_style_numbers(docx: bytes, main_part: str) -> bytes:
    """The file with the numbering of its styles in the paragraphs themselves, where these have none."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        if not main_part or "word/styles.xml" not in archive.namelist():
            return docx
        numberings = _numberings(archive.read("word/styles.xml"))
        if not any(numbering.level not in (None, b"0") for numbering in numberings.values()):
            return docx
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[main_part] = _PROPERTIES.sub(lambda match: _numbered(match[0], numberings), parts[main_part])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _numbered(properties: bytes, numberings: dict[bytes, Numbering]) -> bytes:
    style = _USES.search(properties)
    numbering = numberings.get(style[1]) if style else None
    if not style or not numbering or not numbering.which or b"<w:numPr" in properties:
        return properties
    level = numbering.level or b"0"
    told = b'<w:numPr><w:ilvl w:val="%b"/><w:numId w:val="%b"/></w:numPr>' % (level, numbering.which)
    return properties.replace(style[0], style[0] + told, 1)


def _numberings(styles: bytes) -> dict[bytes, Numbering]:
    """The numbering of each style by its name, that of the styles which it is based on included."""
    own: dict[bytes, Numbering] = {}
    bases: dict[bytes, bytes] = {}
    for match in _STYLE.finditer(styles):
        name = _STYLE_ID.search(match[0])
        if not name:
            continue
        found = _NUMBERING.search(match[0])
        level, which = (pattern.search(found[1]) if found else None for pattern in (_LEVEL, _LIST))
        own[name[1]] = Numbering(level[1] if level else None, which[1] if which else None)
        if base := _BASE.search(match[0]):
            bases[name[1]] = base[1]
    return {name: _inherited(name, own, bases) for name in own}


def _inherited(name: bytes, own: dict[bytes, Numbering], bases: dict[bytes, bytes]) -> Numbering:
    level: bytes | None = None
    which: bytes | None = None
    for _ in range(_DEEPEST):
        numbering = own.get(name, Numbering(None, None))
        level, which = level or numbering.level, which or numbering.which
        name = bases.get(name, b"")
    return Numbering(level, None if which == b"0" else which)
