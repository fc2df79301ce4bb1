"""What programs add to Markdown, as Markdown that says the same: Obsidian, Docusaurus and MDX, MkDocs, MyST, GitHub.

Notes, tips and warnings (callouts, alerts, admonitions) become quotes with their title, tabs items of a list, wikilinks
their words; comments, imports, labels and icons are left out. Code stays as it is.

Sources: the manuals of Obsidian (callouts, internal links), Docusaurus (admonitions, tabs), Python-Markdown and PyMdown
(admonition, tabbed, snippets), MyST (directives, roles, targets), GitHub (alerts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from groundwork.documents.formats.markup.headings_and_quoted_notes import note_title

_FENCE = re.compile(r"(?P<indent>[ \t]*(?:>[ \t]?)*)(?P<marks>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_DIRECTIVE = re.compile(r"[ ]{0,3}(?P<marks>:{3,}|`{3,}|~{3,})[ \t]*\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>.*)$")
_DIRECTIVE_OPTION = re.compile(r"[ ]{0,3}:[\w-]+:(?:[ \t].*)?$")
_COLON_NOTE = re.compile(
    r"[ ]{0,3}(?P<marks>:{3,})[ \t]*(?P<name>[\w-]+)(?:\[(?P<bracket>[^\]]*)\]|[ \t]+(?P<title>[^{]\S.*))?[ \t]*$"
)
_COLON_END = re.compile(r"[ ]{0,3}(:{3,})[ \t]*$")
_INDENTED_NOTE = re.compile(
    r'(?P<indent>[ ]*)(?:!!!|\?\?\?\+?)[ \t]+(?P<name>[\w-]+)(?:[ \t]+[\w-]+)*(?:[ \t]+"(?P<title>[^"]*)")?[ \t]*$'
)
_TAB = re.compile(r'(?P<indent>[ ]*)===[!+]?[ \t]+"(?P<title>[^"]+)"[ \t]*$')
_CALLOUT = re.compile(r"(?P<quote>[ \t]*(?:>[ \t]?)+)\[!(?P<name>[\w-]+)(?:\|[^\]]*)?\][-+]?[ \t]*(?P<title>.*)$")
_LEFT_OUT = re.compile(  # lines for the program: labels, tables of contents, snippets of other files
    r"""[ \t]*(?: \([\w./:#-]+\)= | \[(?:TOC|toc)\] | \[\[_?(?:TOC|toc)_?\]\] | -{1,}8<-{1,}.*
      | :{3,}[ \t]*\{[.#][^}]*\} )[ \t]*$""",
    re.VERBOSE,
)
_MDX_LINE = re.compile(r"(?:import|export)\b.*(?:\bfrom\b|['\"=({;])|[ \t]*\{/\*.*\*/\}[ \t]*$")
_MDX_TAG = re.compile(r"[ \t]*</?[A-Z][\w.]*(?:[ \t][^<>]*)?/?>[ \t]*$")
_TAG_TITLE = re.compile(r"""\b(?:label|title)=(?:"([^"]*)"|'([^']*)')""")
_MDX_IMPORT = re.compile(r"^import\b.*\bfrom[ \t]+['\"]@(?:site|theme)\b", re.MULTILINE)
_HTML_LINE = re.compile(
    r"[ \t]*(?:</?(?:div|center|section|span|details|figure|p|br)(?:[ \t][^<>\n]*)?/?>[ \t]*)+$", re.IGNORECASE
)
_SUMMARY = re.compile(  # of what folds away
    r"[ \t]*(?:<details[^<>\n]*>[ \t]*)?<summary>[ \t]*(?:<\w+>)?([^<\n]+)(?:</\w+>)?[ \t]*</summary>[ \t]*$"
)
_HEADING_ATTRIBUTES = re.compile(r"(?<=\S)[ \t]*(?:\{[ \t]*[#.:][^{}\n]*\}|\{/\*[^{}\n]*\*/\})[ \t]*$")
_COMMENT_START, _COMMENT_END = "<!--", "-->"
_INLINE = re.compile(
    r"""(?P<role>\{[\w:-]+\})(?P<ticks>`+)(?P<said>[^`\n]+)(?P=ticks)
      | (?P<code>(?P<marks>`+)[^`\n]+(?P=marks))
      | (?P<embed>!?)\[\[(?P<page>[^\s\[\]|][^\[\]|\n]*)(?:\|(?P<words>[^\[\]\n]*))?\]\](?![(\[])
      | (?P<comment><!--[^\n]*?-->)
      | (?P<hidden>%%[^%\n]+%%)
      | (?P<icon>:(?:material|fontawesome|octicons|simple)-[\w-]+:(?:\{[^{}\n]*\})?)
      | (?P<block>(?<=\S)[ \t]\^[\w-]+[ \t]*$)""",
    re.VERBOSE,
)
_TARGET = re.compile(r"<[^<>]*>\Z")  # of a role: {ref}`the rule <rule-7>`
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|bmp|avif|pdf|mp3|mp4|webm)$", re.IGNORECASE)
_NOTES = frozenset((
    "note", "tip", "info", "warning", "caution", "danger", "important", "hint", "attention", "error", "seealso",
    "admonition", "abstract", "summary", "success", "question", "failure", "bug", "example", "quote", "todo", "details",
    "dropdown", "versionadded", "versionchanged", "deprecated", "warn", "secondary",
))  # fmt: skip
_UNSHOWN = frozenset(("toctree", "contents", "tableofcontents", "include", "index", "only"))
_TITLED = frozenset(
    ("list-table", "csv-table", "table", "card", "grid-item-card", "tab-item", "topic", "sidebar", "rubric")
)


class _Box(NamedTuple):
    """A note or a tab that is open: how it ends, and how its lines are written."""

    marks: str  # that close it; "" where its lines are indented
    indent: int  # of its lines, which is taken away; 0 of one with marks
    is_note: bool
    is_shown: bool = True


def plain_markdown(text: str, ending: str) -> str:
    """Markdown of any of these programs as common Markdown; `ending`: ".mdx" for one with components."""
    is_mdx = ending == ".mdx" or _MDX_IMPORT.search(text) is not None
    return "\n".join(_Reader(is_mdx, comment_ends=text.count(_COMMENT_END)).read(text.split("\n")))


class _Reader:
    """Reads lines one after the other, within the notes and the code that are open."""

    def __init__(self, is_mdx: bool, comment_ends: int) -> None:
        self._is_mdx = is_mdx
        self._comment_ends = comment_ends  # that are still to come: a comment that never ends is none
        self._boxes: list[_Box] = []
        self._fence = ""
        self._is_comment = False
        self._is_at_options = False  # right below the first line of a directive

    def read(self, dialect_lines: list[str]) -> Iterator[str]:
        """The lines as they are written, with a blank one where a note begins and where it ends."""
        previous, previous_depth = "", 0
        for dialect_line in dialect_lines:
            dialect_line = self._leave_indented_boxes(dialect_line)
            if not self._fence and self._closes_box(dialect_line):
                continue
            written_lines = list(self._read_line(dialect_line))
            depth = sum(box.is_note for box in self._boxes)
            for written in written_lines if all(box.is_shown for box in self._boxes) else []:
                quoted = f"{'> ' * depth}{written}".rstrip() if depth else written
                is_blank, is_below_blank = not quoted.strip("> "), not previous.strip("> ")
                if is_blank and is_below_blank and depth:
                    continue
                if depth != previous_depth and not is_blank:
                    border = ">" * min(depth, previous_depth)
                    yield from [border] * (not is_below_blank if border else bool(previous.strip()))
                yield quoted
                previous, previous_depth = quoted, depth

    def _leave_indented_boxes(self, dialect_line: str) -> str:
        """The line without the indentation of the boxes that it is in."""
        if self._fence or not dialect_line.strip():
            return dialect_line[sum(box.indent for box in self._boxes) :] if dialect_line.strip() else dialect_line
        indent = len(dialect_line) - len(dialect_line.lstrip(" "))
        while self._boxes and self._boxes[-1].indent and indent < sum(box.indent for box in self._boxes):
            self._boxes.pop()
        return dialect_line[sum(box.indent for box in self._boxes) :]

    def _closes_box(self, dialect_line: str) -> bool:
        mark = dialect_line.strip()
        if self._boxes and (marks := self._boxes[-1].marks) and mark.startswith(marks) and not mark.strip(marks[0]):
            self._boxes.pop()
            return True
        return False

    def _read_line(self, dialect_line: str) -> Iterator[str]:
        if self._fence:
            self._comment_ends -= dialect_line.count(_COMMENT_END)
            marks = dialect_line.strip(" \t>")
            self._fence = "" if marks.startswith(self._fence) and not marks.strip(self._fence[0]) else self._fence
            yield dialect_line
        elif self._is_at_options and _DIRECTIVE_OPTION.match(dialect_line):
            return
        elif (opened := self._open_box(dialect_line)) is not None:
            yield from opened
        elif fence := _FENCE.match(dialect_line):
            self._fence, self._is_at_options = fence["marks"], False
            yield dialect_line
        else:
            self._is_at_options = False
            yield from self._read_prose(dialect_line)

    def _open_box(self, dialect_line: str) -> list[str] | None:
        """The lines that stand for the first line of a note, a tab or a directive; none of any other line."""
        if directive := _DIRECTIVE.match(dialect_line):
            return self._open_directive(directive)
        if note := _COLON_NOTE.match(dialect_line):
            is_note = note["name"] in _NOTES
            title = note_title(note["name"], note["bracket"] or note["title"] or "") if is_note else ""
            return self._open_note(_Box(note["marks"], 0, is_note), title)
        if note := _INDENTED_NOTE.match(dialect_line):
            title = note["title"] if note["title"] is not None else note_title(note["name"], "")
            return self._open_note(_Box("", len(note["indent"]) + 4, is_note=True), title)
        if tab := _TAB.match(dialect_line):
            return [f"{tab['indent']}- {tab['title']}:"]  # below which its lines are indented as those of an item
        return None

    def _open_directive(self, directive: re.Match[str]) -> list[str] | None:
        name, title = directive["name"], directive["title"].strip()
        marks = directive["marks"]
        self._is_at_options = True
        if name in _NOTES:
            return self._open_note(_Box(marks, 0, is_note=True), note_title(name, title))
        if name in ("code-block", "code", "sourcecode", "code-cell"):
            self._fence = marks
            return [f"{marks}{title}"] if marks[0] != ":" else None
        if name in _UNSHOWN or name in _TITLED or marks[0] == ":":
            self._boxes.append(_Box(marks, 0, is_note=False, is_shown=name not in _UNSHOWN))
            return [_read_inline(title), ""] if title and name in _TITLED else []
        return None

    def _open_note(self, box: _Box, title: str) -> list[str]:
        self._boxes.append(box)
        return [f"**{_read_inline(title)}**", ""] if title else []

    def _read_prose(self, dialect_line: str) -> Iterator[str]:
        was_comment = self._is_comment
        dialect_line = self._without_comment(dialect_line)
        if was_comment and not dialect_line.strip():
            return
        if _LEFT_OUT.match(dialect_line) or _COLON_END.match(dialect_line):
            return
        if _HTML_LINE.match(dialect_line):
            yield ""
            return
        if self._is_mdx and (_MDX_LINE.match(dialect_line) or _MDX_TAG.match(dialect_line)):
            title = _TAG_TITLE.search(dialect_line) if _MDX_TAG.match(dialect_line) else None
            yield from ([f"- {title[1] or title[2]}:", ""] if title else [])
            return
        if callout := _CALLOUT.match(dialect_line):
            yield f"{callout['quote']}**{_read_inline(note_title(callout['name'], callout['title']))}**"
            yield callout["quote"].rstrip()
            return
        if summary := _SUMMARY.match(dialect_line):
            yield from (summary[1].strip(), "")
            return
        yield _read_inline(
            _HEADING_ATTRIBUTES.sub("", dialect_line) if dialect_line.lstrip().startswith("#") else dialect_line
        )

    def _without_comment(self, dialect_line: str) -> str:
        """A line without what of a comment stands on it; a comment that nothing ends is none."""
        shown = ""
        while dialect_line:
            before, mark, behind = dialect_line.partition(_COMMENT_END if self._is_comment else _COMMENT_START)
            self._comment_ends -= _COMMENT_END in before or (self._is_comment and bool(mark))
            if mark and not self._is_comment and not self._comment_ends:
                return shown + dialect_line
            shown += "" if self._is_comment else before
            self._is_comment, dialect_line = self._is_comment != bool(mark), behind
        return shown


def _read_inline(text: str) -> str:
    return _INLINE.sub(_inline_words, text)


def _inline_words(match: re.Match[str]) -> str:
    if match["code"]:
        return match[0]
    if match["role"]:
        return _role_words(match)
    if match["page"]:
        return "" if match["embed"] and _PICTURE.search(match["page"].strip()) else _link_words(match)
    return ""


def _role_words(match: re.Match[str]) -> str:
    """What a role of MyST shows: its text, math and code as such."""
    said = match["said"]
    if match["role"] == "{math}":
        return f"${said}$"
    return f"`{said}`" if match["role"] in ("{code}", "{kbd}", "{file}") else _TARGET.sub("", said).strip() or said


def _link_words(match: re.Match[str]) -> str:
    """What a wikilink shows: its words, else the page, and the section behind it."""
    if words := match["words"]:
        return words.strip()
    page, _, section = match["page"].partition("#")
    return " > ".join(filter(None, [page.strip(), section.strip().lstrip("^")]))
