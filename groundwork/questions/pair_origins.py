"""Where pairs come from: the chunk of each, and the title and summary of its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from groundwork.questions.curation_checks import PairOrigin
from groundwork.questions.interview_material import short_title
from groundwork.records.artifacts import read_json, read_jsonl
from groundwork.records.types import Chunk, Document, Pair, Summary


def read_places(files: Mapping[str, Sequence[Path]], context: str) -> dict[str, PairOrigin]:
    """By chunk id: its text and what names its document. `files`: by document those of its chunks, summary and title.

    Raises BadRecord.
    """
    places = {}
    for document, paths in files.items():
        summary, name, title, chunks = "", "", "", []
        for path in paths:
            if path.parent.name == "summaries":
                told = read_json(path, Summary)
                summary, name = told.summary, told.name
            elif path.parent.name == "text":
                title = read_json(path, Document).title
            else:
                chunks = read_jsonl(path, Chunk)
        headings = next((chunk.headings for chunk in chunks if chunk.headings), [])
        short, named = name or short_title(title, document, headings), document.replace("-", " ")
        for chunk in chunks:
            places[chunk.id] = PairOrigin(chunk.text, title or named, summary, context, chunk.language, short)
    return places


def place_of(pair: Pair, places: dict[str, PairOrigin]) -> PairOrigin | None:
    """The place of a pair: its chunk, with the text of the further chunks that its answer needs."""
    known = [places[chunk] for chunk in pair.chunks if chunk in places]
    return replace(known[0], text="\n\n".join(place.text for place in known)) if known else None
