"""Leaders: the row of dots that leads from a title to its page number, from a label to its figure."""

from __future__ import annotations

import re
from functools import lru_cache

_LEADER_DOTS = r"(?:\.\s?){4,}"
_LEAST_LEADER_DOTS = 3  # that lead out of a cell
_LEADER_SIGNS = ("....", ". . .", ".. ..", "…")  # a text without any of these has no leaders
_LEADERS = re.compile(_LEADER_DOTS)
LEADERS_AT_END = re.compile(rf"{_LEADER_DOTS}$")
_LEADERS_OF_CELL = re.compile(r"(?:\s?\.){3,}+\s*$|(?:(?<!\s)\s++)?…\s*$|(?:\s?[._]){6,}")
CONTENTS_LINE = re.compile(rf"\S (?:{_LEADER_DOTS}|… ?)\s*\d+\W*$", re.MULTILINE)  # a line of Markdown
_CONTENTS_ENTRY = re.compile(r"(?:(?<!\.)(?<!\.\s)(?:\.\s?){4,}+|…)\s*\d+\W*$")
_LEADERS_IN_LINE = re.compile(
    rf"(?:(?<!\s)\s++)?(?:{_LEADER_DOTS}\s*|…{{2,}}\s*|(?<!_)(?<!_\s)(?:_\s?){{6,}}+\s*(?=\d+\W*$))"
)


def has_leaders(text: str) -> bool:
    """Whether a text may have leaders: looked at before a pattern is tried on every line of a page."""
    return any(sign in text for sign in _LEADER_SIGNS)


@lru_cache(8192)
def is_contents_entry(text: str) -> bool:
    """Whether a line is one of a table of contents: a title, leading dots and a page number."""
    return has_leaders(text) and _CONTENTS_ENTRY.search(text) is not None


def without_leaders(text: str) -> str:
    """The text with a space for each row of leading dots."""
    return _LEADERS.sub(" ", text) if has_leaders(text) else text


def without_cell_leaders(text: str) -> str:
    """The text of a cell without the dots or underscores that lead from it to the next."""
    may_have_leaders = "…" in text or text.count(".") + text.count("_") >= _LEAST_LEADER_DOTS
    return _LEADERS_OF_CELL.sub("", text) if may_have_leaders else text


def shortened_leaders(line: str) -> str:
    """The line with ` … ` for each row of leading dots, and for underscores that lead to a number at its end."""
    return _LEADERS_IN_LINE.sub(" … ", line) if has_leaders(line) or "___" in line or "_ _" in line else line
