"""A sheet as Markdown: its titles and notes as paragraphs, each of its tables under its own header.

People write a title above a table and remarks below it, into single cells, and a second table below a blank row.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from groundwork.documents.pipe_tables import FIGURE, table_to_markdown
from groundwork.errors import BadDocument

MOST_CELLS = 20_000_000  # of a sheet, from its first used row and column to its last: more is an area, and no table
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


def sheet_to_markdown(sheet_rows: Rows, lone_texts: Mapping[int, str], sheet: str = "") -> str:
    """`lone_texts`: of `single_cells`, before merged areas were filled. "" for a sheet without cells.

    Raises BadDocument where a table spans too many cells.
    """
    lone_texts = {number: text for number, text in lone_texts.items() if set(sheet_rows[number].values()) == {text}}
    parts: list[str] = []
    for block in _blocks(sheet_rows, lone_texts):
        parts += [sheet_paragraph(lone_texts[number]) for number in block.titles]
        parts.append(table_to_markdown(_dense_rows({number: sheet_rows[number] for number in block.table}, sheet)))
        parts += [sheet_paragraph(lone_texts[number]) for number in block.remarks]
    return "\n\n".join(part for part in parts if part)


def numbered_rows(cell_rows: Iterable[Sequence[str]]) -> Rows:
    """The cells that hold something, by row and column."""
    cells_by_row = (
        (i, {j: cell for j, cell in enumerate(row, 1) if cell.strip()}) for i, row in enumerate(cell_rows, 1)
    )
    return {i: cells for i, cells in cells_by_row if cells}


def single_cells(sheet_rows: Rows) -> dict[int, str]:
    """The text of each row that holds a single cell, by the row's number."""
    return {row_number: next(iter(cells.values())) for row_number, cells in sheet_rows.items() if len(cells) == 1}


def _blocks(sheet_rows: Rows, lone_texts: Mapping[int, str]) -> Iterator[_Block]:
    row_numbers = sorted(sheet_rows)
    starts = [0, *_later_starts(sheet_rows, row_numbers, lone_texts), len(row_numbers)]
    for start, end in itertools.pairwise(starts):
        yield _titles_and_remarks(sheet_rows, row_numbers[start:end], lone_texts)


def _later_starts(sheet_rows: Rows, row_numbers: Sequence[int], lone_texts: Mapping[int, str]) -> Iterator[int]:
    """The places in `row_numbers` where another table begins: below a blank row, with its title or its header."""
    holds_table = False  # what stands above, since the last place
    for i, row_number in enumerate(row_numbers):
        if holds_table and row_number > row_numbers[i - 1] + 1:
            header = next((k for k in range(i, len(row_numbers)) if row_numbers[k] not in lone_texts), len(row_numbers))
            if _is_header(sheet_rows, row_numbers[header : header + _HEADER_ROWS + 2]):
                yield i
                holds_table = False
        holds_table = holds_table or row_number not in lone_texts


def _is_header(sheet_rows: Rows, row_numbers: Sequence[int]) -> bool:
    """Whether the first rows, of words alone, name most columns in which the two below them have figures."""
    is_named = [not any(map(FIGURE.match, sheet_rows[row_number].values())) for row_number in row_numbers]
    depth = next((i for i, named in enumerate(is_named) if not named), len(row_numbers))
    header, body = row_numbers[:depth], row_numbers[depth : depth + 2]
    if not header or len(body) < 2:
        return False
    figures = [
        column for column in sheet_rows[body[0]] if all(FIGURE.match(sheet_rows[row].get(column, "")) for row in body)
    ]
    names = {sheet_rows[row][column] for row in header for column in figures if column in sheet_rows[row]}
    return bool(names) and len(names) * 2 >= len(figures)


def _titles_and_remarks(sheet_rows: Rows, row_numbers: Sequence[int], lone_texts: Mapping[int, str]) -> _Block:
    wide = [i for i, row_number in enumerate(row_numbers) if row_number not in lone_texts]
    if not wide or len({column for row_number in row_numbers for column in sheet_rows[row_number]}) < _LEAST_COLUMNS:
        return _Block((), row_numbers, ())
    first, last = _titles(sheet_rows, row_numbers, wide[0]), wide[-1] + 1
    apart = (
        i
        for i in range(last, len(row_numbers))
        if _is_remark(row_numbers[i] - row_numbers[i - 1], lone_texts[row_numbers[i]])
    )
    end = next(apart, len(row_numbers))
    return _Block(row_numbers[:first], row_numbers[first:end], row_numbers[end:])


def _is_remark(distance: int, text: str) -> bool:
    """Whether a single cell, so many rows below the one before, is no entry of the table's column."""
    return len(text) >= _REMARK_LETTERS or (distance > 1 and not FIGURE.match(text))


def _titles(sheet_rows: Rows, row_numbers: Sequence[int], first: int) -> int:
    """How many of the single cells above the first whole row are titles, and not the header of one of its columns."""
    if first == 0 or row_numbers[first] > row_numbers[first - 1] + 1:
        return first
    below = sheet_rows[row_numbers[first]]
    if any(map(FIGURE.match, below.values())):
        return 0
    return next((i for i in range(first, 0, -1) if min(sheet_rows[row_numbers[i - 1]]) <= min(below)), 0)


def sheet_paragraph(text: str) -> str:
    paragraph_lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n\n".join(
        _BLOCK_MARK.sub(r"\\", line, count=1) if _BLOCK_MARK.match(line) else line for line in paragraph_lines if line
    )


def _dense_rows(sheet_rows: Rows, sheet: str) -> list[list[str]]:
    """The rows and columns that hold something."""
    columns = sorted({column for cells in sheet_rows.values() for column in cells})
    if len(sheet_rows) * len(columns) > MOST_CELLS:
        raise BadDocument(size_error(sheet, f"{len(sheet_rows) * len(columns):,}"))
    return [[cells.get(column, "") for column in columns] for cells in sheet_rows.values()]


def size_error(sheet: str, cells: str) -> str:
    return f"the sheet {sheet!r} spans {cells} cells, nearly all of them empty; delete what stands far from its table"
