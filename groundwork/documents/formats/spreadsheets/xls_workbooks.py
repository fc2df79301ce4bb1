"""Workbooks of the binary format XLS as Markdown tables, read by xlrd."""

from __future__ import annotations

import datetime
import io
from typing import Any

from groundwork.documents.formats.spreadsheets.cell_formats import cell_text
from groundwork.documents.formats.spreadsheets.sheet_titles_and_remarks import SheetRows
from groundwork.documents.formats.spreadsheets.workbook_comments_and_text_boxes import (
    sheet_comment_quotes,
    without_author,
)
from groundwork.documents.formats.spreadsheets.workbooks import WorkbookText, hidden_sheets_warning, merged_sheet
from groundwork.errors import BadDocument


def read_xls(workbook_path: str) -> WorkbookText:
    """Every sheet that holds something, as a heading and a table. Raises BadDocument where it has a password."""
    import xlrd

    try:
        xls_workbook = xlrd.open_workbook(workbook_path, formatting_info=True, on_demand=True, logfile=io.StringIO())
    except xlrd.XLRDError as xls_error:
        if "encrypted" in str(xls_error):
            raise BadDocument("it is encrypted; save it without a password") from None
        raise
    with xls_workbook:
        xls_sheets = [xls_workbook.sheet_by_index(sheet_index) for sheet_index in range(xls_workbook.nsheets)]
        xls_texts = [text for xls_sheet in xls_sheets for text in _xls_sheet_texts(xls_workbook, xls_sheet)]
        hidden_sheets = [xls_sheet.name for xls_sheet in xls_sheets if xls_sheet.visibility]
        return WorkbookText("\n\n".join(filter(None, xls_texts)), hidden_sheets_warning(hidden_sheets))


def _xls_sheet_texts(xls_workbook: Any, xls_sheet: Any) -> list[str]:
    """The table of a sheet, and its comments as quotes."""
    import xlrd

    xls_rows = _used_xls_rows(xls_workbook, xls_sheet)
    merged_areas = ((top + 1, left + 1, bottom, right) for top, bottom, left, right in xls_sheet.merged_cells)
    xls_notes = sorted(xls_sheet.cell_note_map.items())
    xls_comments = ((xlrd.cellname(*place), without_author(note.text, note.author)) for place, note in xls_notes)
    comment_quotes = sheet_comment_quotes(xls_comments, xls_rows)
    return [merged_sheet(xls_rows, merged_areas, xls_sheet.name), comment_quotes]


def _used_xls_rows(xls_workbook: Any, xls_sheet: Any) -> SheetRows:
    xls_rows: SheetRows = {}
    for i in range(xls_sheet.nrows):
        column_texts = (
            (j, cell_text(*_xls_cell_value(xls_workbook, xls_cell)))
            for j, xls_cell in enumerate(xls_sheet.row(i), start=1)
        )
        if xls_row_texts := {j: text for j, text in column_texts if text.strip()}:
            xls_rows[i + 1] = xls_row_texts
    return xls_rows


def _xls_cell_value(xls_workbook: Any, xls_cell: Any) -> tuple[Any, str]:
    """A cell's value as openpyxl would give it, and its number format."""
    import xlrd

    xls_value = xls_cell.value
    if xls_cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None, ""
    if xls_cell.ctype == xlrd.XL_CELL_NUMBER:
        return xls_value, xls_workbook.format_map[xls_workbook.xf_list[xls_cell.xf_index].format_key].format_str
    if xls_cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(xls_value), ""
    if xls_cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(xls_value, ""), ""
    if xls_cell.ctype == xlrd.XL_CELL_DATE:
        number_format = xls_workbook.format_map[xls_workbook.xf_list[xls_cell.xf_index].format_key].format_str
        return _xls_date(xls_value, xls_workbook.datemode, number_format), number_format
    return xls_value, ""


def _xls_date(
    days: float, datemode: int, number_format: str
) -> datetime.datetime | datetime.time | datetime.timedelta | float:
    """A time where it is less than a day, or a number of hours; days that no calendar has stay a number."""
    import xlrd
    from openpyxl.styles.numbers import is_timedelta_format

    try:
        if is_timedelta_format(number_format):
            return datetime.timedelta(days=days)
        xls_date: datetime.datetime = xlrd.xldate.xldate_as_datetime(days, datemode)
    except (OverflowError, ValueError):
        return days
    return xls_date.time() if 0 <= days < 1 else xls_date
