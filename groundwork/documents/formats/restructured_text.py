"""reStructuredText as Markdown: sections, code, notes, tables, links, footnotes; what readers do not see is left out.

Source: the reStructuredText specification and its directives, with those of Sphinx that documents use most.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from groundwork.documents.formats.markup_pieces import fenced, heading, note_title, quoted_note
from groundwork.documents.formats.spreadsheets import table_to_markdown

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


def read_rst(lines: list[str]) -> Iterator[str]:
    """The lines as Markdown."""
    addresses = {match[1].strip().casefold(): match[2] for line in lines if (match := _TARGET.match(line))}
    return _Reader(addresses).read(lines)


class _Reader:
    """Reads lines, and the bodies of directives as lines of their own."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = addresses
        self._levels: list[tuple[str, bool]] = []  # how titles are adorned, in order of their first appearance

    def read(self, lines: list[str]) -> Iterator[str]:
        place = 0
        while place < len(lines):
            written, place = self._read_at(lines, place)
            yield from written

    def _read_at(self, lines: list[str], place: int) -> tuple[Iterable[str], int]:
        """What stands at a line, and the line behind it."""
        line = lines[place]
        if title := _title(lines, place):
            text, adornment, length = title
            if adornment not in self._levels:
                self._levels.append(adornment)
            return (heading(self._levels.index(adornment) + 1, self._inline(text)), ""), place + length
        if _EXPLICIT.match(line):
            body, end = _indented_block(lines, place + 1)
            return self._explicit(line, body), end
        if _TABLE_BORDER.match(line) and (end := _table_end(lines, place)):
            return self._table(lines[place:end]), end
        if line.rstrip().endswith("::"):
            body, end = _indented_block(lines, place + 1, len(line) - len(line.lstrip()))
            if any(each.strip() for each in body):
                return self._literal(line.rstrip(), body), end
        return [self._inline(line)], place + 1

    def _literal(self, line: str, body: list[str]) -> Iterator[str]:
        lead = line.removesuffix("::") if line.endswith(" ::") or line.strip() == "::" else line.removesuffix(":")
        yield from ([self._inline(lead.rstrip()), ""] if lead.strip() else [])
        yield from fenced("", _dedented(body))

    def _explicit(self, line: str, body: list[str]) -> Iterator[str]:
        if directive := _DIRECTIVE.match(line):
            options = list(itertools.takewhile(lambda each: _OPTION.match(each), body))
            yield from self._directive(directive[1], directive[2] or "", _dedented(body[len(options) :]))
        elif note := _FOOTNOTE.match(line):
            text = " ".join([note[2], *map(str.strip, body)]).strip()
            yield from ("", f"[^{note[1]}]: {self._inline(text)}", "")

    def _directive(self, name: str, argument: str, body: list[str]) -> Iterator[str]:
        if name in _CODE_DIRECTIVES:
            yield from fenced(argument if name != "literalinclude" else "", body)
        elif name in _NOTES:
            is_titled = name in ("admonition", "versionadded", "versionchanged", "deprecated")
            text = [*([argument] if argument and not is_titled else []), *body]
            yield from quoted_note(note_title(name, argument if is_titled else ""), self.read(text))
        elif name == "math":
            yield from ("$$", *filter(None, [argument, *body]), "$$", "")
        elif name in ("list-table", "csv-table"):
            yield from ([self._inline(argument), ""] if argument else [])
            yield from self._list_table(body) if name == "list-table" else fenced("csv", body)
        elif name not in _UNSHOWN:
            yield from ([self._inline(argument), ""] if argument and name != "figure" else [])
            yield from self.read(body)
            yield ""

    def _list_table(self, body: list[str]) -> Iterator[str]:
        """A table of a list of lists; a body that is none stays as it is."""
        rows: list[list[str]] = []
        dash = 0
        for line in body:
            item = _TABLE_ITEM.match(line)
            if item and (item["row"] or (rows and item.start("dash") == dash)):
                rows += [[]] if item["row"] else []
                dash = item.start("dash")
                rows[-1].append(line[item.end() :].strip())
            elif rows:
                rows[-1][-1] = f"{rows[-1][-1]} {line.strip()}".strip()
        table = table_to_markdown([[self._inline(cell) for cell in row] for row in rows])
        yield from (table, "") if table else self.read(body)

    def _table(self, lines: list[str]) -> Iterator[str]:
        """A simple table; a line without its first cell goes on with the row above."""
        starts = [match.start() for match in re.finditer("=+", lines[0])]
        bounds = list(zip(starts, [*starts[1:], None], strict=True))
        rows: list[list[str]] = []
        for line in lines:
            if not line.strip() or _TABLE_BORDER.match(line):
                continue
            cells = [self._inline(line[start:end].strip()) for start, end in bounds]
            if cells[0] or not rows:
                rows.append(cells)
            else:
                rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rows[-1], cells, strict=True)]
        yield from (table_to_markdown(rows), "")

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


def _title(lines: list[str], place: int) -> tuple[str, tuple[str, bool], int] | None:
    """(title, its mark and whether a line of it stands above too, lines that it takes), or none."""
    above, text, below = [*lines[place : place + 3], "", "", ""][:3]
    is_after_blank = place == 0 or not lines[place - 1].strip()
    if _is_adornment(above) and text.strip() and above.strip() == below.strip() and not _is_adornment(text):
        return text.strip(), (above[0], True), 3
    is_title = is_after_blank and above.strip() and not above[0].isspace() and not _is_adornment(above)
    if is_title and _is_adornment(text) and len(text.strip()) >= min(len(above.strip()), 4):
        return above.strip(), (text[0], False), 2
    return None


def _is_adornment(line: str) -> bool:
    return _ADORNMENT.match(line) is not None and len(line.strip()) >= 3


def _indented_block(lines: list[str], start: int, indent: int = 0) -> tuple[list[str], int]:
    """The lines that are indented more, with blank ones among them, and where they end."""
    end = start
    for place in range(start, len(lines)):
        line = lines[place]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        end = place + 1 if line.strip() else end
    return lines[start:end], end


def _table_end(lines: list[str], place: int) -> int:
    """Behind the border that ends a simple table; 0 where none does."""
    end = 0
    for k in range(place + 1, len(lines)):
        if _TABLE_BORDER.match(lines[k]):
            end = k + 1
            if k + 1 == len(lines) or not lines[k + 1].strip():
                return end
    return 0


def _dedented(lines: list[str]) -> list[str]:
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    return [line[min(indents, default=0) :] for line in lines]
