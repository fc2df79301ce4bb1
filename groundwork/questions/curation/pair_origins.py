"""Where pairs come from: the text of their chunks, and what names their document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.spread_folders import folder_of
from groundwork.markdown.grounding import SourceText
from groundwork.markdown.title_and_name_lines import short_title
from groundwork.records import Chunk, Document, Pair, Summary


@dataclass(frozen=True)
class PairOrigin:
    """Where a pair comes from: the text of its chunks, and what names its document."""

    text: str
    document: str
    summary: str
    context: str
    language: str = ""  # ISO 639-1; "" where it is not known
    name: str = ""  # what questions call the document's subject

    @cached_property
    def grounds(self) -> SourceText:
        return SourceText(self.text, self.language)

    def drop_origin_grounds(self) -> None:
        """Keep no longer what was read of the text, which takes several times its size."""
        vars(self).pop("grounds", None)


def read_pair_origins(files_by_document: Mapping[str, Sequence[Path]], context: str) -> dict[str, PairOrigin]:
    """By chunk id: its text and what names its document. `files_by_document`: by document those of its chunks, summary
    and title.

    Raises BadRecord.
    """
    origins_by_chunk = {}
    for document, origin_files in files_by_document.items():
        origin_summary, origin_subject, origin_title, origin_chunks = "", "", "", []
        for origin_file in origin_files:
            if folder_of(origin_file).name == "summaries":
                summary_of_origin = read_json(origin_file, Summary)
                origin_summary, origin_subject = summary_of_origin.summary, summary_of_origin.name
            elif folder_of(origin_file).name == "text":
                origin_title = read_json(origin_file, Document).title
            else:
                origin_chunks = read_jsonl(origin_file, Chunk)
        origin_headings = next((chunk.headings for chunk in origin_chunks if chunk.headings), [])
        origin_name = origin_subject or short_title(origin_title, document, origin_headings)
        naming = origin_title or document.replace("-", " "), origin_summary, context
        for chunk in origin_chunks:
            origins_by_chunk[chunk.id] = PairOrigin(chunk.text, *naming, chunk.language, origin_name)
    return origins_by_chunk


def pair_origin(pair: Pair, origins: dict[str, PairOrigin]) -> PairOrigin | None:
    """The origin of a pair: its chunk, with the text of the further chunks that its answer needs."""
    chunk_origins = [origins[chunk] for chunk in pair.chunks if chunk in origins]
    if len(chunk_origins) < 2:
        return chunk_origins[0] if chunk_origins else None
    return replace(chunk_origins[0], text="\n\n".join(origin.text for origin in chunk_origins))
