"""Tables as Markdown writes them, with pipes, in a grid, in HTML or as separated lines: their rows and cells."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Set
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import regex

from groundwork.language.text_spans import Span, line_spans, trim_span
from groundwork.markdown.csv_tables import csv_cells, csv_rows, csv_separator
from groundwork.markdown.grid_tables import grid_columns_of, grid_row_cells, grid_rows, is_grid_border, is_grid_table


class MarkdownRows(NamedTuple):
    """(start, end) of the header rows and of the data rows of a table, in order."""

    header: list[Span]
    data: list[Span]


class MarkdownCell(NamedTuple):
    """A cell at [start, end) of the text, and what it says without markup of the table."""

    start: int
    end: int
    text: str
    parts: tuple[Span, ...] = ()  # where it goes over several lines of a grid

    @property
    def spans(self) -> tuple[Span, ...]:
        """The places of the text that are this cell's alone."""
        return self.parts or ((self.start, self.end),)


class MarkdownRow(NamedTuple):
    """A row at [start, end) of the text, without the white space around it."""

    start: int
    end: int
    cells: tuple[MarkdownCell, ...]


class MarkdownTable(NamedTuple):
    """The rows of a table, those of its header apart; the line |---|---| is none."""

    header: list[MarkdownRow]
    data: list[MarkdownRow]


# |---|:-:| under the header row
_TABLE_DELIMITER_ROW = regex.compile(r"(?=[^\n]*-)(?=[^\n]*\|)[ \t>|:\-]++\r?+(?:\n|\Z)")
# | **Name** | **Age** |: a second row of headers
_BOLD_HEADER_CELLS = regex.compile(
    r"[ \t>]*+\|?+(?:[ \t]*+(?:\*\*[^*|\n]++\*\*)?+[ \t]*+(?:\||(?=\r?\n|\Z)))++\r?+\n?+"
)
# <tr> and </tr> and what tells header rows from others; <table> because tables nest
_MARKDOWN_HTML_TAG = regex.compile(r"<tr\b[^<>]*+>|</tr\s*+>|<(?:/?)table\b|<t[hd]\b|</thead", regex.IGNORECASE)
_MARKDOWN_HTML_CELL = regex.compile(
    r"<t[dh]\b[^<>]*+>(?P<cell>.*?)(?=</t[dh]|<t[dh]\b|</tr|\Z)", regex.IGNORECASE | regex.DOTALL
)
_TABLE_ROW_TAG = regex.compile(r"<tr\b", regex.IGNORECASE)
TABLE_TAG = regex.compile(r"<[^<>]*+>")
_TABLE_CELL_BAR = regex.compile(r"(?<!\\)\|")


def is_html_table(markdown: str) -> bool:
    """Are the rows of the table written in HTML?"""
    return "<" in markdown and _TABLE_ROW_TAG.search(markdown) is not None


def table_rows(markdown_table: str) -> MarkdownRows:
    """The rows of a table's text, which may carry headings or a caption above it and below it.

    An HTML table nested in a cell belongs to its row. The line |---|---| is part of the header.
    """
    if is_html_table(markdown_table):
        return _markdown_html_rows(markdown_table)
    table_lines = line_spans(markdown_table)
    if is_grid_table(markdown_table):
        return MarkdownRows(*grid_rows(markdown_table, _markdown_pipe_cells))
    if barred_lines := [table_line for table_line in table_lines if "|" in markdown_table[slice(*table_line)]]:
        return _markdown_pipe_rows(markdown_table, barred_lines)
    return MarkdownRows(*csv_rows(markdown_table, table_lines))


def read_table(markdown: str, start: int = 0, end: int | None = None) -> MarkdownTable:
    """The table at [start, end) of `markdown`, cell by cell; the offsets count in `markdown`."""
    markdown_table = markdown[start:end]
    rows = table_rows(markdown_table)
    if is_grid_table(markdown_table):
        read_row = partial(_read_grid_row, markdown_table, shift=start, grid_columns=grid_columns_of(markdown_table))
        return MarkdownTable(*([read_row(span) for span in spans] for spans in rows))
    read_row = partial(_read_row, markdown_table, shift=start, read_cells=_cell_reader(markdown_table, rows))
    return MarkdownTable(*([read_row(span) for span in spans if _is_table_row(markdown_table, span)] for spans in rows))


def _is_table_row(markdown_table: str, span: Span) -> bool:
    table_row = markdown_table[slice(*span)]
    return bool(table_row.strip()) and not _TABLE_DELIMITER_ROW.fullmatch(table_row)


def _read_grid_row(markdown_table: str, span: Span, shift: int, grid_columns: Set[int]) -> MarkdownRow:
    table_lines = [markdown_table[slice(*table_line)] for table_line in line_spans(markdown_table, *span)]
    row_content = "".join(table_line for table_line in table_lines if not is_grid_border(table_line, grid_columns))
    table_row = markdown_table[span[0] : span[0] + len(row_content)]
    table_row_start = span[0] + shift
    table_cells = []
    for part_spans, text in grid_row_cells(table_row, _markdown_pipe_cells):
        spans = tuple((a + table_row_start, b + table_row_start) for a, b in part_spans)
        table_cells.append(MarkdownCell(spans[0][0], spans[-1][1], text, spans if len(spans) > 1 else ()))
    leading = len(table_row) - len(table_row.lstrip("> \t\r\n"))
    return MarkdownRow(table_row_start + leading, table_row_start + len(table_row.rstrip()), tuple(table_cells))


