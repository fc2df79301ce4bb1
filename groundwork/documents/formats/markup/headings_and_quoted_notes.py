"""Pieces of Markdown that readers of other markup write: headings, fenced code, notes as quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_DEEPEST = 6  # levels of headings in Markdown
_TITLES = {
    "seealso": "See also", "versionadded": "Added in version", "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version", "admonition": "", "details": "", "dropdown": "",
}  # fmt: skip


def heading(level: int, title: str) -> str:
    return f"{'#' * min(level, _DEEPEST)} {title}"


def fenced(language: str, block: Iterable[str]) -> Iterator[str]:
    """The lines of a code block, and a blank one."""
    yield from (f"```{language}", "\n".join(block).strip("\n"), "```", "")


def note_title(name: str, title: str) -> str:
    """What stands above a note of this kind: "Tip", "Added in version 3.1", or its own title."""
    known = _TITLES.get(name)
    return " ".join(filter(None, [known, title])) if known is not None else title.strip() or name.capitalize()


def quoted_note(title: str, note_lines: Iterable[str]) -> Iterator[str]:
    """A note as a quote, its title in bold, with a blank line before and behind."""
    body = "\n".join(note_lines).strip("\n").split("\n")
    yield ""
    yield from ([f"> **{title}**", *([">"] if any(body) else [])] if title else [])
    yield from (f"> {note_line}".rstrip() for note_line in (body if any(body) else []))
    yield ""
