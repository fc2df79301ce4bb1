"""A page's lines as Markdown: paragraphs, lists, headings, code, tables, and columns one after the other.

What joins two lines is whether the first word of the second would still have had its place on the first.
"""

from __future__ import annotations

import functools
import re
import statistics
from collections.abc import Callable, Sequence

from groundwork.documents.dot_leaders import is_contents_entry
from groundwork.documents.layout.floats_and_formulas import PageBlock, is_float, with_figure_labels
from groundwork.documents.layout.headings_and_footnotes import Styles, begins_with_head, with_whole_headings
from groundwork.documents.layout.pseudocode import pseudocode_end
from groundwork.documents.layout.tables.borderless_tables import BorderlessTable, find_borderless_tables
from groundwork.documents.layout.text_lines import (
    APART,
    Line,
    Stretches,
    cleaned_line,
    column_of,
    first_word_width,
    has_field_rule,
    is_bullet,
    is_typed_rule,
    item_label,
    text_columns,
)
from groundwork.documents.pipe_tables import pipe_table
from groundwork.language.list_and_rule_labels import BULLET_SHAPES, BULLETS
from groundwork.language.sentences import LINE_ENDS

_FREE_LINE_STEP = 1.8  # sizes from line to line, from which on a line is left free between them
_LONG_LINE_SHARE, _HALF_LINE_SHARE = 0.7, 0.5  # of the breadth of its column, which a line covers that may go on
_COLUMN_ROW_GAP = 2.2  # and rows further apart than this are no table's
_WORD_ROOM = 4  # sizes, which most words have their place in
_SENTENCE_STEP = 2.2  # of the usual steps, between full lines of a sentence
# sizes, or times the body's leading, from one line of a heading to the next
_HEADING_LEADING, _SAME_LEADING = (
    1.5,
    1.06,
)
_FOOTNOTE_START = re.compile(r"\d{1,3} ?[A-Z“\"(]")  # a footnote
_PROGRAM_SIGN = re.compile(r"[{}]\s*\)*[,;]?$|^[^(){}=<>\n]*[(){}=<>].*;$| := |^\w+(?:\.\w+)+\(.*\)$|^</?\w[^<>]*>")
_PROGRAM_LINES = 3
_WEB_ADDRESS = re.compile(r"https?://|www\.|\S+@\S+$")
_MARKDOWN_BLOCK_MARKS = re.compile(r"(?m)^(?=#{1,6} |```|~~~|> |\+ |\* )")


