"""A page's lines as Markdown: paragraphs, lists, headings, code, tables, and columns one after the other.

What joins two lines is whether the first word of the second would still have had its place on the first.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

from groundwork.documents.dot_leaders import is_contents_entry
from groundwork.documents.layout.code_and_pseudocode import code_block, code_end, pseudocode_end
from groundwork.documents.layout.floats_and_formulas import PageBlock, is_float, with_float_labels
from groundwork.documents.layout.heading_styles_and_footnotes import (
    HeadingStyles,
    begins_with_run_in_heading,
    with_whole_headings,
)
from groundwork.documents.layout.page_columns import columns_end, lines_by_column, rows_of_columns
from groundwork.documents.layout.tables.borderless_tables import BorderlessTable, find_borderless_tables
from groundwork.documents.layout.text_runs_and_lines import (
    APART,
    Line,
    Stretches,
    cleaned_line,
    first_run_word_width,
    has_field_rule,
    is_bullet,
    is_typed_rule,
    item_label,
    text_columns,
)
from groundwork.documents.pipe_tables import pipe_table
from groundwork.language.list_labels import BULLET_SHAPES, BULLETS
from groundwork.language.sentences import SENTENCE_LINE_ENDS

_FREE_PARAGRAPH_STEP = 1.8  # sizes from line to line, from which on a line is left free between them
# of the breadth of its column, which a line covers that may go on
_LONG_PARAGRAPH_LINE, _HALF_PARAGRAPH_LINE = 0.7, 0.5
_ROOM_ON_PARAGRAPH_LINE = 4  # sizes, which most words have their place in
_STEP_WITHIN_PARAGRAPH = 2.2  # of the usual steps, between full lines of a sentence
_FOOTNOTE_PARAGRAPH = re.compile(r"\d{1,3} ?[A-Z“\"(]")  # a footnote
_MARKDOWN_BLOCK_MARKS = re.compile(r"(?m)^(?=#{1,6} |```|~~~|> |\+ |\* )")


class MarkdownWriter:
    """Lines that are read from top to bottom: those of a page or of one of its columns.

    `columns_above_paragraphs`: of the table at the foot of the page before.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        styles: HeadingStyles,
        column: tuple[float, float] | None = None,
        columns_above_paragraphs: Stretches = (),
    ) -> None:
        self.styles = styles
        lines = [line for line in lines if not is_typed_rule(line.text) or (line.main.mono and not styles.mono)]
        self.lines = with_float_labels(with_whole_headings(lines, styles.body), styles.body, styles.font)
        paragraph_lines = [line for line in self.lines if line.runs and not line.main.mono]
        self.left = column[0] if column else min((line.x1 for line in paragraph_lines), default=0.0)
        self.right = column[1] if column else max((line.x2 for line in paragraph_lines), default=0.0)
        self.contents = sum(is_contents_entry(line.text) for line in paragraph_lines) >= 4
        tables_between_paragraphs = find_borderless_tables(
            self.lines, styles.vocabulary, self._end_of_columns_or_program, columns_above_paragraphs
        )
        self.tables = {table.start: table for table in tables_between_paragraphs}
        self._markdown_blocks: list[PageBlock] = []
        self._paragraph_text = ""  # the paragraph that grows
        self._paragraph_size = 0.0  # of its largest line
        self._paragraph_last_line: Line | None = None  # its last line
        self._is_paragraph_in_list = False
        self._paragraph_end_in_heading_type = 0  # of text in the type of a heading, which is too long to be one

    @property
    def open_columns(self) -> Stretches:
        """The columns of the table with which the lines end, which may go on overleaf; none where none does."""
        table_behind_paragraphs = max(self.tables.values(), key=lambda table: table.end, default=None)
        if table_behind_paragraphs and table_behind_paragraphs.end == len(self.lines):
            return table_behind_paragraphs.columns
        return self.lines[-1].filled_columns if self.lines else ()

    def markdown(self) -> str:
        return "\n\n".join(block.text for block in self.blocks())

    def blocks(self) -> list[PageBlock]:
        """The paragraphs, headings, lists, tables and fences, in the order of the lines."""
        markdown_start = 0
        while markdown_start < len(self.lines):
            markdown_line = self.lines[markdown_start]
            if markdown_start in self.tables:
                self._add_block(self._table_markdown(self.tables[markdown_start]), is_float=True)
                markdown_start = self.tables[markdown_start].end
            elif markdown_line.labels:
                for label in markdown_line.labels.split("\n\n"):
                    self._add_block(functools.reduce(self.styles.vocabulary.join, label.split("\n")), is_float=True)
                markdown_start += 1
            elif markdown_line.table:
                self._add_block(_rows_to_markdown(markdown_line.table, self.styles.vocabulary.join), is_float=True)
                markdown_start += 1
            elif (markdown_end := code_end(self.lines, markdown_start, self.styles)) > markdown_start:
                self._add_block(code_block(self.lines[markdown_start:markdown_end], self.styles.leading))
                markdown_start = markdown_end
            elif (markdown_end := columns_end(self.lines, markdown_start, self.styles.leading)) > markdown_start:
                for markdown_text in self._markdown_of_columns(self.lines[markdown_start:markdown_end]):
                    self._add_block(markdown_text)
                markdown_start = markdown_end
            elif (markdown_end := self._markdown_heading_end(markdown_start)) > markdown_start:
                markdown_heading = self._markdown_of_heading(self.lines[markdown_start:markdown_end])
                self._add_block(f"{'#' * self.styles.heading(markdown_line)} {markdown_heading}")
                markdown_start = markdown_end
            else:
                self._add_paragraph_line(markdown_line)
                markdown_start += 1
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
            is_list_paragraph, markdown_line = is_bullet(line.text), cleaned_line(line.text)
            if is_list_paragraph:
                goes_on_with_list = self._is_paragraph_in_list and bool(self._markdown_blocks)
                list_above = f"{self._markdown_blocks.pop().text}\n" if goes_on_with_list else ""
                self._paragraph_text = f"{list_above}- {markdown_line[1:].strip()}"
            else:
                self._paragraph_text = _MARKDOWN_BLOCK_MARKS.sub(r"\\", markdown_line)
            self._is_paragraph_in_list = is_list_paragraph
            self._paragraph_size = 0.0
        self._paragraph_last_line, self._paragraph_size = line, max(self._paragraph_size, line.main.size)

    def _close_paragraph(self) -> None:
        if self._paragraph_text:
            is_paragraph_float = not self._is_paragraph_in_list and is_float(
                self._paragraph_text, self._paragraph_size, self.styles.body
            )
            room_on_last_line = self.right - self._paragraph_last_line.x2 if self._paragraph_last_line else 0.0
            self._markdown_blocks.append(
                PageBlock(
                    self._paragraph_text,
                    is_paragraph_float,
                    is_full=room_on_last_line < _ROOM_ON_PARAGRAPH_LINE * self._paragraph_size,
                )
            )
        self._paragraph_text, self._paragraph_last_line = "", None

    def _add_block(self, markdown_text: str, *, is_float: bool = False) -> None:
        self._close_paragraph()
        self._is_paragraph_in_list = False
        if markdown_text:
            self._markdown_blocks.append(PageBlock(markdown_text, is_float))

    def _goes_on_with_paragraph(self, paragraph_line: Line, line: Line) -> bool:
        paragraph_size = line.main.size
        if line.y - paragraph_line.y > self._most_paragraph_steps(paragraph_line, line) * self.styles.leading * max(
            paragraph_size, paragraph_line.main.size
        ):
            return False
        if is_contents_entry(paragraph_line.text) or has_field_rule(paragraph_line):
            return False
        is_within_paragraph = line.text[:1].islower()
        if abs(paragraph_line.main.size - paragraph_size) > 0.12 * paragraph_size and not is_within_paragraph:
            return False
        is_paragraph_ended = paragraph_line.text.endswith(SENTENCE_LINE_ENDS)
        if is_paragraph_ended and paragraph_size < 0.95 * self.styles.body and _FOOTNOTE_PARAGRAPH.match(line.text):
            return False
        if is_paragraph_ended and begins_with_run_in_heading(line):
            return False
        is_paragraph_line_full = self._is_paragraph_line_full(paragraph_line, line)
        if item_label(line.text) and not self._is_label_mid_paragraph(
            paragraph_line, line, is_paragraph_line_full and not is_paragraph_ended
        ):
            return False
        if not is_paragraph_line_full:
            paragraph_line_share = (paragraph_line.x2 - paragraph_line.x1) / max(1.0, self.right - self.left)
            # Where every line stands free, its distance tells no paragraph.
            is_paragraph_spaced = line.y - paragraph_line.y > _FREE_PARAGRAPH_STEP * paragraph_size
            continues_paragraph = (is_within_paragraph or paragraph_line.text.endswith(("-", ",", "("))) and (
                paragraph_line_share > _HALF_PARAGRAPH_LINE or not is_paragraph_spaced
            )
            return not is_paragraph_ended and (continues_paragraph or paragraph_line_share > _LONG_PARAGRAPH_LINE)
        is_indented = line.x1 - paragraph_line.x1 > 0.8 * paragraph_size and not item_label(paragraph_line.text)
        return not (is_indented and is_paragraph_ended)

    def _most_paragraph_steps(self, paragraph_line: Line, line: Line) -> float:
        """How many of the usual steps two lines of one paragraph lie apart at the most: tall signs push them apart, and
        parts of a document, as slides, are double-spaced."""
        is_below_bullet = _hangs_below_bullet(paragraph_line, line)
        begins_within = line.text[:1].islower() or line.text[0] == "$" or (is_below_bullet and line.text[0] == "(")
        is_within_paragraph = begins_within and not paragraph_line.text.endswith(SENTENCE_LINE_ENDS)
        has_label = item_label(paragraph_line.text)  # such as a numbered head above its text
        is_below = is_below_bullet or (abs(paragraph_line.x1 - line.x1) < 2 and not has_label)
        is_alike = abs(paragraph_line.main.size - line.main.size) < 0.05 * line.main.size
        if is_within_paragraph and is_below and is_alike and self._is_paragraph_line_full(paragraph_line, line):
            return _STEP_WITHIN_PARAGRAPH
        return APART

    def _is_paragraph_line_full(self, paragraph_line: Line, line: Line) -> bool:
        """Whether the first word of a line would not have had its place at the end of the line above."""
        room_on_paragraph_line = self.right - paragraph_line.x2
        if paragraph_line.x1 - self.left > 2 and abs(paragraph_line.x1 + paragraph_line.x2 - line.x1 - line.x2) < 4:
            room_on_paragraph_line *= 2  # centred lines have it on both sides
        return room_on_paragraph_line < first_run_word_width(line)

    def _is_label_mid_paragraph(self, paragraph_line: Line, line: Line, is_wrapped: bool) -> bool:
        """Whether what looks like an item's label is the next word of a sentence, such as a number in brackets."""
        if not is_wrapped or line.text[0] in BULLETS + BULLET_SHAPES or paragraph_line.text.endswith((" and", " or")):
            return False
        return line.x1 - paragraph_line.x1 > 2 or (
            abs(line.x1 - paragraph_line.x1) <= 2 and not item_label(paragraph_line.text)
        )

    def _markdown_of_heading(self, markdown_lines: Sequence[Line]) -> str:
        return functools.reduce(self.styles.vocabulary.join, [cleaned_line(line.text) for line in markdown_lines])

    # --- headings ---

    def _markdown_heading_end(self, markdown_start: int) -> int:
        """Where the heading that begins at a line ends; `markdown_start` where none does."""
        markdown_line = self.lines[markdown_start]
        if not self.styles.heading(markdown_line) or markdown_start < self._paragraph_end_in_heading_type:
            return markdown_start
        if self.contents and markdown_line.text[-1].isdigit() and markdown_start:
            return markdown_start
        above = self._paragraph_last_line
        if self._is_paragraph_in_list and above and self._goes_on_with_paragraph(above, markdown_line):
            return markdown_start  # an item in the type of a heading goes on
        markdown_end = self.styles.heading_end(self.lines, markdown_start, self._is_paragraph_line_full)
        if self.styles.is_heading_too_long(self.lines, markdown_start, markdown_end):
            self._paragraph_end_in_heading_type = markdown_end
            return markdown_start
        return markdown_end if self.styles.is_heading(self.lines, markdown_start, markdown_end) else markdown_start

    # --- columns ---

    def _end_of_columns_or_program(self, start: int) -> int:
        """Where the columns or the program end that begin at a line, which are no table; `start` where none do."""
        program_end = pseudocode_end(self.lines, start, self.styles.leading)
        return program_end if program_end > start else columns_end(self.lines, start, self.styles.leading)

    def _markdown_of_columns(self, lines: Sequence[Line]) -> list[str]:
        """The columns' Markdown; where all of them pause at once, as under pictures, row after row."""
        columns = text_columns([run for line in lines for run in line.runs])
        column_markdowns = []
        for markdown_row in rows_of_columns(lines, self.styles.leading):
            for markdown_lines, column in zip(lines_by_column(markdown_row, columns), columns, strict=True):
                column_markdowns.append(MarkdownWriter(markdown_lines, self.styles, column).markdown())
        return column_markdowns

    def _table_markdown(self, markdown_table: BorderlessTable) -> str:
        if markdown_table.is_contents:
            return "\n\n".join(f"{title} … {page}" for title, page in markdown_table.rows)
        if markdown_table.is_list:
            return "\n\n".join(f"{number} {text}" for number, text in markdown_table.rows)
        return _rows_to_markdown(markdown_table.rows, self.styles.vocabulary.join)


def _hangs_below_bullet(paragraph_line: Line, line: Line) -> bool:
    """Whether a line begins where the text behind the bullet of the line above does."""
    words = paragraph_line.runs[0].words
    return is_bullet(paragraph_line.text) and len(words) > 1 and abs(words[1].x1 - line.x1) < 2


def _rows_to_markdown(markdown_rows: Sequence[Sequence[str]], join: Callable[[str, str], str]) -> str:
    """A Markdown table whose first row is the header. `join`: the lines of a cell."""
    return pipe_table([[functools.reduce(join, cell.split("\n")) for cell in row] for row in markdown_rows])
