"""reStructuredText as Markdown: sections, code, notes, tables, links, footnotes; what readers do not see is left out.

Source: the reStructuredText specification and its directives, with those of Sphinx that documents use most.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from groundwork.documents.formats.markup.headings_and_quoted_notes import fenced, heading, note_title, quoted_note
from groundwork.documents.pipe_tables import table_to_markdown

_RST_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+\s*$")  # one mark of punctuation over the whole line
_RST_DIRECTIVE = re.compile(r"\.\. (?:\|[^|\n]+\| )?([\w:-]+)::(?:[ \t]+(.*))?$")
_RST_OPTION = re.compile(r"\s+:[\w-]+:")
_RST_EXPLICIT_MARKUP = re.compile(r"\.\.(?:[ \t]|$)")  # a comment, a target, a footnote
_RST_FOOTNOTE = re.compile(r"\.\. \[#?([\w.-]+)\][ \t]*(.*)$")
_RST_TARGET = re.compile(r"\.\. _`?([^`:\n]+)`?:[ \t]+(\S+)[ \t]*$")
_RST_TABLE_BORDER = re.compile(r"=+(?: +=+)+ *$")
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
    rst_addresses = {
        rst_target[1].strip().casefold(): rst_target[2]
        for rst_line in rst_lines
        if (rst_target := _RST_TARGET.match(rst_line))
    }
    return _RstReader(rst_addresses).read(rst_lines)


class _RstReader:
    """Reads lines, and the bodies of directives as lines of their own."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._rst_addresses = addresses
        self._adornment_levels: list[
            tuple[str, bool]
        ] = []  # how titles are adorned, in order of their first appearance

    def read(self, rst_lines: list[str]) -> Iterator[str]:
        rst_line_index = 0
        while rst_line_index < len(rst_lines):
            rst_markdown, rst_line_index = self._read_rst_at(rst_lines, rst_line_index)
            yield from rst_markdown

    def _read_rst_at(self, rst_lines: list[str], index: int) -> tuple[Iterable[str], int]:
        """What stands at a line, and the line behind it."""
        rst_line = rst_lines[index]
        if rst_title := _rst_title(rst_lines, index):
            title_text, adornment, title_lines = rst_title
            if adornment not in self._adornment_levels:
                self._adornment_levels.append(adornment)
            return (
                heading(self._adornment_levels.index(adornment) + 1, self._rst_inline(title_text)),
                "",
            ), index + title_lines
        if _RST_EXPLICIT_MARKUP.match(rst_line):
            rst_body, rst_end = _rst_indented_block(rst_lines, index + 1)
            return self._rst_explicit_markup(rst_line, rst_body), rst_end
        if _RST_TABLE_BORDER.match(rst_line) and (rst_end := _rst_table_end(rst_lines, index)):
            return self._rst_simple_table(rst_lines[index:rst_end]), rst_end
        if rst_line.rstrip().endswith("::"):
            rst_body, rst_end = _rst_indented_block(rst_lines, index + 1, len(rst_line) - len(rst_line.lstrip()))
            if any(each.strip() for each in rst_body):
                return self._rst_literal_block(rst_line.rstrip(), rst_body), rst_end
        return [self._rst_inline(rst_line)], index + 1

    def _rst_literal_block(self, rst_line: str, rst_body: list[str]) -> Iterator[str]:
        literal_lead = (
            rst_line.removesuffix("::")
            if rst_line.endswith(" ::") or rst_line.strip() == "::"
            else rst_line.removesuffix(":")
        )
        yield from ([self._rst_inline(literal_lead.rstrip()), ""] if literal_lead.strip() else [])
        yield from fenced("", _dedented_rst(rst_body))

    def _rst_explicit_markup(self, rst_line: str, rst_body: list[str]) -> Iterator[str]:
        if rst_directive := _RST_DIRECTIVE.match(rst_line):
            directive_options = list(itertools.takewhile(lambda each: _RST_OPTION.match(each), rst_body))
            yield from self._rst_directive(
                rst_directive[1], rst_directive[2] or "", _dedented_rst(rst_body[len(directive_options) :])
            )
        elif rst_footnote := _RST_FOOTNOTE.match(rst_line):
            footnote_text = " ".join([rst_footnote[2], *map(str.strip, rst_body)]).strip()
            yield from ("", f"[^{rst_footnote[1]}]: {self._rst_inline(footnote_text)}", "")

    def _rst_directive(self, directive: str, argument: str, directive_body: list[str]) -> Iterator[str]:
        if directive in _RST_CODE_DIRECTIVES:
            yield from fenced(argument if directive != "literalinclude" else "", directive_body)
        elif directive in _RST_NOTE_DIRECTIVES:
            is_titled_note = directive in ("admonition", "versionadded", "versionchanged", "deprecated")
            note_lines = [*([argument] if argument and not is_titled_note else []), *directive_body]
            yield from quoted_note(note_title(directive, argument if is_titled_note else ""), self.read(note_lines))
        elif directive == "math":
            yield from ("$$", *filter(None, [argument, *directive_body]), "$$", "")
        elif directive in ("list-table", "csv-table"):
            yield from ([self._rst_inline(argument), ""] if argument else [])
            yield from (
                self._rst_list_table(directive_body) if directive == "list-table" else fenced("csv", directive_body)
            )
        elif directive not in _UNSHOWN_RST_DIRECTIVES:
            yield from ([self._rst_inline(argument), ""] if argument and directive != "figure" else [])
            yield from self.read(directive_body)
            yield ""

    def _rst_list_table(self, directive_body: list[str]) -> Iterator[str]:
        """A table of a list of lists; a body that is none stays as it is."""
        rst_rows: list[list[str]] = []
        dash_column = 0
        for rst_line in directive_body:
            table_item = _RST_TABLE_ITEM.match(rst_line)
            if table_item and (table_item["row"] or (rst_rows and table_item.start("dash") == dash_column)):
                rst_rows += [[]] if table_item["row"] else []
                dash_column = table_item.start("dash")
                rst_rows[-1].append(rst_line[table_item.end() :].strip())
            elif rst_rows:
                rst_rows[-1][-1] = f"{rst_rows[-1][-1]} {rst_line.strip()}".strip()
        rst_table = table_to_markdown([[self._rst_inline(cell) for cell in row] for row in rst_rows])
        yield from (rst_table, "") if rst_table else self.read(directive_body)

    def _rst_simple_table(self, rst_lines: list[str]) -> Iterator[str]:
        """A simple table; a line without its first cell goes on with the row above."""
        column_starts = [match.start() for match in re.finditer("=+", rst_lines[0])]
        column_bounds = list(zip(column_starts, [*column_starts[1:], None], strict=True))
        rst_rows: list[list[str]] = []
        for rst_line in rst_lines:
            if not rst_line.strip() or _RST_TABLE_BORDER.match(rst_line):
                continue
            rst_cells = [self._rst_inline(rst_line[start:end].strip()) for start, end in column_bounds]
            if rst_cells[0] or not rst_rows:
                rst_rows.append(rst_cells)
            else:
                rst_rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rst_rows[-1], rst_cells, strict=True)]
        yield from (table_to_markdown(rst_rows), "")

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
        reference_words = rst_match["reference"] or rst_match["word"]
        rst_address = self._rst_addresses.get(reference_words.casefold())
        return (
            f"[{reference_words}]({rst_address})"
            if rst_address
            else reference_words
            if rst_match["reference"]
            else rst_match[0]
        )


