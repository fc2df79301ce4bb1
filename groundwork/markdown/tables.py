"""Rows of the three ways a table is written in Markdown: pipes, HTML, comma-separated lines."""

from __future__ import annotations

from typing import NamedTuple

import regex

from groundwork.language.spans import Span


class Rows(NamedTuple):
    """(start, end) of the header rows and of the data rows of a table, in order."""

    header: list[Span]
    data: list[Span]


# |---|:-:| under the header row
_DELIMITER = regex.compile(r"(?=[^\n]*-)(?=[^\n]*\|)[ \t>|:\-]++\r?+(?:\n|\Z)")
# +----+----+ of a grid table
_GRID_LINE = regex.compile(r"[ \t>]*+\+[-=+:]++\+?[ \t\r]*+(?:\n|\Z)")
# | **Name** | **Age** |: a second row of headers
_BOLD_CELLS = regex.compile(r"[ \t>]*+\|?+(?:[ \t]*+(?:\*\*[^*|\n]++\*\*)?+[ \t]*+(?:\||(?=\r?\n|\Z)))++\r?+\n?+")
# <tr> and </tr> and what tells header rows from others; <table> because tables nest
_HTML_ROW = regex.compile(r"<tr\b[^>]*+>|</tr\s*+>|<(?:/?)table\b|<t[hd]\b|</thead", regex.IGNORECASE)
# ``` around a CSV table
_FENCE_LINE = regex.compile(r"[ \t>]*+(?:`{3,}|~{3,})")


def table_rows(text: str) -> Rows:
    """The rows of a table's text, which may carry headings or a caption above it and below it.

    An HTML table nested in a cell belongs to its row. The line |---|---| is part of the header.
    """
    if regex.search(r"<tr\b", text, regex.IGNORECASE):
        return _html_rows(text)
    lines = _lines(text)
    if any("|" in text[start:end] for start, end in lines):
        return _pipe_rows(text, [line for line in lines if "|" in text[line[0] : line[1]]])
    return _csv_rows(text, lines)


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
    top = delimiter + 1
    while (
        delimiter >= 0
        and top < len(lines)
        and "**" in text[slice(*lines[top])]
        and _BOLD_CELLS.fullmatch(text, *lines[top])
    ):
        top += 1
    if top == len(lines):
        top = delimiter + 1
    return Rows(lines[:top], lines[top:])


def _html_rows(text: str) -> Rows:
    """`<tr>` at the outer level; the header are the rows of `<thead>`, else the first rows without a `<td>`."""
    rows: list[Span] = []
    depth, open_at, heads, header = 0, -1, 0, True
    cells = ""
    for tag in _HTML_ROW.finditer(text):
        name = tag[0].lower()
        if name.startswith("<table"):
            depth += 1
        elif name.startswith("</table"):
            depth -= 1
            if depth == 0 and open_at >= 0:
                rows.append((open_at, tag.start()))
                heads += header and "d" not in cells and "h" in cells
                open_at = -1
        elif depth > 1:
            continue
        elif name.startswith("<tr"):
            if open_at >= 0:
                rows.append((open_at, tag.start()))
                header = header and "d" not in cells and "h" in cells
                heads += header
            open_at, cells = tag.start(), ""
        elif name.startswith("</tr") and open_at >= 0:
            rows.append((open_at, tag.end()))
            header = header and "d" not in cells and "h" in cells
            heads += header
            open_at = -1
        elif name.startswith("</thead"):
            heads, header = len(rows), False
        else:
            cells += name[2]
    if open_at >= 0:
        rows.append((open_at, len(text)))
    heads = heads if heads < len(rows) else 0
    return Rows(rows[:heads], rows[heads:])


def _csv_rows(text: str, lines: list[Span]) -> Rows:
    lines = [line for line in lines if text[slice(*line)].strip() and not _FENCE_LINE.match(text, *line)]
    return Rows(lines[:1], lines[1:])


def is_csv(text: str, start: int, end: int) -> bool:
    """At least three lines, each with the same two or more separators (one, if tabs), and none of them prose."""
    newline = text.find("\n", start, end)
    if newline < 0 or newline + 2 > end or text[newline + 1].isspace():
        return False
    first = text[start:newline]
    if "\t" not in first and ";" not in first and (first.count(",") < 2 or ", " in first):
        return False
    lines = [text[slice(*line)].rstrip() for line in _lines(text, start, end)]
    lines = [line for line in lines if line]
    return len(lines) >= 3 and any(_separates(lines, mark, least) for mark, least in ((",", 2), (";", 2), ("\t", 1)))


def _separates(lines: list[str], separator: str, least: int) -> bool:
    count = _separators(lines[0], separator)
    if count < least or any(_separators(line, separator) != count for line in lines):
        return False
    return separator == "\t" or not any(line.endswith(".") or f"{separator} " in line for line in lines[:20])


def _separators(line: str, separator: str) -> int:
    """Separators outside of "quoted, cells"."""
    return line.count(separator) if '"' not in line else sum(part.count(separator) for part in line.split('"')[::2])
