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

_NOTE_LABEL = r"\[\^(?P<label>[^\]\s\[^]{1,60})\]"
_NOTE_DEFINITION = re.compile(rf"[ ]{{0,3}}{_NOTE_LABEL}:")
_NOTE_DEFINITION_LINE = re.compile(rf"^(?=[ ]{{0,3}}{_NOTE_LABEL}:)", re.MULTILINE)
_NOTE_MARK = re.compile(rf"{_NOTE_LABEL}(?!:)")
_INDENTED_NOTE = re.compile(r"(?: {4}|\t)")  # what goes on with the note above
_LONG_NOTED_LIST = 1_000  # characters, from which a note stands behind its item
_NOTE_KIND = "note"  # the kind of a piece that is one
_NEAR_NOTE = 3_000  # characters in front of a note in which its mark is looked for


class _TextOrNote(NamedTuple):
    """A block of the text or a note: what it is, and its text with the blank lines behind."""

    kind: str
    text: str


class _BodiesAndNotes(NamedTuple):
    """`bodies`: the text without its notes; `notes`: by label, each without blank lines around."""

    bodies: list[_TextOrNote]
    notes: dict[str, str]


def place_footnotes(markdown: str) -> str:
    """The text with each note behind the block that holds its first mark; a note without a mark stays where it is."""
    if not _NOTE_DEFINITION_LINE.search(markdown):
        return markdown
    bodies, notes = _split_notes(markdown)
    pieces: list[_TextOrNote] = []
    pending_labels: list[str] = []  # labels of marks in a heading, or in what goes on in the next block
    for noted_body, following_body in zip_longest(bodies, bodies[1:]):
        pieces.append(noted_body)
        pending_labels += (
            [] if noted_body.kind == "code" else [match["label"] for match in _NOTE_MARK.finditer(noted_body.text)]
        )
        if noted_body.kind != "heading" and not (following_body and _INDENTED_NOTE.match(following_body.text)):
            pieces += _take_notes(notes, pending_labels)
            pending_labels = []
    return _join_bodies_and_notes([*pieces, *_take_notes(notes, [*pending_labels, *notes])])


def is_footnote_below_mark(text: str, note_start: int) -> bool:
    """Whether a note is defined at `start`, a little below its mark."""
    note_definition = _NOTE_DEFINITION.match(text, note_start)
    return (
        note_definition is not None
        and text.find(f"[^{note_definition['label']}]", max(0, note_start - _NEAR_NOTE), note_start) >= 0
    )


def _take_notes(notes: dict[str, str], labels: list[str]) -> Iterator[_TextOrNote]:
    """The notes of these labels and of the marks in them, each once."""
    waiting_labels = list(reversed(labels))
    while waiting_labels:
        if note := notes.pop(waiting_labels.pop(), ""):
            yield _TextOrNote(_NOTE_KIND, note)
            waiting_labels += reversed([match["label"] for match in _NOTE_MARK.finditer(note)])


def _split_notes(markdown: str) -> _BodiesAndNotes:
    """Notes that no mark names stay among the bodies."""
    marked_labels = {match["label"] for match in _NOTE_MARK.finditer(markdown)}
    bodies_and_notes = _BodiesAndNotes([], {})
    note_label = ""
    for block in blocks(markdown):
        block_text = markdown[block.start : block.end]
        if note_label and _INDENTED_NOTE.match(block_text):
            bodies_and_notes.notes[note_label] += f"\n\n{block_text.rstrip()}"
        elif block.kind in ("paragraph", "list") and _NOTE_DEFINITION.match(block_text):
            note_label = _split_note_definitions(block_text, marked_labels, bodies_and_notes)
        else:
            note_label = ""
            bodies_and_notes.bodies.extend(
                _TextOrNote(block.kind, part) for part in _parts_of_long_list(block_text, block)
            )
    return bodies_and_notes


def _split_note_definitions(block_text: str, marked_labels: set[str], bodies_and_notes: _BodiesAndNotes) -> str:
    """Sort the definitions of a block; the label of the last one, if it is a note."""
    note_label = ""
    for note_definition in _NOTE_DEFINITION_LINE.split(block_text)[::2]:
        match = _NOTE_DEFINITION.match(note_definition)
        note_label = match["label"] if match else ""
        if note_label in marked_labels and note_label not in bodies_and_notes.notes:
            bodies_and_notes.notes[note_label] = note_definition.strip("\n")
        elif note_definition:
            note_label = ""
            bodies_and_notes.bodies.append(_TextOrNote("paragraph", note_definition))
    return note_label


def _parts_of_long_list(list_text: str, block: Block) -> list[str]:
    """A long list in its outer items; anything else as it is."""
    if block.kind != "list" or len(list_text) < _LONG_NOTED_LIST:
        return [list_text]
    item_starts = [
        match.start() + 1 for match in LIST_ITEM_START.finditer(list_text) if not list_text[match.start() + 1].isspace()
    ]
    item_bounds = [0, *item_starts, len(list_text)]
    return [list_text[start:end] for start, end in pairwise(item_bounds)]


def _join_bodies_and_notes(pieces: list[_TextOrNote]) -> str:
    """Pieces one after the other, with a blank line before and behind a note."""
    joined_texts: list[str] = []
    for body_or_note, following in zip_longest(pieces, pieces[1:]):
        is_at_note = body_or_note.kind == _NOTE_KIND or (following is not None and following.kind == _NOTE_KIND)
        joined_texts.append(
            body_or_note.text.rstrip("\n") + ("\n\n" if following else "\n") if is_at_note else body_or_note.text
        )
    return "".join(joined_texts)
