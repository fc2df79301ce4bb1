"""Markdown read into blocks: heading, paragraph, list, table, code, quote, formula, contents.

No Markdown parser: it finds where each block starts and ends, so that the blocks, one behind the other, are the text.
White space behind a block belongs to it. Everything is linear in the text, whatever the text holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple, cast

import regex

BlockKind = Literal["heading", "paragraph", "list", "table", "code", "quote", "formula", "contents"]

PSEUDO_HEADING = 7  # a line all in bold: below every real heading


class Block(NamedTuple):
    """One block; `headings` is the breadcrumb above it, a heading's own title included; `level` a heading's 1..7."""

    kind: BlockKind
    start: int
    end: int
    headings: tuple[str, ...] = ()
    level: int = 0


INDENT = r"[ \t>\ufeff]*+"  # also the marks of a quote and a byte-order mark
MARKER = r"""(?: (?: [-*+•‣◦⁃▪][ \t]                                     # - item
                 | \(?+ (?:\d{1,3}|[a-zA-Z]|[ivxIVX]{2,6}) \) [ \t]          # 1) a) (iv)
                 | \d{1,3} \. [ \t]                                          # 1. item
                 | \d{1,3} (?:\.\d{1,3})++ (?: \.(?=\D) | [ \t]++(?=\p{Lu})) )    # 1.2. rule, 1.2.3 Rule
             )"""
_EOL = r"(?:\n|\Z)"
_LINE = r"(?! [^\S\n]*+ (?:\n|\Z)) [^\n]*+ (?:\n|\Z)"  # a line that is not blank
_BLANKS = regex.compile(r"(?:[^\S\n]*+\n)*+(?:[^\S\n]*+\Z)?+")

_ATX = r"[ \ufeff]{0,3} \#{1,6} (?=[ \t\r\n]|\Z)"
_FENCE = rf"{INDENT} (?:(?:[-*+]|\d{{1,3}}[.)])[ \t]++)?+ (?:`{{3,}}+ (?=[^`\n]*+{_EOL}) | ~{{3,}}+)"
_HTML_TABLE = rf"{INDENT} <[tT][aA][bB][lL][eE]\b"
_PIPE_ROW = rf"{INDENT} \| [^\n]*+ {_EOL}"
_DELIMITER = rf"(?=[^\n]*-) (?=[^\n]*\|) [ \t>|:\-]++ \r?+ {_EOL}"  # |---|:-:|
_BARE_TABLE = rf"[^\n|]*+\|[^\n]*+\n {_DELIMITER}"  # a header row without outer pipes, known by the next line
_FORMULA = r"""[ \t]*+ (?:
      \$\$ (?: (?!\$\$|\n[^\S\n]*+\n) . )*+ \$\$
    | \\\[ (?: (?!\\\]|\n[^\S\n]*+\n) . )*+ \\\]
    | \\begin\{(?:equation|align|gather|multline|eqnarray)\*?\}
      (?: (?!\\end\{|\n[^\S\n]*+\n) . )*+ \\end\{[a-z]++\*?\} ) [^\n]*+"""
_NEW = rf"(?: {_ATX} | {_FENCE} | {_HTML_TABLE} | {INDENT}\| | [ \t]*+\$\$ | {_BARE_TABLE} )"  # what ends a paragraph
_PARAGRAPH = rf"{_LINE} (?: (?!{_NEW}) (?!{INDENT}(?:[-*+•][ \t]|1[.)][ \t])) {_LINE} )*+"
_LIST = rf"""{INDENT} {MARKER} {_LINE}
             (?: (?!{_NEW}) {_LINE} | (?:[^\S\n]*+\n)++ (?=[ \t]++\S | {INDENT}{MARKER}) (?!{_NEW}) )*+"""

_FLAGS = regex.VERBOSE | regex.DOTALL
_BLOCK = regex.compile(
    rf"""
      (?P<heading> {_ATX} [^\n]*+
                 | (?!{INDENT}{MARKER}) {INDENT}\S[^\n]*+ \n [ ]{{0,3}}(?:={{2,}}+|-{{3,}}+)[ \t\r]*+(?=\n|\Z) )
    | (?P<code> {_FENCE} )
    | (?P<html> {_HTML_TABLE} )
    | (?P<formula> {_FORMULA} )
    | (?P<table> (?:{_PIPE_ROW}){{2,}}+ | {_BARE_TABLE} (?:(?!{_ATX}|{_FENCE})[^\n|]*+\|[^\n]*+{_EOL})*+ )
    | (?P<list> {_LIST} )
    | (?P<quote> (?: [ ]{{0,3}}> (?!{INDENT}(?:\||```|~~~)) [^\n]*+{_EOL} )++ )
    | (?P<paragraph> {_PARAGRAPH} )
    """,
    _FLAGS,
)
_FRONT_MATTER = regex.compile(
    rf"\ufeff?---[ \t\r]*+\n (?:(?!---|\.\.\.)[^\n]*+\n){{1,100}}+ (?:---|\.\.\.)[ \t\r]*+{_EOL}", _FLAGS
)
_TABLE_TAG = regex.compile(r"<(/?)table\b[^>]*+>?", regex.IGNORECASE)
_BOLD_LINE = regex.compile(r"\s*+(\*\*|__)(?=\S)([^*_\n]{1,100}+)\1\s*+")
_LEADER = regex.compile(
    r"(?: \.{4,} | (?:\.[ ]){3,} | …{2,} )[ .…|*_]*+ (?:\d{1,4}|[ivxlc]{1,7}) [ \t\r*_|]*+ (?=\n|\Z)", _FLAGS
)
_LINK_ITEM = regex.compile(r"[ \t]*+(?:[-*+]|\d+[.)])[ \t]++\[[^\]\n]++\]\(\#[^)\n]*+\)[ \t\r]*+(?=\n|\Z)", _FLAGS)
_MARKUP = regex.compile(r"[*_`]++|!?\[([^\]]*+)\]\([^)]*+\)|\s++")


def blocks(markdown: str) -> list[Block]:
    """The blocks of the text in order: each ends where the next one starts, and together they are the text."""
    return list(_read(markdown))


def _read(text: str) -> Iterator[Block]:
    tables = _html_tables(text)
    crumbs: list[tuple[int, str]] = []  # (level, title) of the headings that hold here
    start, position = 0, _end_of_blanks(text, 0)
    if front := _FRONT_MATTER.match(text):
        position = _end_of_blanks(text, front.end())
        yield Block("paragraph", 0, position)
        start = position
    while position < len(text):
        kind, end = _block_at(text, position, tables)
        level, body_end, end = 0, end, _end_of_blanks(text, end)
        if kind == "paragraph" and (bold := _BOLD_LINE.fullmatch(text, position, end)):
            kind, level = "heading", PSEUDO_HEADING
            title = bold[2].strip()
        elif kind == "heading":
            level, title = _heading(text[position:body_end])
        if level:
            crumbs = [crumb for crumb in crumbs if crumb[0] < level] + ([(level, title)] if title else [])
        yield Block(kind, start, end, tuple(title for _, title in crumbs), level)
        start = position = end
    if start < len(text):
        yield Block("paragraph", start, len(text))


def _block_at(text: str, position: int, tables: dict[int, int]) -> tuple[BlockKind, int]:
    """Kind and end (before blank lines) of the block at `position`, which is the start of a line that is not blank."""
    match = _BLOCK.match(text, position)
    if match is None:  # cannot happen while a paragraph takes any line; kept so that no text could ever stop the reader
        return "paragraph", text.find("\n", position) + 1 or len(text)
    kind, end = match.lastgroup or "paragraph", match.end()
    if kind == "html":
        return "table", _html_table_end(text, position, tables)
    if kind == "code":
        return _fenced(text, match.group().lstrip(" \t>\ufeff-*+.)0123456789"), end)
    if kind in ("paragraph", "list", "quote"):
        if tables and (inside := _TABLE_TAG.search(text, position, end)) and inside.start() > position:
            end = inside.start()
        return _prose_kind(text, kind, position, end), end
    if kind == "table" and _is_contents(text, position, end):
        return "contents", end
    return cast(BlockKind, kind), end


def _end_of_blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return int(match.end()) if match else position


def _heading(line: str) -> tuple[int, str]:
    """Level and plain title of `## Title ##`, or of a title underlined with === or ---."""
    line = line.strip().lstrip("\ufeff ")
    if line.startswith("#"):
        title = line.lstrip("#")
        return min(len(line) - len(title), 6), plain(title.rstrip().rstrip("#"))
    title, _, underline = line.rpartition("\n")
    return (1 if underline.strip().startswith("=") else 2), plain(title)


def plain(title: str) -> str:
    """A heading without emphasis, code marks and link addresses."""
    return str(_MARKUP.sub(lambda match: match[1] or (" " if match[0].isspace() else ""), title)).strip()


def _prose_kind(text: str, kind: str, start: int, end: int) -> BlockKind:
    from dataprep.text.tables import is_csv

    if _is_contents(text, start, end):
        return "contents"
    return "table" if kind == "paragraph" and is_csv(text, start, end) else kind  # type: ignore[return-value]  # one of the three


def _is_contents(text: str, start: int, end: int) -> bool:
    """Lines that lead by dots to a page number, or list items that are nothing but links into the document."""
    pattern = _LEADER if text.find("....", start, end) >= 0 or text.find(". . .", start, end) >= 0 else None
    if pattern is None and text.find("](#", start, end) >= 0:
        pattern = _LINK_ITEM
    if pattern is None:
        return False
    hits = sum(1 for _ in pattern.finditer(text, start, end))
    lines = text.count("\n", start, end) + (text[end - 1] != "\n")
    return hits == lines or (hits >= 3 and 2 * hits >= lines)


@cache
def _closing(mark: str, length: int) -> regex.Pattern[str]:
    return regex.compile(rf"^{INDENT}{regex.escape(mark)}{{{length},}}+[ \t\r]*+(?:\n|\Z)", regex.MULTILINE)


def _fenced(text: str, marks: str, end: int) -> tuple[BlockKind, int]:
    """A fence runs to its closing line, or to the end of the text; one that says csv or tsv is a table."""
    first_line = text.find("\n", end) + 1 or len(text)
    closing = _closing(marks[0], min(len(marks), 50)).search(text, first_line)
    info = text[end:first_line].split()
    kind: BlockKind = "table" if info and info[0].lower() in ("csv", "tsv") else "code"
    return kind, closing.end() if closing else len(text)


def _html_tables(text: str) -> dict[int, int]:
    """Start of each `<table` to the end of its own `</table>`; 0 where that is missing. One pass."""
    ends: dict[int, int] = {}
    if "<table" not in text and "<TABLE" not in text and "<Table" not in text:
        return ends
    opened: list[int] = []
    for tag in _TABLE_TAG.finditer(text):
        if not tag[1]:
            ends[tag.start()] = 0
            opened.append(tag.start())
        elif opened:
            ends[opened.pop()] = tag.end()
    return ends


def _html_table_end(text: str, position: int, tables: dict[int, int]) -> int:
    """Behind `</table>` and its line; of a table that is never closed, the next blank line."""
    tag = text.find("<", position)
    end = tables.get(tag, 0)
    if end:
        line_end = text.find("\n", end)
        line_end = len(text) if line_end < 0 else line_end
        return line_end if not text[end:line_end].strip() else end
    blank = _BLANK_LINE.search(text, position)
    return blank.start() + 1 if blank else len(text)


_BLANK_LINE = regex.compile(r"\n[^\S\n]*+\n")
