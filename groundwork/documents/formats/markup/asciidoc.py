"""AsciiDoc as Markdown: titles, code, notes, lists, tables and links; what readers do not see is left out.

Source: the AsciiDoc syntax reference (section titles, delimited blocks, admonitions, tables, macros).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundwork.documents.formats.markup.headings_and_quoted_notes import heading, quoted_note
from groundwork.documents.pipe_tables import table_to_markdown

_ASCIIDOC_TITLE = re.compile(r"(={1,6}|#{1,6})[ \t]+(?=\S)")
_ASCIIDOC_CODE = re.compile(r"(-{4,}|\.{4,})\s*$")  # a listing, a literal block
# an example, a sidebar, a quotation, a passthrough
_ASCIIDOC_FRAME = re.compile(r"(={4,}|\*{4,}|_{4,}|\+{4,}|-{2})\s*$")
_ASCIIDOC_SOURCE = re.compile(r"\[(?:source)?(?:%\w+)?,[ \t]*([\w+-]+)[^\]]*\]\s*$")
_ASCIIDOC_TABLE = re.compile(r"[|,:]={3,}\s*$")
_ASCIIDOC_COMMENT = re.compile(r"/{4,}\s*$")
_ASCIIDOC_NOTES = "NOTE|TIP|IMPORTANT|WARNING|CAUTION"
_ASCIIDOC_NOTE = re.compile(rf"(?P<name>{_ASCIIDOC_NOTES}):[ \t]+(?P<text>\S.*)$")
_ASCIIDOC_NOTE_HEAD = re.compile(rf"\[(?P<name>{_ASCIIDOC_NOTES})(?:[,.#%][^\]]*)?\]\s*$")
_LEFT_OUT_OF_ASCIIDOC = (
    re.compile(  # comments, attributes of the document and of the block below, conditions, other files
        r"//(?!/) | :!?[\w-]+!?:(?:\s|$) | \[[^\]]*\]\s*$ | (?:ifn?def|ifeval|endif|include|toc|video|audio)::",
        re.VERBOSE,
    )
)
_ASCIIDOC_ATTRIBUTE = re.compile(r":([\w-]+):[ \t]+(\S.*)$")
_ASCIIDOC_ATTRIBUTE_REFERENCE = re.compile(r"\{([\w-]+)\}")
_ASCIIDOC_BLOCK_TITLE = re.compile(r"\A\.(?=[^\s.])")
_ASCIIDOC_ITEM = re.compile(r"[ \t]*(?P<marks>\*{1,5}|\.{1,5}|-)[ \t]+(?=\S)")
_ASCIIDOC_CELL = re.compile(
    r"(?<!\\)(?:(?<=[\s|])|^)(?:\d{1,3}(?:\.\d{1,3})?[+*]|\.\d{1,3}\+)?[<^>]?(?:\.[<^>])?[adehlmsv]?\|"
)
_ASCIIDOC_COLUMNS = re.compile(r"""cols=(?:"([^"]*)"|'([^']*)'|([^,\]]+))""")
_ASCIIDOC_INLINE = re.compile(
    r"""(?P<code>`[^`\n]+`) | (?:link:|(?=https?://))(?P<address>[^\s\[\]<>]+)\[(?P<words>[^\]\n]*)\]
      | xref:(?P<page>[^\s\[\]]*)\[(?P<label>[^\]\n]*)\] | <<(?P<id>[^<>,\n]+)(?:,(?P<said>[^<>\n]+))?>>
      | image::?[^\s\[\]]+\[(?P<alt>[^\],\n]*)[^\]\n]*\] | \[\[[\w.:-]+\]\] | (?:kbd|btn):\[(?P<key>[^\]\n]*)\]
      | footnote:\[(?P<note>[^\]\n]*)\]""",
    re.VERBOSE,
)  # fmt: skip


def read_asciidoc(asciidoc_lines: list[str]) -> Iterator[str]:
    """The lines as Markdown, with the values of the attributes that they define."""
    attribute_values = {
        match[1]: match[2] for asciidoc_line in asciidoc_lines if (match := _ASCIIDOC_ATTRIBUTE.match(asciidoc_line))
    }
    asciidoc_reader = _AsciidocReader()
    for asciidoc_line in asciidoc_lines:
        asciidoc_with_values = (
            _ASCIIDOC_ATTRIBUTE_REFERENCE.sub(lambda match: attribute_values.get(match[1], match[0]), asciidoc_line)
            if "{" in asciidoc_line and attribute_values
            else asciidoc_line
        )
        yield from asciidoc_reader.read_line(asciidoc_with_values)
    yield from asciidoc_reader.end()


