"""Tag the questions of one or more datasets, all by the same model.

Reads   data/qa/<run>/*.jsonl, or a folder, or a Hub dataset
Writes  data/tags/<dataset>.jsonl (id, question, tags) and the store of tagged questions beside it
Run     uv run visualization/generate_tags.py [DATASET ...] [--max-tags 5]
        DATASET: a run (default: every run in data/qa), a folder of JSONL or Parquet, or org/name@revision:split
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from groundwork.data_folder.runs.run_files import tag_file
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.dataset.dataset_argument import add_dataset_arguments, dataset_sources_of_arguments
from groundwork.message_wording import counted
from groundwork.stage_runner.stage_command import Estimate, Failure, Job, Outcome, StageCommand, Unit, setting_flag

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource


def add_tag_flags(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, "every run in data/qa")
    parser.add_argument("--max-tags", **setting_flag("tags.max_tags"), help="tags of a question, at most")


def tagging_units(job: Job) -> list[Unit]:
    return [
        Unit(source_to_tag.name, source_to_tag.files, (tag_file(job.data, source_to_tag.key),), source_to_tag)
        for source_to_tag in dataset_sources_of_arguments(job)
    ]


async def tag_questions(job: Job, unit: Unit) -> Outcome:
    from groundwork.data_folder.read_write import write_jsonl
    from groundwork.dataset.load_dataset import load_dataset
    from groundwork.tags.tagging import tag_dataset

    source_to_tag: DatasetSource = unit.payload
    tagged_dataset = load_dataset(source_to_tag)
    tagging_result = await tag_dataset(job, tagged_dataset, unit.writes[0], vocabulary_sample(job))
    write_jsonl(unit.writes[0], tagging_result.rows)
    distinct_tags = len({name for row in tagging_result.rows for name in row.tags})
    return Outcome(
        status="ok" if tagged_dataset.rows else "empty",
        note=f"{counted(len(tagging_result.rows), 'question')}, {counted(distinct_tags, 'different tag')}, "
        f"{counted(tagging_result.asked, 'question')} asked about",
        counts={"questions": len(tagging_result.rows), "asked": tagging_result.asked},
        warnings=tagged_dataset.warnings,
        failures=[Failure(f"question {name}", status, reason) for name, status, reason in tagging_result.failures],
    )


def vocabulary_sample(job: Job) -> list[str]:
    """The questions of all datasets of the run, from whose sample a missing vocabulary is proposed."""
    from groundwork.dataset.load_dataset import load_dataset

    sources_to_tag = dataset_sources_of_arguments(job)
    if len(sources_to_tag) < 2 or job.data.path("tags", "vocabulary.json").exists():
        return []
    return list(dict.fromkeys(question for source in sources_to_tag for question in load_dataset(source).questions))


def estimate_tags(job: Job, unit: Unit) -> Estimate:
    """For --dry-run."""
    from groundwork.dataset.load_dataset import load_dataset
    from groundwork.tags.tagging import estimate_tagging

    return estimate_tagging(job, load_dataset(unit.payload), unit.writes[0])


main = StageCommand(
    name="generate_tags",
    units=tagging_units,
    process=tag_questions,
    settings=lambda config: config.tags,
    config_names=names_in_order("tags"),
    prompts=lambda config: [config.tags.prompt, *filter(None, [config.tags.vocabulary_prompt])],
    flags=add_tag_flags,
    estimate=estimate_tags,
    shards="caches",
)
