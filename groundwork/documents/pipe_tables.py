"""Rows of cells as a Markdown table, with signs that stand in columns of their own ("$", "%") beside their figures."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import pairwise

PIPE_DELIMITER_ROW = re.compile(r"^\|?(?:[ \t]*+:?-++:?[ \t]*+\|)++[ \t]*+(?::?-++:?)?+\s*+$")  # below the header
FIGURE = re.compile(r"(?<!\W)\W*+(?:[^\W\d_]{1,3}\W{0,2})?\d")  # at a cell's start, a currency or a sign before it
_CELL_PIPE = re.compile(r"(?<!\\)\|")
_PIPE_SIGNS_BEFORE = frozenset({"$", "€", "£", "¥", "US$", "CHF", "EUR", "USD", "GBP"})
_PIPE_SIGNS_BEHIND = frozenset({"%", "€", ")", ")%", "%)"})
_MOST_PIPE_HEAD_ROWS = 5  # that are looked through, with the first one below the head
_NUMBER_ALONE = re.compile(r"(?!(?:19|20)\d\d$)[-+−(]?[$€£]?\d[\d.,' ]*+[%)]?|\d{4}-\d\d-\d\d")  # no year
_LEAST_SIGN_CELLS = 2  # cells of a column that is one of signs


def pipe_table(pipe_rows: Sequence[Sequence[str]]) -> str:
    """A table of rows of one length and of cells of one line, the first row as its header."""
    header_cells, *body_rows = with_sign_columns_joined(
        [[cell.replace("|", "\\|") for cell in table_row] for table_row in pipe_rows]
    )
    return "\n".join(f"| {' | '.join(row)} |" for row in [header_cells, ["---"] * len(header_cells), *body_rows])


def table_to_markdown(table_rows: list[list[str]]) -> str:
    """Rows as a Markdown table, the first as its header, with those below it that are names of columns too.

    Empty rows and columns are left out. "" for nothing.
    """
    width = max(map(len, table_rows), default=0)
    table_rows = [pipe_row + [""] * (width - len(pipe_row)) for pipe_row in table_rows]
    columns = [j for j in range(width) if any(pipe_row[j] for pipe_row in table_rows)]
    filled_rows = [[" ".join(pipe_row[j].split()) for j in columns] for pipe_row in table_rows if any(pipe_row)]
    return pipe_table(join_table_head(filled_rows)) if filled_rows else ""


def split_pipe_row(pipe_row: str) -> list[str]:
    """The cells of a table's line between its outer pipes."""
    return [cell.strip() for cell in _CELL_PIPE.split(pipe_row.strip()[1:-1])]


def join_table_head(pipe_rows: Sequence[list[str]]) -> list[list[str]]:
    """Rows of one length, those of the head as one: "2024 Q1" where 2024 spans columns that have heads of their own.

    A row of the head goes below another that repeats its cells, as merged ones are filled, if it parts columns that a
    cell spans and says nothing new of the others, of which the first column is one. A title over all columns stays.
    """
    head_start = int(len(pipe_rows) > 1 and len(set(pipe_rows[0])) == 1)
    head_depth = _table_head_depth(pipe_rows[head_start:])
    joined_head = [
        " ".join(dict.fromkeys(filter(None, head_names)))
        for head_names in zip(*pipe_rows[head_start : head_start + head_depth], strict=True)
    ]
    return [*pipe_rows[:head_start], *([joined_head] if joined_head else []), *pipe_rows[head_start + head_depth :]]


def _table_head_depth(pipe_rows: Sequence[Sequence[str]]) -> int:
    spanned_columns: set[int] = set()
    for depth, (pipe_head, row_below) in enumerate(pairwise(pipe_rows[:_MOST_PIPE_HEAD_ROWS]), start=1):
        repeated_heads = [j for j in range(1, len(pipe_head)) if pipe_head[j] and pipe_head[j] == pipe_head[j - 1]]
        spanned_columns.update(repeated_heads, (j - 1 for j in repeated_heads))
        if not any(row_below[j] != row_below[j - 1] for j in repeated_heads) or not _parts_spanned_heads(
            pipe_head, row_below, spanned_columns
        ):
            return depth
    return min(len(pipe_rows), 1)