class _AsciidocReader:
    """`_asciidoc_frame_end`: the line that ends the code, the table or the comment that is open."""

    def __init__(self) -> None:
        self._asciidoc_frame_end = ""
        self._asciidoc_frame_lines: list[str] | None = None  # of a table or a note in a frame
        self._asciidoc_frame = ""
        self._asciidoc_language = self._asciidoc_note = self._asciidoc_columns = ""

    def read_line(self, asciidoc_line: str) -> Iterator[str]:
        if self._asciidoc_frame_end:
            yield from self._read_framed_line(asciidoc_line)
        elif source_match := _ASCIIDOC_SOURCE.match(asciidoc_line):
            self._asciidoc_language = source_match[1]
        elif note_block := _ASCIIDOC_NOTE_HEAD.match(asciidoc_line):
            self._asciidoc_note = note_block["name"]
        elif _ASCIIDOC_CODE.match(asciidoc_line):
            self._open_frame("code", asciidoc_line)
            yield f"```{self._asciidoc_language}"
            self._asciidoc_language = ""
        elif _ASCIIDOC_TABLE.match(asciidoc_line):
            self._open_frame("table", asciidoc_line)
        elif _ASCIIDOC_COMMENT.match(asciidoc_line):
            self._open_frame("comment", asciidoc_line)
        elif _ASCIIDOC_FRAME.match(asciidoc_line):
            if self._asciidoc_note:
                self._open_frame("note", asciidoc_line)
        else:
            yield from self._read_asciidoc_prose(asciidoc_line)

    def end(self) -> Iterator[str]:
        """What closes code, a table or a note that nothing closes."""
        if self._asciidoc_frame_end:
            yield from self._read_framed_line(self._asciidoc_frame_end)

    def _open_frame(self, frame_kind: str, asciidoc_line: str) -> None:
        self._asciidoc_frame, self._asciidoc_frame_end, self._asciidoc_frame_lines = (
            frame_kind,
            asciidoc_line.rstrip(),
            [],
        )

    def _read_framed_line(self, asciidoc_line: str) -> Iterator[str]:
        if asciidoc_line.rstrip() != self._asciidoc_frame_end:
            if self._asciidoc_frame == "code":
                yield asciidoc_line
            elif self._asciidoc_frame_lines is not None:
                self._asciidoc_frame_lines.append(asciidoc_line)
            return
        frame_kind, framed_lines, self._asciidoc_frame_end = self._asciidoc_frame, self._asciidoc_frame_lines or [], ""
        if frame_kind == "code":
            yield "```"
        elif frame_kind == "table":
            yield from ("", table_to_markdown(_asciidoc_table_rows(framed_lines, self._asciidoc_columns)), "")
            self._asciidoc_columns = ""
        elif frame_kind == "note":
            note_name, self._asciidoc_note = self._asciidoc_note, ""
            yield from quoted_note(note_name.capitalize(), read_asciidoc(framed_lines))

    def _read_asciidoc_prose(self, asciidoc_line: str) -> Iterator[str]:
        if asciidoc_title := _ASCIIDOC_TITLE.match(asciidoc_line):
            yield from (
                heading(len(asciidoc_title[1]), _asciidoc_text(asciidoc_line[asciidoc_title.end() :].strip())),
                "",
            )
        elif asciidoc_note := _ASCIIDOC_NOTE.match(asciidoc_line):
            yield from quoted_note(asciidoc_note["name"].capitalize(), [_asciidoc_text(asciidoc_note["text"])])
        elif self._asciidoc_note and asciidoc_line.strip():
            note_name, self._asciidoc_note = self._asciidoc_note, ""
            yield from quoted_note(note_name.capitalize(), [_asciidoc_text(asciidoc_line)])
        elif _LEFT_OUT_OF_ASCIIDOC.match(asciidoc_line):
            columns = _ASCIIDOC_COLUMNS.search(asciidoc_line)
            self._asciidoc_columns = next(filter(None, columns.groups()), "") if columns else self._asciidoc_columns
        elif asciidoc_item := _ASCIIDOC_ITEM.match(asciidoc_line):
            item_marks = asciidoc_item["marks"]
            item_mark = "1." if item_marks[0] == "." else "-"
            yield f"{'   ' * (len(item_marks) - 1)}{item_mark} {_asciidoc_text(asciidoc_line[asciidoc_item.end() :])}"
        elif asciidoc_line.strip() != "+":  # which joins a paragraph to an item
            yield _asciidoc_text(_ASCIIDOC_BLOCK_TITLE.sub("", asciidoc_line, count=1))


def _asciidoc_table_rows(asciidoc_lines: list[str], table_columns: str) -> list[list[str]]:
    """The cells in rows: of as many as the columns that are named, else as the first line holds."""
    filled_lines = [asciidoc_line for asciidoc_line in asciidoc_lines if asciidoc_line.strip()]
    first_line_cells = len(_ASCIIDOC_CELL.findall(filled_lines[0])) if filled_lines else 0
    repeated_columns = table_columns.partition("*")[0].strip() if "*" in table_columns else ""
    width = (
        int(repeated_columns)
        if repeated_columns.isdecimal()
        else len(table_columns.split(","))
        if table_columns
        else first_line_cells
    )
    cells = [" ".join(_asciidoc_text(cell).split()) for cell in _ASCIIDOC_CELL.split("\n".join(filled_lines))[1:]]
    return [cells[k : k + width] for k in range(0, len(cells), width)] if width else []


def _asciidoc_text(text: str) -> str:
    return _ASCIIDOC_INLINE.sub(_asciidoc_inline_words, text)


def _asciidoc_inline_words(asciidoc_match: re.Match[str]) -> str:
    if asciidoc_match["code"]:
        return asciidoc_match[0]
    if link_address := asciidoc_match["address"]:
        link_words = asciidoc_match["words"].rstrip("^").partition(",")[0]
        return f"[{link_words}]({link_address})" if link_words else link_address
    if asciidoc_match["note"]:
        return f" ({asciidoc_match['note']})"
    linked_page = asciidoc_match["page"] or asciidoc_match["id"] or ""
    return (
        asciidoc_match["label"]
        or asciidoc_match["said"]
        or asciidoc_match["alt"]
        or asciidoc_match["key"]
        or linked_page.rpartition("#")[2]
    )
