"""Summarise each document: the context that the questions lean on.

Reads   data/text/<document>.md and .json
Writes  data/summaries/<document>.json
Run     uv run dataprep/summarize.py
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from groundwork.data_folder.document_files import title_in_document_record
from groundwork.data_folder.read_write import read_text, write_json
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.markdown.figures import text_with_captions
from groundwork.stage_runner.chosen_documents import list_documents, texts_with_records
from groundwork.stage_runner.stage_command import Estimate, Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwork.settings.config_schema import Config


def summary_units(job: Job) -> list[Unit]:
    to_summarize = list_documents(job, "text", ".md")
    return [
        Unit(name=document, reads=reads, writes=job.data.paths(("summaries", f"{document}.json")))
        for document, reads in texts_with_records(job, to_summarize[:1] if job.test else to_summarize)
    ]


async def summarize_document(job: Job, unit: Unit) -> Outcome:
    """One summary; what it says and the document does not is corrected once and then a warning."""
    from groundwork.errors import BadDocument
    from groundwork.language.words import word_count
    from groundwork.records import Summary
    from groundwork.summaries import Summarizer

    text_to_summarize = text_with_captions(read_text(unit.reads[0]), unit.name)
    if not re.search(r"\w", text_to_summarize):
        raise BadDocument(f"{unit.reads[0].name}: holds no text to summarise")
    title_to_summarize = title_in_document_record(unit.reads[1:], unit.name)
    (summary_name, summary, dropped_summary_name), summary_warnings = await Summarizer(
        job, unit.name, title_to_summarize
    ).summarize(text_to_summarize)
    if dropped_summary_name:
        summary_warnings.append(
            f"the summary: {dropped_summary_name}; questions use the title, or write a name into {unit.writes[0].name}"
        )
    summary_record = Summary(
        document=unit.name,
        summary=summary,
        model=job.config.summarize.model,
        name=summary_name,
        warnings=summary_warnings,
    )
    write_json(unit.writes[0], summary_record)
    summary_words = word_count(summary)
    summary_name_note = f', called "{summary_name}" in questions' if summary_name else ""
    return Outcome(
        note=f"{summary_words} words{summary_name_note}", counts={"words": summary_words}, warnings=summary_warnings
    )


def estimate_summary_calls(job: Job, unit: Unit) -> Estimate:
    """For --dry-run."""
    from groundwork.summaries import estimate_summary

    text_to_summarize = text_with_captions(read_text(unit.reads[0]), unit.name)
    return estimate_summary(job, unit.name, title_in_document_record(unit.reads[1:], unit.name), text_to_summarize)


def summary_prompts(config: Config) -> Sequence[str]:
    settings = config.summarize
    return [settings.prompt, settings.section_prompt, settings.correction_prompt]


main = StageCommand(
    name="summarize",
    units=summary_units,
    process=summarize_document,
    settings=lambda config: (config.summarize, config.qa.context),
    config_names=names_in_order("summarize", "qa.context"),
    prompts=summary_prompts,
    estimate=estimate_summary_calls,
    shards="documents",
    units_a_process=150,
)
