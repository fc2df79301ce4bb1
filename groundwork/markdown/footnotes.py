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
    pending_note_labels: list[str] = []  # labels of marks in a heading, or in what goes on in the next block
    for noted_body, following_body in zip_longest(footnoted_bodies, footnoted_bodies[1:]):
        pieces.append(noted_body)
        pending_note_labels += (
            [] if noted_body.kind == "code" else [match["label"] for match in _FOOTNOTE_MARK.finditer(noted_body.text)]
        )
        if noted_body.kind != "heading" and not (following_body and _INDENTED_FOOTNOTE.match(following_body.text)):
            pieces += _take_footnotes(footnotes, pending_note_labels)
            pending_note_labels = []
    return _join_bodies_and_footnotes([*pieces, *_take_footnotes(footnotes, [*pending_note_labels, *footnotes])])


def is_footnote_below_mark(text: str, note_start: int) -> bool:
    """Whether a note is defined at `note_start`, a little below its mark."""
    footnote_definition = _FOOTNOTE_DEFINITION.match(text, note_start)
    return (
        footnote_definition is not None
        and text.find(f"[^{footnote_definition['label']}]", max(0, note_start - _NEAR_FOOTNOTE), note_start) >= 0
    )


def _take_footnotes(footnotes: dict[str, str], labels: list[str]) -> Iterator[_BodyOrFootnote]:
    """The notes of these labels and of the marks in them, each once."""
    waiting_note_labels = list(reversed(labels))
    while waiting_note_labels:
        if footnote := footnotes.pop(waiting_note_labels.pop(), ""):
            yield _BodyOrFootnote(_FOOTNOTE_KIND, footnote)
            waiting_note_labels += reversed([match["label"] for match in _FOOTNOTE_MARK.finditer(footnote)])


def _split_footnotes(markdown: str) -> _BodiesAndFootnotes:
    """Notes that no mark names stay among the bodies."""
    marked_footnotes = {match["label"] for match in _FOOTNOTE_MARK.finditer(markdown)}
    bodies_and_notes = _BodiesAndFootnotes([], {})
    footnote_label = ""
    for block in blocks(markdown):
        footnoted_block = markdown[block.start : block.end]
        if footnote_label and _INDENTED_FOOTNOTE.match(footnoted_block):
            bodies_and_notes.notes[footnote_label] += f"\n\n{footnoted_block.rstrip()}"
        elif block.kind in ("paragraph", "list") and _FOOTNOTE_DEFINITION.match(footnoted_block):
            footnote_label = _split_footnote_definitions(footnoted_block, marked_footnotes, bodies_and_notes)
        else:
            footnote_label = ""
            bodies_and_notes.bodies.extend(
                _BodyOrFootnote(block.kind, part) for part in _parts_of_long_list(footnoted_block, block)
            )
    return bodies_and_notes


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


def _parts_of_long_list(list_text: str, block: Block) -> list[str]:
    """A long list in its outer items; anything else as it is."""
    if block.kind != "list" or len(list_text) < _LONG_FOOTNOTED_LIST:
        return [list_text]
    item_starts = [
        match.start() + 1 for match in LIST_ITEM_START.finditer(list_text) if not list_text[match.start() + 1].isspace()
    ]
    item_bounds = [0, *item_starts, len(list_text)]
    return [list_text[start:end] for start, end in pairwise(item_bounds)]


def _join_bodies_and_footnotes(pieces: list[_BodyOrFootnote]) -> str:
    """Pieces one after the other, with a blank line before and behind a note."""
    footnoted_texts: list[str] = []
    for body_or_note, following in zip_longest(pieces, pieces[1:]):
        is_at_note = body_or_note.kind == _FOOTNOTE_KIND or (following is not None and following.kind == _FOOTNOTE_KIND)
        footnoted_texts.append(
            body_or_note.text.rstrip("\n") + ("\n\n" if following else "\n") if is_at_note else body_or_note.text
        )
    return "".join(footnoted_texts)
