"""A table's title that is merged over all of its columns, as a paragraph above it: the names of the columns head it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundwork.documents.pipe_tables import DELIMITER_ROW, FIGURE, split_pipe_row

_COLUMN_NAME = re.compile(
    r"\W*(?:[^\W\d_]{1,3}\W{0,2})?(?:19|20)\d\d\W*|.*?[^\W\d_]{4}.*"
)  # of a column: a year, or words


def titles_above_tables(markdown: str) -> str:
    """The text with each table's first row as a paragraph where that is one text over all columns, and below it stand
    the names of columns."""
    lines = markdown.split("\n")
    delimiter_indices = [
        i for i, line in enumerate(lines) if i and DELIMITER_ROW.match(line) and lines[i - 1].startswith("|")
    ]
    for delimiter in reversed(delimiter_indices):
        first_row = split_pipe_row(lines[delimiter - 1])
        table_end = next((k for k in range(delimiter, len(lines)) if not lines[k].startswith("|")), len(lines))
        rows_below_title = [split_pipe_row(line) for line in lines[delimiter + 1 : table_end]]
        if (
            len(first_row) > 1
            and first_row[0]
            and len(set(first_row)) == 1
            and _has_header_below_title(rows_below_title)
        ):
            table_title = first_row[0].replace("\\|", "|")
            lines[delimiter - 1 : delimiter + 2] = [table_title, "", lines[delimiter + 1], lines[delimiter]]
    return "\n".join(lines)


def _has_header_below_title(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns of figures below it, of which there are some."""
    if len(rows) < 2 or len(set(rows[0])) < 2:
        return False
    column_names, *figure_rows = rows
    figure_columns = [
        column
        for column in range(len(column_names))
        if 2 * _count_figures_below(figure_rows, column) > len(figure_rows)
    ]
    return bool(figure_columns) and all(_is_column_name(column_names[column]) for column in figure_columns)


def _count_figures_below(rows: Sequence[Sequence[str]], column: int) -> int:
    return sum(column < len(row) and FIGURE.match(row[column]) is not None for row in rows)


def _is_column_name(cell: str) -> bool:
    return not FIGURE.match(cell) or _COLUMN_NAME.fullmatch(cell) is not None
