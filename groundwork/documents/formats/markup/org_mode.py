"""Org as Markdown: headlines, code, links and tables; keywords, drawers, comments and dates of planning are left out.

Source: the Org syntax (headlines, blocks, drawers, keywords, links, emphasis).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from groundwork.documents.formats.markup.headings_and_quoted_notes import heading

_HEADLINE = re.compile(r"(\*+)[ \t]+(?=\S)")
_TAGS = re.compile(r"(?<=\S)[ \t]+:[\w@:]+:[ \t]*$")
_CODE = regex.compile(r"\s*#\+begin_(src|example)(?:[ \t]+(\S+))?.*$", regex.IGNORECASE)
_CODE_END = regex.compile(r"\s*#\+end_(src|example)\s*$", regex.IGNORECASE)
_TITLE = regex.compile(r"#\+title:[ \t]*(\S.*)$", regex.IGNORECASE)
_DRAWER = regex.compile(r"[ \t]*:(?:properties|logbook|[\w-]+):[ \t]*$", regex.IGNORECASE)
_DRAWER_END = regex.compile(r"[ \t]*:end:[ \t]*$", regex.IGNORECASE)
_LEFT_OUT = re.compile(r"[ \t]*(?:#\+\w|#(?:[ \t]|$)|(?:CLOSED|SCHEDULED|DEADLINE):[ \t]*[<\[])")
_TABLE_RULE = re.compile(r"([ \t]*)\|[-+|]+[ \t]*$")
_INLINE = re.compile(
    r"""\[\[(?P<address>[^\[\]\n]+)\](?:\[(?P<words>[^\[\]\n]+)\])?\]
      | (?<![\w=~])(?P<mark>[=~])(?P<code>[^\s=~](?:[^=~\n]*[^\s=~])?)(?P=mark)(?![\w=~])""",
    re.VERBOSE,
)


def read_org(org_lines: list[str]) -> Iterator[str]:
    """The lines as Markdown."""
    is_code = is_drawer = False
    for k, org_line in enumerate(org_lines):
        if is_code:
            is_code = _CODE_END.match(org_line) is None
            yield org_line if is_code else "```"
        elif is_drawer:
            is_drawer = _DRAWER_END.match(org_line) is None
        elif code := _CODE.match(org_line):
            is_code = True
            yield f"```{code[2] or ''}"
        elif _DRAWER.match(org_line) and any(_DRAWER_END.match(below) for below in org_lines[k + 1 : k + 100]):
            is_drawer = True
        else:
            yield from _read_prose(org_line)
    if is_code:
        yield "```"


def _read_prose(org_line: str) -> Iterator[str]:
    if headline := _HEADLINE.match(org_line):
        yield from (heading(len(headline[1]), _read_inline(_TAGS.sub("", org_line[headline.end() :]).strip())), "")
    elif title := _TITLE.match(org_line):
        yield from (heading(1, _read_inline(title[1].strip())), "")
    elif rule := _TABLE_RULE.match(org_line):
        yield f"{rule[1]}{org_line.strip().replace('+', '|')}"
    elif not _LEFT_OUT.match(org_line):
        yield _read_inline(org_line)


def _read_inline(text: str) -> str:
    return _INLINE.sub(_inline_words, text)


def _inline_words(match: re.Match[str]) -> str:
    if code := match["code"]:
        return f"`{code}`"
    address = match["address"]
    is_of_web = address.startswith(("http://", "https://", "mailto:"))
    return (
        f"[{match['words']}]({address})"
        if is_of_web and match["words"]
        else match["words"] or address.removeprefix("file:")
    )
