"""AsciiDoc as Markdown: titles, code, notes, lists, tables and links; what readers do not see is left out.

Source: the AsciiDoc syntax reference (section titles, delimited blocks, admonitions, tables, macros).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundwork.documents.formats.markup_pieces import heading, quoted_note
from groundwork.documents.formats.spreadsheets import table_to_markdown

_TITLE = re.compile(r"(={1,6}|#{1,6})[ \t]+(?=\S)")
_CODE = re.compile(r"(-{4,}|\.{4,})\s*$")  # a listing, a literal block
_FRAME = re.compile(r"(={4,}|\*{4,}|_{4,}|\+{4,}|-{2})\s*$")  # an example, a sidebar, a quotation, a passthrough
_SOURCE = re.compile(r"\[(?:source)?(?:%\w+)?,[ \t]*([\w+-]+)[^\]]*\]\s*$")
_TABLE = re.compile(r"[|,:]={3,}\s*$")
_COMMENT_FRAME = re.compile(r"/{4,}\s*$")
_NOTES = "NOTE|TIP|IMPORTANT|WARNING|CAUTION"
_NOTE = re.compile(rf"(?P<name>{_NOTES}):[ \t]+(?P<text>\S.*)$")
_NOTE_BLOCK = re.compile(rf"\[(?P<name>{_NOTES})(?:[,.#%][^\]]*)?\]\s*$")
_LEFT_OUT = re.compile(  # comments, attributes of the document and of the block below, conditions, other files
    r"//(?!/) | :!?[\w-]+!?:(?:\s|$) | \[[^\]]*\]\s*$ | (?:ifn?def|ifeval|endif|include|toc|video|audio)::", re.VERBOSE
)
_ATTRIBUTE = re.compile(r":([\w-]+):[ \t]+(\S.*)$")
_REFERENCE = re.compile(r"\{([\w-]+)\}")
_BLOCK_TITLE = re.compile(r"\A\.(?=[^\s.])")
_ITEM = re.compile(r"[ \t]*(?P<marks>\*{1,5}|\.{1,5}|-)[ \t]+(?=\S)")
_CELL = re.compile(r"(?<!\\)(?:(?<=[\s|])|^)(?:\d{1,3}(?:\.\d{1,3})?[+*]|\.\d{1,3}\+)?[<^>]?(?:\.[<^>])?[adehlmsv]?\|")
_COLUMNS = re.compile(r"""cols=(?:"([^"]*)"|'([^']*)'|([^,\]]+))""")
_INLINE = re.compile(
    r"""(?P<code>`[^`\n]+`) | (?:link:|(?=https?://))(?P<address>[^\s\[\]<>]+)\[(?P<words>[^\]\n]*)\]
      | xref:(?P<page>[^\s\[\]]*)\[(?P<label>[^\]\n]*)\] | <<(?P<id>[^<>,\n]+)(?:,(?P<said>[^<>\n]+))?>>
      | image::?[^\s\[\]]+\[(?P<alt>[^\],\n]*)[^\]\n]*\] | \[\[[\w.:-]+\]\] | (?:kbd|btn):\[(?P<key>[^\]\n]*)\]
      | footnote:\[(?P<note>[^\]\n]*)\]""",
    re.VERBOSE,
)  # fmt: skip


def read_asciidoc(lines: list[str]) -> Iterator[str]:
    """The lines as Markdown, with the values of the attributes that they define."""
    values = {match[1]: match[2] for line in lines if (match := _ATTRIBUTE.match(line))}
    reader = _Reader()
    for line in lines:
        shown = _REFERENCE.sub(lambda match: values.get(match[1], match[0]), line) if "{" in line and values else line
        yield from reader.read_line(shown)
    yield from reader.end()


class _Reader:
    """`_until`: the line that ends the code, the table or the comment that is open."""

    def __init__(self) -> None:
        self._until = ""
        self._collected: list[str] | None = None  # of a table or a note in a frame
        self._kind = ""
        self._language = self._note = self._columns = ""

    def read_line(self, line: str) -> Iterator[str]:
        if self._until:
            yield from self._read_inside(line)
        elif source := _SOURCE.match(line):
            self._language = source[1]
        elif note := _NOTE_BLOCK.match(line):
            self._note = note["name"]
        elif _CODE.match(line):
            self._open("code", line)
            yield f"```{self._language}"
            self._language = ""
        elif _TABLE.match(line):
            self._open("table", line)
        elif _COMMENT_FRAME.match(line):
            self._open("comment", line)
        elif _FRAME.match(line):
            if self._note:
                self._open("note", line)
        else:
            yield from self._read_prose(line)

    def end(self) -> Iterator[str]:
        """What closes code, a table or a note that nothing closes."""
        if self._until:
            yield from self._read_inside(self._until)

    def _open(self, kind: str, line: str) -> None:
        self._kind, self._until, self._collected = kind, line.rstrip(), []

    def _read_inside(self, line: str) -> Iterator[str]:
        if line.rstrip() != self._until:
            if self._kind == "code":
                yield line
            elif self._collected is not None:
                self._collected.append(line)
            return
        kind, lines, self._until = self._kind, self._collected or [], ""
        if kind == "code":
            yield "```"
        elif kind == "table":
            yield from ("", table_to_markdown(_table_rows(lines, self._columns)), "")
            self._columns = ""
        elif kind == "note":
            name, self._note = self._note, ""
            yield from quoted_note(name.capitalize(), read_asciidoc(lines))

    def _read_prose(self, line: str) -> Iterator[str]:
        if title := _TITLE.match(line):
            yield from (heading(len(title[1]), _read_inline(line[title.end() :].strip())), "")
        elif note := _NOTE.match(line):
            yield from quoted_note(note["name"].capitalize(), [_read_inline(note["text"])])
        elif self._note and line.strip():
            name, self._note = self._note, ""
            yield from quoted_note(name.capitalize(), [_read_inline(line)])
        elif _LEFT_OUT.match(line):
            columns = _COLUMNS.search(line)
            self._columns = next(filter(None, columns.groups()), "") if columns else self._columns
        elif item := _ITEM.match(line):
            marks = item["marks"]
            mark = "1." if marks[0] == "." else "-"
            yield f"{'   ' * (len(marks) - 1)}{mark} {_read_inline(line[item.end() :])}"
        elif line.strip() != "+":  # which joins a paragraph to an item
            yield _read_inline(_BLOCK_TITLE.sub("", line, count=1))


def _table_rows(lines: list[str], columns: str) -> list[list[str]]:
    """The cells in rows: of as many as the columns that are named, else as the first line holds."""
    filled = [line for line in lines if line.strip()]
    first = len(_CELL.findall(filled[0])) if filled else 0
    repeated = columns.partition("*")[0].strip() if "*" in columns else ""
    width = int(repeated) if repeated.isdecimal() else len(columns.split(",")) if columns else first
    cells = [" ".join(_read_inline(cell).split()) for cell in _CELL.split("\n".join(filled))[1:]]
    return [cells[k : k + width] for k in range(0, len(cells), width)] if width else []


def _read_inline(text: str) -> str:
    return _INLINE.sub(_inline_words, text)


def _inline_words(match: re.Match[str]) -> str:
    if match["code"]:
        return match[0]
    if address := match["address"]:
        words = match["words"].rstrip("^").partition(",")[0]
        return f"[{words}]({address})" if words else address
    if match["note"]:
        return f" ({match['note']})"
    page = match["page"] or match["id"] or ""
    return match["label"] or match["said"] or match["alt"] or match["key"] or page.rpartition("#")[2]
