"""Tables as Markdown writes them, with pipes, in a grid, in HTML or as separated lines: their rows and cells.

Grid tables are drawn by reStructuredText, Pandoc and the consoles of databases. A row goes from one line of + and - to
the next, and its cells may go over several lines. Databases draw lines around the head and below the last row alone;
then each line is a row.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import pairwise, zip_longest
from typing import NamedTuple

import regex

from groundwork.language.spans import Span, trim_span


class Rows(NamedTuple):
    """(start, end) of the header rows and of the data rows of a table, in order."""

    header: list[Span]
    data: list[Span]


class Cell(NamedTuple):
    """A cell at [start, end) of the text, and what it says without markup of the table."""

    start: int
    end: int
    text: str
    parts: tuple[Span, ...] = ()  # where it goes over several lines of a grid

    @property
    def spans(self) -> tuple[Span, ...]:
        """The places of the text that are this cell's alone."""
        return self.parts or ((self.start, self.end),)


class TableRow(NamedTuple):
    """A row at [start, end) of the text, without the white space around it."""

    start: int
    end: int
    cells: tuple[Cell, ...]


class Table(NamedTuple):
    """The rows of a table, those of its header apart; the line |---|---| is none."""

    header: list[TableRow]
    data: list[TableRow]


# |---|:-:| under the header row
_DELIMITER = regex.compile(r"(?=[^\n]*-)(?=[^\n]*\|)[ \t>|:\-]++\r?+(?:\n|\Z)")
# | **Name** | **Age** |: a second row of headers
_BOLD_CELLS = regex.compile(r"[ \t>]*+\|?+(?:[ \t]*+(?:\*\*[^*|\n]++\*\*)?+[ \t]*+(?:\||(?=\r?\n|\Z)))++\r?+\n?+")
# <tr> and </tr> and what tells header rows from others; <table> because tables nest
_HTML_ROW = regex.compile(r"<tr\b[^<>]*+>|</tr\s*+>|<(?:/?)table\b|<t[hd]\b|</thead", regex.IGNORECASE)
_HTML_CELL = regex.compile(
    r"<t[dh]\b[^<>]*+>(?P<cell>.*?)(?=</t[dh]|<t[dh]\b|</tr|\Z)", regex.IGNORECASE | regex.DOTALL
)
_ROW_TAG = regex.compile(r"<tr\b", regex.IGNORECASE)
TAG = regex.compile(r"<[^<>]*+>")
_PIPE = regex.compile(r"(?<!\\)\|")
_GRID_LINE = regex.compile(r"[ \t>]*+[|+]")
# ``` around a CSV table
_FENCE_LINE = regex.compile(r"[ \t>]*+(?:`{3,}|~{3,})")


def is_html(text: str) -> bool:
    """Are the rows of the table written in HTML?"""
    return "<" in text and _ROW_TAG.search(text) is not None


def table_rows(text: str) -> Rows:
    """The rows of a table's text, which may carry headings or a caption above it and below it.

    An HTML table nested in a cell belongs to its row. The line |---|---| is part of the header.
    """
    if is_html(text):
        return _html_rows(text)
    lines = _lines(text)
    if is_grid(text):
        grid_lines = [line for line in lines if _GRID_LINE.match(text, *line)]
        return Rows(*grid_rows(text, grid_lines, _pipe_cells, _grid_columns(text)))
    if any("|" in text[start:end] for start, end in lines):
        return _pipe_rows(text, [line for line in lines if "|" in text[line[0] : line[1]]])
    return _csv_rows(text, lines)


def read_table(text: str, start: int = 0, end: int | None = None) -> Table:
    """The table at [start, end) of `text`, cell by cell; the offsets count in `text`."""
    body = text[start:end]
    rows = table_rows(body)
    if is_grid(body):
        columns = _grid_columns(body)
        return Table(*([_read_grid_row(body, span, start, columns) for span in spans] for spans in rows))
    cells = _cell_reader(body, rows)
    return Table(*([_read_row(body, span, start, cells) for span in spans if _is_row(body, span)] for spans in rows))


