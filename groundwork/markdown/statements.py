"""The statements of a chunk, each of which a question can be about: its sentences, list items and table rows."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from groundwork.language.dates_and_times import is_date
from groundwork.language.list_labels import BULLETS, LABEL_AT_START, RULE_LABEL
from groundwork.language.numbers import Number, numbers
from groundwork.language.sentences import sentences
from groundwork.language.words import ENGLISH_STOP_WORDS
from groundwork.markdown.blocks import Block, blocks
from groundwork.markdown.captions import STATEMENT_LETTER, caption_end, is_caption, is_directive_line
from groundwork.markdown.markdown_tables import TABLE_TAG, MarkdownCell, read_table
from groundwork.markdown.title_and_name_lines import UNSPACED_WORDS, is_name_line, is_title_paragraph

StatementKind = Literal["sentence", "row"]
HEADING_INDENT = -1  # the indent that stands for a heading, which governs a list right below it
MAX_STATEMENT_COLUMN = 60  # characters of a column's name; what is longer, or a sentence, is no table head
_LINE_WITHOUT_STATEMENT = re.compile(r"\s*(?:!\[[^\]]*\]\([^)]*\)|<!--.*-->|[-*_]{3,}|<[^>]+>)?\s*$")
_STATEMENT_ITEM = re.compile(
    r"(?P<indent>[ \t>]*)(?:[*_]{0,2})"
    rf"(?P<label>{LABEL_AT_START}|\(?[a-zA-Z][.)](?![A-Z]\.)|\([ivx]+\)|[-*+{BULLETS}–])"
    r"(?:[*_]{0,2})(?:\s+|(?=[A-Z]))"
)
_LINK_ADDRESS = re.compile(
    r"(?<=\])\([^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+(?: \"[^\"\n]*+\")?\)|\b(?:https?|ftp|mailto)://?[^\s>)|]++"
)
_LINK_IN_STATEMENT = re.compile(r"\[[^\[\]]*\]\([^()\s]*\)|<?\b(?:https?|ftp|mailto):[^\s>]*>?|\bwww\.\S*")
_STATEMENT_NUMBER = re.compile(rf"^[\s#*_]*{RULE_LABEL}\.?\s+")
_SECOND_STATEMENT_WORD = re.compile(r"[\W\d_][^\W\d_]")
MIN_COUNTED_LINES = 3  # that count up, and are a listing
_STATEMENT_LINE_COUNTER = re.compile(r"(?m)^[ \t]*(\d{1,5})(?=[ \t:.|)]|$)")
_FOOTNOTE_BEFORE_STATEMENT = re.compile(r"\s*\[?\^?(\d{1,3})[\]:.]?\s+([A-Z][a-z]*)\s[a-z]")
_CASED_STATEMENT_LETTER = re.compile(r"[A-Za-zÀ-ɏͰ-ԯ]")  # numbers stand beside the letters of other scripts
_STATEMENT_ORDINAL_END = re.compile(rf"{_CASED_STATEMENT_LETTER.pattern}{{3}}")  # two may be those of an ordinal


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, list item or table row at [start, end) of the chunk's text.

    `label` is the number of its rule; `lead` the text that governs a list item ("Players must:"), outermost first;
    `header` the names of a row's columns, `cells` the row's own; `announces`: it only leads to what follows ("We do
    this by:"), whose items carry it as their lead.
    """

    start: int
    end: int
    kind: StatementKind
    label: str = ""
    lead: str = ""
    header: tuple[str, ...] = ()
    cells: tuple[MarkdownCell, ...] = ()
    announces: bool = False

    def plain_text(self, text: str) -> str:
        """The statement as a reader would say it: the lead in front, a row as `column: cell` pairs, no markup."""
        statement_text = text[self.start : self.end]
        if self.kind == "row":
            statement_text = "; ".join(_column_cell_pairs(self.header, [cell.text for cell in self.cells]))
        return " ".join(f"{self.lead} {statement_text}".split()).replace("**", "")

    def masked_text(self, text: str) -> str:
        """Its slice of the text as long as it was, with blanks for addresses and bars for what stands between the cells
        of a row.
        """
        statement_text = _LINK_ADDRESS.sub(lambda link: " " * len(link.group()), text[self.start : self.end])
        if self.kind != "row":
            return statement_text
        masked_statement = ["|"] * len(statement_text)
        for cell in self.cells:
            cell_statement = statement_text[cell.start - self.start : cell.end - self.start]
            if statement_text.startswith("<"):
                cell_statement = TABLE_TAG.sub(lambda tag: "|" * len(tag.group()), cell_statement)
            masked_statement[cell.start - self.start : cell.end - self.start] = cell_statement
        return "".join(masked_statement)


