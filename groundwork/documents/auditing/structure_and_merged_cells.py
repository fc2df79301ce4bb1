"""How alike two renditions are in structure: the neighbouring cells of their tables, and their headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from groundwork.markdown.blocks import blocks, plain_title
from groundwork.markdown.markdown_tables import read_table

StructureRelations = Counter[tuple[str, ...]]
_MOST_MERGED_CELLS = 6  # cells that a merged one may hold


def structure_relations(markdown: str) -> StructureRelations:
    """Pairs of neighbouring cells, with the direction, and headings, in letters and digits alone."""
    structure: StructureRelations = Counter()
    for structure_block in blocks(markdown):
        structure_markdown = markdown[structure_block.start : structure_block.end]
        if structure_block.kind == "table":
            bare_rows = _bare_table_rows(structure_markdown)
            structure.update(("right", a, b) for row in bare_rows for a, b in pairwise(filter(None, row)))
            structure.update(
                ("below", a, b)
                for row_above, row_below in pairwise(bare_rows)
                for a, b in zip(row_above, row_below, strict=False)
                if a and b
            )
        elif structure_block.kind == "heading":
            structure["heading", bare_letters(plain_title(structure_markdown.strip("# \n")))] += 1
    return structure


def structure_likeness(markdown: str, yardstick: str) -> float | None:
    """F1 of the structure of a rendition against that of another; None where neither has any."""
    own_relations, yardstick_relations = structure_relations(markdown), structure_relations(yardstick)
    relation_count = own_relations.total() + yardstick_relations.total()
    return 2 * (own_relations & yardstick_relations).total() / relation_count if relation_count else None


def merged_cells(yardstick: str) -> set[str]:
    """What a cell says that holds several neighbouring cells of the yardstick's tables, in letters and digits alone."""
    joined_cells: set[str] = set()
    single_cells: set[str] = set()
    for yardstick_table in _tables_of_markdown(yardstick):
        for merged_row in _bare_table_rows(yardstick_table):
            cells = [cell for cell in merged_row if cell]
            single_cells.update(cells)
            joined_cells.update(
                "".join(cells[k : k + n]) for n in range(2, _MOST_MERGED_CELLS + 1) for k in range(len(cells) - n + 1)
            )
    return joined_cells - single_cells


def merges_more(markdown: str, other: str) -> bool:
    """Whether more cells of a rendition hold several neighbouring cells of the other one than the other way round."""
    return _count_merged_cells(markdown, other) > _count_merged_cells(other, markdown)


def _count_merged_cells(markdown: str, yardstick: str) -> int:
    cells_merged_here = merged_cells(yardstick)
    return sum(
        cell in cells_merged_here
        for table in _tables_of_markdown(markdown)
        for merged_row in _bare_table_rows(table)
        for cell in merged_row
    )


def _tables_of_markdown(markdown: str) -> Iterator[str]:
    return (markdown[block.start : block.end] for block in blocks(markdown) if block.kind == "table")


def _bare_table_rows(table: str) -> list[list[str]]:
    parsed_table = read_table(table)
    return [[bare_letters(cell.text) for cell in row.cells] for row in [*parsed_table.header, *parsed_table.data]]


def bare_letters(text: str) -> str:
    """The letters and digits of a cell or heading, by which two renditions of it are compared."""
    return "".join(re.findall(r"[^\W_]|[%<>]", text.casefold()))
