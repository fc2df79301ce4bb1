"""Compare the questions of several datasets on one map, with the figures that tell which to choose.

Reads   data/qa/<run>/*.jsonl (or folders, or Hub datasets), vectors and tags where there are some
Writes  data/plots/<a>-vs-<b>-map.png, .html (--interactive), .json (the numbers), .points.jsonl (the coordinates)
Run     uv run visualization/compare_embeddings.py A B [C ...] [--interactive | --no-interactive]
        A, B: runs, folders of JSONL or Parquet, or org/name@revision:split; what lacks vectors is embedded first
"""

from __future__ import annotations

import argparse

from groundwork.data_folder.runs.run_files import separate_runs
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.dataset.dataset_argument import SEPARATE_RUNS, add_dataset_arguments, dataset_sources_of_arguments
from groundwork.maps.map_files import add_picture_arguments, comparison_name, draw_map, picture_unit, print_numbers
from groundwork.stage_runner.stage_command import Job, StageCommand, Unit


def add_embedding_comparison_flags(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, SEPARATE_RUNS)
    add_picture_arguments(parser)


def embedding_comparison_units(job: Job) -> list[Unit]:
    compared_sources = dataset_sources_of_arguments(job, lambda job: separate_runs(job.data), minimum=2)
    comparison, compared_stem = comparison_name(compared_sources)
    return [picture_unit(job, comparison, f"{compared_stem}-map", compared_sources)]


main = StageCommand(
    name="compare_embeddings",
    units=embedding_comparison_units,
    process=draw_map,
    settings=lambda config: (config.embeddings, config.maps),
    config_names=names_in_order("embeddings", "maps"),
    flags=add_embedding_comparison_flags,
    after=print_numbers,
    version="2",
)
