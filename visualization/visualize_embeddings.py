"""Draw a dataset's questions as a map: what is near in meaning stands near.

Reads   data/qa/<run>/*.jsonl (or a folder, or a Hub dataset), vectors and tags where there are some
Writes  data/plots/<dataset>-map.png, .html (--interactive), .json (the numbers), .points.jsonl (the coordinates)
Run     uv run visualization/visualize_embeddings.py [DATASET] [--interactive | --no-interactive]
        DATASET: a run (default: the run of qa.model), a folder of JSONL or Parquet, or org/name@revision:split
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dataprep.console.command import Command, Job, Outcome, Unit, run_script
from visualization.arguments import add_datasets, add_interactive, default_run, picture_unit, sources_of

if TYPE_CHECKING:
    from visualization.datasets import Source


def add_flags(parser: argparse.ArgumentParser) -> None:
    add_datasets(parser, "the run of qa.model")
    add_interactive(parser)


def units(job: Job) -> list[Unit]:
    return [
        picture_unit(job, source.name, f"{source.key}-map", [source]) for source in sources_of(job, default=default_run)
    ]


async def process(job: Job, unit: Unit) -> Outcome:
    from visualization.atlas import by_dataset, scene_of
    from visualization.pictures import write_map_pictures
    from visualization.tags import tags_by_question
    from visualization.vectors import embedded, encoder_of

    sources: list[Source] = unit.payload
    ones = await embedded(job, sources)
    scene = scene_of(
        by_dataset(ones), sources[0].name, job.config.maps, encoder_of(job).name, tags_by_question(job.data, sources)
    )
    write_map_pictures(scene, unit.writes)
    return Outcome(
        status="ok" if scene.points else "empty",
        note=f"{len(scene.points):,} questions -> {job.data.relative(unit.writes[0])}",
        counts={"questions": len(scene.points)},
        warnings=[warning for one in ones for warning in one.dataset.warnings],
    )


def report(job: Job, done: list[Unit]) -> None:
    from visualization.pictures import print_numbers

    print_numbers(job, done)


main = Command(
    name="visualize_embeddings",
    units=units,
    process=process,
    settings=lambda config: (config.embeddings, config.maps),
    flags=add_flags,
    after=report,
)

if __name__ == "__main__":
    run_script(main)
