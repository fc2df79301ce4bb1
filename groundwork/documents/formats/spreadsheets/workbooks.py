"""XLSX workbooks as Markdown tables, streamed by openpyxl, and changed first where it refuses what programs write."""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from groundwork.documents.formats.office.office_package import CONTENT_TYPES, archived_parts
from groundwork.documents.formats.office.office_xml import parse_xml, tags, write_xml
from groundwork.documents.formats.raised_figures import raised_workbook_texts
from groundwork.documents.formats.spreadsheets.cell_formats import cell_text
from groundwork.documents.formats.spreadsheets.sheet_titles_and_remarks import (
    MOST_CELLS,
    SheetRows,
    sheet_size_error,
    sheet_to_markdown,
    single_sheet_cells,
)
from groundwork.documents.formats.spreadsheets.workbook_comments_and_text_boxes import (
    WorkbookComments,
    sheet_comment_quotes,
)
from groundwork.errors import BadDocument
from groundwork.message_wording import counted


def hidden_sheets_warning(titles: Sequence[str]) -> list[str]:
    """That sheets are hidden, for they are read like the others."""
    return [
        f"{counted(len(titles), 'sheet is', 'sheets are')} hidden, and read all the same: {', '.join(titles)}"
    ] * bool(titles)


_WORKBOOK_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, SyntaxError)  # the last: of XML, by any parser
_RECALCULATE_WORKBOOK = "the program that wrote it did not calculate; open it in a spreadsheet program and save it"
WorkbookArea = tuple[int, int, int, int]  # first row, first column, last row, last column


class WorkbookText(NamedTuple):
    """A workbook as Markdown, and what of it could not be read."""

    text: str
    warnings: list[str]


def read_xlsx(workbook_path: str) -> WorkbookText:
    """Every sheet that holds something, as a heading and a table. Raises BadDocument for damage and too large an area.

    Time is linear in the cells that the file holds, not in the area between them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl leaves out of a workbook that it would save again
        try:
            return _read_workbook(workbook_path)
        except _WORKBOOK_DAMAGE as workbook_error:
            raise BadDocument(f"it is damaged ({workbook_error})") from None


def _read_workbook(workbook_path: str) -> WorkbookText:
    workbook, workbook_comments = load_workbook(workbook_path), WorkbookComments(workbook_path)
    try:
        workbook_texts: list[str] = []
        uncalculated_formulas = 0
        raise_workbook_figures(workbook_path, workbook)
        for sheet in workbook.worksheets:
            workbook_rows, merged_areas, formulas_without_value = _read_workbook_sheet(workbook, sheet)
            uncalculated_formulas += formulas_without_value
            boxes = workbook_comments.text_boxes(sheet._worksheet_path)
            comment_quotes = sheet_comment_quotes(workbook_comments.comments(sheet._worksheet_path), workbook_rows)
            sheet_table = merged_sheet(workbook_rows, merged_areas, sheet.title) or f"## {sheet.title}" * bool(boxes)
            workbook_texts += filter(None, [sheet_table, boxes, comment_quotes])
        hidden_sheets = [sheet.title for sheet in workbook.worksheets if sheet.sheet_state != "visible"]
        formula_warnings = (
            [f"{counted(uncalculated_formulas, 'formula has', 'formulas have')} no value: {_RECALCULATE_WORKBOOK}"]
            if uncalculated_formulas
            else []
        )
        return WorkbookText("\n\n".join(workbook_texts), [*formula_warnings, *hidden_sheets_warning(hidden_sheets)])
    finally:
        workbook.close()


def _read_workbook_sheet(workbook: Any, sheet: Any) -> tuple[SheetRows, list[WorkbookArea], int]:
    """The cells that hold something, the merged areas, and how many formulas have no value.

    By the parser of openpyxl, which gives both in one pass; its rows create every cell of the area.
    """
    workbook_rows: SheetRows = {}
    number_format = functools.cache(functools.partial(_style_number_format, sheet))
    cells_spanned = 0
    with sheet._get_source() as sheet_file:
        sheet_parser = _workbook_parser(workbook, sheet, sheet_file)
        for row_number, cells in sheet_parser.parse():
            cells_spanned += cells[-1]["column"] if cells else 0
            if cells_spanned > MOST_CELLS:
                raise BadDocument(sheet_size_error(sheet.title, f"more than {MOST_CELLS:,}"))
            texts = ((cell["column"], cell_text(cell["value"], number_format(cell["style_id"]))) for cell in cells)
            if workbook_row_texts := {column: text for column, text in texts if text.strip()}:
                workbook_rows.setdefault(row_number, {}).update(workbook_row_texts)
    merged_workbook_cells = sheet_parser.merged_cells.mergeCell if sheet_parser.merged_cells else ()
    merged_areas = [(area.min_row, area.min_col, area.max_row, area.max_col) for area in merged_workbook_cells]
    return workbook_rows, merged_areas, sheet_parser.uncalculated_formulas


def _workbook_parser(workbook: Any, sheet: Any, sheet_file: Any) -> Any:
    """openpyxl's parser of a sheet; its `uncalculated_formulas` counts those without a value."""
    from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

    class WorkbookParser(WorkSheetParser):  # type: ignore[misc]  # openpyxl has no types
        uncalculated_formulas = 0

        def parse_cell(self, element: Any) -> dict[str, Any]:
            cell: dict[str, Any] = super().parse_cell(element)
            is_formula = cell["value"] is None and element.find(FORMULA_TAG) is not None
            self.uncalculated_formulas += is_formula and element.get("t") != "str"  # a text, whose value is empty
            return cell

    return WorkbookParser(
        sheet_file,
        sheet._shared_strings,
        data_only=True,
        epoch=workbook.epoch,
        date_formats=workbook._date_formats,
        timedelta_formats=workbook._timedelta_formats,
    )


