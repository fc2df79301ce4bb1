"""XLSX, XLS, CSV and TSV as Markdown tables, values as a reader sees them. Workbooks are streamed; XLS is read by xlrd.

A number format adds to its number: a percent sign, a currency, a unit.

People write a title above a table and remarks below it, into single cells, and a second table below a blank row.

Excel writes a comment with replies (threaded) a second time as one without, which is left out.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import functools
import io
import re
import warnings
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from groundwork.documents.formats.office_comments import comment_quote, short_text
from groundwork.documents.formats.office_package import (
    CONTENT_TYPES,
    Element,
    archived_names,
    open_package,
    parse_xml,
    tags,
    write_xml,
)
from groundwork.documents.formats.raised_text import raised_strings
from groundwork.documents.formats.sheet_blocks import (
    MOST_CELLS,
    Rows,
    numbered_rows,
    sheet_paragraph,
    sheet_to_markdown,
    single_cells,
    size_error,
)
from groundwork.documents.formats.text_encodings import decode_text
from groundwork.errors import BadDocument
from groundwork.message_wording import counted

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


_PLACE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
Comment = tuple[str, str]  # the place of a cell, such as "B2", and what is said of it


class WorkbookNotes:
    """The comments and the text boxes of an XLSX by the parts of its sheets."""

    def __init__(self, workbook_path: str) -> None:
        with zipfile.ZipFile(workbook_path) as archive:
            has_notes = any("comment" in name.lower() or "drawings/" in name for name in archive.namelist())
        self._package = open_package(Path(workbook_path).read_bytes()) if has_notes else None

    def comments(self, part_name: str) -> list[Comment]:
        """In the order of the file."""
        if self._package is None:
            return []
        roots = {
            relation.kind: self._package.root(relation.target)
            for relation in self._package.relations(part_name)
            if relation.kind in ("comments", "threadedComment")
        }
        threads = list(_threaded_comments(roots.get("threadedComment")))
        with_thread = {place for place, _ in threads}
        return [*(each for each in _plain_comments(roots.get("comments")) if each[0] not in with_thread), *threads]

    def text_boxes(self, part_name: str) -> str:
        """The paragraphs of the boxes and shapes on a sheet, each once; those that show a cell say nothing new."""
        if self._package is None:
            return ""
        relations = self._package.relations(part_name)
        drawings = [relation.target for relation in relations if relation.kind == "drawing"]
        roots = [root for name in drawings if (root := self._package.root_with(name, "txBody")) is not None]
        shapes = [shape for root in roots for shape in root.iter("{*}sp") if not shape.get("textlink")]
        shown = [shape for shape in shapes if next(shape.iterancestors("{*}Fallback"), None) is None]
        paragraphs = (paragraph for shape in shown for paragraph in shape.iter(*tags("a", "p")))
        texts = ("".join(text.text or " " for text in each.iter(*tags("a", "t", "br"))) for each in paragraphs)
        return "\n\n".join(
            dict.fromkeys(sheet_paragraph(text) for text in texts if re.search(r"\w", text.replace("_", "")))
        )


def _plain_comments(root: Element | None) -> Iterator[Comment]:
    if root is None:
        return
    authors = [author.text or "" for author in root.iter(*tags("x", "author"))]
    for comment in root.iter(*tags("x", "comment")):
        text = "".join(run.text or "" for run in comment.iter(*tags("x", "t")))
        number = comment.get("authorId", "")
        author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
        yield comment.get("ref", ""), without_author(text, author)


def _threaded_comments(root: Element | None) -> Iterator[Comment]:
    for comment in [] if root is None else root.iter("{*}threadedComment"):
        yield comment.get("ref", ""), " ".join(text.text or "" for text in comment.iterchildren("{*}text"))


def without_author(text: str, author: str) -> str:
    """A comment without the name that Excel writes above it."""
    return text.strip().removeprefix(f"{author}:") if author else text


def sheet_quotes(comments: Iterable[Comment], sheet_rows: Mapping[int, Mapping[int, str]]) -> str:
    """A quote for each comment that says something: with the text of its cell, or the cell's place where it has none,
    or a long one."""
    quotes = []
    for place, text in comments:
        row, column = _row_and_column(place)
        if words := " ".join(text.split()):
            quotes.append(comment_quote(short_text(sheet_rows.get(row, {}).get(column, "")) or place, words))
    return "\n\n".join(quotes)


def hidden_sheets_warning(titles: Sequence[str]) -> list[str]:
    """That sheets are hidden, for they are read like the others."""
    return [
        f"{counted(len(titles), 'sheet is', 'sheets are')} hidden, and read all the same: {', '.join(titles)}"
    ] * bool(titles)


def _row_and_column(place: str) -> tuple[int, int]:
    """Both from 1; 0 of what is no place of a cell."""
    match = _PLACE.fullmatch(place)
    column = 0
    for letter in match[1].upper() if match else "":
        column = 26 * column + ord(letter) - ord("A") + 1
    return (int(match[2]), column) if match else (0, 0)


_FORMAT_TOKEN = re.compile(r'"([^"]*+)"|\\(.)|\[\$([^\[\]-]*+)[^\[\]]*+\]|_.|\*.|\[([^\[\]]*+)\]|(.)')
_DIGIT_SIGNS = "0#?"
_LITERAL_SIGNS = "$€£¥₹%‰ "  # what is shown as it stands, of what needs no quotes
_CONDITION_SIGNS = ("<", ">", "=")
_DELIMITERS = ",;\t|"  # of comma-separated values
_LEAST_DECIMALS = 2  # of a percentage
_NOISE_DIGITS = 3  # behind which a calculated number may hold what is no part of it
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
    digits = str(int(magnitude)) if float(magnitude).is_integer() else _decimal_digits(magnitude)
    return f"{'-' * (value < 0)}{before}{digits.zfill(width)}{behind}"


def _decimal_digits(magnitude: float) -> str:
    """As spreadsheets calculate; without the trace of a subtraction: 0.09 for 0.0899999999999999."""
    exact, short = f"{magnitude:.{_SIGNIFICANT_DIGITS}g}", f"{magnitude:.{_SIGNIFICANT_DIGITS - _NOISE_DIGITS}g}"
    return short if len(short) <= len(exact) - 2 * _NOISE_DIGITS else exact


@functools.cache
def number_affixes(number_format: str) -> Affixes:
    """Of the first section; none of a format that scales by thousands, has conditions, or puts text in its digits."""
    sides: list[list[str]] = [[], []]
    digit_pattern = ""
    for quoted, escaped, currency, bracket, character in _FORMAT_TOKEN.findall(number_format.replace("General", "#")):
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
_SECOND_DECIMALS = re.compile(r"s\]?\.(0{1,6})")
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


def csv_to_markdown(workbook_path: str) -> str:
    csv_text, _ = decode_text(Path(workbook_path).read_bytes())
    csv.field_size_limit(max(csv.field_size_limit(), len(csv_text)))  # a cell may hold a whole document
    sheet_rows = numbered_rows(
        csv.reader(io.StringIO(csv_text, newline=""), _csv_dialect(csv_text[:8192], workbook_path))
    )
    return sheet_to_markdown(sheet_rows, single_cells(sheet_rows))


def _csv_dialect(sample: str, workbook_path: str) -> type[csv.Dialect] | csv.Dialect:
    """What the sniffer says, unless it parts few lines and another delimiter most, as below a title with commas."""
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(sample, delimiters=_DELIMITERS)
        dialect.doublequote = True  # which the sniffer denies where its sample has no quote within a cell
    except csv.Error:
        dialect = csv.excel_tab if workbook_path.lower().endswith(".tsv") else csv.excel
    csv_lines = [csv_line for csv_line in sample.splitlines() if csv_line.strip()]
    best = max(_DELIMITERS, key=lambda delimiter: sum(delimiter in csv_line for csv_line in csv_lines))
    if (
        sum(dialect.delimiter in csv_line for csv_line in csv_lines) * 2
        < len(csv_lines)
        < 2 * sum(best in csv_line for csv_line in csv_lines)
    ):

        class Delimited(csv.excel):
            delimiter = best

        return Delimited
    return dialect


def cell_text(cell_value: Any, number_format: str) -> str:
    """A cell as a reader sees it; "" for an empty one, whose value is None."""
    if cell_value is None:
        return ""
    if isinstance(cell_value, int | float) and not isinstance(cell_value, bool):
        return format_number(cell_value, number_format)
    if isinstance(cell_value, datetime.timedelta):
        return _duration_text(cell_value, _second_step(number_format))
    if isinstance(cell_value, datetime.time):
        moment = datetime.datetime.combine(datetime.date.min, cell_value)
        return _round_to(moment, _second_step(number_format)).partition(" ")[2]
    if isinstance(cell_value, datetime.datetime):
        return _round_to(cell_value, _second_step(number_format)).removesuffix(" 00:00:00")
    return str(cell_value)


def _second_step(number_format: str) -> int:
    """The microseconds in the smallest unit that a format of times shows; those of a second at the most."""
    decimals = _SECOND_DECIMALS.search(number_format)
    return 10 ** (6 - len(decimals[1])) if decimals else 10**6


def _round_to(moment: datetime.datetime, step: int) -> str:
    """To so many microseconds: days are counted in fractions that are not exact."""
    nearest = moment + datetime.timedelta(microseconds=step // 2)
    text = str(nearest.replace(microsecond=nearest.microsecond // step * step))
    return text.rstrip("0") if "." in text else text


def _duration_text(duration: datetime.timedelta, step: int) -> str:
    """Hours, minutes and seconds: 38:30:00."""
    microseconds = round(abs(duration.total_seconds()) * 10**6 / step) * step
    hours, rest = divmod(microseconds, 3600 * 10**6)
    moment = _round_to(datetime.datetime.min + datetime.timedelta(microseconds=rest), step)
    return f"{'-' * (duration.days < 0)}{hours}{moment[moment.index(':') :]}"


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
