"""Footnotes of Markdown ([^1] and [^1]: text), brought behind the block that holds their mark.

Where they stood at the end of a document, they would be cut into chunks that nothing else is said in. The syntax is
that of GitHub, Pandoc and MultiMarkdown, where a note may be defined anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, zip_longest
from typing import NamedTuple

from groundwork.markdown.blocks import LIST_ITEM_START, Block, blocks

_LABEL = r"\[\^(?P<label>[^\]\s\[^]{1,60})\]"
_DEFINITION = re.compile(rf"[ ]{{0,3}}{_LABEL}:")
_DEFINITION_LINE = re.compile(rf"^(?=[ ]{{0,3}}{_LABEL}:)", re.MULTILINE)
_MARK = re.compile(rf"{_LABEL}(?!:)")
_INDENTED = re.compile(r"(?: {4}|\t)")  # what goes on with the note above
_LONG_LIST = 1_000  # characters, from which a note stands behind its item
_NOTE = "note"  # the kind of a piece that is one
_NEAR = 3_000  # characters in front of a note in which its mark is looked for


class _Piece(NamedTuple):
    """A block of the text or a note: what it is, and its text with the blank lines behind."""

    kind: str
    text: str


class _Pieces(NamedTuple):
    """`bodies`: the text without its notes; `notes`: by label, each without blank lines around."""

    bodies: list[_Piece]
    notes: dict[str, str]


def place_notes(markdown: str) -> str:
    """The text with each note behind the block that holds its first mark; a note without a mark stays where it is."""
    if not _DEFINITION_LINE.search(markdown):
        return markdown
    bodies, notes = _split_notes(markdown)
    pieces: list[_Piece] = []
    pending: list[str] = []  # labels of marks in a heading, or in what goes on in the next block
    for body, following in zip_longest(bodies, bodies[1:]):
        pieces.append(body)
        pending += [] if body.kind == "code" else [match["label"] for match in _MARK.finditer(body.text)]
        if body.kind != "heading" and not (following and _INDENTED.match(following.text)):
            pieces += _take_notes(notes, pending)
            pending = []
    return _join([*pieces, *_take_notes(notes, [*pending, *notes])])


def is_note_below_mark(text: str, start: int) -> bool:
    """Whether a note is defined at `start`, a little below its mark."""
    definition = _DEFINITION.match(text, start)
    return definition is not None and text.find(f"[^{definition['label']}]", max(0, start - _NEAR), start) >= 0


def _take_notes(notes: dict[str, str], labels: list[str]) -> Iterator[_Piece]:
    """The notes of these labels and of the marks in them, each once."""
    waiting = list(reversed(labels))
    while waiting:
        if note := notes.pop(waiting.pop(), ""):
            yield _Piece(_NOTE, note)
            waiting += reversed([match["label"] for match in _MARK.finditer(note)])


def _split_notes(markdown: str) -> _Pieces:
    """Notes that no mark names stay among the bodies."""
    marked = {match["label"] for match in _MARK.finditer(markdown)}
    pieces = _Pieces([], {})
    label = ""
    for block in blocks(markdown):
        text = markdown[block.start : block.end]
        if label and _INDENTED.match(text):
            pieces.notes[label] += f"\n\n{text.rstrip()}"
        elif block.kind in ("paragraph", "list") and _DEFINITION.match(text):
            label = _split_definitions(text, marked, pieces)
        else:
            label = ""
            pieces.bodies.extend(_Piece(block.kind, part) for part in _list_parts(text, block))
    return pieces


def _split_definitions(text: str, marked: set[str], pieces: _Pieces) -> str:
    """Sort the definitions of a block; the label of the last one, if it is a note."""
    label = ""
    for definition in _DEFINITION_LINE.split(text)[::2]:
        match = _DEFINITION.match(definition)
        label = match["label"] if match else ""
        if label in marked and label not in pieces.notes:
            pieces.notes[label] = definition.strip("\n")
        elif definition:
            label = ""
            pieces.bodies.append(_Piece("paragraph", definition))
    return label


def _list_parts(text: str, block: Block) -> list[str]:
    """A long list in its outer items; anything else as it is."""
    if block.kind != "list" or len(text) < _LONG_LIST:
        return [text]
    starts = [match.start() + 1 for match in LIST_ITEM_START.finditer(text) if not text[match.start() + 1].isspace()]
    bounds = [0, *starts, len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]


def _join(pieces: list[_Piece]) -> str:
    """Pieces one after the other, with a blank line before and behind a note."""
    texts: list[str] = []
    for piece, following in zip_longest(pieces, pieces[1:]):
        is_at_note = piece.kind == _NOTE or (following is not None and following.kind == _NOTE)
        texts.append(piece.text.rstrip("\n") + ("\n\n" if following else "\n") if is_at_note else piece.text)
    return "".join(texts)
