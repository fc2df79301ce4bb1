"""Tables of lines with separators between their cells, as Markdown holds them: their rows and cells."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from groundwork.language.text_spans import Span, line_spans, trim_span

# ``` around a CSV table
_CSV_TABLE_FENCE = regex.compile(r"[ \t>]*+(?:`{3,}|~{3,})")


def csv_cells(csv_row: str, separator: str) -> Iterator[tuple[Span, str]]:
    cell_start, is_quoted = 0, False
    for i, csv_character in enumerate([*csv_row, separator]):
        if csv_character == '"':
            is_quoted = not is_quoted
        elif csv_character == separator and (not is_quoted or i == len(csv_row)):
            csv_cell = csv_row[cell_start:i].strip()
            if len(csv_cell) > 1 and csv_cell[0] == csv_cell[-1] == '"':
                csv_cell = csv_cell[1:-1].replace('""', '"').strip()
            yield trim_span(csv_row, cell_start, i) or (i, i), csv_cell
            cell_start = i + 1


def csv_rows(csv_table: str, csv_lines: list[Span]) -> tuple[list[Span], list[Span]]:
    """(start, end) of the header, which is the first line, and of the data rows, without a fence around them."""
    csv_lines = [
        csv_line
        for csv_line in csv_lines
        if csv_table[slice(*csv_line)].strip() and not _CSV_TABLE_FENCE.match(csv_table, *csv_line)
    ]
    return csv_lines[:1], csv_lines[1:]


def csv_separator(csv_lines: list[str]) -> str:
    """The separator that stands equally often in all rows, outside of quotes; else the comma."""
    for separator in "\t;,":
        separator_counts = {_count_csv_separators(csv_line, separator) for csv_line in csv_lines}
        if len(separator_counts) == 1 and 0 not in separator_counts:
            return separator
    return ","


def is_csv_table(csv_table: str, start: int, end: int) -> bool:
    """At least three lines, each with the same two or more separators (one, if tabs), and none of them prose."""
    first_csv_line_end = csv_table.find("\n", start, end)
    if first_csv_line_end < 0 or first_csv_line_end + 2 > end or csv_table[first_csv_line_end + 1].isspace():
        return False
    first_line = csv_table[start:first_csv_line_end]
    if "\t" not in first_line and ";" not in first_line and (first_line.count(",") < 2 or ", " in first_line):
        return False
    csv_lines = [csv_table[slice(*csv_line)].rstrip() for csv_line in line_spans(csv_table, start, end)]
    csv_lines = [csv_line for csv_line in csv_lines if csv_line]
    return len(csv_lines) >= 3 and any(
        _has_csv_separator(csv_lines, mark, minimum) for mark, minimum in ((",", 2), (";", 2), ("\t", 1))
    )


def _has_csv_separator(csv_lines: list[str], mark: str, minimum: int) -> bool:
    csv_separator_count = _count_csv_separators(csv_lines[0], mark)
    if csv_separator_count < minimum or any(
        _count_csv_separators(csv_line, mark) != csv_separator_count for csv_line in csv_lines
    ):
        return False
    return mark == "\t" or not any(csv_line.endswith(".") or f"{mark} " in csv_line for csv_line in csv_lines[:20])


def _count_csv_separators(csv_line: str, mark: str) -> int:
    """Separators outside of "quoted, cells"."""
    return csv_line.count(mark) if '"' not in csv_line else sum(piece.count(mark) for piece in csv_line.split('"')[::2])
