"""Pairs under curation as cases, and where each pair comes from: its chunks' text and what names its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.spread_folders import folder_of
from groundwork.errors import UnitError
from groundwork.markdown.grounding import SourceText
from groundwork.questions.interview_material import short_title
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


@dataclass(frozen=True)
class CurationCase:
    """A pair to be judged, by its number in the run.

    `wrong_answer`: one that its criteria must not fit, where only a model can tell whether they do, else "".
    `other_answer`: the answer to another question, of which one is made. `unwritten`: the case as it failed, before its
    pair was written anew. `error`: why that could not be done or judged; the pair stays failed.
    `complaint`, `objection`: what a check said against the pair, and why it is said to be mistaken.
    """

    number: int
    pair: Pair
    origin: PairOrigin
    wrong_answer: str = ""
    other_answer: str = ""
    unwritten: CurationCase | None = None
    error: UnitError | None = None
    complaint: str = ""
    objection: str = ""


def read_pair_origins(files_by_document: Mapping[str, Sequence[Path]], context: str) -> dict[str, PairOrigin]:
    """By chunk id: its text and what names its document. `files_by_document`: by document those of its chunks, summary
    and title.

    Raises BadRecord.
    """
    origins_by_chunk = {}
    for document, context_files in files_by_document.items():
        summary, subject, document_title, chunks = "", "", "", []
        for context_file in context_files:
            if folder_of(context_file).name == "summaries":
                summary_record = read_json(context_file, Summary)
                summary, subject = summary_record.summary, summary_record.name
            elif folder_of(context_file).name == "text":
                document_title = read_json(context_file, Document).title
            else:
                chunks = read_jsonl(context_file, Chunk)
        first_headings = next((chunk.headings for chunk in chunks if chunk.headings), [])
        subject_name, document_slug = (
            subject or short_title(document_title, document, first_headings),
            document.replace("-", " "),
        )
        for chunk in chunks:
            origins_by_chunk[chunk.id] = PairOrigin(
                chunk.text, document_title or document_slug, summary, context, chunk.language, subject_name
            )
    return origins_by_chunk


def pair_origin(pair: Pair, origins: dict[str, PairOrigin]) -> PairOrigin | None:
    """The origin of a pair: its chunk, with the text of the further chunks that its answer needs."""
    chunk_origins = [origins[chunk] for chunk in pair.chunks if chunk in origins]
    if len(chunk_origins) < 2:
        return chunk_origins[0] if chunk_origins else None
    return replace(chunk_origins[0], text="\n\n".join(origin.text for origin in chunk_origins))
