"""Draw a dataset's questions as a map: what is near in meaning stands near.

Reads   data/qa/<run>/*.jsonl (or a folder, or a Hub dataset), vectors and tags where there are some
Writes  data/plots/<dataset>-map.png, .html (--interactive), .json (the numbers), .points.jsonl (the coordinates)
Run     uv run visualization/visualize_embeddings.py [DATASET] [--interactive | --no-interactive]
        DATASET: a run (default: the run of qa.model), a folder of JSONL or Parquet, or org/name@revision:split
"""

from __future__ import annotations

import argparse

from groundwork.data_folder.unit_changes import names_in_order
from groundwork.dataset.dataset_argument import add_dataset_arguments, dataset_sources_of_arguments, default_runs
from groundwork.maps.map_files import add_picture_arguments, draw_map, picture_unit, print_numbers
from groundwork.stage_runner.stage_command import Job, StageCommand, Unit


def add_embedding_map_flags(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, "the run of qa.model")
    add_picture_arguments(parser)


def embedding_map_units(job: Job) -> list[Unit]:
    return [
        picture_unit(job, embedding_map_source.name, f"{embedding_map_source.key}-map", [embedding_map_source])
        for embedding_map_source in dataset_sources_of_arguments(job, default=default_runs)
    ]


main = StageCommand(
    name="visualize_embeddings",
    units=embedding_map_units,
    process=draw_map,
    settings=lambda config: (config.embeddings, config.maps),
    config_names=names_in_order("embeddings", "maps"),
    flags=add_embedding_map_flags,
    after=print_numbers,
    version="2",
)
