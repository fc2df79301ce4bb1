"""Figures in Markdown: the pictures that ingest kept, each a paragraph `![caption](document/figure-1a2b.png)`.

Only pictures in the document's own folder count, under the names that ingest gives: no other address is ever opened.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from pathlib import Path
from typing import NamedTuple

MOST_CAPTION = 300  # characters
_FIGURE = re.compile(r"!\[([^\[\]\n]*)\]\(([^()\s/\\]+)/(figure-[0-9a-f]{12}\.(?:png|jpg))\)")
_NAME = re.compile(r"figure-[0-9a-f]{12}\.(?:png|jpg)")
_BLANKS = re.compile(r"[ \t]*+(?:\n\s*+|\Z)")
_NAMED = re.compile(r"[\s\[(\"']*figure\s+(\d{1,3})(?:\]|:[^\[\]\n]*\]|\s*$)[\s.)\"']*$", re.IGNORECASE)


class Figure(NamedTuple):
    """A figure at [start, end) of a text; `file` is its path below data/text."""

    start: int
    end: int
    caption: str
    file: str


def is_figure_name(name: str) -> bool:
    """Is it the name of a file as ingest gives it to a picture?"""
    return _NAME.fullmatch(name) is not None


def figure_markdown(caption: str, file: str) -> str:
    """A figure as Markdown; brackets of its caption, which would end it, become round ones."""
    plain = " ".join(caption.translate(str.maketrans("[]", "()")).split())
    return f"![{plain if len(plain) <= MOST_CAPTION else plain[: MOST_CAPTION - 1] + '…'}]({file})"


def figures(text: str, document: str) -> list[Figure]:
    """The figures of a text of `document` in order; linear in the text."""
    return [
        Figure(match.start(), match.end(), match[1], f"{match[2]}/{match[3]}")
        for match in (_FIGURE.finditer(text) if "](" in text and "/figure-" in text else ())
        if match[2] == document
    ]


def in_folder(text: str, old: str, new: str) -> str:
    """The text of the document `old` with its figures in the folder `new`."""
    return _FIGURE.sub(lambda match: f"![{match[1]}]({new}/{match[3]})" if match[2] == old else match[0], text)


def without_folder(text: str, document: str) -> str:
    """The text with each figure of `document` by its caption and its file's name alone."""
    if not figures(text, document):
        return text
    return _FIGURE.sub(lambda match: f"![{match[1]}]({match[3]})" if match[2] == document else match[0], text)


def as_read(text: str, document: str, shown: Container[int] = ()) -> str:
    """The text as a model reads it: `[figure 2: caption]` for each figure whose number is `shown` beside the text.

    The others are their captions, where these do not stand there anyway: no address of a file is text.
    """
    found = figures(text, document)
    rest = " ".join(_replaced(text, ((one.start, one.end, "") for one in found)).split()) if found else ""
    places = []
    for number, one in enumerate(found, 1):
        words = "" if one.caption.rstrip("…") in rest else one.caption
        words = figure_mark(number, one.caption) if number in shown else words
        places.append((*((one.start, one.end) if words else _line_of(one, text)), words))
    return _replaced(text, places)


def _line_of(one: Figure, text: str) -> tuple[int, int]:
    """Where a figure with nothing beside it stands, with the blank lines behind it; else its own place."""
    alone = one.start == 0 or text[one.start - 1] == "\n"
    blanks = _BLANKS.match(text, one.end)
    return one.start, blanks.end() if alone and blanks else one.end


def figure_named(quote: str) -> int | None:
    """The number that evidence such as `[figure 2]` names; None for other evidence."""
    match = _NAMED.match(quote)
    return int(match[1]) if match else None


def is_figure(quote: str) -> bool:
    """Is a quote of evidence a figure?"""
    return _FIGURE.fullmatch(quote.strip()) is not None


def in_words(quote: str) -> str:
    """A quote of evidence as people read it: a figure by its caption, without its file."""
    match = _FIGURE.fullmatch(quote.strip())
    return quote if not match else f"[figure: {match[1]}]" if match[1] else "[figure]"


def figure_mark(number: int, caption: str = "") -> str:
    """How a text and a reply name a figure."""
    return f"[figure {number}: {caption}]" if caption else f"[figure {number}]"


def _replaced(text: str, places: Iterable[tuple[int, int, str]]) -> str:
    """The text with the words given for each (start, end)."""
    parts, at = [], 0
    for start, end, words in places:
        parts += [text[at:start], words]
        at = end
    return "".join([*parts, text[at:]])


def drop_unused(folder: Path, markdown: str) -> tuple[int, int]:
    """Remove from a document's folder the pictures that its text does not show; returns (pictures shown, removed).

    Files of other names stay, and the folder with them.
    """
    shown = {Path(one.file).name for one in figures(markdown, folder.name)}
    unused = [path for path in _pictures_in(folder) if path.name not in shown]
    for path in unused:
        path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return len(shown), len(unused)


def _pictures_in(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if is_figure_name(path.name)] if folder.is_dir() else []
