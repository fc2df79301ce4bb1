"""AsciiDoc as Markdown: titles, code, notes, lists, tables and links; what readers do not see is left out.

Source: the AsciiDoc syntax reference (section titles, delimited blocks, admonitions, tables, macros).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundwork.documents.formats.markup.headings_and_quoted_notes import heading, quoted_note
from groundwork.documents.pipe_tables import table_to_markdown

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


def read_asciidoc(asciidoc_lines: list[str]) -> Iterator[str]:
    """The lines as Markdown, with the values of the attributes that they define."""
    attribute_values = {
        match[1]: match[2] for asciidoc_line in asciidoc_lines if (match := _ATTRIBUTE.match(asciidoc_line))
    }
    reader = _Reader()
    for asciidoc_line in asciidoc_lines:
        shown = (
            _REFERENCE.sub(lambda match: attribute_values.get(match[1], match[0]), asciidoc_line)
            if "{" in asciidoc_line and attribute_values
            else asciidoc_line
        )
        yield from reader.read_line(shown)
    yield from reader.end()


class _Reader:
    """`_until`: the line that ends the code, the table or the comment that is open."""

    def __init__(self) -> None:
        self._until = ""
        self._collected: list[str] | None = None  # of a table or a note in a frame
        self._kind = ""
        self._language = self._note = self._columns = ""

    def read_line(self, asciidoc_line: str) -> Iterator[str]:
        if self._until:
            yield from self._read_inside(asciidoc_line)
        elif source := _SOURCE.match(asciidoc_line):
            self._language = source[1]
        elif note := _NOTE_BLOCK.match(asciidoc_line):
            self._note = note["name"]
        elif _CODE.match(asciidoc_line):
            self._open("code", asciidoc_line)
            yield f"```{self._language}"
            self._language = ""
        elif _TABLE.match(asciidoc_line):
            self._open("table", asciidoc_line)
        elif _COMMENT_FRAME.match(asciidoc_line):
            self._open("comment", asciidoc_line)
        elif _FRAME.match(asciidoc_line):
            if self._note:
                self._open("note", asciidoc_line)
        else:
            yield from self._read_prose(asciidoc_line)

    def end(self) -> Iterator[str]:
        """What closes code, a table or a note that nothing closes."""
        if self._until:
            yield from self._read_inside(self._until)

    def _open(self, kind: str, asciidoc_line: str) -> None:
        self._kind, self._until, self._collected = kind, asciidoc_line.rstrip(), []

    def _read_inside(self, asciidoc_line: str) -> Iterator[str]:
        if asciidoc_line.rstrip() != self._until:
            if self._kind == "code":
                yield asciidoc_line
            elif self._collected is not None:
                self._collected.append(asciidoc_line)
            return
        kind, asciidoc_lines, self._until = self._kind, self._collected or [], ""
        if kind == "code":
            yield "```"
        elif kind == "table":
            yield from ("", table_to_markdown(_table_rows(asciidoc_lines, self._columns)), "")
            self._columns = ""
        elif kind == "note":
            note_name, self._note = self._note, ""
            yield from quoted_note(note_name.capitalize(), read_asciidoc(asciidoc_lines))

    def _read_prose(self, asciidoc_line: str) -> Iterator[str]:
        if title := _TITLE.match(asciidoc_line):
            yield from (heading(len(title[1]), _read_inline(asciidoc_line[title.end() :].strip())), "")
        elif note := _NOTE.match(asciidoc_line):
            yield from quoted_note(note["name"].capitalize(), [_read_inline(note["text"])])
        elif self._note and asciidoc_line.strip():
            note_name, self._note = self._note, ""
            yield from quoted_note(note_name.capitalize(), [_read_inline(asciidoc_line)])
        elif _LEFT_OUT.match(asciidoc_line):
            columns = _COLUMNS.search(asciidoc_line)
            self._columns = next(filter(None, columns.groups()), "") if columns else self._columns
        elif item := _ITEM.match(asciidoc_line):
            marks = item["marks"]
            mark = "1." if marks[0] == "." else "-"
            yield f"{'   ' * (len(marks) - 1)}{mark} {_read_inline(asciidoc_line[item.end() :])}"
        elif asciidoc_line.strip() != "+":  # which joins a paragraph to an item
            yield _read_inline(_BLOCK_TITLE.sub("", asciidoc_line, count=1))


def _table_rows(asciidoc_lines: list[str], columns: str) -> list[list[str]]:
    """The cells in rows: of as many as the columns that are named, else as the first line holds."""
    filled = [asciidoc_line for asciidoc_line in asciidoc_lines if asciidoc_line.strip()]
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
