"""Tables as Markdown writes them, with pipes, in a grid, in HTML or as separated lines: their rows and cells.

Grid tables are drawn by reStructuredText, Pandoc and the consoles of databases. A row goes from one line of + and - to
the next, and its cells may go over several lines. Databases draw lines around the head and below the last row alone;
then each line is a row.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial
from itertools import pairwise, zip_longest
from typing import NamedTuple

import regex

from groundwork.language.text_spans import Span, trim_span


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
_GRID_TABLE_LINE = regex.compile(r"[ \t>]*+[|+]")
# ``` around a CSV table
_CSV_TABLE_FENCE = regex.compile(r"[ \t>]*+(?:`{3,}|~{3,})")


def is_html_table(markdown: str) -> bool:
    """Are the rows of the table written in HTML?"""
    return "<" in markdown and _TABLE_ROW_TAG.search(markdown) is not None


def table_rows(markdown_table: str) -> MarkdownRows:
    """The rows of a table's text, which may carry headings or a caption above it and below it.

    An HTML table nested in a cell belongs to its row. The line |---|---| is part of the header.
    """
    if is_html_table(markdown_table):
        return _markdown_html_rows(markdown_table)
    table_lines = _table_line_spans(markdown_table)
    if is_grid_table(markdown_table):
        grid_lines = [table_line for table_line in table_lines if _GRID_TABLE_LINE.match(markdown_table, *table_line)]
        return MarkdownRows(*grid_rows(markdown_table, grid_lines, _markdown_pipe_cells, _grid_columns(markdown_table)))
    if barred_lines := [table_line for table_line in table_lines if "|" in markdown_table[slice(*table_line)]]:
        return _markdown_pipe_rows(markdown_table, barred_lines)
    return _markdown_csv_rows(markdown_table, table_lines)


def read_table(markdown: str, start: int = 0, end: int | None = None) -> MarkdownTable:
    """The table at [start, end) of `markdown`, cell by cell; the offsets count in `markdown`."""
    markdown_table = markdown[start:end]
    rows = table_rows(markdown_table)
    if is_grid_table(markdown_table):
        read_row = partial(_read_grid_row, markdown_table, shift=start, grid_columns=_grid_columns(markdown_table))
        return MarkdownTable(*([read_row(span) for span in spans] for spans in rows))
    read_row = partial(_read_row, markdown_table, shift=start, read_cells=_cell_reader(markdown_table, rows))
    return MarkdownTable(*([read_row(span) for span in spans if _is_table_row(markdown_table, span)] for spans in rows))


def _is_table_row(markdown_table: str, span: Span) -> bool:
    table_row = markdown_table[slice(*span)]
    return bool(table_row.strip()) and not _TABLE_DELIMITER_ROW.fullmatch(table_row)


def _read_grid_row(markdown_table: str, span: Span, shift: int, grid_columns: Set[int]) -> MarkdownRow:
    table_lines = [markdown_table[slice(*table_line)] for table_line in _table_line_spans(markdown_table, *span)]
    row_content = "".join(table_line for table_line in table_lines if not is_grid_border(table_line, grid_columns))
    table_row = markdown_table[span[0] : span[0] + len(row_content)]
    table_row_start = span[0] + shift
    table_cells = []
    for part_spans, text in grid_row_cells(table_row, _markdown_pipe_cells):
        cell_spans = tuple((a + table_row_start, b + table_row_start) for a, b in part_spans)
        table_cells.append(
            MarkdownCell(cell_spans[0][0], cell_spans[-1][1], text, cell_spans if len(cell_spans) > 1 else ())
        )
    leading = len(table_row) - len(table_row.lstrip("> \t\r\n"))
    return MarkdownRow(table_row_start + leading, table_row_start + len(table_row.rstrip()), tuple(table_cells))


def _read_row(
    markdown_table: str, span: Span, shift: int, read_cells: Callable[[str], Iterator[tuple[Span, str]]]
) -> MarkdownRow:
    table_row = markdown_table[slice(*span)]
    row_start = span[0] + shift + len(table_row) - len(table_row.lstrip("> \t\r\n"))
    table_row = table_row.strip("> \t\r\n") if table_row.lstrip().startswith(">") else table_row.strip()
    table_cells = tuple(
        MarkdownCell(row_start + a, row_start + b, cell_text) for (a, b), cell_text in read_cells(table_row)
    )
    return MarkdownRow(row_start, row_start + len(table_row), table_cells)


def _cell_reader(markdown_table: str, rows: MarkdownRows) -> Callable[[str], Iterator[tuple[Span, str]]]:
    """The reader of a row's cells that fits the table: (start, end) in the row, and the text."""
    if is_html_table(markdown_table):
        return _markdown_html_cells
    if any("|" in markdown_table[slice(*span)] for span in (*rows.header, *rows.data)):
        return _markdown_pipe_cells
    table_rows_read = [markdown_table[slice(*span)].rstrip() for span in (*rows.header, *rows.data)]
    separator_counts = {
        separator_mark: {_count_markdown_separators(table_row, separator_mark) for table_row in table_rows_read}
        for separator_mark in "\t;,"
    }
    table_separator = next(
        (
            separator_mark
            for separator_mark, separator_count in separator_counts.items()
            if len(separator_count) == 1 and 0 not in separator_count
        ),
        ",",
    )
    return lambda table_row: _markdown_csv_cells(table_row, table_separator)


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


