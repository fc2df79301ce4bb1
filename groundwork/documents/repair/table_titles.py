"""A table's title that is merged over all of its columns, as a paragraph above it: the names of the columns head it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CELL_EDGE = re.compile(r"(?<!\\)\|")
_DELIMITER = re.compile(r"\|(?: *:?-+:? *\|)+")
_FIGURE = re.compile(r"(?<!\W)\W*+(?:[^\W\d_]{1,3}\W{0,2})?\d")  # with a currency or a sign before it
_NAME = re.compile(r"\W*(?:[^\W\d_]{1,3}\W{0,2})?(?:19|20)\d\d\W*|.*?[^\W\d_]{4}.*")  # of a column: a year, or words


def titles_above_tables(markdown: str) -> str:
    """The text with each table's first row as a paragraph where that is one text over all columns, and below it stand
    the names of columns."""
    lines = markdown.split("\n")
    tables = [i for i, line in enumerate(lines) if i and _DELIMITER.fullmatch(line) and lines[i - 1].startswith("|")]
    for delimiter in reversed(tables):
        first = _cells(lines[delimiter - 1])
        end = next((k for k in range(delimiter, len(lines)) if not lines[k].startswith("|")), len(lines))
        body = [_cells(line) for line in lines[delimiter + 1 : end]]
        if len(first) > 1 and first[0] and len(set(first)) == 1 and _has_header(body):
            title = first[0].replace("\\|", "|")
            lines[delimiter - 1 : delimiter + 2] = [title, "", lines[delimiter + 1], lines[delimiter]]
    return "\n".join(lines)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _CELL_EDGE.split(row.strip()[1:-1])]


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns of figures below it, of which there are some."""
    if len(rows) < 2 or len(set(rows[0])) < 2:
        return False
    head, *body = rows
    columns = [column for column in range(len(head)) if 2 * _figures(body, column) > len(body)]
    return bool(columns) and all(_is_name(head[column]) for column in columns)


def _figures(rows: Sequence[Sequence[str]], column: int) -> int:
    return sum(column < len(row) and _FIGURE.match(row[column]) is not None for row in rows)


def _is_name(cell: str) -> bool:
    return not _FIGURE.match(cell) or _NAME.fullmatch(cell) is not None
