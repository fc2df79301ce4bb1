"""Markdown read into blocks: heading, paragraph, list, table, code, quote, formula, contents.

No Markdown parser: it finds where each block starts and ends, so that the blocks, one behind the other, are the text.
White space behind a block belongs to it. Everything is linear in the text, whatever the text holds.
"""

from __future__ import annotations

import re  # not regex: these patterns run over the whole text, and re takes less than half the time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Literal, cast

import msgspec

from groundwork.language.list_labels import BULLETS, MARKDOWN_ITEM
from groundwork.markdown.csv_tables import is_csv_table
from groundwork.markdown.grid_tables import GRID_TABLE_START as GRID

BlockKind = Literal["heading", "paragraph", "list", "table", "code", "quote", "formula", "contents"]

PSEUDO_HEADING = 7  # a line all in bold: below every real heading


class Block(msgspec.Struct, frozen=True, gc=False):
    """One block; `headings` is the breadcrumb above it, a heading's own title included; `level` a heading's 1..7."""

    kind: BlockKind
    start: int
    end: int
    headings: tuple[str, ...] = ()
    level: int = 0


# Every group is possessive (++ and *+): what a line is gets decided once, so no text can make the patterns try again.
BLOCK_INDENT = r"[ \t>\ufeff]*+"  # also the marks of a quote and a byte-order mark
# the line break in front of a list item or numbered rule
LIST_ITEM_START = re.compile(rf"\n{BLOCK_INDENT}{MARKDOWN_ITEM}", re.VERBOSE)
_EOL = r"(?:\n|\Z)"
# Blank lines behind a block, which belong to it, and blanks at the end of the text.
_BLANKS_BELOW_BLOCK = r"(?:[^\S\n]*+\n)*+ (?:[^\S\n]++\Z)?+"
_TABLE_BLOCK_DELIMITER = rf"(?=[ \t>]*+[|:\-][ \t>|:\-]*+\r?{_EOL}) (?=[^\n]*-) (?=[^\n]*\|)"  # |---|:-:|
_PROSE_BLOCK_END = rf"(?: \n (?!{_TABLE_BLOCK_DELIMITER}) | \Z )"  # of a line that is no table header
# A heading's second line: === or ---
_BLOCK_UNDERLINE = rf"[ ]{{0,3}} (?:={{2,}}+|-{{3,}}+) [ \t\r]*+ {_EOL}"
# ``` or ~~~, also as a list item: 1. ```python
_CODE_FENCE = rf"(?:(?:[-*+]|\d{{1,3}}[.)])[ \t]++)?+ (?:`{{3,}}+ (?=[^`\n]*+{_EOL}) | ~{{3,}}+)"
_TABLE_BLOCK_TAG = r"<[tT][aA][bB][lL][eE]\b"  # letters by hand: (?i:...) is slow where nearly no text has one
# What ends any prose.
_BLOCK_OPENER = (
    rf"{BLOCK_INDENT} (?: \#{{1,6}}(?=[ \t\r\n]|\Z) | {_CODE_FENCE} | {_TABLE_BLOCK_TAG} | \$\$ | \| | (?={GRID}) )"
)
_PARAGRAPH_BREAK = (
    rf"(?: {_BLOCK_OPENER} | {BLOCK_INDENT}[-*+{BULLETS}][ \t] )"  # ... and a paragraph, which a list item does too
)
# A line that is not blank and not the header of a table.
_PROSE_BLOCK_LINE = rf"[^\S\n]*+ \S [^\n]*+ {_PROSE_BLOCK_END}"
# $$ ... $$, \[ ... \], and the environments of LaTeX; none runs over a blank line.
_FORMULA_BLOCK = r"""[ \t]*+ (?:
      \$\$ (?: (?!\$\$|\n[^\S\n]*+\n) . )*+ \$\$
    | \\\[ (?: (?!\\\]|\n[^\S\n]*+\n) . )*+ \\\]
    | \\begin\{(?:equation|align|gather|multline|eqnarray)\*?\}
      (?: (?!\\end\{|\n[^\S\n]*+\n) . )*+ \\end\{[a-z]++\*?\} ) [^\n]*+ \n?"""

