"""Workbooks opened by openpyxl, changed beforehand where it refuses what programs write."""

from __future__ import annotations

import contextlib
import functools
import io
import zipfile
from collections.abc import Callable
from typing import Any

from groundwork.documents.formats.office.package_parts import CONTENT_TYPES, archived_names
from groundwork.documents.formats.office.xml_elements import parse_xml, tags, write_xml
from groundwork.documents.formats.raised_figures import raised_strings
from groundwork.errors import BadDocument

_STRICT_NAMES = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL_NAMES = b"http://schemas.openxmlformats.org/"
_VOCABULARIES = (b"spreadsheetml", b"officeDocument", b"drawingml")
_STYLES = "xl/styles.xml"
_STYLES_TYPE = ".spreadsheetml.styles+xml"
_REFUSALS = (AttributeError, IndexError, KeyError, TypeError, ValueError)  # of openpyxl


def load_workbook(workbook_path: str) -> Any:
    """The workbook of openpyxl, streamed. Raises BadDocument where it is refused even when it is changed.

    Where it is refused it is read without its fonts, fills and borders, in which openpyxl takes offence at what
    programs write that are not Excel; its number formats stay.
    """
    import openpyxl

    load = functools.partial(openpyxl.load_workbook, read_only=True, data_only=True, keep_links=False)
    is_readable = not _is_strict(workbook_path) and _styles_part(workbook_path) == _STYLES
    readable = workbook_path if is_readable else _rewrite_parts(workbook_path, _with_transitional_names)
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # openpyxl prints what it refuses
            return load(readable)
    except _REFUSALS as refusal:
        try:
            return load(_rewrite_parts(readable, _with_number_formats_alone))
        except _REFUSALS:
            reason = str(refusal.__cause__ or refusal).partition("\n")[0]
            raise BadDocument(f"it is damaged ({reason or type(refusal).__name__})") from None


def raise_strings(workbook_path: str, book: Any) -> None:
    """Put raised figures into the texts of a workbook's cells, whose formats openpyxl passes over."""
    with zipfile.ZipFile(workbook_path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith("/sharedstrings.xml")]
        content = archive.read(names[0]) if names and book.worksheets else b""
    root = parse_xml(content) if b"superscript" in content else None
    for number, text in () if root is None else raised_strings(root).items():
        book.worksheets[0]._shared_strings[number] = text


def _is_strict(workbook_path: str) -> bool:
    """Whether it was saved as "Strict Open XML", which openpyxl reads as an empty workbook."""
    with zipfile.ZipFile(workbook_path) as archive:
        return any(_STRICT_NAMES in archive.read(name) for name in archive.namelist() if name.endswith(".rels"))


def _styles_part(workbook_path: str | io.BytesIO) -> str:
    """The part of the styles, which openpyxl looks for under one name alone; that name where there are none."""
    with zipfile.ZipFile(workbook_path) as archive:
        content_types = parse_xml(archive.read(CONTENT_TYPES)) if CONTENT_TYPES in archive.namelist() else None
    overrides = [] if content_types is None else content_types.iter("{*}Override")
    names = [part.get("PartName", "") for part in overrides if part.get("ContentType", "").endswith(_STYLES_TYPE)]
    return names[0].lstrip("/") if names else _STYLES


def _rewrite_parts(workbook_path: str | io.BytesIO, rewrite: Callable[[str, bytes], bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    styles_part = _styles_part(workbook_path)
    with (
        zipfile.ZipFile(workbook_path) as archive,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as rewritten,
    ):
        for name, archived_name in archived_names(archive).items():
            new_name = _STYLES if name == styles_part else name
            rewritten.writestr(new_name, rewrite(new_name, archive.read(archived_name)))
    return buffer


def _with_transitional_names(part_name: str, part_bytes: bytes) -> bytes:
    if not part_name.endswith((".xml", ".rels")):
        return part_bytes
    for vocabulary in _VOCABULARIES:
        strict, transitional = (name + vocabulary for name in (_STRICT_NAMES, _TRANSITIONAL_NAMES))
        for quote in (b'="', b"='"):  # of an attribute: text that mentions such a name stays
            part_bytes = part_bytes.replace(quote + strict + b"/", quote + transitional + b"/2006/")
    return part_bytes


def _with_number_formats_alone(part_name: str, part_bytes: bytes) -> bytes:
    styles = parse_xml(part_bytes) if part_name.endswith("styles.xml") else None
    if styles is None:
        return part_bytes
    for part in list(styles):
        if part.tag not in tags("x", "numFmts", "cellXfs"):
            styles.remove(part)
    for style in styles.iter(*tags("x", "xf")):
        number_format = style.get("numFmtId", "0")
        style.clear()
        style.set("numFmtId", number_format)
    return write_xml(styles)