def _read_row(
    markdown_table: str, span: Span, shift: int, read_cells: Callable[[str], Iterator[tuple[Span, str]]]
) -> MarkdownRow:
    table_row = markdown_table[slice(*span)]
    row_start = span[0] + shift + len(table_row) - len(table_row.lstrip("> \t\r\n"))
    table_row = table_row.strip("> \t\r\n") if table_row.lstrip().startswith(">") else table_row.strip()
    cells = tuple(MarkdownCell(row_start + a, row_start + b, cell_text) for (a, b), cell_text in read_cells(table_row))
    return MarkdownRow(row_start, row_start + len(table_row), cells)


def _cell_reader(markdown_table: str, rows: MarkdownRows) -> Callable[[str], Iterator[tuple[Span, str]]]:
    """The reader of a row's cells that fits the table: (start, end) in the row, and the text."""
    if is_html_table(markdown_table):
        return _markdown_html_cells
    if any("|" in markdown_table[slice(*span)] for span in (*rows.header, *rows.data)):
        return _markdown_pipe_cells
    table_rows_read = [markdown_table[slice(*span)].rstrip() for span in (*rows.header, *rows.data)]
    return partial(csv_cells, separator=csv_separator(table_rows_read))


def _markdown_html_cells(table_row: str) -> Iterator[tuple[Span, str]]:
    for table_cell in _MARKDOWN_HTML_CELL.finditer(table_row):
        yield (
            _trim_table_cell(table_row, *table_cell.span("cell")),
            " ".join(html.unescape(TABLE_TAG.sub(" ", table_cell["cell"])).split()),
        )


def _markdown_pipe_cells(table_row: str) -> Iterator[tuple[Span, str]]:
    bars = [match.start() for match in _TABLE_CELL_BAR.finditer(table_row)]
    cell_spans = [(a + 1, b) for a, b in pairwise([-1, *bars, len(table_row)])]
    cell_spans = cell_spans[table_row.startswith("|") :]
    cell_spans = cell_spans[: -1 if len(cell_spans) > 1 and bars and bars[-1] == len(table_row) - 1 else None]
    for table_cell in cell_spans:
        yield _trim_table_cell(table_row, *table_cell), table_row[slice(*table_cell)].replace("\\|", "|").strip()


def _trim_table_cell(table_row: str, start: int, end: int) -> Span:
    """The cell without the white space around it; its end where it is empty."""
    return trim_span(table_row, start, end) or (end, end)


def _markdown_pipe_rows(markdown_table: str, table_lines: list[Span]) -> MarkdownRows:
    """Header rows are those above the delimiter line, that line, and rows behind it with nothing but bold cells."""
    table_delimiter_row = next(
        (k for k, table_line in enumerate(table_lines) if _TABLE_DELIMITER_ROW.fullmatch(markdown_table, *table_line)),
        -1,
    )
    header_count = table_delimiter_row + 1
    while (
        table_delimiter_row >= 0
        and header_count < len(table_lines)
        and "**" in markdown_table[slice(*table_lines[header_count])]
        and _BOLD_HEADER_CELLS.fullmatch(markdown_table, *table_lines[header_count])
    ):
        header_count += 1
    if header_count == len(table_lines):
        header_count = table_delimiter_row + 1
    return MarkdownRows(table_lines[:header_count], table_lines[header_count:])


def _markdown_html_rows(markdown_table: str) -> MarkdownRows:
    """`<tr>` at the outer level; the header are the rows of `<thead>`, else the first rows without a `<td>`."""
    rows_of_table: list[Span] = []
    table_depth, row_start, table_header_count, in_header = 0, -1, 0, True
    cell_letters = ""
    for row_tag in _MARKDOWN_HTML_TAG.finditer(markdown_table):
        table_tag = row_tag[0].lower()
        if table_tag.startswith("<table"):
            table_depth += 1
            continue
        table_depth -= table_tag.startswith("</table")
        if table_depth != 0 if table_tag.startswith("</table") else table_depth > 1:
            continue
        if table_tag.startswith(("<tr", "</tr", "</table")):
            if row_start >= 0:
                rows_of_table.append((row_start, row_tag.end() if table_tag.startswith("</tr") else row_tag.start()))
                in_header = in_header and "d" not in cell_letters and "h" in cell_letters
                table_header_count += in_header
            row_start, cell_letters = row_tag.start() if table_tag.startswith("<tr") else -1, ""
        elif table_tag.startswith("</thead"):
            table_header_count, in_header = len(rows_of_table) + (row_start >= 0), False
        else:
            cell_letters += table_tag[2]
    if row_start >= 0:
        rows_of_table.append((row_start, len(markdown_table)))
    table_header_count = table_header_count if table_header_count < len(rows_of_table) else 0
    return MarkdownRows(rows_of_table[:table_header_count], rows_of_table[table_header_count:])