_BLOCK = re.compile(  # what starts here; of prose and lists the first line, of a fence or an HTML table the mark
    rf"""
        (?P<paragraph> (?![a-zA-Z]{{1,6}}\)|[A-Z]\d) [^\W\d_] [^\n]*+ {_PROSE_BLOCK_END} (?!{_BLOCK_UNDERLINE}) )
      | (?P<list> {BLOCK_INDENT} {MARKDOWN_ITEM} {_PROSE_BLOCK_LINE} )
      | (?P<heading> [ \ufeff]{{0,3}} \#{{1,6}} (?=[ \t\r\n]|\Z) [^\n]*+ \n?
                   | (?!{BLOCK_INDENT}(?:{MARKDOWN_ITEM}|\|)) [^\S\n]*+ \S [^\n]*+ \n {_BLOCK_UNDERLINE} )
      | (?P<code> {BLOCK_INDENT} {_CODE_FENCE} )
      | (?P<html> {BLOCK_INDENT} {_TABLE_BLOCK_TAG} )
      | (?P<formula> {_FORMULA_BLOCK} )
      | (?P<table> (?: {BLOCK_INDENT} \| [^\n]*+ {_EOL} ){{2,}}+
                 | [^\n|]*+ \| [^\n]*+ \n {_TABLE_BLOCK_DELIMITER} [^\n]*+ {_EOL}
                   (?: (?!{_BLOCK_OPENER}) [^\n|]*+ \| [^\n]*+ {_EOL} )*+ )
      | (?P<grid> (?={GRID}) (?: {BLOCK_INDENT} [|+] [^\n]*+ {_EOL} )++ )
      | (?P<quote> (?: [ ]{{0,3}} > (?!{BLOCK_INDENT}(?:\||```|~~~)) [^\n]*+ {_EOL} )++ )
      | (?P<other> [^\S\n]*+ \S [^\n]*+  # no table without |
                   (?: \n (?={_TABLE_BLOCK_DELIMITER}) (?!{_PARAGRAPH_BREAK}) {_PROSE_BLOCK_LINE} | {_EOL} ) )
    """,
    re.VERBOSE | re.DOTALL,
).match
# Lines that start otherwise are told at once: they go on with what is there.
_BLOCK_MARKS = rf"(?=[\s\#`~<$|>\ufeff*+{BULLETS}:-])"
_FENCED_ITEM = r"(?=\d{1,3}[.)][ \t]++[`~])"  # but for a number with a fence behind it
_TABLE_BLOCK_HEADER = rf"(?P<header> (?<!\n\n) {_TABLE_BLOCK_DELIMITER} )"  # the line above it is the first of a table
_PARAGRAPH_END = re.compile(  # in front of the line that is no longer of the paragraph
    rf"""\n (?: \n | {_BLOCK_MARKS} (?: {_TABLE_BLOCK_HEADER} | {_PARAGRAPH_BREAK} | [^\S\n]++\n )
              | {_FENCED_ITEM} {_BLOCK_OPENER} )""",
    re.VERBOSE,
).search
_LIST_BLOCK_END = re.compile(  # a list goes on behind blank lines with its next item, or with what is indented
    rf"""\n (?: {_BLOCK_MARKS}
                (?: (?=[^\S\n]*+\n) \n*+ (?:[^\S\n]++\n++)*+
                    (?: (?![ \t]++\S | {BLOCK_INDENT}{MARKDOWN_ITEM})
                      | (?: {_BLOCK_MARKS} | {_FENCED_ITEM} ) {_BLOCK_OPENER} )
                  | (?!\n) (?: {_TABLE_BLOCK_HEADER} | {_BLOCK_OPENER} ) )
              | {_FENCED_ITEM} {_BLOCK_OPENER} )""",
    re.VERBOSE,
).search
_BLANKS_BEHIND = re.compile(_BLANKS_BELOW_BLOCK, re.VERBOSE).match
_LEADING_BLANKS = re.compile(rf"\ufeff?+{_BLANKS_BELOW_BLOCK}", re.VERBOSE)
_FRONT_MATTER_BLOCK = re.compile(  # --- title: ... --- at the head of the text
    rf"\ufeff?---[ \t\r]*+\n (?:(?!---|\.\.\.)[^\n]*+\n){{1,100}}+ (?:---|\.\.\.)[ \t\r]*+{_EOL} {_BLANKS_BELOW_BLOCK}",
    re.VERBOSE,
)
_TABLE_BLOCK_TAGS = re.compile(r"<(/?)(?i:table)\b[^>]*+>?")  # <table>, </table>: they nest
_BOLD_HEADING_BLOCK = re.compile(r"[^\S\n]*+(\*\*|__)(?=\S)([^*_\n]{1,100}+)\1\s*+")  # **Scoring** alone on its line
_CONTENTS_BLOCK_DOTS = re.compile(  # the end of a line such as Introduction ........ 3 or Introduction … 3
    r"(?: (?<!\.) \.{4} | (?<!\.[ ]) (?:\.[ ]){3} | … ) [ .…|*_]*+ (?:\d{1,4}|[ivxlc]{1,7}) [ \t\r*_|]*+ \Z", re.VERBOSE
)
_CONTENTS_LAST_LETTERS = "0123456789ivxlc)"  # how the last line of a contents page ends
_DOT_LEADER_TAIL = 60  # characters at the end of a line that hold its page number and some of the dots
# such as - [Rules](#rules)
_CONTENTS_BLOCK_LINK = re.compile(r"\A[ \t]*+(?:[-*+]|\d+[.)])[ \t]++\[[^\]\n]++\]\(\#[^)\n]*+\)[ \t\r]*+\Z")
_BLOCK_MARKUP = re.compile(r"[*`]++|!?\[([^\[\]]*+)\]\([^)]*+\)")  # what a heading's plain title goes without
_EMPHASIS_IN_BLOCK = re.compile(r"(?<!\w)(_{1,3})(?![\s_]|[a-z]++__(?!\w))([^_]++)(?<!\s)\1(?!\w)")  # but for __init__
_BLANK_BELOW_BLOCK = re.compile(r"\n[^\S\n]*+\n")  # where a <table> ends that is never closed


