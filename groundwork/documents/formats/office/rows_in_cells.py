"""Rows of Word's tables that were typed as lines of one row's cells, as rows of their own.

Labels stand below each other in one cell and their figures in the next; on one line nothing says which belong together.
"""

from __future__ import annotations

import copy

from groundwork.documents.formats.office.office_xml import Element, child, new_element, tags
from groundwork.documents.pipe_tables import FIGURE

_ROW_COUNTS = range(3, 101)  # of lines in one row
_LONGEST_LABEL, _LONGEST_FIGURE = 80, 20  # characters
_MOST_WORDS = 1  # above figures: their unit
_MARKS_OF_ONE_ROW = tags("w", "vMerge", "numPr", "tblHeader", "tbl", "sdt", "txbxContent", "drawing", "pict")


def split_rows_of_lines(markup: Element) -> bool:
    """Make a row of each line of such rows; False where there are none."""
    split_rows = [(row, columns) for row in markup.iter(*tags("w", "tr")) if (columns := _columns_of_lines(row))]
    for row, columns in split_rows:
        for line in range(max(map(len, columns))):
            line_row = copy.deepcopy(row)
            for cell, lines in zip(line_row.iterchildren(*tags("w", "tc")), columns, strict=True):
                for block in [block for block in cell if block.tag not in tags("w", "tcPr")]:
                    cell.remove(block)
                cell.append(lines[line] if line < len(lines) else new_element(cell, "p"))
            row.addprevious(line_row)
        row.getparent().remove(row)
    return bool(split_rows)


def _columns_of_lines(row: Element) -> list[list[Element]]:
    """The lines of each cell of a row that is several: all cells with a text have as many, all but the first figures.

    Empty for any other row.
    """
    cells = list(row.iterchildren(*tags("w", "tc")))
    if len(cells) < 2 or next(row.iterdescendants(*_MARKS_OF_ONE_ROW), None) is not None:
        return []
    columns = [_cell_lines(cell) for cell in cells]
    labels, *figures = [list(map(_line_text, lines)) for lines in columns if lines] or [[]]
    is_split = len(labels) in _ROW_COUNTS and all(len(lines) == len(labels) for lines in figures)
    is_labelled = all(len(label) <= _LONGEST_LABEL for label in labels)
    return columns if figures and is_split and is_labelled and all(map(_are_figures, figures)) else []


def _cell_lines(cell: Element) -> list[Element]:
    """Its lines as paragraphs, without blank ones at the end."""
    lines = [line for paragraph in cell.iterchildren(*tags("w", "p")) for line in _paragraph_lines(paragraph)]
    while lines and not _line_text(lines[-1]):
        lines.pop()
    return lines


def _paragraph_lines(paragraph: Element) -> list[Element]:
    lines = [new_element(paragraph, "p")]
    for piece in paragraph.iterchildren():
        if piece.tag not in tags("w", "r"):
            lines[-1].append(copy.deepcopy(piece))
            continue
        properties = child(piece, "w", "rPr")
        for content in piece.iterchildren():
            if content.tag in tags("w", "br"):
                lines.append(new_element(paragraph, "p"))
            elif content is not properties:
                run_content = [part for part in (properties, content) if part is not None]
                lines[-1].append(new_element(piece, "r", map(copy.deepcopy, run_content)))
    return lines


def _line_text(line: Element) -> str:
    return "".join(text.text or "" for text in line.iter(*tags("w", "t"))).strip()


def _are_figures(lines: list[str]) -> bool:
    figure_count = sum(FIGURE.match(line) is not None for line in lines)
    word_count = sum(any(map(str.isalpha, line)) and not FIGURE.match(line) for line in lines)
    return word_count <= _MOST_WORDS < figure_count and max(map(len, lines)) <= _LONGEST_FIGURE
