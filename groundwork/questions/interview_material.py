"""What the interviews about a document start from: its chunks, read, what names things, and what readers want."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from groundwork.data_folder.read_write import read_json
from groundwork.data_folder.runs.reader_wishes import Wish, read_wishes
from groundwork.data_folder.spread_folders import folder_of
from groundwork.markdown.captions import is_caption
from groundwork.markdown.chunk_reading import Reading, read_chunks
from groundwork.markdown.title_and_name_lines import short_title
from groundwork.records import Chunk, Document, Summary
from groundwork.settings.config_schema import QA

SUMMARY_LENGTH = 400  # characters of a summary beside one chunk or one pair: a few sentences


@dataclass(frozen=True)
class InterviewMaterial:
    """What is known of a document: its chunks to ask about, read, and what helps to name things."""

    document: str
    title: str
    summary: str
    readings: list[Reading]
    subject: str = ""  # the name that was decided with the summary
    wishes: Sequence[Wish] = ()  # what readers want asked
    texts: Path | None = None  # data/text, in whose folders the pictures lie

    @property
    def subject_name(self) -> str:
        """What questions call the subject of the document."""
        headings = next((reading.chunk.headings for reading in self.readings if reading.chunk.headings), [])
        return self.subject or short_title(self.title, self.document, headings)

    @cached_property
    def chunks(self) -> list[Chunk]:
        return [reading.chunk for reading in self.readings]


def prompt_variables(settings: QA, material: InterviewMaterial) -> dict[str, str]:
    """The variables of a prompt that stay the same for the whole document."""
    return {
        "context": "" if settings.context == material.subject_name else settings.context,
        "document": material.subject_name,
        "summary": material.summary or "(none)",
    }


def table_caption(interview_chunk: Chunk, chunks: Sequence[Chunk]) -> str:
    """The caption of a table that is a chunk of its own: the last line of the chunk before; `chunks` are in order."""
    chunk_before_table = bisect_left(chunks, interview_chunk.index, key=lambda candidate: candidate.index) - 1
    if (
        interview_chunk.kind != "table"
        or chunk_before_table < 0
        or chunks[chunk_before_table].index != interview_chunk.index - 1
        or chunks[chunk_before_table].end > interview_chunk.start
    ):
        return ""
    caption_line = chunks[chunk_before_table].text.rstrip().rpartition("\n")[2]
    return caption_line.strip("*_ ") if is_caption(caption_line) else ""


@dataclass(frozen=True)
class InterviewMaterialFiles:
    """Where the material of a document lies. `naming`: its summary and its title, as far as there are any; `texts`: the
    folder data/text."""

    chunks: Path
    naming: Sequence[Path]
    wishes: Path
    texts: Path | None = None


def read_interview_material(
    document: str, material_files: InterviewMaterialFiles, settings: QA, max_chunks: int | None = None
) -> InterviewMaterial:
    """The chunks of a document that may be asked about, `max_chunks` of them, its title, its summary and its wishes.

    Raises BadRecord.
    """
    material_readings = read_chunks(material_files.chunks)
    askable_material = [reading for reading in material_readings if _is_askable_chunk(reading.chunk, settings)]
    summary = title = subject = ""
    for material_file in material_files.naming:
        if folder_of(material_file).name == "summaries":
            material_summary = read_json(material_file, Summary)
            summary, subject = material_summary.summary, material_summary.name
        else:
            title = read_json(material_file, Document).title
    return InterviewMaterial(
        document=document,
        title=title or _first_heading(material_readings) or document.replace("-", " "),
        summary=summary,
        subject=subject,
        readings=askable_material[:max_chunks],
        wishes=read_wishes(material_files.wishes),
        texts=material_files.texts,
    )


def _is_askable_chunk(interview_chunk: Chunk, settings: QA) -> bool:
    if interview_chunk.kind == "table" and settings.skip_tables:
        return False
    return not (interview_chunk.skip and settings.skip_marked)


def _first_heading(readings: list[Reading]) -> str:
    return next((reading.chunk.headings[0] for reading in readings if reading.chunk.headings), "")