def blocks(markdown: str) -> list[Block]:
    """The blocks of the text in order: each ends where the next one starts, and together they are the text."""
    parsed_blocks = list(_read_blocks(markdown))
    has_contents = any(block.kind == "contents" for block in parsed_blocks)
    return _without_stray_contents(markdown, parsed_blocks) if has_contents else parsed_blocks


def _without_stray_contents(markdown: str, parsed_blocks: list[Block]) -> list[Block]:
    """The blocks; a line that leads to a page number, with no other beside it, is a paragraph among the text."""
    body_indices = [k for k, block in enumerate(parsed_blocks) if block.kind != "heading"]
    block_kinds = ["", *(parsed_blocks[k].kind for k in body_indices), ""]
    for block_index, kind_of_block_above, block_kind, kind_of_block_below in zip(
        body_indices, block_kinds, block_kinds[1:], block_kinds[2:], strict=False
    ):
        block = parsed_blocks[block_index]
        is_stray_block = block_kind == "contents" and "\n" not in markdown[block.start : block.end].strip()
        if is_stray_block and kind_of_block_above not in ("", "contents") and kind_of_block_below != "contents":
            parsed_blocks[block_index] = msgspec.structs.replace(block, kind="paragraph")
    return parsed_blocks


def _read_blocks(markdown: str) -> Iterator[Block]:
    block_reader, block_breadcrumb = _BlockReader(markdown), _BlockBreadcrumb()
    block_start, block_position = 0, block_reader.first_block_start()
    if markdown[:block_position].strip("\ufeff").strip():
        yield Block("paragraph", 0, block_position)  # front matter
        block_start = block_position
    previous_kind = ""
    while block_position < len(markdown):
        block_kind, block_end, heading_block_level, heading_title = block_reader.block_at(block_position)
        if heading_block_level:
            block_breadcrumb.enter(heading_block_level, heading_title)
        elif block_kind == "contents":
            block_breadcrumb.is_of_contents |= previous_kind == "heading"
            block_breadcrumb.entry_count += markdown[block_start:block_end].strip().count("\n") + 1
        elif block_breadcrumb.is_of_contents:
            block_breadcrumb.leave_contents()
        yield Block(block_kind, block_start, block_end, block_breadcrumb.path, heading_block_level)
        block_start = block_position = block_end
        previous_kind = block_kind
    if block_start < len(markdown):
        yield Block("paragraph", block_start, len(markdown))  # nothing but white space


