"""XLSX, XLS, CSV and TSV as Markdown tables, values as a reader sees them. Workbooks are streamed; XLS is read by xlrd.

A number format adds to its number: a percent sign, a currency, a unit.
"""

from __future__ import annotations

import csv
import datetime
import functools
import io
import re
import warnings
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from groundwork.documents.formats.sheet_blocks import (
    MOST_CELLS,
    Rows,
    numbered_rows,
    sheet_to_markdown,
    single_cells,
    size_error,
)
from groundwork.documents.formats.text_encodings import decode_text
from groundwork.documents.formats.workbook_comments import (
    WorkbookComments,
    hidden_sheets_warning,
    sheet_quotes,
    without_author,
)
from groundwork.documents.formats.workbook_repair import load_workbook
from groundwork.errors import BadDocument
from groundwork.message_wording import counted

_FORMAT_TOKEN = re.compile(r'"([^"]*+)"|\\(.)|\[\$([^\[\]-]*+)[^\[\]]*+\]|_.|\*.|\[([^\[\]]*+)\]|(.)')
_DIGIT_SIGNS = "0#?"
_LITERAL_SIGNS = "$€£¥₹%‰ "  # what is shown as it stands, of what needs no quotes
_CONDITION_SIGNS = ("<", ">", "=")
_DELIMITERS = ",;\t|"  # of comma-separated values
_LEAST_DECIMALS = 2  # of a percentage
_SIGNIFICANT_DIGITS = 15  # of a number, as spreadsheets calculate


class Affixes(NamedTuple):
    """What stands before and behind a number; `places`: behind the point, of a percentage; `width`: the digits of a
    code, with zeros before them."""

    before: str = ""
    behind: str = ""
    places: int = 0
    width: int = 0


def format_number(value: float, number_format: str) -> str:
    """A number in all its digits, with what its format says of its unit."""
    before, behind, decimals, width = number_affixes(number_format)
    magnitude = round(abs(value) * 100, decimals) if "%" in before + behind else abs(value)
    digits = str(int(magnitude)) if float(magnitude).is_integer() else f"{magnitude:.{_SIGNIFICANT_DIGITS}g}"
    return f"{'-' * (value < 0)}{before}{digits.zfill(width)}{behind}"


@functools.cache
def number_affixes(number_format: str) -> Affixes:
    """Of the first section; none of a format that scales by thousands, has conditions, or puts text in its digits."""
    sides: list[list[str]] = [[], []]
    digit_pattern = ""
    for quoted, escaped, currency, bracket, character in _FORMAT_TOKEN.findall(number_format):
        if character == ";":
            break
        if character in ("E", "e", "/", "@") or (bracket and bracket.startswith(_CONDITION_SIGNS)):
            return Affixes()
        if character and (character in _DIGIT_SIGNS or (character in ",." and digit_pattern)):
            if sides[1]:
                return Affixes()
            digit_pattern += character
        elif text := quoted or escaped or currency or (character if character in _LITERAL_SIGNS else ""):
            sides[bool(digit_pattern)].append(text)
    if digit_pattern.endswith(",") or not digit_pattern:
        return Affixes()
    before, behind = ("".join(side).strip(" ()-") for side in sides)
    if any(map(str.isdecimal, before + behind)):
        return Affixes()
    space = " " if "".join(sides[1]).startswith(" ") or behind[:1].isalpha() else ""
    width = len(digit_pattern) if set(digit_pattern) == {"0"} else 0
    decimals = max(_LEAST_DECIMALS, len(digit_pattern.partition(".")[2]))
    return Affixes(before, f"{space}{behind}" if behind else "", decimals, width)


_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, SyntaxError)  # the last: of XML, by any parser
_CALCULATE = "the program that wrote it did not calculate; open it in a spreadsheet program and save it"
_HALF_A_SECOND = datetime.timedelta(milliseconds=500)

Area = tuple[int, int, int, int]  # first row, first column, last row, last column


class WorkbookText(NamedTuple):
    """A workbook as Markdown, and what of it could not be read."""

    text: str
    warnings: list[str]


