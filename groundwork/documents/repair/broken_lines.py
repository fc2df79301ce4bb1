"""The broken lines of a page's Markdown, joined to paragraphs: items and headings stand free, leaders are short."""

from __future__ import annotations

import re

from groundwork.documents.auditing.readability import HEADING_LINE
from groundwork.documents.dot_leaders import shortened_leaders
from groundwork.language.list_labels import DOTTED_LABEL, GLUED_LABEL, LIST_LABEL, STOPPED_LABEL
from groundwork.language.sentences import SENTENCE_LINE_ENDS

ITEM_START = re.compile(rf"(?:{LIST_LABEL}|[-*+])(?:\s|$)|{DOTTED_LABEL}\.\S")
BLOCK_START = re.compile(r"#{1,6}\s|\||```|~~~|>|!\[|<|\$\$")
_UNDERLINE = re.compile(r"<u>\s*[↑^]?\s*</u>|</?u>")  # and the arrows that lead back to the contents
_GLUED_ITEM = re.compile(rf"^((?:#{{1,6}} )?{GLUED_LABEL})")
_STOPPED_ITEM = re.compile(rf"{STOPPED_LABEL}\s")
_BACK_LINK = re.compile(r"(?:(?<!\s)\s++)?↑\s*$")
HYPHEN_END = re.compile(r"(?<![^\W\d_])[^\W\d_]{2,}+[-‐]$")


def mend_broken_lines(markdown: str) -> str:
    """A page's Markdown with broken lines joined, one item a paragraph, headings free-standing, leaders shortened."""
    mended_lines: list[str] = []
    code_fence = ""
    for line in markdown.replace("\r\n", "\n").split("\n"):
        broken_line = line.rstrip()
        if fence := re.match(r"\s*(```+|~~~+)", broken_line):
            code_fence = "" if code_fence and broken_line.strip().startswith(code_fence) else code_fence or fence[1]
            mended_lines.append(broken_line)
        elif code_fence:
            mended_lines.append(broken_line)
        else:
            _append_mended_line(mended_lines, _tidy_broken_line(broken_line))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(mended_lines)).strip("\n")


def _tidy_broken_line(broken_line: str) -> str:
    broken_line = _UNDERLINE.sub("", broken_line) if "u>" in broken_line else broken_line
    broken_line = _BACK_LINK.sub("", broken_line) if "↑" in broken_line else broken_line
    mended_line = shortened_leaders(broken_line)
    if mended_line != broken_line:
        mended_line = mended_line.replace("**", "").lstrip("# ").rstrip()
    elif len(mended_line) > 160 and (heading := HEADING_LINE.match(mended_line)):
        mended_line = heading[2]  # a paragraph, whatever the engine took it for
    return _GLUED_ITEM.sub(r"\1 ", mended_line)


def _append_mended_line(mended_lines: list[str], broken_line: str) -> None:
    """Append a line: to the line before where it goes on with it, after a blank line where it begins a block."""
    previous_line = mended_lines[-1] if mended_lines else ""
    if not broken_line.strip() or not previous_line.strip():
        if broken_line.strip() or previous_line.strip():
            mended_lines.append(broken_line)
    elif _continues_broken_line(previous_line, broken_line):
        mended_lines[-1] = _join_broken_line(previous_line, broken_line.strip())
    elif _needs_blank_line_before(previous_line, broken_line):
        mended_lines += ["", broken_line]
    else:
        mended_lines.append(broken_line)


def _continues_broken_line(previous_line: str, line: str) -> bool:
    text_of_line = line.lstrip("* ")
    if BLOCK_START.match(line) or BLOCK_START.match(previous_line) or ITEM_START.match(text_of_line):
        return False
    return (
        not previous_line.endswith(SENTENCE_LINE_ENDS)
        and (text_of_line[:1].islower() or text_of_line[:1] == "(")
        and "…" not in previous_line
    )


def _join_broken_line(broken_line: str, line: str) -> str:
    if HYPHEN_END.search(broken_line) and line[:1].islower():
        return broken_line[:-1] + line
    return f"{broken_line} {line}"


def _needs_blank_line_before(previous_line: str, line: str) -> bool:
    """Headings stand free, and numbered rules are paragraphs of their own; bullet lists stay together."""
    if line.startswith("#") or previous_line.startswith("#"):
        return True
    if line.startswith("|") != previous_line.startswith("|"):
        return True
    return bool(_STOPPED_ITEM.match(line))
