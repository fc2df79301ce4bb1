"""Grid tables, as reStructuredText, Pandoc and the consoles of databases draw them: rows between lines of + and -.

A row goes from one such line to the next, and its cells may go over several lines. Databases draw lines around the
head and below the last row alone; then each line is a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

import regex

from groundwork.language.uncuttable_spans import Span

START = r"[ \t>]*+\+[-=:]{2,}+(?:\+[-=:]++)*+\+[ \t\r]*+\n[ \t>]*+\|"
"""The first line, and the beginning of the second."""

_LINE = regex.compile(r"[ \t>]*+\+[-=:]{2,}+(?:\+[-=:]++)*+\+[ \t\r]*+\n?+")
_WITHIN = regex.compile(r"[ \t>]*+\|[^\n]*?\+[-=:]{2,}+\+[^\n]*+\n?+")  # | A |---+---+: the first cell goes on below
_START = regex.compile(rf"(?m)^{START}")

Cells = Callable[[str], Iterator[tuple[Span, str]]]


def is_grid(text: str) -> bool:
    """Does a grid table begin at one of the lines?"""
    return "+-" in text and _START.search(text) is not None


def is_line(line: str) -> bool:
    """Is it a line between rows, and no row?"""
    return _LINE.fullmatch(line) is not None or _WITHIN.fullmatch(line) is not None


def grid_rows(text: str, lines: Sequence[Span], cells: Cells) -> tuple[list[Span], list[Span]]:
    """(start, end) of the header rows and of the data rows; the line below a row belongs to it.

    The header is what stands above a line of `=`; without one, what databases draw a line below.
    """
    groups: list[list[Span]] = [[]]
    ends: list[int] = []
    head = 0
    for start, end in lines:
        if not is_line(text[start:end]):
            groups[-1].append((start, end))
        elif groups[-1]:
            ends.append(end)
            groups.append([])
            head = len(ends) if "=" in text[start:end] and not head else head
    if groups[-1]:  # no line below the last row
        ends.append(groups[-1][-1][1])
    groups = [group for group in groups if group]
    if not head and len(groups) == 2 and len(groups[0]) == 1 < len(groups[1]) and _all_named(text, groups[1], cells):
        last = groups[1][-1][0]
        rows = [*groups[1][:-1], (last, ends[1])]
        return [(groups[0][0][0], ends[0])], rows
    rows = [(group[0][0], end) for group, end in zip(groups, ends, strict=True)]
    return (rows[:head], rows[head:]) if head < len(rows) else ([], rows)


def _all_named(text: str, lines: Sequence[Span], cells: Cells) -> bool:
    """Has every line something in its first cell?"""
    return all(said for line in lines for _, said in [next(cells(text[slice(*line)].strip("> \t\r\n")), ((0, 0), ""))])


def row_cells(row: str, cells: Cells) -> list[tuple[list[Span], str]]:
    """The cells of a row of one or more lines: the places of its parts in `row`, and its text in one line."""
    found: list[list[tuple[Span, str]]] = []
    start = 0
    for line in row.splitlines(keepends=True):
        body = line.strip("> \t\r\n")
        shift = start + line.index(body)
        start += len(line)
        if body and not is_line(line):
            found.append([((a + shift, b + shift), said) for (a, b), said in cells(body)])
    columns = zip_longest(*found, fillvalue=((0, 0), ""))
    return [_joined([part for part in column if part[1]] or list(column[:1])) for column in columns]


def _joined(parts: list[tuple[Span, str]]) -> tuple[list[Span], str]:
    return [span for span, _ in parts], " ".join(said for _, said in parts)