def _is_row(body: str, span: Span) -> bool:
    line = body[slice(*span)]
    return bool(line.strip()) and not _DELIMITER.fullmatch(line)


def _read_grid_row(body: str, span: Span, shift: int, columns: Set[int]) -> TableRow:
    lines = [body[slice(*line)] for line in _lines(body, *span)]
    content = "".join(line for line in lines if not is_grid_border(line, columns))
    row = body[span[0] : span[0] + len(content)]
    row_start = span[0] + shift
    cells = []
    for part_spans, text in row_cells(row, _pipe_cells):
        spans = tuple((a + row_start, b + row_start) for a, b in part_spans)
        cells.append(Cell(spans[0][0], spans[-1][1], text, spans if len(spans) > 1 else ()))
    leading = len(row) - len(row.lstrip("> \t\r\n"))
    return TableRow(row_start + leading, row_start + len(row.rstrip()), tuple(cells))


def _read_row(body: str, span: Span, shift: int, cells: Callable[[str], Iterator[tuple[Span, str]]]) -> TableRow:
    line = body[slice(*span)]
    start = span[0] + shift + len(line) - len(line.lstrip("> \t\r\n"))
    line = line.strip("> \t\r\n") if line.lstrip().startswith(">") else line.strip()
    line_cells = tuple(Cell(start + a, start + b, cell_text) for (a, b), cell_text in cells(line))
    return TableRow(start, start + len(line), line_cells)


def _cell_reader(body: str, rows: Rows) -> Callable[[str], Iterator[tuple[Span, str]]]:
    """The reader of a row's cells that fits the table: (start, end) in the row, and the text."""
    if is_html(body):
        return _html_cells
    if any("|" in body[slice(*span)] for span in (*rows.header, *rows.data)):
        return _pipe_cells
    lines = [body[slice(*span)].rstrip() for span in (*rows.header, *rows.data)]
    counts = {mark: {_count_separators(line, mark) for line in lines} for mark in "\t;,"}
    separator = next((mark for mark, count in counts.items() if len(count) == 1 and 0 not in count), ",")
    return lambda line: _separated_cells(line, separator)


def _html_cells(row: str) -> Iterator[tuple[Span, str]]:
    for match in _HTML_CELL.finditer(row):
        yield _trim_cell(row, *match.span("cell")), " ".join(html.unescape(TAG.sub(" ", match["cell"])).split())


def _pipe_cells(row: str) -> Iterator[tuple[Span, str]]:
    borders = [match.start() for match in _PIPE.finditer(row)]
    spans = [(a + 1, b) for a, b in pairwise([-1, *borders, len(row)])]
    spans = spans[row.startswith("|") :]
    spans = spans[: -1 if len(spans) > 1 and borders and borders[-1] == len(row) - 1 else None]
    for span in spans:
        yield _trim_cell(row, *span), row[slice(*span)].replace("\\|", "|").strip()


def _separated_cells(row: str, separator: str) -> Iterator[tuple[Span, str]]:
    start, is_quoted = 0, False
    for i, character in enumerate([*row, separator]):
        if character == '"':
            is_quoted = not is_quoted
        elif character == separator and (not is_quoted or i == len(row)):
            cell_text = row[start:i].strip()
            if len(cell_text) > 1 and cell_text[0] == cell_text[-1] == '"':
                cell_text = cell_text[1:-1].replace('""', '"').strip()
            yield _trim_cell(row, start, i), cell_text
            start = i + 1


def _trim_cell(row: str, start: int, end: int) -> Span:
    """The cell without the white space around it; its end where it is empty."""
    return trim_span(row, start, end) or (end, end)