def _rst_role_words(role: str, role_text: str) -> str:
    """What a role shows: its words, code of code and a formula of math."""
    if role in ("pep", "rfc"):
        return f"{role.upper()} {role_text}"
    if role == "math":
        return f"${role_text}$"
    role_words = _RST_ROLE_TARGET.sub("", role_text).strip() or role_text
    return (
        role_words
        if role in ("ref", "doc", "term", "strong", "emphasis", "sup", "sub", "abbr")
        else f"`{role_words.lstrip('~!')}`"
    )


def _rst_title(rst_lines: list[str], rst_line_index: int) -> tuple[str, tuple[str, bool], int] | None:
    """(title, its mark and whether a line of it stands above too, lines that it takes), or none."""
    above, title_line, line_below = [*rst_lines[rst_line_index : rst_line_index + 3], "", "", ""][:3]
    is_after_blank = rst_line_index == 0 or not rst_lines[rst_line_index - 1].strip()
    if (
        _is_rst_adornment(above)
        and title_line.strip()
        and above.strip() == line_below.strip()
        and not _is_rst_adornment(title_line)
    ):
        return title_line.strip(), (above[0], True), 3
    is_title = is_after_blank and above.strip() and not above[0].isspace() and not _is_rst_adornment(above)
    if is_title and _is_rst_adornment(title_line) and len(title_line.strip()) >= min(len(above.strip()), 4):
        return above.strip(), (title_line[0], False), 2
    return None


def _is_rst_adornment(rst_line: str) -> bool:
    return _RST_ADORNMENT.match(rst_line) is not None and len(rst_line.strip()) >= 3


def _rst_indented_block(rst_lines: list[str], block_start: int, block_indent: int = 0) -> tuple[list[str], int]:
    """The lines that are indented more, with blank ones among them, and where they end."""
    block_end = block_start
    for rst_line_index in range(block_start, len(rst_lines)):
        rst_line = rst_lines[rst_line_index]
        if rst_line.strip() and len(rst_line) - len(rst_line.lstrip()) <= block_indent:
            break
        block_end = rst_line_index + 1 if rst_line.strip() else block_end
    return rst_lines[block_start:block_end], block_end


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
