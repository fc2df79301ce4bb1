"""Draw the splits of a finished dataset on one map: does eval stand for train, and does it repeat it?

Reads   data/datasets/<name> (or a folder, or a Hub dataset), vectors and tags where there are some
Writes  data/plots/<dataset>-splits.png, .html (--interactive), .json (the numbers), .points.jsonl (the coordinates)
Run     uv run visualization/visualize_splits.py [DATASET] [--interactive | --no-interactive]
        DATASET: a dataset, a folder of JSONL or Parquet, or org/name@revision
        (default: the dataset of dataset.name, or the only one)
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from groundwork.console.terminal import openable_path
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.dataset.dataset_argument import add_dataset_arguments, dataset_sources_of_arguments, default_datasets
from groundwork.maps.map_files import add_picture_arguments, picture_unit, print_numbers, write_map_pictures
from groundwork.stage_runner.stage_command import Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource
    from groundwork.settings.config_schema import Config, Embeddings, Maps


def add_split_map_flags(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, "the dataset of dataset.name, or the only one")
    add_picture_arguments(parser)


def split_map_units(job: Job) -> list[Unit]:
    split_map_sources = dataset_sources_of_arguments(job, default=default_datasets, prefer="datasets")
    return [
        picture_unit(job, split_map_source.name, f"{split_map_source.key}-splits", [split_map_source])
        for split_map_source in split_map_sources
    ]


async def draw_split_map(job: Job, unit: Unit) -> Outcome:
    from groundwork.dataset.question_vectors import embed_datasets, job_encoder
    from groundwork.dataset.split_report.report_schema import read_own_report
    from groundwork.errors import UnitError
    from groundwork.maps.split_comparison import build_split_scene
    from groundwork.tags.tag_files import tags_by_question

    split_sources: list[DatasetSource] = unit.payload
    (split_dataset,) = await embed_datasets(job, split_sources)
    if not split_dataset.dataset.rows:
        raise UnitError("holds no questions; are its files those of create_dataset?")
    if split_dataset.dataset.splits == [""]:
        raise UnitError("has no splits (files named train, eval, ...); run create_dataset first")
    split_map_tags = tags_by_question(job.data, split_sources)
    split_report = read_own_report(split_sources[0])
    split_scene = build_split_scene(
        split_dataset, job.config.maps, job_encoder(job).name, split_map_tags, job.progress, split_report
    )
    job.progress.start_phase("drawing")
    split_map_warnings = write_map_pictures(split_scene, unit.writes, job.config.maps.size)
    split_sizes = ", ".join(f"{split.name} {split.count:,}" for split in split_scene.datasets)
    return Outcome(
        note=f"{split_sizes} -> {openable_path(unit.writes[0])}",
        counts={"questions": len(split_scene.points)},
        warnings=[*split_dataset.dataset.warnings, *split_map_warnings],
    )


def split_map_settings(config: Config) -> tuple[Embeddings, Maps]:
    return config.embeddings, config.maps


main = StageCommand(
    name="visualize_splits",
    units=split_map_units,
    process=draw_split_map,
    settings=split_map_settings,
    config_names=names_in_order("embeddings", "maps"),
    flags=add_split_map_flags,
    after=print_numbers,
    version="2",
)
