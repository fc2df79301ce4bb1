"""The sheets of XLSX and XLS as Markdown tables. XLSX is streamed; XLS is read by xlrd."""

from __future__ import annotations

import datetime
import functools
import io
import warnings
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from groundwork.documents.formats.spreadsheets.number_formats import cell_text
from groundwork.documents.formats.spreadsheets.openpyxl_workbooks import load_workbook, raise_strings
from groundwork.documents.formats.spreadsheets.sheet_titles_and_remarks import (
    MOST_CELLS,
    Rows,
    sheet_to_markdown,
    single_cells,
    size_error,
)
from groundwork.documents.formats.spreadsheets.workbook_comments_and_text_boxes import (
    WorkbookNotes,
    sheet_quotes,
    without_author,
)
from groundwork.errors import BadDocument
from groundwork.message_wording import counted


def hidden_sheets_warning(titles: Sequence[str]) -> list[str]:
    """That sheets are hidden, for they are read like the others."""
    return [
        f"{counted(len(titles), 'sheet is', 'sheets are')} hidden, and read all the same: {', '.join(titles)}"
    ] * bool(titles)


_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, SyntaxError)  # the last: of XML, by any parser
_CALCULATE = "the program that wrote it did not calculate; open it in a spreadsheet program and save it"
Area = tuple[int, int, int, int]  # first row, first column, last row, last column


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
        except _DAMAGE as error:
            raise BadDocument(f"it is damaged ({error})") from None


def _read_workbook(workbook_path: str) -> WorkbookText:
    book, notes = load_workbook(workbook_path), WorkbookNotes(workbook_path)
    try:
        sheets: list[str] = []
        uncalculated = 0
        raise_strings(workbook_path, book)
        for sheet in book.worksheets:
            sheet_rows, areas, formulas = _read_sheet(book, sheet)
            uncalculated += formulas
            boxes = notes.text_boxes(sheet._worksheet_path)
            quotes = sheet_quotes(notes.comments(sheet._worksheet_path), sheet_rows)
            table = _merged_sheet(sheet_rows, areas, sheet.title) or f"## {sheet.title}" * bool(boxes)
            sheets += filter(None, [table, boxes, quotes])
        hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
        reasons = (
            [f"{counted(uncalculated, 'formula has', 'formulas have')} no value: {_CALCULATE}"] if uncalculated else []
        )
        return WorkbookText("\n\n".join(sheets), [*reasons, *hidden_sheets_warning(hidden)])
    finally:
        book.close()