class _BlockBreadcrumb:
    """The headings that hold at a place of the text."""

    def __init__(self) -> None:
        self.path: tuple[str, ...] = ()
        self.is_of_contents = False  # the last one is the title of a contents page
        self.entry_count = 0  # of that page
        self._levels: list[int] = []

    def enter(self, heading_block_level: int, heading_title: str) -> None:
        outer_heading_count = sum(outer < heading_block_level for outer in self._levels)  # levels rise strictly
        self._levels = [*self._levels[:outer_heading_count], heading_block_level]
        self.path = (*self.path[:outer_heading_count], heading_title)
        self.is_of_contents, self.entry_count = False, 0

    def leave_contents(self) -> None:
        """The title "Contents" does not hold for the text behind the contents; one above a stray entry does."""
        if self.entry_count > 1:
            self._levels, self.path = self._levels[:-1], self.path[:-1]
        self.is_of_contents = False


class _BlockReader:
    """Tells the block at a position of a text."""

    def __init__(self, markdown: str) -> None:
        self._blocks_text = markdown
        self._tables = _table_block_ends(markdown)

    def first_block_start(self) -> int:
        """Where the first block starts: behind a byte-order mark, blank lines, and front matter."""
        match = _FRONT_MATTER_BLOCK.match(self._blocks_text) or _LEADING_BLANKS.match(self._blocks_text)
        return match.end() if match else 0

    def block_at(self, position: int) -> tuple[BlockKind, int, int, str]:
        """Kind, end, and a heading's level and title, of the block whose first line starts at `position`."""
        markdown = self._blocks_text
        block_match = _BLOCK(markdown, position)
        kind, block_end = (block_match.lastgroup, block_match.end()) if block_match else ("other", len(markdown))
        if kind == "list":
            block_end = _block_breaking_line(_LIST_BLOCK_END, markdown, block_end)
        elif kind in ("paragraph", "other"):
            block_end = _block_breaking_line(_PARAGRAPH_END, markdown, block_end)
        if kind not in ("code", "html"):
            block_end = _skip_blanks_below_block(markdown, block_end)
        if kind == "heading":
            return "heading", block_end, *_read_heading(markdown[position:block_end])
        if kind == "code":
            return *_read_code_block(markdown, position), 0, ""
        if kind == "html":
            return "table", _table_block_end(markdown, position, self._tables), 0, ""
        if self._tables and kind != "formula" and (tag := _TABLE_BLOCK_TAGS.search(markdown, position + 1, block_end)):
            block_end = tag.start()
        if kind == "grid":
            return "table", block_end, 0, ""
        if _is_contents_block(markdown, position, block_end):
            return "contents", block_end, 0, ""
        if kind == "other":
            if bold_heading := _BOLD_HEADING_BLOCK.fullmatch(markdown, position, block_end):
                return "heading", block_end, PSEUDO_HEADING, bold_heading[2].strip()
            kind = "paragraph"
        if kind == "paragraph" and is_csv_table(markdown, position, block_end):
            kind = "table"
        return cast(BlockKind, kind), block_end, 0, ""


def _block_breaking_line(search: Callable[..., re.Match[str] | None], markdown: str, block_line: int) -> int:
    """Where the line starts that ends a paragraph or list whose first line ends at `block_line`."""
    block_break = search(markdown, block_line - 1)
    if not block_break:
        return len(markdown)
    block_end = block_break.start() + 1
    header = markdown.rfind("\n", 0, block_end - 1) + 1 if block_break["header"] is not None else 0
    return header if header >= block_line and not markdown[header:block_end].isspace() else block_end


def _skip_blanks_below_block(markdown: str, block_end: int) -> int:
    below_block = markdown[block_end : block_end + 2]
    if not below_block[:1].isspace():
        return block_end
    if below_block[0] == "\n" and not below_block[1:].isspace():
        return block_end + 1  # one blank line, as nearly always
    blanks_below_block = _BLANKS_BEHIND(markdown, block_end)
    return blanks_below_block.end() if blanks_below_block else block_end


