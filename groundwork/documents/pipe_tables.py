"""Rows of cells as a Markdown table, with signs that stand in columns of their own ("$", "%") beside their figures."""

from __future__ import annotations

from collections.abc import Sequence

_BEFORE = frozenset({"$", "€", "£", "¥", "US$", "CHF", "EUR", "USD", "GBP"})
_BEHIND = frozenset({"%", "€", ")", ")%", "%)"})
_LEAST_SIGNS = 2  # cells of a column that is one of signs


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """A table of rows of one length and of cells of one line, the first row as its header."""
    header, *body = with_signs_joined([[cell.replace("|", "\\|") for cell in row] for row in rows])
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *body])


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