def statements(
    markdown: str, language: str, found_blocks: list[Block] | None = None, page_lines: Container[str] = ()
) -> tuple[Statement, ...]:
    """The statements of a chunk's Markdown in order; headings, rules, images, contents and table headers are none.

    `language` is an ISO 639-1 code, "" where it is not known; `found_blocks` spares reading the blocks again;
    `page_lines`: lines of their own that are headers or footers of pages.
    """
    chunk_statements: list[Statement] = []
    statement_leads: list[_StatementLead] = []
    for block in blocks(markdown) if found_blocks is None else found_blocks:
        if block.kind == "table":
            chunk_statements += _table_statements(markdown, block)
        elif block.kind == "code":
            chunk_statements.append(Statement(block.start, _statement_block_end(markdown, block), "sentence"))
        elif block.kind == "heading":
            statement_title = _STATEMENT_NUMBER.sub("", block.headings[-1]).strip("#*_ ")
            statement_leads[:] = [_StatementLead("", HEADING_INDENT, f"{statement_title}:")]
        elif block.kind != "contents":
            for paragraph_start, paragraph_end in _statement_paragraphs(markdown, block):
                if markdown[paragraph_start:paragraph_end] not in page_lines:
                    chunk_statements += _paragraph_statements(
                        markdown, paragraph_start, paragraph_end, statement_leads, language
                    )
    return tuple(
        replace(statement, announces=True)
        if following_statement and _is_announcement(statement, following_statement, markdown)
        else statement
        for statement, following_statement in zip_longest(chunk_statements, chunk_statements[1:])
    )


def _is_announcement(statement: Statement, following_statement: Statement, markdown: str) -> bool:
    """Does what follows hang on a sentence with a colon: an item that it governs, a table, a code block?"""
    announcing_sentence = markdown[statement.start : statement.end].rstrip("*_ ")
    if statement.kind == "row" or not announcing_sentence.endswith((":", "：")):
        return False
    fence_below_statement = markdown[statement.end : following_statement.start + 3].strip()[-3:]
    states_code = fence_below_statement in ("```", "~~~") or markdown[
        statement.end : following_statement.start + 4
    ].lstrip().startswith("<pre")
    return following_statement.kind == "row" or states_code or following_statement.lead.endswith(announcing_sentence)


def _statement_block_end(markdown: str, block: Block) -> int:
    return block.start + len(markdown[block.start : block.end].rstrip())


def _statement_paragraphs(markdown: str, block: Block) -> Iterator[tuple[int, int]]:
    """(start, end) of each paragraph or list item of a block, without captions, pictures and rules between them."""
    statement_paragraph: tuple[int, int] | None = None
    in_directive = False
    statement_lines = list(_statement_line_spans(markdown, block.start, block.end))
    for (line_start, line_end), following_line in zip(statement_lines, [*statement_lines[1:], None], strict=True):
        statement_line = markdown[line_start:line_end]
        in_directive = is_directive_line(
            statement_line, "" if following_line is None else markdown[slice(*following_line)].strip(), in_directive
        )
        if in_directive or _LINE_WITHOUT_STATEMENT.match(statement_line) or is_caption(statement_line):
            if statement_paragraph:
                yield statement_paragraph
            statement_paragraph = None
        elif statement_paragraph and not _STATEMENT_ITEM.match(statement_line):
            statement_paragraph = (statement_paragraph[0], line_end)
        else:
            if statement_paragraph:
                yield statement_paragraph
            statement_paragraph = (line_start, line_end)
    if statement_paragraph:
        yield statement_paragraph


