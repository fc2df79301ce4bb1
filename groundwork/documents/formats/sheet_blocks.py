"""A sheet as Markdown: its titles and notes as paragraphs, each of its tables under its own header.

People write a title above a table and remarks below it, into single cells, and a second table below a blank row.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from groundwork.documents.pipe_tables import pipe_table
from groundwork.errors import BadDocument

MOST_CELLS = 20_000_000  # of a sheet, from its first used row and column to its last: more is an area, and no table
_FIGURE = re.compile(r"(?<!\W)\W*+(?:[^\W\d_]{1,3}\W{0,2})?\d")  # with a currency or a sign before it
_BLOCK_MARK = re.compile(r"(?=#{1,6}\s|[-+>|]|```|~~~)")
_REMARK_LETTERS = 40  # of a text that is longer than a table's entry
_HEADER_ROWS = 3  # of a table at the most
_LEAST_COLUMNS = 2  # of a table with a title

Rows = dict[int, dict[int, str]]  # row and column from 1: the text of a cell that holds something


class _Block(NamedTuple):
    """A part of a sheet: the numbers of its rows, in order."""

    titles: Sequence[int]
    table: Sequence[int]
    remarks: Sequence[int]


def sheet_to_markdown(rows: Rows, lone_texts: Mapping[int, str], sheet: str = "") -> str:
    """`lone_texts`: of `single_cells`, before merged areas were filled. "" for a sheet without cells.

    Raises BadDocument where a table spans too many cells.
    """
    lone_texts = {number: text for number, text in lone_texts.items() if set(rows[number].values()) == {text}}
    parts: list[str] = []
    for block in _blocks(rows, lone_texts):
        parts += [_paragraph(lone_texts[number]) for number in block.titles]
        parts.append(table_to_markdown(_dense_rows({number: rows[number] for number in block.table}, sheet)))
        parts += [_paragraph(lone_texts[number]) for number in block.remarks]
    return "\n\n".join(part for part in parts if part)


def numbered_rows(rows: Iterable[Sequence[str]]) -> Rows:
    """The cells that hold something, by row and column."""
    cells_by_row = ((i, {j: cell for j, cell in enumerate(row, 1) if cell.strip()}) for i, row in enumerate(rows, 1))
    return {i: cells for i, cells in cells_by_row if cells}


def single_cells(rows: Rows) -> dict[int, str]:
    """The text of each row that holds a single cell, by the row's number."""
    return {number: next(iter(cells.values())) for number, cells in rows.items() if len(cells) == 1}


def table_to_markdown(rows: list[list[str]]) -> str:
    """Rows as a Markdown table, the first as its header; empty rows and columns are left out. "" for nothing."""
    width = max(map(len, rows), default=0)
    rows = [row + [""] * (width - len(row)) for row in rows]
    columns = [j for j in range(width) if any(row[j] for row in rows)]
    filled_rows = [[" ".join(row[j].split()) for j in columns] for row in rows if any(row)]
    return pipe_table(filled_rows) if filled_rows else ""


def _blocks(rows: Rows, lone_texts: Mapping[int, str]) -> Iterator[_Block]:
    numbers = sorted(rows)
    starts = [0, *_later_starts(rows, numbers, lone_texts), len(numbers)]
    for start, end in itertools.pairwise(starts):
        yield _titles_and_remarks(rows, numbers[start:end], lone_texts)


def _later_starts(rows: Rows, numbers: Sequence[int], lone_texts: Mapping[int, str]) -> Iterator[int]:
    """The places in `numbers` where another table begins: below a blank row, with its title or its header."""
    holds_table = False  # what stands above, since the last place
    for i, number in enumerate(numbers):
        if holds_table and number > numbers[i - 1] + 1:
            header = next((k for k in range(i, len(numbers)) if numbers[k] not in lone_texts), len(numbers))
            if _is_header(rows, numbers[header : header + _HEADER_ROWS + 2]):
                yield i
                holds_table = False
        holds_table = holds_table or number not in lone_texts


def _is_header(rows: Rows, numbers: Sequence[int]) -> bool:
    """Whether the first rows, of words alone, name most columns in which the two below them have figures."""
    is_named = [not any(map(_FIGURE.match, rows[number].values())) for number in numbers]
    depth = next((i for i, named in enumerate(is_named) if not named), len(numbers))
    header, body = numbers[:depth], numbers[depth : depth + 2]
    if not header or len(body) < 2:
        return False
    figures = [column for column in rows[body[0]] if all(_FIGURE.match(rows[row].get(column, "")) for row in body)]
    names = {rows[row][column] for row in header for column in figures if column in rows[row]}
    return bool(names) and len(names) * 2 >= len(figures)


def _titles_and_remarks(rows: Rows, numbers: Sequence[int], lone_texts: Mapping[int, str]) -> _Block:
    wide = [i for i, number in enumerate(numbers) if number not in lone_texts]
    if not wide or len({column for number in numbers for column in rows[number]}) < _LEAST_COLUMNS:
        return _Block((), numbers, ())
    first, last = _titles(rows, numbers, wide[0]), wide[-1] + 1
    apart = (i for i in range(last, len(numbers)) if _is_remark(numbers[i] - numbers[i - 1], lone_texts[numbers[i]]))
    end = next(apart, len(numbers))
    return _Block(numbers[:first], numbers[first:end], numbers[end:])


def _is_remark(distance: int, text: str) -> bool:
    """Whether a single cell, so many rows below the one before, is no entry of the table's column."""
    return len(text) >= _REMARK_LETTERS or (distance > 1 and not _FIGURE.match(text))


def _titles(rows: Rows, numbers: Sequence[int], first: int) -> int:
    """How many of the single cells above the first whole row are titles, and not the header of one of its columns."""
    if first == 0 or numbers[first] > numbers[first - 1] + 1:
        return first
    below = rows[numbers[first]]
    if any(map(_FIGURE.match, below.values())):
        return 0
    return next((i for i in range(first, 0, -1) if min(rows[numbers[i - 1]]) <= min(below)), 0)


def _paragraph(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n\n".join(
        _BLOCK_MARK.sub(r"\\", line, count=1) if _BLOCK_MARK.match(line) else line for line in lines if line
    )


def _dense_rows(rows: Rows, sheet: str) -> list[list[str]]:
    """The rows and columns that hold something."""
    columns = sorted({column for cells in rows.values() for column in cells})
    if len(rows) * len(columns) > MOST_CELLS:
        raise BadDocument(size_error(sheet, f"{len(rows) * len(columns):,}"))
    return [[cells.get(column, "") for column in columns] for cells in rows.values()]


def size_error(sheet: str, cells: str) -> str:
    return f"the sheet {sheet!r} spans {cells} cells, nearly all of them empty; delete what stands far from its table"
