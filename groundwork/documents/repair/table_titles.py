"""A table's title that is merged over all of its columns, as a paragraph above it: the names of the columns head it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundwork.documents.pipe_tables import DELIMITER_ROW, FIGURE, split_row

_NAME = re.compile(r"\W*(?:[^\W\d_]{1,3}\W{0,2})?(?:19|20)\d\d\W*|.*?[^\W\d_]{4}.*")  # of a column: a year, or words


def titles_above_tables(markdown: str) -> str:
    """The text with each table's first row as a paragraph where that is one text over all columns, and below it stand
    the names of columns."""
    lines = markdown.split("\n")
    tables = [i for i, line in enumerate(lines) if i and DELIMITER_ROW.match(line) and lines[i - 1].startswith("|")]
    for delimiter in reversed(tables):
        first = split_row(lines[delimiter - 1])
        end = next((k for k in range(delimiter, len(lines)) if not lines[k].startswith("|")), len(lines))
        body = [split_row(line) for line in lines[delimiter + 1 : end]]
        if len(first) > 1 and first[0] and len(set(first)) == 1 and _has_header(body):
            title = first[0].replace("\\|", "|")
            lines[delimiter - 1 : delimiter + 2] = [title, "", lines[delimiter + 1], lines[delimiter]]
    return "\n".join(lines)


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns of figures below it, of which there are some."""
    if len(rows) < 2 or len(set(rows[0])) < 2:
        return False
    head, *body = rows
    columns = [column for column in range(len(head)) if 2 * _figures(body, column) > len(body)]
    return bool(columns) and all(_is_name(head[column]) for column in columns)


def _figures(rows: Sequence[Sequence[str]], column: int) -> int:
    return sum(column < len(row) and FIGURE.match(row[column]) is not None for row in rows)


def _is_name(cell: str) -> bool:
    return not FIGURE.match(cell) or _NAME.fullmatch(cell) is not None
