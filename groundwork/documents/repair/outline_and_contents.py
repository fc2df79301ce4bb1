"""What a PDF says of its own parts: headings by its outline, and tables of contents as lines of one form.

What its author called a heading in the outline is one, at the level that it has there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from groundwork.documents.auditing.readability import HEADING_LINE

_CONTENTS_LINE = re.compile(r"^.*\S (?:\.{3}|…) \d+\W*$")
_CONTENTS_ENTRY = re.compile(r"^(?:#{1,6} +)?(?![-*+] )(\S.{1,120}?\S)(?: ?[.…·]++)*+ \**(\d{1,4})\**\s*$")
_ROW_OF_FIGURES = re.compile(r"\w\W+\d[\d.,]*$")  # a row of figures, and no title
_MARKUP = re.compile(r"[*_`#\\]|</?\w+>")
_LEAST_ENTRIES = 5
_YEARS = range(1400, 2100)
_LONGEST_ENTRY = 200  # letters of a line that may be an entry


class OutlineEntry(NamedTuple):
    """An entry of the outline. `level` counts from 0, `page` from 1."""

    level: int
    title: str
    page: int


def set_headings(pages: Sequence[str], outline_entries: Sequence[OutlineEntry]) -> list[str]:
    """The pages with each line that is an outline's entry as a heading, and other headings below the one before."""
    if not outline_entries:
        return list(pages)
    shift = 2 if _has_own_title(pages, outline_entries) else 1
    by_page: dict[int, dict[str, int]] = {}
    for entry in outline_entries:
        by_page.setdefault(entry.page, {})[_title_key(entry.title)] = min(6, entry.level + shift)
    page_texts = []
    level = 0
    for page_number, page in enumerate(pages, start=1):
        page_text, level = _set_page_headings(page, by_page.get(page_number, {}), level)
        page_texts.append(page_text)
    return page_texts


def _has_own_title(pages: Sequence[str], outline_entries: Sequence[OutlineEntry]) -> bool:
    """Whether the document begins with a heading that is not in its outline: its title."""
    first_heading = next((m for page in pages[:1] for m in map(HEADING_LINE.match, page.split("\n")) if m), None)
    titles = {_title_key(entry.title) for entry in outline_entries}
    return first_heading is not None and _title_key(first_heading[2]) not in titles


def _set_page_headings(page: str, levels: dict[str, int], level: int) -> tuple[str, int]:
    """The page, and the level of its last heading that the outline knows; 0 before the first one."""
    lines = []
    is_fenced = False
    for line in page.split("\n"):
        is_fenced ^= line.lstrip().startswith(("```", "~~~"))
        heading = HEADING_LINE.match(line)
        may_be_entry = levels and not is_fenced and not line.startswith("|") and 0 < len(line) < _LONGEST_ENTRY
        outline_level = levels.get(_title_key(line)) if may_be_entry else None
        if outline_level:
            level = outline_level
            line = f"\n{'#' * outline_level} {_MARKUP.sub('', line).strip()}\n"
        elif heading and not is_fenced and level:
            line = f"{'#' * min(6, max(level + 1, len(heading[1])))} {heading[2]}"
        lines.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n"), level


def _title_key(title: str) -> str:
    """A title as it is compared: letters and digits only, since outlines and pages differ in spaces and hyphens."""
    return "".join(filter(str.isalnum, _MARKUP.sub("", title).casefold()))


def plain_contents(page: str) -> str:
    """The page with its table of contents, if there is one, as lines of one form: no headings, `title … page`."""
    lines = page.split("\n")
    contents_entries: dict[int, re.Match[str]] = {}  # by line
    last_page = 0
    for i, line in enumerate([*lines, "-"]):
        entry = _CONTENTS_ENTRY.match(line) if line.rstrip("* ")[-1:].isdigit() else None
        entry = None if entry and _ROW_OF_FIGURES.search(entry[1]) else entry
        if entry and last_page <= int(entry[2]) <= last_page + 60 and not line.startswith("|"):
            contents_entries[i] = entry
            last_page = int(entry[2])
        elif line.strip():
            if _are_entries(list(contents_entries.values())):
                for k in contents_entries:
                    lines[k] = _CONTENTS_ENTRY.sub(r"\1 … \2", lines[k]).replace("**", "")
            contents_entries, last_page = ({i: entry}, int(entry[2])) if entry else ({}, 0)
    return "\n".join(lines)


def _are_entries(contents_entries: Sequence[re.Match[str]]) -> bool:
    """Whether lines that end in numbers that go up are a contents: a list that says one thing of each number ("Lot
    14") is none, and neither are years without leaders, as those of a life or a chronicle."""
    if len(contents_entries) < _LEAST_ENTRIES or 2 * len({entry[1] for entry in contents_entries}) <= len(
        contents_entries
    ):
        return False
    has_leaders = any(re.search(r"[.…·]{2}|…", entry[0]) for entry in contents_entries)
    return has_leaders or not all(int(entry[2]) in _YEARS for entry in contents_entries)


def is_contents(markdown: str) -> bool:
    """Whether most of a page's lines are entries of a table of contents or an index with page numbers."""
    lines = [line for line in markdown.split("\n") if line.strip()]
    contents_entries = sum(bool(_CONTENTS_LINE.match(line)) for line in lines)
    return contents_entries >= 4 and contents_entries > 0.6 * len(lines)