def _read_sheet(book: Any, sheet: Any) -> tuple[Rows, list[Area], int]:
    """The cells that hold something, the merged areas, and how many formulas have no value.

    By the parser of openpyxl, which gives both in one pass; its rows create every cell of the area.
    """
    from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

    uncalculated = 0

    class Parser(WorkSheetParser):  # type: ignore[misc]  # openpyxl has no types
        def parse_cell(self, element: Any) -> dict[str, Any]:
            nonlocal uncalculated
            cell: dict[str, Any] = super().parse_cell(element)
            is_formula = cell["value"] is None and element.find(FORMULA_TAG) is not None
            uncalculated += is_formula and element.get("t") != "str"  # a text, whose value is empty
            return cell

    sheet_rows: Rows = {}
    number_format = functools.cache(functools.partial(_number_format, sheet))
    cells_spanned = 0
    with sheet._get_source() as file:
        parser = Parser(
            file,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for row_number, cells in parser.parse():
            cells_spanned += cells[-1]["column"] if cells else 0
            if cells_spanned > MOST_CELLS:
                raise BadDocument(size_error(sheet.title, f"more than {MOST_CELLS:,}"))
            texts = ((cell["column"], cell_text(cell["value"], number_format(cell["style_id"]))) for cell in cells)
            if row := {column: text for column, text in texts if text.strip()}:
                sheet_rows.setdefault(row_number, {}).update(row)
    merged_cells = parser.merged_cells.mergeCell if parser.merged_cells else ()
    areas = [(area.min_row, area.min_col, area.max_row, area.max_col) for area in merged_cells]
    return sheet_rows, areas, uncalculated


def _number_format(sheet: Any, style_id: int | str) -> str:
    """The number format of a style; none of one that the file does not hold."""
    from openpyxl.cell.read_only import ReadOnlyCell

    try:
        number_format: str = ReadOnlyCell(sheet, 1, 1, None, style_id=style_id or 0).number_format
    except IndexError:
        return ""
    return number_format


def _merged_sheet(sheet_rows: Rows, areas: Iterable[Area], title: str) -> str:
    """A sheet under its title; "" for one without cells."""
    lone_texts = single_cells(sheet_rows)
    fill_merged(sheet_rows, areas)
    markdown = sheet_to_markdown(sheet_rows, lone_texts, title)
    return f"## {title}\n\n{markdown}" if markdown else ""


def fill_merged(sheet_rows: Rows, areas: Iterable[Area]) -> None:
    """Repeat the text of a merged area in its rows and columns that hold something else as well."""
    row_numbers = sorted(sheet_rows)
    width = max((max(cells) for cells in sheet_rows.values()), default=0)
    for top, left, bottom, right in areas:
        text = sheet_rows.get(top, {}).get(left)
        if text is None:
            continue
        for row_number in row_numbers[bisect_left(row_numbers, top) : bisect_right(row_numbers, bottom)]:
            sheet_rows[row_number].update((column, text) for column in range(left, min(right, width) + 1))


def read_xls(workbook_path: str) -> WorkbookText:
    """Every sheet that holds something, as a heading and a table. Raises BadDocument where it has a password."""
    import xlrd

    try:
        book = xlrd.open_workbook(workbook_path, formatting_info=True, on_demand=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise BadDocument("it is encrypted; save it without a password") from None
        raise
    with book:
        sheets: list[str] = []
        for sheet in map(book.sheet_by_index, range(book.nsheets)):
            sheet_rows = _used_xls_cells(book, sheet)
            areas = ((top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells)
            cell_notes = sorted(sheet.cell_note_map.items())
            comments = (
                (xlrd.cellname(*place), without_author(cell_note.text, cell_note.author))
                for place, cell_note in cell_notes
            )
            quotes = sheet_quotes(comments, sheet_rows)
            sheets += filter(None, [_merged_sheet(sheet_rows, areas, sheet.name), quotes])
        hidden = [name for k, name in enumerate(book.sheet_names()) if book.sheet_by_index(k).visibility]
        return WorkbookText("\n\n".join(sheets), hidden_sheets_warning(hidden))


def _used_xls_cells(book: Any, sheet: Any) -> Rows:
    sheet_rows: Rows = {}
    for i in range(sheet.nrows):
        texts = ((j, cell_text(*_xls_value(book, cell))) for j, cell in enumerate(sheet.row(i), start=1))
        if cells := {j: text for j, text in texts if text.strip()}:
            sheet_rows[i + 1] = cells
    return sheet_rows


def _xls_value(book: Any, cell: Any) -> tuple[Any, str]:
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
    if cell.ctype == xlrd.XL_CELL_DATE:
        number_format = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
        return _xls_date(value, book.datemode, number_format), number_format
    return value, ""


def _xls_date(
    days: float, datemode: int, number_format: str
) -> datetime.datetime | datetime.time | datetime.timedelta | float:
    """A time where it is less than a day, or a number of hours; days that no calendar has stay a number."""
    import xlrd
    from openpyxl.styles.numbers import is_timedelta_format

    try:
        if is_timedelta_format(number_format):
            return datetime.timedelta(days=days)
        date: datetime.datetime = xlrd.xldate.xldate_as_datetime(days, datemode)
    except (OverflowError, ValueError):
        return days
    return date.time() if 0 <= days < 1 else date