class MarkdownWriter:
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
        lines = [line for line in lines if not is_typed_rule(line.text) or (line.main.mono and not styles.mono)]
        self.lines = with_figure_labels(with_whole_headings(lines, styles.body), styles.body, styles.font)
        text_lines = [line for line in self.lines if line.cells and not line.main.mono]
        self.left = column[0] if column else min((line.x1 for line in text_lines), default=0.0)
        self.right = column[1] if column else max((line.x2 for line in text_lines), default=0.0)
        self.contents = sum(is_contents_entry(line.text) for line in text_lines) >= 4
        spaced_tables = find_borderless_tables(
            self.lines, styles.vocabulary, self._columns_or_program_end, columns_above
        )
        self.tables = {table.start: table for table in spaced_tables}
        self._markdown_blocks: list[PageBlock] = []
        self._paragraph_text = ""  # the paragraph that grows
        self._paragraph_size = 0.0  # of its largest line
        self._paragraph_last_line: Line | None = None  # its last line
        self._is_in_list = False
        self._heading_prose_end = 0  # of text in the type of a heading, which is too long to be one

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
        line_index = 0
        while line_index < len(self.lines):
            line = self.lines[line_index]
            if line_index in self.tables:
                self._add_block(self._table_markdown(self.tables[line_index]), is_float=True)
                line_index = self.tables[line_index].end
            elif line.labels:
                for block_text in line.labels.split("\n\n"):
                    self._add_block(
                        functools.reduce(self.styles.vocabulary.join, block_text.split("\n")), is_float=True
                    )
                line_index += 1
            elif line.table:
                self._add_block(_rows_to_markdown(line.table, self.styles.vocabulary.join), is_float=True)
                line_index += 1
            elif (end := self._code_end(line_index)) > line_index:
                self._add_block(self._code_block(self.lines[line_index:end]))
                line_index = end
            elif (end := self._columns_end(line_index)) > line_index:
                for block_text in self._column_texts(self.lines[line_index:end]):
                    self._add_block(block_text)
                line_index = end
            elif (end := self._heading_end(line_index)) > line_index:
                self._add_block(
                    f"{'#' * self.styles.heading(line)} {self._join_heading_lines(self.lines[line_index:end])}"
                )
                line_index = end
            else:
                self._add_paragraph_line(line)
                line_index += 1
        self._close_paragraph()
        return self._markdown_blocks

    # --- paragraphs and lists ---

    def _add_paragraph_line(self, line: Line) -> None:
        """A line of text: it goes on with the paragraph, or begins one."""
        line_above = self._paragraph_last_line
        if line_above is not None and self._goes_on_with_paragraph(line_above, line):
            self._paragraph_text = self.styles.vocabulary.join(self._paragraph_text, cleaned_line(line.text))
        else:
            self._close_paragraph()
            is_list_item = is_bullet(line.text)
            markdown_line = cleaned_line(line.text)
            markdown_line = (
                f"- {markdown_line[1:].strip()}" if is_list_item else _MARKDOWN_BLOCK_MARKS.sub(r"\\", markdown_line)
            )
            if is_list_item and self._is_in_list and self._markdown_blocks:
                self._paragraph_text = f"{self._markdown_blocks.pop().text}\n{markdown_line}"
            else:
                self._paragraph_text = markdown_line
            self._is_in_list = is_list_item
            self._paragraph_size = 0.0
        self._paragraph_last_line, self._paragraph_size = line, max(self._paragraph_size, line.main.size)

    def _close_paragraph(self) -> None:
        if self._paragraph_text:
            is_paragraph_float = not self._is_in_list and is_float(
                self._paragraph_text, self._paragraph_size, self.styles.body
            )
            room_on_last_line = self.right - self._paragraph_last_line.x2 if self._paragraph_last_line else 0.0
            self._markdown_blocks.append(
                PageBlock(
                    self._paragraph_text,
                    is_paragraph_float,
                    is_full=room_on_last_line < _WORD_ROOM * self._paragraph_size,
                )
            )
        self._paragraph_text, self._paragraph_last_line = "", None

    def _add_block(self, block_text: str, *, is_float: bool = False) -> None:
        self._close_paragraph()
        self._is_in_list = False
        if block_text:
            self._markdown_blocks.append(PageBlock(block_text, is_float))

    def _goes_on_with_paragraph(self, line_above: Line, line: Line) -> bool:
        type_size = line.main.size
        if line.y - line_above.y > self._most_paragraph_steps(line_above, line) * self.styles.leading * max(
            type_size, line_above.main.size
        ):
            return False
        if is_contents_entry(line_above.text) or has_field_rule(line_above):
            return False
        is_lower = line.text[:1].islower()
        if abs(line_above.main.size - type_size) > 0.12 * type_size and not is_lower:
            return False
        is_sentence_ended = line_above.text.endswith(LINE_ENDS)
        if is_sentence_ended and type_size < 0.95 * self.styles.body and _FOOTNOTE_START.match(line.text):
            return False
        if is_sentence_ended and begins_with_head(line):
            return False
        is_full = self._is_full_line(line_above, line)
        if item_label(line.text) and not self._is_mid_sentence(line_above, line, is_full and not is_sentence_ended):
            return False
        if not is_full:
            line_share = (line_above.x2 - line_above.x1) / max(1.0, self.right - self.left)
            # Where every line stands free, its distance tells no paragraph.
            is_spaced = line.y - line_above.y > _FREE_LINE_STEP * type_size
            continues = (is_lower or line_above.text.endswith(("-", ",", "("))) and (
                line_share > _HALF_LINE_SHARE or not is_spaced
            )
            return not is_sentence_ended and (continues or line_share > _LONG_LINE_SHARE)
        is_indented = line.x1 - line_above.x1 > 0.8 * type_size and not item_label(line_above.text)
        return not (is_indented and is_sentence_ended)

    def _most_paragraph_steps(self, line_above: Line, line: Line) -> float:
        """How many of the usual steps two lines of one paragraph lie apart at the most: tall signs push them apart, and
        parts of a document are double-spaced."""
        is_within_sentence = (line.text[:1].islower() or line.text[0] == "$") and not line_above.text.endswith(
            LINE_ENDS
        )
        is_alike = (
            abs(line_above.x1 - line.x1) < 2 and abs(line_above.main.size - line.main.size) < 0.05 * line.main.size
        )
        has_label = item_label(line_above.text)  # such as a numbered head above its text
        return (
            _SENTENCE_STEP
            if is_within_sentence and is_alike and not has_label and self._is_full_line(line_above, line)
            else APART
        )

    def _is_full_line(self, line_above: Line, line: Line) -> bool:
        """Whether the first word of a line would not have had its place at the end of the line above."""
        room_on_line = self.right - line_above.x2
        if line_above.x1 - self.left > 2 and abs(line_above.x1 + line_above.x2 - line.x1 - line.x2) < 4:
            room_on_line *= 2  # centred lines have it on both sides
        return room_on_line < first_word_width(line)

    def _is_mid_sentence(self, line_above: Line, line: Line, is_wrapped: bool) -> bool:
        """Whether what looks like an item's label is the next word of a sentence, such as a number in brackets."""
        if not is_wrapped or line.text[0] in BULLETS + BULLET_SHAPES or line_above.text.endswith((" and", " or")):
            return False
        return line.x1 - line_above.x1 > 2 or (abs(line.x1 - line_above.x1) <= 2 and not item_label(line_above.text))

    def _join_heading_lines(self, lines: Sequence[Line]) -> str:
        return functools.reduce(self.styles.vocabulary.join, [cleaned_line(line.text) for line in lines])

    # --- headings ---

    def _heading_end(self, heading_start: int) -> int:
        """Where the heading that begins at a line ends; `heading_start` where none does."""
        heading_line = self.lines[heading_start]
        heading_level = self.styles.heading(heading_line)
        if (
            not heading_level
            or heading_start < self._heading_prose_end
            or (self.contents and heading_line.text[-1].isdigit() and heading_start)
        ):
            return heading_start
        if (
            self._is_in_list
            and self._paragraph_last_line
            and heading_line.cells
            and self._goes_on_with_paragraph(self._paragraph_last_line, heading_line)
        ):
            return heading_start  # an item in the type of a heading goes on
        heading_end = heading_start + 1
        while heading_end < len(self.lines) and self._is_same_heading(
            self.lines[heading_end - 1], self.lines[heading_end], heading_level
        ):
            heading_end += 1
        is_large_heading = heading_line.main.size > 1.04 * self.styles.body
        if heading_end - heading_start > (4 if is_large_heading else 2):
            self._heading_prose_end = heading_end
        if heading_end - heading_start > (4 if is_large_heading else 2) or self._heading_runs_in(heading_end):
            return heading_start
        has_heading_label = item_label(heading_line.text) or self.styles.is_numeral_title(heading_line)
        return (
            heading_end
            if is_large_heading or has_heading_label or self._heading_stands_free(heading_start, heading_end)
            else heading_start
        )

    def _heading_runs_in(self, index_below: int) -> bool:
        """Whether a bold start goes on in the line below it, and then runs into its text."""
        line, above = (
            (self.lines[index_below], self.lines[index_below - 1]) if index_below < len(self.lines) else (None, None)
        )
        if not line or not above or not line.cells or not line.cells[0].runs_in:
            return False
        is_near_heading = line.y - above.y < APART * self.styles.leading * max(line.main.size, above.main.size)
        return is_near_heading and abs(line.main.size - above.main.size) < 0.2

    def _is_same_heading(self, heading_above: Line, line: Line, heading_level: int) -> bool:
        """Whether a line is a further one of the heading above it; it may be a year that alone would be none."""
        if not line.cells or len(line.cells) > 1 or item_label(line.text) or is_contents_entry(line.text):
            return False
        most_heading_leading = max(_HEADING_LEADING, _SAME_LEADING * self.styles.leading) * line.main.size
        if heading_above.text.isupper() and line.text != line.text.upper() and not self.styles.heading(line):
            return False
        is_near_heading = (
            line.y - heading_above.y < most_heading_leading and abs(heading_above.main.size - line.main.size) < 0.2
        )
        # a name in another font may stand there
        is_within_phrase = heading_above.text.endswith(("-", "‐", ",")) or line.text[:1].islower()
        is_heading_alike = heading_above.main.bold == line.main.bold and (
            heading_above.main.font == line.main.font or is_within_phrase
        )
        return is_near_heading and is_heading_alike and self.styles.heading(line) in (heading_level, 0)

    def _heading_stands_free(self, heading_start: int, heading_end: int) -> bool:
        """Whether a bold line has space above it and nothing indented below it, as the terms of a list have."""
        heading_line = self.lines[heading_start]
        line_step = self.styles.leading * self.styles.body
        line_above_heading = self.lines[heading_start - 1] if heading_start else None
        if line_above_heading and line_above_heading.cells and heading_line.y - line_above_heading.y < 1.1 * line_step:
            return False
        line_below_heading = self.lines[heading_end] if heading_end < len(self.lines) else None
        if not line_below_heading or not line_below_heading.cells:
            return True
        is_indented = line_below_heading.x1 - heading_line.x1 > 0.8 * heading_line.main.size and not item_label(
            line_below_heading.text
        )
        return not is_indented or line_below_heading.y - heading_line.y > 1.5 * line_step

    # --- code ---

    def _columns_or_program_end(self, start: int) -> int:
        """Where the columns or the program end that begin at a line, which are no table; `start` where none do."""
        program_end = pseudocode_end(self.lines, start, self.styles.leading)
        return program_end if program_end > start else self._columns_end(start)

    def _code_end(self, code_start: int) -> int:
        """Where the lines of a typewriter's font that begin at a line end."""
        if self.styles.mono or _WEB_ADDRESS.match(self.lines[code_start].text):
            return code_start
        program_ends = (self._program_end(code_start), pseudocode_end(self.lines, code_start, self.styles.leading))
        if (code_end := max(program_ends)) > code_start:
            return code_end
        code_end = code_start
        while code_end < len(self.lines) and self._is_code_line(self.lines[code_end]):
            code_end += 1
        if code_end - code_start != 1:
            return code_end
        code_line = self.lines[code_start]
        code_line_step = 1.2 * self.styles.leading * code_line.main.size
        line_above_code = self.lines[code_start - 1] if code_start else None
        line_below_code = self.lines[code_end] if code_end < len(self.lines) else None
        is_free = not line_above_code or not line_above_code.cells or code_line.y - line_above_code.y > code_line_step
        return (
            code_end
            if is_free
            and (not line_below_code or not line_below_code.cells or line_below_code.y - code_line.y > code_line_step)
            else code_start
        )

    def _program_end(self, program_start: int) -> int:
        """Where a program that begins at a line ends, set in a font that is neither the body's nor a typewriter's."""
        program_font = self.lines[program_start].cells[0].font if self.lines[program_start].cells else ""
        if not program_font or program_font == self.styles.font:
            return program_start
        program_end = program_start
        while program_end < len(self.lines) and self._is_in_font(self.lines[program_end], program_font):
            program_end += 1
        program_sign_count = sum(
            _PROGRAM_SIGN.search(line.text) is not None for line in self.lines[program_start:program_end]
        )
        return (
            program_end
            if program_end - program_start >= _PROGRAM_LINES and 2 * program_sign_count >= program_end - program_start
            else program_start
        )

    def _is_in_font(self, line: Line, program_font: str) -> bool:
        program_cells = line.cells
        return bool(program_cells) and all(
            cell.font == program_font and not cell.bold and cell.words for cell in program_cells
        )

    def _is_code_line(self, line: Line) -> bool:
        return bool(line.cells) and all(cell.mono for cell in line.cells) and line.main.size < 1.1 * self.styles.body

    def _code_block(self, lines: Sequence[Line]) -> str:
        code_left = min(line.x1 for line in lines)
        longest_code_cell = max((cell for line in lines for cell in line.cells), key=lambda cell: len(cell.text))
        code_letter_width = (longest_code_cell.x2 - longest_code_cell.x1) / max(1, len(longest_code_cell.text)) or 1.0
        code_lines = []
        code_line_above = lines[0]
        for line in lines:
            if line.y - code_line_above.y > 1.7 * self.styles.leading * line.main.size:
                code_lines.append("")
            code_text = ""
            for cell in line.cells:
                cell_indent = round((cell.x1 - code_left) / code_letter_width) - len(code_text)
                code_text = f"{code_text}{' ' * max(1 if code_text else 0, cell_indent)}{cell.text}"
            code_lines.append(code_text)
            code_line_above = line
        return "\n".join(["```", *code_lines, "```"])

    # --- columns ---

    def _columns_end(self, columns_start: int) -> int:
        """Where the columns of text or of lists that begin at a line end; `columns_start` where none do."""
        if len(self.lines[columns_start].cells) < 2:
            return columns_start
        stretches = text_columns(self.lines[columns_start].cells)
        end = columns_end = columns_start + 1
        while end < len(self.lines) and self.lines[end].cells:
            line = self.lines[end]
            stretches = text_columns(line.cells, stretches)
            if len(stretches) < 2:
                break
            end += 1
            if column_of(line.cells[-1], stretches) > 0 or self._continues_column(columns_start, end - 1):
                columns_end = end
        column_lines = self.lines[columns_start:columns_end]
        return columns_end if self._are_columns(column_lines) else columns_start

    def _continues_column(self, columns_start: int, line_index: int) -> bool:
        """Whether a line at the left goes on with the left column."""
        line = self.lines[line_index]
        line_above_in_column = next(
            (line_above for line_above in reversed(self.lines[columns_start:line_index]) if line_above.x1 < line.x2),
            None,
        )
        return (
            line_above_in_column is not None
            and line.y - line_above_in_column.y < APART * self.styles.leading * line.main.size
        )

    def _are_columns(self, lines: Sequence[Line]) -> bool:
        """Lists in every column, or running text in every column: no table has its sentences cross the rows."""
        stretches = text_columns([cell for line in lines for cell in line.cells])
        if not 2 <= len(stretches) <= 4 or len(lines) < 3:
            return False
        columns = [[line.cells[0] for line in cells] for cells in _lines_by_column(lines, stretches)]
        if all(
            any(item_label(cell.text) and cell.text != item_label(cell.text) for cell in cells) for cells in columns
        ):
            return True
        are_long = all(statistics.median(len(cell.text.split()) for cell in cells) >= 4 for cells in columns)
        running_cells = sum(cell.text[:1].islower() for cells in columns for cell in cells)
        return are_long and len(lines) >= 6 and running_cells > 0.2 * sum(map(len, columns))

    def _column_texts(self, lines: Sequence[Line]) -> list[str]:
        """The columns' Markdown; where all of them pause at once, as under pictures, row after row."""
        stretches = text_columns([cell for line in lines for cell in line.cells])
        column_texts = []
        for row_lines in self._rows_of_columns(lines):
            for column_lines, column in zip(_lines_by_column(row_lines, stretches), stretches, strict=True):
                column_texts.append(MarkdownWriter(column_lines, self.styles, column).markdown())
        return column_texts

    def _rows_of_columns(self, lines: Sequence[Line]) -> list[list[Line]]:
        rows_of_lines = [[lines[0]]]
        for line in lines[1:]:
            if line.y - rows_of_lines[-1][-1].y > _COLUMN_ROW_GAP * self.styles.leading * line.main.size:
                rows_of_lines.append([])
            rows_of_lines[-1].append(line)
        return rows_of_lines

    def _table_markdown(self, table: BorderlessTable) -> str:
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
