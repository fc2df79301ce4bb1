"""Compare by their tags what datasets ask about: a histogram, a map of tags, and what one has and another lacks.

Reads   data/qa/<run>/*.jsonl (or folders, or Hub datasets), data/tags/<dataset>.jsonl and data/tags/synonyms.json
Writes  data/plots/<a>-vs-<b>-tags.png (histogram), -tag-map.png, -tags.json, -tags.html (--interactive);
        data/tags/<dataset>.jsonl, as generate_tags does; new proposals in data/tags/synonyms.json, for you to review
Run     uv run visualization/compare_tags.py A B [C ...] [--min-count 1] [--max-tags 5] [--interactive]
        A, B: runs, folders of JSONL or Parquet, or org/name@revision:split; what lacks tags is tagged first
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from groundwork.console.flags import positive_number
from groundwork.console.terminal import openable_path
from groundwork.data_folder.runs.run_files import separate_runs, tag_file
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.dataset.dataset_argument import SEPARATE_RUNS, add_dataset_arguments, dataset_sources_of_arguments
from groundwork.maps.map_files import add_picture_arguments, comparison_name
from groundwork.message_wording import counted
from groundwork.stage_runner.stage_command import Estimate, Failure, Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource


def add_tag_comparison_flags(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, SEPARATE_RUNS)
    comparison_flag = parser.add_argument
    comparison_flag(
        "--min-count", metavar="N", type=positive_number, default=1, help="leave out tags of fewer questions"
    )
    comparison_flag(
        "--max-tags", metavar="N", type=positive_number, default=5, help="tags in the histogram; default: 5"
    )
    add_picture_arguments(parser)


def tag_comparison_units(job: Job) -> list[Unit]:
    compared_sources = dataset_sources_of_arguments(job, lambda job: separate_runs(job.data), minimum=2)
    comparison, stem = comparison_name(compared_sources)
    compared_tag_endings = [
        "tags.png",
        "tag-map.png",
        "tags.json",
        *(["tags.html"] if job.config.maps.interactive else []),
    ]
    tag_limits = f" ({counted(job.flags.max_tags, 'tag')}, of {counted(job.flags.min_count, 'question')} at least)"
    tag_limit_note = tag_limits if (job.flags.max_tags, job.flags.min_count) != (5, 1) else ""
    compared_files = tuple(file for compared_source in compared_sources for file in compared_source.files)
    compared_tag_plots = tuple(job.data.path("plots", f"{stem}-{ending}") for ending in compared_tag_endings)
    compared_tag_files = tuple(tag_file(job.data, compared_source.key) for compared_source in compared_sources)
    return [
        Unit(
            comparison + tag_limit_note,
            compared_files,
            compared_tag_plots,
            compared_sources,
            adds=(*compared_tag_files, job.data.path("tags", "synonyms.json")),
        )
    ]


async def compare_and_draw_tags(job: Job, unit: Unit) -> Outcome:
    from groundwork.dataset.load_dataset import load_dataset
    from groundwork.maps.tag_comparison import compare_tags, write_tag_files
    from groundwork.tags.tagging import outdated_tags_warning, tag_or_read_tags

    compared_sources: list[DatasetSource] = unit.payload
    compared_datasets = [load_dataset(source) for source in compared_sources]
    compared_taggings = [await tag_or_read_tags(job, compared_dataset) for compared_dataset in compared_datasets]
    tagged_rows = {
        compared_dataset.name: tagging.rows
        for compared_dataset, tagging in zip(compared_datasets, compared_taggings, strict=True)
    }
    job.progress.start_phase("laying out the tags")
    question_counts = {compared_dataset.name: len(compared_dataset.rows) for compared_dataset in compared_datasets}
    tag_scene = await compare_tags(job, " · ".join(tagged_rows), tagged_rows, question_counts, job.flags.min_count)
    job.progress.start_phase("drawing")
    missing_glyphs = write_tag_files(tag_scene, unit, job.flags.max_tags)
    untagged_to_compare = [failure for tagging in compared_taggings for failure in tagging.failures]
    questions_asked = sum(tagging.asked for tagging in compared_taggings)
    return Outcome(
        status="ok" if tag_scene.histogram else "empty",
        note=f"{counted(len(tag_scene.histogram), 'tag')} -> {openable_path(unit.writes[0])}",
        counts={"questions": sum(map(len, tagged_rows.values())), "asked": questions_asked},
        warnings=[
            *(warning for compared_dataset in compared_datasets for warning in compared_dataset.warnings),
            *outdated_tags_warning(job, compared_datasets, compared_taggings),
            *missing_glyphs,
        ],
        failures=[
            Failure(question_name if question_name in tagged_rows else f"question {question_name}", status, reason)
            for question_name, status, reason in untagged_to_compare
        ],
    )


def estimate_missing_tags(job: Job, unit: Unit) -> list[Estimate]:
    """For --dry-run."""
    from groundwork.dataset.load_dataset import load_dataset
    from groundwork.tags.tagging import estimate_tagging

    return [
        estimate_tagging(job, load_dataset(source), tag_file(job.data, source.key), by_any_model=True)
        for source in unit.payload
    ]


def print_tag_comparison(job: Job, finished_units: list[Unit]) -> None:
    from groundwork.data_folder.read_write import read_json
    from groundwork.maps.tag_comparison import tag_lines

    for unit in finished_units if not job.flags.quiet else []:
        for tag_line in tag_lines(read_json(unit.writes[2], dict[str, Any]), job.flags.max_tags):
            print(tag_line)


main = StageCommand(
    name="compare_tags",
    units=tag_comparison_units,
    process=compare_and_draw_tags,
    settings=lambda config: (config.tags, config.embeddings, config.maps),
    config_names=names_in_order("tags", "embeddings", "maps"),
    prompts=lambda config: [config.tags.prompt],
    flags=add_tag_comparison_flags,
    estimate=estimate_missing_tags,
    after=print_tag_comparison,
    version="2",
)
