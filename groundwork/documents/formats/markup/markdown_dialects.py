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

_DIALECT_FENCE = re.compile(r"(?P<indent>[ \t]*(?:>[ \t]?)*)(?P<marks>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_MYST_DIRECTIVE = re.compile(r"[ ]{0,3}(?P<marks>:{3,}|`{3,}|~{3,})[ \t]*\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>.*)$")
_MYST_OPTION = re.compile(r"[ ]{0,3}:[\w-]+:(?:[ \t].*)?$")
_COLON_ADMONITION = re.compile(
    r"[ ]{0,3}(?P<marks>:{3,})[ \t]*(?P<name>[\w-]+)(?:\[(?P<bracket>[^\]]*)\]|[ \t]+(?P<title>[^{]\S.*))?[ \t]*$"
)
_COLON_ADMONITION_END = re.compile(r"[ ]{0,3}(:{3,})[ \t]*$")
_INDENTED_ADMONITION = re.compile(
    r'(?P<indent>[ ]*)(?:!!!|\?\?\?\+?)[ \t]+(?P<name>[\w-]+)(?:[ \t]+[\w-]+)*(?:[ \t]+"(?P<title>[^"]*)")?[ \t]*$'
)
_MKDOCS_TAB = re.compile(r'(?P<indent>[ ]*)===[!+]?[ \t]+"(?P<title>[^"]+)"[ \t]*$')
_OBSIDIAN_CALLOUT = re.compile(
    r"(?P<quote>[ \t]*(?:>[ \t]?)+)\[!(?P<name>[\w-]+)(?:\|[^\]]*)?\][-+]?[ \t]*(?P<title>.*)$"
)
_LEFT_OUT_OF_DIALECTS = re.compile(  # lines for the program: labels, tables of contents, snippets of other files
    r"""[ \t]*(?: \([\w./:#-]+\)= | \[(?:TOC|toc)\] | \[\[_?(?:TOC|toc)_?\]\] | -{1,}8<-{1,}.*
      | :{3,}[ \t]*\{[.#][^}]*\} )[ \t]*$""",
    re.VERBOSE,
)
_MDX_LINE = re.compile(r"(?:import|export)\b.*(?:\bfrom\b|['\"=({;])|[ \t]*\{/\*.*\*/\}[ \t]*$")
_MDX_TAG = re.compile(r"[ \t]*</?[A-Z][\w.]*(?:[ \t][^<>]*)?/?>[ \t]*$")
_MDX_TAG_TITLE = re.compile(r"""\b(?:label|title)=(?:"([^"]*)"|'([^']*)')""")
_MDX_IMPORT = re.compile(r"^import\b.*\bfrom[ \t]+['\"]@(?:site|theme)\b", re.MULTILINE)
_DIALECT_HTML_LINE = re.compile(
    r"[ \t]*(?:</?(?:div|center|section|span|details|figure|p|br)(?:[ \t][^<>\n]*)?/?>[ \t]*)+$", re.IGNORECASE
)
_DIALECT_SUMMARY = re.compile(  # of what folds away
    r"[ \t]*(?:<details[^<>\n]*>[ \t]*)?<summary>[ \t]*(?:<\w+>)?([^<\n]+)(?:</\w+>)?[ \t]*</summary>[ \t]*$"
)
_DIALECT_HEADING_ATTRIBUTES = re.compile(r"(?<=\S)[ \t]*(?:\{[ \t]*[#.:][^{}\n]*\}|\{/\*[^{}\n]*\*/\})[ \t]*$")
_COMMENT_START, _COMMENT_END = "<!--", "-->"
_DIALECT_INLINE = re.compile(
    r"""(?P<role>\{[\w:-]+\})(?P<ticks>`+)(?P<said>[^`\n]+)(?P=ticks)
      | (?P<code>(?P<marks>`+)[^`\n]+(?P=marks))
      | (?P<embed>!?)\[\[(?P<page>[^\s\[\]|][^\[\]|\n]*)(?:\|(?P<words>[^\[\]\n]*))?\]\](?![(\[])
      | (?P<comment><!--[^\n]*?-->)
      | (?P<hidden>%%[^%\n]+%%)
      | (?P<icon>:(?:material|fontawesome|octicons|simple)-[\w-]+:(?:\{[^{}\n]*\})?)
      | (?P<block>(?<=\S)[ \t]\^[\w-]+[ \t]*$)""",
    re.VERBOSE,
)
_MYST_ROLE_TARGET = re.compile(r"<[^<>]*>\Z")  # of a role: {ref}`the rule <rule-7>`
_WIKILINK_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|bmp|avif|pdf|mp3|mp4|webm)$", re.IGNORECASE)
_DIALECT_ADMONITIONS = frozenset((
    "note", "tip", "info", "warning", "caution", "danger", "important", "hint", "attention", "error", "seealso",
    "admonition", "abstract", "summary", "success", "question", "failure", "bug", "example", "quote", "todo", "details",
    "dropdown", "versionadded", "versionchanged", "deprecated", "warn", "secondary",
))  # fmt: skip
_UNSHOWN_MYST_DIRECTIVES = frozenset(("toctree", "contents", "tableofcontents", "include", "index", "only"))
_TITLED_MYST_DIRECTIVES = frozenset(
    ("list-table", "csv-table", "table", "card", "grid-item-card", "tab-item", "topic", "sidebar", "rubric")
)


class _AdmonitionBox(NamedTuple):
    """A note or a tab that is open: how it ends, and how its lines are written."""

    marks: str  # that close it; "" where its lines are indented
    indent: int  # of its lines, which is taken away; 0 of one with marks
    is_note: bool
    is_shown: bool = True


def dialect_to_plain_markdown(text: str, ending: str) -> str:
    """Markdown of any of these programs as common Markdown; `ending`: ".mdx" for one with components."""
    is_mdx = ending == ".mdx" or _MDX_IMPORT.search(text) is not None
    return "\n".join(_DialectReader(is_mdx, comment_ends=text.count(_COMMENT_END)).read(text.split("\n")))


class _DialectReader:
    """Reads lines one after the other, within the notes and the code that are open."""

    def __init__(self, is_mdx: bool, comment_ends: int) -> None:
        self._is_mdx = is_mdx
        self._comment_ends = comment_ends  # that are still to come: a comment that never ends is none
        self._open_boxes: list[_AdmonitionBox] = []
        self._dialect_fence = ""
        self._is_in_comment = False
        self._is_at_myst_options = False  # right below the first line of a directive

    def read(self, dialect_lines: list[str]) -> Iterator[str]:
        """The lines as they are written, with a blank one where a note begins and where it ends."""
        previous_line, note_depth_above = "", 0
        for dialect_line in dialect_lines:
            dialect_line = self._leave_indented_admonitions(dialect_line)
            if not self._dialect_fence and self._closes_admonition(dialect_line):
                continue
            written_lines = list(self._read_line(dialect_line))
            note_depth = sum(box.is_note for box in self._open_boxes)
            for written_line in written_lines if all(box.is_shown for box in self._open_boxes) else []:
                quoted_line = f"{'> ' * note_depth}{written_line}".rstrip() if note_depth else written_line
                is_blank, is_below_blank = not quoted_line.strip("> "), not previous_line.strip("> ")
                if is_blank and is_below_blank and note_depth:
                    continue
                if note_depth != note_depth_above and not is_blank:
                    quote_border = ">" * min(note_depth, note_depth_above)
                    yield from [quote_border] * (not is_below_blank if quote_border else bool(previous_line.strip()))
                yield quoted_line
                previous_line, note_depth_above = quoted_line, note_depth

    def _leave_indented_admonitions(self, dialect_line: str) -> str:
        """The line without the indentation of the boxes that it is in."""
        if self._dialect_fence or not dialect_line.strip():
            return dialect_line[sum(box.indent for box in self._open_boxes) :] if dialect_line.strip() else dialect_line
        indent = len(dialect_line) - len(dialect_line.lstrip(" "))
        while self._open_boxes and self._open_boxes[-1].indent and indent < sum(box.indent for box in self._open_boxes):
            self._open_boxes.pop()
        return dialect_line[sum(box.indent for box in self._open_boxes) :]

    def _closes_admonition(self, dialect_line: str) -> bool:
        closing_admonition_marks = dialect_line.strip()
        if (
            self._open_boxes
            and (admonition_marks := self._open_boxes[-1].marks)
            and closing_admonition_marks.startswith(admonition_marks)
            and not closing_admonition_marks.strip(admonition_marks[0])
        ):
            self._open_boxes.pop()
            return True
        return False

    def _read_line(self, dialect_line: str) -> Iterator[str]:
        if self._dialect_fence:
            self._comment_ends -= dialect_line.count(_COMMENT_END)
            fence_marks = dialect_line.strip(" \t>")
            self._dialect_fence = (
                ""
                if fence_marks.startswith(self._dialect_fence) and not fence_marks.strip(self._dialect_fence[0])
                else self._dialect_fence
            )
            yield dialect_line
        elif self._is_at_myst_options and _MYST_OPTION.match(dialect_line):
            return
        elif (opened_lines := self._open_admonition_or_tab(dialect_line)) is not None:
            yield from opened_lines
        elif dialect_fence := _DIALECT_FENCE.match(dialect_line):
            self._dialect_fence, self._is_at_myst_options = dialect_fence["marks"], False
            yield dialect_line
        else:
            self._is_at_myst_options = False
            yield from self._read_dialect_prose(dialect_line)

    def _open_admonition_or_tab(self, dialect_line: str) -> list[str] | None:
        """The lines that stand for the first line of a note, a tab or a directive; none of any other line."""
        if myst_directive := _MYST_DIRECTIVE.match(dialect_line):
            return self._open_directive(myst_directive)
        if admonition := _COLON_ADMONITION.match(dialect_line):
            is_admonition = admonition["name"] in _DIALECT_ADMONITIONS
            title = (
                note_title(admonition["name"], admonition["bracket"] or admonition["title"] or "")
                if is_admonition
                else ""
            )
            return self._open_admonition(_AdmonitionBox(admonition["marks"], 0, is_admonition), title)
        if admonition := _INDENTED_ADMONITION.match(dialect_line):
            title = admonition["title"] if admonition["title"] is not None else note_title(admonition["name"], "")
            return self._open_admonition(_AdmonitionBox("", len(admonition["indent"]) + 4, is_note=True), title)
        if tab := _MKDOCS_TAB.match(dialect_line):
            return [f"{tab['indent']}- {tab['title']}:"]  # below which its lines are indented as those of an item
        return None

    def _open_directive(self, myst_directive: re.Match[str]) -> list[str] | None:
        myst_name, myst_title = myst_directive["name"], myst_directive["title"].strip()
        myst_marks = myst_directive["marks"]
        self._is_at_myst_options = True
        if myst_name in _DIALECT_ADMONITIONS:
            return self._open_admonition(_AdmonitionBox(myst_marks, 0, is_note=True), note_title(myst_name, myst_title))
        if myst_name in ("code-block", "code", "sourcecode", "code-cell"):
            self._dialect_fence = myst_marks
            return [f"{myst_marks}{myst_title}"] if myst_marks[0] != ":" else None
        if myst_name in _UNSHOWN_MYST_DIRECTIVES or myst_name in _TITLED_MYST_DIRECTIVES or myst_marks[0] == ":":
            self._open_boxes.append(
                _AdmonitionBox(myst_marks, 0, is_note=False, is_shown=myst_name not in _UNSHOWN_MYST_DIRECTIVES)
            )
            return [_dialect_inline(myst_title), ""] if myst_title and myst_name in _TITLED_MYST_DIRECTIVES else []
        return None

    def _open_admonition(self, admonition_box: _AdmonitionBox, title: str) -> list[str]:
        self._open_boxes.append(admonition_box)
        return [f"**{_dialect_inline(title)}**", ""] if title else []

    def _read_dialect_prose(self, dialect_line: str) -> Iterator[str]:
        was_in_comment = self._is_in_comment
        dialect_line = self._without_html_comment(dialect_line)
        if was_in_comment and not dialect_line.strip():
            return
        if _LEFT_OUT_OF_DIALECTS.match(dialect_line) or _COLON_ADMONITION_END.match(dialect_line):
            return
        if _DIALECT_HTML_LINE.match(dialect_line):
            yield ""
            return
        if self._is_mdx and (_MDX_LINE.match(dialect_line) or _MDX_TAG.match(dialect_line)):
            mdx_title = _MDX_TAG_TITLE.search(dialect_line) if _MDX_TAG.match(dialect_line) else None
            yield from ([f"- {mdx_title[1] or mdx_title[2]}:", ""] if mdx_title else [])
            return
        if callout := _OBSIDIAN_CALLOUT.match(dialect_line):
            yield f"{callout['quote']}**{_dialect_inline(note_title(callout['name'], callout['title']))}**"
            yield callout["quote"].rstrip()
            return
        if dialect_summary := _DIALECT_SUMMARY.match(dialect_line):
            yield from (dialect_summary[1].strip(), "")
            return
        yield _dialect_inline(
            _DIALECT_HEADING_ATTRIBUTES.sub("", dialect_line) if dialect_line.lstrip().startswith("#") else dialect_line
        )

    def _without_html_comment(self, dialect_line: str) -> str:
        """A line without what of a comment stands on it; a comment that nothing ends is none."""
        shown_line = ""
        while dialect_line:
            before_comment, comment_mark, behind_comment = dialect_line.partition(
                _COMMENT_END if self._is_in_comment else _COMMENT_START
            )
            self._comment_ends -= _COMMENT_END in before_comment or (self._is_in_comment and bool(comment_mark))
            if comment_mark and not self._is_in_comment and not self._comment_ends:
                return shown_line + dialect_line
            shown_line += "" if self._is_in_comment else before_comment
            self._is_in_comment, dialect_line = (self._is_in_comment != bool(comment_mark), behind_comment)
        return shown_line


def _dialect_inline(text: str) -> str:
    return _DIALECT_INLINE.sub(_inline_words_of_dialect, text)


def _inline_words_of_dialect(dialect_match: re.Match[str]) -> str:
    if dialect_match["code"]:
        return dialect_match[0]
    if dialect_match["role"]:
        return _myst_role_words(dialect_match)
    if dialect_match["page"]:
        return (
            ""
            if dialect_match["embed"] and _WIKILINK_PICTURE.search(dialect_match["page"].strip())
            else _wikilink_words(dialect_match)
        )
    return ""


def _myst_role_words(myst_role: re.Match[str]) -> str:
    """What a role of MyST shows: its text, math and code as such."""
    myst_role_text = myst_role["said"]
    if myst_role["role"] == "{math}":
        return f"${myst_role_text}$"
    return (
        f"`{myst_role_text}`"
        if myst_role["role"] in ("{code}", "{kbd}", "{file}")
        else _MYST_ROLE_TARGET.sub("", myst_role_text).strip() or myst_role_text
    )


def _wikilink_words(wikilink_match: re.Match[str]) -> str:
    """What a wikilink shows: its words, else the page, and the section behind it."""
    if wikilink_text := wikilink_match["words"]:
        return wikilink_text.strip()
    wikilink_page, _, wikilink_section = wikilink_match["page"].partition("#")
    return " > ".join(filter(None, [wikilink_page.strip(), wikilink_section.strip().lstrip("^")]))
