"""The record of a document, data/text/<document>.json, as the stages behind ingest read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from groundwork.records.artifacts import read_json
from groundwork.records.types import Document


def record_for(text: str, name: str, files: Sequence[Path]) -> tuple[Document, list[str]]:
    """(record, warnings): without its pages where the text was edited since ingest, for their offsets would lie.

    `files`: the record's file, or none where somebody put the text there by hand.
    """
    if not files:
        made = Document(id=name, source="", sha256="", converter="", converter_version="", characters=len(text))
        return made, [f"{name}.json is missing: chunks get no pages"]
    document = read_json(files[0], Document)
    if document.pages and document.characters != len(text):
        return msgspec.structs.replace(document, pages=[]), ["the text was edited since ingest: chunks get no pages"]
    return document, []


def title_in(files: Sequence[Path], name: str) -> str:
    """The title that the record in `files` (none or one) has, or else the document's name as words."""
    return next((read_json(path, Document).title for path in files), "") or name.replace("-", " ")