def _markdown_csv_cells(table_row: str, separator: str) -> Iterator[tuple[Span, str]]:
    cell_start, is_quoted = 0, False
    for i, csv_character in enumerate([*table_row, separator]):
        if csv_character == '"':
            is_quoted = not is_quoted
        elif csv_character == separator and (not is_quoted or i == len(table_row)):
            table_cell = table_row[cell_start:i].strip()
            if len(table_cell) > 1 and table_cell[0] == table_cell[-1] == '"':
                table_cell = table_cell[1:-1].replace('""', '"').strip()
            yield _trim_table_cell(table_row, cell_start, i), table_cell
            cell_start = i + 1


def _trim_table_cell(table_row: str, start: int, end: int) -> Span:
    """The cell without the white space around it; its end where it is empty."""
    return trim_span(table_row, start, end) or (end, end)


def _table_line_spans(markdown_table: str, table_line_start: int = 0, end: int | None = None) -> list[Span]:
    table_lines, end = [], len(markdown_table) if end is None else end
    while table_line_start < end:
        table_line_end = markdown_table.find("\n", table_line_start, end) + 1 or end
        table_lines.append((table_line_start, table_line_end))
        table_line_start = table_line_end
    return table_lines


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


def _markdown_csv_rows(markdown_table: str, table_lines: list[Span]) -> MarkdownRows:
    table_lines = [
        table_line
        for table_line in table_lines
        if markdown_table[slice(*table_line)].strip() and not _CSV_TABLE_FENCE.match(markdown_table, *table_line)
    ]
    return MarkdownRows(table_lines[:1], table_lines[1:])


def is_csv_table(markdown_table: str, start: int, end: int) -> bool:
    """At least three lines, each with the same two or more separators (one, if tabs), and none of them prose."""
    first_csv_line_end = markdown_table.find("\n", start, end)
    if first_csv_line_end < 0 or first_csv_line_end + 2 > end or markdown_table[first_csv_line_end + 1].isspace():
        return False
    csv_line = markdown_table[start:first_csv_line_end]
    if "\t" not in csv_line and ";" not in csv_line and (csv_line.count(",") < 2 or ", " in csv_line):
        return False
    table_lines = [
        markdown_table[slice(*table_line)].rstrip() for table_line in _table_line_spans(markdown_table, start, end)
    ]
    table_lines = [table_line for table_line in table_lines if table_line]
    return len(table_lines) >= 3 and any(
        _has_markdown_separator(table_lines, mark, minimum) for mark, minimum in ((",", 2), (";", 2), ("\t", 1))
    )


def _has_markdown_separator(table_lines: list[str], separator: str, minimum: int) -> bool:
    table_separator_count = _count_markdown_separators(table_lines[0], separator)
    if table_separator_count < minimum or any(
        _count_markdown_separators(table_line, separator) != table_separator_count for table_line in table_lines
    ):
        return False
    return separator == "\t" or not any(
        table_line.endswith(".") or f"{separator} " in table_line for table_line in table_lines[:20]
    )


def _count_markdown_separators(table_line: str, separator: str) -> int:
    """Separators outside of "quoted, cells"."""
    return (
        table_line.count(separator)
        if '"' not in table_line
        else sum(piece.count(separator) for piece in table_line.split('"')[::2])
    )


GRID_TABLE_START = r"[ \t>]*+\+[-=:]{2,}+(?:\+[-=:]++)*+\+[ \t\r]*+\n[ \t>]*+\|"
"""The first line, and the beginning of the second."""

_GRID_TABLE_BORDER = regex.compile(r"[ \t>]*+\+[-=:]{2,}+(?:\+[-=:]++)*+\+[ \t\r]*+\n?+")
_GRID_TABLE_PIECE = regex.compile(r"\+[-=:]{2,}+(?=\+)")
_GRID_TABLE_START = regex.compile(rf"(?m)^{GRID_TABLE_START}")

