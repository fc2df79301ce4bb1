"""A page's lines as Markdown: paragraphs, lists, headings, code, tables, and columns one after the other.

What joins two lines is whether the first word of the second would still have had its place on the first.
"""

from __future__ import annotations

import functools
import re
import statistics
from collections.abc import Callable, Sequence

from groundwork.documents.dot_leaders import is_contents_entry
from groundwork.documents.layout.floats_and_formulas import PageBlock, is_float, with_labels
from groundwork.documents.layout.headings_and_footnotes import Styles, begins_with_head, with_whole_headings
from groundwork.documents.layout.pseudocode import pseudocode_end
from groundwork.documents.layout.tables.borderless_tables import SpacedTable, find_tables
from groundwork.documents.layout.text_lines import (
    APART,
    Line,
    Stretches,
    cleaned,
    column_of,
    first_word_width,
    has_field_rule,
    is_bullet,
    is_rule,
    label,
    text_columns,
)
from groundwork.documents.pipe_tables import pipe_table
from groundwork.language.list_and_rule_labels import BULLET_SHAPES, BULLETS
from groundwork.language.sentences import LINE_ENDS

_FREE_STEP = 1.8  # sizes from line to line, from which on a line is left free between them
_LONG_LINE, _HALF_LINE = 0.7, 0.5  # of the breadth of its column, which a line covers that may go on
_ROW_GAP = 2.2  # and rows further apart than this are no table's
_WORD_ROOM = 4  # sizes, which most words have their place in
_SENTENCE_STEP = 2.2  # of the usual steps, between full lines of a sentence
_HEADING_LEADING, _SAME_LEADING = (
    1.5,
    1.06,
)  # sizes, or times the body's leading, from one line of a heading to the next
_FOOT_NOTE = re.compile(r"\d{1,3} ?[A-Z“\"(]")  # a footnote
_PROGRAM_SIGN = re.compile(r"[{}]\s*\)*[,;]?$|^[^(){}=<>\n]*[(){}=<>].*;$| := |^\w+(?:\.\w+)+\(.*\)$|^</?\w[^<>]*>")
_PROGRAM_LINES = 3
_ADDRESS = re.compile(r"https?://|www\.|\S+@\S+$")
_BLOCK_MARKS = re.compile(r"(?m)^(?=#{1,6} |```|~~~|> |\+ |\* )")


