"""reStructuredText as Markdown: sections, code, notes, tables, links, footnotes; what readers do not see is left out.

Source: the reStructuredText specification and its directives, with those of Sphinx that documents use most.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from groundwork.documents.formats.markup.headings_and_quoted_notes import fenced, heading, note_title, quoted_note
from groundwork.documents.formats.markup.rst_grid_tables import grid_table_end, grid_table_rows
from groundwork.documents.pipe_tables import table_to_markdown

_RST_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+\s*$")  # one mark of punctuation over the whole line
_RST_DIRECTIVE = re.compile(r"\.\. (?:\|[^|\n]+\| )?([\w:-]+)::(?:[ \t]+(.*))?$")
_RST_OPTION = re.compile(r"\s+:[\w-]+:")
_RST_EXPLICIT_MARKUP = re.compile(r"\.\.(?:[ \t]|$)")  # a comment, a target, a footnote
_RST_FOOTNOTE = re.compile(r"\.\. \[#?([\w.-]+)\][ \t]*(.*)$")
_RST_NOTE_NUMBER = re.compile(r"\[(\d+)\]")
_RST_UNNUMBERED_NOTES = tuple(  # the mark and the note
    (re.compile(rf"(\[){sign}\](?=_(?!\w))"), re.compile(rf"(?m)^(\.\. \[){sign}\](?= |$)")) for sign in ("#", r"\*")
)
_RST_TARGET = re.compile(r"\.\. _`?([^`:\n]+)`?:[ \t]+(\S+)[ \t]*$")
_RST_TABLE_BORDER = re.compile(r"=+(?: +=+)+ *$")
_RST_NUMBERED_ITEM = re.compile(r"\s*(?:(\d{1,9})|#)\. ")
_RST_TABLE_ITEM = re.compile(r"(?P<row>\*)?[ ]+(?P<dash>-)(?:[ ]+|$)")
_RST_INLINE = re.compile(
    r"""(?P<code>``[^`\n]+(?:`[^`\n]+)*``) | :(?P<role>[\w:+-]+):`(?P<said>[^`\n]+)`
      | `(?P<text>[^`<>\n]+)[ ]<(?P<address>[^`<>\s]+)>`__? | `(?P<reference>[^`<>\n]+)`__?(?!\w)
      | \[\#?(?P<note>[\w.-]+)\]_(?!\w) | (?<![\w`])(?P<word>[A-Za-z][\w-]*[A-Za-z0-9])_(?![\w`])""",
    re.VERBOSE,
)
_RST_ROLE_TARGET = re.compile(r"<[^<>]*>\Z")
_RST_CODE_DIRECTIVES = (
    "code", "code-block", "sourcecode", "parsed-literal", "literalinclude", "doctest", "testcode", "prompt"
)  # fmt: skip
_UNSHOWN_RST_DIRECTIVES = frozenset((
    "contents", "toctree", "index", "highlight", "include", "meta", "raw", "sectnum", "role", "default-role",
    "rst-class", "currentmodule", "module", "py:currentmodule", "tabularcolumns", "only", "image",
))  # fmt: skip
_RST_NOTE_DIRECTIVES = frozenset((
    "note", "tip", "warning", "important", "hint", "caution", "attention", "danger", "error", "seealso", "admonition",
    "versionadded", "versionchanged", "deprecated", "todo",
))  # fmt: skip


def read_rst(rst_lines: list[str]) -> Iterator[str]:
    """The lines as Markdown."""
    rst_lines = _with_note_numbers(rst_lines)
    rst_addresses = {
        rst_target[1].strip().casefold(): rst_target[2]
        for rst_line in rst_lines
        if (rst_target := _RST_TARGET.match(rst_line))
    }
    return _RstReader(rst_addresses).read(rst_lines)


def _with_note_numbers(rst_lines: list[str]) -> list[str]:
    """The lines with the numbers of footnotes that say none (`[#]_`, `[*]_`): in their order, those that are free."""
    rst_text = "\n".join(rst_lines)
    said_numbers = set(_RST_NOTE_NUMBER.findall(rst_text))
    first_number = 1
    for rst_mark, rst_note in _RST_UNNUMBERED_NOTES:
        note_count = max(len(rst_mark.findall(rst_text)), len(rst_note.findall(rst_text)))
        free_numbers = (n for n in itertools.count(first_number) if str(n) not in said_numbers)
        note_numbers = list(itertools.islice(free_numbers, note_count))
        rst_text = _with_numbers(rst_mark, note_numbers, rst_text)
        rst_text = _with_numbers(rst_note, note_numbers, rst_text)
        first_number = max(note_numbers, default=first_number - 1) + 1
    return rst_text.split("\n")


def _with_numbers(rst_pattern: re.Pattern[str], note_numbers: Iterable[int], rst_text: str) -> str:
    next_number = iter(note_numbers)
    return rst_pattern.sub(lambda match: f"{match[1]}{next(next_number)}]", rst_text)


class _RstReader:
    """Reads lines, and the bodies of directives as lines of their own."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._rst_addresses = addresses
        self._rst_adornments: list[tuple[str, bool]] = []  # of titles, in order of their first appearance
        self._rst_numbers: dict[int, int] = {}  # of the last item of each open list, by its indent

    def read(self, rst_lines: list[str]) -> Iterator[str]:
        rst_line_index = 0
        while rst_line_index < len(rst_lines):
            rst_markdown, rst_line_index = self._read_rst_at(rst_lines, rst_line_index)
            yield from rst_markdown

    def _read_rst_at(self, rst_lines: list[str], index: int) -> tuple[Iterable[str], int]:
        """What stands at a line, and the line behind it."""
        rst_line = rst_lines[index]
        if rst_title := _rst_title(rst_lines, index):
            rst_title_text, rst_adornment, rst_title_lines = rst_title
            if rst_adornment not in self._rst_adornments:
                self._rst_adornments.append(rst_adornment)
            return (
                heading(self._rst_adornments.index(rst_adornment) + 1, self._rst_inline(rst_title_text)),
                "",
            ), index + rst_title_lines
        if _RST_EXPLICIT_MARKUP.match(rst_line):
            rst_body, rst_end = _rst_indented_block(rst_lines, index + 1)
            return self._rst_explicit_markup(rst_line, rst_body), rst_end
        if _RST_TABLE_BORDER.match(rst_line) and (rst_end := _rst_table_end(rst_lines, index)):
            return self._rst_simple_table(rst_lines[index:rst_end]), rst_end
        if rst_end := grid_table_end(rst_lines, index):
            return self._rst_grid_table(rst_lines[index:rst_end]), rst_end
        if rst_line.rstrip().endswith("::"):
            rst_body, rst_end = _rst_indented_block(rst_lines, index + 1, len(rst_line) - len(rst_line.lstrip()))
            if any(each.strip() for each in rst_body):
                return self._rst_literal_block(rst_line.rstrip(), rst_body), rst_end
        return [self._rst_inline(self._rst_numbered(rst_line))], index + 1

    def _rst_numbered(self, rst_line: str) -> str:
        """A line; an item that is to be numbered by itself (`#.`) with its number."""
        if not rst_line.strip():
            return rst_line
        rst_indent = len(rst_line) - len(rst_line.lstrip())
        rst_item = _RST_NUMBERED_ITEM.match(rst_line)
        rst_number = int(rst_item[1]) if rst_item and rst_item[1] else self._rst_numbers.get(rst_indent, 0) + 1
        self._rst_numbers = {indent: number for indent, number in self._rst_numbers.items() if indent < rst_indent}
        if not rst_item:
            return rst_line
        self._rst_numbers[rst_indent] = rst_number
        return rst_line if rst_item[1] else f"{rst_line[:rst_indent]}{rst_number}. {rst_line[rst_item.end() :]}"

    def _rst_literal_block(self, rst_line: str, rst_body: list[str]) -> Iterator[str]:
        rst_literal_lead = (
            rst_line.removesuffix("::")
            if rst_line.endswith(" ::") or rst_line.strip() == "::"
            else rst_line.removesuffix(":")
        )
        yield from ([self._rst_inline(rst_literal_lead.rstrip()), ""] if rst_literal_lead.strip() else [])
        yield from fenced("", _dedented_rst(rst_body))

    def _rst_explicit_markup(self, rst_line: str, rst_body: list[str]) -> Iterator[str]:
        if rst_directive := _RST_DIRECTIVE.match(rst_line):
            rst_options = list(itertools.takewhile(lambda each: _RST_OPTION.match(each), rst_body))
            yield from self._rst_directive(
                rst_directive[1], rst_directive[2] or "", _dedented_rst(rst_body[len(rst_options) :])
            )
        elif rst_footnote := _RST_FOOTNOTE.match(rst_line):
            footnote_text = " ".join([rst_footnote[2], *map(str.strip, rst_body)]).strip()
            yield from ("", f"[^{rst_footnote[1]}]: {self._rst_inline(footnote_text)}", "")

    def _rst_directive(self, directive: str, rst_argument: str, rst_body: list[str]) -> Iterator[str]:
        if directive in _RST_CODE_DIRECTIVES:
            yield from fenced(rst_argument if directive != "literalinclude" else "", rst_body)
        elif directive in _RST_NOTE_DIRECTIVES:
            is_titled = directive in ("admonition", "versionadded", "versionchanged", "deprecated")
            rst_note_lines = [*([rst_argument] if rst_argument and not is_titled else []), *rst_body]
            yield from quoted_note(note_title(directive, rst_argument if is_titled else ""), self.read(rst_note_lines))
        elif directive == "math":
            yield from ("$$", *filter(None, [rst_argument, *rst_body]), "$$", "")
        elif directive in ("list-table", "csv-table"):
            yield from ([self._rst_inline(rst_argument), ""] if rst_argument else [])
            yield from (self._rst_list_table(rst_body) if directive == "list-table" else fenced("csv", rst_body))
        elif directive not in _UNSHOWN_RST_DIRECTIVES:
            yield from ([self._rst_inline(rst_argument), ""] if rst_argument and directive != "figure" else [])
            yield from self.read(rst_body)
            yield ""

    def _rst_list_table(self, rst_body: list[str]) -> Iterator[str]:
        """A table of a list of lists; a body that is none stays as it is."""
        rst_rows: list[list[str]] = []
        rst_dash_column = 0
        for rst_line in rst_body:
            table_item = _RST_TABLE_ITEM.match(rst_line)
            if table_item and (table_item["row"] or (rst_rows and table_item.start("dash") == rst_dash_column)):
                rst_rows += [[]] if table_item["row"] else []
                rst_dash_column = table_item.start("dash")
                rst_rows[-1].append(rst_line[table_item.end() :].strip())
            elif rst_rows:
                rst_rows[-1][-1] = f"{rst_rows[-1][-1]} {rst_line.strip()}".strip()
        rst_table = table_to_markdown([[self._rst_inline(cell) for cell in row] for row in rst_rows])
        yield from (rst_table, "") if rst_table else self.read(rst_body)

    def _rst_simple_table(self, rst_lines: list[str]) -> Iterator[str]:
        """A simple table; a line without its first cell goes on with the row above."""
        rst_column_starts = [match.start() for match in re.finditer("=+", rst_lines[0])]
        rst_column_bounds = list(zip(rst_column_starts, [*rst_column_starts[1:], None], strict=True))
        rst_rows: list[list[str]] = []
        for rst_line in rst_lines:
            if not rst_line.strip() or _RST_TABLE_BORDER.match(rst_line):
                continue
            rst_cells = [self._rst_inline(rst_line[start:end].strip()) for start, end in rst_column_bounds]
            if rst_cells[0] or not rst_rows:
                rst_rows.append(rst_cells)
            else:
                rst_rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rst_rows[-1], rst_cells, strict=True)]
        yield from (table_to_markdown(rst_rows), "")

    def _rst_grid_table(self, rst_lines: list[str]) -> Iterator[str]:
        rst_rows = [[self._rst_inline(cell) for cell in row] for row in grid_table_rows(rst_lines)]
        yield from ("", table_to_markdown(rst_rows), "")

    def _rst_inline(self, text: str) -> str:
        return _RST_INLINE.sub(self._rst_inline_words, text)

    def _rst_inline_words(self, rst_match: re.Match[str]) -> str:
        if rst_match["code"]:
            return f"`{rst_match['code'].strip('`')}`"
        if rst_match["role"]:
            return _rst_role_words(rst_match["role"], rst_match["said"])
        if rst_match["text"]:
            return (
                f"[{rst_match['text']}]({rst_match['address']})" if ":" in rst_match["address"] else rst_match["text"]
            )
        if rst_match["note"]:
            return f"[^{rst_match['note']}]"
        rst_ref = rst_match["reference"] or rst_match["word"]
        rst_address = self._rst_addresses.get(rst_ref.casefold())
        return f"[{rst_ref}]({rst_address})" if rst_address else rst_ref if rst_match["reference"] else rst_match[0]


def _rst_role_words(rst_role: str, role_text: str) -> str:
    """What a role shows: its words, code of code and a formula of math."""
    if rst_role in ("pep", "rfc"):
        return f"{rst_role.upper()} {role_text}"
    if rst_role == "math":
        return f"${role_text}$"
    rst_role_words = _RST_ROLE_TARGET.sub("", role_text).strip() or role_text
    return (
        rst_role_words
        if rst_role in ("ref", "doc", "term", "strong", "emphasis", "sup", "sub", "abbr")
        else f"`{rst_role_words.lstrip('~!')}`"
    )


def _rst_title(rst_lines: list[str], rst_line_index: int) -> tuple[str, tuple[str, bool], int] | None:
    """(title, its mark and whether a line of it stands above too, lines that it takes), or none."""
    rst_above, title_line, rst_below = [*rst_lines[rst_line_index : rst_line_index + 3], "", "", ""][:3]
    line_before = rst_lines[rst_line_index - 1].strip() if rst_line_index else ""
    is_after_blank = not line_before or _is_rst_adornment(line_before)  # a subtitle may follow at once
    if (
        _is_rst_adornment(rst_above)
        and title_line.strip()
        and rst_above.strip() == rst_below.strip()
        and not _is_rst_adornment(title_line)
    ):
        return title_line.strip(), (rst_above[0], True), 3
    is_title = is_after_blank and rst_above.strip() and not rst_above[0].isspace() and not _is_rst_adornment(rst_above)
    if is_title and _is_rst_adornment(title_line) and len(title_line.strip()) >= min(len(rst_above.strip()), 4):
        return rst_above.strip(), (title_line[0], False), 2
    return None


def _is_rst_adornment(rst_line: str) -> bool:
    return _RST_ADORNMENT.match(rst_line) is not None and len(rst_line.strip()) >= 3


def _rst_indented_block(rst_lines: list[str], rst_block_start: int, rst_block_indent: int = 0) -> tuple[list[str], int]:
    """The lines that are indented more, with blank ones among them, and where they end."""
    rst_block_end = rst_block_start
    for rst_line_index in range(rst_block_start, len(rst_lines)):
        rst_line = rst_lines[rst_line_index]
        if rst_line.strip() and len(rst_line) - len(rst_line.lstrip()) <= rst_block_indent:
            break
        rst_block_end = rst_line_index + 1 if rst_line.strip() else rst_block_end
    return rst_lines[rst_block_start:rst_block_end], rst_block_end


def _rst_table_end(rst_lines: list[str], rst_line_index: int) -> int:
    """Behind the border that ends a simple table; 0 where none does."""
    table_end = 0
    for k in range(rst_line_index + 1, len(rst_lines)):
        if _RST_TABLE_BORDER.match(rst_lines[k]):
            table_end = k + 1
            if k + 1 == len(rst_lines) or not rst_lines[k + 1].strip():
                return table_end
    return 0


def _dedented_rst(rst_lines: list[str]) -> list[str]:
    rst_indents = [len(rst_line) - len(rst_line.lstrip()) for rst_line in rst_lines if rst_line.strip()]
    return [rst_line[min(rst_indents, default=0) :] for rst_line in rst_lines]