def _lines(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    lines, end = [], len(text) if end is None else end
    while start < end:
        stop = text.find("\n", start, end) + 1 or end
        lines.append((start, stop))
        start = stop
    return lines


def _pipe_rows(text: str, lines: list[Span]) -> Rows:
    """Header rows are those above the delimiter line, that line, and rows behind it with nothing but bold cells."""
    delimiter = next((k for k, line in enumerate(lines) if _DELIMITER.fullmatch(text, *line)), -1)
    header_count = delimiter + 1
    while (
        delimiter >= 0
        and header_count < len(lines)
        and "**" in text[slice(*lines[header_count])]
        and _BOLD_CELLS.fullmatch(text, *lines[header_count])
    ):
        header_count += 1
    if header_count == len(lines):
        header_count = delimiter + 1
    return Rows(lines[:header_count], lines[header_count:])


def _html_rows(text: str) -> Rows:
    """`<tr>` at the outer level; the header are the rows of `<thead>`, else the first rows without a `<td>`."""
    rows: list[Span] = []
    depth, row_start, header_count, in_header = 0, -1, 0, True
    cell_letters = ""
    for tag in _HTML_ROW.finditer(text):
        tag_name = tag[0].lower()
        if tag_name.startswith("<table"):
            depth += 1
            continue
        depth -= tag_name.startswith("</table")
        if depth != 0 if tag_name.startswith("</table") else depth > 1:
            continue
        if tag_name.startswith(("<tr", "</tr", "</table")):
            if row_start >= 0:
                rows.append((row_start, tag.end() if tag_name.startswith("</tr") else tag.start()))
                in_header = in_header and "d" not in cell_letters and "h" in cell_letters
                header_count += in_header
            row_start, cell_letters = tag.start() if tag_name.startswith("<tr") else -1, ""
        elif tag_name.startswith("</thead"):
            header_count, in_header = len(rows) + (row_start >= 0), False
        else:
            cell_letters += tag_name[2]
    if row_start >= 0:
        rows.append((row_start, len(text)))
    header_count = header_count if header_count < len(rows) else 0
    return Rows(rows[:header_count], rows[header_count:])


def _csv_rows(text: str, lines: list[Span]) -> Rows:
    lines = [line for line in lines if text[slice(*line)].strip() and not _FENCE_LINE.match(text, *line)]
    return Rows(lines[:1], lines[1:])


def is_csv(text: str, start: int, end: int) -> bool:
    """At least three lines, each with the same two or more separators (one, if tabs), and none of them prose."""
    newline = text.find("\n", start, end)
    if newline < 0 or newline + 2 > end or text[newline + 1].isspace():
        return False
    first_line = text[start:newline]
    if "\t" not in first_line and ";" not in first_line and (first_line.count(",") < 2 or ", " in first_line):
        return False
    lines = [text[slice(*line)].rstrip() for line in _lines(text, start, end)]
    lines = [line for line in lines if line]
    return len(lines) >= 3 and any(
        _has_separator(lines, mark, minimum) for mark, minimum in ((",", 2), (";", 2), ("\t", 1))
    )


def _has_separator(lines: list[str], separator: str, minimum: int) -> bool:
    count = _count_separators(lines[0], separator)
    if count < minimum or any(_count_separators(line, separator) != count for line in lines):
        return False
    return separator == "\t" or not any(line.endswith(".") or f"{separator} " in line for line in lines[:20])


def _count_separators(line: str, separator: str) -> int:
    """Separators outside of "quoted, cells"."""
    return line.count(separator) if '"' not in line else sum(piece.count(separator) for piece in line.split('"')[::2])


START = r"[ \t>]*+\+[-=:]{2,}+(?:\+[-=:]++)*+\+[ \t\r]*+\n[ \t>]*+\|"
"""The first line, and the beginning of the second."""

_GRID_BORDER = regex.compile(r"[ \t>]*+\+[-=:]{2,}+(?:\+[-=:]++)*+\+[ \t\r]*+\n?+")
_BORDER_PIECE = regex.compile(r"\+[-=:]{2,}+(?=\+)")
_GRID_START = regex.compile(rf"(?m)^{START}")

CellReader = Callable[[str], Iterator[tuple[Span, str]]]


def is_grid(text: str) -> bool:
    """Does a grid table begin at one of the lines?"""
    return "+-" in text and _GRID_START.search(text) is not None


def is_grid_border(line: str, columns: Set[int] = frozenset()) -> bool:
    """Is it a line between rows, and no row?

    Where the first cell goes on below ("| A   +---+---+"), the line is known by its end, or by a piece of border that
    goes from one of `columns` to another: the offsets of the grid's vertical lines. Any other "+--+" is a cell's text.
    """
    if _GRID_BORDER.fullmatch(line):
        return True
    body = line.strip("> \t\r\n")
    return body.startswith("|") and any(
        piece.end() + 1 == len(body) or (piece.start() in columns and piece.end() in columns)
        for piece in _BORDER_PIECE.finditer(body)
    )


def _grid_columns(text: str) -> set[int]:
    """The offsets of the vertical lines, by the + of all lines that go from edge to edge."""
    borders = (text[slice(*line)].strip("> \t\r\n") for line in _lines(text))
    return {i for border in borders if _GRID_BORDER.fullmatch(border) for i, mark in enumerate(border) if mark == "+"}


def grid_rows(
    text: str, lines: Sequence[Span], cells: CellReader, columns: Set[int] = frozenset()
) -> tuple[list[Span], list[Span]]:
    """(start, end) of the header rows and of the data rows; the line below a row belongs to it.

    The header is what stands above a line of `=`; without one, what databases draw a line below.
    """
    groups: list[list[Span]] = [[]]
    row_ends: list[int] = []
    header_count = 0
    for start, end in lines:
        if not is_grid_border(text[start:end], columns):
            groups[-1].append((start, end))
        elif groups[-1]:
            row_ends.append(end)
            groups.append([])
            header_count = len(row_ends) if "=" in text[start:end] and not header_count else header_count
    if groups[-1]:  # no line below the last row
        row_ends.append(groups[-1][-1][1])
    groups = [group for group in groups if group]
    is_one_line_head = not header_count and len(groups) == 2 and len(groups[0]) == 1 < len(groups[1])
    if is_one_line_head and _have_first_cells(text, groups[1], cells):
        last_start = groups[1][-1][0]
        rows = [*groups[1][:-1], (last_start, row_ends[1])]
        return [(groups[0][0][0], row_ends[0])], rows
    rows = [(group[0][0], end) for group, end in zip(groups, row_ends, strict=True)]
    return (rows[:header_count], rows[header_count:]) if header_count < len(rows) else ([], rows)


def _have_first_cells(text: str, lines: Sequence[Span], cells: CellReader) -> bool:
    """Has every line something in its first cell?"""
    first_cells = (next(cells(text[slice(*line)].strip("> \t\r\n")), ((0, 0), "")) for line in lines)
    return all(cell_text for _, cell_text in first_cells)


def row_cells(row: str, cells: CellReader) -> list[tuple[list[Span], str]]:
    """The cells of a row of one or more lines, none of them a border: their places in `row`, and their text."""
    line_cells: list[list[tuple[Span, str]]] = []
    start = 0
    for line in row.splitlines(keepends=True):
        body = line.strip("> \t\r\n")
        shift = start + line.index(body)
        start += len(line)
        if body:
            line_cells.append([((a + shift, b + shift), cell_text) for (a, b), cell_text in cells(body)])
    columns = zip_longest(*line_cells, fillvalue=((0, 0), ""))
    return [_join_cell([part for part in column if part[1]] or list(column[:1])) for column in columns]


def _join_cell(cell_parts: list[tuple[Span, str]]) -> tuple[list[Span], str]:
    return [span for span, _ in cell_parts], " ".join(part_text for _, part_text in cell_parts)