def _style_number_format(sheet: Any, style_id: int | str) -> str:
    """The number format of a style; none of one that the file does not hold."""
    from openpyxl.cell.read_only import ReadOnlyCell

    try:
        number_format: str = ReadOnlyCell(sheet, 1, 1, None, style_id=style_id or 0).number_format
    except IndexError:
        return ""
    return number_format


def merged_sheet(workbook_rows: SheetRows, merged_areas: Iterable[WorkbookArea], sheet_title: str) -> str:
    """A sheet under its title; "" for one without cells."""
    lone_texts = single_sheet_cells(workbook_rows)
    fill_merged_areas(workbook_rows, merged_areas)
    workbook_markdown = sheet_to_markdown(workbook_rows, lone_texts, sheet_title)
    return f"## {sheet_title}\n\n{workbook_markdown}" if workbook_markdown else ""


def fill_merged_areas(workbook_rows: SheetRows, areas: Iterable[WorkbookArea]) -> None:
    """Repeat the text of a merged area in its rows and columns that hold something else as well."""
    row_numbers = sorted(workbook_rows)
    width = max((max(cells) for cells in workbook_rows.values()), default=0)
    for top, left, bottom, right in areas:
        merged_text = workbook_rows.get(top, {}).get(left)
        if merged_text is None:
            continue
        for row_number in row_numbers[bisect_left(row_numbers, top) : bisect_right(row_numbers, bottom)]:
            workbook_rows[row_number].update((column, merged_text) for column in range(left, min(right, width) + 1))


_STRICT_WORKBOOK_NAMESPACES = b"http://purl.oclc.org/ooxml/"
_WORKBOOK_NAMESPACES = b"http://schemas.openxmlformats.org/"
_WORKBOOK_VOCABULARIES = (b"spreadsheetml", b"officeDocument", b"drawingml")
_WORKBOOK_STYLES = "xl/styles.xml"
_WORKBOOK_STYLES_TYPE = ".spreadsheetml.styles+xml"
_WORKBOOK_REFUSALS = (AttributeError, IndexError, KeyError, TypeError, ValueError)  # of openpyxl


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
    except _WORKBOOK_REFUSALS as workbook_refusal:
        try:
            return load_with_openpyxl(_rewrite_workbook_parts(readable, _with_number_formats_alone))
        except _WORKBOOK_REFUSALS:
            refusal_reason = str(workbook_refusal.__cause__ or workbook_refusal).partition("\n")[0]
            raise BadDocument(f"it is damaged ({refusal_reason or type(workbook_refusal).__name__})") from None


def raise_workbook_figures(workbook_path: str, book: Any) -> None:
    """Put raised figures into the texts of a workbook's cells, whose formats openpyxl passes over."""
    with zipfile.ZipFile(workbook_path) as archive:
        shared_strings_parts = [name for name in archive.namelist() if name.lower().endswith("/sharedstrings.xml")]
        shared_strings = archive.read(shared_strings_parts[0]) if shared_strings_parts and book.worksheets else b""
    workbook_strings = parse_xml(shared_strings) if b"superscript" in shared_strings else None
    for number, text in () if workbook_strings is None else raised_workbook_texts(workbook_strings).items():
        book.worksheets[0]._shared_strings[number] = text


def _is_strict(workbook_path: str) -> bool:
    """Whether it was saved as "Strict Open XML", which openpyxl reads as an empty workbook."""
    with zipfile.ZipFile(workbook_path) as archive:
        return any(
            _STRICT_WORKBOOK_NAMESPACES in archive.read(workbook_part)
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
        for workbook_part, archived_name in archived_parts(archive).items():
            rewritten_name = _WORKBOOK_STYLES if workbook_part == styles_part else workbook_part
            rewritten_workbook.writestr(rewritten_name, rewrite_part(rewritten_name, archive.read(archived_name)))
    return workbook_buffer


def _with_transitional_namespaces(workbook_part: str, workbook_part_bytes: bytes) -> bytes:
    if not workbook_part.endswith((".xml", ".rels")):
        return workbook_part_bytes
    for vocabulary in _WORKBOOK_VOCABULARIES:
        strict_workbook, plain_workbook = (
            namespace + vocabulary for namespace in (_STRICT_WORKBOOK_NAMESPACES, _WORKBOOK_NAMESPACES)
        )
        for attribute_quote in (b'="', b"='"):  # of an attribute: text that mentions such a name stays
            workbook_part_bytes = workbook_part_bytes.replace(
                attribute_quote + strict_workbook + b"/", attribute_quote + plain_workbook + b"/2006/"
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
