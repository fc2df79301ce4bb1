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

_FOOTNOTE_LABEL = r"\[\^(?P<label>[^\]\s\[^]{1,60})\]"
_FOOTNOTE_DEFINITION = re.compile(rf"[ ]{{0,3}}{_FOOTNOTE_LABEL}:")
_FOOTNOTE_DEFINITION_LINE = re.compile(rf"^(?=[ ]{{0,3}}{_FOOTNOTE_LABEL}:)", re.MULTILINE)
_FOOTNOTE_MARK = re.compile(rf"{_FOOTNOTE_LABEL}(?!:)")
_INDENTED_FOOTNOTE = re.compile(r"(?: {4}|\t)")  # what goes on with the note above
_LONG_FOOTNOTED_LIST = 1_000  # characters, from which a note stands behind its item
_FOOTNOTE_KIND = "note"  # the kind of a piece that is one
_NEAR_FOOTNOTE = 3_000  # characters in front of a note in which its mark is looked for


class _BodyOrFootnote(NamedTuple):
    """A block of the text or a note: what it is, and its text with the blank lines behind."""

    kind: str
    text: str


class _BodiesAndFootnotes(NamedTuple):
    """`bodies`: the text without its notes; `notes`: by label, each without blank lines around."""

    bodies: list[_BodyOrFootnote]
    notes: dict[str, str]


def place_footnotes(markdown: str) -> str:
    """The text with each note behind the block that holds its first mark; a note without a mark stays where it is."""
    if not _FOOTNOTE_DEFINITION_LINE.search(markdown):
        return markdown
    footnoted_bodies, footnotes = _split_footnotes(markdown)
    pieces: list[_BodyOrFootnote] = []
    pending_footnotes: list[str] = []  # labels of marks in a heading, or in what goes on in the next block
    for noted_body, following_body in zip_longest(footnoted_bodies, footnoted_bodies[1:]):
        pieces.append(noted_body)
        pending_footnotes += (
            [] if noted_body.kind == "code" else [match["label"] for match in _FOOTNOTE_MARK.finditer(noted_body.text)]
        )
        if noted_body.kind != "heading" and not (following_body and _INDENTED_FOOTNOTE.match(following_body.text)):
            pieces += _take_footnotes(footnotes, pending_footnotes)
            pending_footnotes = []
    return _join_bodies_and_footnotes([*pieces, *_take_footnotes(footnotes, [*pending_footnotes, *footnotes])])


def is_footnote_below_mark(text: str, note_start: int) -> bool:
    """Whether a note is defined at `note_start`, a little below its mark."""
    footnote_definition = _FOOTNOTE_DEFINITION.match(text, note_start)
    return (
        footnote_definition is not None
        and text.find(f"[^{footnote_definition['label']}]", max(0, note_start - _NEAR_FOOTNOTE), note_start) >= 0
    )


def _take_footnotes(footnotes: dict[str, str], labels: list[str]) -> Iterator[_BodyOrFootnote]:
    """The notes of these labels and of the marks in them, each once."""
    waiting_footnotes = list(reversed(labels))
    while waiting_footnotes:
        if footnote := footnotes.pop(waiting_footnotes.pop(), ""):
            yield _BodyOrFootnote(_FOOTNOTE_KIND, footnote)
            waiting_footnotes += reversed([match["label"] for match in _FOOTNOTE_MARK.finditer(footnote)])


def _split_footnotes(markdown: str) -> _BodiesAndFootnotes:
    """Notes that no mark names stay among the bodies."""
    marked_footnotes = {match["label"] for match in _FOOTNOTE_MARK.finditer(markdown)}
    footnoted = _BodiesAndFootnotes([], {})
    footnote_label = ""
    for block in blocks(markdown):
        noted = markdown[block.start : block.end]
        if footnote_label and _INDENTED_FOOTNOTE.match(noted):
            footnoted.notes[footnote_label] += f"\n\n{noted.rstrip()}"
        elif block.kind in ("paragraph", "list") and _FOOTNOTE_DEFINITION.match(noted):
            footnote_label = _split_footnote_definitions(noted, marked_footnotes, footnoted)
        else:
            footnote_label = ""
            footnoted.bodies.extend(_BodyOrFootnote(block.kind, part) for part in _footnoted_list_parts(noted, block))
    return footnoted


def _split_footnote_definitions(footnoted_block: str, marked_footnotes: set[str], bodies: _BodiesAndFootnotes) -> str:
    """Sort the definitions of a block; the label of the last one, if it is a note."""
    footnote_label = ""
    for footnote_definition in _FOOTNOTE_DEFINITION_LINE.split(footnoted_block)[::2]:
        match = _FOOTNOTE_DEFINITION.match(footnote_definition)
        footnote_label = match["label"] if match else ""
        if footnote_label in marked_footnotes and footnote_label not in bodies.notes:
            bodies.notes[footnote_label] = footnote_definition.strip("\n")
        elif footnote_definition:
            footnote_label = ""
            bodies.bodies.append(_BodyOrFootnote("paragraph", footnote_definition))
    return footnote_label


def _footnoted_list_parts(note_list: str, block: Block) -> list[str]:
    """A long list in its outer items; anything else as it is."""
    if block.kind != "list" or len(note_list) < _LONG_FOOTNOTED_LIST:
        return [note_list]
    footnoted_starts = [
        match.start() + 1 for match in LIST_ITEM_START.finditer(note_list) if not note_list[match.start() + 1].isspace()
    ]
    footnoted_bounds = [0, *footnoted_starts, len(note_list)]
    return [note_list[start:end] for start, end in pairwise(footnoted_bounds)]


def _join_bodies_and_footnotes(pieces: list[_BodyOrFootnote]) -> str:
    """Pieces one after the other, with a blank line before and behind a note."""
    texts: list[str] = []
    for footnoted, following in zip_longest(pieces, pieces[1:]):
        is_at_note = footnoted.kind == _FOOTNOTE_KIND or (following is not None and following.kind == _FOOTNOTE_KIND)
        texts.append(footnoted.text.rstrip("\n") + ("\n\n" if following else "\n") if is_at_note else footnoted.text)
    return "".join(texts)