TableCellReader = Callable[[str], Iterator[tuple[Span, str]]]


def is_grid_table(markdown_table: str) -> bool:
    """Does a grid table begin at one of the lines?"""
    return "+-" in markdown_table and _GRID_TABLE_START.search(markdown_table) is not None


def is_grid_border(table_line: str, grid_columns: Set[int] = frozenset()) -> bool:
    """Is it a line between rows, and no row?

    Where the first cell goes on below ("| A   +---+---+"), the line is known by its end, or by a piece of border that
    goes from one of `grid_columns` to another: the offsets of the grid's vertical lines. Any other "+--+" is text of a
    cell.
    """
    if _GRID_TABLE_BORDER.fullmatch(table_line):
        return True
    table_border = table_line.strip("> \t\r\n")
    return table_border.startswith("|") and any(
        table_piece.end() + 1 == len(table_border)
        or (table_piece.start() in grid_columns and table_piece.end() in grid_columns)
        for table_piece in _GRID_TABLE_PIECE.finditer(table_border)
    )


def _grid_columns(markdown_table: str) -> set[int]:
    """The offsets of the vertical lines, by the + of all lines that go from edge to edge."""
    border_lines = (
        markdown_table[slice(*table_line)].strip("> \t\r\n") for table_line in _table_line_spans(markdown_table)
    )
    return {
        i
        for table_border in border_lines
        if _GRID_TABLE_BORDER.fullmatch(table_border)
        for i, table_mark in enumerate(table_border)
        if table_mark == "+"
    }


def grid_rows(
    markdown_table: str, table_lines: Sequence[Span], cells: TableCellReader, grid_columns: Set[int] = frozenset()
) -> tuple[list[Span], list[Span]]:
    """(start, end) of the header rows and of the data rows; the line below a row belongs to it.

    The header is what stands above a line of `=`; without one, what databases draw a line below.
    """
    row_groups: list[list[Span]] = [[]]
    row_ends: list[int] = []
    header_count = 0
    for start, end in table_lines:
        if not is_grid_border(markdown_table[start:end], grid_columns):
            row_groups[-1].append((start, end))
        elif row_groups[-1]:
            row_ends.append(end)
            row_groups.append([])
            header_count = len(row_ends) if "=" in markdown_table[start:end] and not header_count else header_count
    if row_groups[-1]:  # no line below the last row
        row_ends.append(row_groups[-1][-1][1])
    row_groups = [row_group for row_group in row_groups if row_group]
    is_one_line_head = not header_count and len(row_groups) == 2 and len(row_groups[0]) == 1 < len(row_groups[1])
    if is_one_line_head and _have_first_table_cells(markdown_table, row_groups[1], cells):
        last_start = row_groups[1][-1][0]
        row_spans = [*row_groups[1][:-1], (last_start, row_ends[1])]
        return [(row_groups[0][0][0], row_ends[0])], row_spans
    row_spans = [(row_group[0][0], end) for row_group, end in zip(row_groups, row_ends, strict=True)]
    return (row_spans[:header_count], row_spans[header_count:]) if header_count < len(row_spans) else ([], row_spans)


def _have_first_table_cells(markdown_table: str, table_lines: Sequence[Span], cells: TableCellReader) -> bool:
    """Has every line something in its first cell?"""
    first_cells = (
        next(cells(markdown_table[slice(*table_line)].strip("> \t\r\n")), ((0, 0), "")) for table_line in table_lines
    )
    return all(cell_text for _, cell_text in first_cells)


def grid_row_cells(row_text: str, cells: TableCellReader) -> list[tuple[list[Span], str]]:
    """The cells of a row of one or more lines, none of them a border: their places in `row_text`, and their text."""
    grid_line_cells: list[list[tuple[Span, str]]] = []
    line_start = 0
    for table_line in row_text.splitlines(keepends=True):
        grid_line = table_line.strip("> \t\r\n")
        grid_line_shift = line_start + table_line.index(grid_line)
        line_start += len(table_line)
        if grid_line:
            grid_line_cells.append(
                [((a + grid_line_shift, b + grid_line_shift), cell_text) for (a, b), cell_text in cells(grid_line)]
            )
    grid_cell_columns = zip_longest(*grid_line_cells, fillvalue=((0, 0), ""))
    return [
        _join_grid_cell([part for part in grid_cell_column if part[1]] or list(grid_cell_column[:1]))
        for grid_cell_column in grid_cell_columns
    ]


def _join_grid_cell(cell_parts: list[tuple[Span, str]]) -> tuple[list[Span], str]:
    return [span for span, _ in cell_parts], " ".join(part_text for _, part_text in cell_parts)
