"""Org as Markdown: headlines, code, links and tables; keywords, drawers, comments and dates of planning are left out.

Source: the Org syntax (headlines, blocks, drawers, keywords, links, emphasis).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from groundwork.documents.formats.markup.headings_and_quoted_notes import heading

_ORG_HEADLINE = re.compile(r"(\*+)[ \t]+(?=\S)")
_ORG_TAGS = re.compile(r"(?<=\S)[ \t]+:[\w@:]+:[ \t]*$")
_ORG_CODE = regex.compile(r"\s*#\+begin_(src|example)(?:[ \t]+(\S+))?.*$", regex.IGNORECASE)
_ORG_CODE_END = regex.compile(r"\s*#\+end_(src|example)\s*$", regex.IGNORECASE)
_ORG_TITLE = regex.compile(r"#\+title:[ \t]*(\S.*)$", regex.IGNORECASE)
_ORG_DRAWER = regex.compile(r"[ \t]*:(?:properties|logbook|[\w-]+):[ \t]*$", regex.IGNORECASE)
_ORG_DRAWER_END = regex.compile(r"[ \t]*:end:[ \t]*$", regex.IGNORECASE)
_LEFT_OUT_OF_ORG = re.compile(r"[ \t]*(?:#\+\w|#(?:[ \t]|$)|(?:CLOSED|SCHEDULED|DEADLINE):[ \t]*[<\[])")
_ORG_TABLE_RULE = re.compile(r"([ \t]*)\|[-+|]+[ \t]*$")
_ORG_INLINE = re.compile(
    r"""\[\[(?P<address>[^\[\]\n]+)\](?:\[(?P<words>[^\[\]\n]+)\])?\]
      | (?<![\w=~])(?P<mark>[=~])(?P<code>[^\s=~](?:[^=~\n]*[^\s=~])?)(?P=mark)(?![\w=~])""",
    re.VERBOSE,
)


def read_org(org_lines: list[str]) -> Iterator[str]:
    """The lines as Markdown."""
    is_org_code = is_org_drawer = False
    for k, org_line in enumerate(org_lines):
        if is_org_code:
            is_org_code = _ORG_CODE_END.match(org_line) is None
            yield org_line if is_org_code else "```"
        elif is_org_drawer:
            is_org_drawer = _ORG_DRAWER_END.match(org_line) is None
        elif org_code := _ORG_CODE.match(org_line):
            is_org_code = True
            yield f"```{org_code[2] or ''}"
        elif _ORG_DRAWER.match(org_line) and any(
            _ORG_DRAWER_END.match(org_line_below) for org_line_below in org_lines[k + 1 : k + 100]
        ):
            is_org_drawer = True
        else:
            yield from _read_org_prose(org_line)
    if is_org_code:
        yield "```"


def _read_org_prose(org_line: str) -> Iterator[str]:
    if headline := _ORG_HEADLINE.match(org_line):
        yield from (
            heading(len(headline[1]), _read_org_inline(_ORG_TAGS.sub("", org_line[headline.end() :]).strip())),
            "",
        )
    elif org_title := _ORG_TITLE.match(org_line):
        yield from (heading(1, _read_org_inline(org_title[1].strip())), "")
    elif org_table_rule := _ORG_TABLE_RULE.match(org_line):
        yield f"{org_table_rule[1]}{org_line.strip().replace('+', '|')}"
    elif not _LEFT_OUT_OF_ORG.match(org_line):
        yield _read_org_inline(org_line)


def _read_org_inline(text: str) -> str:
    return _ORG_INLINE.sub(_org_inline_words, text)


def _org_inline_words(org_match: re.Match[str]) -> str:
    if org_code := org_match["code"]:
        return f"`{org_code}`"
    org_address = org_match["address"]
    is_of_web = org_address.startswith(("http://", "https://", "mailto:"))
    return (
        f"[{org_match['words']}]({org_address})"
        if is_of_web and org_match["words"]
        else org_match["words"] or org_address.removeprefix("file:")
    )
