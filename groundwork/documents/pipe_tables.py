"""Rows of cells as a Markdown table, with signs that stand in columns of their own ("$", "%") beside their figures."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import pairwise

DELIMITER_ROW = re.compile(r"^\|?(?:[ \t]*+:?-++:?[ \t]*+\|)++[ \t]*+(?::?-++:?)?+\s*+$")  # below the header
FIGURE = re.compile(r"(?<!\W)\W*+(?:[^\W\d_]{1,3}\W{0,2})?\d")  # at a cell's start, a currency or a sign before it
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_BEFORE = frozenset({"$", "€", "£", "¥", "US$", "CHF", "EUR", "USD", "GBP"})
_BEHIND = frozenset({"%", "€", ")", ")%", "%)"})
_MOST_HEAD_ROWS = 5  # that are looked through, with the first one below the head
_NUMBER = re.compile(r"(?!(?:19|20)\d\d$)[-+−(]?[$€£]?\d[\d.,' ]*+[%)]?|\d{4}-\d\d-\d\d")  # no year
_LEAST_SIGNS = 2  # cells of a column that is one of signs


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """A table of rows of one length and of cells of one line, the first row as its header."""
    header, *body = with_signs_joined([[cell.replace("|", "\\|") for cell in row] for row in rows])
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *body])


def table_to_markdown(table_rows: list[list[str]]) -> str:
    """Rows as a Markdown table, the first as its header, with those below it that are names of columns too.

    Empty rows and columns are left out. "" for nothing.
    """
    width = max(map(len, table_rows), default=0)
    table_rows = [row + [""] * (width - len(row)) for row in table_rows]
    columns = [j for j in range(width) if any(row[j] for row in table_rows)]
    filled_rows = [[" ".join(row[j].split()) for j in columns] for row in table_rows if any(row)]
    return pipe_table(join_head(filled_rows)) if filled_rows else ""


def split_row(row: str) -> list[str]:
    """The cells of a table's line between its outer pipes."""
    return [cell.strip() for cell in _CELL_EDGE.split(row.strip()[1:-1])]


def join_head(rows: Sequence[list[str]]) -> list[list[str]]:
    """Rows of one length, those of the head as one: "2024 Q1" where 2024 spans columns that have heads of their own.

    A row of the head goes below another that repeats its cells, as merged ones are filled, if it parts columns that a
    cell spans and says nothing new of the others, of which the first column is one. A title over all columns stays.
    """
    start = int(len(rows) > 1 and len(set(rows[0])) == 1)
    depth = _head_depth(rows[start:])
    head = [" ".join(dict.fromkeys(filter(None, names))) for names in zip(*rows[start : start + depth], strict=True)]
    return [*rows[:start], *([head] if head else []), *rows[start + depth :]]


def _head_depth(rows: Sequence[Sequence[str]]) -> int:
    spanned: set[int] = set()
    for depth, (row, below) in enumerate(pairwise(rows[:_MOST_HEAD_ROWS]), start=1):
        repeats = [j for j in range(1, len(row)) if row[j] and row[j] == row[j - 1]]
        spanned.update(repeats, (j - 1 for j in repeats))
        if not any(below[j] != below[j - 1] for j in repeats) or not _is_below_spans(row, below, spanned):
            return depth
    return min(len(rows), 1)


def _is_below_spans(row: Sequence[str], below: Sequence[str], spanned: Set[int]) -> bool:
    """Whether a row names most of the columns that are spanned, none by a number alone, and no others anew."""
    names = [below[j] for j in spanned if below[j]]
    return (
        0 not in spanned
        and all(below[j] in ("", row[j]) for j in range(len(row)) if j not in spanned)
        and len(names) * 2 >= len(spanned)
        and not any(map(_NUMBER.fullmatch, names))
    )


def with_signs_joined(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows with each column of signs in the cells of the column that it belongs to.

    Its heads, if any, are those of that column.
    """
    joined = [list(row) for row in rows]
    width = len(joined[0]) if joined else 0
    for column in range(width - 2, -1, -1):
        if _is_of_signs(joined, column, column + 1, _BEFORE) or _is_of_signs(joined, column + 1, column, _BEHIND):
            _join(joined, column)
    return joined


def _is_of_signs(rows: Sequence[Sequence[str]], column: int, beside: int, signs: frozenset[str]) -> bool:
    cells, figures = ([row[k].strip() for row in rows] for k in (column, beside))
    first = next((i for i, cell in enumerate(cells) if cell in signs), len(cells))
    return (
        sum(cell in signs for cell in cells) >= _LEAST_SIGNS
        and all(
            not cell or (cell in signs and figure) for cell, figure in zip(cells[first:], figures[first:], strict=True)
        )
        and all(cell in ("", figure) for cell, figure in zip(cells[:first], figures[:first], strict=True))
    )


def _join(rows: list[list[str]], column: int) -> None:
    """Make one column of two neighbours; a head that both have stands once."""
    for row in rows:
        first, second = row[column].strip(), row[column + 1].strip()
        gap = "" if second.startswith(")") else " "
        row[column : column + 2] = [first if first == second else f"{first}{gap}{second}".strip()]
