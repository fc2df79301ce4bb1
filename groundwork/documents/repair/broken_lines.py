"""The broken lines of a page's Markdown, joined to paragraphs: items and headings stand free, leaders are short."""

from __future__ import annotations

import re

from groundwork.documents.auditing.readability import HEADING_LINE
from groundwork.documents.dot_leaders import shortened_leaders
from groundwork.language.list_and_rule_labels import DOTTED_LABEL, GLUED_LABEL, LIST_LABEL, STOPPED_LABEL
from groundwork.language.sentences import LINE_ENDS

ITEM_START = re.compile(rf"(?:{LIST_LABEL}|[-*+])(?:\s|$)|{DOTTED_LABEL}\.\S")
BLOCK_START = re.compile(r"#{1,6}\s|\||```|~~~|>|!\[|<|\$\$")
_UNDERLINE = re.compile(r"<u>\s*[↑^]?\s*</u>|</?u>")  # and the arrows that lead back to the contents
_GLUED_ITEM = re.compile(rf"^((?:#{{1,6}} )?{GLUED_LABEL})")
_STOPPED_ITEM = re.compile(rf"{STOPPED_LABEL}\s")
_BACK_LINK = re.compile(r"(?:(?<!\s)\s++)?↑\s*$")
HYPHEN_END = re.compile(r"(?<![^\W\d_])[^\W\d_]{2,}+[-‐]$")


def tidy_page(markdown: str) -> str:
    """A page's Markdown with broken lines joined, one item a paragraph, headings free-standing, leaders shortened."""
    tidied: list[str] = []
    fence = ""
    for line in markdown.replace("\r\n", "\n").split("\n"):
        text = line.rstrip()
        if marker := re.match(r"\s*(```+|~~~+)", text):
            fence = "" if fence and text.strip().startswith(fence) else fence or marker[1]
            tidied.append(text)
        elif fence:
            tidied.append(text)
        else:
            _append_line(tidied, _tidy_line(text))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(tidied)).strip("\n")


def _tidy_line(line: str) -> str:
    line = _UNDERLINE.sub("", line) if "u>" in line else line
    line = _BACK_LINK.sub("", line) if "↑" in line else line
    text = shortened_leaders(line)
    if text != line:
        text = text.replace("**", "").lstrip("# ").rstrip()
    elif len(text) > 160 and (heading := HEADING_LINE.match(text)):
        text = heading[2]  # a paragraph, whatever the engine took it for
    return _GLUED_ITEM.sub(r"\1 ", text)


def _append_line(lines: list[str], line: str) -> None:
    """Append a line: to the line before where it goes on with it, after a blank line where it begins a block."""
    previous = lines[-1] if lines else ""
    if not line.strip() or not previous.strip():
        if line.strip() or previous.strip():
            lines.append(line)
    elif _continues_line(previous, line):
        lines[-1] = _join_lines(previous, line.strip())
    elif _needs_blank(previous, line):
        lines += ["", line]
    else:
        lines.append(line)


def _continues_line(previous: str, line: str) -> bool:
    text = line.lstrip("* ")
    if BLOCK_START.match(line) or BLOCK_START.match(previous) or ITEM_START.match(text):
        return False
    return not previous.endswith(LINE_ENDS) and (text[:1].islower() or text[:1] == "(") and "…" not in previous


def _join_lines(previous: str, line: str) -> str:
    if HYPHEN_END.search(previous) and line[:1].islower():
        return previous[:-1] + line
    return f"{previous} {line}"


def _needs_blank(previous: str, line: str) -> bool:
    """Headings stand free, and numbered rules are paragraphs of their own; bullet lists stay together."""
    if line.startswith("#") or previous.startswith("#"):
        return True
    if line.startswith("|") != previous.startswith("|"):
        return True
    return bool(_STOPPED_ITEM.match(line))