def _read_heading(heading_block: str) -> tuple[int, str]:
    """Level and plain title of `## Title ##`, or of a title underlined with === or ---."""
    heading_block = heading_block.strip("\ufeff \t\r\n")
    if heading_block[0] == "#":
        heading_title = heading_block.lstrip("#")
        return min(len(heading_block) - len(heading_title), 6), plain_title(heading_title.rstrip("#"))
    heading_title, _, heading_underline = heading_block.rpartition("\n")
    return (1 if "=" in heading_underline else 2), plain_title(heading_title)


def plain_title(heading_block: str) -> str:
    """A heading without emphasis, code marks and link addresses, on one line."""
    if "*" in heading_block or "_" in heading_block or "`" in heading_block or "[" in heading_block:
        heading_block = _EMPHASIS_IN_BLOCK.sub(r"\2", _BLOCK_MARKUP.sub(lambda match: match[1] or "", heading_block))
    return " ".join(heading_block.split())


def _is_contents_block(markdown: str, block_start: int, block_end: int) -> bool:
    """Lines that lead by dots to a page number, or list items that are nothing but links into the document."""
    contents_block_tail = markdown[max(block_start, block_end - 200) : block_end].rstrip("\n\r \t*_|")
    if contents_block_tail[-1:] not in _CONTENTS_LAST_LETTERS or len(contents_block_tail) < 6:
        return False  # nearly every block, told by one letter
    block_line_pattern, block_line_tail = (
        (_CONTENTS_BLOCK_LINK, 0) if contents_block_tail[-1] == ")" else (_CONTENTS_BLOCK_DOTS, _DOT_LEADER_TAIL)
    )
    block_lines = [line for line in markdown[block_start:block_end].split("\n") if line and not line.isspace()]
    if not block_line_pattern.search(block_lines[-1][-block_line_tail:]):
        return False
    contents_lines = sum(block_line_pattern.search(line[-block_line_tail:]) is not None for line in block_lines)
    return contents_lines == len(block_lines) or (contents_lines >= 3 and 2 * contents_lines >= len(block_lines))


def _read_code_block(markdown: str, block_position: int) -> tuple[BlockKind, int]:
    """A fence runs to its closing line, or to the end of the text; one that says csv or tsv is a table."""
    first_line = markdown.find("\n", block_position) + 1 or len(markdown)
    opening_fence = markdown[block_position:first_line]
    code_block_marks = _CODE_BLOCK_MARKS.search(opening_fence)
    block_mark_length, block_mark = (len(code_block_marks[0]), code_block_marks[0][0]) if code_block_marks else (3, "`")
    closing_block_fence = _code_block_end(block_mark, min(block_mark_length, 50)).search(markdown, first_line)
    code_block_info = opening_fence[code_block_marks.end() :].split() if code_block_marks else []
    kind: BlockKind = "table" if code_block_info and code_block_info[0].lower() in ("csv", "tsv") else "code"
    fence_end = closing_block_fence.end() if closing_block_fence else len(markdown)
    return kind, _skip_blanks_below_block(markdown, fence_end)


_CODE_BLOCK_MARKS = re.compile(r"`{3,}+|~{3,}+")


@cache
def _code_block_end(mark: str, length: int) -> re.Pattern[str]:
    return re.compile(rf"^{BLOCK_INDENT}{mark}{{{length},}}+[ \t\r]*+(?:\n|\Z)", re.MULTILINE)


def _table_block_ends(markdown: str) -> dict[int, int]:
    """Start of each `<table` to the end of its own `</table>`; 0 where that is missing. One pass."""
    table_block_ends: dict[int, int] = {}
    open_table_blocks: list[int] = []
    for block_tag in _TABLE_BLOCK_TAGS.finditer(markdown):
        if not block_tag[1]:
            table_block_ends[block_tag.start()] = 0
            open_table_blocks.append(block_tag.start())
        elif open_table_blocks:
            table_block_ends[open_table_blocks.pop()] = block_tag.end()
    return table_block_ends


def _table_block_end(markdown: str, block_position: int, html_table_ends: dict[int, int]) -> int:
    """Behind `</table>` and the blank lines after it; of a table that is never closed, behind the next blank line."""
    table_end = html_table_ends.get(markdown.find("<", block_position), 0)
    if not table_end:
        blank_line = _BLANK_BELOW_BLOCK.search(markdown, block_position)
        table_end = blank_line.end() if blank_line else len(markdown)
    return _skip_blanks_below_block(markdown, table_end)
