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
_SHEET_BLOCK_MARK = re.compile(r"(?=#{1,6}\s|[-+>|]|```|~~~)")
_LEAST_REMARK_LETTERS = 40  # of a text that is longer than a table's entry
_MOST_HEADER_ROWS = 3  # of a table at the most
_LEAST_TITLED_COLUMNS = 2  # of a table with a title
SheetRows = dict[int, dict[int, str]]  # row and column from 1: the text of a cell that holds something


class _SheetBlock(NamedTuple):
    """A part of a sheet: the numbers of its rows, in order."""

    titles: Sequence[int]
    table: Sequence[int]
    remarks: Sequence[int]


def sheet_to_markdown(sheet_rows: SheetRows, lone_texts: Mapping[int, str], sheet: str = "") -> str:
    """`lone_texts`: of `single_sheet_cells`, before merged areas were filled. "" for a sheet without cells.

    Raises BadDocument where a table spans too many cells.
    """
    lone_texts = {n: text for n, text in lone_texts.items() if set(sheet_rows[n].values()) == {text}}
    sheet_parts: list[str] = []
    for sheet_block in _sheet_blocks(sheet_rows, lone_texts):
        sheet_parts += [sheet_paragraph(lone_texts[n]) for n in sheet_block.titles]
        sheet_parts.append(table_to_markdown(_used_sheet_rows({n: sheet_rows[n] for n in sheet_block.table}, sheet)))
        sheet_parts += [sheet_paragraph(lone_texts[n]) for n in sheet_block.remarks]
    return "\n\n".join(sheet_part for sheet_part in sheet_parts if sheet_part)


def numbered_rows(sheet_cells: Iterable[Sequence[str]]) -> SheetRows:
    """The cells that hold something, by row and column."""
    used_cells = ({j: cell for j, cell in enumerate(sheet_row, 1) if cell.strip()} for sheet_row in sheet_cells)
    return {i: sheet_row for i, sheet_row in enumerate(used_cells, 1) if sheet_row}


def single_sheet_cells(sheet_rows: SheetRows) -> dict[int, str]:
    """The text of each row that holds a single cell, by the row's number."""
    return {row_number: next(iter(cells.values())) for row_number, cells in sheet_rows.items() if len(cells) == 1}


def _sheet_blocks(sheet_rows: SheetRows, lone_texts: Mapping[int, str]) -> Iterator[_SheetBlock]:
    row_numbers = sorted(sheet_rows)
    sheet_block_starts = [0, *_later_block_starts(sheet_rows, row_numbers, lone_texts), len(row_numbers)]
    for block_start, block_end in itertools.pairwise(sheet_block_starts):
        yield _titles_and_remarks(sheet_rows, row_numbers[block_start:block_end], lone_texts)


def _later_block_starts(
    sheet_rows: SheetRows, row_numbers: Sequence[int], lone_texts: Mapping[int, str]
) -> Iterator[int]:
    """The places in `row_numbers` where another table begins: below a blank row, with its title or its header."""
    holds_table = False  # what stands above, since the last place
    for i, row_number in enumerate(row_numbers):
        if holds_table and row_number > row_numbers[i - 1] + 1:
            header = next((k for k in range(i, len(row_numbers)) if row_numbers[k] not in lone_texts), len(row_numbers))
            if _is_sheet_header(sheet_rows, row_numbers[header : header + _MOST_HEADER_ROWS + 2]):
                yield i
                holds_table = False
        holds_table = holds_table or row_number not in lone_texts


def _is_sheet_header(sheet_rows: SheetRows, row_numbers: Sequence[int]) -> bool:
    """Whether the first rows, of words alone, name most columns in which the two below them have figures."""
    is_sheet_row_of_words = [not any(map(FIGURE.match, sheet_rows[row_number].values())) for row_number in row_numbers]
    header_depth = next((i for i, named in enumerate(is_sheet_row_of_words) if not named), len(row_numbers))
    sheet_header_rows, rows_below_header = row_numbers[:header_depth], row_numbers[header_depth : header_depth + 2]
    if not sheet_header_rows or len(rows_below_header) < 2:
        return False
    figure_columns = [
        column
        for column in sheet_rows[rows_below_header[0]]
        if all(FIGURE.match(sheet_rows[row].get(column, "")) for row in rows_below_header)
    ]
    sheet_header_names = {
        sheet_rows[row][column] for row in sheet_header_rows for column in figure_columns if column in sheet_rows[row]
    }
    return bool(sheet_header_names) and len(sheet_header_names) * 2 >= len(figure_columns)


def _titles_and_remarks(
    sheet_rows: SheetRows, row_numbers: Sequence[int], lone_texts: Mapping[int, str]
) -> _SheetBlock:
    whole_sheet_rows = [i for i, n in enumerate(row_numbers) if n not in lone_texts]
    if not whole_sheet_rows or len({column for n in row_numbers for column in sheet_rows[n]}) < _LEAST_TITLED_COLUMNS:
        return _SheetBlock((), row_numbers, ())
    title_count, table_end = _count_titles(sheet_rows, row_numbers, whole_sheet_rows[0]), whole_sheet_rows[-1] + 1
    remark_starts = (
        i
        for i in range(table_end, len(row_numbers))
        if _is_remark(row_numbers[i] - row_numbers[i - 1], lone_texts[row_numbers[i]])
    )
    first_remark = next(remark_starts, len(row_numbers))
    return _SheetBlock(row_numbers[:title_count], row_numbers[title_count:first_remark], row_numbers[first_remark:])


def _is_remark(rows_apart: int, remark: str) -> bool:
    """Whether a single cell, so many rows below the one before, is no entry of the table's column."""
    return len(remark) >= _LEAST_REMARK_LETTERS or (rows_apart > 1 and not FIGURE.match(remark))


def _count_titles(sheet_rows: SheetRows, row_numbers: Sequence[int], first_whole_row: int) -> int:
    """How many of the single cells above the first whole row are titles, and not the header of one of its columns."""
    if first_whole_row == 0 or row_numbers[first_whole_row] > row_numbers[first_whole_row - 1] + 1:
        return first_whole_row
    whole_row = sheet_rows[row_numbers[first_whole_row]]
    if any(map(FIGURE.match, whole_row.values())):
        return 0
    return next((i for i in range(first_whole_row, 0, -1) if min(sheet_rows[row_numbers[i - 1]]) <= min(whole_row)), 0)


def sheet_paragraph(text: str) -> str:
    sheet_lines = (" ".join(sheet_line.split()) for sheet_line in text.splitlines())
    return "\n\n".join(
        _SHEET_BLOCK_MARK.sub(r"\\", sheet_line, count=1) if _SHEET_BLOCK_MARK.match(sheet_line) else sheet_line
        for sheet_line in sheet_lines
        if sheet_line
    )


def _used_sheet_rows(sheet_rows: SheetRows, sheet_name: str) -> list[list[str]]:
    """The rows and columns that hold something."""
    used_columns = sorted({column for cells in sheet_rows.values() for column in cells})
    if len(sheet_rows) * len(used_columns) > MOST_CELLS:
        raise BadDocument(sheet_size_error(sheet_name, f"{len(sheet_rows) * len(used_columns):,}"))
    return [[cells.get(column, "") for column in used_columns] for cells in sheet_rows.values()]


def sheet_size_error(sheet: str, cells: str) -> str:
    return f"the sheet {sheet!r} spans {cells} cells, nearly all of them empty; delete what stands far from its table"
