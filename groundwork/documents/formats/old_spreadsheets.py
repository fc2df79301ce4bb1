"""XLS (Excel 97 and before) as Markdown tables, by xlrd: numbers, units, dates and merged cells as of XLSX."""

from __future__ import annotations

import datetime
import io
from typing import Any

from groundwork.documents.formats.spreadsheets import Rows, cell_text, dense_rows, fill_merged, table_to_markdown
from groundwork.errors import BadDocument


def xls_to_markdown(source: str) -> str:
    """Every sheet that holds something, as a heading and a table. Raises BadDocument where it has a password."""
    import xlrd

    try:
        book = xlrd.open_workbook(source, formatting_info=True, on_demand=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise BadDocument("it is encrypted; save it without a password") from None
        raise
    with book:
        sheets = []
        for sheet in map(book.sheet_by_index, range(book.nsheets)):
            rows = _used_cells(book, sheet)
            areas = ((top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells)
            fill_merged(rows, areas)
            if table := table_to_markdown(dense_rows(rows, sheet.name)):
                sheets.append(f"## {sheet.name}\n\n{table}")
        return "\n\n".join(sheets)


def _used_cells(book: Any, sheet: Any) -> Rows:
    rows: Rows = {}
    for i in range(sheet.nrows):
        texts = ((j, cell_text(*_typed_value(book, cell))) for j, cell in enumerate(sheet.row(i), start=1))
        if cells := {j: text for j, text in texts if text}:
            rows[i + 1] = cells
    return rows


def _typed_value(book: Any, cell: Any) -> tuple[Any, str]:
    """A cell's value as openpyxl would give it, and its number format."""
    import xlrd

    value = cell.value
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None, ""
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        return value, book.format_map[book.xf_list[cell.xf_index].format_key].format_str
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(value), ""
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(value, ""), ""
    return (_date(value, book.datemode) if cell.ctype == xlrd.XL_CELL_DATE else value), ""


def _date(days: float, datemode: int) -> datetime.datetime | datetime.time | float:
    """A time where it is less than a day; days that no calendar has stay a number."""
    import xlrd

    try:
        date: datetime.datetime = xlrd.xldate.xldate_as_datetime(days, datemode)
    except (OverflowError, ValueError):
        return days
    return date.time().replace(microsecond=0) if 0 <= days < 1 else date
