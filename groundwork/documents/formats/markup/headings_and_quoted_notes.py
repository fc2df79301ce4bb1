"""Pieces of Markdown that readers of other markup write: headings, fenced code, notes as quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_DEEPEST_HEADING = 6  # levels of headings in Markdown
_NOTE_TITLES = {
    "seealso": "See also", "versionadded": "Added in version", "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version", "admonition": "", "details": "", "dropdown": "",
}  # fmt: skip


def heading(heading_level: int, heading_title: str) -> str:
    return f"{'#' * min(heading_level, _DEEPEST_HEADING)} {heading_title}"


def fenced(language: str, code_lines: Iterable[str]) -> Iterator[str]:
    """The lines of a code block, and a blank one."""
    yield from (f"```{language}", "\n".join(code_lines).strip("\n"), "```", "")


def note_title(note_kind: str, quoted_title: str) -> str:
    """What stands above a note of this kind: "Tip", "Added in version 3.1", or its own title."""
    note_kind_title = _NOTE_TITLES.get(note_kind)
    return (
        " ".join(filter(None, [note_kind_title, quoted_title]))
        if note_kind_title is not None
        else quoted_title.strip() or note_kind.capitalize()
    )


def quoted_note(note_heading: str, note_lines: Iterable[str]) -> Iterator[str]:
    """A note as a quote, its title in bold, with a blank line before and behind."""
    quoted_lines = "\n".join(note_lines).strip("\n").split("\n")
    yield ""
    yield from ([f"> **{note_heading}**", *([">"] if any(quoted_lines) else [])] if note_heading else [])
    yield from (f"> {note_line}".rstrip() for note_line in (quoted_lines if any(quoted_lines) else []))
    yield ""
