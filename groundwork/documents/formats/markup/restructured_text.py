"""reStructuredText as Markdown: sections, code, notes, tables, links, footnotes; what readers do not see is left out.

Source: the reStructuredText specification and its directives, with those of Sphinx that documents use most.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from groundwork.documents.formats.markup.headings_and_quoted_notes import fenced, heading, note_title, quoted_note
from groundwork.documents.pipe_tables import table_to_markdown

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+\s*$")  # one mark of punctuation over the whole line
_DIRECTIVE = re.compile(r"\.\. (?:\|[^|\n]+\| )?([\w:-]+)::(?:[ \t]+(.*))?$")
_OPTION = re.compile(r"\s+:[\w-]+:")
_EXPLICIT = re.compile(r"\.\.(?:[ \t]|$)")  # a comment, a target, a footnote
_FOOTNOTE = re.compile(r"\.\. \[#?([\w.-]+)\][ \t]*(.*)$")
_TARGET = re.compile(r"\.\. _`?([^`:\n]+)`?:[ \t]+(\S+)[ \t]*$")
_TABLE_BORDER = re.compile(r"=+(?: +=+)+ *$")
_TABLE_ITEM = re.compile(r"(?P<row>\*)?[ ]+(?P<dash>-)(?:[ ]+|$)")
_INLINE = re.compile(
    r"""(?P<code>``[^`\n]+(?:`[^`\n]+)*``) | :(?P<role>[\w:+-]+):`(?P<said>[^`\n]+)`
      | `(?P<text>[^`<>\n]+)[ ]<(?P<address>[^`<>\s]+)>`__? | `(?P<reference>[^`<>\n]+)`__?(?!\w)
      | \[\#?(?P<note>[\w.-]+)\]_(?!\w) | (?<![\w`])(?P<word>[A-Za-z][\w-]*[A-Za-z0-9])_(?![\w`])""",
    re.VERBOSE,
)
_ROLE_TARGET = re.compile(r"<[^<>]*>\Z")
_CODE_DIRECTIVES = (
    "code",
    "code-block",
    "sourcecode",
    "parsed-literal",
    "literalinclude",
    "doctest",
    "testcode",
    "prompt",
)
_UNSHOWN = frozenset((
    "contents", "toctree", "index", "highlight", "include", "meta", "raw", "sectnum", "role", "default-role",
    "rst-class", "currentmodule", "module", "py:currentmodule", "tabularcolumns", "only", "image",
))  # fmt: skip
_NOTES = frozenset((
    "note", "tip", "warning", "important", "hint", "caution", "attention", "danger", "error", "seealso", "admonition",
    "versionadded", "versionchanged", "deprecated", "todo",
))  # fmt: skip


def read_rst(rst_lines: list[str]) -> Iterator[str]:
    """The lines as Markdown."""
    addresses = {match[1].strip().casefold(): match[2] for rst_line in rst_lines if (match := _TARGET.match(rst_line))}
    return _Reader(addresses).read(rst_lines)


class _Reader:
    """Reads lines, and the bodies of directives as lines of their own."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = addresses
        self._levels: list[tuple[str, bool]] = []  # how titles are adorned, in order of their first appearance

    def read(self, rst_lines: list[str]) -> Iterator[str]:
        line_index = 0
        while line_index < len(rst_lines):
            written, line_index = self._read_at(rst_lines, line_index)
            yield from written

    def _read_at(self, rst_lines: list[str], line_index: int) -> tuple[Iterable[str], int]:
        """What stands at a line, and the line behind it."""
        rst_line = rst_lines[line_index]
        if title := _title(rst_lines, line_index):
            text, adornment, length = title
            if adornment not in self._levels:
                self._levels.append(adornment)
            return (heading(self._levels.index(adornment) + 1, self._inline(text)), ""), line_index + length
        if _EXPLICIT.match(rst_line):
            body_lines, end = _indented_block(rst_lines, line_index + 1)
            return self._explicit(rst_line, body_lines), end
        if _TABLE_BORDER.match(rst_line) and (end := _table_end(rst_lines, line_index)):
            return self._table(rst_lines[line_index:end]), end
        if rst_line.rstrip().endswith("::"):
            body_lines, end = _indented_block(rst_lines, line_index + 1, len(rst_line) - len(rst_line.lstrip()))
            if any(each.strip() for each in body_lines):
                return self._literal(rst_line.rstrip(), body_lines), end
        return [self._inline(rst_line)], line_index + 1

    def _literal(self, rst_line: str, body_lines: list[str]) -> Iterator[str]:
        lead = (
            rst_line.removesuffix("::")
            if rst_line.endswith(" ::") or rst_line.strip() == "::"
            else rst_line.removesuffix(":")
        )
        yield from ([self._inline(lead.rstrip()), ""] if lead.strip() else [])
        yield from fenced("", _dedented(body_lines))

    def _explicit(self, rst_line: str, body_lines: list[str]) -> Iterator[str]:
        if directive := _DIRECTIVE.match(rst_line):
            options = list(itertools.takewhile(lambda each: _OPTION.match(each), body_lines))
            yield from self._directive(directive[1], directive[2] or "", _dedented(body_lines[len(options) :]))
        elif note := _FOOTNOTE.match(rst_line):
            text = " ".join([note[2], *map(str.strip, body_lines)]).strip()
            yield from ("", f"[^{note[1]}]: {self._inline(text)}", "")

    def _directive(self, name: str, argument: str, body_lines: list[str]) -> Iterator[str]:
        if name in _CODE_DIRECTIVES:
            yield from fenced(argument if name != "literalinclude" else "", body_lines)
        elif name in _NOTES:
            is_titled = name in ("admonition", "versionadded", "versionchanged", "deprecated")
            text = [*([argument] if argument and not is_titled else []), *body_lines]
            yield from quoted_note(note_title(name, argument if is_titled else ""), self.read(text))
        elif name == "math":
            yield from ("$$", *filter(None, [argument, *body_lines]), "$$", "")
        elif name in ("list-table", "csv-table"):
            yield from ([self._inline(argument), ""] if argument else [])
            yield from self._list_table(body_lines) if name == "list-table" else fenced("csv", body_lines)
        elif name not in _UNSHOWN:
            yield from ([self._inline(argument), ""] if argument and name != "figure" else [])
            yield from self.read(body_lines)
            yield ""

    def _list_table(self, body_lines: list[str]) -> Iterator[str]:
        """A table of a list of lists; a body that is none stays as it is."""
        table_rows: list[list[str]] = []
        dash = 0
        for rst_line in body_lines:
            item = _TABLE_ITEM.match(rst_line)
            if item and (item["row"] or (table_rows and item.start("dash") == dash)):
                table_rows += [[]] if item["row"] else []
                dash = item.start("dash")
                table_rows[-1].append(rst_line[item.end() :].strip())
            elif table_rows:
                table_rows[-1][-1] = f"{table_rows[-1][-1]} {rst_line.strip()}".strip()
        table = table_to_markdown([[self._inline(cell) for cell in row] for row in table_rows])
        yield from (table, "") if table else self.read(body_lines)

    def _table(self, rst_lines: list[str]) -> Iterator[str]:
        """A simple table; a line without its first cell goes on with the row above."""
        starts = [match.start() for match in re.finditer("=+", rst_lines[0])]
        bounds = list(zip(starts, [*starts[1:], None], strict=True))
        table_rows: list[list[str]] = []
        for rst_line in rst_lines:
            if not rst_line.strip() or _TABLE_BORDER.match(rst_line):
                continue
            cells = [self._inline(rst_line[start:end].strip()) for start, end in bounds]
            if cells[0] or not table_rows:
                table_rows.append(cells)
            else:
                table_rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(table_rows[-1], cells, strict=True)]
        yield from (table_to_markdown(table_rows), "")

    def _inline(self, text: str) -> str:
        return _INLINE.sub(self._inline_words, text)

    def _inline_words(self, match: re.Match[str]) -> str:
        if match["code"]:
            return f"`{match['code'].strip('`')}`"
        if match["role"]:
            return _role_words(match["role"], match["said"])
        if match["text"]:
            return f"[{match['text']}]({match['address']})" if ":" in match["address"] else match["text"]
        if match["note"]:
            return f"[^{match['note']}]"
        words = match["reference"] or match["word"]
        address = self._addresses.get(words.casefold())
        return f"[{words}]({address})" if address else words if match["reference"] else match[0]


def _role_words(role: str, said: str) -> str:
    """What a role shows: its words, code of code and a formula of math."""
    if role in ("pep", "rfc"):
        return f"{role.upper()} {said}"
    if role == "math":
        return f"${said}$"
    words = _ROLE_TARGET.sub("", said).strip() or said
    return (
        words
        if role in ("ref", "doc", "term", "strong", "emphasis", "sup", "sub", "abbr")
        else f"`{words.lstrip('~!')}`"
    )


def _title(rst_lines: list[str], line_index: int) -> tuple[str, tuple[str, bool], int] | None:
    """(title, its mark and whether a line of it stands above too, lines that it takes), or none."""
    above, text, below = [*rst_lines[line_index : line_index + 3], "", "", ""][:3]
    is_after_blank = line_index == 0 or not rst_lines[line_index - 1].strip()
    if _is_adornment(above) and text.strip() and above.strip() == below.strip() and not _is_adornment(text):
        return text.strip(), (above[0], True), 3
    is_title = is_after_blank and above.strip() and not above[0].isspace() and not _is_adornment(above)
    if is_title and _is_adornment(text) and len(text.strip()) >= min(len(above.strip()), 4):
        return above.strip(), (text[0], False), 2
    return None


def _is_adornment(rst_line: str) -> bool:
    return _ADORNMENT.match(rst_line) is not None and len(rst_line.strip()) >= 3


def _indented_block(rst_lines: list[str], start: int, indent: int = 0) -> tuple[list[str], int]:
    """The lines that are indented more, with blank ones among them, and where they end."""
    end = start
    for line_index in range(start, len(rst_lines)):
        rst_line = rst_lines[line_index]
        if rst_line.strip() and len(rst_line) - len(rst_line.lstrip()) <= indent:
            break
        end = line_index + 1 if rst_line.strip() else end
    return rst_lines[start:end], end


def _table_end(rst_lines: list[str], line_index: int) -> int:
    """Behind the border that ends a simple table; 0 where none does."""
    end = 0
    for k in range(line_index + 1, len(rst_lines)):
        if _TABLE_BORDER.match(rst_lines[k]):
            end = k + 1
            if k + 1 == len(rst_lines) or not rst_lines[k + 1].strip():
                return end
    return 0


def _dedented(rst_lines: list[str]) -> list[str]:
    indents = [len(rst_line) - len(rst_line.lstrip()) for rst_line in rst_lines if rst_line.strip()]
    return [rst_line[min(indents, default=0) :] for rst_line in rst_lines]