def _statement_line_spans(markdown: str, statement_start: int, end: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each line of [start, end), without its end-of-line characters."""
    for statement_line in markdown[statement_start:end].splitlines(keepends=True):
        yield statement_start, statement_start + len(statement_line.rstrip("\r\n"))
        statement_start += len(statement_line)


def _table_statements(markdown: str, block: Block) -> list[Statement]:
    """The rows below the head, which is the last header row of several cells; without one the first row is the head.

    Empty rows are no statements; lines with one filled cell above the head are captions.
    """
    statement_table = read_table(markdown, block.start, block.end)
    statement_rows = [*statement_table.header, *statement_table.data]
    filled_cells = [[cell for cell in table_row.cells if re.search(r"\w", cell.text)] for table_row in statement_rows]
    rows_of_statements = [i for i, statement_cells in enumerate(filled_cells) if len(statement_cells) > 1]
    statement_head = max(
        (i for i in rows_of_statements if i < len(statement_table.header)),
        default=rows_of_statements[0] if rows_of_statements else 0,
    )
    statement_columns = tuple(cell.text for cell in statement_rows[statement_head].cells) if statement_rows else ()
    first_row = max(statement_head + 1, len(statement_table.header))
    if any(
        len(statement_column) > MAX_STATEMENT_COLUMN or (statement_column.endswith(".") and " " in statement_column)
        for statement_column in statement_columns
    ):
        statement_columns, first_row = (), statement_head  # a row like the others: the converter took it for the head
    return [
        Statement(table_row.start, table_row.end, "row", header=statement_columns, cells=table_row.cells)
        for table_row, statement_cells in zip(statement_rows[first_row:], filled_cells[first_row:], strict=True)
        if statement_cells
    ]


def _column_cell_pairs(header: tuple[str, ...], statement_cell_texts: list[str]) -> list[str]:
    statement_columns = [*header, *[""] * (len(statement_cell_texts) - len(header))]
    return [
        f"{statement_column}: {statement_cell}" if statement_column else statement_cell
        for statement_column, statement_cell in zip(statement_columns, statement_cell_texts, strict=False)
        if statement_cell
    ]


def _paragraph_statements(
    markdown: str, paragraph_start: int, paragraph_end: int, statement_leads: list[_StatementLead], language: str
) -> list[Statement]:
    """The sentences of one paragraph or list item; `statement_leads`, which may govern it, are kept up to date."""
    statement_item = _STATEMENT_ITEM.match(markdown, paragraph_start, paragraph_end)
    statement_label, statement_indent = (
        (statement_item["label"].strip("()."), len(statement_item["indent"])) if statement_item else ("", 0)
    )
    statement_body = statement_item.end() if statement_item else paragraph_start
    while statement_leads and not (statement_item and statement_leads[-1].governs(statement_label, statement_indent)):
        statement_leads.pop()
    statement_lead = " ".join(item.lead for item in statement_leads if item.lead)
    statement_sentences = [
        (statement_body + statement_start, statement_body + statement_end)
        for statement_start, statement_end in sentences(markdown[statement_body:paragraph_end], language)
    ]
    last_statement = markdown[slice(*statement_sentences[-1])].rstrip("*_ ") if statement_sentences else ""
    if statement_item or last_statement.endswith(":"):
        statement_leads.append(
            _StatementLead(statement_label, statement_indent, last_statement if last_statement.endswith(":") else "")
        )
    statement_paragraph = markdown[paragraph_start:paragraph_end]
    if not statement_item and (is_title_paragraph(statement_paragraph) or is_name_line(statement_paragraph)):
        return []
    if not statement_item and statement_sentences and is_date(markdown[slice(*statement_sentences[0])]):
        del statement_sentences[0]  # the head of an entry: "JUNE 10TH.—We expect to be paid off soon."
    if statement_title_end := caption_end(markdown, paragraph_start, paragraph_end):
        statement_sentences = [
            (statement_start, statement_end)
            for statement_start, statement_end in statement_sentences[1:]
            if statement_start > statement_title_end
        ]  # without its title, behind a stop or not
    return [
        Statement(statement_start, statement_end, "sentence", label=statement_label, lead=statement_lead)
        for statement_start, statement_end in statement_sentences
        if _states_two_words(markdown[statement_start:statement_end])
        and _states_two_words(_LINK_IN_STATEMENT.sub(" ", markdown[statement_start:statement_end]))
    ]


def _states_two_words(statement_text: str) -> bool:
    """Two searches, each linear: one pattern for both takes cubic time on a long run of letters."""
    first_statement_letter = STATEMENT_LETTER.search(statement_text)
    if first_statement_letter and _SECOND_STATEMENT_WORD.search(statement_text, first_statement_letter.end()):
        return True
    return UNSPACED_WORDS.search(statement_text) is not None


@dataclass(frozen=True, slots=True)
class _StatementLead:
    """A list item, a paragraph that ends with a colon (label ""), or a heading, which may govern what follows."""

    label: str
    indent: int
    lead: str

    def governs(self, label: str, indent: int) -> bool:
        if self.indent == HEADING_INDENT:
            return not _is_numbered_label(label)
        if not self.label:
            return True
        if _is_numbered_label(label) and _is_numbered_label(self.label):
            return label.startswith(f"{self.label}.")
        return indent > self.indent or (_is_numbered_label(self.label) and not _is_numbered_label(label))


def _is_numbered_label(label: str) -> bool:
    return any(character.isdigit() for character in label)


def statement_numbers(statement_text: str) -> list[Number]:
    """The numbers of a statement; line numbers of a listing, and the mark of a footnote before its text, are none."""
    statement_counters = [(match.start(1), int(match[1])) for match in _STATEMENT_LINE_COUNTER.finditer(statement_text)]
    statement_counter_starts = {
        counter_start
        for index, (counter_start, counter_value) in enumerate(statement_counters)
        if len(statement_counters) >= MIN_COUNTED_LINES
        and any(
            0 <= neighbour < len(statement_counters)
            and statement_counters[neighbour][1] - counter_value == neighbour - index
            for neighbour in (index - 1, index + 1)
        )
    }
    if (mark := _FOOTNOTE_BEFORE_STATEMENT.match(statement_text)) and mark[2].lower() in ENGLISH_STOP_WORDS:
        statement_counter_starts.add(mark.start(1))
    return [
        number
        for number in numbers(statement_text)
        if number.start not in statement_counter_starts and not _is_number_in_statement_word(statement_text, number)
    ]


def _is_number_in_statement_word(statement_text: str, number: Number) -> bool:
    """Is it a part of a word, such as 37signals or BC4, and no unit or ordinal behind it?"""
    return not number.unit and (
        _CASED_STATEMENT_LETTER.match(statement_text, max(0, number.start - 1), number.start) is not None
        or _STATEMENT_ORDINAL_END.match(statement_text, number.start + len(number.value)) is not None
    )