def read_xlsx(source: str) -> WorkbookText:
    """Every sheet that holds something, as a heading and a table. Raises BadDocument for damage and too large an area.

    Time is linear in the cells that the file holds, not in the area between them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl leaves out of a workbook that it would save again
        try:
            return _read_workbook(source)
        except _DAMAGE as error:
            raise BadDocument(f"it is damaged ({error})") from None


def _read_workbook(source: str) -> WorkbookText:
    book, comments = load_workbook(source), WorkbookComments(source)
    try:
        sheets: list[str] = []
        uncalculated = 0
        for sheet in book.worksheets:
            rows, areas, formulas = _read_sheet(book, sheet)
            uncalculated += formulas
            quotes = sheet_quotes(comments.of_sheet(sheet._worksheet_path), rows)
            sheets += filter(None, [_merged_sheet(rows, areas, sheet.title), quotes])
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

    rows: Rows = {}
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
                rows.setdefault(row_number, {}).update(row)
    merged_cells = parser.merged_cells.mergeCell if parser.merged_cells else ()
    areas = [(area.min_row, area.min_col, area.max_row, area.max_col) for area in merged_cells]
    return rows, areas, uncalculated


def _number_format(sheet: Any, style_id: int | str) -> str:
    """The number format of a style; none of one that the file does not hold."""
    from openpyxl.cell.read_only import ReadOnlyCell

    try:
        number_format: str = ReadOnlyCell(sheet, 1, 1, None, style_id=style_id or 0).number_format
    except IndexError:
        return ""
    return number_format


def _merged_sheet(rows: Rows, areas: Iterable[Area], title: str) -> str:
    """A sheet under its title; "" for one without cells."""
    lone_texts = single_cells(rows)
    fill_merged(rows, areas)
    markdown = sheet_to_markdown(rows, lone_texts, title)
    return f"## {title}\n\n{markdown}" if markdown else ""


def fill_merged(rows: Rows, areas: Iterable[Area]) -> None:
    """Repeat the text of a merged area in its rows and columns that hold something else as well."""
    row_numbers = sorted(rows)
    width = max((max(cells) for cells in rows.values()), default=0)
    for top, left, bottom, right in areas:
        text = rows.get(top, {}).get(left)
        if text is None:
            continue
        for row_number in row_numbers[bisect_left(row_numbers, top) : bisect_right(row_numbers, bottom)]:
            rows[row_number].update((column, text) for column in range(left, min(right, width) + 1))


def csv_to_markdown(source: str) -> str:
    text, _ = decode_text(Path(source).read_bytes())
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # a cell may hold a whole document
    rows = numbered_rows(csv.reader(io.StringIO(text, newline=""), _csv_dialect(text[:8192], source)))
    return sheet_to_markdown(rows, single_cells(rows))


def _csv_dialect(sample: str, source: str) -> type[csv.Dialect] | csv.Dialect:
    """What the sniffer says, unless it parts few lines and another delimiter most, as below a title with commas."""
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(sample, delimiters=_DELIMITERS)
        dialect.doublequote = True  # which the sniffer denies where its sample has no quote within a cell
    except csv.Error:
        dialect = csv.excel_tab if source.lower().endswith(".tsv") else csv.excel
    lines = [line for line in sample.splitlines() if line.strip()]
    best = max(_DELIMITERS, key=lambda delimiter: sum(delimiter in line for line in lines))
    if sum(dialect.delimiter in line for line in lines) * 2 < len(lines) < 2 * sum(best in line for line in lines):

        class Delimited(csv.excel):
            delimiter = best

        return Delimited
    return dialect


def cell_text(value: Any, number_format: str) -> str:
    """A cell as a reader sees it; "" for an empty one, whose value is None."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format_number(value, number_format)
    if isinstance(value, datetime.datetime):
        value = (value + _HALF_A_SECOND).replace(microsecond=0)  # days are counted in fractions that are not exact
        return value.date().isoformat() if value.time() == datetime.time() else str(value)
    return str(value)


def read_xls(source: str) -> WorkbookText:
    """Every sheet that holds something, as a heading and a table. Raises BadDocument where it has a password."""
    import xlrd

    try:
        book = xlrd.open_workbook(source, formatting_info=True, on_demand=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise BadDocument("it is encrypted; save it without a password") from None
        raise
    with book:
        sheets: list[str] = []
        for sheet in map(book.sheet_by_index, range(book.nsheets)):
            rows = _used_xls_cells(book, sheet)
            areas = ((top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells)
            notes = sorted(sheet.cell_note_map.items())
            comments = ((xlrd.cellname(*place), without_author(note.text, note.author)) for place, note in notes)
            quotes = sheet_quotes(comments, rows)
            sheets += filter(None, [_merged_sheet(rows, areas, sheet.name), quotes])
        hidden = [name for k, name in enumerate(book.sheet_names()) if book.sheet_by_index(k).visibility]
        return WorkbookText("\n\n".join(sheets), hidden_sheets_warning(hidden))


def _used_xls_cells(book: Any, sheet: Any) -> Rows:
    rows: Rows = {}
    for i in range(sheet.nrows):
        texts = ((j, cell_text(*_xls_value(book, cell))) for j, cell in enumerate(sheet.row(i), start=1))
        if cells := {j: text for j, text in texts if text.strip()}:
            rows[i + 1] = cells
    return rows


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
    return (_xls_date(value, book.datemode) if cell.ctype == xlrd.XL_CELL_DATE else value), ""


def _xls_date(days: float, datemode: int) -> datetime.datetime | datetime.time | float:
    """A time where it is less than a day; days that no calendar has stay a number."""
    import xlrd

    try:
        date: datetime.datetime = xlrd.xldate.xldate_as_datetime(days, datemode)
    except (OverflowError, ValueError):
        return days
    return date.time().replace(microsecond=0) if 0 <= days < 1 else date