def _parts_spanned_heads(pipe_head: Sequence[str], row_below: Sequence[str], spanned_columns: Set[int]) -> bool:
    """Whether a row names most of the columns that are spanned, none by a number alone, and no others anew."""
    names_below = [row_below[j] for j in spanned_columns if row_below[j]]
    return (
        0 not in spanned_columns
        and all(row_below[j] in ("", pipe_head[j]) for j in range(len(pipe_head)) if j not in spanned_columns)
        and len(names_below) * 2 >= len(spanned_columns)
        and not any(map(_NUMBER_ALONE.fullmatch, names_below))
    )


def with_sign_columns_joined(pipe_rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows with each column of signs in the cells of the column that it belongs to.

    Its heads, if any, are those of that column.
    """
    joined_rows = [list(pipe_row) for pipe_row in pipe_rows]
    column_count = len(joined_rows[0]) if joined_rows else 0
    for column in range(column_count - 2, -1, -1):
        if _is_sign_column(joined_rows, column, column + 1, _PIPE_SIGNS_BEFORE) or _is_sign_column(
            joined_rows, column + 1, column, _PIPE_SIGNS_BEHIND
        ):
            _join_sign_column(joined_rows, column)
    return joined_rows


def _is_sign_column(pipe_rows: Sequence[Sequence[str]], column: int, figure_column: int, signs: frozenset[str]) -> bool:
    sign_cells, figure_cells = ([pipe_row[k].strip() for pipe_row in pipe_rows] for k in (column, figure_column))
    first_sign_row = next((i for i, cell in enumerate(sign_cells) if cell in signs), len(sign_cells))
    return (
        sum(cell in signs for cell in sign_cells) >= _LEAST_SIGN_CELLS
        and all(
            not cell or (cell in signs and figure)
            for cell, figure in zip(sign_cells[first_sign_row:], figure_cells[first_sign_row:], strict=True)
        )
        and all(
            cell in ("", figure)
            for cell, figure in zip(sign_cells[:first_sign_row], figure_cells[:first_sign_row], strict=True)
        )
    )


def _join_sign_column(pipe_rows: list[list[str]], column: int) -> None:
    """Make one column of two neighbours; a head that both have stands once."""
    for pipe_row in pipe_rows:
        left, right = pipe_row[column].strip(), pipe_row[column + 1].strip()
        sign_gap = "" if right.startswith(")") else " "
        pipe_row[column : column + 2] = [left if left == right else f"{left}{sign_gap}{right}".strip()]


# the name of a column: a year, or words
_PIPE_COLUMN_NAME = re.compile(r"\W*(?:[^\W\d_]{1,3}\W{0,2})?(?:19|20)\d\d\W*|.*?[^\W\d_]{4}.*")


def titles_above_tables(markdown: str) -> str:
    """The text with each table's first row as a paragraph where that is one text over all columns, and below it stand
    the names of columns."""
    lines = markdown.split("\n")
    pipe_delimiters = [
        i for i, line in enumerate(lines) if i and PIPE_DELIMITER_ROW.match(line) and lines[i - 1].startswith("|")
    ]
    for delimiter in reversed(pipe_delimiters):
        pipe_title_row = split_pipe_row(lines[delimiter - 1])
        table_end = next((k for k in range(delimiter, len(lines)) if not lines[k].startswith("|")), len(lines))
        rows_below_title = [split_pipe_row(line) for line in lines[delimiter + 1 : table_end]]
        is_title = len(pipe_title_row) > 1 and pipe_title_row[0] and len(set(pipe_title_row)) == 1
        if is_title and _has_header_below_title(rows_below_title):
            table_title = pipe_title_row[0].replace("\\|", "|")
            delimiter_line, header_line = lines[delimiter : delimiter + 2]
            lines[delimiter - 1 : delimiter + 2] = [table_title, "", header_line, delimiter_line]
    return "\n".join(lines)


def _has_header_below_title(pipe_rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns of figures below it, of which there are some."""
    if len(pipe_rows) < 2 or len(set(pipe_rows[0])) < 2:
        return False
    pipe_column_names, *figure_rows = pipe_rows
    figure_columns = [
        column
        for column in range(len(pipe_column_names))
        if 2 * _count_figures_below(figure_rows, column) > len(figure_rows)
    ]
    return bool(figure_columns) and all(_is_pipe_column_name(pipe_column_names[column]) for column in figure_columns)


def _count_figures_below(pipe_rows: Sequence[Sequence[str]], column: int) -> int:
    return sum(column < len(row) and FIGURE.match(row[column]) is not None for row in pipe_rows)


def _is_pipe_column_name(pipe_cell: str) -> bool:
    return not FIGURE.match(pipe_cell) or _PIPE_COLUMN_NAME.fullmatch(pipe_cell) is not None
