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
from groundwork.documents.formats.raised_figures import raised_workbook_texts
from groundwork.errors import BadDocument

_STRICT_NAMESPACES = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL_NAMESPACES = b"http://schemas.openxmlformats.org/"
_NAMESPACE_VOCABULARIES = (b"spreadsheetml", b"officeDocument", b"drawingml")
_WORKBOOK_STYLES = "xl/styles.xml"
_WORKBOOK_STYLES_TYPE = ".spreadsheetml.styles+xml"
_OPENPYXL_REFUSALS = (AttributeError, IndexError, KeyError, TypeError, ValueError)  # of openpyxl


def load_workbook(workbook_path: str) -> Any:
    """The workbook of openpyxl, streamed. Raises BadDocument where it is refused even when it is changed.

    Where it is refused it is read without its fonts, fills and borders, in which openpyxl takes offence at what
    programs write that are not Excel; its number formats stay.
    """
    import openpyxl

    load_with_openpyxl = functools.partial(openpyxl.load_workbook, read_only=True, data_only=True, keep_links=False)
    is_readable = not _is_strict(workbook_path) and _styles_part(workbook_path) == _WORKBOOK_STYLES
    readable = workbook_path if is_readable else _rewrite_workbook_parts(workbook_path, _with_transitional_namespaces)
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # openpyxl prints what it refuses
            return load_with_openpyxl(readable)
    except _OPENPYXL_REFUSALS as refusal:
        try:
            return load_with_openpyxl(_rewrite_workbook_parts(readable, _with_number_formats_alone))
        except _OPENPYXL_REFUSALS:
            refusal_reason = str(refusal.__cause__ or refusal).partition("\n")[0]
            raise BadDocument(f"it is damaged ({refusal_reason or type(refusal).__name__})") from None


def raise_workbook_figures(workbook_path: str, book: Any) -> None:
    """Put raised figures into the texts of a workbook's cells, whose formats openpyxl passes over."""
    with zipfile.ZipFile(workbook_path) as archive:
        shared_strings_parts = [
            workbook_part
            for workbook_part in archive.namelist()
            if workbook_part.lower().endswith("/sharedstrings.xml")
        ]
        shared_strings = archive.read(shared_strings_parts[0]) if shared_strings_parts and book.worksheets else b""
    strings_root = parse_xml(shared_strings) if b"superscript" in shared_strings else None
    for string_number, string_text in () if strings_root is None else raised_workbook_texts(strings_root).items():
        book.worksheets[0]._shared_strings[string_number] = string_text


def _is_strict(workbook_path: str) -> bool:
    """Whether it was saved as "Strict Open XML", which openpyxl reads as an empty workbook."""
    with zipfile.ZipFile(workbook_path) as archive:
        return any(
            _STRICT_NAMESPACES in archive.read(workbook_part)
            for workbook_part in archive.namelist()
            if workbook_part.endswith(".rels")
        )


def _styles_part(workbook_path: str | io.BytesIO) -> str:
    """The part of the styles, which openpyxl looks for under one name alone; that name where there are none."""
    with zipfile.ZipFile(workbook_path) as archive:
        content_types = parse_xml(archive.read(CONTENT_TYPES)) if CONTENT_TYPES in archive.namelist() else None
    workbook_overrides = [] if content_types is None else content_types.iter("{*}Override")
    styles_parts = [
        override.get("PartName", "")
        for override in workbook_overrides
        if override.get("ContentType", "").endswith(_WORKBOOK_STYLES_TYPE)
    ]
    return styles_parts[0].lstrip("/") if styles_parts else _WORKBOOK_STYLES


def _rewrite_workbook_parts(workbook_path: str | io.BytesIO, rewrite_part: Callable[[str, bytes], bytes]) -> io.BytesIO:
    workbook_buffer = io.BytesIO()
    styles_part = _styles_part(workbook_path)
    with (
        zipfile.ZipFile(workbook_path) as archive,
        zipfile.ZipFile(workbook_buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as rewritten_workbook,
    ):
        for workbook_part, archived_name in archived_names(archive).items():
            rewritten_name = _WORKBOOK_STYLES if workbook_part == styles_part else workbook_part
            rewritten_workbook.writestr(rewritten_name, rewrite_part(rewritten_name, archive.read(archived_name)))
    return workbook_buffer


def _with_transitional_namespaces(workbook_part: str, workbook_part_bytes: bytes) -> bytes:
    if not workbook_part.endswith((".xml", ".rels")):
        return workbook_part_bytes
    for vocabulary in _NAMESPACE_VOCABULARIES:
        strict_namespace, transitional_namespace = (
            namespace + vocabulary for namespace in (_STRICT_NAMESPACES, _TRANSITIONAL_NAMESPACES)
        )
        for attribute_quote in (b'="', b"='"):  # of an attribute: text that mentions such a name stays
            workbook_part_bytes = workbook_part_bytes.replace(
                attribute_quote + strict_namespace + b"/", attribute_quote + transitional_namespace + b"/2006/"
            )
    return workbook_part_bytes


def _with_number_formats_alone(workbook_part: str, workbook_part_bytes: bytes) -> bytes:
    workbook_styles = parse_xml(workbook_part_bytes) if workbook_part.endswith("styles.xml") else None
    if workbook_styles is None:
        return workbook_part_bytes
    for styles_part in list(workbook_styles):
        if styles_part.tag not in tags("x", "numFmts", "cellXfs"):
            workbook_styles.remove(styles_part)
    for cell_style in workbook_styles.iter(*tags("x", "xf")):
        number_format = cell_style.get("numFmtId", "0")
        cell_style.clear()
        cell_style.set("numFmtId", number_format)
    return write_xml(workbook_styles)