class PageWriter:
    """Lines that are read from top to bottom: those of a page or of one of its columns.

    `columns_above`: of the table at the foot of the page before.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        styles: Styles,
        column: tuple[float, float] | None = None,
        columns_above: Stretches = (),
    ) -> None:
        self.styles = styles
        lines = [line for line in lines if not is_rule(line.text) or (line.main.mono and not styles.mono)]
        self.lines = with_labels(with_whole_headings(lines, styles.body), styles.body, styles.font)
        text_lines = [line for line in self.lines if line.cells and not line.main.mono]
        self.left = column[0] if column else min((line.x1 for line in text_lines), default=0.0)
        self.right = column[1] if column else max((line.x2 for line in text_lines), default=0.0)
        self.contents = sum(is_contents_entry(line.text) for line in text_lines) >= 4
        tables = find_tables(self.lines, styles.vocabulary, self._text_end, columns_above)
        self.tables = {table.start: table for table in tables}
        self._blocks: list[PageBlock] = []
        self._text = ""  # the paragraph that grows
        self._size = 0.0  # of its largest line
        self._above: Line | None = None  # its last line
        self._listed = False
        self._prose_end = 0  # of text in the type of a heading, which is too long to be one

    @property
    def open_columns(self) -> Stretches:
        """The columns of the table with which the lines end, which may go on overleaf; none where none does."""
        last_table = max(self.tables.values(), key=lambda table: table.end, default=None)
        if last_table and last_table.end == len(self.lines):
            return last_table.columns
        return self.lines[-1].filled_columns if self.lines else ()

    def markdown(self) -> str:
        return "\n\n".join(block.text for block in self.blocks())

    def blocks(self) -> list[PageBlock]:
        """The paragraphs, headings, lists, tables and fences, in the order of the lines."""
        i = 0
        while i < len(self.lines):
            line = self.lines[i]
            if i in self.tables:
                self._add_block(self._table_markdown(self.tables[i]), is_float=True)
                i = self.tables[i].end
            elif line.labels:
                for text in line.labels.split("\n\n"):
                    self._add_block(functools.reduce(self.styles.vocabulary.join, text.split("\n")), is_float=True)
                i += 1
            elif line.table:
                self._add_block(_rows_to_markdown(line.table, self.styles.vocabulary.join), is_float=True)
                i += 1
            elif (end := self._code_end(i)) > i:
                self._add_block(self._code_block(self.lines[i:end]))
                i = end
            elif (end := self._columns_end(i)) > i:
                for text in self._column_texts(self.lines[i:end]):
                    self._add_block(text)
                i = end
            elif (end := self._heading_end(i)) > i:
                self._add_block(f"{'#' * self.styles.heading(line)} {self._join_text(self.lines[i:end])}")
                i = end
            else:
                self._add_line(line)
                i += 1
        self._close_paragraph()
        return self._blocks

    # --- paragraphs and lists ---

    def _add_line(self, line: Line) -> None:
        """A line of text: it goes on with the paragraph, or begins one."""
        above = self._above
        if above is not None and self._goes_on(above, line):
            self._text = self.styles.vocabulary.join(self._text, cleaned(line.text))
        else:
            self._close_paragraph()
            bullet = is_bullet(line.text)
            text = cleaned(line.text)
            text = f"- {text[1:].strip()}" if bullet else _BLOCK_MARKS.sub(r"\\", text)
            if bullet and self._listed and self._blocks:
                self._text = f"{self._blocks.pop().text}\n{text}"
            else:
                self._text = text
            self._listed = bullet
            self._size = 0.0
        self._above, self._size = line, max(self._size, line.main.size)

    def _close_paragraph(self) -> None:
        if self._text:
            is_aside = not self._listed and is_float(self._text, self._size, self.styles.body)
            room = self.right - self._above.x2 if self._above else 0.0
            self._blocks.append(PageBlock(self._text, is_aside, is_full=room < _WORD_ROOM * self._size))
        self._text, self._above = "", None

    def _add_block(self, block: str, *, is_float: bool = False) -> None:
        self._close_paragraph()
        self._listed = False
        if block:
            self._blocks.append(PageBlock(block, is_float))

    def _goes_on(self, above: Line, line: Line) -> bool:
        size = line.main.size
        if line.y - above.y > self._most_steps(above, line) * self.styles.leading * max(size, above.main.size):
            return False
        if is_contents_entry(above.text) or has_field_rule(above):
            return False
        is_lower = line.text[:1].islower()
        if abs(above.main.size - size) > 0.12 * size and not is_lower:
            return False
        is_ended = above.text.endswith(LINE_ENDS)
        if is_ended and size < 0.95 * self.styles.body and _FOOT_NOTE.match(line.text):
            return False
        if is_ended and begins_with_head(line):
            return False
        is_full = self._is_full(above, line)
        if label(line.text) and not self._is_mid_sentence(above, line, is_full and not is_ended):
            return False
        if not is_full:
            width = (above.x2 - above.x1) / max(1.0, self.right - self.left)
            # Where every line stands free, its distance tells no paragraph.
            is_spaced = line.y - above.y > _FREE_STEP * size
            continues = (is_lower or above.text.endswith(("-", ",", "("))) and (width > _HALF_LINE or not is_spaced)
            return not is_ended and (continues or width > _LONG_LINE)
        is_indented = line.x1 - above.x1 > 0.8 * size and not label(above.text)
        return not (is_indented and is_ended)

    def _most_steps(self, above: Line, line: Line) -> float:
        """How many of the usual steps two lines of one paragraph lie apart at the most: tall signs push them apart, and
        parts of a document are double-spaced."""
        is_within = (line.text[:1].islower() or line.text[0] == "$") and not above.text.endswith(LINE_ENDS)
        is_alike = abs(above.x1 - line.x1) < 2 and abs(above.main.size - line.main.size) < 0.05 * line.main.size
        has_label = label(above.text)  # such as a numbered head above its text
        return _SENTENCE_STEP if is_within and is_alike and not has_label and self._is_full(above, line) else APART

    def _is_full(self, above: Line, line: Line) -> bool:
        """Whether the first word of a line would not have had its place at the end of the line above."""
        room = self.right - above.x2
        if above.x1 - self.left > 2 and abs(above.x1 + above.x2 - line.x1 - line.x2) < 4:
            room *= 2  # centred lines have it on both sides
        return room < first_word_width(line)

    def _is_mid_sentence(self, above: Line, line: Line, wrapped: bool) -> bool:
        """Whether what looks like an item's label is the next word of a sentence, such as a number in brackets."""
        if not wrapped or line.text[0] in BULLETS + BULLET_SHAPES or above.text.endswith((" and", " or")):
            return False
        return line.x1 - above.x1 > 2 or (abs(line.x1 - above.x1) <= 2 and not label(above.text))

    def _join_text(self, lines: Sequence[Line]) -> str:
        return functools.reduce(self.styles.vocabulary.join, [cleaned(line.text) for line in lines])

    # --- headings ---

    def _heading_end(self, start: int) -> int:
        """Where the heading that begins at a line ends; `start` where none does."""
        line = self.lines[start]
        level = self.styles.heading(line)
        if not level or start < self._prose_end or (self.contents and line.text[-1].isdigit() and start):
            return start
        if self._listed and self._above and line.cells and self._goes_on(self._above, line):
            return start  # an item in the type of a heading goes on
        end = start + 1
        while end < len(self.lines) and self._same_heading(self.lines[end - 1], self.lines[end], level):
            end += 1
        is_large = line.main.size > 1.04 * self.styles.body
        if end - start > (4 if is_large else 2):
            self._prose_end = end
        if end - start > (4 if is_large else 2) or self._runs_in(end):
            return start
        has_label = label(line.text) or self.styles.is_numeral_title(line)
        return end if is_large or has_label or self._stands_free(start, end) else start

    def _runs_in(self, below: int) -> bool:
        """Whether a bold start goes on in the line below it, and then runs into its text."""
        line, above = (self.lines[below], self.lines[below - 1]) if below < len(self.lines) else (None, None)
        if not line or not above or not line.cells or not line.cells[0].runs_in:
            return False
        is_near = line.y - above.y < APART * self.styles.leading * max(line.main.size, above.main.size)
        return is_near and abs(line.main.size - above.main.size) < 0.2

    def _same_heading(self, above: Line, line: Line, level: int) -> bool:
        """Whether a line is a further one of the heading above it; it may be a year that alone would be none."""
        if not line.cells or len(line.cells) > 1 or label(line.text) or is_contents_entry(line.text):
            return False
        most_leading = max(_HEADING_LEADING, _SAME_LEADING * self.styles.leading) * line.main.size
        if above.text.isupper() and line.text != line.text.upper() and not self.styles.heading(line):
            return False
        is_near = line.y - above.y < most_leading and abs(above.main.size - line.main.size) < 0.2
        is_within = (
            above.text.endswith(("-", "‐", ",")) or line.text[:1].islower()
        )  # a name in another font may stand there
        is_alike = above.main.bold == line.main.bold and (above.main.font == line.main.font or is_within)
        return is_near and is_alike and self.styles.heading(line) in (level, 0)

    def _stands_free(self, start: int, end: int) -> bool:
        """Whether a bold line has space above it and nothing indented below it, as the terms of a list have."""
        line = self.lines[start]
        step = self.styles.leading * self.styles.body
        above = self.lines[start - 1] if start else None
        if above and above.cells and line.y - above.y < 1.1 * step:
            return False
        below = self.lines[end] if end < len(self.lines) else None
        if not below or not below.cells:
            return True
        is_indented = below.x1 - line.x1 > 0.8 * line.main.size and not label(below.text)
        return not is_indented or below.y - line.y > 1.5 * step

    # --- code ---

    def _text_end(self, start: int) -> int:
        """Where the columns or the program end that begin at a line, which are no table; `start` where none do."""
        end = pseudocode_end(self.lines, start, self.styles.leading)
        return end if end > start else self._columns_end(start)

    def _code_end(self, start: int) -> int:
        """Where the lines of a typewriter's font that begin at a line end."""
        if self.styles.mono or _ADDRESS.match(self.lines[start].text):
            return start
        ends = (self._program_end(start), pseudocode_end(self.lines, start, self.styles.leading))
        if (end := max(ends)) > start:
            return end
        end = start
        while end < len(self.lines) and self._is_code(self.lines[end]):
            end += 1
        if end - start != 1:
            return end
        line = self.lines[start]
        step = 1.2 * self.styles.leading * line.main.size
        above = self.lines[start - 1] if start else None
        below = self.lines[end] if end < len(self.lines) else None
        is_free = not above or not above.cells or line.y - above.y > step
        return end if is_free and (not below or not below.cells or below.y - line.y > step) else start

    def _program_end(self, start: int) -> int:
        """Where a program that begins at a line ends, set in a font that is neither the body's nor a typewriter's."""
        font = self.lines[start].cells[0].font if self.lines[start].cells else ""
        if not font or font == self.styles.font:
            return start
        end = start
        while end < len(self.lines) and self._is_in_font(self.lines[end], font):
            end += 1
        signs = sum(_PROGRAM_SIGN.search(line.text) is not None for line in self.lines[start:end])
        return end if end - start >= _PROGRAM_LINES and 2 * signs >= end - start else start

    def _is_in_font(self, line: Line, font: str) -> bool:
        cells = line.cells
        return bool(cells) and all(cell.font == font and not cell.bold and cell.words for cell in cells)

    def _is_code(self, line: Line) -> bool:
        return bool(line.cells) and all(cell.mono for cell in line.cells) and line.main.size < 1.1 * self.styles.body

    def _code_block(self, lines: Sequence[Line]) -> str:
        left = min(line.x1 for line in lines)
        longest = max((cell for line in lines for cell in line.cells), key=lambda cell: len(cell.text))
        width = (longest.x2 - longest.x1) / max(1, len(longest.text)) or 1.0
        code_lines = []
        above = lines[0]
        for line in lines:
            if line.y - above.y > 1.7 * self.styles.leading * line.main.size:
                code_lines.append("")
            text = ""
            for cell in line.cells:
                text = f"{text}{' ' * max(1 if text else 0, round((cell.x1 - left) / width) - len(text))}{cell.text}"
            code_lines.append(text)
            above = line
        return "\n".join(["```", *code_lines, "```"])

    # --- columns ---

    def _columns_end(self, start: int) -> int:
        """Where the columns of text or of lists that begin at a line end; `start` where none do."""
        if len(self.lines[start].cells) < 2:
            return start
        stretches = text_columns(self.lines[start].cells)
        end = columns_end = start + 1
        while end < len(self.lines) and self.lines[end].cells:
            line = self.lines[end]
            stretches = text_columns(line.cells, stretches)
            if len(stretches) < 2:
                break
            end += 1
            if column_of(line.cells[-1], stretches) > 0 or self._continues_column(start, end - 1):
                columns_end = end
        lines = self.lines[start:columns_end]
        return columns_end if self._are_columns(lines) else start

    def _continues_column(self, start: int, i: int) -> bool:
        """Whether a line at the left goes on with the left column."""
        line = self.lines[i]
        above = next((line_above for line_above in reversed(self.lines[start:i]) if line_above.x1 < line.x2), None)
        return above is not None and line.y - above.y < APART * self.styles.leading * line.main.size

    def _are_columns(self, lines: Sequence[Line]) -> bool:
        """Lists in every column, or running text in every column: no table has its sentences cross the rows."""
        stretches = text_columns([cell for line in lines for cell in line.cells])
        if not 2 <= len(stretches) <= 4 or len(lines) < 3:
            return False
        columns = [[line.cells[0] for line in cells] for cells in _lines_by_column(lines, stretches)]
        if all(any(label(cell.text) and cell.text != label(cell.text) for cell in cells) for cells in columns):
            return True
        are_long = all(statistics.median(len(cell.text.split()) for cell in cells) >= 4 for cells in columns)
        running_cells = sum(cell.text[:1].islower() for cells in columns for cell in cells)
        return are_long and len(lines) >= 6 and running_cells > 0.2 * sum(map(len, columns))

    def _column_texts(self, lines: Sequence[Line]) -> list[str]:
        """The columns' Markdown; where all of them pause at once, as under pictures, row after row."""
        stretches = text_columns([cell for line in lines for cell in line.cells])
        texts = []
        for row_lines in self._rows_of_columns(lines):
            for column_lines, column in zip(_lines_by_column(row_lines, stretches), stretches, strict=True):
                texts.append(PageWriter(column_lines, self.styles, column).markdown())
        return texts

    def _rows_of_columns(self, lines: Sequence[Line]) -> list[list[Line]]:
        rows = [[lines[0]]]
        for line in lines[1:]:
            if line.y - rows[-1][-1].y > _ROW_GAP * self.styles.leading * line.main.size:
                rows.append([])
            rows[-1].append(line)
        return rows

    def _table_markdown(self, table: SpacedTable) -> str:
        if table.is_contents:
            return "\n\n".join(f"{title} … {page}" for title, page in table.rows)
        if table.is_list:
            return "\n\n".join(f"{number} {text}" for number, text in table.rows)
        return _rows_to_markdown(table.rows, self.styles.vocabulary.join)


def _rows_to_markdown(rows: Sequence[Sequence[str]], join: Callable[[str, str], str]) -> str:
    """A Markdown table whose first row is the header. `join`: the lines of a cell."""
    return pipe_table([[functools.reduce(join, cell.split("\n")) for cell in row] for row in rows])


def _lines_by_column(lines: Sequence[Line], stretches: Stretches) -> list[list[Line]]:
    """Lines by column: of each line the cells that lie there."""
    columns: list[list[Line]] = [[] for _ in stretches]
    for line in lines:
        columns_of_cells = [(column_of(cell, stretches), cell) for cell in line.cells]
        for k, column_lines in enumerate(columns):
            if cells := [cell for column, cell in columns_of_cells if column == k]:
                column_lines.append(Line(max(cells, key=lambda cell: len(cell.text)).y2, cells))
    return columns
